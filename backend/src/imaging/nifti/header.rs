//! The numbers of a NIfTI header, versions 1 and 2, that say how to read the voxels and where they lie.

use super::affine::{Affine, View};
use crate::imaging::{ImagingError, MAX_FRAMES, MAX_PIXELS_OF_ALL, checked_size};

/// How many bytes of a file have all that is read: those of the second version's header.
pub(super) const LENGTH: usize = 540;

/// Where the fields of a version are.
struct Places {
    /// Of the dimensions, and how many bytes each number has.
    dim: (usize, usize),
    datatype: usize,
    pixdim: usize,
    vox_offset: usize,
    /// Of slope and intercept.
    scl: usize,
    /// Of the largest and the smallest value to show.
    cal: usize,
    /// Of the codes of quaternion and rows, and how many bytes each has.
    codes: (usize, usize),
    quaternion: usize,
    rows: usize,
    units: usize,
    /// How many bytes a number with a fraction has.
    real: usize,
}

const FIRST: Places = Places {
    dim: (40, 2),
    datatype: 70,
    pixdim: 76,
    vox_offset: 108,
    scl: 112,
    cal: 124,
    codes: (252, 2),
    quaternion: 256,
    rows: 280,
    units: 123,
    real: 4,
};

const SECOND: Places = Places {
    dim: (16, 8),
    datatype: 12,
    pixdim: 104,
    vox_offset: 168,
    scl: 176,
    cal: 192,
    codes: (344, 4),
    quaternion: 352,
    rows: 400,
    units: 500,
    real: 8,
};

/// What a voxel is.
#[derive(Clone, Copy)]
enum Number {
    Unsigned(usize),
    Signed(usize),
    Real(usize),
}

pub(super) struct Header {
    /// Voxels along each axis.
    pub(super) size: [usize; 3],
    /// Where they begin.
    pub(super) offset: u64,
    pub(super) slope: f64,
    pub(super) intercept: f64,
    /// The smallest and the largest value to show, if it says so.
    pub(super) shown: Option<[f64; 2]>,
    /// The distance of voxels along each axis in mm, where it says in which unit it is.
    pub(super) spacing: Option<[f64; 3]>,
    /// Where the voxels lie, if it says so.
    pub(super) affine: Option<Affine>,
    number: Number,
    big_endian: bool,
}

/// Whether these are the first bytes of either version, in either order.
pub(super) fn is_nifti(head: &[u8]) -> bool {
    Fields::of(head).is_some()
}

fn unusable<T>(field: &'static str) -> Result<T, ImagingError> {
    Err(ImagingError::NiftiField { field })
}

impl Header {
    pub(super) fn of(head: &[u8]) -> Result<Self, ImagingError> {
        let fields = Fields::of(head).ok_or(ImagingError::UnknownKind)?;
        if fields.paired {
            return unusable(
                "magic: its voxels are in a file of their own (.img); make one .nii of the two",
            );
        }
        let size = fields.size()?;
        let (slope, intercept) = fields.line()?;
        let steps = fields.steps()?;
        let affine = fields.affine(steps)?;
        // Where the two do not agree, no length is to be trusted.
        let agreed = affine.as_ref().is_none_or(|affine| affine.has_steps(steps));
        let unit = fields.millimetres()?.filter(|_| agreed);
        Ok(Self {
            size,
            offset: fields.offset()?,
            slope,
            intercept,
            shown: fields.shown()?,
            spacing: unit
                .map(|mm| steps.map(|step| step * mm))
                .filter(are_lengths),
            affine,
            number: fields.number()?,
            big_endian: fields.big_endian,
        })
    }

    /// How it is cut into frames.
    pub(super) fn view(&self) -> View {
        let view = self.affine.as_ref().map(Affine::axial);
        view.unwrap_or_default()
    }

    pub(super) fn check_frames(&self) -> Result<(), ImagingError> {
        let [.., along] = self.view().axes;
        let frames = self.size[along.number] as u64;
        match frames > u64::from(MAX_FRAMES) {
            true => Err(ImagingError::TooManyFrames { frames }),
            false => Ok(()),
        }
    }

    /// Where the voxels end.
    pub(super) fn end(&self) -> u64 {
        let voxels = self.size.iter().map(|side| *side as u64).product::<u64>();
        // At most 2^30 voxels of 8 bytes, from an offset below 2^30 on.
        voxels * self.wide() as u64 + self.offset
    }

    /// How many bytes a voxel has.
    pub(super) fn wide(&self) -> usize {
        match self.number {
            Number::Unsigned(wide) | Number::Signed(wide) | Number::Real(wide) => wide,
        }
    }

    /// The number in the bytes of a voxel.
    pub(super) fn number(&self, voxel: &[u8]) -> f64 {
        number(voxel, self.number, self.big_endian)
    }
}

fn number(bytes: &[u8], number: Number, big_endian: bool) -> f64 {
    let push = |word: u64, byte: &u8| word << 8 | u64::from(*byte);
    let word = match big_endian {
        true => bytes.iter().fold(0, push),
        false => bytes.iter().rev().fold(0, push),
    };
    match number {
        Number::Unsigned(_) => word as f64,
        Number::Signed(wide) => {
            let above = 64 - 8 * wide as u32;
            ((word << above).cast_signed() >> above) as f64
        }
        Number::Real(4) => f64::from(f32::from_bits(word as u32)),
        Number::Real(_) => f64::from_bits(word),
    }
}

fn are_lengths(steps: &[f64; 3]) -> bool {
    steps.iter().all(|step| step.is_normal() && *step < 1e6)
}

struct Fields<'a> {
    head: &'a [u8],
    places: &'static Places,
    big_endian: bool,
    /// Whether the voxels are in another file.
    paired: bool,
}

impl<'a> Fields<'a> {
    fn of(head: &'a [u8]) -> Option<Self> {
        let versions = [
            (348_i32, 344, b"n+1\0", b"ni1\0", &FIRST),
            (540, 4, b"n+2\0", b"ni2\0", &SECOND),
        ];
        versions
            .into_iter()
            .find_map(|(length, magic_at, single, paired, places)| {
                let magic = head.get(magic_at..magic_at + 4)?;
                let little = head.starts_with(&length.to_le_bytes());
                let known = magic == single || magic == paired;
                let fits = known && (little || head.starts_with(&length.to_be_bytes()));
                fits.then_some(Self {
                    head,
                    places,
                    big_endian: !little,
                    paired: magic == paired,
                })
            })
    }

    fn field(&self, at: usize, kind: Number) -> Result<f64, ImagingError> {
        let (Number::Unsigned(wide) | Number::Signed(wide) | Number::Real(wide)) = kind;
        match self.head.get(at..at + wide) {
            Some(bytes) => Ok(number(bytes, kind, self.big_endian)),
            None => unusable("end: it breaks off"),
        }
    }

    fn real(&self, start: usize, at: usize) -> Result<f64, ImagingError> {
        let wide = self.places.real;
        self.field(start + at * wide, Number::Real(wide))
    }

    fn whole(&self, (start, wide): (usize, usize), at: usize) -> Result<f64, ImagingError> {
        self.field(start + at * wide, Number::Signed(wide))
    }

    /// Voxels along three axes. Every further one has to have one place.
    fn size(&self) -> Result<[usize; 3], ImagingError> {
        let count = self.whole(self.places.dim, 0)?;
        if !(1.0..=7.0).contains(&count) {
            return unusable("dim[0]: how many axes there are, from 1 to 7");
        }
        let sides = (1..=count as usize).map(|at| self.whole(self.places.dim, at));
        let sides = sides.collect::<Result<Vec<_>, _>>()?;
        if sides.iter().any(|side| *side < 1.0) {
            return Err(ImagingError::NoPixels);
        }
        let volumes = sides.iter().skip(3).product::<f64>() as u64;
        if volumes > 1 {
            return Err(ImagingError::SeveralVolumes { volumes });
        }
        checked(std::array::from_fn(|at| {
            sides.get(at).copied().unwrap_or(1.0)
        }))
    }

    fn number(&self) -> Result<Number, ImagingError> {
        let kind = kind_of(self.whole((self.places.datatype, 2), 0)?);
        kind.ok_or(ImagingError::NiftiField {
            field: "datatype: whole or floating-point numbers of 8 to 64 bits are read",
        })
    }

    /// Slope and intercept of the values. A slope of 0 means that there are none.
    fn line(&self) -> Result<(f64, f64), ImagingError> {
        let (slope, intercept) = (
            self.real(self.places.scl, 0)?,
            self.real(self.places.scl, 1)?,
        );
        match (slope, intercept) {
            (0.0, _) => Ok((1.0, 0.0)),
            _ if slope.is_finite() && intercept.is_finite() => Ok((slope, intercept)),
            _ => unusable("scl_slope and scl_inter: they are no numbers"),
        }
    }

    /// The smallest and the largest value to show.
    fn shown(&self) -> Result<Option<[f64; 2]>, ImagingError> {
        let [high, low] = [
            self.real(self.places.cal, 0)?,
            self.real(self.places.cal, 1)?,
        ];
        let usable = low.is_finite() && high.is_finite() && low < high;
        Ok(usable.then_some([low, high]))
    }

    fn offset(&self) -> Result<u64, ImagingError> {
        // What follows a header is a word about extensions.
        let (offset, least) = match self.places.real {
            4 => (self.real(self.places.vox_offset, 0)?, 352),
            _ => (self.whole((self.places.vox_offset, 8), 0)?, 544),
        };
        match (0.0..1e9).contains(&offset) {
            true => Ok((offset as u64).max(least)),
            false => unusable("vox_offset"),
        }
    }

    /// The distance of voxels along each axis, in the file's unit.
    fn steps(&self) -> Result<[f64; 3], ImagingError> {
        let step = |at: usize| Ok(self.real(self.places.pixdim, at + 1)?.abs());
        Ok([step(0)?, step(1)?, step(2)?])
    }

    /// How many millimetres the file's unit has; none where it does not say.
    fn millimetres(&self) -> Result<Option<f64>, ImagingError> {
        let wide = if self.places.real == 4 { 1 } else { 4 };
        let code = self.whole((self.places.units, wide), 0)? as i64;
        Ok(match code & 7 {
            1 => Some(1000.0),
            2 => Some(1.0),
            3 => Some(0.001),
            _ => None,
        })
    }

    /// By the rows, else by the quaternion.
    fn affine(&self, steps: [f64; 3]) -> Result<Option<Affine>, ImagingError> {
        if self.whole(self.places.codes, 1)? > 0.0 {
            let row = |row: usize| {
                let number = |at: usize| self.real(self.places.rows, 4 * row + at);
                Ok([number(0)?, number(1)?, number(2)?])
            };
            return Ok(Affine::of_rows([row(0)?, row(1)?, row(2)?]));
        }
        if self.whole(self.places.codes, 0)? <= 0.0 {
            return Ok(None);
        }
        let number = |at: usize| self.real(self.places.quaternion, at);
        let turn = [number(0)?, number(1)?, number(2)?];
        let sign = if self.real(self.places.pixdim, 0)? < 0.0 {
            -1.0
        } else {
            1.0
        };
        Ok(Affine::of_quaternion(
            turn,
            [steps[0], steps[1], steps[2] * sign],
        ))
    }
}

/// NIfTI's codes of what a voxel is: whole numbers with and without a sign, and floating-point ones.
fn kind_of(code: f64) -> Option<Number> {
    Some(match code as i64 {
        2 => Number::Unsigned(1),
        4 => Number::Signed(2),
        8 => Number::Signed(4),
        16 => Number::Real(4),
        64 => Number::Real(8),
        256 => Number::Signed(1),
        512 => Number::Unsigned(2),
        768 => Number::Unsigned(4),
        1024 => Number::Signed(8),
        1280 => Number::Unsigned(8),
        _ => return None,
    })
}

/// Whichever way it is cut, no frame is too large and there are not too many.
fn checked(sides: [f64; 3]) -> Result<[usize; 3], ImagingError> {
    const MOST: f64 = u32::MAX as f64;
    if sides.iter().any(|side| *side > MOST) {
        return unusable("dim: sides of fewer than 4,294,967,296 voxels");
    }
    let size = sides.map(|side| side as u32);
    let [x, y, z] = size;
    for (width, height) in [(x, y), (x, z), (y, z)] {
        checked_size(width, height)?;
    }
    let pixels = u64::from(x) * u64::from(y);
    if pixels * u64::from(z) > MAX_PIXELS_OF_ALL {
        return Err(ImagingError::TooManyPixelsOfAll { frames: z, pixels });
    }
    Ok(size.map(|side| side as usize))
}
