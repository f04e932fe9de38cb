//! The standard's table of what happens to an attribute, read once.

use super::DeidentifyError;
use dicom_core::Tag;
use std::collections::HashMap;
use std::sync::LazyLock;

/// The standard's edition, as in the table's head.
pub(super) const EDITION: &str = "2024e";

/// What the basic profile does to an attribute. Where it leaves the choice to what an object's definition asks for, the last choice is
/// taken: a dummy value is right wherever an empty one is, and that wherever none is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Basic {
    /// X
    Remove,
    /// Z, X/Z
    Empty,
    /// D, Z/D, X/D, X/Z/D
    Replace,
    /// U, X/Z/U*
    Uid,
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) basic: Basic,
    /// Whether it is one of the patient's characteristics that may be kept as they are.
    pub(super) characteristic: bool,
    /// Whether it is a date or a time that may be kept when it is moved.
    pub(super) temporal: bool,
}

#[derive(Default)]
pub(super) struct Profile {
    rules: HashMap<Tag, Rule>,
    /// The groups that repeat, each with one of its elements or all.
    repeating: Vec<(u16, Option<u16>, Rule)>,
}

impl Profile {
    /// What the table says of an attribute.
    pub(super) fn rule(&self, tag: Tag) -> Option<Rule> {
        let repeats = |(group, element, _): &&(u16, Option<u16>, Rule)| {
            tag.group() & 0xff00 == *group && element.is_none_or(|element| element == tag.element())
        };
        let exact = self.rules.get(&tag).copied();
        exact.or_else(|| {
            self.repeating
                .iter()
                .find(repeats)
                .map(|(_, _, rule)| *rule)
        })
    }

    fn read(table: &str) -> Result<Self, String> {
        let mut profile = Self::default();
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            profile.add(line).ok_or_else(|| line.to_owned())?;
        }
        Ok(profile)
    }

    fn add(&mut self, line: &str) -> Option<()> {
        const CHARACTERISTICS: usize = 7;
        const MODIFIED_DATES: usize = 9;
        let row: Vec<&str> = line.split('\t').collect();
        let basic = match row.get(2)?.rsplit('/').next()? {
            "X" => Basic::Remove,
            "Z" => Basic::Empty,
            "D" => Basic::Replace,
            "U" | "U*" => Basic::Uid,
            _ => return None,
        };
        let rule = Rule {
            basic,
            characteristic: *row.get(CHARACTERISTICS)? == "K",
            temporal: *row.get(MODIFIED_DATES)? == "C",
        };
        let tag = *row.first()?;
        if tag == "private" {
            // Every attribute of an odd group goes, before the table is looked into.
            return (basic == Basic::Remove).then_some(());
        }
        let (group, element) = tag.split_once(',')?;
        let number = |digits: &str| u16::from_str_radix(digits, 16).ok();
        match (group.strip_suffix("xx"), element) {
            (Some(group), "xxxx") => self.repeating.push((number(group)? << 8, None, rule)),
            (Some(group), element) => {
                self.repeating
                    .push((number(group)? << 8, Some(number(element)?), rule))
            }
            (None, element) => drop(
                self.rules
                    .insert(Tag(number(group)?, number(element)?), rule),
            ),
        }
        Some(())
    }
}

/// The table.
pub(super) fn profile() -> Result<&'static Profile, DeidentifyError> {
    static PROFILE: LazyLock<Result<Profile, String>> =
        LazyLock::new(|| Profile::read(include_str!("profile.tsv")));
    PROFILE
        .as_ref()
        .map_err(|line| DeidentifyError::Table(line.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_is_understood() {
        let profile = profile().map_err(|e| e.to_string());
        let basic = |tag| {
            profile
                .as_ref()
                .ok()
                .and_then(|p| p.rule(tag))
                .map(|rule| rule.basic)
        };
        assert_eq!(basic(Tag(0x0010, 0x0010)), Some(Basic::Empty), "Z");
        assert_eq!(basic(Tag(0x0010, 0x0020)), Some(Basic::Replace), "Z/D");
        assert_eq!(basic(Tag(0x0008, 0x1140)), Some(Basic::Uid), "X/Z/U*");
        assert_eq!(basic(Tag(0x5012, 0x3000)), Some(Basic::Remove), "50xx,xxxx");
        assert_eq!(basic(Tag(0x6002, 0x4000)), Some(Basic::Remove), "60xx,4000");
        assert_eq!(
            basic(Tag(0x6002, 0x0010)),
            None,
            "of overlays, two elements stand there"
        );
        assert_eq!(basic(Tag(0x0028, 0x0010)), None, "Rows");
    }
}
