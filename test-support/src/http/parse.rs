//! From bytes to a response (RFC 9112 §6).

use std::io;

use super::RawResponse;

const MAX_FIELDS: usize = 256;

/// A response at the start of `bytes` and the number of bytes it takes; `None` when more are needed.
/// `closed` tells that nothing more will come: the end of a body without any length.
pub(super) fn response(
    bytes: &[u8],
    head_only: bool,
    closed: bool,
) -> io::Result<Option<(RawResponse, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let start = match head.parse(bytes).map_err(invalid)? {
        httparse::Status::Complete(start) => start,
        httparse::Status::Partial => return Ok(None),
    };
    let status = head.code.ok_or_else(|| invalid("no status"))?;
    let headers = head.headers.iter().map(|field| (field.name.to_owned(), field.value.to_vec())).collect();
    let mut response = RawResponse { status, headers, body: Vec::new() };

    if head_only || status < 200 || status == 204 || status == 304 {
        return Ok(Some((response, start)));
    }
    let rest = &bytes[start..];
    let used = if response.header("transfer-encoding").is_some() {
        match chunked(rest, &mut response.body)? {
            Some(used) => used,
            None => return Ok(None),
        }
    } else if let Some(length) = response.header("content-length") {
        let length: usize = length.trim().parse().map_err(invalid)?;
        match rest.get(..length) {
            Some(body) => response.body = body.to_vec(),
            None => return Ok(None),
        }
        length
    } else if closed {
        response.body = rest.to_vec();
        rest.len()
    } else {
        return Ok(None);
    };
    Ok(Some((response, start + used)))
}

/// Takes a chunked body apart (its trailers are dropped) and returns how many bytes it took.
fn chunked(bytes: &[u8], body: &mut Vec<u8>) -> io::Result<Option<usize>> {
    let mut at = 0;
    loop {
        let (start, size) = match httparse::parse_chunk_size(&bytes[at..]) {
            Ok(httparse::Status::Complete(chunk)) => chunk,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(invalid("malformed chunk size")),
        };
        at += start;
        if size == 0 {
            return Ok(trailers_end(&bytes[at..]).map(|end| at + end));
        }
        let size = usize::try_from(size).map_err(invalid)?;
        let Some(chunk) = bytes.get(at..at + size + 2) else { return Ok(None) };
        body.extend_from_slice(&chunk[..size]);
        at += size + 2;
    }
}

/// Behind the empty line that ends the trailers.
fn trailers_end(bytes: &[u8]) -> Option<usize> {
    if bytes.starts_with(b"\r\n") {
        return Some(2);
    }
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Option<(RawResponse, usize)> {
        response(bytes, false, false).unwrap()
    }

    #[test]
    fn waits_for_the_whole_response_wherever_it_is_split() {
        let length = &b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"[..];
        let chunks =
            &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nt: 1\r\n\r\n"
                [..];
        for whole in [length, chunks] {
            for end in 0..whole.len() {
                assert_eq!(parsed(&whole[..end]), None, "{end} bytes");
            }
            let (response, used) = parsed(whole).unwrap();
            assert_eq!((response.text().as_str(), used), ("hello", whole.len()));
        }
    }

    #[test]
    fn keeps_field_values_that_are_not_utf8() {
        let (response, _) = parsed(b"HTTP/1.1 204 No Content\r\nX-Name: J\xf6rg\r\n\r\n").unwrap();
        assert_eq!(response.header_bytes("x-name"), [b"J\xf6rg"]);
        assert_eq!(response.header("x-name"), None);
    }

    #[test]
    fn counts_the_responses_of_an_exchange() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 400 Bad Request\r\n\r\nend";
        let all = RawResponse::parse_all(bytes);
        assert_eq!(all.iter().map(|one| one.status).collect::<Vec<_>>(), [200, 400]);
        assert_eq!(all[1].text(), "end");
    }
}
