//! One batch of lines in one transaction.

use uuid::Uuid;

use super::{
    file::{Line, Reference},
    known::Known,
    report::{Fate, Refusal, Report},
};
use crate::{
    db::Connection,
    error::Noun,
    ratings::{
        model::{NewRating, Rating, RatingPatch},
        store,
    },
};

/// Adds or changes what the lines say, and tells what became of each.
///
/// Lines are done in their order: of two for one user and service the second changes what the first has added.
pub(super) async fn import(db: &mut Connection<'_>, lines: &[Line]) -> sqlx::Result<Report> {
    let services = lines.iter().filter_map(|line| line.service.as_ref());
    let services = Known::look_up(db, Noun::Service, services).await?;
    let users = lines.iter().filter_map(|line| line.user.as_ref());
    let users = Known::look_up(db, Noun::User, users).await?;
    let mut report = Report::default();
    let mut ratings = Vec::new();
    for line in lines {
        match rating(line, &services, &users) {
            Ok(rating) => ratings.push((line, rating)),
            Err(reasons) => report.refuse(refusal(line, reasons)),
        }
    }
    if ratings.is_empty() {
        return Ok(report);
    }
    let new: Vec<&Rating> = ratings.iter().map(|(_, rating)| rating).collect();
    store::lock(db, &new).await?;
    for (line, rating) in ratings {
        match rate(db, line, rating).await? {
            Ok(fate) => report.count(fate),
            Err(reasons) => report.refuse(refusal(line, reasons)),
        }
    }
    Ok(report)
}

fn refusal(line: &Line, reasons: Vec<String>) -> Refusal {
    Refusal { line: line.number, text: line.text.clone(), reasons }
}

/// The rating that a line asks for, or all that is wrong with the line.
fn rating(line: &Line, services: &Known, users: &Known) -> Result<Rating, Vec<String>> {
    let mut reasons = Vec::new();
    let mut find = |known: &Known, reference: Option<&Reference>| -> Option<Uuid> {
        known.find(reference?).map_err(|reason| reasons.push(reason)).ok()
    };
    let ids = (find(services, line.service.as_ref()), find(users, line.user.as_ref()));
    match (ids, line.score) {
        ((Some(service_id), Some(user_id)), Some(score)) if line.faults.is_empty() => {
            let comment = line.comment.clone().flatten();
            Ok(Rating::new(NewRating { user_id, service_id, score, comment }))
        }
        _ => {
            reasons.extend(line.faults.iter().cloned());
            Err(reasons)
        }
    }
}

/// Adds this rating, or changes the one that its user has given its service before. Both are locked.
async fn rate(db: &mut Connection<'_>, line: &Line, new: Rating) -> sqlx::Result<Result<Fate, Vec<String>>> {
    let found = store::look_up(db, &new).await?;
    // They have been there a moment ago.
    let gone = [(found.service, Noun::Service), (found.user, Noun::User)];
    let gone = gone
        .iter()
        .filter(|(is_there, _)| !is_there)
        .map(|(_, noun)| format!("this {noun} is there no more"));
    let gone: Vec<String> = gone.collect();
    if !gone.is_empty() {
        return Ok(Err(gone));
    }
    let Some(id) = found.rating else {
        store::insert(db, &new).await?;
        return Ok(Ok(Fate::Added));
    };
    let mut rating = store::get(db, id).await?.ok_or(sqlx::Error::RowNotFound)?;
    let has_comment = line.comment.is_none() || rating.comment == new.comment;
    if rating.score == new.score && has_comment {
        return Ok(Ok(Fate::Unchanged));
    }
    rating.apply(RatingPatch { score: Some(new.score), comment: line.comment.clone() });
    store::update(db, &rating).await?;
    Ok(Ok(Fate::Changed))
}
