//! What must hold of a request's head, and the HTTP library does not see to.

use http::{HeaderValue, Version, header, request::Parts, uri::Authority};
use uptake::Fault;

/// Refuses heads that two readers could take for two different requests, and leaves one `Host`.
///
/// RFC 9112 §3.2 wants exactly one valid `Host` of HTTP/1.1; HTTP/2 may name the host in `:authority` alone, and not
/// otherwise than in `Host` (RFC 9113 §8.3.1). Of transfer codings only `chunked` is known (RFC 9112 §6.1). A length
/// beside it is dropped by the HTTP library, which then closes the connection behind the answer.
pub(crate) fn check(parts: &mut Parts) -> Result<(), Fault> {
    let mut codings = parts.headers.get_all(header::TRANSFER_ENCODING).iter();
    if let Some(coding) = codings.next()
        && (!coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked") || codings.next().is_some())
    {
        return Err(Fault::BadFraming);
    }
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    let host = hosts.next().map(HeaderValue::as_bytes);
    if hosts.next().is_some() || host.is_some_and(|host| !is_host(host)) {
        return Err(Fault::BadHost);
    }
    let named = named_in_target(parts);
    if named.is_some_and(|named| !is_host(named.as_str().as_bytes())) {
        return Err(Fault::BadHost);
    }
    let good = match parts.version {
        Version::HTTP_11 => host.is_some(),
        Version::HTTP_2 => match (named, host) {
            (Some(named), Some(host)) => named.as_str().as_bytes().eq_ignore_ascii_case(host),
            (named, host) => named.is_some() || host.is_some(),
        },
        _ => true,
    };
    if !good {
        return Err(Fault::BadHost);
    }
    adopt_host(parts);
    Ok(())
}

/// Has `Host` say what the target says, if that names a host.
pub(crate) fn adopt_host(parts: &mut Parts) {
    if let Some(named) = named_in_target(parts).and_then(|named| HeaderValue::from_str(named.as_str()).ok()) {
        parts.headers.insert(header::HOST, named);
    }
}

/// HTTP/2 and absolute-form targets, of whatever scheme, name the host: it counts, whatever `Host` says (RFC 9112
/// §3.2.2). The authority-form of CONNECT has no scheme.
fn named_in_target(parts: &Parts) -> Option<&Authority> {
    let named = parts.version == Version::HTTP_2 || parts.uri.scheme().is_some();
    parts.uri.authority().filter(|_| named)
}

/// Octets of target and fields, which an HTTP/2 client need not send each time (RFC 7541): what they take in memory and
/// in the message is not what they take on the wire.
pub(crate) fn octets(parts: &Parts) -> usize {
    let target = parts.uri.path_and_query().map_or(0, |target| target.as_str().len());
    parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>() + target
}

/// `uri-host [ ":" port ]` (RFC 9110 §7.2), which may be empty.
fn is_host(text: &[u8]) -> bool {
    let (name_is_good, port) = if let Some(rest) = text.strip_prefix(b"[") {
        let Some(end) = rest.iter().position(|&b| b == b']') else { return false };
        let (address, port) = (&rest[..end], &rest[end + 1..]);
        (!address.is_empty() && address.iter().all(|&b| b.is_ascii_hexdigit() || b":.".contains(&b)), port)
    } else {
        let (name, port) = text.split_at(text.iter().position(|&b| b == b':').unwrap_or(text.len()));
        (name.iter().all(|&b| b.is_ascii_alphanumeric() || b"-._~%!$&'()*+;=".contains(&b)), port)
    };
    let port_is_good =
        port.is_empty() || port.strip_prefix(b":").is_some_and(|port| port.iter().all(u8::is_ascii_digit));
    name_is_good && port_is_good
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::{Fault, check, header, is_host};

    #[test]
    fn the_host_of_an_absolute_target_counts_whatever_its_scheme() {
        let checked = |target: &str| {
            let mut parts = Request::get(target).header("host", "x").body(()).unwrap().into_parts().0;
            check(&mut parts).map(|()| parts.headers[header::HOST].clone())
        };
        for scheme in ["http", "https", "ftp"] {
            assert_eq!(checked(&format!("{scheme}://a.example/users")).unwrap(), "a.example", "{scheme}");
            assert_eq!(checked(&format!("{scheme}://u@a.example/")).unwrap_err(), Fault::BadHost, "{scheme}");
        }
        assert_eq!(checked("/users").unwrap(), "x");
    }

    #[test]
    fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
        for good in ["", "x", "api.example:8080", "127.0.0.1:", "[::1]:80", "[fe80::1]", "a_b%41"] {
            assert!(is_host(good.as_bytes()), "{good:?}");
        }
        for bad in ["a b", "a,b", "u@h", "h/p", "h:80x", "h:80:80", "[::1", "[]", "[::1]x", "::1", "\u{e9}"] {
            assert!(!is_host(bad.as_bytes()), "{bad:?}");
        }
    }
}
