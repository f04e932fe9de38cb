//! The reading room: scripted readers take case after case, as the page would hand them out.

use super::material::{Material, Picture};
use super::plan::Plan;
use super::setup::Team;
use crate::people::{Habits, Reading, Tally, read};
use crate::server::views::{Annotation, Case, Image, Progress};
use crate::server::{ServerError, Session, Upload};
use anyhow::{Context, Result};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::ImageId;
use medreg_datasets::snapshot::Split;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Instant;

/// The readers with what they know. The truth stays in here: the server sees pixels alone.
pub struct ReadingRoom<'a> {
    team: &'a Team,
    truth: BTreeMap<ImageId, &'a Picture>,
    hand: ChaCha8Rng,
    /// Of all readings so far.
    tally: Tally,
}

/// What some readings came to.
#[derive(Debug, Default)]
pub struct Readings {
    /// Images read.
    pub images: u64,
    /// What was done with them.
    pub tally: Tally,
}

impl<'a> ReadingRoom<'a> {
    /// Uploads every picture and remembers which image it became.
    pub fn fill(team: &'a Team, material: &'a Material, plan: &Plan) -> Result<Self> {
        let mut truth = BTreeMap::new();
        for picture in &material.pictures {
            let image = upload(team, picture)
                .with_context(|| format!("uploading {}", picture.file_name))?;
            anyhow::ensure!(
                (image.width, image.height) == (picture.size.width(), picture.size.height()),
                "{}: the server read {} × {} pixels, {} × {} were sent",
                picture.file_name,
                image.width,
                image.height,
                picture.size.width(),
                picture.size.height()
            );
            truth.insert(image.id, picture);
        }
        anyhow::ensure!(
            truth.len() == material.pictures.len(),
            "{} different images were sent, the server made {} of them",
            material.pictures.len(),
            truth.len()
        );
        Ok(Self {
            team,
            truth,
            hand: ChaCha8Rng::seed_from_u64(plan.seed),
            tally: Tally::default(),
        })
    }

    /// The picture that became this image.
    #[must_use]
    pub fn picture(&self, image: ImageId) -> Option<&'a Picture> {
        self.truth.get(&image).copied()
    }

    /// Reads every held-out image; none of them may come with a suggestion.
    pub fn read_held_out(&mut self) -> Result<Readings> {
        self.read_while(&json!({"split": Split::Test}), u32::MAX, |case| {
            anyhow::ensure!(
                case.image.split == Split::Test && case.suggestions.is_empty(),
                "image {} was handed out as held out, but is not or comes with suggestions",
                case.image.id
            );
            Ok(())
        })
    }

    /// Reads up to `budget` cases in the order in which the server hands them out.
    pub fn read(&mut self, budget: u32) -> Result<Readings> {
        self.read_while(&json!({}), budget, |case| {
            anyhow::ensure!(
                case.image.split != Split::Test,
                "image {} is held out, but was not handed out as such",
                case.image.id
            );
            Ok(())
        })
    }

    fn read_while(
        &mut self,
        wish: &serde_json::Value,
        most: u32,
        check: impl Fn(&Case) -> Result<()>,
    ) -> Result<Readings> {
        let next = self.team.path("cases/next");
        let mut done = Readings::default();
        for (_, reader) in (0..most).zip(self.team.readers.iter().cycle()) {
            let Some(case) = reader.post_maybe::<Case>(&next, wish)? else {
                break;
            };
            check(&case)?;
            done.tally += self.read_case(reader, &case)?;
            done.images += 1;
        }
        self.tally += done.tally;
        self.check_progress()?;
        Ok(done)
    }

    /// Whether the server counts what the readers did. It counts a suggestion as adjusted too where only a text was rewritten.
    fn check_progress(&self) -> Result<()> {
        let counted: Progress = self.team.lead.get(&self.team.path("progress"))?;
        let suggestions = counted.suggestions;
        let server = (
            counted.regions,
            suggestions.accepted + suggestions.adjusted,
            suggestions.rejected,
            suggestions.ignored,
        );
        let tally = self.tally;
        let readers = (
            tally.regions(),
            tally.accepted + tally.adjusted,
            tally.rejected,
            0,
        );
        anyhow::ensure!(
            server == readers,
            "the server counts {server:?} regions, suggestions taken, rejected and ignored; the readers made {readers:?}"
        );
        Ok(())
    }

    fn read_case(&mut self, reader: &Session, case: &Case) -> Result<Tally> {
        let began = Instant::now();
        let picture = self
            .picture(case.image.id)
            .with_context(|| format!("image {} is none that was uploaded", case.image.id))?;
        let size = ImageSize::new(case.image.width, case.image.height)?;
        let reading = read(
            &picture.regions,
            &case.suggestions,
            size,
            Habits::default(),
            &mut self.hand,
        );
        submit(reader, case, &reading, began)?;
        Ok(reading.tally)
    }
}

fn upload(team: &Team, picture: &Picture) -> Result<Image, ServerError> {
    let upload = Upload {
        file_name: picture.file_name.clone(),
        bytes: picture.png.clone(),
        fields: vec![
            ("patient", &picture.patient),
            ("study", &picture.study),
            ("modality", picture.modality.as_str()),
            ("attested", "true"),
        ],
    };
    team.lead.upload(&team.path("images"), upload)
}

/// Saves the reading and submits it, as the page does.
fn submit(reader: &Session, case: &Case, reading: &Reading, began: Instant) -> Result<()> {
    let path = format!("/api/images/{}/annotation", case.image.id);
    let body = json!({"based_on": case.annotation.revision, "content": reading.content});
    let saved: Annotation = reader.put(&path, &body)?;
    let body = json!({"revision": saved.revision, "active_seconds": began.elapsed().as_secs_f64()});
    let submitted: Annotation = reader.post(&format!("{path}/submit"), &body)?;
    anyhow::ensure!(
        submitted.submitted,
        "image {} was submitted, but is not",
        case.image.id
    );
    Ok(())
}

/// "30 images read, 142 boxes; suggestions: 80 accepted, …".
pub fn in_words(readings: &Readings) -> String {
    let Tally {
        accepted,
        adjusted,
        rejected,
        drawn,
    } = readings.tally;
    let boxes = readings.tally.regions();
    let images = readings.images;
    if accepted + adjusted + rejected == 0 {
        return format!("{images} images read, {boxes} boxes drawn");
    }
    format!(
        "{images} images read, {boxes} boxes: {drawn} drawn; suggestions {accepted} accepted, {adjusted} adjusted, {rejected} rejected"
    )
}
