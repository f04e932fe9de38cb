//! Public data sets in the layouts in which they are published; the files under `samples/formats/sets` are made up.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::formats::convert::{OnError, Rules, convert};
use medreg_datasets::formats::source::{Source, Target};
use medreg_datasets::formats::{Complaint, SETS, Settings, named};
use medreg_datasets::lang::Lang;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

fn sample(path: &str) -> PathBuf {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/formats/sets");
    samples.join(path)
}

/// A set as the rows of a table, and what was told of rows that are none.
fn read(set: &str, input: &Path) -> (Vec<String>, Vec<String>) {
    let made = tempfile::tempdir().unwrap();
    let output = made.path().join("table.csv");
    let settings = Settings {
        langs: ["en", "zh", "es"]
            .map(|lang| lang.parse::<Lang>().unwrap())
            .to_vec(),
        ..Settings::default()
    };
    let rules = Rules {
        on_error: OnError::Skip,
        strict: false,
    };
    let mut told = Vec::new();
    let target = Target::Stream(Box::new(File::create(&output).unwrap()));
    let mut tell = |complaint: &Complaint| told.push(complaint.to_string());
    convert(
        (named(set).unwrap(), Source::Path(input.to_owned())),
        (named("csv").unwrap(), target),
        [&settings, &settings],
        rules,
        &mut tell,
    )
    .unwrap();
    let table = fs::read_to_string(output).unwrap();
    (table.lines().skip(1).map(str::to_owned).collect(), told)
}

fn is(set: &str, path: &str, expected: &[&str], complaints: &[&str]) {
    let (rows, told) = read(set, &sample(path));
    assert_eq!(rows, expected, "{set}");
    assert_eq!(told.len(), complaints.len(), "{told:#?}");
    for complaint in complaints {
        assert!(
            told.iter().any(|told| told.contains(complaint)),
            "{complaint}: {told:#?}"
        );
    }
}

#[test]
fn vindr_keeps_its_three_readers_apart() {
    is(
        "vindr-cxr",
        "vindr-cxr",
        &[
            "region,test/0c3,0c3,,,test,xray,,10,20,110,220,present,,,Pleural effusion,,,,,,,,",
            "region,train/0a1,0a1,,,train,xray,,691.5,1375,1653,1831,present,,R9,Cardiomegaly,,,,,,,,",
            "region,train/0a1,0a1,,,train,xray,,700,1380,1650,1830,present,,R8,Cardiomegaly,,,,,,,,",
            "region,train/0a1,0a1,,,train,xray,,1000,700,1300,1100,present,,R10,Aortic enlargement,,,,,,,,",
            "label,train/0b2,0b2,,,train,xray,,,,,,present,,,No finding,,,,,,,,",
        ],
        &["annotations_train.csv, line 8: box [50, 60, 40, 90]"],
    );
}

#[test]
fn ms_cxr_is_read_from_its_table_and_from_its_document() {
    let path = "files/p10/p100/s500/d-1.jpg";
    let row = format!(
        "region,{path},d-1,2500,3000,,xray,,100,200,400,600,present,,,Pneumonia,,,opacity at the left base,,,,,"
    );
    is(
        "ms-cxr",
        "ms-cxr/table",
        &[&row],
        &["line 3: box [2400, 2900, 2600, 2950] reaches outside"],
    );
    let row = "region,d-1.jpg,1,2500,3000,,xray,1,100,200,400,600,present,,,Pneumonia,,,opacity at the left base,,,,,";
    is("ms-cxr", "ms-cxr/document", &[row], &[]);
}

#[test]
fn slake_has_questions_in_two_languages_and_boxes_beside_its_images() {
    let image = "imgs/xmlab1/source.jpg,1,,,train,ct";
    is(
        "slake",
        "slake",
        &[
            &format!("region,{image},,64,62,137,139,present,,,Liver,,,,,,,,"),
            &format!("region,{image},,150,40,170,70,present,,,Spleen,,,,,,,,"),
            &format!("question,{image},0,,,,,,,,,,,Right,,,Where is the liver?,,"),
            &format!("question,{image},1,,,,,,,,,,,,右侧,,,肝脏在哪里？,"),
            "question,imgs/xmlab2/source.jpg,2,,,val,mr,9,,,,,,,,,,,Yes,,,Is this an MRI?,,",
        ],
        &[
            "train.json, entry 3 (line 46): `english` is not a language tag",
            "validation.json, entry 2 (line 18): the path `../../secret.jpg` leaves",
        ],
    );
}

#[test]
fn questions_of_vqa_rad_that_are_held_out_stay_apart_though_they_share_an_image() {
    is(
        "vqa-rad",
        "vqa-rad",
        &[
            "question,synpic1.jpg,,,,train,xray,1,,,,,,,,,,,2,,,How many nodules are there?,,",
            "question,synpic1.jpg,,,,test,xray,2,,,,,,,,,,,Yes,,,Is the heart enlarged?,,",
        ],
        &["VQA_RAD.json, entry 3 (line 26): has no `answer`"],
    );
}

#[test]
fn pmc_vqa_offers_answers_and_is_answered_by_one() {
    let (rows, told) = read("pmc-vqa", &sample("pmc-vqa"));
    assert_eq!(told, [""; 0]);
    let table = rows.join("\n");
    let asked = "\"What is shown?\nA: A cyst\nB: A stone\nC: An abscess\nD: A tumour\"";
    assert!(
        table.contains(&format!("B: A stone,,,{asked},,")),
        "{table}"
    );
    assert!(
        table.contains("A: CT,,,\"Which modality is it?\nA: CT"),
        "{table}"
    );
    assert!(
        table.starts_with("question,images/PMC1_Fig1.jpg,,,,train,"),
        "{table}"
    );
}

#[test]
fn structures_of_chest_imagenome_have_what_the_report_says_of_them() {
    is(
        "chest-imagenome",
        "chest-imagenome",
        &[
            "region,d-1,d-1,,,,xray,d-1_right lung,200,300,1200,1700,present,,,right lung,,,There is an opacity in the right lung.,,,,,",
        ],
        &["d-1_SceneGraph.json, object 2: box [1300, 300, 1300, 1700] is empty"],
    );
}

#[test]
fn iu_xrays_reports_are_said_of_each_image() {
    is(
        "iu-xray",
        "iu-xray/r2gen",
        &[
            "sentence,images/CXR1_IM-1/0.png,CXR1,,,train,xray,,,,,,,,,,,,The heart is normal in size.,,,,,",
            "sentence,images/CXR1_IM-1/1.png,CXR1,,,train,xray,,,,,,,,,,,,The heart is normal in size.,,,,,",
            "sentence,images/CXR2_IM-2/0.png,CXR2,,,test,xray,,,,,,,,,,,,No acute disease.,,,,,",
        ],
        &[],
    );
    let (rows, told) = read("iu-xray", &sample("iu-xray/nlm"));
    assert_eq!(told, [""; 0]);
    let first = "sentence,CXR1_1_IM-0001-3001.png,CXR1_1_IM-0001-3001,,,,xray,,,,,,,,,,,,The heart is normal & the lungs are clear.,,,,,";
    assert_eq!(rows[0], first);
    assert_eq!(rows.len(), 4);
}

/// An 8-bit picture.
fn picture(path: &Path, rows: &[&[u8]]) {
    let file = File::create(path).unwrap();
    let mut encoder = png::Encoder::new(file, rows[0].len() as u32, rows.len() as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&rows.concat()).unwrap();
}

#[test]
fn each_connected_part_of_a_mask_is_a_box() {
    let set = tempfile::tempdir().unwrap();
    let at = |path: &str| set.path().join(path);
    fs::create_dir(at("masks")).unwrap();
    let liver = "masks/ct_00--SET--1--x_0050--0003_000.png";
    let kidney = "masks/ct_00--SET--1--x_0050--0007_000.png";
    // A ring that is open below and closes late, a corner that touches, another value beside it, and a part by itself.
    picture(
        &at(liver),
        &[
            &[9, 0, 9, 0, 0, 0],
            &[9, 0, 9, 5, 0, 0],
            &[9, 9, 9, 5, 0, 9],
            &[0, 0, 0, 9, 0, 9],
        ],
    );
    picture(&at(kidney), &[&[0, 0], &[0, 255]]);
    let image = "images/ct_00--SET--1--x_0050.png";
    let list = format!(
        "{{\"{image}\": [\"{liver}\", \"{kidney}\", \"../{liver}\", \"masks/none--1_0.png\"]}}"
    );
    fs::write(at("SAMed2D_v1.json"), list).unwrap();
    let classes = r#"{"liver": "0003", "kidney": "0007"}"#;
    fs::write(at("SAMed2D_v1_class_mapping_id.json"), classes).unwrap();
    let (rows, told) = read("sa-med2d-20m", set.path());
    let row = |corners: &str| format!("region,{image},,6,4,,ct,,{corners},present,,,liver,,,,,,,,");
    assert_eq!(rows, [row("0,0,4,4"), row("3,1,4,3"), row("5,2,6,4")]);
    let complaints = [
        "image is 2×2, but 6×4",
        "leaves the data set's folder",
        "cannot be opened",
    ];
    for complaint in complaints {
        assert!(
            told.iter().any(|told| told.contains(complaint)),
            "{complaint}: {told:#?}"
        );
    }
    // Without the list the names of the masks say the same.
    fs::remove_file(at("SAMed2D_v1.json")).unwrap();
    fs::remove_file(at(kidney)).unwrap();
    assert_eq!(read("sa-med2d-20m", set.path()).0, rows);
}

#[test]
fn sets_are_read_and_not_written() {
    for set in SETS {
        let refused = set
            .write(Target::Nowhere, &Settings::default())
            .err()
            .unwrap();
        assert!(refused.to_string().contains("only read"), "{}", set.name());
    }
}

#[test]
fn sentences_of_padchest_gr_have_boxes_of_one_or_two_readers() {
    let settings = Settings::default();
    let source = Source::Path(sample("padchest-gr"));
    let records = named("padchest-gr")
        .unwrap()
        .read(source, &settings)
        .unwrap();
    let (found, told): (Vec<_>, Vec<_>) = records.partition(Result::is_ok);
    let record = found.into_iter().next().unwrap().unwrap();
    let readers: Vec<_> = record
        .regions
        .iter()
        .map(|r| r.reader.clone().unwrap())
        .collect();
    assert_eq!(readers, ["1", "2"]);
    let spanish: Lang = "es".parse().unwrap();
    assert_eq!(record.regions[0].texts[&spanish], "Cardiomegalia.");
    assert_eq!(record.report[0].regions.len(), 2);
    assert!(record.report[1].regions.is_empty());
    assert_eq!(record.labels[0].names[&Lang::en()], "scoliosis");
    let told = told[0].as_ref().err().unwrap().to_string();
    assert!(told.contains("entry 2"), "{told}");
}

/// Parquet as Hugging Face's datasets writes questions about images: a row for each, the image in it, and without a name.
fn questions(path: &Path, rows: &[(&[u8], &str, &str)]) {
    use parquet::data_type::{ByteArray, ByteArrayType};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    let schema = "message schema { OPTIONAL group image { OPTIONAL BYTE_ARRAY bytes; OPTIONAL BYTE_ARRAY path (UTF8); }
        OPTIONAL BYTE_ARRAY question (UTF8); OPTIONAL BYTE_ARRAY answer (UTF8); }";
    let schema = parquet::schema::parser::parse_message_type(schema).unwrap();
    let properties = WriterProperties::builder().build();
    let file = File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema.into(), properties.into()).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let columns: [(Vec<Vec<u8>>, i16); 4] = [
        (rows.iter().map(|row| row.0.to_vec()).collect(), 2),
        (Vec::new(), 1),
        (rows.iter().map(|row| row.1.into()).collect(), 1),
        (rows.iter().map(|row| row.2.into()).collect(), 1),
    ];
    for (values, defined) in columns {
        let values: Vec<ByteArray> = values.into_iter().map(ByteArray::from).collect();
        let mut column = group.next_column().unwrap().unwrap();
        let levels = vec![defined; rows.len()];
        let to = column.typed::<ByteArrayType>();
        to.write_batch(&values, Some(&levels), None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
}

#[test]
fn questions_in_parquet_bring_their_images_once_and_keep_to_their_part_of_the_set() {
    let set = tempfile::tempdir().unwrap();
    let at = |path: &str| set.path().join(path);
    fs::create_dir(at("data")).unwrap();
    picture(&at("one.png"), &[&[1, 2, 3], &[4, 5, 6]]);
    let image = fs::read(at("one.png")).unwrap();
    let train = [
        (&image[..], "What is shown?", "a cyst"),
        (&image[..], "Is it large?", "no"),
    ];
    questions(&at("data/train-00000-of-00001-abc.parquet"), &train);
    questions(
        &at("data/test-00000-of-00001-abc.parquet"),
        &[(&image[..], "Where?", "left")],
    );
    let source = Source::Path(set.path().to_owned());
    let records = named("path-vqa")
        .unwrap()
        .read(source, &Settings::default())
        .unwrap();
    let records: Vec<_> = records.map(Result::unwrap).collect();
    let found: Vec<_> = (records.iter())
        .map(|r| {
            (
                r.image.split.unwrap().as_str(),
                r.talks.len(),
                r.image.content.is_some(),
            )
        })
        .collect();
    assert_eq!(found, [("train", 2, true), ("test", 1, true)]);
    let named = medreg_datasets::ids::Digest::of(&image);
    assert_eq!(
        records[0].image.path.as_str(),
        format!("images/{named}.png")
    );
    assert_eq!(records[0].image.size.unwrap().width(), 3);
    let (rows, told) = read("path-vqa", set.path());
    assert_eq!((rows.len(), told.len()), (3, 0), "{told:?}");
    assert!(
        rows[0].contains("pathology") && rows[0].contains("What is shown?"),
        "{rows:?}"
    );
}
