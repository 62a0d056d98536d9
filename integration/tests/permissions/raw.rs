//! A client of NATS that does as it is told, and hears what is refused.

use test_support::NatsServer;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A connection of one user.
pub(crate) struct Raw(BufReader<TcpStream>);

impl Raw {
    pub(crate) async fn connect(server: &NatsServer, user: &str, password: &str) -> Self {
        let stream = TcpStream::connect(server.addr()).await.unwrap();
        let mut raw = Self(BufReader::new(stream));
        let options = serde_json::json!({
            "verbose": false, "headers": true, "no_responders": true, "protocol": 1, "user": user, "pass": password,
        });
        let lines = raw.exchange(&format!("CONNECT {options}\r\n")).await;
        assert!(lines.iter().all(|line| !line.starts_with("-ERR")), "{user}: {lines:?}");
        raw
    }

    /// Sends protocol lines, and returns what has come when the server has dealt with them.
    pub(crate) async fn exchange(&mut self, lines: &str) -> Vec<String> {
        self.0.get_mut().write_all(format!("{lines}PING\r\n").as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        loop {
            let mut octets = Vec::new();
            assert_ne!(
                self.0.read_until(b'\n', &mut octets).await.unwrap(),
                0,
                "the server has hung up: {heard:?}"
            );
            let line = String::from_utf8_lossy(&octets).trim_end().to_owned();
            match line.as_str() {
                "PONG" => return heard,
                // The server tells of itself again when it knows who has connected.
                info if info.starts_with("INFO ") => {}
                "PING" => self.0.get_mut().write_all(b"PONG\r\n").await.unwrap(),
                _ => heard.push(line),
            }
        }
    }

    /// Whether the server refuses it.
    pub(crate) async fn is_refused(&mut self, lines: &str) -> bool {
        let heard = self.exchange(lines).await;
        heard.iter().any(|line| line.starts_with("-ERR") && line.contains("Permissions Violation"))
    }
}
