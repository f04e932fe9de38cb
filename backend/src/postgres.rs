//! A private Postgres cluster under the data directory, so that nobody has to prepare a database.
//!
//! It listens on a Unix socket in a folder that only its owner can enter, never on the network. Postgres refuses to run as
//! root, so root runs it in a user namespace of its own, or, where that is not allowed (in most containers), as `nobody`.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The account inside the cluster, and the database.
const NAME: &str = "medreg";
/// `nobody` and `nogroup` on Debian and Ubuntu, and `nobody` nearly everywhere. Postgres looks up the name of its user.
const NOBODY: u32 = 65534;
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
    /// Another server has this cluster.
    #[error("another medreg already runs on {0}: stop it first, or choose another --data")]
    AlreadyRuns(PathBuf),
    /// Root has nobody who could run it there.
    #[error(
        "Postgres does not run as root, and neither a user namespace nor the user `nobody` can be used in {0}: choose a --data that every user may enter, such as /var/lib/medreg, or give a DATABASE_URL"
    )]
    NoUser(PathBuf),
    /// The folder that was named holds no Postgres.
    #[error(
        "MEDREG_POSTGRES_BIN is `{0}`, which holds no initdb: name the folder of Postgres's programs, such as /usr/lib/postgresql/15/bin"
    )]
    NotThere(PathBuf),
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
    /// `nobody` with one of root's capabilities, to pass folders that are root's alone, such as `/root`.
    NobodyPassing,
}

/// A running cluster; stopped when it is told to, or dropped.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    data: PathBuf,
    socket: PathBuf,
    rights: Rights,
    running: bool,
    /// Let go when this program ends, however it ends.
    _lock: fs::File,
}

impl Cluster {
    /// Starts the cluster under `folder`, made where it is new, and waits until it answers.
    pub fn start(folder: &Path) -> Result<Self, PostgresError> {
        fs::create_dir_all(folder)
            .map_err(io_error(format!("{} cannot be made", folder.display())))?;
        let folder = folder
            .canonicalize()
            .map_err(io_error(format!("{} cannot be found", folder.display())))?;
        let lock = lock(&folder)?;
        let data = data_of(&folder);
        let bin = find_binaries(version_of(&data))?;
        let rights = Rights::choose(&folder)?;
        let socket = socket_folder(&folder, rights)?;
        let mut cluster = Self {
            bin,
            data,
            socket,
            rights,
            // The lock was free, so this one's medreg was killed: it is stopped in order before it is started again.
            running: living_postmaster(&data_of(&folder)).is_some(),
            _lock: lock,
        };
        cluster.halt()?;
        cluster.forget_the_dead()?;
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
        url_on(&self.socket.to_string_lossy())
    }

    /// Where a client finds the database of the cluster that runs under `folder`, if one does.
    #[must_use]
    pub fn url_of(folder: &Path) -> Option<String> {
        let data = data_of(&folder.canonicalize().ok()?);
        living_postmaster(&data)?;
        let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
        // The lines of postmaster.pid: process, data directory, start, port, socket's folder, …
        file.lines().nth(4).map(|socket| url_on(socket.trim()))
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

    /// Removes the pid file of a Postgres that was killed: its number may belong to a stranger by now, as it often does in
    /// a restarted container, and Postgres would refuse to start beside what it takes for another Postgres.
    fn forget_the_dead(&self) -> Result<(), PostgresError> {
        match fs::remove_file(self.data.join("postmaster.pid")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(
                "the pid file of a killed Postgres cannot be removed",
            )(error)),
            _ => Ok(()),
        }
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
        let mut patience = 50;
        while let Err(error) = self.run("pg_ctl", &arguments) {
            let error = with_log(error, &log);
            // The children of a Postgres that was killed hold its memory until they notice that they are orphans.
            if patience == 0 || !error.to_string().contains("pre-existing shared memory") {
                return Err(error);
            }
            patience -= 1;
            std::thread::sleep(Duration::from_millis(100));
        }
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
    /// The least rights that suffice: to have a name, which `initdb` asks for, and to come as far as `folder`.
    fn choose(folder: &Path) -> Result<Self, PostgresError> {
        if own_user().map_or(true, |user| user != 0) {
            return Ok(Self::Own);
        }
        // The folder itself is given to its user later.
        let way = folder.parent().unwrap_or(folder);
        [Self::Namespace, Self::Nobody, Self::NobodyPassing]
            .into_iter()
            .find(|rights| rights.suffice(way))
            .ok_or_else(|| PostgresError::NoUser(folder.to_owned()))
    }

    fn suffice(self, way: &Path) -> bool {
        let tried = self
            .command(Path::new("sh"))
            .args(["-c", "id -un && cd -- \"$1\"", "sh"])
            .arg(way)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    }

    fn command(self, program: &Path) -> Command {
        let (wrapper, arguments): (_, &[&str]) = match self {
            Self::Own => return Command::new(program),
            Self::Namespace => (
                "unshare",
                &["--user", "--map-user=65534", "--map-group=65534"],
            ),
            Self::Nobody => (
                "setpriv",
                &["--reuid=65534", "--regid=65534", "--clear-groups"],
            ),
            Self::NobodyPassing => (
                "setpriv",
                &[
                    "--reuid=65534",
                    "--regid=65534",
                    "--clear-groups",
                    "--inh-caps=+dac_override",
                    "--ambient-caps=+dac_override",
                ],
            ),
        };
        let mut command = Command::new(wrapper);
        command.args(arguments).arg(program);
        command
    }

    /// Gives a folder to whoever the cluster runs as.
    fn own(self, folder: &Path) -> Result<(), PostgresError> {
        if matches!(self, Self::Own | Self::Namespace) {
            return Ok(());
        }
        std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).map_err(io_error(format!(
            "{} cannot be given to nobody",
            folder.display()
        )))
    }
}

/// Keeps other programs from starting the same cluster.
fn lock(folder: &Path) -> Result<fs::File, PostgresError> {
    let path = folder.join("lock");
    let failed = || format!("{} cannot be locked", path.display());
    let file = fs::File::create(&path).map_err(io_error(failed()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(PostgresError::AlreadyRuns(folder.to_owned())),
        Err(fs::TryLockError::Error(error)) => Err(io_error(failed())(error)),
    }
}

fn url_on(socket: &str) -> String {
    format!("postgres://{NAME}@localhost/{NAME}?host={socket}")
}

fn data_of(folder: &Path) -> PathBuf {
    folder.join("data")
}

/// The version that made a cluster: no other can open it.
fn version_of(data: &Path) -> Option<u32> {
    let version = fs::read_to_string(data.join("PG_VERSION")).ok()?;
    version.trim().parse().ok()
}

/// The named Postgres; else the wanted version's; else the newest on this machine.
fn find_binaries(wanted: Option<u32>) -> Result<PathBuf, PostgresError> {
    if let Some(named) = std::env::var_os("MEDREG_POSTGRES_BIN").map(PathBuf::from) {
        let bin = named.canonicalize().ok();
        return bin
            .filter(|bin| bin.join("initdb").exists())
            .ok_or(PostgresError::NotThere(named));
    }
    installed(wanted)
        .or_else(on_path)
        .ok_or(PostgresError::NotInstalled)
}

/// Debian's folder of each version's programs.
fn installed(wanted: Option<u32>) -> Option<PathBuf> {
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
    numbered
        .filter(|(_, bin)| bin.join("initdb").exists())
        .max_by_key(|(version, _)| (Some(*version) == wanted, *version))
        .map(|(_, bin)| bin)
}

fn on_path() -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).find(|bin| bin.join("initdb").exists())
}

/// The process that its pid file names, if that is really a Postgres on this directory; a stale file is Postgres's to remove.
fn living_postmaster(data: &Path) -> Option<u32> {
    let file = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let pid: u32 = file.lines().next()?.trim().parse().ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command);
    (command.contains("postgres") && command.contains(&*data.to_string_lossy())).then_some(pid)
}

/// A folder of mode 0700 for the socket: beside the data, or, where that path is too long or has characters that
/// Postgres's settings or a URL give a meaning to, under `/tmp`.
fn socket_folder(folder: &Path, rights: Rights) -> Result<PathBuf, PostgresError> {
    let beside = folder.join("socket");
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"/._-".contains(&c);
    let bytes = beside.as_os_str().as_encoded_bytes();
    let socket = if bytes.len() <= MAX_SOCKET_FOLDER && bytes.iter().copied().all(plain) {
        beside
    } else {
        let digest = medreg_datasets::ids::Digest::of(folder.as_os_str().as_encoded_bytes());
        Path::new("/tmp").join(format!("medreg-{}", &digest.as_str()[..16]))
    };
    make_private(&socket).map_err(io_error(format!(
        "the socket's folder {} cannot be made",
        socket.display()
    )))?;
    rights.own(&socket)?;
    Ok(socket)
}

/// Makes a folder that only this user can enter. In `/tmp` somebody else may have been there first: a folder of theirs
/// is refused, or taken from them by root, and a link is not followed.
fn make_private(folder: &Path) -> io::Result<()> {
    match fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        other => return other,
    }
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something else has its name",
        ));
    }
    std::os::unix::fs::chown(folder, Some(own_user()?), None)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

/// Whose rights this program has.
fn own_user() -> io::Result<u32> {
    Ok(fs::metadata("/proc/self")?.uid())
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
