//! A trace as a picture: a row for each span, with a bar for its time.

use std::fmt::Write as _;

use test_support::collector::{Kind, Span, Trace};

/// Width of the picture, in the pixels of SVG, as all lengths here.
const WIDTH: f64 = 800.0;
/// Where the bars begin, and where they end.
const BARS: (f64, f64) = (322.0, 776.0);
/// Where the names begin, and how much deeper they stand at each level.
const NAMES: (f64, f64) = (16.0, 12.0);
/// Where the first row begins.
const TOP: f64 = 92.0;
const ROW: f64 = 22.0;
/// What is below the last row.
const BOTTOM: f64 = 14.0;
/// A bar that would be thinner is not seen.
const MIN_BAR: f64 = 2.0;
/// Room for a duration beside its bar.
const DURATION: f64 = 62.0;
/// Room for a letter of a name: those of most fonts are narrower on average.
const LETTER: f64 = 6.4;
/// Most lines of the scale.
const MAX_TICKS: f64 = 6.0;

const STYLE: &str = "
  svg { font: 12px system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif; }
  .ground, .inside { fill: #ffffff; } .even { fill: #f6f8fa; } .line { stroke: #d1d9e0; }
  .name, .title { fill: #1f2328; } .quiet { fill: #59636e; } .title { font-size: 15px; font-weight: 600; }
  .proxy { fill: #0969da; } .service { fill: #1a7f37; } .database { fill: #9a6700; }
  .wait { fill: #ffffff; stroke: #59636e; stroke-dasharray: 3 2; }
  @media (prefers-color-scheme: dark) {
    .ground, .inside { fill: #0d1117; } .even { fill: #151b23; } .line { stroke: #3d444d; }
    .name, .title { fill: #f0f6fc; } .quiet { fill: #9198a1; }
    .proxy { fill: #4493f8; } .service { fill: #3fb950; } .database { fill: #d29922; }
    .wait { fill: #0d1117; stroke: #9198a1; }
  }
";

/// Draws a trace as SVG, for light and for dark pages.
pub(crate) fn draw(trace: &Trace, title: &str) -> String {
    let rows = trace.rows();
    let start = rows.iter().map(|(_, span)| span.start).min().unwrap_or_default();
    let end = rows.iter().map(|(_, span)| span.end).max().unwrap_or_default();
    let scale = Scale { start, total: nanoseconds(end - start).max(1.0) };
    let height = TOP + ROW * rows.len() as f64 + BOTTOM;
    let mut svg = Svg::new(height, title);
    svg.rect("ground", (0.0, 0.0), (WIDTH, height));
    svg.text("title", (NAMES.0, 28.0), "start", &format!("{title} · {}", duration(scale.total)));
    legend(&mut svg);
    let y = |index: usize| TOP + ROW * index as f64;
    for index in (0..rows.len()).step_by(2) {
        svg.rect("even", (0.0, y(index)), (WIDTH, ROW));
    }
    ticks(&mut svg, &scale, height - BOTTOM);
    for (index, (depth, span)) in rows.iter().enumerate() {
        row(&mut svg, &scale, y(index), *depth, span);
    }
    svg.end()
}

/// The text of a picture.
struct Svg(String);

impl Svg {
    fn new(height: f64, title: &str) -> Self {
        let title = escaped(title);
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
             height=\"{height}\" role=\"img\" aria-labelledby=\"title\">\n<title id=\"title\">{title}</title>\n\
             <style>{STYLE}</style>\n"
        ))
    }

    fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        let Self(svg) = self;
        // To a text this does not fail.
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"/>"
        );
    }

    fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: &str, text: &str) {
        let (Self(svg), text) = (self, escaped(text));
        let _ = writeln!(
            svg,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>"
        );
    }

    fn line(&mut self, x: f64, (from, to): (f64, f64)) {
        let Self(svg) = self;
        let _ = writeln!(svg, "<path class=\"line\" d=\"M{x:.1} {from:.1} V{to:.1}\"/>");
    }

    fn end(self) -> String {
        self.0 + "</svg>\n"
    }
}

/// From times to places.
struct Scale {
    /// Nanoseconds since 1970 of the first moment.
    start: u64,
    /// Nanoseconds from there to the last.
    total: f64,
}

impl Scale {
    /// Where a moment is, so many nanoseconds after the first.
    fn x(&self, nanoseconds: f64) -> f64 {
        BARS.0 + (BARS.1 - BARS.0) * nanoseconds / self.total
    }
}

fn legend(svg: &mut Svg) {
    let entries = [
        ("proxy", "proxy"),
        ("service", "service"),
        ("database", "its database"),
        ("wait", "wait in a stream"),
    ];
    let mut x = NAMES.0;
    for (class, text) in entries {
        svg.rect(class, (x, 44.0), (12.0, 12.0));
        svg.text("quiet", (x + 18.0, 54.0), "start", text);
        x += 44.0 + text.len() as f64 * LETTER;
    }
}

fn ticks(svg: &mut Svg, scale: &Scale, bottom: f64) {
    let step = step(scale.total);
    let mut at = 0.0;
    while at <= scale.total {
        let x = scale.x(at);
        svg.line(x, (TOP - 4.0, bottom));
        let anchor = if x + 24.0 > WIDTH { "end" } else { "middle" };
        svg.text("quiet", (x, TOP - 10.0), anchor, &duration(at).replace(".00", "").replace(".0", ""));
        at += step;
    }
}

/// Nanoseconds between two lines of the scale: 1, 2 or 5, and noughts.
fn step(total: f64) -> f64 {
    let rough = total / MAX_TICKS;
    let tens = 10_f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0].map(|factor| factor * tens).into_iter().find(|step| *step >= rough).unwrap_or(10.0 * tens)
}

fn row(svg: &mut Svg, scale: &Scale, y: f64, depth: usize, span: &Span) {
    let indent = NAMES.0 + NAMES.1 * depth as f64;
    let baseline = y + ROW - 7.0;
    let letters = ((BARS.0 - 8.0 - indent) / LETTER) as usize;
    svg.text("name", (indent, baseline), "start", &shortened(&span.name, letters));
    let (begin, length) =
        (nanoseconds(span.start - scale.start), nanoseconds(span.end.saturating_sub(span.start)));
    let left = scale.x(begin);
    let right = scale.x(begin + length).max(left + MIN_BAR);
    svg.rect(class(span), (left, y + 5.0), (right - left, ROW - 10.0));
    let told = duration(length);
    if right + DURATION < WIDTH {
        svg.text("quiet", (right + 5.0, baseline), "start", &told);
    } else if left - DURATION > BARS.0 {
        svg.text("quiet", (left - 5.0, baseline), "end", &told);
    } else {
        // The bar fills the row.
        svg.text("inside", (right - 6.0, baseline), "end", &told);
    }
}

fn class(span: &Span) -> &'static str {
    if span.attributes.contains_key("db.system.name") {
        "database"
    } else if span.kind == Kind::Internal && span.name.starts_with("wait") {
        "wait"
    } else if span.service.ends_with("-proxy") {
        "proxy"
    } else {
        "service"
    }
}

fn nanoseconds(count: u64) -> f64 {
    count as f64
}

/// Three digits, as people write it.
fn duration(nanoseconds: f64) -> String {
    let mut text = String::new();
    // To a text this does not fail.
    let _ = match nanoseconds {
        0.0 => write!(text, "0"),
        n if n < 999_500.0 => write!(text, "{:.0} µs", n / 1e3),
        n if n < 9_995_000.0 => write!(text, "{:.2} ms", n / 1e6),
        n if n < 99_950_000.0 => write!(text, "{:.1} ms", n / 1e6),
        n => write!(text, "{:.0} ms", n / 1e6),
    };
    text
}

fn shortened(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let head: String = text.chars().take(letters.saturating_sub(1)).collect();
    format!("{head}…")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        let told = [0.0, 4_400.0, 999_999.0, 1_234_000.0, 12_340_000.0, 123_400_000.0].map(duration);
        assert_eq!(told, ["0", "4 µs", "1.00 ms", "1.23 ms", "12.3 ms", "123 ms"]);
    }

    #[test]
    fn the_scale_has_round_steps_and_few_lines() {
        for (total, expected) in [(10.0, 2.0), (17.0, 5.0), (23_400_000.0, 5_000_000.0), (60.0, 10.0)] {
            assert_eq!(step(total), expected, "{total}");
        }
    }

    #[test]
    fn a_name_stays_text_and_within_its_column() {
        assert_eq!(escaped("GET /<a>&"), "GET /&lt;a&gt;&amp;");
        assert_eq!(shortened("publish uptake", 8), "publish…");
    }
}
