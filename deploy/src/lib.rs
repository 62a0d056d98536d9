//! Renders the manifests of the platform for Kubernetes, and checks them.
//!
//! Rendering is pure: the same settings make the same octets. An *overlay* is a file with settings; [`settings::load`] reads it,
//! [`render::render`] makes typed objects of it, [`output`] writes them as YAML, and [`check`] holds them to what a cluster
//! and its operators expect.
//!
//! | module | what it is |
//! |---|---|
//! | [`settings`] | overlays: what can be set, how it is read, what cannot be |
//! | [`component`] | the parts of the platform that are deployed one by one |
//! | [`object`], [`resource`] | what a cluster takes: built-in kinds, and those of operators |
//! | [`render`] | one function for each object |
//! | [`nats`] | users of NATS and what they may do; the values of its charts |
//! | [`check`] | policies and schemas |
//! | [`output`], [`diff`], [`input`] | how it is written, compared, and read again |
//! | [`grace`] | how long programs need to end |

pub mod check;
pub mod cli;
pub mod component;
pub mod diff;
pub mod grace;
pub mod input;
pub mod nats;
pub mod object;
pub mod output;
pub mod patch;
pub mod render;
pub mod resource;
pub mod settings;
pub mod versions;
pub mod worker;
