//! What a reader said about an image as a Comprehensive SR: TID 1500, Measurement Report, of PS3.16.

use super::attributes::{Attributes, put, put_items, put_missing, text};
use super::code::{Code, code, dcm, own, sct};
use super::content_item::{Child, Item};
use super::{IMPLEMENTATION, MAKER, Reading};
use medreg_datasets::geometry::PixelBox;
use medreg_datasets::lang::Lang;
use medreg_datasets::ontology::{Concept, ConceptKey, ConceptKind};
use medreg_datasets::region::{Presence, Region};
use medreg_datasets::whole::{Texts, Verdict};

const CONTAINS: &str = "CONTAINS";
const HAS_OBS_CONTEXT: &str = "HAS OBS CONTEXT";
const HAS_CONCEPT_MOD: &str = "HAS CONCEPT MOD";
const SELECTED_FROM: &str = "SELECTED FROM";

/// The report of a reading, whose attributes name it, its study and its patient.
#[must_use]
pub fn report(reading: &Reading<'_>) -> Attributes {
    let mut set = reading.common();
    let (day, time) = reading.saved();
    put(&mut set, "00080023", "DA", day);
    put(&mut set, "00080033", "TM", time);
    put(&mut set, "0040A491", "CS", "COMPLETE");
    put(&mut set, "0040A493", "CS", "UNVERIFIED");
    put_missing(&mut set, &[("00081111", "SQ"), ("0040A372", "SQ")]);
    put_items(&mut set, "0040A375", vec![evidence(reading)]);
    let root = Item::container(&dcm("126000", "Imaging Measurement Report"), Some("1500"));
    let mut root = root.with(document(reading)).into_attributes();
    set.append(&mut root);
    set
}

/// The study, series and image that the report rests on.
fn evidence(reading: &Reading<'_>) -> Attributes {
    let uid = |tag| text(reading.image, tag).unwrap_or_default();
    let mut series = Attributes::new();
    put(&mut series, "0020000E", "UI", uid("0020000E"));
    put_items(&mut series, "00081199", vec![reading.reference(None)]);
    let mut study = Attributes::new();
    put(&mut study, "0020000D", "UI", uid("0020000D"));
    put_items(&mut study, "00081115", vec![series]);
    study
}

impl Reading<'_> {
    /// The image, or one frame of it, counted from 0: a reference names frames where there are several, PS3.3 section 10.3.
    pub(super) fn reference(&self, frame: Option<u32>) -> Attributes {
        let uid = |tag| text(self.image, tag).unwrap_or_default();
        let mut reference = Attributes::new();
        put(&mut reference, "00081150", "UI", uid("00080016"));
        put(&mut reference, "00081155", "UI", uid("00080018"));
        if let Some(frame) = frame.filter(|_| self.frames > 1) {
            put(&mut reference, "00081160", "IS", frame + 1);
        }
        reference
    }
}

fn document(reading: &Reading<'_>) -> Vec<Child> {
    let mut items = vec![(HAS_CONCEPT_MOD, language(&Lang::en()))];
    items.extend(observers(reading));
    // CID 100 is not closed; what is read here may be a picture of any kind.
    let procedure = Item::code(
        &dcm("121058", "Procedure reported"),
        &sct("363679005", "Imaging procedure"),
    );
    items.push((HAS_CONCEPT_MOD, procedure));
    let regions = reading.content.regions.iter();
    let labels = reading.content.whole.findings.iter();
    let groups = regions
        .map(|region| group(reading, region))
        .chain(labels.map(|label| label_group(reading, &label.concept, label.presence)));
    let measured = Item::container(&dcm("126010", "Imaging Measurements"), None);
    items.push((
        CONTAINS,
        measured.with(groups.map(|group| (CONTAINS, group))),
    ));
    let said = said_of_the_whole(reading);
    if !said.is_empty() {
        let name = code("C0034375", "UMLS", "Qualitative Evaluations");
        items.push((CONTAINS, Item::container(&name, None).with(said)));
    }
    items
}

/// TID 1204, with the languages of RFC 5646.
fn language(lang: &Lang) -> Item {
    let name = match lang.primary() {
        "en" => "English",
        "zh" => "Chinese",
        "ja" => "Japanese",
        other => other,
    };
    let concept = dcm("121049", "Language of Content Item and Descendants");
    Item::code(&concept, &code(lang.as_str(), "RFC5646", name))
}

/// TID 1001: the program, and the reader under a pseudonym.
fn observers(reading: &Reading<'_>) -> Vec<Child> {
    let kind = dcm("121005", "Observer Type");
    let items = [
        Item::code(&kind, &dcm("121007", "Device")),
        Item::uid(&dcm("121012", "Device Observer UID"), IMPLEMENTATION),
        Item::text(&dcm("121013", "Device Observer Name"), MAKER),
        Item::text(&dcm("121014", "Device Observer Manufacturer"), MAKER),
        Item::text(
            &dcm("121015", "Device Observer Model Name"),
            concat!("medreg ", env!("CARGO_PKG_VERSION")),
        ),
        Item::code(&kind, &dcm("121006", "Person")),
        Item::person(&dcm("121008", "Person Observer Name"), reading.reader),
    ];
    items.map(|item| (HAS_OBS_CONTEXT, item)).to_vec()
}

/// A region: TID 1410 with its outline where something is, or may be, there; TID 1501 without one where it is said not to be.
fn group(reading: &Reading<'_>, region: &Region) -> Item {
    let there = region.presence != Presence::Absent;
    let mut items = tracking(&region.id.0);
    items.extend(finding(
        reading,
        region.concept.as_ref(),
        there,
        region.presence,
    ));
    if there {
        let place = Item::outline(&dcm("111030", "Image Region"), &region.bbox);
        let image = Item::image(None, reading.reference(Some(region.frame)));
        items.push((CONTAINS, place.with([(SELECTED_FROM, image)])));
        items.extend(area(reading, &region.bbox).map(|area| (CONTAINS, area)));
    } else {
        items.push((CONTAINS, source(reading, Some(region.frame))));
    }
    items.extend(words(&region.texts));
    measurement_group(if there { "1410" } else { "1501" }, items)
}

/// A label of the whole image.
fn label_group(reading: &Reading<'_>, concept: &ConceptKey, presence: Presence) -> Item {
    let uid = text(reading.image, "00080018").unwrap_or_default();
    let identifier = dcm("112039", "Tracking Identifier");
    let mut items = vec![(
        HAS_OBS_CONTEXT,
        Item::text(&identifier, &format!("{concept} in {uid}")),
    )];
    items.extend(finding(reading, Some(concept), false, presence));
    items.push((CONTAINS, source(reading, None)));
    measurement_group("1501", items)
}

fn measurement_group(template: &str, items: Vec<Child>) -> Item {
    Item::container(&dcm("125007", "Measurement Group"), Some(template)).with(items)
}

fn tracking(region: &uuid::Uuid) -> Vec<Child> {
    let uid = format!("2.25.{}", region.as_u128());
    vec![
        (
            HAS_OBS_CONTEXT,
            Item::text(&dcm("112039", "Tracking Identifier"), &region.to_string()),
        ),
        (
            HAS_OBS_CONTEXT,
            Item::uid(&dcm("112040", "Tracking Unique Identifier"), &uid),
        ),
    ]
}

/// What was looked for, where that is a part of the body that is marked, and whether it is there.
fn finding(
    reading: &Reading<'_>,
    key: Option<&ConceptKey>,
    marked: bool,
    presence: Presence,
) -> Vec<Child> {
    let concept = reading.concept(key);
    let named = concept.map(Code::of);
    let named = named.or_else(|| key.map(|key| own(key.as_str(), key.as_str())));
    let Some(named) = named else {
        return vec![];
    };
    let mut items = vec![(CONTAINS, Item::code(&dcm("121071", "Finding"), &named))];
    let is_structure = |concept: &Concept| concept.kind == ConceptKind::Structure;
    if marked && concept.is_some_and(is_structure) {
        let site = sct("363698007", "Finding Site");
        items.push((HAS_CONCEPT_MOD, Item::code(&site, &named)));
    }
    items.push((
        CONTAINS,
        Item::code(&own("presence", "Presence"), &said(presence)),
    ));
    items
}

/// CID 240, Present-Absent, and what lies between.
fn said(presence: Presence) -> Code {
    match presence {
        Presence::Present => sct("52101004", "Present"),
        Presence::Absent => sct("2667000", "Absent"),
        Presence::Uncertain => sct("64957009", "Uncertain"),
    }
}

/// The box's area, where a pixel's size in the patient is known.
fn area(reading: &Reading<'_>, bbox: &PixelBox) -> Option<Item> {
    let [row, column] = reading.spacing?;
    let [x0, y0, x1, y1] = bbox.corners();
    let square_mm = (x1 - x0) * column * (y1 - y0) * row;
    let name = sct("42798000", "Area");
    Some(Item::number(&name, square_mm, "mm2", "square millimeter"))
}

fn source(reading: &Reading<'_>, frame: Option<u32>) -> Item {
    Item::image(
        Some(&dcm("121112", "Source of Measurement")),
        reading.reference(frame),
    )
}

/// A text in each of its languages.
fn words(texts: &Texts) -> Vec<Child> {
    let written = texts.iter().filter(|(_, text)| !text.trim().is_empty());
    let comment = dcm("121106", "Comment");
    written
        .map(|(lang, text)| {
            let said = Item::text(&comment, text.trim());
            (CONTAINS, said.with([(HAS_CONCEPT_MOD, language(lang))]))
        })
        .collect()
}

/// The sentences of the report and the verdict.
fn said_of_the_whole(reading: &Reading<'_>) -> Vec<Child> {
    let whole = &reading.content.whole;
    let mut items: Vec<Child> = (whole.report.iter())
        .flat_map(|sentence| words(&sentence.texts))
        .collect();
    let name = own("verdict", "Verdict");
    let verdict = match &whole.verdict {
        Some(Verdict::NothingFound) => Item::code(&name, &own("nothing_found", "Nothing found")),
        Some(Verdict::NotAssessable { reason }) => {
            let judged = Item::code(&name, &own("not_assessable", "Not assessable"));
            let why = Item::text(&dcm("121106", "Comment"), reason);
            judged.with([(HAS_CONCEPT_MOD, why)])
        }
        None => return items,
    };
    items.push((CONTAINS, verdict));
    items
}
