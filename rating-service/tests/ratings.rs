use http::{StatusCode, header};
use serde_json::json;

use crate::support::{App, NOBODY};

#[tokio::test]
async fn creates_a_rating_with_201_location_and_the_object() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let body = json!({"userId": user, "serviceId": service, "score": 4, "comment": "Buns!"});
    let answer = app.post("/ratings", body).await;
    assert_eq!(answer.status, StatusCode::CREATED);
    let body = answer.body;
    let id = body["id"].as_str().unwrap();
    assert_eq!(answer.headers[header::LOCATION], format!("/ratings/{id}"));
    assert_eq!((&body["userId"], &body["serviceId"]), (&json!(user), &json!(service)));
    assert_eq!((body["score"].as_f64(), &body["comment"]), (Some(4.0), &json!("Buns!")));
    assert_eq!(body["createdAt"], body["updatedAt"]);
    assert_eq!(app.get(&format!("/ratings/{id}")).await.ok(), body);
}

#[tokio::test]
async fn takes_every_half_point_from_0_to_5() {
    let app = App::start().await;
    let service = app.service("Bakery").await;
    for half_points in 0..=10 {
        let user = app.user("Ann").await;
        let score = f64::from(half_points) / 2.0;
        let id = app.rating(&user, &service, score).await;
        assert_eq!(app.get(&format!("/ratings/{id}")).await.ok()["score"].as_f64(), Some(score));
    }
    assert_eq!(app.stats(&service).await, (11, Some(2.5)));
}

#[tokio::test]
async fn refuses_other_scores_with_422() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    for score in [json!(-0.5), json!(5.5), json!(0.25), json!(4.9), json!(1e300), json!("4"), json!(null)] {
        let body = json!({"userId": user, "serviceId": service, "score": score});
        assert_eq!(app.post("/ratings", body).await.faults("invalid-body")[0].0, "/score");
    }
    let id = app.rating(&user, &service, 4.0).await;
    for score in [json!(5.01), json!(null), json!([])] {
        app.patch(&format!("/ratings/{id}"), json!({"score": score})).await.problem(422, "invalid-body");
    }
    assert_eq!(app.stats(&service).await, (1, Some(4.0)));
}

#[tokio::test]
async fn refuses_missing_fields_and_long_comments_with_422() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let full = json!({"userId": user, "serviceId": service, "score": 1});
    for field in ["userId", "serviceId", "score"] {
        let mut body = full.clone();
        body.as_object_mut().unwrap().remove(field);
        let answer = app.post("/ratings", body).await;
        assert_eq!(answer.faults("invalid-body"), [(format!("/{field}").as_str(), "is missing")]);
    }
    for (field, value) in [("comment", json!("x".repeat(2001))), ("userId", json!("me")), ("id", json!(user))]
    {
        let mut body = full.clone();
        body[field] = value;
        assert_eq!(app.post("/ratings", body).await.faults("invalid-body")[0].0, format!("/{field}"));
    }
    assert_eq!(app.count_ratings().await, 0);
}

#[tokio::test]
async fn refuses_a_rating_by_or_of_something_unknown_with_422() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let body = json!({"userId": NOBODY, "serviceId": service, "score": 1});
    assert_eq!(app.post("/ratings", body).await.faults("unknown-reference")[0].0, "/userId");
    let body = json!({"userId": user, "serviceId": NOBODY, "score": 1});
    assert_eq!(app.post("/ratings", body).await.faults("unknown-reference")[0].0, "/serviceId");
}

#[tokio::test]
async fn refuses_a_second_rating_of_the_same_service_with_409() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let first = app.rating(&user, &service, 4.0).await;
    let body = json!({"userId": user, "serviceId": service, "score": 1});
    let problem = app.post("/ratings", body).await.problem(409, "rating-exists");
    assert_eq!(problem["errors"][0]["ratingId"], first);
    assert_eq!(problem["errors"][0]["pointer"], "");
    assert_eq!(app.stats(&service).await, (1, Some(4.0)));

    app.delete(&format!("/ratings/{first}")).await.no_content();
    app.rating(&user, &service, 1.0).await;
}

#[tokio::test]
async fn lists_ratings_newest_first() {
    let app = App::start().await;
    let service = app.service("Bakery").await;
    let mut ids = Vec::new();
    for score in [1.0, 2.0, 3.0] {
        let user = app.user("Ann").await;
        ids.insert(0, app.rating(&user, &service, score).await);
    }
    assert_eq!(app.get("/ratings").await.items("id"), ids.as_slice());
    assert_eq!(app.get("/ratings?limit=2").await.items("id"), &ids[..2]);
}

#[tokio::test]
async fn a_patch_changes_score_and_comment_and_the_average() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    app.rating(&app.user("Bea").await, &service, 2.0).await;
    let path = format!("/ratings/{}", app.rating(&user, &service, 4.0).await);

    let changed = app.patch(&path, json!({"score": 0.5, "comment": "Stale"})).await.ok();
    assert_eq!((changed["score"].as_f64(), &changed["comment"]), (Some(0.5), &json!("Stale")));
    assert!(changed["updatedAt"].as_str() > changed["createdAt"].as_str(), "{changed}");
    assert_eq!(app.stats(&service).await, (2, Some(1.25)));

    let kept = app.patch(&path, json!({"score": 5})).await.ok();
    assert_eq!(kept["comment"], "Stale");
    let cleared = app.patch(&path, json!({"comment": null})).await.ok();
    assert!(!cleared.as_object().unwrap().contains_key("comment"));
    assert_eq!(cleared["score"].as_f64(), Some(5.0));
    assert_eq!(app.patch(&path, json!({})).await.ok(), cleared, "not even updatedAt");
    assert_eq!(app.get(&path).await.ok(), cleared);
    app.assert_counts().await;
}

#[tokio::test]
async fn a_patch_cannot_move_a_rating_to_another_user_or_service() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let path = format!("/ratings/{}", app.rating(&user, &service, 4.0).await);
    for field in ["userId", "serviceId", "id"] {
        app.patch(&path, json!({field: user})).await.problem(422, "invalid-body");
    }
}

#[tokio::test]
async fn deletes_a_rating_once() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let path = format!("/ratings/{}", app.rating(&user, &service, 4.0).await);
    app.delete(&path).await.no_content();
    app.delete(&path).await.problem(404, "rating-not-found");
    assert_eq!(app.stats(&service).await, (0, None));
}
