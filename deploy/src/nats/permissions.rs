//! What each role may publish and subscribe to: what its programs do, and nothing else.
//!
//! No role may answer whatever it is asked (`allow_responses`): by a question to itself, with an order to the server as the reply
//! subject, it could then give that order.

use serde::Serialize;
use uptake::{
    discovery::PROXY,
    job::store::SECRET_KEY,
    wire::{Class, MARKER, PROXY_ROLE, discovery_inbox, inbox_prefix, worker_role},
};

use super::{
    platform::{Platform, Workers},
    subjects::{acks, consumers, discovery, general, given_up, keys, of_consumer, of_stream},
};

/// What a user is for.
#[derive(Clone, Copy, Debug)]
pub enum Role<'a> {
    /// Proxies.
    Proxy,
    /// Operators: the private listener of proxies, and the command line.
    Operator,
    /// NACK, which makes streams and consumers, and nobody else does.
    Nack,
    /// The workers of a service.
    Service(&'a Workers),
}

impl Role<'_> {
    /// The name of its user.
    #[must_use]
    pub fn user(&self) -> &str {
        match self {
            Self::Proxy => PROXY_ROLE,
            Self::Operator => "operator",
            Self::Nack => "nack",
            Self::Service(workers) => &workers.user,
        }
    }
}

/// Subjects, with wildcards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Subjects {
    /// What is allowed; all else is refused.
    pub allow: Vec<String>,
    /// What is refused of what is allowed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deny: Vec<String>,
}

/// What a user may do, in the form of nats-server's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Permissions {
    /// What it may publish to.
    pub publish: Subjects,
    /// What it may subscribe to.
    pub subscribe: Subjects,
}

/// What a role may do on a platform.
#[must_use]
pub fn permissions(platform: &Platform, role: Role<'_>) -> Permissions {
    match role {
        Role::Proxy => allowed(proxy_publishes(platform), proxy_subscribes(platform)),
        Role::Operator => {
            allowed(operator_publishes(platform), vec![format!("{}.>", inbox_prefix(role.user()))])
        }
        Role::Nack => nack(platform),
        Role::Service(workers) => {
            allowed(worker_publishes(platform, workers), worker_subscribes(platform, workers))
        }
    }
}

fn allowed(publish: Vec<String>, subscribe: Vec<String>) -> Permissions {
    let only = |allow| Subjects { allow, deny: Vec::new() };
    Permissions { publish: only(publish), subscribe: only(subscribe) }
}

/// Where workers and proxies tell operators of themselves, and no other inbox of anybody.
fn told() -> String {
    discovery_inbox(&format!("{}.*", inbox_prefix(Role::Operator.user())))
}

fn proxy_publishes(platform: &Platform) -> Vec<String> {
    let root = &platform.root;
    let mut all = vec![
        root.requests(Class::Call),
        root.requests(Class::Job),
        root.controls(),
        keys(&root.job_bucket()),
        told(),
        general("STREAM.LIST"),
    ];
    all.extend(of_stream(&["INFO", "MSG.GET", "MSG.DELETE"], &platform.records()));
    all.extend(of_stream(&["INFO"], &platform.shared()));
    all.extend(of_stream(&["INFO"], &root.dead_stream()));
    all.extend(platform.streams().iter().map(|(stream, _)| consumers(stream)));
    all
}

fn proxy_subscribes(platform: &Platform) -> Vec<String> {
    let own = format!("{}.>", inbox_prefix(Role::Proxy.user()));
    let mut all = vec![own, platform.root.replies_of(PROXY_ROLE), platform.root.records()];
    all.extend(discovery(PROXY));
    all
}

fn operator_publishes(platform: &Platform) -> Vec<String> {
    let root = &platform.root;
    let mut all = vec![
        root.requests(Class::Job),
        root.controls(),
        keys(&root.job_bucket()),
        format!("$KV.{}.{SECRET_KEY}", root.platform_bucket()),
        "$SRV.>".to_owned(),
        general("INFO"),
        general("STREAM.LIST"),
        general("STREAM.NAMES"),
    ];
    all.extend(of_stream(&["INFO", "MSG.GET"], &platform.shared()));
    all.extend(platform.streams().iter().map(|(stream, _)| consumers(stream)));
    for stream in [root.dead_stream(), platform.records()] {
        all.extend(of_stream(&["INFO", "MSG.GET", "MSG.DELETE"], &stream));
        // A list is read by a consumer of its own, with the filter as the rest of the subject.
        all.extend(of_consumer(&["CREATE"], &stream, "*.>"));
        all.extend(of_consumer(&["MSG.NEXT", "DELETE"], &stream, "*"));
    }
    all
}

/// It cannot choose its inboxes, so it may have any but those of the others.
fn nack(platform: &Platform) -> Permissions {
    let mut publish = vec![general("INFO"), general("STREAM.LIST"), general("STREAM.NAMES")];
    for (stream, consumer) in platform.streams() {
        publish.extend(of_stream(&["CREATE", "UPDATE", "INFO", "DELETE"], &stream));
        publish.push(consumers(&stream));
        if let Some(consumer) = consumer {
            publish.extend(of_consumer(&["CREATE", "DURABLE.CREATE", "INFO", "DELETE"], &stream, &consumer));
        }
    }
    let others = [Role::Proxy, Role::Operator].into_iter().chain(platform.services.iter().map(Role::Service));
    let subscribe = Subjects {
        allow: vec!["_INBOX.>".to_owned()],
        deny: others.map(|other| format!("{}.>", inbox_prefix(other.user()))).collect(),
    };
    Permissions { publish: Subjects { allow: publish, deny: Vec::new() }, subscribe }
}

fn worker_publishes(platform: &Platform, workers: &Workers) -> Vec<String> {
    let root = &platform.root;
    let mut all = vec![
        root.replies_of("*"),
        root.dead(&workers.config.name),
        format!("{}.*.{MARKER}", inbox_prefix(&workers.user)),
        told(),
    ];
    all.extend(of_stream(&["INFO"], &root.dead_stream()));
    for (stream, consumer) in workers.pulled() {
        all.extend(of_consumer(&["MSG.NEXT", "INFO"], &stream, &consumer));
        all.extend(of_stream(&["INFO", "MSG.GET", "MSG.DELETE"], &stream));
        all.extend(acks(&stream, &consumer));
    }
    if workers.takes_jobs() {
        all.push(keys(&root.job_bucket()));
        all.extend(of_stream(&["INFO", "MSG.GET"], &platform.records()));
        all.extend(of_stream(&["INFO"], &platform.shared()));
    }
    let callees: Vec<_> = workers.calls.iter().filter_map(|user| platform.service(user)).collect();
    if !callees.is_empty() {
        all.push(general("STREAM.LIST"));
    }
    for callee in callees {
        all.extend(callee.call_subjects());
        all.push(root.control(&callee.call_stream()));
    }
    all
}

fn worker_subscribes(platform: &Platform, workers: &Workers) -> Vec<String> {
    let (root, name) = (&platform.root, &workers.config.name);
    let mut all = vec![format!("{}.>", inbox_prefix(&workers.user)), root.replies_of(&worker_role(name))];
    for (stream, consumer) in workers.pulled() {
        all.extend([root.control(&stream), given_up(&stream, &consumer)]);
    }
    all.extend(discovery(name));
    all
}
