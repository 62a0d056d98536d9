use std::path::Path;
use std::time::Duration;

use async_nats::jetstream::{self, stream};
use test_support::{NatsServer, OwnedChild, Signal, eventually, free_port};

const HOLD: &str = "TEST_SUPPORT_HOLD";

async fn connect(server: &NatsServer) -> jetstream::Context {
    let client = async_nats::connect(server.url()).await.unwrap();
    jetstream::new(client)
}

async fn create(context: &jetstream::Context, name: &str) {
    let config =
        stream::Config { name: name.to_owned(), subjects: vec![name.to_owned()], ..Default::default() };
    context.create_stream(config).await.unwrap();
}

#[tokio::test]
async fn keeps_port_and_store_over_stop_kill_and_restart() {
    let mut server = NatsServer::start().await;
    let port = server.port();
    create(&connect(&server).await, "kept").await;
    let before = server.pid().unwrap();
    server.restart().await;
    assert_ne!(server.pid(), Some(before));
    connect(&server).await.get_stream("kept").await.unwrap();

    server.kill();
    assert_eq!(server.pid(), None);
    assert!(async_nats::connect(server.url()).await.is_err());
    server.start_again().await;
    connect(&server).await.get_stream("kept").await.unwrap();

    server.wipe_and_restart().await;
    assert!(connect(&server).await.get_stream("kept").await.is_err());
    assert_eq!(server.port(), port);
}

#[tokio::test]
async fn monitoring_tells_of_streams_and_connections() {
    let server = NatsServer::start().await;
    let context = connect(&server).await;
    create(&context, "seen").await;
    let jetstream = server.monitor("/jsz?consumers=1&streams=1&config=1").await;
    assert_eq!(jetstream["account_details"][0]["stream_detail"][0]["name"], "seen");
    let connections = server.monitor("/connz?subs=1").await;
    assert_eq!(connections["num_connections"], 1);
}

#[tokio::test]
async fn takes_further_configuration_and_a_given_port_and_store() {
    let store = tempfile();
    let port = free_port();
    let server = NatsServer::builder()
        .port(port)
        .store_dir(&store)
        .config_extra("max_payload: 2MB")
        .config_extra("jetstream { max_file_store: 32MB }")
        .start()
        .await;
    assert_eq!(server.url(), format!("nats://127.0.0.1:{port}"));
    let variables = server.monitor("/varz").await;
    assert_eq!(variables["max_payload"], 2 * 1024 * 1024);
    assert_eq!(variables["jetstream"]["config"]["max_storage"], 32 * 1024 * 1024);
    drop(server);
    assert!(store.join("jetstream").is_dir());
    std::fs::remove_dir_all(store).unwrap();
}

#[tokio::test]
async fn asks_for_credentials_when_it_is_configured_so() {
    let server =
        NatsServer::builder().config_extra("authorization { user: me, password: secret }").start().await;
    assert!(async_nats::connect(server.url()).await.is_err());
    let options = async_nats::ConnectOptions::with_user_and_password("me".into(), "secret".into());
    options.connect(server.url()).await.unwrap();
}

#[tokio::test]
async fn a_bad_configuration_is_told_with_the_log() {
    let error = NatsServer::builder().config_extra("no_such_option: 1").try_start().await.unwrap_err();
    assert!(format!("{error:#}").contains("no_such_option"), "{error:#}");
}

#[tokio::test]
async fn a_taken_port_is_told() {
    let first = NatsServer::start().await;
    let error = NatsServer::builder().port(first.port()).try_start().await.unwrap_err();
    assert!(format!("{error:#}").contains("address already in use"), "{error:#}");
}

#[tokio::test]
async fn freezes_and_wakes() {
    let mut server = NatsServer::start().await;
    let client = async_nats::connect(server.url()).await.unwrap();
    server.signal(Signal::STOP);
    assert!(tokio::time::timeout(Duration::from_millis(200), client.flush()).await.is_ok());
    let reply = client.request("$JS.API.INFO", "".into());
    assert!(tokio::time::timeout(Duration::from_millis(200), reply).await.is_err());
    server.signal(Signal::CONT);
    client.request("$JS.API.INFO", "".into()).await.unwrap();
}

#[tokio::test]
async fn dropping_it_leaves_no_process_and_no_folder() {
    let server = NatsServer::start().await;
    let (pid, folder) = (server.pid().unwrap(), server.store_dir().parent().unwrap().to_path_buf());
    assert!(folder.is_dir());
    drop(server);
    assert!(!folder.exists());
    assert!(!Path::new(&format!("/proc/{pid}")).exists());
}

/// Not a test of its own: [`the_death_of_the_test_ends_the_server`] runs it in a process which it kills.
#[tokio::test]
async fn holds_a_server_until_it_is_killed() {
    if std::env::var_os(HOLD).is_none() {
        return;
    }
    let server = NatsServer::start().await;
    println!("\nholds {} {}", server.pid().unwrap(), server.store_dir().display());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn the_death_of_the_test_ends_the_server() {
    let own = std::env::current_exe().unwrap();
    let args = ["--exact", "--nocapture", "nats_server::holds_a_server_until_it_is_killed"];
    let mut holder = test_support::Process::spawn(own, args, [(HOLD, "1")]);
    let line = holder.wait_for_line("holds ", Duration::from_secs(30)).await;
    let mut words = line.split(' ').skip(1);
    let process = format!("/proc/{}", words.next().unwrap());
    let folder = Path::new(words.next().unwrap()).parent().unwrap().to_path_buf();
    assert!(Path::new(&process).exists() && folder.exists());
    holder.kill();
    let gone = eventually(Duration::from_secs(10), || async {
        !folder.exists()
            && std::fs::read_to_string(format!("{process}/cmdline")).unwrap_or_default().is_empty()
    });
    assert!(gone.await, "{process} or {} is still there", folder.display());
}

#[test]
fn a_child_can_be_waited_for_with_a_limit() {
    let mut command = std::process::Command::new("sleep");
    let mut child = OwnedChild::spawn(command.arg("60"), test_support::guard::Mode::Terminate, None).unwrap();
    assert_eq!(child.wait_timeout(Duration::from_millis(50)), None);
    child.signal(Signal::TERM);
    assert!(!child.wait_timeout(Duration::from_secs(5)).unwrap().success());
}

fn tempfile() -> std::path::PathBuf {
    std::env::temp_dir().join(format!("uptake-test-store-{}", free_port()))
}
