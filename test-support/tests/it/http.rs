use std::net::SocketAddr;

use test_support::{HttpClient, RawResponse, raw_exchange};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers each connection with `pieces`, one after the other, and returns what it got.
async fn server(
    pieces: &'static [&'static [u8]],
    expected: usize,
) -> (SocketAddr, tokio::task::JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut got = Vec::new();
        while got.len() < expected {
            stream.read_buf(&mut got).await.unwrap();
        }
        for piece in pieces {
            stream.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        got
    });
    (addr, task)
}

#[tokio::test]
async fn sends_bytes_as_they_are_and_keeps_the_connection() {
    let first = b"POST /a%2Fb?\xff HTTP/1.1\r\nhost: h\r\nContent-Length: 2\r\nX: J\xf6rg\r\nX: 2\r\n\r\nhi";
    let answers: &[&[u8]] = &[
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Enc",
        b"oding: chunked\r\nY: \xf6\r\n\r\n4\r\n{\"a\"\r\n3\r\n:1}\r",
        b"\n0\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n",
    ];
    let (addr, task) = server(answers, first.len() + "host: h".len() - "host: h".len()).await;
    let mut client = HttpClient::connect(addr).await.unwrap();
    let headers: [(&str, &[u8]); 3] = [("host", b"h"), ("X", b"J\xf6rg"), ("X", b"2")];
    let response = client.request("POST", b"/a%2Fb?\xff", &headers, "hi").await.unwrap();
    assert_eq!(response.status, 200);
    assert_eq!(response.json()["a"], 1);
    assert_eq!(response.header_bytes("y"), [b"\xf6"]);
    // The second response answers a HEAD: it has a length and no body.
    let second = client.response(true).await.unwrap();
    assert_eq!((second.status, second.body.len()), (404, 0));

    let got = task.await.unwrap();
    let got = String::from_utf8_lossy(&got).into_owned();
    assert!(got.starts_with("POST /a%2Fb?\u{fffd} HTTP/1.1\r\nContent-Length: 2\r\nhost: h\r\n"), "{got}");
    assert_eq!(got.matches("Host").count(), 0);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error() {
    let (addr, _task) = server(&[b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"], 1).await;
    let mut client = HttpClient::connect(addr).await.unwrap();
    let error = client.get("/").await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_body_without_a_length_ends_with_the_connection() {
    let (addr, _task) = server(&[b"HTTP/1.1 200 OK\r\n\r\nab", b"c"], 1).await;
    let mut client = HttpClient::connect(addr).await.unwrap();
    assert_eq!(client.get("/").await.unwrap().text(), "abc");
}

#[tokio::test]
async fn a_raw_exchange_returns_everything() {
    let (addr, _task) = server(&[b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"], 3).await;
    let answer = raw_exchange(addr, b"???").await.unwrap();
    assert_eq!(RawResponse::parse_all(&answer).len(), 1);
}
