//! Tests of what is rendered, checked and typed.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking, like the tests themselves")]

mod diff;
mod folder;
mod kubernetes;
mod nats;
mod policies;
mod schemas;
mod settings;
mod snapshots;
mod variables;

use deploy::settings::{Settings, Source, load};

/// A digest, for images whose real one nobody here knows.
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// The settings of an overlay, those set that its file leaves to operators.
fn overlay(name: &str, set: &[&str]) -> anyhow::Result<Settings> {
    let mut all: Vec<String> = set.iter().map(|&set| set.to_owned()).collect();
    if name != "dev" {
        let images = [
            "http-to-nats-proxy",
            "rating-service",
            "hello",
            "frontend",
            "nats",
            "natsReloader",
            "natsExporter",
            "nack",
            "postgres",
        ];
        all.splice(0..0, images.map(|image| format!("images.digests.{image}={DIGEST}")));
        all.splice(
            0..0,
            ["gateway.host=app.example.com".to_owned(), "gateway.issuer=letsencrypt".to_owned()],
        );
    }
    load(&Source { overlay: name.to_owned(), values: Vec::new(), set: all })
}
