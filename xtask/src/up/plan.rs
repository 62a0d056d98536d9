//! Which processes there are, and how they are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Options;
use super::console::Console;
use super::data::DataDir;
use super::team::{Role, Spec};

/// The packages that `up` builds; each has a binary of the same name.
pub(super) const PACKAGES: [&str; 3] = [PROXY, HELLO, RATING_SERVICE];

const PROXY: &str = "http-to-nats-proxy";
const HELLO: &str = "hello";
const RATING_SERVICE: &str = "rating-service";
const BROKEN_SERVICE: &str = "broken-service";

/// A worker's log says this when it takes messages.
const WORKER_READY: &str = "pulling";
/// A proxy's log says this, with the address, when it takes requests.
const PROXY_READY: &str = "listening";

/// Where a private listener is: its process says which port that was.
pub(super) const ANY_PORT: &str = "127.0.0.1:0";

pub(super) struct Plan<'a> {
    pub(super) options: &'a Options,
    pub(super) data: &'a DataDir,
    pub(super) nats_url: &'a str,
    /// Of `--postgres`.
    pub(super) postgres_url: Option<&'a str>,
    pub(super) binaries: &'a Path,
    /// The folder with the page.
    pub(super) page: Option<&'a Path>,
    pub(super) console: Option<&'a Console>,
}

impl Plan<'_> {
    /// The first worker of each service, then all others.
    pub(super) fn workers(&self) -> [Vec<Spec>; 2] {
        let all = |numbers: std::ops::RangeInclusive<u16>| {
            numbers.flat_map(|number| [self.hello(number), self.rating_service(number)]).collect()
        };
        [all(1..=1), all(2..=self.options.workers)]
    }

    pub(super) fn proxies(&self) -> Vec<Spec> {
        (1..=self.options.proxies).map(|number| self.proxy(number)).collect()
    }

    fn hello(&self, number: u16) -> Spec {
        let (program, mut arguments) = self.service(HELLO);
        arguments.extend(["--nats-url", self.nats_url, "--admin-listen", ANY_PORT].map(OsString::from));
        self.spec(format!("{HELLO}-{number}"), Role::Worker, program, arguments)
    }

    fn rating_service(&self, number: u16) -> Spec {
        let sqlite = || database_url(&self.data.join("rating-service.db"));
        let database = self.postgres_url.map_or_else(sqlite, str::to_owned);
        let (program, mut arguments) = self.service(RATING_SERVICE);
        arguments.extend(["--nats-url", self.nats_url, "--admin-listen", ANY_PORT].map(OsString::from));
        arguments.push("--seed-example-data".into());
        let spec = self.spec(format!("rating-{number}"), Role::Worker, program, arguments);
        // Not as an argument, which everybody on this machine may read: it may hold a password.
        Spec { variables: vec![("DATABASE_URL", database.into())], ..spec }
    }

    /// The program of a service with its first arguments: with `--broken` one that behaves nearly like it.
    fn service(&self, name: &'static str) -> (&'static str, Vec<OsString>) {
        match &self.options.broken {
            Some(kind) => (BROKEN_SERVICE, [name, "--break", kind].map(OsString::from).to_vec()),
            None => (name, Vec::new()),
        }
    }

    fn proxy(&self, number: u16) -> Spec {
        let listen = self.options.listen.to_string();
        let arguments = ["--listen", &listen, "--strip-prefix", "/api"].into_iter();
        let arguments = arguments.chain(["--nats-url", self.nats_url]);
        // A replaced proxy has the port, too, until it has drained.
        let shares = self.options.proxies > 1 || self.options.watch;
        let arguments = arguments.chain(shares.then_some("--reuse-port"));
        let mut arguments: Vec<_> = arguments.map(OsString::from).collect();
        arguments.extend(self.page.into_iter().flat_map(|page| ["--ui-dir".into(), page.into()]));
        let without_console = || ["--admin-listen", ANY_PORT].map(OsString::from).to_vec();
        arguments.extend(self.console.map_or_else(without_console, |console| console.arguments(number)));
        let spec = self.spec(format!("proxy-{number}"), Role::Proxy, PROXY, arguments);
        // The file that a build of the page writes in any case, and so does one of the console.
        Spec { reads: self.page.map(|page| page.join("index.html")), ..spec }
    }

    fn spec(&self, name: String, role: Role, program: &str, arguments: Vec<OsString>) -> Spec {
        let ready = match role {
            // Its private listener says the same, with another address.
            Role::Proxy => vec![PROXY_READY.to_owned(), self.options.listen.to_string()],
            _ => vec![WORKER_READY.to_owned()],
        };
        let program = self.program(program);
        Spec { name, role, program, arguments, variables: Vec::new(), cluster: None, reads: None, ready }
    }

    fn program(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }
}

/// A path as a URL of sqlx, which decodes percent signs.
fn database_url(path: &Path) -> String {
    let path = path.to_string_lossy().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    format!("sqlite://{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_may_lie_in_an_odd_folder() {
        assert_eq!(database_url(Path::new("/a b/50%?/r.db")), "sqlite:///a b/50%25%3F/r.db");
    }
}
