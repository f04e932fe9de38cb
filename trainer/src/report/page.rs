//! The page. Whatever a model, a reader or a file says stands in it as text: nothing of it is read as HTML.

use super::figures::{Figure, in_words, number};
use super::sections::{Section, word};
use medreg_datasets::datasheet::escaped;
use medreg_datasets::evaluation::{
    EvaluationReport, FaultKind, PairedDifference, Scores, WorstCase,
};
use std::fmt::Write as _;

/// Nothing is fetched and nothing runs, whatever stands in the page.
const HEAD: &str = r#"<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="script-src 'none'; connect-src 'none'; object-src 'none'; frame-src 'none'; form-action 'none'">
<style>
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--paper:#fff;--card:#f6f8fa}
@media(prefers-color-scheme:dark){:root{--ink:#e6e9ed;--soft:#a0a9b4;--line:#3a424d;--paper:#14171b;--card:#1d2127}}
body{font:15px/1.5 system-ui,"Noto Sans CJK SC",sans-serif;max-width:68rem;margin:2rem auto;padding:0 1rem;color:var(--ink);background:var(--paper)}
h1{font-size:1.5rem}h2{margin-top:2.5rem;font-size:1.2rem;border-bottom:1px solid var(--line)}h3{font-size:1rem;margin:0 0 .3rem}
p,dd{overflow-wrap:anywhere}.soft{color:var(--soft)}nav a{display:inline-block;margin-right:1rem}a{color:inherit}
table{border-collapse:collapse;margin:.8rem 0}th,td{padding:.2rem .8rem;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
th:first-child,td:first-child{text-align:left}.wide{overflow-x:auto}
figure{margin:1rem 0;overflow-x:auto}figcaption{color:var(--soft)}figure svg{color:inherit;max-width:100%;height:auto}
.cases{display:grid;grid-template-columns:repeat(auto-fill,minmax(20rem,1fr));gap:1rem}
.case{border:1px solid var(--line);background:var(--card);padding:.8rem;border-radius:6px;break-inside:avoid}
.case img{max-width:100%;height:auto;display:block;background:#000}
dl{display:grid;grid-template-columns:auto 1fr;gap:.1rem .6rem;margin:.5rem 0 0}dt{color:var(--soft)}dd{margin:0;white-space:pre-wrap}
.key{display:inline-block;width:1.6rem;border-top:3px solid;vertical-align:middle;margin:0 .3rem 0 .8rem}
@media print{body{max-width:none;margin:0;font-size:11px;color:#000;background:#fff}nav{display:none}h2{break-after:avoid}figure{break-inside:avoid}.cases{grid-template-columns:1fr 1fr}}
</style>"#;

/// The report as HTML.
#[must_use]
pub fn html(report: &EvaluationReport, figures: &[(Section, Vec<Figure>)]) -> String {
    let title = escaped(&format!("{}: {} patients", report.model, report.split));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head>{HEAD}<title>{title}</title></head><body>\n"
    );
    let sections: Vec<_> = figures
        .iter()
        .filter_map(|(section, figures)| Some((words(*section, report)?, figures)))
        .collect();
    summary(&mut out, report);
    let contents = sections.iter().map(|((id, heading, _), _)| (*id, *heading));
    links(&mut out, contents);
    headlines(&mut out, report);
    worst(&mut out, report);
    for ((id, heading, text), figures) in sections {
        let _ = writeln!(out, "<h2 id=\"{id}\">{heading}</h2>\n{text}");
        figures.iter().for_each(|figure| draw(&mut out, figure));
    }
    out.push_str("</body></html>\n");
    out
}

fn summary(out: &mut String, report: &EvaluationReport) {
    let synthetic = if report.synthetic {
        " Synthetic images: no patient's."
    } else {
        ""
    };
    let snapshot = report.snapshot.as_str();
    let _ = writeln!(
        out,
        "<header><h1>{}</h1><p>{} · snapshot {} · <strong>{}</strong> split, {} patients, {} images, {} answers, asked {}.{synthetic}</p>\
         <p class=\"soft\">Intervals are the middle 95 % over {} draws of patients (seed {}). A number without one rests on too few patients. \
         docs/evaluation.md defines every number; evaluation.json and predictions.jsonl beside this page hold them.</p></header>",
        escaped(&report.model),
        escaped(&report.project),
        escaped(snapshot.get(..12).unwrap_or(snapshot)),
        report.split,
        report.patients,
        report.images,
        report.answers,
        word(&report.mode),
        report.draws,
        report.seed
    );
}

fn links<'a>(out: &mut String, sections: impl Iterator<Item = (&'a str, &'a str)>) {
    out.push_str("<nav><a href=\"#worst\">Worst cases</a>");
    for (id, heading) in sections {
        let _ = write!(out, "<a href=\"#{id}\">{heading}</a>");
    }
    out.push_str("</nav>\n");
}

fn headlines(out: &mut String, report: &EvaluationReport) {
    out.push_str("<table><thead><tr><th scope=\"col\">Task</th><th scope=\"col\">Accuracy</th><th scope=\"col\">Region F1</th><th scope=\"col\">IoU</th></tr></thead><tbody>\n");
    for of in &report.scores {
        let score = |task: &str, name: &str| match of.scores.get(name).filter(|_| of.task == task) {
            Some(estimate) => in_words(estimate),
            None => String::new(),
        };
        let _ = writeln!(
            out,
            "<tr><th scope=\"row\">{} {}</th><td>{}</td><td>{}</td><td>{}</td></tr>",
            escaped(&of.task),
            of.lang,
            score(&of.task, "accuracy"),
            score("t2r", "region_f1"),
            score("t2r", "iou")
        );
    }
    out.push_str("</tbody></table>\n");
}

// --- The worst cases -------------------------------------------------------------------------------------------------

fn worst(out: &mut String, report: &EvaluationReport) {
    out.push_str("<h2 id=\"worst\">Worst cases</h2>\n");
    let counts: Vec<String> = FaultKind::ALL
        .iter()
        .map(|kind| format!("{} {}", report.faults.get(kind).unwrap_or(&0), word(kind)))
        .collect();
    let _ = writeln!(
        out,
        "<p>Of {} answers: {}. Shown are {}, the kinds taking turns, in each the gravest first.</p>",
        report.answers,
        counts.join(", "),
        report.worst.len()
    );
    out.push_str("<p class=\"soft\"><span class=\"key\" style=\"border-color:#56b4e9\"></span>true, or asked about<span class=\"key\" style=\"border-color:#e69f00;border-style:dashed none none\"></span>answered<span class=\"key\" style=\"border-color:#cc79a7;border-style:dotted none none\"></span>answered in the other language</p>\n<div class=\"cases\">\n");
    for case in &report.worst {
        one(out, case);
    }
    out.push_str("</div>\n");
}

fn one(out: &mut String, case: &WorstCase) {
    let _ = writeln!(
        out,
        "<article class=\"case\"><h3>{}</h3><p>{}</p>",
        word(&case.kind),
        escaped(&case.why)
    );
    if let Some(picture) = &case.picture {
        let concept = escaped(case.concept.as_str());
        let _ = writeln!(
            out,
            "<img src=\"{}\" alt=\"{concept} on {} {}, boxes drawn over it\">",
            escaped(picture),
            word(&case.modality),
            case.image
        );
    }
    out.push_str("<dl>");
    let mut row = |name: &str, text: &str| {
        let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escaped(text));
    };
    row("question", &case.question);
    row("answer", &case.answer);
    if let Some(other) = &case.other {
        row(other.lang.as_str(), &other.answer);
    }
    row("truth", &case.truth);
    row("sure", &number(case.confidence));
    row(
        "image",
        &format!(
            "{} ({}), patient {}",
            case.image,
            word(&case.modality),
            case.patient
        ),
    );
    out.push_str("</dl></article>\n");
}

// --- The other sections ----------------------------------------------------------------------------------------------

/// The anchor, the heading and what is said before the figures; `None` where that was not looked at.
fn words(
    section: Section,
    report: &EvaluationReport,
) -> Option<(&'static str, &'static str, String)> {
    Some(match section {
        Section::Scores => ("scores", "Scores", String::new()),
        Section::Slices => ("slices", "Scores of parts of the data", String::new()),
        Section::Confusion => (
            "confusion",
            "Which name is taken for which",
            "<p class=\"soft\">Rows are what is true, columns what was said; (other) is the name of no concept.</p>".to_owned(),
        ),
        Section::Reliability => ("reliability", "What a confidence is worth", reliability(report)),
        Section::CrossLingual => ("cross", "Do the languages agree?", cross(report)?),
        Section::Faithfulness => ("faithfulness", "Do names rest on their regions?", faithfulness(report)?),
        Section::Regional => ("regional", "Does finding regions first help?", regional(report)?),
    })
}

fn reliability(report: &EvaluationReport) -> String {
    if report.reliability.is_empty() {
        return "<p>The answers have no confidences.</p>".to_owned();
    }
    "<p class=\"soft\">On the diagonal what is said is true. Dots are bins of equal mass; docs/calibration.md.</p>".to_owned()
}

fn cross(report: &EvaluationReport) -> Option<String> {
    let cross = report.cross_lingual.as_ref()?;
    Some(format!(
        "<p>{} questions were answered in {} and in {}. Agreeing is not being right: names_both_right and names_one_right tell them apart.</p>",
        cross.pairs, cross.langs[0], cross.langs[1]
    ))
}

fn faithfulness(report: &EvaluationReport) -> Option<String> {
    let found = report.faithfulness.as_ref()?;
    let mut text = format!(
        "<p>{} of {} regions (seed {}), {} passed over because no other region of their size has room. Blur: a Gaussian whose σ is {} of the \
         region's longer side. A model that looks at what it names changes its answer when the region is blurred, and not when another is.</p>",
        found.cases, found.of, report.seed, found.without_room, found.blur_sigma
    );
    differences(&mut text, &found.differences);
    scores_table(&mut text, "Round trip", &found.round_trip);
    Some(text)
}

fn regional(report: &EvaluationReport) -> Option<String> {
    let first = report.regional.first()?;
    let mut text = format!(
        "<p>{} of {} images (seed {}), each question asked in every way. Oracle has the readers' boxes in the question, shuffled those of \
         another image.</p>",
        first.images, first.of, report.seed
    );
    for found in &report.regional {
        let _ = writeln!(
            text,
            "<h3>{}: {} questions</h3>",
            found.lang, found.questions
        );
        differences(&mut text, &found.differences);
    }
    Some(text)
}

fn differences(text: &mut String, rows: &[PairedDifference]) {
    text.push_str("<div class=\"wide\"><table><thead><tr><th scope=\"col\">Score</th><th scope=\"col\">First less second</th><th scope=\"col\">Difference</th><th scope=\"col\">95 %</th><th scope=\"col\">p</th><th scope=\"col\">n</th></tr></thead><tbody>\n");
    for row in rows {
        let interval = row.ci95.map_or("–".to_owned(), |[low, high]| {
            format!("{low:.3} to {high:.3}")
        });
        let _ = writeln!(
            text,
            "<tr><th scope=\"row\">{}</th><td>{} less {}</td><td>{}</td><td>{interval}</td><td>{}</td><td>{}</td></tr>",
            escaped(&row.score.replace('_', " ")),
            escaped(&row.first.replace('_', " ")),
            escaped(&row.second.replace('_', " ")),
            number(row.difference),
            number(row.p),
            row.n
        );
    }
    text.push_str("</tbody></table></div>\n");
}

fn scores_table(text: &mut String, heading: &str, scores: &Scores) {
    let _ = write!(
        text,
        "<table><thead><tr><th scope=\"col\">{heading}</th><th scope=\"col\">Value</th></tr></thead><tbody>"
    );
    for (name, estimate) in scores {
        let _ = write!(
            text,
            "<tr><th scope=\"row\">{}</th><td>{}</td></tr>",
            escaped(name),
            in_words(estimate)
        );
    }
    text.push_str("</tbody></table>\n");
}

fn draw(out: &mut String, figure: &Figure) {
    let _ = writeln!(
        out,
        "<figure><figcaption>{}</figcaption>{}</figure>",
        escaped(&figure.caption),
        figure.svg
    );
}
