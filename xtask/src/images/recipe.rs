//! Which images there are, and what is in each. `deploy/images/Dockerfile` says the same to other builders.

/// The user whom programs in images are: nobody of the machine.
pub(super) const USER: &str = "65532:65532";
/// Where programs look for the certificates that they trust.
pub(super) const CERTIFICATES: &str = "etc/ssl/certs/ca-certificates.crt";

/// What an image is made of. Its program is built by itself: beside others it would get the features of dependencies that
/// only those ask for.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    /// The package of its program, and the program, which lies in the root of the image.
    pub(super) package: &'static str,
    pub(super) program: &'static str,
    pub(super) page: Option<Page>,
    /// Its variables: programs listen on this machine alone by default, which in a container is nobody's.
    pub(super) variables: &'static [(&'static str, &'static str)],
    pub(super) ports: &'static [u16],
    /// Most octets that are pulled.
    pub(super) limit: u64,
}

/// What the frontend's build leaves, and where an image has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// Below `frontend`.
    pub(super) built: &'static str,
    pub(super) path: &'static str,
}

/// 15 MB.
const LIMIT: u64 = 15_000_000;

pub(super) const IMAGES: [Recipe; 4] = [
    Recipe {
        name: "http-to-nats-proxy",
        description: "HTTP in front, NATS JetStream behind",
        package: "http-to-nats-proxy",
        program: "http-to-nats-proxy",
        page: Some(Page { built: "dist-console", path: "console" }),
        variables: &[("PROXY_LISTEN", "0.0.0.0:8080"), ("PROXY_ADMIN_LISTEN", "0.0.0.0:8081")],
        ports: &[8080, 8081],
        limit: LIMIT,
    },
    Recipe {
        name: "rating-service",
        description: "Users, services and the ratings users give them",
        package: "rating-service",
        program: "rating-service",
        page: None,
        variables: &[("WORKER_ADMIN_LISTEN", "0.0.0.0:8081")],
        ports: &[8081],
        limit: LIMIT,
    },
    Recipe {
        name: "hello",
        description: "The smallest service",
        package: "hello",
        program: "hello",
        page: None,
        variables: &[("WORKER_ADMIN_LISTEN", "0.0.0.0:8081")],
        ports: &[8081],
        limit: LIMIT,
    },
    Recipe {
        name: "frontend",
        description: "The rating app, and what serves it",
        package: "http-to-nats-proxy",
        program: "page-server",
        page: Some(Page { built: "dist", path: "page" }),
        variables: &[
            ("PAGE_LISTEN", "0.0.0.0:8080"),
            ("PAGE_ADMIN_LISTEN", "0.0.0.0:8081"),
            ("PAGE_UI_DIR", "/page"),
        ],
        ports: &[8080, 8081],
        limit: LIMIT,
    },
];

/// nats-server, which is not ours to publish: for a trial alone.
pub(super) const NATS: Recipe = Recipe {
    name: "nats",
    description: "nats-server, for a trial",
    package: "",
    program: "nats-server",
    page: None,
    variables: &[],
    ports: &[],
    limit: u64::MAX,
};

#[cfg(test)]
mod tests {
    use std::fs;

    use test_support::tools::workspace_root;

    use super::*;

    /// The lines of the stage that `FROM base AS <name>` begins, with those that go on joined.
    fn stage(dockerfile: &str, name: &str) -> Vec<String> {
        let joined = dockerfile.replace("\\\n", " ");
        let (_, rest) = joined
            .split_once(&format!("FROM base AS {name}\n"))
            .unwrap_or_else(|| panic!("no target {name}"));
        let lines = rest.lines().take_while(|line| !line.starts_with("FROM "));
        lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    }

    #[test]
    fn the_dockerfile_makes_the_same_images() {
        let dockerfile = fs::read_to_string(workspace_root().join("deploy/images/Dockerfile")).unwrap();
        for image in &IMAGES {
            let stage = stage(&dockerfile, image.name);
            let has =
                |line: String| assert!(stage.contains(&line), "{}: no {line:?} in {stage:#?}", image.name);
            has(format!(
                "LABEL org.opencontainers.image.title=\"{}\" org.opencontainers.image.description=\"{}\"",
                image.name, image.description
            ));
            let variables: Vec<_> =
                image.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
            has(format!("ENV {}", variables.join(" ")));
            let ports: Vec<_> = image.ports.iter().map(u16::to_string).collect();
            has(format!("EXPOSE {}", ports.join(" ")));
            has(format!("ENTRYPOINT [\"/{}\"]", image.program));
            if let Some(Page { built, path }) = image.page {
                has(format!("COPY --from=pages /build/frontend/{built} /{path}"));
            }
        }
        assert!(dockerfile.contains(&format!("USER {USER}\n")));
        assert!(dockerfile.contains(&format!(" /{CERTIFICATES}\n")));
        let version = format!("org.opencontainers.image.version=\"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(dockerfile.contains(&version), "{version}");
    }

    #[test]
    fn the_dockerfile_begins_from_the_toolchain_of_the_repository() {
        let read = |path: &str| fs::read_to_string(workspace_root().join(path)).unwrap();
        let toolchain = read("rust-toolchain.toml");
        let channel = toolchain.lines().find_map(|line| line.strip_prefix("channel = ")).unwrap();
        let image = format!("ARG RUST_IMAGE=docker.io/library/rust:{}-", channel.trim_matches('"'));
        assert!(read("deploy/images/Dockerfile").contains(&image), "{image}");
    }

    #[test]
    fn the_dockerfile_begins_from_the_images_of_the_one_file_of_versions() {
        let read = |path: &str| fs::read_to_string(workspace_root().join(path)).unwrap();
        let (dockerfile, versions) = (read("deploy/images/Dockerfile"), read("deploy/versions.env"));
        for name in ["RUST_IMAGE=", "NODE_IMAGE="] {
            let version = versions.lines().find(|line| line.starts_with(name)).unwrap();
            assert!(dockerfile.contains(&format!("ARG {version}\n")), "{version}");
        }
    }
}
