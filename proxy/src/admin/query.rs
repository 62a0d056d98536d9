//! Queries of the private listener.

use std::str::FromStr;

use percent_encoding::percent_decode_str;

/// A query that cannot be read, for people.
pub(super) type BadQuery = String;

/// The parameters of a request. One that is not asked for is an error: a misspelt filter would mean all.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query whose names are all among `known`.
    ///
    /// # Errors
    /// When there is another name, or one twice, or a value is not UTF-8.
    pub(super) fn read(query: &str, known: &[&str]) -> Result<Self, BadQuery> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = percent_decode_str(value).decode_utf8();
            let value = decoded.map_err(|_| format!("the value of {name:?} is not UTF-8"))?.into_owned();
            if !known.contains(&name) {
                return Err(format!("there is no parameter {name:?} here; there are: {}", known.join(", ")));
            }
            if pairs.iter().any(|(known, _)| known == name) {
                return Err(format!("{name:?} is there twice"));
            }
            pairs.push((name.to_owned(), value));
        }
        Ok(Self(pairs))
    }

    /// The value of a parameter, if it is there.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A number, at most `most`.
    ///
    /// # Errors
    /// When it is none, or larger.
    pub(super) fn number<N: FromStr + Copy + PartialOrd + std::fmt::Display>(
        &self,
        name: &str,
        default: N,
        most: N,
    ) -> Result<N, BadQuery> {
        let Some(text) = self.text(name) else { return Ok(default) };
        let number = text.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| format!("{name} must be a whole number of at most {most}"))
    }

    /// One of several, by its name.
    ///
    /// # Errors
    /// When it is none of them.
    pub(super) fn one_of<T: Copy>(
        &self,
        name: &str,
        all: &[T],
        as_str: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, BadQuery> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match all.iter().find(|one| as_str(**one) == text) {
            Some(one) => Ok(Some(*one)),
            None => {
                let names: Vec<_> = all.iter().map(|one| as_str(*one)).collect();
                Err(format!("{name} must be one of: {}", names.join(", ")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn only_what_is_known_is_read_and_only_once() {
        let query = Query::read("a=b%2Fc&n=7&", &["a", "n"]).unwrap();
        assert_eq!((query.text("a"), query.number("n", 1_u64, 9)), (Some("b/c"), Ok(7)));
        assert_eq!((query.text("x"), query.number("x", 1_u64, 9)), (None, Ok(1)));
        for wrong in ["b=1", "a=1&a=1", "a=%FF", "servce=x"] {
            assert!(Query::read(wrong, &["a", "n"]).is_err(), "{wrong}");
        }
        for wrong in ["n=10", "n=-1", "n=", "n"] {
            assert!(Query::read(wrong, &["n"]).unwrap().number("n", 1_u64, 9).is_err(), "{wrong}");
        }
        let of = |text: &str| {
            Query::read(text, &["b"]).unwrap().one_of("b", &[true, false], |b| if b { "y" } else { "n" })
        };
        assert_eq!((of("b=y"), of("")), (Ok(Some(true)), Ok(None)));
        assert!(of("b=x").is_err());
    }
}
