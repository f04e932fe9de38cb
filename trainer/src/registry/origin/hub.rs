//! Models of the hub, kept in the hub client's own cache, which other programs on this machine share.
//!
//! A branch or a tag is asked for at every use, a commit only until all its files are there. Where the hub cannot be reached, the
//! commit that the revision was last seen at is used, with a warning, if all of it is there.

use super::parts::{Shelf, bring_model, is_complete};
use super::{Fetched, HubModel, ModelOrigin, OriginError, Transfer, Watch, in_full};
use crate::registry::{file, object_ref};
use futures::TryStreamExt;
use hf_hub::progress::{DownloadEvent, FileProgress, ProgressEvent, ProgressHandler};
use hf_hub::repository::RepoTreeEntry;
use hf_hub::{HFClient, HFError, HFRepository, RepoTypeModel};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Which hub is asked, and in whose name. What is none here the client takes from the environment: `HF_ENDPOINT`, `HF_TOKEN`
/// (or the file where its command line keeps a token) and `HF_HOME`.
#[derive(Clone, Default)]
pub struct HubAccess {
    /// The hub's address.
    pub endpoint: Option<String>,
    /// Who comes.
    pub token: Option<String>,
    /// The folder of the client's cache.
    pub cache: Option<PathBuf>,
}

impl std::fmt::Debug for HubAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HubAccess")
            .field("endpoint", &self.endpoint)
            .field("cache", &self.cache)
            .finish_non_exhaustive()
    }
}

/// How long a silent server is waited for. A whole file may take as long as it takes.
const SILENCE: Duration = Duration::from_secs(30);

/// Tries after the first of a request that a working network would have answered.
const RETRIES: usize = 3;

impl HubAccess {
    fn open(&self) -> Result<HFClient, HFError> {
        // The library follows redirects, and takes the token off those that lead to another host.
        let http = reqwest::Client::builder()
            .user_agent(concat!("medreg-trainer/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(10))
            .read_timeout(SILENCE)
            .build()?;
        let mut builder = HFClient::builder().client(http).retry_max_attempts(RETRIES);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.endpoint(endpoint);
        }
        if let Some(token) = &self.token {
            builder = builder.token(token);
        }
        if let Some(cache) = &self.cache {
            builder = builder.cache_dir(cache);
        }
        builder.build()
    }
}

impl HubModel {
    /// Brings the model into the hub client's cache, as far as it is not there, and says where.
    pub async fn fetch(&self, access: &HubAccess, watch: &Watch) -> Result<Fetched, OriginError> {
        let client = access.open().map_err(|e| OriginError::Setting {
            setting: "HF_ENDPOINT",
            reason: in_full(&e),
        })?;
        let repository = client.model(self.owner(), self.name());
        if self.is_pinned()
            && let Some(here) = self.cached(&repository).await
        {
            return Ok(here);
        }
        let pinned = match self.resolve(&repository).await {
            Ok(pinned) => pinned,
            Err(error) => return self.without_hub(&repository, error).await,
        };
        let here = match pinned.cached(&repository).await {
            Some(here) => here,
            None => pinned.download(&repository, watch).await?,
        };
        if !self.is_pinned() {
            self.remember(&repository).await;
        }
        Ok(here)
    }

    /// The commit that the revision stands for now.
    async fn resolve(&self, repository: &HFRepository<RepoTypeModel>) -> Result<Self, OriginError> {
        let info = repository.info().revision(self.revision()).send().await;
        let commit = info.map_err(|e| self.told(e))?.sha.unwrap_or_default();
        self.at(&commit).ok_or_else(|| OriginError::Refused {
            model: self.to_string(),
            reason: format!("the hub names `{commit}` as its commit, which is none"),
        })
    }

    /// The whole model, if the cache has it, without asking anybody.
    async fn cached(&self, repository: &HFRepository<RepoTypeModel>) -> Option<Fetched> {
        let config = repository
            .download_file()
            .filename("config.json")
            .revision(self.revision())
            .local_files_only(true)
            .send()
            .await
            .ok()?;
        let folder = config.parent()?.to_owned();
        // A folder of the cache is named by its commit.
        let pinned = self.at(folder.file_name()?.to_str()?)?;
        is_complete(&folder).then_some(Fetched {
            folder,
            origin: ModelOrigin::Hub(pinned),
        })
    }

    /// What is to be had where the hub does not answer.
    async fn without_hub(
        &self,
        repository: &HFRepository<RepoTypeModel>,
        error: OriginError,
    ) -> Result<Fetched, OriginError> {
        let OriginError::Unreachable { reason, .. } = &error else {
            return Err(error);
        };
        let here = self
            .cached(repository)
            .await
            .ok_or_else(|| OriginError::Unreachable {
                model: self.to_string(),
                reason: reason.clone(),
            })?;
        tracing::warn!(model = %here.origin, reason, "the hub cannot be reached: using what the cache last saw");
        Ok(here)
    }

    async fn download(
        &self,
        repository: &HFRepository<RepoTypeModel>,
        watch: &Watch,
    ) -> Result<Fetched, OriginError> {
        let mut files = Files {
            model: self,
            repository,
            listed: self.list(repository).await?,
            watch: watch.clone(),
        };
        Ok(Fetched {
            folder: bring_model(&mut files).await?,
            origin: ModelOrigin::Hub(self.clone()),
        })
    }

    /// The files at the top of the repository with their sizes.
    async fn list(
        &self,
        repository: &HFRepository<RepoTypeModel>,
    ) -> Result<BTreeMap<String, u64>, OriginError> {
        let entries = repository
            .list_tree()
            .revision(self.revision())
            .send()
            .map_err(|e| self.told(e))?;
        let sized = |entry| match entry {
            RepoTreeEntry::File { path, size, .. } => Some((path, size)),
            RepoTreeEntry::Directory { .. } => None,
        };
        entries
            .try_filter_map(async |entry| Ok(sized(entry)))
            .try_collect()
            .await
            .map_err(|e| self.told(e))
    }

    /// Has the cache note which commit the revision stands for, so that it is found again without the hub.
    async fn remember(&self, repository: &HFRepository<RepoTypeModel>) {
        let noted = repository
            .download_file()
            .filename("config.json")
            .revision(self.revision())
            .send()
            .await;
        if let Err(error) = noted {
            // The model is there all the same; only the next use needs the hub again.
            tracing::debug!(model = %self, %error, "the cache could not note the commit");
        }
    }

    fn told(&self, error: HFError) -> OriginError {
        let model = self.to_string();
        match error {
            HFError::AuthRequired { .. } => OriginError::Closed {
                model,
                advice: "the hub asks for a token: set HF_TOKEN to one that may read it, or look at its name again, for what does not exist is told like this too".to_owned(),
            },
            HFError::Forbidden { .. } => OriginError::Closed {
                model,
                advice: "the token in HF_TOKEN may not read it; its owner may have to grant access first".to_owned(),
            },
            HFError::RevisionNotFound { context, .. } => {
                let code = context.and_then(|context| context.error_code);
                let reason = if code.as_deref() == Some("RevisionNotFound") {
                    format!("it has no revision `{}`", self.revision())
                } else {
                    "the hub has no such model".to_owned()
                };
                OriginError::Absent { model, reason }
            }
            HFError::RepoNotFound { .. } => OriginError::Absent {
                model,
                reason: "the hub has no such model".to_owned(),
            },
            other if is_silence(&other) => OriginError::Unreachable {
                model,
                reason: said(other),
            },
            other => OriginError::Refused {
                model,
                reason: said(other),
            },
        }
    }
}

/// Whether the network or the hub did not answer at all, which says nothing about the model.
fn is_silence(error: &HFError) -> bool {
    match error {
        HFError::Request { source, .. } => source.is_connect() || source.is_timeout(),
        HFError::Http { context } => context.status.is_server_error(),
        HFError::RateLimited { .. } => true,
        _ => false,
    }
}

/// The error in words, without the address: behind a redirect it is a key of its own.
fn said(error: HFError) -> String {
    match error {
        HFError::Request { source, .. } => in_full(&source.without_url()),
        HFError::Http { context } => format!("the answer was {}", context.status),
        HFError::CacheLockTimeout { path } => format!(
            "another program is fetching it too and holds {}",
            path.display()
        ),
        other => in_full(&other),
    }
}

/// The files of one commit.
struct Files<'a> {
    model: &'a HubModel,
    repository: &'a HFRepository<RepoTypeModel>,
    listed: BTreeMap<String, u64>,
    watch: Watch,
}

impl Files<'_> {
    fn broken(&self, name: &str, reason: String) -> OriginError {
        OriginError::Broken {
            model: self.model.to_string(),
            file: name.to_owned(),
            reason,
        }
    }

    /// Checks what the client brought: it keeps whatever came under the file's name, be it an error's page.
    fn check(&self, name: &str, path: &Path) -> Result<(), OriginError> {
        let bytes = std::fs::metadata(path).map_err(file(path))?.len();
        let expected = self.listed.get(name).copied().unwrap_or_default();
        if bytes != expected {
            forget(path)?;
            return Err(self.broken(name, format!("{bytes} of {expected} bytes")));
        }
        // Large files are kept under their SHA-256, others under a hash of another kind.
        let kept = std::fs::canonicalize(path).map_err(file(path))?;
        let name_kept = kept.file_name().unwrap_or_default().to_string_lossy();
        if name_kept.len() == 64 && object_ref(path)?.sha256.as_str() != name_kept {
            forget(path)?;
            return Err(self.broken(name, "its SHA-256 is another".to_owned()));
        }
        Ok(())
    }
}

/// Takes a file out of the cache, with what it is a link to.
fn forget(path: &Path) -> Result<(), OriginError> {
    let kept = std::fs::canonicalize(path).map_err(file(path))?;
    std::fs::remove_file(&kept).map_err(file(&kept))?;
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file(path)(error))?,
        _ => Ok(()),
    }
}

impl Shelf for Files<'_> {
    fn model(&self) -> String {
        self.model.to_string()
    }

    fn has(&self, name: &str) -> bool {
        self.listed.contains_key(name)
    }

    async fn bring(&mut self, name: &str) -> Result<PathBuf, OriginError> {
        let asked = || {
            self.repository
                .download_file()
                .filename(name)
                .revision(self.model.revision())
        };
        if let Ok(here) = asked().local_files_only(true).send().await {
            return Ok(here);
        }
        let shown = Shown(self.watch.clone(), name.to_owned());
        let path = asked().progress(shown).send().await.map_err(|e| match e {
            HFError::Request { .. } => self.broken(name, said(e)),
            other => self.model.told(other),
        })?;
        self.check(name, &path)?;
        Ok(path)
    }
}

/// Passes on how far the client is with a file.
struct Shown(Watch, String);

impl ProgressHandler for Shown {
    fn on_progress(&self, event: &ProgressEvent) {
        let (done, of) = match event {
            ProgressEvent::Download(DownloadEvent::Progress { files }) => match files.as_slice() {
                [
                    ..,
                    FileProgress {
                        bytes_completed,
                        total_bytes,
                        ..
                    },
                ] => (*bytes_completed, *total_bytes),
                [] => return,
            },
            ProgressEvent::Download(DownloadEvent::AggregateProgress {
                bytes_completed,
                total_bytes,
                ..
            }) => (*bytes_completed, *total_bytes),
            _ => return,
        };
        (self.0)(Transfer {
            file: &self.1,
            done,
            of,
        });
    }
}
