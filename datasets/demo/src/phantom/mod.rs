//! Synthetic patients: anatomy-like soft shapes with lesions, drawn by chance from a seed, with the truth about each.
//!
//! Four kinds of picture are imitated. Nothing is taken from a real person, and every picture says SYNTHETIC in a corner.
//! Patients differ in build, position, zoom and rotation, so a concept's mean box is a fair but beatable guess.

mod balance;
mod canvas;
mod concepts;
mod ct;
mod findings;
mod fundus;
mod lettering;
mod mr;
mod words;
mod xray;

pub use balance::{Balance, BalanceError};
pub use concepts::{all_concepts, concepts};

use canvas::{Canvas, Pose};
use image::DynamicImage;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::modality::Modality;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Pixels per side of every picture.
pub const SIDE: u32 = 224;

/// A person who does not exist.
#[derive(Clone, Debug)]
pub struct Patient {
    /// `SYN-0001`.
    pub pseudonym: String,
    /// What was taken of them.
    pub studies: Vec<Study>,
}

/// Pictures of one kind taken in one go.
#[derive(Clone, Debug)]
pub struct Study {
    /// `SYN-0001-CT`.
    pub pseudonym: String,
    /// The kind of picture.
    pub modality: Modality,
    /// One to three pictures.
    pub images: Vec<Image>,
}

/// One picture and what is on it.
#[derive(Clone, Debug)]
pub struct Image {
    /// `SYN-0001-CT-1.png`.
    pub file_name: String,
    /// [`SIDE`] × [`SIDE`] pixels.
    pub pixels: DynamicImage,
    /// Everything that a reader would mark.
    pub regions: Vec<Region>,
}

/// A structure or lesion, where it lies, and what can be said about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    /// The key of one of [`concepts`].
    pub concept: &'static str,
    /// The tight box of what was drawn, in pixels.
    pub bbox: PixelBox,
    /// A description in English.
    pub text_en: String,
    /// The same in Chinese.
    pub text_zh: String,
}

/// Kinds of picture and how common they are: a long tail, as in an archive.
const KINDS: [(Modality, f64); 4] = [
    (Modality::Ct, 0.34),
    (Modality::Xray, 0.28),
    (Modality::Mr, 0.2),
    (Modality::Fundus, 0.18),
];

/// Synthetic patients with `images` pictures in all; the first ones stay the same when more are asked for.
#[must_use]
pub fn patients(seed: u64, images: usize) -> Vec<Patient> {
    enough(seed, images, |number, left, rng| {
        let modality = KINDS
            .choose_weighted(rng, |(_, share)| *share)
            .map_or(Modality::Ct, |(m, _)| *m);
        let wanted = *[1, 2, 2, 3, 3].choose(rng).unwrap_or(&1);
        let habitus = Pose::habitus(rng);
        let pictures = (0..wanted.min(left))
            .map(|_| picture(modality, habitus.moved(rng), None, rng))
            .collect();
        patient(number, modality, pictures)
    })
    .collect()
}

/// The same with everything as frequent as a balance says, one after the other.
pub fn patients_of(balance: &Balance, seed: u64, images: usize) -> impl Iterator<Item = Patient> {
    enough(seed, images, move |number, left, rng| {
        let modality = balance.kind(rng);
        let wanted = *[1, 2, 2, 3, 3].choose(rng).unwrap_or(&1);
        let habitus = Pose::habitus(rng);
        let mut scene: u64 = rng.random();
        let pictures = (0..wanted.min(left)).map(|_| {
            if !rng.random_bool(balance.repeats) {
                scene = rng.random();
            }
            let mut drawn = ChaCha8Rng::seed_from_u64(scene);
            picture(modality, habitus.moved(rng), Some(balance), &mut drawn)
        });
        patient(number, modality, pictures.collect())
    })
}

/// Patient after patient, each from a seed of its own, until they have so many pictures.
fn enough(
    seed: u64,
    images: usize,
    next: impl Fn(u64, usize, &mut ChaCha8Rng) -> Patient,
) -> impl Iterator<Item = Patient> {
    let (mut number, mut left) = (0, images);
    std::iter::from_fn(move || {
        if left == 0 {
            return None;
        }
        number += 1;
        let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        let patient = next(number, left, &mut rng);
        left -= patient
            .studies
            .iter()
            .map(|s| s.images.len())
            .sum::<usize>();
        Some(patient)
    })
}

/// A person with one study. A person's build stays; from picture to picture only the position changes a little.
fn patient(number: u64, modality: Modality, pictures: Vec<Picture>) -> Patient {
    let pseudonym = format!("SYN-{number:04}");
    let study = format!("{pseudonym}-{}", modality.as_str().to_uppercase());
    let image = |((pixels, regions), n): (Picture, usize)| Image {
        file_name: format!("{study}-{n}.png"),
        pixels,
        regions,
    };
    Patient {
        studies: vec![Study {
            images: pictures.into_iter().zip(1..).map(image).collect(),
            pseudonym: study.clone(),
            modality,
        }],
        pseudonym,
    }
}

/// Pixels, and what is on them.
type Picture = (DynamicImage, Vec<Region>);

fn picture(
    modality: Modality,
    pose: Pose,
    balance: Option<&Balance>,
    rng: &mut ChaCha8Rng,
) -> Picture {
    let mut scene = Scene {
        canvas: Canvas::new(SIDE as usize),
        pose,
        modality,
        balance,
        regions: Vec::new(),
    };
    match modality {
        Modality::Xray => xray::draw(&mut scene, rng),
        Modality::Mr => mr::draw(&mut scene, rng),
        Modality::Fundus => fundus::draw(&mut scene, rng),
        _ => ct::draw(&mut scene, rng),
    }
    lettering::mark(&mut scene.canvas);
    (scene.canvas.to_image(), scene.regions)
}

/// A picture being drawn.
struct Scene<'a> {
    canvas: Canvas,
    pose: Pose,
    modality: Modality,
    /// How frequent findings are; the demo's own ways without one.
    balance: Option<&'a Balance>,
    regions: Vec<Region>,
}

impl Scene<'_> {
    /// How many of a finding there are: by the balance, or else one of these counts.
    fn how_many(&self, finding: &str, counts: &[usize], rng: &mut impl Rng) -> usize {
        match self.balance {
            Some(balance) => balance.how_many(finding, rng),
            None if counts.is_empty() => 0,
            None => *counts.choose(rng).unwrap_or(&0),
        }
    }

    /// Notes what was drawn inside `bounds` `[x0, y0, x1, y1]`, if enough of it is on the picture.
    fn note(&mut self, concept: &'static str, bounds: Option<[f32; 4]>, rng: &mut impl Rng) {
        let Some([x0, y0, x1, y1]) = bounds.map(|b| b.map(f64::from)) else {
            return;
        };
        let inside =
            ImageSize::new(SIDE, SIDE).and_then(|size| PixelBox::new(x0, y0, x1, y1)?.inside(size));
        let Ok(bbox) = inside else {
            return;
        };
        if x1 - x0 < 6.0 || y1 - y0 < 6.0 {
            return;
        }
        let (text_en, text_zh) = words::describe(
            concept,
            &bbox,
            self.pose.millimetres_per_pixel(self.modality),
            rng,
        );
        self.regions.push(Region {
            concept,
            bbox,
            text_en,
            text_zh,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_seed_gives_the_same_patients_and_more_of_them_change_none() {
        let (few, many) = (patients(7, 12), patients(7, 30));
        let images = |p: &[Patient]| {
            p.iter()
                .flat_map(|p| &p.studies)
                .map(|s| s.images.len())
                .sum::<usize>()
        };
        assert_eq!((images(&few), images(&many)), (12, 30));
        for (a, b) in few.iter().zip(&many).take(few.len() - 1) {
            assert_eq!(a.pseudonym, b.pseudonym);
            let first = |p: &Patient| p.studies[0].images[0].clone();
            assert_eq!(first(a).regions, first(b).regions);
            assert_eq!(first(a).pixels.as_bytes(), first(b).pixels.as_bytes());
        }
        assert_ne!(
            patients(8, 1)[0].studies[0].images[0].pixels.as_bytes(),
            few[0].studies[0].images[0].pixels.as_bytes()
        );
    }

    #[test]
    fn every_concept_occurs_with_a_long_tail_and_a_text_in_both_languages() {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for patient in patients(1, 300) {
            for region in patient
                .studies
                .iter()
                .flat_map(|s| &s.images)
                .flat_map(|i| &i.regions)
            {
                *counts.entry(region.concept).or_default() += 1;
                assert!(!region.text_en.is_empty() && !region.text_zh.is_empty());
            }
        }
        let known = concepts();
        assert_eq!(counts.len(), known.len(), "{counts:?}");
        assert!(known.iter().all(|c| counts.contains_key(c.key.as_str())));
        let (rarest, commonest) = (counts.values().min(), counts.values().max());
        assert!(rarest.unwrap() * 4 < *commonest.unwrap(), "{counts:?}");
    }
}
