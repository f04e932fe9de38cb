//! Traditional Chinese characters, read as the simplified ones that the rules' words are written with.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Made by `traditional.py` from OpenCC's dictionary: a traditional character and its simplified one, pair by pair.
static SIMPLIFIED: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let both = |pair: &str| -> Option<(char, char)> {
        let mut pair = pair.chars();
        pair.next().zip(pair.next())
    };
    let pairs = include_str!("traditional.txt").split_whitespace();
    pairs.filter_map(both).collect()
});

/// The simplified character that the rules know, or the character itself.
pub(super) fn simplified(c: char) -> char {
    SIMPLIFIED.get(&c).copied().unwrap_or(c)
}
