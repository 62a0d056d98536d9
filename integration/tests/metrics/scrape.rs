//! One look at `/metrics`, read as Prometheus reads it.

use std::{collections::BTreeMap, net::SocketAddr};

use test_support::HttpClient;

/// Type, and what it means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Family {
    pub(super) kind: String,
    pub(super) help: String,
}

#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) name: String,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

/// All figures of a process.
#[derive(Clone, Debug, Default)]
pub(super) struct Scrape {
    pub(super) families: BTreeMap<String, Family>,
    pub(super) samples: Vec<Sample>,
}

impl Scrape {
    pub(super) async fn of(admin: SocketAddr) -> Self {
        let answer = HttpClient::connect(admin).await.unwrap().get("/metrics").await.unwrap();
        assert_eq!(answer.status, 200, "{}", answer.text());
        let told = answer.header("content-type").unwrap_or_default();
        assert!(told.starts_with("text/plain; version=0.0.4"), "{told}");
        Self::read(&answer.text())
    }

    fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(told) = line.strip_prefix("# HELP ") {
                let (name, help) = told.split_once(' ').unwrap();
                scrape.families.entry(name.to_owned()).or_default().help = help.to_owned();
            } else if let Some(told) = line.strip_prefix("# TYPE ") {
                let (name, kind) = told.split_once(' ').unwrap();
                scrape.families.entry(name.to_owned()).or_default().kind = kind.to_owned();
            } else if !line.starts_with('#') {
                scrape.samples.push(Sample::read(line));
            }
        }
        scrape
    }

    /// The metric to which a sample belongs.
    pub(super) fn family<'a>(&self, sample: &'a Sample) -> &'a str {
        let parts = ["_bucket", "_sum", "_count"];
        let of_histogram = parts.iter().find_map(|part| sample.name.strip_suffix(part));
        let is_known = |name: &&str| self.families.get(*name).is_some_and(|known| known.kind == "histogram");
        of_histogram.filter(is_known).unwrap_or(&sample.name)
    }

    /// The samples of this name, by the values of these labels; what a sample does not have is empty. Of several it is the sum.
    pub(super) fn by<const N: usize>(&self, name: &str, labels: [&str; N]) -> BTreeMap<[String; N], f64> {
        let mut by = BTreeMap::new();
        for sample in self.samples.iter().filter(|sample| sample.name == name) {
            let key = labels.map(|label| sample.labels.get(label).cloned().unwrap_or_default());
            *by.entry(key).or_insert(0.0) += sample.value;
        }
        by
    }

    /// The sum of all samples of this name; `None` where there is none.
    pub(super) fn value(&self, name: &str) -> Option<f64> {
        self.by(name, []).into_values().next()
    }
}

impl Sample {
    /// `name{label="value",…} 1.5`
    fn read(line: &str) -> Self {
        let (series, value) = line.rsplit_once(' ').unwrap();
        let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        let Some((name, labels)) = series.split_once('{') else {
            return Self { name: series.to_owned(), labels: BTreeMap::new(), value };
        };
        let labels = read_labels(labels.strip_suffix('}').unwrap_or_else(|| panic!("no end: {line}")));
        Self { name: name.to_owned(), labels, value }
    }
}

fn read_labels(mut text: &str) -> BTreeMap<String, String> {
    let mut labels = BTreeMap::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let (mut value, mut chars) = (String::new(), rest.chars());
        loop {
            match chars.next().unwrap_or_else(|| panic!("no quote: {rest}")) {
                '"' => break,
                '\\' => value.extend(chars.next().map(|escaped| if escaped == 'n' { '\n' } else { escaped })),
                plain => value.push(plain),
            }
        }
        assert!(labels.insert(name.to_owned(), value).is_none(), "{name} is there twice");
        text = chars.as_str().trim_start_matches(',');
    }
    assert_eq!(text, "");
    labels
}

#[test]
fn labels_are_read_with_what_is_escaped_in_them() {
    let sample = Sample::read(r#"a_total{b="x\"y\\z\n",c="{d=\"e\", }"} 1e3"#);
    assert_eq!((sample.name.as_str(), sample.value), ("a_total", 1000.0));
    assert_eq!(sample.labels["b"], "x\"y\\z\n");
    assert_eq!(sample.labels["c"], "{d=\"e\", }");
}
