//! What each answer carries besides what its service gave.

use super::*;

#[tokio::test]
async fn a_plain_request_id_is_kept_and_any_other_replaced() {
    let proxy = Proxy::new(&[], hello);
    for (sent, kept) in
        [("abc.DEF-1_2", true), ("a b", false), ("é", false), ("", false), (&"x".repeat(129), false)]
    {
        let request =
            Request::get("/users").header("x-request-id", sent.as_bytes()).body(Full::default()).unwrap();
        let id = proxy.send(request).await.0.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id == sent, kept, "{sent:?} became {id:?}");
        assert!(!id.is_empty());
        assert_eq!(proxy.script.calls.lock().unwrap().last().unwrap().envelope.request_id, id);
    }
}

#[tokio::test]
async fn a_preflight_is_answered_here_and_never_dispatched() {
    let proxy = Proxy::new(&["--cors-origins", "https://app.example"], hello);
    let preflight = |origin: &str| {
        let request = Request::options("/users").header("origin", origin);
        request.header("access-control-request-method", "PATCH").body(Full::default()).unwrap()
    };
    let (response, _) = proxy.send(preflight("https://app.example")).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.example");
    assert!(response.headers()["access-control-allow-methods"].to_str().unwrap().contains("PATCH"));
    let (response, _) = proxy.send(preflight("https://evil.example")).await;
    assert!(!response.headers().contains_key("access-control-allow-origin"));
    assert!(proxy.asked().is_empty());
    assert_eq!(proxy.ask(Method::OPTIONS, "/users").await.1, "hello", "this one is the service's");
    assert_eq!(proxy.asked(), ["OPTIONS /users"]);
    let mut framed = preflight("https://app.example");
    framed.headers_mut().insert("transfer-encoding", http::HeaderValue::from_static("chunked, chunked"));
    assert_problem(&proxy.send(framed).await, Fault::BadFraming);
}

#[tokio::test]
async fn an_answer_says_where_its_time_went() {
    let (response, body) = Proxy::new(&[], hello).ask(Method::GET, "/hello").await;
    assert_eq!(body, "hello");
    let timing = response.headers()["server-timing"].to_str().unwrap();
    for part in ["queue;dur=", "worker;dur=", "total;dur="] {
        assert!(timing.contains(part), "{timing}");
    }
}

#[tokio::test]
async fn a_proxy_that_drains_tells_clients_to_connect_anew() {
    let proxy = Proxy::new(&[], hello);
    assert!(!proxy.ask(Method::GET, "/hello").await.0.headers().contains_key("connection"));
    proxy.drain.cancel();
    assert_eq!(proxy.ask(Method::GET, "/hello").await.0.headers()["connection"], "close");
}
