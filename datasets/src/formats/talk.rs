//! Records as conversations, and conversations as records.
//!
//! The questions of [`task`] are recognised in every notation and become what they ask about: regions with names and
//! descriptions, labels, a report. Any other conversation stays one, with its boxes bound to regions.

use super::Settings;
use super::complaint::Fault;
use super::passage::{self, Notation, PLACE, Piece};
use super::record::{
    Exchange, ImagePath, Label, Marked, Part, Passage, Picture, Record, Said, Talk, name_in,
};
use crate::geometry::{Coordinates, Extent, GeometryError, GridBox, ImageSize};
use crate::grammar::same_name;
use crate::lang::Lang;
use crate::modality::Modality;
use crate::region::Presence;
use crate::snapshot::Split;
use crate::task;
use crate::whole::Texts;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Ask {
    /// What a box shows.
    Name,
    /// Where all regions of a concept are.
    Locate,
    /// What there is to say about a box.
    Describe,
    /// A report.
    Report,
    /// Anything else.
    Other,
}

/// A question as it was recognised.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    ask: Ask,
    lang: Lang,
    modality: Modality,
}

struct Questions {
    whole: HashMap<String, Known>,
    /// What comes before a name and after it.
    around: Vec<(String, String, Known)>,
}

/// The languages that [`task`] has words of its own in.
fn own_words() -> [Lang; 3] {
    let ja = "ja".parse().unwrap_or_else(|_| Lang::en());
    [Lang::en(), Lang::zh(), ja]
}

static QUESTIONS: LazyLock<Questions> = LazyLock::new(|| {
    let mut questions = Questions {
        whole: HashMap::new(),
        around: Vec::new(),
    };
    for lang in own_words() {
        for modality in Modality::ALL {
            let known = |ask| Known {
                ask,
                lang: lang.clone(),
                modality,
            };
            for ask in [Ask::Name, Ask::Describe, Ask::Report] {
                let question = passage::skeleton(&wording(ask, &lang, modality, ""));
                questions.whole.insert(question, known(ask));
            }
            let question = passage::skeleton(&wording(Ask::Locate, &lang, modality, "□"));
            if let Some((before, after)) = question.split_once(PLACE) {
                let around = (before.to_owned(), after.to_owned(), known(Ask::Locate));
                questions.around.push(around);
            }
        }
    }
    questions
});

/// The words of a question, with a box where it has one.
fn wording(ask: Ask, lang: &Lang, modality: Modality, name: &str) -> Vec<Piece> {
    let somewhere = GridBox::new([0, 0, 1, 1]).ok();
    let with_box = |question: fn(&Lang, Modality, GridBox) -> String| {
        somewhere.map_or_else(String::new, |bbox| question(lang, modality, bbox))
    };
    let text = match ask {
        Ask::Name => with_box(task::region_to_text),
        Ask::Describe => with_box(task::describe_region),
        Ask::Locate => task::text_to_region(lang, modality, name),
        Ask::Report => task::write_report(lang, modality),
        Ask::Other => String::new(),
    };
    passage::read(&text, Coordinates::Grid(999)).unwrap_or_default()
}

/// The question's kind and, where it names something, the name.
fn recognise(skeleton: &str) -> Option<(&'static Known, &str)> {
    if let Some(known) = QUESTIONS.whole.get(skeleton) {
        return Some((known, ""));
    }
    QUESTIONS.around.iter().find_map(|(before, after, known)| {
        let name = skeleton
            .strip_prefix(before.as_str())?
            .strip_suffix(after.as_str())?;
        (!name.trim().is_empty() && !name.contains(PLACE)).then_some((known, name.trim()))
    })
}

/// A conversation about an image as it stands in a file.
#[derive(Debug)]
pub(super) struct Entry {
    pub size: Option<ImageSize>,
    pub id: Option<String>,
    /// Its language, where the file says it.
    pub lang: Option<Lang>,
    /// What its questions ask, where the file's name says it.
    pub asks: Option<Ask>,
    pub split: Option<Split>,
    pub system: Option<String>,
    /// Questions and answers, without the image's place.
    pub turns: Vec<(String, String)>,
    /// What was passed over.
    pub remarks: Vec<String>,
}

/// A box as it was written, by which the same region is found in another conversation, and where that is.
type Spot = ([u64; 4], Extent);

/// Something that was heard in a conversation.
enum Heard {
    Named(Lang, Spot, String),
    Described(Lang, Spot, String),
    Located(Lang, String, Vec<Spot>),
    Reported(Lang, Vec<(String, Vec<Spot>)>),
    Talked(Entry, Vec<[Vec<Bound>; 2]>),
}

/// A piece of a text with its boxes placed.
enum Bound {
    Words(String),
    Spots(String, Vec<Spot>),
}

/// Makes a record of the conversations about one image.
struct Listener<'a> {
    coordinates: Coordinates,
    lang: &'a Lang,
    record: Record,
    heard: Vec<Heard>,
    places: HashMap<[u64; 4], Vec<usize>>,
}

/// What is said about the image `key`, all of it together; `complain` names each entry that cannot be taken in by its place.
pub(super) fn heard<P: Copy>(
    key: &str,
    entries: Vec<(P, Entry)>,
    coordinates: Coordinates,
    settings: &Settings,
    mut complain: impl FnMut(P, Fault),
) -> Option<Record> {
    let mut image = Picture::new(ImagePath::new(key).ok()?);
    let told = entries.iter().find_map(|(_, entry)| entry.size);
    image.size = told.or_else(|| settings.images.size(&image.path));
    let lang = settings.lang();
    let mut listener = Listener::new(image, coordinates, &lang);
    let mut any = false;
    for (place, entry) in entries {
        match listener.hear(entry) {
            Ok(()) => any = true,
            Err(fault) => complain(place, fault),
        }
    }
    any.then(|| listener.record())
}

impl<'a> Listener<'a> {
    /// For conversations about this image, in `lang` where they do not say it themselves.
    fn new(image: Picture, coordinates: Coordinates, lang: &'a Lang) -> Self {
        Self {
            coordinates,
            lang,
            record: Record::new(image),
            heard: Vec::new(),
            places: HashMap::new(),
        }
    }

    /// Takes one in; nothing of it where something is wrong with it.
    fn hear(&mut self, entry: Entry) -> Result<(), Fault> {
        self.agree(&entry)?;
        let read = |text: &str| passage::read(text, self.coordinates).map_err(Fault::Other);
        let turns = entry.turns.iter();
        let turns = turns.map(|(q, a)| Ok([read(q)?, read(a)?]));
        let turns: Vec<[Vec<Piece>; 2]> = turns.collect::<Result<_, Fault>>()?;
        entry
            .remarks
            .iter()
            .for_each(|remark| self.record.remark(remark));
        let mut cut = false;
        let understood: Option<Vec<_>> = turns.iter().map(|[q, a]| understand(q, a)).collect();
        match understood {
            Some(understood) => {
                let lang = entry.lang.clone();
                for (known, said) in understood {
                    let lang = lang.clone().unwrap_or_else(|| known.lang.clone());
                    let heard = said.place(lang, |corners| self.place(corners, &mut cut))?;
                    self.note_modality(known.modality);
                    self.heard.push(heard);
                }
            }
            None => {
                let bind = |pieces: Vec<Piece>, cut: &mut bool| self.bind(pieces, cut);
                let mut bound = Vec::new();
                for [q, a] in turns {
                    bound.push([bind(q, &mut cut)?, bind(a, &mut cut)?]);
                }
                self.heard.push(Heard::Talked(entry, bound));
            }
        }
        if cut {
            self.record
                .remark("boxes reached a little outside their image, and that was cut off");
        }
        Ok(())
    }

    /// Whether it speaks of the image that the others speak of.
    fn agree(&mut self, entry: &Entry) -> Result<(), Fault> {
        if let (Some(this), Some(before)) = (entry.size, self.record.image.size)
            && this != before
        {
            let say = |size: ImageSize| format!("{}×{}", size.width(), size.height());
            return Err(Fault::OtherSize {
                this: say(this),
                before: say(before),
            });
        }
        let image = &mut self.record.image;
        image.split = image.split.or(entry.split);
        Ok(())
    }

    fn note_modality(&mut self, modality: Modality) {
        let known = Some(modality).filter(|m| *m != Modality::Other);
        self.record.image.modality = self.record.image.modality.or(known);
    }

    fn place(&self, corners: [f64; 4], cut: &mut bool) -> Result<Spot, Fault> {
        let (extent, trimmed) = self.coordinates.read(corners, self.record.image.size)?;
        *cut |= trimmed;
        Ok((corners.map(f64::to_bits), extent))
    }

    fn bind(&self, pieces: Vec<Piece>, cut: &mut bool) -> Result<Vec<Bound>, Fault> {
        let one = |piece| match piece {
            Piece::Words(words) => Ok(Bound::Words(words)),
            Piece::Boxes { name, boxes } => {
                let spots = boxes.into_iter().map(|corners| self.place(corners, cut));
                Ok(Bound::Spots(name, spots.collect::<Result<_, _>>()?))
            }
        };
        pieces.into_iter().map(one).collect()
    }

    /// The record: first what names regions, then what describes them, then what places them, then the rest.
    fn record(mut self) -> Record {
        let heard = std::mem::take(&mut self.heard);
        let mut located = Located::default();
        let mut reports = Vec::new();
        let mut counted: HashMap<(bool, Lang, [u64; 4]), usize> = HashMap::new();
        let mut talks = Vec::new();
        let mut later = Vec::new();
        for heard in heard {
            match heard {
                Heard::Named(lang, spot, name) => {
                    let region = self.nth(&mut counted, false, &lang, &spot);
                    self.say(region, |region| region.names.insert(lang, name));
                }
                other => later.push(other),
            }
        }
        for heard in later {
            match heard {
                Heard::Described(lang, spot, text) => {
                    let region = self.nth(&mut counted, true, &lang, &spot);
                    self.say(region, |region| region.texts.insert(lang, text));
                }
                Heard::Located(lang, name, spots) => located.heard.push((lang, name, spots)),
                Heard::Reported(lang, sentences) => reports.push((lang, sentences)),
                Heard::Talked(entry, turns) => talks.push((entry, turns)),
                Heard::Named(..) => {}
            }
        }
        located.tell(&mut self);
        reports
            .into_iter()
            .for_each(|(lang, said)| self.report(&lang, said));
        talks
            .into_iter()
            .for_each(|(entry, turns)| self.talk(entry, turns));
        self.record
    }

    fn say<T>(&mut self, region: usize, say: impl FnOnce(&mut Marked) -> T) {
        if let Some(region) = self.record.regions.get_mut(region) {
            say(region);
        }
    }

    /// The region that the nth mention of a box in a language is about.
    fn nth(
        &mut self,
        counted: &mut HashMap<(bool, Lang, [u64; 4]), usize>,
        described: bool,
        lang: &Lang,
        (key, extent): &Spot,
    ) -> usize {
        let count = counted.entry((described, lang.clone(), *key)).or_default();
        let before = *count;
        *count += 1;
        let known = self.places.get(key).and_then(|regions| regions.get(before));
        known.copied().unwrap_or_else(|| self.add(*key, *extent))
    }

    fn add(&mut self, key: [u64; 4], extent: Extent) -> usize {
        let index = self.record.regions.len();
        self.record.regions.push(Marked::new(extent));
        self.places.entry(key).or_default().push(index);
        index
    }

    /// The region of a box under a name: one that has it, one that has no other, or a new one.
    fn named(
        &mut self,
        lang: &Lang,
        name: &str,
        (key, extent): &Spot,
        taken: &BTreeSet<usize>,
    ) -> usize {
        let regions = &self.record.regions;
        let here = self.places.get(key).map_or(&[][..], Vec::as_slice);
        let free = || {
            here.iter()
                .copied()
                .filter(|region| !taken.contains(region))
        };
        let called = |region: usize| regions.get(region).and_then(|r| r.names.get(lang));
        let found = free()
            .find(|region| called(*region).is_some_and(|said| said == name))
            .or_else(|| free().find(|region| called(*region).is_none()));
        found.unwrap_or_else(|| self.add(*key, *extent))
    }

    fn report(&mut self, lang: &Lang, sentences: Vec<(String, Vec<Spot>)>) {
        let mut said = Vec::new();
        for (text, spots) in sentences {
            let regions = spots.iter().map(|spot| self.anyone(spot, false)).collect();
            said.push((text, regions));
        }
        let known = &mut self.record.report;
        let alike = known.len() == said.len()
            && known
                .iter()
                .zip(&said)
                .all(|(k, s)| k.regions == s.1 && !k.texts.contains_key(lang));
        if alike && !known.is_empty() {
            for (known, (text, _)) in known.iter_mut().zip(said) {
                known.texts.insert(lang.clone(), text);
            }
            return;
        }
        let new = said.into_iter().map(|(text, regions)| Said {
            texts: Texts::from([(lang.clone(), text)]),
            regions,
        });
        known.extend(new);
    }

    /// Whatever region is in this place.
    fn anyone(&mut self, (key, extent): &Spot, spoken: bool) -> usize {
        let known = self
            .places
            .get(key)
            .and_then(|regions| regions.first())
            .copied();
        known.unwrap_or_else(|| {
            let region = self.add(*key, *extent);
            self.say(region, |region| region.spoken = spoken);
            region
        })
    }

    fn talk(&mut self, entry: Entry, turns: Vec<[Vec<Bound>; 2]>) {
        let lang = entry.lang.unwrap_or_else(|| self.lang.clone());
        let mut exchanges = Vec::new();
        for (turn, asked) in turns.into_iter().zip(&entry.turns) {
            let [question, answer] = turn.map(|side| self.passage(side, &lang));
            self.answer_names(entry.asks, &lang, &question, &answer, &asked.1);
            exchanges.push(Exchange { question, answer });
        }
        self.record.talks.push(Talk {
            id: entry.id,
            lang,
            system: entry.system,
            turns: exchanges,
        });
    }

    /// In a file of one kind of question, the answer to a question about one box names it or describes it, however it is worded.
    fn answer_names(
        &mut self,
        asks: Option<Ask>,
        lang: &Lang,
        question: &Passage,
        answer: &Passage,
        said: &str,
    ) {
        let mut asked = question.regions();
        let (Some(region), None, None) = (asked.next(), asked.next(), answer.regions().next())
        else {
            return;
        };
        let said = said.trim().trim_end_matches(['.', '。']).to_owned();
        match asks {
            Some(Ask::Name) => self.say(region, |r| {
                r.names.entry(lang.clone()).or_insert(said);
            }),
            Some(Ask::Describe) => self.say(region, |r| {
                r.texts.entry(lang.clone()).or_insert(said);
            }),
            _ => {}
        }
    }

    fn passage(&mut self, side: Vec<Bound>, lang: &Lang) -> Passage {
        let mut parts = Vec::new();
        for bound in side {
            parts.push(match bound {
                Bound::Words(words) => Part::Words(words),
                Bound::Spots(name, spots) => {
                    let mut regions = Vec::new();
                    for spot in &spots {
                        regions.push(self.spoken_of(lang, &name, spot, &regions));
                    }
                    Part::Regions { name, regions }
                }
            });
        }
        Passage(parts)
    }

    fn spoken_of(&mut self, lang: &Lang, name: &str, spot: &Spot, taken: &[usize]) -> usize {
        if name.is_empty() || points(name) {
            return self.anyone(spot, true);
        }
        let before = self.record.regions.len();
        let region = self.named(lang, name, spot, &taken.iter().copied().collect());
        self.say(region, |r| {
            r.spoken |= region == before;
            r.names
                .entry(lang.clone())
                .or_insert_with(|| name.to_owned());
        });
        region
    }
}

/// Words that point at a box without naming it.
fn points(name: &str) -> bool {
    let pointing = [
        "this",
        "here",
        "region",
        "the region",
        "this region",
        "area",
        "此处",
        "这里",
        "区域",
        "该区域",
        "ここ",
        "領域",
    ];
    pointing.contains(&name.trim().to_lowercase().as_str())
}

/// What was heard of places, language by language.
#[derive(Default)]
struct Located {
    heard: Vec<(Lang, String, Vec<Spot>)>,
}

impl Located {
    /// Regions get their names, and each concept a label that says whether it is there. Where two languages were asked equally often, the
    /// nth question of one is the nth of the other.
    fn tell(self, listener: &mut Listener<'_>) {
        let mut by_lang: BTreeMap<Lang, Vec<(String, Vec<Spot>)>> = BTreeMap::new();
        for (lang, name, spots) in self.heard {
            by_lang.entry(lang).or_default().push((name, spots));
        }
        for (lang, asked) in by_lang {
            let mut taken = BTreeSet::new();
            let labels = listener.record.labels.len();
            let alike = labels == asked.len()
                && listener
                    .record
                    .labels
                    .iter()
                    .zip(&asked)
                    .all(|(label, (_, spots))| {
                        (label.presence == Presence::Absent) == spots.is_empty()
                    });
            for (nth, (name, spots)) in asked.into_iter().enumerate() {
                for spot in &spots {
                    let region = listener.named(&lang, &name, spot, &taken);
                    taken.insert(region);
                    listener.say(region, |r| r.names.insert(lang.clone(), name.clone()));
                }
                let presence = match spots.is_empty() {
                    true => Presence::Absent,
                    false => Presence::Present,
                };
                match listener.record.labels.get_mut(nth).filter(|_| alike) {
                    Some(label) => {
                        label.names.insert(lang.clone(), name);
                    }
                    None => listener.record.labels.push(Label {
                        names: Texts::from([(lang.clone(), name)]),
                        presence,
                    }),
                }
            }
        }
    }
}

/// What an exchange says, as it was understood.
enum Understood {
    Named([f64; 4], String),
    Described([f64; 4], String),
    Located(String, Vec<[f64; 4]>),
    Reported(Vec<(String, Vec<[f64; 4]>)>),
}

impl Understood {
    fn place(
        self,
        lang: Lang,
        mut place: impl FnMut([f64; 4]) -> Result<Spot, Fault>,
    ) -> Result<Heard, Fault> {
        let mut all = |boxes: Vec<[f64; 4]>| {
            boxes
                .into_iter()
                .map(&mut place)
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match self {
            Self::Named(corners, name) => Heard::Named(lang, place(corners)?, name),
            Self::Described(corners, text) => Heard::Described(lang, place(corners)?, text),
            Self::Located(name, boxes) => Heard::Located(lang, name, all(boxes)?),
            Self::Reported(sentences) => {
                let placed = sentences
                    .into_iter()
                    .map(|(text, boxes)| Ok((text, all(boxes)?)));
                Heard::Reported(lang, placed.collect::<Result<_, Fault>>()?)
            }
        })
    }
}

fn understand(question: &[Piece], answer: &[Piece]) -> Option<(&'static Known, Understood)> {
    let skeleton = passage::skeleton(question);
    let (known, name) = recognise(&skeleton)?;
    let said = passage::skeleton(answer);
    let understood = match known.ask {
        Ask::Name | Ask::Describe if said.contains(PLACE) || said.is_empty() => return None,
        Ask::Name => Understood::Named(only_box(question)?, said),
        Ask::Describe => Understood::Described(only_box(question)?, said),
        Ask::Locate => located(name, answer, &said)?,
        Ask::Report => Understood::Reported(sentences(answer)),
        Ask::Other => return None,
    };
    Some((known, understood))
}

fn boxes_of(pieces: &[Piece]) -> Vec<[f64; 4]> {
    let boxes = pieces.iter().flat_map(|piece| match piece {
        Piece::Words(_) => &[][..],
        Piece::Boxes { boxes, .. } => boxes.as_slice(),
    });
    boxes.copied().collect()
}

fn only_box(question: &[Piece]) -> Option<[f64; 4]> {
    match boxes_of(question)[..] {
        [one] => Some(one),
        _ => None,
    }
}

/// The answer that gives the places of what was asked for, or says that it is absent; `None` where it says anything besides.
fn located(name: &str, answer: &[Piece], said: &str) -> Option<Understood> {
    let boxes = boxes_of(answer);
    let absent = |lang: &Lang| {
        let words = task::regions_answer(lang, name, &[]);
        passage::read(&words, Coordinates::Grid(999))
            .is_ok_and(|words| passage::skeleton(&words) == said)
    };
    let agrees = match boxes.is_empty() {
        true => own_words().iter().any(absent),
        false => {
            let words: Vec<&str> = said
                .split(PLACE)
                .map(|w| w.trim_matches([',', ' ', ';', '，', '、', '.', '。']))
                .collect();
            words
                .iter()
                .all(|said| said.is_empty() || same_name(said, name))
        }
    };
    agrees.then(|| Understood::Located(name.to_owned(), boxes))
}

/// The sentences of a report, a line each, with the boxes after them.
fn sentences(answer: &[Piece]) -> Vec<(String, Vec<[f64; 4]>)> {
    let mut lines = vec![(String::new(), Vec::new())];
    for piece in answer {
        match piece {
            Piece::Words(words) => {
                for (nth, line) in words.split('\n').enumerate() {
                    if nth > 0 {
                        lines.push((String::new(), Vec::new()));
                    }
                    if let Some(last) = lines.last_mut() {
                        last.0.push_str(line);
                    }
                }
            }
            Piece::Boxes { name, boxes } => {
                if let Some(last) = lines.last_mut() {
                    last.0.push_str(name);
                    last.1.extend(boxes);
                }
            }
        }
    }
    lines.retain(|(text, boxes)| !text.trim().is_empty() || !boxes.is_empty());
    for (text, _) in &mut lines {
        *text = text.trim().to_owned();
    }
    lines
}

/// A conversation to be written: what it asks, and in which language.
pub(super) struct Spoken<'a> {
    pub ask: Ask,
    pub lang: &'a Lang,
    pub id: Option<&'a str>,
    pub system: Option<&'a str>,
    /// Questions and answers, without the image's place.
    pub turns: Vec<(String, String)>,
}

/// All that a record says, as conversations in these languages.
pub(super) fn spoken<'a>(
    record: &'a Record,
    langs: &'a BTreeSet<Lang>,
    how: (Notation, Coordinates),
) -> Result<Vec<Spoken<'a>>, GeometryError> {
    let mut all = Vec::new();
    for lang in langs {
        let about = Speaker { record, lang, how };
        for (ask, exchanges) in [
            (Ask::Name, about.names()),
            (Ask::Locate, about.places()),
            (Ask::Describe, about.descriptions()),
            (Ask::Report, about.report()),
        ] {
            for exchange in exchanges {
                all.push(Spoken {
                    ask,
                    lang,
                    id: None,
                    system: None,
                    turns: vec![about.write(&exchange)?],
                });
            }
        }
    }
    for talk in &record.talks {
        let about = Speaker {
            record,
            lang: &talk.lang,
            how,
        };
        let turns = talk.turns.iter().map(|turn| about.write(turn));
        all.push(Spoken {
            ask: Ask::Other,
            lang: &talk.lang,
            id: talk.id.as_deref(),
            system: talk.system.as_deref(),
            turns: turns.collect::<Result<_, _>>()?,
        });
    }
    Ok(all)
}

struct Speaker<'a> {
    record: &'a Record,
    lang: &'a Lang,
    how: (Notation, Coordinates),
}

impl Speaker<'_> {
    fn write(&self, exchange: &Exchange) -> Result<(String, String), GeometryError> {
        let text = |passage| passage::write(passage, self.record, self.how);
        Ok((text(&exchange.question)?, text(&exchange.answer)?))
    }

    fn question(&self, ask: Ask, name: &str, region: Option<usize>) -> Passage {
        let modality = self.record.image.modality.unwrap_or(Modality::Other);
        let pieces = wording(ask, self.lang, modality, name);
        let part = |piece| match piece {
            Piece::Words(words) => Part::Words(words),
            Piece::Boxes { name, .. } => Part::Regions {
                name,
                regions: region.into_iter().collect(),
            },
        };
        Passage(pieces.into_iter().map(part).collect())
    }

    /// The regions that no conversation speaks of and that are there.
    fn regions(&self) -> impl Iterator<Item = (usize, &Marked)> {
        let regions = self.record.regions.iter().enumerate();
        regions.filter(|(_, region)| !region.spoken && region.presence != Presence::Absent)
    }

    fn of_each<'s>(
        &'s self,
        ask: Ask,
        text: impl Fn(&'s Marked) -> Option<&'s String>,
    ) -> Vec<Exchange> {
        let said = self
            .regions()
            .filter_map(|(index, region)| Some((index, text(region)?.trim())));
        said.filter(|(_, text)| !text.is_empty())
            .map(|(index, text)| Exchange {
                question: self.question(ask, "", Some(index)),
                answer: words(text),
            })
            .collect()
    }

    fn names(&self) -> Vec<Exchange> {
        self.of_each(Ask::Name, |region| region.names.get(self.lang))
    }

    fn descriptions(&self) -> Vec<Exchange> {
        self.of_each(Ask::Describe, |region| region.texts.get(self.lang))
    }

    /// Each concept that is labelled or marked, the labelled ones first.
    fn places(&self) -> Vec<Exchange> {
        let mut names: Vec<&str> = Vec::new();
        let labelled = self
            .record
            .labels
            .iter()
            .filter_map(|label| label.names.get(self.lang));
        let absent = self
            .record
            .regions
            .iter()
            .filter(|r| !r.spoken && r.presence == Presence::Absent);
        let named = |region: &Marked| region.names.get(self.lang).cloned();
        let marked: Vec<String> = self
            .regions()
            .filter_map(|(_, r)| named(r))
            .chain(absent.filter_map(named))
            .collect();
        for name in labelled.chain(&marked) {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names
            .into_iter()
            .filter_map(|name| self.place(name))
            .collect()
    }

    fn place(&self, name: &str) -> Option<Exchange> {
        let called = |region: &Marked| region.names.get(self.lang).is_some_and(|said| said == name);
        let there = self.record.regions.iter().enumerate();
        let there = there.filter(|(_, r)| r.presence != Presence::Absent && called(r));
        let regions: Vec<usize> = there.map(|(index, _)| index).collect();
        let answer = match regions.is_empty() {
            true if self.is_there(name) => return None,
            true => absence(self.lang, name),
            false => Passage(vec![Part::Regions {
                name: name.to_owned(),
                regions,
            }]),
        };
        Some(Exchange {
            question: self.question(Ask::Locate, name, None),
            answer,
        })
    }

    /// Whether a label says that it is there, though no region shows where.
    fn is_there(&self, name: &str) -> bool {
        self.record.labels.iter().any(|label| {
            label.presence != Presence::Absent
                && label.names.get(self.lang).is_some_and(|said| said == name)
        })
    }

    fn report(&self) -> Vec<Exchange> {
        let mut parts = Vec::new();
        for said in &self.record.report {
            let Some(text) = said.texts.get(self.lang) else {
                continue;
            };
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let between = if parts.is_empty() { "" } else { "\n" };
            parts.push(Part::Words(format!("{between}{line}")));
            if !said.regions.is_empty() {
                let regions = said.regions.iter().copied().collect();
                let name = String::new();
                parts.push(Part::Regions { name, regions });
            }
        }
        let question = || self.question(Ask::Report, "", None);
        match parts.is_empty() {
            true => Vec::new(),
            false => vec![Exchange {
                question: question(),
                answer: Passage(parts),
            }],
        }
    }
}

fn words(text: &str) -> Passage {
    Passage(vec![Part::Words(text.to_owned())])
}

fn absence(lang: &Lang, name: &str) -> Passage {
    let pieces = passage::read(
        &task::regions_answer(lang, name, &[]),
        Coordinates::Grid(999),
    );
    let part = |piece| match piece {
        Piece::Words(words) => Part::Words(words),
        Piece::Boxes { name, .. } => Part::Regions {
            name,
            regions: Vec::new(),
        },
    };
    Passage(pieces.unwrap_or_default().into_iter().map(part).collect())
}

/// Whether a label says no more than a region of its name does.
pub(super) fn is_shown(label: &Label, regions: &[Marked]) -> bool {
    label.presence == Presence::Present
        && regions.iter().any(|region| {
            region.presence == Presence::Present
                && label
                    .names
                    .iter()
                    .any(|(lang, name)| region.names.get(lang) == Some(name))
        })
}

/// The name by which a label or a region is known where there is one language only.
pub(super) fn one_name<'a>(names: &'a Texts, lang: &Lang) -> Option<&'a str> {
    name_in(names, lang)
        .map(str::trim)
        .filter(|name| !name.is_empty())
}
