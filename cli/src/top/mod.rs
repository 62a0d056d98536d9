//! `uptake top`: the whole platform at a glance, live in a terminal or once as text.

mod app;
mod cells;
mod draw;
mod live;
mod panel;
mod panels;
mod rates;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _};

use ratatui::crossterm::terminal;
use uptake::{job::Operator, overview::Overview};

use crate::{Outcome, config::Top, print, text::plain};
use rates::Rates;

/// Where there is no terminal, lines are as long as they get.
const ANY_WIDTH: usize = 400;

/// Whether it is shown live: nothing else may write to the terminal then.
pub(crate) fn is_live(args: &Top) -> bool {
    !args.once && !args.json && io::stdout().is_terminal() && io::stdin().is_terminal()
}

/// Shows it.
pub(crate) async fn run(operator: &Operator, args: Top) -> anyhow::Result<Outcome> {
    if is_live(&args) {
        live::run(operator, args.interval).await?;
        return Ok(Outcome::Done);
    }
    let overview = operator.overview().await?;
    if args.json {
        print(&format!("{}\n", serde_json::to_string(&overview)?))?;
    } else {
        let width = if io::stdout().is_terminal() { terminal::size().ok() } else { None };
        print(&once(&overview, width.map_or(ANY_WIDTH, |(width, _)| width.into())))?;
    }
    Ok(Outcome::Done)
}

/// The picture as text. Counters are since the start of each instance.
fn once(overview: &Overview, width: usize) -> String {
    let mut text = format!("{}\n{}\n", platform(overview), totals(overview));
    for panel in panels::all(overview, &Rates::default()) {
        text.push_str(&format!("\n{}\n{}", panel.name, panel.plain_text(width)));
    }
    for error in &overview.errors {
        text.push_str(&format!("\nnot read: {}\n", plain(error)));
    }
    text
}

/// Which platform it is.
fn platform(overview: &Overview) -> String {
    let Overview { root, server, at, .. } = overview;
    let name = if server.name.is_empty() { String::new() } else { format!(" {}", server.name) };
    let at = at.strftime("%Y-%m-%d %H:%M:%S UTC");
    plain(&format!("{root} at {at}, nats-server {}{name}", server.version))
}

/// Dead letters, jobs and the account.
fn totals(overview: &Overview) -> String {
    let mut text = format!("Dead letters: {}", overview.dead_letters);
    if !overview.dead_letters_by_service.is_empty() {
        let by = overview.dead_letters_by_service.iter().map(|(service, count)| format!("{service} {count}"));
        text.push_str(&format!(" ({})", by.collect::<Vec<_>>().join(", ")));
    }
    let jobs = overview.jobs;
    text.push_str(&format!(
        ". Jobs: {} waiting, {} running, {} records",
        jobs.waiting, jobs.running, jobs.records
    ));
    if let Some(account) = &overview.account {
        text.push_str(&format!(". Storage: {}", cells::octets(account.storage)));
        if let Some(most) = account.max_storage {
            text.push_str(&format!(" of {}", cells::octets(most)));
        }
    }
    plain(&text)
}
