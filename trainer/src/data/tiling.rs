//! Dynamic tiling: a large picture is read as several tiles and once more as a whole.
//!
//! Boxes never hear of it: they are relative to the whole picture, whatever it is cut into.

use crate::model::ModelConfig;

/// Tiles side by side and one below the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    /// Tiles in a row.
    pub columns: u32,
    /// Rows of tiles.
    pub rows: u32,
}

impl Grid {
    /// The whole picture in one.
    pub const ONE: Self = Self {
        columns: 1,
        rows: 1,
    };

    /// How many tiles there are.
    #[must_use]
    pub fn tiles(self) -> u32 {
        self.columns * self.rows
    }

    fn ratio(self) -> f64 {
        f64::from(self.columns) / f64::from(self.rows)
    }
}

/// How a model wants pictures to be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tiling {
    /// Pixels per side of a tile.
    pub side: u32,
    /// The fewest tiles.
    pub least: u32,
    /// The most tiles, the whole picture at the end not counted.
    pub most: u32,
    /// Whether the whole picture follows where there is more than one tile.
    pub thumbnail: bool,
}

impl Tiling {
    /// As published: up to so many tiles, the whole picture after them.
    #[must_use]
    pub fn up_to(most: u32, side: u32) -> Self {
        Self {
            side,
            least: 1,
            most,
            thumbnail: true,
        }
    }

    /// As the configuration says; without `dynamic_image_size`, one resize of the whole picture.
    #[must_use]
    pub fn of(config: &ModelConfig) -> Self {
        let (least, most) = match config.dynamic_image_size {
            true => (config.min_dynamic_patch, config.max_dynamic_patch),
            false => (1, 1),
        };
        Self {
            side: config.image_size() as u32,
            least: u32::from(least),
            most: u32::from(most),
            thumbnail: config.use_thumbnail,
        }
    }

    /// The grid whose shape is nearest to that of a picture. Of two as near, the one with more tiles is taken only if the picture
    /// has more than half of its pixels.
    #[must_use]
    pub fn grid(&self, width: u32, height: u32) -> Grid {
        let wanted = f64::from(width.max(1)) / f64::from(height.max(1));
        let area = f64::from(width) * f64::from(height);
        let half_of = |grid: Grid| 0.5 * f64::from(self.side).powi(2) * f64::from(grid.tiles());
        let mut best = (f64::INFINITY, Grid::ONE);
        for grid in self.candidates() {
            let far = (wanted - grid.ratio()).abs();
            if far < best.0 || (far == best.0 && area > half_of(grid)) {
                best = (far, grid);
            }
        }
        best.1
    }

    /// Every allowed grid, those with fewer tiles first.
    fn candidates(&self) -> impl Iterator<Item = Grid> {
        let (least, most) = (self.least.max(1), self.most.max(1));
        (least..=most).flat_map(|tiles| {
            (1..=tiles)
                .filter(move |columns| tiles.is_multiple_of(*columns))
                .map(move |columns| Grid {
                    columns,
                    rows: tiles / columns,
                })
        })
    }

    /// How many pictures of one tile's size a picture becomes, the whole at the end included.
    #[must_use]
    pub fn pictures(&self, grid: Grid) -> usize {
        let tiles = grid.tiles() as usize;
        tiles + usize::from(self.thumbnail && tiles > 1)
    }
}
