//! A datasheet as Markdown: tables of numbers.

use super::{Datasheet, Section, Table};
use std::fmt::Write;

impl Datasheet {
    /// The datasheet as Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out = format!("# {}\n", line(&self.title));
        for section in &self.sections {
            write_section(&mut out, section);
        }
        out
    }
}

fn write_section(out: &mut String, section: &Section) {
    let _ = writeln!(out, "\n## {}", section.title);
    for paragraph in &section.paragraphs {
        let _ = writeln!(out, "\n{paragraph}");
    }
    if let Some(text) = &section.quoted {
        let lines: Vec<String> = text.lines().map(|line| format!("> {line}")).collect();
        let _ = writeln!(out, "\n{}", lines.join("\n"));
    }
    if let Some(table) = &section.table {
        write_table(out, table);
    }
}

fn write_table(out: &mut String, table: &Table) {
    let head: Vec<String> = table.head.iter().map(|cell| line(cell)).collect();
    let _ = writeln!(out, "\n| {} |", head.join(" | "));
    let _ = writeln!(out, "|---{}|", "|--:".repeat(head.len().saturating_sub(1)));
    for (name, numbers) in &table.rows {
        let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let _ = writeln!(out, "| {} | {} |", line(name), numbers.join(" | "));
    }
}

/// What stands in one line, and in one cell.
fn line(text: &str) -> String {
    text.replace(['\n', '\r'], " ").replace('|', "\\|")
}
