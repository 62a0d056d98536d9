//! What a browser asks of the frontend.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};

use super::http::{self, Answer};

/// Loads the page as a browser does.
///
/// # Errors
///
/// With what was not as it must be.
pub(super) fn check(frontend: SocketAddr) -> Result<()> {
    let ask = |path: &str, fields: &[&str], status: u16| -> Result<Answer> {
        let answer = http::get(frontend, path, fields).with_context(|| format!("the frontend: {path}"))?;
        ensure!(answer.status == status, "the frontend: {path}: {} instead of {status}", answer.status);
        Ok(answer)
    };
    let index = ask("/ui/services", &[], 200)?;
    for part in ["<base href=\"/ui/\"", "<meta name=\"api\" content=\"/api\""] {
        ensure!(index.body.contains(part), "the frontend: its page lacks {part}");
    }
    ensure!(index.field("content-security-policy").is_some(), "the frontend: no Content-Security-Policy");
    let script = index.body.split("src=\"").nth(1).and_then(|rest| rest.split('"').next());
    let script = script.context("the frontend: its page has no script")?.trim_start_matches("./");
    let answer = ask(&format!("/ui/{script}"), &["accept-encoding: br"], 200)?;
    ensure!(answer.field("content-encoding") == Some("br"), "the frontend: {script} is not compressed");
    let tag = answer.field("etag").context("the frontend: no ETag")?;
    ask(&format!("/ui/{script}"), &["accept-encoding: br", &format!("if-none-match: {tag}")], 304)?;
    ask("/api/users", &[], 404)?;
    ask("/healthz", &[], 404).map(drop)
}
