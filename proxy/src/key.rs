//! The field `Idempotency-Key`
//! (<https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header-07>).

use http::{HeaderMap, HeaderName};
use uptake::Fault;

/// The field.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Most octets of a key.
const MAX_KEY_OCTETS: usize = 255;

/// The key of a request, if it has one: a string in quotes (RFC 9651 §3.3.3), or what stands there without them, which is
/// the same key.
///
/// # Errors
/// When there is more than one line, or it is no key.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Fault> {
    let mut lines = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    let key = line.to_str().ok().filter(|_| lines.next().is_none()).and_then(parse);
    key.map(Some).ok_or(Fault::BadIdempotencyKey)
}

fn parse(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\t']);
    let key = match text.strip_prefix('"') {
        Some(rest) => unquote(rest.strip_suffix('"')?)?,
        None => is_bare(text).then(|| text.to_owned())?,
    };
    (1..=MAX_KEY_OCTETS).contains(&key.len()).then_some(key)
}

/// What stands between two quotes; a backslash is there before a quote or another backslash only.
fn unquote(text: &str) -> Option<String> {
    let mut key = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        key.push(match character {
            '\\' => rest.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            ' '..='~' if character != '"' => character,
            _ => return None,
        });
    }
    Some(key)
}

/// Visible ASCII. A comma would be a list's, a semicolon a parameter's: two readers could take them for two keys.
fn is_bare(text: &str) -> bool {
    text.bytes().all(|octet| octet.is_ascii_graphic() && !b"\",;\\".contains(&octet))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn key(lines: &[&[u8]]) -> Result<Option<String>, Fault> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(line).unwrap());
        }
        idempotency_key(&headers)
    }

    #[test]
    fn a_key_is_the_same_with_and_without_quotes() {
        assert_eq!(key(&[]), Ok(None));
        for (line, taken) in [
            ("a", "a"),
            ("\"a\"", "a"),
            ("  \"a\" ", "a"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("a/b+c=", "a/b+c="),
            (r#""a \"b\" \\, c;d""#, r#"a "b" \, c;d"#),
        ] {
            assert_eq!(key(&[line.as_bytes()]), Ok(Some(taken.to_owned())), "{line}");
        }
        let longest = "k".repeat(255);
        assert_eq!(key(&[longest.as_bytes()]), Ok(Some(longest.clone())));
        assert_eq!(key(&[format!("\"{longest}\"").as_bytes()]), Ok(Some(longest)));
    }

    #[test]
    fn what_is_no_key_or_more_than_one_is_refused() {
        let (long, quoted) = ("k".repeat(256), format!("\"{}\"", "k".repeat(256)));
        for line in [
            &b""[..],
            b"\"\"",
            b"\"",
            b"\"a",
            b"a\"",
            b"\"a\"b\"",
            b"\"a\";p=1",
            b"\"a\", \"b\"",
            b"a, b",
            b"a,b",
            b"a b",
            b"a;b",
            b"\"\\a\"",
            b"\"a\\\"",
            b"\"a\tb\"",
            b"\xc3\xa4",
            b"\"\xc3\xa4\"",
            b"\xff",
            long.as_bytes(),
            quoted.as_bytes(),
        ] {
            assert_eq!(key(&[line]), Err(Fault::BadIdempotencyKey), "{:?}", String::from_utf8_lossy(line));
        }
        assert_eq!(key(&[b"a", b"a"]), Err(Fault::BadIdempotencyKey));
    }

    proptest::proptest! {
        #[test]
        fn every_printable_key_survives_its_quotes(sent in "[ -~]{1,255}") {
            let quoted = format!("\"{}\"", sent.replace('\\', "\\\\").replace('"', "\\\""));
            proptest::prop_assert_eq!(key(&[quoted.as_bytes()]), Ok(Some(sent)));
        }

        #[test]
        fn no_line_makes_it_panic_or_too_long(line in "[ -~]{0,300}") {
            if let Ok(Some(key)) = key(&[line.as_bytes()]) {
                proptest::prop_assert!((1..=255).contains(&key.len()));
            }
        }
    }
}
