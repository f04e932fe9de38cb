//! A disk that is soon full, or cannot be written.

use std::io::Write;
use std::path::Path;
use std::process::Command;

/// A small file system of its own, in memory, on a folder.
pub struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    /// One of so many bytes. `None`, said loudly, where nobody may mount one.
    pub fn mount(at: &'a Path, bytes: usize, test: &str) -> Option<Self> {
        let size = format!("size={bytes}");
        let arguments = ["-t", "tmpfs", "-o", &size, "tmpfs"];
        let mounted = Command::new("mount").args(arguments).arg(at).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self(at));
        }
        let said = format!("\nSKIPPED {test}: a small disk can only be mounted by root\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
        None
    }

    /// Changes a mount option: `ro`, `rw`, `size=…`.
    pub fn change(&self, option: &str) {
        let options = format!("remount,{option}");
        let mut mount = Command::new("mount");
        let status = mount.args(["-o", &options]).arg(self.0).status();
        assert!(status.unwrap().success(), "{options}");
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}
