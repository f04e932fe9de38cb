//! What a base model can do on pictures of shapes that it was not trained on.

use super::lessons::{find_it, miss_it, name_it};
use super::shapes::{Picture, SMALLEST, draw};
use super::words::Tongue;
use crate::checkpoint::Pretrained;
use crate::model::kernels::side_by_side;
use crate::predict::{PredictError, Predictor};
use medreg_datasets::geometry::{GridBox, ImageSize, PixelBox};
use medreg_datasets::grammar;
use medreg_datasets::matching::match_boxes;
use medreg_datasets::task::Turn;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// Sets the exam's pictures apart from those of the lessons.
const UNSEEN: u64 = 0x6578_616d;
/// Shapes on a picture, at most.
const CROWD: usize = 4;

/// Right answers and overlaps over an exam's questions, half of them English and half Chinese.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Marks {
    /// Pictures looked at.
    pub pictures: usize,
    /// Share of boxes whose side, fill and shape were all named rightly.
    pub named: f64,
    /// Mean IoU of the boxes of a description, over true boxes.
    pub mean_iou: f64,
    /// Share of shapes that are not there of which the model said so.
    pub absent: f64,
}

/// Asks about `pictures` unseen pictures with up to four shapes each.
pub fn examine(
    model: &Pretrained,
    pictures: usize,
    seed: u64,
    threads: usize,
) -> Result<Marks, PredictError> {
    let predictor = Predictor::new(model)?;
    let side = model.config.image_size();
    let sheets = side_by_side(pictures, threads, |n| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ UNSEEN ^ ((n as u64) << 32));
        let picture = draw(side, CROWD, SMALLEST, &mut rng);
        marked(&predictor, &picture, Tongue::BOTH[n % 2], &mut rng)
    });
    let mut tallies = [Tally::default(); 3];
    for sheet in sheets {
        for (kind, tally) in sheet? {
            let total = &mut tallies[kind as usize];
            total.got += tally.got;
            total.of += tally.of;
        }
    }
    let [named, mean_iou, absent] = tallies.map(|t| t.got / f64::from(t.of.max(1)));
    Ok(Marks {
        pictures,
        named,
        mean_iou,
        absent,
    })
}

/// What a question asks for, in the order of [`Marks`].
#[derive(Clone, Copy)]
enum Kind {
    Name,
    Find,
    Miss,
}

/// What was got of what there was to get.
#[derive(Clone, Copy, Default)]
struct Tally {
    got: f64,
    of: u32,
}

/// Asks one question of each kind about a picture, where it has one, and marks the answers.
fn marked(
    predictor: &Predictor,
    picture: &Picture,
    tongue: Tongue,
    rng: &mut ChaCha8Rng,
) -> Result<Vec<(Kind, Tally)>, PredictError> {
    let asked = [
        (Kind::Name, name_it(picture, tongue, rng)),
        (Kind::Find, find_it(picture, tongue, rng)),
        (Kind::Miss, miss_it(picture, tongue, rng)),
    ];
    let asked: Vec<(Kind, Turn)> = asked
        .into_iter()
        .filter_map(|(kind, turn)| Some((kind, turn?)))
        .collect();
    let questions: Vec<String> = asked.iter().map(|(_, t)| t.question.clone()).collect();
    let answers = predictor.ask(&predictor.look(&picture.image), &questions)?;
    let pairs = asked.into_iter().zip(&answers);
    Ok(pairs
        .map(|((kind, turn), answer)| (kind, mark(kind, &turn.answer, &answer.text)))
        .collect())
}

fn mark(kind: Kind, truth: &str, answer: &str) -> Tally {
    let right = match kind {
        Kind::Name => grammar::same_name(answer, truth),
        Kind::Miss => answer.trim() == truth,
        Kind::Find => {
            let (got, of) = overlap(truth, answer);
            return Tally { got, of };
        }
    };
    Tally {
        got: f64::from(u8::from(right)),
        of: 1,
    }
}

/// The sum of the overlaps of matched boxes, and how many true ones there are.
fn overlap(truth: &str, answer: &str) -> (f64, u32) {
    let boxes = |text: &str| -> Vec<PixelBox> {
        let Ok(size) = ImageSize::new(1000, 1000) else {
            return Vec::new();
        };
        let boxes: Vec<GridBox> = grammar::read(text).boxes();
        boxes.into_iter().map(|b| b.to_pixels(size)).collect()
    };
    let (truth, found) = (boxes(truth), boxes(answer));
    let pairs = match_boxes(&truth, &found);
    (pairs.iter().map(|pair| pair.iou).sum(), truth.len() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{builtin, untrained};

    #[test]
    fn overlaps_are_counted_per_true_box() {
        let truth = "<ref>ring</ref><box>[[0, 0, 100, 100], [500, 500, 600, 600]]</box>";
        let answer = "<ref>ring</ref><box>[[0, 0, 100, 50]]</box>";
        let (sum, boxes) = overlap(truth, answer);
        assert!((sum - 0.5).abs() < 0.02 && boxes == 2, "{sum} of {boxes}");
        assert_eq!(overlap(truth, "nonsense"), (0.0, 2));
    }

    #[test]
    fn the_shipped_model_passes_an_exam_that_an_untrained_one_fails() {
        let marks = |model| examine(&model, 40, 1, 2).unwrap();
        let (before, after) = (
            marks(untrained(1).unwrap()),
            marks(builtin("shapes").unwrap()),
        );
        assert!(before.named < 0.05 && before.mean_iou < 0.05, "{before:?}");
        assert!(after.named > 0.2 && after.mean_iou > 0.25, "{after:?}");
    }
}
