//! The console on the private listener: who is let in, to what, and what it tells.

mod hostile;
mod letters;
mod picture;
mod session;
mod stage;
