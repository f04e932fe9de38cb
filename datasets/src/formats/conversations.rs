//! Conversations as LLaVA, ShareGPT, InternVL and Qwen-VL are trained on: one reader for all of them, and a profile each for writing.

use super::complaint::{At, Complaint, Fault};
use super::elements::{Elements, Lines};
use super::gather::{Gathered, Row, Rows};
use super::passage::Notation;
use super::record::{ImagePath, Picture, Record, size_of};
use super::source::{Out, Source, Target, Text};
use super::talk::{Entry, Spoken, heard, spoken};
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::Coordinates;
use crate::lang::Lang;
use crate::medreginstruct::IMAGE_PLACEHOLDER;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Write};

/// One model family's way of writing conversations.
pub(super) struct Conversations {
    name: &'static str,
    about: &'static str,
    notation: Notation,
    coordinates: Coordinates,
    layout: Layout,
}

/// How an entry is laid out.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// `image`, and `conversations` of `human` and `gpt`.
    Llava,
    /// `images`, and the same conversations.
    ShareGpt,
    /// As LLaVA's, a line each.
    InternVl,
    /// `conversations` of `user` and `assistant`, the image's path inside the first question.
    QwenVl,
}

pub(super) const LLAVA: Conversations = Conversations {
    name: "llava",
    about: "a JSON array of conversations; boxes are `[x1, y1, x2, y2]` in shares of the sides",
    notation: Notation::Plain,
    coordinates: Coordinates::Shares,
    layout: Layout::Llava,
};

pub(super) const SHAREGPT: Conversations = Conversations {
    name: "sharegpt",
    about: "a JSON array of conversations with `images`; boxes as LLaVA's",
    notation: Notation::Plain,
    coordinates: Coordinates::Shares,
    layout: Layout::ShareGpt,
};

pub(super) const INTERNVL: Conversations = Conversations {
    name: "internvl",
    about: "JSON lines of conversations; boxes are `<ref>name</ref><box>[[x1, y1, x2, y2]]</box>` on a grid of 0 to 1000",
    notation: Notation::Tagged,
    coordinates: Coordinates::Grid(1000),
    layout: Layout::InternVl,
};

pub(super) const QWEN_VL: Conversations = Conversations {
    name: "qwen-vl",
    about: "a JSON array of conversations with `<img>`; boxes are `<box>(x1,y1),(x2,y2)</box>` on a grid of 0 to 1000",
    notation: Notation::Corners,
    coordinates: Coordinates::Grid(1000),
    layout: Layout::QwenVl,
};

pub(super) const QWEN25_VL: Conversations = Conversations {
    name: "qwen2.5-vl",
    about: "a JSON array of conversations; boxes are `{\"bbox_2d\": [x1, y1, x2, y2]}` in whole pixels of the image as it is stored",
    notation: Notation::Json,
    coordinates: Coordinates::WholePixels,
    layout: Layout::Llava,
};

impl Format for Conversations {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: self.coordinates,
            nameless: true,
            names: Langs::All,
            descriptions: Langs::All,
            presence: Presences::Absence,
            labels: Labels::Places,
            report: true,
            talks: Talks::All,
            split: true,
            modality: true,
            readers: false,
            content: false,
            bare_images: false,
        }
    }

    fn shape(&self) -> Shape {
        Shape::Stream
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        let (name, mut text) = from.file(&settings.watch)?;
        let failed = |error| Complaint::whole(name.clone(), Fault::Read(error));
        let entries = match starts_array(&mut text).map_err(failed)? {
            true => Entries::Array(Elements::new(text)),
            false => Entries::Lines(Lines::new(text)),
        };
        let reading = Reading {
            name,
            entries,
            coordinates: settings.coordinates.unwrap_or(self.coordinates),
            settings: settings.clone(),
        };
        Ok(Box::new(Gathered::new(reading, settings.watch.clone())))
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        Ok(Box::new(Writing {
            out: to.stream()?,
            layout: self.layout,
            how: (
                self.notation,
                settings.coordinates.unwrap_or(self.coordinates),
            ),
            lang: settings.lang(),
            entries: 0,
        }))
    }
}

/// Whether the document is one array and not a line for each entry.
fn starts_array(text: &mut Text) -> io::Result<bool> {
    loop {
        let buffer = text.fill_buf()?;
        let spaces = buffer
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count();
        match (buffer.get(spaces), buffer.is_empty()) {
            (Some(first), _) => return Ok(*first == b'['),
            (None, true) => return Ok(false),
            (None, false) => text.consume(spaces),
        }
    }
}

/// An entry: its number, its line, its bytes.
type Numbered = (u64, u64, Vec<u8>);

enum Entries {
    Array(Elements<Text>),
    Lines(Lines<Text>),
}

struct Reading {
    name: String,
    entries: Entries,
    coordinates: Coordinates,
    settings: Settings,
}

const EXPECTED: &str = "a conversation";

impl Reading {
    fn complaint(&self, number: u64, line: u64, fault: Fault) -> Complaint {
        let at = match &self.entries {
            Entries::Lines(_) => At::Line(line),
            Entries::Array(_) => At::Entry {
                what: "entry",
                number,
                line,
            },
        };
        Complaint {
            file: self.name.clone(),
            at,
            fault,
        }
    }

    fn next_entry(&mut self) -> Option<Result<Numbered, Complaint>> {
        let found = match &mut self.entries {
            Entries::Array(elements) => match elements.next()? {
                Ok(found) => Ok((found.number, found.line, found.bytes.to_owned())),
                Err(fault) => Err((elements.line(), fault)),
            },
            Entries::Lines(lines) => match lines.next()? {
                Ok((line, bytes)) => Ok((line, line, bytes.to_owned())),
                Err(fault) => Err((lines.number(), fault)),
            },
        };
        Some(found.map_err(|(line, fault)| Complaint {
            file: self.name.clone(),
            at: At::Line(line),
            fault,
        }))
    }
}

fn value_of(bytes: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(bytes).map_err(|e| Fault::json(EXPECTED, &e, bytes))
}

impl Rows for Reading {
    fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
        let (number, line, bytes) = match self.next_entry()? {
            Ok(found) => found,
            Err(complaint) => return Some(Err(complaint)),
        };
        let image = value_of(&bytes).and_then(|value| image_of(&value));
        let row = image.map(|image| Row {
            key: image.as_str().to_owned(),
            kind: 0,
            file: 0,
            number,
            line,
            bytes,
        });
        Some(row.map_err(|fault| self.complaint(number, line, fault)))
    }

    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
        let mut complaints = Vec::new();
        let mut entries = Vec::new();
        for row in rows {
            let entry = value_of(&row.bytes).and_then(parse);
            match entry {
                Ok(entry) => entries.push(((row.number, row.line), entry)),
                Err(fault) => complaints.push(self.complaint(row.number, row.line, fault)),
            }
        }
        let complain = |(at, line), fault| complaints.push(self.complaint(at, line, fault));
        let record = heard(key, entries, self.coordinates, &self.settings, complain);
        (record, complaints)
    }
}

/// The fields that [`parse`] knows.
const KNOWN: [&str; 13] = [
    "id",
    "image",
    "images",
    "width",
    "height",
    "conversations",
    "conversation",
    "messages",
    "system",
    "lang",
    "split",
    "question_id",
    "image_id",
];

/// An entry of any of these layouts.
pub(super) fn parse(value: Value) -> Result<Entry, Fault> {
    let Value::Object(fields) = value else {
        return Err(Fault::syntax(EXPECTED, "it is no JSON object"));
    };
    let mut remarks: Vec<String> = (fields.keys())
        .filter(|key| !KNOWN.contains(&key.as_str()))
        .map(|key| format!("fields `{key}` are not taken over"))
        .collect();
    let said = ["conversations", "messages", "conversation"];
    let said = said
        .iter()
        .find_map(|key| fields.get(*key))
        .and_then(Value::as_array);
    let said = said.ok_or(Fault::Missing("conversations"))?;
    let (system, mut turns) = turns(said)?;
    match take_placeholders(&mut turns) {
        0 => remarks.push("questions without `<image>`: it goes before the first".to_owned()),
        1 => {}
        count => {
            return Err(Fault::other(format!(
                "has `<image>` {count} times, but one image"
            )));
        }
    }
    let number = |key: &str| {
        fields
            .get(key)
            .and_then(|v| v.as_f64().or_else(|| v.get(0)?.as_f64()))
    };
    let lang = fields.get("lang").and_then(Value::as_str);
    let lang = lang.map(str::parse::<Lang>).transpose()?;
    let split = fields.get("split").and_then(Value::as_str);
    Ok(Entry {
        size: size_of(number("width"), number("height"))?,
        id: fields.get("id").and_then(text_of),
        lang,
        asks: None,
        split: split.and_then(|split| split.parse().ok()),
        system: system
            .or_else(|| fields.get("system").and_then(text_of))
            .filter(|s| !s.is_empty()),
        turns,
        remarks,
    })
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The one image of an entry, wherever it is named.
fn image_of(value: &Value) -> Result<ImagePath, Fault> {
    let fields = value
        .as_object()
        .ok_or_else(|| Fault::syntax(EXPECTED, "it is no JSON object"))?;
    let named = fields.get("image").or_else(|| fields.get("images"));
    let inside = || in_content(fields).or_else(|| in_text(fields));
    let paths: Vec<String> = match named {
        Some(Value::Array(paths)) => paths.iter().filter_map(path_of).collect(),
        Some(Value::Null) | None => inside().into_iter().collect(),
        Some(one) => path_of(one).into_iter().collect(),
    };
    match paths.as_slice() {
        [one] => ImagePath::new(one),
        [] => Err(Fault::other(
            "has no `image`: a conversation about no image has no place here",
        )),
        many => Err(Fault::other(format!(
            "is about {} images, and one is expected",
            many.len()
        ))),
    }
}

fn path_of(value: &Value) -> Option<String> {
    let path = value.as_str().or_else(|| value.get("path")?.as_str())?;
    Some(path.strip_prefix("file://").unwrap_or(path).to_owned())
}

fn messages(fields: &Map<String, Value>) -> impl Iterator<Item = &Map<String, Value>> {
    let said = ["conversations", "messages", "conversation"];
    let said = said.iter().find_map(|key| fields.get(*key)?.as_array());
    said.into_iter().flatten().filter_map(Value::as_object)
}

fn content(message: &Map<String, Value>) -> Option<&Value> {
    message.get("value").or_else(|| message.get("content"))
}

/// The image in a list of contents: `{"type": "image", "image": "…"}`.
fn in_content(fields: &Map<String, Value>) -> Option<String> {
    let contents = messages(fields)
        .filter_map(|m| content(m)?.as_array())
        .flatten();
    contents
        .filter(|part| part.get("type").and_then(Value::as_str) == Some("image"))
        .find_map(|part| path_of(part.get("image")?))
}

/// The image in Qwen-VL's text: `Picture 1: <img>path</img>`.
fn in_text(fields: &Map<String, Value>) -> Option<String> {
    let mut texts = messages(fields).filter_map(|m| content(m)?.as_str());
    texts.find_map(|text| {
        Some(
            text.split_once("<img>")?
                .1
                .split_once("</img>")?
                .0
                .to_owned(),
        )
    })
}

/// Whose turn it is, whatever they are called.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    System,
    Asks,
    Answers,
}

fn side(message: &Map<String, Value>) -> Result<Side, Fault> {
    let from = message
        .get("from")
        .or_else(|| message.get("role"))
        .and_then(Value::as_str);
    match from.map(str::to_lowercase).as_deref() {
        Some("system") => Ok(Side::System),
        Some("human" | "user") => Ok(Side::Asks),
        Some("gpt" | "assistant" | "model" | "bot" | "chatgpt") => Ok(Side::Answers),
        other => Err(Fault::other(format!(
            "has a turn of `{}`: human or user, gpt or assistant, or system is expected",
            other.unwrap_or("nobody")
        ))),
    }
}

fn words_of(message: &Map<String, Value>) -> Result<String, Fault> {
    match content(message) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Array(parts)) => {
            let text = |part: &Value| match part.get("type").and_then(Value::as_str) {
                Some("image") => Some(format!("{IMAGE_PLACEHOLDER}\n")),
                _ => part.get("text")?.as_str().map(str::to_owned),
            };
            Ok(parts.iter().filter_map(text).collect())
        }
        _ => Err(Fault::other(
            "has a turn without words: `value` or `content` is expected",
        )),
    }
}

type Turns = Vec<(String, String)>;

fn turns(said: &[Value]) -> Result<(Option<String>, Turns), Fault> {
    let mut system = None;
    let mut turns = Vec::new();
    let mut asked = None;
    for (nth, message) in said.iter().enumerate() {
        let message = message
            .as_object()
            .ok_or_else(|| Fault::syntax(EXPECTED, "a turn is no JSON object"))?;
        let words = words_of(message)?;
        match (side(message)?, asked.take()) {
            (Side::System, None) if nth == 0 => system = Some(words),
            (Side::Asks, None) => asked = Some(words),
            (Side::Answers, Some(question)) => turns.push((question, words)),
            _ => return Err(out_of_order(nth)),
        }
    }
    match asked.is_some() || turns.is_empty() {
        true => Err(out_of_order(said.len())),
        false => Ok((system, turns)),
    }
}

fn out_of_order(nth: usize) -> Fault {
    Fault::other(format!(
        "has its turns out of order at turn {}: questions, each with an answer, are expected, after instructions at most once",
        nth + 1
    ))
}

/// Takes the image's place out of the questions, and tells how often it was there.
fn take_placeholders(turns: &mut Turns) -> usize {
    let mut count = 0;
    for (question, _) in turns {
        count += question.matches(IMAGE_PLACEHOLDER).count();
        for place in ["<image>\n", "\n<image>", IMAGE_PLACEHOLDER] {
            *question = question.replace(place, "");
        }
        if let Some((before, rest)) = question.split_once("<img>")
            && let Some((_, after)) = rest.split_once("</img>")
        {
            count += 1;
            let before = before
                .trim_end()
                .strip_suffix("Picture 1:")
                .unwrap_or(before);
            *question = format!("{before}{}", after.trim_start_matches('\n'));
        }
    }
    count
}

struct Writing {
    out: Out,
    layout: Layout,
    how: (Notation, Coordinates),
    /// The language that needs no saying.
    lang: Lang,
    entries: u64,
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let langs: BTreeSet<Lang> = record.langs();
        let all = spoken(record, &langs, self.how)
            .map_err(|e| Complaint::whole(record.image.path.to_string(), e))?;
        for said in all {
            self.put(record, &said).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), Complaint> {
        let end = match (self.layout, self.entries) {
            (Layout::InternVl, _) => "",
            (_, 0) => "[]\n",
            _ => "\n]\n",
        };
        self.out.write_all(end.as_bytes()).map_err(failed)?;
        self.out.flush().map_err(failed)
    }
}

fn failed(error: io::Error) -> Complaint {
    Complaint::whole("the output", Fault::Write(error))
}

impl Writing {
    fn put(&mut self, record: &Record, said: &Spoken<'_>) -> io::Result<()> {
        let between = match (self.layout, self.entries) {
            (Layout::InternVl, _) => "",
            (_, 0) => "[\n",
            _ => ",\n",
        };
        self.out.write_all(between.as_bytes())?;
        let entry = self.entry(record, said);
        serde_json::to_writer(&mut self.out, &entry)?;
        if self.layout == Layout::InternVl {
            self.out.write_all(b"\n")?;
        }
        self.entries += 1;
        Ok(())
    }

    fn entry(&self, record: &Record, said: &Spoken<'_>) -> Value {
        let image = &record.image;
        let id = said
            .id
            .map_or_else(|| self.entries.to_string(), str::to_owned);
        let mut entry = Map::from_iter([("id".to_owned(), Value::from(id))]);
        let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
        match self.layout {
            Layout::Llava | Layout::InternVl => put("image", json!(image.path)),
            Layout::ShareGpt => put("images", json!([image.path])),
            Layout::QwenVl => None,
        };
        if let Some(size) = image.size {
            put("width", size.width().into());
            put("height", size.height().into());
        }
        if *said.lang != self.lang {
            put("lang", json!(said.lang));
        }
        if let Some(split) = image.split {
            put("split", json!(split));
        }
        put("conversations", self.turns(image, said));
        Value::Object(entry)
    }

    fn turns(&self, image: &Picture, said: &Spoken<'_>) -> Value {
        let (asks, answers) = match self.layout {
            Layout::QwenVl => ("user", "assistant"),
            _ => ("human", "gpt"),
        };
        let mut turns = Vec::new();
        let mut say = |from: &str, value: &str| turns.push(json!({ "from": from, "value": value }));
        if let Some(system) = said.system {
            say("system", system);
        }
        for (nth, (question, answer)) in said.turns.iter().enumerate() {
            match (nth, self.layout) {
                (0, Layout::QwenVl) => say(
                    asks,
                    &format!("Picture 1: <img>{}</img>\n{question}", image.path),
                ),
                (0, _) => say(asks, &format!("{IMAGE_PLACEHOLDER}\n{question}")),
                _ => say(asks, question),
            }
            say(answers, answer);
        }
        Value::Array(turns)
    }
}
