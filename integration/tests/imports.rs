//! Imports of ratings as jobs: their workers die, their clients cancel them.

use integration::{
    Platform, SOON,
    program::{spawn, spawn_with},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{Process, Signal, eventually};

/// A platform with users and services that a file can name: `U0`, `U1`, … and `S0`, `S1`, ….
struct Stage {
    platform: Platform,
    nats: String,
    database: String,
    users: usize,
    services: usize,
    _directory: TempDir,
}

impl Stage {
    /// The worker that has made them is still there.
    async fn start(users: usize, services: usize) -> (Self, Process) {
        let platform = Platform::builder().workers(0).start().await;
        let directory = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/ratings.db", directory.path().display());
        let nats = platform.server.url();
        let stage = Self { platform, nats, database, users, services, _directory: directory };
        let worker = stage.worker(&[]).await;
        let mut client = stage.platform.client().await;
        for (path, letter, count) in [("/users", "U", users), ("/services", "S", services)] {
            for number in 0..count {
                let body = json!({"name": format!("{letter}{number}")}).to_string();
                let fields = [("content-type", "application/json")];
                assert_eq!(client.request("POST", path, &fields, body).await.unwrap().status, 201);
            }
        }
        (stage, worker)
    }

    fn args(&self) -> Vec<&str> {
        let database = ["--nats-url", &self.nats, "--database-url", &self.database, "--log", "info"];
        [&database[..], &["--ack-wait", "2", "--job-backoff", "0.05"]].concat()
    }

    /// One line for each user and service; every tenth names nobody.
    fn file(&self) -> String {
        let pairs = (0..self.services).flat_map(|service| (0..self.users).map(move |user| (service, user)));
        let lines = pairs.enumerate().map(|(number, (service, user))| match number % 10 {
            9 => format!("S{service},Nobody,1\n"),
            _ => format!("S{service},U{user},{}\n", number % 6),
        });
        format!("service,user,score\n{}", lines.collect::<String>())
    }

    /// Has the file imported as a job, and returns the job's id.
    async fn submit(&self) -> String {
        let fields = [("content-type", "text/csv; charset=utf-8"), ("prefer", "respond-async")];
        let answer = self.platform.ask("POST", "/ratings/import", &fields, &self.file()).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        answer.json()["id"].as_str().unwrap().to_owned()
    }

    async fn worker(&self, more: &[&str]) -> Process {
        let mut worker = spawn("rating-service", &[&self.args()[..], more].concat());
        worker.wait_for_line("pulling", SOON).await;
        worker
    }

    /// Waits until more than so many lines of a job are done, and returns how many are.
    async fn beyond(&self, id: &str, lines: u64) -> u64 {
        let done = |job: &Value| {
            let text = job["progress"]["text"].as_str().unwrap_or_default();
            text.split(' ').next().unwrap_or_default().parse().unwrap_or(0)
        };
        done(&self.platform.job_until(id, "on its way", |job| done(job) > lines).await)
    }

    /// How many ratings there are.
    async fn count(&self) -> u64 {
        let services = self.platform.get("/services?limit=1000").await.json();
        let services = services["items"].as_array().unwrap().clone();
        services.iter().map(|service| service["ratingCount"].as_u64().unwrap()).sum()
    }
}

fn figures(report: &Value) -> [u64; 6] {
    ["lines", "added", "changed", "unchanged", "refused", "refusalsNotShown"]
        .map(|name| report[name].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_on_where_its_worker_died_and_its_report_is_as_if_nothing_had_happened() {
    let (stage, mut worker) = Stage::start(40, 25).await;
    worker.kill();
    let id = stage.submit().await;
    // By these seeds they die after some of the twenty batches, each behind a commit.
    for seed in ["1", "2"] {
        let variables = [("UPTAKE_FAULT_POINTS", "committed=0.2"), ("UPTAKE_FAULT_SEED", seed)];
        let mut doomed = spawn_with("rating-service", &stage.args(), &variables);
        assert!(!doomed.wait_exit(SOON).await.success());
    }
    let mut last = stage.worker(&[]).await;
    let told = stage.platform.job_is(&id, "done").await;
    assert_eq!(told["attempts"], 3, "{told}");
    assert_eq!(told["progress"], json!({"percent": 100.0, "text": "1000 of 1000 lines, 100 refused"}));
    last.wait_for_line("executed before", SOON).await;
    let report = stage.platform.job_answer(&id).await.json();
    assert_eq!(figures(&report), [1_000, 900, 0, 0, 100, 0], "each rating was added once");
    let refused: Vec<_> =
        report["refusals"].as_array().unwrap().iter().map(|it| it["line"].clone()).collect();
    assert_eq!(refused, (0..100).map(|tens| json!(11 + 10 * tens)).collect::<Vec<_>>());
    assert_eq!(stage.count().await, 900);

    let again = stage.submit().await;
    stage.platform.job_is(&again, "done").await;
    let report = stage.platform.job_answer(&again).await.json();
    assert_eq!(figures(&report), [1_000, 0, 0, 900, 100, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_import_survives_a_killed_and_a_draining_worker_and_its_report_fits_into_the_job() {
    let (stage, mut first) = Stage::start(100, 100).await;
    let id = stage.submit().await;
    let done = stage.beyond(&id, 0).await;
    first.kill();
    let mut second = stage.worker(&["--job-grace-period", "0.1"]).await;
    stage.beyond(&id, done).await;
    second.signal(Signal::TERM);
    assert!(second.wait_exit(SOON).await.success());
    assert_eq!(stage.platform.job(&id).await["state"], "accepted", "given back before its end");
    let _third = stage.worker(&[]).await;
    let told = stage.platform.job_is(&id, "done").await;
    assert_eq!(told["attempts"], 2, "one that a drain interrupts is not counted: {told}");
    let report = stage.platform.job_answer(&id).await;
    let [lines, added, changed, unchanged, refused, not_shown] = figures(&report.json());
    assert_eq!([lines, added, changed, unchanged, refused], [10_000, 9_000, 0, 0, 1_000]);
    let shown = report.json()["refusals"].as_array().unwrap().len() as u64;
    assert!(shown >= 500 && shown + not_shown == refused, "{shown} of {refused}, {not_shown} not shown");
    assert_eq!(stage.count().await, 9_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_shows_its_progress_and_one_that_is_cancelled_leaves_what_it_has_imported() {
    let (stage, _worker) = Stage::start(100, 100).await;
    let id = stage.submit().await;
    let told = stage.platform.job_until(&id, "on its way", |job| job["progress"].is_object()).await;
    assert_eq!(told["state"], "running", "{told}");
    let json = [("content-type", "application/json")];
    let made = stage.platform.ask("POST", "/users", &json, r#"{"name": "In between"}"#).await;
    assert_eq!(made.status, 201, "others write meanwhile: {}", made.text());
    let cancelled = stage.platform.ask("DELETE", &format!("/-/jobs/{id}"), &[], "").await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.text());

    let (mut before, mut still) = (u64::MAX, 0);
    let stopped = eventually(SOON, async || {
        let now = stage.count().await;
        still = if std::mem::replace(&mut before, now) == now { still + 1 } else { 0 };
        still == 20
    });
    assert!(stopped.await, "it goes on");
    let told = stage.platform.job(&id).await;
    let text = told["progress"]["text"].as_str().unwrap();
    let (lines, rest) = text.split_once(' ').unwrap();
    let (lines, percent) = (lines.parse::<u64>().unwrap(), told["progress"]["percent"].as_f64().unwrap());
    assert_eq!(rest, format!("of 10000 lines, {} refused", lines / 10));
    assert_eq!((told["state"].as_str().unwrap(), (percent * 100.0).round() as u64), ("cancelled", lines));
    assert!((lines - lines / 10..9_000).contains(&before), "{before} of {told}");
}
