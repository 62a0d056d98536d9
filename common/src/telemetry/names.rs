//! The names of all metrics, spans and attributes: those of OpenTelemetry's semantic conventions where there are any
//! (<https://opentelemetry.io/docs/specs/semconv/>), else below `uptake.`.

// Metrics. Prometheus sees dots as underscores, and the unit and `_total` behind the name.

/// Histogram, s: from the arrival of a request at the proxy to its answer's head.
pub const HTTP_SERVER_REQUEST_DURATION: &str = "http.server.request.duration";
/// Gauge, {request}: requests in flight at the proxy.
pub const HTTP_SERVER_ACTIVE_REQUESTS: &str = "http.server.active_requests";
/// Gauge, {waiter}: calls and jobs that wait for an answer at the proxy.
pub const PROXY_WAITERS: &str = "uptake.proxy.waiters";
/// Gauge, By: octets in flight at the proxy, by [`DIRECTION`].
pub const PROXY_IN_FLIGHT_SIZE: &str = "uptake.proxy.in_flight.size";
/// Gauge, {connection}: open connections of clients.
pub const PROXY_CONNECTIONS: &str = "uptake.proxy.connections";

/// Histogram, s: how long handlers take, by route and outcome.
pub const MESSAGING_PROCESS_DURATION: &str = "messaging.process.duration";
/// Histogram, s: age of messages when they are delivered.
pub const QUEUE_WAIT: &str = "uptake.queue.wait";
/// Gauge, {permit}: permits of a worker, by [`PERMIT_STATE`].
pub const WORKER_PERMITS: &str = "uptake.worker.permits";
/// Counter, {delivery}: deliveries that a worker has taken, by [`REDELIVERED`].
pub const WORKER_DELIVERIES: &str = "uptake.worker.deliveries";
/// Counter, {message}: dead letters that a worker has stored, by [`CAUSE`].
pub const WORKER_DEAD_LETTERS: &str = "uptake.worker.dead_letters";
/// Counter, {job}: states that jobs were brought to by a worker, by [`JOB_STATE`].
pub const WORKER_JOBS: &str = "uptake.worker.jobs";

/// Gauge, {message}: messages in a stream.
pub const STREAM_MESSAGES: &str = "uptake.stream.messages";
/// Gauge, {message}: messages that a stream takes.
pub const STREAM_MESSAGES_LIMIT: &str = "uptake.stream.messages.limit";
/// Gauge, By: octets in a stream.
pub const STREAM_SIZE: &str = "uptake.stream.size";
/// Gauge, By: octets that a stream takes.
pub const STREAM_SIZE_LIMIT: &str = "uptake.stream.size.limit";
/// Gauge, s: age of the oldest message in a stream of calls or jobs; 0 where there is none.
pub const STREAM_OLDEST_AGE: &str = "uptake.stream.oldest.age";
/// Gauge, {message}: messages that a consumer has not delivered yet.
pub const CONSUMER_PENDING: &str = "uptake.consumer.pending";
/// Gauge, {message}: messages that are delivered and not settled.
pub const CONSUMER_ACK_PENDING: &str = "uptake.consumer.ack_pending";
/// Gauge, {message}: messages that may be delivered and not settled.
pub const CONSUMER_ACK_PENDING_LIMIT: &str = "uptake.consumer.ack_pending.limit";
/// Gauge, {request}: pull requests that are open at a consumer.
pub const CONSUMER_PULL_REQUESTS: &str = "uptake.consumer.pull_requests";
/// Gauge, {request}: pull requests that may be open at a consumer.
pub const CONSUMER_PULL_REQUESTS_LIMIT: &str = "uptake.consumer.pull_requests.limit";
/// Gauge, {message}: messages in work that were delivered before.
pub const CONSUMER_REDELIVERED: &str = "uptake.consumer.redelivered";
/// Gauge, {message}: dead letters that are kept, by [`SERVICE`].
pub const DEAD_LETTERS: &str = "uptake.dead_letters";
/// Gauge, {job}: jobs, by [`JOB_STATE`]: `waiting`, `running`, and `kept`, which counts all records.
pub const JOBS: &str = "uptake.jobs";
/// Gauge, s: Unix time of the last look at streams and consumers that JetStream answered.
pub const PLATFORM_READ_TIME: &str = "uptake.platform.read.time";

/// Gauge: 1 if all connections of this process to NATS are up, else 0.
pub const NATS_CONNECTED: &str = "uptake.nats.connected";
/// Counter, {connection}: connections to NATS that were made after the first.
pub const NATS_RECONNECTS: &str = "uptake.nats.reconnects";
/// Counter, {alarm}: slow-consumer alarms: a message for this process was dropped.
pub const NATS_SLOW_CONSUMERS: &str = "uptake.nats.slow_consumers";

/// Gauge, {connection}: connections to the database, by [`POOL_NAME`] and [`CONNECTION_STATE`].
pub const DB_CLIENT_CONNECTION_COUNT: &str = "db.client.connection.count";
/// Gauge, {connection}: connections to the database that there may be, by [`POOL_NAME`].
pub const DB_CLIENT_CONNECTION_MAX: &str = "db.client.connection.max";

// Attributes.

/// `answer` or `request`.
pub const DIRECTION: &str = "uptake.direction";
/// `busy`, `free`, or `out` in pull requests.
pub const PERMIT_STATE: &str = "uptake.permit.state";
/// Whether a message was delivered before.
pub const REDELIVERED: &str = "uptake.redelivered";
/// Cause of a dead letter.
pub const CAUSE: &str = "uptake.cause";
/// State of a job.
pub const JOB_STATE: &str = "uptake.job.state";
/// Kind of a database.
pub const DB_SYSTEM_NAME: &str = "db.system.name";
/// First word of a statement.
pub const DB_OPERATION_NAME: &str = "db.operation.name";
/// The one table that a statement names.
pub const DB_COLLECTION_NAME: &str = "db.collection.name";
/// First word of a statement, and the tables that it names.
pub const DB_QUERY_SUMMARY: &str = "db.query.summary";
/// Error code of a database.
pub const DB_RESPONSE_STATUS_CODE: &str = "db.response.status_code";
/// Name of a service.
pub const SERVICE: &str = "uptake.service";
/// `call` or `job`; of other streams `dead_letters`, `records` or `other`.
pub const CLASS: &str = "uptake.class";
/// Name of a stream.
pub const STREAM: &str = "uptake.stream";
/// Name of a consumer.
pub const CONSUMER: &str = "uptake.consumer";
/// Method of a request.
pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
/// Template of a request's path, as clients see it.
pub const HTTP_ROUTE: &str = "http.route";
/// Status of an answer.
pub const HTTP_RESPONSE_STATUS_CODE: &str = "http.response.status_code";
/// `nats`.
pub const MESSAGING_SYSTEM: &str = "messaging.system";
/// `publish`, `process` or `reply`.
pub const MESSAGING_OPERATION_NAME: &str = "messaging.operation.name";
/// Name of the stream; of the subject, where the stream is not known.
pub const MESSAGING_DESTINATION_NAME: &str = "messaging.destination.name";
/// Name of a pool of connections to a database.
pub const POOL_NAME: &str = "db.client.connection.pool.name";
/// `idle` or `used`.
pub const CONNECTION_STATE: &str = "db.client.connection.state";
/// Slug of a fault; status of an answer that is an error of the service.
pub const ERROR_TYPE: &str = "error.type";

// Attributes of spans alone.

/// Path of a request, as the client sent it.
pub const URL_PATH: &str = "url.path";
/// `http`.
pub const URL_SCHEME: &str = "url.scheme";
/// `1.1` or `2`.
pub const NETWORK_PROTOCOL_VERSION: &str = "network.protocol.version";
/// `send` or `process`.
pub const MESSAGING_OPERATION_TYPE: &str = "messaging.operation.type";
/// Whether a destination is gone with its process: a reply subject.
pub const MESSAGING_DESTINATION_TEMPORARY: &str = "messaging.destination.temporary";
/// Stream sequence.
pub const MESSAGING_MESSAGE_ID: &str = "messaging.message.id";
/// Name of a durable consumer.
pub const MESSAGING_CONSUMER_GROUP_NAME: &str = "messaging.consumer.group.name";
/// Identity of a request.
pub const REQUEST_ID: &str = "uptake.request_id";
/// How often a message was delivered, from 1.
pub const DELIVERY_COUNT: &str = "uptake.delivery.count";
/// Id of a job.
pub const JOB_ID: &str = "uptake.job.id";
/// Life of a job, from 1: a redrive is the next one.
pub const JOB_RUN: &str = "uptake.job.run";
/// Started execution of a run, from 1.
pub const JOB_ATTEMPT: &str = "uptake.job.attempt";
/// What an attempt that is tried again waits, s.
pub const JOB_PAUSE: &str = "uptake.job.pause";
/// Whether a request found the job of an earlier one with the same key.
pub const JOB_REPLAYED: &str = "uptake.job.replayed";
/// Instance of a worker.
pub const WORKER: &str = "uptake.worker";
/// Event: an error.
pub const EXCEPTION: &str = "exception";
/// Slug of a fault, or status of an answer that is an error of the service.
pub const EXCEPTION_TYPE: &str = "exception.type";
/// What has gone wrong, in words.
pub const EXCEPTION_MESSAGE: &str = "exception.message";
