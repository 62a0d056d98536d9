//! The whole platform on real servers. The binaries under test must have been built: `cargo build --bins`.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod bad_bodies;
mod bad_fields;
mod bad_paths;
mod bad_startup;
mod bad_workers;
mod contract;
mod credit;
mod dead_letter_story;
mod dead_letters;
mod documents;
mod drain;
mod echoes;
mod effectively_once;
mod hostile;
mod http_surface;
mod identity;
mod imports;
mod jobs_asked;
mod jobs_keyed;
mod jobs_lost;
mod jobs_messages;
mod jobs_nats_crash;
mod jobs_unpublished;
mod jobs_worker;
mod killed_workers;
mod leaving;
mod load_scripts;
mod long_work;
mod nats_restart;
mod one_database;
mod overload;
mod rating_service;
mod relay;
mod request_ids;
mod worker_death;
