//! Subjects of JetStream's API, as NATS documents them (<https://docs.nats.io/reference/reference-protocols/nats_api_reference>).

/// A request that is about no stream in particular, such as `STREAM.LIST`.
pub(super) fn general(request: &str) -> String {
    format!("$JS.API.{request}")
}

/// Requests about a stream: `INFO`, `MSG.GET` and the like.
pub(super) fn of_stream(requests: &[&str], stream: &str) -> Vec<String> {
    requests.iter().map(|request| format!("$JS.API.STREAM.{request}.{stream}")).collect()
}

/// Requests about a consumer of a stream; `*` stands for all of them.
pub(super) fn of_consumer(requests: &[&str], stream: &str, consumer: &str) -> Vec<String> {
    requests.iter().map(|request| format!("$JS.API.CONSUMER.{request}.{stream}.{consumer}")).collect()
}

/// The list of a stream's consumers.
pub(super) fn consumers(stream: &str) -> String {
    format!("$JS.API.CONSUMER.LIST.{stream}")
}

/// Where deliveries of a consumer are settled, in both forms that servers give them. The second begins with domain and account:
/// no other stream's acknowledgement has numbers where these stream and consumer stand.
pub(super) fn acks(stream: &str, consumer: &str) -> [String; 2] {
    [format!("$JS.ACK.{stream}.{consumer}.>"), format!("$JS.ACK.*.*.{stream}.{consumer}.>")]
}

/// Where the server says that it has given up a message.
pub(super) fn given_up(stream: &str, consumer: &str) -> String {
    format!("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.{stream}.{consumer}")
}

/// The subjects of a bucket's keys. No key of ours has a dot.
pub(super) fn keys(bucket: &str) -> String {
    format!("$KV.{bucket}.*")
}

/// By what a service is asked who it is (ADR-32).
pub(super) fn discovery(name: &str) -> [String; 3] {
    ["$SRV.*".to_owned(), format!("$SRV.*.{name}"), format!("$SRV.*.{name}.*")]
}
