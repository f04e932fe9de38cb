//! What a scripted reader makes of one image: as a careful person would, with an unsteady hand.

use super::TrueRegion;
use crate::server::views::Suggestion;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::ids::RegionId;
use medreg_datasets::region::{AnnotationContent, Presence, Region};
use medreg_datasets::whole::Verdict;
use rand::Rng;
use std::collections::BTreeSet;

/// When a reader takes what a model proposes.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// From this overlap with the truth on, a suggestion of the right concept is taken as it is.
    pub accept_from: f64,
    /// From this overlap on, its box is redrawn; below, it is turned down.
    pub adjust_from: f64,
    /// How far an edge that is drawn by hand lands from where it should, in pixels.
    pub unsteadiness: (f64, f64),
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            accept_from: 0.8,
            adjust_from: 0.3,
            unsteadiness: (1.0, 2.0),
        }
    }
}

/// What a reader did with one or more images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Suggestions whose box and concept were taken as they were.
    pub accepted: u64,
    /// Suggestions whose box was redrawn.
    pub adjusted: u64,
    /// Suggestions turned down.
    pub rejected: u64,
    /// Regions drawn without a suggestion.
    pub drawn: u64,
}

impl Tally {
    /// Regions in all.
    #[must_use]
    pub fn regions(&self) -> u64 {
        self.accepted + self.adjusted + self.drawn
    }

    /// The share of suggestions that were taken as they were; `None` where there were none.
    #[must_use]
    pub fn acceptance(&self) -> Option<f64> {
        let shown = self.accepted + self.adjusted + self.rejected;
        (shown > 0).then(|| self.accepted as f64 / shown as f64)
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.accepted += other.accepted;
        self.adjusted += other.adjusted;
        self.rejected += other.rejected;
        self.drawn += other.drawn;
    }
}

/// A finished reading of one image.
#[derive(Debug)]
pub struct Reading {
    /// What is saved and submitted.
    pub content: AnnotationContent,
    /// How it came about.
    pub tally: Tally,
}

/// Reads one image: deals with each suggestion, the surest first, then draws what is missing.
pub fn read(
    truth: &[TrueRegion],
    suggestions: &[Suggestion],
    size: ImageSize,
    habits: Habits,
    rng: &mut impl Rng,
) -> Reading {
    let mut reading = Reading {
        content: AnnotationContent::default(),
        tally: Tally::default(),
    };
    let mut missing: Vec<&TrueRegion> = truth.iter().collect();
    for suggestion in surest_first(suggestions) {
        let found = best_of(&missing, suggestion).filter(|(_, iou)| *iou >= habits.adjust_from);
        let Some((index, iou)) = found else {
            reading.content.rejected.insert(suggestion.id);
            reading.tally.rejected += 1;
            continue;
        };
        let meant = missing.remove(index);
        let mut region = taken(meant, suggestion);
        if iou >= habits.accept_from {
            reading.tally.accepted += 1;
        } else {
            region.bbox = by_hand(meant.bbox, size, habits, rng);
            reading.tally.adjusted += 1;
        }
        reading.content.regions.push(region);
    }
    for meant in missing {
        let bbox = by_hand(meant.bbox, size, habits, rng);
        reading.content.regions.push(drawn(meant, bbox));
        reading.tally.drawn += 1;
    }
    if reading.content.regions.is_empty() {
        reading.content.whole.verdict = Some(Verdict::NothingFound);
    }
    reading
}

/// Suggestions by falling confidence; a second one with the same id is left out.
fn surest_first(suggestions: &[Suggestion]) -> Vec<&Suggestion> {
    let mut seen = BTreeSet::new();
    let mut sorted: Vec<&Suggestion> = suggestions.iter().filter(|s| seen.insert(s.id)).collect();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    sorted
}

/// The missing region of the suggestion's concept that it overlaps most, and by how much.
fn best_of(missing: &[&TrueRegion], suggestion: &Suggestion) -> Option<(usize, f64)> {
    missing
        .iter()
        .enumerate()
        .filter(|(_, truth)| truth.concept == suggestion.concept)
        .map(|(index, truth)| (index, truth.bbox.iou(&suggestion.bbox)))
        .max_by(|(_, a), (_, b)| a.total_cmp(b))
}

/// A region that grew from a suggestion. Its texts are read too: what is missing or wrong in them is written anew.
fn taken(meant: &TrueRegion, suggestion: &Suggestion) -> Region {
    Region {
        bbox: suggestion.bbox,
        origin: Some(suggestion.id),
        ..drawn(meant, meant.bbox)
    }
}

fn drawn(meant: &TrueRegion, bbox: PixelBox) -> Region {
    Region {
        id: RegionId::fresh(),
        frame: 0,
        bbox,
        concept: Some(meant.concept.clone()),
        presence: Presence::Present,
        texts: meant.texts.clone(),
        origin: None,
    }
}

/// The box as a hand draws it: each edge off by the reader's unsteadiness, inside the image. A box too small to survive that
/// is drawn with care.
fn by_hand(meant: PixelBox, size: ImageSize, habits: Habits, rng: &mut impl Rng) -> PixelBox {
    let (least, most) = habits.unsteadiness;
    let (width, height) = (f64::from(size.width()), f64::from(size.height()));
    let mut edge = |at: f64, end: f64| {
        let off = rng.random_range(least..=most);
        let off = if rng.random() { off } else { -off };
        (at + off).clamp(0.0, end)
    };
    let [x0, y0, x1, y1] = meant.corners();
    let drawn = [
        edge(x0, width),
        edge(y0, height),
        edge(x1, width),
        edge(y1, height),
    ];
    PixelBox::try_from(drawn).unwrap_or(meant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::ids::SuggestionId;
    use medreg_datasets::lang::Lang;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;
    use std::collections::BTreeMap;

    fn size() -> ImageSize {
        ImageSize::new(200, 100).unwrap()
    }

    fn pixel_box(corners: [f64; 4]) -> PixelBox {
        corners.try_into().unwrap()
    }

    fn truth(concept: &str, corners: [f64; 4]) -> TrueRegion {
        TrueRegion {
            bbox: pixel_box(corners),
            concept: concept.parse().unwrap(),
            texts: BTreeMap::from([
                (Lang::en(), format!("A {concept}.")),
                (Lang::zh(), "所见".to_owned()),
            ]),
        }
    }

    fn suggestion(concept: &str, corners: [f64; 4], confidence: f64) -> Suggestion {
        Suggestion {
            id: SuggestionId::fresh(),
            bbox: pixel_box(corners),
            concept: concept.parse().unwrap(),
            confidence,
            texts: BTreeMap::new(),
        }
    }

    fn read_with(truth: &[TrueRegion], suggestions: &[Suggestion]) -> Reading {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        read(truth, suggestions, size(), Habits::default(), &mut rng)
    }

    fn tally(accepted: u64, adjusted: u64, rejected: u64, drawn: u64) -> Tally {
        Tally {
            accepted,
            adjusted,
            rejected,
            drawn,
        }
    }

    #[test]
    fn a_good_suggestion_is_taken_with_its_box_and_origin() {
        let offered = suggestion("cyst", [10.0, 10.0, 50.0, 51.0], 0.9);
        let reading = read_with(
            &[truth("cyst", [10.0, 10.0, 50.0, 50.0])],
            std::slice::from_ref(&offered),
        );
        assert_eq!(reading.tally, tally(1, 0, 0, 0));
        let region = &reading.content.regions[0];
        assert_eq!(
            (region.bbox, region.origin),
            (offered.bbox, Some(offered.id))
        );
        assert_eq!(region.texts[&Lang::en()], "A cyst.");
    }

    #[test]
    fn a_rough_suggestion_is_redrawn_near_the_truth() {
        let offered = suggestion("cyst", [10.0, 10.0, 50.0, 70.0], 0.9);
        let reading = read_with(
            &[truth("cyst", [10.0, 10.0, 50.0, 50.0])],
            std::slice::from_ref(&offered),
        );
        assert_eq!(reading.tally, tally(0, 1, 0, 0));
        let region = &reading.content.regions[0];
        assert_eq!(region.origin, Some(offered.id));
        let moved = region.bbox.corners().map(f64::round);
        for (edge, meant) in region.bbox.corners().iter().zip([10.0, 10.0, 50.0, 50.0]) {
            assert!((1.0..=2.0).contains(&(edge - meant).abs()), "{moved:?}");
        }
    }

    #[test]
    fn a_wrong_name_or_place_is_turned_down_and_the_region_drawn() {
        let offered = [
            suggestion("liver", [10.0, 10.0, 50.0, 50.0], 0.9),
            suggestion("cyst", [60.0, 10.0, 90.0, 50.0], 0.8),
        ];
        let reading = read_with(&[truth("cyst", [10.0, 10.0, 50.0, 50.0])], &offered);
        assert_eq!(reading.tally, tally(0, 0, 2, 1));
        assert_eq!(
            reading.content.rejected,
            BTreeSet::from([offered[0].id, offered[1].id])
        );
        assert_eq!(reading.content.regions[0].origin, None);
        assert_eq!(reading.tally.acceptance(), Some(0.0));
    }

    #[test]
    fn two_suggestions_for_one_region_leave_the_surer_one() {
        let offered = [
            suggestion("cyst", [10.0, 10.0, 50.0, 51.0], 0.4),
            suggestion("cyst", [10.0, 10.0, 50.0, 50.0], 0.6),
        ];
        let reading = read_with(&[truth("cyst", [10.0, 10.0, 50.0, 50.0])], &offered);
        assert_eq!(reading.tally, tally(1, 0, 1, 0));
        assert_eq!(reading.content.regions[0].origin, Some(offered[1].id));
    }

    #[test]
    fn what_is_drawn_stays_inside_the_image_and_is_a_box() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let tiny = [
            pixel_box([0.0, 0.0, 1.0, 1.0]),
            pixel_box([199.0, 99.0, 200.0, 100.0]),
            pixel_box([0.0, 0.0, 200.0, 100.0]),
        ];
        for _ in 0..200 {
            for meant in tiny {
                let drawn = by_hand(meant, size(), Habits::default(), &mut rng);
                assert!(drawn.inside(size()).is_ok());
            }
        }
    }

    #[test]
    fn without_suggestions_there_is_no_acceptance() {
        let reading = read_with(&[truth("cyst", [10.0, 10.0, 50.0, 50.0])], &[]);
        assert_eq!(reading.tally, tally(0, 0, 0, 1));
        assert_eq!(reading.tally.acceptance(), None);
        assert_eq!(reading.tally.regions(), 1);
    }
}
