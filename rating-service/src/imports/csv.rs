//! CSV as RFC 4180 has it, and nothing else: what a lenient reader makes of a quote that is never closed is a comment of
//! half the file.

use std::borrow::Cow;

use super::file::Malformed;

/// One record. It may be several lines of the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record<'t> {
    /// The line of the file on which it begins, counted from 1.
    pub(super) line: usize,
    /// As it was sent, without its line end.
    pub(super) text: &'t str,
    /// Without their quotes. An empty line has one, which is empty.
    pub(super) fields: Vec<Cow<'t, str>>,
}

/// The records of a text, in their order; ends with the first one that is malformed.
#[derive(Clone, Debug)]
pub(super) struct Records<'t> {
    rest: &'t str,
    line: usize,
}

impl<'t> Records<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { rest: text, line: 1 }
    }

    /// The next record, and what is behind it.
    fn record(&self) -> Result<(Record<'t>, &'t str), Malformed> {
        let (mut fields, mut rest) = (Vec::new(), self.rest);
        loop {
            let (field, behind) = field(rest).map_err(|(detail, at)| self.malformed(detail, at))?;
            fields.push(field);
            if let Some(behind) = behind.strip_prefix(',') {
                rest = behind;
                continue;
            }
            let next = behind.strip_prefix("\r\n").or(behind.strip_prefix('\n'));
            let Some(next) = next.or(behind.is_empty().then_some(behind)) else {
                let detail = match behind.starts_with('\r') {
                    true => "lines must end with LF or CRLF, not with CR alone",
                    false => "only a comma or the end of the line may follow a closing double quote",
                };
                return Err(self.malformed(detail, behind));
            };
            let text = &self.rest[..self.rest.len() - behind.len()];
            return Ok((Record { line: self.line, text, fields }, next));
        }
    }

    /// `at` is the text from where it was met.
    fn malformed(&self, detail: &'static str, at: &str) -> Malformed {
        let read = &self.rest[..self.rest.len() - at.len()];
        Malformed { line: self.line + line_ends(read), detail: detail.to_owned() }
    }
}

impl<'t> Iterator for Records<'t> {
    type Item = Result<Record<'t>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let read = self.record().map(|(record, next)| {
            self.line += line_ends(&self.rest[..self.rest.len() - next.len()]);
            self.rest = next;
            record
        });
        if read.is_err() {
            self.rest = "";
        }
        Some(read)
    }
}

/// One field, and what is behind it; or what is wrong, and from where.
fn field(text: &str) -> Result<(Cow<'_, str>, &str), (&'static str, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(['"', ',', '\n', '\r']).unwrap_or(text.len());
        let (field, behind) = text.split_at(end);
        return match behind.starts_with('"') {
            true => {
                Err(("a field with a double quote must stand in double quotes, and have it twice", behind))
            }
            false => Ok((field.into(), behind)),
        };
    };
    let mut rest = quoted;
    loop {
        let Some((_, behind)) = rest.split_once('"') else {
            return Err(("a double quote is opened and never closed", text));
        };
        // Two of them are one of the field.
        let Some(further) = behind.strip_prefix('"') else {
            let field = &quoted[..quoted.len() - behind.len() - 1];
            let field = if field.contains('"') { field.replace("\"\"", "\"").into() } else { field.into() };
            return Ok((field, behind));
        };
        rest = further;
    }
}

fn line_ends(text: &str) -> usize {
    text.bytes().filter(|&octet| octet == b'\n').count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The fields of all records with their lines.
    fn read(text: &str) -> Result<Vec<(usize, Vec<String>)>, Malformed> {
        let records = Records::of(text).map(|record| {
            let Record { line, fields, .. } = record?;
            Ok((line, fields.into_iter().map(Cow::into_owned).collect()))
        });
        records.collect()
    }

    #[test]
    fn reads_records_and_tells_the_lines_on_which_they_begin() {
        let text = "a,b\r\n\"x\r\n\"\"y\"\"\",\n\n\"\",\"é,\"";
        let fields = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect::<Vec<_>>();
        assert_eq!(
            read(text).unwrap(),
            [
                (1, fields(&["a", "b"])),
                (2, fields(&["x\r\n\"y\"", ""])),
                (4, fields(&[""])),
                (5, fields(&["", "é,"])),
            ]
        );
        let texts: Vec<_> = Records::of(text).map(|record| record.unwrap().text).collect();
        assert_eq!(texts, ["a,b", "\"x\r\n\"\"y\"\"\",", "", "\"\",\"é,\""]);
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn refuses_what_is_no_csv_at_the_line_where_it_is() {
        for (text, line, detail) in [
            ("a\n\"b\nc\nd", 2, "never closed"),
            ("a\n\"b\"\"", 2, "never closed"),
            ("\"a\nb\" c\n", 2, "closing double quote"),
            ("\"a\"\"b\" \"c\"", 1, "closing double quote"),
            ("a\n5\" pipe,b", 2, "have it twice"),
            ("a\rb\r", 1, "CR alone"),
            ("\"a\"\rb", 1, "CR alone"),
        ] {
            let told = read(text).unwrap_err();
            assert_eq!(told.line, line, "{text:?}");
            assert!(told.detail.contains(detail), "{text:?}: {told:?}");
        }
    }

    proptest! {
        #[test]
        fn what_another_library_writes_is_read_as_it_was(
            records in proptest::collection::vec(proptest::collection::vec("[a\", \r\n;é\0]{0,6}", 2..4), 0..6),
            crlf in any::<bool>(),
        ) {
            let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().flexible(true).terminator(terminator).from_writer(Vec::new());
            for record in &records {
                writer.write_record(record).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let read = read(&text).unwrap().into_iter().map(|(_, fields)| fields);
            prop_assert_eq!(read.collect::<Vec<_>>(), records);
        }

        #[test]
        fn any_text_is_read_to_its_end_or_refused_within_it(text in "[a\",\r\n]{0,24}") {
            let lines = line_ends(&text) + 1;
            match read(&text) {
                Ok(records) => prop_assert!(records.iter().all(|(line, _)| *line <= lines)),
                Err(malformed) => prop_assert!(malformed.line <= lines),
            }
        }
    }
}
