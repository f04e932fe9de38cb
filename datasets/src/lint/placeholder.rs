//! Placeholders of a template that nobody filled in.

use super::{Draft, Read, Spot};

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let pages = read.pages.iter().enumerate();
    // One mark for each text: whoever fills it in sees the next.
    let first = pages.filter_map(|(index, page)| Some((index, page.text.placeholders().first()?)));
    first
        .map(|(index, range)| {
            let here = read.pages[index].quote(range);
            Draft::new("placeholder_left", Spot::at(index, range)).with("here", here)
        })
        .collect()
}
