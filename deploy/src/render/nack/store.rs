//! Whether what streams reserve fits into what servers have. JetStream refuses a stream whose octets it has not left, and then
//! its service waits for ever.

use anyhow::{Result, ensure};
use async_nats::jetstream::stream::{Config as StreamConfig, StorageType};
use uptake::provision::Wanted;

use crate::settings::Settings;

pub(super) fn holds_all(settings: &Settings, all: &[(&str, Wanted)]) -> Result<()> {
    let nats = &settings.nats;
    let own = all.iter().flat_map(|(_, wanted)| wanted.requests.iter().map(|(stream, _)| stream));
    let shared =
        all.iter().take(1).flat_map(|(_, wanted)| wanted.buckets.iter().chain([&wanted.dead_letters]));
    let streams: Vec<&StreamConfig> = own.chain(shared).collect();
    for (setting, storage, size) in
        [("disk", StorageType::File, &nats.disk), ("memoryStore", StorageType::Memory, &nats.memory_store)]
    {
        let stored = streams.iter().filter(|stream| stream.storage == storage);
        let copies = |stream: &&&StreamConfig| {
            u64::try_from(stream.max_bytes).unwrap_or_default().saturating_mul(stream.num_replicas as u64)
        };
        let reserved: u64 = stored.map(|stream| copies(&stream)).fold(0, u64::saturating_add);
        let each = reserved.div_ceil(u64::from(nats.servers));
        ensure!(
            u128::from(each) * 1000 <= size.milli(),
            "nats.{setting}: {size} are less than the {each} octets that the streams reserve on each of {} servers; raise it, or \
             lower WORKER_MAX_WAITING_BYTES and the like in env of the services",
            nats.servers
        );
    }
    Ok(())
}
