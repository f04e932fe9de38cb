//! What a picture looks like, in 256 bits, and which of many pictures are nearly equal.
//!
//! A difference hash: the picture is shrunk to 17 × 16 greys, and each bit tells whether a grey is darker than its neighbour on the right. It
//! stays nearly the same when a picture is scaled, compressed or lit differently. Sixteen lines of sixteen bits, for chest radiographs of
//! different people agree in most of the usual sixty-four.

use crate::snapshot::Split;

/// Greys in a row, and rows, that a picture is shrunk to.
pub const SHRUNK: (u32, u32) = (17, 16);
/// Pictures that differ in at most so many bits are nearly equal.
pub const NEARLY: u32 = 12;

/// A picture's 256 bits; by default, of a picture of one grey, which is like no other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Likeness([u64; 4]);

impl Likeness {
    /// Of the greys that a picture was shrunk to, row by row; `None` for another number of them.
    #[must_use]
    pub fn of(greys: &[u8]) -> Option<Self> {
        let (width, height) = (SHRUNK.0 as usize, SHRUNK.1 as usize);
        if greys.len() != width * height {
            return None;
        }
        let mut words = [0; 4];
        let pairs = greys.chunks_exact(width).flat_map(|row| row.windows(2));
        for (bit, pair) in pairs.enumerate() {
            words[bit / 64] |= u64::from(pair[0] < pair[1]) << (bit % 64);
        }
        Some(Self(words))
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for (chunk, word) in bytes.chunks_exact_mut(8).zip(self.0) {
            chunk.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// From its 32 bytes; `None` for another number of them.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        let mut words = [0; 4];
        for (chunk, word) in bytes.chunks_exact(8).zip(&mut words) {
            *word = chunk.try_into().map(u64::from_le_bytes).ok()?;
        }
        Some(Self(words))
    }

    /// In how many bits two differ.
    #[must_use]
    pub fn differs(self, other: Self) -> u32 {
        self.0
            .iter()
            .zip(other.0)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum()
    }

    /// Whether there is anything to compare: a picture of one grey is like every other such.
    fn says_something(self) -> bool {
        self.0.iter().map(|word| word.count_ones()).sum::<u32>() > NEARLY
    }
}

/// The most pairs that are compared: some ten seconds' work.
const MOST_PAIRS: u64 = 4_000_000_000;
/// The most pairs that are named.
const MOST_NAMED: usize = 20;

/// What was found of pictures that are nearly equal and in different splits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alike<K> {
    /// Every pair was compared.
    Found {
        /// How many pairs are nearly equal.
        count: u64,
        /// The first of them.
        named: Vec<(K, K)>,
    },
    /// There are too many pairs to compare.
    TooMany,
}

/// Compares every two pictures of different splits.
#[must_use]
pub fn alike<K: Clone>(pictures: &[(Likeness, Split, K)]) -> Alike<K> {
    let in_split = |wanted: Split| {
        let found = pictures
            .iter()
            .filter(move |(likeness, split, _)| *split == wanted && likeness.says_something());
        found
            .map(|(likeness, _, key)| (*likeness, key))
            .collect::<Vec<_>>()
    };
    let [train, val, test] = [Split::Train, Split::Val, Split::Test].map(in_split);
    let sides = [(&train, &val), (&train, &test), (&val, &test)];
    let pairs: u64 = sides.iter().map(|(a, b)| (a.len() * b.len()) as u64).sum();
    if pairs > MOST_PAIRS {
        return Alike::TooMany;
    }
    let (mut count, mut named) = (0, Vec::new());
    for (these, those) in sides {
        for (one, key) in these {
            for (_, other) in those
                .iter()
                .filter(|(other, _)| one.differs(*other) <= NEARLY)
            {
                count += 1;
                if named.len() < MOST_NAMED {
                    named.push(((*key).clone(), (*other).clone()));
                }
            }
        }
    }
    Alike::Found { count, named }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of some waves, each number another one.
    fn greys(number: u32) -> Vec<u8> {
        let (width, height) = SHRUNK;
        let wave = |x: u32, y: u32| {
            (f64::from(x * (number % 7 + 1) + y * number) * 0.7).sin() * 100.0 + 128.0
        };
        (0..width * height)
            .map(|at| wave(at % width, at / width) as u8)
            .collect()
    }

    #[test]
    fn a_lit_picture_is_alike_and_another_is_not() {
        let picture = greys(3);
        let lit: Vec<u8> = picture.iter().map(|grey| grey / 2 + 20).collect();
        let of = |greys: &[u8]| Likeness::of(greys).unwrap();
        assert!(of(&picture).differs(of(&lit)) <= NEARLY);
        assert!(of(&picture).differs(of(&greys(4))) > 4 * NEARLY);
        let inverse: Vec<u8> = picture.iter().map(|grey| 255 - grey).collect();
        assert!(of(&picture).differs(of(&inverse)) > 200);
        assert_eq!(
            Likeness::from_bytes(&of(&picture).to_bytes()),
            Some(of(&picture))
        );
        assert_eq!(Likeness::of(&picture[1..]), None);
    }

    #[test]
    fn only_pairs_across_splits_count() {
        let of = |number, split, name| (Likeness::of(&greys(number)).unwrap(), split, name);
        let pictures = [
            of(1, Split::Train, "a"),
            of(1, Split::Train, "b"),
            of(2, Split::Val, "c"),
            of(1, Split::Test, "d"),
            of(5, Split::Test, "e"),
        ];
        let found = alike(&pictures);
        assert_eq!(
            found,
            Alike::Found {
                count: 2,
                named: vec![("a", "d"), ("b", "d")]
            }
        );
        // Two blank pictures have nothing in common but that.
        let blank = Likeness::of(&[0; 17 * 16]).unwrap();
        let blanks = [(blank, Split::Train, 1), (blank, Split::Test, 2)];
        assert_eq!(
            alike(&blanks),
            Alike::Found {
                count: 0,
                named: vec![]
            }
        );
    }
}
