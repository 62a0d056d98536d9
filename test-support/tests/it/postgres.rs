use std::path::Path;
use std::time::Duration;

use test_support::{Postgres, Process, eventually};

const HOLD: &str = "TEST_SUPPORT_HOLD_POSTGRES";

async fn takes_connections(server: &Postgres) -> bool {
    tokio::net::TcpStream::connect(server.addr()).await.is_ok()
}

#[tokio::test]
async fn keeps_port_and_data_over_stop_and_crash() {
    let mut server = Postgres::start().await;
    let url = server.url("postgres");
    assert!(takes_connections(&server).await);

    server.stop().await;
    assert!(!takes_connections(&server).await);
    assert_eq!(server.pid(), None);
    server.start_again().await;
    assert!(server.log().contains("database system was shut down at"), "{}", server.log());
    assert!(!server.log().contains("not properly shut down"), "{}", server.log());

    server.crash().await;
    server.start_again().await;
    assert!(server.log().contains("not properly shut down"), "{}", server.log());
    assert_eq!(server.url("postgres"), url);
    assert!(takes_connections(&server).await);
}

#[tokio::test]
async fn dropping_it_leaves_no_process() {
    let server = Postgres::start().await;
    let process = format!("/proc/{}", server.pid().unwrap());
    assert!(Path::new(&process).exists());
    drop(server);
    assert!(!Path::new(&process).exists());
}

/// Not a test of its own: [`the_death_of_the_test_ends_the_server`] runs it in a process which it kills.
#[tokio::test]
async fn holds_a_server_until_it_is_killed() {
    if std::env::var_os(HOLD).is_none() {
        return;
    }
    let server = Postgres::start().await;
    let arguments = std::fs::read(format!("/proc/{}/cmdline", server.pid().unwrap())).unwrap();
    let data = arguments.split(|byte| *byte == 0).nth(2).map(String::from_utf8_lossy).unwrap();
    println!("\nholds {} {data}", server.pid().unwrap());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn the_death_of_the_test_ends_the_server() {
    let own = std::env::current_exe().unwrap();
    let args = ["--exact", "--nocapture", "postgres::holds_a_server_until_it_is_killed"];
    let mut holder = Process::spawn(own, args, [(HOLD, "1")]);
    let line = holder.wait_for_line("holds ", Duration::from_secs(60)).await;
    let mut words = line.split(' ').skip(1);
    let process = format!("/proc/{}", words.next().unwrap());
    let folder = Path::new(words.next().unwrap()).parent().unwrap().to_path_buf();
    assert!(Path::new(&process).exists() && folder.join("data").exists());
    holder.kill();
    let gone = eventually(Duration::from_secs(20), || async {
        !folder.exists()
            && std::fs::read_to_string(format!("{process}/cmdline")).unwrap_or_default().is_empty()
    });
    assert!(gone.await, "{process} or {} is still there", folder.display());
}
