//! What `uptake top` knows, and what keys do to it.

use jiff::Timestamp;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use uptake::overview::Overview;

use super::{panel::Panel, panels, rates::Rates};

/// Panels that there are.
pub(super) const PANELS: usize = 4;
/// Rows that a page key scrolls by.
const PAGE: usize = 10;

/// What one panel shows of itself.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct View {
    /// Rows above the first that is shown.
    pub(super) scrolled: usize,
    /// Which of its orders it is in.
    pub(super) sorted: usize,
}

/// The state of the screen.
#[derive(Clone, Debug, Default)]
pub(super) struct App {
    picture: Option<Overview>,
    rates: Rates,
    /// Since when there is no new picture, and why.
    silent: Option<(Timestamp, String)>,
    pub(super) views: [View; PANELS],
    pub(super) selected: usize,
    pub(super) is_paused: bool,
    pub(super) shows_help: bool,
    /// Whether colours may be used besides words.
    pub(super) colours: bool,
    /// Seconds between two looks.
    pub(super) interval: f64,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Stay,
    End,
}

impl App {
    /// Nothing is known yet.
    pub(super) fn new(interval: f64, colours: bool) -> Self {
        Self { interval, colours, ..Self::default() }
    }

    /// Takes the next picture, or why there is none.
    pub(super) fn take(&mut self, looked: Result<Overview, String>, now: Timestamp) {
        match looked {
            Ok(_) if self.is_paused => self.silent = None,
            Ok(overview) => {
                if let Some(before) = &self.picture {
                    self.rates.learn(before, &overview);
                }
                (self.picture, self.silent) = (Some(overview), None);
            }
            Err(reason) => {
                let since = self.silent.take().map_or(now, |(since, _)| since);
                self.silent = Some((since, reason));
            }
        }
    }

    pub(super) fn picture(&self) -> Option<&Overview> {
        self.picture.as_ref()
    }

    pub(super) fn silent(&self) -> Option<&(Timestamp, String)> {
        self.silent.as_ref()
    }

    /// The panels as they are sorted.
    pub(super) fn panels(&self) -> Option<[Panel; PANELS]> {
        let mut panels = panels::all(self.picture.as_ref()?, &self.rates);
        for (panel, view) in panels.iter_mut().zip(&self.views) {
            panel.sort(view.sorted);
        }
        Some(panels)
    }

    /// Does what a key asks for.
    pub(super) fn press(&mut self, key: KeyEvent) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Stay;
        }
        if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') {
            return Wish::End;
        }
        if self.shows_help {
            // Any other key closes the help alone.
            self.shows_help = false;
            return if key.code == KeyCode::Char('q') { Wish::End } else { Wish::Stay };
        }
        let view = &mut self.views[self.selected];
        match key.code {
            KeyCode::Char('q') | KeyCode::Esc => return Wish::End,
            KeyCode::Tab | KeyCode::Right => self.selected = (self.selected + 1) % PANELS,
            KeyCode::BackTab | KeyCode::Left => self.selected = (self.selected + PANELS - 1) % PANELS,
            KeyCode::Char(digit @ '1'..='4') => self.selected = digit as usize - '1' as usize,
            KeyCode::Down => view.scrolled = view.scrolled.saturating_add(1),
            KeyCode::Up => view.scrolled = view.scrolled.saturating_sub(1),
            KeyCode::PageDown => view.scrolled = view.scrolled.saturating_add(PAGE),
            KeyCode::PageUp => view.scrolled = view.scrolled.saturating_sub(PAGE),
            KeyCode::Home => view.scrolled = 0,
            KeyCode::End => view.scrolled = usize::MAX,
            KeyCode::Char('s') => *view = View { scrolled: 0, sorted: view.sorted.wrapping_add(1) },
            KeyCode::Char('p') => self.is_paused = !self.is_paused,
            KeyCode::Char('?' | 'h') => self.shows_help = true,
            _ => {}
        }
        Wish::Stay
    }
}
