//! How one snapshot differs from another, told line by line.

use super::print;
use crate::services::snapshots::{self, Differences, Differing};
use crate::services::{Actor, Hospital};
use clap::Args;
use medreg_datasets::difference::{
    CaseDifference, Change, Fate, Part, SettingsDifference, Totals, Turned,
};
use medreg_datasets::ids::Digest;
use medreg_datasets::region::Presence;
use serde::Serialize;
use std::fmt::Display;
use std::process::ExitCode;

/// Cases brought at a time.
const PAGE: usize = 10_000;

#[derive(Args)]
pub(super) struct DiffArgs {
    /// The first snapshot's id, as `list` prints it
    before: Digest,
    /// The second one's
    after: Digest,
    /// Tell the totals and the settings only
    #[arg(long)]
    summary: bool,
    /// Print JSON lines
    #[arg(long)]
    json: bool,
}

/// Prints what differs, page by page; 1 where something does.
pub(super) async fn tell(
    hospital: &Hospital,
    actor: &Actor,
    args: &DiffArgs,
) -> anyhow::Result<ExitCode> {
    let pair = (&args.before, &args.after);
    let mut told = Differing {
        after: None,
        limit: if args.summary { 0 } else { PAGE },
    };
    let mut page = snapshots::compare(hospital, actor, pair, told).await?;
    head(args.json, &page)?;
    let same = args.before == args.after;
    loop {
        page.cases
            .iter()
            .try_for_each(|case| one(args.json, case))?;
        told.after = page.next;
        if told.after.is_none() || args.summary {
            break;
        }
        page = snapshots::compare(hospital, actor, pair, told).await?;
    }
    Ok(if same {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

fn head(json: bool, page: &Differences) -> anyhow::Result<()> {
    #[derive(Serialize)]
    struct Head<'a> {
        totals: &'a Totals,
        settings: &'a SettingsDifference,
    }
    if json {
        let head = Head {
            totals: &page.totals,
            settings: &page.settings,
        };
        return print::line(&serde_json::to_string(&head)?);
    }
    totals(&page.totals)?;
    settings(&page.settings)
}

fn totals(of: &Totals) -> anyhow::Result<()> {
    print::line(&format!(
        "cases    {} changed, {} added, {} removed, {} unchanged",
        of.cases_changed, of.cases_added, of.cases_removed, of.cases_unchanged
    ))?;
    print::line(&format!(
        "regions  {} added, {} removed, {} moved, {} of another concept",
        of.regions_added, of.regions_removed, of.boxes_moved, of.concepts_changed
    ))?;
    let texts = of
        .texts_edited
        .iter()
        .map(|(lang, n)| format!("{lang} {n}"));
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        return Ok(());
    }
    print::line(&format!("texts    {} edited", texts.join(", ")))
}

fn settings(of: &SettingsDifference) -> anyhow::Result<()> {
    let pair = |what: &str, turned: Option<String>| -> anyhow::Result<()> {
        turned.map_or(Ok(()), |turned| print::line(&format!("{what:8} {turned}")))
    };
    pair("project", of.project_name.as_ref().map(quoted))?;
    let langs = of.langs.as_ref().map(|langs| {
        let [from, to] = [&langs.from, &langs.to].map(|pair| {
            pair.both()
                .clone()
                .map(|lang| lang.to_string())
                .join(" and ")
        });
        format!("{from} → {to}")
    });
    pair("texts in", langs)?;
    let shares = of.shares.as_ref().map(|s| {
        let [from, to] = [s.from, s.to].map(|s| format!("val {} %, test {} %", s.val, s.test));
        format!("{from} → {to}")
    });
    pair("splits", shares)?;
    pair("taken", of.filter.as_ref().map(arrow))?;
    pair(
        "guideline",
        of.guideline.as_ref().map(|_| "reads otherwise".to_owned()),
    )?;
    for (what, keys) in [
        ("added", &of.concepts_added),
        ("removed", &of.concepts_removed),
        ("changed", &of.concepts_changed),
    ] {
        let keys: Vec<&str> = keys.iter().map(|key| key.as_str()).collect();
        let told = (!keys.is_empty()).then(|| format!("{what}: {}", keys.join(", ")));
        pair("concepts", told)?;
    }
    Ok(())
}

fn one(json: bool, case: &CaseDifference) -> anyhow::Result<()> {
    if json {
        return print::line(&serde_json::to_string(case)?);
    }
    match &case.fate {
        Fate::Added { regions } => print::line(&format!("+ {}, {regions} regions", case.image)),
        Fate::Removed { regions } => print::line(&format!("- {}, {regions} regions", case.image)),
        Fate::Changed { changes } => {
            print::line(&format!("~ {}", case.image))?;
            let mut lines = changes.iter().map(|change| format!("    {}", line(change)));
            lines.try_for_each(|line| print::line(&line))
        }
    }
}

fn line(change: &Change) -> String {
    match change {
        Change::Added(part) => format!("{} added", name(part)),
        Change::Removed(part) => format!("{} removed", name(part)),
        Change::Moved {
            of,
            frame,
            bbox,
            overlap,
        } => {
            let frames = frame.as_ref().map(|f| format!(", frame {}", arrow(f)));
            let boxes = Turned {
                from: numbers(bbox.from.into()),
                to: numbers(bbox.to.into()),
            };
            let (frames, boxes) = (frames.unwrap_or_default(), arrow(&boxes));
            format!("{} moved{frames}, overlap {overlap:.2}: {boxes}", name(of))
        }
        Change::Concept { of, concept } => {
            let [from, to] = [&concept.from, &concept.to]
                .map(|key| key.as_ref().map_or("none", |key| key.as_str()));
            format!("{}: concept {from} → {to}", name(of))
        }
        Change::Presence { of, presence } => {
            let [from, to] = [presence.from, presence.to].map(Presence::as_str);
            format!("{}: {from} → {to}", name(of))
        }
        Change::Text { of, lang, text } => format!("{}, {lang}: {}", name(of), quoted(text)),
        Change::SpeaksOf(part) => format!("{} speaks of other regions", name(part)),
        Change::Verdict { .. } => "the verdict is another".to_owned(),
        Change::Pixels => "the picture is another".to_owned(),
        Change::Split { split } => format!("split {}", arrow(split)),
        Change::Reader { .. } => "another reader's annotation is taken".to_owned(),
        Change::Resubmitted => "submitted again, in the same words".to_owned(),
        Change::Facts => "facts of the image or a region's origin".to_owned(),
    }
}

fn name(part: &Part) -> String {
    match part {
        Part::Region { id, concept } => {
            let concept = concept.as_ref().map_or("", |key| key.as_str());
            format!("region {id} {concept}").trim_end().to_owned()
        }
        Part::Sentence { id } => format!("sentence {id}"),
        Part::Question { id } => format!("question {id}"),
        Part::Answer { id } => format!("answer to question {id}"),
        Part::Finding { concept } => format!("label {}", concept.as_str()),
    }
}

fn numbers(corners: [f64; 4]) -> String {
    format!("[{}]", corners.map(|n| n.to_string()).join(", "))
}

fn arrow<T: Display>(turned: &Turned<T>) -> String {
    format!("{} → {}", turned.from, turned.to)
}

fn quoted(turned: &Turned<String>) -> String {
    format!("“{}” → “{}”", turned.from, turned.to)
}
