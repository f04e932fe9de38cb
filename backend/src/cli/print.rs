//! Answers on standard output: text for people, JSON for programs.

use serde::Serialize;
use std::io::Write;

/// One document, indented.
pub(super) fn json<T: Serialize>(document: &T) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// One line.
pub(super) fn line(text: &str) -> anyhow::Result<()> {
    Ok(writeln!(std::io::stdout(), "{text}")?)
}

/// Rows: JSON lines where a program reads, else columns as wide as their widest cell.
pub(super) fn rows<T: Serialize, const N: usize>(
    as_json: bool,
    rows: &[T],
    cells: impl Fn(&T) -> [String; N],
) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    if as_json {
        for row in rows {
            writeln!(out, "{}", serde_json::to_string(row)?)?;
        }
        return Ok(());
    }
    drop(out);
    let rows: Vec<_> = rows.iter().map(|row| cells(row).to_vec()).collect();
    table(&rows)
}

/// Columns as wide as their widest cell.
pub(super) fn table(rows: &[Vec<String>]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for row in rows {
        let padded: Vec<_> = row
            .iter()
            .zip(&widths)
            .map(|(c, w)| format!("{c:w$}"))
            .collect();
        writeln!(out, "{}", padded.join("  ").trim_end())?;
    }
    Ok(())
}
