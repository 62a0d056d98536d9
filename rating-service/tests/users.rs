use http::{StatusCode, header};
use serde_json::json;

use crate::support::{App, NOBODY};

#[tokio::test]
async fn creates_a_user_with_201_location_and_the_object() {
    let app = App::start().await;
    let answer = app.post("/users", json!({"name": "Amara"})).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let id = answer.body["id"].as_str().unwrap();
    assert_eq!(answer.headers[header::LOCATION], format!("/users/{id}"));
    assert_eq!(answer.body["name"], "Amara");
    assert_eq!(id.as_bytes()[14], b'7', "UUIDv7: {id}");
    let created_at: jiff::Timestamp = answer.body["createdAt"].as_str().unwrap().parse().unwrap();
    assert!(jiff::Timestamp::now().duration_since(created_at).as_secs() < 60);
    assert!(answer.body["createdAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(answer.body.as_object().unwrap().len(), 3);
    assert_eq!(app.get(&format!("/users/{id}")).await.ok(), answer.body, "what is read later is the same");
}

#[tokio::test]
async fn lists_users_by_name_whatever_the_case_up_to_the_limit() {
    let app = App::start().await;
    for name in ["dora", "E\u{301}tienne", "Bea", "carl", "Élan", "Ann"] {
        app.user(name).await;
    }
    // By the octets of NFC: what is not ASCII comes last, composed or not.
    let all = ["Ann", "Bea", "carl", "dora", "Élan", "\u{c9}tienne"];
    assert_eq!(app.get("/users").await.items("name"), all);
    assert_eq!(app.get("/users?limit=2").await.items("name"), ["Ann", "Bea"]);
}

#[tokio::test]
async fn an_empty_list_is_a_list() {
    let app = App::start().await;
    for path in ["/users", "/services", "/ratings"] {
        assert_eq!(app.get(path).await.ok(), json!({"items": [], "nextCursor": null}));
    }
}

#[tokio::test]
async fn a_list_has_100_items_unless_told() {
    let app = App::start().await;
    for number in 0..101 {
        app.user(&format!("user {number}")).await;
    }
    assert_eq!(app.get("/users").await.items("id").len(), 100);
    assert_eq!(app.get("/users?limit=1000").await.items("id").len(), 101);
}

#[tokio::test]
async fn refuses_limits_that_are_none_with_422() {
    let app = App::start().await;
    for path in ["/users", "/services", "/ratings"] {
        for limit in ["0", "1001", "-1", "ten", "", "1&limit=2"] {
            app.get(&format!("{path}?limit={limit}")).await.problem(422, "invalid-query");
        }
    }
}

#[tokio::test]
async fn renames_a_user_and_leaves_the_rest() {
    let app = App::start().await;
    let id = app.user("Ann").await;
    let before = app.get(&format!("/users/{id}")).await.ok();
    let after = app.patch(&format!("/users/{id}"), json!({"name": "Anna"})).await.ok();
    assert_eq!(after["name"], "Anna");
    assert_eq!(after["createdAt"], before["createdAt"]);
    assert_eq!(app.get(&format!("/users/{id}")).await.ok(), after);
}

#[tokio::test]
async fn an_empty_patch_changes_nothing() {
    let app = App::start().await;
    let path = format!("/users/{}", app.user("Ann").await);
    let before = app.get(&path).await.ok();
    assert_eq!(app.patch(&path, json!({})).await.ok(), before);
}

#[tokio::test]
async fn refuses_wrong_names_with_422() {
    let app = App::start().await;
    let path = format!("/users/{}", app.user("Ann").await);
    for name in [json!(""), json!("  "), json!("é".repeat(201)), json!("a\u{0}b"), json!(7), json!(null)] {
        assert_eq!(app.post("/users", json!({"name": name})).await.faults("invalid-body")[0].0, "/name");
        assert_eq!(app.patch(&path, json!({"name": name})).await.faults("invalid-body")[0].0, "/name");
    }
    assert_eq!(app.get("/users").await.items("name"), ["Ann"]);
    app.user(&"é".repeat(200)).await;
}

#[tokio::test]
async fn refuses_missing_and_unknown_fields_with_422() {
    let app = App::start().await;
    app.post("/users", json!({})).await.problem(422, "invalid-body");
    let answer = app.post("/users", json!({"name": "Ann", "a/ge~": 3})).await;
    assert_eq!(answer.faults("invalid-body"), [("/a~1ge~0", "is unknown")]);
    let path = format!("/users/{}", app.user("Ann").await);
    app.patch(&path, json!({"createdAt": "2020-01-01T00:00:00Z"})).await.problem(422, "invalid-body");
}

#[tokio::test]
async fn deletes_a_user_once_with_all_ratings_of_this_user() {
    let app = App::start().await;
    let (ann, bea) = (app.user("Ann").await, app.user("Bea").await);
    let (bakery, books) = (app.service("Bakery").await, app.service("Books").await);
    let gone = app.rating(&ann, &bakery, 1.0).await;
    app.rating(&ann, &books, 2.0).await;
    let kept = app.rating(&bea, &bakery, 4.5).await;

    app.delete(&format!("/users/{ann}")).await.no_content();

    app.delete(&format!("/users/{ann}")).await.problem(404, "user-not-found");
    app.get(&format!("/ratings/{gone}")).await.problem(404, "rating-not-found");
    assert_eq!(app.get("/ratings").await.items("id"), [kept.as_str()]);
    assert_eq!(app.stats(&bakery).await, (1, Some(4.5)));
    assert_eq!(app.stats(&books).await, (0, None));
    app.assert_counts().await;
}

#[tokio::test]
async fn unknown_and_malformed_ids_are_404() {
    let app = App::start().await;
    for noun in ["user", "service", "rating"] {
        let slug = format!("{noun}-not-found");
        for id in [NOBODY, "1", "null", "%00", "%ff", "01900000000070008000000000000000"] {
            let path = format!("/{noun}s/{id}");
            app.get(&path).await.problem(404, &slug);
            app.patch(&path, json!({})).await.problem(404, &slug);
            app.delete(&path).await.problem(404, &slug);
        }
    }
}

#[tokio::test]
async fn an_id_may_be_written_in_upper_case() {
    let app = App::start().await;
    let id = app.user("Ann").await;
    assert_eq!(app.get(&format!("/users/{}", id.to_uppercase())).await.ok()["id"], id);
}
