//! What streams there are, and whose they are.

use anyhow::Result;
use uptake::{
    WorkerConfig,
    provision::{Wanted, wanted},
    wire::{Class, Root},
};

use crate::{settings::Settings, worker};

/// The streams of one platform, by the settings of its workers.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The subject below which all lies.
    pub root: Root,
    /// The services.
    pub services: Vec<Workers>,
}

/// The workers of a service.
#[derive(Clone, Debug)]
pub struct Workers {
    /// Their user of NATS.
    pub user: String,
    /// Their settings.
    pub config: WorkerConfig,
    /// Users of the services that they call.
    pub calls: Vec<String>,
}

impl Platform {
    /// That of an overlay.
    ///
    /// # Errors
    /// When a setting is none that a worker takes.
    pub fn of(settings: &Settings) -> Result<Self> {
        let services = settings.services.iter().map(|(name, service)| {
            let config = worker::config(settings, name, service)?;
            Ok(Workers { user: name.clone(), config, calls: service.calls.clone() })
        });
        Ok(Self { root: settings.root.parse()?, services: services.collect::<Result<_>>()? })
    }

    /// The service of a user.
    pub(super) fn service(&self, user: &str) -> Option<&Workers> {
        self.services.iter().find(|service| service.user == user)
    }

    /// The stream of the records of jobs.
    pub(super) fn records(&self) -> String {
        format!("KV_{}", self.root.job_bucket())
    }

    /// The stream of what the whole platform shares.
    pub(super) fn shared(&self) -> String {
        format!("KV_{}", self.root.platform_bucket())
    }

    /// All streams: those of requests with their consumers, then those without one.
    pub(super) fn streams(&self) -> Vec<(String, Option<String>)> {
        let requests = self.services.iter().flat_map(Workers::pulled);
        let others = [self.root.dead_stream(), self.records(), self.shared()];
        let requests = requests.map(|(stream, consumer)| (stream, Some(consumer)));
        requests.chain(others.into_iter().map(|stream| (stream, None))).collect()
    }
}

impl Workers {
    fn wanted(&self) -> Wanted {
        wanted(&self.config)
    }

    /// The streams from which they pull, each with its consumer.
    pub(super) fn pulled(&self) -> Vec<(String, String)> {
        let requests = self.wanted().requests.into_iter();
        requests.map(|(stream, consumer)| (stream.name, consumer.durable_name.unwrap_or_default())).collect()
    }

    /// Whether they take jobs.
    pub(super) fn takes_jobs(&self) -> bool {
        self.config.jobs.permits > 0
    }

    /// The stream of their calls.
    pub(super) fn call_stream(&self) -> String {
        self.config.stream_of(Class::Call)
    }

    /// The subjects of their calls.
    pub(super) fn call_subjects(&self) -> Vec<String> {
        let calls = self.call_stream();
        let requests = self.wanted().requests.into_iter().filter(|(stream, _)| stream.name == calls);
        requests.flat_map(|(stream, _)| stream.subjects).collect()
    }
}
