//! What each setting must be by itself, where its type does not say so: what a cluster would refuse late, or take and never
//! fulfil.

use std::net::IpAddr;

use anyhow::{Context as _, Result, ensure};
use uptake::config::path_prefix;

use super::{Limits, Quantity, Settings, validate::name};

/// Least memory or disk, in octets. Less of it is a number whose unit was forgotten.
const MIN_OCTETS: u64 = 1 << 20;
/// Longest host name, in octets (RFC 1035).
const MAX_HOST: usize = 253;
/// Longest label of a host name, in octets (RFC 1035).
const MAX_HOST_LABEL: usize = 63;
/// Longest tag of an image, in octets (OCI distribution).
const MAX_TAG: usize = 128;

pub(super) fn validate(settings: &Settings) -> Result<()> {
    addresses(settings)?;
    images(settings)?;
    sizes(settings)?;
    let proxy = &settings.proxy;
    ensure!(proxy.budget_seconds >= 1, "proxy.budgetSeconds: at least 1");
    let (asked, most) = (proxy.limits.cpu.milli(), proxy.limits.cpu_limit.milli());
    ensure!(
        proxy.cpu_percent >= 1 && asked * u128::from(proxy.cpu_percent) < most * 100,
        "proxy.cpuPercent: {} percent of {} is nothing that a proxy ever uses more than; take 1 or more, and less than cpuLimit",
        proxy.cpu_percent,
        proxy.limits.cpu
    );
    if let Some(ratio) = &settings.telemetry.ratio {
        let is_share = ratio.parse::<f64>().is_ok_and(|share| (0.0..=1.0).contains(&share));
        ensure!(is_share, "telemetry.ratio: {ratio:?} is no number from 0 to 1");
    }
    for (key, database) in &settings.databases {
        name("databases", key)?;
        ensure!(database.instances >= 1, "databases.{key}.instances: at least 1");
    }
    cluster(settings)
}

fn cluster(settings: &Settings) -> Result<()> {
    let cluster = &settings.cluster;
    for (at, namespace) in [
        ("cluster.gatewayNamespace", &cluster.gateway_namespace),
        ("cluster.kedaNamespace", &cluster.keda_namespace),
        ("cluster.monitoringNamespace", &cluster.monitoring_namespace),
        ("cluster.databaseNamespace", &cluster.database_namespace),
    ] {
        namespace.as_ref().map_or(Ok(()), |namespace| name(at, namespace))?;
    }
    let Some(block) = &cluster.api_server else { return Ok(()) };
    let parsed = block.split_once('/').and_then(|(address, bits)| {
        let widest = if address.parse::<IpAddr>().ok()?.is_ipv4() { 32 } else { 128 };
        Some(bits.parse::<u8>().ok()? <= widest)
    });
    ensure!(
        parsed == Some(true),
        "cluster.apiServer: {block:?} is no CIDR block; write an address and its bits, such as 10.0.0.1/32"
    );
    Ok(())
}

fn addresses(settings: &Settings) -> Result<()> {
    let frontend = settings.frontend.as_ref();
    let hosts = [
        ("gateway.host", settings.gateway.host.as_deref()),
        ("proxy.host", settings.proxy.host.as_deref()),
        ("frontend.host", frontend.and_then(|page| page.host.as_deref())),
    ];
    for (at, host) in hosts {
        host.map_or(Ok(()), self::host).with_context(|| at.to_owned())?;
    }
    for (at, text) in [
        ("gateway.class", Some(&settings.gateway.class)),
        ("gateway.issuer", settings.gateway.issuer.as_ref()),
    ] {
        text.map_or(Ok(()), |text| dotted(text)).with_context(|| at.to_owned())?;
    }
    path("proxy.path", &settings.proxy.path)?;
    frontend.map_or(Ok(()), |page| path("frontend.path", &page.path))?;
    for (key, service) in &settings.services {
        for prefix in &service.prefixes {
            path(&format!("services.{key}.prefixes"), prefix)?;
        }
    }
    Ok(())
}

/// What follows `/` without one at its end, as requests have it.
fn path(at: &str, text: &str) -> Result<()> {
    if let Err(error) = path_prefix(text) {
        anyhow::bail!("{at}: {error}");
    }
    ensure!(text == "/" || !text.ends_with('/'), "{at}: {text:?} ends with /; leave that out");
    Ok(())
}

fn host(text: &str) -> Result<()> {
    dotted(text).with_context(|| {
        format!(
            "{text:?} is no host name; write it without scheme, port and *, and as xn--… what is beyond ASCII"
        )
    })
}

/// A name of labels with dots between them (RFC 1123).
fn dotted(text: &str) -> Result<()> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_label = |label: &str| {
        (1..=MAX_HOST_LABEL).contains(&label.len())
            && label.bytes().all(is_inner)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    ensure!(
        text.len() <= MAX_HOST && text.split('.').all(is_label),
        "{text:?} has to be of a-z, 0-9 and -, with dots between"
    );
    Ok(())
}

fn images(settings: &Settings) -> Result<()> {
    let images = &settings.images;
    let is_plain = |text: &str, more: &[u8]| {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || more.contains(&byte);
        text.bytes().all(is_inner) && text.split('/').all(|part| !part.is_empty())
    };
    ensure!(
        is_plain(&images.registry, b".-_:/"),
        "images.registry: {:?} is no registry; write it as registry.example.com/team, without scheme and last /",
        images.registry
    );
    if let Some(tag) = &images.tag {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
        ensure!(
            (1..=MAX_TAG).contains(&tag.len()) && tag.bytes().all(is_inner) && !tag.starts_with(['.', '-']),
            "images.tag: {tag:?} is no tag of an image"
        );
    }
    for secret in &images.pull_secrets {
        dotted(secret).context("images.pullSecrets")?;
    }
    for (key, service) in &settings.services {
        let image = service.image.as_deref().unwrap_or(key);
        ensure!(
            is_plain(image, b".-_/"),
            "services.{key}.image: {image:?} is no name of an image below the registry, without a tag"
        );
    }
    Ok(())
}

fn sizes(settings: &Settings) -> Result<()> {
    let nats = &settings.nats;
    limits("nats", &nats.limits)?;
    octets("nats.disk", &nats.disk)?;
    ensure!(
        nats.memory_store.units() < nats.limits.memory.units(),
        "nats.memoryStore: {} of a server's {} leaves nothing for the server itself",
        nats.memory_store,
        nats.limits.memory
    );
    limits("proxy", &settings.proxy.limits)?;
    settings.frontend.as_ref().map_or(Ok(()), |page| limits("frontend", &page.limits))?;
    for (key, service) in &settings.services {
        limits(&format!("services.{key}"), &service.limits)?;
        let disk = service.sqlite.as_ref().map(|sqlite| &sqlite.disk);
        disk.map_or(Ok(()), |disk| octets(&format!("services.{key}.sqlite.disk"), disk))?;
    }
    for (key, database) in &settings.databases {
        limits(&format!("databases.{key}"), &database.limits)?;
        octets(&format!("databases.{key}.disk"), &database.disk)?;
    }
    Ok(())
}

fn limits(at: &str, limits: &Limits) -> Result<()> {
    ensure!(
        limits.cpu.milli() <= limits.cpu_limit.milli(),
        "{at}.limits: cpu {} is above cpuLimit {}",
        limits.cpu,
        limits.cpu_limit
    );
    octets(&format!("{at}.limits.memory"), &limits.memory)
}

fn octets(at: &str, size: &Quantity) -> Result<()> {
    ensure!(
        size.units() >= MIN_OCTETS,
        "{at}: {size} octets are too few; write it with a unit, such as 256Mi"
    );
    Ok(())
}
