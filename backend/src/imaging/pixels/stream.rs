//! What a coded stream says of itself, read before any decoder sees it: decoders allocate for what it says.

use super::header::Header;
use super::malformed;
use crate::imaging::ImagingError;

/// The beginning of a JPEG, JPEG-LS or JPEG 2000 stream.
#[derive(Debug, Default)]
pub(super) struct Form {
    width: u32,
    height: u32,
    /// Bits of a sample.
    pub(super) precision: u32,
    /// How many channels there are.
    pub(super) channels: u32,
    /// The mark of the frame header, ITU T.81 table B.1.
    pub(super) process: u8,
    /// The names of the channels are the letters R, G and B.
    pub(super) named_rgb: bool,
    /// It has the mark of JFIF, whose colours are YCbCr.
    pub(super) jfif: bool,
    /// JPEG-LS: channels one after the other.
    pub(super) planes: bool,
}

impl Form {
    /// Refuses what is of another size, or of other channels, than the header says.
    pub(super) fn checked(found: Option<Self>, header: &Header) -> Result<Self, ImagingError> {
        let Some(form) = found else {
            return Err(malformed("its pixels do not start as a coded frame does"));
        };
        let [columns, rows] = [header.size.width(), header.size.height()];
        if (form.width, form.height) != (columns, rows) {
            let Self { width, height, .. } = form;
            let reason =
                format!("its coded pixels are {width}×{height}, its header says {columns}×{rows}");
            return Err(malformed(reason));
        }
        if form.channels != header.channels() {
            let (found, said) = (form.channels, header.channels());
            let reason = format!("its coded pixels have {found} channels, its header says {said}");
            return Err(malformed(reason));
        }
        Ok(form)
    }

    /// ITU T.81 section B.2 and T.87 annex C: the segments up to the first scan.
    pub(super) fn of_jpeg(stream: &[u8]) -> Option<Self> {
        let mut rest = stream.strip_prefix(&[0xff, 0xd8])?;
        let mut form: Option<Self> = None;
        let mut jfif = false;
        loop {
            let (mark, after) = match rest {
                [0xff, 0xff, ..] => {
                    rest = &rest[1..];
                    continue;
                }
                [0xff, mark, after @ ..] => (*mark, after),
                _ => return None,
            };
            if mark == 0x01 || (0xd0..=0xd7).contains(&mark) {
                rest = after;
                continue;
            }
            let body = after.get(2..usize::from(be16(after, 0)?))?;
            match mark {
                0xe0 => jfif |= body.starts_with(b"JFIF\0"),
                0xc0..=0xcf | 0xf7 if ![0xc4, 0xc8, 0xcc].contains(&mark) => {
                    form = Some(Self::of_frame_header(mark, body)?);
                }
                0xda => {
                    let form = form?;
                    let planes = form.channels > 1 && interleave(body)? == 0;
                    return Some(Self {
                        jfif,
                        planes,
                        ..form
                    });
                }
                0xd8 | 0xd9 => return None,
                _ => {}
            }
            rest = &after[2 + body.len()..];
        }
    }

    fn of_frame_header(process: u8, body: &[u8]) -> Option<Self> {
        let channels = u32::from(*body.get(5)?);
        let names: Vec<u8> = body
            .get(6..)?
            .chunks(3)
            .filter_map(|one| one.first().copied())
            .collect();
        Some(Self {
            width: u32::from(be16(body, 3)?),
            height: u32::from(be16(body, 1)?),
            precision: u32::from(*body.first()?),
            channels,
            process,
            named_rgb: names == *b"RGB" || names == *b"rgb",
            ..Self::default()
        })
    }

    /// ISO 15444-1 section A.5.1: SIZ comes at once. All channels must be alike, and none smaller than the picture.
    pub(super) fn of_jpeg2000(stream: &[u8]) -> Option<Self> {
        let rest = stream.strip_prefix(&[0xff, 0x4f, 0xff, 0x51])?;
        let side = |at: usize| be32(rest, at)?.checked_sub(be32(rest, at + 8)?);
        let channels = be16(rest, 36)?;
        let each = rest
            .get(38..38 + 3 * usize::from(channels))?
            .chunks_exact(3);
        let depth = *rest.get(38)?;
        let alike = each.into_iter().all(|channel| *channel == [depth, 1, 1]);
        alike.then_some(Self {
            width: side(4)?,
            height: side(8)?,
            // The highest bit says whether there is a sign.
            precision: u32::from(depth & 0x7f) + 1,
            channels: u32::from(channels),
            ..Self::default()
        })
    }
}

/// The JPEG 2000 stream in the boxes of a JP2 file, ISO 15444-1 annex I, which PS3.5 section A.4.4 forbids and some writers make;
/// anything else as it is. What the other boxes say of colours, the header says too.
pub(super) fn without_boxes(coded: &[u8]) -> &[u8] {
    const LENGTH_AND_KIND: usize = 8;
    let mut rest = match coded {
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] => coded,
        _ => return coded,
    };
    while let (Some(length), Some(kind)) = (be32(rest, 0), rest.get(4..LENGTH_AND_KIND)) {
        // A length of 0 is up to the end; of 1, that it does not fit 32 bits, which no frame needs.
        let length = match length as usize {
            0 => rest.len(),
            length => length,
        };
        let Some(content) = rest.get(LENGTH_AND_KIND..length) else {
            break;
        };
        if kind == b"jp2c" {
            return content;
        }
        rest = &rest[length..];
    }
    coded
}

/// How the channels of a JPEG-LS scan lie, T.87 section C.2.3: 0 for each in a scan of its own.
fn interleave(scan: &[u8]) -> Option<u8> {
    let channels = usize::from(*scan.first()?);
    scan.get(2 + 2 * channels).copied()
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
