//! Notices that a source file has changed.
//!
//! By looking at the times of all files twice a second: some hundreds of them cost a millisecond, it
//! works on every file system (also on one that a container shares), and needs no further crate.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::time::{Duration, SystemTime};

use super::team::Event;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Folders of which nothing is built that `up` runs.
const IGNORED: [&str; 14] = [
    "target",
    "node_modules",
    "dist",
    "dist-console",
    "browser",
    "docs",
    "k6",
    "tests",
    "benches",
    "integration",
    "test-support",
    "xtask",
    "deploy",
    "cli",
];

/// Sends [`Event::Changed`] once the files below `root` have changed and stay as they are for a moment.
pub(super) fn start(events: SyncSender<Event>, root: PathBuf) {
    std::thread::spawn(move || {
        let mut known = look(&root);
        loop {
            std::thread::sleep(LOOK_EVERY);
            let mut now = look(&root);
            if now == known {
                continue;
            }
            // An editor writes several files, a checkout hundreds: wait for the end of it.
            loop {
                std::thread::sleep(LOOK_EVERY / 2);
                let later = look(&root);
                if later == now {
                    break;
                }
                now = later;
            }
            known = now;
            if events.send(Event::Changed).is_err() {
                return;
            }
        }
    });
}

fn look(root: &Path) -> HashMap<PathBuf, SystemTime> {
    let mut files = HashMap::new();
    walk(root, &mut files);
    files
}

fn walk(folder: &Path, files: &mut HashMap<PathBuf, SystemTime>) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // A hidden file, or what an editor writes beside the real one.
        if name.starts_with('.') || name.ends_with('~') || IGNORED.contains(&name.as_ref()) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() {
            walk(&entry.path(), files);
        } else if let Ok(time) = metadata.modified() {
            files.insert(entry.path(), time);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn tells_of_changed_and_removed_files_but_not_of_built_ones() {
        let root = tempfile::tempdir().unwrap();
        let source = root.path().join("crate/src");
        fs::create_dir_all(&source).unwrap();
        fs::create_dir_all(root.path().join("target")).unwrap();
        fs::write(source.join("main.rs"), "1").unwrap();
        let (sender, events) = std::sync::mpsc::sync_channel(10);
        start(sender, root.path().to_path_buf());
        std::thread::sleep(Duration::from_millis(200));

        fs::write(root.path().join("target/built"), "1").unwrap();
        fs::write(source.join(".main.rs.swp"), "1").unwrap();
        assert!(events.recv_timeout(Duration::from_secs(2)).is_err());
        fs::write(source.join("new.rs"), "1").unwrap();
        assert!(matches!(events.recv_timeout(Duration::from_secs(10)), Ok(Event::Changed)));
        fs::remove_file(source.join("new.rs")).unwrap();
        assert!(matches!(events.recv_timeout(Duration::from_secs(10)), Ok(Event::Changed)));
    }
}
