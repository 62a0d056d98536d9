//! `POST /ratings/import`: what becomes of a file, line by line.

use http::{Method, header};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{App, NOBODY, execute, import_request, request, send};

/// How many lines were added, changed, left as they are, and refused.
fn counts(report: &Value) -> [u64; 4] {
    let counts = ["added", "changed", "unchanged", "refused"].map(|name| report[name].as_u64().unwrap());
    assert_eq!(report["lines"], counts.iter().sum::<u64>(), "{report}");
    assert_eq!(
        counts[3],
        report["refusals"].as_array().unwrap().len() as u64 + report["refusalsNotShown"].as_u64().unwrap()
    );
    counts
}

/// The lines that were refused, and why.
fn refusals(report: &Value) -> Vec<(u64, Vec<&str>)> {
    let refusals = report["refusals"].as_array().unwrap().iter();
    let told = refusals.map(|refusal| {
        let reasons = refusal["reasons"].as_array().unwrap().iter();
        (refusal["line"].as_u64().unwrap(), reasons.map(|reason| reason.as_str().unwrap()).collect())
    });
    told.collect()
}

/// Score and comment of the one rating of a service.
async fn rating(app: &App, service: &str) -> (Value, Value) {
    let ratings = app.get(&format!("/ratings?serviceId={service}")).await.ok();
    assert_eq!(ratings["items"].as_array().unwrap().len(), 1, "{ratings}");
    (ratings["items"][0]["score"].clone(), ratings["items"][0]["comment"].clone())
}

#[tokio::test]
async fn a_file_adds_changes_and_leaves_ratings_and_tells_which() {
    let app = App::start().await;
    let (cafe, books) = (app.service("Harbour Caf\u{e9}").await, app.service("Books").await);
    let (ann, bea) = (app.user("Ann").await, app.user("Bea").await);
    let old = app.rating(&bea, &books, 1.0).await;
    // A name in another form, ids, quotes, a comment of two lines, line ends of both kinds, an empty line.
    let file = format!(
        "\u{feff}Score,service,USER,comment\r\n4.5, Harbour Cafe\u{301} ,Ann,\"Quick,\r\nand \"\"friendly\"\"\"\r\n\n,,,\r\n2,{books},{},=1+1\n",
        bea.to_uppercase()
    );
    let report = app.import(file.clone()).await.ok();
    assert_eq!(counts(&report), [1, 1, 0, 0]);
    assert_eq!(rating(&app, &cafe).await, (json!(4.5), json!("Quick,\r\nand \"friendly\"")));
    assert_eq!(rating(&app, &books).await, (json!(2.0), json!("=1+1")));
    let changed = app.get(&format!("/ratings/{old}")).await.ok();
    assert!(changed["updatedAt"].as_str() > changed["createdAt"].as_str(), "{changed}");

    assert_eq!(counts(&app.import(file).await.ok()), [0, 0, 2, 0]);
    assert_eq!(app.get(&format!("/ratings/{old}")).await.ok(), changed, "not even its time has changed");
    // Without the column comments stay, an empty field clears them.
    let report = app.import("service,user,score\nBooks,Bea,2\nBooks,Bea,3").await.ok();
    assert_eq!(counts(&report), [0, 1, 1, 0]);
    assert_eq!(rating(&app, &books).await, (json!(3.0), json!("=1+1")));
    let report = app.import("comment,service,user,score\n,Books,Bea,3").await.ok();
    assert_eq!((counts(&report), rating(&app, &books).await), ([0, 1, 0, 0], (json!(3.0), Value::Null)));
    assert_eq!(app.get(&format!("/users/{ann}")).await.ok()["name"], "Ann");
    app.assert_counts().await;
}

#[tokio::test]
async fn the_second_line_for_a_pair_changes_what_the_first_has_added() {
    let app = App::start().await;
    let (service, _) = (app.service("Bakery").await, app.user("Ann").await);
    let report = app.import("service,user,score\nBakery,Ann,1\nBakery,Ann,5\n").await.ok();
    assert_eq!(counts(&report), [1, 1, 0, 0]);
    assert_eq!(rating(&app, &service).await, (json!(5.0), Value::Null));
}

#[tokio::test]
async fn each_refused_line_is_told_with_all_its_reasons_and_the_others_are_imported() {
    let app = App::start().await;
    let service = app.service("Bakery").await;
    for name in ["Ann", "Bea", "Bea", "ann"] {
        app.user(name).await;
    }
    let long = "x".repeat(2_001);
    let lines = [
        "Bakery,Ann,4.5,ok",
        "Bakery,Nobody,4.5,",
        "Bakery,Bea,4.5,",
        "Bakery,ANN,4.5,",
        "bakery,Ann,4.75,",
        "Bakery,Ann,\"4,5\",",
        "Bakery,Ann,4,5,",
        "Bakery,Ann",
        ",,,lost",
        &format!("{NOBODY},{NOBODY},6,{long}"),
        "Bakery,\"A\nnn\",1,\0",
        "Bakery,Ann,2,last",
    ];
    let file = format!("service,user,score,comment\n{}\n", lines.join("\n"));
    let report = app.import(file).await.ok();
    assert_eq!(counts(&report), [1, 1, 0, 10]);
    let no_user = format!("no user has the id {NOBODY}");
    let no_service = format!("no service has the id {NOBODY}");
    let (score, comma) = (
        "score must be a number from 0 to 5 in steps of 0.5",
        "what has a comma must stand in double quotes, and a score has a point",
    );
    assert_eq!(
        refusals(&report),
        [
            (3, vec!["no user is called Nobody"]),
            (4, vec!["2 users are called Bea: write the id"]),
            (5, vec!["no user is called ANN"]),
            (6, vec!["no service is called bakery", score]),
            (7, vec![&format!("{score}, written with a point: 4.5")]),
            (8, vec![&format!("has 5 fields instead of 4: {comma}")]),
            (9, vec![&format!("has 2 fields instead of 4: {comma}")]),
            (10, vec!["service is missing", "user is missing", "score is missing"]),
            (11, vec![&no_service, &no_user, score, "comment must have at most 2000 characters"]),
            (
                12,
                vec![
                    "user must be one line without control characters",
                    "comment must not contain control characters besides tab and line ends",
                ]
            ),
        ]
    );
    assert_eq!(report["refusals"][0]["text"], "Bakery,Nobody,4.5,");
    assert_eq!(report["refusals"][8]["text"].as_str().unwrap().chars().count(), 200);
    assert_eq!(rating(&app, &service).await, (json!(2.0), json!("last")), "behind a record of two lines");
}

#[tokio::test]
async fn a_file_that_is_no_csv_or_has_other_columns_is_refused_as_a_whole() {
    let app = App::start().await;
    app.service("Bakery").await;
    app.user("Ann").await;
    let good = "service,user,score\nBakery,Ann,1\n";
    let wide = vec!["x"; 100_000].join(",");
    for (file, line, detail) in [
        (String::new(), 1, "the first line must name the columns"),
        ("\u{feff}".to_owned(), 1, "the first line must name the columns"),
        ("Bakery,Ann,1\n".to_owned(), 1, "the column \"Bakery\" is unknown"),
        ("\nservice,user,score\n".to_owned(), 1, "the column \"\" is unknown"),
        ("service,user,score,user\n".to_owned(), 1, "the column user is there more than once"),
        ("service,user,comment\n".to_owned(), 1, "the column score is missing"),
        ("service,user,score,note\n".to_owned(), 1, "the column \"note\" is unknown"),
        (wide, 1, "the column \"x\" is unknown"),
        ("x".repeat(400_000), 1, "is unknown"),
        ("service;user;score\nBakery;Ann;4,5\n".to_owned(), 1, "separated by commas, not by semicolons"),
        ("\"service\"\t\"user\"\t\"score\"\n".to_owned(), 1, "or tabs"),
        ("SEP=;\nservice;user;score\n".to_owned(), 1, "remove the line with sep="),
        (format!("{good}\"Bakery\n,Ann,1\n"), 3, "opened and never closed"),
        (format!("{good}Bakery,Ann \"A\",1\n"), 3, "in double quotes, and have it twice"),
        (format!("{good}\"Bakery\" ,Ann,1\n"), 3, "may follow a closing double quote"),
        (good.replace('\n', "\r"), 1, "CR alone"),
        (format!("{good}{}", "x\n".repeat(20_000)), 20_002, "split it"),
    ] {
        let shown: String = file.chars().take(60).collect();
        let problem = app.import(file).await.problem(422, "invalid-csv");
        assert_eq!(problem["line"], line, "{shown:?}: {problem}");
        let told = problem["detail"].as_str().unwrap();
        assert!(told.contains(detail) && told.len() < 400, "{shown:?}: {told}");
    }
    let mut latin = format!("{good}Bakery,Ann,1\n").into_bytes();
    latin.extend_from_slice(b"Caf\xe9,Ann,1\n");
    let problem = app.import(latin).await.problem(422, "invalid-csv");
    assert_eq!(problem["line"], 4, "{problem}");
    let utf_16 = good.encode_utf16().flat_map(u16::to_le_bytes);
    let utf_16: Vec<u8> = [0xff, 0xfe].into_iter().chain(utf_16).collect();
    assert!(
        app.import(utf_16).await.problem(422, "invalid-csv")["detail"].as_str().unwrap().contains("UTF-8")
    );
    app.import(vec![b'x'; 10 << 20]).await.problem(413, "body-too-large");
    assert_eq!(app.count_ratings().await, 0, "nothing of any of them was imported");

    let empty = app.import("service,user,score\n\r\n ,,\n").await.ok();
    assert_eq!(counts(&empty), [0; 4]);
}

#[tokio::test]
async fn a_field_as_large_as_the_body_is_one_refused_line() {
    let app = App::start().await;
    let report = app.import(format!("service,user,score\n\"{}\",Ann,1\n", "\n".repeat(400_000))).await.ok();
    assert_eq!(counts(&report), [0, 0, 0, 1]);
    let report = app.import(format!("service,user,score\n{}", ",".repeat(400_000))).await.ok();
    assert_eq!(counts(&report), [0; 4], "a line without any text");
    let report = app.import(format!("service,user,score\nx{}", ",".repeat(400_000))).await.ok();
    assert_eq!(counts(&report), [0, 0, 0, 1]);
}

#[tokio::test]
async fn the_report_of_many_refusals_fits_into_the_answer_of_a_job() {
    let app = App::start().await;
    let report = app.import(format!("service,user,score\n{}", "x,y,z\n".repeat(3_000))).await.ok();
    assert_eq!(counts(&report), [0, 0, 0, 3_000]);
    assert_eq!(refusals(&report)[0].0, 2);
    let few = report["refusals"].as_array().unwrap().len();
    assert!((200..=1_000).contains(&few) && report.to_string().len() < 64_000, "{few}");
    let file = format!("service,user,score\n{}", format!("{},y,z\n", "\u{1}".repeat(1_000)).repeat(200));
    let report = app.import(file).await.ok();
    assert_eq!(counts(&report), [0, 0, 0, 200]);
    assert!(report.to_string().len() < 64_000 && report["refusalsNotShown"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn only_csv_in_utf_8_is_taken_and_only_without_preconditions() {
    let app = App::start().await;
    let with = |name: header::HeaderName, value: &str| {
        let mut request = import_request("service,user,score\n");
        request.headers_mut().insert(name, value.parse().unwrap());
        send(app.router(), request)
    };
    for wrong in ["application/json", "text/csv; charset=windows-1252", "text/plain"] {
        let answer = with(header::CONTENT_TYPE, wrong).await;
        assert_eq!(answer.headers[header::ACCEPT], "text/csv; charset=utf-8");
        answer.problem(415, "unsupported-media-type");
    }
    with(header::CONTENT_TYPE, "text/csv").await.ok();
    with(header::CONTENT_ENCODING, "gzip").await.problem(415, "unsupported-content-encoding");
    with(header::IF_MATCH, "*").await.problem(412, "precondition-failed");
    app.get("/ratings/import").await.problem(405, "method-not-allowed");
}

#[tokio::test]
async fn an_import_that_is_executed_again_does_what_was_not_done_and_tells_the_same() {
    let app = App::start().await;
    let service = app.service("Bakery").await;
    let mut file = "service,user,score\n".to_owned();
    for number in 0..120 {
        app.user(&format!("User {number}")).await;
        file += &format!("Bakery,User {number},{}\nBakery,Nobody {number},1\n", number % 6);
    }
    let import = |key: &'static str| {
        let router = app.router();
        let request = import_request(file.clone());
        async move { send_as(router, key, request).await }
    };
    let first = import("a").await;
    assert_eq!(counts(&first), [120, 0, 0, 120]);
    let rows = "SELECT count(*) FROM uptake_inbox";
    assert_eq!(app.sql().await.number(rows).await, 5, "batches of 50 lines");
    // As if the worker had died after its second batch.
    app.sql().await.run("DELETE FROM uptake_inbox WHERE key IN ('a.2', 'a.3', 'a.4'); DELETE FROM ratings WHERE id NOT IN (SELECT id FROM ratings ORDER BY id LIMIT 50)").await;
    assert_eq!(app.stats(&service).await.0, 50);
    assert_eq!(import("a").await, first);
    assert_eq!(app.stats(&service).await.0, 120);
    app.sql().await.run("DELETE FROM ratings").await;
    assert_eq!(import("a").await, first, "all of it was done before");
    assert_eq!(app.count_ratings().await, 0);
    assert_eq!(import("b").await, first, "another request is another import");
    assert_eq!(app.count_ratings().await, 120);
    app.assert_counts().await;
}

async fn send_as(router: axum::Router, key: &str, request: http::Request<axum::body::Body>) -> Value {
    let response = execute(router, key, request).await;
    assert_eq!(response.status(), 200);
    let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&body).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn imports_and_other_writers_at_once_get_in_nobodys_way() {
    let app = App::start().await;
    let services = [app.service("Bakery").await, app.service("Books").await, app.service("Cycles").await];
    let mut users = Vec::new();
    for number in 0..60 {
        users.push(app.user(&format!("User {number}")).await);
    }
    let pairs = users.iter().flat_map(|user| services.iter().map(move |service| (user, service)));
    let pairs: Vec<_> = pairs.collect();
    let line = |(user, service): &(&String, &String)| format!("{service},{user},4\n");
    let forwards: String = pairs.iter().map(line).collect();
    let backwards: String = pairs.iter().rev().map(line).collect();
    let routers = [app.router(), app.another_router().await];
    let mut writers = JoinSet::new();
    for lines in [&forwards, &backwards, &forwards, &backwards] {
        for router in &routers {
            let import = import_request(format!("service,user,score\n{lines}"));
            writers.spawn(send(router.clone(), import));
        }
    }
    for (number, (user, service)) in pairs.iter().enumerate() {
        let body = json!({"userId": user, "serviceId": service, "score": 1});
        let post = request(Method::POST, "/ratings", Some(body));
        writers.spawn(send(routers[number % 2].clone(), post));
    }
    for user in users.iter().take(10) {
        writers.spawn(send(routers[0].clone(), request(Method::DELETE, &format!("/users/{user}"), None)));
    }
    let mut added = 0;
    for answer in writers.join_all().await {
        match answer.status.as_u16() {
            200 => added += counts(&answer.body)[0],
            201 => added += 1,
            // The user has gone, or the rating was there; the user is gone now.
            status => assert!([204, 409, 422].contains(&status), "{answer:?}"),
        }
    }
    assert!(added >= 150, "each of the others' ratings was added once, {added}");
    assert_eq!(app.count_ratings().await, 150);
    app.assert_counts().await;
}
