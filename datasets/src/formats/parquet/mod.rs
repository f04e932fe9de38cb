//! Parquet as Hugging Face's `datasets` loads it: a file for each split, a row for each image, its regions as a list in the row.
//!
//! Image files go into the column `image` where they are at hand. Files of others are read as tables, by what their columns are called
//! ([`csv`](super::csv)), which is how VQA-RAD and PathVQA are published: a row for each question, with the image in it.

mod columns;

use super::complaint::{At, Complaint, Fault};
use super::csv::{self, Cells, Found};
use super::entry::Entry;
use super::record::{ImagePath, Record};
use super::source::{self, Folder, Out, Source, Target};
use super::webdataset::ending;
use super::{Carries, Format, Langs, Records, Settings, Shape, Writer};
use crate::ids::Digest;
use crate::lang::Lang;
use crate::snapshot::Split;
use ::parquet::basic::Compression;
use ::parquet::column::writer::ColumnWriter;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::{EnabledStatistics, WriterProperties};
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::record::reader::RowIter;
use ::parquet::record::{Field, Row};
use ::parquet::schema::parser::parse_message_type;
use ::parquet::schema::types::ColumnPath;
use columns::{Column, Leaf, Rows, Values};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(super) struct Parquet;

/// Rows go to the disk together when they take so much memory,
const MOST_BYTES: usize = 16 << 20;
/// or are so many.
const MOST_ROWS: u64 = 10_000;

impl Format for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }

    fn about(&self) -> &'static str {
        "a folder with data/*.parquet, a row for each image, as Hugging Face's datasets loads it; boxes are corners in pixels"
    }

    fn carries(&self) -> Carries {
        Carries {
            names: Langs::Named,
            descriptions: Langs::Named,
            ..Carries::EVERYTHING
        }
    }

    fn shape(&self) -> Shape {
        Shape::Folder
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        let folder = from.folder()?;
        let files = source::listed(&from, "parquet")?;
        let ours = match files.first() {
            Some(first) => open(&folder, first)?.is_ours(),
            None => true,
        };
        match ours {
            true => Ok(Box::new(Reading {
                folder,
                waiting: files.into(),
                rows: None,
                ready: VecDeque::new(),
                settings: settings.clone(),
            })),
            false => tables(&folder, files, settings),
        }
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        let langs = match settings.langs.as_slice() {
            [] => vec![Lang::en()],
            langs => langs.to_vec(),
        };
        Ok(Box::new(Writing {
            folder: to.folder()?,
            columns: columns::columns(&langs),
            files: BTreeMap::new(),
            settings: settings.clone(),
        }))
    }
}

struct Writing {
    folder: Folder,
    columns: Vec<Column>,
    files: BTreeMap<Split, Written>,
    settings: Settings,
}

struct Written {
    path: String,
    file: SerializedFileWriter<Out>,
    waiting: Rows,
}

fn properties(columns: &[Column]) -> WriterProperties {
    let features = KeyValue::new(
        "huggingface".to_owned(),
        columns::features(columns).to_string(),
    );
    let image = || ColumnPath::from(vec!["image".to_owned(), "bytes".to_owned()]);
    WriterProperties::builder()
        .set_created_by("medreg".to_owned())
        .set_key_value_metadata(Some(vec![features]))
        .set_compression(Compression::SNAPPY)
        // Image files are compressed and seldom equal.
        .set_column_compression(image(), Compression::UNCOMPRESSED)
        .set_column_dictionary_enabled(image(), false)
        .set_column_statistics_enabled(image(), EnabledStatistics::None)
        .build()
}

impl Written {
    fn begin(folder: &Folder, columns: &[Column], split: Split) -> Result<Self, Complaint> {
        let path = format!("data/{split}.parquet");
        let out = folder.create(&path);
        let out = out.map_err(|error| Folder::failed(&path, error))?;
        let schema = parse_message_type(&columns::schema(columns));
        let file = schema.and_then(|schema| {
            let properties = Arc::new(properties(columns));
            SerializedFileWriter::new(out, Arc::new(schema), properties)
        });
        Ok(Self {
            file: file.map_err(|error| failed(&path, error))?,
            path,
            waiting: Rows::new(columns),
        })
    }

    /// Writes the rows that wait.
    fn flush(&mut self, columns: &[Column]) -> Result<(), Complaint> {
        let rows = std::mem::replace(&mut self.waiting, Rows::new(columns));
        let put = || -> Result<(), ParquetError> {
            let mut group = self.file.next_row_group()?;
            for leaf in rows.leaves {
                let missing = || ParquetError::General("a column is missing".to_owned());
                let mut column = group.next_column()?.ok_or_else(missing)?;
                put(&leaf, column.untyped())?;
                column.close()?;
            }
            group.close().map(|_| ())
        };
        put().map_err(|error| failed(&self.path, error))
    }
}

fn put(leaf: &Leaf, column: &mut ColumnWriter<'_>) -> Result<(), ParquetError> {
    let (defined, repeated) = (
        Some(leaf.defined.as_slice()),
        Some(leaf.repeated.as_slice()),
    );
    match (&leaf.values, column) {
        (Values::Bytes(values), ColumnWriter::ByteArrayColumnWriter(to)) => {
            to.write_batch(values, defined, repeated)?;
        }
        (Values::Whole(values), ColumnWriter::Int32ColumnWriter(to)) => {
            to.write_batch(values, defined, repeated)?;
        }
        (Values::Real(values), ColumnWriter::DoubleColumnWriter(to)) => {
            to.write_batch(values, defined, repeated)?;
        }
        _ => {
            return Err(ParquetError::General(
                "a column has another type".to_owned(),
            ));
        }
    }
    Ok(())
}

fn failed(path: &str, error: ParquetError) -> Complaint {
    let told = error.to_string();
    let error = match error {
        ParquetError::External(source) => match source.downcast::<std::io::Error>() {
            Ok(error) => *error,
            Err(other) => std::io::Error::other(other),
        },
        _ => std::io::Error::other(told),
    };
    Complaint::whole(path, Fault::Write(error))
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        use std::collections::btree_map::Entry as Slot;
        let path = &record.image.path;
        let whole = |fault: Fault| Complaint::whole(path.as_str(), fault);
        let entry = Entry::of(record).map_err(|e| whole(e.into()))?;
        let row = serde_json::to_value(&entry).map_err(|e| whole(Fault::syntax("JSON", e)))?;
        let image = self.settings.held(record)?;
        let split = record.image.split.unwrap_or(Split::Train);
        let file = match self.files.entry(split) {
            Slot::Occupied(open) => open.into_mut(),
            Slot::Vacant(new) => new.insert(Written::begin(&self.folder, &self.columns, split)?),
        };
        let row = with_path(row, path);
        file.waiting.add(&self.columns, &row, image.as_deref());
        match file.waiting.bytes >= MOST_BYTES || file.waiting.rows >= MOST_ROWS {
            true => file.flush(&self.columns),
            false => Ok(()),
        }
    }

    fn finish(self: Box<Self>) -> Result<(), Complaint> {
        let columns = self.columns;
        for mut written in self.files.into_values() {
            written.flush(&columns)?;
            let Written { path, file, .. } = written;
            file.close().map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}

/// The column of the image has parts: its file and its path.
fn with_path(mut row: Value, path: &ImagePath) -> Value {
    if let Some(row) = row.as_object_mut() {
        row.insert("image".to_owned(), json!({ "path": path.as_str() }));
    }
    row
}

/// A file that is read row by row.
struct Opened {
    name: String,
    split: Option<Split>,
    columns: Vec<String>,
    rows: RowIter<'static>,
    row: u64,
}

/// Bytes of rows that are read at once, about.
const BATCH: i64 = 4 << 20;

fn open(folder: &Path, name: &str) -> Result<Opened, Complaint> {
    let whole = |fault| Complaint::whole(name, fault);
    let file = File::open(folder.join(name)).map_err(|e| whole(Fault::Read(e)))?;
    // On a damaged file the reader may not only say no, but break.
    let opened = catch_unwind(|| SerializedFileReader::new(file));
    let opened = opened.map_err(|_| whole(damaged("its end cannot be read")))?;
    let reader = opened.map_err(|error| whole(damaged(error)))?;
    let metadata = reader.metadata();
    let schema = metadata.file_metadata().schema();
    let columns = schema.get_fields().iter();
    let columns = columns.map(|column| column.name().to_owned()).collect();
    let groups = metadata.row_groups().iter();
    let bytes: i64 = groups.map(|group| group.total_byte_size().max(0)).sum();
    let of_a_row = bytes / metadata.file_metadata().num_rows().max(1);
    let batch = (BATCH / of_a_row.max(1)).clamp(1, 1024);
    Ok(Opened {
        name: name.to_owned(),
        split: source::split_in(name),
        columns,
        rows: RowIter::from_file_into(Box::new(reader)).with_batch_size(batch as usize),
        row: 0,
    })
}

fn damaged(why: impl std::fmt::Display) -> Fault {
    Fault::syntax("Parquet", why)
}

impl Opened {
    fn is_ours(&self) -> bool {
        let has = |name: &str| self.columns.iter().any(|column| column == name);
        has("image") && has("regions")
    }

    /// The next row; after one that cannot be read there is none.
    fn next(&mut self) -> Option<Result<Row, Fault>> {
        self.row += 1;
        let next = catch_unwind(AssertUnwindSafe(|| self.rows.next()));
        next.map_or_else(
            |_| Some(Err(damaged("a value is of a kind that is not read"))),
            |row| row.map(|row| row.map_err(damaged)),
        )
    }
}

/// The records of files of ours.
struct Reading {
    folder: PathBuf,
    waiting: VecDeque<String>,
    rows: Option<Opened>,
    ready: VecDeque<Result<Record, Complaint>>,
    settings: Settings,
}

impl Reading {
    /// What a row says; what is wrong with it waits.
    fn take(&mut self, opened: &Opened, row: Row) {
        let complaint = |fault| Complaint {
            file: opened.name.clone(),
            at: At::Nth("row", opened.row),
            fault,
        };
        match read(row) {
            Ok((mut record, faults)) => {
                self.ready
                    .extend(faults.into_iter().map(complaint).map(Err));
                record.image.split = record.image.split.or(opened.split);
                let image = &mut record.image;
                let found = || self.settings.images.size(&image.path);
                image.size = image.size.or_else(found);
                self.ready.push_back(Ok(record));
            }
            Err(fault) => self.ready.push_back(Err(complaint(fault))),
        }
    }
}

/// A record, and what is wrong with parts of it.
fn read(row: Row) -> Result<(Record, Vec<Fault>), Fault> {
    let mut content = None;
    let mut said = Map::new();
    let mut path = None;
    for (name, field) in row.into_columns() {
        match (name.as_str(), field) {
            ("image", field) => (path, content) = image(field),
            (_, field) => {
                said.insert(name, value(field));
            }
        }
    }
    let path = path.map_or_else(
        || named_by(content.as_deref()),
        |path| ImagePath::new(&path),
    )?;
    said.retain(|_, value| !value.is_null());
    let entry: Entry =
        serde_json::from_value(said.into()).map_err(|e| Fault::syntax("a row", e))?;
    let (mut record, faults) = entry.record(path);
    if let Some(content) = content {
        record.image.hold(content);
    }
    Ok((record, faults))
}

/// The path and the file of an image.
fn image(field: Field) -> (Option<String>, Option<Vec<u8>>) {
    let (mut path, mut content) = (None, None);
    match field {
        Field::Group(row) => {
            for (name, part) in row.into_columns() {
                match part {
                    Field::Str(text) if name == "path" && !text.is_empty() => path = Some(text),
                    Field::Bytes(bytes) if name == "bytes" => content = Some(bytes.data().to_vec()),
                    _ => {}
                }
            }
        }
        Field::Bytes(bytes) => content = Some(bytes.data().to_vec()),
        Field::Str(text) => path = Some(text),
        _ => {}
    }
    (path, content)
}

/// What an image without a name is called: by the hash of its file.
fn named_by(content: Option<&[u8]>) -> Result<ImagePath, Fault> {
    let content = content.ok_or(Fault::Missing("image"))?;
    let ending = ending(&ImagePath::new("x")?, content);
    ImagePath::new(&format!("images/{}.{ending}", Digest::of(content)))
}

fn value(field: Field) -> Value {
    match field {
        Field::Bool(value) => value.into(),
        Field::Byte(n) => n.into(),
        Field::Short(n) => n.into(),
        Field::Int(n) => n.into(),
        Field::Long(n) => n.into(),
        Field::UByte(n) => n.into(),
        Field::UShort(n) => n.into(),
        Field::UInt(n) => n.into(),
        Field::ULong(n) => n.into(),
        Field::Float(n) => f64::from(n).into(),
        Field::Double(n) => n.into(),
        Field::Str(text) => text.into(),
        Field::Group(row) => {
            let parts = row.into_columns().into_iter();
            let parts = parts.map(|(name, part)| (name, value(part)));
            parts
                .filter(|(_, part)| !part.is_null())
                .collect::<Map<_, _>>()
                .into()
        }
        Field::ListInternal(list) => list.elements().iter().cloned().map(value).collect(),
        _ => Value::Null,
    }
}

impl Iterator for Reading {
    type Item = Result<Record, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.settings.watch.is_told_to_stop() {
                return Some(Err(Complaint::stopped()));
            }
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let Some(mut opened) = self.rows.take() else {
                let name = self.waiting.pop_front()?;
                match open(&self.folder, &name) {
                    Ok(opened) => self.rows = Some(opened),
                    Err(complaint) => return Some(Err(complaint)),
                }
                continue;
            };
            match opened.next() {
                Some(Ok(row)) => {
                    self.take(&opened, row);
                    self.rows = Some(opened);
                }
                Some(Err(fault)) => {
                    return Some(Err(Complaint {
                        file: opened.name,
                        at: At::Nth("row", opened.row),
                        fault,
                    }));
                }
                None => {}
            }
        }
    }
}

/// Tables of others. Each split is one: an image may be asked about in several.
fn tables(folder: &Path, files: Vec<String>, settings: &Settings) -> Result<Records, Complaint> {
    let splits: BTreeSet<Option<Split>> = files.iter().map(|file| source::split_in(file)).collect();
    let mut tables = Vec::new();
    for split in splits {
        let of_split = files.iter().filter(|file| source::split_in(file) == split);
        let files: VecDeque<String> = of_split.cloned().collect();
        let first = files.front().cloned().unwrap_or_default();
        let mut called = open(folder, &first)?.columns;
        let columns = called.len();
        called.push("split".to_owned());
        let called: Vec<&str> = called.iter().map(String::as_str).collect();
        let rows = TableRows {
            folder: folder.to_owned(),
            waiting: files,
            open: None,
            columns,
            split,
            seen: HashSet::new(),
            row: 0,
        };
        let name = split.map_or(first.clone(), |split| format!("{split}*.parquet"));
        let table = csv::table(name.clone(), &called, Box::new(rows), settings);
        tables.push(table.map_err(|fault| Complaint::whole(name, fault))?);
    }
    Ok(Box::new(tables.into_iter().flatten()))
}

/// The rows of several files with the same columns.
struct TableRows {
    folder: PathBuf,
    waiting: VecDeque<String>,
    open: Option<Opened>,
    columns: usize,
    split: Option<Split>,
    /// Images whose file was handed on.
    seen: HashSet<String>,
    row: u64,
}

impl TableRows {
    fn found(&mut self, row: Row) -> Result<Found, Fault> {
        let columns = row.into_columns();
        if columns.len() != self.columns {
            return Err(Fault::other(
                "is of a file with other columns than the first",
            ));
        }
        let (mut cells, mut held) = (Vec::new(), None);
        for (_, field) in columns {
            let (path, content) = match field {
                Field::Group(_) | Field::Bytes(_) => image(field),
                other => {
                    cells.push(cell(other));
                    continue;
                }
            };
            let path = match path {
                Some(path) => path,
                None => named_by(content.as_deref())?.as_str().to_owned(),
            };
            let fresh = content.is_some() && self.seen.insert(path.clone());
            held = held.or(content.filter(|_| fresh));
            cells.push(path);
        }
        cells.push(
            self.split
                .map_or_else(String::new, |split| split.to_string()),
        );
        let content = held;
        Ok(Found { cells, content })
    }
}

fn cell(field: Field) -> String {
    match value(field) {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

impl Cells for TableRows {
    fn next(&mut self) -> Option<(u64, Result<Found, Fault>)> {
        loop {
            let Some(mut opened) = self.open.take() else {
                let name = self.waiting.pop_front()?;
                match open(&self.folder, &name) {
                    Ok(opened) => self.open = Some(opened),
                    Err(complaint) => return Some((self.row, Err(complaint.fault))),
                }
                continue;
            };
            match opened.next() {
                Some(Ok(row)) => {
                    self.row += 1;
                    self.open = Some(opened);
                    return Some((self.row, self.found(row)));
                }
                Some(Err(fault)) => return Some((self.row + 1, Err(fault))),
                None => {}
            }
        }
    }
}
