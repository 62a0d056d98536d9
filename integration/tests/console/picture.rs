//! What the console tells of the platform: now, and in the last minutes.

use std::collections::BTreeSet;

use integration::{Platform, SOON};
use serde_json::Value;
use test_support::{HttpClient, eventually};

use super::stage::{Browser, Settings, TOKEN, slug};

/// A platform that works, with a console at each of these proxies.
async fn platform(proxies: usize) -> (Platform, Settings) {
    let settings = Settings::new(TOKEN);
    (settings.platform(Platform::builder().proxies(proxies)).await, settings)
}

async fn overview(browser: &Browser) -> Value {
    let answer = browser.get("/console/api/overview").await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn the_picture_names_streams_workers_and_proxies_and_is_made_once_for_all_who_ask() {
    let (platform, _settings) = platform(2).await;
    let browser = Browser::signed_in(&platform.proxies[0]).await;
    let whole = eventually(SOON, async || {
        let told = overview(&browser).await;
        told["proxies"].as_array().unwrap().len() == 2
            && told["workers"][0]["service"] == "hello"
            && told["services"].as_array().unwrap().iter().any(|service| service["workers"] == 1)
            && told["streams"].as_array().unwrap().iter().any(|stream| stream["name"] == "uptake-call-hello")
    });
    assert!(whole.await, "{}", overview(&browser).await);
    let answers = futures_util::future::join_all((0..40).map(|_| overview(&browser))).await;
    let made: BTreeSet<_> = answers.iter().map(|told| told["at"].as_str().unwrap()).collect();
    // Two seconds may have ended in between, on a busy machine more than once.
    assert!(made.len() < 20, "{made:?}");
}

#[tokio::test]
async fn the_history_has_rates_of_all_proxies_and_outlives_the_page() {
    let (mut platform, _settings) = platform(2).await;
    let browser = Browser::signed_in(&platform.proxies[0]).await;
    let points =
        async || browser.get("/console/api/history").await.json()["points"].as_array().unwrap().clone();
    let of = |points: &[Value], class: &str| -> Vec<f64> {
        points.iter().map(|point| point["responses"][class].as_f64().unwrap()).collect()
    };
    assert!(eventually(SOON, async || !points().await.is_empty()).await, "a first look");
    let seen = eventually(SOON, async || {
        for proxy in &platform.proxies {
            let mut client = HttpClient::connect(proxy.address()).await.unwrap();
            for _ in 0..20 {
                assert_eq!(client.get("/hello").await.unwrap().status, 200);
            }
        }
        of(&points().await, "2xx").iter().any(|rate| *rate > 0.0)
    });
    assert!(seen.await, "{:?}", points().await);
    // One that goes, and one that comes with a past of its own: nothing is shown that never was.
    drop(platform.proxies.remove(1));
    platform.add_proxy(&[]).await;
    let before = points().await.len();
    assert!(eventually(SOON, async || points().await.len() >= before + 3).await);
    let points = points().await;
    assert!(points.iter().all(|point| point["permits"].as_u64().unwrap() <= 4_096), "{points:?}");
    for class in ["2xx", "3xx", "4xx", "5xx"] {
        let rates = of(&points, class);
        assert!(rates.iter().all(|rate| (0.0..10_000.0).contains(rate)), "{class}: {rates:?}");
    }
    let last = points.last().unwrap();
    assert_eq!(last["waiting"]["uptake-call-hello"], 0, "{last}");
}

#[tokio::test]
async fn a_nats_that_is_away_is_told_and_comes_back() {
    let (mut platform, _settings) = platform(1).await;
    let browser = Browser::signed_in(&platform.proxies[0]).await;
    overview(&browser).await;
    platform.server.stop().await;
    let away = eventually(SOON, async || {
        let answer = browser.get("/console/api/overview").await;
        answer.status == 503 && slug(&answer) == "jetstream-unavailable"
    });
    assert!(away.await);
    assert_eq!(browser.get("/console/api/history").await.status, 200);
    assert_eq!(browser.get("/console/api/session").await.status, 200);
    platform.server.start_again().await;
    assert!(eventually(SOON, async || browser.get("/console/api/overview").await.status == 200).await);
}
