use std::process::Command;
use std::time::Duration;

use test_support::{Process, Signal, eventually};

const SOON: Duration = Duration::from_secs(10);
const NO_ENV: [(&str, &str); 0] = [];

fn shell(script: &str) -> Process {
    Process::spawn("sh", ["-c", script], NO_ENV)
}

#[tokio::test]
async fn captures_both_outputs_and_the_exit_status() {
    let mut process = shell("echo one; echo two >&2; exit 3");
    process.wait_for_line("one", SOON).await;
    process.wait_for_line("two", SOON).await;
    assert_eq!(process.wait_exit(SOON).await.code(), Some(3));
    assert!(!process.is_running());
    assert_eq!(process.lines().len(), 2);
}

#[tokio::test]
async fn waits_for_a_line_behind_those_already_seen() {
    let mut process = shell("echo up 1 >&2; echo up 2; sleep 60");
    process.wait_for_line("up 2", SOON).await;
    assert_eq!(process.wait_for_line("up", SOON).await, "up 1");
    assert_eq!(process.wait_for_line_after(1, "up", SOON).await, "up 2");
}

#[tokio::test]
#[should_panic(expected = "sh ended without \"never\"")]
async fn a_program_that_ends_without_the_line_fails_the_test_at_once() {
    shell("echo last words").wait_for_line("never", Duration::from_secs(600)).await;
}

#[tokio::test]
async fn stops_continues_and_kills() {
    let mut process = shell("while :; do echo tick; sleep 0.05; done");
    process.wait_for_line("tick", SOON).await;
    process.signal(Signal::STOP);
    tokio::time::sleep(Duration::from_millis(150)).await;
    let frozen = process.lines().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(process.lines().len(), frozen);
    process.signal(Signal::CONT);
    assert!(eventually(SOON, || async { process.lines().len() > frozen }).await);
    assert!(process.rss_kib().unwrap() > 100);
    process.kill();
    assert!(!process.is_running());
    assert_eq!(process.rss_kib(), None);
}

#[tokio::test]
async fn takes_a_command_with_its_folder() {
    let mut command = Command::new("pwd");
    command.current_dir("/");
    assert_eq!(Process::from_command(command).wait_for_line("/", SOON).await, "/");
}
