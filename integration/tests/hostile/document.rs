//! The table as a page for people.

use std::{fmt::Write as _, fs, path::Path};

use super::row::{Play, Row};

const HEAD: &str = "\
# Hostile input

What clients may send to the proxy, and what becomes of it. A test plays each row against the real proxy, with a real
nats-server and a worker behind it, and writes this page (`UPDATE_GOLDEN=1 cargo test -p integration the_document`).

After each row the test sees that the next request on a new connection is served, that nobody waits for an answer, that no
octets of bodies or answers are in flight, that no connection is left open, that each stream has stored as many messages as
the row says, and that the process is the same and has not panicked.

- **Answer.** A number alone is the status of the service's answer. With a name behind it, it is a problem
  ([problems.md](problems.md)) that the proxy made. *bare* is an answer of the HTTP library, without a body. `RST_STREAM` and
  `GOAWAY` end a stream or a connection of HTTP/2. *none*: no answer comes.
- **Connection.** Whether it serves another request afterwards.
- **Published.** How many requests reach a stream.

A form that two readers could frame differently is refused and the connection closed, or it is exactly one request, whose
length is rebuilt from the body that was read: then the row has *200* and *1*, and what follows is not read where the
connection is *closed*. Behind each of these forms the test sends a second request, which never runs.

The settings are the defaults but for shorter times and lower limits: ";

/// Compares the page with the table; `UPDATE_GOLDEN=1` writes it instead.
pub(crate) fn assert_current(table: &[(&'static str, &'static [&'static str], Vec<Row>)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hostile-input.md");
    let page = page(table);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "the table has changed (UPDATE_GOLDEN=1 writes docs/hostile-input.md anew)");
}

fn page(table: &[(&'static str, &'static [&'static str], Vec<Row>)]) -> String {
    let mut page = HEAD.to_owned();
    let _ = writeln!(page, "`{}`.", table[0].1.join(" "));
    for (title, settings, rows) in table {
        let _ = write!(page, "\n## {title}\n\n");
        if *settings != table[0].1 {
            let _ = write!(page, "With `{}`.\n\n", settings.join(" "));
        }
        page.push_str(
            "| case | sent | answer | who answers | connection | published |\n|---|---|---|---|---|---|\n",
        );
        for row in rows {
            let connection = if row.kept { "kept" } else { "closed" };
            let (first, last) = (row.published.start(), row.published.end());
            let published = if first == last { first.to_string() } else { format!("{first} to {last}") };
            let cells = [row.case, row.sent, row.answer].map(|cell| cell.replace('|', "\\|"));
            let [case, sent, answer] = cells;
            let _ =
                writeln!(page, "| {case} | {sent} | {answer} | {} | {connection} | {published} |", who(row));
        }
    }
    page
}

/// Who answers, in the order of the answers.
fn who(row: &Row) -> String {
    let library = if matches!(row.play, Play::Http1 { .. }) { "HTTP parser" } else { "HTTP/2 library" };
    let mut all = Vec::new();
    for answer in row.answer.split(" or ").flat_map(|answers| answers.split(", ")) {
        let answer = answer.split_once(" × ").map_or(answer, |(_, answer)| answer);
        let who = match answer.split(' ').collect::<Vec<_>>()[..] {
            ["none"] => "nobody",
            ["100"] | ["bare" | "RST_STREAM" | "GOAWAY", _] => library,
            [_] => "service",
            _ => "proxy",
        };
        if !all.contains(&who) {
            all.push(who);
        }
    }
    all.join(", ")
}
