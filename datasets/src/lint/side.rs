//! The side that is named against the half of the image in which the box lies, where the view allows that.

use super::laterality::{Side, mentions};
use super::lexicon;
use super::{Across, Draft, Read, Spot};
use std::collections::BTreeSet;

/// How far from the middle a box must stay, as a part of the image's width, to lie on one side: patients are not quite straight.
const MARGIN: f64 = 0.04;
/// What lies across the middle whatever its name says: the right heart border, the left lobe of the liver.
const ACROSS: &[&str] = &["heart", "aorta", "trachea", "liver", "pericardium"];

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let Some(seen) = side_of_box(read) else {
        return Vec::new();
    };
    let mut named = Vec::new();
    for (index, page) in read.pages.iter().enumerate() {
        let terms = lexicon::find(&page.text, page.tongue);
        if terms.iter().any(|term| ACROSS.contains(&term.id())) {
            return Vec::new();
        }
        named.extend(mentions(page).into_iter().map(|said| (index, said)));
    }
    let sides: BTreeSet<Side> = named.iter().map(|(_, said)| said.side).collect();
    let Some((page, said)) = named
        .first()
        .filter(|(_, said)| sides.len() == 1 && said.side == seen.opposite())
    else {
        return Vec::new();
    };
    let here = read.pages[*page].quote(&said.range);
    let word = if seen == Side::Left { "left" } else { "right" };
    let draft = Draft::new("side_box", Spot::at(*page, &said.range));
    vec![draft.with("here", here).with("box", word)]
}

/// The patient's side on which the box lies as a whole.
fn side_of_box(read: &Read<'_>) -> Option<Side> {
    let sided = read.subject.bbox?;
    let width = f64::from(sided.size.width());
    let [x0, _, x1, _] = sided.bbox.corners();
    let side = if x1 / width <= 0.5 - MARGIN {
        Side::Right
    } else if x0 / width >= 0.5 + MARGIN {
        Side::Left
    } else {
        return None;
    };
    Some(match sided.across {
        Across::ToLeft => side,
        Across::ToRight => side.opposite(),
    })
}
