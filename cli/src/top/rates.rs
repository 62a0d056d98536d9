//! What happens by the second: differences of counters between two looks, by instance.

use std::collections::{HashMap, VecDeque};

use uptake::overview::{Overview, ProxyOverview, WorkerOverview};

/// Looks of which the course of a proxy is kept.
const KEPT: usize = 60;

/// Rates of each instance, and their course.
#[derive(Clone, Debug, Default)]
pub(super) struct Rates {
    /// By id and the class of the status.
    responses: HashMap<String, HashMap<String, f64>>,
    /// By id and stream.
    answers: HashMap<(String, String), f64>,
    courses: HashMap<String, VecDeque<f64>>,
}

impl Rates {
    /// Learns from the next look. An instance that was not there before has no rate yet.
    pub(super) fn learn(&mut self, before: &Overview, now: &Overview) {
        let seconds = now.at.duration_since(before.at).as_secs_f64();
        if seconds <= 0.0 {
            return;
        }
        // Counters never fall, but for an instance that takes the id of another.
        let rate = |before: u64, now: u64| now.saturating_sub(before) as f64 / seconds;
        let (old, mut kept) = (std::mem::take(&mut self.courses), HashMap::new());
        self.responses.clear();
        self.answers.clear();
        for proxy in &now.proxies {
            let Some(earlier) = before.proxies.iter().find(|earlier| earlier.id == proxy.id) else {
                continue;
            };
            let of = |proxy: &ProxyOverview, class: &str| {
                proxy.figures.responses.get(class).copied().unwrap_or_default()
            };
            let classes = proxy.figures.responses.keys();
            let rates = classes.map(|class| (class.clone(), rate(of(earlier, class), of(proxy, class))));
            let rates: HashMap<_, _> = rates.collect();
            let mut course = old.get(&proxy.id).cloned().unwrap_or_default();
            course.push_back(rates.values().sum());
            while course.len() > KEPT {
                course.pop_front();
            }
            kept.insert(proxy.id.clone(), course);
            self.responses.insert(proxy.id.clone(), rates);
        }
        self.courses = kept;
        for worker in &now.workers {
            let Some(earlier) = before.workers.iter().find(|earlier| earlier.id == worker.id) else {
                continue;
            };
            for class in &worker.classes {
                let stream = &class.stream;
                let answered = |worker: &WorkerOverview| {
                    let class = worker.classes.iter().find(|class| class.stream == *stream);
                    class.map_or(0, |class| class.answered.saturating_add(class.faults))
                };
                let key = (worker.id.clone(), stream.clone());
                self.answers.insert(key, rate(answered(earlier), answered(worker)));
            }
        }
    }

    /// Answers of a proxy by the second, by the class of their status.
    pub(super) fn responses(&self, proxy: &str, class: &str) -> Option<f64> {
        self.responses.get(proxy)?.get(class).copied()
    }

    /// Answers of a worker by the second, from one stream.
    pub(super) fn answers(&self, worker: &str, stream: &str) -> Option<f64> {
        self.answers.get(&(worker.to_owned(), stream.to_owned())).copied()
    }

    /// Answers of a proxy by the second, of the last looks.
    pub(super) fn course(&self, proxy: &str) -> impl DoubleEndedIterator<Item = f64> + Clone {
        self.courses.get(proxy).into_iter().flatten().copied()
    }
}
