//! What an export of a snapshot is, for programs: Croissant 1.1 with its vocabulary for responsible AI (RAI 1.0), both of MLCommons.
//!
//! Only what the snapshot tells is said, with the numbers of its datasheet. Whose it is, its licence and when it is published nobody has
//! told it, and so they are not in it.

use super::Tally;
use super::tally::BySplit;
use crate::ids::Digest;
use crate::lang::Lang;
use crate::snapshot::Manifest;
use serde_json::{Map, Value, json};

/// A file of an export, beside the images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its path in the export.
    pub path: String,
    /// The digest of its bytes.
    pub sha256: Digest,
    /// How many bytes it has.
    pub bytes: u64,
}

/// The name of the file that holds it.
pub const CROISSANT: &str = "croissant.json";

/// The description of an export of this snapshot: `files` in its order, and whether `images/*.png` are beside them.
#[must_use]
pub fn croissant(
    (id, manifest, tally): (&Digest, &Manifest, &Tally),
    files: &[Listed],
    with_images: bool,
) -> Value {
    let all = manifest.counts.all();
    let mut document = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": manifest.project_name,
        "description": format!(
            "{} images of {} patients with {} regions, each a box with a name and descriptions in {}. Snapshot {id}.",
            all.images, all.patients, all.regions, langs(manifest),
        ),
        "identifier": id.as_str(),
        "inLanguage": manifest.langs.both().iter().map(Lang::as_str).collect::<Vec<_>>(),
        "distribution": distribution(files, with_images),
        "recordSet": record_sets(manifest, files),
    });
    if let Some(document) = document.as_object_mut() {
        document.extend(responsibility(manifest, tally));
    }
    document
}

fn langs(manifest: &Manifest) -> String {
    let [first, second] = manifest.langs.both();
    format!("{first} and {second}")
}

fn distribution(files: &[Listed], with_images: bool) -> Vec<Value> {
    let mut listed: Vec<Value> = files.iter().map(file).collect();
    if with_images {
        listed.push(json!({
            "@type": "cr:FileSet",
            "@id": "images",
            "name": "images",
            "description": "What was read, as PNG, each named by the SHA-256 of its file.",
            "encodingFormat": "image/png",
            "includes": "images/*.png",
        }));
    }
    listed
}

fn file(listed: &Listed) -> Value {
    json!({
        "@type": "cr:FileObject",
        "@id": listed.path,
        "name": listed.path,
        "contentUrl": listed.path,
        "contentSize": format!("{} B", listed.bytes),
        "encodingFormat": encoding(&listed.path),
        "sha256": listed.sha256.as_str(),
    })
}

fn encoding(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("csv") => "text/csv",
        Some("json") => "application/json",
        Some("jsonl") => "application/jsonlines",
        Some("parquet") => "application/x-parquet",
        Some("tar") => "application/x-tar",
        Some("xml") => "text/xml",
        Some("yaml") => "application/yaml",
        _ => "text/plain",
    }
}

/// How the rows of tables are read. Other files are described by their formats.
fn record_sets(manifest: &Manifest, files: &[Listed]) -> Vec<Value> {
    let sets = files.iter().filter_map(|file| match encoding(&file.path) {
        "text/csv" => Some(record_set(file, csv_fields(manifest, file))),
        "application/x-parquet" => Some(record_set(file, parquet_fields(manifest, file))),
        _ => None,
    });
    sets.collect()
}

fn record_set(file: &Listed, fields: Vec<Value>) -> Value {
    let name = name_of(file);
    json!({ "@type": "cr:RecordSet", "@id": name, "name": name, "field": fields })
}

/// What a record set of a file is called: `train` for `data/train.parquet`.
fn name_of(file: &Listed) -> String {
    let name = file.path.rsplit('/').next().unwrap_or(&file.path);
    name.split('.').next().unwrap_or(name).to_owned()
}

/// A column of a file: what its values are called, of what type they are, and where in a value they stand.
struct Field<'a> {
    name: &'a str,
    says: &'a str,
    of: &'a str,
    column: &'a str,
    within: Option<&'a str>,
    /// The shape of a list, in which -1 is any length.
    shape: Option<&'static str>,
}

impl Field<'_> {
    fn described(&self, file: &Listed) -> Value {
        let mut source = json!({
            "fileObject": { "@id": file.path },
            "extract": { "column": self.column },
        });
        if let (Some(path), Some(source)) = (self.within, source.as_object_mut()) {
            source.insert("transform".to_owned(), json!({ "jsonPath": path }));
        }
        let name = self.name;
        let mut field = json!({
            "@type": "cr:Field",
            "@id": format!("{}/{name}", name_of(file)),
            "name": name,
            "description": self.says,
            "dataType": self.of,
            "source": source,
        });
        if let (Some(shape), Some(field)) = (self.shape, field.as_object_mut()) {
            field.insert("isArray".to_owned(), true.into());
            field.insert("arrayShape".to_owned(), shape.into());
        }
        field
    }
}

fn csv_fields(manifest: &Manifest, file: &Listed) -> Vec<Value> {
    let mut fields = Vec::new();
    let mut add = |name: &str, of: &str, says: &str| {
        let (column, within, shape) = (name, None, None);
        let field = Field {
            name,
            says,
            of,
            column,
            within,
            shape,
        };
        fields.push(field.described(file));
    };
    // A table of ids and boxes alone has neither names nor texts.
    if file.path == "derived.csv" {
        add("image_id", "sc:Text", "The SHA-256 of the image's file");
    } else {
        add(
            "kind",
            "sc:Text",
            "What the row is: region, label, sentence, question or image",
        );
        add("image", "sc:Text", "The image's path");
        for lang in manifest.langs.both() {
            let (name, text) = (format!("name_{lang}"), format!("text_{lang}"));
            add(&name, "sc:Text", "What the region shows");
            add(
                &text,
                "sc:Text",
                "The region's description, a sentence, or an answer",
            );
        }
    }
    for (side, says) in CORNERS {
        add(side, "sc:Float", says);
    }
    add(
        "split",
        "sc:Text",
        "The part of the data set: train, val or test",
    );
    fields
}

const CORNERS: [(&str, &str); 4] = [
    ("x0", "The box's left edge in pixels"),
    ("y0", "The box's upper edge in pixels"),
    ("x1", "The box's right edge in pixels"),
    ("y1", "The box's lower edge in pixels"),
];

fn parquet_fields(manifest: &Manifest, file: &Listed) -> Vec<Value> {
    let mut fields = Vec::new();
    let mut add = |name: &str, of: &str, column: &str, within: Option<&str>, says: &str| {
        let shape = match (column, name) {
            ("regions", "boxes") => Some("-1,4"),
            ("regions", _) => Some("-1"),
            _ => None,
        };
        let field = Field {
            name,
            says,
            of,
            column,
            within,
            shape,
        };
        fields.push(field.described(file));
    };
    let (text, image) = ("sc:Text", "sc:ImageObject");
    add("image", image, "image", Some("$.bytes"), "The image");
    add("path", text, "image", Some("$.path"), "Its path");
    add("split", text, "split", None, "The part of the data set");
    let corners = "The regions' boxes: left, upper, right and lower edge in pixels";
    add("boxes", "sc:Float", "regions", Some("$.bbox"), corners);
    for lang in manifest.langs.both() {
        let names = (format!("names_{lang}"), format!("$.names.{lang}"));
        let texts = (format!("texts_{lang}"), format!("$.texts.{lang}"));
        add(
            &names.0,
            text,
            "regions",
            Some(&names.1),
            "What the regions show",
        );
        add(
            &texts.0,
            text,
            "regions",
            Some(&texts.1),
            "The regions' descriptions",
        );
    }
    fields
}

/// How the data came about, what is in it, and what it cannot tell.
fn responsibility(manifest: &Manifest, tally: &Tally) -> Map<String, Value> {
    let said = [
        ("dataCollection", collection(manifest)),
        ("dataAnnotationProtocol", protocol(manifest)),
        ("dataAnnotationPlatform", "medreg".to_owned()),
        (
            "annotationsPerItem",
            "1: of each image the annotation that was submitted last".to_owned(),
        ),
        ("machineAnnotationTools", machines(tally)),
        ("dataBiases", biases(manifest, tally)),
        ("dataLimitations", LIMITATIONS.to_owned()),
        ("personalSensitiveInformation", persons(manifest)),
    ];
    (said.into_iter())
        .map(|(name, text)| (format!("rai:{name}"), text.into()))
        .collect()
}

const LIMITATIONS: &str = "One annotation per image is taken, so how far readers agree cannot be told. Where these images come from beyond that, and whom they stand for, the snapshot does not know.";

fn collection(manifest: &Manifest) -> String {
    let origin = match manifest.synthetic {
        true => "The images are generated.",
        false => {
            "The images are of patients and were taken in by a medreg server, which de-identified them."
        }
    };
    format!("{origin} Taken of what was submitted: {}.", manifest.filter)
}

fn protocol(manifest: &Manifest) -> String {
    let readers = format!(
        "Readers draw a box around each region, name it by an ontology of {} concepts and describe it in {}.",
        manifest.ontology.len(),
        langs(manifest),
    );
    match manifest.guideline.trim() {
        "" => format!("{readers} There was no written guideline."),
        guideline => format!("{readers} Their guideline:\n\n{guideline}"),
    }
}

fn machines(tally: &Tally) -> String {
    let grown = tally.suggested.iter().map(|(model, regions)| {
        let model = model.map_or_else(String::new, |model| format!(" {model}"));
        format!("{regions} from a suggestion of a model{model} that a reader accepted or adjusted")
    });
    let grown: Vec<String> = grown.collect();
    match grown.is_empty() {
        true => "None: every region was drawn by a reader.".to_owned(),
        false => format!(
            "Of {} regions grew {}. Images held out for testing were read without suggestions.",
            tally.regions,
            grown.join(", "),
        ),
    }
}

fn biases(manifest: &Manifest, tally: &Tally) -> String {
    let sum = |by_split: &BySplit| by_split.values().sum::<u64>();
    let counted = |counts: Vec<(String, u64)>| {
        let counts: Vec<String> = (counts.into_iter())
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        counts.join(", ")
    };
    let modalities = tally.modalities.iter();
    let modalities = modalities.map(|(modality, n)| (modality.to_string(), sum(n)));
    let mut concepts: Vec<(String, u64)> = (tally.concepts.iter())
        .map(|(key, n)| {
            let key = key.as_ref().map_or("(none)", |key| key.as_str());
            (key.to_owned(), sum(n))
        })
        .collect();
    concepts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let never = manifest.ontology.iter();
    let never = never.filter(|c| !tally.concepts.contains_key(&Some(c.key.clone())));
    let never: Vec<&str> = never.map(|concept| concept.key.as_str()).collect();
    let never = match never.is_empty() {
        true => "none".to_owned(),
        false => never.join(", "),
    };
    format!(
        "Images by modality: {}. Regions by concept: {}. In the ontology, but on no image: {never}. Readers: {}.",
        counted(modalities.collect()),
        counted(concepts),
        tally.readers.len(),
    )
}

fn persons(manifest: &Manifest) -> String {
    let told = match manifest.synthetic {
        true => "None: no person is shown.",
        false => {
            "Medical images of persons, de-identified when they were taken in; of a DICOM header only listed facts are kept, and patients have pseudonyms, which are not in this export."
        }
    };
    told.to_owned()
}

/// The context of Croissant 1.1, as its specification prints it.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "arrayShape": "cr:arrayShape",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "containedIn": "cr:containedIn",
        "cr": "http://mlcommons.org/croissant/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "description": { "@container": "@language" },
        "equivalentProperty": "cr:equivalentProperty",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileObject": "cr:fileObject",
        "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isArray": "cr:isArray",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "name": { "@container": "@language" },
        "parentField": "cr:parentField",
        "path": "cr:path",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "samplingRate": "cr:samplingRate",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
