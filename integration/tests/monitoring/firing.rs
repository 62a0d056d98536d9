//! The alerts in a Prometheus that scrapes a platform.

use std::{collections::BTreeSet, net::SocketAddr};

use integration::{Platform, SOON};
use serde_json::Value;
use test_support::{Prometheus, Signal, eventually};

use super::text_of;

const JOB: &str = "uptake";

/// As shipped, but that nothing has to hold for longer than a second before it fires.
fn impatient_rules() -> String {
    let rules = text_of("deploy/monitoring/rules.yaml");
    let lines = rules.lines().map(|line| match line.trim_start().strip_prefix("for: ") {
        Some(_) => format!("{}for: 1s\n", &line[..line.len() - line.trim_start().len()]),
        None => format!("{line}\n"),
    });
    let impatient: String = lines.collect();
    assert!(impatient.contains("for: 1s") && !impatient.contains("for: 1m"));
    impatient
}

/// Scrapes these, and looks at the rules, as often as Prometheus can.
fn config(targets: &[SocketAddr]) -> String {
    let targets: Vec<_> = targets.iter().map(|target| format!("\"{target}\"")).collect();
    format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n\
         scrape_configs: [{{job_name: {JOB}, static_configs: [{{targets: [{}]}}]}}]",
        targets.join(", ")
    )
}

/// The `health` of all targets.
async fn health(prometheus: &Prometheus) -> Vec<String> {
    let targets = prometheus.api("targets").await.unwrap();
    let targets = targets["activeTargets"].as_array().unwrap().iter();
    targets.map(|target| target["health"].as_str().unwrap().to_owned()).collect()
}

/// The alerts that fire.
async fn firing(prometheus: &Prometheus) -> Vec<Value> {
    let mut alerts = prometheus.api("alerts").await.unwrap();
    let alerts = alerts["alerts"].as_array_mut().unwrap();
    alerts.iter().filter(|alert| alert["state"] == "firing").cloned().collect()
}

fn names(alerts: &[Value]) -> BTreeSet<&str> {
    alerts.iter().map(|alert| alert["labels"]["alertname"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_alerts_about_what_waits_fire_when_the_workers_are_stopped_and_clear_when_they_return() {
    let builder = Platform::builder().proxies(2).workers(2).worker_args(&["--admin-listen", "127.0.0.1:0"]);
    // Calls that nobody takes up are answered 504 at last, which is an alert of its own: not while this looks.
    let builder = builder.proxy_args(&["--budget", "120"]);
    let mut platform = builder.start().await;
    let mut targets: Vec<_> = platform.proxies.iter().map(|proxy| proxy.admin()).collect();
    for worker in &mut platform.workers {
        targets.push(worker.admin().await);
    }
    let prometheus = Prometheus::start(&config(&targets), &impatient_rules()).await;
    let all_up = async || health(&prometheus).await == ["up"; 4];
    assert!(eventually(SOON, all_up).await, "{:?}", prometheus.api("targets").await);
    // Until the proxies have read the streams for the first time, they say that they have not.
    let quiet = async || firing(&prometheus).await.is_empty();
    assert!(eventually(SOON, quiet).await, "{:?}", firing(&prometheus).await);

    for worker in &mut platform.workers {
        worker.process.signal(Signal::TERM);
    }
    for mut worker in platform.workers.drain(..) {
        assert!(worker.process.wait_exit(SOON).await.success(), "{}", worker.process.output());
    }
    let _waiting = [platform.get_later("/hello"), platform.get_later("/hello"), platform.get_later("/hello")];
    let expected = BTreeSet::from(["UptakeCallsWait", "UptakeNoWorker"]);
    let fire = async || names(&firing(&prometheus).await) == expected;
    assert!(eventually(SOON, fire).await, "{:?}", prometheus.api("alerts").await);
    let no_worker = firing(&prometheus).await;
    let no_worker = no_worker.iter().find(|alert| alert["labels"]["alertname"] == "UptakeNoWorker").unwrap();
    assert_eq!(
        no_worker["annotations"]["description"],
        "3 messages wait in uptake-call-hello. No worker asks for messages there, and none is in work."
    );

    platform.add_worker(&[]).await;
    assert!(eventually(SOON, quiet).await, "{:?}", firing(&prometheus).await);
    platform.assert_sound().await;
}
