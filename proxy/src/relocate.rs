//! Puts the stripped prefix back into answers: services write paths as they see them.

use http::{HeaderMap, HeaderValue, header};

/// The longest `Link` line that is written, in octets: each link of a line grows by the prefix, so a service could make
/// a line many times as long as what it sent.
const MAX_LINK_OCTETS: usize = 64 * 1024;

/// Puts `prefix` before the paths in `Location`, `Content-Location` (RFC 9110 §10.2.2, §8.7) and in the targets of
/// `Link` (RFC 8288). Whatever else is there stays as it is: other references, and `Link` lines that do not parse.
pub(crate) fn relocate(headers: &mut HeaderMap, prefix: &str) {
    if prefix.is_empty() {
        return;
    }
    for (name, value) in headers.iter_mut() {
        let relocated = if name == header::LINK {
            links(value.as_bytes(), prefix)
        } else if [header::LOCATION, header::CONTENT_LOCATION].contains(name) && is_path(value.as_bytes()) {
            Some([prefix.as_bytes(), value.as_bytes()].concat())
        } else {
            None
        };
        if let Some(Ok(relocated)) = relocated.map(|octets| HeaderValue::from_bytes(&octets)) {
            *value = relocated;
        }
    }
}

/// Whether a reference begins with a path of this server: `//` begins a host (RFC 3986 §4.2).
fn is_path(reference: &[u8]) -> bool {
    reference.starts_with(b"/") && !reference.starts_with(b"//")
}

/// A line of links with the prefix before each target that is a path; none if it does not parse or grows too long.
fn links(line: &[u8], prefix: &str) -> Option<Vec<u8>> {
    let mut relocated = Vec::with_capacity(line.len() + prefix.len());
    let mut rest = line;
    loop {
        let between = rest.iter().position(|octet| !matches!(octet, b' ' | b'\t' | b','));
        let Some(between) = between else {
            relocated.extend_from_slice(rest);
            return Some(relocated);
        };
        let (separator, link) = rest.split_at(between);
        let target = link.strip_prefix(b"<")?;
        let end = target.iter().position(|&octet| octet == b'>')?;
        let (target, parameters) = target.split_at(end);
        let (parameters, next) = parameters.split_at(end_of_link(parameters)?);
        let prefix = if is_path(target) { prefix.as_bytes() } else { b"" };
        for part in [separator, b"<", prefix, target, parameters] {
            relocated.extend_from_slice(part);
        }
        if relocated.len() + next.len() > MAX_LINK_OCTETS {
            return None;
        }
        rest = next;
    }
}

/// Where the parameters of a link end: at a comma outside of quotes, or with the line. None if a quote stays open.
fn end_of_link(parameters: &[u8]) -> Option<usize> {
    let mut quoted = false;
    let mut escaped = false;
    for (index, octet) in parameters.iter().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return Some(index),
            _ => {}
        }
    }
    (!quoted).then_some(parameters.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(line: &str) -> String {
        let mut headers = HeaderMap::from_iter([(header::LINK, HeaderValue::from_str(line).unwrap())]);
        relocate(&mut headers, "/api");
        headers[header::LINK].to_str().unwrap().to_owned()
    }

    #[test]
    fn every_link_whose_target_is_a_path_gets_the_prefix_and_nothing_else_does() {
        for (sent, seen) in [
            ("</users?cursor=a,b>; rel=\"next\"", "</api/users?cursor=a,b>; rel=\"next\""),
            ("</a>; rel=first,</b>;rel=next", "</api/a>; rel=first,</api/b>;rel=next"),
            (" , </a> ,, </>\t", ", </api/a> ,, </api/>"),
            ("<https://a.example/>; rel=up, </b>", "<https://a.example/>; rel=up, </api/b>"),
            ("<//a.example/>, <b>, <?c>, <#d>, <>", "<//a.example/>, <b>, <?c>, <#d>, <>"),
            (
                "</a>; title=\"x, </y> \\\", </z>\"; anchor=\"/c\", </b>",
                "</api/a>; title=\"x, </y> \\\", </z>\"; anchor=\"/c\", </api/b>",
            ),
        ] {
            assert_eq!(link(sent).trim(), seen, "{sent}");
        }
    }

    #[test]
    fn a_line_that_does_not_parse_stays_as_it_is() {
        let long = "</>,".repeat(MAX_LINK_OCTETS / 6);
        for line in
            ["", "/users", "</users", "</a>, x", "</a>, /b>", "</a>; title=\"x", "</a>; t=\"\\\"", &long]
        {
            assert_eq!(link(line), line);
        }
    }

    #[test]
    fn every_line_of_every_field_is_relocated() {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("link", "</a>"), ("link", "</b>"), ("content-location", "/c"), ("location", "/d")]
        {
            headers.append(name, HeaderValue::from_static(value));
        }
        headers.append("x-link", HeaderValue::from_static("/e"));
        headers.append(header::LINK, HeaderValue::from_bytes(b"</\xff>").unwrap());
        relocate(&mut headers, "/api");
        let lines: Vec<_> = headers.get_all(header::LINK).iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(lines, [&b"</api/a>"[..], b"</api/b>", b"</api/\xff>"]);
        assert_eq!(headers["content-location"], "/api/c");
        assert_eq!(headers["location"], "/api/d");
        assert_eq!(headers["x-link"], "/e");
        let before = headers.clone();
        relocate(&mut headers, "");
        assert_eq!(headers, before);
    }

    proptest::proptest! {
        #[test]
        fn no_line_makes_it_panic_or_lose_an_octet(line in "[</>,;\"\\\\ a=?]{0,40}") {
            if let Some(relocated) = links(line.as_bytes(), "~") {
                proptest::prop_assert_eq!(String::from_utf8(relocated).unwrap().replace('~', ""), line);
            }
        }
    }
}
