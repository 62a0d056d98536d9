//! `uptake dead-letters`.

use jiff::Timestamp;
use serde_json::json;
use uptake::job::{
    Operator, OperatorError,
    operator::{Letter, LetterFilter, NotRedriven, Page, Redriven},
};

use crate::{
    Outcome,
    config::{DeadLetters, PageArgs, ShowArgs},
    confirm::confirm,
    print, show,
    table::table,
    text::{count, plain, relative_cell},
};

/// Dead letters that are redriven between two looks at the list.
const REDRIVE_PAGE: usize = 100;
/// Dead letters that are deleted between two looks at the list.
const PURGE_PAGE: usize = 1_000;

pub(crate) async fn run(operator: &Operator, command: DeadLetters) -> anyhow::Result<Outcome> {
    match command {
        DeadLetters::List { filter, page } => list(operator, &filter.into(), &page).await,
        DeadLetters::Show { sequence, output } => show(operator, sequence, &output).await,
        DeadLetters::Redrive { sequences, all: false, json, .. } => {
            let mut report = Report { json, ..Report::default() };
            redrive(operator, &sequences, &mut report).await?;
            report.end()
        }
        DeadLetters::Redrive { filter, json, .. } => redrive_all(operator, &filter.into(), json).await,
        DeadLetters::Delete { sequences, consent } => {
            let number = u64::try_from(sequences.len()).unwrap_or_default();
            confirm(consent, &format!("this deletes {}", count(number, "dead letter")))?;
            delete(operator, &sequences).await
        }
        DeadLetters::Purge { filter, consent } => {
            let filter: LetterFilter = filter.into();
            let whose = filter.service.as_ref().map(|service| format!(" for {service}")).unwrap_or_default();
            let of = filter.cause.map(|cause| format!(" of cause {}", cause.as_str())).unwrap_or_default();
            confirm(consent, &format!("this deletes all dead letters{whose}{of}"))?;
            let purged = purge(operator, &filter).await?;
            print(&format!("deleted {}\n", count(purged, "dead letter")))?;
            Ok(Outcome::Done)
        }
    }
}

async fn list(operator: &Operator, filter: &LetterFilter, args: &PageArgs) -> anyhow::Result<Outcome> {
    let (limit, mut found) = (args.limit as usize, Page { items: Vec::new(), next: Some(args.after) });
    while let Some(after) = found.next.filter(|_| found.items.len() < limit) {
        let page = operator.dead_letters(filter, after, limit - found.items.len()).await?;
        found.items.extend(page.items);
        found.next = page.next;
    }
    let text =
        if args.json { format!("{}\n", found.document()) } else { letter_table(&found, Timestamp::now()) };
    print(&text)?;
    Ok(Outcome::Done)
}

pub(crate) fn letter_table(page: &Page<Letter>, now: Timestamp) -> String {
    let row = |Letter { sequence, facts, .. }: &Letter| {
        let lost = if facts.lost > 0 { format!(" ({} lost)", facts.lost) } else { String::new() };
        [
            sequence.to_string(),
            relative_cell(facts.at, now),
            facts.cause.as_str().to_owned(),
            facts.service.clone(),
            format!("{}{lost}", facts.attempts),
            facts.status.map_or_else(|| "-".to_owned(), |status| status.to_string()),
            format!("{} {}", facts.method, facts.target),
        ]
    };
    let rows: Vec<_> = page.items.iter().map(row).collect();
    let mut text = match rows.is_empty() {
        true => "no dead letters\n".to_owned(),
        false => table(["SEQ", "DIED", "CAUSE", "SERVICE", "ATTEMPTS", "STATUS", "REQUEST"], &rows),
    };
    if let Some(next) = page.next {
        text.push_str(&format!("and more: --after {next}\n"));
    }
    text
}

async fn show(operator: &Operator, sequence: u64, output: &ShowArgs) -> anyhow::Result<Outcome> {
    let document = operator.dead_letter(sequence).await?;
    match &output.body {
        Some(file) => show::write_body(file, &document.message.body)?,
        None if output.json => print(&format!("{}\n", serde_json::to_string(&document)?))?,
        None => print(&show::letter(&document, Timestamp::now()))?,
    }
    Ok(Outcome::Done)
}

/// What has come of redrives: told as it goes, or at the end as JSON.
#[derive(Debug, Default)]
struct Report {
    json: bool,
    redriven: Vec<Redriven>,
    not_redriven: Vec<NotRedriven>,
}

impl Report {
    fn redriven(&mut self, done: Redriven) -> anyhow::Result<()> {
        if !self.json {
            let Redriven { sequence, job, run, already } = &done;
            let already = if *already { " (which had begun before)" } else { "" };
            print(&format!("dead letter {sequence} is redriven: job {job}, run {run}{already}\n"))?;
        }
        self.redriven.push(done);
        Ok(())
    }

    fn not_redriven(&mut self, failed: NotRedriven) {
        if !self.json {
            eprintln!("uptake: {}", plain(&failed.reason));
        }
        self.not_redriven.push(failed);
    }

    fn end(self) -> anyhow::Result<Outcome> {
        if self.json {
            let report = json!({"redriven": self.redriven, "notRedriven": self.not_redriven});
            print(&format!("{report}\n"))?;
        }
        Ok(if self.not_redriven.is_empty() { Outcome::Done } else { Outcome::NotAll })
    }
}

async fn redrive(operator: &Operator, sequences: &[u64], report: &mut Report) -> anyhow::Result<()> {
    for &sequence in sequences {
        match operator.redrive(sequence).await {
            Ok(redriven) => report.redriven(redriven)?,
            Err(error) => {
                report.not_redriven(NotRedriven { sequence, reason: error.to_string() });
                if !error.is_of_one() {
                    break;
                }
            }
        }
    }
    Ok(())
}

/// Those that are there now: what fails again gets a new number, and is not taken up again.
async fn redrive_all(operator: &Operator, filter: &LetterFilter, json: bool) -> anyhow::Result<Outcome> {
    let (mut after, last) = (Some(0), operator.last_dead_letter().await?);
    let mut report = Report { json, ..Report::default() };
    while let Some(from) = after {
        let part = operator.redrive_all(filter, from, last, REDRIVE_PAGE).await?;
        for redriven in part.redriven {
            report.redriven(redriven)?;
        }
        part.not_redriven.into_iter().for_each(|failed| report.not_redriven(failed));
        after = part.next.filter(|_| !part.stopped);
    }
    if !json {
        let (done, failed) = (report.redriven.len(), report.not_redriven.len());
        print(&format!("{done} redriven, {failed} not\n"))?;
    }
    report.end()
}

/// Those that are there now. JetStream knows services by their subjects; causes it does not know.
async fn purge(operator: &Operator, filter: &LetterFilter) -> anyhow::Result<u64> {
    if filter.cause.is_none() {
        return Ok(operator.purge_dead_letters(filter.service.as_deref()).await?);
    }
    let (mut after, last, mut purged) = (Some(0), operator.last_dead_letter().await?, 0);
    while let Some(from) = after {
        let part = operator.delete_dead_letters(filter, from, last, PURGE_PAGE).await?;
        purged += part.deleted;
        after = part.next;
    }
    Ok(purged)
}

async fn delete(operator: &Operator, sequences: &[u64]) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::Done;
    for &sequence in sequences {
        match operator.delete_dead_letter(sequence).await {
            Ok(()) => print(&format!("dead letter {sequence} is deleted\n"))?,
            Err(error @ OperatorError::NoDeadLetter { .. }) => {
                eprintln!("uptake: {error}");
                outcome = Outcome::NotAll;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(outcome)
}
