//! The users or services that the lines of a batch name.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::file::Reference;
use crate::{
    db::{Connection, query::query, sort_name},
    error::Noun,
};

/// Those of them that are there.
#[derive(Debug)]
pub(super) struct Known {
    noun: Noun,
    ids: HashSet<Uuid>,
    /// By name: the id of the first that has it, and how many have it.
    names: HashMap<String, (Uuid, u32)>,
}

impl Known {
    /// Looks them up, with one statement for all names and one for all ids.
    pub(super) async fn look_up<'r>(
        db: &mut Connection<'_>,
        noun: Noun,
        references: impl Iterator<Item = &'r Reference>,
    ) -> sqlx::Result<Self> {
        let (mut ids, mut names) = (Vec::new(), HashSet::new());
        for reference in references {
            match reference {
                Reference::Id(id) => ids.push(*id),
                Reference::Name(name) => drop(names.insert(name.as_str())),
            }
        }
        let names: Vec<&str> = names.into_iter().collect();
        let table = match noun {
            Noun::User => "users",
            Noun::Service => "services",
            Noun::Rating => "ratings",
        };
        Ok(Self {
            noun,
            ids: look_up_ids(db, table, &ids).await?,
            names: look_up_names(db, table, &names).await?,
        })
    }

    /// The id of what a line names.
    ///
    /// # Errors
    /// Why it names nothing, or not one thing.
    pub(super) fn find(&self, reference: &Reference) -> Result<Uuid, String> {
        let noun = self.noun;
        match reference {
            Reference::Id(id) => {
                self.ids.get(id).copied().ok_or_else(|| format!("no {noun} has the id {id}"))
            }
            Reference::Name(name) => match self.names.get(name) {
                None => Err(format!("no {noun} is called {name}")),
                Some((id, 1)) => Ok(*id),
                Some((_, count)) => Err(format!("{count} {noun}s are called {name}: write the id")),
            },
        }
    }
}

async fn look_up_ids(
    db: &mut Connection<'_>,
    table: &'static str,
    ids: &[Uuid],
) -> sqlx::Result<HashSet<Uuid>> {
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let found = query("SELECT id FROM ").push(table).push(" WHERE id IN ").push_ids(ids);
    found.fetch_all(db).await?.iter().map(|row| row.get("id")).collect()
}

/// Names are indexed as they are sorted. Of those who share one, the first is enough: there may be thousands.
async fn look_up_names(
    db: &mut Connection<'_>,
    table: &'static str,
    names: &[&str],
) -> sqlx::Result<HashMap<String, (Uuid, u32)>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let sort_names: Vec<String> = names.iter().map(|name| sort_name(name)).collect();
    let found = query("SELECT id, name, (SELECT count(*) FROM ")
        .push(table)
        .push(" AS same WHERE same.sort_name = named.sort_name AND same.name = named.name) AS how_many FROM ")
        .push(table)
        .push(" AS named WHERE sort_name IN ")
        .push_list(sort_names.iter().map(String::as_str))
        .push(" AND name IN ")
        .push_list(names.iter().copied())
        .push(" AND NOT EXISTS (SELECT 1 FROM ")
        .push(table)
        .push(" AS first WHERE first.sort_name = named.sort_name AND first.name = named.name AND first.id < named.id)")
        .fetch_all(db)
        .await?;
    found.iter().map(|row| Ok((row.get("name")?, (row.get("id")?, row.int("how_many")?)))).collect()
}
