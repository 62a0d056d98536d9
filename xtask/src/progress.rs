//! What people see: colours, times, boxes.

use std::io::{IsTerminal, Write as _};
use std::time::Duration;

/// A style of the terminal, by its SGR number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Bold = 1,
    Dim = 2,
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
}

/// One of the standard outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    colours: bool,
    to_stderr: bool,
}

impl Screen {
    /// Standard output: a log that somebody may want to keep.
    pub(crate) fn stdout() -> Self {
        Self { colours: colours(&std::io::stdout()), to_stderr: false }
    }

    /// Standard error: progress around a command that writes to standard output.
    pub(crate) fn stderr() -> Self {
        Self { colours: colours(&std::io::stderr()), to_stderr: true }
    }

    /// Writes a line. That nobody reads any more (a closed terminal) must not keep us from ending the
    /// children, so errors are ignored.
    pub(crate) fn line(self, text: &str) {
        let _ = if self.to_stderr {
            writeln!(std::io::stderr().lock(), "{text}")
        } else {
            writeln!(std::io::stdout().lock(), "{text}")
        };
    }

    /// `text` in a style, where the output is a terminal and `NO_COLOR` is not set.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.colours { format!("\x1b[{}m{text}\x1b[0m", style as u8) } else { text.to_owned() }
    }

    /// Writes lines in a box.
    pub(crate) fn framed(self, lines: &[String]) {
        let width = lines.iter().map(|line| width(line)).max().unwrap_or(0);
        let bar = "─".repeat(width + 2);
        self.line(&format!("╭{bar}╮"));
        for line in lines {
            self.line(&format!("│ {line}{} │", " ".repeat(width - self::width(line))));
        }
        self.line(&format!("╰{bar}╯"));
    }
}

/// <https://no-color.org>: any value but the empty one counts.
fn colours(output: &impl IsTerminal) -> bool {
    output.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Characters that a line takes, its colours not counted.
fn width(text: &str) -> usize {
    let mut count = 0;
    let mut in_escape = false;
    for character in text.chars() {
        match character {
            '\x1b' => in_escape = true,
            'm' if in_escape => in_escape = false,
            _ if in_escape => {}
            _ => count += 1,
        }
    }
    count
}

/// `0.3 s`, `1 min 20 s`
pub(crate) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 99.95 {
        return format!("{seconds:.1} s");
    }
    let seconds = duration.as_secs();
    format!("{} min {} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_short() {
        assert_eq!(duration(Duration::from_millis(340)), "0.3 s");
        assert_eq!(duration(Duration::from_secs(80)), "80.0 s");
        assert_eq!(duration(Duration::from_secs(140)), "2 min 20 s");
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(width("\x1b[31mré\x1b[0md"), 3);
    }
}
