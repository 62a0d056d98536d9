//! Reads the folder.

use std::{collections::HashMap, fs, path::Path};

use anyhow::{Context as _, ensure};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::digest;

use super::{ASSETS, INDEX, coding::Coding, media::media_type};

/// Most octets of all files, with those that are compressed.
const MAX_OCTETS: u64 = 64 << 20;
/// Most files and folders.
const MAX_ENTRIES: usize = 10_000;
/// Most folders within each other.
const MAX_DEPTH: usize = 16;

/// Octets of a hash that tell one file from another: enough that nobody finds two alike by chance.
const TAG_OCTETS: usize = 16;

/// What a browser sends as it is (RFC 3986 §2.3).
const ESCAPED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A file, and its compressed forms.
#[derive(Debug)]
pub(super) struct File {
    pub(super) media_type: HeaderValue,
    pub(super) cache_control: HeaderValue,
    pub(super) plain: Form,
    pub(super) coded: Vec<(Coding, Form)>,
}

/// One form of a file.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) octets: Bytes,
    /// Made of these octets: the same in all proxies that serve them (RFC 9110 §8.8.3).
    pub(super) tag: HeaderValue,
}

impl Form {
    fn new(octets: impl Into<Bytes>) -> anyhow::Result<Self> {
        let octets = octets.into();
        let hash = digest::digest(&digest::SHA256, &octets);
        let tag = BASE64_URL_SAFE_NO_PAD.encode(&hash.as_ref()[..TAG_OCTETS]);
        Ok(Self { octets, tag: HeaderValue::try_from(format!("\"{tag}\""))? })
    }
}

/// Reads all files of a folder, by their names in a path. `write` makes of its first file what is served.
///
/// # Errors
/// When it cannot be read, has no such file, is too large, or leads out of itself.
pub(super) fn read(
    folder: &Path,
    write: impl FnOnce(&[u8]) -> anyhow::Result<Vec<u8>>,
) -> anyhow::Result<HashMap<String, File>> {
    let root = folder.canonicalize()?;
    let mut walk = Walk { root: &root, left: MAX_OCTETS, entries: 0, found: HashMap::new() };
    walk.folder(&root, "", 0)?;
    let mut found = walk.found;
    let index = found.get(INDEX).with_context(|| format!("there is no {INDEX}: was the page built?"));
    let index = index.and_then(|index| write(index).with_context(|| INDEX))?;
    // Those were compressed before it was written.
    for coding in Coding::ALL {
        found.remove(&format!("{INDEX}{}", coding.suffix()));
    }
    found.insert(INDEX.to_owned(), index);
    files(found)
}

/// Puts the compressed forms of a file with it.
fn files(mut found: HashMap<String, Vec<u8>>) -> anyhow::Result<HashMap<String, File>> {
    let mut coded: HashMap<String, Vec<(Coding, Form)>> = HashMap::new();
    for coding in Coding::ALL {
        let of = |name: &String| name.strip_suffix(coding.suffix()).map(str::to_owned);
        let names: Vec<_> = found.keys().filter_map(of).filter(|name| found.contains_key(name)).collect();
        for name in names {
            let octets = found.remove(&format!("{name}{}", coding.suffix())).unwrap_or_default();
            coded.entry(name).or_default().push((coding, Form::new(octets)?));
        }
    }
    let file = |(name, octets): (String, Vec<u8>)| {
        let file = File {
            media_type: media_type(&name),
            cache_control: cache_control(&name),
            plain: Form::new(octets)?,
            coded: coded.remove(&name).unwrap_or_default(),
        };
        Ok((utf8_percent_encode(&name, &ESCAPED).to_string(), file))
    };
    found.into_iter().map(file).collect()
}

/// How long browsers may keep a file unasked (RFC 9111, RFC 8246).
fn cache_control(name: &str) -> HeaderValue {
    let unchanging = name.starts_with(ASSETS);
    HeaderValue::from_static(if unchanging { "public, max-age=31536000, immutable" } else { "no-cache" })
}

/// What a walk through the folder has come upon.
struct Walk<'a> {
    root: &'a Path,
    /// Octets that may still come.
    left: u64,
    entries: usize,
    found: HashMap<String, Vec<u8>>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, prefix: &str, depth: usize) -> anyhow::Result<()> {
        ensure!(depth <= MAX_DEPTH, "{prefix} lies in more than {MAX_DEPTH} folders");
        for entry in fs::read_dir(folder).with_context(|| format!("{prefix:?} cannot be read"))? {
            let file_name = entry?.file_name();
            let name = file_name.to_str().with_context(|| format!("{file_name:?} is not in UTF-8"))?;
            // Hidden: what a version control, an editor or a mounted volume keeps for itself.
            if !name.starts_with('.') {
                self.entry(&folder.join(name), &format!("{prefix}{name}"), depth)?;
            }
        }
        Ok(())
    }

    fn entry(&mut self, path: &Path, name: &str, depth: usize) -> anyhow::Result<()> {
        self.entries += 1;
        ensure!(self.entries <= MAX_ENTRIES, "it holds more than {MAX_ENTRIES} files");
        // A mounted volume may be made of links within itself.
        let path = path.canonicalize().with_context(|| name.to_owned())?;
        ensure!(path.starts_with(self.root), "{name} is a link that leads out of it");
        let metadata = path.metadata().with_context(|| name.to_owned())?;
        if metadata.is_dir() {
            return self.folder(&path, &format!("{name}/"), depth + 1);
        }
        ensure!(metadata.is_file(), "{name} is neither a file nor a folder");
        let left = self.left.checked_sub(metadata.len());
        self.left = left.with_context(|| format!("it holds more than {MAX_OCTETS} octets"))?;
        self.found.insert(name.to_owned(), fs::read(&path).with_context(|| name.to_owned())?);
        Ok(())
    }
}
