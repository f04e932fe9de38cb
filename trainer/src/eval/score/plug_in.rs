//! Metrics of other programs: entries go to a command as JSON lines, one JSON object of numbers comes back. docs/scores.md has the contract.

use super::Filter;
use super::entries::{self, EntriesError};
use serde_json::{Map, Number, Value, json};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Why a command gave no metrics.
#[derive(Debug, thiserror::Error)]
pub enum PlugInError {
    /// It could not be started, written to or read.
    #[error("`{0}`: {1}")]
    Pipe(String, std::io::Error),
    /// The predictions could not be read again.
    #[error(transparent)]
    Entries(#[from] EntriesError),
    /// It ended with an error.
    #[error("`{0}` ended with {1}; what it wrote to its error output is above")]
    Failed(String, ExitStatus),
    /// What it printed is no object of numbers.
    #[error("`{0}` printed what is not one JSON object of numbers: {1}")]
    Answer(String, String),
}

/// Runs a shell command over all entries of the files and gives what it prints.
pub fn run(
    command: &str,
    files: &[PathBuf],
    filter: Filter,
    lang: &str,
) -> Result<Map<String, Value>, PlugInError> {
    let pipe = |source| PlugInError::Pipe(command.to_owned(), source);
    let mut child = Command::new("sh")
        .args(["-c", command])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(pipe)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    // It may print before it has read all, so both go on at once.
    let (told, printed) = std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut text = String::new();
            output
                .map_or(Ok(0), |mut output| output.read_to_string(&mut text))
                .map(|_| text)
        });
        let told = input.map_or(Ok(Ok(())), |input| tell(input, files, filter, lang));
        let printed = reading.join();
        (
            told,
            printed.unwrap_or_else(|_| Err(std::io::ErrorKind::Other.into())),
        )
    });
    let status = child.wait().map_err(pipe)?;
    if !status.success() {
        return Err(PlugInError::Failed(command.to_owned(), status));
    }
    told?.map_err(pipe)?;
    let printed = printed.map_err(pipe)?;
    let refuse = |why: String| PlugInError::Answer(command.to_owned(), why);
    let numbers: Map<String, Value> =
        serde_json::from_str::<Map<String, Value>>(&printed).map_err(|e| refuse(e.to_string()))?;
    match numbers
        .values()
        .find(|value| !value.is_number() && !value.is_null())
    {
        Some(other) => Err(refuse(format!("{other} is no number"))),
        None => Ok(numbers),
    }
}

type Told = Result<std::io::Result<()>, EntriesError>;

/// Writes the entries, one a line. A command that has read enough may close its input.
fn tell(input: impl Write, files: &[PathBuf], filter: Filter, lang: &str) -> Told {
    let mut out = BufWriter::new(input);
    let mut said = Ok(());
    for file in files {
        one_file(&mut out, file, filter, lang, &mut said)?;
    }
    Ok(closed(said.and_then(|()| out.flush())))
}

fn one_file(
    out: &mut impl Write,
    file: &Path,
    filter: Filter,
    lang: &str,
    said: &mut std::io::Result<()>,
) -> Result<(), EntriesError> {
    entries::read(file, &mut |entry| {
        if said.is_err() || !filter.takes(&entry) {
            return;
        }
        let line = json!({
            "number": Number::from(entry.number),
            "prediction": entry.answer,
            "reference": entry.truth,
            "question": entry.question,
            "patient": entry.cluster(),
            "lang": lang,
        });
        *said = writeln!(out, "{line}");
    })
}

fn closed(said: std::io::Result<()>) -> std::io::Result<()> {
    match said {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}
