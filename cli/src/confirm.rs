//! What cannot be undone is asked for.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::config::ConsentArgs;

/// Asks whether to go on.
///
/// # Errors
/// When there is nobody to ask, or the answer is no.
pub(crate) fn confirm(consent: ConsentArgs, what: &str) -> anyhow::Result<()> {
    if consent.yes {
        return Ok(());
    }
    let stdin = io::stdin();
    anyhow::ensure!(
        stdin.is_terminal(),
        "{what}: there is no terminal to ask on; say --yes if that is what you want"
    );
    let mut asks = io::stderr().lock();
    write!(asks, "{what}. This cannot be undone. Go on? [y/N] ")?;
    asks.flush()?;
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    let agreed = ["y", "yes"].contains(&answer.trim().to_ascii_lowercase().as_str());
    anyhow::ensure!(agreed, "nothing was done");
    Ok(())
}
