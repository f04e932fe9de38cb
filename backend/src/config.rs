//! File and environment → one checked struct. Secrets do not print themselves.

use crate::store::objects::S3Settings;
use serde::Deserialize;
use std::collections::BTreeSet;
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
    pseudonym_key_file: Option<PathBuf>,
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
    /// The file of the key for pseudonyms, which servers beside one another share; without one it is in the data directory.
    pub pseudonym_key_file: Option<PathBuf>,
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
        Ok(Self {
            listen: address(&listen)?,
            data: variable("MEDREG_DATA")
                .map(PathBuf::from)
                .or(file.data)
                .unwrap_or_else(|| "medreg-data".into()),
            database_url: variable("DATABASE_URL")
                .or(file.database_url)
                .map(database)
                .transpose()?,
            s3: s3(
                variable("MEDREG_S3_BUCKET").or(file.s3_bucket),
                variable("MEDREG_S3_REGION").or(file.s3_region),
                variable("MEDREG_S3_ENDPOINT").or(file.s3_endpoint),
                &variable,
            )?,
            secure_cookies: match variable("MEDREG_SECURE_COOKIES") {
                Some(value) => truth("MEDREG_SECURE_COOKIES", &value)?,
                None => file.secure_cookies.unwrap_or(false),
            },
            pseudonym_key_file: variable("MEDREG_PSEUDONYM_KEY_FILE")
                .map(PathBuf::from)
                .or(file.pseudonym_key_file),
        })
    }

    /// The key under which identifiers become pseudonyms, from the file that is named or the data directory.
    pub fn pseudonym_key(&self, data: &Path) -> Result<Secret<[u8; 32]>, ConfigError> {
        match &self.pseudonym_key_file {
            Some(path) => key_in(path),
            None => pseudonym_key(data),
        }
    }
}

fn address(value: &str) -> Result<SocketAddr, ConfigError> {
    value.parse().map_err(|_| ConfigError::Bad {
        setting: "listen",
        value: value.to_owned(),
        expected: "an address and a port, such as 127.0.0.1:8080,",
    })
}

fn truth(setting: &'static str, value: &str) -> Result<bool, ConfigError> {
    value.parse().map_err(|_| ConfigError::Bad {
        setting,
        value: value.to_owned(),
        expected: "true or false",
    })
}

/// The address is not repeated in the error, for it may hold a password.
fn database(url: String) -> Result<Secret<String>, ConfigError> {
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(Secret::new(url))
    } else {
        Err(ConfigError::Bad {
            setting: "DATABASE_URL",
            value: "…".to_owned(),
            expected: "postgres://USER:PASSWORD@HOST/DATABASE",
        })
    }
}

fn read_file(path: &Path) -> Result<FileSettings, ConfigError> {
    let failed = file_error(path);
    let text = fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    toml::from_str(&text).map_err(|e| failed(e.to_string()))
}

fn s3(
    bucket: Option<String>,
    region: Option<String>,
    endpoint: Option<String>,
    variable: &impl Fn(&str) -> Option<String>,
) -> Result<Option<S3Settings>, ConfigError> {
    let missing = |setting, why| ConfigError::Missing { setting, why };
    let Some(bucket) = bucket else {
        return match endpoint {
            None => Ok(None),
            Some(_) => Err(missing(
                "MEDREG_S3_BUCKET",
                "an S3 endpoint is named, and objects go into a bucket",
            )),
        };
    };
    let needed = |setting| {
        variable(setting)
            .filter(|v| !v.is_empty())
            .ok_or_else(|| missing(setting, "a bucket is named, and it asks who comes"))
    };
    Ok(Some(S3Settings {
        bucket,
        region: region.unwrap_or_else(|| "us-east-1".to_owned()),
        allow_http: endpoint
            .as_deref()
            .is_some_and(|e| e.starts_with("http://")),
        endpoint: endpoint.map(web_address).transpose()?,
        access_key_id: needed("AWS_ACCESS_KEY_ID")?,
        secret_access_key: needed("AWS_SECRET_ACCESS_KEY")?,
    }))
}

fn web_address(endpoint: String) -> Result<String, ConfigError> {
    if endpoint.starts_with("http://") || endpoint.starts_with("https://") {
        Ok(endpoint)
    } else {
        Err(ConfigError::Bad {
            setting: "MEDREG_S3_ENDPOINT",
            value: endpoint,
            expected: "an address such as https://s3.example.org",
        })
    }
}

/// The key under which identifiers become pseudonyms: made at the first start, kept in the data directory, mode 0600.
///
/// Losing it means that a patient who comes again is another patient, so it belongs into every backup.
pub fn pseudonym_key(data: &Path) -> Result<Secret<[u8; 32]>, ConfigError> {
    let path = data.join("pseudonym.key");
    if !path.exists() {
        make_key(data, &path).map_err(|e| file_error(&path)(e.to_string()))?;
    }
    key_in(&path)
}

/// Written aside and moved into place whole, and only where no other server was first.
fn make_key(data: &Path, path: &Path) -> std::io::Result<()> {
    let mut key = [0u8; 32];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut key);
    // Such a file has mode 0600.
    let mut fresh = tempfile::NamedTempFile::new_in(data)?;
    fresh.write_all(&key)?;
    fresh.as_file().sync_all()?;
    match fresh.persist_noclobber(path) {
        Err(error) if error.error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.error),
        _ => Ok(()),
    }
}

fn key_in(path: &Path) -> Result<Secret<[u8; 32]>, ConfigError> {
    let failed = file_error(path);
    let bytes = fs::read(path).map_err(|e| failed(e.to_string()))?;
    let key: [u8; 32] = bytes.try_into().map_err(|_| {
        failed("a key of 32 bytes is expected, as `head -c 32 /dev/urandom` makes it".to_owned())
    })?;
    // Of 32 random bytes hardly any two are equal; a typed or repeated key has few different ones.
    if key.iter().collect::<BTreeSet<_>>().len() < 16 {
        return Err(failed(
            "the key can be guessed, so it protects nobody: restore the true one from a backup"
                .to_owned(),
        ));
    }
    Ok(Secret::new(key))
}

fn file_error(path: &Path) -> impl Fn(String) -> ConfigError + use<> {
    let path = path.to_owned();
    move |reason| ConfigError::File {
        path: path.clone(),
        reason,
    }
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
        let no_bucket = read(&[("MEDREG_S3_ENDPOINT", "http://s3")]).unwrap_err();
        assert!(
            no_bucket
                .to_string()
                .starts_with("MEDREG_S3_BUCKET is missing")
        );
        let bucket = [
            ("MEDREG_S3_BUCKET", "b"),
            ("AWS_ACCESS_KEY_ID", "i"),
            ("AWS_SECRET_ACCESS_KEY", "s"),
            ("MEDREG_S3_ENDPOINT", "s3.example.org"),
        ];
        assert!(
            read(&bucket)
                .unwrap_err()
                .to_string()
                .starts_with("MEDREG_S3_ENDPOINT is `s3.example.org`")
        );
        let url = read(&[("DATABASE_URL", "mysql://u:hunter2@h/d")]).unwrap_err();
        assert!(url.to_string().starts_with("DATABASE_URL is"));
        assert!(!url.to_string().contains("hunter2"));
    }

    #[test]
    fn the_environment_goes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("medreg.toml");
        fs::write(&path, "listen = '0.0.0.0:80'\ndata = '/srv/medreg'\n").unwrap();
        let listen = |name: &str| (name == "MEDREG_LISTEN").then(|| "[::1]:81".to_owned());
        let config = Config::read(Some(&path), listen).unwrap();
        assert_eq!(config.listen.to_string(), "[::1]:81");
        assert_eq!(config.data, Path::new("/srv/medreg"));
        fs::write(&path, "lisen = '0.0.0.0:80'\n").unwrap();
        let said = Config::read(Some(&path), |_| None).unwrap_err().to_string();
        assert!(
            said.contains("medreg.toml") && said.contains("lisen"),
            "{said}"
        );
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
        for guessed in [[0; 32], *b"changemechangemechangemechangeme"] {
            fs::write(folder.path().join("pseudonym.key"), guessed).unwrap();
            let said = pseudonym_key(folder.path()).unwrap_err().to_string();
            assert!(said.contains("can be guessed"), "{said}");
        }
    }

    #[test]
    fn a_named_key_is_never_made_up() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shared.key");
        let config = read(&[("MEDREG_PSEUDONYM_KEY_FILE", path.to_str().unwrap())]).unwrap();
        assert!(config.pseudonym_key(folder.path()).is_err());
        let key: [u8; 32] = std::array::from_fn(|i| i as u8);
        fs::write(&path, key).unwrap();
        assert_eq!(*config.pseudonym_key(folder.path()).unwrap().expose(), key);
    }
}
