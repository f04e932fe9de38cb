//! Ranks that end together.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a rank says last: that its work is done; or that it ends, and with which code.
const LEAVES: u8 = 1;
const ENDS: u8 = 2;

/// The exit code of a rank that another one leaves alone.
const DESERTED: u8 = 1;

/// Ranks that end together: where one is gone, whether it said so or not, the others end. A thread listens for each that this one is
/// connected to.
#[derive(Debug)]
pub struct Company(Arc<Bonds>);

#[derive(Debug)]
struct Bonds {
    rank: usize,
    others: BTreeMap<usize, TcpStream>,
    left: AtomicBool,
}

impl Company {
    pub(super) fn of(rank: usize, others: BTreeMap<usize, TcpStream>) -> Self {
        let bonds = Arc::new(Bonds {
            rank,
            others,
            left: AtomicBool::new(false),
        });
        for other in bonds.others.keys().copied() {
            let bonds = Arc::clone(&bonds);
            std::thread::spawn(move || bonds.follow(other));
        }
        Self(bonds)
    }

    /// Ends the processes of all ranks, this one with `code`.
    pub fn abort(&self, code: u8) -> ! {
        self.0.end(code)
    }

    /// This rank's work is done: from now on it neither ends others nor is ended by them.
    pub fn leave(&self) {
        self.0.left.store(true, Ordering::SeqCst);
        self.0.say([LEAVES, 0]);
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        // One that goes without having left takes the others along. It is not ended by them: its caller has yet to say why.
        if !self.0.left.swap(true, Ordering::SeqCst) {
            self.0.say([ENDS, DESERTED]);
        }
    }
}

impl Bonds {
    /// Waits for the last word of another rank.
    fn follow(&self, other: usize) {
        let Some(mut stream) = self.others.get(&other) else {
            return;
        };
        let mut said = [0; 2];
        let heard = stream.read_exact(&mut said);
        if self.left.load(Ordering::SeqCst) {
            return;
        }
        match (heard, said) {
            (Ok(()), [LEAVES, _]) => {}
            (Ok(()), [ENDS, code]) => self.end(code),
            _ => {
                let own = self.rank;
                tracing::error!("rank {own} ends, because rank {other} is gone");
                self.end(DESERTED)
            }
        }
    }

    fn end(&self, code: u8) -> ! {
        self.say([ENDS, code]);
        exit_at_once(code)
    }

    fn say(&self, word: [u8; 2]) {
        for mut stream in self.others.values() {
            // Who does not hear it is gone already.
            let _ = stream.write_all(&word);
        }
    }
}

/// Ends this process and nothing else: what is to be done at an exit, the driver's part of it above all, may wait for a GPU that waits
/// for another rank's.
#[allow(unsafe_code)] // It touches no memory of this program.
fn exit_at_once(code: u8) -> ! {
    unsafe { libc::_exit(i32::from(code)) }
}
