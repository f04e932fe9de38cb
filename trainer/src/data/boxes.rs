//! What may follow inside `<box>…</box>`: only what can still become a list of boxes.
//!
//! `[[x1, y1, x2, y2], …]` with whole numbers of 0 to 999, x1 < x2 and y1 < y2, as [`medreg_datasets::grammar`] reads it.

use crate::tokenizer::{TextTokenizer, TokenizerError};
use medreg_datasets::geometry::GRID_MAX;

/// The tokens that boxes are written with, and what they say.
#[derive(Clone, Debug)]
pub struct BoxGrammar {
    open: u32,
    close: u32,
    /// What the tokenizer puts before the list.
    prefix: &'static str,
    pieces: Vec<(u32, String)>,
}

/// Whether a text can become a list of boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Not any more.
    Dead,
    /// With more behind it.
    Begun,
    /// It is one.
    Whole,
}

impl BoxGrammar {
    /// For the tokens of this tokenizer.
    pub fn new(tokenizer: &TextTokenizer) -> Result<Self, TokenizerError> {
        Ok(Self {
            open: tokenizer.special("<box>")?,
            close: tokenizer.special("</box>")?,
            prefix: tokenizer.stretch_prefix(),
            pieces: tokenizer.written_with("[], 0123456789"),
        })
    }

    /// The text since the last `<box>` that is still open, told by the answer's tokens so far.
    #[must_use]
    pub fn inside(&self, answer: &[u32]) -> Option<String> {
        let open = answer.iter().rposition(|token| *token == self.open)?;
        let rest = &answer[open + 1..];
        let text = |token: &u32| Some(self.pieces.iter().find(|(id, _)| id == token)?.1.as_str());
        // A closing tag, or anything else that is no part of a box, ends it.
        rest.iter().map(text).collect()
    }

    /// Which tokens of an answer have a digit of each of its boxes, in their order; a box that is not closed is none.
    #[must_use]
    pub fn coordinates(&self, answer: &[u32]) -> Vec<Vec<usize>> {
        let (mut boxes, mut box_so_far, mut inside) = (Vec::new(), Vec::new(), false);
        for (place, token) in answer.iter().enumerate() {
            let piece = self.pieces.iter().find(|(id, _)| id == token);
            let Some((_, piece)) = piece.filter(|_| inside) else {
                inside = *token == self.open;
                box_so_far.clear();
                continue;
            };
            for part in piece.split_inclusive(']') {
                if part.contains(|c: char| c.is_ascii_digit()) {
                    box_so_far.push(place);
                }
                if part.ends_with(']') && !box_so_far.is_empty() {
                    boxes.push(std::mem::take(&mut box_so_far));
                }
            }
        }
        boxes
    }

    /// The tokens that may follow `inside`; none where the vocabulary has no way on.
    #[must_use]
    pub fn allowed(&self, inside: &str) -> Vec<u32> {
        let mut allowed: Vec<u32> = self
            .pieces
            .iter()
            .filter(|(_, piece)| self.judge(&format!("{inside}{piece}")) != Verdict::Dead)
            .map(|(token, _)| *token)
            .collect();
        if self.judge(inside) == Verdict::Whole {
            allowed.push(self.close);
        }
        allowed
    }

    /// The verdict on what the tokens say, which begins with the tokenizer's prefix.
    fn judge(&self, inside: &str) -> Verdict {
        match inside.strip_prefix(self.prefix) {
            Some(list) => judge(list),
            None if inside.is_empty() => Verdict::Begun,
            None => Verdict::Dead,
        }
    }
}

fn judge(text: &str) -> Verdict {
    let mut reader = Reader {
        rest: text.as_bytes(),
    };
    match reader.list() {
        Ok(()) if reader.rest.is_empty() => Verdict::Whole,
        Ok(()) | Err(Stop::Wrong) => Verdict::Dead,
        Err(Stop::End) => Verdict::Begun,
    }
}

/// Why a reader does not go on.
enum Stop {
    /// The text ends, and what is there is right.
    End,
    /// What is there is wrong.
    Wrong,
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn list(&mut self) -> Result<(), Stop> {
        self.word(b"[")?;
        loop {
            self.corners()?;
            match self.rest.first() {
                None => return Err(Stop::End),
                Some(b']') => return self.word(b"]"),
                Some(_) => self.word(b", ")?,
            }
        }
    }

    fn corners(&mut self) -> Result<(), Stop> {
        let top = GRID_MAX as u32;
        self.word(b"[")?;
        // Room must be left for the other corner.
        let x = self.number(0, top - 1)?;
        self.word(b", ")?;
        let y = self.number(0, top - 1)?;
        self.word(b", ")?;
        self.number(x + 1, top)?;
        self.word(b", ")?;
        self.number(y + 1, top)?;
        self.word(b"]")
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Stop> {
        let shared = self.rest.len().min(word.len());
        if self.rest[..shared] != word[..shared] {
            return Err(Stop::Wrong);
        }
        if shared < word.len() {
            return Err(Stop::End);
        }
        self.rest = &self.rest[shared..];
        Ok(())
    }

    /// A number of `least..=most` without leading zeros.
    fn number(&mut self, least: u32, most: u32) -> Result<u32, Stop> {
        let digits = self
            .rest
            .iter()
            .take_while(|b| b.is_ascii_digit())
            .take(4)
            .count();
        let (written, rest) = self.rest.split_at(digits);
        let value = written
            .iter()
            .fold(0, |value, digit| 10 * value + u32::from(digit - b'0'));
        if digits > 3 || (digits > 1 && written[0] == b'0') {
            return Err(Stop::Wrong);
        }
        if rest.is_empty() {
            return Err(match reaches(value, digits, least, most) {
                true => Stop::End,
                false => Stop::Wrong,
            });
        }
        self.rest = rest;
        match digits > 0 && (least..=most).contains(&value) {
            true => Ok(value),
            false => Err(Stop::Wrong),
        }
    }
}

/// Whether `digits` digits that say `value` can become, with more digits or as they are, a number of `least..=most`.
fn reaches(value: u32, digits: usize, least: u32, most: u32) -> bool {
    if digits == 0 {
        return least <= most;
    }
    // Nothing follows a leading zero.
    let more = if value == 0 { 0 } else { 3 - digits as u32 };
    (0..=more).any(|k| {
        let scale = 10u32.pow(k);
        value * scale <= most && value * scale + scale > least
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use medreg_datasets::grammar;
    use proptest::prelude::*;

    fn verdicts(texts: &[&str]) -> Vec<Verdict> {
        texts.iter().map(|text| judge(text)).collect()
    }

    #[test]
    fn beginnings_of_boxes_are_told_from_what_leads_nowhere() {
        use Verdict::{Begun, Dead, Whole};
        let begun = [
            "",
            "[",
            "[[",
            "[[9",
            "[[998, 0, 9",
            "[[1, 2, 3, 4]",
            "[[1, 2, 3, 4], ",
            "[[500, 0, 6",
        ];
        assert_eq!(verdicts(&begun), [Begun; 8]);
        let whole = ["[[1, 2, 3, 4]]", "[[0, 0, 999, 999], [998, 998, 999, 999]]"];
        assert_eq!(verdicts(&whole), [Whole; 2]);
        let dead = [
            "]",
            "[]",
            "[[]",
            "[[1,2",
            "[[01",
            "[[999",
            "[[1000",
            "[[1, 2, 1,",
            "[[500, 0, 49",
            "[[500, 0, 500,",
            "[[1, 2, 3, 4]] ",
            "[[1, 2, 3, 4],[",
            "[[1, 2, 3, 4, ",
            "x",
            "[[999, ",
        ];
        assert_eq!(verdicts(&dead), [Dead; 15]);
    }

    proptest! {
        /// Any walk along what is allowed ends, once it may be closed, in boxes that the grammar reads back.
        #[test]
        fn every_walk_gives_boxes(choices in proptest::collection::vec(any::<u16>(), 400)) {
            let pieces: Vec<String> = "[], 0123456789".chars().map(String::from).chain([", ".into(), "]]".into(), "[[".into()]).collect();
            let mut text = String::new();
            for choice in choices {
                let allowed: Vec<String> = pieces.iter().map(|p| format!("{text}{p}")).filter(|t| judge(t) != Verdict::Dead).collect();
                if judge(&text) == Verdict::Whole && (allowed.is_empty() || choice % 3 == 0) {
                    break;
                }
                prop_assert!(!allowed.is_empty(), "no way on from {text}");
                text = allowed[usize::from(choice) % allowed.len()].clone();
            }
            if judge(&text) == Verdict::Whole {
                let answer = format!("<ref>liver</ref><box>{text}</box>");
                let boxes = grammar::read(&answer).boxes();
                prop_assert_eq!(boxes.len(), text.matches('[').count() - 1, "{}", answer);
            }
        }

        /// A list of boxes as it is written is allowed from its first character to its last.
        #[test]
        fn nothing_right_is_refused(corners in proptest::collection::vec((0u32..999, 0u32..999, 1u32..1000, 1u32..1000), 1..4)) {
            let boxes: Vec<String> = corners
                .iter()
                .map(|(x, y, w, h)| format!("[{x}, {y}, {}, {}]", (x + w).min(999), (y + h).min(999)))
                .collect();
            let text = format!("[{}]", boxes.join(", "));
            for end in 0..text.len() {
                prop_assert_eq!(judge(&text[..end]), Verdict::Begun, "{}", &text[..end]);
            }
            prop_assert_eq!(judge(&text), Verdict::Whole);
        }
    }
}
