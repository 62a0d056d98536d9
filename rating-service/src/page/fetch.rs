//! One page from the database.

use serde::Serialize;

use super::{
    Condition, Filter, Kind, ListQuery, Page, Sort,
    cursor::{self, Position},
};
use crate::db::{
    Connection,
    query::{Row, Value, query},
};

/// What the items of a page may add up to, in octets of JSON: an answer of the platform has at most 512 KiB. A page of
/// long comments ends earlier than its limit says, and `nextCursor` leads on.
const MAX_PAGE_OCTETS: usize = 384 * 1024;

/// Reads one page; `select` is the statement up to its `WHERE`, and has all columns that can be sorted by.
pub(crate) async fn fetch<F: Filter, T: Serialize>(
    db: &mut Connection<'_>,
    list: &ListQuery<F>,
    select: &'static str,
    read: fn(&Row) -> sqlx::Result<T>,
) -> sqlx::Result<Page<T>> {
    let Sort { key, descending } = list.sort;
    let limit = list.limit.get().min(list.filter.max_items());
    let mut sql = query(select);
    let mut glue = " WHERE ";
    // Before the filters: of two bounds of a column SQLite seeks the first, and would read all pages before this one
    // if that were a filter's.
    if let Some(Position { key: value, id }) = list.after.clone() {
        let is_behind = if descending { ", id) < (" } else { ", id) > (" };
        sql = sql.push(glue).push("(").push(key.column).push(is_behind);
        sql = sql.push_bind(value).push(", ").push_bind(id).push(")");
        glue = " AND ";
    }
    for condition in list.filter.conditions() {
        sql = match condition {
            Condition::Value(part, value) => sql.push(glue).push(part).push_bind(value),
            Condition::IdIn(ids) => sql.push(glue).push("id IN ").push_ids(&ids),
        };
        glue = " AND ";
    }
    sql = sql.push(" ORDER BY ").push(key.column);
    sql = sql.push(if descending { " DESC, id DESC LIMIT " } else { ", id LIMIT " });
    // One more than asked for tells whether there is a next page.
    let rows = sql.push_bind(limit + 1).fetch_all(db).await?;

    let mut items = Vec::new();
    let mut octets = 0;
    for (index, row) in rows.iter().enumerate() {
        let item = read(row)?;
        octets += serde_json::to_vec(&item).map_or(0, |json| json.len());
        let is_full = items.len() == limit as usize || octets > MAX_PAGE_OCTETS;
        if is_full && let Some(last) = index.checked_sub(1).and_then(|last| rows.get(last)) {
            let scope = cursor::scope(F::PATH, list.sort, &list.given);
            let next_cursor = Some(position(last, list.sort)?.encode(&scope));
            return Ok(Page { items, next_cursor });
        }
        items.push(item);
    }
    Ok(Page { items, next_cursor: None })
}

fn position(row: &Row, sort: Sort) -> sqlx::Result<Position> {
    let column = sort.key.column;
    let key = match sort.key.kind {
        Kind::Text => Value::Text(row.get(column)?),
        Kind::Int => Value::Int(row.int(column)?),
        Kind::Real => Value::Real(row.get(column)?),
        Kind::Time => Value::Time(row.time(column)?),
    };
    Ok(Position { key, id: row.get("id")? })
}
