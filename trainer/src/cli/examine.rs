//! `medreg-trainer examine`.

use super::Failure;
use super::model::ModelArgument;
use crate::base::exam::{Marks, examine};
use crate::predict::available_threads;

/// Examine a base model on generated pictures of shapes that it was not trained on.
///
/// Example: medreg-trainer examine --model shapes
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    model: ModelArgument,
    /// How many pictures.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pictures: u32,
    /// The seed of pictures and questions.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Asks and prints the marks.
pub fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let model = arguments.model.load()?;
    let pictures = arguments.pictures as usize;
    let marks = examine(&model, pictures, arguments.seed, available_threads())?;
    if json {
        println!("{}", serde_json::to_string(&marks)?);
    } else {
        println!("{}", in_words(&marks));
    }
    Ok(())
}

/// The marks in a sentence.
pub fn in_words(marks: &Marks) -> String {
    format!(
        "on {} unseen pictures: {:.3} of boxes named rightly (side, fill and shape), mean IoU {:.3} of described boxes, \
         {:.3} of missing shapes called absent",
        marks.pictures, marks.named, marks.mean_iou, marks.absent
    )
}
