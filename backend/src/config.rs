//! File and environment → one checked struct. Secrets do not print themselves.

use crate::store::objects::S3Settings;
use serde::Deserialize;
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Something that must not be printed.
#[derive(Clone)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Wraps a secret.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The secret itself.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T> std::fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value cannot be read.
    #[error("{setting} is `{value}`: {expected} is expected")]
    Bad {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        expected: &'static str,
    },
    /// One setting needs another.
    #[error("{setting} is missing: {why}")]
    Missing {
        /// Which setting.
        setting: &'static str,
        /// Why it is needed.
        why: &'static str,
    },
    /// The file cannot be read.
    #[error("{path}: {reason}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// What the file may say; the environment goes before it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FileSettings {
    listen: Option<String>,
    data: Option<PathBuf>,
    database_url: Option<String>,
    secure_cookies: Option<bool>,
    s3_bucket: Option<String>,
    s3_region: Option<String>,
    s3_endpoint: Option<String>,
}

/// All settings, checked.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where everything is kept that has no other place.
    pub data: PathBuf,
    /// The database; without one a private cluster is run.
    pub database_url: Option<Secret<String>>,
    /// The bucket; without one objects go to a folder.
    pub s3: Option<S3Settings>,
    /// Whether cookies may only travel over TLS.
    pub secure_cookies: bool,
}

impl Config {
    /// Reads the file, if one is named, and the environment through `variable`.
    pub fn read(
        file: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let file = file.map(read_file).transpose()?.unwrap_or_default();
        let listen = variable("MEDREG_LISTEN")
            .or(file.listen)
            .unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        let bad_listen = || ConfigError::Bad {
            setting: "listen",
            value: listen.clone(),
            expected: "an address and a port, such as 127.0.0.1:8080,",
        };
        let secure = match variable("MEDREG_SECURE_COOKIES").as_deref() {
            None => file.secure_cookies.unwrap_or(false),
            Some("true") => true,
            Some("false") => false,
            Some(other) => {
                return Err(ConfigError::Bad {
                    setting: "MEDREG_SECURE_COOKIES",
                    value: other.to_owned(),
                    expected: "true or false",
                });
            }
        };
        let bucket = variable("MEDREG_S3_BUCKET").or(file.s3_bucket);
        let region = variable("MEDREG_S3_REGION").or(file.s3_region);
        let endpoint = variable("MEDREG_S3_ENDPOINT").or(file.s3_endpoint);
        Ok(Self {
            listen: listen.parse().map_err(|_| bad_listen())?,
            data: variable("MEDREG_DATA")
                .map(PathBuf::from)
                .or(file.data)
                .unwrap_or_else(|| "medreg-data".into()),
            database_url: variable("DATABASE_URL")
                .or(file.database_url)
                .map(Secret::new),
            s3: bucket
                .map(|bucket| s3(bucket, region, endpoint, &variable))
                .transpose()?,
            secure_cookies: secure,
        })
    }
}

fn read_file(path: &Path) -> Result<FileSettings, ConfigError> {
    let failed = |reason: String| ConfigError::File {
        path: path.to_owned(),
        reason,
    };
    let text = fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    toml::from_str(&text).map_err(|e| failed(e.to_string()))
}

fn s3(
    bucket: String,
    region: Option<String>,
    endpoint: Option<String>,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<S3Settings, ConfigError> {
    let needed = |setting| {
        variable(setting)
            .filter(|v| !v.is_empty())
            .ok_or(ConfigError::Missing {
                setting,
                why: "a bucket is named, and it asks who comes",
            })
    };
    Ok(S3Settings {
        bucket,
        region: region.unwrap_or_else(|| "us-east-1".to_owned()),
        allow_http: endpoint.as_ref().is_some_and(|e| e.starts_with("http://")),
        endpoint,
        access_key_id: needed("AWS_ACCESS_KEY_ID")?,
        secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?,
    })
}

/// The key under which identifiers become pseudonyms: made at the first start, kept in the data directory, mode 0600.
///
/// Losing it means that a patient who comes again is another patient, so it belongs into every backup.
pub fn pseudonym_key(data: &Path) -> Result<Secret<[u8; 32]>, ConfigError> {
    let path = data.join("pseudonym.key");
    let failed = |reason: String| ConfigError::File {
        path: path.clone(),
        reason,
    };
    if !path.exists() {
        let mut key = [0u8; 32];
        rand::RngCore::fill_bytes(&mut rand::rng(), &mut key);
        write_private(&path, &key).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = fs::read(&path).map_err(|e| failed(e.to_string()))?;
    let key: [u8; 32] = bytes
        .try_into()
        .map_err(|_| failed("a key of 32 bytes is expected".to_owned()))?;
    if key == [0; 32] {
        return Err(failed(
            "the key is all zeros, which protects nobody: restore it from a backup".to_owned(),
        ));
    }
    Ok(Secret::new(key))
}

/// Writes a new file that only its owner can read.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let found = |name: &str| {
            variables
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Config::read(None, found)
    }

    #[test]
    fn nothing_need_be_set() {
        let config = read(&[]).unwrap();
        assert_eq!(config.listen.port(), 8080);
        assert!(config.database_url.is_none() && config.s3.is_none());
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        assert!(
            read(&[("MEDREG_LISTEN", "8080")])
                .unwrap_err()
                .to_string()
                .starts_with("listen is `8080`")
        );
        assert!(
            read(&[("MEDREG_S3_BUCKET", "b")])
                .unwrap_err()
                .to_string()
                .contains("AWS_ACCESS_KEY_ID is missing")
        );
        assert!(read(&[("MEDREG_SECURE_COOKIES", "yes")]).is_err());
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        let config = read(&[("DATABASE_URL", "postgres://u:hunter2@h/d")]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn the_key_is_made_once_and_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let first = pseudonym_key(folder.path()).unwrap();
        assert_eq!(
            pseudonym_key(folder.path()).unwrap().expose(),
            first.expose()
        );
        let mode = fs::metadata(folder.path().join("pseudonym.key"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        fs::write(folder.path().join("pseudonym.key"), [0; 32]).unwrap();
        assert!(pseudonym_key(folder.path()).is_err());
    }
}
