//! Sides in names and texts: left, right and both, in English and Chinese.

use std::collections::BTreeSet;

/// A side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The patient's left.
    Left,
    /// The patient's right.
    Right,
    /// Both of them.
    Both,
}

fn word(word: &str) -> Option<Side> {
    Some(match word {
        "left" => Side::Left,
        "right" => Side::Right,
        "bilateral" | "both" => Side::Both,
        _ => return None,
    })
}

fn character(c: char) -> Option<Side> {
    Some(match c {
        '左' => Side::Left,
        '右' => Side::Right,
        '双' | '雙' | '两' | '兩' => Side::Both,
        _ => return None,
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// The side that a name gives, in lower case; none where it gives none or several.
#[must_use]
pub fn of(name: &str) -> Option<Side> {
    let sides: BTreeSet<Side> = words(name)
        .filter_map(word)
        .chain(name.chars().filter_map(character))
        .collect();
    sides.first().copied().filter(|_| sides.len() == 1)
}

/// Whether two names are one but for their side.
#[must_use]
pub fn differ(said: &str, right: &str) -> bool {
    let plain = |name: &str| -> String {
        let kept = words(name).filter(|w| word(w).is_none());
        kept.flat_map(str::chars)
            .filter(|c| character(*c).is_none() && *c != '侧' && *c != '側')
            .collect()
    };
    said != right && of(said) != of(right) && plain(said) == plain(right)
}

/// What a text says to be on a side: the side and the word (of Chinese the two characters) after it.
#[must_use]
pub fn mentions(text: &str) -> BTreeSet<(Side, String)> {
    let lower = text.to_lowercase();
    let english: Vec<&str> = words(&lower).collect();
    let after = english
        .windows(2)
        .filter_map(|pair| Some((word(pair[0])?, pair[1].to_owned())));
    let mut found: BTreeSet<_> = after.collect();
    let chars: Vec<char> = text.chars().filter(|c| !matches!(c, '侧' | '側')).collect();
    for (at, c) in chars.iter().enumerate() {
        if let Some(side) = character(*c) {
            found.insert((side, chars[at + 1..].iter().take(2).collect()));
        }
    }
    found
}

/// Of the places that both texts give a side, how many there are and to how many the answer gives none but another one.
#[must_use]
pub fn compared(said: &str, right: &str) -> (usize, usize) {
    let (said, right) = (mentions(said), mentions(right));
    let places: BTreeSet<&str> = said.iter().map(|(_, place)| place.as_str()).collect();
    let shared = places
        .into_iter()
        .filter(|place| right.iter().any(|(_, other)| other == place));
    let agree = |place: &&str| said.iter().any(|m| m.1 == *place && right.contains(m));
    let (same, other): (Vec<&str>, Vec<&str>) = shared.partition(agree);
    (same.len() + other.len(), other.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_told_from_places() {
        assert!(
            differ("left lung", "right lung")
                && differ("左肺", "右肺")
                && differ("双侧肾脏", "左肾脏")
        );
        assert!(!differ("left lung", "left kidney") && !differ("lung", "lung"));
        assert_eq!(of("left and right lung"), None);
        assert_eq!(
            compared("the left lung is clear", "left lung clear, right kidney"),
            (1, 0)
        );
        assert_eq!(compared("右侧胸腔积液", "左侧胸腔积液"), (1, 1));
    }
}
