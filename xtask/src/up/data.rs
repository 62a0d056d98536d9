//! The folder that outlives an `up`.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use test_support::tools::workspace_root;

/// Where NATS and the services keep their data; ours alone while we have it.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    /// The system gives the lock back when we end, however that comes.
    _lock: File,
}

impl DataDir {
    pub(super) fn open(given: Option<PathBuf>) -> Result<Self> {
        let path = match given {
            Some(path) => std::path::absolute(path)?,
            None => workspace_root().join(".uptake/data"),
        };
        let shown = path.display();
        fs::create_dir_all(&path).with_context(|| format!("cannot create the folder {shown}"))?;
        let lock = File::create(path.join("up.lock")).with_context(|| format!("cannot write to {shown}"))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("another cargo xtask up uses {shown}; choose another folder with --data-dir FOLDER")
            }
            Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {shown}")),
        }
    }

    /// A file or folder in it.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// As people want to read it: from the current folder, if it lies there.
    pub(super) fn shown(&self) -> String {
        let current = std::env::current_dir().unwrap_or_default();
        self.path.strip_prefix(&current).unwrap_or(Path::new(&self.path)).display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_used_by_one_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataDir::open(Some(folder.path().join("data"))).unwrap();
        let error = DataDir::open(Some(folder.path().join("data"))).unwrap_err();
        assert!(error.to_string().contains("--data-dir"), "{error}");
        drop(first);
        DataDir::open(Some(folder.path().join("data"))).unwrap();
    }
}
