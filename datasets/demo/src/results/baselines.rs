//! What one reaches without looking at an image: the two baselines every model must beat.

use super::scores::Found;
use super::truth::{Target, Truth};
use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::ontology::ConceptKey;
use std::collections::BTreeMap;

/// The scores of the baselines on the held-out split.
#[derive(Clone, Debug, PartialEq)]
pub struct Baselines {
    /// The concept that most training regions show.
    pub most_frequent: Option<ConceptKey>,
    /// Region-to-Text: always answering with it.
    pub accuracy: f64,
    /// Text-to-Region: always answering with the concept's mean training box; mean IoU. Unlike a model, this baseline is asked only
    /// about concepts that are there, so that nothing it says about absent ones counts against it.
    pub mean_iou: f64,
    /// The same; F1 at IoU ≥ 0.5.
    pub region_f1: f64,
}

/// The baselines learnt from `train`, scored on `test`.
#[must_use]
pub fn baselines(train: &Truth, test: &Truth) -> Baselines {
    let most_frequent = most_frequent(train);
    let right: usize = test
        .targets
        .iter()
        .filter(|target| Some(&target.concept) == most_frequent.as_ref())
        .map(|target| target.boxes.len())
        .sum();
    let mean_boxes = mean_boxes(train);
    let mut found = Found::default();
    for target in &test.targets {
        let guess = mean_boxes
            .get(&target.concept)
            .and_then(|mean| on_image(*mean, target.size));
        found.add(&target.boxes, guess.as_slice());
    }
    Baselines {
        most_frequent,
        accuracy: right as f64 / test.regions().max(1) as f64,
        mean_iou: found.mean_iou(),
        region_f1: found.f1(),
    }
}

/// The concept of most regions; of several such, the first by key.
fn most_frequent(train: &Truth) -> Option<ConceptKey> {
    let mut counts: BTreeMap<&ConceptKey, usize> = BTreeMap::new();
    for target in &train.targets {
        *counts.entry(&target.concept).or_default() += target.boxes.len();
    }
    let most = counts.values().max().copied()?;
    let first = counts.into_iter().find(|(_, count)| *count == most);
    first.map(|(concept, _)| concept.clone())
}

/// Each concept's mean box, its corners as shares of the image's sides.
fn mean_boxes(train: &Truth) -> BTreeMap<&ConceptKey, [f64; 4]> {
    let mut sums: BTreeMap<&ConceptKey, ([f64; 4], f64)> = BTreeMap::new();
    for target in &train.targets {
        let (sum, count) = sums.entry(&target.concept).or_default();
        for corners in shares(target) {
            for (sum, corner) in sum.iter_mut().zip(corners) {
                *sum += corner;
            }
            *count += 1.0;
        }
    }
    let mean = |(concept, (sum, count)): (_, ([f64; 4], f64))| (concept, sum.map(|s| s / count));
    sums.into_iter().map(mean).collect()
}

fn shares(target: &Target) -> impl Iterator<Item = [f64; 4]> {
    let (width, height) = sides(target.size);
    target.boxes.iter().map(move |bbox| {
        let [x0, y0, x1, y1] = bbox.corners();
        [x0 / width, y0 / height, x1 / width, y1 / height]
    })
}

fn on_image([x0, y0, x1, y1]: [f64; 4], size: ImageSize) -> Option<PixelBox> {
    let (width, height) = sides(size);
    PixelBox::new(x0 * width, y0 * height, x1 * width, y1 * height).ok()
}

fn sides(size: ImageSize) -> (f64, f64) {
    (f64::from(size.width()), f64::from(size.height()))
}

#[cfg(test)]
mod tests {
    use super::super::truth::samples::case;
    use super::*;
    use medreg_datasets::snapshot::Split;

    #[test]
    fn the_baselines_are_the_hand_counted_ones() {
        let train = [
            case(
                Split::Train,
                &[
                    ("liver", [0.0, 0.0, 40.0, 40.0]),
                    ("cyst", [50.0, 50.0, 60.0, 60.0]),
                ],
            ),
            case(Split::Train, &[("liver", [20.0, 20.0, 60.0, 60.0])]),
        ];
        let test = [case(
            Split::Test,
            &[
                // The mean liver box is [10, 10, 50, 50]: this one overlaps it by a half.
                ("liver", [10.0, 10.0, 50.0, 30.0]),
                ("cyst", [0.0, 0.0, 10.0, 10.0]),
                ("stone", [0.0, 0.0, 10.0, 10.0]),
            ],
        )];
        let found = baselines(
            &Truth::of(&train, Split::Train),
            &Truth::of(&test, Split::Test),
        );
        assert_eq!(found.most_frequent, Some("liver".parse().unwrap()));
        assert!((found.accuracy - 1.0 / 3.0).abs() < 1e-12);
        assert!((found.mean_iou - 0.5 / 3.0).abs() < 1e-12);
        // One hit; three true boxes and two guesses.
        assert!((found.region_f1 - 2.0 / 5.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_learnt_scores_nothing() {
        let test = [case(Split::Test, &[("liver", [10.0, 10.0, 50.0, 30.0])])];
        let found = baselines(&Truth::default(), &Truth::of(&test, Split::Test));
        assert_eq!(
            (found.most_frequent, found.accuracy, found.mean_iou),
            (None, 0.0, 0.0)
        );
    }
}
