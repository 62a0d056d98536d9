//! What is wrong with a request: all of it at once.

use serde::Serialize;

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// In the body: a JSON pointer (RFC 6901), empty for the body itself.
    Pointer(String),
    /// In the query: the name of the parameter.
    Parameter(String),
}

/// One thing that is wrong with a request: `{"pointer": …, "detail": …}` or `{"parameter": …, "detail": …}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Where.
    #[serde(flatten)]
    pub place: Place,
    /// What, for people.
    pub detail: String,
}

impl Fault {
    /// A fault of the body.
    pub(crate) fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { place: Place::Pointer(pointer.into()), detail: detail.into() }
    }

    /// A fault of the query.
    pub(crate) fn of(parameter: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { place: Place::Parameter(parameter.into()), detail: detail.into() }
    }
}

/// All faults of a request, in its order; what is missing comes last in its object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    told: Vec<Fault>,
    count: usize,
}

impl Faults {
    /// How many faults a client is told of: a body can have a hundred thousand.
    pub const MAX_TOLD: usize = 100;

    /// Those that the client is told of.
    #[must_use]
    pub fn told(&self) -> &[Fault] {
        &self.told
    }

    /// How many there are, in words.
    #[must_use]
    pub fn summary(&self) -> String {
        match self.count {
            1 => "there is one fault".to_owned(),
            count if count > self.told.len() => {
                format!("there are {count} faults, of which the first {} are told", self.told.len())
            }
            count => format!("there are {count} faults"),
        }
    }
}

impl From<Vec<Fault>> for Faults {
    fn from(mut told: Vec<Fault>) -> Self {
        let count = told.len();
        told.truncate(Self::MAX_TOLD);
        Self { told, count }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_first_hundred_faults_and_how_many_there_are() {
        let faults: Vec<_> = (0..250).map(|number| Fault::at(format!("/{number}"), "is wrong")).collect();
        let faults = Faults::from(faults);
        assert_eq!(faults.told().len(), 100);
        assert_eq!(faults.summary(), "there are 250 faults, of which the first 100 are told");
        let first = serde_json::to_value(&faults.told()[0]).unwrap();
        assert_eq!(first, serde_json::json!({"pointer": "/0", "detail": "is wrong"}));
    }
}
