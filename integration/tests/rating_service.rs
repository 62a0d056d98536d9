//! `rating-service` through the whole chain, behind a stripped prefix: what depends on the proxy.

use std::collections::BTreeSet;

use integration::{Platform, SOON, program::spawn};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{HttpClient, Process, RawResponse};

/// A platform at whose proxy `rating-service` is below `/api`.
pub(crate) struct Ratings {
    pub(crate) platform: Platform,
    pub(crate) service: Process,
    _directory: TempDir,
}

impl Ratings {
    pub(crate) async fn start() -> Self {
        Self::start_as("rating-service", &[]).await
    }

    /// With another program in its place, which takes the same arguments behind `first`.
    pub(crate) async fn start_as(program: &str, first: &[&str]) -> Self {
        let platform = Platform::builder().workers(0).proxy_args(&["--strip-prefix", "/api"]).start().await;
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/ratings.db", directory.path().display());
        let url = platform.server.url();
        let args = ["--nats-url", &url, "--log", "info", "--database-url", &database];
        let mut service = spawn(program, &[first, &args].concat());
        service.wait_for_line("pulling", SOON).await;
        Self { platform, service, _directory: directory }
    }

    async fn client(&self) -> HttpClient {
        self.platform.client().await
    }
}

async fn send(client: &mut HttpClient, method: &str, target: &str, body: &Value) -> RawResponse {
    let fields = [("content-type", "application/json")];
    client.request(method, target, &fields, body.to_string()).await.unwrap()
}

/// The target of a link of this relation.
fn link(response: &RawResponse, rel: &str) -> Option<String> {
    let links = response.header("link")?.split(", ");
    let mut targets = links.filter_map(|link| link.strip_suffix(&format!(">; rel=\"{rel}\"")));
    Some(targets.next()?.strip_prefix('<')?.to_owned())
}

#[tokio::test]
async fn locations_and_links_can_be_followed_behind_the_prefix() {
    let ratings = Ratings::start().await;
    let mut client = ratings.client().await;
    let mut names = BTreeSet::new();
    for number in 0..5 {
        let name = format!("Zoë, {number}");
        let made = send(&mut client, "POST", "/api/users", &json!({"name": name})).await;
        assert_eq!(made.status, 201, "{}", made.text());
        let location = made.header("location").unwrap().to_owned();
        let shown = client.get(&location).await.unwrap();
        assert_eq!((shown.json(), shown.header("etag")), (made.json(), made.header("etag")), "{location}");
        names.insert(name);
    }
    let mut seen = Vec::new();
    let mut next = Some("/api/users?limit=2&name=zo%C3%AB,+".to_owned());
    while let Some(target) = next {
        let page = client.get(&target).await.unwrap();
        assert_eq!(page.status, 200, "{target}: {}", page.text());
        let items = page.json()["items"].as_array().unwrap().clone();
        seen.extend(items.iter().map(|user| user["name"].as_str().unwrap().to_owned()));
        if seen.len() > 2 {
            let first = client.get(&link(&page, "first").unwrap()).await.unwrap();
            assert_eq!(first.json()["items"][0]["name"], seen[0]);
        }
        next = link(&page, "next");
    }
    assert_eq!((seen.len(), BTreeSet::from_iter(seen)), (names.len(), names));
}

#[tokio::test]
async fn several_ratings_are_listed_at_their_location_and_can_be_paged() {
    let ratings = Ratings::start().await;
    let mut client = ratings.client().await;
    let mut id = async |path: &str, name: &str| {
        let made = send(&mut client, "POST", path, &json!({"name": name})).await;
        made.json()["id"].as_str().unwrap().to_owned()
    };
    let service = id("/api/services", "Bakery").await;
    let mut items = Vec::new();
    for number in 0..200 {
        let user = id("/api/users", &number.to_string()).await;
        items.push(json!({"userId": user, "serviceId": service, "score": 4.5, "comment": "x".repeat(2_000)}));
    }
    let made = send(&mut client, "POST", "/api/ratings", &json!({"items": items})).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let mut seen = 0;
    let mut next = Some(made.header("location").unwrap().to_owned());
    while let Some(target) = next {
        assert!(target.starts_with("/api/ratings?ids=") && target.len() < 8_000, "{target}");
        let page = client.get(&target).await.unwrap();
        assert_eq!(page.status, 200, "{}", page.text());
        seen += page.json()["items"].as_array().unwrap().len();
        next = link(&page, "next");
    }
    assert_eq!(seen, 200, "on several pages, for one would be too large for the platform");
}

#[tokio::test]
async fn a_304_has_no_body_and_no_other_length_than_the_200_and_the_connection_goes_on() {
    let ratings = Ratings::start().await;
    let mut client = ratings.client().await;
    let made = send(&mut client, "POST", "/api/users", &json!({"name": "Ann"})).await;
    let location = made.header("location").unwrap().to_owned();
    for target in [location.as_str(), "/api/users"] {
        let known = client.get(target).await.unwrap();
        let tag = known.header("etag").unwrap().to_owned();
        for method in ["GET", "HEAD", "GET"] {
            let fields = [("if-none-match", tag.as_str())];
            // A body would be taken for the beginning of the next answer.
            let answer = client.request(method, target, &fields, "").await.unwrap();
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{}", answer.text());
            for name in ["etag", "cache-control"] {
                assert_eq!(answer.header(name), known.header(name), "{name}");
            }
            // hyper leaves it out for GET, which RFC 9110 §8.6 allows; 0 would be wrong.
            let length = answer.header("content-length");
            assert!(length.is_none() || length == known.header("content-length"), "{length:?}");
        }
    }
    let tag = made.header("etag").unwrap();
    let fields = [("content-type", "application/json"), ("if-match", tag)];
    let changed = client.request("PATCH", &location, &fields, "{\"name\":\"Bea\"}").await.unwrap();
    assert_eq!(changed.status, 200, "{}", changed.text());
    let stale = client.request("DELETE", &location, &[("if-match", tag)], "").await.unwrap();
    assert_eq!((stale.status, stale.header("cache-control")), (412, Some("no-store")), "{}", stale.text());
    let gone =
        client.request("DELETE", &location, &[("if-match", changed.header("etag").unwrap())], "").await;
    let gone = gone.unwrap();
    assert_eq!((gone.status, gone.header("content-length"), gone.body.len()), (204, None, 0));
    assert_eq!(client.get(&location).await.unwrap().status, 404);
}

#[tokio::test]
async fn options_and_refusals_of_the_service_pass_as_they_are() {
    let ratings = Ratings::start().await;
    let mut client = ratings.client().await;
    let options = client.request::<&str, &str>("OPTIONS", "/api/users/x", &[], "").await.unwrap();
    assert_eq!((options.status, options.header("allow")), (204, Some("GET,HEAD,PATCH,DELETE,OPTIONS")));
    let refused = client.request::<&str, &str>("PUT", "/api/users/x", &[], "").await.unwrap();
    assert_eq!((refused.status, refused.header("proxy-status")), (405, None));
    let refused =
        client.request("PATCH", "/api/users/x", &[("content-type", "text/plain")], "x").await.unwrap();
    assert_eq!(refused.header("accept-patch"), Some("application/merge-patch+json, application/json"));
    let refused = send(&mut client, "POST", "/api/ratings", &json!({"score": 7})).await;
    assert_eq!((refused.status, refused.json()["errors"].as_array().unwrap().len()), (422, 3));
}
