//! The data of a PostgreSQL server, and whom it belongs to.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::tools::PostgresTools;

/// The superuser that `initdb` creates.
const USER: &str = "uptake";
/// Whom the server runs as where we are root, which it refuses to be.
const UNPRIVILEGED: &str = "nobody";
/// Beside the data: else any program on this machine could log in and be this user.
const PASSWORD_FILE: &str = "uptake.password";

/// The folder with the data of a server, made where it is missing.
#[derive(Debug, Clone)]
pub struct Cluster {
    bin_dir: PathBuf,
    data: PathBuf,
    password: String,
    owner: Option<Owner>,
}

/// Another user.
#[derive(Debug, Clone, Copy)]
struct Owner {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Opens the data in `folder`, or makes it: then the parent must exist.
    ///
    /// # Errors
    ///
    /// When `initdb` cannot, or another major version has made it.
    pub fn open(tools: &PostgresTools, folder: &Path) -> Result<Self> {
        let owner = Owner::find()?;
        let tools = within_reach(tools, owner, folder.parent().unwrap_or(folder))?;
        if !folder.join("PG_VERSION").exists() {
            initialise(&tools, folder, owner)?;
        }
        let major = fs::read_to_string(folder.join("PG_VERSION"))?;
        ensure!(
            tools.version.starts_with(major.trim()),
            "PostgreSQL {} has made the data in {}, and this is {}: remove that folder",
            major.trim(),
            folder.display(),
            tools.version
        );
        let password = fs::read_to_string(folder.join(PASSWORD_FILE)).context("its password is lost")?;
        Ok(Self { bin_dir: tools.bin_dir, data: folder.to_path_buf(), password, owner })
    }

    /// How to start the server. It listens on 127.0.0.1 alone; all that it logs goes to stderr.
    #[must_use]
    pub fn command(&self, port: u16) -> Command {
        let mut command = as_owner(&self.bin_dir.join("postgres"), self.owner);
        command.arg("-D").arg(&self.data).args(["-p", &port.to_string()]);
        // No socket file: its path has a narrow limit, and nobody needs it.
        command.args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]);
        command
    }

    /// Writes a file beside the data that the server's user alone may read, such as the key of a certificate.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or is there.
    pub fn write_secret(&self, name: &str, content: &str) -> Result<PathBuf> {
        let path = self.data.join(name);
        fs::File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?
            .write_all(content.as_bytes())?;
        if let Some(Owner { uid, gid }) = self.owner {
            chown(&path, Some(uid), Some(gid))?;
        }
        Ok(path)
    }

    /// `postgres://USER:PASSWORD@127.0.0.1:PORT/DATABASE`
    #[must_use]
    pub fn url(&self, port: u16, database: &str) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{port}/{database}", self.password)
    }
}

impl Owner {
    /// Somebody without privileges, where we are root.
    fn find() -> Result<Option<Self>> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let ids = users.lines().find_map(|line| {
            let mut fields = line.strip_prefix(UNPRIVILEGED)?.strip_prefix(':')?.split(':').skip(1);
            Some(Self { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
        });
        let ids = ids.with_context(|| {
            format!("PostgreSQL does not run as root, and there is no user {UNPRIVILEGED} to run it as")
        })?;
        Ok(Some(ids))
    }
}

/// A command that is run as somebody else, in a folder that everybody may enter.
fn as_owner(program: &Path, owner: Option<Owner>) -> Command {
    let mut command = Command::new(program);
    if let Some(Owner { uid, gid }) = owner {
        command.uid(uid).gid(gid).current_dir("/");
    }
    command
}

/// The programs where the server's user can run them: as they are, or a copy in `folder`.
fn within_reach(tools: &PostgresTools, owner: Option<Owner>, folder: &Path) -> Result<PostgresTools> {
    let mut look = as_owner(&tools.bin_dir.join("initdb"), owner);
    if look.arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Ok(tools.clone());
    }
    tools.copied_to(&folder.join(format!("postgres-{}", tools.version)))
}

fn initialise(tools: &PostgresTools, folder: &Path, owner: Option<Owner>) -> Result<()> {
    let shown = folder.display();
    fs::create_dir(folder).with_context(|| format!("cannot create the folder {shown}"))?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    if let Some(Owner { uid, gid }) = owner {
        chown(folder, Some(uid), Some(gid)).with_context(|| format!("cannot give {shown} away"))?;
    }
    let result = initdb(tools, folder, owner);
    if result.is_err() {
        // Half of it would be taken for the whole the next time.
        let _ = fs::remove_dir_all(folder);
    }
    result
}

/// Names are compared by their octets and texts are UTF-8, whatever this machine's locale is.
fn initdb(tools: &PostgresTools, folder: &Path, owner: Option<Owner>) -> Result<()> {
    let password = random()?;
    // By a file, and not in the data, which initdb wants empty. The arguments of a process are public.
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(password.as_bytes())?;
    if let Some(Owner { uid, gid }) = owner {
        chown(file.path(), Some(uid), Some(gid))?;
    }
    let mut command = as_owner(&tools.bin_dir.join("initdb"), owner);
    command
        .arg("-D")
        .arg(folder)
        .args(["-U", USER, "--auth=password", "--encoding=UTF8", "--no-locale", "--no-sync", "--pwfile"])
        .arg(file.path());
    let output = command.output().with_context(|| format!("{:?} cannot be run", command.get_program()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!("{:?} ended with {}: {}", command.get_program(), output.status, said.trim());
    }
    let kept = folder.join(PASSWORD_FILE);
    fs::File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(kept)?
        .write_all(password.as_bytes())?;
    Ok(())
}

/// 32 hexadecimal digits that nobody can guess.
fn random() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
