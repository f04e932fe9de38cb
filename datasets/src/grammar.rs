//! What a model's answer says: a total parser from text to statements and complaints.
//!
//! A model's text is always partly wrong, so reading never fails: what can be understood is kept and everything else
//! becomes a [`Complaint`]. Tags may be present (`<ref>liver</ref><box>[[1, 2, 3, 4]]</box>`) or stripped by the decoder
//! (`liver[[1, 2, 3, 4]]`), brackets may be too few or too many, digits and punctuation may be full-width. Reading what
//! [`write`] wrote gives the same statements back, as long as no name is empty or holds one of the four tags.

use crate::geometry::{GeometryError, GridBox};
use crate::lang::Lang;
use crate::task;

const REF: &str = "<ref>";
const REF_END: &str = "</ref>";
const BOX: &str = "<box>";
const BOX_END: &str = "</box>";
const TAGS: [&str; 4] = [REF, REF_END, BOX, BOX_END];

/// The words of [`task::regions_answer`] that follow an absent concept's name.
const ABSENT_AFTER: [&str; 2] = ["is absent", "は認めません"];
/// Those that come before it; traditional characters are read as well.
const ABSENT_BEFORE: [&str; 2] = ["未见", "未見"];

/// One thing that an answer says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// The concept is in these places; at least one. The name is empty where the answer gave none.
    Regions {
        /// The concept's name, as written.
        name: String,
        /// Where it is.
        boxes: Vec<GridBox>,
    },
    /// The concept is not in the image.
    Absent {
        /// The concept's name, as written.
        name: String,
    },
}

/// Something in an answer that could not be understood; `at` counts its bytes from 0.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Complaint {
    /// Four numbers that make no box: off the grid, or turned round.
    #[error("at {at}: {source}")]
    NotABox {
        /// Where the numbers end.
        at: usize,
        /// What is wrong with them.
        source: GeometryError,
    },
    /// A bracket with more or fewer than four numbers.
    #[error("at {at}: a box has four numbers, this one has {count}")]
    NotFourNumbers {
        /// Where the numbers end.
        at: usize,
        /// How many there are.
        count: usize,
    },
    /// Coordinates with a fraction, as other models write them.
    #[error("at {at}: a box's coordinates are integers")]
    NotIntegers {
        /// Where the numbers end.
        at: usize,
    },
    /// A list without any box.
    #[error("at {at}: the list of boxes is empty")]
    EmptyList {
        /// Where it starts.
        at: usize,
    },
    /// Boxes without a name before them.
    #[error("at {at}: these boxes have no name before them")]
    Nameless {
        /// Where the list starts.
        at: usize,
    },
    /// A name that neither boxes nor "absent" follow.
    #[error("at {at}: a name without boxes")]
    NoBoxes {
        /// Where the name starts.
        at: usize,
    },
    /// A tag or bracket that is not closed.
    #[error("at {at}: {what} is missing")]
    Missing {
        /// Where it should be.
        at: usize,
        /// What should be there.
        what: &'static str,
    },
    /// A tag or bracket that closes nothing.
    #[error("at {at}: {what} closes nothing")]
    Stray {
        /// Where it is.
        at: usize,
        /// What it is.
        what: &'static str,
    },
    /// Words that belong to no statement.
    #[error("at {at}: {chars} characters that belong to no statement")]
    Leftover {
        /// Where they start.
        at: usize,
        /// How many there are.
        chars: usize,
    },
}

/// All that was understood of an answer, and all that was not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// What it says, in its order.
    pub statements: Vec<Statement>,
    /// What is wrong with it, in its order.
    pub complaints: Vec<Complaint>,
}

impl Reading {
    /// All boxes, whatever their names.
    #[must_use]
    pub fn boxes(&self) -> Vec<GridBox> {
        self.regions()
            .flat_map(|(_, boxes)| boxes)
            .copied()
            .collect()
    }

    /// The boxes under this name, and those under no name; each once.
    #[must_use]
    pub fn boxes_of(&self, name: &str) -> Vec<GridBox> {
        let mut found = Vec::new();
        let asked = |said: &str| said.is_empty() || same_name(said, name);
        for bbox in self
            .regions()
            .filter(|(said, _)| asked(said))
            .flat_map(|(_, boxes)| boxes)
        {
            if !found.contains(bbox) {
                found.push(*bbox);
            }
        }
        found
    }

    /// Whether it says that nothing of this name is there.
    #[must_use]
    pub fn says_absent(&self, name: &str) -> bool {
        self.statements
            .iter()
            .any(|said| matches!(said, Statement::Absent { name: said } if same_name(said, name)))
    }

    /// Names with their boxes, in their order.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &[GridBox])> {
        self.statements
            .iter()
            .filter_map(|statement| match statement {
                Statement::Regions { name, boxes } => Some((name.as_str(), boxes.as_slice())),
                Statement::Absent { .. } => None,
            })
    }
}

/// The statements as a model is taught to write them in `lang`.
#[must_use]
pub fn write(lang: &Lang, statements: &[Statement]) -> String {
    let one = |statement: &Statement| match statement {
        Statement::Regions { name, boxes } => task::regions_answer(lang, name, boxes),
        Statement::Absent { name } => task::regions_answer(lang, name, &[]),
    };
    statements.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Reads an answer; never fails.
///
/// ```
/// use medreg_datasets::grammar::{read, Statement};
/// let reading = read("left kidney[[10, 20, 30, 40]], <ref>spleen</ref> is absent.");
/// assert_eq!(reading.boxes_of("Left kidney").len(), 1);
/// assert!(reading.says_absent("spleen") && reading.complaints.is_empty());
/// ```
#[must_use]
pub fn read(text: &str) -> Reading {
    let (pieces, complaints) = Scanner::new(text).pieces();
    let mut composer = Composer::new(complaints);
    for (index, piece) in pieces.iter().enumerate() {
        composer.take(piece, pieces.get(index + 1));
    }
    composer.finish()
}

/// The name that a Region-to-Text answer gives: tags, boxes, outer punctuation and spaces taken away, in lower case.
#[must_use]
pub fn plain_name(answer: &str) -> String {
    let name = without_tags(answer);
    let words = name.split(is_open).next().unwrap_or_default();
    let words = words.trim_matches(is_separator);
    words
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

/// The text with a space in place of each tag.
#[must_use]
pub fn without_tags(text: &str) -> String {
    TAGS.iter()
        .fold(text.to_owned(), |text, tag| text.replace(tag, " "))
}

/// Whether two names are one but for case, spaces, tags and outer punctuation.
#[must_use]
pub fn same_name(a: &str, b: &str) -> bool {
    plain_name(a) == plain_name(b)
}

fn is_open(c: char) -> bool {
    matches!(c, '[' | '［')
}

fn is_close(c: char) -> bool {
    matches!(c, ']' | '］')
}

/// What may stand between statements.
fn is_separator(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；' | '.' | '．' | '。')
}

/// A digit's value, half- or full-width.
fn digit(c: char) -> Option<i64> {
    let full_width = |c: char| {
        u32::from(c)
            .checked_sub(u32::from('０'))
            .filter(|d| *d < 10)
    };
    c.to_digit(10).or_else(|| full_width(c)).map(i64::from)
}

/// A part of an answer, with the byte at which it starts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Words<'a> {
    at: usize,
    text: &'a str,
}

#[derive(Debug, PartialEq)]
enum Piece<'a> {
    /// Text outside tags and brackets.
    Words(Words<'a>),
    /// Text between `<ref>` and `</ref>`.
    Name(Words<'a>),
    /// A list of boxes; empty where none of it could be read.
    Boxes { at: usize, boxes: Vec<GridBox> },
}

/// Cuts a text into pieces.
struct Scanner<'a> {
    text: &'a str,
    at: usize,
    complaints: Vec<Complaint>,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            complaints: Vec::new(),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.at += word.len();
        }
        found
    }

    fn eat_char(&mut self, wanted: impl Fn(char) -> bool) -> bool {
        match self.peek().filter(|c| wanted(*c)) {
            Some(c) => {
                self.at += c.len_utf8();
                true
            }
            None => false,
        }
    }

    /// The next `bytes` of the rest, and past them.
    fn cut(&mut self, bytes: usize) -> Words<'a> {
        let (at, rest) = (self.at, self.rest());
        let text = rest.get(..bytes).unwrap_or(rest);
        self.at += text.len();
        Words { at, text }
    }

    /// Bytes before the next tag.
    fn before_tag(&self) -> usize {
        let rest = self.rest();
        TAGS.iter()
            .filter_map(|tag| rest.find(tag))
            .min()
            .unwrap_or(rest.len())
    }

    /// Bytes before the next tag or bracket.
    fn before_mark(&self) -> usize {
        let bracket = self.rest().find(|c| is_open(c) || is_close(c));
        self.before_tag().min(bracket.unwrap_or(usize::MAX))
    }

    fn pieces(mut self) -> (Vec<Piece<'a>>, Vec<Complaint>) {
        let mut pieces = Vec::new();
        while let Some(next) = self.peek() {
            let at = self.at;
            if self.eat(REF) {
                pieces.push(Piece::Name(self.name()));
            } else if self.eat(BOX) {
                let boxes = self.boxes(at, true);
                pieces.push(Piece::Boxes { at, boxes });
            } else if is_open(next) {
                let boxes = self.boxes(at, false);
                pieces.push(Piece::Boxes { at, boxes });
            } else if !self.stray() {
                let bytes = self.before_mark();
                pieces.push(Piece::Words(self.cut(bytes)));
            }
        }
        (pieces, self.complaints)
    }

    /// Passes over something that closes what was never opened.
    fn stray(&mut self) -> bool {
        let at = self.at;
        let what = if self.eat(REF_END) {
            REF_END
        } else if self.eat(BOX_END) {
            BOX_END
        } else if self.eat_char(is_close) {
            "]"
        } else {
            return false;
        };
        self.complaints.push(Complaint::Stray { at, what });
        true
    }

    /// The name after `<ref>`, to its end tag or, where that is missing, to the next tag or bracket.
    fn name(&mut self) -> Words<'a> {
        let bytes = self.before_tag();
        let closed = self
            .rest()
            .get(bytes..)
            .is_some_and(|rest| rest.starts_with(REF_END));
        let bytes = if closed { bytes } else { self.before_mark() };
        let name = self.cut(bytes);
        if !self.eat(REF_END) {
            self.complaints.push(Complaint::Missing {
                at: self.at,
                what: REF_END,
            });
        }
        name
    }

    /// The boxes after `<box>` (`tagged`) or from a bracket on, as deep as their brackets go.
    fn boxes(&mut self, start: usize, tagged: bool) -> Vec<GridBox> {
        let mut list = BoxList::default();
        let mut depth = 0usize;
        loop {
            if self.eat_char(is_open) {
                self.close(&mut list);
                depth += 1;
            } else if depth > 0 && self.eat_char(is_close) {
                self.close(&mut list);
                depth -= 1;
                if depth == 0 && !tagged {
                    break;
                }
            } else if !self.number(&mut list)
                && !self.eat_char(|c| c.is_whitespace() || matches!(c, ',' | '，' | '、'))
            {
                break;
            }
        }
        self.close(&mut list);
        let at = self.at;
        if depth > 0 {
            self.complaints.push(Complaint::Missing { at, what: "]" });
        }
        if tagged && !self.eat(BOX_END) {
            self.complaints
                .push(Complaint::Missing { at, what: BOX_END });
        }
        if !list.seen {
            self.complaints.push(Complaint::EmptyList { at: start });
        }
        list.boxes
    }

    /// One number, if there is one; numbers too large to count stay too large.
    fn number(&mut self, list: &mut BoxList) -> bool {
        let before = self.at;
        let negative = self.eat_char(|c| matches!(c, '-' | '−' | '－'));
        let Some(value) = self.digits() else {
            self.at = before;
            return false;
        };
        list.numbers.push(if negative { -value } else { value });
        let after = self.at;
        if self.eat_char(|c| matches!(c, '.' | '．')) {
            match self.digits() {
                Some(_) => list.fraction = true,
                None => self.at = after,
            }
        }
        true
    }

    fn digits(&mut self) -> Option<i64> {
        let mut value = None;
        while let Some((c, d)) = self.peek().and_then(|c| Some((c, digit(c)?))) {
            value = Some(value.unwrap_or(0i64).saturating_mul(10).saturating_add(d));
            self.at += c.len_utf8();
        }
        value
    }

    /// Makes a box of the numbers read since the last bracket.
    fn close(&mut self, list: &mut BoxList) {
        let numbers = std::mem::take(&mut list.numbers);
        let fraction = std::mem::take(&mut list.fraction);
        if numbers.is_empty() {
            return;
        }
        list.seen = true;
        let at = self.at;
        let read = match <[i64; 4]>::try_from(numbers) {
            Ok(_) if fraction => Err(Complaint::NotIntegers { at }),
            Ok(corners) => {
                GridBox::new(corners).map_err(|source| Complaint::NotABox { at, source })
            }
            Err(numbers) => Err(Complaint::NotFourNumbers {
                at,
                count: numbers.len(),
            }),
        };
        match read {
            Ok(bbox) => list.boxes.push(bbox),
            Err(complaint) => self.complaints.push(complaint),
        }
    }
}

/// A list of boxes being read.
#[derive(Default)]
struct BoxList {
    boxes: Vec<GridBox>,
    numbers: Vec<i64>,
    /// One of the numbers has a fraction.
    fraction: bool,
    /// There was at least one number.
    seen: bool,
}

/// Makes statements of pieces.
struct Composer<'a> {
    reading: Reading,
    /// A name that waits for its boxes.
    name: Option<Words<'a>>,
    /// "Not seen:" was said and waits for its name.
    absent_next: bool,
    /// Nothing but separators since the last boxes, so that more boxes belong to the same name.
    adjacent: bool,
}

impl<'a> Composer<'a> {
    fn new(complaints: Vec<Complaint>) -> Self {
        let reading = Reading {
            statements: Vec::new(),
            complaints,
        };
        Self {
            reading,
            name: None,
            absent_next: false,
            adjacent: false,
        }
    }

    fn take(&mut self, piece: &Piece<'a>, next: Option<&Piece<'a>>) {
        match piece {
            Piece::Name(name) => self.take_name(*name),
            Piece::Boxes { at, boxes } => self.take_boxes(*at, boxes),
            Piece::Words(words) => self.take_words(*words, next),
        }
    }

    fn take_name(&mut self, name: Words<'a>) {
        self.drop_name();
        self.adjacent = false;
        if std::mem::take(&mut self.absent_next) {
            self.say_absent(name.text);
        } else {
            self.name = Some(name);
        }
    }

    fn take_boxes(&mut self, at: usize, boxes: &[GridBox]) {
        let name = self.name.take();
        if boxes.is_empty() {
            return;
        }
        if let (None, true, Some(Statement::Regions { boxes: before, .. })) =
            (name, self.adjacent, self.reading.statements.last_mut())
        {
            before.extend_from_slice(boxes);
            return;
        }
        let name = name
            .map(|name| name.text.trim())
            .unwrap_or_default()
            .to_owned();
        if name.is_empty() {
            self.reading.complaints.push(Complaint::Nameless { at });
        }
        self.reading.statements.push(Statement::Regions {
            name,
            boxes: boxes.to_vec(),
        });
        self.adjacent = true;
    }

    fn take_words(&mut self, words: Words<'a>, next: Option<&Piece<'a>>) {
        let mut words = trim(words);
        if words.text.is_empty() {
            return;
        }
        if let Some(name) = self.name {
            match ABSENT_AFTER
                .iter()
                .find_map(|after| words.text.strip_prefix(after))
            {
                Some(rest) => {
                    self.name = None;
                    self.say_absent(name.text);
                    words = trim(Words {
                        at: words.at + words.text.len() - rest.len(),
                        text: rest,
                    });
                }
                None => self.drop_name(),
            }
        }
        self.adjacent = false;
        while let Some((name, rest)) = absent_sentence(words) {
            self.say_absent(name);
            words = trim(rest);
        }
        self.take_rest(words, next);
    }

    /// The words that no absent sentence took: the start of one, a name of the boxes to come, or nothing.
    fn take_rest(&mut self, words: Words<'a>, next: Option<&Piece<'a>>) {
        let mut words = words;
        if let (Some(Piece::Name(_)), Some(before)) = (
            next,
            ABSENT_BEFORE
                .iter()
                .find_map(|start| words.text.strip_suffix(start)),
        ) {
            self.absent_next = true;
            words = trim(Words {
                at: words.at,
                text: before,
            });
        }
        match next {
            _ if words.text.is_empty() => {}
            Some(Piece::Boxes { .. }) => self.name = Some(words),
            _ => {
                let chars = words.text.chars().count();
                self.reading.complaints.push(Complaint::Leftover {
                    at: words.at,
                    chars,
                });
            }
        }
    }

    fn say_absent(&mut self, name: &str) {
        let name = name.trim().to_owned();
        self.reading.statements.push(Statement::Absent { name });
    }

    fn drop_name(&mut self) {
        if let Some(name) = self.name.take() {
            self.reading
                .complaints
                .push(Complaint::NoBoxes { at: name.at });
        }
    }

    fn finish(mut self) -> Reading {
        self.drop_name();
        self.reading
    }
}

fn trim(words: Words<'_>) -> Words<'_> {
    let from_start = words.text.trim_start_matches(is_separator);
    let at = words.at + words.text.len() - from_start.len();
    Words {
        at,
        text: from_start.trim_end_matches(is_separator),
    }
}

/// The name in a leading sentence that says "absent" without tags, and the words after it.
fn absent_sentence(words: Words<'_>) -> Option<(&str, Words<'_>)> {
    let after = |bytes: usize| Words {
        at: words.at + bytes,
        text: words.text.get(bytes..).unwrap_or_default(),
    };
    if let Some(named) = ABSENT_BEFORE
        .iter()
        .find_map(|start| words.text.strip_prefix(start))
    {
        let end = named.find(is_sentence_end).unwrap_or(named.len());
        let name = named.get(..end).filter(|name| !name.trim().is_empty())?;
        return Some((name, after(words.text.len() - named.len() + end)));
    }
    let found = |marker: &&str| words.text.find(*marker).map(|at| (at, marker.len()));
    let (at, bytes) = ABSENT_AFTER.iter().filter_map(found).min()?;
    let name = words
        .text
        .get(..at)
        .filter(|name| !name.trim().is_empty())?;
    Some((name, after(at + bytes)))
}

fn is_sentence_end(c: char) -> bool {
    matches!(c, ',' | '，' | ';' | '；' | '.' | '．' | '。' | '\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn grid(corners: [i64; 4]) -> GridBox {
        GridBox::new(corners).unwrap()
    }

    fn regions(name: &str, boxes: &[[i64; 4]]) -> Statement {
        Statement::Regions {
            name: name.to_owned(),
            boxes: boxes.iter().copied().map(grid).collect(),
        }
    }

    fn absent(name: &str) -> Statement {
        Statement::Absent {
            name: name.to_owned(),
        }
    }

    /// Reads `text` and checks that all of it was understood.
    fn understood(text: &str) -> Vec<Statement> {
        let reading = read(text);
        assert_eq!(reading.complaints, [], "{text}");
        reading.statements
    }

    #[test]
    fn tags_may_be_there_or_stripped() {
        let wall = [regions(
            "carotid vessel wall",
            &[[365, 293, 416, 598], [596, 316, 635, 464]],
        )];
        assert_eq!(
            understood(
                "<ref>carotid vessel wall</ref><box>[[365, 293, 416, 598], [596, 316, 635, 464]]</box>"
            ),
            wall
        );
        assert_eq!(
            understood("carotid vessel wall[[365, 293, 416, 598], [596, 316, 635, 464]]"),
            wall
        );
        let two = [
            regions("liver", &[[1, 2, 3, 4]]),
            regions("left lung, upper lobe", &[[5, 6, 7, 8]]),
        ];
        assert_eq!(
            understood(
                "<ref>liver</ref><box>[[1, 2, 3, 4]]</box>, <ref>left lung, upper lobe</ref><box>[[5, 6, 7, 8]]</box>"
            ),
            two
        );
        assert_eq!(
            understood("liver[[1,2,3,4]], left lung, upper lobe[[5,6,7,8]]"),
            two
        );
    }

    #[test]
    fn brackets_may_be_too_few_or_too_many() {
        let liver = [regions("liver", &[[1, 2, 3, 4]])];
        assert_eq!(understood("liver [1, 2, 3, 4]"), liver);
        assert_eq!(understood("<ref>liver</ref><box>1, 2, 3, 4</box>"), liver);
        assert_eq!(
            understood("<ref>liver</ref><box>[[[1, 2, 3, 4]]]</box>"),
            liver
        );
        assert_eq!(
            understood("liver[1, 2, 3, 4], [5, 6, 7, 8]"),
            [regions("liver", &[[1, 2, 3, 4], [5, 6, 7, 8]])]
        );
        let stray = read("liver[[1, 2, 3, 4]]]");
        assert_eq!(stray.statements, liver);
        assert_eq!(stray.complaints, [Complaint::Stray { at: 19, what: "]" }]);
        let cut_off = read("<ref>liver</ref><box>[[1, 2, 3, 4], [5, 6");
        assert_eq!(cut_off.statements, liver);
        assert!(
            cut_off
                .complaints
                .contains(&Complaint::NotFourNumbers { at: 41, count: 2 })
        );
    }

    #[test]
    fn absent_is_understood_in_three_languages() {
        for (tagged, stripped, name) in [
            (
                "<ref>gall stone</ref> is absent.",
                "gall stone is absent.",
                "gall stone",
            ),
            ("未见<ref>胆结石</ref>。", "未见胆结石。", "胆结石"),
            (
                "<ref>胆石</ref>は認めません。",
                "胆石は認めません。",
                "胆石",
            ),
        ] {
            assert_eq!(understood(tagged), [absent(name)]);
            assert_eq!(understood(stripped), [absent(name)]);
        }
        assert_eq!(
            understood("liver is absent. spleen[[1, 2, 3, 4]], kidney is absent"),
            [
                absent("liver"),
                regions("spleen", &[[1, 2, 3, 4]]),
                absent("kidney")
            ]
        );
        assert_eq!(
            understood("未见肝脏。脾脏[[1, 2, 3, 4]]"),
            [absent("肝脏"), regions("脾脏", &[[1, 2, 3, 4]])]
        );
    }

    #[test]
    fn full_width_digits_and_punctuation_are_read() {
        let liver = [regions("肝脏", &[[12, 20, 345, 400], [1, 2, 3, 4]])];
        assert_eq!(
            understood("肝脏［［１２，２０，３４５，４００］、［１，２，３，４］］。"),
            liver
        );
        assert_eq!(
            understood("<ref>肝脏</ref><box>［[１2， 20，345、400］，[1,2,3,4]]</box>"),
            liver
        );
    }

    #[test]
    fn boxes_that_are_none_are_named_and_left_out() {
        let reading = read(
            "liver[[1, 2, 3, 4], [30, 2, 3, 4], [0, 0, 1000, 5], [-1, 2, 3, 4], [1, 2, 3], [0.1, 0.2, 0.3, 0.4], [99999999999999999999, 0, 1, 1]]",
        );
        assert_eq!(reading.statements, [regions("liver", &[[1, 2, 3, 4]])]);
        let kinds: Vec<&str> = reading
            .complaints
            .iter()
            .map(|complaint| match complaint {
                Complaint::NotABox { .. } => "box",
                Complaint::NotFourNumbers { count: 3, .. } => "three",
                Complaint::NotIntegers { .. } => "fraction",
                _ => "other",
            })
            .collect();
        assert_eq!(kinds, ["box", "box", "box", "three", "fraction", "box"]);
        assert!(reading.complaints[0].to_string().contains("[30, 2, 3, 4]"));
    }

    #[test]
    fn what_is_left_over_is_complained_about() {
        assert_eq!(read("").complaints, []);
        assert_eq!(
            read("I see nothing").complaints,
            [Complaint::Leftover { at: 0, chars: 13 }]
        );
        assert_eq!(
            read("<ref>liver</ref>").complaints,
            [Complaint::NoBoxes { at: REF.len() }]
        );
        assert_eq!(
            read("[[1, 2, 3, 4]]").complaints,
            [Complaint::Nameless { at: 0 }]
        );
        assert_eq!(
            read("[[1, 2, 3, 4]]").statements,
            [regions("", &[[1, 2, 3, 4]])]
        );
        assert_eq!(
            read("liver[[]]").complaints,
            [Complaint::EmptyList { at: 5 }]
        );
        assert_eq!(
            read("<ref>liver<box>[[1, 2, 3, 4]]</box>").statements,
            [regions("liver", &[[1, 2, 3, 4]])]
        );
    }

    #[test]
    fn names_are_compared_without_case_spaces_tags_and_punctuation() {
        assert!(same_name(" Left  Lung.", "<ref>left lung</ref>"));
        assert!(same_name("肝脏。", "肝脏"));
        assert!(same_name("liver[[1, 2, 3, 4]]", "liver"));
        assert!(!same_name("left lung", "right lung"));
    }

    #[test]
    fn boxes_of_a_name_leave_other_names_out() {
        let reading =
            read("liver[[1, 2, 3, 4]], spleen[[5, 6, 7, 8]], liver[[1, 2, 3, 4], [2, 2, 3, 4]]");
        assert_eq!(
            reading.boxes_of("liver"),
            [grid([1, 2, 3, 4]), grid([2, 2, 3, 4])]
        );
        assert_eq!(reading.boxes().len(), 4);
    }

    fn grid_boxes() -> impl Strategy<Value = Vec<GridBox>> {
        let one = (0i64..999, 0i64..999, 1i64..999, 1i64..999)
            .prop_map(|(x, y, w, h)| grid([x, y, (x + w).min(999), (y + h).min(999)]));
        proptest::collection::vec(one, 1..4)
    }

    fn statements(name: &'static str) -> impl Strategy<Value = Vec<Statement>> {
        let boxes =
            (name, grid_boxes()).prop_map(|(name, boxes)| Statement::Regions { name, boxes });
        let absent = name.prop_map(|name| Statement::Absent { name });
        proptest::collection::vec(prop_oneof![boxes, absent], 0..5)
    }

    fn langs() -> impl Strategy<Value = Lang> {
        prop_oneof![Just("en"), Just("zh"), Just("ja")].prop_map(|lang| lang.parse().unwrap())
    }

    fn stripped(text: &str) -> String {
        TAGS.iter()
            .fold(text.to_owned(), |text, tag| text.replace(tag, ""))
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_it_back(lang in langs(), said in statements(r"[^\s<>]([^<>]{0,12}[^\s<>])?")) {
            prop_assert_eq!(read(&write(&lang, &said)), Reading { statements: said, complaints: vec![] });
        }

        #[test]
        fn the_tags_are_not_needed_for_plain_names(lang in langs(), said in statements(r"[a-z肝肺]{2,8}( [b-z]{3,5})?")) {
            prop_assert_eq!(read(&stripped(&write(&lang, &said))), Reading { statements: said, complaints: vec![] });
        }

        #[test]
        fn no_text_makes_it_panic(text in r"\PC{0,80}") {
            let _ = (read(&text), plain_name(&text));
        }

        #[test]
        fn no_mixture_of_its_own_marks_makes_it_panic(parts in proptest::collection::vec(
            proptest::sample::select(vec!["<ref>", "</ref>", "<box>", "</box>", "[", "]", "［", "］", "1", "999", "-", ".", "０", ", ", "，", "肺", "liver",
                " is absent", "は認めません", "未见", "。", "<", ">", " ", "\n"]), 0..40)) {
            let text = parts.concat();
            let reading = read(&text);
            let named = |s: &Statement| !matches!(s, Statement::Regions { boxes, .. } if boxes.is_empty());
            prop_assert!(reading.statements.iter().all(named));
            // Every box that was understood is written again as it was read.
            let said: Vec<Statement> = reading.statements.into_iter().filter(|s| match s {
                Statement::Regions { name, .. } | Statement::Absent { name } => !name.is_empty(),
            }).collect();
            prop_assert_eq!(read(&write(&Lang::en(), &said)).statements, said);
        }
    }
}
