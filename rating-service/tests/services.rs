use http::header;
use serde_json::{Value, json};

use crate::support::App;

#[tokio::test]
async fn creates_a_service_without_ratings() {
    let app = App::start().await;
    let answer = app.post("/services", json!({"name": "Bakery", "description": "Bread"})).await;
    let body = answer.body.clone();
    assert_eq!(answer.headers[header::LOCATION], format!("/services/{}", body["id"].as_str().unwrap()));
    assert_eq!((&body["name"], &body["description"]), (&json!("Bakery"), &json!("Bread")));
    assert_eq!((&body["ratingCount"], &body["averageScore"]), (&json!(0), &Value::Null));
    assert!(body.as_object().unwrap().contains_key("averageScore"), "null, not absent");
    let id = answer.created();
    assert_eq!(app.get(&format!("/services/{id}")).await.ok(), body);
}

#[tokio::test]
async fn lists_services_by_name() {
    let app = App::start().await;
    for name in ["Laundry", "bakery", "Cycles"] {
        app.service(name).await;
    }
    assert_eq!(app.get("/services").await.items("name"), ["bakery", "Cycles", "Laundry"]);
    assert_eq!(app.get("/services?limit=1").await.items("name"), ["bakery"]);
}

#[tokio::test]
async fn a_patch_keeps_what_is_absent_and_null_clears_the_description() {
    let app = App::start().await;
    let id = app.post("/services", json!({"name": "Bakery", "description": "Bread"})).await.created();
    let path = format!("/services/{id}");

    let renamed = app.patch(&path, json!({"name": "Old Bakery"})).await.ok();
    assert_eq!((&renamed["name"], &renamed["description"]), (&json!("Old Bakery"), &json!("Bread")));

    let cleared = app.patch(&path, json!({"description": null})).await.ok();
    assert_eq!(cleared["name"], "Old Bakery");
    assert!(!cleared.as_object().unwrap().contains_key("description"));
    assert_eq!(app.get(&path).await.ok(), cleared);

    let again = app.patch(&path, json!({"description": "Bread again"})).await.ok();
    assert_eq!(again["description"], "Bread again");
}

#[tokio::test]
async fn refuses_wrong_fields_with_422() {
    let app = App::start().await;
    let path = format!("/services/{}", app.service("Bakery").await);
    for (body, pointer) in [
        (json!({"name": ""}), "/name"),
        (json!({"name": "x".repeat(201)}), "/name"),
        (json!({"name": "x", "description": "x".repeat(2001)}), "/description"),
        (json!({"name": "x", "description": 3}), "/description"),
        (json!({"name": "x", "ratingCount": 3}), "/ratingCount"),
        (json!({"name": "x", "averageScore": 5}), "/averageScore"),
    ] {
        assert_eq!(app.post("/services", body.clone()).await.faults("invalid-body")[0].0, pointer);
        assert_eq!(app.patch(&path, body).await.faults("invalid-body")[0].0, pointer);
    }
}

#[tokio::test]
async fn a_patch_leaves_count_and_average() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    app.rating(&user, &service, 3.5).await;
    let body = app.patch(&format!("/services/{service}"), json!({"name": "Old Bakery"})).await.ok();
    assert_eq!((&body["ratingCount"], &body["averageScore"]), (&json!(1), &json!(3.5)));
}

#[tokio::test]
async fn deletes_a_service_with_its_ratings() {
    let app = App::start().await;
    let user = app.user("Ann").await;
    let (bakery, books) = (app.service("Bakery").await, app.service("Books").await);
    app.rating(&user, &bakery, 1.0).await;
    let kept = app.rating(&user, &books, 2.0).await;

    app.delete(&format!("/services/{bakery}")).await.no_content();

    app.get(&format!("/services/{bakery}")).await.problem(404, "service-not-found");
    app.delete(&format!("/services/{bakery}")).await.problem(404, "service-not-found");
    assert_eq!(app.get("/ratings").await.items("id"), [kept.as_str()]);
    app.assert_counts().await;
}

/// How many ratings have each of the eleven scores.
fn counts_in(service: &Value) -> Vec<u64> {
    let entries = service["distribution"].as_array().unwrap();
    let scores: Vec<_> = entries.iter().map(|entry| entry["score"].as_f64().unwrap()).collect();
    assert_eq!(scores, (0..=10).map(|half_points| f64::from(half_points) / 2.0).collect::<Vec<_>>());
    let counts: Vec<_> = entries.iter().map(|entry| entry["count"].as_u64().unwrap()).collect();
    assert_eq!(counts.iter().sum::<u64>(), service["ratingCount"].as_u64().unwrap());
    counts
}

#[tokio::test]
async fn a_service_by_itself_tells_how_its_scores_are_distributed() {
    let app = App::start().await;
    let (bakery, books) = (app.service("Bakery").await, app.service("Books").await);
    let counts = async |service: &str| counts_in(&app.get(&format!("/services/{service}")).await.ok());
    assert_eq!(counts(&bakery).await, [0; 11]);
    for score in [0.0, 4.5, 4.5, 5.0] {
        app.rating(&app.user("Ann").await, &bakery, score).await;
    }
    app.rating(&app.user("Bea").await, &books, 3.0).await;
    assert_eq!(counts(&bakery).await, [1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1]);
    assert_eq!(
        app.patch(&format!("/services/{bakery}"), json!({"name": "x"})).await.ok()["distribution"][9]["count"],
        2
    );
}

#[tokio::test]
async fn a_list_tells_the_distributions_where_they_are_asked_for() {
    let app = App::start().await;
    let (bakery, books) = (app.service("Bakery").await, app.service("Books").await);
    let ann = app.user("Ann").await;
    app.rating(&ann, &bakery, 4.5).await;
    app.rating(&app.user("Bea").await, &bakery, 4.5).await;
    let rating = app.rating(&ann, &books, 0.0).await;
    app.service("Cycles").await;
    for leaves_it_out in ["/services", "/services?distribution=false"] {
        assert!(
            app.get(leaves_it_out).await.items("distribution").iter().all(Value::is_null),
            "{leaves_it_out}"
        );
    }
    let path = "/services?distribution=true&sort=-averageScore";
    let told = app.get(path).await;
    let tag = told.headers[header::ETAG].clone();
    let services = told.ok()["items"].as_array().unwrap().clone();
    assert_eq!(counts_in(&services[0]), [0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]);
    assert_eq!(counts_in(&services[1]), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(counts_in(&services[2]), [0; 11]);
    for service in &services {
        let by_itself = app.get(&format!("/services/{}", service["id"].as_str().unwrap())).await;
        assert_eq!(&by_itself.ok(), service);
    }
    app.patch(&format!("/ratings/{rating}"), json!({"score": 1})).await.ok();
    assert_ne!(app.get(path).await.headers[header::ETAG], tag, "it has changed");
    let wrong = app.get("/services?distribution=yes").await;
    assert_eq!(wrong.faults("invalid-query"), [("distribution", "must be true or false")]);
}

#[tokio::test]
async fn a_page_with_distributions_ends_after_a_hundred_services_and_the_list_goes_on() {
    let app = App::start().await;
    for number in 0..101 {
        app.service(&format!("Service {number:03}")).await;
    }
    let page = app.get("/services?distribution=true&limit=1000").await;
    let link = page.headers[header::LINK].to_str().unwrap().to_owned();
    assert_eq!(page.items("name").len(), 100);
    let next = link.strip_prefix('<').unwrap().split_once('>').unwrap().0;
    assert_eq!(app.get(next).await.items("name"), ["Service 100"]);
    let without = next.replace("distribution=true", "distribution=false");
    assert_eq!(app.get(&without).await.items("name"), ["Service 100"], "the cursor is good for both");
    assert_eq!(app.get("/services?limit=1000").await.items("name").len(), 101);
}
