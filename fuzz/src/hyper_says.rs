//! hyper as the judge: what it writes of a response must be read by a client as exactly that response.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Method, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const MAX_FIELDS: usize = 8192;

/// Sends a response to GET and to HEAD over a connection in memory.
pub(crate) fn can_be_sent(response: Response<Bytes>) {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return };
    for method in [Method::GET, Method::HEAD] {
        let sent = runtime.block_on(exchange(&method, respond(response.clone(), &method)));
        check(&method, &response, &sent);
    }
}

/// As the proxy makes a response of an answer: content and length only where there may be any.
fn respond(mut response: Response<Bytes>, method: &Method) -> Response<Full<Bytes>> {
    let keeps_length = method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    if keeps_length || response.status() == StatusCode::NO_CONTENT {
        *response.body_mut() = Bytes::new();
    }
    if !keeps_length {
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    response.map(Full::new)
}

async fn exchange(method: &Method, response: Response<Full<Bytes>>) -> Vec<u8> {
    let (mut client, server) = tokio::io::duplex(1 << 20);
    let ask = format!("{method} / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    client.write_all(ask.as_bytes()).await.expect("a connection in memory");
    let service = service_fn(|_| std::future::ready(Ok::<_, Infallible>(response.clone())));
    let served = http1::Builder::new().serve_connection(TokioIo::new(server), service).await;
    served.expect("hyper can send it");
    let mut sent = Vec::new();
    client.read_to_end(&mut sent).await.expect("a connection in memory");
    sent
}

/// Head and body are those of the response, and nothing follows.
fn check(method: &Method, response: &Response<Bytes>, sent: &[u8]) {
    let mut fields = vec![httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut head = httparse::Response::new(&mut fields);
    let Ok(httparse::Status::Complete(end)) = head.parse(sent) else {
        panic!("no head: {:?}", String::from_utf8_lossy(sent));
    };
    assert_eq!(head.code, Some(response.status().as_u16()));
    let without_content = method == Method::HEAD
        || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&response.status());
    let body: &[u8] = if without_content { b"" } else { response.body() };
    assert_eq!(&sent[end..], body);
    let lengths = head.headers.iter().filter(|field| field.name.eq_ignore_ascii_case("content-length"));
    let lengths: Vec<_> = lengths.map(|field| field.value).collect();
    assert!(
        lengths.len() <= 1 && (without_content || lengths == [body.len().to_string().as_bytes()]),
        "{lengths:?}"
    );
    let chunked = head.headers.iter().any(|field| field.name.eq_ignore_ascii_case("transfer-encoding"));
    assert!(!chunked, "the length is known");
}
