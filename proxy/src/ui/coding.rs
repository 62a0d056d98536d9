//! Which content coding a client takes: the field `Accept-Encoding` (RFC 9110 §12.5.3).

use http::{HeaderMap, header};

use crate::{
    accept::thousandths,
    list::{for_each_element, parameter, split},
};

/// A content coding in which a file can be there besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    /// The one that makes files smaller comes first.
    pub(super) const ALL: [Self; 2] = [Self::Brotli, Self::Gzip];

    /// Its name in fields (RFC 7932, RFC 1952).
    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What a build puts behind the name of a file: `main.js.br`.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }
}

/// The first of those codings that weighs most to the client; none if it would rather have none, or takes none of them.
/// That it takes neither is not listened to: nobody is helped by an error.
pub(super) fn choose(headers: &HeaderMap, there: impl Iterator<Item = Coding>) -> Option<Coding> {
    let mut weights = Vec::new();
    for_each_element(headers, &header::ACCEPT_ENCODING, |element| {
        let mut parts = split(element, ';');
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.map(parameter).find(|(name, _)| name.eq_ignore_ascii_case("q"));
        let weight = weight.map_or(Some(1_000), |(_, value)| thousandths(value));
        weights.extend(weight.map(|weight| (name, weight)));
    });
    let weight = |token: &str| weights.iter().find(|(name, _)| name == token).map(|(_, weight)| *weight);
    let plain = weight("identity").unwrap_or(0);
    let mut best = None;
    for coding in there {
        let weight = weight(coding.token()).or_else(|| weight("*")).unwrap_or(0);
        if weight > 0 && weight >= plain && best.is_none_or(|(_, most)| weight > most) {
            best = Some((coding, weight));
        }
    }
    best.map(|(coding, _)| coding)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn chosen(lines: &[&str]) -> Option<&'static str> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::ACCEPT_ENCODING, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        choose(&headers, Coding::ALL.into_iter()).map(Coding::token)
    }

    #[test]
    fn the_smallest_form_that_a_client_takes_is_chosen() {
        for (lines, coding) in [
            (&["gzip, deflate, br, zstd"][..], Some("br")),
            (&["gzip", "BR"], Some("br")),
            (&["gzip"], Some("gzip")),
            (&["br;q=0.5, gzip"], Some("gzip")),
            (&["br;q=0, *"], Some("gzip")),
            (&["*"], Some("br")),
            (&["identity, gzip"], Some("gzip")),
            (&["identity, gzip;q=0.9"], None),
            (&["identity;q=0, gzip;q=0.001"], Some("gzip")),
            (&["br;q=0, gzip;q=0, identity;q=0"], None),
            (&["br;q=2, gzip;q=x, é"], None),
            (&["*;q=0"], None),
            (&["deflate"], None),
            (&[""], None),
            (&[], None),
        ] {
            assert_eq!(chosen(lines), coding, "{lines:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"));
        assert_eq!(choose(&headers, [Coding::Gzip].into_iter()), Some(Coding::Gzip), "what is there");
        assert_eq!(choose(&headers, [].into_iter()), None);
    }
}
