//! The program `page-server` itself.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{fs, net::SocketAddr, time::Duration};

use test_support::{HttpClient, Process, Signal};

/// Only what hangs takes as long.
const SOON: Duration = Duration::from_secs(30);

async fn address_of(process: &mut Process, audience: &str) -> SocketAddr {
    let line = process.wait_for_line(&format!("listening for=\"{audience}\""), SOON).await;
    let address = line.split("address=").nth(1).and_then(|rest| rest.split_whitespace().next());
    address.and_then(|address| address.parse().ok()).unwrap()
}

fn start(folder: &str) -> Process {
    let any = "127.0.0.1:0";
    let variables =
        [("NO_COLOR", "1"), ("PAGE_LISTEN", any), ("PAGE_ADMIN_LISTEN", any), ("PAGE_UI_DIR", folder)];
    Process::spawn(env!("CARGO_BIN_EXE_page-server"), [] as [&str; 0], variables)
}

#[tokio::test]
async fn the_page_is_served_from_memory_until_a_signal_ends_it_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let index = "<base href=\"/\"><meta name=\"api\" content=\"\">";
    fs::write(folder.path().join("index.html"), index).unwrap();
    let mut server = start(&folder.path().display().to_string());
    let (clients, operators) =
        (address_of(&mut server, "clients").await, address_of(&mut server, "operators").await);
    // What happens to the folder later is nothing to it.
    drop(folder);
    let mut client = HttpClient::connect(clients).await.unwrap();
    for target in ["/ui", "/ui/services/7"] {
        let response = client.get(target).await.unwrap();
        let written = "<base href=\"/ui/\"><meta name=\"api\" content=\"/api\">";
        assert_eq!((response.status, response.text().as_str()), (200, written));
    }
    assert_eq!(client.get("/api/users").await.unwrap().status, 404);
    assert_eq!(client.get("/readyz").await.unwrap().status, 404, "what is private is private");

    let mut operator = HttpClient::connect(operators).await.unwrap();
    for path in ["/healthz", "/readyz"] {
        assert_eq!(operator.get(path).await.unwrap().status, 200, "{path}");
    }
    let metrics = operator.get("/metrics").await.unwrap().text();
    assert!(metrics.contains("http_route=\"/ui/*\""), "{metrics}");

    server.signal(Signal::TERM);
    server.wait_for_line("drained", SOON).await;
    assert!(server.wait_exit(SOON).await.success());
}

#[tokio::test]
async fn a_folder_that_is_no_page_ends_it_with_a_clear_message() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start(&folder.path().display().to_string());
    let told = server.wait_for_line("was the page built?", SOON).await;
    assert!(told.starts_with("page-server: --ui-dir (PAGE_UI_DIR)"), "{told}");
    assert_eq!(server.wait_exit(SOON).await.code(), Some(1));
}
