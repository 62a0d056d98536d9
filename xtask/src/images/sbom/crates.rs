//! The crates that a program is linked from.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

/// What `cargo tree` tells of a package.
#[derive(Debug)]
pub(super) struct Crates {
    /// By their package URLs (<https://github.com/package-url/purl-spec>).
    found: BTreeMap<String, Crate>,
    root: String,
}

#[derive(Debug, Default)]
struct Crate {
    name: String,
    version: String,
    licence: String,
    /// SHA-256 of the package, if it comes from a registry.
    checksum: Option<String>,
    needs: BTreeSet<String>,
}

impl Crates {
    /// Reads lines `<depth><name> v<version> …|<licence>`, of which the first is the package itself; and checksums from a
    /// Cargo.lock.
    ///
    /// # Errors
    ///
    /// When a line is none of these.
    pub(super) fn read(tree: &str, lock: &str) -> Result<Self> {
        let checksums = checksums(lock);
        let mut found = BTreeMap::<String, Crate>::new();
        // The way from the package to where we are.
        let mut way: Vec<String> = Vec::new();
        for line in tree.lines() {
            let (depth, name, version, licence) =
                parsed(line).with_context(|| format!("cargo tree: {line:?}"))?;
            ensure!(depth <= way.len(), "cargo tree: {line:?} lies too deep");
            let reference = format!("pkg:cargo/{name}@{version}");
            way.truncate(depth);
            if let Some(needed_by) = way.last().and_then(|reference| found.get_mut(reference)) {
                needed_by.needs.insert(reference.clone());
            }
            way.push(reference.clone());
            let known = found.entry(reference).or_default();
            known.name = name.to_owned();
            known.version = version.to_owned();
            // Of old, a slash meant a choice.
            known.licence = licence.replace('/', " OR ");
            known.checksum = checksums.get(&(name, version)).map(|&checksum| checksum.to_owned());
        }
        let root = way.into_iter().next().context("cargo tree says nothing")?;
        Ok(Self { found, root })
    }

    /// The reference of the package itself.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    pub(super) fn components(&self) -> Vec<Value> {
        let component = |(reference, found): (&String, &Crate)| {
            let mut component = json!({
                "type": if *reference == self.root { "application" } else { "library" },
                "bom-ref": reference,
                "name": found.name,
                "version": found.version,
                "purl": reference,
            });
            if !found.licence.is_empty() {
                component["licenses"] = json!([{"expression": found.licence}]);
            }
            if let Some(checksum) = &found.checksum {
                component["hashes"] = json!([{"alg": "SHA-256", "content": checksum}]);
            }
            component
        };
        self.found.iter().map(component).collect()
    }

    pub(super) fn dependencies(&self) -> Vec<Value> {
        let of = |(reference, found): (&String, &Crate)| json!({"ref": reference, "dependsOn": found.needs});
        self.found.iter().map(of).collect()
    }
}

/// Depth, name, version, licence.
fn parsed(line: &str) -> Option<(usize, &str, &str, &str)> {
    let (package, licence) = line.split_once('|')?;
    // No name begins with a digit.
    let name_at = package.find(|character: char| !character.is_ascii_digit())?;
    let (depth, package) = package.split_at(name_at);
    let mut words = package.split(' ');
    let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
    // Its own dependencies were listed above.
    let licence = licence.trim_end_matches(" (*)");
    Some((depth.parse().ok()?, name, version, licence))
}

/// By name and version.
fn checksums(lock: &str) -> BTreeMap<(&str, &str), &str> {
    let of =
        |package| Some(((value(package, "name")?, value(package, "version")?), value(package, "checksum")?));
    lock.split("[[package]]").filter_map(of).collect()
}

/// The version of a crate.
pub(super) fn locked(lock: &str, name: &str) -> Option<String> {
    let package = lock.split("[[package]]").find(|package| value(package, "name") == Some(name))?;
    value(package, "version").map(str::to_owned)
}

fn value<'a>(package: &'a str, key: &str) -> Option<&'a str> {
    package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "\
0hello v0.1.0 (/somewhere/hello)|Apache-2.0 OR MIT
1axum v0.8.9|MIT
2bytes v1.12.1|MIT/Apache-2.0
1bytes v1.12.1|MIT/Apache-2.0 (*)
1uptake v0.1.0 (/somewhere/common)|
2bytes v1.12.1|MIT/Apache-2.0 (*)
";
    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"bytes\"\nversion = \"0.9.0\"\nchecksum = \"old\"\n
[[package]]\nname = \"bytes\"\nversion = \"1.12.1\"\nsource = \"registry\"\nchecksum = \"1f\"\ndependencies = [\n \"x\",\n]\n";

    #[test]
    fn a_crate_is_told_once_with_what_it_needs_and_where_it_comes_from() {
        let crates = Crates::read(TREE, LOCK).unwrap();
        assert_eq!(crates.root(), "pkg:cargo/hello@0.1.0");
        assert_eq!(
            crates.components(),
            [
                json!({"type": "library", "bom-ref": "pkg:cargo/axum@0.8.9", "name": "axum", "version": "0.8.9",
                    "purl": "pkg:cargo/axum@0.8.9", "licenses": [{"expression": "MIT"}]}),
                json!({"type": "library", "bom-ref": "pkg:cargo/bytes@1.12.1", "name": "bytes", "version": "1.12.1",
                    "purl": "pkg:cargo/bytes@1.12.1", "licenses": [{"expression": "MIT OR Apache-2.0"}],
                    "hashes": [{"alg": "SHA-256", "content": "1f"}]}),
                json!({"type": "application", "bom-ref": "pkg:cargo/hello@0.1.0", "name": "hello", "version": "0.1.0",
                    "purl": "pkg:cargo/hello@0.1.0", "licenses": [{"expression": "Apache-2.0 OR MIT"}]}),
                json!({"type": "library", "bom-ref": "pkg:cargo/uptake@0.1.0", "name": "uptake", "version": "0.1.0",
                    "purl": "pkg:cargo/uptake@0.1.0"}),
            ]
        );
        let needs = |name: &str| {
            let reference = format!("pkg:cargo/{name}");
            crates.found[&reference].needs.iter().map(String::as_str).collect::<Vec<_>>()
        };
        assert_eq!(needs("axum@0.8.9"), ["pkg:cargo/bytes@1.12.1"]);
        assert_eq!(needs("uptake@0.1.0"), ["pkg:cargo/bytes@1.12.1"]);
        let of_root = ["pkg:cargo/axum@0.8.9", "pkg:cargo/bytes@1.12.1", "pkg:cargo/uptake@0.1.0"];
        assert_eq!(needs("hello@0.1.0"), of_root);
    }

    #[test]
    fn what_is_no_tree_is_refused() {
        for wrong in ["", "error: no such package", "1hello v0.1.0|MIT", "0hello 0.1.0|MIT", "0hello v0.1.0"]
        {
            assert!(Crates::read(wrong, LOCK).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn the_lock_file_tells_a_version() {
        assert_eq!(locked(LOCK, "bytes").unwrap(), "0.9.0");
        assert_eq!(locked(LOCK, "byte"), None);
    }
}
