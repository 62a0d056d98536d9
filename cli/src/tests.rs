//! What people see: help, tables, sheets.

use std::{fs, path::Path};

use bytes::Bytes;
use http::Response;
use jiff::Timestamp;
use uptake::{
    job::operator::{Letter, LetterDocument, Page},
    wire::{
        Answer, Attempt, AttemptFailure, Class, DeadCause, DeadLetter, JobId, JobState, Original, Progress,
        Record, Timing,
    },
};

use crate::{
    config::Config,
    dead_letters::letter_table,
    jobs::job_table,
    show,
    table::table,
    text::{readable, relative},
};

/// Compares with a file in `tests/golden`; `UPDATE_GOLDEN=1` writes it instead.
pub(crate) fn assert_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == text, "not as in {} (UPDATE_GOLDEN=1 writes it):\n{text}", path.display());
}

fn now() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn facts() -> DeadLetter {
    DeadLetter {
        cause: DeadCause::AttemptsFailed,
        class: Class::Job,
        service: "users".to_owned(),
        stream: "uptake-job-users".to_owned(),
        sequence: 77,
        attempts: 5,
        lost: 1,
        job: Some(JobId::from_bits(7)),
        run: Some(2),
        tenant: String::new(),
        keyed: true,
        status: Some(500),
        error: Some("handler-panicked".to_owned()),
        worker: "00ff00ff00ff00ff".to_owned(),
        at: "2026-11-21T11:57:00Z".parse().unwrap(),
        request_id: "req-1".to_owned(),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        method: "POST".to_owned(),
        target: "/users?from=import".to_owned(),
        left_out: vec!["authorization".to_owned(), "cookie".to_owned()],
    }
}

fn message(body: &'static [u8], headers: &[(&str, &str)]) -> Original {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Original { subject: "uptake.job.post.users".to_owned(), headers: headers.collect(), body: body.into() }
}

fn document(facts: DeadLetter, message: Original) -> LetterDocument {
    LetterDocument { letter: Letter { sequence: 17, octets: 812, facts }, message }
}

fn record() -> Record {
    let response = Response::builder().status(503).header("content-type", "text/plain");
    let answer = Answer {
        response: response.body(Bytes::from_static(b"out of stock\n")).unwrap(),
        attempt: Attempt::default(),
        timing: Timing::default(),
        error: None,
    };
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    Record {
        id: JobId::from_bits(7),
        state: JobState::Failed,
        tenant: String::new(),
        fingerprint: "f".to_owned(),
        keyed: true,
        method: "POST".to_owned(),
        target: "/orders".to_owned(),
        request_id: "req-1".to_owned(),
        run: 1,
        attempts: 3,
        lost: 1,
        stream: Some("uptake-job-shop".to_owned()),
        sequence: Some(4),
        worker: Some("00ff00ff00ff00ff".to_owned()),
        created: at("2026-11-21T09:00:00Z"),
        started: Some(at("2026-11-21T11:58:59Z")),
        finished: Some(at("2026-11-21T11:59:00Z")),
        next_attempt: None,
        progress: Some(Progress { percent: 40.0, text: "packing".to_owned() }),
        last_failure: Some(AttemptFailure { status: 503, error: None, at: at("2026-11-21T11:59:00Z") }),
        answer: Some(answer),
    }
}

#[test]
fn the_help_tells_every_command_with_examples() {
    let mut text = String::new();
    let mut command = Config::quiet_command().term_width(100);
    command.build();
    let mut visit = vec![&mut command];
    while let Some(command) = visit.pop() {
        let help = command.render_long_help().to_string();
        // What stands in the help of every command is compared once.
        let everywhere = help.find("\nNATS:\n").filter(|_| !text.is_empty()).unwrap_or(help.len());
        let examples = help.find("\nExamples:\n").unwrap_or(help.len()).max(everywhere);
        let (own, examples) = (&help[..everywhere], &help[examples..]);
        let name = command.get_bin_name().unwrap_or("uptake");
        text.push_str(&format!("$ {name} --help\n{own}{examples}\n"));
        let mut below: Vec<_> =
            command.get_subcommands_mut().filter(|below| below.get_name() != "help").collect();
        below.reverse();
        visit.extend(below);
    }
    assert_golden("help.txt", &text);
}

#[test]
fn what_contradicts_itself_is_wrong_usage() {
    for (wrong, right) in [
        ("dead-letters redrive", "dead-letters redrive 1 2"),
        ("dead-letters redrive 1 --all", "dead-letters redrive --all --cause worker-lost"),
        ("dead-letters redrive 1 --service a", "dead-letters redrive --all --service a --json"),
        ("dead-letters list --cause none", "dead-letters list --cause max-deliveries --nats-url nats://x"),
        ("dead-letters list --limit 0", "--root other dead-letters list --limit 10000 --after 7"),
        ("dead-letters show x", "dead-letters show 1 --body -"),
        ("dead-letters show 1 --body - --json", "dead-letters delete 1 --yes"),
        ("jobs show 17", "jobs show 00000000000000000000000000000007 --log info"),
        ("jobs list --state gone", "jobs list --state dead --path /users"),
    ] {
        let parse = |line: &str| {
            let words = std::iter::once("uptake").chain(line.split(' '));
            Config::quiet_command().try_get_matches_from(words).map_err(|error| error.exit_code())
        };
        assert_eq!(parse(wrong).err(), Some(2), "{wrong}");
        assert!(parse(right).is_ok(), "{right}");
    }
}

#[test]
fn lists_are_tables_that_fit_a_terminal() {
    let lost = DeadLetter { cause: DeadCause::WorkerLost, lost: 0, status: None, ..facts() };
    let long = DeadLetter { target: format!("/{}", "x".repeat(200)), ..facts() };
    let items = [facts(), lost, long];
    let items = items.into_iter().zip(17..).map(|(facts, sequence)| Letter { sequence, octets: 812, facts });
    let page = Page { items: items.collect(), next: Some(19) };
    let jobs = Page { items: vec![record(), Record { state: JobState::Running, ..record() }], next: None };
    let text = letter_table(&page, now()) + "\n" + &job_table(&jobs, now());
    assert!(text.lines().all(|line| line.chars().count() <= 100));
    assert_golden("lists.txt", &text);
    assert_eq!(letter_table(&Page { items: Vec::new(), next: None }, now()), "no dead letters\n");
    assert_eq!(job_table(&Page { items: Vec::new(), next: None }, now()), "no jobs\n");
}

#[test]
fn a_letter_tells_why_it_died_what_is_not_stored_and_how_to_run_it_again() {
    let headers = [("Uptake-Method", "POST"), ("Http-content-type", "application/json")];
    let one = document(facts(), message(b"{\"name\":\"Ada\"}", &headers));
    let verified = [("Uptake-Auth-Subject", "ada"), ("Uptake-Auth-Claims", "{\"sub\":\"ada\"}")];
    let two = document(facts(), message(b"\x00\x01\xff", &verified));
    assert_golden("letter.txt", &(show::letter(&one, now()) + "\n----\n" + &show::letter(&two, now())));
}

#[test]
fn a_job_tells_its_times_and_its_answer() {
    assert_golden("job.txt", &show::job(&record(), now()));
}

#[test]
fn nothing_that_a_client_wrote_reaches_the_terminal_as_a_command() {
    let evil = DeadLetter { target: "/\u{1b}[2J".to_owned(), service: "a\u{7}".to_owned(), ..facts() };
    let shown = show::letter(&document(evil.clone(), message(b"\x1b[2J", &[("A", "b\u{9b}c")])), now());
    let items = vec![Letter { sequence: 1, octets: 1, facts: evil }];
    let listed = letter_table(&Page { items, next: None }, now());
    for text in [shown, listed] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
    }
    assert_eq!((readable(b"a\nb\tc"), readable(b"a\x1bb"), readable(b"\xff")), (Some("a\nb\tc"), None, None));
}

#[test]
fn times_are_told_as_one_would_say_them() {
    for (seconds, text) in [
        (0, "0 s ago"),
        (119, "119 s ago"),
        (120, "2 min ago"),
        (7_200, "2 h ago"),
        (200_000, "2 d ago"),
        (-5, "in 5 s"),
    ] {
        let at = Timestamp::from_second(now().as_second() - seconds).unwrap();
        assert_eq!(relative(at, now()), text);
    }
}

#[test]
fn a_column_is_as_wide_as_its_widest_cell() {
    let rows = [["1".to_owned(), "é".to_owned()], ["1000".to_owned(), "b".to_owned()]];
    assert_eq!(table(["N", "NAME"], &rows), "N     NAME\n1     é\n1000  b\n");
}
