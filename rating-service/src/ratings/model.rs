//! What a rating is.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    contract::examples,
    db,
    fields::{LongText, Score, time},
};

/// One user's opinion of one service.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rating {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) service_id: Uuid,
    pub(crate) score: Score,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) comment: Option<String>,
    #[serde(serialize_with = "time")]
    pub(crate) created_at: Timestamp,
    #[serde(serialize_with = "time")]
    pub(crate) updated_at: Timestamp,
}

/// One rating in the body of `POST /ratings`.
#[derive(Debug, ToSchema)]
#[schema(rename_all = "camelCase", example = json!(examples::new_rating()))]
pub(crate) struct NewRating {
    pub(crate) user_id: Uuid,
    pub(crate) service_id: Uuid,
    pub(crate) score: Score,
    pub(crate) comment: Option<LongText>,
}

/// The body of `PATCH /ratings/{id}`; null clears the comment.
#[derive(Debug, ToSchema)]
#[schema(example = json!({"score": 3.5, "comment": null}))]
pub(crate) struct RatingPatch {
    #[schema(nullable = false)]
    pub(crate) score: Option<Score>,
    pub(crate) comment: Option<Option<LongText>>,
}

impl Rating {
    /// A rating with a new id, created now.
    pub(crate) fn new(new: NewRating) -> Self {
        let now = db::now();
        Self {
            id: Uuid::now_v7(),
            user_id: new.user_id,
            service_id: new.service_id,
            score: new.score,
            comment: new.comment.map(LongText::into_string),
            created_at: now,
            updated_at: now,
        }
    }

    /// Changes what the patch names; false when it names nothing, so that there is nothing to write.
    pub(crate) fn apply(&mut self, patch: RatingPatch) -> bool {
        if patch.score.is_none() && patch.comment.is_none() {
            return false;
        }
        if let Some(score) = patch.score {
            self.score = score;
        }
        if let Some(comment) = patch.comment {
            self.comment = comment.map(LongText::into_string);
        }
        // A clock that was set back does not make a change older than what it changes.
        self.updated_at = self.updated_at.max(db::now());
        true
    }
}
