//! Node.js with npm, which build and test the frontend and fetch what is in npm's registry. It is not fetched itself.

use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use super::Tool;
use super::contract::output;

/// The oldest version (major, minor) with which the frontend can be built.
pub const NODE_MINIMUM: (u32, u32) = (20, 19);

/// What to do where it is missing.
pub(super) const NODE_NEEDED: &str = "install Node.js 20.19 or newer with npm";

/// Finds Node.js on `PATH`, with npm.
///
/// # Errors
///
/// With the way out in its text: it is missing, or too old.
pub fn node() -> Result<Tool> {
    let text = output("node", &["--version"], NODE_NEEDED)?;
    let version = text.trim().trim_start_matches('v');
    ensure!(is_new_enough(version), "Node.js {version} is too old: {NODE_NEEDED}");
    output("npm", &["--version"], NODE_NEEDED)?;
    let path = output("node", &["--print", "process.execPath"], NODE_NEEDED).context("Node.js")?;
    Ok(Tool { path: PathBuf::from(path.trim()), version: version.to_owned() })
}

fn is_new_enough(version: &str) -> bool {
    let mut parts = version.split('.').map_while(|part| part.parse().ok());
    matches!((parts.next(), parts.next()), (Some(major), Some(minor)) if (major, minor) >= NODE_MINIMUM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_counts_by_its_numbers() {
        for new_enough in ["20.19.0", "20.20.2", "22.0.0", "100.1.0"] {
            assert!(is_new_enough(new_enough), "{new_enough}");
        }
        for too_old in ["20.18.3", "18.20.0", "9.99.0", "", "x"] {
            assert!(!is_new_enough(too_old), "{too_old:?}");
        }
    }
}
