//! What may be in flight at once: requests by number, their bodies by octets.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use uptake::Fault;

use crate::config::LimitConfig;

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
            self.used.fetch_sub(amount, Ordering::AcqRel);
        }
        fits
    }
}

/// The gauges of this process. Clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    requests: Arc<Gauge>,
    octets: Arc<Gauge>,
}

impl Limits {
    pub(crate) fn new(config: &LimitConfig) -> Self {
        Self { requests: Gauge::new(config.max_in_flight), octets: Gauge::new(config.max_in_flight_bytes) }
    }

    /// Admits one request, until what it gets is dropped.
    pub(crate) fn admit(&self) -> Result<Admitted, Fault> {
        if !self.requests.take(1) {
            return Err(Fault::InFlightLimit);
        }
        Ok(Admitted { limits: self.clone(), octets: 0 })
    }

    /// Requests in flight.
    pub(crate) fn requests(&self) -> usize {
        self.requests.used.load(Ordering::Acquire)
    }

    /// Octets of bodies in flight.
    pub(crate) fn octets(&self) -> usize {
        self.octets.used.load(Ordering::Acquire)
    }
}

/// One request's share of the limits.
#[derive(Debug)]
pub(crate) struct Admitted {
    limits: Limits,
    octets: usize,
}

impl Admitted {
    /// Takes room for more octets of the body.
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
        self.limits.octets.used.fetch_sub(self.octets, Ordering::AcqRel);
        self.limits.requests.used.fetch_sub(1, Ordering::AcqRel);
    }
}
