//! The lines of `predictions.jsonl`, image by image, so that no more than one image's is in memory.

use medreg_datasets::ids::ImageId;
use medreg_datasets::judging::NotJudged;
use medreg_datasets::protocol::PredictionLine;
use medreg_datasets::snapshot::Split;
use std::collections::HashSet;
use std::io::{self, BufRead, Read};

/// The longest line, in bytes: a question, an answer and [`medreg_datasets::judging::MOST_BOXES`] boxes are less.
const LONGEST_LINE: u64 = 1 << 20;
/// The most questions about one image: every region and concept in both languages are fewer.
const MOST_OF_IMAGE: usize = 20_000;

/// Why a line cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub(super) enum BadLine {
    /// It is no answer.
    #[error("line {number} is no answer: {reason}")]
    NotAnAnswer { number: i32, reason: String },
    /// It has no end.
    #[error("line {number} is longer than {LONGEST_LINE} bytes")]
    TooLong { number: i32 },
    /// An image's lines are torn apart.
    #[error("line {number} is about image {image} again: the lines of an image belong together")]
    ImageAgain { number: i32, image: ImageId },
    /// There are too many about an image.
    #[error(
        "line {number} is the {MOST_OF_IMAGE}th about image {image}: no image is asked about so often"
    )]
    TooMany { number: i32, image: ImageId },
    /// The image is not the project's.
    #[error("line {number} is about image {image}, which is not in the run's project")]
    NoSuchImage { number: i32, image: ImageId },
    /// It contradicts itself.
    #[error("line {number}: {source}")]
    NotJudged { number: i32, source: NotJudged },
    /// The file could not be read.
    #[error("the file of answers could not be read: {0}")]
    Io(#[from] io::Error),
}

/// An answer with the number of its line, from 1.
pub(super) type Numbered = (i32, PredictionLine);

/// A file of answers that is being read.
#[derive(Debug)]
pub(super) struct Lines<R> {
    file: R,
    number: i32,
    /// The first answer about the next image.
    ahead: Option<Numbered>,
    seen: HashSet<ImageId>,
}

impl<R: BufRead> Lines<R> {
    pub fn of(file: R) -> Self {
        Self {
            file,
            number: 0,
            ahead: None,
            seen: HashSet::new(),
        }
    }

    /// The answers about the next images, at least `enough` of them unless the file ends; empty where it has ended.
    pub fn next_images(&mut self, enough: usize) -> Result<Vec<Vec<Numbered>>, BadLine> {
        let (mut images, mut lines) = (Vec::new(), 0);
        while lines < enough {
            let image = self.next_image()?;
            if image.is_empty() {
                break;
            }
            lines += image.len();
            images.push(image);
        }
        Ok(images)
    }

    fn next_image(&mut self) -> Result<Vec<Numbered>, BadLine> {
        let first = match self.ahead.take() {
            Some(first) => Some(first),
            None => self.next_line()?,
        };
        let Some((number, first)) = first else {
            return Ok(Vec::new());
        };
        let image = first.image;
        if !self.seen.insert(image) {
            return Err(BadLine::ImageAgain { number, image });
        }
        let mut lines = vec![(number, first)];
        while let Some((number, line)) = self.next_line()? {
            if line.image != image {
                self.ahead = Some((number, line));
                break;
            }
            lines.push((number, line));
            if lines.len() >= MOST_OF_IMAGE {
                return Err(BadLine::TooMany { number, image });
            }
        }
        Ok(lines)
    }

    /// The next answer about a patient of the test split.
    fn next_line(&mut self) -> Result<Option<Numbered>, BadLine> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = (&mut self.file)
                .take(LONGEST_LINE)
                .read_until(b'\n', &mut bytes)?;
            if read == 0 {
                return Ok(None);
            }
            self.number += 1;
            let number = self.number;
            if read as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
                return Err(BadLine::TooLong { number });
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let line: PredictionLine = serde_json::from_slice(&bytes).map_err(|e| {
                let reason = e.to_string();
                BadLine::NotAnAnswer { number, reason }
            })?;
            if line.split == Split::Test {
                return Ok(Some((number, line)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn line(image: u128, split: &str) -> String {
        let line = json!({
            "image": uuid::Uuid::from_u128(image), "patient": "p", "split": split, "task": "t2r", "lang": "en", "concept": "cyst",
            "question": "?", "answer": "", "truth": "", "truth_boxes": [], "boxes": [], "correct": null,
        });
        format!("{line}\n")
    }

    fn lines(text: &str) -> Lines<&[u8]> {
        Lines::of(text.as_bytes())
    }

    fn numbers(images: &[Vec<Numbered>]) -> Vec<Vec<i32>> {
        let numbers = |image: &Vec<Numbered>| image.iter().map(|(number, _)| *number).collect();
        images.iter().map(numbers).collect()
    }

    #[test]
    fn answers_come_image_by_image_without_those_of_other_splits() {
        let text = [
            line(1, "test"),
            line(1, "test"),
            "\n".to_owned(),
            line(2, "val"),
            line(3, "test"),
            line(4, "test"),
        ]
        .concat();
        let mut lines = lines(&text);
        assert_eq!(
            numbers(&lines.next_images(3).unwrap()),
            [vec![1, 2], vec![5]]
        );
        assert_eq!(numbers(&lines.next_images(3).unwrap()), [vec![6]]);
        assert!(lines.next_images(3).unwrap().is_empty());
        // The last line need not end.
        let text = line(1, "test");
        assert_eq!(
            self::lines(text.trim_end()).next_images(9).unwrap().len(),
            1
        );
    }

    #[test]
    fn what_is_no_answer_is_named_by_its_line() {
        let refused = |text: &str| lines(text).next_images(9).unwrap_err().to_string();
        let torn = [line(1, "test"), line(2, "test"), line(1, "test")].concat();
        assert!(
            refused(&torn)
                .starts_with("line 3 is about image 00000000-0000-0000-0000-000000000001 again")
        );
        let half = line(1, "test") + "{\"image\":";
        assert!(refused(&half).starts_with("line 2 is no answer: EOF"));
        let long = "x".repeat(LONGEST_LINE as usize);
        assert_eq!(refused(&long), "line 1 is longer than 1048576 bytes");
        assert!(
            refused(&line(1, "test").repeat(MOST_OF_IMAGE))
                .starts_with("line 20000 is the 20000th about image")
        );
    }
}
