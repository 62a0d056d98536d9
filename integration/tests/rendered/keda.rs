//! What KEDA's scaler `nats-jetstream` reads, and what the autoscaler makes of it (`ceil(lag / threshold)` pods).

use serde_json::Value;
use test_support::NatsServer;

/// The consumer that a trigger names, as the monitoring port tells of it.
async fn consumer(server: &NatsServer, metadata: &Value) -> Value {
    let text = |name: &str| metadata[name].as_str().unwrap_or_else(|| panic!("no {name} in {metadata}"));
    assert!(text("natsServerMonitoringEndpoint").ends_with(":8222"), "{metadata}");
    let told = server.monitor(&format!("/jsz?acc={}&consumers=true&config=true", text("account"))).await;
    let named = |list: &Value, name: &str| {
        let found = list.as_array().and_then(|all| all.iter().find(|one| one["name"] == name));
        found.unwrap_or_else(|| panic!("no {name} in {list}")).clone()
    };
    let account = named(&told["account_details"], text("account"));
    let stream = named(&account["stream_detail"], text("stream"));
    named(&stream["consumer_detail"], text("consumer"))
}

/// The lag by a trigger of a scaled object.
pub(super) async fn lag(server: &NatsServer, spec: &Value, trigger: usize) -> u64 {
    let consumer = consumer(server, &spec["triggers"][trigger]["metadata"]).await;
    let number = |name: &str| consumer[name].as_u64().unwrap_or_default();
    number("num_pending") + number("num_ack_pending")
}

/// How many pods there should be: the trigger that wants most decides, and none where no trigger is active.
pub(super) async fn wanted(server: &NatsServer, spec: &Value) -> u64 {
    let number = |value: &Value| value.as_u64().unwrap_or_else(|| panic!("no number in {spec}"));
    let (min, max) = (number(&spec["minReplicaCount"]), number(&spec["maxReplicaCount"]));
    let mut pods = 0;
    let mut is_active = false;
    for (index, trigger) in spec["triggers"].as_array().unwrap().iter().enumerate() {
        let metadata = |name: &str| trigger["metadata"][name].as_str().unwrap().parse::<u64>().unwrap();
        let lag = lag(server, spec, index).await;
        is_active |= lag > metadata("activationLagThreshold");
        pods = pods.max(lag.div_ceil(metadata("lagThreshold")));
    }
    if is_active { pods.clamp(min.max(1), max) } else { min }
}

/// Calls of `hello` that workers have.
pub(super) async fn in_work(server: &NatsServer) -> u64 {
    let metadata = serde_json::json!({
        "natsServerMonitoringEndpoint": "any:8222",
        "account": "UPTAKE",
        "stream": "uptake-call-hello",
        "consumer": "workers",
    });
    consumer(server, &metadata).await["num_ack_pending"].as_u64().unwrap_or_default()
}
