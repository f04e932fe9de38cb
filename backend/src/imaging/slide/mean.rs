//! A part of a level at a smaller size, each pixel the mean of those that it covers, gathered tile by tile.

use super::Level;
use image::RgbImage;

/// A part of a level, in its pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Area {
    /// All of it.
    pub(super) fn of(level: &Level) -> Self {
        Self {
            left: 0.0,
            top: 0.0,
            width: f64::from(level.width),
            height: f64::from(level.height),
        }
    }

    /// The columns and rows of tiles that it touches.
    pub(super) fn tiles(&self, level: &Level) -> impl Iterator<Item = (u32, u32)> + use<> {
        let span = |from: f64, length: f64, tile: u32, count: u32| {
            let last = ((from + length) / f64::from(tile)).ceil() as u32;
            (from / f64::from(tile)).max(0.0) as u32..last.min(count)
        };
        let columns = span(self.left, self.width, level.tile_width, level.columns());
        let rows = span(self.top, self.height, level.tile_height, level.rows());
        rows.flat_map(move |row| columns.clone().map(move |column| (column, row)))
    }
}

/// What has been gathered so far.
pub(super) struct Mean {
    pub(super) area: Area,
    columns: u32,
    rows: u32,
    sums: Vec<f32>,
}

impl Mean {
    /// Nothing yet of an area that becomes a picture of this many columns and rows, no more than it has itself.
    pub(super) fn over(area: Area, columns: u32, rows: u32) -> Self {
        Self {
            area,
            columns,
            rows,
            sums: vec![0.0; columns as usize * rows as usize * 3],
        }
    }

    /// Adds pixels whose first one lies there in the level; what lies beside the area counts for nothing.
    pub(super) fn add(&mut self, pixels: &RgbImage, left: u32, top: u32) {
        let Area {
            left: from_left,
            top: from_top,
            width,
            height,
        } = self.area;
        let across = shares(left, pixels.width(), from_left, width, self.columns);
        let down = shares(top, pixels.height(), from_top, height, self.rows);
        let stride = self.columns as usize * 3;
        let mut line = vec![0.0_f32; stride];
        for (row, parts) in pixels.rows().zip(&down) {
            if parts.is_empty() {
                continue;
            }
            line.fill(0.0);
            for (pixel, parts) in row.zip(&across) {
                for (column, share) in parts {
                    for (sum, value) in line[column * 3..column * 3 + 3].iter_mut().zip(pixel.0) {
                        *sum += share * f32::from(value);
                    }
                }
            }
            for (at, share) in parts {
                let sums = &mut self.sums[at * stride..(at + 1) * stride];
                sums.iter_mut()
                    .zip(&line)
                    .for_each(|(sum, value)| *sum += share * value);
            }
        }
    }

    /// The greatest difference of one pixel's colours between two that were gathered at the same size.
    pub(super) fn greatest_difference(&self, other: &Self) -> f32 {
        let differences = self
            .sums
            .iter()
            .zip(&other.sums)
            .map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f32::max)
    }

    /// As pixels.
    pub(super) fn picture(self) -> RgbImage {
        // A float becomes a byte saturating, which is the clamping that is wanted.
        let bytes = self.sums.iter().map(|sum| sum.round() as u8).collect();
        RgbImage::from_raw(self.columns, self.rows, bytes).unwrap_or_default()
    }
}

/// For each of `length` pixels from `first` on: the places of `bins` that it falls into, and what share of each it is, where the
/// bins divide `extent` pixels from `from` on.
fn shares(first: u32, length: u32, from: f64, extent: f64, bins: u32) -> Vec<Vec<(usize, f32)>> {
    let scale = f64::from(bins) / extent;
    let of_pixel = |pixel: u32| {
        let start = ((f64::from(pixel) - from) * scale).clamp(0.0, f64::from(bins));
        let end = ((f64::from(pixel) + 1.0 - from) * scale).clamp(0.0, f64::from(bins));
        let share = |bin: u32| end.min(f64::from(bin) + 1.0) - start.max(f64::from(bin));
        let touched = start as u32..end.ceil() as u32;
        touched
            .map(|bin| (bin as usize, share(bin) as f32))
            .filter(|(_, share)| *share > 0.0)
            .collect()
    };
    (first..first + length).map(of_pixel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgb;

    #[test]
    fn sizes_that_do_not_divide_still_weigh_each_pixel_by_what_it_covers() {
        let area = Area {
            left: 0.0,
            top: 0.0,
            width: 3.0,
            height: 1.0,
        };
        let mut mean = Mean::over(area, 2, 1);
        let level = |x: u32| Rgb([[30, 60, 90][x as usize], 255, 0]);
        let whole = RgbImage::from_fn(3, 1, |x, _| level(x));
        // As two tiles would bring it.
        mean.add(
            &image::imageops::crop_imm(&whole, 0, 0, 2, 1).to_image(),
            0,
            0,
        );
        mean.add(
            &image::imageops::crop_imm(&whole, 2, 0, 1, 1).to_image(),
            2,
            0,
        );
        let seen = mean.picture();
        assert_eq!(seen.get_pixel(0, 0), &Rgb([40, 255, 0]));
        assert_eq!(seen.get_pixel(1, 0), &Rgb([80, 255, 0]));
    }
}
