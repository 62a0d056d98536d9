//! Ctrl-C and its like become events.

use std::sync::mpsc::SyncSender;

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::team::Event;

/// Sends [`Event::Stop`] for each SIGINT, SIGTERM and SIGHUP (the terminal was closed).
pub(super) fn forward(events: SyncSender<Event>) -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("cannot listen to signals")?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if events.send(Event::Stop).is_err() {
                return;
            }
        }
    });
    Ok(())
}
