//! Numbers as they fit into a column.

/// A count: whole as long as it is short.
pub(super) fn number(count: u64) -> String {
    match count {
        0..100_000 => count.to_string(),
        100_000..10_000_000 => format!("{}k", count / 1_000),
        10_000_000..10_000_000_000 => format!("{}M", count / 1_000_000),
        _ => format!("{}G", count / 1_000_000_000),
    }
}

/// Octets.
pub(super) fn octets(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut rest = count as f64;
    while rest >= 1_000.0 && unit + 1 < UNITS.len() {
        rest /= 1_024.0;
        unit += 1;
    }
    let text = if unit == 0 || rest >= 100.0 { format!("{rest:.0}") } else { format!("{rest:.1}") };
    format!("{text} {}", UNITS[unit])
}

/// An age in seconds; `-` where there is none.
pub(super) fn age(seconds: Option<f64>) -> String {
    let Some(seconds) = seconds else { return "-".to_owned() };
    match seconds {
        ..10.0 => format!("{seconds:.1} s"),
        10.0..120.0 => format!("{seconds:.0} s"),
        120.0..7_200.0 => format!("{:.0} min", seconds / 60.0),
        7_200.0..172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// Something by the second.
pub(super) fn rate(by_second: f64) -> String {
    match by_second {
        ..0.05 => "0".to_owned(),
        0.05..10.0 => format!("{by_second:.1}"),
        10.0..100_000.0 => format!("{by_second:.0}"),
        _ => format!("{:.0}k", by_second / 1_000.0),
    }
}

/// How much of a whole is used, as a bar. What is used at all shows.
pub(super) fn bar(ratio: f64, width: usize) -> String {
    let ratio = if ratio.is_finite() { ratio.clamp(0.0, 1.0) } else { 0.0 };
    let full = (ratio * width as f64).round() as usize;
    let full = if ratio > 0.0 { full.max(1) } else { 0 };
    (0..width).map(|place| if place < full { '█' } else { '░' }).collect()
}

/// A part of a whole, in numbers and as a bar.
pub(super) fn used(part: u64, whole: u64, width: usize) -> String {
    let ratio = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    format!("{} {:>3}/{}", bar(ratio, width), number(part), number(whole))
}

/// The course of a figure, the newest last, by the highest of them.
pub(super) fn course(values: impl DoubleEndedIterator<Item = f64> + Clone, width: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let highest = values.clone().fold(0.0, f64::max);
    let step = |value: f64| match highest > 0.0 {
        true => STEPS[((value / highest * 7.0).round() as usize).min(7)],
        false => STEPS[0],
    };
    let mut newest: Vec<char> = values.rev().take(width).map(step).collect();
    newest.reverse();
    newest.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stay_short_however_large_they_are() {
        assert_eq!([0, 99_999, 100_000, u64::MAX].map(number), ["0", "99999", "100k", "18446744073G"]);
        assert_eq!(
            [0, 999, 1_000, 1 << 20, 1 << 30, u64::MAX].map(octets),
            ["0 B", "999 B", "1.0 KiB", "1.0 MiB", "1.0 GiB", "16777216 TiB"]
        );
        assert_eq!(
            [None, Some(0.42), Some(59.0), Some(300.0), Some(9e3), Some(1e6)].map(age),
            ["-", "0.4 s", "59 s", "5 min", "2 h", "12 d"]
        );
        assert_eq!([0.0, 0.5, 42.4, 1e6].map(rate), ["0", "0.5", "42", "1000k"]);
    }

    #[test]
    fn a_bar_shows_what_is_used_at_all_and_is_never_longer_than_it_may() {
        assert_eq!(
            [0.0, 0.001, 0.5, 1.0, 7.0, f64::NAN].map(|ratio| bar(ratio, 4)),
            ["░░░░", "█░░░", "██░░", "████", "████", "░░░░"]
        );
        assert_eq!(used(3, 0, 2), "░░   3/0");
        assert_eq!(course([0.0, 1.0, 2.0, 4.0].into_iter(), 3), "▃▅█");
    }
}
