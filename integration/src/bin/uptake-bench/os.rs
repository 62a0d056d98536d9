//! What the operating system says of a process.

use std::fs;

/// Ticks of `/proc/PID/stat` in a second: fixed in Linux's interface (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// Resident memory, in KiB.
pub(crate) fn resident_kib(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(f64::NAN)
}

/// Processor time that a process has used, its threads' and the kernel's for it, in seconds.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    cpu_of_stat(&stat).unwrap_or(f64::NAN)
}

/// Fields 14 and 15 (proc_pid_stat(5)); the name, field 2, may hold spaces.
fn cpu_of_stat(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_time_behind_a_name_with_spaces() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194560 0 0 0 0 150 50 0 0 20 0 4 0 100 0 0";
        assert_eq!(cpu_of_stat(stat), Some(2.0));
        assert_eq!(cpu_of_stat(""), None);
    }

    #[test]
    fn this_process_has_memory_and_time() {
        assert!(resident_kib(std::process::id()) > 0.0);
        assert!(cpu_seconds(std::process::id()) >= 0.0);
    }
}
