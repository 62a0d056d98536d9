//! Is it there, and is it ours?

use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Whether the server named `name` answers on `port`. It opens its port last: then JetStream is ready.
pub(super) async fn answers(port: u16, name: &str) -> bool {
    let answer = tokio::time::timeout(Duration::from_secs(2), greet(port, name));
    matches!(answer.await, Ok(Ok(true)))
}

async fn greet(port: u16, name: &str) -> std::io::Result<bool> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let info = line.strip_prefix("INFO ").and_then(|info| serde_json::from_str(info).ok());
    let Some(serde_json::Value::Object(info)) = info else { return Ok(false) };
    if info.get("server_name").and_then(|name| name.as_str()) != Some(name) {
        return Ok(false);
    }
    let set = |key: &str| info.get(key).is_some_and(|value| value == true);
    if set("auth_required") || set("tls_required") {
        // Only a client with credentials gets further.
        return Ok(true);
    }
    stream.write_all(b"CONNECT {\"verbose\":false}\r\nPING\r\n").await?;
    line.clear();
    stream.read_line(&mut line).await?;
    Ok(line.starts_with("PONG"))
}
