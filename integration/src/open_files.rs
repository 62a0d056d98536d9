//! The limit of open files, which many systems set low for who does not ask.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of open files as far as it goes, for this process and those that it starts.
///
/// # Errors
/// When that is less than `needed`.
pub fn allow_open_files(needed: u64) -> anyhow::Result<()> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    let most = maximum.is_none_or(|maximum| maximum >= needed);
    anyhow::ensure!(most, "{needed} open files are needed, {maximum:?} allowed: raise `ulimit -Hn`");
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })?;
    Ok(())
}
