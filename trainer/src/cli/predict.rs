//! `medreg-trainer predict`.

use super::model::AdaptedModelArguments;
use super::{Failure, existing};
use crate::data::Look;
use crate::generate::Decoding;
use crate::model::kernels::spread_over;
use crate::predict::{Predictor, available_threads, confidence};
use anyhow::Context;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use medreg_datasets::grammar;
use medreg_datasets::lang::Lang;
use medreg_datasets::modality::Modality;
use medreg_datasets::task;
use serde::Serialize;
use std::path::PathBuf;

/// Ask a model about one image: where something is, what a box shows, how it would describe it, or any other question.
///
/// Example: medreg-trainer predict --model model --image scan.png --modality ct --locate liver --locate spleen --lang en
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    model: AdaptedModelArguments,
    /// The image, PNG or JPEG.
    #[arg(long)]
    image: PathBuf,
    /// Its kind, for the prompt.
    #[arg(long, default_value = "other")]
    modality: Modality,
    /// The language of question and answer.
    #[arg(long, default_value = "en")]
    lang: Lang,
    /// Where are all regions of this name?
    #[arg(long, value_name = "NAME")]
    locate: Vec<String>,
    /// What does this box show? In image pixels: x0,y0,x1,y1.
    #[arg(long, value_name = "BOX", value_parser = pixel_box)]
    name: Vec<PixelBox>,
    /// How would a reader describe this box? In image pixels: x0,y0,x1,y1.
    #[arg(long, value_name = "BOX", value_parser = pixel_box)]
    describe: Vec<PixelBox>,
    /// A question in the model's own words.
    #[arg(long, value_name = "TEXT")]
    ask: Vec<String>,
    /// The longest answer, in tokens.
    #[arg(long, default_value_t = 192, value_parser = clap::value_parser!(u16).range(1..=4096))]
    max_tokens: u16,
    /// 0 takes the most likely token each time; above, tokens are drawn, the more freely the higher.
    #[arg(long, default_value_t = 0.0, value_parser = at_least_zero)]
    temperature: f32,
    /// Draws are made among the most likely tokens that have this probability together.
    #[arg(long, default_value_t = 1.0, value_parser = share)]
    top_p: f32,
    /// The seed of the draws.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Let the model write anything inside <box>, not only what a box can be.
    #[arg(long)]
    free_boxes: bool,
}

impl Arguments {
    fn decoding(&self) -> Decoding {
        Decoding {
            max_tokens: self.max_tokens.into(),
            temperature: self.temperature,
            top_p: self.top_p,
            boxes_held: !self.free_boxes,
            seed: self.seed,
        }
    }
}

fn at_least_zero(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "a number is expected")?;
    match number.is_finite() && number >= 0.0 {
        true => Ok(number),
        false => Err("0 or more is expected".to_owned()),
    }
}

fn share(text: &str) -> Result<f32, String> {
    let number: f32 = text.parse().map_err(|_| "a number is expected")?;
    match number > 0.0 && number <= 1.0 {
        true => Ok(number),
        false => Err("more than 0 and at most 1 is expected".to_owned()),
    }
}

fn pixel_box(text: &str) -> Result<PixelBox, String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    let corners: [f64; 4] = numbers
        .ok()
        .and_then(|n| n.try_into().ok())
        .ok_or("four numbers x0,y0,x1,y1 are expected")?;
    PixelBox::try_from(corners).map_err(|e| e.to_string())
}

/// One line of output.
#[derive(Debug, Serialize)]
struct Said {
    question: String,
    answer: String,
    /// The boxes in the answer, in image pixels.
    boxes: Vec<PixelBox>,
    confidence: f64,
    /// The log-probability of each token, the end of the message last.
    logprobs: Vec<f32>,
    /// Whether the model ended the message itself.
    finished: bool,
}

/// Asks and prints the answers.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    existing(&arguments.image, "the image")?;
    let file =
        std::fs::read(&arguments.image).with_context(|| arguments.image.display().to_string())?;
    let picture =
        image::load_from_memory(&file).with_context(|| arguments.image.display().to_string())?;
    let size = ImageSize::new(picture.width(), picture.height())?;
    let questions = questions(arguments, size)?;
    let predictor = Predictor::new(&arguments.model.load()?)?.decoding(arguments.decoding());
    let look = predictor.look(&picture);
    let answers = spread_over(available_threads(), || {
        ask(&predictor, &look, questions, size)
    });
    for said in answers? {
        if json {
            println!("{}", serde_json::to_string(&said)?);
        } else {
            println!(
                "{}\n  {}  ({:.0} %)",
                said.question,
                said.answer,
                said.confidence * 100.0
            );
        }
    }
    Ok(())
}

fn questions(arguments: &Arguments, size: ImageSize) -> Result<Vec<String>, Failure> {
    let (lang, modality) = (&arguments.lang, arguments.modality);
    let grid = |bbox: &PixelBox| {
        bbox.inside(size)
            .map(|bbox| bbox.to_grid(size))
            .map_err(|e| Failure::Call(e.into()))
    };
    let mut questions: Vec<String> = arguments
        .locate
        .iter()
        .map(|name| task::text_to_region(lang, modality, name))
        .collect();
    for bbox in &arguments.name {
        questions.push(task::region_to_text(lang, modality, grid(bbox)?));
    }
    for bbox in &arguments.describe {
        questions.push(task::describe_region(lang, modality, grid(bbox)?));
    }
    questions.extend(arguments.ask.iter().cloned());
    if questions.is_empty() {
        return Err(Failure::Call(anyhow::anyhow!(
            "nothing is asked: give --locate, --name, --describe or --ask"
        )));
    }
    Ok(questions)
}

fn ask(
    predictor: &Predictor,
    look: &Look,
    questions: Vec<String>,
    size: ImageSize,
) -> Result<Vec<Said>, Failure> {
    let answers = predictor.ask(look, &questions)?;
    let said = questions
        .into_iter()
        .zip(answers)
        .map(|(question, answer)| Said {
            question,
            boxes: grammar::read(&answer.text)
                .boxes()
                .into_iter()
                .map(|bbox| bbox.to_pixels(size))
                .collect(),
            confidence: confidence(&answer),
            finished: answer.finished,
            logprobs: answer.logprobs,
            answer: answer.text,
        });
    Ok(said.collect())
}
