//! A layer: a tar archive that is the same for the same files, whoever makes it and when.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::{Compression, GzBuilder};
use tar::{EntryType, Header};

/// Files by their paths in the image, without a slash at the start.
#[derive(Debug, Default)]
pub(super) struct Files(BTreeMap<String, File>);

#[derive(Debug)]
struct File {
    octets: Vec<u8>,
    executable: bool,
}

impl Files {
    pub(super) fn add(&mut self, path: &str, octets: Vec<u8>) {
        self.0.insert(path.to_owned(), File { octets, executable: false });
    }

    pub(super) fn add_program(&mut self, path: &str, octets: Vec<u8>) {
        self.0.insert(path.to_owned(), File { octets, executable: true });
    }

    /// All files of a folder, but for those that are hidden.
    ///
    /// # Errors
    ///
    /// When one cannot be read, or is neither a file nor a folder.
    pub(super) fn add_folder(&mut self, path: &str, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let name =
                entry.file_name().into_string().ok().with_context(|| entry.path().display().to_string())?;
            if name.starts_with('.') {
                continue;
            }
            let path = format!("{path}/{name}");
            if entry.file_type()?.is_dir() {
                self.add_folder(&path, &entry.path())?;
            } else {
                self.add(&path, fs::read(entry.path()).with_context(|| entry.path().display().to_string())?);
            }
        }
        Ok(())
    }

    /// Octets of all files.
    pub(super) fn octets(&self) -> u64 {
        self.0.values().map(|file| file.octets.len() as u64).sum()
    }

    #[cfg(test)]
    fn names(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// The archive, in the order of the paths. All belongs to root and is from the first second of 1970, and nobody may
    /// write.
    ///
    /// # Errors
    ///
    /// When a path is too long.
    pub(super) fn archive(&self) -> Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        let mut folders = BTreeSet::new();
        for (path, file) in &self.0 {
            for (slash, _) in path.match_indices('/') {
                // With its slash, as others write it.
                let folder = &path[..=slash];
                if folders.insert(folder) {
                    archive.append_data(&mut header(EntryType::Directory, 0o755, 0), folder, &[][..])?;
                }
            }
            let mode = if file.executable { 0o555 } else { 0o444 };
            let mut header = header(EntryType::Regular, mode, file.octets.len() as u64);
            archive.append_data(&mut header, path, file.octets.as_slice()).with_context(|| path.clone())?;
        }
        Ok(archive.into_inner()?)
    }
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// Compressed, without the time and the name that gzip would note.
///
/// # Errors
///
/// None that memory knows.
pub(super) fn compressed(archive: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    encoder.write_all(archive)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn entries(archive: &[u8]) -> Vec<(String, u32, u64, u64)> {
        let mut archive = tar::Archive::new(archive);
        let entry = |entry: std::io::Result<tar::Entry<'_, _>>| {
            let entry = entry.unwrap();
            let header = entry.header();
            let path = entry.path().unwrap().display().to_string();
            (path, header.mode().unwrap(), header.mtime().unwrap(), header.uid().unwrap())
        };
        archive.entries().unwrap().map(entry).collect()
    }

    #[test]
    fn a_layer_has_its_folders_before_their_files_and_nothing_of_who_made_it() {
        let mut files = Files::default();
        files.add_program("hello", b"\x7fELF".to_vec());
        files.add("etc/ssl/certs/ca-certificates.crt", b"x".to_vec());
        files.add("etc/ssl/other", b"y".to_vec());
        let read = |path: &str| (path.to_owned(), 0o444, 0, 0);
        let folder = |path: &str| (path.to_owned(), 0o755, 0, 0);
        assert_eq!(
            entries(&files.archive().unwrap()),
            [
                folder("etc/"),
                folder("etc/ssl/"),
                folder("etc/ssl/certs/"),
                read("etc/ssl/certs/ca-certificates.crt"),
                read("etc/ssl/other"),
                ("hello".to_owned(), 0o555, 0, 0),
            ]
        );
    }

    #[test]
    fn the_same_files_make_the_same_layer_in_whatever_order_and_whenever_they_were_written() {
        let layer = |names: [&str; 2]| {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("assets")).unwrap();
            for name in names {
                fs::write(folder.path().join(name), name).unwrap();
            }
            fs::write(folder.path().join(".recipe"), names[0]).unwrap();
            let mut files = Files::default();
            files.add_folder("page", folder.path()).unwrap();
            assert_eq!(files.names(), ["page/assets/a.js", "page/index.html"]);
            compressed(&files.archive().unwrap()).unwrap()
        };
        let first = layer(["index.html", "assets/a.js"]);
        assert_eq!(layer(["assets/a.js", "index.html"]), first);
        let mut archive = Vec::new();
        flate2::read::GzDecoder::new(first.as_slice()).read_to_end(&mut archive).unwrap();
        assert!(entries(&archive).iter().any(|(path, ..)| path == "page/assets/a.js"));
    }
}
