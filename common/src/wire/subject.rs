//! Subjects: the escaping of paths and the name space below the root.

use std::fmt::{self, Write as _};

use http::Method;
use sha2::{Digest as _, Sha256};

/// Most octets that an escaped path takes in a subject; what is longer ends in a hash.
const MAX_PATH_OCTETS: usize = 512;
/// Most tokens of an escaped path in a subject.
const MAX_PATH_TOKENS: usize = 32;

/// Marks a hashed tail. The escaping never writes `%` before anything but two hex digits or the end.
const TAIL_MARK: &str = "%~";

/// The subject below which everything of one platform lies, such as `uptake` or `acme.prod`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root(String);

/// A root that cannot be one.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is no subject root: use up to 64 characters of A-Z a-z 0-9 _ - in tokens separated by dots")]
pub struct RootError(String);

impl std::str::FromStr for Root {
    type Err = RootError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let token_ok = |token: &str| {
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        if text.len() <= 64 && text.split('.').all(token_ok) {
            Ok(Self(text.to_owned()))
        } else {
            Err(RootError(text.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Root {
    /// The subject of a call: `<root>.call.<method>.<path tokens>`. `None` for a method without a token.
    #[must_use]
    pub fn call(&self, method: &Method, path: &str) -> Option<String> {
        self.request("call", method, path)
    }

    /// The subject of a job: `<root>.job.<method>.<path tokens>`. `None` for a method without a token.
    #[must_use]
    pub fn job(&self, method: &Method, path: &str) -> Option<String> {
        self.request("job", method, path)
    }

    fn request(&self, class: &str, method: &Method, path: &str) -> Option<String> {
        let token = method_token(method)?;
        let mut subject = String::with_capacity(self.0.len() + path.len() + 16);
        let _ = write!(subject, "{}.{class}.{token}.", self.0);
        push_path(&mut subject, path);
        Some(subject)
    }

    /// All requests of a class: `<root>.<class>.>`.
    #[must_use]
    pub fn requests(&self, class: Class) -> String {
        format!("{}.{}.>", self.0, class.as_str())
    }

    /// The name of the bucket of this platform's job records: `<root>-jobs`, dots replaced.
    #[must_use]
    pub fn job_bucket(&self) -> String {
        format!("{}-jobs", self.0.replace('.', "_"))
    }

    /// The name of the bucket of what the whole platform shares for ever: `<root>-platform`, dots replaced.
    #[must_use]
    pub fn platform_bucket(&self) -> String {
        format!("{}-platform", self.0.replace('.', "_"))
    }

    /// Where a job's record is republished once it is stored: `<root>.record.<id>`.
    #[must_use]
    pub fn record(&self, id: &super::JobId) -> String {
        format!("{}.record.{id}", self.0)
    }

    /// The republished records of all jobs: `<root>.record.>`.
    #[must_use]
    pub fn records(&self) -> String {
        format!("{}.record.>", self.0)
    }

    /// The dead letters of all services: `<root>.dead.*`.
    #[must_use]
    pub fn dead_letters(&self) -> String {
        format!("{}.dead.*", self.0)
    }

    /// Where the dead letters of a service go: `<root>.dead.<service>`.
    #[must_use]
    pub fn dead(&self, service: &str) -> String {
        format!("{}.dead.{}", self.0, escape_segment(service.as_bytes()))
    }

    /// The name of the stream of dead letters: `<root>-dead`, dots replaced.
    #[must_use]
    pub fn dead_stream(&self) -> String {
        format!("{}-dead", self.0.replace('.', "_"))
    }

    /// Everything that one process listens to for answers: `<root>.reply.<role>.<instance>.*`.
    #[must_use]
    pub fn reply_wildcard(&self, role: &str, instance: &str) -> String {
        format!("{}.reply.{role}.{instance}.*", self.0)
    }

    /// The reply subjects of one process up to the token: `<root>.reply.<role>.<instance>.`.
    #[must_use]
    pub fn reply_prefix(&self, role: &str, instance: &str) -> String {
        format!("{}.reply.{role}.{instance}.", self.0)
    }

    /// The reply subjects of all processes of a role: `<root>.reply.<role>.*.*`; those of all processes for the role `*`.
    #[must_use]
    pub fn replies_of(&self, role: &str) -> String {
        format!("{}.reply.{role}.*.*", self.0)
    }

    /// Whether an answer may go to `subject`: exactly `<root>.reply.*.*.*` with plain tokens.
    #[must_use]
    pub fn is_reply(&self, subject: &str) -> bool {
        let Some(rest) = subject.strip_prefix(self.0.as_str()).and_then(|rest| rest.strip_prefix(".reply."))
        else {
            return false;
        };
        let plain = |token: &str| {
            !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
        };
        rest.len() <= 256 && rest.split('.').count() == 3 && rest.split('.').all(plain)
    }

    /// Where the workers of a stream listen for cancels: `<root>.control.<stream>`. The name is escaped, for an asker
    /// reads it off a message: usual names stay as they are.
    #[must_use]
    pub fn control(&self, stream: &str) -> String {
        format!("{}.control.{}", self.0, escape_segment(stream.as_bytes()))
    }

    /// Where the workers of all streams listen: `<root>.control.*`.
    #[must_use]
    pub fn controls(&self) -> String {
        format!("{}.control.*", self.0)
    }
}

/// The role of proxies, a token of their reply subjects.
pub const PROXY_ROLE: &str = "proxy";

/// The role of a service's workers that call other services: `worker-<service>`. No two services share their reply subjects,
/// so that each can be kept from the answers to others.
#[must_use]
pub fn worker_role(service: &str) -> String {
    format!("worker-{service}")
}

/// The subject token of a method, or `None` where there is none.
fn method_token(method: &Method) -> Option<&'static str> {
    Some(match *method {
        Method::GET => "get",
        Method::HEAD => "head",
        Method::POST => "post",
        Method::PUT => "put",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        Method::OPTIONS => "options",
        _ => return None,
    })
}

/// A delivery class, as a token of subjects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// One answer within a budget, or a clear error.
    Call,
    /// Executed once it is accepted; its answer is kept.
    Job,
}

impl Class {
    /// `call` or `job`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Job => "job",
        }
    }
}

/// The filter subjects of a path prefix: the path itself and everything below it, for every method.
/// The prefix `/` owns every path.
#[must_use]
pub fn filters(root: &Root, class: Class, prefix: &str) -> Vec<String> {
    let (prefix, class) = (prefix.trim_end_matches('/'), class.as_str());
    if prefix.is_empty() {
        return vec![format!("{root}.{class}.*.>")];
    }
    let path = escape_path(prefix);
    vec![format!("{root}.{class}.*.{path}"), format!("{root}.{class}.*.{path}.>")]
}

/// Escapes one path segment *as sent* into one subject token.
///
/// Kept are `A-Z a-z 0-9 _ ~ -`; every other octet becomes `%XX`; nothing at all becomes `%`.
/// Two different segments never give the same token.
#[must_use]
pub fn escape_segment(segment: &[u8]) -> String {
    let mut token = String::with_capacity(segment.len() + 8);
    push_segment(&mut token, segment);
    token
}

fn push_segment(out: &mut String, segment: &[u8]) {
    if segment.is_empty() {
        out.push('%');
    }
    for &byte in segment {
        if byte.is_ascii_alphanumeric() || b"_~-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 15)]);
            out.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
}

/// Escapes a path, from its first `/` on, into subject tokens.
///
/// ```
/// use uptake::wire::escape_path;
///
/// assert_eq!(escape_path("/animals/dog"), "animals.dog");
/// assert_eq!(escape_path("/"), "%");
/// assert_eq!(escape_path("/a//b.c/"), "a.%.b%2Ec.%");
/// ```
///
/// Beyond 512 octets or 32 tokens the rest becomes `%~` and 128 bits of its SHA-256. No escaped segment
/// begins so; two paths share a subject only if those 128 bits collide.
#[must_use]
pub fn escape_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 16);
    push_path(&mut out, path);
    out
}

/// Undoes [`escape_path`]: the path that these tokens stand for.
///
/// `None` if they stand for more than one, as wildcards and hashed tails do, or for one that no request-target
/// can hold.
#[must_use]
pub fn unescape_path(tokens: &str) -> Option<String> {
    let mut path = Vec::with_capacity(tokens.len() + 1);
    for token in tokens.split('.') {
        if token.is_empty() {
            return None;
        }
        path.push(b'/');
        let mut rest = if token == "%" { &[] } else { token.as_bytes() };
        while let [byte, tail @ ..] = rest {
            rest = match (byte, tail) {
                (b'%', [high, low, tail @ ..]) => {
                    let digit = |byte: &u8| char::from(*byte).to_digit(16);
                    path.push(u8::try_from(digit(high)? << 4 | digit(low)?).ok()?);
                    tail
                }
                (byte, tail) if byte.is_ascii_alphanumeric() || b"_~-".contains(byte) => {
                    path.push(*byte);
                    tail
                }
                _ => return None,
            };
        }
    }
    String::from_utf8(path).ok().filter(|path| path.bytes().all(|byte| byte.is_ascii_graphic()))
}

fn push_path(out: &mut String, path: &str) {
    let start = out.len();
    let mut rest = path.strip_prefix('/').unwrap_or(path).as_bytes();
    for tokens in 0.. {
        let end = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let before = out.len();
        if tokens < MAX_PATH_TOKENS && end <= MAX_PATH_OCTETS {
            push_segment(out, &rest[..end]);
        }
        if tokens >= MAX_PATH_TOKENS || end > MAX_PATH_OCTETS || out.len() - start > MAX_PATH_OCTETS {
            out.truncate(before);
            return push_tail(out, rest);
        }
        if end == rest.len() {
            return;
        }
        out.push('.');
        rest = &rest[end + 1..];
    }
}

fn push_tail(out: &mut String, tail: &[u8]) {
    out.push_str(TAIL_MARK);
    for byte in &Sha256::digest(tail)[..16] {
        let _ = write!(out, "{byte:02x}");
    }
}
