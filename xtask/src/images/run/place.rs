//! Where containers are on this machine, and how podman is told of them.
//!
//! They share its network, for another needs a firewall of the machine: each has a loopback address of its own, on which it
//! listens at the ports of its manifest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use anyhow::{Context as _, Result, bail};

use super::super::recipe::IMAGES;
use super::manifest::{Container, Mount, Source};
use super::podman::Podman;

/// The container of nats-server.
pub(super) const NATS: &str = "nats";
/// Where it listens.
pub(super) const NATS_PORT: u16 = 4222;
/// Where containers listen for clients, for the cluster, and nats-server for who asks for its health.
pub(super) const CLIENTS: u16 = 8080;
const PRIVATE: u16 = 8081;
const MONITORING: u16 = 8222;

/// Starts of the names of variables that say what is not here: a controller that makes streams, accounts of NATS, a collector.
const LEFT_OUT: [&str; 6] =
    ["WORKER_PROVISION", "NATS_USER", "NATS_PASSWORD", "NATS_CA_FILE", "PROXY_OPERATOR_NATS_", "OTEL_"];

/// A container with its place.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) container: Container,
    pub(super) address: IpAddr,
    /// Where it tells that it is ready.
    pub(super) ready: SocketAddr,
    pub(super) ready_path: &'static str,
}

/// Gives each an address, NATS the first.
pub(super) fn placed(containers: Vec<Container>) -> Vec<Placed> {
    let place = |(container, number): (Container, u8)| {
        let address = address(number);
        let (port, ready_path) =
            if container.name == NATS { (MONITORING, "/healthz") } else { (PRIVATE, "/readyz") };
        Placed { container, address, ready: SocketAddr::new(address, port), ready_path }
    };
    containers.into_iter().zip(1..).map(place).collect()
}

fn address(number: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 77, 0, number))
}

/// Has podman make it.
///
/// # Errors
///
/// When podman does not, or a Secret is not known.
pub(super) fn create(podman: &Podman, placed: &Placed, image: &str) -> Result<()> {
    let Placed { container, address, .. } = placed;
    let own =
        |text: &String| text.replace("0.0.0.0", &address.to_string()).replace("[::]", &address.to_string());
    let mut options = options(container);
    let of_image = IMAGES.iter().find(|image| image.name == container.image).map(|image| image.variables);
    let mut variables: BTreeMap<_, _> =
        of_image.into_iter().flatten().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    variables.extend(container.variables.clone());
    variables.retain(|name, _| !LEFT_OUT.iter().any(|start| name.starts_with(start)));
    for (name, value) in &variables {
        options.extend(["--env".to_owned(), format!("{name}={}", own(value))]);
    }
    for host in variables.get("NATS_URL").into_iter().flat_map(|urls| hosts(urls)) {
        options.extend(["--add-host".to_owned(), format!("{host}:{}", self::address(1))]);
    }
    for mount in &container.mounts {
        let Mount { path, source, read_only } = mount;
        let folder = podman.folder(&format!("{}{path}", container.name))?;
        let how = match source {
            // Chowned to the user of the container.
            Source::Empty if !read_only => "U",
            Source::Empty => "ro",
            Source::Secret(secret) => {
                for (key, value) in self::secret(secret)? {
                    fs::write(folder.join(key), value)?;
                }
                "ro"
            }
        };
        options.extend(["--volume".to_owned(), format!("{}:{path}:{how}", folder.display())]);
    }
    let arguments: Vec<_> = container.arguments.iter().map(own).collect();
    podman.create(&options, image, &arguments)
}

/// What a container may, and what it gets.
fn options(container: &Container) -> Vec<String> {
    let may = &container.may;
    let mut options =
        vec!["--name".to_owned(), container.name.clone(), "--pids-limit".to_owned(), "1024".to_owned()];
    let mut add = |words: &[&str]| options.extend(words.iter().map(|&word| word.to_owned()));
    if let Some(user) = may.user {
        add(&["--user", &format!("{user}:{user}")]);
    }
    if !may.write_root {
        add(&["--read-only", "--read-only-tmpfs=false"]);
    }
    if !may.have_capabilities {
        add(&["--cap-drop", "all"]);
    }
    if !may.gain_privileges {
        add(&["--security-opt", "no-new-privileges"]);
    }
    if may.call_anything {
        add(&["--security-opt", "seccomp=unconfined"]);
    }
    if let Some(memory) = container.memory {
        // Without swap beside it.
        add(&["--memory", &memory.to_string(), "--memory-swap", &memory.to_string()]);
    }
    if let Some(cpu) = container.cpu {
        add(&["--cpus", &format!("{}.{:03}", cpu / 1_000, cpu % 1_000)]);
    }
    options
}

/// The hosts of addresses of NATS, which are separated by commas.
fn hosts(urls: &str) -> Vec<String> {
    let host = |url: &str| {
        let place = url.trim().split("://").last().unwrap_or_default();
        place.rsplit_once(':').map_or(place, |(host, _)| host).to_owned()
    };
    urls.split(',').map(host).filter(|host| host.parse::<IpAddr>().is_err()).collect()
}

/// What is in a Secret: of a cluster made for this run, so random.
fn secret(name: &str) -> Result<Vec<(&'static str, String)>> {
    Ok(match name {
        "uptake-job-secret" => vec![("secret", random()?)],
        "uptake-console" => vec![("token", random()?)],
        _ => match name.strip_prefix("nats-user-") {
            Some(user) => vec![("user", user.to_owned()), ("password", random()?)],
            None => bail!("nothing here knows the Secret {name}"),
        },
    })
}

fn random() -> Result<String> {
    let mut octets = [0; 32];
    File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut octets)).context("/dev/urandom")?;
    Ok(octets.iter().map(|octet| format!("{octet:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::super::assumed;
    use super::*;

    #[test]
    fn a_container_that_may_nothing_is_shut_in() {
        let mut container = Container { memory: Some(128 << 20), cpu: Some(1_500), ..assumed::nats() };
        let shut_in = "--name nats --pids-limit 1024 --user 65532:65532 --read-only --read-only-tmpfs=false --cap-drop all \
                       --security-opt no-new-privileges --memory 134217728 --memory-swap 134217728 --cpus 1.500";
        assert_eq!(options(&container).join(" "), shut_in);
        container.may.call_anything = true;
        container.may.write_root = true;
        let options = options(&container).join(" ");
        assert!(options.contains("seccomp=unconfined") && !options.contains("--read-only"), "{options}");
    }

    #[test]
    fn nats_is_found_by_the_names_that_its_clients_know() {
        assert_eq!(hosts("nats://nats:4222"), ["nats"]);
        assert_eq!(hosts("tls://a.b.svc:4222, nats://c,127.0.0.1:4222"), ["a.b.svc", "c"]);
    }

    #[test]
    fn secrets_are_those_of_a_cluster_and_new_each_time() {
        assert_ne!(secret("uptake-console").unwrap(), secret("uptake-console").unwrap());
        assert_eq!(secret("nats-user-proxy").unwrap()[0], ("user", "proxy".to_owned()));
        assert!(secret("other").unwrap_err().to_string().contains("other"));
    }
}
