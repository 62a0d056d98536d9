//! What copies of a stream cost the servers.

use integration::{
    Proxy, Worker, heavy,
    load::{Ask, Load, assert_all_ok},
};
use test_support::NatsCluster;

use super::assert_answers;

/// Calls of one measure.
const CALLS: usize = 20_000;

/// Processor time that a process has taken so far, in microseconds (`man 5 proc_pid_stat`, a tick being 10 ms).
fn processor_us(pid: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) * 10_000.0
}

/// Octets that the servers have read and written so far, from and to clients and each other.
async fn octets(cluster: &NatsCluster) -> [f64; 2] {
    let mut all = [0.0; 2];
    for server in &cluster.servers {
        let state = server.monitor("/varz").await;
        all[0] += state["in_bytes"].as_f64().unwrap();
        all[1] += state["out_bytes"].as_f64().unwrap();
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "long: measures; figures of docs/scaling.md"]
async fn copies_cost_the_servers_processor_time() {
    let _turn = heavy().await;
    for (replicas, storage) in [("1", "memory"), ("1", "file"), ("3", "memory"), ("3", "file")] {
        let cluster = NatsCluster::start(3).await;
        let args = ["--replicas", replicas, "--storage", storage, "--job-permits", "0"];
        let _worker = Worker::at(&cluster.url(), &args, &[]).await;
        let proxy = Proxy::at(&cluster.url(), &[], &[]).await;
        assert_answers(&proxy).await;
        let used =
            || cluster.servers.iter().map(|server| processor_us(server.pid().unwrap())).collect::<Vec<_>>();
        let (before, before_octets) = (used(), octets(&cluster).await);
        assert_all_ok(&Load::start(&[proxy.address()], 64, CALLS, |_| Ask::get("/hello")).finish().await);
        let each: Vec<_> =
            used().iter().zip(&before).map(|(now, before)| (now - before) / CALLS as f64).collect();
        let now = octets(&cluster).await;
        let [read, written] = [0, 1].map(|index| (now[index] - before_octets[index]) / CALLS as f64);
        println!(
            "{replicas} copies, {storage}: {:.1} µs a call in all, {each:.1?} each; {read:.0} octets read, {written:.0} written",
            each.iter().sum::<f64>()
        );
    }
}
