//! Streams and consumers of NACK (<https://github.com/nats-io/nack>), whose fields are those of JetStream.
//!
//! Times are texts as Go writes them, such as `1m30s`. There is no key-value bucket: `render` tells why.

use std::collections::BTreeMap;

use super::Kind;

fields! {
    /// How NATS is reached.
    AccountSpec {
        /// Its name, by which streams and consumers name it.
        name: String,
        /// Addresses of the servers.
        servers: Vec<String>,
        /// As whom.
        user: Option<UserKeys>,
        /// By which certificates.
        tls: Option<TlsFiles>,
    }

    /// User and password in a Secret.
    UserKeys {
        /// The Secret.
        secret: SecretName,
        /// The key with the user's name.
        user: String,
        /// The key with the password.
        password: String,
    }

    /// Certificates in a Secret.
    TlsFiles {
        /// The Secret.
        secret: SecretName,
        /// The key with the root certificate.
        ca: String,
    }

    /// A Secret.
    SecretName {
        /// Its name.
        name: String,
    }

    /// A stream.
    StreamSpec {
        /// The account by which NATS is reached.
        account: String,
        /// Its name in JetStream.
        name: String,
        /// What it is for.
        description: String,
        /// The subjects that it stores.
        subjects: Vec<String>,
        /// When a message leaves it: `limits`, `interest` or `workqueue`.
        retention: String,
        /// What is refused when it is full: the `new` message, or the `old` one that makes place.
        discard: String,
        /// Where it is kept: `file` or `memory`.
        storage: String,
        /// Copies in a NATS cluster.
        replicas: Option<i64>,
        /// Consumers at most; -1 for no limit.
        max_consumers: Option<i64>,
        /// Messages at most; -1 for no limit.
        max_msgs: Option<i64>,
        /// Messages of one subject at most; 0 for no limit.
        max_msgs_per_subject: Option<i64>,
        /// Octets at most; -1 for no limit.
        max_bytes: Option<i64>,
        /// Octets of one message at most; -1 for no limit.
        max_msg_size: Option<i64>,
        /// Age at which a message leaves it.
        max_age: String,
        /// Time within which a message id is stored once.
        duplicate_window: String,
        /// Whether publishing is not acknowledged.
        no_ack: Option<bool>,
        /// Whether a message may replace those before it.
        allow_rollup: Option<bool>,
        /// Whether any copy may answer reads, not the leader alone.
        allow_direct: Option<bool>,
        /// Whether single messages cannot be deleted.
        deny_delete: Option<bool>,
        /// Whether it cannot be purged.
        deny_purge: Option<bool>,
        /// How files are compressed: `s2` or `none`.
        compression: String,
        /// Where what is stored is published again.
        republish: Option<Republish>,
        /// Which servers keep it.
        placement: Option<Placement>,
        /// What others write on it.
        metadata: BTreeMap<String, String>,
        /// Whether it stays in JetStream when this object is deleted.
        prevent_delete: Option<bool>,
        /// Whether it stays as it is in JetStream when this object changes.
        prevent_update: Option<bool>,
    }

    /// Where what is stored is published again.
    Republish {
        /// The subjects of which it is.
        source: String,
        /// The subject below which it is.
        destination: String,
    }

    /// Which servers keep a stream.
    Placement {
        /// The NATS cluster.
        cluster: String,
        /// Tags that the servers have.
        tags: Vec<String>,
    }

    /// A consumer.
    ConsumerSpec {
        /// The account by which NATS is reached.
        account: String,
        /// The stream.
        stream_name: String,
        /// Its name in JetStream.
        durable_name: String,
        /// What it is for.
        description: String,
        /// Where it starts: `all` for the first message that is there.
        deliver_policy: String,
        /// Which messages are to be acknowledged: `explicit` for each. The server of the API says `none` where this is left out.
        ack_policy: String,
        /// Time without a sign of life after which a message is delivered again. The API's server says 1 ns where this is left out.
        ack_wait: String,
        /// Deliveries of a message at most; -1 for no limit.
        max_deliver: Option<i64>,
        /// Messages in work at most; 0 for the server's default, -1 for no limit.
        max_ack_pending: Option<i64>,
        /// Pull requests that wait at most.
        max_waiting: Option<i64>,
        /// How fast: `instant`.
        replay_policy: String,
        /// The only subject that is delivered.
        filter_subject: String,
        /// The only subjects that are delivered.
        filter_subjects: Vec<String>,
        /// Copies in a NATS cluster; 0 for those of the stream.
        replicas: Option<i64>,
        /// Whether its state is kept in memory, whatever the stream's is.
        mem_storage: Option<bool>,
        /// Time without a pull request after which it is deleted.
        inactive_threshold: String,
        /// What others write on it.
        metadata: BTreeMap<String, String>,
        /// Whether it stays in JetStream when this object is deleted.
        prevent_delete: Option<bool>,
        /// Whether it stays as it is in JetStream when this object changes.
        prevent_update: Option<bool>,
    }
}

impl Kind for AccountSpec {
    const API_VERSION: &'static str = "jetstream.nats.io/v1beta2";
    const KIND: &'static str = "Account";
}

impl Kind for StreamSpec {
    const API_VERSION: &'static str = "jetstream.nats.io/v1beta2";
    const KIND: &'static str = "Stream";
}

impl Kind for ConsumerSpec {
    const API_VERSION: &'static str = "jetstream.nats.io/v1beta2";
    const KIND: &'static str = "Consumer";
}
