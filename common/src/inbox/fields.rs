//! The fields of an answer in a column.

use http::{HeaderMap, HeaderName, HeaderValue};

/// Each field line as `name:value` and a line feed, which neither a name nor a value can hold. The order of a name's values
/// is kept.
pub(super) fn encode(fields: &HeaderMap) -> Vec<u8> {
    let mut octets = Vec::new();
    for (name, value) in fields {
        for piece in [name.as_str().as_bytes(), b":", value.as_bytes(), b"\n"] {
            octets.extend_from_slice(piece);
        }
    }
    octets
}

/// None when these are no field lines.
pub(super) fn decode(octets: &[u8]) -> Option<HeaderMap> {
    let mut fields = HeaderMap::new();
    for line in octets.split_inclusive(|&octet| octet == b'\n') {
        let line = line.strip_suffix(b"\n")?;
        let colon = line.iter().position(|&octet| octet == b':')?;
        let name = HeaderName::from_bytes(&line[..colon]).ok()?;
        fields.try_append(name, HeaderValue::from_bytes(&line[colon + 1..]).ok()?).ok()?;
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field() -> impl Strategy<Value = (HeaderName, HeaderValue)> {
        let name = "[a-e]|set-cookie|[!#$%&'*+.^_`|~0-9a-z-]{1,8}".prop_map(|name| name.parse().unwrap());
        let value = proptest::collection::vec(prop_oneof![Just(b':'), any::<u8>()], 0..20);
        (name, value.prop_filter_map("no value", |octets| HeaderValue::from_bytes(&octets).ok()))
    }

    proptest! {
        #[test]
        fn fields_come_back_as_they_were(lines in proptest::collection::vec(field(), 0..12)) {
            let fields: HeaderMap = lines.into_iter().fold(HeaderMap::new(), |mut fields, (name, value)| {
                fields.append(name, value);
                fields
            });
            prop_assert_eq!(decode(&encode(&fields)), Some(fields));
        }

        #[test]
        fn other_octets_do_no_harm(octets in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(fields) = decode(&octets) {
                prop_assert_eq!(decode(&encode(&fields)), Some(fields));
            }
        }
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        assert_eq!(decode(b"a:b\nc"), None);
        assert_eq!(decode(b"a:b\nc\n"), None);
        assert_eq!(decode(b""), Some(HeaderMap::new()));
    }
}
