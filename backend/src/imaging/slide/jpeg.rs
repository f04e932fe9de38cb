//! A JPEG tile of a TIFF → a JPEG that any reader understands by itself, its coefficients untouched; ITU T.81 annex B.
//!
//! TIFF keeps the tables of all tiles in one place and says the colours in a tag (TIFF Technical Note 2). Here each tile gets
//! the tables, and the names of its components say the colours: 1, 2, 3 for YCbCr and R, G, B. Segments of applications and
//! comments, in which anything may stand, are left out, as is what follows the end.

use super::Level;

/// The most passes over a tile: each takes time, however few bytes it has. Progressive ones have about ten.
const MAX_SCANS: u32 = 64;

const START: [u8; 2] = [0xff, 0xd8];
const END: [u8; 2] = [0xff, 0xd9];
const RED_GREEN_BLUE: [u8; 3] = *b"RGB";
const LUMA_AND_CHROMA: [u8; 3] = [1, 2, 3];

/// How a tile must be to be taken over, and what belongs to it.
pub(super) struct Form<'a> {
    /// Tables of all tiles, themselves a JPEG without a picture; empty where each tile has its own.
    pub(super) tables: &'a [u8],
    /// Whether its components are red, green and blue rather than luma and chroma.
    pub(super) rgb: bool,
    pub(super) level: &'a Level,
}

/// The tile with its tables; the reason where it is none that browsers show.
pub(super) fn self_contained(tile: &[u8], form: &Form<'_>) -> Result<Vec<u8>, &'static str> {
    let mut made = Vec::with_capacity(tile.len() + form.tables.len());
    made.extend(START);
    let mut names = Names::of(form);
    if !form.tables.is_empty() {
        Segments::of(form.tables)?.copy_tables(&mut made)?;
    }
    let mut segments = Segments::of(tile)?;
    loop {
        let (mark, body) = segments.next()?;
        match mark {
            0xd9 => break,
            0xc0..=0xc2 => append(&mut made, mark, &names.of_frame(body, form.level)?),
            0xda => {
                append(&mut made, mark, &names.of_scan(body)?);
                made.extend(segments.coefficients());
            }
            0xc4 | 0xdb | 0xdd => append(&mut made, mark, body),
            0xe0..=0xef | 0xfe => {}
            _ => return Err("is coded in a way that browsers do not show"),
        }
    }
    if names.scans == 0 {
        return Err("has no picture in it");
    }
    made.extend(END);
    Ok(made)
}

fn append(made: &mut Vec<u8>, mark: u8, body: &[u8]) {
    // A body comes out of a segment, whose length fits two bytes.
    let length = (body.len() + 2) as u16;
    made.extend([0xff, mark]);
    made.extend(length.to_be_bytes());
    made.extend(body);
}

/// The names of a frame's components: those that the file gave and those that they get.
struct Names {
    given: Option<[u8; 3]>,
    wanted: [u8; 3],
    scans: u32,
}

impl Names {
    fn of(form: &Form<'_>) -> Self {
        Self {
            given: None,
            wanted: if form.rgb {
                RED_GREEN_BLUE
            } else {
                LUMA_AND_CHROMA
            },
            scans: 0,
        }
    }

    /// Section B.2.2: precision, lines, columns, then name, sampling and table of each component.
    fn of_frame(&mut self, body: &[u8], level: &Level) -> Result<Vec<u8>, &'static str> {
        const MESSAGE: &str = "is no 8-bit picture of three colours";
        let mut body = body.to_vec();
        let [8, y1, y0, x1, x0, 3, ..] = body[..] else {
            return Err(MESSAGE);
        };
        if body.len() != 15 || self.given.is_some() {
            return Err(MESSAGE);
        }
        let size = [[x1, x0], [y1, y0]].map(|side| u32::from(u16::from_be_bytes(side)));
        if size != [level.tile_width, level.tile_height] {
            return Err("is coded in another size than the file says");
        }
        self.given = Some([body[6], body[9], body[12]]);
        for (component, name) in self.wanted.into_iter().enumerate() {
            body[6 + 3 * component] = name;
        }
        Ok(body)
    }

    /// Section B.2.3: how many components, then name and tables of each.
    fn of_scan(&mut self, body: &[u8]) -> Result<Vec<u8>, &'static str> {
        const MESSAGE: &str = "has a scan of components that it does not have";
        let mut body = body.to_vec();
        let given = self.given.ok_or(MESSAGE)?;
        let count = usize::from(*body.first().ok_or(MESSAGE)?);
        if !(1..=3).contains(&count) || body.len() != 4 + 2 * count {
            return Err(MESSAGE);
        }
        for component in 0..count {
            let name = &mut body[1 + 2 * component];
            let place = given
                .iter()
                .position(|given| given == name)
                .ok_or(MESSAGE)?;
            *name = self.wanted[place];
        }
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err("has more scans than anybody needs");
        }
        Ok(body)
    }
}

/// What is left to be read of a JPEG.
struct Segments<'a>(&'a [u8]);

const BROKEN_OFF: &str = "breaks off";

impl<'a> Segments<'a> {
    fn of(jpeg: &'a [u8]) -> Result<Self, &'static str> {
        let rest = jpeg
            .strip_prefix(&START)
            .ok_or("does not begin as a JPEG")?;
        Ok(Self(rest))
    }

    /// The next mark and what belongs to it.
    fn next(&mut self) -> Result<(u8, &'a [u8]), &'static str> {
        // Any number of fill bytes may stand before a mark.
        while let [0xff, 0xff, ..] = self.0 {
            self.0 = &self.0[1..];
        }
        let [0xff, mark, rest @ ..] = self.0 else {
            return Err(BROKEN_OFF);
        };
        if *mark == 0xd9 {
            return Ok((*mark, &[]));
        }
        let [high, low, ..] = rest else {
            return Err(BROKEN_OFF);
        };
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let body = rest.get(2..length).ok_or(BROKEN_OFF)?;
        self.0 = &rest[length..];
        Ok((*mark, body))
    }

    /// What follows a scan's header, up to the next mark that is neither a stuffed byte nor a restart.
    fn coefficients(&mut self) -> &'a [u8] {
        let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7);
        let end = self.0.windows(2).position(ends).unwrap_or(self.0.len());
        let (coefficients, rest) = self.0.split_at(end);
        self.0 = rest;
        coefficients
    }

    fn copy_tables(&mut self, made: &mut Vec<u8>) -> Result<(), &'static str> {
        loop {
            match self.next()? {
                (0xd9, _) => return Ok(()),
                (mark @ (0xc4 | 0xdb | 0xdd), body) => append(made, mark, body),
                _ => {}
            }
        }
    }
}
