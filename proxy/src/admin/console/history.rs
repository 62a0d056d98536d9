//! The last minutes of the platform, for charts: kept here, so that none are lost when a page is loaded anew.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    time::Duration,
};

use jiff::Timestamp;
use serde::Serialize;
use tokio::time::Instant;
use uptake::overview::{Overview, ProxyOverview, ServiceOverview};

/// From one point to the next.
pub(super) const EVERY: Duration = Duration::from_secs(5);
/// Points that are kept: 15 minutes.
const MAX_POINTS: usize = 180;
/// Streams in a point; if there are more, those in which most waits.
const MAX_STREAMS: usize = 50;
/// Proxies whose counters are remembered; further ones count for nothing.
const MAX_PROXIES: usize = 1_000;
/// Who was not seen for so long is forgotten.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// Classes of answers, as proxies count them.
const CLASSES: [&str; 4] = ["2xx", "3xx", "4xx", "5xx"];

/// The points, oldest first.
#[derive(Debug, Default)]
pub(super) struct History {
    points: VecDeque<Point>,
    /// By instance id.
    counted: HashMap<String, Counted>,
}

/// What a proxy had answered when it was last seen.
#[derive(Debug)]
struct Counted {
    at: Instant,
    answers: [u64; 4],
}

/// A moment. Streams are named by their names.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Point {
    at: Timestamp,
    /// Of all proxies in a second.
    responses: BTreeMap<&'static str, f64>,
    waiting: BTreeMap<String, u64>,
    /// 0 where nothing waits.
    oldest_seconds: BTreeMap<String, f64>,
    busy: u64,
    permits: u64,
    dead_letters: u64,
}

/// The history as it is told.
#[derive(Serialize)]
pub(super) struct Told<'a> {
    /// Seconds from one point to the next.
    every: u64,
    points: &'a VecDeque<Point>,
}

impl History {
    pub(super) fn told(&self) -> Told<'_> {
        Told { every: EVERY.as_secs(), points: &self.points }
    }

    /// Adds a point. The oldest one makes room for it.
    pub(super) fn add(&mut self, overview: &Overview, now: Instant) {
        let responses = CLASSES.into_iter().zip(self.rates(&overview.proxies, now)).collect();
        let mut services: Vec<&ServiceOverview> = overview.services.iter().collect();
        services.sort_by_key(|service| std::cmp::Reverse(service.waiting));
        services.truncate(MAX_STREAMS);
        let point = Point {
            at: overview.at,
            responses,
            waiting: by_stream(&services, |service| service.waiting),
            oldest_seconds: by_stream(&services, |service| service.oldest_seconds.unwrap_or_default()),
            busy: overview.services.iter().map(|service| service.busy).sum(),
            permits: overview.services.iter().map(|service| service.permits).sum(),
            dead_letters: overview.dead_letters,
        };
        if self.points.len() == MAX_POINTS {
            self.points.pop_front();
        }
        self.points.push_back(point);
    }

    /// Answers in a second, of all proxies: from what each has counted since it was last seen. One that is new has counted
    /// since nobody knows when, and one that is gone counts no more: neither is guessed.
    fn rates(&mut self, proxies: &[ProxyOverview], now: Instant) -> [f64; 4] {
        self.counted.retain(|_, counted| now < counted.at + FORGOTTEN_AFTER);
        let mut rates = [0.0; 4];
        for proxy in proxies {
            let answers =
                CLASSES.map(|class| proxy.figures.responses.get(class).copied().unwrap_or_default());
            if let Some(before) = self.counted.get(&proxy.id) {
                let seconds = (now - before.at).as_secs_f64();
                if seconds == 0.0 {
                    continue;
                }
                for ((rate, answers), before) in rates.iter_mut().zip(answers).zip(before.answers) {
                    // Counters never fall but by a defect, which is no reason to show what never was.
                    #[expect(clippy::cast_precision_loss, reason = "a rate need not be exact beyond 2^53")]
                    let more = answers.saturating_sub(before) as f64;
                    *rate += more / seconds;
                }
            }
            if self.counted.len() < MAX_PROXIES || self.counted.contains_key(&proxy.id) {
                self.counted.insert(proxy.id.clone(), Counted { at: now, answers });
            }
        }
        rates
    }
}

fn by_stream<T>(services: &[&ServiceOverview], of: fn(&ServiceOverview) -> T) -> BTreeMap<String, T> {
    services.iter().map(|service| (service.stream.clone(), of(service))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A platform with these proxies, by id and what they have answered with 200, and services, by what waits.
    fn overview(proxies: &[(&str, u64)], waiting: &[u64]) -> Overview {
        let proxy = |(id, answers): &(&str, u64)| {
            json!({"id": id, "version": "", "build": "", "started": "2026-11-21T18:00:00Z", "draining": false,
                   "inFlight": 0, "inFlightBytes": 0, "answerBytes": 0, "waiters": 0, "connections": 0,
                   "responses": {"2xx": answers, "5xx": answers / 10}, "faults": {}})
        };
        let service = |(number, waiting): (usize, &u64)| {
            json!({"name": "s", "class": "call", "stream": format!("stream-{number}"), "consumer": null,
                   "waiting": waiting, "inWork": 0, "oldestSeconds": (*waiting > 0).then_some(1.5), "openPulls": 0,
                   "redelivered": 0, "workers": 1, "permits": 64, "busy": 3, "noWorker": false})
        };
        let overview = json!({
            "at": "2026-11-21T18:00:00Z", "root": "uptake", "server": {"name": "n", "version": "2"}, "account": null,
            "services": waiting.iter().enumerate().map(service).collect::<Vec<_>>(), "workers": [],
            "proxies": proxies.iter().map(proxy).collect::<Vec<_>>(), "streams": [],
            "jobs": {"waiting": 0, "running": 0, "records": 0}, "deadLetters": 3, "deadLettersByService": {},
            "errors": []
        });
        serde_json::from_value(overview).unwrap()
    }

    fn last(history: &History) -> Value {
        serde_json::to_value(history.told()).unwrap()["points"].as_array().unwrap().last().unwrap().clone()
    }

    /// The rates of 200 and of 500, after these proxies were seen, each so many seconds after those before.
    fn rates(seen: &[(u64, &[(&str, u64)])]) -> (f64, f64) {
        let (mut history, mut now) = (History::default(), Instant::now());
        for (seconds, proxies) in seen {
            now += Duration::from_secs(*seconds);
            history.add(&overview(proxies, &[]), now);
        }
        let responses = &last(&history)["responses"];
        (responses["2xx"].as_f64().unwrap(), responses["5xx"].as_f64().unwrap())
    }

    #[test]
    fn rates_are_what_each_proxy_has_counted_since_it_was_last_seen() {
        assert_eq!(rates(&[(0, &[("a", 1_000)])]), (0.0, 0.0), "nobody knows since when");
        assert_eq!(rates(&[(0, &[("a", 1_000)]), (5, &[("a", 1_100)])]), (20.0, 2.0));
        let both: &[(&str, u64)] = &[("a", 100), ("b", 7_000_000)];
        assert_eq!(rates(&[(0, both), (5, &[("a", 150), ("b", 7_000_050)])]), (20.0, 2.0));
        assert_eq!(rates(&[(0, &[("a", 100)]), (5, both)]), (0.0, 0.0), "one that is new");
        assert_eq!(rates(&[(0, both), (5, &[("a", 200)])]), (20.0, 2.0), "one that is gone");
        assert_eq!(
            rates(&[(0, both), (5, &[]), (5, &[("a", 200)])]),
            (10.0, 1.0),
            "one that was silent once"
        );
        assert_eq!(rates(&[(0, &[("a", 900)]), (5, &[("b", 50)])]), (0.0, 0.0), "one that was started anew");
        assert_eq!(rates(&[(0, &[("a", 900)]), (5, &[("a", 50)])]), (0.0, 0.0), "a counter that fell");
        assert_eq!(rates(&[(0, &[("a", 100)]), (60, &[]), (5, &[("a", 900)])]), (0.0, 0.0), "forgotten");
        assert_eq!(rates(&[(0, &[("a", 100)]), (0, &[("a", 900)])]), (0.0, 0.0), "in no time");
        assert_eq!(rates(&[(0, &[("a", 0)]), (1, &[("a", u64::MAX)])]).0, 18_446_744_073_709_551_615.0);
    }

    #[test]
    fn a_point_tells_what_waits_who_works_and_what_died() {
        let mut history = History::default();
        history.add(&overview(&[], &[12, 0]), Instant::now());
        let told = serde_json::to_value(history.told()).unwrap();
        assert_eq!(
            told,
            json!({"every": 5, "points": [{
                "at": "2026-11-21T18:00:00Z",
                "responses": {"2xx": 0.0, "3xx": 0.0, "4xx": 0.0, "5xx": 0.0},
                "waiting": {"stream-0": 12, "stream-1": 0},
                "oldestSeconds": {"stream-0": 1.5, "stream-1": 0.0},
                "busy": 6, "permits": 128, "deadLetters": 3
            }]})
        );
    }

    #[test]
    fn fifteen_minutes_of_the_busiest_streams_and_of_some_proxies_are_kept() {
        let (mut history, now) = (History::default(), Instant::now());
        let waiting: Vec<u64> = (0..300).collect();
        let ids: Vec<String> = (0..2_000).map(|number| number.to_string()).collect();
        let proxies: Vec<_> = ids.iter().map(|id| (id.as_str(), 0)).collect();
        history.add(&overview(&proxies, &waiting), now);
        for _ in 0..200 {
            history.add(&overview(&[], &waiting), now + EVERY);
        }
        assert_eq!((history.points.len(), history.counted.len()), (MAX_POINTS, MAX_PROXIES));
        let streams = last(&history)["waiting"].as_object().unwrap().clone();
        assert_eq!((streams.len(), &streams["stream-299"]), (MAX_STREAMS, &json!(299)));
        history.add(&overview(&[], &[]), now + FORGOTTEN_AFTER);
        assert_eq!(history.counted.len(), 0);
    }
}
