//! What is made with npm: the frontend, and its tests in a browser.

use std::collections::BTreeSet;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use test_support::tools::workspace_root;

use crate::process::plain;

/// A folder with a `package.json`, from the root of the repository.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Package(&'static str);

/// The web frontend.
pub(crate) const FRONTEND: Package = Package("frontend");
/// Its tests in a browser.
pub(crate) const BROWSER: Package = Package("frontend/browser");

/// What is below the folder of the frontend, but nothing is built of.
const NO_SOURCES: [&str; 5] = ["node_modules", "dist", "dist-console", "browser", ".vite"];

/// In the built page: of which sources it was built. Hidden, so the proxy does not serve it.
const RECIPE: &str = ".recipe";

impl Package {
    /// A command of npm for this package.
    pub(crate) fn npm(self, arguments: &[&str]) -> Command {
        let mut command = plain("npm");
        command.args(["--prefix", self.0]).args(arguments);
        command
    }

    /// What installs its dependencies, if they are not there as the lock file has them.
    pub(crate) fn install(self) -> Option<Command> {
        // npm writes the second when all of them are there.
        let changed = |file: &str| self.folder().join(file).metadata().and_then(|file| file.modified()).ok();
        let (lock, installed) = (changed("package-lock.json"), changed("node_modules/.package-lock.json"));
        (installed.is_none() || installed < lock).then(|| self.npm(&["ci"]))
    }

    fn folder(self) -> PathBuf {
        workspace_root().join(self.0)
    }
}

/// Where the build leaves the page.
pub(crate) fn built() -> PathBuf {
    FRONTEND.folder().join("dist")
}

/// Where it leaves the console of operators.
pub(crate) fn console_built() -> PathBuf {
    FRONTEND.folder().join("dist-console")
}

/// What the page is built of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sources(String);

impl Sources {
    /// As they are now.
    ///
    /// # Errors
    ///
    /// When one cannot be read.
    pub(crate) fn now() -> Result<Self> {
        Self::of(&FRONTEND.folder())
    }

    /// Whether the page that is there was built of these, and the console with it.
    pub(crate) fn are_built(&self) -> bool {
        console_built().join("index.html").is_file()
            && fs::read_to_string(built().join(RECIPE)).is_ok_and(|built_of| built_of == self.0)
    }

    /// Notes that it was.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub(crate) fn note_built(&self) -> Result<()> {
        fs::write(built().join(RECIPE), &self.0).context("the frontend's build cannot be noted")
    }

    fn of(folder: &Path) -> Result<Self> {
        let mut files = BTreeSet::new();
        walk(folder, &mut files)?;
        let mut hasher = DefaultHasher::new();
        for file in files {
            file.strip_prefix(folder)?.hash(&mut hasher);
            fs::read(&file).with_context(|| file.display().to_string())?.hash(&mut hasher);
        }
        Ok(Self(format!("{:016x}\n", hasher.finish())))
    }
}

fn walk(folder: &Path, files: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let entry = entry?;
        let name = entry.file_name();
        if NO_SOURCES.iter().any(|ignored| name == *ignored) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), files)?;
        } else {
            files.insert(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sources_are_others_when_a_file_is_another_and_not_when_it_is_built_or_touched() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("src/main.ts", "1");
        let first = Sources::of(folder.path()).unwrap();
        write("dist/index.html", "1");
        write("node_modules/vite/index.js", "1");
        write("src/main.ts", "1");
        assert_eq!(Sources::of(folder.path()).unwrap(), first);
        write("src/main.ts", "2");
        let second = Sources::of(folder.path()).unwrap();
        assert_ne!(second, first);
        fs::rename(folder.path().join("src/main.ts"), folder.path().join("src/app.ts")).unwrap();
        assert_ne!(Sources::of(folder.path()).unwrap(), second);
    }

    #[test]
    fn a_package_whose_lock_file_is_newer_than_what_is_installed_is_installed() {
        assert!(Package("no/such/package").install().is_some());
        assert_eq!(
            crate::process::typed(&FRONTEND.npm(&["run", "build"])),
            "npm --prefix frontend run build"
        );
    }
}
