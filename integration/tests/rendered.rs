//! What `deploy` renders for a cluster, on real servers: streams and consumers as NACK would make them, the platform on them, and
//! what KEDA would make of the figures.

mod keda;
mod nack;

use deploy::{
    component::Component,
    output,
    render::render,
    settings::{Settings, Source, load},
    worker,
};
use integration::{Platform, SOON, Worker, assert_problem};
use serde_json::Value;
use test_support::{NatsServer, Signal, eventually};

/// The account of the platform, of which each connection is one here: users are the matter of other tests.
const ACCOUNTS: &str =
    "accounts { UPTAKE { jetstream: enabled, users: [{user: any, password: any}] }, SYS {} }
    system_account: SYS
    no_auth_user: any";

/// The overlay of development, with `hello` taking jobs.
fn settings(set: &[&str]) -> Settings {
    let usual =
        ["services.hello.jobPermits=4", "services.hello.env.WORKER_JOB_ATTEMPTS=\"1\"", "nats.disk=8Gi"];
    let set = usual.iter().chain(set).map(|&set| set.to_owned()).collect();
    load(&Source { overlay: "dev".to_owned(), values: Vec::new(), set }).unwrap()
}

/// The objects of a component, as they are read from its YAML.
fn objects(settings: &Settings, component: &Component) -> Vec<Value> {
    let rendered = render(settings).unwrap();
    let own = rendered.iter().filter(|one| one.component == *component);
    serde_saphyr::from_multiple(&output::documents(own).unwrap()).unwrap()
}

/// The variables of a service's pods, but for the private listener's address.
fn variables(settings: &Settings, name: &str) -> Vec<(String, String)> {
    let mut all = worker::environment(settings, name, &settings.services[name]);
    all.insert("WORKER_ADMIN_LISTEN".to_owned(), "127.0.0.1:0".to_owned());
    all.into_iter().collect()
}

/// A server on which NACK has made what is rendered.
async fn provisioned(settings: &Settings) -> NatsServer {
    let server = NatsServer::builder().config_extra(ACCOUNTS).start().await;
    nack::apply(&server, &objects(settings, &Component::Nack)).await;
    server
}

async fn hello_at(server: &NatsServer, settings: &Settings, provision: &str) -> Worker {
    let mut variables = variables(settings, "hello");
    variables.push(("WORKER_PROVISION".to_owned(), provision.to_owned()));
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    Worker::at(&server.url(), &[], &variables).await
}

/// A proxy, on a server on which NACK has made what is rendered.
async fn without_workers(settings: &Settings) -> Platform {
    let mut platform = Platform::builder().workers(0).proxies(0).server_config(ACCOUNTS).start().await;
    nack::apply(&platform.server, &objects(settings, &Component::Nack)).await;
    platform.add_proxy(&["--budget", "60"]).await;
    platform
}

#[tokio::test(flavor = "multi_thread")]
async fn nack_makes_of_what_is_rendered_what_a_worker_makes_itself() {
    let settings = settings(&[]);
    let rendered = provisioned(&settings).await;
    let own = NatsServer::start().await;
    let _worker = hello_at(&own, &settings, "self").await;
    let (theirs, ours) = (nack::found(&rendered).await, nack::found(&own).await);
    for name in
        ["uptake-call-hello", "uptake-job-hello", "uptake-dead", "KV_uptake-jobs", "KV_uptake-platform"]
    {
        assert!(ours.contains_key(name), "{:?}", ours.keys());
        let (mut their, mut our) = (theirs[name].clone(), ours[name].clone());
        if name == "KV_uptake-platform" {
            // For ever, which NACK has no word for.
            assert_eq!(
                (&our["max_age"], &their["max_age"]),
                (&0.into(), &3_153_600_000_000_000_000_u64.into())
            );
            our["max_age"].take();
            their["max_age"].take();
        }
        assert_eq!(their, our, "{name}");
    }
    assert!(theirs.contains_key("uptake-call-rating-service"), "{:?}", theirs.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_runs_on_what_is_rendered() {
    let settings = settings(&[]);
    let mut platform = without_workers(&settings).await;
    let before = nack::found(&platform.server).await;
    let worker = hello_at(&platform.server, &settings, "other").await;
    platform.workers.push(worker);

    assert_eq!(platform.get("/hello").await.text(), "Hello, world!\n");
    let keyed = async || platform.ask("POST", "/hello/jobs/facts", &[("idempotency-key", "a-key")], "").await;
    let (first, repeat) = (keyed().await, keyed().await);
    assert_eq!((first.status, first.text()), (200, repeat.text()));
    assert_eq!(repeat.header("idempotency-replayed"), Some("true"));

    let failed = platform.submit("/hello/jobs/fail?times=9&status=500").await;
    platform.job_is(&failed, "failed").await;
    let buried = eventually(SOON, async || platform.dead_letters().await.len() == 1);
    assert!(buried.await, "no dead letter");
    assert_problem(&platform.get("/nobody").await, 404, "no-route");
    platform.assert_sound().await;
    assert_eq!(nack::found(&platform.server).await, before, "nobody has made or altered a stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn keda_counts_what_waits_and_what_is_in_work_and_rests_when_nothing_does() {
    let settings =
        settings(&["services.hello.permits=2", "services.hello.scaling={min: 0, max: 4, lagPerPod: 2}"]);
    let scaled = objects(&settings, &Component::Autoscaling);
    let scaled = scaled.iter().find(|one| one["kind"] == "ScaledObject").unwrap().clone();
    let mut platform = without_workers(&settings).await;
    let wanted = async |platform: &Platform| keda::wanted(&platform.server, &scaled["spec"]).await;
    assert_eq!(wanted(&platform).await, 0, "nothing waits");

    let mut asked = Vec::new();
    for (asked_for, pods) in [(1, 1), (2, 1), (3, 2), (5, 3), (9, 4)] {
        while asked.len() < asked_for {
            asked.push(platform.get_later("/hello/wait"));
        }
        let counted = eventually(SOON, async || {
            keda::lag(&platform.server, &scaled["spec"], 0).await == asked_for as u64
        });
        assert!(counted.await, "{asked_for} wait, and KEDA does not see them");
        assert_eq!(
            wanted(&platform).await,
            pods,
            "{asked_for} requests wait, two for a pod, four pods at most"
        );
    }
    let worker = hello_at(&platform.server, &settings, "other").await;
    platform.workers.push(worker);
    let working = eventually(SOON, async || {
        platform.hello_stream().await.messages == 9 && keda::in_work(&platform.server).await == 2
    });
    assert!(working.await, "two of nine are not in work");
    assert_eq!(
        keda::lag(&platform.server, &scaled["spec"], 0).await,
        9,
        "what is in work counts as what waits does"
    );
    assert_eq!(wanted(&platform).await, 4);

    let rests = eventually(3 * SOON, async || {
        platform.workers[0].process.signal(Signal::USR1);
        keda::wanted(&platform.server, &scaled["spec"]).await == 0
    });
    assert!(rests.await, "all is answered, and KEDA still wants pods");
    for answer in asked {
        assert_eq!(answer.await.unwrap().status, 204);
    }
}
