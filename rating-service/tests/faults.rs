//! What is told about a body or a query that is wrong: all of it.

use axum::body::Body;
use http::{Request, header};
use serde_json::{Value, json};

use crate::support::{Answer, App, NOBODY, send};

async fn post(app: &App, path: &str, body: impl Into<Body>) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    send(app.router(), request.body(body.into()).unwrap()).await
}

#[tokio::test]
async fn a_body_that_is_not_json_is_400_and_says_where() {
    let app = App::start().await;
    for (body, line, column, pointer) in [
        ("", 1, 0, ""),
        ("{", 1, 1, ""),
        ("{\n  \"name\": \"Ann\n\"}", 3, 0, "/name"),
        ("{\"score\": 4,\n \"comment\": tru}", 2, 16, "/comment"),
        ("{\"items\": [{\"score\": 05}]}", 1, 23, "/items/0/score"),
        ("{\"name\": \"Ann\"} x", 1, 17, ""),
        ("{\"name\": \"\\ud800\"}", 1, 17, "/name"),
        ("{\"score\": 1e400}", 1, 15, "/score"),
        ("{\"score\": NaN}", 1, 11, "/score"),
        ("\u{feff}{}", 1, 1, ""),
    ] {
        let problem = post(&app, "/ratings", body).await.problem(400, "malformed-json");
        assert_eq!(
            (&problem["line"], &problem["column"], &problem["pointer"]),
            (&json!(line), &json!(column), &json!(pointer)),
            "{body}: {problem}"
        );
        assert!(problem["detail"].as_str().unwrap().contains("at line"), "{problem}");
    }
    let problem = post(&app, "/users", &b"{\"name\": \"\xff\"}"[..]).await.problem(400, "malformed-json");
    assert_eq!(problem["pointer"], "/name");
    for deep in ["[".repeat(400_000), format!("{{\"name\": {}}}", "[".repeat(200_000))] {
        post(&app, "/users", deep).await.problem(400, "malformed-json");
    }
}

#[tokio::test]
async fn all_faults_of_a_body_are_told_in_its_order() {
    let app = App::start().await;
    let body = r#"{"score": 7, "colour": null, "comment": 3, "userId": "me", "~/": 1, "score": 4}"#;
    let answer = post(&app, "/ratings", body).await;
    assert_eq!(
        answer.faults("invalid-body"),
        [
            ("/score", "must be a number from 0 to 5 in steps of 0.5"),
            ("/colour", "is unknown"),
            ("/comment", "must be a string"),
            ("/userId", "must be an id"),
            ("/~0~1", "is unknown"),
            ("/score", "is there more than once"),
            ("/serviceId", "is missing"),
        ]
    );
    let answer = app.post("/services", json!({"description": "x".repeat(2_001), "name": " "})).await;
    assert_eq!(answer.faults("invalid-body").len(), 2);
    assert_eq!(app.post("/users", json!([])).await.faults("invalid-body"), [("", "must be an object")]);
}

#[tokio::test]
async fn a_repeated_name_is_refused_though_its_values_are_the_same() {
    let app = App::start().await;
    let answer = post(&app, "/users", r#"{"name": "Ann", "name": "Ann"}"#).await;
    assert_eq!(answer.faults("invalid-body"), [("/name", "is there more than once")]);
    let answer = post(&app, "/ratings", r#"{"items": [], "items": []}"#).await;
    assert_eq!(answer.faults("invalid-body").len(), 2);
}

#[tokio::test]
async fn all_faults_of_a_batch_are_told_item_by_item() {
    let app = App::start().await;
    let (ann, bakery) = (app.user("Ann").await, app.service("Bakery").await);
    let good = json!({"userId": ann, "serviceId": bakery, "score": 1});
    let body = json!({"items": [
        good, {"userId": ann, "serviceId": NOBODY, "score": "3"}, 7, good, {"serviceId": bakery, "score": -0.5},
    ]});
    assert_eq!(
        app.post("/ratings", body).await.faults("invalid-body"),
        [
            ("/items/1/score", "must be a number from 0 to 5 in steps of 0.5"),
            ("/items/2", "must be an object"),
            ("/items/3", "has the user and the service of /items/0"),
            ("/items/4/score", "must be a number from 0 to 5 in steps of 0.5"),
            ("/items/4/userId", "is missing"),
        ]
    );
    assert_eq!(app.count_ratings().await, 0);
}

#[tokio::test]
async fn all_users_and_services_that_are_not_there_are_told() {
    let app = App::start().await;
    let (ann, bakery) = (app.user("Ann").await, app.service("Bakery").await);
    let body = json!({"userId": NOBODY, "serviceId": NOBODY, "score": 1});
    assert_eq!(
        app.post("/ratings", body.clone()).await.faults("unknown-reference"),
        [("/userId", "no user has this id"), ("/serviceId", "no service has this id")]
    );
    let good = json!({"userId": ann, "serviceId": bakery, "score": 1});
    let half = json!({"userId": ann, "serviceId": NOBODY, "score": 1});
    assert_eq!(
        app.post("/ratings", json!({"items": [good, half, body]})).await.faults("unknown-reference"),
        [
            ("/items/1/serviceId", "no service has this id"),
            ("/items/2/userId", "no user has this id"),
            ("/items/2/serviceId", "no service has this id"),
        ]
    );
    assert_eq!(app.count_ratings().await, 0);
}

#[tokio::test]
async fn all_ratings_that_are_in_the_way_are_told() {
    let app = App::start().await;
    let (ann, bea, bakery) = (app.user("Ann").await, app.user("Bea").await, app.service("Bakery").await);
    let (first, second) = (app.rating(&ann, &bakery, 1.0).await, app.rating(&bea, &bakery, 2.0).await);
    let item = |user: &str| json!({"userId": user, "serviceId": bakery, "score": 1});
    let items = json!({"items": [item(&app.user("Cem").await), item(&bea), item(&ann)]});
    let problem = app.post("/ratings", items).await.problem(409, "rating-exists");
    let of = |index: usize, field: &str| problem["errors"][index][field].as_str().unwrap();
    assert_eq!(problem["errors"].as_array().unwrap().len(), 2, "{problem}");
    assert_eq!((of(0, "pointer"), of(0, "ratingId")), ("/items/1", second.as_str()));
    assert_eq!((of(1, "pointer"), of(1, "ratingId")), ("/items/2", first.as_str()));
    assert_eq!(app.count_ratings().await, 2);
}

#[tokio::test]
async fn all_faults_of_a_query_are_told_in_its_order() {
    let app = App::start().await;
    let path = "/ratings?limit=0&serviceid=x&minScore=nan&sort=name&userId=me&limit=5&cursor=x&x=%ff";
    let answer = app.get(path).await;
    let faults = answer.faults("invalid-query");
    let parameters: Vec<_> = faults.iter().map(|(parameter, _)| *parameter).collect();
    assert_eq!(parameters, ["limit", "serviceid", "minScore", "sort", "userId", "limit", "x"]);
    assert_eq!(faults[3].1, "must be one of createdAt, -createdAt, updatedAt, -updatedAt, score, -score");
    assert_eq!(app.delete("/ratings").await.faults("invalid-query"), [("ids", "is missing")]);
    assert_eq!(app.get("/users?cursor=x").await.faults("invalid-query").len(), 1);
}

#[tokio::test]
async fn of_many_faults_the_first_hundred_are_told_in_an_answer_of_bounded_size() {
    let app = App::start().await;
    let unknown: Vec<String> = (0..5_000).map(|number| format!("\"k{number}\": 0")).collect();
    let answer = post(&app, "/users", format!("{{\"name\": \"Ann\", {}}}", unknown.join(", "))).await;
    assert_eq!(answer.body["detail"], "there are 5000 faults, of which the first 100 are told");
    assert_eq!(answer.faults("invalid-body").len(), 100);

    let long: Vec<String> = (0..100).map(|n| format!("\"{n}{}\": 0", "x".repeat(4_000))).collect();
    let answer = post(&app, "/users", format!("{{{}}}", long.join(", "))).await;
    assert!(answer.body.to_string().len() < 100_000, "no name of any length is repeated");
    assert_eq!(answer.faults("invalid-body")[0], ("", "is unknown"));
}

#[tokio::test]
async fn numbers_are_taken_for_what_they_are() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let path = format!("/ratings/{}", app.rating(&user, &service, 1.0).await);
    let patch = async |number: &str| {
        let request = Request::patch(&path).header(header::CONTENT_TYPE, "application/json");
        let body = format!("{{\"score\": {number}}}");
        send(app.router(), request.body(body.into()).unwrap()).await
    };
    for (number, score) in
        [("5", 5.0), ("5.0", 5.0), ("-0", 0.0), ("-0.0", 0.0), ("50e-1", 5.0), ("0.5e1", 5.0)]
    {
        assert_eq!(patch(number).await.ok()["score"], json!(score), "{number}");
    }
    for number in
        ["5.5", "-1", "1e300", "18446744073709551616", "4.500000001", "\"5\"", "true", "null", "[5]"]
    {
        assert_eq!(patch(number).await.faults("invalid-body")[0].0, "/score", "{number}");
    }
    for number in ["1e400", "05", ".5", "5.", "+5", "0x5", "Infinity"] {
        patch(number).await.problem(400, "malformed-json");
    }
}

#[tokio::test]
async fn texts_are_kept_composed_and_names_without_what_only_confuses() {
    let app = App::start().await;
    let answer = app.post("/users", json!({"name": " Zoe\u{308}\u{3000}"})).await;
    assert_eq!(answer.body["name"], "Zo\u{eb}");
    let body = json!({"name": "Bakery", "description": "cafe\u{301}\n\u{202b}"});
    assert_eq!(app.post("/services", body).await.body["description"], "caf\u{e9}\n\u{202b}");
    for name in ["a\u{0}", "a\u{202e}b", "\u{200b}", "a\u{2028}b", "\u{1b}[2J"] {
        for path in ["/users", "/services"] {
            assert_eq!(app.post(path, json!({"name": name})).await.faults("invalid-body")[0].0, "/name");
        }
    }
    for comment in ["\u{0}", "\u{7}", "\u{9b}"] {
        let body = json!({"name": "x", "description": comment});
        assert_eq!(app.post("/services", body).await.faults("invalid-body")[0].0, "/description");
    }
    // Counted after they are composed.
    app.post("/users", json!({"name": "e\u{301}".repeat(200)})).await.created();
}

#[tokio::test]
async fn null_is_no_value_for_what_must_be_there() {
    let app = App::start().await;
    let user = format!("/users/{}", app.user("Ann").await);
    for answer in
        [app.post("/users", json!({"name": null})).await, app.patch(&user, json!({"name": null})).await]
    {
        assert_eq!(answer.faults("invalid-body"), [("/name", "must be a string")]);
    }
    let body = json!({"name": "x", "description": null});
    assert_eq!(app.post("/services", body).await.body.get("description"), None::<&Value>);
}
