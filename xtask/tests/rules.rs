//! The rules of the repository that no compiler knows. Each failure names the file and the way out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests themselves")]

use std::fs;
use std::path::{Path, PathBuf};

use test_support::tools::workspace_root;

/// Lines of a source file that is shipped, its tests not counted.
const MAX_LINES: usize = 400;

struct Source {
    /// From the root of the repository: `proxy/src/main.rs`.
    path: String,
    /// Without the tests at its end.
    code: String,
}

impl Source {
    fn is(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.path.rsplit('/').next() == Some(name))
    }

    fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// The lines of code (comments left out) that hold one of `words`, as `path:line: text`.
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let lines = self.code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
        lines
            .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            .map(|(index, line)| format!("{}:{}: {}", self.path, index + 1, line.trim()))
            .collect()
    }
}

/// The files of the frontend, of its tests in a browser and of the load tests, but for what is made by a program.
fn web_sources() -> Vec<Source> {
    let root = workspace_root();
    let mut sources = Vec::new();
    for folder in ["frontend", "k6"] {
        walk(&root.join(folder), &["css", "html", "js", "mjs", "ts", "tsx"], &mut |path| {
            let code = fs::read_to_string(path).unwrap();
            let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            sources.push(Source { path, code });
        });
    }
    sources.retain(|source| !source.is(&["schema.d.ts"]));
    assert!(sources.len() > 10, "the walk finds next to nothing");
    sources
}

/// Every `src/**/*.rs` of the workspace.
fn sources() -> Vec<Source> {
    let root = workspace_root();
    let mut sources = Vec::new();
    for crate_folder in crates() {
        walk(&crate_folder.join("src"), &["rs"], &mut |path| {
            let text = fs::read_to_string(path).unwrap();
            let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap().to_owned();
            let path = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            sources.push(Source { path, code });
        });
    }
    assert!(sources.len() > 30, "the walk finds next to nothing");
    sources
}

/// The folders of all crates: those with a Cargo.toml, two levels deep.
fn crates() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    for entry in fs::read_dir(workspace_root()).unwrap().flatten() {
        let nested = fs::read_dir(entry.path()).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(nested.chain([entry.path()]).filter(|path| path.join("Cargo.toml").is_file()));
    }
    folders
}

/// Visits all files with these extensions, but for those that are fetched or built.
fn walk(folder: &Path, extensions: &[&str], visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_made = ["node_modules", "dist", "dist-console"].iter().any(|made| path.ends_with(made));
        if path.is_dir() && !is_made {
            walk(&path, extensions, visit);
        } else if path.extension().is_some_and(|found| extensions.iter().any(|extension| found == *extension))
        {
            visit(&path);
        }
    }
}

fn none(found: &[String], rule: &str) {
    assert!(found.is_empty(), "{rule}\n  {}\n", found.join("\n  "));
}

#[test]
fn no_file_is_longer_than_one_can_keep_in_mind() {
    let all = sources().into_iter().chain(web_sources());
    let long = all.filter(|source| source.code.lines().count() > MAX_LINES);
    let long: Vec<_> =
        long.map(|source| format!("{}: {}", source.path, source.code.lines().count())).collect();
    none(&long, &format!("split files of more than {MAX_LINES} lines (tests not counted):"));
}

#[test]
fn no_text_becomes_a_part_of_the_page() {
    let words = [
        "innerHTML",
        "outerHTML =",
        "insertAdjacentHTML",
        "dangerouslySetInnerHTML",
        "document.write",
        "srcdoc",
    ];
    let found: Vec<_> = web_sources()
        .iter()
        .filter(|source| source.is_below(&["frontend/src/", "frontend/index.html", "frontend/console/"]))
        .flat_map(|source| source.lines_with(&words))
        .collect();
    none(&found, "a name with markup in it must stay text: build elements instead:");
}

#[test]
fn lock_files_name_no_registry() {
    let mut found = Vec::new();
    for folder in ["frontend", "test-support"] {
        walk(&workspace_root().join(folder), &["json"], &mut |path| {
            if path.ends_with("package-lock.json")
                && fs::read_to_string(path).unwrap().contains("\"resolved\":")
            {
                found.push(path.display().to_string());
            }
        });
    }
    none(
        &found,
        "packages come from the registry that npm is set to (omit-lockfile-registry-resolved=true in .npmrc):",
    );
}

#[test]
fn only_config_reads_the_environment() {
    let words = ["env::var", "env::vars", "env::args", "env = \"", "from_env"];
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.is_below(&["cli/", "common/", "proxy/", "rating-service/", "examples/"]))
        // Tests are told by a variable to write what they compare with.
        .filter(|source| !source.is(&["config.rs", "tests.rs"]))
        .flat_map(|source| source.lines_with(&words))
        .collect();
    none(&found, "read the environment in config.rs, and pass on what it says:");
}

#[test]
fn only_main_ends_the_process() {
    let found: Vec<_> = sources()
        .iter()
        // A fault point ends test builds, and no other.
        .filter(|source| !source.is(&["main.rs", "fault_point.rs"]) && !source.is_below(&["xtask/"]))
        .flat_map(|source| source.lines_with(&["process::exit", "process::abort"]))
        .collect();
    none(&found, "return an error, and let main.rs end the process:");
}

#[test]
fn a_message_is_settled_in_one_file() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.is_below(&["cli/", "common/", "proxy/", "rating-service/", "examples/"]))
        .flat_map(|source| source.lines_with(&["+ACK", "-NAK", "+TERM", "+WPI", ".ack()", ".ack_with("]))
        .filter(|line| !line.starts_with("common/src/serve/delivery.rs:"))
        .collect();
    none(&found, "settle messages in common/src/serve/delivery.rs:");
}

#[test]
fn time_can_be_paused_in_tests() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.is_below(&["common/", "proxy/", "rating-service/"]))
        .flat_map(|source| source.lines_with(&["std::time::Instant", "time::{Duration, Instant}"]))
        .filter(|line| !line.contains("tokio::time"))
        .collect();
    none(&found, "use tokio::time::Instant:");
}

#[test]
fn a_service_does_not_know_nats() {
    let root = workspace_root();
    for folder in crates() {
        let name = folder.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        if name == "rating-service" || name.starts_with("examples") {
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
            let dependencies = manifest.split("[dev-dependencies]").next().unwrap();
            assert!(
                !dependencies.contains("async-nats"),
                "{name}: a service depends on uptake, not on async-nats"
            );
        }
    }
}

#[test]
fn test_support_knows_no_other_crate() {
    let manifest = fs::read_to_string(workspace_root().join("test-support/Cargo.toml")).unwrap();
    for name in ["uptake", "http-to-nats-proxy", "rating-service", "integration"] {
        let line = manifest.lines().find(|line| line.starts_with(name));
        assert_eq!(line, None, "test-support serves all crates and depends on none");
    }
}

#[test]
fn shared_dependencies_are_sorted() {
    let manifest = fs::read_to_string(workspace_root().join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[workspace.dependencies]\n").nth(1).unwrap();
    let section = section.split("\n[").next().unwrap();
    let name = |line: &str| line.split_once(" = ").map(|(name, _)| name.to_owned());
    let starts_entry = |line: &&str| line.starts_with(|first: char| first.is_ascii_lowercase());
    let names: Vec<_> = section.lines().filter(starts_entry).filter_map(name).collect();
    let mut sorted = names.clone();
    sorted.sort();
    assert_eq!(names, sorted, "sort [workspace.dependencies] of Cargo.toml");
}

#[test]
fn the_command_of_ci_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    let script = workspace_root().join(".ci/run");
    assert!(fs::read_to_string(&script).unwrap().contains("cargo xtask test"));
    assert_ne!(fs::metadata(&script).unwrap().permissions().mode() & 0o111, 0, "chmod +x .ci/run");
}
