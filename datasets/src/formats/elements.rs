//! The entries of a JSON document, one at a time, however large it is: `[entry, …]` or `{"table": [entry, …], …}`.
//!
//! Only brackets and quotes are looked at here, so that an entry which is no JSON (`NaN`, say) does not keep the next one from
//! being read.

use super::complaint::Fault;
use std::io::{self, BufRead};

/// The largest entry.
const MOST: usize = 64 << 20;

pub(super) struct Elements<R> {
    from: R,
    within: Within,
    table: String,
    /// All tables so far, also the empty ones.
    tables: Vec<String>,
    number: u64,
    line: u64,
    bytes: Vec<u8>,
}

#[derive(Clone, Copy, PartialEq)]
enum Within {
    Start,
    Array,
    Object,
    Table,
    End,
}

/// An entry; its bytes are the scanner's until the next one.
pub(super) struct Element<'a> {
    /// The table it is in; empty where the document is one array.
    pub table: &'a str,
    /// Its number in its table, from 1; 0 where the table is no array but this value.
    pub number: u64,
    /// The line on which it ends.
    pub line: u64,
    /// JSON, or not.
    pub bytes: &'a [u8],
}

impl<R: BufRead> Elements<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            within: Within::Start,
            table: String::new(),
            tables: Vec::new(),
            number: 0,
            line: 1,
            bytes: Vec::new(),
        }
    }

    /// Whether there was a table of this name so far.
    pub(super) fn has(&self, table: &str) -> bool {
        self.tables.iter().any(|known| known == table)
    }

    /// The line that was come to.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The next entry; `None` at the end, and after an error that nothing can follow.
    pub(super) fn next(&mut self) -> Option<Result<Element<'_>, Fault>> {
        match self.step() {
            Ok(true) => Some(Ok(Element {
                table: &self.table,
                number: self.number,
                line: self.line,
                bytes: &self.bytes,
            })),
            Ok(false) => None,
            Err(fault) => {
                self.within = match fault {
                    Fault::Other(_) => self.within,
                    _ => Within::End,
                };
                Some(Err(fault))
            }
        }
    }

    /// To the next entry; false at the end.
    fn step(&mut self) -> Result<bool, Fault> {
        loop {
            if self.within == Within::End {
                return Ok(false);
            }
            let byte = self.peek()?.ok_or_else(ends_early)?;
            match (self.within, byte) {
                (Within::Start, b'[') => self.enter(Within::Array)?,
                (Within::Start, b'{') => self.enter(Within::Object)?,
                (Within::Start, _) => return Err(neither()),
                (_, b',') => self.pass(1),
                (Within::Array, b']') | (Within::Object, b'}') => self.within = Within::End,
                (Within::Table, b']') => self.enter(Within::Object)?,
                (Within::Object, b'"') => {
                    if self.key()? {
                        return Ok(true);
                    }
                }
                (Within::Object, _) => {
                    return Err(Fault::syntax("JSON", "a name in quotes is expected"));
                }
                _ => return self.entry(),
            }
        }
    }

    fn enter(&mut self, within: Within) -> Result<(), Fault> {
        self.pass(1);
        self.within = within;
        Ok(())
    }

    fn entry(&mut self) -> Result<bool, Fault> {
        self.number += 1;
        self.value().map(|()| true)
    }

    /// A table's name, and whether its value is an entry by itself.
    fn key(&mut self) -> Result<bool, Fault> {
        self.value()?;
        self.table = serde_json::from_slice(&self.bytes)
            .map_err(|e| Fault::json("JSON", &e, &self.bytes))?;
        if self.peek()? != Some(b':') {
            return Err(Fault::syntax("JSON", "a colon is missing after a name"));
        }
        self.pass(1);
        self.number = 0;
        if self.peek()? == Some(b'[') {
            self.enter(Within::Table)?;
            // More than a handful are no tables of anything.
            if self.tables.len() < 100 {
                self.tables.push(self.table.clone());
            }
            return Ok(false);
        }
        self.value().map(|()| true)
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Result<Option<u8>, Fault> {
        loop {
            let buffer = self.from.fill_buf().map_err(Fault::Read)?;
            if buffer.is_empty() {
                return Ok(None);
            }
            let spaces = buffer
                .iter()
                .take_while(|b| b.is_ascii_whitespace())
                .count();
            let found = buffer.get(spaces).copied();
            self.pass(spaces);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Goes on by so many bytes of what is buffered.
    fn pass(&mut self, bytes: usize) {
        let passed = self.from.fill_buf().unwrap_or_default();
        let passed = passed.get(..bytes).unwrap_or_default();
        self.line += passed.iter().filter(|b| **b == b'\n').count() as u64;
        self.from.consume(bytes);
    }

    /// Takes one value into `bytes`.
    fn value(&mut self) -> Result<(), Fault> {
        self.bytes.clear();
        let mut scan = Scan::default();
        let mut length = 0usize;
        loop {
            let buffer = match self.from.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                buffer => buffer.map_err(Fault::Read)?,
            };
            if buffer.is_empty() && scan.whole {
                break;
            }
            if buffer.is_empty() {
                return Err(ends_early());
            }
            let end = buffer.iter().position(|byte| scan.ends_before(*byte));
            let taken = end.unwrap_or(buffer.len());
            length += taken;
            if length <= MOST {
                self.bytes
                    .extend_from_slice(buffer.get(..taken).unwrap_or_default());
            }
            self.pass(taken);
            if end.is_some() {
                break;
            }
        }
        match length {
            // Nothing was passed, and nothing would be the next time.
            0 => Err(Fault::syntax("JSON", "a value is missing")),
            length if length > MOST => {
                Err(Fault::other("is larger than 64 MiB, which no entry is"))
            }
            _ => Ok(()),
        }
    }
}

fn ends_early() -> Fault {
    Fault::syntax("JSON", "the file ends in the middle of it")
}

fn neither() -> Fault {
    Fault::syntax("JSON", "it starts with neither `[` nor `{`")
}

/// How deep inside a value one is.
#[derive(Default)]
struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
    whole: bool,
    begun: bool,
}

impl Scan {
    /// Whether the value was over before this byte.
    fn ends_before(&mut self, byte: u8) -> bool {
        if self.whole {
            return true;
        }
        if self.in_string {
            self.within_string(byte);
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' if self.depth == 0 => return true,
            b'}' | b']' => {
                self.depth -= 1;
                self.whole = self.depth == 0;
            }
            b',' | b':' if self.depth == 0 => return true,
            b if self.depth == 0 && self.begun && b.is_ascii_whitespace() => return true,
            _ => {}
        }
        self.begun = true;
        false
    }

    fn within_string(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => {
                self.in_string = false;
                self.whole = self.depth == 0;
            }
            _ => {}
        }
    }
}

/// Lines of a text, one at a time, each with its number.
pub(super) struct Lines<R> {
    from: R,
    number: u64,
    bytes: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            number: 0,
            bytes: Vec::new(),
        }
    }

    /// The next line that is not empty, without its end, and its number.
    pub(super) fn next(&mut self) -> Option<Result<(u64, &[u8]), Fault>> {
        loop {
            self.bytes.clear();
            self.number += 1;
            match io::Read::take(&mut self.from, MOST as u64).read_until(b'\n', &mut self.bytes) {
                Err(error) => return Some(Err(Fault::Read(error))),
                Ok(0) => return None,
                Ok(MOST) => {
                    return Some(Err(Fault::other("is longer than 64 MiB, which no line is")));
                }
                Ok(_) => {}
            }
            if !self.bytes.trim_ascii().is_empty() {
                return Some(Ok((self.number, self.bytes.trim_ascii())));
            }
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::BufReader;

    fn entries(text: &str, room: usize) -> Vec<(String, u64, u64, String)> {
        let mut elements = Elements::new(BufReader::with_capacity(room, text.as_bytes()));
        let mut found = Vec::new();
        while let Some(element) = elements.next() {
            found.push(match element {
                Ok(e) => (
                    e.table.to_owned(),
                    e.number,
                    e.line,
                    String::from_utf8_lossy(e.bytes).into_owned(),
                ),
                Err(fault) => (fault.to_string(), 0, 0, String::new()),
            });
        }
        found
    }

    #[test]
    fn entries_are_found_whatever_is_in_them() {
        let text = "{ \"info\": {\"a\": \"]}\\\"\"},\n\"images\": [ {\"id\": NaN}, 3 ,\n\"x\" ],\"none\":[], \"n\" : 1 }";
        for room in [1, 2, 7, 100] {
            let found = entries(text, room);
            let short: Vec<(&str, u64, u64, &str)> = found
                .iter()
                .map(|(t, n, l, b)| (t.as_str(), *n, *l, b.as_str()))
                .collect();
            assert_eq!(
                short,
                [
                    ("info", 0, 1, "{\"a\": \"]}\\\"\"}"),
                    ("images", 1, 2, "{\"id\": NaN}"),
                    ("images", 2, 2, "3"),
                    ("images", 3, 3, "\"x\""),
                    ("n", 0, 3, "1"),
                ]
            );
        }
    }

    #[test]
    fn a_stray_sign_in_the_place_of_a_value_ends_the_document() {
        for stray in ["[:", "[1}", "{\"a\":[}", "{\"a\":}", "{\"a\":,"] {
            let found = entries(stray, 3);
            let last = &found.last().unwrap().0;
            assert!(last.contains("a value is missing"), "{stray}: {last}");
            assert!(found.len() <= 2, "{stray}");
        }
    }

    #[test]
    fn a_document_that_is_cut_off_says_so_after_its_whole_entries() {
        for cut in ["[{\"a\":1},{\"b\":", "[{\"a\":1},", "[{\"a\":1}"] {
            let found = entries(cut, 3);
            assert_eq!(found.len(), 2, "{cut}");
            assert!(found[1].0.contains("ends in the middle"), "{}", found[1].0);
        }
        assert!(entries("x", 3)[0].0.contains("neither"));
        assert!(entries("", 3)[0].0.contains("ends in the middle"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic_or_go_on_for_ever(bytes in proptest::collection::vec(any::<u8>(), 0..60), room in 1usize..9) {
            let mut elements = Elements::new(BufReader::with_capacity(room, &bytes[..]));
            let mut count = 0;
            while elements.next().is_some() {
                count += 1;
                prop_assert!(count < 100);
            }
        }
    }
}
