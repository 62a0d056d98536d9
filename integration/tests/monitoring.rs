//! `deploy/monitoring`: what its files say of each other, of the documents and of the metrics that there are.

mod dashboards;
mod firing;
mod rules;
mod words;

use std::{fs, path::PathBuf};

use test_support::tools::workspace_root;

fn folder() -> PathBuf {
    workspace_root().join("deploy/monitoring")
}

fn text_of(path: &str) -> String {
    let path = workspace_root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
