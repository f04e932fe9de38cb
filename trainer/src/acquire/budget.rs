//! What a batch may cost: boxes, images, or both.

/// What an image costs at least, in boxes: it is opened and read, also where nothing is found on it.
pub const LEAST_COST: f64 = 1.0;

/// Costs are sums of means; what is missing by less than this is not missing.
const ROUNDING: f64 = 1e-9;

/// A limit in boxes, in images, or in both; what is left of it while a batch is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Budget {
    boxes: f64,
    images: usize,
}

impl Budget {
    /// So many images, whatever they cost.
    #[must_use]
    pub fn of_images(images: usize) -> Self {
        Self {
            boxes: f64::INFINITY,
            images,
        }
    }

    /// Images that are expected to have so many boxes together.
    #[must_use]
    pub fn of_boxes(boxes: u32) -> Self {
        Self {
            boxes: f64::from(boxes),
            images: usize::MAX,
        }
    }

    /// The same, and no more than so many images.
    #[must_use]
    pub fn at_most(self, images: usize) -> Self {
        Self {
            images: self.images.min(images),
            ..self
        }
    }

    /// Whether no image fits any more.
    pub(super) fn is_spent(&self) -> bool {
        self.images == 0 || self.boxes + ROUNDING < LEAST_COST
    }

    /// Whether an image of this cost fits.
    pub(super) fn fits(&self, cost: f64) -> bool {
        self.images > 0 && cost <= self.boxes + ROUNDING
    }

    /// Pays for an image; false, and nothing is paid, where it does not fit.
    pub(super) fn pay(&mut self, cost: f64) -> bool {
        if !self.fits(cost) {
            return false;
        }
        self.images -= 1;
        self.boxes = (self.boxes - cost).max(0.0);
        true
    }

    /// About how many images of this mean cost fit.
    pub(super) fn about(&self, mean_cost: f64) -> usize {
        let by_boxes = self.boxes / mean_cost.max(LEAST_COST);
        self.images.min(by_boxes.ceil() as usize)
    }

    /// A part of it; images are rounded.
    pub(super) fn share(&self, share: f64) -> Self {
        let images = match self.images {
            usize::MAX => usize::MAX,
            images => (images as f64 * share).round() as usize,
        };
        Self {
            boxes: self.boxes * share,
            images,
        }
    }

    /// What is left when another part is set aside.
    pub(super) fn without(&self, part: &Self) -> Self {
        let boxes = match self.boxes {
            f64::INFINITY => f64::INFINITY,
            boxes => (boxes - part.boxes).max(0.0),
        };
        let images = match self.images {
            usize::MAX => usize::MAX,
            images => images.saturating_sub(part.images),
        };
        Self { boxes, images }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_hold_and_a_refused_image_costs_nothing() {
        let mut budget = Budget::of_boxes(10).at_most(3);
        assert!(budget.pay(6.0) && !budget.pay(4.5) && budget.pay(3.0));
        assert!(!budget.is_spent() && budget.pay(1.0));
        assert!(budget.is_spent() && !budget.pay(1.0));
        assert!(Budget::of_images(0).is_spent() && Budget::of_boxes(0).is_spent());
    }

    #[test]
    fn parts_and_the_rest_make_the_whole() {
        let whole = Budget::of_boxes(100).at_most(9);
        let part = whole.share(0.2);
        assert_eq!(part, Budget::of_boxes(20).at_most(2));
        assert_eq!(whole.without(&part), Budget::of_boxes(80).at_most(7));
        let images = Budget::of_images(7);
        assert_eq!(images.without(&images.share(0.5)), Budget::of_images(3));
        assert_eq!(whole.about(4.0), 9);
        assert_eq!(Budget::of_boxes(10).about(4.0), 3);
        assert_eq!(Budget::of_boxes(10).about(0.0), 10);
    }
}
