//! What the panels show of a picture.

use uptake::overview::{
    Overview, ProxyOverview, ServiceOverview, StreamOverview, WorkerClass, WorkerOverview,
};

use super::{
    cells::{age, bar, course, number, octets, rate, used},
    panel::{Column, Mark, Panel, Row, figure, text},
    rates::Rates,
};

/// Characters of a bar.
const BAR: usize = 8;
/// Characters of a course.
const COURSE: usize = 16;
/// What is fuller than this is told.
const NEARLY_FULL: f64 = 0.8;

/// All panels, in the order of their keys.
pub(super) fn all(overview: &Overview, rates: &Rates) -> [Panel; 4] {
    [services(overview), workers(overview, rates), proxies(overview, rates), streams(overview)]
}

fn services(overview: &Overview) -> Panel {
    const COLUMNS: &[Column] = &[
        text("SERVICE", 0),
        text("CLASS", 1),
        figure("WAITING", 0),
        figure("OLDEST", 2),
        text("IN WORK/PERMITS", 3),
        figure("REDELIVERED", 6),
        figure("PULLS", 5),
        figure("WORKERS", 4),
        text("STATE", 0),
    ];
    let row = |service: &ServiceOverview| {
        let (state, mark) = match (service.no_worker, service.waiting) {
            (true, _) => ("NO WORKER", Mark::Bad),
            (false, 0) => ("ok", Mark::Usual),
            (false, _) => ("waiting", Mark::Notable),
        };
        Row {
            cells: vec![
                service.name.clone(),
                service.class.as_str().to_owned(),
                number(service.waiting),
                age(service.oldest_seconds),
                used(service.in_work, service.permits, BAR),
                number(service.redelivered),
                number(service.open_pulls),
                number(service.workers),
                state.to_owned(),
            ],
            keys: vec![service.waiting as f64, service.oldest_seconds.unwrap_or_default()],
            mark,
        }
    };
    Panel {
        name: "Services",
        columns: COLUMNS.to_vec(),
        sorts: &["name", "waiting", "oldest"],
        rows: overview.services.iter().map(row).collect(),
        empty: "no service has a stream yet",
    }
}

fn workers(overview: &Overview, rates: &Rates) -> Panel {
    const COLUMNS: &[Column] = &[
        text("SERVICE", 0),
        text("WORKER", 2),
        text("CLASS", 1),
        text("BUSY/PERMITS", 0),
        figure("OUT", 6),
        figure("ANSWERS", 3),
        figure("MEAN", 4),
        figure("FAULTS", 4),
        figure("REDELIVERED", 8),
        text("BUILD", 9),
        text("STATE", 1),
    ];
    let row = |worker: &WorkerOverview, class: &WorkerClass| {
        let by_second = rates.answers(&worker.id, &class.stream);
        let (state, mark) = match (worker.draining, &class.last_error) {
            (true, _) => ("draining".to_owned(), Mark::Notable),
            (false, Some(error)) => (format!("ok, last fault {error}"), Mark::Usual),
            (false, None) => ("ok".to_owned(), Mark::Usual),
        };
        Row {
            cells: vec![
                worker.service.clone(),
                worker.id.clone(),
                class.class.as_str().to_owned(),
                used(class.busy, class.permits, BAR),
                number(class.out),
                by_second.map_or_else(|| number(class.answered), |answers| format!("{}/s", rate(answers))),
                format!("{:.1} ms", class.mean_ms),
                number(class.faults),
                number(class.redeliveries),
                worker.build.clone(),
                state,
            ],
            keys: vec![class.busy as f64, by_second.unwrap_or(class.answered as f64), class.faults as f64],
            mark,
        }
    };
    let row = &row;
    Panel {
        name: "Workers",
        columns: COLUMNS.to_vec(),
        sorts: &["service", "busy", "answers", "faults"],
        rows: overview
            .workers
            .iter()
            .flat_map(|worker| worker.classes.iter().map(move |class| row(worker, class)))
            .collect(),
        empty: "no worker answers",
    }
}

fn proxies(overview: &Overview, rates: &Rates) -> Panel {
    const COLUMNS: &[Column] = &[
        text("PROXY", 0),
        figure("IN FLIGHT", 2),
        figure("2xx", 0),
        figure("3xx", 5),
        figure("4xx", 1),
        figure("5xx", 0),
        text("ANSWERS/S", 3),
        figure("WAITERS", 6),
        figure("CONNECTIONS", 7),
        text("BUILD", 8),
        text("STATE", 4),
    ];
    let row = |proxy: &ProxyOverview| {
        let (figures, id) = (&proxy.figures, proxy.id.as_str());
        let count = |class: &str| figures.responses.get(class).copied().unwrap_or_default();
        let told = |class: &str| match rates.responses(id, class) {
            Some(answers) => format!("{}/s", rate(answers)),
            None => number(count(class)),
        };
        let worst = figures.faults.iter().max_by_key(|(_, count)| **count);
        let (state, mark) = match (figures.draining, worst) {
            (true, _) => ("draining".to_owned(), Mark::Notable),
            (false, Some((fault, count))) => (format!("ok, {fault} {}", number(*count)), Mark::Usual),
            (false, None) => ("ok".to_owned(), Mark::Usual),
        };
        let failing = rates.responses(id, "5xx").is_some_and(|answers| answers > 0.0);
        Row {
            cells: vec![
                id.to_owned(),
                number(figures.in_flight),
                told("2xx"),
                told("3xx"),
                told("4xx"),
                told("5xx"),
                course(rates.course(id), COURSE),
                number(figures.waiters),
                number(figures.connections),
                proxy.build.clone(),
                state,
            ],
            keys: vec![figures.in_flight as f64, rates.course(id).next_back().unwrap_or_default()],
            mark: if failing { Mark::Notable } else { mark },
        }
    };
    Panel {
        name: "Proxies",
        columns: COLUMNS.to_vec(),
        sorts: &["id", "in flight", "answers"],
        rows: overview.proxies.iter().map(row).collect(),
        empty: "no proxy answers",
    }
}

fn streams(overview: &Overview) -> Panel {
    const COLUMNS: &[Column] = &[
        text("STREAM", 0),
        text("KIND", 3),
        figure("MESSAGES", 0),
        figure("OCTETS", 2),
        text("FULL", 0),
        figure("OLDEST", 4),
        figure("PENDING", 6),
        figure("IN WORK", 5),
        figure("PULLS", 7),
        text("STORAGE", 8),
        text("STATE", 1),
    ];
    let row = |stream: &StreamOverview| {
        let sum = |figure: fn(&uptake::overview::ConsumerOverview) -> u64| {
            number(stream.consumers.iter().map(figure).sum())
        };
        let consumers = stream.consumers.iter().map(|consumer| consumer.fullness);
        let is_full = consumers.fold(stream.fullness, f64::max) >= NEARLY_FULL;
        Row {
            cells: vec![
                stream.name.clone(),
                stream.kind.as_str().to_owned(),
                number(stream.messages),
                octets(stream.bytes),
                format!("{} {:>3.0} %", bar(stream.fullness, BAR), stream.fullness * 100.0),
                age(stream.oldest_seconds),
                sum(|consumer| consumer.pending),
                sum(|consumer| consumer.ack_pending),
                sum(|consumer| consumer.open_pulls),
                format!("{}, {}x", stream.storage, stream.replicas),
                if is_full { "NEARLY FULL" } else { "ok" }.to_owned(),
            ],
            keys: vec![stream.fullness, stream.messages as f64],
            mark: if is_full { Mark::Bad } else { Mark::Usual },
        }
    };
    Panel {
        name: "Streams",
        columns: COLUMNS.to_vec(),
        sorts: &["name", "fullness", "messages"],
        rows: overview.streams.iter().map(row).collect(),
        empty: "there are no streams yet",
    }
}
