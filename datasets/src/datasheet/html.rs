//! A datasheet as one HTML page, with bars beside the numbers; it needs nothing else and runs nothing.

use super::{Datasheet, Section, Table};
use std::fmt::Write;

const HEAD: &str = "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24}\
h2{margin-top:2rem;font-size:1.15rem}p{white-space:pre-wrap;overflow-wrap:anywhere}table{border-collapse:collapse}\
th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid #d8dee4}th:first-child,td:first-child{text-align:left}\
thead th{font-weight:600;vertical-align:bottom}tbody th{font-weight:400}svg{display:block}</style>";
/// The longest bar, in pixels.
const LONGEST: f64 = 240.0;

impl Datasheet {
    /// The datasheet as HTML.
    #[must_use]
    pub fn html(&self) -> String {
        let title = escaped(&self.title);
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\"><head>{HEAD}<title>{title}</title></head><body>\n<h1>{title}</h1>\n"
        );
        for section in &self.sections {
            write_section(&mut out, section);
        }
        out.push_str("</body></html>\n");
        out
    }
}

fn write_section(out: &mut String, section: &Section) {
    let _ = writeln!(out, "<h2>{}</h2>", escaped(section.title));
    for paragraph in &section.paragraphs {
        let _ = writeln!(out, "<p>{}</p>", escaped(paragraph));
    }
    if let Some(text) = &section.quoted {
        let _ = writeln!(out, "<blockquote><p>{}</p></blockquote>", escaped(text));
    }
    if let Some(table) = &section.table {
        write_table(out, table);
    }
}

fn write_table(out: &mut String, table: &Table) {
    out.push_str("<table><thead><tr>");
    for cell in &table.head {
        let _ = write!(out, "<th scope=\"col\">{}</th>", escaped(cell));
    }
    out.push_str("<td></td></tr></thead><tbody>\n");
    let firsts = table.rows.iter().filter_map(|(_, numbers)| numbers.first());
    let largest = firsts.max().copied().unwrap_or(0).max(1);
    for (name, numbers) in &table.rows {
        let _ = write!(out, "<tr><th scope=\"row\">{}</th>", escaped(name));
        for number in numbers {
            let _ = write!(out, "<td>{number}</td>");
        }
        let share = numbers
            .first()
            .map_or(0.0, |first| *first as f64 / largest as f64);
        let _ = writeln!(
            out,
            "<td><svg width=\"{LONGEST}\" height=\"12\" aria-hidden=\"true\"><rect width=\"{:.1}\" height=\"12\" fill=\"#3b7a9e\"/></svg></td></tr>",
            LONGEST * share
        );
    }
    out.push_str("</tbody></table>\n");
}

/// A text as HTML and XML may hold it, in an element or between double quotes.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            _ => out.push(c),
        }
    }
    out
}
