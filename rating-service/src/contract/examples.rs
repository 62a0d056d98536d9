//! Bodies that the document shows.

use serde_json::{Value, json};

pub(crate) const USER_ID: &str = "01a1970b-a156-7a67-bb60-b8527463211a";
pub(crate) const SERVICE_ID: &str = "01a1970b-a157-7c01-9f3e-5d1f6a0c2b7d";
const TIME: &str = "2026-11-01T12:18:04.246357Z";

pub(crate) fn user() -> Value {
    json!({"id": USER_ID, "name": "Amara Okafor", "createdAt": TIME})
}

/// As in a list.
pub(crate) fn service() -> Value {
    json!({"id": SERVICE_ID, "name": "Harbour Café", "description": "Coffee by the water.", "createdAt": TIME,
        "ratingCount": 1, "averageScore": 4.5})
}

pub(crate) fn service_detail() -> Value {
    let mut service = service();
    let count =
        |half_points: u8| json!({"score": f64::from(half_points) / 2.0, "count": u8::from(half_points == 9)});
    service["distribution"] = (0..=10).map(count).collect();
    service
}

pub(crate) fn rating() -> Value {
    json!({"id": "01a1970b-a158-7d52-8a44-0b6f7e9d1c33", "userId": USER_ID, "serviceId": SERVICE_ID, "score": 4.5,
        "comment": "Quick and friendly.", "createdAt": TIME, "updatedAt": TIME})
}

pub(crate) fn new_rating() -> Value {
    json!({"userId": USER_ID, "serviceId": SERVICE_ID, "score": 4.5, "comment": "Quick and friendly."})
}

pub(crate) const fn ratings_file() -> &'static str {
    "service,user,score,comment\nHarbour Café,Amara Okafor,4.5,\"Quick, and friendly.\"\n"
}

pub(crate) fn report() -> Value {
    json!({"lines": 120, "added": 112, "changed": 5, "unchanged": 2, "refused": 1, "refusals": [
        {"line": 7, "text": "Harbour Café,Nobody,4,", "reasons": ["no user is called Nobody"]},
    ], "refusalsNotShown": 0})
}
