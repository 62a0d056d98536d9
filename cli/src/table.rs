//! Tables for people.

use crate::text::plain;

/// Wider than this is no table.
const MAX_WIDTH: usize = 100;
/// Between two columns.
const GAP: usize = 2;

/// Columns below their titles, aligned. What does not fit is cut off in the last column.
pub(crate) fn table<const N: usize>(titles: [&str; N], rows: &[[String; N]]) -> String {
    let cells = |row: &[String; N]| row.each_ref().map(|cell| plain(cell));
    let rows: Vec<_> = [titles.map(str::to_owned)].iter().chain(rows).map(cells).collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + GAP - cell.chars().count()));
        }
        text.push_str(&cut(line.trim_end(), MAX_WIDTH));
        text.push('\n');
    }
    text
}

/// The beginning of a text, with an ellipsis if that is not all.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}
