//! A private Postgres cluster under the data directory, so that nobody has to prepare a database.
//!
//! It listens on a Unix socket in a folder that only its owner can enter, never on the network. Postgres refuses to run as
//! root, so root runs it in a user namespace of its own, or, where that is not allowed, as `nobody`.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The account inside the cluster, and the database.
const NAME: &str = "medreg";
/// A Unix socket's path must fit in about 100 bytes, and Postgres appends its own name.
const MAX_SOCKET_FOLDER: usize = 80;

/// Why the cluster does not run.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// No Postgres on this machine.
    #[error(
        "no Postgres was found in /usr/lib/postgresql/*/bin or on the PATH: install it (`apt-get install postgresql`), name its folder in MEDREG_POSTGRES_BIN, or give a DATABASE_URL"
    )]
    NotInstalled,
    /// Another server has this data directory.
    #[error(
        "another medreg already runs on this data directory (its Postgres, process {pid}, is alive): stop it first, or choose another --data"
    )]
    AlreadyRuns {
        /// The other Postgres.
        pid: u32,
    },
    /// A file or a program could not be used.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
    /// A Postgres program said no.
    #[error("{program} failed: {said}")]
    Refused {
        /// Which.
        program: &'static str,
        /// The end of what it printed.
        said: String,
    },
}

fn io_error(what: impl ToString) -> impl FnOnce(io::Error) -> PostgresError {
    let what = what.to_string();
    move |source| PostgresError::Io { what, source }
}

/// Whose rights the cluster's programs run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// Those of the caller, who is not root.
    Own,
    /// A user namespace in which root is an ordinary user; its files stay root's.
    Namespace,
    /// The user `nobody`.
    Nobody,
}

/// A running cluster; stopped when it is told to, or dropped.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    rights: Rights,
    running: bool,
}

impl Cluster {
    /// Starts the cluster under `folder`, made where it is new, and waits until it answers.
    pub fn start(folder: &Path) -> Result<Self, PostgresError> {
        let bin = find_binaries().ok_or(PostgresError::NotInstalled)?;
        fs::create_dir_all(folder)
            .map_err(io_error(format!("{} cannot be made", folder.display())))?;
        let folder = folder
            .canonicalize()
            .map_err(io_error(format!("{} cannot be found", folder.display())))?;
        let data = folder.join("data");
        if let Some(pid) = living_postmaster(&data) {
            return Err(PostgresError::AlreadyRuns { pid });
        }
        let rights = Rights::choose();
        let socket = socket_folder(&folder, rights)?;
        let mut cluster = Self {
            bin,
            data,
            socket,
            rights,
            running: false,
        };
        if !cluster.data.join("PG_VERSION").exists() {
            cluster.init(&folder)?;
        }
        cluster.launch(&folder)?;
        cluster.create_database()?;
        Ok(cluster)
    }

    /// Where a client finds the database.
    #[must_use]
    pub fn url(&self) -> String {
        format!(
            "postgres://{NAME}@localhost/{NAME}?host={}",
            self.socket.display()
        )
    }

    /// Stops the cluster, letting it write everything down.
    pub fn stop(mut self) -> Result<(), PostgresError> {
        self.halt()
    }

    fn halt(&mut self) -> Result<(), PostgresError> {
        if !std::mem::take(&mut self.running) {
            return Ok(());
        }
        self.run(
            "pg_ctl",
            &[
                "stop",
                "-w",
                "-m",
                "fast",
                "-D",
                &self.data.to_string_lossy(),
            ],
        )
    }

    /// Made in a folder beside it and moved into place whole, so that a killed first start leaves nothing half.
    fn init(&self, folder: &Path) -> Result<(), PostgresError> {
        let fresh = folder.join("data.new");
        if fresh.exists() {
            fs::remove_dir_all(&fresh)
                .map_err(io_error("an unfinished cluster cannot be removed"))?;
        }
        self.rights.own(folder)?;
        // No client but the owner of the socket's folder reaches it, so no password is needed.
        let path = fresh.to_string_lossy();
        self.run(
            "initdb",
            &[
                "-D",
                &path,
                "-U",
                NAME,
                "--auth=trust",
                "-E",
                "UTF8",
                "--no-locale",
                "--no-instructions",
            ],
        )?;
        fs::rename(&fresh, &self.data)
            .map_err(io_error("the new cluster cannot be moved into place"))
    }

    fn launch(&mut self, folder: &Path) -> Result<(), PostgresError> {
        let log = folder.join("log");
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c unix_socket_permissions=0700",
            self.socket.display()
        );
        let arguments = [
            "start",
            "-w",
            "-t",
            "60",
            "-D",
            &self.data.to_string_lossy(),
            "-l",
            &log.to_string_lossy(),
            "-o",
            &options,
        ];
        self.run("pg_ctl", &arguments)
            .map_err(|error| with_log(error, &log))?;
        self.running = true;
        Ok(())
    }

    fn create_database(&self) -> Result<(), PostgresError> {
        let socket = self.socket.to_string_lossy();
        match self.run("createdb", &["-h", &socket, "-U", NAME, NAME]) {
            Err(PostgresError::Refused { said, .. }) if said.contains("already exists") => Ok(()),
            other => other,
        }
    }

    fn run(&self, program: &'static str, arguments: &[&str]) -> Result<(), PostgresError> {
        let mut command = self.rights.command(&self.bin.join(program));
        command
            .args(arguments)
            .current_dir("/")
            .stdin(Stdio::null())
            .env("LC_ALL", "C");
        // A group of its own: a terminal's Ctrl-C is for the server, which stops Postgres in order.
        command.process_group(0);
        // Postgres itself inherits these, so they go to a file: a pipe would never end.
        let said =
            tempfile::NamedTempFile::new().map_err(io_error("a temporary file cannot be made"))?;
        let copy = || {
            said.reopen()
                .map_err(io_error("a temporary file cannot be opened"))
        };
        let status = command
            .stdout(copy()?)
            .stderr(copy()?)
            .status()
            .map_err(io_error(format!("{program} cannot be started")))?;
        if status.success() {
            return Ok(());
        }
        let said = fs::read_to_string(said.path()).unwrap_or_default();
        Err(PostgresError::Refused {
            program,
            said: last_lines(&said),
        })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.halt() {
            tracing::warn!(%error, "Postgres could not be stopped");
        }
    }
}

impl Rights {
    fn choose() -> Self {
        let is_root =
            fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
        if !is_root {
            return Self::Own;
        }
        let works = Self::Namespace
            .command(Path::new("true"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if works.is_ok_and(|status| status.success()) {
            Self::Namespace
        } else {
            Self::Nobody
        }
    }

    fn command(self, program: &Path) -> Command {
        let (wrapper, arguments): (_, &[&str]) = match self {
            Self::Own => return Command::new(program),
            Self::Namespace => (
                "unshare",
                &["--user", "--map-user=1000", "--map-group=1000"],
            ),
            Self::Nobody => (
                "setpriv",
                &["--reuid=nobody", "--regid=nogroup", "--clear-groups"],
            ),
        };
        let mut command = Command::new(wrapper);
        command.args(arguments).arg(program);
        command
    }

    /// Gives a folder to whoever the cluster runs as.
    fn own(self, folder: &Path) -> Result<(), PostgresError> {
        if self != Self::Nobody {
            return Ok(());
        }
        // 65534 is nobody and nogroup on Debian and Ubuntu.
        std::os::unix::fs::chown(folder, Some(65534), Some(65534)).map_err(io_error(format!(
            "{} cannot be given to nobody",
            folder.display()
        )))
    }
}

/// The newest Postgres on this machine.
fn find_binaries() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MEDREG_POSTGRES_BIN") {
        return Some(PathBuf::from(named)).filter(|bin| bin.join("initdb").exists());
    }
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let numbered = versions.filter_map(|entry| {
        Some((
            entry.file_name().to_str()?.parse::<u32>().ok()?,
            entry.path().join("bin"),
        ))
    });
    let newest = numbered
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max()
        .map(|(_, bin)| bin);
    newest.or_else(|| {
        std::env::split_paths(&std::env::var_os("PATH")?).find(|bin| bin.join("initdb").exists())
    })
}

/// The process that its pid file names, if that is really a Postgres on this directory; a stale file is Postgres's to remove.
fn living_postmaster(data: &Path) -> Option<u32> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: u32 = file.lines().next()?.trim().parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command);
    (command.contains("postgres") && command.contains(&*data.to_string_lossy())).then_some(pid)
}

/// A folder of mode 0700 for the socket: beside the data, or, where that path is too long, under the temporary folder.
fn socket_folder(folder: &Path, rights: Rights) -> Result<PathBuf, PostgresError> {
    let beside = folder.join("socket");
    let socket = if beside.as_os_str().len() <= MAX_SOCKET_FOLDER {
        beside
    } else {
        let digest = medreg_datasets::ids::Digest::of(folder.to_string_lossy().as_bytes());
        std::env::temp_dir().join(format!("medreg-{}", &digest.as_str()[..16]))
    };
    let failed = || {
        io_error(format!(
            "the socket's folder {} cannot be made",
            socket.display()
        ))
    };
    fs::create_dir_all(&socket).map_err(failed())?;
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o700)).map_err(failed())?;
    rights.own(&socket)?;
    Ok(socket)
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().rev().take(8).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}

fn with_log(error: PostgresError, log: &Path) -> PostgresError {
    match error {
        PostgresError::Refused { program, said } => {
            let log = fs::read_to_string(log).unwrap_or_default();
            PostgresError::Refused {
                program,
                said: format!("{said}\n{}", last_lines(&log)),
            }
        }
        other => other,
    }
}
