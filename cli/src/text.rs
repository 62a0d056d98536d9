//! Words and times for people.

use std::fmt::Write as _;

use jiff::Timestamp;

/// Marks that turn the direction of what follows, and so can make a text look like another one (Unicode UAX #9).
const DIRECTION_MARKS: [std::ops::RangeInclusive<char>; 3] =
    ['\u{200e}'..='\u{200f}', '\u{202a}'..='\u{202e}', '\u{2066}'..='\u{2069}'];

/// Text that anybody may have written, without what a terminal would take as a command, or would show otherwise.
pub(crate) fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || DIRECTION_MARKS.iter().any(|marks| marks.contains(&c)) {
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// How long ago something was, or when it will be: `3 min ago`, `in 12 s`.
pub(crate) fn relative(at: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - at.as_second();
    let text = match seconds.unsigned_abs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    };
    if seconds >= 0 { format!("{text} ago") } else { format!("in {text}") }
}

/// The same for a column: as wide as it can get, so that a table does not change its form as time goes on.
pub(crate) fn relative_cell(at: Timestamp, now: Timestamp) -> String {
    format!("{:<11}", relative(at, now))
}

/// A point in time, absolute and relative.
pub(crate) fn time(at: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", at.strftime("%Y-%m-%d %H:%M:%S UTC"), relative(at, now))
}

/// `1 octet`, `2 octets`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A body as text, if it is one that can be shown.
pub(crate) fn readable(body: &[u8]) -> Option<&str> {
    let is_odd = |c: char| c.is_control() && !['\n', '\r', '\t'].contains(&c);
    std::str::from_utf8(body).ok().filter(|text| !text.contains(is_odd))
}
