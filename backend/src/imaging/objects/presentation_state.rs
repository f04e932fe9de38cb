//! Regions drawn on their image: a Grayscale Softcopy Presentation State, PS3.3 section A.33.1.

use super::Reading;
use super::attributes::{
    Attributes, decimal, first_item, number, put, put_all, put_items, put_missing, put_name, text,
    values,
};
use super::content_item::corners;
use medreg_datasets::lang::Lang;
use medreg_datasets::region::{Presence, Region};
use serde_json::json;

const LAYER: &str = "REGIONS";

/// The presentation state of a reading; `image` are the attributes with which the image itself is written.
#[must_use]
pub fn presentation_state(reading: &Reading<'_>, image: &Attributes) -> Attributes {
    let mut set = reading.common();
    put_missing(&mut set, &[("00200060", "CS")]);
    let (day, time) = reading.saved();
    put(&mut set, "00700080", "CS", LAYER);
    put(&mut set, "00700081", "LO", "Regions drawn on their image");
    put(&mut set, "00700082", "DA", day);
    put(&mut set, "00700083", "TM", time);
    put_name(&mut set, "00700084", reading.reader);
    put_items(&mut set, "00081115", vec![series(reading)]);
    put_items(&mut set, "0070005A", vec![displayed_area(reading, image)]);
    put_items(&mut set, "00700060", vec![layer()]);
    let drawn = |region: &&Region| region.presence != Presence::Absent;
    let regions = reading.content.regions.iter().filter(drawn);
    let annotations: Vec<_> = regions.map(|region| annotation(reading, region)).collect();
    put_items(&mut set, "00700001", annotations);
    put_grey(&mut set, reading, image);
    set
}

/// The series and image that it applies to, PS3.3 section C.11.11.
fn series(reading: &Reading<'_>) -> Attributes {
    let mut series = Attributes::new();
    let uid = text(reading.image, "0020000E").unwrap_or_default();
    put(&mut series, "0020000E", "UI", uid);
    put_items(&mut series, "00081140", vec![reading.reference(None)]);
    series
}

/// All of the image, PS3.3 section C.10.4: corners are counted from 1.
fn displayed_area(reading: &Reading<'_>, image: &Attributes) -> Attributes {
    let mut area = Attributes::new();
    put_all(&mut area, "00700052", "SL", vec![json!(1), json!(1)]);
    let (width, height) = (reading.size.width(), reading.size.height());
    put_all(
        &mut area,
        "00700053",
        "SL",
        vec![json!(width), json!(height)],
    );
    put(&mut area, "00700100", "CS", "SCALE TO FIT");
    match values(image, "00280030") {
        spacing @ [_, _] => put_all(&mut area, "00700101", "DS", spacing.to_vec()),
        _ => put_all(&mut area, "00700102", "IS", vec![json!(1), json!(1)]),
    }
    area
}

fn layer() -> Attributes {
    let mut layer = Attributes::new();
    put(&mut layer, "00700002", "CS", LAYER);
    put(&mut layer, "00700062", "IS", 1);
    layer
}

/// A region's box and its name, in pixels of its frame, PS3.3 section C.10.5.
fn annotation(reading: &Reading<'_>, region: &Region) -> Attributes {
    let mut outline = Attributes::new();
    put(&mut outline, "00700005", "CS", "PIXEL");
    put(&mut outline, "00700020", "US", 2);
    put(&mut outline, "00700021", "US", 5);
    put_all(&mut outline, "00700022", "FL", corners(&region.bbox));
    put(&mut outline, "00700023", "CS", "POLYLINE");
    put(&mut outline, "00700024", "CS", "N");
    let [x0, y0, ..] = region.bbox.corners();
    let mut label = Attributes::new();
    put(&mut label, "00700004", "CS", "PIXEL");
    put(&mut label, "00700006", "ST", name(reading, region));
    put_all(&mut label, "00700014", "FL", vec![json!(x0), json!(y0)]);
    put(&mut label, "00700015", "CS", "N");
    let mut item = Attributes::new();
    put_items(
        &mut item,
        "00081140",
        vec![reading.reference(Some(region.frame))],
    );
    put(&mut item, "00700002", "CS", LAYER);
    put_items(&mut item, "00700008", vec![label]);
    put_items(&mut item, "00700009", vec![outline]);
    item
}

fn name(reading: &Reading<'_>, region: &Region) -> String {
    let concept = reading.concept(region.concept.as_ref());
    let named = concept.map_or("?", |concept| concept.name(&Lang::en()));
    match region.presence {
        Presence::Uncertain => format!("{named}?"),
        Presence::Present | Presence::Absent => named.to_owned(),
    }
}

/// Grey levels as on the reading page. The state's transformations are applied instead of the image's, PS3.4 section N.2.
fn put_grey(set: &mut Attributes, reading: &Reading<'_>, image: &Attributes) {
    let shared = first_item(image, "52009229");
    let grouped = shared.and_then(|s| first_item(s, "00289145"));
    let holder = grouped.unwrap_or(image);
    if let Some((slope, intercept)) = number(holder, "00281053").zip(number(holder, "00281052")) {
        put(set, "00281052", "DS", decimal(intercept));
        put(set, "00281053", "DS", decimal(slope));
        put(
            set,
            "00281054",
            "LO",
            text(holder, "00281054").unwrap_or("US"),
        );
    }
    if let Some(levels) = reading.levels {
        let mut window = Attributes::new();
        put(&mut window, "00281050", "DS", decimal(levels.center));
        put(
            &mut window,
            "00281051",
            "DS",
            decimal(levels.width.max(1.0)),
        );
        put_items(set, "00283110", vec![window]);
    }
    let inverse = reading.levels.is_some_and(|levels| levels.inverse);
    let shape = if inverse { "INVERSE" } else { "IDENTITY" };
    put(set, "20500020", "CS", shape);
}
