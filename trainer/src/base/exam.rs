//! What a base model can do on pictures of shapes that it was not trained on.

use super::lessons::{find_it, miss_it, name_it};
use super::shapes::{Picture, SMALLEST, draw};
use super::words::Tongue;
use crate::checkpoint::Pretrained;
use crate::predict::{PredictError, Predictor};
use crate::train::side_by_side;
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
        Sheet::new(&picture, Tongue::BOTH[n % 2], &mut rng).answered(&predictor, &picture)
    });
    let mut total = Counts::default();
    for counts in sheets {
        total.add(counts?);
    }
    Ok(total.marks(pictures))
}

/// The questions about one picture.
struct Sheet {
    name: Option<Turn>,
    find: Option<Turn>,
    miss: Option<Turn>,
}

#[derive(Clone, Copy, Default)]
struct Counts {
    named: (u32, u32),
    iou: (f64, u32),
    absent: (u32, u32),
}

impl Sheet {
    fn new(picture: &Picture, tongue: Tongue, rng: &mut ChaCha8Rng) -> Self {
        Self {
            name: name_it(picture, tongue, rng),
            find: find_it(picture, tongue, rng),
            miss: miss_it(picture, tongue, rng),
        }
    }

    fn answered(&self, predictor: &Predictor, picture: &Picture) -> Result<Counts, PredictError> {
        let turns: Vec<&Turn> = [&self.name, &self.find, &self.miss]
            .into_iter()
            .flatten()
            .collect();
        let questions: Vec<String> = turns.iter().map(|t| t.question.clone()).collect();
        let answers = predictor.ask(&predictor.look(&picture.image), &questions)?;
        let mut answers = answers.iter().map(|a| a.text.as_str());
        let mut counts = Counts::default();
        if let (Some(turn), Some(answer)) = (&self.name, self.name.as_ref().and(answers.next())) {
            counts.named = (u32::from(grammar::same_name(answer, &turn.answer)), 1);
        }
        if let (Some(turn), Some(answer)) = (&self.find, self.find.as_ref().and(answers.next())) {
            counts.iou = overlap(&turn.answer, answer);
        }
        if let (Some(turn), Some(answer)) = (&self.miss, self.miss.as_ref().and(answers.next())) {
            counts.absent = (u32::from(answer.trim() == turn.answer), 1);
        }
        Ok(counts)
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

impl Counts {
    fn add(&mut self, other: Self) {
        self.named.0 += other.named.0;
        self.named.1 += other.named.1;
        self.iou.0 += other.iou.0;
        self.iou.1 += other.iou.1;
        self.absent.0 += other.absent.0;
        self.absent.1 += other.absent.1;
    }

    fn marks(&self, pictures: usize) -> Marks {
        let share = |part: f64, of: u32| part / f64::from(of.max(1));
        Marks {
            pictures,
            named: share(f64::from(self.named.0), self.named.1),
            mean_iou: share(self.iou.0, self.iou.1),
            absent: share(f64::from(self.absent.0), self.absent.1),
        }
    }
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
