//! The counts and averages of services under concurrent writes of two instances on one database.

use axum::Router;
use http::Method;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{Answer, App, request, send};

/// What one client does: rates, changes, deletes or keeps; then all of it again by several at once.
async fn client(router: Router, user: String, service: String, number: usize) -> Vec<Answer> {
    let score = (number % 11) as f64 / 2.0;
    let body = json!({"userId": user, "serviceId": service, "score": score});
    let mut answers = vec![send(router.clone(), request(Method::POST, "/ratings", Some(body))).await];
    let Some(id) = answers[0].body["id"].as_str().map(str::to_owned) else { return answers };
    let patch = json!({"score": 5.0 - score});
    if number.is_multiple_of(2) {
        let request = request(Method::PATCH, &format!("/ratings/{id}"), Some(patch));
        answers.push(send(router.clone(), request).await);
    }
    if number.is_multiple_of(3) {
        answers.push(send(router, request(Method::DELETE, &format!("/ratings?ids={id}"), None)).await);
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_hundred_concurrent_writers_of_two_instances_keep_the_counts() {
    let app = App::start().await;
    let services = [app.service("Bakery").await, app.service("Books").await];
    let mut users = Vec::new();
    for number in 0..50 {
        users.push(app.user(&format!("user {number}")).await);
    }
    let routers = [app.router(), app.another_router().await];

    // Each pair of user and service is rated twice, once by each instance, all at once.
    let mut clients = JoinSet::new();
    for (number, (user, service)) in
        users.iter().flat_map(|user| services.iter().map(move |service| (user, service))).enumerate()
    {
        for router in &routers {
            clients.spawn(client(router.clone(), user.clone(), service.clone(), number));
        }
    }
    assert_eq!(clients.len(), 200);
    // Meanwhile some users go, with whatever ratings they have by then.
    for user in users.iter().take(10) {
        let request = request(Method::DELETE, &format!("/users/{user}"), None);
        let router = routers[0].clone();
        clients.spawn(async move { vec![send(router, request).await] });
    }

    for answer in clients.join_all().await.into_iter().flatten() {
        // 201, 200, 204; 409 the second time; 404 and 422 after the user has gone.
        assert!([200, 201, 204, 404, 409, 422].contains(&answer.status.as_u16()), "{answer:?}");
    }
    app.assert_counts().await;
    assert!(app.count_ratings().await >= 40, "most pairs are left");
    let total: u64 = app.stats(&services[0]).await.0 + app.stats(&services[1]).await.0;
    assert_eq!(i64::try_from(total).unwrap(), app.count_ratings().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_ratings_of_one_user_and_service_one_wins() {
    let app = App::start().await;
    let (user, service) = (app.user("Ann").await, app.service("Bakery").await);
    let routers = [app.router(), app.another_router().await];
    let mut clients = JoinSet::new();
    for number in 0..40 {
        let body = json!({"userId": user, "serviceId": service, "score": 3});
        let request = request(Method::POST, "/ratings", Some(body));
        clients.spawn(send(routers[number % 2].clone(), request));
    }
    let mut statuses: Vec<_> = clients.join_all().await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses[0], 201);
    assert!(statuses[1..].iter().all(|status| *status == 409), "{statuses:?}");
    assert_eq!(app.stats(&service).await, (1, Some(3.0)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_are_given_up_half_way_leave_the_database_usable() {
    let app = App::start().await;
    let service = app.service("Bakery").await;
    let mut users = Vec::new();
    for number in 0..40 {
        users.push(app.user(&format!("user {number}")).await);
    }
    for (number, user) in users.iter().enumerate() {
        let body = json!({"userId": user, "serviceId": service, "score": 3});
        let sent = send(app.router(), request(Method::POST, "/ratings", Some(body)));
        let patience = std::time::Duration::from_micros(50 * number as u64);
        let _ = tokio::time::timeout(patience, sent).await;
    }
    app.assert_counts().await;
    app.rating(&app.user("last").await, &service, 1.0).await;
    app.assert_counts().await;
}
