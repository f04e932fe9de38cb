//! JSON documents whose entries are each about an image, or several, one after the other.

use super::super::complaint::{At, Complaint, Fault};
use super::super::elements::Elements;
use super::super::gather::{Gathered, Row, Rows};
use super::super::record::{ImagePath, Picture, Record};
use super::super::source::{self, Source, Text};
use super::super::{Records, Settings};
use crate::snapshot::Split;
use serde_json::Value;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};

/// What a set's entries mean.
pub(super) trait Entries {
    /// The images that an entry is about, and the part of the set it belongs to where it says so.
    fn about(&self, entry: &Value) -> Result<(Vec<ImagePath>, Option<Split>), Fault>;

    /// Adds to an image what an entry says of it.
    fn add(&self, record: &mut Record, entry: Value) -> Result<(), Fault>;

    /// What stands in other files about an image.
    fn beside(&self, _folder: &Path, _record: &mut Record) -> Result<(), Complaint> {
        Ok(())
    }
}

/// The files of a set in a folder that are called so; a file stands for itself.
pub(super) fn files(
    from: &Source,
    wanted: impl Fn(&str) -> bool,
    expected: &str,
) -> Result<(PathBuf, Vec<String>), Complaint> {
    let folder = from.folder()?;
    if let Source::Path(path) = from
        && path.is_file()
    {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        return Ok((folder, vec![name.into_owned()]));
    }
    let named = |path: &Path| path.to_str().is_some_and(&wanted);
    let found = source::files_below(&folder, &named)?;
    match found.is_empty() {
        true => {
            let fault = Fault::other(format!("has no {expected} in it"));
            Err(Complaint::whole(folder.display().to_string(), fault))
        }
        false => Ok((folder, found)),
    }
}

/// The records of JSON documents. An image of which entries in two parts of the set speak has a record in each.
pub(super) fn documents(
    folder: PathBuf,
    files: Vec<String>,
    entries: impl Entries + 'static,
    settings: &Settings,
) -> Records {
    let reading = Reading {
        folder,
        files,
        next: 0,
        open: None,
        ready: VecDeque::new(),
        entries: Box::new(entries),
        settings: settings.clone(),
    };
    Box::new(Gathered::new(reading, settings.watch.clone()))
}

struct Reading {
    folder: PathBuf,
    files: Vec<String>,
    next: usize,
    open: Option<(u16, Elements<Text>)>,
    ready: VecDeque<Row>,
    entries: Box<dyn Entries>,
    settings: Settings,
}

/// How an image's part of the set is told in the number of a row's kind.
const SPLITS: [Option<Split>; 4] = [
    None,
    Some(Split::Train),
    Some(Split::Val),
    Some(Split::Test),
];

impl Reading {
    fn complaint(&self, file: u16, number: u64, line: u64, fault: Fault) -> Complaint {
        let file = self.files.get(usize::from(file));
        let what = "entry";
        Complaint {
            file: file.cloned().unwrap_or_default(),
            at: At::Entry { what, number, line },
            fault,
        }
    }

    fn advance(&mut self) -> Result<bool, Complaint> {
        let Some(name) = self.files.get(self.next) else {
            return Ok(false);
        };
        let text = source::open(&self.folder.join(name), &self.settings.watch)?;
        self.open = Some((self.next as u16, Elements::new(text)));
        self.next += 1;
        Ok(true)
    }

    /// The rows of an entry, one for each image it is about.
    fn rows(
        &self,
        (file, table): (u16, &str),
        bytes: &[u8],
        at: (u64, u64),
    ) -> Result<Vec<Row>, Fault> {
        let entry: Value =
            serde_json::from_slice(bytes).map_err(|e| Fault::json("JSON", &e, bytes))?;
        let (images, split) = self.entries.about(&entry)?;
        let of_file = self.files.get(usize::from(file)).map_or("", String::as_str);
        let split = split
            .or_else(|| source::split_in(table))
            .or_else(|| source::split_in(of_file));
        let kind = SPLITS.iter().position(|known| *known == split);
        Ok((images.into_iter())
            .map(|image| Row {
                key: format!("{}\0{image}", kind.unwrap_or(0)),
                kind: kind.unwrap_or(0) as u8,
                file,
                number: at.0,
                line: at.1,
                bytes: bytes.to_owned(),
            })
            .collect())
    }
}

impl Rows for Reading {
    fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
        loop {
            if let Some(row) = self.ready.pop_front() {
                return Some(Ok(row));
            }
            let Some((file, mut elements)) = self.open.take() else {
                match self.advance() {
                    Ok(true) => continue,
                    Ok(false) => return None,
                    Err(complaint) => return Some(Err(complaint)),
                }
            };
            let (rows, at) = match elements.next() {
                None => continue,
                Some(Err(fault)) => {
                    let line = elements.line();
                    self.open = Some((file, elements));
                    return Some(Err(self.complaint(file, 0, line, fault)));
                }
                Some(Ok(found)) => {
                    let at = (found.number, found.line);
                    (self.rows((file, found.table), found.bytes, at), at)
                }
            };
            self.open = Some((file, elements));
            match rows {
                Ok(rows) => self.ready = rows.into(),
                Err(fault) => return Some(Err(self.complaint(file, at.0, at.1, fault))),
            }
        }
    }

    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
        let path = key.split_once('\0').map_or(key, |(_, path)| path);
        let Ok(path) = ImagePath::new(path) else {
            return (None, Vec::new());
        };
        let mut record = Record::new(Picture::new(path));
        record.image.size = self.settings.images.size(&record.image.path);
        let kind = rows.first().map_or(0, |row| usize::from(row.kind));
        record.image.split = SPLITS.get(kind).copied().flatten();
        let mut complaints = Vec::new();
        let mut understood = false;
        for row in &rows {
            let entry = serde_json::from_slice(&row.bytes).map_err(|e| Fault::syntax("JSON", e));
            match entry.and_then(|entry| self.entries.add(&mut record, entry)) {
                Ok(()) => understood = true,
                Err(fault) => {
                    complaints.push(self.complaint(row.file, row.number, row.line, fault));
                }
            }
        }
        if understood && let Err(complaint) = self.entries.beside(&self.folder, &mut record) {
            complaints.push(complaint);
        }
        (understood.then_some(record), complaints)
    }
}

/// A field that is a text or a number.
pub(super) fn text(entry: &Value, name: &'static str) -> Result<String, Fault> {
    let found = match entry.get(name) {
        Some(Value::String(text)) => Some(text.trim().to_owned()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Bool(answer)) => Some(if *answer { "yes" } else { "no" }.to_owned()),
        _ => None,
    };
    found
        .filter(|text| !text.is_empty())
        .ok_or(Fault::Missing(name))
}
