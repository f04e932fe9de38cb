//! CSV with a heading: a row for each region, label, sentence and question, or for an image of which nothing is said.
//!
//! The columns are in docs/formats.md. Other tables are read by what their columns are called ([`Field::named`]), with boxes as
//! two corners or as a corner and a size; the separator is whichever of comma, semicolon and tab the heading has most of.

use super::complaint::{At, Complaint, Fault};
use super::gather::{Gathered, Row, Rows};
use super::passage::{self, Notation};
use super::record::{Exchange, ImagePath, Label, Marked, Picture, Record, Said, Talk, size_of};
use super::source::{Out, Source, Target, Text};
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::{Coordinates, Extent, ImageSize, PixelBox};
use crate::lang::Lang;
use crate::modality::Modality;
use crate::region::Presence;
use crate::snapshot::Split;
use crate::whole::Texts;
use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};

pub(super) struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "a table with a heading, a row for each region, label, sentence or question; boxes are corners in pixels"
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: Coordinates::Pixels,
            nameless: true,
            names: Langs::Named,
            descriptions: Langs::Named,
            presence: Presences::All,
            labels: Labels::All,
            report: true,
            talks: Talks::Questions,
            split: true,
            modality: true,
            readers: true,
            content: false,
            bare_images: true,
        }
    }

    fn shape(&self) -> Shape {
        Shape::Stream
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        let (name, mut text) = from.file(&settings.watch)?;
        let (separator, two_ends) =
            separator(&mut text).map_err(|e| Complaint::whole(name.clone(), Fault::Read(e)))?;
        let mut table = ::csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .from_reader(text);
        let heading = table
            .byte_headers()
            .map_err(|e| Complaint::whole(name.clone(), fault_of(e)))?;
        let columns = headings(heading, &settings.lang())
            .map_err(|fault| Complaint::whole(name.clone(), fault))?;
        let rows = Parsed {
            rows: table.into_byte_records(),
            two_ends,
        };
        Ok(gathered(name, columns, Box::new(rows), settings))
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        let mut writing = Writing {
            out: ::csv::WriterBuilder::new().from_writer(to.stream()?),
            langs: settings.langs.clone(),
        };
        writing.head().map_err(failed)?;
        Ok(Box::new(writing))
    }
}

/// The separator, and whether lines end in two characters.
fn separator(text: &mut Text) -> io::Result<(u8, bool)> {
    let start = text.fill_buf()?;
    let heading = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = |separator: u8| heading.iter().filter(|b| **b == separator).count();
    let separators = [b',', b';', b'\t'].into_iter().rev();
    let separator = separators.max_by_key(|s| count(*s)).unwrap_or(b',');
    Ok((separator, heading.ends_with(b"\r")))
}

fn fault_of(error: ::csv::Error) -> Fault {
    match error.kind() {
        ::csv::ErrorKind::Utf8 { .. } => Fault::NotUtf8,
        ::csv::ErrorKind::Io(_) => match error.into_kind() {
            ::csv::ErrorKind::Io(error) => Fault::Read(error),
            _ => Fault::NotUtf8,
        },
        _ => Fault::syntax("CSV", error),
    }
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Kind,
    Image,
    ImageId,
    Width,
    Height,
    Split,
    Modality,
    Id,
    X0,
    Y0,
    X1,
    Y1,
    W,
    H,
    Presence,
    Regions,
    Reader,
    Choice(char),
    Right,
    Name(Lang),
    Text(Lang),
    Question(Lang),
}

impl Field {
    /// What a column of this name holds. Besides our own names those of common tables: VinDr-CXR's, MS-CXR's, detectors' results.
    fn named(column: &str, lang: &Lang) -> Result<Option<Self>, Fault> {
        let known = match column.trim().to_lowercase().as_str() {
            "kind" => Self::Kind,
            "image" | "file_name" | "filename" | "file" | "path" | "image_path" | "img_path"
            | "figure_path" | "image_name" => Self::Image,
            "image_id" | "dicom_id" | "img_id" => Self::ImageId,
            "width" | "image_width" | "img_width" => Self::Width,
            "height" | "image_height" | "img_height" => Self::Height,
            "split" => Self::Split,
            "modality" => Self::Modality,
            "id" | "region_id" | "annotation_id" => Self::Id,
            "x0" | "xmin" | "x_min" | "left" => Self::X0,
            "y0" | "ymin" | "y_min" | "top" => Self::Y0,
            "x1" | "xmax" | "x_max" | "x2" | "right" => Self::X1,
            "y1" | "ymax" | "y_max" | "y2" | "bottom" => Self::Y1,
            "x" => Self::X0,
            "y" => Self::Y0,
            "w" | "box_width" | "bbox_width" => Self::W,
            "h" | "box_height" | "bbox_height" => Self::H,
            "presence" => Self::Presence,
            "regions" => Self::Regions,
            "reader" | "rad_id" | "reader_id" => Self::Reader,
            "choice a" => Self::Choice('A'),
            "choice b" => Self::Choice('B'),
            "choice c" => Self::Choice('C'),
            "choice d" => Self::Choice('D'),
            "answer_label" => Self::Right,
            "name" | "class" | "class_name" | "label" | "category" | "category_name" => {
                Self::Name(lang.clone())
            }
            "text" | "label_text" | "caption" | "description" => Self::Text(lang.clone()),
            "question" => Self::Question(lang.clone()),
            "answer" => Self::Text(lang.clone()),
            _ => return Self::in_lang(column.trim()),
        };
        Ok(Some(known))
    }

    fn in_lang(column: &str) -> Result<Option<Self>, Fault> {
        let Some((what, tag)) = column.split_once('_') else {
            return Ok(None);
        };
        let field: fn(Lang) -> Self = match what {
            "name" => Self::Name,
            "text" => Self::Text,
            "question" => Self::Question,
            _ => return Ok(None),
        };
        Ok(Some(field(tag.parse()?)))
    }
}

/// What each column holds, and what it is called.
type Columns = Vec<(Option<Field>, String)>;

fn headings(heading: &::csv::ByteRecord, lang: &Lang) -> Result<Columns, Fault> {
    let names: Result<Vec<&str>, _> = heading.iter().map(std::str::from_utf8).collect();
    columns(&names.map_err(|_| Fault::NotUtf8)?, lang)
}

/// What the columns of a table hold, by what they are called.
fn columns(names: &[&str], lang: &Lang) -> Result<Columns, Fault> {
    let has = |called: &str| {
        names
            .iter()
            .any(|name| name.trim().eq_ignore_ascii_case(called))
    };
    // With a second pair of corners, `x1` is the left edge.
    let two_corners = has("x2");
    let mut columns = Vec::new();
    for name in names {
        let field = match name.trim().to_lowercase().as_str() {
            // What is answered is not what stands under the picture.
            "caption" if has("answer") => None,
            "x1" if two_corners => Some(Field::X0),
            "y1" if two_corners => Some(Field::Y0),
            _ => Field::named(name, lang)?,
        };
        columns.push((field, name.trim().to_owned()));
    }
    let image = [Some(Field::Image), Some(Field::ImageId)];
    match columns.iter().any(|(known, _)| image.contains(known)) {
        true => Ok(columns),
        false => Err(Fault::other(
            "has no column that names the image: `image`, `file_name` or `image_id` is expected",
        )),
    }
}

/// Where the rows of a table come from.
pub(super) trait Cells {
    /// The next row, or why there is none, with its number.
    fn next(&mut self) -> Option<(u64, Result<Found, Fault>)>;
}

/// A row as it was found.
pub(super) struct Found {
    /// Its cells, as many as there are columns at most.
    pub cells: Vec<String>,
    /// The image file, where the table holds it.
    pub content: Option<Vec<u8>>,
}

/// The records of a table whose columns are called so.
pub(super) fn table(
    name: String,
    called: &[&str],
    rows: Box<dyn Cells>,
    settings: &Settings,
) -> Result<Records, Fault> {
    let columns = columns(called, &settings.lang())?;
    Ok(gathered(name, columns, rows, settings))
}

fn gathered(name: String, columns: Columns, rows: Box<dyn Cells>, settings: &Settings) -> Records {
    let reading = Reading {
        name,
        rows,
        columns,
        waiting: None,
        settings: settings.clone(),
    };
    Box::new(Gathered::new(reading, settings.watch.clone()))
}

/// The rows of a CSV file.
struct Parsed {
    rows: ::csv::ByteRecordsIntoIter<Text>,
    /// Of an end of two characters the parser counts the second one to the next row.
    two_ends: bool,
}

impl Cells for Parsed {
    fn next(&mut self) -> Option<(u64, Result<Found, Fault>)> {
        loop {
            let record = match self.rows.next()? {
                Ok(record) => record,
                Err(error) => {
                    let line = error.position().map_or(0, ::csv::Position::line);
                    return Some((line, Err(fault_of(error))));
                }
            };
            let line = record.position().map_or(0, ::csv::Position::line);
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            let cells = record
                .iter()
                .map(|cell| Ok(std::str::from_utf8(cell)?.to_owned()));
            let cells: Result<Vec<String>, std::str::Utf8Error> = cells.collect();
            let found = cells.map_err(|_| Fault::NotUtf8);
            let found = found.map(|cells| Found {
                cells,
                content: None,
            });
            return Some((line + u64::from(self.two_ends), found));
        }
    }
}

/// Rows of cells, and image files that came with some.
const CELLS: u8 = 0;
const CONTENT: u8 = 1;

struct Reading {
    name: String,
    rows: Box<dyn Cells>,
    columns: Columns,
    /// The image file that came with the row before.
    waiting: Option<Row>,
    settings: Settings,
}

struct Line<'a> {
    columns: &'a [(Option<Field>, String)],
    cells: &'a [String],
}

/// A choice without the letter that may stand before it.
fn without_letter(letter: char, text: &str) -> &str {
    let bare = text.trim().strip_prefix(letter);
    bare.and_then(|text| text.strip_prefix(':'))
        .map_or(text.trim(), str::trim)
}

impl<'a> Line<'a> {
    fn get(&self, field: &Field) -> Option<&'a str> {
        let column = self
            .columns
            .iter()
            .position(|(known, _)| known.as_ref() == Some(field))?;
        self.cells
            .get(column)
            .map(|cell| cell.trim())
            .filter(|cell| !cell.is_empty())
    }

    fn number(&self, field: &Field) -> Result<Option<f64>, Fault> {
        let Some(text) = self.get(field) else {
            return Ok(None);
        };
        let number = text.parse().or_else(|_| text.replace(',', ".").parse());
        number
            .map(Some)
            .map_err(|_| Fault::other(format!("`{text}` is no number")))
    }

    fn texts(&self, wanted: impl Fn(&Field) -> Option<&Lang>) -> Texts {
        let cells = self.columns.iter().zip(self.cells);
        cells
            .filter_map(|((field, _), cell)| {
                Some((wanted(field.as_ref()?)?.clone(), cell.trim().to_owned()))
            })
            .filter(|(_, cell)| !cell.is_empty())
            .collect()
    }

    fn names(&self) -> Texts {
        self.texts(|field| match field {
            Field::Name(lang) => Some(lang),
            _ => None,
        })
    }

    fn said(&self) -> Texts {
        self.texts(|field| match field {
            Field::Text(lang) => Some(lang),
            _ => None,
        })
    }

    fn asked(&self) -> Texts {
        self.texts(|field| match field {
            Field::Question(lang) => Some(lang),
            _ => None,
        })
    }

    fn image(&self) -> Result<ImagePath, Fault> {
        let named = self
            .get(&Field::Image)
            .or_else(|| self.get(&Field::ImageId));
        ImagePath::new(named.ok_or(Fault::Missing("image"))?)
    }

    /// The box; `None` where no cell of it is filled.
    fn corners(&self) -> Result<Option<[f64; 4]>, Fault> {
        let [x0, y0, x1, y1, w, h] = [
            Field::X0,
            Field::Y0,
            Field::X1,
            Field::Y1,
            Field::W,
            Field::H,
        ]
        .map(|field| self.number(&field));
        let (x0, y0, x1, y1, w, h) = (x0?, y0?, x1?, y1?, w?, h?);
        match (
            x0,
            y0,
            x1.or(x0.zip(w).map(|(x, w)| x + w)),
            y1.or(y0.zip(h).map(|(y, h)| y + h)),
        ) {
            (None, None, None, None) => Ok(None),
            (Some(x0), Some(y0), Some(x1), Some(y1)) => Ok(Some([x0, y0, x1, y1])),
            _ => Err(Fault::other("has a box with a number missing")),
        }
    }

    fn size(&self) -> Result<Option<ImageSize>, Fault> {
        size_of(self.number(&Field::Width)?, self.number(&Field::Height)?)
    }

    /// A question that offers answers lists them, and is answered by one of them with its letter, as PMC-VQA has it.
    fn with_choices(&self, question: String, answer: String) -> (String, String) {
        let choices = ['A', 'B', 'C', 'D'].map(|letter| {
            let text = self.get(&Field::Choice(letter))?;
            Some((letter, without_letter(letter, text)))
        });
        let choices = || choices.iter().flatten();
        let listed = choices().map(|(letter, text)| format!("\n{letter}: {text}"));
        let given = self.get(&Field::Right).unwrap_or(&answer).trim();
        let right = choices().find(|(letter, text)| {
            given == letter.to_string() || without_letter(*letter, given) == *text
        });
        let right = right.map(|(letter, text)| format!("{letter}: {text}"));
        let listed: String = listed.collect();
        (question + &listed, right.unwrap_or(answer))
    }

    fn presence(&self) -> Result<Presence, Fault> {
        match self.get(&Field::Presence) {
            None | Some("present") => Ok(Presence::Present),
            Some("absent") => Ok(Presence::Absent),
            Some("uncertain") => Ok(Presence::Uncertain),
            Some(other) => Err(Fault::other(format!(
                "has a presence of `{other}`: present, absent or uncertain is expected"
            ))),
        }
    }
}

impl Reading {
    fn complaint(&self, line: u64, fault: Fault) -> Complaint {
        Complaint {
            file: self.name.clone(),
            at: At::Line(line),
            fault,
        }
    }

    /// A row put in its place; an image file that came with it waits.
    fn row(&mut self, line: u64, found: Found) -> Result<Row, Fault> {
        let (cells, most) = (found.cells, self.columns.len());
        if cells.len() > most {
            let has = cells.len();
            return Err(Fault::other(format!("has {has} cells, the heading {most}")));
        }
        let said = Line {
            columns: &self.columns,
            cells: &cells,
        };
        let row = |kind, key: &str, bytes| Row {
            key: key.to_owned(),
            kind,
            file: 0,
            number: line,
            line,
            bytes,
        };
        let image = said.image()?;
        let bytes = serde_json::to_vec(&cells).map_err(|e| Fault::syntax("JSON", e))?;
        self.waiting = (found.content).map(|content| row(CONTENT, image.as_str(), content));
        Ok(row(CELLS, image.as_str(), bytes))
    }
}

impl Rows for Reading {
    fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
        if let Some(waiting) = self.waiting.take() {
            return Some(Ok(waiting));
        }
        let (line, found) = self.rows.next()?;
        let row = found.and_then(|found| self.row(line, found));
        Some(row.map_err(|fault| self.complaint(line, fault)))
    }

    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
        let Ok(path) = ImagePath::new(key) else {
            return (None, Vec::new());
        };
        let mut table = OfImage {
            record: Record::new(Picture::new(path)),
            regions: Vec::new(),
            lang: self.settings.lang(),
        };
        let (mut complaints, mut understood, mut asked) = (Vec::new(), false, Vec::new());
        let mut content = None;
        for row in rows {
            match row.kind {
                CONTENT => content = Some(row.bytes),
                _ => asked.extend(
                    serde_json::from_slice(&row.bytes).map(|cells: Vec<String>| (row.line, cells)),
                ),
            }
        }
        let lines = || {
            asked.iter().map(|(number, cells)| {
                let columns = &self.columns;
                (*number, Line { columns, cells })
            })
        };
        let size = lines().find_map(|(_, line)| line.size().ok().flatten());
        let image = &mut table.record.image;
        image.size = size;
        if let Some(content) = content {
            image.hold(content);
        }
        image.size = image
            .size
            .or_else(|| self.settings.images.size(&image.path));
        for (number, line) in lines() {
            match table.take(&line) {
                Ok(()) => understood = true,
                Err(fault) => complaints.push(self.complaint(number, fault)),
            }
        }
        if understood {
            let passed_over = self.columns.iter().filter(|(field, _)| field.is_none());
            for (_, column) in passed_over {
                table.record.remark(&format!(
                    "images with a column `{column}`, which is not taken over"
                ));
            }
        }
        (understood.then_some(table.record), complaints)
    }
}

/// The rows about one image.
struct OfImage {
    record: Record,
    /// The place of each row of a region among the regions; `None` where the row was refused.
    regions: Vec<Option<usize>>,
    lang: Lang,
}

impl OfImage {
    fn take(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let kind = line.get(&Field::Kind);
        let corners = line.corners();
        let region = kind == Some("region") || kind.is_none() && !matches!(corners, Ok(None));
        if region {
            self.regions.push(None);
        }
        self.about_image(line)?;
        match kind {
            Some("region") | None if region => {
                self.region(line, corners?.ok_or(Fault::Missing("box"))?)
            }
            Some("image") => Ok(()),
            Some("label") => self.label(line),
            Some("sentence") => self.sentence(line),
            Some("question") => self.question(line),
            None if !line.asked().is_empty() => self.question(line),
            None if !line.names().is_empty() => self.label(line),
            None if !line.said().is_empty() => self.sentence(line),
            None => Ok(()),
            Some(other) => Err(Fault::other(format!(
                "is a `{other}`: image, region, label, sentence or question is expected"
            ))),
        }
    }

    fn about_image(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        if let (Some(this), Some(before)) = (line.size()?, self.record.image.size)
            && this != before
        {
            let say = |size: ImageSize| format!("{}×{}", size.width(), size.height());
            return Err(Fault::OtherSize {
                this: say(this),
                before: say(before),
            });
        }
        let split: Option<Split> = line
            .get(&Field::Split)
            .map(str::parse)
            .transpose()
            .map_err(Fault::Other)?;
        let modality: Option<Modality> = line.get(&Field::Modality).and_then(|m| m.parse().ok());
        let image = &mut self.record.image;
        image.split = image.split.or(split);
        image.modality = image.modality.or(modality);
        if image.id.is_none() && line.get(&Field::Image).is_some() {
            image.id = line.get(&Field::ImageId).map(str::to_owned);
        }
        Ok(())
    }

    fn region(&mut self, line: &Line<'_>, corners: [f64; 4]) -> Result<(), Fault> {
        let (bbox, cut) = PixelBox::fitted(corners, self.record.image.size)?;
        if cut {
            self.record
                .remark("boxes reached up to a pixel outside their image, and that was cut off");
        }
        let mut region = Marked::new(Extent::Pixels(bbox));
        region.id = line.get(&Field::Id).map(str::to_owned);
        region.names = line.names();
        region.texts = line.said();
        region.presence = line.presence()?;
        region.reader = line.get(&Field::Reader).map(str::to_owned);
        if let Some(place) = self.regions.last_mut() {
            *place = Some(self.record.regions.len());
        }
        self.record.regions.push(region);
        Ok(())
    }

    /// A row about no box. `No finding`, as VinDr-CXR has it, says of the image that nothing is there.
    fn label(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let (names, presence) = (line.names(), line.presence()?);
        let label = Label { names, presence };
        if !self.record.labels.contains(&label) {
            self.record.labels.push(label);
        }
        Ok(())
    }

    fn sentence(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let named = line
            .get(&Field::Regions)
            .unwrap_or_default()
            .split_whitespace();
        let mut regions = std::collections::BTreeSet::new();
        for number in named {
            let place: Option<usize> = number.parse().ok().filter(|n| *n > 0);
            let region = place
                .and_then(|n| self.regions.get(n - 1))
                .copied()
                .flatten();
            regions.insert(region.ok_or_else(|| Fault::Unknown {
                what: "region row before this one with number",
                id: number.to_owned(),
            })?);
        }
        self.record.report.push(Said {
            texts: line.said(),
            regions,
        });
        Ok(())
    }

    fn question(&mut self, line: &Line<'_>) -> Result<(), Fault> {
        let (asked, answered) = (line.asked(), line.said());
        for (lang, question) in asked {
            let answer = answered.get(&lang).cloned();
            let answer = answer.or_else(|| line.get(&Field::Right).map(str::to_owned));
            let answer = answer.ok_or(Fault::Missing("answer"))?;
            let (question, answer) = line.with_choices(question, answer);
            let [question, answer] =
                [question, answer].map(|text| passage::heard(&mut self.record, &self.lang, &text));
            self.record.talks.push(Talk {
                id: line.get(&Field::Id).map(str::to_owned),
                lang,
                system: None,
                turns: vec![Exchange {
                    question: question?,
                    answer: answer?,
                }],
            });
        }
        Ok(())
    }
}

struct Writing {
    out: ::csv::Writer<Out>,
    langs: Vec<Lang>,
}

/// The columns before those of the languages.
const COLUMNS: [&str; 15] = [
    "kind", "image", "image_id", "width", "height", "split", "modality", "id", "x0", "y0", "x1",
    "y1", "presence", "regions", "reader",
];

fn failed(error: ::csv::Error) -> Complaint {
    Complaint::whole("the output", Fault::Write(io::Error::from(error)))
}

impl Writing {
    fn head(&mut self) -> Result<(), ::csv::Error> {
        let mut columns: Vec<String> = COLUMNS.map(str::to_owned).to_vec();
        for what in ["name", "text", "question"] {
            columns.extend(self.langs.iter().map(|lang| format!("{what}_{lang}")));
        }
        self.out.write_record(columns)
    }

    /// One row: cells by the names of their columns, and what is said in each language.
    fn row(
        &mut self,
        record: &Record,
        cells: BTreeMap<&str, String>,
        said: [&Texts; 3],
    ) -> Result<(), Complaint> {
        let image = &record.image;
        let size =
            |side: fn(&ImageSize) -> u32| image.size.as_ref().map(|size| side(size).to_string());
        let cell = |column: &str| match column {
            "image" => Some(image.path.as_str().to_owned()),
            "image_id" => image.id.clone(),
            "width" => size(ImageSize::width),
            "height" => size(ImageSize::height),
            "split" => image.split.map(|split| split.to_string()),
            "modality" => image.modality.map(|modality| modality.to_string()),
            other => cells.get(other).cloned(),
        };
        let mut row: Vec<String> = COLUMNS
            .iter()
            .map(|column| cell(column).unwrap_or_default())
            .collect();
        for texts in said {
            row.extend(
                self.langs
                    .iter()
                    .map(|lang| texts.get(lang).cloned().unwrap_or_default()),
            );
        }
        self.out.write_record(row).map_err(failed)
    }
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let none = Texts::new();
        let kind = |kind: &str| ("kind", kind.to_owned());
        let placed = |error| Complaint::whole(record.image.path.to_string(), Fault::Box(error));
        for region in &record.regions {
            let corners = region
                .extent
                .pixels(record.image.size)
                .map_err(placed)?
                .corners();
            let [x0, y0, x1, y1] = corners.map(|c| c.to_string());
            let id = region.id.clone().unwrap_or_default();
            let presence = region.presence.as_str().to_owned();
            let reader = region.reader.clone().unwrap_or_default();
            let cells = [
                kind("region"),
                ("id", id),
                ("x0", x0),
                ("y0", y0),
                ("x1", x1),
                ("y1", y1),
                ("presence", presence),
                ("reader", reader),
            ];
            self.row(record, cells.into(), [&region.names, &region.texts, &none])?;
        }
        for label in &record.labels {
            let cells = [
                kind("label"),
                ("presence", label.presence.as_str().to_owned()),
            ];
            self.row(record, cells.into(), [&label.names, &none, &none])?;
        }
        for said in &record.report {
            let regions: Vec<String> = said
                .regions
                .iter()
                .map(|region| (region + 1).to_string())
                .collect();
            let cells = [kind("sentence"), ("regions", regions.join(" "))];
            self.row(record, cells.into(), [&none, &said.texts, &none])?;
        }
        for talk in &record.talks {
            for turn in &talk.turns {
                let text = |passage| {
                    passage::write(passage, record, (Notation::Tagged, Coordinates::Pixels))
                        .map_err(placed)
                };
                let question = Texts::from([(talk.lang.clone(), text(&turn.question)?)]);
                let answer = Texts::from([(talk.lang.clone(), text(&turn.answer)?)]);
                let cells = [
                    kind("question"),
                    ("id", talk.id.clone().unwrap_or_default()),
                ];
                self.row(record, cells.into(), [&none, &answer, &question])?;
            }
        }
        let bare = record.regions.is_empty()
            && record.labels.is_empty()
            && record.report.is_empty()
            && record.talks.is_empty();
        match bare {
            true => self.row(record, [kind("image")].into(), [&none, &none, &none]),
            false => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> Result<(), Complaint> {
        let failed = |error| Complaint::whole("the output", Fault::Write(error));
        let mut out = self.out.into_inner().map_err(|e| failed(e.into_error()))?;
        out.flush().map_err(failed)
    }
}
