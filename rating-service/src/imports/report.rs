//! What became of the lines of a file.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Refusals that are told.
const MAX_TOLD: usize = 1_000;
/// Octets of them as JSON: the platform keeps an answer of 64 KiB with a job.
const MAX_TOLD_OCTETS: usize = 60 * 1024;

/// What became of the lines of a file, or of a batch of them; each has been one of the four.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// How many there were, besides the header and empty ones.
    lines: u32,
    /// Ratings that were not there before.
    added: u32,
    /// Ratings that had another score or comment before.
    changed: u32,
    /// Ratings that were there as the line says.
    unchanged: u32,
    /// Lines that were not imported.
    pub(super) refused: u32,
    /// The first of those: at most a thousand, and 60 KiB.
    #[schema(max_items = 1000)]
    refusals: Vec<Refusal>,
    /// How many more were refused.
    refusals_not_shown: u32,
}

/// A line that was not imported.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Refusal {
    /// The line of the file on which it begins; the header is 1.
    #[schema(minimum = 2)]
    pub(super) line: usize,
    /// As it was sent, but for what exceeds 200 characters.
    #[schema(max_length = 200)]
    pub(super) text: String,
    /// All that is wrong with it.
    #[schema(min_items = 1)]
    pub(super) reasons: Vec<String>,
}

/// What became of a line that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Added,
    Changed,
    Unchanged,
}

impl Report {
    pub(super) fn count(&mut self, fate: Fate) {
        self.lines += 1;
        match fate {
            Fate::Added => self.added += 1,
            Fate::Changed => self.changed += 1,
            Fate::Unchanged => self.unchanged += 1,
        }
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.lines += 1;
        self.refused += 1;
        self.refusals.push(refusal);
    }

    /// Adds those of a batch, whose refusals are put in the order of their lines.
    pub(super) fn add(&mut self, mut batch: Self) {
        self.lines += batch.lines;
        self.added += batch.added;
        self.changed += batch.changed;
        self.unchanged += batch.unchanged;
        self.refused += batch.refused;
        batch.refusals.sort_by_key(|refusal| refusal.line);
        self.refusals.append(&mut batch.refusals);
    }

    /// Leaves out the refusals for which an answer has no room.
    pub(super) fn cut(mut self) -> Self {
        let mut octets = 0;
        let told = self.refusals.iter().take(MAX_TOLD).take_while(|refusal| {
            // With the comma behind it. What it holds always serializes.
            octets += 1 + serde_json::to_vec(refusal).map_or(0, |json| json.len());
            octets <= MAX_TOLD_OCTETS
        });
        let told = told.count();
        let left_out = self.refusals.len() - told;
        self.refusals.truncate(told);
        self.refusals_not_shown = u32::try_from(left_out).unwrap_or(u32::MAX);
        self
    }

    /// How far a job has come, in percent and in words, when there are so many lines in all.
    pub(super) fn progress(&self, count: usize) -> (f32, String) {
        #[expect(clippy::cast_precision_loss, reason = "a percentage for people")]
        let percent = 100.0 * self.lines as f32 / count.max(1) as f32;
        (percent, format!("{} of {count} lines, {} refused", self.lines, self.refused))
    }
}
