//! What readers did with suggestions, and what suggestions did to readers.
//!
//! Of the cases on which a model had proposed regions, a share drawn by hash was read without them (`services/cases`). Those are the control
//! group: what differs between them and the others is what being shown suggestions did. Nothing is claimed of fewer than thirty cases.

use super::access::{self, Permission};
use super::resampling::{Count, Estimate, estimate_difference, ratio};
use super::{Actor, Hospital, Outcome, ServiceError};
use crate::store::annotations::Person;
use crate::store::cases::Outcomes;
use crate::store::feedback::{self, Case, Fate, Suggested, Wanted};
use medreg_datasets::ids::{ProjectId, UserId};
use medreg_datasets::lang::Lang;
use medreg_datasets::region::{Presence, Region};
use serde::Serialize;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::fmt::Write;
use utoipa::ToSchema;

/// From this overlap on, a reader's box coincides with a model's: two people rarely agree so closely on where a lesion ends, and whoever
/// takes a box as it is always does.
const COINCIDES_FROM: f64 = 0.9;
/// Cases that are read from the database at a time.
const PAGE: i64 = 500;
/// Into so many equal parts the overlaps from 0 to 1 are counted.
const BINS: usize = 10;

/// What became of the texts of suggestions in one language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TextChanges {
    /// Regions that grew from a suggestion with a text in this language, or have one now.
    pub regions: usize,
    /// Those whose text was left as it was.
    pub unchanged: usize,
    /// Characters inserted, deleted or replaced, by the characters of the longer text, the mean over these regions: 0 unchanged, 1 all anew.
    pub distance: f64,
}

/// Cases that were read alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ReadAlike {
    /// How many.
    pub cases: usize,
    /// Those whose seconds were counted.
    pub timed: usize,
    /// Seconds a reader was at one, idle time left out, the mean over those.
    pub seconds: Option<f64>,
    /// Regions in one, the mean.
    pub regions: Option<f64>,
    /// Of the readers' boxes, the share that coincides with one of the model's (IoU of at least 0.9).
    pub coinciding: Option<f64>,
}

/// What being shown suggestions changed: the cases with them less those without, with intervals over cases. Absent where either has fewer
/// than thirty cases.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Anchoring {
    /// Of the share of the readers' boxes that coincide with the model's.
    pub coinciding: Option<Estimate>,
    /// Of the seconds a case.
    pub seconds: Option<Estimate>,
    /// Of the regions a case.
    pub regions: Option<Estimate>,
}

/// What one reader did with the suggestions they saw. No times: nobody is to be ranked by speed.
#[derive(Debug, Serialize, ToSchema)]
pub struct OfReader {
    /// Who.
    pub reader: Person,
    /// Cases they read with suggestions.
    pub cases: usize,
    /// How those ended.
    pub outcomes: Outcomes,
    /// Regions that they drew and no suggestion had pointed to.
    pub missed: i64,
}

/// What readers did with suggestions, and what suggestions did to readers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Feedback {
    /// How the suggestions ended that readers saw.
    pub outcomes: Outcomes,
    /// Regions that readers of those drew and no suggestion had pointed to.
    pub missed: i64,
    /// The overlaps (IoU) of the boxes that were taken and changed with those that were suggested, counted in ten parts of 0 to 1.
    pub overlaps: Vec<usize>,
    /// The middle one of those overlaps.
    pub median_overlap: Option<f64>,
    /// What became of their texts, by language.
    #[schema(value_type = BTreeMap<String, TextChanges>)]
    pub texts: BTreeMap<Lang, TextChanges>,
    /// Cases that were read with suggestions.
    pub shown: ReadAlike,
    /// Cases whose suggestions were kept back: the control group.
    pub kept_back: ReadAlike,
    /// What being shown them changed.
    pub anchoring: Anchoring,
    /// Reader by reader, by name.
    pub readers: Vec<OfReader>,
}

/// What readers of a project did with suggestions.
pub async fn feedback(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    wanted: &Wanted,
) -> Outcome<Feedback> {
    let mut tally = Tally::default();
    each_case(hospital, actor, project, wanted, |case| tally.add(&case)).await?;
    // A thousand draws are no work for a thread that answers others.
    tokio::task::spawn_blocking(move || tally.finish())
        .await
        .map_err(|e| ServiceError::Internal(e.to_string()))
}

/// The same case by case, as comma-separated values. Who read a case is not in it.
pub async fn table(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    wanted: &Wanted,
) -> Outcome<String> {
    let mut lines = "image,submitted,model,suggestions_shown,suggested,accepted,adjusted,rejected,ignored,missed,regions,coinciding,\
                     active_seconds\n"
        .to_owned();
    each_case(hospital, actor, project, wanted, |case| {
        lines.push_str(&line(&case));
    })
    .await?;
    Ok(lines)
}

async fn each_case(
    hospital: &Hospital,
    actor: &Actor,
    project: ProjectId,
    wanted: &Wanted,
    mut take: impl FnMut(Case),
) -> Outcome<()> {
    let mut conn = hospital.pool.acquire().await?;
    access::project(&mut conn, actor, project, Permission::Manage).await?;
    check_days(wanted)?;
    let mut after = None;
    loop {
        let page = page(&mut conn, project, wanted, after).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = Some(last.annotation);
        page.into_iter().for_each(&mut take);
    }
}

async fn page(
    conn: &mut PgConnection,
    project: ProjectId,
    wanted: &Wanted,
    after: Option<medreg_datasets::ids::AnnotationId>,
) -> Outcome<Vec<Case>> {
    Ok(feedback::cases(conn, project, wanted, after, PAGE).await?)
}

fn check_days(wanted: &Wanted) -> Outcome<()> {
    for (field, day) in [("from", &wanted.from), ("until", &wanted.until)] {
        let day = day.as_deref().map(str::parse::<jiff::civil::Date>);
        if day.is_some_and(|day| day.is_err()) {
            return Err(ServiceError::invalid(
                field,
                "a day is expected, such as 2026-11-28",
            ));
        }
    }
    Ok(())
}

fn line(case: &Case) -> String {
    let mut outcomes = none();
    case.suggested.iter().for_each(|s| count(&mut outcomes, s));
    let Outcomes {
        accepted,
        adjusted,
        rejected,
        ignored,
    } = outcomes;
    let coinciding = coinciding(case).of;
    let seconds = case.seconds.map(|s| s.to_string()).unwrap_or_default();
    let mut line = String::new();
    // Writing to a text cannot fail.
    let _ = writeln!(
        line,
        "{},{},{},{},{},{accepted},{adjusted},{rejected},{ignored},{},{},{coinciding},{seconds}",
        case.image,
        case.day,
        case.model,
        case.shown,
        case.suggested.len(),
        case.missed,
        case.regions.len(),
    );
    line
}

fn none() -> Outcomes {
    Outcomes {
        accepted: 0,
        adjusted: 0,
        rejected: 0,
        ignored: 0,
    }
}

fn count(outcomes: &mut Outcomes, suggested: &Suggested) {
    match suggested.outcome {
        Some(Fate::Accepted) => outcomes.accepted += 1,
        Some(Fate::Adjusted) => outcomes.adjusted += 1,
        Some(Fate::Rejected) => outcomes.rejected += 1,
        Some(Fate::Ignored) => outcomes.ignored += 1,
        None => {}
    }
}

/// Of the boxes that the reader drew, how many coincide with one of the model's.
fn coinciding(case: &Case) -> Count {
    let there = |region: &&Region| region.presence != Presence::Absent;
    let coincides = |region: &&Region| {
        let mut suggested = case.suggested.iter();
        suggested.any(|s| s.bbox.iou(&region.bbox) >= COINCIDES_FROM)
    };
    let drawn: Vec<&Region> = case.regions.iter().filter(there).collect();
    Count {
        of: drawn.iter().filter(|region| coincides(region)).count() as f64,
        per: drawn.len() as f64,
    }
}

/// Cases that were read alike, case by case.
#[derive(Default)]
struct Read {
    seconds: Vec<Count>,
    regions: Vec<Count>,
    coinciding: Vec<Count>,
}

impl Read {
    fn add(&mut self, case: &Case) {
        let once = |of: f64| Count { of, per: 1.0 };
        self.seconds.extend(case.seconds.map(once));
        self.regions.push(once(case.regions.len() as f64));
        self.coinciding.push(coinciding(case));
    }

    fn group(&self) -> ReadAlike {
        let of = |counts: &[Count]| ratio(counts.iter().copied());
        ReadAlike {
            cases: self.regions.len(),
            timed: self.seconds.len(),
            seconds: of(&self.seconds),
            regions: of(&self.regions),
            coinciding: of(&self.coinciding),
        }
    }
}

#[derive(Default)]
struct Tally {
    shown: Read,
    kept_back: Read,
    overlaps: Vec<f64>,
    texts: BTreeMap<Lang, TextChanges>,
    readers: BTreeMap<UserId, OfReader>,
}

impl Tally {
    fn add(&mut self, case: &Case) {
        if !case.shown {
            return self.kept_back.add(case);
        }
        self.shown.add(case);
        let (id, name) = &case.reader;
        let reader = self.readers.entry(*id).or_insert_with(|| OfReader {
            reader: Person {
                id: *id,
                display_name: name.clone(),
            },
            cases: 0,
            outcomes: none(),
            missed: 0,
        });
        reader.cases += 1;
        reader.missed += case.missed;
        for suggested in &case.suggested {
            count(&mut reader.outcomes, suggested);
            self.overlaps.extend(overlap(suggested));
            add_texts(&mut self.texts, suggested, &case.regions);
        }
    }

    fn finish(mut self) -> Feedback {
        self.overlaps.sort_by(f64::total_cmp);
        for texts in self.texts.values_mut() {
            texts.distance /= texts.regions.max(1) as f64;
        }
        let mut readers: Vec<OfReader> = self.readers.into_values().collect();
        readers.sort_by(|a, b| a.reader.display_name.cmp(&b.reader.display_name));
        let (shown, kept_back) = (&self.shown, &self.kept_back);
        Feedback {
            outcomes: readers
                .iter()
                .fold(none(), |sum, r| added(sum, &r.outcomes)),
            missed: readers.iter().map(|r| r.missed).sum(),
            overlaps: binned(&self.overlaps),
            median_overlap: median(&self.overlaps),
            texts: self.texts,
            shown: shown.group(),
            kept_back: kept_back.group(),
            anchoring: Anchoring {
                coinciding: estimate_difference(&shown.coinciding, &kept_back.coinciding),
                seconds: estimate_difference(&shown.seconds, &kept_back.seconds),
                regions: estimate_difference(&shown.regions, &kept_back.regions),
            },
            readers,
        }
    }
}

fn added(sum: Outcomes, more: &Outcomes) -> Outcomes {
    Outcomes {
        accepted: sum.accepted + more.accepted,
        adjusted: sum.adjusted + more.adjusted,
        rejected: sum.rejected + more.rejected,
        ignored: sum.ignored + more.ignored,
    }
}

/// How much of a box was left that was taken and changed.
fn overlap(suggested: &Suggested) -> Option<f64> {
    suggested
        .iou
        .filter(|_| suggested.outcome == Some(Fate::Adjusted))
}

/// How much of the texts was changed in the region that grew from a suggestion.
fn add_texts(all: &mut BTreeMap<Lang, TextChanges>, suggested: &Suggested, regions: &[Region]) {
    let grown = regions.iter().find(|r| r.origin == Some(suggested.id));
    let Some((grown, edits)) = grown.zip(suggested.edits.as_ref()) else {
        return;
    };
    let length = |texts: &BTreeMap<Lang, String>, lang| {
        texts.get(lang).map_or(0, |text| text.chars().count())
    };
    for (lang, edits) in edits {
        let longer = length(&suggested.texts, lang).max(length(&grown.texts, lang));
        if longer > 0 {
            let texts = all.entry(lang.clone()).or_default();
            texts.regions += 1;
            texts.unchanged += usize::from(*edits == 0);
            texts.distance += *edits as f64 / longer as f64;
        }
    }
}

fn binned(overlaps: &[f64]) -> Vec<usize> {
    let mut bins = vec![0; BINS];
    for overlap in overlaps {
        let place = (overlap * BINS as f64) as usize;
        if let Some(bin) = bins.get_mut(place.min(BINS - 1)) {
            *bin += 1;
        }
    }
    bins
}

/// The middle of sorted values, or the mean of the two in the middle.
fn median(sorted: &[f64]) -> Option<f64> {
    let low = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some((low + sorted.get(sorted.len() / 2)?) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::geometry::PixelBox;
    use medreg_datasets::ids::{AnnotationId, ImageId, ModelId, RegionId, SuggestionId};

    /// A case with one suggestion, on which the reader drew a box of this height; the suggested one is 10 high.
    fn case(shown: bool, height: f64) -> Case {
        let bbox = |height| PixelBox::new(0.0, 0.0, 10.0, height).unwrap();
        let region = Region {
            id: RegionId::fresh(),
            frame: 0,
            bbox: bbox(height),
            concept: None,
            presence: Presence::Present,
            texts: BTreeMap::new(),
            origin: None,
        };
        let suggested = Suggested {
            id: SuggestionId::fresh(),
            bbox: bbox(10.0),
            texts: BTreeMap::new(),
            outcome: None,
            iou: None,
            edits: None,
        };
        Case {
            annotation: AnnotationId::fresh(),
            image: ImageId::fresh(),
            model: ModelId::fresh(),
            day: String::new(),
            reader: (UserId::fresh(), String::new()),
            shown,
            seconds: Some(height),
            missed: 0,
            regions: vec![region],
            suggested: vec![suggested],
        }
    }

    #[test]
    fn readers_who_see_a_box_and_take_it_are_told_from_those_who_do_not_see_it() {
        let mut tally = Tally::default();
        for _ in 0..30 {
            tally.add(&case(true, 9.0));
            tally.add(&case(false, 8.0));
        }
        let anchoring = tally.finish().anchoring;
        let of = |value| {
            Some(Estimate {
                value,
                low: value,
                high: value,
            })
        };
        assert_eq!(anchoring.coinciding, of(1.0));
        assert_eq!((anchoring.seconds, anchoring.regions), (of(1.0), of(0.0)));
    }

    #[test]
    fn overlaps_are_counted_in_tenths_and_the_highest_is_in_the_last() {
        assert_eq!(binned(&[0.05, 0.95, 1.0]), [1, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
        assert_eq!((median(&[]), median(&[0.25, 0.75])), (None, Some(0.5)));
    }
}
