//! A panel: a table that fits its width by leaving columns out, the least important first.

use crate::text::plain;

/// Between two columns.
pub(super) const GAP: usize = 2;
/// A name is not made shorter than this.
const MIN_NAME: usize = 8;

/// A column of a panel.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    pub(super) title: &'static str,
    /// Whether it holds numbers, which stand to the right.
    pub(super) right: bool,
    /// How soon it is left out where there is too little room: the higher the sooner, 0 never.
    pub(super) rank: u8,
}

pub(super) const fn text(title: &'static str, rank: u8) -> Column {
    Column { title, right: false, rank }
}

pub(super) const fn figure(title: &'static str, rank: u8) -> Column {
    Column { title, right: true, rank }
}

/// What a row is worth to be seen for. Its words say why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mark {
    #[default]
    Usual,
    Notable,
    Bad,
}

/// A row of a panel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    pub(super) cells: Vec<String>,
    /// What it can be sorted by besides its place, as [`Panel::sorts`] names it.
    pub(super) keys: Vec<f64>,
    pub(super) mark: Mark,
}

/// A table of one kind of things.
#[derive(Clone, Debug)]
pub(super) struct Panel {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
    /// What it can be sorted by; the first is the order in which the rows come.
    pub(super) sorts: &'static [&'static str],
    pub(super) rows: Vec<Row>,
    /// What stands there if there are no rows.
    pub(super) empty: &'static str,
}

impl Panel {
    /// Sorts by one of [`Self::sorts`], the largest first.
    pub(super) fn sort(&mut self, by: usize) {
        let Some(key) = (by % self.sorts.len()).checked_sub(1) else { return };
        let of = |row: &Row| row.keys.get(key).copied().unwrap_or_default();
        self.rows.sort_by(|a, b| of(b).total_cmp(&of(a)));
    }

    /// The columns that fit into a width, with their own widths.
    pub(super) fn fit(&self, width: usize) -> Vec<(usize, usize)> {
        let natural = |(place, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.cells.get(place));
            let widest = cells.map(|cell| plain(cell).chars().count()).max().unwrap_or_default();
            (place, widest.max(column.title.chars().count()))
        };
        let mut fitting: Vec<_> = self.columns.iter().enumerate().map(natural).collect();
        let needed = |fitting: &[(usize, usize)]| {
            fitting.iter().map(|(_, width)| width + GAP).sum::<usize>().saturating_sub(GAP)
        };
        while needed(&fitting) > width {
            let rank = |(place, _): &(usize, usize)| self.columns[*place].rank;
            let least =
                fitting.iter().enumerate().filter(|(_, one)| rank(one) > 0).max_by_key(|(_, one)| rank(one));
            let Some((least, _)) = least else { break };
            fitting.remove(least);
        }
        let excess = needed(&fitting).saturating_sub(width);
        if let Some((_, name)) = fitting.first_mut() {
            *name = name.saturating_sub(excess).max(MIN_NAME.min(*name));
        }
        fitting
    }

    /// The panel as text.
    pub(super) fn plain_text(&self, width: usize) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let fitting = self.fit(width);
        let titles = self.columns.iter().map(|column| column.title.to_owned()).collect();
        let titles = Row { cells: titles, ..Row::default() };
        let mut text = String::new();
        for row in [&titles].into_iter().chain(&self.rows) {
            let cells = fitting.iter().map(|&(place, width)| self.cell(row, place, width));
            text.push_str(cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end());
            text.push('\n');
        }
        text
    }

    /// A cell, as wide as its column.
    pub(super) fn cell(&self, row: &Row, place: usize, width: usize) -> String {
        let cell = plain(row.cells.get(place).map_or("", String::as_str));
        let cell = crate::table::cut(&cell, width);
        let pad = " ".repeat(width.saturating_sub(cell.chars().count()));
        if self.columns[place].right { pad + &cell } else { cell + &pad }
    }
}
