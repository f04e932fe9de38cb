//! Rows that come in any order, brought together image by image in bounded memory.
//!
//! Rows are sorted by the order in which their images first appear. What does not fit into [`ROOM`] goes to a temporary file
//! in sorted pieces that are merged at the end. In memory there is besides one table, a number for each image: about 36 bytes
//! an image at most.

use super::complaint::{Complaint, Fault};
use super::record::Record;
use super::source::Watch;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufReader, BufWriter, Read, Seek, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

/// Bytes of rows that are held in memory.
const ROOM: usize = 32 << 20;

/// Something that is said of an image in one place of a data set.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// The image: its path, or its id in the data set.
    pub key: String,
    /// Which kind of row, in its format's counting.
    pub kind: u8,
    /// Which of the data set's files it is from.
    pub file: u16,
    /// Its number in its table, or in its file.
    pub number: u64,
    /// Its line.
    pub line: u64,
    /// What it says, in its format's own words.
    pub bytes: Vec<u8>,
}

impl Row {
    fn put(&self, into: &mut Vec<u8>) {
        into.push(self.kind);
        into.extend_from_slice(&self.file.to_le_bytes());
        into.extend_from_slice(&self.number.to_le_bytes());
        into.extend_from_slice(&self.line.to_le_bytes());
        into.extend_from_slice(&(self.key.len() as u32).to_le_bytes());
        into.extend_from_slice(self.key.as_bytes());
        into.extend_from_slice(&self.bytes);
    }

    fn take(mut from: &[u8]) -> io::Result<Self> {
        let [kind] = fixed(&mut from)?;
        let file = u16::from_le_bytes(fixed(&mut from)?);
        let number = u64::from_le_bytes(fixed(&mut from)?);
        let line = u64::from_le_bytes(fixed(&mut from)?);
        let length = u32::from_le_bytes(fixed(&mut from)?) as usize;
        let (key, bytes) = from.split_at_checked(length).ok_or_else(cut_short)?;
        Ok(Self {
            key: String::from_utf8_lossy(key).into_owned(),
            kind,
            file,
            number,
            line,
            bytes: bytes.to_owned(),
        })
    }
}

fn fixed<const N: usize>(from: &mut &[u8]) -> io::Result<[u8; N]> {
    let (first, rest) = from.split_first_chunk().ok_or_else(cut_short)?;
    *from = rest;
    Ok(*first)
}

fn cut_short() -> io::Error {
    io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "a temporary file was cut short",
    )
}

/// Where rows are kept until all have come.
struct Sorter {
    room: usize,
    bytes: Vec<u8>,
    /// The image's number, then where its row is in `bytes`.
    rows: Vec<(u32, u32, u32)>,
    spilt: Option<BufWriter<File>>,
    /// Where each sorted piece ends in the temporary file.
    ends: Vec<u64>,
}

impl Sorter {
    fn new(room: usize) -> Self {
        Self {
            room,
            bytes: Vec::new(),
            rows: Vec::new(),
            spilt: None,
            ends: Vec::new(),
        }
    }

    fn push(&mut self, image: u32, row: &Row) -> io::Result<()> {
        let start = self.bytes.len();
        row.put(&mut self.bytes);
        self.rows
            .push((image, start as u32, (self.bytes.len() - start) as u32));
        match self.bytes.len() >= self.room {
            true => self.spill(),
            false => Ok(()),
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.rows.sort_by_key(|row| row.0);
        let out = match &mut self.spilt {
            Some(out) => out,
            none => none.insert(BufWriter::with_capacity(1 << 18, tempfile::tempfile()?)),
        };
        for (image, start, length) in self.rows.drain(..) {
            out.write_all(&image.to_le_bytes())?;
            out.write_all(&length.to_le_bytes())?;
            let (start, length) = (start as usize, length as usize);
            out.write_all(self.bytes.get(start..start + length).unwrap_or_default())?;
        }
        self.bytes.clear();
        self.ends.push(out.stream_position()?);
        Ok(())
    }

    /// All rows, those of an image one after the other, as they came.
    fn sorted(mut self) -> io::Result<Sorted> {
        if self.spilt.is_some() && !self.rows.is_empty() {
            self.spill()?;
        }
        self.rows.sort_by_key(|row| row.0);
        let mut pieces = Vec::new();
        if let Some(out) = self.spilt {
            let file = Arc::new(out.into_inner().map_err(io::IntoInnerError::into_error)?);
            let room = (self.room / self.ends.len().max(1)).clamp(1 << 13, 1 << 18);
            let starts = std::iter::once(0).chain(self.ends.iter().copied());
            for (at, end) in starts.zip(self.ends.iter().copied()) {
                let piece = Piece {
                    file: file.clone(),
                    at,
                    end,
                };
                pieces.push(BufReader::with_capacity(room, piece));
            }
        }
        let mut sorted = Sorted {
            held: (self.bytes, self.rows.into_iter()),
            heads: BinaryHeap::new(),
            pieces,
        };
        for piece in 0..sorted.pieces.len() {
            sorted.refill(piece)?;
        }
        Ok(sorted)
    }
}

/// A sorted part of the temporary file.
struct Piece {
    file: Arc<File>,
    at: u64,
    end: u64,
}

impl Read for Piece {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
        let most = into.len().min(left);
        let read = self
            .file
            .read_at(into.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

struct Sorted {
    /// Rows that never left memory; there are either these or pieces.
    held: (Vec<u8>, std::vec::IntoIter<(u32, u32, u32)>),
    /// The next row of each piece: smallest image first, of one image the earliest piece.
    heads: BinaryHeap<Reverse<(u32, usize, Vec<u8>)>>,
    pieces: Vec<BufReader<Piece>>,
}

impl Sorted {
    fn refill(&mut self, piece: usize) -> io::Result<()> {
        let Some(from) = self.pieces.get_mut(piece) else {
            return Ok(());
        };
        let mut head = [0; 8];
        match from.read_exact(&mut head) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let mut head = head.as_slice();
        let image = u32::from_le_bytes(fixed(&mut head)?);
        let mut row = vec![0; u32::from_le_bytes(fixed(&mut head)?) as usize];
        from.read_exact(&mut row)?;
        self.heads.push(Reverse((image, piece, row)));
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<(u32, Row)>> {
        if let Some((image, start, length)) = self.held.1.next() {
            let (start, length) = (start as usize, length as usize);
            let row = self.held.0.get(start..start + length).unwrap_or_default();
            return Ok(Some((image, Row::take(row)?)));
        }
        let Some(Reverse((image, piece, row))) = self.heads.pop() else {
            return Ok(None);
        };
        self.refill(piece)?;
        Ok(Some((image, Row::take(&row)?)))
    }
}

/// Where rows come from, and what becomes of those about one image.
pub(super) trait Rows {
    /// The next row, or why it is none.
    fn next_row(&mut self) -> Option<Result<Row, Complaint>>;

    /// The record of an image from all its rows, and what is wrong with some of them.
    fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>);
}

/// Records from rows.
pub(super) struct Gathered<R> {
    rows: R,
    watch: Arc<Watch>,
    numbers: HashMap<u64, u32>,
    sorter: Option<Sorter>,
    sorted: Option<Sorted>,
    /// The first row of the next image.
    pending: Option<(u32, Row)>,
    ready: VecDeque<Result<Record, Complaint>>,
}

impl<R: Rows> Gathered<R> {
    pub(super) fn new(rows: R, watch: Arc<Watch>) -> Self {
        Self::in_room(rows, watch, ROOM)
    }

    fn in_room(rows: R, watch: Arc<Watch>, room: usize) -> Self {
        Self {
            rows,
            watch,
            numbers: HashMap::new(),
            sorter: Some(Sorter::new(room)),
            sorted: None,
            pending: None,
            ready: VecDeque::new(),
        }
    }

    /// The number of an image. Two images share one where their hashes do, and are told apart again by their keys.
    fn number(&mut self, key: &str) -> u32 {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let next = self.numbers.len() as u32;
        *self.numbers.entry(hasher.finish()).or_insert(next)
    }

    /// Reads all rows; stops at a complaint, to go on after it.
    fn collect(&mut self) -> Result<(), Complaint> {
        while self.sorter.is_some() {
            if self.watch.is_told_to_stop() {
                self.sorter = None;
                return Err(Complaint::stopped());
            }
            let Some(row) = self.rows.next_row() else {
                break;
            };
            let row = row?;
            let number = self.number(&row.key);
            if let Some(sorter) = &mut self.sorter {
                sorter.push(number, &row).map_err(spool_failed)?;
            }
        }
        if let Some(sorter) = self.sorter.take() {
            self.watch.expect(self.numbers.len() as u64);
            self.numbers = HashMap::new();
            let mut sorted = sorter.sorted().map_err(spool_failed)?;
            self.pending = sorted.next().map_err(spool_failed)?;
            self.sorted = Some(sorted);
        }
        Ok(())
    }

    /// All rows of the next number.
    fn group(&mut self) -> Result<Option<Vec<Row>>, Complaint> {
        let (Some(sorted), Some((number, first))) = (&mut self.sorted, self.pending.take()) else {
            return Ok(None);
        };
        let mut group = vec![first];
        while let Some((image, row)) = sorted.next().map_err(spool_failed)? {
            if image != number {
                self.pending = Some((image, row));
                break;
            }
            group.push(row);
        }
        Ok(Some(group))
    }

    fn assemble(&mut self, mut group: Vec<Row>) {
        let one = group
            .iter()
            .all(|row| group.first().is_some_and(|f| f.key == row.key));
        if !one {
            group.sort_by(|a, b| a.key.cmp(&b.key));
        }
        let mut rest = group.into_iter().peekable();
        while let Some(first) = rest.next() {
            let key = first.key.clone();
            let mut rows = vec![first];
            while let Some(row) = rest.next_if(|row| row.key == key) {
                rows.push(row);
            }
            let (record, complaints) = self.rows.assemble(&key, rows);
            self.ready.extend(complaints.into_iter().map(Err));
            self.ready.extend(record.map(Ok));
        }
    }
}

fn spool_failed(error: io::Error) -> Complaint {
    Complaint::whole("a temporary file", Fault::Write(error))
}

impl<R: Rows> Iterator for Gathered<R> {
    type Item = Result<Record, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            if let Err(complaint) = self.collect() {
                if complaint.is_final() {
                    self.sorter = None;
                }
                return Some(Err(complaint));
            }
            match self.group() {
                Ok(Some(group)) => self.assemble(group),
                Ok(None) => return None,
                Err(complaint) => return Some(Err(complaint)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::record::{ImagePath, Picture};
    use super::*;
    use proptest::prelude::*;

    struct Given(Vec<(u8, u64)>, usize);

    impl Rows for Given {
        fn next_row(&mut self) -> Option<Result<Row, Complaint>> {
            let (image, number) = self.0.get(self.1).copied()?;
            self.1 += 1;
            let key = format!("{image}.png");
            let bytes = vec![image; 40];
            let (kind, file, line) = (3, 7, number);
            Some(Ok(Row {
                key,
                kind,
                file,
                number,
                line,
                bytes,
            }))
        }

        fn assemble(&mut self, key: &str, rows: Vec<Row>) -> (Option<Record>, Vec<Complaint>) {
            let mut record = Record::new(Picture::new(ImagePath::new(key).unwrap()));
            for row in rows {
                assert_eq!(
                    (row.key.as_str(), row.kind, row.file, row.bytes.len()),
                    (key, 3, 7, 40)
                );
                record
                    .remarks
                    .insert(format!("{:06}", row.number), row.line);
            }
            (Some(record), Vec::new())
        }
    }

    proptest! {
        #[test]
        fn rows_come_together_by_image_in_the_order_of_their_first_whether_they_fit_or_not(
            images in proptest::collection::vec(0u8..20, 0..200), room in prop_oneof![Just(1usize), Just(500), Just(1 << 20)],
        ) {
            let given: Vec<(u8, u64)> = images.iter().copied().zip(0..).collect();
            let gathered = Gathered::in_room(Given(given.clone(), 0), Arc::default(), room);
            let mut first: Vec<u8> = Vec::new();
            for image in images {
                if !first.contains(&image) {
                    first.push(image);
                }
            }
            let records: Vec<Record> = gathered.map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), first.len());
            for (record, image) in records.iter().zip(first) {
                prop_assert_eq!(record.image.path.as_str(), format!("{image}.png"));
                let mine: Vec<u64> = given.iter().filter(|g| g.0 == image).map(|g| g.1).collect();
                prop_assert_eq!(record.remarks.values().copied().collect::<Vec<_>>(), mine);
            }
        }
    }
}
