use std::sync::{Arc, Mutex};

use clap::Parser as _;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{BatchSpanProcessor, SpanExporter},
};

use super::*;
use crate::telemetry::{
    config::ExportConfig,
    pipeline::{self, Pipeline},
    watch::Health,
};

const SENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0";

/// Keeps what it is given.
#[derive(Clone, Debug, Default)]
struct Kept(Arc<Mutex<Vec<SpanData>>>);

impl SpanExporter for Kept {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.0.lock().unwrap().extend(batch);
        Ok(())
    }
}

#[derive(clap::Parser)]
struct Flags {
    #[command(flatten)]
    export: ExportConfig,
}

fn pipeline(flags: &[&str], kept: &Kept) -> Pipeline {
    let flags = Flags::try_parse_from(["service"].iter().chain(flags)).unwrap();
    let processor = BatchSpanProcessor::builder(kept.clone()).build();
    Pipeline::new(processor, Arc::new(Health::new(100)), &flags.export)
}

fn context(flags: char) -> TraceContext {
    TraceContext { traceparent: Some(format!("{SENT}{flags}")), ..TraceContext::default() }
}

#[test]
fn a_sampler_that_looks_at_the_caller_does_as_that_says() {
    let kept = Kept::default();
    let trace = TraceId::from(7_u128);
    let samples = |sampler: &str, sent| {
        let flags = [format!("--trace-sampler={sampler}"), "--trace-sampler-arg=0".to_owned()];
        pipeline(&[&flags[0], &flags[1]], &kept).samples(trace, sent)
    };
    for root in ["always_off", "traceidratio"] {
        assert!(samples(&format!("parentbased_{root}"), Some(true)), "{root}");
        assert!(!samples(&format!("parentbased_{root}"), None), "{root}");
        assert!(!samples(root, Some(true)), "{root}");
    }
    assert!(!samples("parentbased_always_on", Some(false)));
    assert!(samples("parentbased_always_on", None) && samples("always_on", Some(false)));
}

#[test]
fn spans_are_made_of_what_is_sampled_and_of_nothing_else() {
    let kept = Kept::default();
    // The one pipeline of this process: no other test of this crate starts one.
    pipeline::start(pipeline(&[], &kept));
    let named = || panic!("nothing is built of what is not sampled");

    let mut unsampled = context('0');
    assert!(!Span::entry(&mut unsampled, SpanKind::Server, named).is_one());
    assert_eq!(unsampled, context('0'), "it goes on as it came");
    assert_eq!(Place::of(&unsampled), None);
    assert!(!Span::below(None, SpanKind::Internal, named).is_one());

    let mut sampled = context('1');
    let mut span = Span::entry(&mut sampled, SpanKind::Server, || Cow::Borrowed("GET"));
    assert_eq!(sampled.traceparent, span.place().map(Place::traceparent));
    assert_eq!(sampled.trace_id(), context('1').trace_id());
    span.fail_here("no-route", "No service owns this path.");
    let here = span.place();
    drop(Span::below(here, SpanKind::Internal, || Cow::Borrowed("respond")));
    drop(span);

    let mut fresh = TraceContext::default();
    assert!(Span::entry(&mut fresh, SpanKind::Server, || Cow::Borrowed("PUT")).is_one());
    assert!(fresh.is_sampled());

    pipeline::end(std::time::Duration::from_secs(10));
    let spans = kept.0.lock().unwrap();
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (first, below, other) = (find("GET"), find("respond"), find("PUT"));
    assert_eq!(first.parent_span_id.to_string(), "b7ad6b7169203331");
    assert!(first.parent_span_is_remote && first.start_time <= below.start_time);
    assert_eq!(below.parent_span_id, first.span_context.span_id());
    assert_eq!(first.events.len(), 1);
    assert_eq!(other.parent_span_id, SpanId::INVALID);
    assert_eq!(spans.len(), 3);
}

#[test]
fn each_delivery_has_a_place_that_all_can_work_out() {
    let origin = Place::read(&context('1')).unwrap();
    let at = |sequence, delivery| origin.of_delivery("uptake-call-hello", sequence, delivery);
    assert_eq!(at(7, 1), at(7, 1));
    let places = [at(7, 1), at(7, 2), at(8, 1), origin.of_delivery("uptake-job-hello", 7, 1), origin];
    for (index, place) in places.iter().enumerate() {
        assert!(!places[..index].contains(place));
        assert!(place.is_beside(origin));
    }
    // Workers of other versions must find the same.
    assert_eq!(at(7, 1).span.to_string(), "0a57a4d8937622a1");
}
