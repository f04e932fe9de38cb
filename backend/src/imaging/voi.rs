//! Which values a reader first sees, and how: the values-of-interest transformation of PS3.3 section C.11.2.

use super::attributes::{number, of_first_frame, text};
use super::grey::VoiFunction;
use super::rescale::Rescale;
use super::table::Written;
use dicom_object::{DefaultDicomObject, InMemDicomObject, Tag};

const PIXEL_PADDING_VALUE: Tag = Tag(0x0028, 0x0120);
const WINDOW_CENTER: Tag = Tag(0x0028, 0x1050);
const WINDOW_WIDTH: Tag = Tag(0x0028, 0x1051);
const VOI_LUT_FUNCTION: Tag = Tag(0x0028, 0x1056);
const VOI_LUT_SEQUENCE: Tag = Tag(0x0028, 0x3010);
const FRAME_VOI_LUT: Tag = Tag(0x0028, 0x9132);

/// The share of pixels left out at each end where a file says nothing itself.
const TAILS: f64 = 0.005;

/// From modality values to grey.
pub(super) enum Voi {
    /// Through a window.
    Window(Shown),
    /// Through a table.
    Table(Table),
}

/// A range of values and how it is spread over the greys.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    pub(super) center: f64,
    pub(super) width: f64,
    pub(super) function: VoiFunction,
}

impl Voi {
    /// The file's own first window, else its first table, which PS3.3 leaves to choose between; else all but the tails of the
    /// values that are no padding.
    pub(super) fn of(object: &DefaultDicomObject, values: &[f64], rescale: &Rescale) -> Self {
        let own = |set| {
            let table = || Table::of(set, values).map(Self::Table);
            window(set).map(Self::Window).or_else(table)
        };
        of_first_frame(object, FRAME_VOI_LUT)
            .find_map(own)
            .unwrap_or_else(|| Self::Window(all_but_tails(values, padding(object, rescale))))
    }

    /// The shown grey, in 0..=1, of a value.
    pub(super) fn apply(&self, value: f64) -> f64 {
        match self {
            Self::Window(shown) => shown.function.apply(value, shown.center, shown.width),
            Self::Table(table) => table.at(value),
        }
    }

    /// The window that shows the same values, exactly or as near as a window comes to a table.
    pub(super) fn window(&self) -> Shown {
        match self {
            Self::Window(shown) => *shown,
            Self::Table(table) => table.window(),
        }
    }
}

fn window(set: &InMemDicomObject) -> Option<Shown> {
    let function = match text(set, VOI_LUT_FUNCTION).as_deref() {
        Some("LINEAR_EXACT") => VoiFunction::LinearExact,
        Some("SIGMOID") => VoiFunction::Sigmoid,
        _ => VoiFunction::Linear,
    };
    let (center, width) = (number(set, WINDOW_CENTER)?, number(set, WINDOW_WIDTH)?);
    // C.11.2.1.2.1 wants at least 1; the functions of C.11.2.1.3 take any width that is one.
    let usable = match function {
        VoiFunction::Linear => width >= 1.0,
        VoiFunction::LinearExact | VoiFunction::Sigmoid => width > 0.0,
    };
    usable.then_some(Shown {
        center,
        width,
        function,
    })
}

pub(super) fn all_but_tails(values: &[f64], padding: Option<f64>) -> Shown {
    let mut kept: Vec<f64> = values
        .iter()
        .copied()
        .filter(|v| Some(*v) != padding)
        .collect();
    let last = kept.len().saturating_sub(1);
    let cut = (last as f64 * TAILS) as usize;
    let mut nth = |n: usize| {
        if kept.is_empty() {
            0.0
        } else {
            *kept.select_nth_unstable_by(n, f64::total_cmp).1
        }
    };
    span(nth(cut), nth(last - cut))
}

/// From black at `low` to white at `high`. Where they are one, a width of 1 shows it mid-grey.
pub(super) fn span(low: f64, high: f64) -> Shown {
    Shown {
        center: f64::midpoint(low, high),
        width: if high > low { high - low } else { 1.0 },
        function: VoiFunction::LinearExact,
    }
}

/// PixelPaddingValue after the modality transformation.
fn padding(object: &DefaultDicomObject, rescale: &Rescale) -> Option<f64> {
    number(object, PIXEL_PADDING_VALUE).map(|value| rescale.apply(value))
}

/// A VOI LUT, PS3.3 section C.11.2.1.1: a grey for each value.
pub(super) struct Table {
    /// The value of the first entry.
    first: f64,
    entries: Vec<u16>,
    /// The entry that is white.
    white: f64,
}

impl Table {
    fn of(set: &InMemDicomObject, values: &[f64]) -> Option<Self> {
        let item = set.get(VOI_LUT_SEQUENCE)?.items()?.first()?;
        let Written {
            first,
            bits,
            entries,
        } = Written::of(item)?;
        // The first value is signed where the values are.
        let signed = first > i64::from(i16::MAX) && values.iter().any(|value| *value < 0.0);
        let first = if signed { first - (1 << 16) } else { first };
        Some(Self {
            first: first as f64,
            entries,
            white: f64::from((1_u32 << bits) - 1),
        })
    }

    /// Values before the first entry have its grey, values after the last one that one's.
    fn at(&self, value: f64) -> f64 {
        let place = (value - self.first).round().max(0.0) as usize;
        let entry = self.entries[place.min(self.entries.len() - 1)];
        (f64::from(entry) / self.white).min(1.0)
    }

    /// From the last value of the first grey to the first of the last.
    fn window(&self) -> Shown {
        let [first, .., last] = self.entries[..] else {
            return span(self.first, self.first);
        };
        let start = self.entries.iter().position(|entry| *entry != first);
        let end = self.entries.iter().rposition(|entry| *entry != last);
        let (start, end) = (start.unwrap_or(1) - 1, end.unwrap_or(0) + 1);
        span(self.first + start as f64, self.first + end as f64)
    }
}
