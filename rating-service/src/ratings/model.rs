//! What a rating is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    db,
    error::Error,
    extract::object,
    fields::{Ids, LongText, Score, present},
};

/// One user's opinion of one service.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rating {
    pub(crate) id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) service_id: Uuid,
    pub(crate) score: Score,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) comment: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

/// One rating in the body of `POST /ratings`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewRating {
    user_id: Uuid,
    service_id: Uuid,
    score: Score,
    comment: Option<LongText>,
}

/// The body of `PATCH /ratings/{id}`; null clears the comment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RatingPatch {
    #[serde(default, deserialize_with = "present")]
    score: Option<Score>,
    #[serde(default, deserialize_with = "present")]
    comment: Option<Option<LongText>>,
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

/// The body of `POST /ratings`.
#[derive(Debug)]
pub(crate) struct NewRatings {
    pub(crate) items: Vec<NewRating>,
    /// Whether they came as `{"items": […]}`: then the answer has this form too, even for one.
    pub(crate) several: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    items: Vec<Value>,
}

impl NewRatings {
    /// Reads one rating, or 1 to 200 as `{"items": […]}`.
    ///
    /// # Errors
    /// When it is neither. The pointer of the error leads to the first item that is wrong.
    pub(crate) fn from_json(body: Value) -> Result<Self, Error> {
        if body.get("items").is_none() {
            return Ok(Self { items: vec![object(body, "")?], several: false });
        }
        let Batch { items } = object(body, "")?;
        if items.is_empty() || items.len() > Ids::MAX {
            let detail = format!("must have 1 to {} items", Ids::MAX);
            return Err(Error::InvalidBody { pointer: "/items".to_owned(), detail });
        }
        let items = items.into_iter().enumerate();
        let items = items.map(|(index, item)| object(item, &format!("/items/{index}")));
        Ok(Self { items: items.collect::<Result<_, _>>()?, several: true })
    }
}
