//! The orderly end.

use std::time::{Duration, Instant};

use super::TICK;
use super::team::{Role, Team, Wish};
use crate::progress::{Style, duration};

/// How long each kind of process may take: a proxy up to its grace period of 35 s, a worker until its
/// pull requests have expired and its handlers are done.
const PATIENCE: Duration = Duration::from_secs(45);
/// The same before everything was ready: no request was ever taken.
const HASTE: Duration = Duration::from_secs(1);
/// From then on we say for whom we wait.
const SILENT_FOR: Duration = Duration::from_secs(2);

/// Ends all processes, those first which others do not need: proxies, workers, servers. A signal on
/// the way kills what is left.
pub(super) fn stop(team: &mut Team) {
    let started = Instant::now();
    if team.members.is_empty() {
        return;
    }
    team.note(Style::Bold, "ending …");
    for role in [Role::Proxy, Role::Worker, Role::Postgres, Role::Nats] {
        if !stop_role(team, role) {
            break;
        }
    }
    for role in [Role::Proxy, Role::Worker, Role::Postgres, Role::Nats] {
        team.end_now(role);
    }
    team.kill_replaced();
    team.drain();
    team.note(Style::Bold, &format!("ended after {}", duration(started.elapsed())));
}

/// `false` when a signal came.
fn stop_role(team: &mut Team, role: Role) -> bool {
    for member in team.members.iter_mut().filter(|member| member.spec.role == role) {
        member.signal(role.end_signal());
    }
    let started = Instant::now();
    let patience = if team.is_up() { PATIENCE } else { HASTE };
    let mut said = false;
    loop {
        if team.pump(TICK) == Some(Wish::Stop) {
            team.note(Style::Red, "killing what is left");
            return false;
        }
        let mut left = Vec::new();
        for member in team.members.iter_mut().filter(|member| member.spec.role == role) {
            if member.is_running() && member.died().is_none() {
                left.push(member.spec.name.clone());
            }
        }
        let names = left.join(", ");
        if left.is_empty() {
            return true;
        } else if started.elapsed() >= patience {
            team.note(Style::Dim, &format!("{names}: not ended after {}, killed", duration(patience)));
            team.end_now(role);
            return true;
        } else if !said && started.elapsed() >= SILENT_FOR {
            said = true;
            let why = match role {
                Role::Worker => " (what they have asked for may still come, for 10 s)",
                Role::Nats | Role::Postgres | Role::Proxy => "",
            };
            team.note(Style::Dim, &format!("waiting for {names}{why}; Ctrl-C again kills"));
        }
    }
}
