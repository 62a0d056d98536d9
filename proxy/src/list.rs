//! Field values that are lists (RFC 9110 §5.6.1), and their elements' parameters.

use http::{HeaderMap, HeaderName};

/// Calls `each` with every element of all lines of a field, in order. What is not UTF-8 in them is replaced.
pub(crate) fn for_each_element(headers: &HeaderMap, name: &HeaderName, mut each: impl FnMut(&str)) {
    for line in headers.get_all(name) {
        split(&String::from_utf8_lossy(line.as_bytes()), ',').for_each(&mut each);
    }
}

/// The parts between separators that are outside of quotes, without the white space around them.
pub(crate) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |character| {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return character == separator && !quoted,
        }
        false
    });
    parts.map(|part| part.trim_matches([' ', '\t']))
}

/// Name and value of a parameter; the value is empty if there is none, and without its quotes if it has some.
pub(crate) fn parameter(text: &str) -> (&str, &str) {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let (name, value) = (name.trim_end_matches([' ', '\t']), value.trim_start_matches([' ', '\t']));
    (name, value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_within_quotes_separate_nothing() {
        let parts: Vec<_> = split(r#" a ,"b, \", c";d=",",, e"#, ',').collect();
        assert_eq!(parts, ["a", r#""b, \", c";d=",""#, "", "e"]);
        assert_eq!(
            split(r#"a, "b, c"#, ',').collect::<Vec<_>>(),
            ["a", r#""b, c"#],
            "a quote that stays open"
        );
        assert_eq!(split("", ',').collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_parameter_has_a_name_and_perhaps_a_value() {
        for (text, taken) in
            [("a", ("a", "")), ("a=b", ("a", "b")), ("a = \"b=c\"", ("a", "b=c")), ("a=\"", ("a", "\""))]
        {
            assert_eq!(parameter(text), taken);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_split_is_all_there(text in "[a,;\"\\\\ ]{0,40}") {
            proptest::prop_assert_eq!(split(&text, ',').map(str::len).sum::<usize>() <= text.len(), true);
            let joined: String = split(&text, ',').collect();
            let bare = |text: &str| text.replace([' ', ','], "");
            proptest::prop_assert_eq!(bare(&joined), bare(&text));
        }
    }
}
