//! The reliability diagram of one part, as SVG.

use super::{Part, Reliability};
use std::fmt::Write as _;

const SIDE: f64 = 300.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 44.0;
const WIDTH: f64 = LEFT + SIDE + 24.0;
const HEIGHT: f64 = TOP + SIDE + 76.0;
/// The radius of a bin with all answers.
const LARGEST: f64 = 14.0;

/// The share that is right against the confidence, bin by bin: hollow as it was, filled as it is; what is on the diagonal is true.
#[must_use]
pub fn diagram(part: &Part) -> String {
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12" fill="#222"><rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><text x="{LEFT}" y="20" font-size="14">{} · {}</text>"##,
        part.task, part.lang
    );
    // Writing to a string cannot fail.
    let _ = write!(
        svg,
        r##"<path d="M{x0} {y1}L{x1} {y0}" stroke="#999" stroke-dasharray="4 4"/>"##,
        x0 = x(0.0),
        x1 = x(1.0),
        y0 = y(1.0),
        y1 = y(0.0)
    );
    for tick in (0..=5).map(|n| f64::from(n) / 5.0) {
        let (across, down) = (x(tick), y(tick));
        let _ = write!(
            svg,
            r##"<path d="M{across} {TOP}v{SIDE}M{LEFT} {down}h{SIDE}" stroke="#ddd"/><text x="{across}" y="{}" text-anchor="middle">{tick:.1}</text><text x="{}" y="{}" text-anchor="end">{tick:.1}</text>"##,
            TOP + SIDE + 16.0,
            LEFT - 6.0,
            down + 4.0
        );
    }
    let _ = write!(
        svg,
        r#"<text x="{}" y="{}" text-anchor="middle">confidence</text><text transform="translate(16 {}) rotate(-90)" text-anchor="middle">share that is right</text>"#,
        LEFT + SIDE / 2.0,
        TOP + SIDE + 34.0,
        TOP + SIDE / 2.0
    );
    for (figures, style) in [
        (&part.before, r##"fill="none" stroke="#b4521e""##),
        (&part.after, r##"fill="#1c6fa8" fill-opacity="0.8""##),
    ] {
        figures
            .iter()
            .for_each(|found| points(&mut svg, found, style));
    }
    svg.push_str(&legend(part));
    svg.push_str("</svg>\n");
    svg
}

fn x(confidence: f64) -> f64 {
    LEFT + SIDE * confidence
}

fn y(right: f64) -> f64 {
    TOP + SIDE * (1.0 - right)
}

fn points(svg: &mut String, found: &Reliability, style: &str) {
    for bin in &found.bins {
        // An area for the answers of a bin, but never too small to be seen.
        let radius = (LARGEST * (bin.samples as f64 / found.samples as f64).sqrt()).max(3.0);
        let _ = write!(
            svg,
            r#"<circle cx="{:.1}" cy="{:.1}" r="{radius:.1}" {style}/>"#,
            x(bin.confidence),
            y(bin.right)
        );
    }
}

fn legend(part: &Part) -> String {
    let line = |name: &str, found: &Option<Reliability>| {
        found.as_ref().map(|r| {
            format!(
                "{name}: ECE {:.3} ({:.3}–{:.3}), n = {}, {} patients",
                r.ece, r.ece_interval[0], r.ece_interval[1], r.samples, r.patients
            )
        })
    };
    let lines = [
        (line("raw (hollow)", &part.before), "#b4521e"),
        (line("calibrated (filled)", &part.after), "#1c6fa8"),
    ];
    let mut text = String::new();
    for (n, (line, colour)) in lines.iter().enumerate() {
        if let Some(line) = line {
            let down = TOP + SIDE + 52.0 + 15.0 * n as f64;
            let _ = write!(
                text,
                r#"<text x="12" y="{down}" fill="{colour}">{line}</text>"#
            );
        }
    }
    text
}
