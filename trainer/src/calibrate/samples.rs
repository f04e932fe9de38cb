//! Judged answers as what can be right or wrong: one for each name given, one for each box.

use super::{Map, Measure, Of, Signal};
use crate::calibrate::signal::logistic;
use crate::eval::HIT_IOU;
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::matching::match_boxes;
use medreg_datasets::protocol::{PredictionLine, Signals};

/// One thing that a model said, with how sure it was and whether it is true.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The patient's pseudonym.
    pub patient: String,
    /// Of all tokens of the answer.
    pub answer: Signals,
    /// Of the box's coordinates.
    pub coordinates: Option<Signals>,
    /// The name is right, or the box overlaps the true one that it is matched with by an IoU of at least [`HIT_IOU`].
    pub right: bool,
    /// A box with the true one that it is matched with, however little they overlap.
    pub pair: Option<(PixelBox, PixelBox)>,
}

impl Sample {
    /// The confidence that is told where nothing is calibrated.
    #[must_use]
    pub fn raw(&self) -> Option<f64> {
        let mean = Measure {
            of: Of::Answer,
            signal: Signal::Mean,
        };
        mean.log_odds(&self.answer, None).map(logistic)
    }

    /// The confidence that a map gives.
    #[must_use]
    pub fn mapped(&self, map: &Map) -> Option<f64> {
        map.probability(&self.answer, self.coordinates.as_ref())
    }
}

/// What these lines say; lines without signals say nothing.
pub fn samples<'a>(lines: impl IntoIterator<Item = &'a PredictionLine>) -> Vec<Sample> {
    lines.into_iter().flat_map(of_line).collect()
}

fn of_line(line: &PredictionLine) -> Vec<Sample> {
    let Some(answer) = line.signals else {
        return Vec::new();
    };
    let sample = |coordinates, right, pair| Sample {
        patient: line.patient.clone(),
        answer,
        coordinates,
        right,
        pair,
    };
    if let Some(right) = line.correct {
        return vec![sample(None, right, None)];
    }
    let pairs = match_boxes(&line.truth_boxes, &line.boxes);
    let of_box = |(index, bbox): (usize, &PixelBox)| {
        let pair = pairs.iter().find(|pair| pair.predicted == index);
        let truth = pair.and_then(|pair| line.truth_boxes.get(pair.truth));
        sample(
            line.box_signals.get(index).copied(),
            pair.is_some_and(|pair| pair.iou >= HIT_IOU),
            truth.map(|truth| (*bbox, *truth)),
        )
    };
    line.boxes.iter().enumerate().map(of_box).collect()
}
