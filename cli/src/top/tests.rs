//! What people see of one platform in terminals of several sizes.

use jiff::Timestamp;
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
    style::Color,
};
use uptake::overview::Overview;

use super::{
    app::{App, Wish},
    draw::draw,
    once,
};
use crate::tests::assert_golden;

/// Two services with trouble, as `uptake top --json` tells of them.
fn overview() -> Overview {
    serde_json::from_str(include_str!("../../tests/golden/overview.json")).unwrap()
}

/// The same two seconds later.
fn later() -> Overview {
    let mut overview = overview();
    overview.at += std::time::Duration::from_secs(2);
    for proxy in &mut overview.proxies {
        let ok = proxy.figures.responses.get_mut("2xx").unwrap();
        *ok += 2_468;
        *proxy.figures.responses.get_mut("5xx").unwrap() += 3;
    }
    for class in overview.workers.iter_mut().flat_map(|worker| &mut worker.classes) {
        class.answered += 1_000;
    }
    overview
}

fn now() -> Timestamp {
    "2026-11-21T18:00:10Z".parse().unwrap()
}

fn app() -> App {
    let mut app = App::new(2.0, true);
    app.take(Ok(overview()), now());
    app.take(Ok(later()), now());
    app
}

fn screen(app: &App, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, app)).unwrap();
    terminal
}

fn text(app: &App, width: u16, height: u16) -> String {
    let screen = screen(app, width, height);
    let buffer = screen.backend().buffer();
    let lines = buffer.content().chunks(usize::from(width));
    let lines =
        lines.map(|line| line.iter().map(|cell| cell.symbol()).collect::<String>().trim_end().to_owned());
    lines.map(|line| line + "\n").collect()
}

fn press(app: &mut App, code: KeyCode) -> Wish {
    app.press(KeyEvent::new(code, KeyModifiers::NONE))
}

#[test]
fn the_screen_is_as_written_in_narrow_wide_and_low_terminals() {
    for (width, height) in [(60, 20), (80, 24), (120, 40), (200, 50)] {
        assert_golden(&format!("top-{width}x{height}.txt"), &text(&app(), width, height));
    }
}

#[test]
fn the_text_of_once_is_as_written() {
    assert_golden("top-once.txt", &once(&overview(), super::ANY_WIDTH));
}

#[test]
fn no_size_is_too_small_or_too_large_for_any_panel() {
    let mut app = app();
    for (width, height) in [(1, 1), (2, 3), (10, 4), (20, 200), (400, 5), (400, 200)] {
        for key in ['1', '2', '3', '4', 's', '?', '?'] {
            assert_eq!(press(&mut app, KeyCode::Char(key)), Wish::Stay);
            press(&mut app, KeyCode::End);
            screen(&app, width, height);
        }
    }
}

#[test]
fn the_last_picture_stays_while_nats_is_away_and_goes_on_afterwards() {
    let mut app = app();
    for _ in 0..2 {
        app.take(Err("JetStream cannot list its streams: no answer in time".to_owned()), now());
        let shown = text(&app, 100, 30);
        assert!(shown.contains("not reachable since 18:00:10 UTC: JetStream cannot list"), "{shown}");
        assert!(shown.contains("rating-service"), "{shown}");
    }
    app.take(Ok(later()), now());
    assert!(!text(&app, 100, 30).contains("not reachable"));
}

#[test]
fn a_pause_keeps_the_picture_until_it_is_over() {
    let mut app = app();
    press(&mut app, KeyCode::Char('p'));
    let mut next = later();
    next.dead_letters = 4_711;
    app.take(Ok(next.clone()), now());
    let shown = text(&app, 120, 30);
    assert!(shown.contains("PAUSED") && !shown.contains("4711"), "{shown}");
    press(&mut app, KeyCode::Char('p'));
    app.take(Ok(next), now());
    assert!(text(&app, 120, 30).contains("4711"));
}

#[test]
fn s_sorts_the_chosen_panel_and_arrows_scroll_it() {
    let mut app = app();
    let names =
        |app: &App| app.panels().unwrap()[3].rows.iter().map(|row| row.cells[0].clone()).collect::<Vec<_>>();
    let by_name = names(&app);
    press(&mut app, KeyCode::Char('4'));
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(names(&app)[0], "uptake-call-rating-service", "the fullest first");
    press(&mut app, KeyCode::Char('s'));
    press(&mut app, KeyCode::Char('s'));
    assert_eq!(names(&app), by_name);
    assert!(text(&app, 80, 8).contains(&by_name[0]));
    for _ in 0..20 {
        press(&mut app, KeyCode::Down);
    }
    let shown = text(&app, 80, 8);
    assert!(!shown.contains(&by_name[0]) && shown.contains(by_name.last().unwrap()), "{shown}");
}

#[test]
fn q_esc_and_ctrl_c_end_it_and_a_key_that_is_released_does_nothing() {
    for code in [KeyCode::Char('q'), KeyCode::Esc] {
        assert_eq!(press(&mut app(), code), Wish::End);
    }
    assert_eq!(app().press(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL)), Wish::End);
    assert_eq!(press(&mut app(), KeyCode::Char('c')), Wish::Stay);
}

#[test]
fn colours_add_to_words_and_can_be_left_out() {
    let colours = |app: &App| {
        let screen = screen(app, 120, 40);
        let cells = screen.backend().buffer().content().iter();
        cells.filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    let (with, mut without) = (app(), app());
    without.colours = false;
    assert!(colours(&with) > 0);
    assert_eq!(colours(&without), 0);
    assert_eq!(text(&with, 120, 40), text(&without, 120, 40));
}

#[test]
fn what_others_wrote_cannot_command_the_terminal() {
    let mut hostile = overview();
    hostile.services[0].name = "a\u{1b}[2Jb\u{202e}c".to_owned();
    hostile.errors = vec!["x\u{7}y".to_owned()];
    let mut app = App::new(2.0, true);
    app.take(Ok(hostile.clone()), now());
    for shown in [text(&app, 200, 50), once(&hostile, super::ANY_WIDTH)] {
        assert!(shown.contains("a\\u{1b}[2Jb"), "{shown}");
        assert!(!shown.chars().any(|c| c == '\u{1b}' || c == '\u{7}' || c == '\u{202e}'), "{shown:?}");
    }
}
