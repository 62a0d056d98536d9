//! One dead letter, and one job, for people.

use std::{fmt::Write as _, fs, path::Path};

use anyhow::Context as _;
use jiff::Timestamp;
use uptake::{
    job::operator::{Letter, LetterDocument},
    wire::{Answer, DeadCause, DeadLetter, Original, Record},
};

use crate::{
    print,
    text::{count, plain, readable, time},
};

/// Octets of a body that are shown; `--body` writes all.
const SHOWN_OCTETS: usize = 4096;

/// A page of titles and values, aligned.
#[derive(Default)]
struct Sheet(String);

impl Sheet {
    fn line(&mut self, title: &str, value: &str) {
        let _ = writeln!(self.0, "  {title:<13}{}", plain(value));
    }

    fn heading(&mut self, text: &str) {
        let gap = if self.0.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.0, "{gap}{text}");
    }

    fn text(&mut self, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.0, "  {}", plain(line));
        }
    }

    fn body(&mut self, body: &[u8]) {
        let octets = u64::try_from(body.len()).unwrap_or_default();
        self.heading(&format!("Body: {}", count(octets, "octet")));
        match readable(body) {
            Some(text) => {
                let end = text.floor_char_boundary(SHOWN_OCTETS);
                self.text(&text[..end]);
                if end < text.len() {
                    self.text("… (--body FILE writes all of it)");
                }
            }
            None => self.text("not text: --body FILE writes it"),
        }
    }
}

pub(crate) fn letter(document: &LetterDocument, now: Timestamp) -> String {
    let LetterDocument { letter: Letter { sequence, facts, .. }, message } = document;
    let mut sheet = Sheet::default();
    sheet.heading(&format!("Dead letter {sequence}: {}", cause(facts.cause)));
    facts_of(&mut sheet, facts, now);
    sheet.heading("Message");
    sheet.line("subject", &message.subject);
    // The order of names means nothing, that of one name's values does.
    let mut headers: Vec<_> = message.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name);
    for (name, value) in headers {
        sheet.text(&format!("{name}: {value}"));
    }
    if !facts.left_out.is_empty() {
        sheet.heading(&format!("Not stored: {}", plain(&facts.left_out.join(", "))));
        sheet.text(&without(facts, message));
    }
    sheet.body(&message.body);
    sheet.heading(&match facts.cause {
        DeadCause::Undecodable => {
            "It cannot be redriven. Drop it: uptake dead-letters delete ".to_owned() + &sequence.to_string()
        }
        _ => format!("Run it again: uptake dead-letters redrive {sequence}"),
    });
    sheet.0
}

fn facts_of(sheet: &mut Sheet, facts: &DeadLetter, now: Timestamp) {
    sheet.line("request", &format!("{} {}", facts.method, facts.target));
    sheet.line("service", &facts.service);
    sheet.line("died", &time(facts.at, now));
    sheet.line("attempts", &attempts(facts.attempts, facts.lost));
    if let Some(status) = facts.status {
        let error = facts.error.as_ref().map(|error| format!(" {error}")).unwrap_or_default();
        sheet.line("last answer", &format!("{status}{error}"));
    }
    if let (Some(job), Some(run)) = (&facts.job, facts.run) {
        let keyed = if facts.keyed { ", with an idempotency key" } else { "" };
        sheet.line("job", &format!("{job}, run {run}{keyed}"));
    }
    sheet.line("stream", &format!("{}, sequence {}", facts.stream, facts.sequence));
    sheet.line("worker", &facts.worker);
    if !facts.request_id.is_empty() {
        sheet.line("request id", &facts.request_id);
    }
    // W3C Trace Context: version, trace id, parent id, flags.
    if let Some(trace) = facts.traceparent.as_ref().and_then(|trace| trace.split('-').nth(1)) {
        sheet.line("trace id", trace);
    }
}

fn attempts(all: u32, lost: u32) -> String {
    if lost > 0 { format!("{all}, of which {lost} lost with their worker") } else { all.to_string() }
}

fn cause(cause: DeadCause) -> &'static str {
    match cause {
        DeadCause::AttemptsFailed => "its last attempt failed (attempts-failed)",
        DeadCause::WorkerLost => "its workers died over it (worker-lost)",
        DeadCause::Undecodable => "it is no request that can be read (undecodable)",
        DeadCause::MaxDeliveries => "each delivery ended without a word (max-deliveries)",
    }
}

/// What a redrive goes without.
fn without(facts: &DeadLetter, message: &Original) -> String {
    if facts.left_out.iter().any(|left_out| left_out == "(body)") {
        return "The body was too large to be stored: it cannot be redriven.".to_owned();
    }
    match message.caller() {
        Some(caller) => {
            format!("A redrive runs without them, with the verified identity (Uptake-Auth-*) alone: {caller}")
        }
        None => {
            "A redrive runs without them. No identity was verified (no Uptake-Auth-*), so it runs as nobody."
                .to_owned()
        }
    }
}

pub(crate) fn job(record: &Record, now: Timestamp) -> String {
    let mut sheet = Sheet::default();
    sheet.heading(&format!("Job {}: {}", record.id, record.state.as_str()));
    sheet.line("request", &format!("{} {}", record.method, record.target));
    sheet.line("accepted", &time(record.created, now));
    for (title, at) in
        [("started", record.started), ("finished", record.finished), ("next attempt", record.next_attempt)]
    {
        if let Some(at) = at {
            sheet.line(title, &time(at, now));
        }
    }
    sheet.line("attempts", &format!("{}, in run {}", attempts(record.attempts, record.lost), record.run));
    if let Some(failure) = &record.last_failure {
        let error = failure.error.as_ref().map(|error| format!(" {error}")).unwrap_or_default();
        sheet.line("last failure", &format!("{}{error}, {}", failure.status, time(failure.at, now)));
    }
    if let Some(progress) = &record.progress {
        sheet.line("progress", format!("{} % {}", progress.percent, progress.text).trim_end());
    }
    sheet.line("keyed", if record.keyed { "yes" } else { "no" });
    if let (Some(stream), Some(sequence)) = (&record.stream, record.sequence) {
        sheet.line("stream", &format!("{stream}, sequence {sequence}"));
    }
    if let Some(worker) = &record.worker {
        sheet.line("worker", worker);
    }
    sheet.line("request id", &record.request_id);
    if let Some(Answer { response, error, .. }) = &record.answer {
        let error = error.as_ref().map(|error| format!(" {error}")).unwrap_or_default();
        sheet.heading(&format!("Answer: {}{}", response.status().as_u16(), plain(&error)));
        for (name, value) in response.headers() {
            sheet.text(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())));
        }
        sheet.body(response.body());
    }
    sheet.0
}

/// Writes a body as it is.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_body(file: &Path, body: &[u8]) -> anyhow::Result<()> {
    if file == Path::new("-") {
        use std::io::Write as _;
        let mut out = std::io::stdout().lock();
        out.write_all(body)?;
        return Ok(out.flush()?);
    }
    fs::write(file, body).with_context(|| format!("cannot write {}", file.display()))?;
    let octets = u64::try_from(body.len()).unwrap_or_default();
    print(&format!("{} written to {}\n", count(octets, "octet"), file.display()))
}
