//! A snapshot's datasheet (Gebru et al. 2021, arXiv 1803.09010): what it holds and how that came about, as far as its cases tell.
//!
//! Cases pass by one at a time; what is kept of them are counts, and the hash and splits of each picture and patient.

mod croissant;
mod html;
mod markdown;
mod tally;

pub use croissant::{CROISSANT, Listed, croissant};
pub use html::escaped;
pub use tally::Tally;

use crate::ids::{Digest, ImageId};
use crate::likeness::{Alike, NEARLY};
use crate::snapshot::{Manifest, Split};
use tally::{Leaks, Said, Spread};

const SPLITS: [Split; 3] = [Split::Train, Split::Val, Split::Test];

/// What was found of pictures that are nearly equal.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Those in different splits.
    pub alike: Alike<ImageId>,
    /// Images that nobody has looked at yet.
    pub not_yet: usize,
}

/// A document of sections; each way of writing it down has its own module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datasheet {
    title: String,
    sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Section {
    title: &'static str,
    paragraphs: Vec<String>,
    /// Somebody else's words, as they wrote them.
    quoted: Option<String>,
    table: Option<Table>,
}

/// Rows with a name and numbers; the first number is drawn as a bar where a picture can be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Table {
    head: Vec<String>,
    rows: Vec<(String, Vec<u64>)>,
}

impl Datasheet {
    /// The datasheet of the snapshot with this id, all of whose cases were counted and compared.
    #[must_use]
    pub fn new(id: &Digest, manifest: &Manifest, tally: &Tally, compared: &Compared) -> Self {
        let sections = [
            identity(id, manifest),
            splits(manifest),
            modalities(tally),
            concepts(manifest, tally),
            presences(tally),
            texts(manifest, tally),
            spread("Regions per image", "regions", &tally.regions_per_image),
            spread("Box size", "of the image's area", &tally.box_shares),
            readers(tally),
            suggestions(tally),
            whole_image(tally),
            attested(tally),
            leaks(&tally.leaks(), compared),
            guideline(manifest),
        ];
        Self {
            title: format!("Datasheet: {}", manifest.project_name),
            sections: sections.into(),
        }
    }
}

impl Section {
    fn of(title: &'static str, paragraphs: impl Into<Vec<String>>) -> Self {
        Self {
            title,
            paragraphs: paragraphs.into(),
            quoted: None,
            table: None,
        }
    }

    fn with<const N: usize>(self, head: [&str; N], rows: Vec<(String, Vec<u64>)>) -> Self {
        let head = head.map(str::to_owned).into();
        Self {
            table: Some(Table { head, rows }),
            ..self
        }
    }
}

fn identity(id: &Digest, manifest: &Manifest) -> Section {
    let [first, second] = manifest.langs.both();
    let origin = if manifest.synthetic {
        "The images are generated; no person is shown."
    } else {
        "The images are of patients, de-identified when they were taken in: of a DICOM header only listed facts are kept, patients and studies have pseudonyms."
    };
    Section::of(
        "What it is",
        [
            format!(
                "Snapshot {id}: its id is the SHA-256 of its manifest, which names everything in it by hash."
            ),
            format!("Regions are described in {first} and {second}. {origin}"),
            format!("Taken of what was submitted: {}.", manifest.filter),
        ],
    )
}

fn splits(manifest: &Manifest) -> Section {
    let (counts, shares) = (manifest.counts, manifest.shares);
    let rows = [
        ("train", counts.train),
        ("val", counts.val),
        ("test", counts.test),
        ("all", counts.all()),
    ];
    let numbers = rows.map(|(name, c)| (name.to_owned(), vec![c.images, c.patients, c.regions]));
    let held_out = format!(
        "Patients are split by a hash of project and pseudonym, {} % of them for validation and {} % for testing; all images of a patient share a split.",
        shares.val, shares.test
    );
    Section::of("Splits", [held_out])
        .with(["split", "images", "patients", "regions"], numbers.into())
}

fn modalities(tally: &Tally) -> Section {
    let rows = tally.modalities.iter();
    let rows = rows.map(|(modality, by_split)| (modality.to_string(), all_and_each(by_split)));
    Section::of("Modalities", []).with(
        ["modality", "images", "train", "val", "test"],
        rows.collect(),
    )
}

fn all_and_each(by_split: &tally::BySplit) -> Vec<u64> {
    let each = SPLITS.map(|split| by_split.get(&split).copied().unwrap_or(0));
    [each.iter().sum(), each[0], each[1], each[2]].into()
}

fn concepts(manifest: &Manifest, tally: &Tally) -> Section {
    let name = |key: &str| {
        let concept = manifest.ontology.iter().find(|c| c.key.as_str() == key);
        let names = concept.map(|c| {
            let names = manifest
                .langs
                .both()
                .iter()
                .filter_map(|lang| c.names.get(lang));
            names.cloned().collect::<Vec<_>>().join(" · ")
        });
        names
            .filter(|n| !n.is_empty())
            .unwrap_or_else(|| key.to_owned())
    };
    let mut rows: Vec<_> = tally.concepts.iter().collect();
    rows.sort_by_key(|(_, by_split)| std::cmp::Reverse(by_split.values().sum::<u64>()));
    let rows = rows.into_iter().map(|(key, by_split)| {
        let key = key
            .as_ref()
            .map_or_else(|| "(none)".to_owned(), |key| name(key.as_str()));
        (key, all_and_each(by_split))
    });
    let never = manifest
        .ontology
        .iter()
        .filter(|c| !tally.concepts.contains_key(&Some(c.key.clone())));
    let never: Vec<String> = never.map(|c| name(c.key.as_str())).collect();
    let told = match never.is_empty() {
        true => vec![],
        false => vec![format!(
            "In the ontology, but on no image: {}.",
            never.join(", ")
        )],
    };
    Section::of("Concepts", told).with(
        ["concept", "regions", "train", "val", "test"],
        rows.collect(),
    )
}

fn presences(tally: &Tally) -> Section {
    let Said {
        present,
        absent,
        uncertain,
    } = tally.presences;
    let rows = [
        ("present", present),
        ("absent", absent),
        ("uncertain", uncertain),
    ];
    let rows = rows.map(|(name, n)| (name.to_owned(), vec![n]));
    Section::of("What regions say of their concept", []).with(["presence", "regions"], rows.into())
}

fn texts(manifest: &Manifest, tally: &Tally) -> Section {
    let rows = manifest.langs.both().iter().map(|lang| {
        let lengths = tally.lengths.get(lang).cloned().unwrap_or_default();
        let numbers = vec![
            lengths.count(),
            lengths.at(0.05),
            lengths.at(0.5),
            lengths.at(0.95),
        ];
        (lang.to_string(), numbers)
    });
    let both = format!(
        "{} of {} regions are described in both languages.",
        tally.in_both, tally.regions
    );
    Section::of("Descriptions", [both]).with(
        [
            "language",
            "regions described",
            "characters, 5 % have at most",
            "half have at most",
            "95 % have at most",
        ],
        rows.collect(),
    )
}

/// How a quantity is spread; `what` is counted.
fn spread(title: &'static str, what: &str, spread: &Spread) -> Section {
    let rows = spread.rows();
    Section::of(title, []).with([what, "images or regions"], rows)
}

fn readers(tally: &Tally) -> Section {
    let mut rows: Vec<_> = tally.readers.values().collect();
    rows.sort_unstable_by_key(|(images, regions)| std::cmp::Reverse((*images, *regions)));
    let rows = rows.into_iter().enumerate();
    let rows = rows.map(|(index, (images, regions))| {
        (format!("reader {}", index + 1), vec![*images, *regions])
    });
    let told = "One annotation per image is taken, the one that was submitted last; so how far readers agree cannot be told from a snapshot.";
    Section::of("Readers", [told.to_owned()]).with(["reader", "images", "regions"], rows.collect())
}

fn suggestions(tally: &Tally) -> Section {
    let own = tally.regions - tally.suggested.values().sum::<u64>();
    let drawn = ("drawn by a reader".to_owned(), vec![own]);
    let grown = tally.suggested.iter().map(|(model, n)| {
        let of = model.map_or_else(String::new, |model| format!(" {model}"));
        (format!("grown from a suggestion of a model{of}"), vec![*n])
    });
    let told = "Each region's reader, revision and suggestion are in the snapshot's cases.";
    Section::of("Where regions come from", [told.to_owned()]).with(
        ["origin", "regions"],
        [drawn].into_iter().chain(grown).collect(),
    )
}

fn whole_image(tally: &Tally) -> Section {
    let rows = [
        ("images in which nothing was found", tally.nothing_found),
        ("report sentences", tally.sentences),
        ("questions with answers", tally.questions),
        ("labels of whole images", tally.findings),
    ];
    let rows = rows.map(|(name, n)| (name.to_owned(), vec![n]));
    Section::of("What is said of whole images", []).with(["what", "count"], rows.into())
}

fn attested(tally: &Tally) -> Section {
    let rows = tally.attested.iter();
    let rows = rows.map(|(why, n)| (why.clone(), vec![*n]));
    let told = "A person looked at these pictures and said that no patient data is burned into them; when, the snapshot's cases tell.";
    Section::of("Pictures that a person vouched for", [told.to_owned()])
        .with(["why a person was asked", "images"], rows.collect())
}

fn leaks(leaks: &Leaks, compared: &Compared) -> Section {
    let mut told = vec![
        format!("Patients in more than one split: {}.", leaks.patients),
        format!("Studies in more than one split: {}.", leaks.studies),
        format!(
            "Pictures, equal to the last pixel, in more than one split: {}.",
            leaks.pictures
        ),
    ];
    told.extend(nearly_equal(compared));
    Section::of("Leakage between splits", told)
}

fn nearly_equal(compared: &Compared) -> Vec<String> {
    let found = match &compared.alike {
        Alike::TooMany => vec![
            "Pictures that are nearly equal were not looked for: there are too many pairs."
                .to_owned(),
        ],
        Alike::Found { count, named } => {
            let told = format!(
                "Pairs of pictures, nearly equal (at most {NEARLY} of 256 bits of a difference hash differ), in different splits: {count}."
            );
            let names: Vec<String> = named.iter().map(|(a, b)| format!("{a} and {b}")).collect();
            let names = (!names.is_empty()).then(|| format!("Among them: {}.", names.join("; ")));
            [told].into_iter().chain(names).collect()
        }
    };
    let rest = compared.not_yet;
    let rest =
        (rest > 0).then(|| format!("{rest} pictures were not compared yet: ask again in a while."));
    found.into_iter().chain(rest).collect()
}

fn guideline(manifest: &Manifest) -> Section {
    let text = manifest.guideline.trim();
    let section = Section::of("Guideline that readers had", []);
    match text.is_empty() {
        true => Section {
            paragraphs: vec!["There was none.".to_owned()],
            ..section
        },
        false => Section {
            quoted: Some(text.to_owned()),
            ..section
        },
    }
}
