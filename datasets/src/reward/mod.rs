//! Rewards of an answer: numbers that reinforcement learning raises, each from the answer's text and the right one alone.
//!
//! Every reward is a total function of two texts in the project's grammar ([`crate::grammar`]). One that a question has no use for (a side
//! where the right answer names none) is absent, and takes no part in the weighted mean. Boxes are compared on the model's grid, where IoU and
//! GIoU are the same as in pixels: both are ratios of areas, which a scaling of either axis leaves as they are.

mod boxes;
mod words;

use crate::grammar::{self, Reading};
use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asked {
    /// A name for a box (`r2t`).
    Name,
    /// Boxes for a name (`t2r`).
    Boxes,
}

/// The rewards of one answer; absent where the question has no use for one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rewards {
    /// In 0..=1: of what the answer consists of, the share that the grammar understands.
    pub format: Option<f64>,
    /// 1 where the name is the right one, else 0. For names.
    pub name: Option<f64>,
    /// In 0..=1: the overlaps (IoU) of matched boxes, by the larger number of boxes of either side. For boxes, where either side has any.
    pub iou: Option<f64>,
    /// In -1..=1: the same with GIoU (Rezatofighi et al., CVPR 2019), which tells near misses from far ones; a box without partner is -1.
    pub giou: Option<f64>,
    /// In 0..=1: the smaller number of boxes by the larger one; 1 where neither side has any. For boxes.
    pub count: Option<f64>,
    /// 1 for the right side, -1 for another, 0 for none or several. Where the right answer names one side.
    pub side: Option<f64>,
    /// 1 where the answer says that the concept is absent and boxes nothing, -1 where it boxes something, else 0. Where it is absent.
    pub absent: Option<f64>,
}

/// How much each reward counts; none is negative. What weighs nothing is left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Of [`Rewards::format`].
    pub format: f64,
    /// Of [`Rewards::name`].
    pub name: f64,
    /// Of [`Rewards::iou`].
    pub iou: f64,
    /// Of [`Rewards::giou`].
    pub giou: f64,
    /// Of [`Rewards::count`].
    pub count: f64,
    /// Of [`Rewards::side`].
    pub side: f64,
    /// Of [`Rewards::absent`].
    pub absent: f64,
}

impl Default for Weights {
    /// All alike, but for the format, which is soon learnt.
    fn default() -> Self {
        Self {
            format: 0.5,
            name: 1.0,
            iou: 1.0,
            giou: 1.0,
            count: 1.0,
            side: 1.0,
            absent: 1.0,
        }
    }
}

/// The names of the rewards, in the order of [`Rewards::values`].
pub const NAMES: [&str; 7] = ["format", "name", "iou", "giou", "count", "side", "absent"];

impl Rewards {
    /// The rewards of `answer`, where `truth` is the right one.
    ///
    /// ```
    /// use medreg_datasets::reward::{Asked, Rewards};
    /// let truth = "<ref>left kidney</ref><box>[[0, 0, 100, 100]]</box>";
    /// let half = "<ref>left kidney</ref><box>[[0, 0, 100, 50]]</box>";
    /// let rewards = Rewards::of(Asked::Boxes, half, truth);
    /// assert_eq!((rewards.iou, rewards.side), (Some(0.5), Some(1.0)));
    /// ```
    #[must_use]
    pub fn of(asked: Asked, answer: &str, truth: &str) -> Self {
        let (said, right) = (grammar::read(answer), grammar::read(truth));
        let shared = Self {
            format: Some(words::format(asked, answer, &said)),
            side: words::side(answer, truth),
            ..Self::default()
        };
        match asked {
            Asked::Name => Self {
                name: Some(words::name(answer, truth)),
                ..shared
            },
            Asked::Boxes => shared.with_boxes(&said, &right),
        }
    }

    fn with_boxes(self, said: &Reading, right: &Reading) -> Self {
        let (found, wanted) = (boxes::of(said), boxes::of(right));
        Self {
            iou: boxes::iou(&found, &wanted),
            giou: boxes::giou(&found, &wanted),
            count: Some(boxes::count(found.len(), wanted.len())),
            absent: wanted
                .is_empty()
                .then(|| words::absent(said, found.is_empty())),
            ..self
        }
    }

    /// All of them, in the order of [`NAMES`].
    #[must_use]
    pub fn values(&self) -> [Option<f64>; 7] {
        [
            self.format,
            self.name,
            self.iou,
            self.giou,
            self.count,
            self.side,
            self.absent,
        ]
    }

    /// The weighted mean of those that there are, in -1..=1; 0 where none of them weighs anything.
    #[must_use]
    pub fn total(&self, weights: &Weights) -> f64 {
        let mut sum = (0.0, 0.0);
        for (value, weight) in self.values().into_iter().zip(weights.values()) {
            if let Some(value) = value {
                sum = (sum.0 + weight * value, sum.1 + weight);
            }
        }
        match sum {
            (of, by) if by > 0.0 => of / by,
            _ => 0.0,
        }
    }
}

impl Weights {
    fn values(&self) -> [f64; 7] {
        let all = [
            self.format,
            self.name,
            self.iou,
            self.giou,
            self.count,
            self.side,
            self.absent,
        ];
        all.map(|weight| weight.max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const TRUTH: &str = "<ref>left kidney</ref><box>[[0, 0, 100, 100]]</box>";

    fn boxes(answer: &str, truth: &str) -> Rewards {
        Rewards::of(Asked::Boxes, answer, truth)
    }

    #[test]
    fn a_right_answer_has_all_that_there_is_to_have() {
        let rewards = boxes(TRUTH, TRUTH);
        let all = [
            Some(1.0),
            None,
            Some(1.0),
            Some(1.0),
            Some(1.0),
            Some(1.0),
            None,
        ];
        assert_eq!(rewards.values(), all);
        assert_eq!(rewards.total(&Weights::default()), 1.0);
        let absent = "<ref>cyst</ref> is absent.";
        let rewards = boxes(absent, absent);
        let all = [Some(1.0), None, None, None, Some(1.0), None, Some(1.0)];
        assert_eq!(rewards.values(), all);
        let named = Rewards::of(Asked::Name, "Left kidney.", "left kidney");
        assert_eq!(
            (named.name, named.side, named.iou),
            (Some(1.0), Some(1.0), None)
        );
    }

    #[test]
    fn a_box_too_many_halves_the_overlap_and_the_count() {
        let two = "<ref>left kidney</ref><box>[[0, 0, 100, 100], [200, 0, 300, 100]]</box>";
        let rewards = boxes(two, TRUTH);
        // One box is right, the other has no partner: (1 + 0) / 2, (1 - 1) / 2.
        assert_eq!((rewards.iou, rewards.giou), (Some(0.5), Some(0.0)));
        assert_eq!(rewards.count, Some(0.5));
    }

    #[test]
    fn giou_tells_a_near_miss_from_a_far_one_where_iou_is_nought() {
        let at = |x: i64| {
            format!(
                "<ref>left kidney</ref><box>[[{x}, 0, {}, 100]]</box>",
                x + 100
            )
        };
        let (near, far) = (boxes(&at(200), TRUTH), boxes(&at(800), TRUTH));
        assert_eq!((near.iou, far.iou), (Some(0.0), Some(0.0)));
        // The hull is 300 (900) wide and 200 of it are boxes: -(1 - 200/300), -(1 - 200/900).
        assert!((near.giou.unwrap() + 1.0 / 3.0).abs() < 1e-12);
        assert!((far.giou.unwrap() + 7.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn sides_absences_and_formats_are_told_from_each_other() {
        let right = boxes(
            "<ref>right kidney</ref><box>[[0, 0, 100, 100]]</box>",
            TRUTH,
        );
        assert_eq!(right.side, Some(-1.0));
        assert_eq!(
            boxes("<ref>kidney</ref><box>[[0, 0, 9, 9]]</box>", TRUTH).side,
            Some(0.0)
        );
        let absent = "<ref>cyst</ref> is absent.";
        assert_eq!(
            boxes("<ref>cyst</ref><box>[[0, 0, 9, 9]]</box>", absent).absent,
            Some(-1.0)
        );
        assert_eq!(boxes("I cannot tell.", absent).absent, Some(0.0));
        assert_eq!(boxes(absent, TRUTH).count, Some(0.0));
        assert_eq!(boxes("", TRUTH).format, Some(0.0));
        // A statement that is understood, and two brackets that are not boxes.
        let torn = "<ref>left kidney</ref><box>[[0, 0, 100, 100], [1, 2], [5, 5, 1, 1]]</box>";
        assert_eq!(boxes(torn, TRUTH).format, Some(1.0 / 3.0));
        let named = |answer| Rewards::of(Asked::Name, answer, "左肾");
        assert_eq!(
            (named("左肾").side, named("右肾").side),
            (Some(1.0), Some(-1.0))
        );
        assert_eq!(
            (named("").format, named("肝脏。").format),
            (Some(0.0), Some(1.0))
        );
    }

    #[test]
    fn what_weighs_nothing_is_left_out_of_the_mean() {
        let rewards = Rewards {
            format: Some(1.0),
            iou: Some(0.4),
            side: Some(-1.0),
            ..Rewards::default()
        };
        let only = |format, iou, side| Weights {
            format,
            iou,
            side,
            ..Weights::default()
        };
        assert_eq!(rewards.total(&only(0.0, 1.0, 0.0)), 0.4);
        // (1·1 + 2·0.4 - 1·1) / 4
        assert!((rewards.total(&only(1.0, 2.0, 1.0)) - 0.2).abs() < 1e-12);
        assert_eq!(rewards.total(&only(0.0, 0.0, -3.0)), 0.0);
    }

    fn corners() -> impl Strategy<Value = [i64; 4]> {
        (0..900i64, 0..900i64, 1..99i64, 1..99i64).prop_map(|(x, y, w, h)| [x, y, x + w, y + h])
    }

    fn written(boxes: &[[i64; 4]]) -> String {
        let boxes: Vec<_> = boxes
            .iter()
            .filter_map(|c| crate::geometry::GridBox::new(*c).ok())
            .collect();
        crate::task::regions_answer(&crate::lang::Lang::en(), "cyst", &boxes)
    }

    proptest! {
        #[test]
        fn every_reward_of_any_two_texts_is_within_its_bounds(answer in ".{0,60}", truth in ".{0,60}") {
            for asked in [Asked::Name, Asked::Boxes] {
                let rewards = Rewards::of(asked, &answer, &truth);
                for (name, value) in NAMES.iter().zip(rewards.values()) {
                    let low = if ["giou", "side", "absent"].contains(name) { -1.0 } else { 0.0 };
                    prop_assert!(value.is_none_or(|v| (low..=1.0).contains(&v)), "{name} {value:?}");
                }
                prop_assert!((-1.0..=1.0).contains(&rewards.total(&Weights::default())));
            }
        }

        #[test]
        fn the_order_of_boxes_does_not_matter_and_nothing_beats_the_truth(
            said in prop::collection::vec(corners(), 0..5), wanted in prop::collection::vec(corners(), 0..5)
        ) {
            let turned: Vec<[i64; 4]> = said.iter().rev().copied().collect();
            let (a, b) = (boxes(&written(&said), &written(&wanted)), boxes(&written(&turned), &written(&wanted)));
            for (x, y) in a.values().into_iter().zip(b.values()) {
                prop_assert!((x.unwrap_or(0.0) - y.unwrap_or(0.0)).abs() < 1e-9);
            }
            let best = boxes(&written(&wanted), &written(&wanted));
            prop_assert!(a.total(&Weights::default()) <= best.total(&Weights::default()) + 1e-9);
            prop_assert!(a.iou.zip(a.giou).is_none_or(|(iou, giou)| giou <= iou + 1e-9));
        }
    }
}
