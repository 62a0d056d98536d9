//! User, password and certificates, at a nats-server that asks for them.

use std::{fs, path::Path};

use integration::{SOON, nats_at, program::spawn};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use test_support::{NatsServer, NatsServerBuilder, Process, eventually};
use uptake::{ConnectError, Connection, NatsConfig};

/// A folder with `password`, and after [`Folder::with_tls`] with `ca.pem`, `server.pem` and `server.key`.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        folder.write("password", "first\n");
        folder
    }

    fn with_tls() -> Self {
        let folder = Self::new();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        folder.write("ca.pem", &issuer.pem());
        folder.write("server.pem", &certificate.pem());
        folder.write("server.key", &key.serialize_pem());
        folder
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn tls(&self) -> String {
        format!("tls {{ cert_file: {:?}, key_file: {:?} }}", self.path("server.pem"), self.path("server.key"))
    }
}

/// A server whose only user is `hello`.
fn asking_for(password: &str) -> NatsServerBuilder {
    let lines = format!("authorization {{ users: [{{ user: hello, password: {password:?} }}] }}");
    NatsServer::builder().config_extra(&lines)
}

fn as_hello(url: &str, password_file: &Path) -> NatsConfig {
    NatsConfig {
        nats_user: Some("hello".to_owned()),
        nats_password_file: Some(password_file.to_owned()),
        nats_connect_timeout: std::time::Duration::from_millis(500),
        ..nats_at(url)
    }
}

async fn error_of(config: &NatsConfig) -> ConnectError {
    Connection::open(config, "test").await.map(|_| ()).unwrap_err()
}

/// Runs `hello` to its end, which must be a failure, and returns what it printed.
async fn failure_of(args: &[&str]) -> String {
    let mut process = spawn("hello", &[args, &["--nats-connect-timeout", "0.5"]].concat());
    let status = process.wait_exit(SOON).await;
    assert!(!status.success(), "{}", process.output());
    process.output()
}

async fn connections(process: &Process, count: usize) -> bool {
    let connected = || process.lines().iter().filter(|line| line.contains("connected to NATS")).count();
    eventually(SOON, async || connected() >= count).await
}

#[tokio::test]
async fn a_password_that_is_rotated_holds_from_the_next_connection_on() {
    let folder = Folder::new();
    let server = asking_for("first").start().await;
    let (port, url) = (server.port(), server.url());
    let (user, file) = (["--nats-user", "hello"], folder.text("password"));
    let args = [&["--nats-url", &url, "--nats-password-file", &file][..], &user].concat();
    let mut worker = spawn("hello", &args);
    worker.wait_for_line("pulling", SOON).await;

    drop(server);
    folder.write("password", "second");
    let server = asking_for("second").port(port).start().await;
    assert!(connections(&worker, 2).await, "{}", worker.output());
    let subscriptions = server.monitor("/subsz?subs=1").await.to_string();
    assert!(subscriptions.contains("_INBOX.hello."), "{subscriptions}");
}

#[tokio::test]
async fn tls_is_spoken_with_a_server_whose_root_certificate_is_given() {
    let folder = Folder::with_tls();
    let server = asking_for("first").config_extra(&folder.tls()).start().await;
    let tls = server.url().replace("nats://", "tls://");
    let (ca, file) = (folder.text("ca.pem"), folder.text("password"));
    let user = ["--nats-user", "hello", "--nats-password-file", &file];
    for url in [tls.clone(), server.url(), tls.replace("127.0.0.1", "localhost")] {
        let args = [&["--nats-url", &url, "--nats-ca-file", &ca][..], &user].concat();
        spawn("hello", &args).wait_for_line("pulling", SOON).await;
    }
    // The system does not know this root.
    let output = failure_of(&[&["--nats-url", &tls][..], &user].concat()).await;
    assert!(output.contains("cannot connect to NATS") && output.contains("ertificate"), "{output}");
    let other = Folder::with_tls();
    let output =
        failure_of(&[&["--nats-url", &tls, "--nats-ca-file", &other.text("ca.pem")][..], &user].concat())
            .await;
    assert!(output.contains("cannot connect to NATS") && output.contains("ertificate"), "{output}");
}

#[tokio::test]
async fn a_server_without_tls_is_not_trusted_with_a_password_where_tls_is_asked_for() {
    let folder = Folder::with_tls();
    let server = asking_for("first").start().await;
    let tls = as_hello(&server.url().replace("nats://", "tls://"), &folder.path("password"));
    let plain = as_hello(&server.url(), &folder.path("password"));
    for config in [tls, NatsConfig { nats_ca_file: Some(folder.path("ca.pem")), ..plain.clone() }] {
        let error = error_of(&config).await;
        assert!(matches!(error, ConnectError::Refused { .. }), "{error:?}");
    }
    Connection::open(&plain, "test").await.unwrap();
}

#[tokio::test]
async fn a_wrong_password_is_told_with_the_user_and_the_setting() {
    let folder = Folder::new();
    let server = asking_for("other").start().await;
    let error = error_of(&as_hello(&server.url(), &folder.path("password"))).await;
    assert!(matches!(error, ConnectError::Denied { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("user hello") && text.contains("--nats-password-file"), "{text}");
    let output = failure_of(&["--nats-url", &server.url()]).await;
    assert!(output.contains("without a user") && output.contains("--nats-user"), "{output}");
    assert!(!output.contains("other"), "{output}");
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named() {
    let folder = Folder::new();
    let nowhere = "nats://127.0.0.1:1";
    folder.write("empty", "\n");
    folder.write("no.pem", "no certificate\n");
    for (name, reason) in [("empty", "empty"), ("missing", "No such file"), (".", "directory")] {
        let output = failure_of(&[
            "--nats-url",
            nowhere,
            "--nats-user",
            "hello",
            "--nats-password-file",
            &folder.text(name),
        ])
        .await;
        assert!(output.contains("cannot read the password of the NATS user hello"), "{output}");
        assert!(output.contains(&folder.text(name)) && output.contains(reason), "{output}");
    }
    for (name, reason) in
        [("no.pem", "no certificate"), ("empty", "no certificate"), ("missing", "No such file")]
    {
        let output = failure_of(&["--nats-url", nowhere, "--nats-ca-file", &folder.text(name)]).await;
        assert!(output.contains("--nats-ca-file") && output.contains(reason), "{output}");
    }
}

#[tokio::test]
async fn half_a_pair_and_a_name_that_is_no_token_are_refused() {
    let folder = Folder::new();
    let file = folder.text("password");
    for (args, named) in [
        (&["--nats-user", "hello"][..], "--nats-password-file"),
        (&["--nats-password-file", &file], "--nats-user"),
        (&["--nats-user", "a.b", "--nats-password-file", &file], "no name of a user"),
        (&["--nats-user", "", "--nats-password-file", &file], "no name of a user"),
        (&["--nats-user", ">", "--nats-password-file", &file], "no name of a user"),
        (&["--nats-user", "a", "--nats-password-file", &file, "--nats-creds", &file], "cannot be used with"),
    ] {
        let output = failure_of(args).await;
        assert!(output.contains(named), "{args:?}: {output}");
    }
    let config = NatsConfig { nats_password_file: None, ..as_hello("nats://127.0.0.1:1", Path::new("x")) };
    assert!(matches!(error_of(&config).await, ConnectError::HalfUser));
}
