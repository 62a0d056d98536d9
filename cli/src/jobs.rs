//! `uptake jobs`.

use jiff::Timestamp;
use uptake::{
    job::{
        Operator,
        operator::{JobFilter, Page},
    },
    wire::{JobId, Record},
};

use crate::{
    Outcome,
    config::{Jobs, PageArgs, ShowArgs},
    confirm::confirm,
    print, show,
    table::table,
    text::relative_cell,
};

pub(crate) async fn run(operator: &Operator, command: Jobs) -> anyhow::Result<Outcome> {
    match command {
        Jobs::List { filter, page } => list(operator, &filter.into(), &page).await?,
        Jobs::Show { id, output } => show(operator, &id, &output).await?,
        Jobs::Cancel { id, consent } => {
            confirm(consent, &format!("this cancels job {id}"))?;
            operator.cancel_job(&id).await?;
            print(&format!("job {id} is cancelled\n"))?;
        }
    }
    Ok(Outcome::Done)
}

async fn list(operator: &Operator, filter: &JobFilter, args: &PageArgs) -> anyhow::Result<()> {
    let (limit, mut found) = (args.limit as usize, Page { items: Vec::new(), next: Some(args.after) });
    while let Some(after) = found.next.filter(|_| found.items.len() < limit) {
        let page = operator.jobs(filter, after, limit - found.items.len()).await?;
        found.items.extend(page.items);
        found.next = page.next;
    }
    print(&if args.json { format!("{}\n", found.document()) } else { job_table(&found, Timestamp::now()) })
}

pub(crate) fn job_table(page: &Page<Record>, now: Timestamp) -> String {
    let row = |record: &Record| {
        [
            record.id.to_string(),
            record.state.as_str().to_owned(),
            relative_cell(record.created, now),
            record.attempts.to_string(),
            format!("{} {}", record.method, record.target),
        ]
    };
    let rows: Vec<_> = page.items.iter().map(row).collect();
    let mut text = match rows.is_empty() {
        true => "no jobs\n".to_owned(),
        false => table(["ID", "STATE", "ACCEPTED", "ATTEMPTS", "REQUEST"], &rows),
    };
    if let Some(next) = page.next {
        text.push_str(&format!("and more: --after {next}\n"));
    }
    text
}

async fn show(operator: &Operator, id: &JobId, output: &ShowArgs) -> anyhow::Result<()> {
    let document = operator.job(id).await?;
    match &output.body {
        Some(file) => {
            let answer = document.record.answer.as_ref();
            let answer = answer.ok_or_else(|| anyhow::anyhow!("job {id} has no answer (yet)"))?;
            show::write_body(file, answer.response.body())
        }
        None if output.json => print(&format!("{}\n", serde_json::to_string(&document)?)),
        None => print(&show::job(&document.record, Timestamp::now())),
    }
}
