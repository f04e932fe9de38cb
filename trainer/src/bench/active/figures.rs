//! The benchmark's figures, as SVG that reads at a width of 900 pixels, in colours that people with any colour vision tell apart (Okabe and
//! Ito), told apart by their strokes as well.

use super::Findings;
use super::bootstrap::{Estimate, estimate, mean};
use super::curves::{Curve, score_at};
use super::verdict::{Outcome, TARGET};
use medreg_datasets::protocol::Strategy;
use std::fmt::Write as _;

const WIDTH: f64 = 900.0;
const COLUMNS: usize = 4;
const PANEL: (f64, f64) = (176.0, 150.0);
const LEFT: f64 = 52.0;
const TOP: f64 = 62.0;
const STEP: (f64, f64) = (212.0, 212.0);

const STRATEGY: &str = "#0072b2";
const STRATIFIED: &str = "#d55e00";
const RANDOM: &str = "#555555";

/// A panel's mapping from boxes and score to pixels; boxes on a logarithm.
struct Panel {
    left: f64,
    top: f64,
    boxes: (f64, f64),
    scores: (f64, f64),
}

impl Panel {
    fn x(&self, boxes: f64) -> f64 {
        let part = (boxes / self.boxes.0).ln() / (self.boxes.1 / self.boxes.0).ln();
        self.left + PANEL.0 * part.clamp(0.0, 1.0)
    }

    fn y(&self, score: f64) -> f64 {
        let part = (score - self.scores.0) / (self.scores.1 - self.scores.0);
        self.top + PANEL.1 * (1.0 - part.clamp(0.0, 1.0))
    }
}

fn start(height: f64, title: &str) -> String {
    format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" font-family="sans-serif" font-size="12" fill="#222" role="img"><title>{title}</title><rect width="{WIDTH}" height="{height}" fill="#fff"/><text x="{LEFT}" y="22" font-size="15">{title}</text>"##
    )
}

/// One panel per strategy: its mean curve over seeds with the bootstrap interval, beside stratified random and random.
#[must_use]
pub fn curves_figure(findings: &Findings) -> String {
    let chance = [Strategy::Random, Strategy::StratifiedRandom];
    let drawn = findings
        .outcomes
        .iter()
        .filter(|o| !chance.contains(&o.strategy));
    let drawn: Vec<&Outcome> = drawn.collect();
    let height = TOP + STEP.1 * drawn.len().div_ceil(COLUMNS).max(1) as f64;
    let mut svg = start(
        height,
        "Score on held-out patients over boxes read, mean of seeds with 95 % intervals",
    );
    svg.push_str(&legend());
    let points = || findings.outcomes.iter().flat_map(|o| &o.curves).flatten();
    let low = points().map(|p| p.score).fold(f64::INFINITY, f64::min);
    let high = points().map(|p| p.score).fold(0.0, f64::max);
    let first = findings.budgets.first().copied().unwrap_or(1).max(1) as f64;
    for (n, outcome) in drawn.into_iter().enumerate() {
        let panel = Panel {
            left: LEFT + STEP.0 * (n % COLUMNS) as f64,
            top: TOP + STEP.1 * (n / COLUMNS) as f64,
            boxes: (first, findings.pool[2].max(2) as f64),
            scores: (
                (low * 20.0).floor() / 20.0,
                (high * 20.0).ceil() / 20.0 + 0.01,
            ),
        };
        svg.push_str(&panel_of(&panel, findings, outcome));
    }
    svg.push_str("</svg>\n");
    svg
}

fn legend() -> String {
    let entries = [
        (STRATEGY, "", "the strategy"),
        (STRATIFIED, "7 3", "stratified random"),
        (RANDOM, "2 3", "random"),
        ("#222", "1 4", "95 % of the score of all boxes"),
    ];
    let mut text = String::new();
    for (n, (colour, dash, name)) in entries.into_iter().enumerate() {
        let x = LEFT + 170.0 * n as f64;
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            r#"<path d="M{x} 40h26" stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}"/><text x="{}" y="44">{name}</text>"#,
            x + 32.0
        );
    }
    text
}

fn panel_of(panel: &Panel, findings: &Findings, outcome: &Outcome) -> String {
    let mut svg = axes(panel, outcome.strategy.as_str());
    let target = panel.y(TARGET * findings.full.score);
    let _ = write!(
        svg,
        r##"<path d="M{} {target:.1}h{}" stroke="#222" stroke-width="1.4" stroke-dasharray="1 4"/>"##,
        panel.left, PANEL.0
    );
    let of = |strategy| findings.outcomes.iter().find(|o| o.strategy == strategy);
    let lines = [
        (of(Strategy::Random), RANDOM, "2 3"),
        (of(Strategy::StratifiedRandom), STRATIFIED, "7 3"),
        (Some(outcome), STRATEGY, ""),
    ];
    for (outcome, colour, dash) in lines {
        if let Some(outcome) = outcome {
            svg.push_str(&line(panel, &heights(findings, outcome), colour, dash));
        }
    }
    svg
}

fn axes(panel: &Panel, name: &str) -> String {
    let mut svg = format!(
        r#"<text x="{}" y="{}" font-weight="bold">{name}</text>"#,
        panel.left,
        panel.top + 12.0
    );
    let (low, high) = panel.scores;
    let step = if high - low > 0.5 { 0.2 } else { 0.1 };
    let mut tick = (low / step).ceil() * step;
    while tick <= high {
        let y = panel.y(tick);
        let _ = write!(
            svg,
            r##"<path d="M{} {y:.1}h{}" stroke="#e3e3e3"/><text x="{}" y="{:.1}" text-anchor="end" font-size="11">{tick:.1}</text>"##,
            panel.left,
            PANEL.0,
            panel.left - 5.0,
            y + 4.0
        );
        tick += step;
    }
    for boxes in [
        10.0, 30.0, 100.0, 300.0, 1_000.0, 3_000.0, 10_000.0, 30_000.0,
    ] {
        if boxes < panel.boxes.0 || boxes > panel.boxes.1 {
            continue;
        }
        let (x, bottom) = (panel.x(boxes), panel.top + PANEL.1);
        let _ = write!(
            svg,
            r##"<path d="M{x:.1} {bottom}v4" stroke="#777"/><text x="{x:.1}" y="{}" text-anchor="middle" font-size="11">{boxes}</text>"##,
            bottom + 16.0
        );
    }
    let _ = write!(
        svg,
        r##"<path d="M{} {}v{}h{}" stroke="#777" fill="none"/><text x="{}" y="{}" text-anchor="middle" font-size="11">boxes read</text>"##,
        panel.left,
        panel.top,
        PANEL.1,
        PANEL.0,
        panel.left + PANEL.0 / 2.0,
        panel.top + PANEL.1 + 31.0
    );
    svg
}

/// The mean height of a strategy's curves at each budget, with its interval.
fn heights(findings: &Findings, outcome: &Outcome) -> Vec<(f64, Estimate)> {
    let at = |boxes: &usize| {
        let boxes = *boxes as f64;
        let height = |curve: &Curve| score_at(curve, boxes, |p: &super::Point| p.score);
        let heights: Option<Vec<f64>> = outcome.curves.iter().map(height).collect();
        let heights = heights?;
        Some((
            boxes,
            estimate(heights.len(), |places| mean(&heights, places))?,
        ))
    };
    findings.budgets.iter().filter_map(at).collect()
}

fn line(panel: &Panel, heights: &[(f64, Estimate)], colour: &str, dash: &str) -> String {
    let point = |boxes: f64, score: f64| format!("{:.1} {:.1}", panel.x(boxes), panel.y(score));
    let path = |points: Vec<String>| format!("M{}", points.join("L"));
    let upper = heights.iter().map(|(boxes, e)| point(*boxes, e.high));
    let lower = heights.iter().rev().map(|(boxes, e)| point(*boxes, e.low));
    let band = path(upper.chain(lower).collect());
    let middle = path(
        heights
            .iter()
            .map(|(boxes, e)| point(*boxes, e.value))
            .collect(),
    );
    format!(
        r#"<path d="{band}z" fill="{colour}" fill-opacity="0.16"/><path d="{middle}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>"#
    )
}

const NAMES: f64 = 160.0;
const ROW: f64 = 30.0;

/// Boxes to the target, strategy by strategy, with intervals; half of what stratified random needs is the dashed line.
#[must_use]
pub fn forest_figure(findings: &Findings) -> String {
    let needed = |summary: &super::Summary| Some((summary.strategy, summary.to_target?));
    let mut rows: Vec<(Strategy, Estimate)> =
        findings.summaries.iter().filter_map(needed).collect();
    rows.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
    let height = TOP + ROW * rows.len() as f64 + 52.0;
    let mut svg = start(
        height,
        "Boxes to 95 % of the score of all boxes, mean of seeds with 95 % intervals",
    );
    let most = findings.pool[2].max(1) as f64;
    let x = |boxes: f64| NAMES + (WIDTH - NAMES - 90.0) * boxes / most;
    let bottom = TOP + ROW * rows.len() as f64;
    for tick in 0..=5 {
        let boxes = most * f64::from(tick) / 5.0;
        let _ = write!(
            svg,
            r##"<path d="M{x:.1} {TOP}V{bottom}" stroke="#e3e3e3"/><text x="{x:.1}" y="{}" text-anchor="middle">{boxes:.0}</text>"##,
            bottom + 18.0,
            x = x(boxes)
        );
    }
    let reference = rows.iter().find(|(s, _)| *s == Strategy::StratifiedRandom);
    if let Some((_, reference)) = reference {
        let half = x(reference.value / 2.0);
        let _ = write!(
            svg,
            r#"<path d="M{half:.1} {TOP}V{bottom}" stroke="{STRATIFIED}" stroke-width="1.6" stroke-dasharray="7 3"/><text x="{half:.1}" y="{}" text-anchor="middle" fill="{STRATIFIED}">half of stratified random</text>"#,
            TOP - 8.0
        );
    }
    for (n, (strategy, e)) in rows.iter().enumerate() {
        let y = TOP + ROW * (n as f64 + 0.5);
        let colour = match strategy {
            Strategy::Random => RANDOM,
            Strategy::StratifiedRandom => STRATIFIED,
            _ => STRATEGY,
        };
        let _ = write!(
            svg,
            r#"<text x="{}" y="{}" text-anchor="end">{}</text><path d="M{:.1} {y}H{:.1}" stroke="{colour}" stroke-width="3"/><circle cx="{:.1}" cy="{y}" r="5.5" fill="{colour}"/><text x="{:.1}" y="{}">{:.0}</text>"#,
            NAMES - 10.0,
            y + 4.0,
            strategy.as_str(),
            x(e.low),
            x(e.high),
            x(e.value),
            x(e.high) + 10.0,
            y + 4.0,
            e.value
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">boxes read</text></svg>"#,
        (NAMES + WIDTH - 90.0) / 2.0,
        bottom + 38.0
    );
    svg.push('\n');
    svg
}
