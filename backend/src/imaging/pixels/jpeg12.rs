//! JPEG with 12 bits a sample: the extended sequential process with Huffman codes, ITU T.81 annex F, in grey.
//!
//! The decoder of all other JPEGs knows 8 bits only, and those that know 12 bring a second decoder of everything with them.

use super::{malformed, unsupported};
use crate::imaging::ImagingError;
use medreg_datasets::geometry::ImageSize;
use std::f32::consts::PI;

const SIDE: usize = 8;
const BLOCK: usize = SIDE * SIDE;
/// The middle of the values, ITU T.81 section A.3.1, and the largest.
const MIDDLE: f32 = 2048.0;
const WHITE: f32 = 4095.0;

/// The places of the coefficients in the order in which they are coded, ITU T.81 figure A.6.
const ZIGZAG: [usize; BLOCK] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// The values of a picture of this size, row by row.
pub(super) fn decode(stream: &[u8], size: ImageSize) -> Result<Vec<u16>, ImagingError> {
    let mut tables = Tables::default();
    let mut rest = stream.get(2..).unwrap_or_default();
    let mut quantisation = None;
    while let [0xff, mark, high, low, ..] = *rest {
        let length = usize::from(u16::from_be_bytes([high, low]));
        let (Some(body), true) = (rest.get(4..2 + length), length >= 2) else {
            break;
        };
        rest = &rest[2 + length..];
        match mark {
            0xdb => tables.quantise(body).ok_or_else(broken)?,
            0xc4 => tables.code(body).ok_or_else(broken)?,
            0xdd => tables.restart = usize::from(number(body, 0).ok_or_else(broken)?),
            0xc1 => quantisation = Some(channel(body)?),
            0xc0 | 0xc2..=0xcf => {
                return Err(unsupported("JPEG with 12 bits that is not sequential"));
            }
            0xda => {
                let steps = quantisation
                    .and_then(|at| tables.steps[at])
                    .ok_or_else(broken)?;
                let scan = tables.scan(body, steps, rest).ok_or_else(broken)?;
                return scan.picture(size).ok_or_else(broken);
            }
            _ => {}
        }
    }
    Err(broken())
}

fn broken() -> ImagingError {
    malformed("its JPEG stream of 12 bits breaks off or has codes that do not exist")
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

/// Which quantisation table the one channel of the frame has.
fn channel(body: &[u8]) -> Result<usize, ImagingError> {
    match *body {
        [12, _, _, _, _, 1, _, _, table @ 0..=3] => Ok(usize::from(table)),
        [12, ..] => Err(unsupported("JPEG in colours with more than 8 bits")),
        _ => Err(broken()),
    }
}

/// What the segments before a scan define.
#[derive(Default)]
struct Tables {
    steps: [Option<[f32; BLOCK]>; 4],
    /// For the first coefficient of a block, and for the others.
    codes: [[Option<Codes>; 4]; 2],
    /// After how many blocks a scan starts anew; 0 for never.
    restart: usize,
}

impl Tables {
    fn quantise(&mut self, mut body: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = body {
            let (wide, table) = (usize::from(head >> 4) + 1, usize::from(head & 15));
            let bytes = rest.get(..BLOCK * wide)?;
            let step = |at: usize| match wide {
                1 => f32::from(bytes[at]),
                _ => f32::from(u16::from_be_bytes([bytes[2 * at], bytes[2 * at + 1]])),
            };
            *self.steps.get_mut(table)? = Some(std::array::from_fn(step));
            body = &rest[BLOCK * wide..];
        }
        Some(())
    }

    fn code(&mut self, mut body: &[u8]) -> Option<()> {
        while let [head, rest @ ..] = body {
            let (counts, rest) = rest.split_at_checked(16)?;
            let total = counts.iter().map(|count| usize::from(*count)).sum();
            let (values, rest) = rest.split_at_checked(total)?;
            let kind = self.codes.get_mut(usize::from(head >> 4))?;
            *kind.get_mut(usize::from(head & 15))? = Some(Codes::of(counts, values));
            body = rest;
        }
        Some(())
    }

    /// Of the header only the tables are looked at: a sequential scan has all coefficients, whatever it says.
    fn scan<'a>(&'a self, header: &[u8], steps: [f32; BLOCK], data: &'a [u8]) -> Option<Scan<'a>> {
        let [1, _, tables, ..] = *header else {
            return None;
        };
        let codes = |kind: usize, table: u8| self.codes[kind].get(usize::from(table))?.as_ref();
        Some(Scan {
            first: codes(0, tables >> 4)?,
            others: codes(1, tables & 15)?,
            steps,
            restart: self.restart,
            bits: Bits::of(data),
        })
    }
}

/// Huffman codes, ITU T.81 annex C: those of one length are consecutive numbers.
struct Codes {
    /// For each length the first code, how many there are, and where their values begin.
    lengths: [(u32, u32, usize); 16],
    values: Vec<u8>,
}

impl Codes {
    fn of(counts: &[u8], values: &[u8]) -> Self {
        let (mut code, mut place) = (0, 0);
        let lengths = std::array::from_fn(|at| {
            let count = u32::from(counts[at]);
            let length = (code, count, place);
            code = (code + count) << 1;
            place += count as usize;
            length
        });
        Self {
            lengths,
            values: values.to_vec(),
        }
    }

    fn read(&self, bits: &mut Bits<'_>) -> Option<u8> {
        let mut code = 0;
        for (first, count, place) in self.lengths {
            code = code << 1 | bits.take(1)?;
            if (first..first + count).contains(&code) {
                return self.values.get(place + (code - first) as usize).copied();
            }
        }
        None
    }
}

/// The bits of a scan, the highest of a byte first; a zero after 0xff is no part of them.
struct Bits<'a> {
    rest: &'a [u8],
    held: u32,
    count: u32,
}

impl<'a> Bits<'a> {
    fn of(rest: &'a [u8]) -> Self {
        Self {
            rest,
            held: 0,
            count: 0,
        }
    }

    /// At most 16 of them; none where a mark comes first.
    fn take(&mut self, wanted: u32) -> Option<u32> {
        while self.count < wanted {
            let byte = match *self.rest {
                [0xff, 0, ..] => {
                    self.rest = &self.rest[2..];
                    0xff
                }
                [0xff, ..] | [] => return None,
                [byte, ..] => {
                    self.rest = &self.rest[1..];
                    byte
                }
            };
            self.held = self.held << 8 | u32::from(byte);
            self.count += 8;
        }
        self.count -= wanted;
        Some(self.held >> self.count & ((1 << wanted) - 1))
    }

    /// A number of so many bits, ITU T.81 section F.2.2.1: those that begin with 0 are below zero.
    fn signed(&mut self, length: u8) -> Option<i32> {
        let length = u32::from(length);
        let value = self.take(length)?.cast_signed();
        Some(match length > 0 && value < 1 << (length - 1) {
            true => value - (1 << length) + 1,
            false => value,
        })
    }

    /// Past the mark at which a scan starts anew.
    fn restart(&mut self) -> Option<()> {
        let (0xff, 0xd0..=0xd7, rest) = (*self.rest.first()?, *self.rest.get(1)?, &self.rest[2..])
        else {
            return None;
        };
        *self = Self::of(rest);
        Some(())
    }
}

struct Scan<'a> {
    first: &'a Codes,
    others: &'a Codes,
    steps: [f32; BLOCK],
    restart: usize,
    bits: Bits<'a>,
}

impl Scan<'_> {
    fn picture(mut self, size: ImageSize) -> Option<Vec<u16>> {
        let (width, height) = (size.width() as usize, size.height() as usize);
        let waves = waves();
        let mut picture = vec![0; width * height];
        let across = width.div_ceil(SIDE);
        let mut last = 0;
        for number in 0..across * height.div_ceil(SIDE) {
            if self.restart > 0 && number > 0 && number % self.restart == 0 {
                self.bits.restart()?;
                last = 0;
            }
            let block = picture_of(&self.block(&mut last)?, &waves);
            let (left, top) = (number % across * SIDE, number / across * SIDE);
            let columns = SIDE.min(width - left);
            for (row, values) in block.chunks_exact(SIDE).take(height - top).enumerate() {
                let start = (top + row) * width + left;
                picture[start..start + columns].copy_from_slice(&values[..columns]);
            }
        }
        Some(picture)
    }

    /// The coefficients of the next block, ITU T.81 section F.2.2; `last` is the first one of the block before.
    fn block(&mut self, last: &mut i32) -> Option<[f32; BLOCK]> {
        let mut block = [0.0; BLOCK];
        let length = self
            .first
            .read(&mut self.bits)
            .filter(|length| *length < 16)?;
        *last = last.checked_add(self.bits.signed(length)?)?;
        block[0] = *last as f32 * self.steps[0];
        let mut at = 1;
        while at < BLOCK {
            let code = self.others.read(&mut self.bits)?;
            match (code >> 4, code & 15) {
                (15, 0) => at += 16,
                (_, 0) => break,
                (zeros, length) => {
                    at += usize::from(zeros);
                    let value = self.bits.signed(length)? as f32;
                    *block.get_mut(*ZIGZAG.get(at)?)? = value * self.steps[at];
                    at += 1;
                }
            }
        }
        Some(block)
    }
}

/// The cosines of ITU T.81 section A.3.3, by place and then by coefficient.
fn waves() -> [[f32; SIDE]; SIDE] {
    let wave = |place: usize, at: usize| {
        let scale = if at == 0 { 0.5_f32.sqrt() } else { 1.0 };
        scale / 2.0 * ((2 * place + 1) as f32 * at as f32 * PI / 16.0).cos()
    };
    std::array::from_fn(|place| std::array::from_fn(|at| wave(place, at)))
}

fn picture_of(block: &[f32; BLOCK], waves: &[[f32; SIDE]; SIDE]) -> [u16; BLOCK] {
    let sum = |wave: &[f32; SIDE], value: &dyn Fn(usize) -> f32| -> f32 {
        (0..SIDE).map(|at| wave[at] * value(at)).sum()
    };
    // Along the rows, then along the columns.
    let rows: [f32; BLOCK] = std::array::from_fn(|at| {
        let (row, x) = (at / SIDE, at % SIDE);
        sum(&waves[x], &|u| block[row * SIDE + u])
    });
    std::array::from_fn(|at| {
        let (y, x) = (at / SIDE, at % SIDE);
        let value = sum(&waves[y], &|v| rows[v * SIDE + x]) + MIDDLE;
        value.round().clamp(0.0, WHITE) as u16
    })
}
