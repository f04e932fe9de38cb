//! How far the answers to one question in two languages agree, whether they are right or not: docs/scores.md, `cross`.

use super::entries::Entry;
use super::measure::{Score, Sums};
use super::strict::shape;
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::grammar;
use medreg_datasets::lang::Lang;
use medreg_datasets::lint::{self, Rule, Said, Subject};
use medreg_datasets::matching::match_boxes;
use std::collections::{BTreeSet, HashMap};

/// Which names in two languages are names of one thing.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    names: [HashMap<String, usize>; 2],
    things: usize,
}

impl Lexicon {
    /// Learns that two names, the first language's and the second's, mean the same.
    pub fn learn(&mut self, first: &str, second: &str) {
        let names = [first, second].map(grammar::plain_name);
        if names.iter().any(String::is_empty) {
            return;
        }
        let known = (0..2).find_map(|side| self.names[side].get(&names[side]).copied());
        let thing = known.unwrap_or(self.things);
        self.things = self.things.max(thing + 1);
        for (side, name) in names.into_iter().enumerate() {
            self.names[side].entry(name).or_insert(thing);
        }
    }

    /// Whether both names are known, and of one thing.
    #[must_use]
    pub fn agree(&self, first: &str, second: &str) -> bool {
        let of = |side: usize, name: &str| self.names[side].get(&grammar::plain_name(name));
        of(0, first).is_some_and(|thing| of(1, second) == Some(thing))
    }
}

/// The agreement of two languages.
#[derive(Clone, Debug)]
pub struct Cross {
    /// The languages.
    pub langs: [Lang; 2],
    /// What is called what in them.
    pub lexicon: Lexicon,
}

/// The rules whose facts are compared, with the names of the scores.
const FACTS: [(Rule, &str); 3] = [
    (Rule::Laterality, "laterality_agreement"),
    (Rule::Numbers, "number_agreement"),
    (Rule::Negation, "negation_agreement"),
];
/// Sums before those of facts.
const OWN: usize = 8;

impl Cross {
    /// The sums of one question's two answers.
    #[must_use]
    pub fn count(&self, first: &Entry, second: &Entry) -> Vec<f64> {
        let mut sums = vec![0.0; OWN];
        match first.task.as_deref() {
            Some("r2t") => self.names(&mut sums, first, second),
            Some("t2r") => boxes(&mut sums, first, second),
            Some(_) => {}
            None if !boxes_of(&first.truth).is_empty() => boxes(&mut sums, first, second),
            None => {}
        }
        for (rule, _) in FACTS {
            sums.extend(self.fact(rule, &plain(&first.answer), &plain(&second.answer)));
        }
        sums
    }

    fn names(&self, sums: &mut [f64], first: &Entry, second: &Entry) {
        let right = [first, second].map(|e| grammar::same_name(&e.answer, &e.truth));
        let one = |yes: bool| f64::from(u8::from(yes));
        sums[0] = 1.0;
        sums[1] = one(self.lexicon.agree(&first.answer, &second.answer));
        sums[2] = one(right[0] && right[1]);
        sums[3] = one(right[0] != right[1]);
    }

    /// Whether either text says such a fact, and whether they then say the same.
    fn fact(&self, rule: Rule, first: &str, second: &str) -> [f64; 2] {
        let [a, b] = &self.langs;
        let texts = vec![
            Said {
                lang: a,
                text: first,
            },
            Said {
                lang: b,
                text: second,
            },
        ];
        let blank = texts.iter().any(|said| said.text.trim().is_empty());
        if blank || !texts.iter().any(|said| lint::speaks_of(said, rule)) {
            return [0.0; 2];
        }
        let flags = lint::check(
            &Subject {
                texts,
                ..Subject::default()
            },
            &[rule],
        );
        [1.0, f64::from(u8::from(flags.is_empty()))]
    }
}

fn boxes(sums: &mut [f64], first: &Entry, second: &Entry) {
    let said = [first, second].map(|entry| boxes_of(&entry.answer));
    let found = said.each_ref().map(|boxes| !boxes.is_empty());
    sums[4] = 1.0;
    sums[5] = f64::from(u8::from(found[0] == found[1]));
    if let Some(iou) = mutual_iou(&said[0], &said[1]) {
        sums[6] = 1.0;
        sums[7] = iou;
    }
}

/// The sum of IoU of the best pairs over the larger number of boxes, so that a box without a partner counts 0 whoever said it; `None`
/// where neither has one.
#[must_use]
pub fn mutual_iou(first: &[PixelBox], second: &[PixelBox]) -> Option<f64> {
    let most = first.len().max(second.len());
    let sum: f64 = match_boxes(first, second).iter().map(|pair| pair.iou).sum();
    (most > 0).then(|| sum / most as f64)
}

fn boxes_of(text: &str) -> Vec<PixelBox> {
    grammar::read(text)
        .boxes()
        .iter()
        .filter_map(shape)
        .collect()
}

/// The words of an answer, without tags and coordinates.
fn plain(answer: &str) -> String {
    let mut depth = 0usize;
    let outside = |c: &char| {
        match c {
            '[' | '［' => depth += 1,
            ']' | '］' => {
                depth = depth.saturating_sub(1);
                return false;
            }
            _ => {}
        }
        depth == 0
    };
    grammar::without_tags(answer)
        .chars()
        .filter(outside)
        .collect()
}

impl Sums for Cross {
    fn width(&self) -> usize {
        OWN + 2 * FACTS.len()
    }

    fn scores(&self, sums: &[f64]) -> Vec<Score> {
        let mut scores = vec![
            Score::ratio("name_agreement", sums[1], sums[0]),
            Score::ratio("names_both_right", sums[2], sums[0]),
            Score::ratio("names_one_right", sums[3], sums[0]),
            Score::ratio("presence_agreement", sums[5], sums[4]),
            Score::ratio("box_iou", sums[7], sums[6]),
        ];
        let facts = FACTS.iter().zip(sums[OWN..].chunks_exact(2));
        scores.extend(facts.map(|((_, name), of)| Score::ratio(name, of[1], of[0])));
        scores
    }
}

/// What makes an answer in one language the other's partner: the image, the task, and what is asked about, which is the concept and
/// the boxes in the question; where a file says none of these, the answer's place in it.
#[must_use]
pub fn question_key(entry: &Entry) -> String {
    let boxes: BTreeSet<_> = grammar::read(&entry.question).boxes().into_iter().collect();
    match (&entry.image, &entry.concept, boxes.is_empty()) {
        (None, _, _) | (_, None, true) => format!("#{}", entry.number),
        (Some(image), concept, _) => format!("{image} {:?} {concept:?} {boxes:?}", entry.task),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cross() -> Cross {
        let mut lexicon = Lexicon::default();
        lexicon.learn("left lung", "左肺");
        lexicon.learn("liver", "肝脏");
        Cross {
            langs: [Lang::en(), Lang::zh()],
            lexicon,
        }
    }

    fn entry(task: &str, answer: &str, truth: &str) -> Entry {
        Entry {
            answer: answer.to_owned(),
            truth: truth.to_owned(),
            task: Some(task.to_owned()),
            ..Entry::default()
        }
    }

    fn value(pairs: &[(Entry, Entry)], name: &str) -> (Option<f64>, f64) {
        let cross = cross();
        let mut sums = vec![0.0; cross.width()];
        for (a, b) in pairs {
            sums.iter_mut()
                .zip(cross.count(a, b))
                .for_each(|(all, one)| *all += one);
        }
        let scores = cross.scores(&sums);
        let score = scores.iter().find(|s| s.name == name).unwrap();
        (score.value, score.n)
    }

    #[test]
    fn names_agree_when_they_are_of_one_thing_right_or_wrong() {
        let pairs = [
            (
                entry("r2t", "Left lung", "left lung"),
                entry("r2t", "<ref>左肺</ref>", "左肺"),
            ),
            (
                entry("r2t", "liver", "left lung"),
                entry("r2t", "肝脏", "左肺"),
            ),
            (
                entry("r2t", "left lung", "left lung"),
                entry("r2t", "肝脏", "左肺"),
            ),
            (
                entry("r2t", "qwerty", "liver"),
                entry("r2t", "qwerty", "肝脏"),
            ),
        ];
        assert_eq!(value(&pairs, "name_agreement"), (Some(0.5), 4.0));
        assert_eq!(value(&pairs, "names_both_right"), (Some(0.25), 4.0));
        assert_eq!(value(&pairs, "names_one_right"), (Some(0.25), 4.0));
        assert_eq!(value(&pairs, "box_iou"), (None, 0.0));
    }

    #[test]
    fn boxes_agree_by_their_overlap_over_the_larger_number() {
        let truth = "<ref>liver</ref><box>[[0, 0, 9, 9]]</box>";
        let pairs = [
            // Half of it, and one more box: (0.5 + 0) / 2.
            (
                entry(
                    "t2r",
                    "liver[[0, 0, 100, 100], [500, 500, 600, 600]]",
                    truth,
                ),
                entry("t2r", "肝脏[[0, 0, 50, 100]]", truth),
            ),
            (
                entry("t2r", "liver is absent.", truth),
                entry("t2r", "未见肝脏。", truth),
            ),
            (
                entry("t2r", "liver[[0, 0, 100, 100]]", truth),
                entry("t2r", "未见肝脏。", truth),
            ),
        ];
        assert_eq!(value(&pairs, "box_iou"), (Some(0.125), 2.0));
        assert_eq!(value(&pairs, "presence_agreement"), (Some(2.0 / 3.0), 3.0));
    }

    #[test]
    fn facts_are_compared_where_one_of_the_texts_states_them() {
        let pairs = [
            (
                entry("text", "A 3 cm cyst of the left kidney.", ""),
                entry("text", "右肾囊肿，30毫米。", ""),
            ),
            (
                entry("text", "A cyst of the left kidney.", ""),
                entry("text", "左肾囊肿。", ""),
            ),
            (
                entry("text", "No effusion.", ""),
                entry("text", "无积液。", ""),
            ),
            (entry("text", "", ""), entry("text", "左肾囊肿。", "")),
        ];
        assert_eq!(value(&pairs, "laterality_agreement"), (Some(0.5), 2.0));
        assert_eq!(value(&pairs, "number_agreement"), (Some(1.0), 1.0));
        assert_eq!(value(&pairs, "negation_agreement"), (Some(1.0), 1.0));
        // Coordinates are no numbers that a text states.
        let boxes = [(
            entry("t2r", "cyst[[1, 2, 3, 4]]", ""),
            entry("t2r", "囊肿[[5, 6, 7, 8]]", ""),
        )];
        assert_eq!(value(&boxes, "number_agreement"), (None, 0.0));
    }

    #[test]
    fn partners_are_found_by_what_is_asked_about() {
        let asked = |question: &str, concept: Option<&str>, number| Entry {
            question: question.to_owned(),
            image: Some("i".to_owned()),
            concept: concept.map(str::to_owned),
            number,
            ..Entry::default()
        };
        let en = asked(
            "What is <ref>this</ref><box>[[1, 2, 3, 4]]</box>?",
            Some("liver"),
            1,
        );
        let zh = asked(
            "<ref>此处</ref><box>[[1, 2, 3, 4]]</box>是什么？",
            Some("liver"),
            9,
        );
        assert_eq!(question_key(&en), question_key(&zh));
        let other = asked(
            "<ref>此处</ref><box>[[1, 2, 3, 5]]</box>是什么？",
            Some("liver"),
            9,
        );
        assert_ne!(question_key(&en), question_key(&other));
        assert_eq!(question_key(&asked("Any finding?", None, 4)), "#4");
    }
}
