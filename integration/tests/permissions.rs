//! The users of NATS that are rendered for a cluster: with what they may do everything works, and nothing else is done.

mod acts;
mod forbidden;
mod raw;
mod stage;
mod works;
