//! Which metrics there are: as tests have recorded them, and as the documents say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::PathBuf,
};

use integration::{
    Platform, SOON,
    program::{address_of, spawn},
};
use test_support::{eventually, tools::workspace_root};

use super::{LISTENS, Scrape};

/// Jobs that fail leave a dead letter at once, so that all metrics have a value.
const FAILS_ONCE: [&str; 2] = ["--job-route", "/hello/jobs/panic attempts=1"];

/// A metric as the documents have it; the programs that have it are apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    name: String,
    kind: String,
    labels: BTreeSet<String>,
    help: String,
}

fn rows(scrape: &Scrape) -> Vec<Row> {
    let row = |(name, family): (&String, &super::scrape::Family)| {
        let samples = scrape.samples.iter().filter(|sample| scrape.family(sample) == name);
        let labels = samples.flat_map(|sample| sample.labels.keys()).filter(|label| *label != "le").cloned();
        Row {
            name: name.clone(),
            kind: family.kind.clone(),
            labels: labels.collect(),
            help: family.help.clone(),
        }
    };
    scrape.families.iter().map(row).collect()
}

fn text(programs: &[(&str, Vec<Row>)]) -> String {
    let mut text = String::new();
    for (program, rows) in programs {
        writeln!(text, "{program}").unwrap();
        for Row { name, kind, labels, help } in rows {
            let labels = Vec::from_iter(labels.iter().map(String::as_str)).join(",");
            writeln!(text, "  {name}{{{labels}}} {kind}\n    {help}").unwrap();
        }
    }
    text
}

fn golden() -> PathBuf {
    workspace_root().join("integration/tests/golden/metrics.txt")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_of_all_programs_are_those_of_the_golden_file() {
    let args = [&LISTENS[..], &FAILS_ONCE].concat();
    let mut platform = Platform::builder().worker_args(&args).start().await;
    let hello = platform.workers[0].admin().await;
    let directory = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/ratings.db", directory.path().display());
    let url = platform.server.url();
    let args = [&["--nats-url", &url, "--log", "info", "--database-url", &database], &LISTENS[..]].concat();
    let mut ratings = spawn("rating-service", &args);
    ratings.wait_for_line("pulling", SOON).await;
    let ratings = address_of(&mut ratings, "operators").await;

    for target in ["/hello", "/hello/panic", "/users", "/nobody"] {
        platform.get(target).await;
    }
    let job = platform.submit("/hello/jobs/panic?times=9").await;
    platform.job_is(&job, "failed").await;
    let proxy = platform.proxies[0].admin();
    let has_looked = async || Scrape::of(proxy).await.value("uptake_dead_letters") == Some(1.0);
    assert!(eventually(SOON, has_looked).await, "{:#?}", Scrape::of(proxy).await);

    let mut programs = Vec::new();
    for (name, admin) in [("http-to-nats-proxy", proxy), ("hello", hello), ("rating-service", ratings)] {
        programs.push((name, rows(&Scrape::of(admin).await)));
    }
    let told = text(&programs);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(golden(), &told).unwrap();
    }
    assert_eq!(fs::read_to_string(golden()).unwrap_or_default(), told, "UPDATE_GOLDEN=1 writes it anew");
}

/// What the golden file has, by the words of the table: name to type, labels, programs and help.
fn recorded() -> BTreeMap<String, [String; 4]> {
    let text = fs::read_to_string(golden()).unwrap();
    let (mut program, mut name) = ("", "");
    let mut all = BTreeMap::<String, (String, BTreeSet<String>, BTreeSet<&str>, String)>::new();
    for line in text.lines() {
        match (line.strip_prefix("    "), line.strip_prefix("  ")) {
            (Some(help), _) => all.get_mut(name).unwrap().3 = help.to_owned(),
            (None, Some(metric)) => {
                let (before, kind) = metric.split_once("} ").unwrap();
                let labels;
                (name, labels) = before.split_once('{').unwrap();
                let row = all.entry(name.to_owned()).or_default();
                row.0 = kind.to_owned();
                row.1.extend(labels.split(',').filter(|label| !label.is_empty()).map(str::to_owned));
                row.2.insert(program);
            }
            (None, None) => program = line,
        }
    }
    let row = |(name, (kind, labels, programs, help)): (String, (_, BTreeSet<String>, BTreeSet<_>, _))| {
        let labels = Vec::from_iter(labels.iter().map(|label| format!("`{label}`"))).join(", ");
        (name, [kind, labels, of(&programs).to_owned(), help])
    };
    all.into_iter().map(row).collect()
}

/// Which programs, in a word: `hello` and `rating-service` are both workers.
fn of(programs: &BTreeSet<&str>) -> &'static str {
    let has = |name| programs.contains(name);
    match (has("http-to-nats-proxy"), has("hello"), has("rating-service")) {
        (true, true, true) => "proxy, worker",
        (true, false, false) => "proxy",
        (false, true, true) => "worker",
        (false, false, true) => "rating-service",
        _ => panic!("{programs:?}"),
    }
}

#[test]
fn the_table_in_the_documents_has_exactly_these_metrics() {
    let document = fs::read_to_string(workspace_root().join("docs/operations.md")).unwrap();
    let table = document.split("\n## ").find(|section| section.starts_with("Metrics\n")).unwrap();
    let mut written = BTreeMap::new();
    for row in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.split('|').map(|cell| cell.trim().to_owned()).collect();
        let [_, name, kind, labels, of, help, _] = &cells[..] else { panic!("{row}") };
        let cells = [kind, labels, of, help].map(Clone::clone);
        assert!(written.insert(name.trim_matches('`').to_owned(), cells).is_none(), "{name} is there twice");
    }
    let recorded = recorded();
    for (name, row) in &recorded {
        assert_eq!(written.remove(name).as_ref(), Some(row), "{name}");
    }
    assert_eq!(Vec::from_iter(written), [], "written of metrics that there are not");
}
