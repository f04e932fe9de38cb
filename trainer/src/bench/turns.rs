//! Programs that take their steps in turn, so that what else the machine does meanwhile slows all of them alike.

use super::pairs::PairsError;
use super::steps::Run;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Lines of a program's last words that are told on.
const LAST_WORDS: usize = 12;

/// A program that prints a line before each step and takes it when it reads one; at last it prints its [`Run`].
struct Stepping {
    command: String,
    child: Child,
    tells: Option<ChildStdin>,
    says: Option<BufReader<ChildStdout>>,
    /// The line that it printed last.
    said: String,
    complaints: File,
}

/// Runs programs that take so many steps each: all load one after the other, then each takes one step, the first one first and the last one
/// first by turns.
pub fn in_turn(commands: Vec<Command>, steps: usize) -> Result<Vec<Run>, PairsError> {
    let begun = commands.into_iter().map(Stepping::begin);
    let mut all: Vec<Stepping> = begun.collect::<Result<_, _>>()?;
    for _ in 0..steps {
        all.iter_mut().try_for_each(Stepping::step)?;
        all.reverse();
    }
    if steps % 2 == 1 {
        all.reverse();
    }
    all.into_iter().map(Stepping::end).collect()
}

impl Stepping {
    fn begin(mut command: Command) -> Result<Self, PairsError> {
        let (said_as, path) = (said_as(&command), PathBuf::from(command.get_program()));
        let failed = |source| PairsError::File {
            path: path.clone(),
            source,
        };
        let complaints = tempfile::tempfile().map_err(failed)?;
        let heard = complaints.try_clone().map_err(failed)?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(heard)
            .spawn()
            .map_err(failed)?;
        let mut stepping = Self {
            tells: child.stdin.take(),
            says: child.stdout.take().map(BufReader::new),
            command: said_as,
            child,
            said: String::new(),
            complaints,
        };
        stepping.listen()?;
        Ok(stepping)
    }

    fn step(&mut self) -> Result<(), PairsError> {
        match self.tells.as_mut().map(|tells| tells.write_all(b"\n")) {
            Some(Ok(())) => self.listen(),
            _ => Err(self.failed()),
        }
    }

    /// Waits for the next line that it prints.
    fn listen(&mut self) -> Result<(), PairsError> {
        self.said.clear();
        let said = &mut self.said;
        match self.says.as_mut().map(|says| says.read_line(said)) {
            Some(Ok(1..)) => Ok(()),
            _ => Err(self.failed()),
        }
    }

    fn end(mut self) -> Result<Run, PairsError> {
        if !self.child.wait().is_ok_and(|status| status.success()) {
            return Err(self.failed());
        }
        serde_json::from_str(&self.said).map_err(|source| PairsError::Output {
            command: self.command.clone(),
            source,
        })
    }

    /// What went wrong, as it tells it once it has ended.
    fn failed(&mut self) -> PairsError {
        // It may have closed its output and go on.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let mut said = Vec::new();
        let read = self.complaints.rewind();
        let _ = read.and_then(|()| self.complaints.read_to_end(&mut said));
        PairsError::Side {
            command: self.command.clone(),
            said: last_words(&said),
        }
    }
}

impl Drop for Stepping {
    fn drop(&mut self) {
        // None is left behind where another one failed; one that has ended is not there any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A call as a person would type it.
pub fn said_as(command: &Command) -> String {
    let parts = std::iter::once(command.get_program()).chain(command.get_args());
    let parts: Vec<_> = parts.map(|part| part.to_string_lossy()).collect();
    parts.join(" ")
}

/// The end of an error output.
pub fn last_words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said.lines().collect();
    lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// A program that writes its name down at each of its three steps.
    fn writes(name: &str, log: &str) -> Command {
        let run =
            r#"{"losses": [], "step_seconds": [], "growth_bytes": NAME}"#.replace("NAME", name);
        shell(&format!(
            "for step in 1 2 3; do echo ready; read turn; echo {name} >>{log}; done; echo '{run}'"
        ))
    }

    #[test]
    fn the_first_of_a_step_is_the_last_of_the_next_and_each_runs_result_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let names = ["1", "2", "3"].map(|name| writes(name, &log.to_string_lossy()));
        let runs = in_turn(names.into(), 3).unwrap();
        let results: Vec<_> = runs.iter().map(|run| run.growth_bytes).collect();
        assert_eq!(results, [Some(1), Some(2), Some(3)]);
        let order = std::fs::read_to_string(log).unwrap().replace('\n', "");
        assert_eq!(order, "123321123");
    }

    #[test]
    fn one_that_fails_ends_all_and_its_last_words_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let fails = shell("echo ready; read turn; echo why it failed >&2; exit 3");
        let others = writes("1", &log.to_string_lossy());
        let said = in_turn(vec![others, fails], 3).unwrap_err().to_string();
        assert!(said.contains("why it failed"), "{said}");
        assert_eq!(std::fs::read_to_string(log).unwrap(), "1\n");
        let said = in_turn(vec![shell("echo ready; read turn; echo no run")], 1);
        let said = said.unwrap_err().to_string();
        assert!(said.contains("printed no run"), "{said}");
    }
}
