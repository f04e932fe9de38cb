//! Numbers and measurements: 3 cm, 30 mm, 3厘米, ３センチ and thirty millimetres are one.

mod english;
mod han;
mod numerals;

use super::text::{Text, Tongue};
use super::{Draft, Page, Read, Spot};
use numerals::{Numeral, numerals};
use std::ops::Range;

/// What a number measures. A percentage, an angle, a count and a score are plain numbers: the words around them differ too much
/// from language to language to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Plain,
    /// In millimetres.
    Length,
    /// In square millimetres.
    Area,
    /// In millilitres.
    Volume,
    /// In milligrams.
    Mass,
}

/// How sure it is that the other text has the number too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    /// One, first: other languages say it without a number.
    Faint,
    /// A word, or a part of a code such as L4: it may be said otherwise, but not with another number.
    Weak,
    /// Digits, or anything with a unit.
    Strong,
}

/// A number with its unit.
#[derive(Clone, Debug)]
struct Quantity {
    numeral: Numeral,
    measure: Measure,
    /// How many of the measure's units one of this one's is.
    factor: f64,
    /// The unit is that of the next number in a list, which may not be meant.
    guessed: bool,
}

impl Quantity {
    fn amount(&self) -> f64 {
        self.numeral.value * self.factor
    }

    fn is(&self, other: &Self) -> bool {
        let (a, b) = (self.amount(), other.amount());
        self.measure == other.measure && (a - b).abs() <= 1e-6 * a.abs().max(b.abs()).max(1e-3)
    }
}

/// Whether a text says any number.
pub(super) fn says_any(page: &Page<'_>) -> bool {
    !quantities(&page.text, page.tongue).is_empty()
}

pub(super) fn check(read: &Read<'_>) -> Vec<Draft> {
    let Some((a, b)) = read.both() else {
        return Vec::new();
    };
    let worded = a.tongue != Tongue::Other && b.tongue != Tongue::Other;
    let of = |page: &Page<'_>| -> Vec<Quantity> {
        let all = quantities(&page.text, page.tongue);
        all.into_iter()
            .filter(|q| worded || q.numeral.weight == Weight::Strong)
            .collect()
    };
    let (mine, theirs) = (of(a), of(b));
    let (mut here, mut there) = (unmatched(&mine, &theirs), unmatched(&theirs, &mine));
    without_unit(&mut here, &mut there);
    let levels = levels(&mine, &theirs).or_else(|| levels(&theirs, &mine));
    let paired = |all: &[&Quantity], other: &[&Quantity]| {
        let grave = all.iter().any(|q| q.numeral.weight == Weight::Strong);
        grave || !other.is_empty() && all.iter().any(|q| q.numeral.weight == Weight::Weak)
    };
    if !paired(&here, &there) && !paired(&there, &here) && levels.is_none() {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    while let Some((one, other)) = take_pair(&mut here, &mut there) {
        drafts.push(differ(read, one, other));
    }
    let missing = here
        .iter()
        .map(|q| (0, *q))
        .chain(there.iter().map(|q| (1, *q)));
    let grave = missing.filter(|(_, q)| {
        q.numeral.weight == Weight::Strong || levels.is_some_and(|level| level.is(q))
    });
    drafts.extend(grave.map(|(page, q)| {
        let range = &q.numeral.range;
        let draft = Draft::new("numbers_missing", Spot::at(page, range));
        draft.with("here", quote(read, page, q))
    }));
    drafts
}

/// The numbers of a text that the other one does not have, each once.
fn unmatched<'q>(mine: &'q [Quantity], theirs: &[Quantity]) -> Vec<&'q Quantity> {
    let mut found: Vec<&Quantity> = Vec::new();
    for quantity in mine {
        let known = theirs.iter().any(|other| other.is(quantity));
        if !known && !found.iter().any(|other| other.is(quantity)) {
            found.push(quantity);
        }
    }
    found
}

/// A vertebra that one text names and the other does not, though it names others, none of them on both sides of it.
fn levels<'q>(mine: &'q [Quantity], theirs: &[Quantity]) -> Option<&'q Quantity> {
    let named = |all: &[Quantity]| -> Vec<f64> {
        let levels = all.iter().filter(|q| q.numeral.level);
        levels.map(|q| q.numeral.value).collect()
    };
    let others = named(theirs);
    let is_between = |value: f64| {
        others.iter().any(|other| *other < value) && others.iter().any(|other| *other > value)
    };
    mine.iter().find(|q| {
        q.numeral.level
            && !others.is_empty()
            && !theirs.iter().any(|other| other.is(q))
            && !is_between(q.numeral.value)
    })
}

/// A number that only one text gives a unit is one all the same: 8.5 vs 10.5 cm.
fn without_unit(here: &mut Vec<&Quantity>, there: &mut Vec<&Quantity>) {
    here.retain(|one| {
        let bare = |other: &&Quantity| {
            let unsure = |q: &Quantity| q.measure == Measure::Plain || q.guessed;
            (unsure(one) || unsure(other)) && one.numeral.value == other.numeral.value
        };
        let twin = there.iter().position(bare);
        if let Some(twin) = twin {
            there.remove(twin);
        }
        twin.is_none()
    });
}

/// Two numbers that stand for each other: of one measure if there are such, else of any.
fn take_pair<'q>(
    here: &mut Vec<&'q Quantity>,
    there: &mut Vec<&'q Quantity>,
) -> Option<(&'q Quantity, &'q Quantity)> {
    let grave = |q: &Quantity| q.numeral.weight > Weight::Faint;
    let alike = here.iter().enumerate().find_map(|(n, one)| {
        let same = |other: &&Quantity| other.measure == one.measure && (grave(one) || grave(other));
        Some((n, there.iter().position(same)?))
    });
    let any = || {
        let one = here.iter().position(|q| grave(q))?;
        let other = there.iter().position(|q| grave(q))?;
        Some((one, other))
    };
    let (one, other) = alike.or_else(any)?;
    Some((here.remove(one), there.remove(other)))
}

fn differ(read: &Read<'_>, one: &Quantity, other: &Quantity) -> Draft {
    let fix = |page: usize, from: &Quantity, to: &Quantity| {
        let value = (from.measure == to.measure).then(|| to.amount() / from.factor);
        Spot::fixed(page, &from.numeral.range, value.and_then(written))
    };
    Draft::new("numbers_differ", fix(0, one, other))
        .against(fix(1, other, one))
        .with("here", quote(read, 0, one))
        .with("there", quote(read, 1, other))
}

/// The number and the unit after it as they were written.
fn quote(read: &Read<'_>, page: usize, quantity: &Quantity) -> String {
    let page = &read.pages[page];
    let end =
        unit(&page.text, quantity.numeral.range.end).map_or(quantity.numeral.range.end, |u| u.2);
    page.quote(&(quantity.numeral.range.start..end))
}

/// A value in digits, where it has a short form.
fn written(value: f64) -> Option<String> {
    let rounded = (value * 1e4).round() / 1e4;
    ((rounded - value).abs() <= 1e-6 * value.abs().max(1e-3)).then(|| rounded.to_string())
}

/// All numbers of a text with their units: a unit holds for all numbers of a size, a range or a list.
fn quantities(text: &Text, tongue: Tongue) -> Vec<Quantity> {
    let numerals = numerals(text, tongue);
    let mut found: Vec<Quantity> = Vec::with_capacity(numerals.len());
    for numeral in numerals.into_iter().rev() {
        let own = unit(text, numeral.range.end);
        let shared = found
            .last()
            .filter(|next| next.measure != Measure::Plain && !numeral.coded)
            .filter(|next| is_joined(text, numeral.range.end..next.numeral.range.start))
            .map(|next| (next.measure, next.factor, next.numeral.range.start));
        let listed = |next: usize| text.holds(&(numeral.range.end..next), &[",", "，", "、"]);
        let guessed = own.is_none() && shared.is_some_and(|(.., next)| listed(next));
        let (measure, factor, _) = own.or(shared).unwrap_or((Measure::Plain, 1.0, 0));
        let weight = match measure {
            Measure::Plain => numeral.weight,
            _ => Weight::Strong,
        };
        found.push(Quantity {
            numeral: Numeral { weight, ..numeral },
            measure,
            factor,
            guessed,
        });
    }
    found.reverse();
    found
}

/// What stands between the numbers of one size (3 x 4), range (3 to 4) or list (3 and 4).
#[rustfmt::skip]
const JOINTS: &[&str] = &[
    "x", "×", "*", "-", "~", "to", "and", "by", "or", "/", ",", "vs", "vs.", "versus", "through", "、", "，", "至", "到", "和", "及", "与", "或", "以及", "对",
    "から", "と", "および", "及び", "乃至", "ないし", "または", "対", "・", "ー",
];

fn is_joined(text: &Text, between: Range<usize>) -> bool {
    if between.start >= between.end || between.len() > 9 {
        return false;
    }
    JOINTS.contains(&text.folded(&between).trim())
}

/// Units, longer ones before those that they begin with.
#[rustfmt::skip]
const UNITS: &[(&str, Measure, f64)] = &[
    ("square millimet", Measure::Area, 1.0), ("square centimet", Measure::Area, 100.0), ("square mm", Measure::Area, 1.0), ("square cm", Measure::Area, 100.0),
    ("sq mm", Measure::Area, 1.0), ("sq cm", Measure::Area, 100.0),
    ("cubic centimet", Measure::Volume, 1.0), ("cubic millimet", Measure::Volume, 0.001),
    ("平方mm", Measure::Area, 1.0), ("平方cm", Measure::Area, 100.0), ("立方cm", Measure::Volume, 1.0), ("立方mm", Measure::Volume, 0.001),
    ("平方毫米", Measure::Area, 1.0), ("平方厘米", Measure::Area, 100.0), ("平方ミリ", Measure::Area, 1.0), ("平方センチ", Measure::Area, 100.0),
    ("立方厘米", Measure::Volume, 1.0), ("立方センチ", Measure::Volume, 1.0), ("立方毫米", Measure::Volume, 0.001),
    ("mm2", Measure::Area, 1.0), ("mm²", Measure::Area, 1.0), ("mm^2", Measure::Area, 1.0), ("cm2", Measure::Area, 100.0), ("cm²", Measure::Area, 100.0), ("cm^2", Measure::Area, 100.0),
    ("mm3", Measure::Volume, 0.001), ("mm³", Measure::Volume, 0.001), ("mm^3", Measure::Volume, 0.001), ("cm3", Measure::Volume, 1.0), ("cm³", Measure::Volume, 1.0), ("cm^3", Measure::Volume, 1.0),
    ("millimeters", Measure::Length, 1.0), ("millimetres", Measure::Length, 1.0), ("millimeter", Measure::Length, 1.0), ("millimetre", Measure::Length, 1.0),
    ("centimeters", Measure::Length, 10.0), ("centimetres", Measure::Length, 10.0), ("centimeter", Measure::Length, 10.0), ("centimetre", Measure::Length, 10.0),
    ("micrometers", Measure::Length, 0.001), ("micrometres", Measure::Length, 0.001), ("micrometer", Measure::Length, 0.001), ("microns", Measure::Length, 0.001), ("micron", Measure::Length, 0.001),
    ("milliliters", Measure::Volume, 1.0), ("millilitres", Measure::Volume, 1.0), ("milliliter", Measure::Volume, 1.0),
    ("ミリリットル", Measure::Volume, 1.0), ("ミリグラム", Measure::Mass, 1.0), ("マイクロメートル", Measure::Length, 0.001), ("ミクロン", Measure::Length, 0.001),
    ("毫升", Measure::Volume, 1.0), ("毫米", Measure::Length, 1.0), ("毫克", Measure::Mass, 1.0), ("厘米", Measure::Length, 10.0), ("公分", Measure::Length, 10.0), ("公厘", Measure::Length, 1.0), ("微米", Measure::Length, 0.001),
    ("リットル", Measure::Volume, 1000.0), ("liters", Measure::Volume, 1000.0), ("litres", Measure::Volume, 1000.0), ("liter", Measure::Volume, 1000.0), ("litre", Measure::Volume, 1000.0),
    ("ミリ", Measure::Length, 1.0), ("センチ", Measure::Length, 10.0),
    ("mm", Measure::Length, 1.0), ("cm", Measure::Length, 10.0), ("μm", Measure::Length, 0.001), ("um", Measure::Length, 0.001),
    ("ml", Measure::Volume, 1.0), ("cc", Measure::Volume, 1.0), ("mg", Measure::Mass, 1.0),
];
/// Units of one character.
const SHORT_UNITS: [(char, Measure, f64); 9] = [
    ('㎟', Measure::Area, 1.0),
    ('㎠', Measure::Area, 100.0),
    ('㎜', Measure::Length, 1.0),
    ('㎝', Measure::Length, 10.0),
    ('㎛', Measure::Length, 0.001),
    ('㎖', Measure::Volume, 1.0),
    ('㏄', Measure::Volume, 1.0),
    ('l', Measure::Volume, 1000.0),
    ('g', Measure::Mass, 1000.0),
];

/// The unit after a number, and where it ends.
fn unit(text: &Text, number_end: usize) -> Option<(Measure, f64, usize)> {
    let mut at = number_end;
    while at < number_end + 2 && matches!(text.at(at), ' ' | '-' | '\u{a0}') {
        at += 1;
    }
    let ends =
        |end: usize| !text.at(end).is_ascii_alphabetic() || !text.at(end - 1).is_ascii_alphabetic();
    let long = UNITS.iter().find(|(name, ..)| {
        text.has(at, name) && (name.ends_with("met") || ends(at + name.chars().count()))
    });
    if let Some((name, measure, factor)) = long {
        let mut end = at + name.chars().count();
        while name.ends_with("met") && text.at(end).is_ascii_alphabetic() {
            end += 1;
        }
        for rest in ["メートル", "メーター"] {
            if text.has(end, rest) {
                end += rest.chars().count();
            }
        }
        return Some((*measure, *factor, end));
    }
    let (_, measure, factor) = SHORT_UNITS
        .iter()
        .find(|(unit, ..)| text.at(at) == *unit && ends(at + 1))?;
    Some((*measure, *factor, at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn amounts(tongue: Tongue, text: &str) -> Vec<(Measure, f64)> {
        let found = quantities(&Text::of(text, tongue), tongue);
        found.iter().map(|q| (q.measure, q.amount())).collect()
    }

    #[test]
    fn one_length_in_many_ways() {
        let three_centimetres = [(Measure::Length, 30.0)];
        for text in [
            "3 cm",
            "30 mm",
            "3.0cm",
            "three centimeters",
            "thirty mm",
            "3-cm",
            "30-millimetre",
        ] {
            assert_eq!(amounts(Tongue::English, text), three_centimetres, "{text}");
        }
        for text in [
            "3厘米",
            "３ｃｍ",
            "三十毫米",
            "三厘米",
            "30㎜",
            "3公分",
            "三点零厘米",
        ] {
            assert_eq!(amounts(Tongue::Chinese, text), three_centimetres, "{text}");
        }
        for text in [
            "3センチ",
            "30ミリ",
            "３センチメートル",
            "三センチ",
            "30mm大",
        ] {
            assert_eq!(amounts(Tongue::Japanese, text), three_centimetres, "{text}");
        }
    }

    #[test]
    fn a_unit_holds_for_a_whole_size_range_or_list() {
        let both = [(Measure::Length, 30.0), (Measure::Length, 40.0)];
        for text in [
            "3 x 4 cm",
            "3×4cm",
            "3 to 4 cm",
            "3-4 cm",
            "3 cm and 4 cm",
            "three and four cm",
        ] {
            assert_eq!(amounts(Tongue::English, text), both, "{text}");
        }
        for text in ["3*4厘米", "3～4厘米", "3至4厘米", "三到四厘米", "3、4厘米"] {
            assert_eq!(amounts(Tongue::Chinese, text), both, "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_read_as_it_was_written(n in 2u32..10_000) {
            let plain = [(Measure::Plain, f64::from(n))];
            prop_assert_eq!(amounts(Tongue::English, &format!("{n}")), plain);
            prop_assert_eq!(amounts(Tongue::Chinese, &format!("{}个", han::write(n))), plain, "{}", han::write(n));
            prop_assert_eq!(amounts(Tongue::English, &english::write(n)), plain, "{}", english::write(n));
        }

        #[test]
        fn a_length_is_the_same_in_millimetres_and_centimetres(tenths in 1u32..10_000) {
            let cm = format!("{}.{} cm", tenths / 10, tenths % 10);
            let mm = format!("{tenths}毫米");
            let cm = quantities(&Text::of(&cm, Tongue::English), Tongue::English);
            let mm = quantities(&Text::of(&mm, Tongue::Chinese), Tongue::Chinese);
            prop_assert!(cm[0].is(&mm[0]));
            prop_assert_eq!(written(mm[0].amount() / 10.0).unwrap().parse::<f64>().unwrap(), f64::from(tenths) / 10.0);
        }
    }
}
