//! What a service is.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    db::{self, query::Value},
    fields::{Average, Ids, Limit, LongText, Name, NamePrefix, Score, time},
    json::Json,
    members::{FromMembers, Members},
    page::{Condition, Filter, Kind, SortKey, name_begins_with},
};

/// Something that users rate.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Service {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) description: Option<String>,
    #[serde(serialize_with = "time")]
    pub(crate) created_at: Timestamp,
    /// How many ratings it has.
    pub(crate) rating_count: u32,
    /// The mean of their scores, 0 to 5; null without any.
    #[schema(required, minimum = 0, maximum = 5)]
    pub(crate) average_score: Option<f64>,
}

/// A service in a list. How its ratings are distributed must be counted, so it is told where it was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ListedService {
    #[serde(flatten)]
    pub(crate) service: Service,
    /// All eleven scores, from 0 to 5, if the query says `distribution=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, min_items = 11, max_items = 11)]
    pub(crate) distribution: Option<Vec<ScoreCount>>,
}

/// A service by itself: also how its ratings are distributed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServiceDetail {
    #[serde(flatten)]
    pub(crate) service: Service,
    /// All eleven scores, from 0 to 5.
    #[schema(min_items = 11, max_items = 11)]
    pub(crate) distribution: Vec<ScoreCount>,
}

/// How many ratings have one score.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ScoreCount {
    pub(crate) score: Score,
    pub(crate) count: u32,
}

/// The body of `POST /services`.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"name": "Harbour Café", "description": "Coffee by the water."}))]
pub(crate) struct NewService {
    name: Name,
    description: Option<LongText>,
}

impl FromMembers<Json> for NewService {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        let (name, description) = (members.required("name"), members.optional("description"));
        Some(Self { name: name?, description: description.flatten() })
    }
}

/// The body of `PATCH /services/{id}`; null clears the description.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"description": null}))]
pub(crate) struct ServicePatch {
    #[schema(nullable = false)]
    name: Option<Name>,
    description: Option<Option<LongText>>,
}

impl FromMembers<Json> for ServicePatch {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        Some(Self { name: members.optional("name"), description: members.optional("description") })
    }
}

/// The parameters of `GET /services` that choose services, of which all must hold, and what is told of them.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct ServiceFilter {
    /// What the name begins with, in any case.
    #[param(inline)]
    name: Option<NamePrefix>,
    /// The least average score; what has no ratings has none.
    #[param(inline)]
    min_average: Option<Average>,
    /// Also how the scores of each are distributed; a page has 100 of them at most then.
    #[param(default = false)]
    distribution: Option<bool>,
    /// Only these.
    #[param(ignore)]
    ids: Option<Ids>,
}

impl FromMembers<String> for ServiceFilter {
    fn from_members(members: &mut Members<String>) -> Option<Self> {
        Some(Self {
            name: members.optional("name"),
            min_average: members.optional("minAverage"),
            distribution: members.optional("distribution"),
            ids: members.optional("ids"),
        })
    }
}

impl Filter for ServiceFilter {
    const PATH: &'static str = "/services";
    const DEFAULT_SORT: &'static str = "name";
    const SORT_KEYS: &'static [SortKey] = &[
        SortKey { name: "name", column: "sort_name", kind: Kind::Text },
        SortKey { name: "createdAt", column: "created_at", kind: Kind::Time },
        // In this column, services without ratings have -1.
        SortKey { name: "averageScore", column: "sort_average", kind: Kind::Real },
    ];

    fn conditions(&self) -> Vec<Condition> {
        let mut conditions = name_begins_with(self.name.as_ref());
        let least = |average: Average| Condition::Value("sort_average >= ", Value::Real(average.get()));
        conditions.extend(self.min_average.map(least));
        conditions.extend(self.ids.as_ref().map(|ids| Condition::IdIn(ids.as_slice().to_vec())));
        conditions
    }

    fn max_items(&self) -> u32 {
        if self.has_distribution() { Limit::MAX_COUNTED } else { Limit::MAX }
    }
}

impl ServiceFilter {
    /// Whether the distributions are asked for.
    pub(crate) fn has_distribution(&self) -> bool {
        self.distribution.unwrap_or(false)
    }
}

impl ServiceDetail {
    /// A service without ratings.
    pub(crate) fn of(service: Service) -> Self {
        Self { service, distribution: no_ratings() }
    }
}

/// The distribution of what has no ratings.
pub(crate) fn no_ratings() -> Vec<ScoreCount> {
    Score::all().map(|score| ScoreCount { score, count: 0 }).collect()
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
