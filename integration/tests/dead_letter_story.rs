//! The dead-letter story in docs/operations.md: everything that it shows was sent, answered or printed here.

use std::{fs, path::Path};

use integration::{Platform, SOON, command_line::uptake, heavy};
use serde_json::Value;
use test_support::{eventually, raw_exchange};

const BEGIN: &str =
    "<!-- story: begin (UPDATE_GOLDEN=1 cargo test -p integration dead_letter_story writes it) -->\n";
const END: &str = "<!-- story: end -->\n";

/// Takes a second.
const REQUEST: &str = "POST /hello/jobs/work?steps=4&ms=250 HTTP/1.1\nHost: localhost:8080\nIdempotency-Key: report-7\n\
                       X-Request-Id: story\nAuthorization: Bearer secret\nConnection: close\n";
const TOO_SHORT: &str = "/hello/jobs/work attempts=2 timeout=0.5 backoff=0.1";
const LONG_ENOUGH: &str = "/hello/jobs/work attempts=2 timeout=60";

/// What is written, and what was said in between.
struct Story {
    platform: Platform,
    text: String,
    /// What is another each time, and what stands for it.
    stable: Vec<(String, &'static str)>,
}

impl Story {
    fn tell(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push_str("\n\n");
    }

    /// Sends a request, and shows it with its answer.
    async fn send(&mut self, request: &str) -> String {
        let sent = format!("{request}\n").replace('\n', "\r\n");
        let answer = raw_exchange(self.platform.address(), sent.as_bytes()).await.unwrap();
        let answer = String::from_utf8(answer).unwrap().replace('\r', "");
        self.text.push_str(&format!("```http\n{request}\n{}\n```\n\n", answer.trim_end()));
        answer
    }

    /// Runs a command, and shows it with what it prints.
    async fn run(&mut self, line: &str) {
        let printed = uptake(&self.platform.server, line).await.done();
        self.text.push_str(&format!("```console\n$ uptake {line}\n{}```\n\n", printed.stdout));
    }

    /// What a command prints as JSON, unshown.
    async fn look(&self, line: &str) -> Value {
        uptake(&self.platform.server, &format!("{line} --json")).await.done().json()
    }

    async fn deploy(&mut self, route: &str) {
        // Dropping kills: what runs now is only the old one.
        self.platform.workers.clear();
        self.platform.add_worker(&["--job-route", route]).await;
    }

    /// The text with the same words each time.
    fn stable(&self) -> String {
        let mut text = self.text.clone();
        for (found, stands) in &self.stable {
            text = text.replace(found, stands);
        }
        let lines = text.lines().map(|line| {
            let field = |name: &str, value: &str| line.starts_with(name).then(|| format!("{name}{value}"));
            let line = field("date: ", "Sat, 21 Nov 2026 12:00:00 GMT")
                .or_else(|| field("server-timing: ", "queue;dur=…, worker;dur=…, total;dur=…"))
                .unwrap_or_else(|| line.to_owned());
            stable_age(&stable_time(&line)) + "\n"
        });
        lines.collect()
    }
}

/// A time as `2026-11-21 12:00:00 UTC`.
fn stable_time(line: &str) -> String {
    match line.find(" UTC").and_then(|end| Some((end.checked_sub(19)?, end))) {
        Some((from, end)) => format!("{}2026-11-21 12:00:00{}", &line[..from], &line[end..]),
        None => line.to_owned(),
    }
}

/// An age as `3 s ago`, at the same width where something follows.
fn stable_age(line: &str) -> String {
    let Some(end) = line.find(" s ago") else { return line.to_owned() };
    let from = line[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (rest, more) = (&line[end + " s ago".len()..], end - from - 1);
    let gap = if rest.starts_with(' ') { " ".repeat(more) } else { String::new() };
    format!("{}3 s ago{gap}{rest}", &line[..from])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_story_in_the_documents_is_what_the_commands_print() {
    let _turn = heavy().await;
    let platform = Platform::builder().workers(0).proxies(0).start().await;
    let mut story = Story { platform, text: String::new(), stable: Vec::new() };
    tell(&mut story).await;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/operations.md");
    let text = fs::read_to_string(&page).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (written, after) = rest.split_once(END).unwrap();
    let told = story.stable();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&page, [before, BEGIN, &told, END, after].concat()).unwrap();
    } else {
        assert!(written == told, "UPDATE_GOLDEN=1 writes it anew:\n{told}");
    }
}

async fn tell(story: &mut Story) {
    story.deploy(TOO_SHORT).await;
    story.platform.add_proxy(&[]).await;
    story.tell(&format!(
        "**Poison.** A client asks `hello` for a report, with a key so that it may ask again. The report takes a second, but\n\
         somebody has set `--job-route \"{TOO_SHORT}\"`: both attempts are\n\
         stopped after half a second."
    ));
    story.send(REQUEST).await;

    let listed = async |story: &Story| story.look("dead-letters list").await["deadLetters"].clone();
    let died = eventually(SOON, async || listed(story).await.as_array().unwrap().len() == 1).await;
    assert!(died, "no dead letter after {}", story.text);
    let facts = listed(story).await[0]["facts"].clone();
    let id = facts["job"].as_str().unwrap().to_owned();
    let text = |name: &str| facts[name].as_str().unwrap().to_owned();
    let message = story.look("dead-letters show 1").await["message"].clone();
    let header = |name: &str| {
        let mut headers = message["headers"].as_array().unwrap().iter();
        headers.find(|header| header[0] == name).unwrap()[1].as_str().unwrap().to_owned()
    };
    story.stable = vec![
        (id.clone(), "4e8f0c1d9b7a46325e8f0c1d9b7a4632"),
        (text("worker"), "5c1e0f7a92b3d846"),
        (text("traceparent")[3..35].to_owned(), "0af7651916cd43dd8448eb211c80319c"),
        (header("Uptake-Reply-To"), "uptake.reply.proxy.6b1d5a0e93c7f284.0-2f6e8b1c4d9a7035"),
        (text("traceparent")[36..52].to_owned(), "b7ad6b7169203331"),
    ];
    story.tell(
        "**List, and show.** The operator looks what has died, and why. (`NATS_URL` says where NATS is.)",
    );
    story.run("dead-letters list").await;
    story.run("dead-letters show 1").await;

    story.deploy(LONG_ENOUGH).await;
    story.tell(&format!(
        "**Fix.** `job-timeout`: the attempts had too little time. A worker is deployed with\n\
         `--job-route \"{LONG_ENOUGH}\"`."
    ));
    story.tell("**Redrive.** The job runs once more, under the same id.");
    story.run("dead-letters redrive 1").await;
    let done = eventually(SOON, async || {
        let job = story.look(&format!("jobs show {id}")).await;
        // The worker that has done it is another one.
        story.stable.push((job["worker"].as_str().unwrap_or("none yet").to_owned(), "83d0b6e41f92c57a"));
        job["state"] == "done"
    });
    assert!(done.await, "{}", story.look(&format!("jobs show {id}")).await);

    story.tell("**Done.** The list is empty, and the client that repeats its request gets the answer.");
    story.run("dead-letters list").await;
    story.run(&format!("jobs show {id}")).await;
    let answer = story.send(REQUEST).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 OK") && answer.contains("idempotency-replayed: true"),
        "{answer}"
    );
    story.text.truncate(story.text.trim_end().len());
}
