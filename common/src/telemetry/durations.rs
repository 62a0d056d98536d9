//! How long requests take, by method, route and outcome: one histogram with a bounded number of series.
//!
//! A series is looked up once and then kept, so that to record is a look into a table of routes and three additions.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use http::{Method, StatusCode};
use opentelemetry::{
    KeyValue,
    metrics::{BoundHistogram, Histogram},
};

use super::{
    metrics, names,
    observe::{self, Attribute},
};

/// The route of what has none, and of what would be one too many.
pub const OTHER_ROUTE: &str = "other";
/// The method of what is none that HTTP knows.
const OTHER_METHOD: &str = "_OTHER";
/// Series for each route that there may be: a service that answers with ever other statuses cannot fill the memory.
const SERIES_PER_ROUTE: usize = 8;
/// More than there are of the route `other`: ten methods, by the registered statuses and the platform's faults.
const SERIES_OF_OTHER: usize = 1_500;

/// Most series of one histogram.
pub(super) fn max_series(max_routes: usize) -> usize {
    max_routes * SERIES_PER_ROUTE + SERIES_OF_OTHER
}

/// How a request ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Status of its answer, if there was one.
    pub status: Option<StatusCode>,
    /// Slug of the fault that was answered, or what else ended it.
    pub error: Option<&'static str>,
}

/// A histogram of durations, by method, route and outcome.
#[derive(Debug)]
pub struct RouteDurations {
    histogram: Histogram<f64>,
    /// What all its series have in common.
    common: Vec<KeyValue>,
    max_routes: usize,
    table: RwLock<Table>,
}

#[derive(Debug, Default)]
struct Table {
    routes: HashMap<Box<str>, Vec<Series>>,
    /// Different methods and routes.
    pairs: usize,
    series: usize,
}

#[derive(Debug)]
struct Series {
    method: &'static str,
    ended: Ended,
    durations: BoundHistogram<f64>,
}

impl Table {
    fn find(&self, method: &str, route: &str, ended: Ended) -> Option<&BoundHistogram<f64>> {
        let series = self.routes.get(route)?;
        let found = series.iter().find(|series| series.ended == ended && series.method == method);
        found.map(|series| &series.durations)
    }

    /// Whether there is room for another series.
    fn has_room(&self, method: &str, route: &str, max_routes: usize) -> bool {
        let known = self.routes.get(route).is_some_and(|all| all.iter().any(|one| one.method == method));
        (known || self.pairs < max_routes) && self.series < max_routes * SERIES_PER_ROUTE
    }
}

impl RouteDurations {
    /// The histogram of this name. `common` is what all its series have in common.
    #[must_use]
    pub fn new(name: &'static str, description: &'static str, common: &[Attribute<'_>]) -> Self {
        Self {
            histogram: observe::durations(name, description),
            common: observe::owned(common),
            max_routes: metrics::max_routes(),
            table: RwLock::default(),
        }
    }

    /// Records one request. Beyond the limit of routes it is one of the route `other`.
    pub fn record(&self, method: &Method, route: &str, ended: Ended, took: Duration) {
        let (method, took) = (known_method(method), took.as_secs_f64());
        if let Some(found) =
            self.table.read().unwrap_or_else(PoisonError::into_inner).find(method, route, ended)
        {
            return found.record(took);
        }
        self.add(method, route, ended, took);
    }

    fn add(&self, method: &'static str, route: &str, ended: Ended, took: f64) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let (route, ended) = match table.has_room(method, route, self.max_routes) {
            true => (route, ended),
            false => (OTHER_ROUTE, common_form(ended)),
        };
        // Another thread may have been first, or it is one of `other`.
        if let Some(found) = table.find(method, route, ended) {
            return found.record(took);
        }
        let durations = self.histogram.bind(&self.attributes(method, route, ended));
        durations.record(took);
        let known = table.routes.entry(route.into()).or_default();
        let is_new_pair = !known.iter().any(|series| series.method == method);
        known.push(Series { method, ended, durations });
        if route != OTHER_ROUTE {
            table.pairs += usize::from(is_new_pair);
            table.series += 1;
        }
    }

    fn attributes(&self, method: &'static str, route: &str, ended: Ended) -> Vec<KeyValue> {
        let mut attributes = self.common.clone();
        attributes.push(KeyValue::new(names::HTTP_REQUEST_METHOD, method));
        attributes.push(KeyValue::new(names::HTTP_ROUTE, route.to_owned()));
        if let Some(status) = ended.status {
            attributes.push(KeyValue::new(names::HTTP_RESPONSE_STATUS_CODE, i64::from(status.as_u16())));
        }
        // The conventions want an error of a server to be named by its status where nothing says more.
        let of_service =
            || ended.status.filter(StatusCode::is_server_error).map(|status| status.as_str().to_owned());
        if let Some(error) = ended.error.map(str::to_owned).or_else(of_service) {
            attributes.push(KeyValue::new(names::ERROR_TYPE, error));
        }
        // The SDK would keep them twice: as they come, and in order.
        attributes.sort_by(|one, other| one.key.cmp(&other.key));
        attributes
    }
}

/// The methods that the conventions name.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE"];
    known.into_iter().find(|known| method == known).unwrap_or(OTHER_METHOD)
}

/// One of few forms: of statuses that nobody has registered, the first of their class.
fn common_form(ended: Ended) -> Ended {
    let common = |status: StatusCode| match status.canonical_reason() {
        Some(_) => status,
        None => StatusCode::from_u16(status.as_u16() / 100 * 100).unwrap_or(status),
    };
    Ended { status: ended.status.map(common), ..ended }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(durations: &RouteDurations) -> usize {
        durations.table.read().unwrap().routes.values().map(Vec::len).sum()
    }

    fn with_limit(max_routes: usize) -> RouteDurations {
        RouteDurations { max_routes, ..RouteDurations::new("test", "", &[]) }
    }

    fn record(durations: &RouteDurations, method: &str, route: &str, status: u16) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let ended = Ended { status: StatusCode::from_u16(status).ok(), error: None };
        durations.record(&method, route, ended, Duration::from_millis(1));
    }

    #[test]
    fn a_thousand_routes_methods_and_statuses_make_no_more_series_than_are_allowed() {
        let durations = with_limit(5);
        for number in 0..1_000 {
            record(&durations, "GET", &format!("/{number}"), 200);
            record(&durations, &format!("M{number}"), "/0", 200);
        }
        // Five pairs, and GET of `other`: all unknown methods are one.
        assert_eq!(series(&durations), 5 + 1);
        for status in 100..=999 {
            record(&durations, "GET", "/0", status);
        }
        let registered =
            (100..=999).filter(|s| StatusCode::from_u16(*s).unwrap().canonical_reason().is_some());
        let of_other = registered.count() + 9;
        assert!(series(&durations) <= 5 * SERIES_PER_ROUTE + of_other, "{}", series(&durations));
    }

    #[test]
    fn a_known_route_keeps_its_series_when_there_is_no_room_for_others() {
        let durations = with_limit(1);
        for (method, route, status) in [("GET", "/a", 200), ("GET", "/b", 200), ("GET", "/a", 404)] {
            record(&durations, method, route, status);
        }
        let table = durations.table.read().unwrap();
        assert_eq!((table.routes["/a"].len(), table.routes["other"].len()), (2, 1));
    }

    #[test]
    fn an_error_has_a_type() {
        let durations = with_limit(1);
        let error = |status: u16, error| {
            let ended = Ended { status: StatusCode::from_u16(status).ok(), error };
            let attributes = durations.attributes("GET", "/", ended);
            let found = attributes.into_iter().find(|attribute| attribute.key.as_str() == names::ERROR_TYPE);
            found.map(|attribute| attribute.value.to_string())
        };
        assert_eq!(error(200, None), None);
        assert_eq!(error(404, None), None, "the service's own word is no error of a server");
        assert_eq!(error(500, None).as_deref(), Some("500"));
        assert_eq!(error(503, Some("overloaded")).as_deref(), Some("overloaded"));
    }
}
