//! What a service is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    db,
    fields::{LongText, Name, present},
};

/// Something that users rate.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Service {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    pub(crate) created_at: Timestamp,
    /// How many ratings it has.
    pub(crate) rating_count: u32,
    /// The mean of their scores, 0 to 5; null without any.
    pub(crate) average_score: Option<f64>,
}

/// The body of `POST /services`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewService {
    name: Name,
    description: Option<LongText>,
}

/// The body of `PATCH /services/{id}`; null clears the description.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServicePatch {
    #[serde(default, deserialize_with = "present")]
    name: Option<Name>,
    #[serde(default, deserialize_with = "present")]
    description: Option<Option<LongText>>,
}

impl Service {
    /// A service with a new id, created now, without ratings.
    pub(crate) fn new(new: NewService) -> Self {
        Self {
            id: Uuid::now_v7(),
            name: new.name.into_string(),
            description: new.description.map(LongText::into_string),
            created_at: db::now(),
            rating_count: 0,
            average_score: None,
        }
    }

    /// Changes what the patch names.
    pub(crate) fn apply(&mut self, patch: ServicePatch) {
        if let Some(name) = patch.name {
            self.name = name.into_string();
        }
        if let Some(description) = patch.description {
            self.description = description.map(LongText::into_string);
        }
    }
}

/// The mean score of `count` ratings whose half points add up to `sum`; none without ratings.
pub(crate) fn average_score(count: u32, sum: u32) -> Option<f64> {
    (count > 0).then(|| f64::from(sum) / (2.0 * f64::from(count)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_are_rounded_once() {
        assert_eq!(average_score(0, 0), None);
        assert_eq!(average_score(1, 0), Some(0.0));
        assert_eq!(average_score(2, 19), Some(4.75));
        assert_eq!(average_score(3, 10), Some(5.0 / 3.0));
        assert_eq!(average_score(u32::MAX / 10, u32::MAX / 10 * 10), Some(5.0));
    }
}
