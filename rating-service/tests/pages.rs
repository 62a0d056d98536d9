//! Lists: filters, orders, and pages that neither skip nor repeat.

use std::cell::Cell;

use axum::body::Body;
use http::{Request, header};
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};

use crate::support::{App, NOBODY, send};

/// Follows the links to the end of a list; `between` runs after each page. Returns one field of all items.
async fn follow(app: &App, path: &str, field: &str, mut between: impl AsyncFnMut(&[Value])) -> Vec<Value> {
    let mut next = Some(path.to_owned());
    let mut items = Vec::new();
    while let Some(path) = next {
        let answer = app.get(&path).await;
        let links = links(answer.headers.get(header::LINK).map_or("", |links| links.to_str().unwrap()));
        next = links.iter().find(|(rel, _)| rel == "next").map(|(_, target)| target.clone());
        let cursor = answer.body["nextCursor"].as_str().map(str::to_owned);
        assert_eq!(next.is_some(), cursor.is_some(), "{answer:?}");
        if let (Some(next), Some(cursor)) = (&next, &cursor) {
            assert!(next.ends_with(&format!("cursor={cursor}")), "{next}");
        }
        let page = answer.items(field);
        between(&page).await;
        items.extend(page);
        assert!(items.len() < 10_000, "it comes to no end");
    }
    items
}

/// Pairs of relation and target.
fn links(line: &str) -> Vec<(String, String)> {
    let links = line.split(", ").filter_map(|link| link.strip_prefix('<')?.split_once(">; rel="));
    links.map(|(target, rel)| (rel.trim_matches('"').to_owned(), target.to_owned())).collect()
}

async fn nothing(_: &[Value]) {}

#[tokio::test]
async fn users_are_found_by_the_beginning_of_their_name_in_any_case() {
    let app = App::start().await;
    for name in ["Ann", "anna", "Bea", "ÉLAN", "élan vital", "An%", "An_", "ΟΔΟΣ", "ΟΔΟΣΑ"] {
        app.user(name).await;
    }
    for (query, found) in [
        ("ann", &["Ann", "anna"][..]),
        ("an", &["An%", "An_", "Ann", "anna"]),
        ("an%25", &["An%"]),
        ("an_", &["An_"]),
        ("%C3%89l", &["ÉLAN", "élan vital"]),
        ("e%CC%81lan+", &["élan vital"]),
        // ΟΔΟΣ, and οδος as it is written at the end of a word: one beginning of both names.
        ("%CE%9F%CE%94%CE%9F%CE%A3", &["ΟΔΟΣ", "ΟΔΟΣΑ"]),
        ("%CE%BF%CE%B4%CE%BF%CF%82", &["ΟΔΟΣ", "ΟΔΟΣΑ"]),
        ("nn", &[]),
        ("%F4%8F%BF%BF", &[]),
    ] {
        assert_eq!(app.get(&format!("/users?name={query}")).await.items("name"), found, "{query}");
    }
}

#[tokio::test]
async fn services_are_found_by_name_and_average() {
    let app = App::start().await;
    let user = app.user("Ann").await;
    for (name, score) in [("Bakery", Some(4.0)), ("Books", Some(2.5)), ("Bank", None), ("Cycles", Some(5.0))]
    {
        let service = app.service(name).await;
        if let Some(score) = score {
            app.rating(&user, &service, score).await;
        }
    }
    for (query, found) in [
        ("minAverage=2.5", &["Bakery", "Books", "Cycles"][..]),
        ("minAverage=2.51&name=b", &["Bakery"]),
        ("minAverage=0", &["Bakery", "Books", "Cycles"]),
        ("sort=averageScore", &["Bank", "Books", "Bakery", "Cycles"]),
        ("sort=-averageScore&name=B", &["Bakery", "Books", "Bank"]),
        ("sort=-createdAt", &["Cycles", "Bank", "Books", "Bakery"]),
        ("sort=-name", &["Cycles", "Books", "Bank", "Bakery"]),
    ] {
        assert_eq!(app.get(&format!("/services?{query}")).await.items("name"), found, "{query}");
    }
}

#[tokio::test]
async fn ratings_are_found_by_user_service_and_score() {
    let app = App::start().await;
    let (ann, bea) = (app.user("Ann").await, app.user("Bea").await);
    let (bakery, books) = (app.service("Bakery").await, app.service("Books").await);
    let a = app.rating(&ann, &bakery, 1.0).await;
    let b = app.rating(&bea, &bakery, 4.5).await;
    let c = app.rating(&ann, &books, 3.0).await;
    app.patch(&format!("/ratings/{a}"), json!({"comment": "later"})).await.ok();
    for (query, found) in [
        (format!("userId={ann}"), &[&c, &a][..]),
        (format!("serviceId={bakery}"), &[&b, &a]),
        (format!("serviceId={bakery}&userId={ann}"), &[&a]),
        (format!("serviceId={NOBODY}"), &[]),
        ("minScore=3".to_owned(), &[&c, &b]),
        ("maxScore=3.0&sort=score".to_owned(), &[&a, &c]),
        ("minScore=3&maxScore=3".to_owned(), &[&c]),
        ("minScore=4&maxScore=3".to_owned(), &[]),
        ("sort=-score".to_owned(), &[&b, &c, &a]),
        ("sort=createdAt".to_owned(), &[&a, &b, &c]),
        ("sort=-updatedAt".to_owned(), &[&a, &c, &b]),
        (format!("ids={a},{c},{NOBODY}&sort=score&minScore=2"), &[&c]),
    ] {
        let found: Vec<_> = found.iter().map(|id| id.as_str()).collect();
        assert_eq!(app.get(&format!("/ratings?{query}")).await.items("id"), found, "{query}");
    }
}

#[tokio::test]
async fn the_raters_of_a_page_of_ratings_are_one_request() {
    let app = App::start().await;
    let ids = [app.user("Bea").await, app.user("Ann").await, app.user("Cem").await];
    let query = format!("/users?ids={},{}", ids[0], ids[1]);
    assert_eq!(app.get(&query).await.items("name"), ["Ann", "Bea"]);
    let bakery = app.service("Bakery").await;
    assert_eq!(app.get(&format!("/services?ids={bakery},{NOBODY}")).await.items("name"), ["Bakery"]);
}

#[tokio::test]
async fn links_keep_the_filters_and_lead_back_to_the_first_page() {
    let app = App::start().await;
    for name in ["ä b,1", "ä b,2", "ä b,3"] {
        app.user(name).await;
    }
    let first = app.get("/users?name=%C3%A4+b%2C&limit=2&sort=-name").await;
    let given = "/users?name=%C3%A4%20b,&limit=2&sort=-name";
    let cursor = first.body["nextCursor"].as_str().unwrap().to_owned();
    assert!(cursor.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet)), "{cursor}");
    assert_eq!(first.field(header::LINK), format!("<{given}&cursor={cursor}>; rel=\"next\""));
    let second = app.get(&format!("{given}&cursor={cursor}")).await;
    assert_eq!(second.field(header::LINK), format!("<{given}>; rel=\"first\""));
    assert_eq!(second.body["nextCursor"], Value::Null);
    assert_eq!(second.items("name"), ["ä b,1"]);
    let known = Request::get(given).header(header::IF_NONE_MATCH, first.field(header::ETAG));
    let known = send(app.router(), known.body(Body::empty()).unwrap()).await;
    assert_eq!((known.status.as_u16(), known.headers.contains_key(header::LINK)), (304, false));
    assert!(!app.get("/users").await.headers.contains_key(header::LINK), "all on one page");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_list_its_filters_and_its_order_alone() {
    let app = App::start().await;
    for number in 0..4 {
        app.user(&format!("user {number}")).await;
        app.service(&format!("user {number}")).await;
    }
    let cursor = app.get("/users?limit=2&name=u").await.body["nextCursor"].as_str().unwrap().to_owned();
    for query in ["users?name=u&limit=1", "users?limit=1000&name=u", "users?name=u&sort=name"] {
        assert_eq!(app.get(&format!("/{query}&cursor={cursor}")).await.items("name")[0], "user 2", "{query}");
    }
    for query in ["users?", "users?name=us", "users?name=u&sort=-name", "services?name=u"] {
        let answer = app.get(&format!("/{query}&cursor={cursor}")).await;
        assert_eq!(answer.faults("invalid-query")[0].0, "cursor", "{query}");
    }
    let cut = &cursor[..cursor.len() - 3];
    for wrong in ["", "x", cut, "bnVsbA", "%00", "WyJ4IiwieCIsIngiXQ"] {
        let answer = app.get(&format!("/users?name=u&cursor={wrong}")).await;
        assert_eq!(answer.faults("invalid-query")[0].0, "cursor", "{wrong}");
    }
}

#[tokio::test]
async fn unknown_and_repeated_parameters_are_refused() {
    let app = App::start().await;
    for path in ["/users", "/services", "/ratings"] {
        for query in [
            "nmae=x",
            "Limit=1",
            "limit=1&limit=1",
            "offset=3",
            "=",
            "sort=",
            "sort=id",
            "sort=--createdAt",
            "x",
        ] {
            app.get(&format!("{path}?{query}")).await.problem(422, "invalid-query");
        }
        for query in ["", "&", "limit=1&"] {
            app.get(&format!("{path}?{query}")).await.ok();
        }
    }
    app.get("/users?minAverage=3").await.problem(422, "invalid-query");
    app.get("/users?name=").await.problem(422, "invalid-query");
    app.get("/services?minAverage=5.01").await.problem(422, "invalid-query");
}

#[tokio::test]
async fn a_page_of_long_comments_ends_before_it_is_too_large_to_be_carried() {
    let app = App::start().await;
    let service = app.service("Bakery").await;
    for batch in 0..3 {
        let mut items = Vec::new();
        for _ in 0..if batch < 2 { 50 } else { 20 } {
            let comment = "\u{1f980}".repeat(2_000);
            items.push(json!({"userId": app.user("Ann").await, "serviceId": service, "score": 1, "comment": comment}));
        }
        let answer = app.post("/ratings", json!({"items": items})).await;
        assert_eq!(answer.status, 201);
    }
    let mut sizes = Vec::new();
    let ids = follow(&app, "/ratings?limit=1000", "id", async |page: &[Value]| sizes.push(page.len())).await;
    assert_eq!(ids.len(), 120);
    assert!(sizes.len() >= 3 && sizes.iter().all(|size| (1..=48).contains(size)), "{sizes:?}");
}

/// Users and services whose names, and ratings whose scores, are often the same, listed in every order.
#[test]
fn pages_of_any_size_have_each_item_once_and_in_order() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let app = runtime.block_on(App::start());
    let data = prop::collection::vec(("[abÅ]{1,2}", 0_u8..=10), 0..14);
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() });
    let round = Cell::new(0);
    let checked = runner.run(&(data, 1..6_usize), |(data, limit)| {
        round.set(round.get() + 1);
        runtime.block_on(check_all_orders(&app, &format!("round {} ", round.get()), &data, limit));
        Ok(())
    });
    checked.unwrap();
}

async fn check_all_orders(app: &App, prefix: &str, data: &[(String, u8)], limit: usize) {
    let service = app.service(&format!("{prefix}rated")).await;
    for (name, half_points) in data {
        let user = app.user(&format!("{prefix}{name}")).await;
        app.rating(&user, &service, f64::from(*half_points) / 2.0).await;
        let other = app.service(&format!("{prefix}{name}")).await;
        app.rating(&user, &other, f64::from(*half_points) / 2.0).await;
    }
    let name = prefix.trim_end().replace(' ', "+");
    for (list, filter, orders) in [
        ("users", format!("name={name}+"), &["name", "createdAt"][..]),
        ("services", format!("name={name}+"), &["name", "createdAt", "averageScore"]),
        ("ratings", format!("serviceId={service}"), &["createdAt", "updatedAt", "score"]),
    ] {
        for order in orders {
            let path = |order: &str, limit: usize| format!("/{list}?{filter}&sort={order}&limit={limit}");
            let all = app.get(&path(order, 1_000)).await;
            let keys = all.body["items"].as_array().unwrap().iter();
            let keys: Vec<Value> = keys.map(|item| item[*order].clone()).collect();
            assert!(keys.is_sorted_by_key(sort_key), "{keys:?}");
            let mut ids = all.items("id");
            assert_eq!(ids.len(), data.len() + usize::from(list == "services"));
            assert_eq!(follow(app, &path(order, limit), "id", nothing).await, ids, "{order} by {limit}");
            ids.reverse();
            assert_eq!(follow(app, &path(&format!("-{order}"), limit), "id", nothing).await, ids, "-{order}");
        }
    }
}

/// A text that sorts like the value: null first, numbers by size, texts by their lower case.
fn sort_key(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Number(number) => format!("{:.6}", number.as_f64().unwrap()),
        value => value.as_str().unwrap().to_lowercase(),
    }
}

#[tokio::test]
async fn what_stays_is_listed_once_whatever_comes_and_goes_meanwhile() {
    let app = App::start().await;
    for order in ["name", "-name", "createdAt", "-createdAt"] {
        let mut staying = Vec::new();
        let mut leaving = Vec::new();
        for number in 0..30 {
            let id = app.user(&format!("{order} {}", number * 7 % 30)).await;
            if number % 3 == 0 { leaving.push(id) } else { staying.push(Value::from(id)) }
        }
        let path = format!("/users?sort={order}&limit=4&name={order}");
        let seen = follow(&app, &path, "id", async |page: &[Value]| {
            // One goes that may have been listed, even the one at which the next page begins, and two come.
            if let Some(last) = page.last().and_then(Value::as_str)
                && leaving.iter().any(|id| id == last)
            {
                leaving.retain(|id| id != last);
                app.delete(&format!("/users/{last}")).await.no_content();
            } else if let Some(id) = leaving.pop() {
                app.delete(&format!("/users/{id}")).await.no_content();
            }
            if page.len() == 4 && leaving.len() > 2 {
                app.user(&format!("{order} 0")).await;
                app.user(&format!("{order} 999")).await;
            }
        })
        .await;
        let mut once = seen.clone();
        once.sort_by_key(ToString::to_string);
        once.dedup();
        assert_eq!(once.len(), seen.len(), "{order}: nothing twice");
        assert!(staying.iter().all(|id| seen.contains(id)), "{order}: all that stayed");
    }
}
