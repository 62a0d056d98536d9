//! JSON in printable ASCII, as a header value must be.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::Formatter;

/// Compact JSON with `\uXXXX` for all that is not printable ASCII (RFC 8259 §7): only strings can hold such.
///
/// # Errors
/// When the value is none that JSON has.
pub(super) fn ascii_json<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut json = Vec::with_capacity(512);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut json, Ascii))?;
    Ok(String::from_utf8(json).unwrap_or_default())
}

struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(at) = rest.find(|c: char| !(' '..='~').contains(&c)) {
            let (plain, other) = rest.split_at(at);
            writer.write_all(plain.as_bytes())?;
            let mut others = other.chars();
            for unit in others.next().iter().flat_map(|c| c.encode_utf16(&mut [0; 2]).to_vec()) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = others.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}
