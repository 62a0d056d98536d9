//! What is answered of a file.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};

use super::{
    SECURITY,
    coding::{Coding, choose},
    files::File,
};
use crate::list::for_each_element;

impl File {
    /// The form that a client takes, or that it has it already.
    pub(super) fn answer(&self, fields: &HeaderMap) -> Response<Bytes> {
        let coding = choose(fields, self.coded.iter().map(|(coding, _)| *coding));
        let coded = self.coded.iter().find(|(there, _)| Some(*there) == coding);
        let form = coded.map_or(&self.plain, |(_, form)| form);

        let mut response = Response::new(Bytes::new());
        let headers = response.headers_mut();
        headers.extend(SECURITY);
        headers.insert(header::ETAG, form.tag.clone());
        headers.insert(header::CACHE_CONTROL, self.cache_control.clone());
        if !self.coded.is_empty() {
            headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
        if has(fields, &form.tag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        headers.insert(header::CONTENT_TYPE, self.media_type.clone());
        // Told also to who asks by HEAD.
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(form.octets.len()));
        if let Some(token) = coding.map(Coding::token) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(token));
        }
        *response.body_mut() = form.octets.clone();
        response
    }
}

/// Whether a client has what this tag is of (RFC 9110 §13.1.2).
fn has(fields: &HeaderMap, tag: &HeaderValue) -> bool {
    let mut found = false;
    for_each_element(fields, &header::IF_NONE_MATCH, |element| {
        found |= element == "*" || element.strip_prefix("W/").unwrap_or(element).as_bytes() == tag.as_bytes();
    });
    found
}
