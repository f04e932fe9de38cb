//! The report's figures, as SVG that stands alone and takes the page's colours within it.

use medreg_datasets::datasheet::escaped;
use medreg_datasets::evaluation::{Confusion, Estimate, ReliabilityCurve};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A figure with the name of its file.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The file's name.
    pub file: String,
    /// What it shows.
    pub caption: String,
    /// The SVG.
    pub svg: String,
}

/// What is measured, and its control: told apart with any kind of colour vision (Okabe and Ito), on light and on dark.
const BLUE: &str = "#2f87c4";
const ORANGE: &str = "#d55e00";
const ROW: f64 = 22.0;
const LABEL: f64 = 230.0;
const PLOT: f64 = 320.0;
const NUMBERS: f64 = 210.0;
/// The most concepts that a matrix shows; the rest are in `evaluation.json`.
const MOST_CONCEPTS: usize = 24;
const CELL: f64 = 26.0;

fn open(width: f64, height: f64, title: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0} {height:.0}" width="{width:.0}" height="{height:.0}" role="img" color="#222" fill="currentColor" font-family="sans-serif" font-size="12"><title>{}</title>"##,
        escaped(title)
    )
}

/// A number as it is shown everywhere.
#[must_use]
pub fn number(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.3}"))
}

/// A number with its interval and what it is a mean over.
#[must_use]
pub fn in_words(estimate: &Estimate) -> String {
    let interval = estimate.ci95.map_or(String::new(), |[low, high]| {
        format!(" ({low:.3} to {high:.3})")
    });
    format!("{}{interval}, n = {}", number(estimate.value), estimate.n)
}

/// Numbers under each other, each with its interval as a line.
#[must_use]
pub fn forest(file: &str, caption: &str, rows: &[(String, Estimate)]) -> Figure {
    let (low, high) = range(rows);
    let x = |value: f64| LABEL + PLOT * ((value - low) / (high - low)).clamp(0.0, 1.0);
    let height = ROW * (rows.len() as f64 + 1.5);
    let mut svg = open(LABEL + PLOT + NUMBERS, height, caption);
    // Writing to a string cannot fail.
    for tick in (0..=4).map(|n| low + (high - low) * f64::from(n) / 4.0) {
        let (at, down) = (x(tick), height - ROW);
        // What is written as zero has no sign.
        let tick = if tick.abs() < 0.005 { 0.0 } else { tick };
        let _ = write!(
            svg,
            r#"<path d="M{at:.1} 6V{down:.1}" stroke="currentColor" stroke-opacity="0.2"/><text x="{at:.1}" y="{:.1}" text-anchor="middle">{tick:.2}</text>"#,
            height - 5.0
        );
    }
    for (index, (name, estimate)) in rows.iter().enumerate() {
        let y = ROW * (index as f64 + 0.75);
        let text = y + 4.0;
        let _ = write!(
            svg,
            r#"<text x="{:.0}" y="{text:.1}" text-anchor="end">{}</text><text x="{:.0}" y="{text:.1}">{}</text>"#,
            LABEL - 10.0,
            escaped(name),
            LABEL + PLOT + 12.0,
            in_words(estimate)
        );
        if let Some([from, to]) = estimate.ci95 {
            let (from, to) = (x(from), x(to));
            let _ = write!(
                svg,
                r#"<path d="M{from:.1} {y:.1}H{to:.1}" stroke="{BLUE}" stroke-width="3"/>"#
            );
        }
        if let Some(value) = estimate.value {
            let at = x(value);
            let _ = write!(
                svg,
                r#"<circle cx="{at:.1}" cy="{y:.1}" r="5" fill="{BLUE}"/>"#
            );
        }
    }
    svg.push_str("</svg>\n");
    Figure {
        file: file.to_owned(),
        caption: caption.to_owned(),
        svg,
    }
}

/// From 0 to 1, or as far as values and intervals reach beyond.
fn range(rows: &[(String, Estimate)]) -> (f64, f64) {
    let ends = rows.iter().flat_map(|(_, e)| {
        let interval = e.ci95.into_iter().flatten();
        e.value.into_iter().chain(interval)
    });
    let finite = ends.filter(|v| v.is_finite());
    finite.fold((0.0, 1.0), |(low, high), v| (v.min(low), v.max(high)))
}

/// Which concept is taken for which: rows are what is true, and sum to 1.
#[must_use]
pub fn matrix(confusion: &Confusion) -> Figure {
    let mut of_truth: BTreeMap<&str, u64> = BTreeMap::new();
    for cell in &confusion.cells {
        *of_truth.entry(cell.truth.as_str()).or_default() += cell.count;
    }
    let mut frequent: Vec<(&str, u64)> = of_truth.iter().map(|(k, n)| (*k, *n)).collect();
    frequent.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), *name));
    let shown: BTreeSet<&str> = frequent
        .iter()
        .take(MOST_CONCEPTS)
        .map(|(k, _)| *k)
        .collect();
    let names: Vec<&str> = shown.iter().copied().collect();
    let (columns, left, top) = (names.len() as f64 + 1.0, LABEL, 150.0);
    let caption = format!("Names taken for each other, {}", confusion.lang);
    let height = top + CELL * names.len() as f64 + 10.0;
    let mut svg = open(left + CELL * columns + 20.0, height, &caption);
    let place = |name: Option<&str>| {
        let known = name.and_then(|name| names.iter().position(|n| *n == name));
        known.unwrap_or(names.len()) as f64
    };
    for (index, name) in names.iter().chain(&["(other)"]).enumerate() {
        let at = left + CELL * (index as f64 + 0.65);
        let _ = write!(
            svg,
            r#"<text transform="translate({at:.1} {:.0}) rotate(-60)">{}</text>"#,
            top - 8.0,
            escaped(name)
        );
    }
    let mut cells: BTreeMap<(u64, u64), u64> = BTreeMap::new();
    for cell in confusion
        .cells
        .iter()
        .filter(|c| shown.contains(c.truth.as_str()))
    {
        let said = cell.said.as_ref().map(|said| said.as_str());
        let at = (place(Some(cell.truth.as_str())) as u64, place(said) as u64);
        *cells.entry(at).or_default() += cell.count;
    }
    for (row, name) in names.iter().enumerate() {
        let whole = of_truth.get(name).copied().unwrap_or(0).max(1);
        let y = top + CELL * row as f64;
        let _ = write!(
            svg,
            r#"<text x="{:.0}" y="{:.1}" text-anchor="end">{} (n = {whole})</text>"#,
            left - 8.0,
            y + 17.0,
            escaped(name)
        );
        for column in 0..=names.len() {
            let count = cells
                .get(&(row as u64, column as u64))
                .copied()
                .unwrap_or(0);
            let colour = if row == column { BLUE } else { ORANGE };
            cell(
                &mut svg,
                left + CELL * column as f64,
                y,
                (count, whole),
                colour,
            );
        }
    }
    svg.push_str("</svg>\n");
    Figure {
        file: format!("confusion-{}.svg", confusion.lang),
        caption,
        svg,
    }
}

fn cell(svg: &mut String, x: f64, y: f64, (count, whole): (u64, u64), colour: &str) {
    let share = count as f64 / whole as f64;
    let opacity = if count == 0 { 0.0 } else { 0.15 + 0.85 * share };
    let side = CELL - 1.0;
    let _ = write!(
        svg,
        r#"<rect x="{x:.1}" y="{y:.1}" width="{side}" height="{side}" fill="{colour}" fill-opacity="{opacity:.2}" stroke="currentColor" stroke-opacity="0.15"/>"#
    );
    if count > 0 {
        let _ = write!(
            svg,
            r#"<text x="{:.1}" y="{:.1}" text-anchor="middle" font-size="11">{count}</text>"#,
            x + side / 2.0,
            y + 17.0
        );
    }
}

/// The share that is right against the confidence, bin by bin; on the diagonal what is said is true.
#[must_use]
pub fn reliability(curve: &ReliabilityCurve) -> Figure {
    const SIDE: f64 = 260.0;
    const EDGE: f64 = 44.0;
    let kind = if curve.calibrated {
        "calibrated"
    } else {
        "raw"
    };
    let caption = format!(
        "Confidence and truth, {} {}, {kind}",
        curve.task, curve.lang
    );
    let (x, y) = (|v: f64| EDGE + SIDE * v, |v: f64| 12.0 + SIDE * (1.0 - v));
    let mut svg = open(EDGE + SIDE + 20.0, SIDE + 84.0, &caption);
    let _ = write!(
        svg,
        r#"<rect x="{EDGE}" y="12" width="{SIDE}" height="{SIDE}" fill="none" stroke="currentColor" stroke-opacity="0.3"/><path d="M{} {}L{} {}" stroke="currentColor" stroke-opacity="0.5" stroke-dasharray="4 4"/>"#,
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    for tick in [0.0, 0.5, 1.0] {
        let _ = write!(
            svg,
            r#"<text x="{:.0}" y="{:.0}" text-anchor="middle">{tick:.1}</text><text x="{:.0}" y="{:.0}" text-anchor="end">{tick:.1}</text>"#,
            x(tick),
            y(0.0) + 16.0,
            EDGE - 6.0,
            y(tick) + 4.0
        );
    }
    for bin in &curve.bins {
        let share = bin.samples as f64 / curve.samples.max(1) as f64;
        let radius = (14.0 * share.sqrt()).max(3.0);
        let _ = write!(
            svg,
            r#"<circle cx="{:.1}" cy="{:.1}" r="{radius:.1}" fill="{BLUE}" fill-opacity="0.75"/>"#,
            x(bin.confidence),
            y(bin.right)
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{:.0}" y="{:.0}" text-anchor="middle">confidence → share that is right ↑</text><text x="4" y="{:.0}">ECE {} of {} patients</text></svg>"#,
        x(0.5),
        SIDE + 48.0,
        SIDE + 70.0,
        in_words(&curve.ece),
        curve.patients
    );
    Figure {
        file: format!("reliability-{}-{}-{kind}.svg", curve.task, curve.lang),
        caption,
        svg,
    }
}
