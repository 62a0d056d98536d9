//! Entity tags: caches that revalidate, and changes of what was seen.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{Answer, App, NOBODY, send};

async fn ask(app: &App, method: Method, path: &str, fields: &[(&str, &str)], body: Option<Value>) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let request = match body {
        Some(body) => request.header(header::CONTENT_TYPE, "application/json").body(body.to_string().into()),
        None => request.body(Body::empty()),
    };
    send(app.router(), request.unwrap()).await
}

async fn etag(app: &App, path: &str) -> String {
    app.get(path).await.field(header::ETAG).to_owned()
}

#[tokio::test]
async fn who_has_the_current_state_gets_304_without_a_body() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let rating = app.rating(&user, &service, 1.0).await;
    for path in [
        "/users",
        "/services?limit=1",
        "/ratings?minScore=5",
        &format!("/users/{user}"),
        &format!("/services/{service}"),
        &format!("/ratings/{rating}"),
    ] {
        let get = app.get(path).await;
        let tag = get.field(header::ETAG).to_owned();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() > 20, "{tag}");
        assert_eq!(get.field(header::CACHE_CONTROL), "no-cache");
        for method in [Method::GET, Method::HEAD] {
            for sent in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".to_owned()] {
                let answer = ask(&app, method.clone(), path, &[("if-none-match", &sent)], None).await;
                assert_eq!(
                    (answer.status, &answer.body),
                    (StatusCode::NOT_MODIFIED, &Value::Null),
                    "{path} {sent}"
                );
                for name in ["etag", "cache-control", "content-length"] {
                    assert_eq!(answer.headers[name], get.headers[name], "{name}: RFC 9110 §15.4.5, §8.6");
                }
            }
            let answer = ask(&app, method, path, &[("if-none-match", "\"x\"")], None).await;
            assert_eq!(answer.status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn a_tag_changes_whenever_what_is_shown_changes() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let paths =
        [format!("/users/{user}"), format!("/services/{service}"), "/services".into(), "/ratings".into()];
    let tags = async || {
        let mut tags = Vec::new();
        for path in &paths {
            tags.push(etag(&app, path).await);
        }
        tags
    };
    let changed = |before: &[String], after: &[String]| -> Vec<bool> {
        before.iter().zip(after).map(|(before, after)| before != after).collect()
    };
    let start = tags().await;
    assert_eq!(tags().await, start, "nothing changed");
    let rating = app.rating(&user, &service, 2.0).await;
    let rated = tags().await;
    assert_eq!(changed(&start, &rated), [false, true, true, true], "a rating changes its service too");
    app.patch(&format!("/ratings/{rating}"), json!({"comment": "x"})).await.ok();
    assert_eq!(changed(&rated, &tags().await), [false, false, false, true]);
    app.patch(&paths[0], json!({"name": "Bea"})).await.ok();
    assert_ne!(tags().await[0], start[0]);
    app.patch(&paths[0], json!({"name": "Ann"})).await.ok();
    app.delete(&format!("/ratings/{rating}")).await.no_content();
    assert_eq!(tags().await, start, "what is the same again has the same tag");
}

#[tokio::test]
async fn what_was_made_or_changed_comes_with_the_tag_that_a_get_would_show() {
    let app = App::start().await;
    for (path, body) in [("/users", json!({"name": "Ann"})), ("/services", json!({"name": "Bakery"}))] {
        let made = app.post(path, body).await;
        let location = made.field(header::LOCATION).to_owned();
        assert_eq!(made.field(header::ETAG), etag(&app, &location).await);
        let changed = app.patch(&location, json!({"name": "x"})).await;
        assert_ne!(changed.field(header::ETAG), made.field(header::ETAG));
        assert_eq!(changed.field(header::ETAG), etag(&app, &location).await);
    }
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let made = app.post("/ratings", json!({"userId": user, "serviceId": service, "score": 1})).await;
    assert_eq!(made.field(header::ETAG), etag(&app, made.field(header::LOCATION)).await);
    let changed = app.patch(made.field(header::LOCATION), json!({"score": 2})).await;
    assert_eq!(changed.field(header::ETAG), etag(&app, made.field(header::LOCATION)).await);
}

#[tokio::test]
async fn a_change_of_what_has_changed_meanwhile_is_412_and_does_nothing() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let rating = app.rating(&user, &service, 1.0).await;
    for (path, patch) in [
        (format!("/ratings/{rating}"), json!({"score": 2})),
        (format!("/services/{service}"), json!({"name": "x"})),
        (format!("/users/{user}"), json!({"name": "x"})),
    ] {
        let seen = etag(&app, &path).await;
        let before = app.get(&path).await.body;
        let weak = format!("W/{seen}");
        for refused in
            [("if-match", "\"x\""), ("if-match", &weak), ("if-none-match", &seen), ("if-none-match", "*")]
        {
            for (method, body) in [(Method::PATCH, Some(patch.clone())), (Method::DELETE, None)] {
                ask(&app, method, &path, &[refused], body).await.problem(412, "precondition-failed");
            }
        }
        ask(&app, Method::GET, &path, &[("if-match", "\"x\"")], None)
            .await
            .problem(412, "precondition-failed");
        assert_eq!(app.get(&path).await.body, before);

        let list = format!("\"x\", {seen}");
        ask(&app, Method::PATCH, &path, &[("if-match", &list)], Some(patch.clone())).await.ok();
        ask(&app, Method::PATCH, &path, &[("if-match", &seen)], Some(patch))
            .await
            .problem(412, "precondition-failed");
        ask(&app, Method::PATCH, &path, &[("if-match", "*"), ("if-none-match", "\"x\"")], Some(json!({})))
            .await
            .ok();
    }
    for path in [format!("/ratings/{rating}"), format!("/services/{service}"), format!("/users/{user}")] {
        let seen = etag(&app, &path).await;
        ask(&app, Method::DELETE, &path, &[("if-match", &seen)], None).await.no_content();
        // What would be 404 anyway is not asked for its state (RFC 9110 §13.2.1).
        ask(&app, Method::DELETE, &path, &[("if-match", &seen)], None).await.problem(404, &not_found(&path));
    }
}

fn not_found(path: &str) -> String {
    format!("{}-not-found", path.split('/').nth(1).unwrap().trim_end_matches('s'))
}

#[tokio::test]
async fn other_refusals_come_before_the_conditions() {
    let app = App::start().await;
    let path = format!("/users/{}", app.user("Ann").await);
    let stale = [("if-match", "\"x\"")];
    let answer = ask(&app, Method::PATCH, &path, &stale, Some(json!({"name": 1}))).await;
    answer.problem(422, "invalid-body");
    let nobody = format!("/users/{NOBODY}");
    ask(&app, Method::PATCH, &nobody, &[("if-match", "*")], Some(json!({})))
        .await
        .problem(404, "user-not-found");
}

#[tokio::test]
async fn what_has_no_state_of_its_own_matches_no_tag() {
    let app = App::start().await;
    for (method, path, body) in [
        (Method::POST, "/users".to_owned(), Some(json!({"name": "Ann"}))),
        (Method::POST, "/services".to_owned(), Some(json!({"name": "Bakery"}))),
        (Method::DELETE, format!("/ratings?ids={NOBODY}"), None),
    ] {
        for sent in ["*", "\"x\""] {
            let answer = ask(&app, method.clone(), &path, &[("if-match", sent)], body.clone()).await;
            answer.problem(412, "precondition-failed");
            let answer = ask(&app, method.clone(), &path, &[("if-none-match", sent)], body.clone()).await;
            assert!(answer.status.is_success(), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn conditions_that_are_none_are_400() {
    let app = App::start().await;
    let path = format!("/users/{}", app.user("Ann").await);
    for name in ["if-match", "if-none-match"] {
        for wrong in ["", "x", "\"x", "*, \"x\"", "w/\"x\"", "\"x\" \"y\""] {
            let answer = ask(&app, Method::GET, &path, &[(name, wrong)], None).await;
            assert!(answer.problem(400, "malformed-condition")["detail"].as_str().unwrap().contains(name));
        }
        let lines = [(name, "\"x\""), (name, "\"y\"")];
        let answer = ask(&app, Method::GET, &path, &lines, None).await;
        assert!([200, 412].contains(&answer.status.as_u16()), "several lines are one list: {answer:?}");
    }
    // Nothing has a date of modification, so these are ignored.
    let dates = [("if-modified-since", "x"), ("if-unmodified-since", "Sat, 29 Oct 1994 19:43:31 GMT")];
    ask(&app, Method::GET, &path, &dates, None).await.ok();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_changes_of_what_all_have_seen_one_wins() {
    let app = App::start().await;
    let path = format!("/users/{}", app.user("Ann").await);
    let seen = etag(&app, &path).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..20 {
        let request = Request::patch(&path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::IF_MATCH, &seen)
            .body(json!({"name": format!("name {number}")}).to_string().into())
            .unwrap();
        clients.spawn(send(app.router(), request));
    }
    let mut statuses: Vec<_> = clients.join_all().await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!((statuses[0], &statuses[1..]), (200, &[412; 19][..]));
}
