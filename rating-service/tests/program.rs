//! The program itself.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// The program without any setting from the environment of the tests.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rating-service"));
    command
        .env_clear()
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Ends the program with the test, however the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn exchange(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn a_database_that_cannot_be_opened_ends_the_program_with_a_clear_message() {
    let directory = tempfile::tempdir().unwrap();
    let missing = format!("sqlite://{}/no/such/directory/x.db", directory.path().display());
    let itself = format!("sqlite://{}", directory.path().display());
    for url in [missing, itself] {
        let output = program().args(["--http", "127.0.0.1:0", "--database-url", &url]).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("cannot open the database") && text.contains(&url), "{text}");
        assert_eq!(text.matches("unable to open database file").count(), 1, "the cause, once: {text}");
        assert!(!text.contains("panicked"), "{text}");
    }
}

#[test]
fn an_address_that_is_taken_ends_the_program_with_a_clear_message() {
    let directory = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let url = format!("sqlite://{}/x.db", directory.path().display());
    let output = program().args(["--http", &address, "--database-url", &url]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("cannot listen on {address}")), "{text}");
}

#[test]
fn a_setting_that_only_the_worker_checks_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/x.db", directory.path().display());
    let output = program().args(["--database-url", &url, "--prefixes", "users"]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("--prefixes (SERVICE_PREFIXES): \"users\""), "{text}");
}

#[test]
fn serves_http_on_the_address_that_it_logs_until_it_is_asked_to_end() {
    let directory = tempfile::tempdir().unwrap();
    let mut child = program()
        .args(["--http", "127.0.0.1:0"])
        .env("DATABASE_URL", format!("sqlite://{}/x.db", directory.path().display()))
        .env("RATING_SEED_EXAMPLE_DATA", "true")
        .spawn()
        .unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut running = Running(child);
    let address = loop {
        let line = log.next().expect("it ends before it serves").unwrap();
        if line.contains("serving HTTP") {
            break line.rsplit_once("address=").unwrap().1.to_owned();
        }
    };

    let answer = exchange(&address, "GET /users?limit=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\"Amara Okafor\""), "{answer}");
    let answer = exchange(
        &address,
        "POST /users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: 14\r\n\r\n{\"name\":\"Zoe\"}",
    );
    assert!(
        answer.starts_with("HTTP/1.1 201 Created\r\n") && answer.contains("\nlocation: /users/"),
        "{answer}"
    );

    let id = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(running.0.wait().unwrap().success());
    assert!(!directory.path().join("x.db-wal").exists(), "the log was written back");
}

#[test]
fn migrates_alone_fills_in_the_example_data_and_ends() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/x.db", directory.path().display());
    let mut command = program();
    command.args(["--migrations", "only", "--seed-example-data", "--database-url", &url]);
    for (time, said) in ["example data added", "no example data added"].into_iter().enumerate() {
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{time}: {text}");
        assert!(text.contains(said) && text.contains("the database is up to date"), "{time}: {text}");
    }
}

#[test]
fn a_job_that_cannot_reach_the_database_fails_and_says_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = program()
        .env("RATING_MIGRATIONS", "only")
        .env("DATABASE_URL", format!("postgres://me:secret@{nobody}/ratings"))
        .env("DATABASE_CONNECT_TIMEOUT", "0.2")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&format!("cannot open the database postgres://me@{nobody}/ratings")), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn an_instance_that_waits_serves_nothing_and_tells_what_it_waits_for() {
    let directory = tempfile::tempdir().unwrap();
    let output = program()
        .args(["--http", "127.0.0.1:0", "--migrations", "wait", "--migrations-timeout", "0.5"])
        .env("DATABASE_URL", format!("sqlite://{}/x.db", directory.path().display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("has 0 of 2 migrations") && !text.contains("serving HTTP"), "{text}");
    assert!(std::fs::read_dir(directory.path()).unwrap().next().is_none(), "it made a file");
}
