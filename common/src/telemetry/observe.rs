//! Gauges and counters that are read when somebody looks: the work itself only adds to atomics, or to nothing at all.

use opentelemetry::{KeyValue, metrics::Histogram};

use super::metrics;

/// A name and a value, from [`names`](super::names).
pub type Attribute<'a> = (&'static str, &'a str);

/// What an instrument is told at each look: a value, and its attributes.
pub type Observe<'a> = dyn FnMut(f64, &[Attribute<'_>]) + 'a;

/// Makes a gauge that `read` tells the values of. What is not told at a look is not there.
///
/// Only one gauge of a name: of two that tell the same attributes, one would hide the other.
pub fn gauge(
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    read: impl Fn(&mut Observe<'_>) + Send + Sync + 'static,
) {
    let meter = metrics::meter();
    let builder = meter.f64_observable_gauge(name).with_description(description);
    let builder = if unit.is_empty() { builder } else { builder.with_unit(unit) };
    builder.with_callback(move |observer| read(&mut |value, of| observer.observe(value, &owned(of)))).build();
}

/// Makes a counter that `read` tells the values of, each since the start of the process.
///
/// Only one counter of a name: of two that tell the same attributes, one would hide the other.
pub fn counter(
    name: &'static str,
    unit: &'static str,
    description: &'static str,
    read: impl Fn(&mut Observe<'_>) + Send + Sync + 'static,
) {
    let meter = metrics::meter();
    let builder = meter.f64_observable_counter(name).with_unit(unit).with_description(description);
    builder.with_callback(move |observer| read(&mut |value, of| observer.observe(value, &owned(of)))).build();
}

/// A histogram of durations, in seconds. It has the buckets that all have.
pub(crate) fn durations(name: &'static str, description: &'static str) -> Histogram<f64> {
    metrics::meter().f64_histogram(name).with_unit("s").with_description(description).build()
}

/// Attributes as the SDK keeps them.
pub(crate) fn owned(attributes: &[Attribute<'_>]) -> Vec<KeyValue> {
    attributes.iter().map(|(name, value)| KeyValue::new(*name, (*value).to_owned())).collect()
}
