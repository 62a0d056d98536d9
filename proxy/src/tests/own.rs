//! The proxy's own name space.

use super::*;

/// A proxy before services that own these paths.
fn proxy_with_paths(arguments: &[&str], paths: &[&str]) -> Proxy {
    let mut proxy = Proxy::new(arguments, hello);
    proxy.script.paths = Ok(paths.iter().map(|&path| path.to_owned()).collect());
    proxy
}

#[tokio::test]
async fn lists_the_documents_of_the_services_at_paths_that_lead_to_them() {
    let paths = ["/openapi/a.json", "/openapi/b-2.json", "/openapi/.json", "/openapi/c/d.json", "/users"];
    let proxy = proxy_with_paths(&["--strip-prefix", "/api"], &paths);
    for target in ["/-/openapi", "/api/-/openapi?x=1"] {
        let (response, body) = proxy.ask(Method::GET, target).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["content-type"], "application/json");
        let listed: Value = serde_json::from_slice(&body).unwrap();
        let document =
            |service: &str| json!({"service": service, "url": format!("/api/openapi/{service}.json")});
        assert_eq!(listed, json!({"documents": [document("a"), document("b-2")]}));
        let (head, nothing) = proxy.ask(Method::HEAD, target).await;
        assert_eq!((head.status(), nothing.len()), (StatusCode::OK, 0));
        assert_eq!(head.headers()["content-length"], body.len().to_string());
    }
    assert!(proxy.asked().is_empty(), "none of it is a service's");
}

#[tokio::test]
async fn documents_that_clients_do_not_reach_are_not_listed() {
    let paths = ["/openapi/a.json", "/openapi/b.json"];
    for (arguments, count) in [
        (vec!["--deny", "/openapi/a.json"], Some(1)),
        (vec!["--deny", "/openapi"], Some(0)),
        (vec!["--allow", "/users"], Some(0)),
        (vec!["--allow", "/users,/openapi/b.json"], Some(1)),
        (vec!["--deny", "/-"], None),
        (vec!["--deny", "/-/openapi"], None),
    ] {
        let answer = proxy_with_paths(&arguments, &paths).ask(Method::GET, "/-/openapi").await;
        match count {
            Some(count) => {
                let listed: Value = serde_json::from_slice(&answer.1).unwrap();
                assert_eq!(listed["documents"].as_array().unwrap().len(), count, "{arguments:?}");
            }
            None => assert_problem(&answer, Fault::NoRoute),
        }
    }
}

#[tokio::test]
async fn the_list_of_documents_is_only_read_and_says_when_it_is_not_known() {
    let mut proxy = proxy_with_paths(&[], &[]);
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let answer = proxy.ask(method, "/-/openapi").await;
        assert_problem(&answer, Fault::MethodNotAllowed);
        assert_eq!(answer.0.headers()["allow"], "GET, HEAD");
    }
    for target in ["/-/openapi/", "/-/Openapi", "/-/", "/-/jobs"] {
        assert_problem(&proxy.ask(Method::GET, target).await, Fault::NoRoute);
    }
    let retry_after = Some(std::time::Duration::from_secs(1));
    proxy.script.paths = Err(Failure { fault: Fault::StreamUnavailable, retry_after });
    let answer = proxy.ask(Method::GET, "/-/openapi").await;
    assert_problem(&answer, Fault::StreamUnavailable);
    assert_eq!(answer.0.headers()["retry-after"], "1");
}
