//! A file of ratings: its header, and what its lines say.

use uuid::Uuid;

use super::csv::{Record, Records};
use crate::{
    fields::{LongText, Name, Score, parse_id},
    members::Read as _,
    text,
};

/// Most lines of one file besides its header: each batch of them is a transaction.
pub(super) const MAX_LINES: usize = 20_000;
/// How much of a line or of a column's name a client is shown, in characters.
const MAX_SHOWN_CHARS: usize = 200;
/// What the header has, in any order.
const COLUMNS: [&str; 4] = ["service", "user", "score", "comment"];
const ADVICE: &str = "the first line must name the columns: service,user,score,comment";

/// Why nothing of a file can be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Malformed {
    /// The line of the file, counted from 1.
    pub(super) line: usize,
    pub(super) detail: String,
}

/// A file that was read to its end once: it is CSV, and has the columns.
#[derive(Debug)]
pub(super) struct File<'t> {
    columns: Columns,
    /// Behind the header.
    records: Records<'t>,
    /// How many lines there are to import.
    pub(super) count: usize,
}

/// Where each column is.
#[derive(Clone, Copy, Debug)]
struct Columns {
    service: usize,
    user: usize,
    score: usize,
    comment: Option<usize>,
    count: usize,
}

/// One line: a rating, as far as it can be understood without the database.
#[derive(Debug)]
pub(super) struct Line {
    /// The line of the file on which it begins; the header is 1.
    pub(super) number: usize,
    /// As it was sent, cut.
    pub(super) text: String,
    pub(super) service: Option<Reference>,
    pub(super) user: Option<Reference>,
    pub(super) score: Option<Score>,
    /// None where the file has no such column.
    pub(super) comment: Option<Option<LongText>>,
    /// What is wrong with it, in the order of the columns.
    pub(super) faults: Vec<String>,
}

/// How a line names a user or a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reference {
    Id(Uuid),
    /// In NFC and trimmed, as names are kept.
    Name(String),
}

/// The text of a body, without the byte order mark that spreadsheets write.
///
/// # Errors
/// When it is not UTF-8.
pub(super) fn text(octets: &[u8]) -> Result<&str, Malformed> {
    let text = std::str::from_utf8(octets).map_err(|error| {
        let read = octets.iter().take(error.valid_up_to());
        let line = 1 + read.filter(|&&octet| octet == b'\n').count();
        malformed(line, "the file must be UTF-8, which spreadsheets offer as “CSV UTF-8”")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

impl<'t> File<'t> {
    /// Reads the header, and all else once, so that nothing is imported of what is no CSV.
    ///
    /// # Errors
    /// When it is none, or has other columns or too many lines.
    pub(super) fn open(text: &'t str) -> Result<Self, Malformed> {
        refuse_other_separators(text)?;
        let mut records = Records::of(text);
        let header = records.next().unwrap_or_else(|| Err(malformed(1, ADVICE)))?;
        let columns = Columns::of(&header)?;
        let mut count = 0;
        for record in records.clone() {
            let record = record?;
            count += usize::from(!is_blank(&record));
            if count > MAX_LINES {
                let detail = format!("a file may have {MAX_LINES} lines of ratings: split it");
                return Err(malformed(record.line, &detail));
            }
        }
        Ok(Self { columns, records, count })
    }

    /// The lines, without those that are empty.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> {
        let columns = self.columns;
        let records = self.records.clone().filter_map(Result::ok);
        records.filter(|record| !is_blank(record)).map(move |record| Line::of(&record, columns))
    }
}

fn malformed(line: usize, detail: &str) -> Malformed {
    Malformed { line, detail: detail.to_owned() }
}

/// A line without any text; spreadsheets end files with lines of commas.
fn is_blank(record: &Record<'_>) -> bool {
    record.fields.iter().all(|field| field.trim().is_empty())
}

/// Other CSV than that of RFC 4180 is told by its first line.
fn refuse_other_separators(text: &str) -> Result<(), Malformed> {
    let first = text.split(['\n', '\r']).next().unwrap_or_default().trim();
    if first.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("sep=")) {
        return Err(malformed(1, "remove the line with sep=, and separate the columns by commas"));
    }
    if !first.contains(',') && first.contains([';', '\t']) {
        let detail = "the columns must be separated by commas, not by semicolons or tabs; a score then has a point: 4.5";
        return Err(malformed(1, detail));
    }
    Ok(())
}

impl Columns {
    fn of(header: &Record<'_>) -> Result<Self, Malformed> {
        let mut places = [None; COLUMNS.len()];
        for (index, name) in header.fields.iter().enumerate() {
            let name = name.trim();
            let column = COLUMNS.iter().position(|column| column.eq_ignore_ascii_case(name));
            let Some(place) = column.and_then(|column| places.get_mut(column)) else {
                let name = shown(name);
                return Err(malformed(1, &format!("the column {name:?} is unknown; {ADVICE}")));
            };
            if place.replace(index).is_some() {
                return Err(malformed(1, &format!("the column {name} is there more than once")));
            }
        }
        let missing = |column: &str| malformed(1, &format!("the column {column} is missing; {ADVICE}"));
        let [service, user, score, comment] = places;
        Ok(Self {
            service: service.ok_or_else(|| missing("service"))?,
            user: user.ok_or_else(|| missing("user"))?,
            score: score.ok_or_else(|| missing("score"))?,
            comment,
            count: header.fields.len(),
        })
    }
}

impl Line {
    fn of(record: &Record<'_>, columns: Columns) -> Self {
        let mut line = Self {
            number: record.line,
            text: shown(record.text),
            service: None,
            user: None,
            score: None,
            comment: None,
            faults: Vec::new(),
        };
        let (count, expected) = (record.fields.len(), columns.count);
        if count != expected {
            let advice = "what has a comma must stand in double quotes, and a score has a point";
            line.faults.push(format!("has {count} fields instead of {expected}: {advice}"));
            return line;
        }
        let field = |index: usize| record.fields.get(index).map_or("", |field| field);
        line.service = line.read("service", Reference::read(field(columns.service)));
        line.user = line.read("user", Reference::read(field(columns.user)));
        line.score = line.read("score", read_score(field(columns.score).trim()));
        if let Some(comment) = columns.comment {
            let text = field(comment);
            let comment = (!text.is_empty()).then(|| LongText::read(text.to_owned()));
            line.comment = line.read("comment", comment.transpose());
        }
        line
    }

    fn read<T>(&mut self, column: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|detail| self.faults.push(format!("{column} {detail}"))).ok()
    }
}

impl Reference {
    fn read(field: &str) -> Result<Self, String> {
        match parse_id(field.trim()) {
            Some(id) => Ok(Self::Id(id)),
            None if field.trim().is_empty() => Err("is missing".to_owned()),
            None => text::name(field, Name::MAX_CHARS).map(Self::Name),
        }
    }
}

fn read_score(field: &str) -> Result<Score, String> {
    match field {
        "" => Err("is missing".to_owned()),
        _ => Score::read(field.to_owned()).map_err(|detail| match field.contains(',') {
            true => format!("{detail}, written with a point: 4.5"),
            false => detail,
        }),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(MAX_SHOWN_CHARS).collect()
}
