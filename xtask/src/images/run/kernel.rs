//! What the kernel holds of a process, whatever its manifest and podman say.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use super::manifest::Container;

/// Ticks of a second in `/proc`: 100 on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Facts {
    user: u64,
    has_capabilities: bool,
    may_gain_privileges: bool,
    filters_calls: bool,
    may_write_root: bool,
    /// Most octets of memory, if the machine holds it.
    pub(super) memory: Option<u64>,
}

impl Facts {
    /// # Errors
    ///
    /// When the process is gone.
    pub(super) fn of(process: u32) -> Result<Self> {
        let read = |name: &str| {
            fs::read_to_string(format!("/proc/{process}/{name}"))
                .with_context(|| format!("process {process}: {name}"))
        };
        let status = read("status")?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.and_then(|line| line.split_whitespace().next()).with_context(|| format!("no {name}"))
        };
        let mounts = read("mountinfo")?;
        // The fifth word is where, the sixth how (proc_pid_mountinfo(5)).
        let root = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .find(|words| words.get(4) == Some(&"/"));
        let root = root.context("no root")?;
        Ok(Self {
            user: field("Uid")?.parse()?,
            has_capabilities: u64::from_str_radix(field("CapEff")?, 16)?
                | u64::from_str_radix(field("CapBnd")?, 16)?
                != 0,
            may_gain_privileges: field("NoNewPrivs")? != "1",
            filters_calls: field("Seccomp")? == "2",
            may_write_root: !root
                .get(5)
                .is_some_and(|options| options.split(',').any(|option| option == "ro")),
            memory: memory(&read("cgroup")?, &["memory.limit_in_bytes", "memory.max"]),
        })
    }

    /// # Errors
    ///
    /// With what is not as the manifest wants it.
    pub(super) fn check(&self, container: &Container) -> Result<()> {
        let may = &container.may;
        let held = [
            ("runAsUser", may.user.is_none_or(|user| user == self.user)),
            ("readOnlyRootFilesystem", may.write_root || !self.may_write_root),
            ("allowPrivilegeEscalation: false", may.gain_privileges || !self.may_gain_privileges),
            ("capabilities: drop ALL", may.have_capabilities || !self.has_capabilities),
            ("seccompProfile: RuntimeDefault", may.call_anything || self.filters_calls),
            (
                "limits: memory",
                container.memory.is_none() || self.memory.is_none() || self.memory == container.memory,
            ),
        ];
        for (setting, held) in held {
            ensure!(held, "{}: {setting} does not hold: {self:?}", container.name);
        }
        Ok(())
    }
}

/// The most memory that a process and its like ever had, in octets, if the machine counts it.
pub(super) fn peak_memory(process: u32) -> Option<u64> {
    let groups = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    memory(&groups, &["memory.max_usage_in_bytes", "memory.peak"])
}

/// A figure of a process's control group, by its name in the first version of these and in the second.
fn memory(groups: &str, [first, second]: &[&str; 2]) -> Option<u64> {
    let group = |wanted: &str| {
        groups.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (controllers, path) = rest.split_once(':')?;
            controllers.split(',').any(|controller| controller == wanted).then_some(path)
        })
    };
    let of_first = group("memory").map(|path| format!("/sys/fs/cgroup/memory{path}/{first}"));
    let path = of_first.or_else(|| group("").map(|path| format!("/sys/fs/cgroup{path}/{second}")))?;
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// When a process began, in seconds since the machine did, to a hundredth.
///
/// # Errors
///
/// When it is gone.
pub(super) fn began(process: u32) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).context("the process is gone")?;
    // Its name, in parentheses, may hold anything; the start is the twentieth word behind it (proc_pid_stat(5)).
    let words = stat.rsplit_once(')').map(|(_, words)| words).unwrap_or_default();
    let ticks: f64 = words.split_whitespace().nth(19).context("no start")?.parse()?;
    Ok(ticks / TICKS)
}

/// Now, on the same clock.
///
/// # Errors
///
/// When this is no Linux.
pub(super) fn now() -> Result<f64> {
    let uptime = fs::read_to_string("/proc/uptime")?;
    uptime.split(' ').next().context("no time")?.parse().context("no time")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_process_is_not_shut_in() {
        let own = std::process::id();
        let facts = Facts::of(own).unwrap();
        assert!(facts.may_write_root);
        let began = began(own).unwrap();
        let now = now().unwrap();
        assert!(began > 0.0 && now >= began, "{began} {now}");
        assert_eq!(Facts::of(u32::MAX).ok(), None);
    }
}
