//! HTTP field lines as NATS headers: `Http-<name>` and, percent-encoded, `Http8-<name>`.

use async_nats::HeaderMap;
use http::header::{self, HeaderMap as Fields, HeaderName, HeaderValue};

use super::{DecodeError, LINE_OVERHEAD, MAX_HEADER_OCTETS, is_plain, names};

/// Room for so many fields is made at once; more of them grow into it.
const USUAL_FIELDS: usize = 32;

/// Fields that end at this hop (RFC 9110 §7.6.1 and §11.7), besides those that `Connection` names.
const HOP_BY_HOP: [&str; 11] = [
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Whether a field ends at this hop.
fn is_hop_by_hop(name: &HeaderName, fields: &Fields) -> bool {
    HOP_BY_HOP.contains(&name.as_str())
        || fields
            .get_all(header::CONNECTION)
            .iter()
            .flat_map(|value| value.as_bytes().split(|&byte| byte == b','))
            .any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
}

/// Writes all end-to-end fields for which `carried` holds.
pub(super) fn encode(
    fields: &Fields,
    headers: &mut HeaderMap,
    octets: &mut usize,
    carried: impl Fn(&HeaderName) -> bool,
) {
    for name in fields.keys() {
        if is_hop_by_hop(name, fields) || !carried(name) {
            continue;
        }
        let values = fields.get_all(name);
        let plain = values.iter().all(|value| is_plain(value.as_bytes()));
        let prefix = if plain { names::FIELD } else { names::FIELD_ENCODED };
        // An HTTP field name is a token (RFC 9110 §5.1), which every NATS header name may be.
        let Ok(nats_name) = async_nats::HeaderName::try_from([prefix, name.as_str()].concat()) else {
            continue;
        };
        for value in values {
            let text = match value.to_str() {
                Ok(text) if plain => text.parse(),
                _ => percent_encode(value.as_bytes()).parse::<async_nats::HeaderValue>(),
            };
            // Printable ASCII: neither form holds what a NATS header value must not.
            let Ok(text) = text else { continue };
            *octets += prefix.len() + name.as_str().len() + text.as_str().len() + LINE_OVERHEAD;
            headers.append(nats_name.clone(), text);
        }
    }
}

/// Reads all fields back. What is no valid HTTP field, or hop-by-hop, is left out.
///
/// # Errors
/// When the headers, of whatever name, are larger than any encoder of ours may make them.
pub(super) fn decode(headers: &HeaderMap) -> Result<Fields, DecodeError> {
    let mut fields = Fields::with_capacity(headers.len().min(USUAL_FIELDS));
    let mut octets = 0;
    for (name, values) in headers.iter() {
        let name: &str = name.as_ref();
        octets += values.iter().map(|value| name.len() + value.as_str().len() + LINE_OVERHEAD).sum::<usize>();
        if octets > MAX_HEADER_OCTETS {
            return Err(DecodeError::FieldsTooLarge);
        }
        let (name, plain) = if let Some(name) = name.strip_prefix(names::FIELD) {
            (name, true)
        } else if let Some(name) = name.strip_prefix(names::FIELD_ENCODED) {
            (name, false)
        } else {
            continue;
        };
        let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { continue };
        for value in values {
            let value = if plain {
                HeaderValue::from_str(value.as_str()).ok()
            } else {
                percent_decode(value.as_str()).and_then(|bytes| HeaderValue::from_bytes(&bytes).ok())
            };
            // `try_append` refuses what would overflow the map; a message of 60 KiB never does.
            if let Some(value) = value {
                let _ = fields.try_append(name.clone(), value);
            }
        }
    }
    let hop_by_hop: Vec<_> = fields.keys().filter(|name| is_hop_by_hop(name, &fields)).cloned().collect();
    for name in hop_by_hop {
        fields.remove(name);
    }
    Ok(fields)
}

pub(super) fn percent_encode(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len() * 3);
    for &byte in value {
        if byte.is_ascii_graphic() && byte != b'%' {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(b"0123456789ABCDEF"[usize::from(nibble & 15)]);
            out.extend(['%', digit(byte >> 4), digit(byte)]);
        }
    }
    out
}

pub(super) fn percent_decode(value: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(value.len());
    let mut bytes = value.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || bytes.next().and_then(|b| char::from(b).to_digit(16));
            let (high, low) = (digit()?, digit()?);
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    Some(out)
}
