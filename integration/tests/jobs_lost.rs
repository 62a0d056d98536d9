//! Jobs whose workers die, pause, or are asked to end.

use integration::{Platform, SOON};
use serde_json::json;
use test_support::{Signal, eventually};

const STREAM: &str = "uptake-job-hello";
/// A lost attempt is noticed soon, and made good soon.
const QUICK: [&str; 4] = ["--job-backoff", "0.05", "--ack-wait", "1"];

async fn waiting(platform: &Platform) -> u64 {
    platform.stream(STREAM).await.unwrap().messages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_workers_ends_as_a_dead_letter_and_the_others_get_done() {
    let mut platform = Platform::builder().workers(5).worker_args(&QUICK).start().await;
    let mut others = Vec::new();
    for _ in 0..10 {
        others.push(platform.submit("/hello/jobs/work?steps=1&ms=300").await);
    }
    let poison = platform.submit("/hello/jobs/die?times=9").await;
    for _ in 0..20 {
        others.push(platform.submit("/hello/jobs/work?steps=1&ms=300").await);
    }
    let told = platform.job_is(&poison, "dead").await;
    assert_eq!(told["attempts"], 3, "{told}");
    integration::assert_problem(&platform.job_answer(&poison).await, 502, "job-dead");
    for id in &others {
        platform.job_is(id, "done").await;
    }
    assert!(eventually(SOON, async || waiting(&platform).await == 0).await);
    let letters = platform.dead_letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    let facts = &letters[0].facts;
    assert_eq!(
        (&facts["cause"], &facts["lost"], &facts["job"]),
        (&json!("worker-lost"), &json!(3), &json!(poison))
    );
    let alive = platform.workers.iter_mut().filter_map(|worker| worker.process.is_running().then_some(()));
    assert_eq!(alive.count(), 2, "three died over it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_wakes_up_neither_overwrites_a_newer_attempt_nor_takes_its_message_away() {
    let mut platform = Platform::builder().worker_args(&QUICK).start().await;
    // So long that the newer attempt is at work until the older one has woken up, on a busy machine too.
    let id = platform.submit("/hello/jobs/work?steps=1&ms=6000").await;
    platform.job_is(&id, "running").await;
    platform.workers[0].process.signal(Signal::STOP);
    platform.add_worker(&[]).await;
    let newer = platform.job_until(&id, "in its second attempt", |job| job["attempts"] == 2).await;
    assert_eq!(newer["state"], "running", "{newer}");
    platform.workers[0].process.signal(Signal::CONT);
    platform.workers[0].process.wait_for_line("gone on without this attempt", SOON).await;
    assert_eq!(waiting(&platform).await, 1, "the message is the newer attempt's");
    // Were it gone, nobody would go on from here.
    platform.workers[1].process.kill();
    let told = platform.job_is(&id, "done").await;
    let attempt = told["attempts"].as_u64().unwrap();
    assert!(attempt >= 2, "{told}");
    assert_eq!(platform.job_answer(&id).await.text(), format!("worked in attempt {attempt}\n"));
    assert!(eventually(SOON, async || waiting(&platform).await == 0).await);
    assert_eq!(platform.dead_letters().await.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ends_gives_its_running_jobs_back_and_their_attempts_do_not_count() {
    let args = [&QUICK[..], &["--job-grace-period", "0.2", "--job-attempts", "1"]].concat();
    let mut platform = Platform::builder().worker_args(&args).start().await;
    let id = platform.submit("/hello/wait").await;
    platform.job_is(&id, "running").await;
    platform.workers[0].process.signal(Signal::TERM);
    assert!(platform.workers[0].process.wait_exit(2 * SOON).await.success());
    let told = platform.job(&id).await;
    assert_eq!((&told["state"], &told["attempts"]), (&json!("accepted"), &json!(0)), "{told}");
    platform.add_worker(&[]).await;
    assert!(eventually(SOON, async || platform.counters().await.started == 1).await);
    assert_eq!(platform.ask("POST", "/hello/signal", &[], "").await.status, 204);
    let told = platform.job_is(&id, "done").await;
    assert_eq!(told["attempts"], 1, "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ends_finishes_the_jobs_for_which_there_is_time() {
    let mut platform = Platform::builder().worker_args(&QUICK).start().await;
    let id = platform.submit("/hello/jobs/work?steps=1&ms=2000").await;
    platform.job_is(&id, "running").await;
    platform.workers[0].process.signal(Signal::TERM);
    assert!(platform.workers[0].process.wait_exit(2 * SOON).await.success());
    let told = platform.job(&id).await;
    assert_eq!((&told["state"], &told["attempts"]), (&json!("done"), &json!(1)), "{told}");
    assert_eq!(waiting(&platform).await, 0, "its ack has arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_a_record_is_made_good_when_a_worker_dies_in_between() {
    let mut platform = Platform::builder().worker_args(&QUICK).start().await;
    platform.workers[0].process.kill();
    let fragile = [("UPTAKE_FAULT_POINTS", "job-recorded=1")];
    platform.add_worker_with(&["--job-attempts", "1"], &fragile).await;
    let id = platform.submit("/hello/jobs/fail?times=9&status=500").await;
    assert!(!platform.workers[1].process.wait_exit(SOON).await.success());
    assert_eq!(platform.job(&id).await["state"], "failed");
    assert_eq!((platform.dead_letters().await.len(), waiting(&platform).await), (0, 1));
    platform.add_worker(&[]).await;
    assert!(eventually(SOON, async || waiting(&platform).await == 0).await);
    let letters = platform.dead_letters().await;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].facts["cause"], "attempts-failed");
    assert_eq!(platform.job(&id).await["attempts"], 1, "it did not run again");
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_wait_survive_a_restart_of_nats_and_so_does_an_attempt() {
    let args = [&QUICK[..], &["--job-permits", "2"]].concat();
    let mut platform = Platform::builder().worker_args(&args).start().await;
    let mut jobs = Vec::new();
    for _ in 0..6 {
        jobs.push(platform.submit("/hello/jobs/work?steps=4&ms=300").await);
    }
    platform.job_is(&jobs[0], "running").await;
    platform.server.kill();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    platform.server.start_again().await;
    let back = eventually(SOON, async || platform.proxies[0].readyz().await["connected"] == true);
    assert!(back.await);
    for id in &jobs {
        let told = platform.job_is(id, "done").await;
        assert_eq!(told["attempts"], 1, "no attempt was lost: {told}");
    }
    assert!(eventually(SOON, async || waiting(&platform).await == 0).await);
    let counters = platform.counters().await;
    assert_eq!((counters.started, counters.dropped), (6, 0));
}
