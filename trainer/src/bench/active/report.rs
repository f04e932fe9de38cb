//! The benchmark's report in words. Every sentence that judges is made from numbers here; none is typed.

use super::bootstrap::Estimate;
use super::verdict::{CLAIMED, Conclusion, EARLIER, Summary, TARGET, Verdict};
use super::{Findings, Frequency};
use crate::bench::Row;
use medreg_datasets::protocol::Strategy;
use std::fmt::Write as _;

/// Where and how the benchmark was run.
#[derive(Clone, Debug)]
pub struct Setting {
    /// What the run is called: `archive-1`.
    pub name: String,
    /// The command that gives it.
    pub command: String,
    /// The machine, in words.
    pub machine: String,
    /// The commit of the program.
    pub commit: String,
    /// Seconds from start to end, features included where they were not kept.
    pub seconds: f64,
    /// The digests of the pool's and the test pictures' snapshots.
    pub snapshots: [String; 2],
    /// The figures' paths, as the report names them.
    pub figures: [String; 2],
}

/// Numbers for target/bench/active.json.
#[must_use]
pub fn rows(findings: &Findings) -> Vec<Row> {
    let reference = reference(findings).and_then(|s| s.to_target);
    let row = |summary: &Summary| {
        let needed = summary.to_target?;
        let metric = format!("boxes to 95 %, {}", summary.strategy.as_str());
        let note = format!(
            "mean of {} seeds; the reference is stratified-random",
            findings.plan.seeds
        );
        let row = Row::new(metric, needed.value, "boxes", note);
        Some(match (reference, summary.ratio) {
            (Some(reference), Some(ratio)) => Row {
                low: Some(ratio.low),
                high: Some(ratio.high),
                ..row.against(reference.value)
            },
            _ => row,
        })
    };
    findings.summaries.iter().filter_map(row).collect()
}

fn reference(findings: &Findings) -> Option<&Summary> {
    let mut all = findings.summaries.iter();
    all.find(|s| s.strategy == Strategy::StratifiedRandom)
}

/// The verdict in sentences.
#[must_use]
pub fn verdict(findings: &Findings) -> Vec<String> {
    let mut said = vec![concluded(findings)];
    let default = Strategy::default();
    if !findings.plan.strategies.contains(&default) {
        return said;
    }
    let name = default.as_str();
    said.push(match findings.unbeaten.contains(&default) {
        true => format!("The default, `{name}`, is supported: no strategy needs fewer boxes to {:.0} % beyond chance.", 100.0 * TARGET),
        false => format!(
            "The default, `{name}`, is beaten beyond chance in boxes to {:.0} %; unbeaten are {}.",
            100.0 * TARGET,
            named(&findings.unbeaten)
        ),
    });
    if let Some(own) = findings.summaries.iter().find(|s| s.strategy == default)
        && let Some(reference) = reference(findings)
    {
        said.push(format!(
            "For the default alone: {}.",
            in_words(own.verdict(reference))
        ));
    }
    said
}

fn concluded(findings: &Findings) -> String {
    let claim = format!(
        "at least one strategy comes to {:.0} % of the score of all boxes with at most {:.0} % of the boxes that stratified-random needs, \
         intervals apart",
        100.0 * TARGET,
        100.0 * CLAIMED
    );
    let with = |strategy: Strategy| {
        let found = findings.summaries.iter().find(|s| s.strategy == strategy);
        let numbers = found.and_then(|s| Some((s.to_target?, s.ratio?)));
        numbers.map_or(String::new(), |(boxes, ratio)| {
            format!(
                "`{}` needs {}, {} of stratified-random's",
                strategy.as_str(),
                whole(boxes),
                parts(ratio)
            )
        })
    };
    match findings.conclusion {
        Conclusion::Holds(strategy) => {
            format!("**The claim holds** ({claim}): {}.", with(strategy))
        }
        Conclusion::Fails(strategy) => {
            format!(
                "**The claim fails** ({claim}): the best is beyond chance, but short of it; {}.",
                with(strategy)
            )
        }
        Conclusion::RandomWins => format!(
            "**Random wins**: no strategy needs fewer boxes than stratified-random beyond chance (claimed was: {claim})."
        ),
        Conclusion::NotReached => format!(
            "**Nothing can be said**: stratified-random did not come to the target (claimed was: {claim})."
        ),
    }
}

fn named(strategies: &[Strategy]) -> String {
    let names: Vec<String> = strategies
        .iter()
        .map(|s| format!("`{}`", s.as_str()))
        .collect();
    match names.is_empty() {
        true => "none".to_owned(),
        false => names.join(", "),
    }
}

fn in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Holds => "claim holds",
        Verdict::Fewer => "fewer boxes beyond chance, but more than claimed",
        Verdict::Alike => "no difference beyond chance",
        Verdict::More => "more boxes than stratified-random beyond chance",
        Verdict::NotReached => "target not reached",
    }
}

fn whole(e: Estimate) -> String {
    format!("{:.0} ({:.0}–{:.0})", e.value, e.low, e.high)
}

fn parts(e: Estimate) -> String {
    format!("{:.2} ({:.2}–{:.2})", e.value, e.low, e.high)
}

fn thirds(e: Estimate) -> String {
    format!("{:.3} ({:.3}–{:.3})", e.value, e.low, e.high)
}

/// A run as a section of the report.
#[must_use]
pub fn section(findings: &Findings, setting: &Setting) -> String {
    let mut text = format!("## {}\n\n", setting.name);
    for sentence in verdict(findings) {
        let _ = writeln!(text, "- {sentence}");
    }
    let _ = write!(
        text,
        "\n![curves]({})\n\n![boxes to the target]({})\n\n",
        setting.figures[0], setting.figures[1]
    );
    text.push_str(&table(findings));
    text.push_str(&pool(findings));
    text.push_str(&run(findings, setting));
    text
}

fn table(findings: &Findings) -> String {
    let mut text = format!(
        "Score of all boxes: {:.3} (naming {:.3}, finding {:.3}). In brackets: 95 % intervals over {} seeds, drawn in pairs.\n\n\
         | strategy | area under the curve | boxes to {:.0} % | boxes to {:.0} % | ratio to stratified-random | ratio to random | verdict |\n\
         |---|---|---|---|---|---|---|\n",
        findings.full.score,
        findings.full.naming,
        findings.full.finding,
        findings.plan.seeds,
        100.0 * EARLIER,
        100.0 * TARGET
    );
    let reference = reference(findings);
    for s in &findings.summaries {
        let cell =
            |e: Option<Estimate>, of: fn(Estimate) -> String| e.map_or_else(|| "–".to_owned(), of);
        let verdict = match (s.strategy, reference) {
            (Strategy::StratifiedRandom, _) => "the reference",
            (_, Some(reference)) => in_words(s.verdict(reference)),
            (_, None) => "–",
        };
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} | {} | {} | {verdict} |",
            s.strategy.as_str(),
            cell(s.area, thirds),
            cell(s.to_earlier, whole),
            cell(s.to_target, whole),
            cell(s.ratio, parts),
            cell(s.ratio_to_random, parts)
        );
    }
    text
}

fn pool(findings: &Findings) -> String {
    let [images, patients, boxes] = findings.pool;
    let [test_images, test_patients, test_boxes] = findings.test;
    let kinds: Vec<String> = findings
        .kinds
        .iter()
        .map(|(kind, n)| format!("{} {n}", kind.as_str()))
        .collect();
    let concept = |f: &Frequency| format!("{} {} ({})", f.concept, f.pool, f.test);
    let concepts: Vec<String> = findings.frequencies.iter().map(concept).collect();
    format!(
        "\nPool: {images} pictures of {patients} patients with {boxes} boxes ({}). Test: {test_images} pictures of {test_patients} other \
         patients with {test_boxes} boxes. Boxes of each concept in the pool, and in brackets in the test pictures: {}.\n",
        kinds.join(", "),
        concepts.join(", ")
    )
}

fn run(findings: &Findings, setting: &Setting) -> String {
    let budgets: Vec<String> = findings.budgets.iter().map(usize::to_string).collect();
    format!(
        "\n`{}` at commit {} on {}: {:.1} min. {} seeds per strategy; boxes read by the end of each round: {}. \
         Snapshots: pool `{}`, test `{}`.\n",
        setting.command,
        setting.commit,
        setting.machine,
        setting.seconds / 60.0,
        findings.plan.seeds,
        budgets.join(", "),
        setting.snapshots[0].get(..12).unwrap_or_default(),
        setting.snapshots[1].get(..12).unwrap_or_default()
    )
}

/// A report with this run's section in place of its last one, or after all others.
#[must_use]
pub fn with_section(report: &str, name: &str, section: &str) -> String {
    let (from, to) = (
        format!("<!-- run {name} -->\n"),
        format!("<!-- end of {name} -->\n"),
    );
    let block = format!("{from}{section}{to}");
    let old = report.find(&from).and_then(|start| {
        let end = report[start..].find(&to)? + start + to.len();
        Some(start..end)
    });
    match old {
        Some(range) => format!("{}{block}{}", &report[..range.start], &report[range.end..]),
        None if report.is_empty() => format!("{HEAD}{block}"),
        None => format!("{}\n\n{block}", report.trim_end()),
    }
}

const HEAD: &str = "# What each way of choosing images saves\n\nWritten by `./dev bench active`; what is measured, how, and what it does \
                    not show is in [active-learning.md](active-learning.md).\n\n";

#[cfg(test)]
mod tests {
    use super::super::curves::tests::curve;
    use super::super::verdict::{self, Outcome};
    use super::super::{Plan, Point};
    use super::*;

    fn findings(stratified: f64, hybrid: f64) -> Findings {
        let reaching = |strategy, boxes: f64| Outcome {
            strategy,
            curves: vec![curve(&[(1.0, 0.1), (boxes, 0.95), (2_000.0, 1.0)]); 4],
        };
        let outcomes = vec![
            reaching(Strategy::StratifiedRandom, stratified),
            reaching(Strategy::Hybrid, hybrid),
        ];
        let summaries = verdict::summaries(&outcomes, 1.0);
        Findings {
            plan: Plan {
                strategies: vec![Strategy::StratifiedRandom, Strategy::Hybrid],
                seeds: 4,
                first: 0.01,
                growth: 2.0,
            },
            pool: [700, 300, 2_000],
            test: [100, 50, 300],
            kinds: Default::default(),
            frequencies: vec![],
            budgets: vec![1, 1_000, 2_000],
            full: Point {
                boxes: 2_000.0,
                score: 1.0,
                naming: 1.0,
                finding: 1.0,
            },
            conclusion: verdict::conclusion(&summaries),
            unbeaten: verdict::unbeaten(&outcomes, 1.0),
            outcomes,
            summaries,
        }
    }

    #[test]
    fn each_verdict_has_its_sentence() {
        let said = |stratified, hybrid| verdict(&findings(stratified, hybrid)).join("\n");
        let holds = said(1_000.0, 400.0);
        assert!(
            holds.contains("The claim holds")
                && holds.contains("0.40")
                && holds.contains("is supported"),
            "{holds}"
        );
        assert!(said(1_000.0, 800.0).contains("The claim fails"));
        let random = said(1_000.0, 1_200.0);
        assert!(
            random.contains("Random wins") && random.contains("unbeaten are `stratified-random`"),
            "{random}"
        );
    }

    #[test]
    fn a_section_replaces_its_own_and_leaves_the_others() {
        let first = with_section("", "a", "one\n");
        let both = with_section(&first, "b", "two\n");
        let again = with_section(&both, "a", "three\n");
        assert!(again.contains("three") && again.contains("two") && !again.contains("one\n<!--"));
        assert_eq!(with_section(&again, "a", "three\n"), again);
    }

    #[test]
    fn figures_are_whole_and_name_every_strategy() {
        let found = findings(1_000.0, 400.0);
        let forest = super::super::forest_figure(&found);
        assert!(
            forest.contains("stratified-random")
                && forest.contains(">hybrid<")
                && forest.ends_with("</svg>\n")
        );
        let curves = super::super::curves_figure(&found);
        assert!(
            curves.contains(">hybrid<") && !curves.contains("NaN"),
            "{curves}"
        );
    }
}
