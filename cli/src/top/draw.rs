//! Puts it on the screen: words and bars first, colours only besides.

use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Clear, Paragraph, Wrap},
};

use super::{
    app::{App, PANELS},
    panel::{GAP, Mark, Panel, Row},
    platform, totals,
};
use crate::text::plain;

/// Rows that a panel needs to be worth its place: its frame, its titles and one row.
const LEAST: u16 = 4;
/// Lines around the panels: two above, one below.
const AROUND: u16 = 3;
const KEYS: &str = "q end  Tab 1-4 panel  ↑↓ scroll  s sort  p pause  ? help";
const HELP: &str = "\
q, Esc, Ctrl-C   end
Tab, 1 to 4      choose a panel
↑ ↓ PgUp PgDn    scroll the chosen panel
Home End         to its beginning, its end
s                sort it by something else
p                pause, go on
?                this help

WAITING  not delivered to a worker yet
IN WORK  delivered, not settled
OUT      permits in open pull requests
2xx/s    answers by the second, in the mean
         since the last look; without /s
         all since the start";

/// Draws all.
pub(super) fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let [head, total, middle, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Min(0),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(header(app), head);
    match app.picture() {
        Some(picture) => {
            let text = totals(picture);
            let errors = picture.errors.first().map(|error| format!("not read: {}  ", plain(error)));
            let line = Line::from(vec![
                Span::styled(errors.unwrap_or_default(), style(app, Mark::Bad)),
                Span::raw(text),
            ]);
            frame.render_widget(line, total);
        }
        None => frame.render_widget(Line::raw("no picture yet"), total),
    }
    if let Some(panels) = app.panels() {
        draw_panels(frame, app, &panels, middle);
    }
    frame.render_widget(Line::styled(KEYS, Style::new().add_modifier(Modifier::DIM)), foot);
    if app.shows_help {
        help(frame, area);
    }
}

fn header(app: &App) -> Line<'static> {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut spans = vec![Span::styled("uptake top  ", bold)];
    let clock = |at: Timestamp| at.strftime("%H:%M:%S UTC");
    // First, for it may be all that fits.
    match app.silent() {
        Some((since, reason)) => {
            let text = format!("not reachable since {}: {}  ", clock(*since), plain(reason));
            spans.push(Span::styled(text, style(app, Mark::Bad)));
        }
        None if app.is_paused => spans.push(Span::styled("PAUSED  ", style(app, Mark::Notable))),
        None => spans.push(Span::raw(format!("every {} s  ", app.interval))),
    }
    spans.extend(app.picture().map(|picture| Span::raw(platform(picture))));
    Line::from(spans)
}

/// All panels below each other where there is room, else the chosen one alone.
fn draw_panels(frame: &mut Frame<'_>, app: &App, panels: &[Panel; PANELS], area: Rect) {
    if area.height < LEAST * PANELS as u16 {
        return draw_panel(frame, app, panels, app.selected, area);
    }
    let wanted =
        |panel: &Panel| u16::try_from(panel.rows.len()).unwrap_or(u16::MAX).saturating_add(AROUND).max(LEAST);
    let mut heights = [LEAST; PANELS];
    let mut left = area.height - LEAST * PANELS as u16;
    // What is left goes to the chosen panel first, but for as much as the others could use of their share.
    let others = (0..PANELS).filter(|place| *place != app.selected);
    let order = [app.selected].into_iter().chain(others);
    for (turn, place) in order.enumerate() {
        let share = if turn == 0 { left / 2 } else { left / (PANELS - turn) as u16 };
        let more = (wanted(&panels[place]) - LEAST).min(share);
        heights[place] += more;
        left -= more;
    }
    let more = (wanted(&panels[app.selected]).saturating_sub(heights[app.selected])).min(left);
    heights[app.selected] += more;
    let areas: [Rect; PANELS] = Layout::vertical(heights.map(Constraint::Length)).areas(area);
    for (place, area) in areas.into_iter().enumerate() {
        draw_panel(frame, app, panels, place, area);
    }
}

fn draw_panel(frame: &mut Frame<'_>, app: &App, panels: &[Panel; PANELS], place: usize, area: Rect) {
    let (panel, view) = (&panels[place], app.views[place]);
    let (width, rows) =
        (usize::from(area.width.saturating_sub(2)), usize::from(area.height.saturating_sub(3)));
    let scrolled = view.scrolled.min(panel.rows.len().saturating_sub(rows));
    let shown = panel.rows.len().min(scrolled + rows);
    let place_of = match panel.rows.len() {
        all if all > rows => format!(", {}-{shown} of {all}", scrolled + 1),
        _ => String::new(),
    };
    let sorted = panel.sorts[view.sorted % panel.sorts.len()];
    let title = format!(" {} {} (by {sorted}{place_of}) ", place + 1, panel.name);
    let chosen = if place == app.selected { Modifier::REVERSED | Modifier::BOLD } else { Modifier::empty() };
    let block = Block::bordered().title(Span::styled(title, Style::new().add_modifier(chosen)));
    let inside = block.inner(area);
    frame.render_widget(block, area);
    if panel.rows.is_empty() {
        frame.render_widget(Line::raw(panel.empty), inside);
        return;
    }
    let fitting = panel.fit(width);
    let titles =
        Row { cells: panel.columns.iter().map(|column| column.title.to_owned()).collect(), ..Row::default() };
    let line = |row: &Row, style: Style| {
        let cells = fitting.iter().map(|&(place, width)| panel.cell(row, place, width));
        Line::styled(cells.collect::<Vec<_>>().join(&" ".repeat(GAP)), style)
    };
    let mut lines = vec![line(&titles, Style::new().add_modifier(Modifier::BOLD))];
    let visible = panel.rows.iter().skip(scrolled).take(rows);
    lines.extend(visible.map(|row| line(row, style(app, row.mark))));
    frame.render_widget(Paragraph::new(lines), inside);
}

/// Colours of the terminal's own, which fit its ground, dark or light.
fn style(app: &App, mark: Mark) -> Style {
    let (colour, modifier) = match mark {
        Mark::Usual => (None, Modifier::empty()),
        Mark::Notable => (Some(Color::Yellow), Modifier::empty()),
        Mark::Bad => (Some(Color::Red), Modifier::BOLD),
    };
    let style = Style::new().add_modifier(modifier);
    match colour.filter(|_| app.colours) {
        Some(colour) => style.fg(colour),
        None => style,
    }
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let lines = u16::try_from(HELP.lines().count()).unwrap_or(u16::MAX);
    let (width, height) = (area.width.min(50), area.height.min(lines.saturating_add(2)));
    let place = Rect { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
    frame.render_widget(Clear, place);
    let block = Block::bordered().title(" Help: any key closes it ");
    frame.render_widget(Paragraph::new(HELP).wrap(Wrap { trim: false }).block(block), place);
}
