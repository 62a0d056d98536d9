//! Several ratings in one request.

use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::support::{App, NOBODY};

async fn users(app: &App, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    for number in 0..count {
        ids.push(app.user(&format!("user {number}")).await);
    }
    ids
}

fn items(users: &[String], service: &str) -> Vec<Value> {
    users.iter().map(|user| json!({"userId": user, "serviceId": service, "score": 2.5})).collect()
}

#[tokio::test]
async fn creates_several_ratings_whose_location_lists_exactly_them() {
    let app = App::start().await;
    let (users, service) = (users(&app, 3).await, app.service("Bakery").await);
    app.rating(&app.user("other").await, &service, 0.0).await;

    let answer = app.post("/ratings", json!({"items": items(&users, &service)})).await;

    assert_eq!(answer.status, StatusCode::CREATED);
    let location = answer.headers[header::LOCATION].to_str().unwrap().to_owned();
    let created: Vec<_> = answer.body["items"].as_array().unwrap().clone();
    let raters: Vec<_> = created.iter().map(|item| item["userId"].as_str().unwrap()).collect();
    assert_eq!(raters, users, "in the order of the request");
    let mut listed = app.get(&location).await.ok()["items"].as_array().unwrap().clone();
    listed.reverse();
    assert_eq!(listed, created);
    assert_eq!(app.stats(&service).await, (4, Some(15.0 / 8.0)));
}

#[tokio::test]
async fn one_item_is_answered_as_items() {
    let app = App::start().await;
    let (users, service) = (users(&app, 1).await, app.service("Bakery").await);
    let answer = app.post("/ratings", json!({"items": items(&users, &service)})).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    assert_eq!(answer.body["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_wrong_item_refuses_all_and_is_named() {
    let app = App::start().await;
    let (users, service) = (users(&app, 4).await, app.service("Bakery").await);
    let taken = app.rating(&users[3], &service, 5.0).await;
    for (wrong, status, slug, pointer) in [
        (json!({"score": 9}), 422, "invalid-body", "/items/2/score"),
        (json!({"userId": NOBODY}), 422, "unknown-reference", "/items/2/userId"),
        (json!({"serviceId": NOBODY}), 422, "unknown-reference", "/items/2/serviceId"),
        (json!({"userId": users[0]}), 422, "invalid-body", "/items/2"),
        (json!({"userId": users[3]}), 409, "rating-exists", "/items/2"),
    ] {
        let mut items = items(&users[..3], &service);
        for (field, value) in wrong.as_object().unwrap() {
            items[2][field] = value.clone();
        }
        let problem = app.post("/ratings", json!({"items": items})).await.problem(status, slug);
        assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        assert_eq!(app.get("/ratings").await.items("id"), [taken.as_str()], "nothing was added");
        assert_eq!(app.stats(&service).await, (1, Some(5.0)));
    }
    app.assert_counts().await;
}

#[tokio::test]
async fn takes_1_to_200_items() {
    let app = App::start().await;
    let (users, service) = (users(&app, 201).await, app.service("Bakery").await);
    for items in [json!([]), json!(items(&users, &service)), json!({}), json!(null), json!("x")] {
        let answer = app.post("/ratings", json!({"items": items})).await;
        assert_eq!(answer.faults("invalid-body")[0].0, "/items");
    }
    for body in [json!({"items": [["a", "b", 1]]}), json!({"items": [3]})] {
        assert_eq!(app.post("/ratings", body).await.faults("invalid-body")[0].0, "/items/0");
    }
    let answer = app.post("/ratings", json!({"items": items(&users[..200], &service)})).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let location = answer.headers[header::LOCATION].to_str().unwrap();
    assert!(location.len() < 8_000, "a target of the platform");
    assert_eq!(app.get(location).await.items("id").len(), 200, "all of them on one page");
    app.delete(location.split('&').next().unwrap()).await.no_content();
    assert_eq!(app.stats(&service).await, (0, None));
}

#[tokio::test]
async fn gets_and_deletes_the_named_ratings_that_are_there() {
    let app = App::start().await;
    let (users, service) = (users(&app, 3).await, app.service("Bakery").await);
    let mut ids = Vec::new();
    for user in &users {
        ids.push(app.rating(user, &service, 3.0).await);
    }
    let named = format!("/ratings?ids={},{NOBODY},{},{}", ids[0], ids[2], ids[0]);
    assert_eq!(app.get(&named).await.items("id"), [ids[2].as_str(), ids[0].as_str()], "newest first, once");

    app.delete(&named).await.no_content();

    assert_eq!(app.get("/ratings").await.items("id"), [ids[1].as_str()]);
    assert_eq!(app.get(&named).await.items("id").len(), 0);
    app.delete(&named).await.no_content();
    app.assert_counts().await;
}

#[tokio::test]
async fn a_comma_may_be_percent_encoded() {
    let app = App::start().await;
    let (users, service) = (users(&app, 2).await, app.service("Bakery").await);
    let (a, b) = (app.rating(&users[0], &service, 3.0).await, app.rating(&users[1], &service, 3.0).await);
    assert_eq!(app.get(&format!("/ratings?ids={a}%2C{b}")).await.items("id").len(), 2);
}

#[tokio::test]
async fn refuses_ids_that_are_none_with_422() {
    let app = App::start().await;
    let too_many = vec![NOBODY; 201].join(",");
    for ids in ["", "1", ",", &format!("{NOBODY},"), &format!("{NOBODY};{NOBODY}"), &too_many] {
        app.get(&format!("/ratings?ids={ids}")).await.problem(422, "invalid-query");
        app.delete(&format!("/ratings?ids={ids}")).await.problem(422, "invalid-query");
    }
}

#[tokio::test]
async fn refuses_to_delete_all_ratings_for_want_of_ids() {
    let app = App::start().await;
    let (users, service) = (users(&app, 1).await, app.service("Bakery").await);
    app.rating(&users[0], &service, 3.0).await;
    app.delete("/ratings").await.problem(422, "invalid-query");
    assert_eq!(app.count_ratings().await, 1);
}
