//! A text in one language alone.

use super::{Draft, Read, Spot};

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let blank: Vec<bool> = read.pages.iter().map(|p| p.text.is_blank()).collect();
    let page = match blank.as_slice() {
        [true, false] => 0,
        [false, true] => 1,
        _ => return Vec::new(),
    };
    let spot = Spot {
        page,
        range: None,
        fix: None,
    };
    vec![Draft::new("empty_missing", spot)]
}
