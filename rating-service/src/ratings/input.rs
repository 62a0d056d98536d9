//! What clients send about ratings.

use std::collections::HashMap;

use utoipa::IntoParams;
use uuid::Uuid;

use super::model::{NewRating, RatingPatch};
use crate::{
    db::query::Value,
    extract::FromBody,
    fault::Fault,
    fields::{Ids, Score},
    json::Json,
    members::{FromMembers, Members, object},
    page::{Condition, Filter, Kind, SortKey},
};

impl FromMembers<Json> for NewRating {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        let (user_id, service_id) = (members.required("userId"), members.required("serviceId"));
        let (score, comment) = (members.required("score"), members.optional("comment"));
        Some(Self { user_id: user_id?, service_id: service_id?, score: score?, comment: comment.flatten() })
    }
}

impl FromMembers<Json> for RatingPatch {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        Some(Self { score: members.optional("score"), comment: members.optional("comment") })
    }
}

/// The body of `POST /ratings`: one rating, or 1 to 200 as `{"items": […]}`.
#[derive(Debug)]
pub(crate) enum NewRatings {
    /// The answer is this rating.
    One(NewRating),
    /// The answer has this form too, even for one.
    Several(Vec<NewRating>),
}

impl FromBody for NewRatings {
    fn from_body(json: Json, faults: &mut Vec<Fault>) -> Option<Self> {
        match &json {
            Json::Object(members) if members.iter().any(|(name, _)| name == "items") => {
                object(json, "", faults).map(|Batch(items)| Self::Several(items))
            }
            _ => object(json, "", faults).map(Self::One),
        }
    }
}

struct Batch(Vec<NewRating>);

impl FromMembers<Json> for Batch {
    fn from_members(members: &mut Members<Json>) -> Option<Self> {
        let items: Vec<Json> = members.required("items")?;
        if items.is_empty() || items.len() > Ids::MAX {
            members.fault("items", &format!("must have 1 to {} items", Ids::MAX));
            return None;
        }
        let mut faults = Vec::new();
        let mut ratings = Vec::with_capacity(items.len());
        let mut first: HashMap<(Uuid, Uuid), usize> = HashMap::new();
        for (index, item) in items.into_iter().enumerate() {
            let pointer = format!("/items/{index}");
            let Some(rating) = object::<NewRating>(item, &pointer, &mut faults) else { continue };
            let earlier = *first.entry((rating.user_id, rating.service_id)).or_insert(index);
            if earlier != index {
                faults.push(Fault::at(pointer, format!("has the user and the service of /items/{earlier}")));
            }
            ratings.push(rating);
        }
        members.faults_below("items", faults);
        Some(Self(ratings))
    }
}

/// The parameters of `GET /ratings` that choose ratings; all of them must hold.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub(crate) struct RatingFilter {
    /// Only this user's.
    user_id: Option<Uuid>,
    /// Only those of this service.
    service_id: Option<Uuid>,
    /// The least score.
    #[param(inline)]
    min_score: Option<Score>,
    /// The greatest score.
    #[param(inline)]
    max_score: Option<Score>,
    /// Only these.
    #[param(ignore)]
    ids: Option<Ids>,
}

impl FromMembers<String> for RatingFilter {
    fn from_members(members: &mut Members<String>) -> Option<Self> {
        Some(Self {
            user_id: members.optional("userId"),
            service_id: members.optional("serviceId"),
            min_score: members.optional("minScore"),
            max_score: members.optional("maxScore"),
            ids: members.optional("ids"),
        })
    }
}

impl Filter for RatingFilter {
    const PATH: &'static str = "/ratings";
    const DEFAULT_SORT: &'static str = "-createdAt";
    const SORT_KEYS: &'static [SortKey] = &[
        SortKey { name: "createdAt", column: "created_at", kind: Kind::Time },
        SortKey { name: "updatedAt", column: "updated_at", kind: Kind::Time },
        SortKey { name: "score", column: "score", kind: Kind::Int },
    ];

    fn conditions(&self) -> Vec<Condition> {
        let half_points = |score: Score| Value::from(score.half_points());
        [
            self.user_id.map(|id| Condition::Value("user_id = ", id.into())),
            self.service_id.map(|id| Condition::Value("service_id = ", id.into())),
            self.min_score.map(|score| Condition::Value("score >= ", half_points(score))),
            self.max_score.map(|score| Condition::Value("score <= ", half_points(score))),
            self.ids.as_ref().map(|ids| Condition::IdIn(ids.as_slice().to_vec())),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The query of `DELETE /ratings`: without `ids` it is refused, for a forgotten parameter must not empty the
/// table.
#[derive(Debug)]
pub(crate) struct RemoveQuery {
    pub(super) ids: Ids,
}

impl FromMembers<String> for RemoveQuery {
    fn from_members(members: &mut Members<String>) -> Option<Self> {
        Some(Self { ids: members.required("ids")? })
    }
}
