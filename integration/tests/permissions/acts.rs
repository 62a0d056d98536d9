//! What a user may try.

use std::fmt;

/// An order to the server, and who gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Act {
    pub(crate) user: &'static str,
    pub(crate) does: Does,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Publish(String),
    Subscribe(String),
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (verb, subject) = match &self.does {
            Does::Publish(subject) => ("publishes to", subject),
            Does::Subscribe(subject) => ("subscribes to", subject),
        };
        write!(f, "{} {verb} {subject}", self.user)
    }
}

impl Act {
    /// As the protocol has it.
    pub(crate) fn lines(&self) -> String {
        match &self.does {
            Does::Publish(subject) => format!("PUB {subject} 2\r\n{{}}\r\n"),
            Does::Subscribe(subject) => format!("SUB {subject} 1\r\nUNSUB 1\r\n"),
        }
    }
}

/// The users of all programs of the platform; NACK makes streams, and is a case of its own.
const PROGRAMS: [&str; 4] = ["proxy", "operator", "inner", "outer"];
/// Orders about a stream as a whole, and about consumers of it.
const ORDERS: [&str; 11] = [
    "STREAM.CREATE.{}",
    "STREAM.UPDATE.{}",
    "STREAM.DELETE.{}",
    "STREAM.PURGE.{}",
    "STREAM.SNAPSHOT.{}",
    "STREAM.RESTORE.{}",
    "STREAM.LEADER.STEPDOWN.{}",
    "CONSUMER.CREATE.{}",
    "CONSUMER.DURABLE.CREATE.{}.workers",
    "CONSUMER.DELETE.{}.workers",
    "DIRECT.GET.{}",
];
/// Of these orders, those that operators need to list dead letters and jobs.
const LISTED: [&str; 2] = ["uptake-dead", "KV_uptake-jobs"];
/// What nobody publishes to.
const ORDERS_OF_NOBODY: [&str; 7] = [
    "$JS.API.STREAM.CREATE.other",
    "$JS.API.CONSUMER.CREATE.other",
    "$JS.API.META.LEADER.STEPDOWN",
    "$JS.API.ACCOUNT.PURGE.UPTAKE",
    "$SYS.REQ.SERVER.PING",
    "uptake.record.00000000000000000000000000000001",
    "uptake.event.x.y",
];
/// What nobody hears.
const HEARD_BY_NOBODY: [&str; 14] = [
    ">",
    "*.>",
    "uptake.>",
    "uptake.call.>",
    "uptake.job.>",
    "uptake.dead.>",
    "uptake.reply.>",
    "uptake.reply.*.*.*",
    "uptake.control.*",
    "$KV.>",
    "$JS.>",
    "$JS.API.>",
    "$JS.ACK.>",
    "$SYS.>",
];

/// Everything that must be refused.
pub(crate) fn forbidden(streams: &[String]) -> Vec<Act> {
    let mut acts = Vec::new();
    let mut publish = |user, subject: String| acts.push(Act { user, does: Does::Publish(subject) });
    for user in PROGRAMS {
        for stream in streams {
            let of_operators = user == "operator" && LISTED.contains(&stream.as_str());
            for order in ORDERS.into_iter().filter(|order| {
                !(of_operators
                    && (*order == "CONSUMER.DELETE.{}.workers" || order.ends_with("CREATE.{}.workers")))
            }) {
                publish(user, format!("$JS.API.{}", order.replace("{}", stream)));
            }
        }
        ORDERS_OF_NOBODY.into_iter().for_each(|subject| publish(user, subject.to_owned()));
        let others =
            ["proxy", "operator", "inner", "outer", "nack"].into_iter().filter(|other| *other != user);
        others.for_each(|other| publish(user, format!("_INBOX.{other}.x")));
        publish(user, "_INBOX.x".to_owned());
    }
    for (user, subjects) in OF_ROLES {
        subjects.iter().for_each(|subject| publish(user, (*subject).to_owned()));
    }
    let mut subscribe = |user, subject: String| acts.push(Act { user, does: Does::Subscribe(subject) });
    for user in PROGRAMS {
        HEARD_BY_NOBODY.into_iter().for_each(|subject| subscribe(user, subject.to_owned()));
        subscribe(user, "_INBOX.>".to_owned());
        let others =
            ["proxy", "operator", "inner", "outer", "nack"].into_iter().filter(|other| *other != user);
        others.for_each(|other| subscribe(user, format!("_INBOX.{other}.>")));
    }
    for (user, subjects) in HEARD_OF_ROLES {
        subjects.iter().for_each(|subject| subscribe(user, (*subject).to_owned()));
    }
    acts
}

/// What is another role's to publish.
const OF_ROLES: [(&str, &[&str]); 5] = [
    (
        "proxy",
        &[
            "uptake.reply.proxy.a.b",
            "uptake.reply.worker-outer.a.b",
            "uptake.dead.inner",
            "$SRV.STATS",
            "$KV.uptake-platform.job-secret",
            "$JS.ACK.uptake-call-inner.workers.1.1.1.1.0",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-call-inner.workers",
            "$JS.API.STREAM.MSG.GET.uptake-call-inner",
            "$JS.API.STREAM.MSG.GET.uptake-dead",
            "$JS.API.STREAM.MSG.GET.KV_uptake-platform",
            "$JS.API.STREAM.MSG.DELETE.uptake-call-inner",
            "$JS.API.STREAM.MSG.DELETE.uptake-job-inner",
            "$JS.API.STREAM.MSG.DELETE.uptake-dead",
            "$JS.API.STREAM.MSG.DELETE.KV_uptake-platform",
        ],
    ),
    (
        "operator",
        &[
            "uptake.call.get.hello.work",
            "uptake.reply.proxy.a.b",
            "uptake.dead.inner",
            "$KV.uptake-platform.other",
            "$JS.ACK.uptake-call-inner.workers.1.1.1.1.0",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-call-inner.workers",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-job-inner.workers",
            "$JS.API.STREAM.MSG.GET.uptake-call-inner",
            "$JS.API.STREAM.MSG.GET.uptake-job-inner",
            "$JS.API.STREAM.MSG.DELETE.uptake-call-inner",
            "$JS.API.STREAM.MSG.DELETE.uptake-job-inner",
            "$JS.API.STREAM.MSG.DELETE.KV_uptake-platform",
        ],
    ),
    // It takes jobs, and calls nobody.
    (
        "inner",
        &[
            "uptake.call.get.hello.relay",
            "uptake.call.get.hello.work",
            "uptake.job.post.hello.echo",
            "uptake.control.uptake-call-outer",
            "uptake.control.uptake-call-inner",
            "uptake.dead.outer",
            "$SRV.STATS",
            "$KV.uptake-platform.job-secret",
            "$JS.ACK.uptake-call-outer.workers.1.1.1.1.0",
            "$JS.ACK._.hash.uptake-call-outer.workers.1.1.1.1.0.x",
            "$JS.API.STREAM.LIST",
            "$JS.API.STREAM.NAMES",
            "$JS.API.STREAM.INFO.uptake-call-outer",
            "$JS.API.CONSUMER.INFO.uptake-call-outer.workers",
            "$JS.API.CONSUMER.LIST.uptake-call-outer",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-call-outer.workers",
            "$JS.API.STREAM.MSG.GET.uptake-call-outer",
            "$JS.API.STREAM.MSG.GET.uptake-dead",
            "$JS.API.STREAM.MSG.GET.KV_uptake-platform",
            "$JS.API.STREAM.MSG.DELETE.uptake-call-outer",
            "$JS.API.STREAM.MSG.DELETE.uptake-dead",
            "$JS.API.STREAM.MSG.DELETE.KV_uptake-jobs",
        ],
    ),
    // It calls `inner`, and takes no jobs.
    (
        "outer",
        &[
            "uptake.call.get.hello.relay",
            "uptake.call.get.users",
            "uptake.job.post.hello.echo",
            "uptake.control.uptake-job-inner",
            "uptake.dead.inner",
            "$SRV.STATS",
            "$KV.uptake-jobs.00000000000000000000000000000001",
            "$KV.uptake-platform.job-secret",
            "$JS.ACK.uptake-call-inner.workers.1.1.1.1.0",
            "$JS.ACK._.hash.uptake-call-inner.workers.1.1.1.1.0.x",
            "$JS.ACK.uptake-job-inner.workers.1.1.1.1.0",
            "$JS.API.STREAM.INFO.uptake-call-inner",
            "$JS.API.CONSUMER.INFO.uptake-call-inner.workers",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-call-inner.workers",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-job-inner.workers",
            "$JS.API.STREAM.MSG.GET.uptake-call-inner",
            "$JS.API.STREAM.MSG.GET.uptake-job-inner",
            "$JS.API.STREAM.MSG.GET.KV_uptake-jobs",
            "$JS.API.STREAM.MSG.GET.KV_uptake-platform",
            "$JS.API.STREAM.MSG.DELETE.uptake-call-inner",
            "$JS.API.STREAM.MSG.DELETE.uptake-dead",
        ],
    ),
    // It makes streams and consumers. It has no part in what they carry.
    (
        "nack",
        &[
            "uptake.call.get.hello.work",
            "uptake.job.post.hello.echo",
            "uptake.reply.proxy.a.b",
            "uptake.control.uptake-call-inner",
            "uptake.dead.inner",
            "$SRV.STATS",
            "$KV.uptake-jobs.00000000000000000000000000000001",
            "$JS.ACK.uptake-call-inner.workers.1.1.1.1.0",
            "$JS.API.STREAM.CREATE.other",
            "$JS.API.STREAM.DELETE.other",
            "$JS.API.STREAM.PURGE.uptake-call-inner",
            "$JS.API.STREAM.PURGE.uptake-dead",
            "$JS.API.STREAM.MSG.GET.uptake-call-inner",
            "$JS.API.STREAM.MSG.DELETE.uptake-dead",
            "$JS.API.CONSUMER.MSG.NEXT.uptake-call-inner.workers",
            "$JS.API.CONSUMER.CREATE.uptake-call-inner.other",
            "$JS.API.STREAM.SNAPSHOT.KV_uptake-jobs",
            "$JS.API.META.LEADER.STEPDOWN",
            "_INBOX.proxy.x",
        ],
    ),
];

/// What is another role's to hear.
const HEARD_OF_ROLES: [(&str, &[&str]); 5] = [
    (
        "proxy",
        &["uptake.reply.worker-outer.*.*", "uptake.control.uptake-call-inner", "$SRV.*.inner", "$JS.EVENT.>"],
    ),
    (
        "operator",
        &["uptake.reply.proxy.*.*", "uptake.record.>", "uptake.control.uptake-call-inner", "$SRV.>"],
    ),
    (
        "inner",
        &[
            "uptake.reply.proxy.*.*",
            "uptake.reply.worker-outer.*.*",
            "uptake.control.uptake-call-outer",
            "uptake.record.>",
            "$SRV.*.outer",
            "$JS.EVENT.>",
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.uptake-call-outer.workers",
        ],
    ),
    (
        "outer",
        &[
            "uptake.reply.proxy.*.*",
            "uptake.reply.worker-inner.*.*",
            "uptake.control.uptake-call-inner",
            "uptake.control.uptake-job-inner",
            "uptake.record.>",
            "$SRV.*.inner",
            "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.uptake-job-inner.workers",
        ],
    ),
    (
        "nack",
        &[
            ">",
            "uptake.>",
            "uptake.reply.proxy.*.*",
            "uptake.record.>",
            "_INBOX.proxy.>",
            "_INBOX.operator.>",
            "_INBOX.inner.>",
            "$KV.>",
            "$JS.API.>",
            "$SRV.>",
        ],
    ),
];
