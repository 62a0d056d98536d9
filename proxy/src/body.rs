//! Reads the body of a request, bounded in size and time.

use std::{fmt::Display, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use tokio::time::timeout;
use uptake::Fault;

use crate::limits::Admitted;

/// The body of a request: hyper's, or a test's.
pub(crate) trait RequestBody:
    http_body::Body<Data = Bytes, Error: Display + Send> + Send + Unpin + 'static
{
}

impl<B: http_body::Body<Data = Bytes, Error: Display + Send> + Send + Unpin + 'static> RequestBody for B {}

/// Reads the whole body. Its octets count as in flight from their arrival on.
pub(crate) async fn collect<B: RequestBody>(
    body: &mut B,
    max_octets: usize,
    max_time: Duration,
    admitted: &mut Admitted,
) -> Result<Bytes, Fault> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    // Before the first read, so that a client that waits for "100 Continue" is not asked for what is refused.
    if body.size_hint().lower() > max_octets as u64 {
        return Err(Fault::BodyTooLarge);
    }
    let read = read(body, max_octets, admitted);
    timeout(max_time, read).await.unwrap_or(Err(Fault::BodyTimeout))
}

async fn read<B: RequestBody>(
    body: &mut B,
    max_octets: usize,
    admitted: &mut Admitted,
) -> Result<Bytes, Fault> {
    let (mut first, mut rest) = (Bytes::new(), BytesMut::new());
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            tracing::debug!(%error, "a body cannot be read");
            Fault::BodyIncomplete
        })?;
        let Ok(data) = frame.into_data() else { continue };
        if first.len() + rest.len() + data.len() > max_octets {
            return Err(Fault::BodyTooLarge);
        }
        admitted.grow(data.len())?;
        if first.is_empty() && rest.is_empty() {
            first = data; // Most bodies come in one piece, which is not copied.
        } else {
            if rest.is_empty() {
                rest.extend_from_slice(&std::mem::take(&mut first));
            }
            rest.extend_from_slice(&data);
        }
    }
    Ok(if rest.is_empty() { first } else { rest.freeze() })
}

/// Reads what is left of a body that is not wanted, and drops it: a client that still writes when its connection is
/// reset may never see the answer that it has got (RFC 9112 §9.6). Ends at the first of both bounds.
pub(crate) async fn discard<B: RequestBody>(mut body: B, max_octets: usize, max_time: Duration) {
    let mut left = max_octets;
    let drop_rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Some(less) = left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) else { return };
            left = less;
        }
    };
    let _ = timeout(max_time, drop_rest).await;
}
