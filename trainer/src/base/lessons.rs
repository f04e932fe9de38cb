//! Questions and answers about pictures of shapes, in the form in which the model is later asked about medical images.

use super::shapes::{Picture, SMALLEST, Thing, draw};
use super::words::{Fill, Shape, Side, Tongue, join};
use crate::data::{Example, Look, Prompter, Source, SourceError};
use crate::model::ModelConfig;
use medreg_datasets::geometry::{GridBox, ImageSize, PixelBox};
use medreg_datasets::task::{Turn, grounded};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Fresh pictures and questions for every step.
pub struct Lessons<'a> {
    prompter: &'a Prompter,
    config: &'a ModelConfig,
    batch: usize,
    turns: usize,
    seed: u64,
}

impl<'a> Lessons<'a> {
    /// `batch` pictures per step, `turns` questions about each.
    #[must_use]
    pub fn new(
        prompter: &'a Prompter,
        config: &'a ModelConfig,
        batch: usize,
        turns: usize,
        seed: u64,
    ) -> Self {
        Self {
            prompter,
            config,
            batch,
            turns,
            seed,
        }
    }
}

impl Source for Lessons<'_> {
    fn example(&self, step: u64, slot: usize) -> Result<Example, SourceError> {
        let visit = step * self.batch as u64 + slot as u64;
        let mut rng =
            ChaCha8Rng::seed_from_u64(self.seed ^ visit.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (crowd, smallest) = difficulty(step);
        let picture = loop {
            let picture = draw(self.config.image_size(), crowd, smallest, &mut rng);
            if !picture.things.is_empty() {
                break picture;
            }
        };
        let turns = turns(&picture, self.turns, &mut rng);
        Ok(Example {
            look: Look::at(&picture.image, self.config),
            turns: turns
                .iter()
                .map(|t| self.prompter.turn(t))
                .collect::<Result<_, _>>()?,
        })
    }
}

/// How many shapes there may be and how small. First one that fills much of the picture, or what it looks like would drown in
/// the background before the decoder knows where to look; then smaller; then more, so that words and boxes pick one out.
fn difficulty(step: u64) -> (usize, f32) {
    match step {
        0..250 => (1, 0.3),
        250..450 => (1, 0.15),
        450..600 => (1, SMALLEST),
        600..900 => (2, SMALLEST),
        _ => (4, SMALLEST),
    }
}

/// `count` questions about a picture with their answers.
pub fn turns(picture: &Picture, count: usize, rng: &mut impl Rng) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::with_capacity(count);
    // A picture with one shape has few different questions.
    for _ in 0..3 * count {
        let tongue = if rng.random_bool(0.5) {
            Tongue::English
        } else {
            Tongue::Chinese
        };
        let turn = match rng.random_range(0..20) {
            0..9 => name_it(picture, tongue, rng),
            9..18 => find_it(picture, tongue, rng),
            _ => miss_it(picture, tongue, rng),
        };
        if let Some(turn) = turn.filter(|t| !turns.contains(t)) {
            turns.push(turn);
        }
        if turns.len() == count {
            break;
        }
    }
    turns
}

fn grid(thing: &Thing, width: u32) -> Option<GridBox> {
    let [x0, y0, x1, y1] = thing.bbox.map(f64::from);
    let size = ImageSize::new(width, width).ok()?;
    Some(PixelBox::new(x0, y0, x1, y1).ok()?.to_grid(size))
}

fn picture_word(tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::English => "picture",
        Tongue::Chinese => "图像",
    }
}

/// Box to words.
pub(super) fn name_it(picture: &Picture, tongue: Tongue, rng: &mut impl Rng) -> Option<Turn> {
    let thing = picture.things.choose(rng)?;
    let bbox = [grid(thing, picture.image.width())?];
    let word = picture_word(tongue);
    let question = match tongue {
        Tongue::English => format!("What is {} in this {word}?", grounded("this", &bbox)),
        Tongue::Chinese => format!("这张{word}中{}是什么？", grounded("此处", &bbox)),
    };
    let side = thing.side(picture.image.width() as f32).name(tongue);
    let (fill, shape) = (thing.fill.name(tongue), thing.shape.name(tongue));
    Some(Turn {
        question,
        answer: join(tongue, &[side, fill, shape]),
    })
}

fn ask_where(tongue: Tongue, name: &str) -> String {
    let word = picture_word(tongue);
    match tongue {
        Tongue::English => format!("Please locate <ref>{name}</ref> in this {word}."),
        Tongue::Chinese => format!("请在这张{word}中定位<ref>{name}</ref>。"),
    }
}

/// What can be asked for: any mixture of side, fill and shape.
#[derive(Clone, Copy, Default)]
struct Description {
    side: Option<Side>,
    fill: Option<Fill>,
    shape: Option<Shape>,
}

impl Description {
    /// A random part of what is true of a thing; never nothing.
    fn of(thing: &Thing, width: f32, rng: &mut impl Rng) -> Self {
        let (side, fill, shape) = *[
            (false, true, true),
            (false, true, true),
            (true, true, true),
            (false, false, true),
            (true, false, true),
            (false, true, false),
        ]
        .choose(rng)
        .unwrap_or(&(false, true, true));
        Self {
            side: side.then(|| thing.side(width)),
            fill: fill.then_some(thing.fill),
            shape: shape.then_some(thing.shape),
        }
    }

    fn fits(&self, thing: &Thing, width: f32) -> bool {
        self.side.is_none_or(|s| s == thing.side(width))
            && self.fill.is_none_or(|f| f == thing.fill)
            && self.shape.is_none_or(|s| s == thing.shape)
    }

    fn name(&self, tongue: Tongue) -> String {
        let words = [
            self.side.map(|s| s.name(tongue)),
            self.fill.map(|f| f.name(tongue)),
            self.shape.map(|s| s.name(tongue)),
        ];
        join(tongue, &words.into_iter().flatten().collect::<Vec<_>>())
    }
}

/// Words to boxes.
pub(super) fn find_it(picture: &Picture, tongue: Tongue, rng: &mut impl Rng) -> Option<Turn> {
    let width = picture.image.width();
    let asked = Description::of(picture.things.choose(rng)?, width as f32, rng);
    let fitting = picture
        .things
        .iter()
        .filter(|t| asked.fits(t, width as f32));
    let mut boxes: Vec<GridBox> = fitting.filter_map(|t| grid(t, width)).collect();
    boxes.sort();
    let name = asked.name(tongue);
    Some(Turn {
        question: ask_where(tongue, &name),
        answer: grounded(&name, &boxes),
    })
}

/// Words for what is not there.
pub(super) fn miss_it(picture: &Picture, tongue: Tongue, rng: &mut impl Rng) -> Option<Turn> {
    let mut shapes = Shape::ALL;
    shapes.shuffle(rng);
    let asked = Description {
        shape: shapes
            .into_iter()
            .find(|s| picture.things.iter().all(|t| t.shape != *s)),
        fill: Fill::ALL
            .choose(rng)
            .copied()
            .filter(|_| rng.random_bool(0.5)),
        side: None,
    };
    asked.shape?;
    let name = asked.name(tongue);
    Some(Turn {
        question: ask_where(tongue, &name),
        answer: match tongue {
            Tongue::English => format!("<ref>{name}</ref> is absent."),
            Tongue::Chinese => format!("未见<ref>{name}</ref>。"),
        },
    })
}
