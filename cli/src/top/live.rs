//! The loop of `uptake top` in a terminal: looks, keys, signals.

use std::{io, thread, time::Duration};

use jiff::Timestamp;
use ratatui::crossterm::event::{self, Event};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use uptake::job::Operator;

use super::{
    app::{App, Wish},
    draw::draw,
};
use crate::config;

/// How often the thread that reads keys looks whether it is to end.
const KEY_WAIT: Duration = Duration::from_millis(100);
/// Keys that wait to be looked at.
const MAX_KEYS: usize = 64;

/// Gives the terminal back as it was, however this ends. `ratatui` does so when there is a panic.
struct Restore;

impl Drop for Restore {
    fn drop(&mut self) {
        // Nothing helps a terminal that is gone.
        let _ = ratatui::try_restore();
    }
}

/// Shows the platform until a key or a signal ends it.
pub(super) async fn run(operator: &Operator, every: Duration) -> io::Result<()> {
    let (mut terminate, mut hangup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut app = App::new(every.as_secs_f64(), !config::no_color());
    let mut terminal = ratatui::try_init()?;
    let _restore = Restore;
    let mut events = events()?;
    let mut period = interval(every);
    period.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (tell, mut looks) = mpsc::channel(1);
    let operator = operator.clone();
    let looking = tokio::spawn(async move {
        loop {
            period.tick().await;
            let looked = operator.overview().await.map_err(|error| error.to_string());
            if tell.send(looked).await.is_err() {
                return;
            }
        }
    });
    loop {
        terminal.draw(|frame| draw(frame, &app))?;
        tokio::select! {
            Some(looked) = looks.recv() => app.take(looked, Timestamp::now()),
            event = events.recv() => match event {
                Some(Event::Key(key)) if app.press(key) == Wish::End => break,
                // Whatever else it was, the screen is drawn again: it may have another size.
                Some(_) => {}
                None => break,
            },
            _ = terminate.recv() => break,
            _ = hangup.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    looking.abort();
    Ok(())
}

/// Reads keys on a thread of its own, for reading them blocks.
fn events() -> io::Result<mpsc::Receiver<Event>> {
    let (tell, events) = mpsc::channel(MAX_KEYS);
    let read = move || {
        while !tell.is_closed() {
            let told = match event::poll(KEY_WAIT) {
                Ok(false) => continue,
                Ok(true) => event::read().is_ok_and(|event| tell.blocking_send(event).is_ok()),
                Err(_) => false,
            };
            // The terminal is gone, or nobody listens.
            if !told {
                return;
            }
        }
    };
    thread::Builder::new().name("uptake-keys".to_owned()).spawn(read)?;
    Ok(events)
}
