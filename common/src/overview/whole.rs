//! The whole picture of a platform, of its parts.

use async_nats::{Client, jetstream::context::Context};
use serde::de::DeserializeOwned;

use super::{
    Account, ClassData, Overview, ProxyFigures, ProxyOverview, Server, ServiceOverview, Streams,
    WorkerOverview, streams::look,
};
use crate::{
    discovery::{self, Answers, Stats},
    job::{Operator, operator::OperatorError},
};

impl Operator {
    /// One look at the whole platform: streams and consumers as JetStream tells of them, workers and proxies as they tell of
    /// themselves. It takes up to a second. What cannot be read is named in the picture.
    ///
    /// # Errors
    /// When JetStream does not answer.
    pub async fn overview(&self) -> Result<Overview, OperatorError> {
        let (client, root) = (self.context().client(), self.root());
        let account = async { Ok(account(self.context()).await) };
        let answers = async { Ok(discovery::ask(&client, root).await) };
        // Where JetStream is silent, the others are not waited for.
        let (streams, account, answers) = tokio::try_join!(look(client.clone(), root), account, answers)?;
        Ok(whole(root.to_string(), server(&client), account, streams, answers))
    }
}

fn server(client: &Client) -> Server {
    let info = client.server_info();
    Server { name: info.server_name, version: info.version }
}

async fn account(context: &Context) -> Result<Account, String> {
    let account =
        context.query_account().await.map_err(|error| format!("the account cannot be read: {error}"))?;
    let limit = |limit: Option<i64>| limit.and_then(|limit| u64::try_from(limit).ok());
    let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    let limits = account.limits;
    Ok(Account {
        memory: account.memory,
        max_memory: limit(limits.max_memory),
        storage: account.storage,
        max_storage: limit(limits.max_storage),
        streams: count(account.streams),
        max_streams: limit(limits.max_streams),
        consumers: count(account.consumers),
        max_consumers: limit(limits.max_consumers),
    })
}

fn whole(
    root: String,
    server: Server,
    account: Result<Account, String>,
    streams: Streams,
    answers: Answers,
) -> Overview {
    let Streams { at, mut services, streams, jobs, dead_letters, dead_letters_by_service, mut errors } =
        streams;
    errors.extend(answers.errors);
    let account = account.map_err(|error| errors.push(error)).ok();
    let (mut workers, mut proxies) = (Vec::new(), Vec::new());
    for instance in answers.instances {
        let name = format!("{} {}", instance.name, instance.id);
        let is_proxy = instance.endpoints.iter().any(|endpoint| endpoint.name == discovery::HTTP);
        let read = if is_proxy {
            proxy(instance).map(|proxy| proxies.push(proxy))
        } else {
            worker(instance).map(|worker| workers.push(worker))
        };
        if read.is_none() {
            errors.push(format!("{name} tells what cannot be read"));
        }
    }
    count_workers(&mut services, &workers);
    Overview {
        at,
        root,
        server,
        account,
        services,
        workers,
        proxies,
        streams,
        jobs,
        dead_letters,
        dead_letters_by_service,
        errors,
    }
}

fn worker(stats: Stats) -> Option<WorkerOverview> {
    let classes: Vec<ClassData> = data(&stats)?;
    let of = |key: &str| stats.metadata.get(key).cloned().unwrap_or_default();
    let (build, routes) = (of(discovery::BUILD), of(discovery::ROUTES));
    Some(WorkerOverview {
        build,
        routes: routes.split_whitespace().map(str::to_owned).collect(),
        draining: classes.iter().any(|class| class.draining),
        classes: classes.into_iter().map(|data| data.class).collect(),
        id: stats.id,
        service: stats.name,
        version: stats.version,
        started: stats.started,
    })
}

fn proxy(mut stats: Stats) -> Option<ProxyOverview> {
    let figures: Vec<ProxyFigures> = data(&stats)?;
    Some(ProxyOverview {
        figures: figures.into_iter().next()?,
        build: stats.metadata.remove(discovery::BUILD).unwrap_or_default(),
        id: stats.id,
        version: stats.version,
        started: stats.started,
    })
}

/// What an instance tells of its endpoints; `None` if some of it cannot be read.
fn data<T: DeserializeOwned>(stats: &Stats) -> Option<Vec<T>> {
    stats.endpoints.iter().map(|endpoint| T::deserialize(&endpoint.data).ok()).collect()
}

/// Adds up the workers of each stream.
fn count_workers(services: &mut [ServiceOverview], workers: &[WorkerOverview]) {
    let classes = || workers.iter().flat_map(|worker| &worker.classes);
    for service in services {
        for class in classes().filter(|class| class.stream == service.stream) {
            service.workers += 1;
            service.permits = service.permits.saturating_add(class.permits);
            service.busy = service.busy.saturating_add(class.busy);
        }
    }
}
