//! What holds on every database: built into each of the test binaries.

mod batches;
mod conditional;
mod counts;
mod database;
mod faults;
mod http_rules;
mod imports;
mod inbox;
mod migrations;
mod pages;
mod ratings;
mod services;
mod users;
