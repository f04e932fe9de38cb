//! Boxes: in image pixels as people draw them, and on the integer grid in which the model reads and writes them.
//!
//! Axis order, rounding and the grid's size are written here and nowhere else.

use serde::{Deserialize, Serialize};

/// The largest grid coordinate. MedRegA's prompts say "integers ranging from 0 to 999" and its evaluation divides by 999.
pub const GRID_MAX: u16 = 999;

/// The size of an image in pixels; neither side is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "RawSize")]
pub struct ImageSize {
    width: u32,
    height: u32,
}

#[derive(Deserialize)]
struct RawSize {
    width: u32,
    height: u32,
}

/// Why a size or a box is not one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GeometryError {
    /// A side of the image is zero.
    #[error("an image of {width}×{height} pixels has no area")]
    NoArea {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A coordinate is negative, infinite or not a number.
    #[error("box [{0}, {1}, {2}, {3}] has a coordinate that is negative or not a number")]
    NotACoordinate(f64, f64, f64, f64),
    /// The corners are not top-left, then bottom-right.
    #[error("box [{0}, {1}, {2}, {3}] is empty or turned round: x0 < x1 and y0 < y1 are expected")]
    Empty(f64, f64, f64, f64),
    /// The box leaves its image.
    #[error("box [{x0}, {y0}, {x1}, {y1}] reaches outside its image of {width}×{height} pixels")]
    Outside {
        /// Left edge.
        x0: f64,
        /// Top edge.
        y0: f64,
        /// Right edge.
        x1: f64,
        /// Bottom edge.
        y1: f64,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Grid coordinates out of 0..=999, or not in order.
    #[error("grid box {0:?} is not top-left then bottom-right in 0..={GRID_MAX}")]
    NotOnGrid([i64; 4]),
    /// Coordinates that go from 0 to a largest one, and these do not.
    #[error(
        "box {corners:?} is not top-left then bottom-right with all coordinates from 0 to {most}"
    )]
    OffScale {
        /// `[x0, y0, x1, y1]` as they were read.
        corners: [f64; 4],
        /// The largest coordinate.
        most: f64,
    },
    /// Shares cannot be told from pixels without the image's size.
    #[error(
        "the image's size is not known, and without it pixels and shares cannot be told from each other"
    )]
    NoSize,
}

impl ImageSize {
    /// A size with an area.
    pub fn new(width: u32, height: u32) -> Result<Self, GeometryError> {
        if width == 0 || height == 0 {
            return Err(GeometryError::NoArea { width, height });
        }
        Ok(Self { width, height })
    }

    /// Pixels across.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels down.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }
}

impl TryFrom<RawSize> for ImageSize {
    type Error = GeometryError;
    fn try_from(raw: RawSize) -> Result<Self, GeometryError> {
        Self::new(raw.width, raw.height)
    }
}

/// A box in image pixels, `[x0, y0, x1, y1]` with `x0 < x1` and `y0 < y1`, all finite and not negative.
///
/// Pixel (0, 0) covers the square from (0, 0) to (1, 1), so a box over a whole image is `[0, 0, width, height]`.
/// That the box lies inside its image depends on the image: [`PixelBox::inside`] checks it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "[f64; 4]", into = "[f64; 4]")]
pub struct PixelBox {
    x0: f64,
    y0: f64,
    x1: f64,
    y1: f64,
}

impl PixelBox {
    /// A box from its corners; says why where they do not make one.
    pub fn new(x0: f64, y0: f64, x1: f64, y1: f64) -> Result<Self, GeometryError> {
        if [x0, y0, x1, y1].iter().any(|c| !c.is_finite() || *c < 0.0) {
            return Err(GeometryError::NotACoordinate(x0, y0, x1, y1));
        }
        if x0 >= x1 || y0 >= y1 {
            return Err(GeometryError::Empty(x0, y0, x1, y1));
        }
        Ok(Self { x0, y0, x1, y1 })
    }

    /// The same box, if it lies inside an image of this size.
    pub fn inside(self, size: ImageSize) -> Result<Self, GeometryError> {
        if self.x1 <= f64::from(size.width) && self.y1 <= f64::from(size.height) {
            return Ok(self);
        }
        let Self { x0, y0, x1, y1 } = self;
        Err(GeometryError::Outside {
            x0,
            y0,
            x1,
            y1,
            width: size.width,
            height: size.height,
        })
    }

    /// `[x0, y0, x1, y1]`.
    #[must_use]
    pub fn corners(&self) -> [f64; 4] {
        [self.x0, self.y0, self.x1, self.y1]
    }

    /// The corners on whole pixels; a box that rounding would close is a pixel wide.
    fn rounded(&self) -> [f64; 4] {
        let side = |low: f64, high: f64| match low.round() < high.round() {
            true => (low.round(), high.round()),
            false => (low.floor(), low.floor() + 1.0),
        };
        let (x0, x1) = side(self.x0, self.x1);
        let (y0, y1) = side(self.y0, self.y1);
        [x0, y0, x1, y1]
    }

    /// Pixels covered.
    #[must_use]
    pub fn area(&self) -> f64 {
        (self.x1 - self.x0) * (self.y1 - self.y0)
    }

    /// The middle of the box, `(x, y)`.
    #[must_use]
    pub fn centre(&self) -> (f64, f64) {
        ((self.x0 + self.x1) / 2.0, (self.y0 + self.y1) / 2.0)
    }

    /// Intersection over union, in 0..=1.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f64 {
        let across = self.x1.min(other.x1) - self.x0.max(other.x0);
        let down = self.y1.min(other.y1) - self.y0.max(other.y0);
        if across <= 0.0 || down <= 0.0 {
            return 0.0;
        }
        let shared = across * down;
        shared / (self.area() + other.area() - shared)
    }

    /// The box on the model's grid: `round(pixel / side × 999)`, widened to one cell where rounding closes it.
    #[must_use]
    pub fn to_grid(&self, size: ImageSize) -> GridBox {
        let [x1, y1, x2, y2] = self.on_grid(size, GRID_MAX);
        GridBox { x1, y1, x2, y2 }
    }

    /// The box on a grid whose largest coordinate is `most`, as [`PixelBox::to_grid`] does it.
    fn on_grid(&self, size: ImageSize, most: u16) -> [u16; 4] {
        let (x1, x2) = quantise(self.x0, self.x1, f64::from(size.width), most);
        let (y1, y2) = quantise(self.y0, self.y1, f64::from(size.height), most);
        [x1, y1, x2, y2]
    }

    /// The same box as shares of the sides of its image; what lies outside is cut off.
    #[must_use]
    pub fn shares(&self, size: ImageSize) -> ShareBox {
        let x = |c: f64| (c / f64::from(size.width)).min(1.0);
        let y = |c: f64| (c / f64::from(size.height)).min(1.0);
        ShareBox([x(self.x0), y(self.y0), x(self.x1), y(self.y1)])
    }

    /// A box that may reach up to a pixel outside its image, as rounded files have them: that much is cut off, and told.
    pub fn fitted(
        corners: [f64; 4],
        size: Option<ImageSize>,
    ) -> Result<(Self, bool), GeometryError> {
        let across = size.map_or(f64::INFINITY, |s| f64::from(s.width));
        let down = size.map_or(f64::INFINITY, |s| f64::from(s.height));
        let most = [across, down, across, down];
        let mut cut = corners;
        for (corner, most) in cut.iter_mut().zip(most) {
            if (-1.0..0.0).contains(corner) {
                *corner = 0.0;
            } else if *corner > most && *corner <= most + 1.0 {
                *corner = most;
            }
        }
        let bbox = Self::try_from(cut)?;
        let bbox = size.map_or(Ok(bbox), |size| bbox.inside(size))?;
        // What a sum of fractions is off by is nothing to be told.
        let told = cut.iter().zip(corners).any(|(a, b)| (a - b).abs() > 1e-6);
        Ok((bbox, told))
    }
}

#[cfg(feature = "openapi")]
impl utoipa::PartialSchema for PixelBox {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        use utoipa::openapi::{ArrayBuilder, ObjectBuilder, Type};
        ArrayBuilder::new()
            .items(ObjectBuilder::new().schema_type(Type::Number))
            .min_items(Some(4))
            .max_items(Some(4))
            .description(Some("[x0, y0, x1, y1] in image pixels, x0 < x1, y0 < y1"))
            .into()
    }
}

#[cfg(feature = "openapi")]
impl utoipa::ToSchema for PixelBox {}

/// Two coordinates along a side of this length as grid coordinates `low < high` in 0..=`most`.
fn quantise(low: f64, high: f64, side: f64, most: u16) -> (u16, u16) {
    let scale = f64::from(most) / side;
    let cell = |c: f64| (c * scale).round().clamp(0.0, f64::from(most)) as u16;
    let (low, high) = (cell(low), cell(high));
    if low < high {
        (low, high)
    } else if high < most {
        (low, low + 1)
    } else {
        (most.saturating_sub(1), most)
    }
}

/// A box as shares of its image's sides, `[x0, y0, x1, y1]` in 0..=1 with `x0 < x1` and `y0 < y1`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ShareBox([f64; 4]);

impl ShareBox {
    /// A box from its corners.
    pub fn new(corners: [f64; 4]) -> Result<Self, GeometryError> {
        let [x0, y0, x1, y1] = corners;
        let inside = corners.iter().all(|c| (0.0..=1.0).contains(c));
        match inside && x0 < x1 && y0 < y1 {
            true => Ok(Self(corners)),
            false => Err(GeometryError::OffScale { corners, most: 1.0 }),
        }
    }

    /// `[x0, y0, x1, y1]`.
    #[must_use]
    pub fn corners(&self) -> [f64; 4] {
        self.0
    }

    /// The box in the pixels of an image of this size; inside it by construction.
    #[must_use]
    pub fn to_pixels(&self, size: ImageSize) -> PixelBox {
        let [x0, y0, x1, y1] = self.0;
        let (across, down) = (f64::from(size.width), f64::from(size.height));
        PixelBox {
            x0: x0 * across,
            y0: y0 * down,
            x1: x1 * across,
            y1: y1 * down,
        }
    }
}

/// Where a box is: in pixels, or, of an image whose size is not known, in shares of its sides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Extent {
    /// In pixels.
    Pixels(PixelBox),
    /// In shares of the sides.
    Shares(ShareBox),
}

impl Extent {
    /// In pixels, of an image of this size.
    pub fn pixels(&self, size: Option<ImageSize>) -> Result<PixelBox, GeometryError> {
        match (self, size) {
            (Self::Pixels(bbox), _) => Ok(*bbox),
            (Self::Shares(shares), Some(size)) => Ok(shares.to_pixels(size)),
            (Self::Shares(_), None) => Err(GeometryError::NoSize),
        }
    }

    /// In shares of the sides, of an image of this size.
    pub fn shares(&self, size: Option<ImageSize>) -> Result<ShareBox, GeometryError> {
        match (self, size) {
            (Self::Shares(shares), _) => Ok(*shares),
            (Self::Pixels(bbox), Some(size)) => Ok(bbox.shares(size)),
            (Self::Pixels(_), None) => Err(GeometryError::NoSize),
        }
    }
}

/// How a data set's numbers say where the corners of a box are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coordinates {
    /// Pixels, fractions allowed.
    Pixels,
    /// Whole pixels, as Qwen2.5-VL writes them; fractions are read all the same.
    WholePixels,
    /// Shares of the sides, 0 to 1.
    Shares,
    /// Integers from 0 at one edge to this one at the other: 999 in MedRegA, 1000 in InternVL and Qwen-VL.
    Grid(u16),
}

impl Coordinates {
    /// The box with these corners, and whether something of it was cut off: up to a pixel, or a thousandth of a side.
    pub fn read(
        self,
        corners: [f64; 4],
        size: Option<ImageSize>,
    ) -> Result<(Extent, bool), GeometryError> {
        let most = match self {
            Self::Pixels | Self::WholePixels => {
                let (bbox, cut) = PixelBox::fitted(corners, size)?;
                return Ok((Extent::Pixels(bbox), cut));
            }
            Self::Shares => 1.0,
            Self::Grid(most) => f64::from(most),
        };
        let shares = corners.map(|c| c / most);
        let near = shares.map(|c| match (-0.001..=1.001).contains(&c) {
            true => c.clamp(0.0, 1.0),
            false => c,
        });
        let bbox = ShareBox::new(near).map_err(|_| GeometryError::OffScale { corners, most })?;
        let extent = size.map_or(Extent::Shares(bbox), |size| {
            Extent::Pixels(bbox.to_pixels(size))
        });
        let told = near.iter().zip(shares).any(|(a, b)| (a - b).abs() > 1e-6);
        Ok((extent, told))
    }

    /// The corners of a box; on a grid they are integers, and a box that rounding would close is a cell wide.
    pub fn write(
        self,
        extent: &Extent,
        size: Option<ImageSize>,
    ) -> Result<[f64; 4], GeometryError> {
        match self {
            Self::Pixels => extent.pixels(size).map(|bbox| bbox.corners()),
            Self::WholePixels => extent.pixels(size).map(|bbox| bbox.rounded()),
            Self::Shares => extent.shares(size).map(|bbox| bbox.corners()),
            Self::Grid(most) => on_grid(extent, size, most).map(|corners| corners.map(f64::from)),
        }
    }
}

fn on_grid(extent: &Extent, size: Option<ImageSize>, most: u16) -> Result<[u16; 4], GeometryError> {
    match (extent, size) {
        (Extent::Pixels(bbox), Some(size)) => Ok(bbox.on_grid(size, most)),
        (Extent::Pixels(_), None) => Err(GeometryError::NoSize),
        (Extent::Shares(shares), _) => {
            let [x0, y0, x1, y1] = shares.corners();
            let (x0, x1) = quantise(x0, x1, 1.0, most);
            let (y0, y1) = quantise(y0, y1, 1.0, most);
            Ok([x0, y0, x1, y1])
        }
    }
}

impl std::str::FromStr for Coordinates {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "pixels" => Ok(Self::Pixels),
            "whole-pixels" => Ok(Self::WholePixels),
            "shares" => Ok(Self::Shares),
            _ => (text.parse().ok().filter(|most| *most > 0))
                .map(Self::Grid)
                .ok_or_else(|| format!("`{text}` are no coordinates: pixels, whole-pixels, shares (0 to 1) or the largest number of a grid, such as 999 or 1000, is expected")),
        }
    }
}

impl TryFrom<[f64; 4]> for PixelBox {
    type Error = GeometryError;
    fn try_from([x0, y0, x1, y1]: [f64; 4]) -> Result<Self, GeometryError> {
        Self::new(x0, y0, x1, y1)
    }
}

impl From<PixelBox> for [f64; 4] {
    fn from(bbox: PixelBox) -> Self {
        bbox.corners()
    }
}

/// A box on the model's grid: integers in 0..=999 relative to the whole original image, `x1 < x2`, `y1 < y2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GridBox {
    x1: u16,
    y1: u16,
    x2: u16,
    y2: u16,
}

impl GridBox {
    /// A grid box from `[x1, y1, x2, y2]`.
    pub fn new(corners: [i64; 4]) -> Result<Self, GeometryError> {
        let on_grid = |c: i64| u16::try_from(c).ok().filter(|c| *c <= GRID_MAX);
        match corners.map(on_grid) {
            [Some(x1), Some(y1), Some(x2), Some(y2)] if x1 < x2 && y1 < y2 => {
                Ok(Self { x1, y1, x2, y2 })
            }
            _ => Err(GeometryError::NotOnGrid(corners)),
        }
    }

    /// `[x1, y1, x2, y2]`.
    #[must_use]
    pub fn corners(&self) -> [u16; 4] {
        [self.x1, self.y1, self.x2, self.y2]
    }

    /// The box in the pixels of an image of this size; inside it by construction.
    #[must_use]
    pub fn to_pixels(&self, size: ImageSize) -> PixelBox {
        let x = |c: u16| f64::from(c) / f64::from(GRID_MAX) * f64::from(size.width);
        let y = |c: u16| f64::from(c) / f64::from(GRID_MAX) * f64::from(size.height);
        PixelBox {
            x0: x(self.x1),
            y0: y(self.y1),
            x1: x(self.x2),
            y1: y(self.y2),
        }
    }
}

impl std::fmt::Display for GridBox {
    /// `[421, 351, 505, 470]`, as MedRegA writes it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}, {}, {}, {}]", self.x1, self.y1, self.x2, self.y2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(width: u32, height: u32) -> ImageSize {
        ImageSize::new(width, height).unwrap()
    }

    #[test]
    fn iou_of_hand_worked_boxes() {
        let a = PixelBox::new(0.0, 0.0, 10.0, 10.0).unwrap();
        let b = PixelBox::new(5.0, 0.0, 15.0, 10.0).unwrap();
        assert!((a.iou(&b) - 50.0 / 150.0).abs() < 1e-12);
        assert_eq!(a.iou(&PixelBox::new(10.0, 0.0, 20.0, 10.0).unwrap()), 0.0);
        assert_eq!(a.iou(&a), 1.0);
    }

    #[test]
    fn boxes_that_are_none_are_refused_with_their_reason() {
        assert!(matches!(
            PixelBox::new(5.0, 0.0, 5.0, 1.0),
            Err(GeometryError::Empty(..))
        ));
        assert!(matches!(
            PixelBox::new(f64::NAN, 0.0, 5.0, 1.0),
            Err(GeometryError::NotACoordinate(..))
        ));
        assert!(matches!(
            PixelBox::new(-1.0, 0.0, 5.0, 1.0),
            Err(GeometryError::NotACoordinate(..))
        ));
        let outside = PixelBox::new(0.0, 0.0, 5.0, 11.0)
            .unwrap()
            .inside(size(10, 10));
        assert!(outside.unwrap_err().to_string().contains("10×10"));
        assert!(serde_json::from_str::<PixelBox>("[3, 3, 1, 1]").is_err());
        assert!(ImageSize::new(0, 4).is_err());
    }

    #[test]
    fn the_whole_image_is_the_whole_grid() {
        let whole = PixelBox::new(0.0, 0.0, 640.0, 480.0).unwrap();
        assert_eq!(
            whole.to_grid(size(640, 480)).to_string(),
            "[0, 0, 999, 999]"
        );
    }

    proptest! {
        #[test]
        fn quantising_moves_an_edge_by_at_most_one_cell(
            w in 1u32..4000, h in 1u32..4000, a in 0.0..0.99f64, b in 0.0..0.99f64, dw in 0.0001..1.0f64, dh in 0.0001..1.0f64,
        ) {
            let (fw, fh) = (f64::from(w), f64::from(h));
            let bbox = PixelBox::new(a * fw, b * fh, (a + dw).min(1.0) * fw, (b + dh).min(1.0) * fh).unwrap();
            let back = bbox.to_grid(size(w, h)).to_pixels(size(w, h)).inside(size(w, h)).unwrap();
            let cells = [fw, fh, fw, fh].map(|side| side / f64::from(GRID_MAX));
            for ((before, after), cell) in bbox.corners().iter().zip(back.corners()).zip(cells) {
                prop_assert!((before - after).abs() <= 1.5 * cell + 1e-9, "{before} {after}");
            }
        }

        #[test]
        fn a_grid_box_survives_the_way_through_pixels(w in 1u32..4000, h in 1u32..4000, x1 in 0i64..999, y1 in 0i64..999, dx in 1i64..999, dy in 1i64..999) {
            let grid = GridBox::new([x1, y1, (x1 + dx).min(999), (y1 + dy).min(999)]).unwrap();
            prop_assert_eq!(grid.to_pixels(size(w, h)).to_grid(size(w, h)), grid);
        }
    }
}
