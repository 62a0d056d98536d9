//! The command line.

use std::{
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Parser, Subcommand};

use crate::{
    check,
    component::Wanted,
    diff, input, nats, output,
    render::{self, Rendered},
    settings::{self, Source},
};

/// Renders the manifests of the platform for Kubernetes, and checks them. It talks to no cluster: what it prints is for
/// kubectl and helm.
#[derive(Debug, Parser)]
#[command(name = "deploy", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print all objects of an overlay, or write a file for each component.
    Render {
        #[command(flatten)]
        source: Source,
        /// Only this component: namespace, nats, nack, database, service, service/NAME, proxy, frontend, gateway, autoscaling
        /// or observability; may be given several times.
        #[arg(long, value_name = "COMPONENT")]
        only: Vec<Wanted>,
        /// Write files into this folder instead, with a kustomization.yaml that lists them.
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Print the values of a chart for helm: nats or nack.
    Values {
        /// The chart.
        chart: String,
        #[command(flatten)]
        source: Source,
    },
    /// Show what differs from another overlay. Ends with 1 if anything does.
    Diff {
        #[command(flatten)]
        source: Source,
        /// What to compare with: a folder that `render --out` has written, or an overlay, over which --values and --set go as well.
        #[arg(long, value_name = "FOLDER|OVERLAY")]
        with: String,
    },
    /// Hold all objects of an overlay to the policies. Ends with 1 and names object and field if one does not hold.
    Check {
        #[command(flatten)]
        source: Source,
        /// Folder with the schemas of custom resources (CustomResourceDefinitions as YAML), to hold them to these too.
        #[arg(long, env = "CRD_DIR", value_name = "FOLDER")]
        crds: Option<PathBuf>,
        /// Hold the manifests of this folder to them, which somebody may have changed since they were rendered from this overlay.
        #[arg(long, value_name = "FOLDER")]
        dir: Option<PathBuf>,
    },
}

/// Does what was asked for.
///
/// # Errors
/// With what is wrong and what to do about it.
pub fn run(cli: &Cli) -> Result<ExitCode> {
    match &cli.command {
        Command::Render { source, only, out } => {
            let rendered = chosen(render::render(&settings::load(source)?)?, only)?;
            match out {
                None => print(&output::documents(&rendered)?)?,
                Some(folder) => {
                    for path in output::write(&rendered, folder)? {
                        print(&format!("{}\n", path.display()))?;
                    }
                }
            }
        }
        Command::Values { chart, source } => {
            print(&output::yaml(&nats::values(&settings::load(source)?, chart)?)?)?;
        }
        Command::Diff { source, with } => {
            let new = render::render(&settings::load(source)?)?;
            let text = diff::diff(&old(source, with)?, &new)?;
            print(&text)?;
            return Ok(if text.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Command::Check { source, crds, dir } => {
            let settings = settings::load(source)?;
            let (rendered, mut findings) = match dir {
                Some(folder) => input::read(folder)?,
                None => (render::render(&settings)?, Vec::new()),
            };
            findings.extend(check::check(&settings, &rendered, crds.as_deref())?);
            for finding in &findings {
                print(&format!("{finding}\n"))?;
            }
            ensure!(
                findings.is_empty(),
                "{} of {} objects' fields must not be so",
                findings.len(),
                rendered.len()
            );
            print(&format!("{} objects hold\n", rendered.len()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a deployment is compared with.
fn old(source: &Source, with: &str) -> Result<Vec<Rendered>> {
    if !Path::new(with).is_dir() {
        return render::render(&settings::load(&Source { overlay: with.to_owned(), ..source.clone() })?);
    }
    let (rendered, findings) = input::read(Path::new(with))?;
    match findings.first() {
        None => Ok(rendered),
        Some(finding) => bail!("--with {with}: {finding}"),
    }
}

/// What was asked for; all if nothing was.
fn chosen(mut rendered: Vec<Rendered>, only: &[Wanted]) -> Result<Vec<Rendered>> {
    for wanted in only {
        ensure!(
            rendered.iter().any(|one| one.component.is(wanted)),
            "--only {wanted}: this overlay has nothing of it"
        );
    }
    rendered.retain(|one| only.is_empty() || only.iter().any(|wanted| one.component.is(wanted)));
    Ok(rendered)
}

/// Whoever reads may have read enough.
fn print(text: &str) -> Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
