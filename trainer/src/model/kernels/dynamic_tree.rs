//! Numbers in -1..1 in 8 bits each, in a code that is finest near zero ("dynamic tree quantization"; Dettmers et al. 2021, "8-bit
//! Optimizers via Block-wise Quantization", arXiv 2110.02861).

use super::simd::vectorised;
use std::sync::LazyLock;

/// Codes for a number's sign and size, or for its size alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeKind {
    /// From -1 to 1.
    Signed,
    /// From 0 to 1.
    Unsigned,
}

/// Powers of ten that the code reaches down over.
const DECADES: usize = 7;

/// What 8 bits stand for, and the way there.
#[derive(Debug)]
pub struct Code {
    /// In ascending order; zero and one are among them.
    values: [f32; 256],
    /// The code of zero: codes above it are as many steps from it as those below.
    zero: f32,
    decades: [Decade; DECADES],
    /// From here on a number is nearer to one than to any other, which is so many steps from zero.
    one: (f32, f32),
}

/// Codes a tenth and more of a power of ten: a number `x` is `slope · x + offset` steps from zero, half a step too few, and at most `last`.
#[derive(Clone, Copy, Debug)]
struct Decade {
    /// Numbers above this are no nearer to one of the decade below.
    above: f32,
    slope: f32,
    offset: f32,
    last: f32,
}

impl CodeKind {
    /// The code for such numbers.
    #[must_use]
    pub fn code(self) -> &'static Code {
        static SIGNED: LazyLock<Code> = LazyLock::new(|| Code::new(CodeKind::Signed));
        static UNSIGNED: LazyLock<Code> = LazyLock::new(|| Code::new(CodeKind::Unsigned));
        match self {
            Self::Signed => &SIGNED,
            Self::Unsigned => &UNSIGNED,
        }
    }

    /// Into how many equal parts the decade's codes cut `0.1..1` of its unit: twice as many as in the decade below.
    fn parts(self, decade: usize) -> u32 {
        match self {
            Self::Signed => 1 << decade,
            Self::Unsigned => 2 << decade,
        }
    }
}

impl Code {
    /// A decade's codes are the middles of its parts.
    fn new(kind: CodeKind) -> Self {
        let mut sizes = vec![0.0];
        let decades = std::array::from_fn(|decade| {
            let (parts, unit) = (kind.parts(decade), 10f64.powi(decade as i32 - 6));
            let (first, before) = (sizes.len() as f64, sizes[sizes.len() - 1]);
            let middle = |n: u32| unit * (0.1 + 0.9 * (f64::from(n) + 0.5) / f64::from(parts));
            sizes.extend((0..parts).map(middle));
            let above = match (kind, decade) {
                // A second moment of zero would make of a small first one a step without bounds.
                (CodeKind::Unsigned, 0) => 0.0,
                _ => (before + middle(0)) / 2.0,
            };
            Decade {
                above: above as f32,
                slope: (f64::from(parts) / (0.9 * unit)) as f32,
                offset: (first - f64::from(parts) / 9.0 - 0.5) as f32,
                last: (sizes.len() - 1) as f32,
            }
        });
        let one = ((sizes[sizes.len() - 1] + 1.0) / 2.0, sizes.len());
        let mut values: Vec<f32> = [1.0].into();
        for size in sizes.iter().map(|size| *size as f32) {
            values.push(size);
            if kind == CodeKind::Signed && size > 0.0 {
                values.push(-size);
            }
        }
        values.sort_by(f32::total_cmp);
        Self {
            zero: (values.len() - 1 - one.1) as f32,
            values: std::array::from_fn(|n| values[n]),
            decades,
            one: (one.0 as f32, one.1 as f32),
        }
    }

    /// The code of zero.
    #[must_use]
    pub fn zero(&self) -> u8 {
        self.zero as u8
    }

    /// Writes `scale` times what the codes stand for.
    pub fn decode(&self, codes: &[u8], scale: f32, numbers: &mut [f32]) {
        for (number, code) in numbers.iter_mut().zip(codes) {
            *number = scale * self.values[usize::from(*code)];
        }
    }

    /// Writes the code nearest to `factor` times each number, which lies in -1..1, or in 0..1; one of two that are equally near.
    pub fn encode(&self, numbers: &[f32], factor: f32, codes: &mut [u8]) {
        encode(numbers, factor, codes, (self.zero, self.one), &self.decades);
    }
}

vectorised! {
    /// A search among the values, or a look into a table, would go number by number: here all registers' numbers go through all decades.
    fn encode(numbers: &[f32], factor: f32, codes: &mut [u8], places: (f32, (f32, f32)), decades: &[Decade; DECADES]) {
        let (zero, one) = places;
        // Adding 2^23 rounds to the nearest integer, which then stands in the low bits.
        const ROUND: f32 = 8_388_608.0;
        for (code, number) in codes.iter_mut().zip(numbers) {
            let x = number * factor;
            let size = x.abs();
            let (mut slope, mut offset, mut last) = (0.0, 0.0, 0.0);
            for decade in decades {
                let reached = size > decade.above;
                slope = if reached { decade.slope } else { slope };
                offset = if reached { decade.offset } else { offset };
                last = if reached { decade.last } else { last };
            }
            let steps = size.mul_add(slope, offset);
            let steps = if steps < last { steps } else { last };
            // The least decade begins below where its parts do.
            let steps = if size > decades[0].above && steps < 1.0 { 1.0 } else { steps };
            let steps = if size >= one.0 { one.1 } else { steps };
            let place = zero + if x < 0.0 { -steps } else { steps };
            // There is no -1.
            let place = if place > 0.0 { place } else { 0.0 };
            *code = (place + ROUND).to_bits() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{prop_assert, proptest};

    fn coded(kind: CodeKind, number: f32) -> u8 {
        // As many as fill registers, and one more.
        let mut codes = [0; 17];
        kind.code().encode(&[number; 17], 1.0, &mut codes);
        assert!(codes.iter().all(|code| *code == codes[0]), "{number}");
        codes[0]
    }

    #[test]
    fn the_code_is_the_published_one() {
        // By hand after the paper's `create_dynamic_map`: the last decade's last part, the first decade's only one.
        let signed = CodeKind::Signed.code().values;
        assert_eq!((signed[0], signed[255]), (-0.992_968_75, 1.0));
        assert_eq!(
            (signed[127], signed[128], signed[126]),
            (0.0, 5.5e-7, -5.5e-7)
        );
        let unsigned = CodeKind::Unsigned.code().values;
        assert_eq!(unsigned[..3], [0.0, 3.25e-7, 7.75e-7]);
        assert_eq!((unsigned[254], unsigned[255]), (0.996_484_4, 1.0));
        for values in [signed, unsigned] {
            assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn a_code_stands_for_itself() {
        for kind in [CodeKind::Signed, CodeKind::Unsigned] {
            for (n, value) in kind.code().values.iter().enumerate() {
                assert_eq!(usize::from(coded(kind, *value)), n, "{kind:?} {value}");
            }
        }
    }

    #[test]
    fn a_size_is_never_rounded_to_zero_and_what_is_too_large_is_the_largest() {
        assert_eq!(coded(CodeKind::Unsigned, 1e-30), 1);
        assert_eq!(coded(CodeKind::Unsigned, 0.0), 0);
        assert_eq!(coded(CodeKind::Signed, 1e-30), 127);
        for kind in [CodeKind::Signed, CodeKind::Unsigned] {
            // A block's largest times the inverse of itself may be a little more than one.
            assert_eq!(coded(kind, 1.000_000_1), 255);
        }
        assert_eq!(coded(CodeKind::Signed, -1.000_000_1), 0);
    }

    proptest! {
        #[test]
        fn no_other_code_is_nearer(number in -1.0f32..1.0, decade in 0i32..8) {
            let number = number * 10f32.powi(-decade);
            for (kind, number) in [(CodeKind::Signed, number), (CodeKind::Unsigned, number.abs())] {
                let values = kind.code().values;
                let off = |value: f32| (value - number).abs();
                let given = off(values[usize::from(coded(kind, number))]);
                let others = values.iter().filter(|value| kind == CodeKind::Signed || **value > 0.0 || number == 0.0);
                let least = others.map(|value| off(*value)).fold(f32::INFINITY, f32::min);
                // Between two, 32 bits do not always tell which is nearer.
                prop_assert!(given <= least + 2e-7 * number.abs(), "{kind:?} {number}: {given}, but {least}");
            }
        }
    }
}
