//! What cannot be, though each setting by itself could.

use anyhow::{Result, bail, ensure};

use super::{Environment, Service, Settings, single};

/// Longest name of an object that gets suffixes and becomes a label, in octets (RFC 1123 allows 63).
const MAX_NAME: usize = 40;

pub(super) fn validate(settings: &Settings) -> Result<()> {
    name("namespace", &settings.namespace)?;
    if let Err(error) = settings.root.parse::<uptake::wire::Root>() {
        bail!("root: {error}");
    }
    single::validate(settings)?;
    nats(settings)?;
    images(settings)?;
    for (key, service) in &settings.services {
        name("services", key)?;
        ensure!(
            !["proxy", "operator", "nack", "nats", "frontend", "http-to-nats-proxy", "sys"]
                .contains(&key.as_str()),
            "services.{key}: the platform itself has something of this name; choose another"
        );
        self::service(settings, key, service)?;
    }
    prefixes(settings)?;
    ensure!(
        settings.proxy.replicas.min >= 1,
        "proxy.replicas.min: at least 1, for nothing wakes a proxy that rests"
    );
    ensure!(settings.proxy.replicas.min <= settings.proxy.replicas.max, "proxy.replicas: min is above max");
    hosts(settings)?;
    production(settings)
}

pub(super) fn name(what: &str, name: &str) -> Result<()> {
    let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    ensure!(
        name.len() <= MAX_NAME
            && name.bytes().all(is_inner)
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && !name.ends_with('-'),
        "{what}: {name:?} is no name of an object: at most {MAX_NAME} of a-z, 0-9 and -, a letter first and no - last"
    );
    Ok(())
}

fn nats(settings: &Settings) -> Result<()> {
    let nats = &settings.nats;
    ensure!(
        [1, 3, 5].contains(&nats.servers),
        "nats.servers: {} cannot agree well; take 1, 3 or 5",
        nats.servers
    );
    ensure!(
        [1, 3, 5].contains(&nats.stream_replicas) && nats.stream_replicas <= nats.servers,
        "nats.streamReplicas: {} of {} servers; take 1, 3 or 5, and no more than there are servers",
        nats.stream_replicas,
        nats.servers
    );
    ensure!(
        nats.call_storage != "memory" || nats.stream_replicas > 1,
        "nats.callStorage: memory of a single server forgets streams and consumers when it restarts; take file"
    );
    Ok(())
}

fn images(settings: &Settings) -> Result<()> {
    for (image, digest) in &settings.images.digests {
        let hex = digest.strip_prefix("sha256:").unwrap_or_default();
        ensure!(
            hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
            "images.digests.{image}: {digest:?} is no digest, such as sha256: and 64 digits"
        );
    }
    Ok(())
}

fn service(settings: &Settings, key: &str, service: &Service) -> Result<()> {
    let at = format!("services.{key}");
    ensure!(
        !service.prefixes.is_empty(),
        "{at}.prefixes: it owns no path, so no request would ever reach it"
    );
    ensure!(
        service.scaling.min <= service.scaling.max && service.scaling.max >= 1,
        "{at}.scaling: min is above max, or max is 0"
    );
    ensure!(service.scaling.lag_per_pod != Some(0), "{at}.scaling.lagPerPod: at least 1");
    ensure!(
        service.sqlite.is_none() || service.scaling.max == 1,
        "{at}.sqlite: an SQLite file on a volume has one pod; set scaling.max to 1, or take a database of PostgreSQL"
    );
    ensure!(
        service.sqlite.is_none() || service.database.is_none(),
        "{at}: sqlite and database are both set; take one"
    );
    if let Some(database) = &service.database {
        ensure!(
            settings.databases.contains_key(database),
            "{at}.database: there is no {database:?} in databases"
        );
    }
    for callee in &service.calls {
        ensure!(settings.services.contains_key(callee), "{at}.calls: there is no service {callee:?}");
    }
    crate::worker::config(settings, key, service)?;
    Ok(())
}

/// JetStream refuses streams whose subjects overlap; here it can be said which prefixes they are.
fn prefixes(settings: &Settings) -> Result<()> {
    let all: Vec<_> = settings
        .services
        .iter()
        .flat_map(|(key, one)| one.prefixes.iter().map(move |prefix| (key, prefix)))
        .collect();
    for (index, (key, prefix)) in all.iter().enumerate() {
        let other =
            all.iter().skip(index + 1).find(|(_, other)| is_below(prefix, other) || is_below(other, prefix));
        if let Some((other_key, other)) = other {
            bail!(
                "services.{key}.prefixes: {prefix} and {other} of {other_key} overlap; a path has one owner"
            );
        }
    }
    Ok(())
}

/// Whether `path` is `prefix` or lies below it.
fn is_below(path: &str, prefix: &str) -> bool {
    let rest = path.strip_prefix(prefix.trim_end_matches('/'));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// On one host name, no component's path may lie below another's.
fn hosts(settings: &Settings) -> Result<()> {
    let (proxy, Some(frontend)) = (&settings.proxy, &settings.frontend) else { return Ok(()) };
    let general = settings.gateway.host.as_ref();
    let (one, other) = (proxy.host.as_ref().or(general), frontend.host.as_ref().or(general));
    let collide = is_below(&proxy.path, &frontend.path) || is_below(&frontend.path, &proxy.path);
    ensure!(
        one != other || !collide,
        "proxy and frontend are both at {}{} and {}: give one of them another host or another path",
        one.map_or("*", String::as_str),
        proxy.path,
        frontend.path
    );
    Ok(())
}

fn production(settings: &Settings) -> Result<()> {
    if settings.environment == Environment::Development {
        return Ok(());
    }
    ensure!(
        settings.gateway.host.is_some(),
        "gateway.host: production needs a host name: --set gateway.host=app.example.com"
    );
    ensure!(
        settings.gateway.issuer.is_some(),
        "gateway.issuer: production speaks HTTPS alone; name the issuer of its certificates"
    );
    Ok(())
}
