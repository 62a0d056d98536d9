//! What may be in flight at once: requests by number and octets, and the answers by octets.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use uptake::Fault;

use crate::{config::LimitConfig, connection::Ticket};

#[derive(Debug)]
struct Gauge {
    used: AtomicUsize,
    limit: usize,
}

impl Gauge {
    fn new(limit: u32) -> Arc<Self> {
        Arc::new(Self { used: AtomicUsize::new(0), limit: limit as usize })
    }

    fn take(&self, amount: usize) -> bool {
        let before = self.used.fetch_add(amount, Ordering::AcqRel);
        let fits = before + amount <= self.limit;
        if !fits {
            self.give_back(amount);
        }
        fits
    }

    fn give_back(&self, amount: usize) {
        self.used.fetch_sub(amount, Ordering::AcqRel);
    }
}

/// The gauges of this process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    requests: Arc<Gauge>,
    octets: Arc<Gauge>,
    answers: Arc<Gauge>,
}

impl Limits {
    pub(crate) fn new(config: &LimitConfig) -> Self {
        Self {
            requests: Gauge::new(config.max_in_flight),
            octets: Gauge::new(config.max_in_flight_bytes),
            answers: Gauge::new(config.max_in_flight_bytes),
        }
    }

    /// Admits one request, until what it gets is dropped.
    pub(crate) fn admit(&self) -> Result<Admitted, Fault> {
        // The other half is for the answers to what has been admitted already.
        if self.answer_octets() > self.answers.limit / 2 || !self.requests.take(1) {
            return Err(Fault::InFlightLimit);
        }
        Ok(Admitted { limits: self.clone(), octets: 0 })
    }

    /// Counts the octets of an answer until they are written to the socket of its client, or cannot be any more.
    pub(crate) fn hold(&self, answer: Bytes, ticket: Option<Ticket>) -> Result<Bytes, Fault> {
        if answer.is_empty() {
            return Ok(answer);
        }
        if !self.answers.take(answer.len()) {
            return Err(Fault::AnswerDropped);
        }
        if let Some(ticket) = &ticket {
            ticket.answered();
        }
        Ok(Bytes::from_owner(Unread { answer, answers: self.answers.clone(), _ticket: ticket }))
    }

    /// Requests in flight.
    pub(crate) fn requests(&self) -> usize {
        self.requests.used.load(Ordering::Acquire)
    }

    /// Octets of requests in flight: of their heads, and of what has come of their bodies.
    pub(crate) fn octets(&self) -> usize {
        self.octets.used.load(Ordering::Acquire)
    }

    /// Octets of answers that their clients have not yet taken.
    pub(crate) fn answer_octets(&self) -> usize {
        self.answers.used.load(Ordering::Acquire)
    }
}

/// One request's share of the limits.
#[derive(Debug)]
pub(crate) struct Admitted {
    limits: Limits,
    octets: usize,
}

impl Admitted {
    /// Takes room for the octets of the head, or for more of the body.
    pub(crate) fn grow(&mut self, octets: usize) -> Result<(), Fault> {
        if !self.limits.octets.take(octets) {
            return Err(Fault::InFlightLimit);
        }
        self.octets += octets;
        Ok(())
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.limits.octets.give_back(self.octets);
        self.limits.requests.give_back(1);
    }
}

/// An answer that its client has not yet taken. The HTTP library drops it when the kernel has all of it.
struct Unread {
    answer: Bytes,
    answers: Arc<Gauge>,
    _ticket: Option<Ticket>,
}

impl AsRef<[u8]> for Unread {
    fn as_ref(&self) -> &[u8] {
        &self.answer
    }
}

impl Drop for Unread {
    fn drop(&mut self) {
        self.answers.give_back(self.answer.len());
    }
}
