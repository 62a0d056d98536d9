//! Which requests reach which target.

use super::*;

#[tokio::test]
async fn strips_the_prefix_and_keeps_the_rest_as_it_was_sent() {
    let proxy = Proxy::new(&["--strip-prefix", "/api/"], hello);
    for target in ["/api/users/7%2F8?q=%20", "/api", "/api?x=1"] {
        assert_eq!(proxy.ask(Method::GET, target).await.0.status(), StatusCode::OK, "{target}");
    }
    assert_eq!(proxy.asked(), ["GET /users/7%2F8?q=%20", "GET /", "GET /?x=1"]);
    assert_eq!(proxy.script.calls.lock().unwrap()[0].envelope.prefix, "/api");
}

#[tokio::test]
async fn dispatches_nothing_that_is_not_to_be_routed() {
    let proxy =
        Proxy::new(&["--strip-prefix", "/api", "--allow", "/users,/-", "--deny", "/users/secret"], hello);
    for target in ["/users", "/apiary/users", "/api/ratings", "/api/users/secret/1", "/-/x", "/api/-/jobs"] {
        assert_problem(&proxy.ask(Method::GET, target).await, Fault::NoRoute);
    }
    assert_eq!(proxy.ask(Method::GET, "/api/users").await.0.status(), StatusCode::OK);
    assert_eq!(proxy.asked(), ["GET /users"]);
}

#[test]
fn an_empty_element_of_a_list_of_prefixes_is_refused_not_taken_for_all_paths() {
    let parse = |arguments: [&str; 3]| Config::try_parse_from(arguments);
    for flag in ["--allow", "--deny"] {
        for wrong in ["", "/users,", ",/users", "users", "/a, /b"] {
            assert!(parse(["proxy", flag, wrong]).is_err(), "{flag} {wrong:?}");
        }
    }
    assert_eq!(parse(["proxy", "--allow", "/users/,/"]).unwrap().routing.allow, ["/users", ""]);
    assert_eq!(parse(["proxy", "--strip-prefix", ""]).unwrap().routing.strip_prefix, "");
}

#[tokio::test]
async fn a_location_that_is_a_path_gets_the_stripped_prefix_back() {
    let proxy = Proxy::new(&["--strip-prefix", "/api"], |call| {
        let location = call.request.uri().query().unwrap_or_default().to_owned();
        Ok(Response::builder().status(201).header("location", location).body(Bytes::new()).unwrap())
    });
    for (sent, seen) in [
        ("/users/7", "/api/users/7"),
        ("//other.example/x", "//other.example/x"),
        ("https://a.example/", "https://a.example/"),
    ] {
        let (response, _) = proxy.ask(Method::POST, &format!("/api/users?{sent}")).await;
        assert_eq!(response.headers()["location"], seen);
    }
}
