//! How much memory this process has and has had at most.

/// The largest resident size so far, in bytes; `None` where the system does not tell (it is Linux that does).
///
/// Files mapped into memory count as long as they are.
#[must_use]
pub fn peak() -> Option<u64> {
    in_status("VmHWM:")
}

/// The resident size now, in bytes, counted likewise.
#[must_use]
pub fn resident() -> Option<u64> {
    in_status("VmRSS:")
}

fn in_status(field: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix(field))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// Starts counting anew, where the system allows it.
pub fn forget_peak() {
    // Where it is not allowed, a later figure is at least the earlier ones: never too small.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
