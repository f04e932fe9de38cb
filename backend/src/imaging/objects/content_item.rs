//! Content items of a structured report, PS3.3 section C.17.3, each under the relationship that it has to what contains it.

use super::attributes::{Attributes, decimal, put, put_all, put_items, put_name};
use super::code::{Code, code};
use medreg_datasets::geometry::PixelBox;
use serde_json::{Value, json};

/// A content item.
#[derive(Clone, Debug)]
pub(super) struct Item(Attributes);

impl Item {
    fn new(kind: &str, name: &Code) -> Self {
        let mut set = Attributes::new();
        put(&mut set, "0040A040", "CS", kind);
        put_items(&mut set, "0040A043", vec![name.item()]);
        Self(set)
    }

    /// A container that follows a template of PS3.16, where one is named.
    pub(super) fn container(name: &Code, template: Option<&str>) -> Self {
        let mut item = Self::new("CONTAINER", name);
        put(&mut item.0, "0040A050", "CS", "SEPARATE");
        if let Some(template) = template {
            let mut of = Attributes::new();
            put(&mut of, "00080105", "CS", "DCMR");
            put(&mut of, "0040DB00", "CS", template);
            put_items(&mut item.0, "0040A504", vec![of]);
        }
        item
    }

    pub(super) fn code(name: &Code, value: &Code) -> Self {
        let mut item = Self::new("CODE", name);
        put_items(&mut item.0, "0040A168", vec![value.item()]);
        item
    }

    pub(super) fn text(name: &Code, value: &str) -> Self {
        let mut item = Self::new("TEXT", name);
        put(&mut item.0, "0040A160", "UT", value);
        item
    }

    pub(super) fn uid(name: &Code, value: &str) -> Self {
        let mut item = Self::new("UIDREF", name);
        put(&mut item.0, "0040A124", "UI", value);
        item
    }

    pub(super) fn person(name: &Code, value: &str) -> Self {
        let mut item = Self::new("PNAME", name);
        put_name(&mut item.0, "0040A123", value);
        item
    }

    /// A measured number with its unit in UCUM.
    pub(super) fn number(name: &Code, value: f64, unit: &str, meaning: &str) -> Self {
        let mut measured = Attributes::new();
        put(&mut measured, "0040A30A", "DS", decimal(value));
        put_items(
            &mut measured,
            "004008EA",
            vec![code(unit, "UCUM", meaning).item()],
        );
        let mut item = Self::new("NUM", name);
        put_items(&mut item.0, "0040A300", vec![measured]);
        item
    }

    /// A box as a closed line through its corners, in pixels from the outer corner of the first one, PS3.3 section C.18.6.
    pub(super) fn outline(name: &Code, bbox: &PixelBox) -> Self {
        let mut item = Self::new("SCOORD", name);
        put(&mut item.0, "00700023", "CS", "POLYLINE");
        put_all(&mut item.0, "00700022", "FL", corners(bbox));
        item
    }

    /// An image, or one frame of one.
    pub(super) fn image(name: Option<&Code>, reference: Attributes) -> Self {
        let mut set = Attributes::new();
        put(&mut set, "0040A040", "CS", "IMAGE");
        if let Some(name) = name {
            put_items(&mut set, "0040A043", vec![name.item()]);
        }
        put_items(&mut set, "00081199", vec![reference]);
        Self(set)
    }

    /// Itself with what it contains, says or is selected from.
    pub(super) fn with(mut self, children: impl IntoIterator<Item = Child>) -> Self {
        let related = |(relationship, mut child): Child| {
            put(&mut child.0, "0040A010", "CS", relationship);
            child.0
        };
        let children: Vec<_> = children.into_iter().map(related).collect();
        if !children.is_empty() {
            put_items(&mut self.0, "0040A730", children);
        }
        self
    }

    /// Its attributes: those of the whole document where it is the root.
    pub(super) fn into_attributes(self) -> Attributes {
        self.0
    }
}

/// An item and what it is to the one that it belongs to.
pub(super) type Child = (&'static str, Item);

/// The corners of a box, the first one again at the end: column, row, column, row …
pub(super) fn corners(bbox: &PixelBox) -> Vec<Value> {
    let [x0, y0, x1, y1] = bbox.corners();
    let line = [x0, y0, x1, y0, x1, y1, x0, y1, x0, y0];
    line.iter().map(|place| json!(place)).collect()
}
