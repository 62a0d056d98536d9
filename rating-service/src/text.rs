//! What people write, as it is kept: in Unicode's normalization form C, without what only confuses.

use unicode_normalization::UnicodeNormalization as _;

/// A name in NFC, without white space at its ends.
///
/// # Errors
/// When it has more than `max_chars`, the white space at its ends counted, or no visible character, or when it has
/// control characters, line separators, or characters that turn the direction of the text around them: `x` and
/// U+202E make one name look like another.
pub(crate) fn name(text: &str, max_chars: usize) -> Result<String, String> {
    let text: String = text.nfc().collect();
    // White space that is cut off counts too: so says the contract, which can name one length only.
    at_most(&text, max_chars)?;
    let text = text.trim().to_owned();
    if text.chars().all(is_blank) {
        return Err("must have a visible character".to_owned());
    }
    if text.contains(char::is_control) || text.contains(['\u{2028}', '\u{2029}']) {
        return Err("must be one line without control characters".to_owned());
    }
    if text.contains(turns_text) {
        return Err("must not contain characters that override the direction of text".to_owned());
    }
    Ok(text)
}

/// A text of several lines in NFC.
///
/// # Errors
/// When it then has more than `max_chars`, or control characters besides tab, line feed and carriage return.
pub(crate) fn long(text: &str, max_chars: usize) -> Result<String, String> {
    let text: String = text.nfc().collect();
    at_most(&text, max_chars)?;
    if text.contains(|c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r')) {
        return Err("must not contain control characters besides tab and line ends".to_owned());
    }
    Ok(text)
}

/// What [`name`] takes, but for its length, as a regular expression of JSON Schema. It leaves out the characters
/// without a form beyond U+FFFF, which some engines cannot write.
pub(crate) fn name_pattern() -> String {
    const SPACES: &str = r"\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000";
    const REFUSED: &str = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069";
    const BLANK: &str = r" \u00a0\u00ad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u202f\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8";
    format!("^[{SPACES}]*[^{REFUSED}]*[^{REFUSED}{BLANK}][^{REFUSED}]*[{SPACES}]*$")
}

/// What [`long`] takes, but for its length, as a regular expression of JSON Schema.
pub(crate) fn long_pattern() -> String {
    r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$".to_owned()
}

fn at_most(text: &str, max_chars: usize) -> Result<(), String> {
    if text.chars().count() > max_chars {
        return Err(format!("must have at most {max_chars} characters"));
    }
    Ok(())
}

/// Embeddings, overrides and isolates (UAX #9 §2). The marks U+200E, U+200F and U+061C are harmless.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// White space, controls, and what Unicode calls default ignorable or leaves blank.
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || turns_text(c)
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_composed_then_counted_then_trimmed() {
        assert_eq!(name("  Zoe\u{308}\u{a0}", 6).unwrap(), "Zo\u{eb}");
        assert!(name("  Zoe\u{308}\u{a0}", 5).is_err());
        assert_eq!(name(&"e\u{301}".repeat(200), 200).unwrap(), "\u{e9}".repeat(200));
        assert!(name(&"é".repeat(201), 200).is_err());
        // NFC takes this letter apart: it is two characters then.
        assert!(name("\u{fb2a}", 1).is_err());
        for kept in ["می\u{200c}خواهم", "👩\u{200d}🚀", "O'Neil \"x\" <b>", "\u{200f}שלום", "李雷"]
        {
            assert_eq!(name(kept, 200).unwrap(), kept);
        }
    }

    #[test]
    fn refuses_names_that_nobody_can_read() {
        for wrong in [
            "",
            " ",
            "\t\u{a0}",
            "a\nb",
            "a\0",
            "a\u{7f}b",
            "a\u{85}b",
            "a\u{2028}b",
            "\u{200b}\u{feff}",
            "\u{2800}",
            "\u{3164}",
            "a\u{202e}b",
            "a\u{2066}b\u{2069}",
        ] {
            assert!(name(wrong, 200).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn long_texts_keep_their_lines_and_nothing_else_that_controls() {
        assert_eq!(long(" a\r\n\te\u{301} ", 10).unwrap(), " a\r\n\t\u{e9} ");
        assert_eq!(long("", 10).unwrap(), "");
        assert!(long(&"🦀".repeat(2_000), 2_000).is_ok());
        assert!(long(&"🦀".repeat(2_001), 2_000).is_err());
        for wrong in ["a\0", "\u{1b}[2J", "\u{85}"] {
            assert!(long(wrong, 10).is_err(), "{wrong:?}");
        }
    }
}
