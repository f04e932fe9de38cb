//! Data set formats: what is written is what the golden files say, reading gives it back, and what is wrong is told with its place.

// Helpers outside `#[test]` functions are tests all the same.
#![allow(clippy::unwrap_used)]

use medreg_datasets::formats::convert::{OnError, Rules, Stopped, Summary, convert};
use medreg_datasets::formats::record::{
    Exchange, ImagePath, Label, Marked, Part, Passage, Picture, Record, Said, Talk,
};
use medreg_datasets::formats::source::{ImageFiles, Source, Target};
use medreg_datasets::formats::{ALL, Settings, Shape, Talks, all, named};
use medreg_datasets::geometry::{Coordinates, Extent, ImageSize, PixelBox};
use medreg_datasets::lang::Lang;
use medreg_datasets::modality::Modality;
use medreg_datasets::region::Presence;
use medreg_datasets::snapshot::Split;
use medreg_datasets::whole::Texts;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

const SKIP: Rules = Rules {
    on_error: OnError::Skip,
    strict: false,
};
const REFUSE: Rules = Rules {
    on_error: OnError::Refuse,
    strict: false,
};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

fn settings(folder: &Path) -> Settings {
    Settings {
        images: ImageFiles::below(vec![folder.to_owned()]),
        ..Settings::default()
    }
}

/// Converts; the summary, or why it stopped, and what was told.
fn turn(
    from: &str,
    input: &Path,
    to: &str,
    output: &Path,
    rules: Rules,
) -> (Result<Summary, Stopped>, Vec<String>) {
    let (from, to) = (named(from).unwrap(), named(to).unwrap());
    let folder = if input.is_dir() {
        input
    } else {
        input.parent().unwrap()
    };
    let settings = settings(folder);
    let target = match to.shape() {
        Shape::Stream => Target::Stream(Box::new(File::create(output).unwrap())),
        Shape::Folder => {
            fs::create_dir(output).unwrap();
            Target::Folder(output.to_owned())
        }
    };
    let mut told = Vec::new();
    let source = Source::Path(input.to_owned());
    let done = convert(
        (from, source),
        (to, target),
        [&settings, &settings],
        rules,
        &mut |complaint| {
            told.push(complaint.to_string());
        },
    );
    (done, told)
}

/// The files of a folder, or of the one file there is, by their path.
fn files(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![path.to_owned()];
    while let Some(next) = waiting.pop() {
        if next.is_dir() {
            waiting.extend(fs::read_dir(&next).unwrap().map(|e| e.unwrap().path()));
        } else {
            let name = next.strip_prefix(path).unwrap().display().to_string();
            found.insert(name, fs::read(&next).unwrap());
        }
    }
    found
}

fn bless(golden: &Path, made: &Path) {
    if std::env::var_os("MEDREG_BLESS").is_some() {
        for (path, text) in files(made) {
            let path = if path.is_empty() {
                golden.to_owned()
            } else {
                golden.join(path)
            };
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
    }
}

#[test]
fn an_export_becomes_the_golden_file_of_every_format_and_comes_back() {
    let export = samples().join("medreginstruct/export");
    let made = tempfile::tempdir().unwrap();
    for format in ALL {
        let name = format.name();
        let ending = match (format.shape(), name) {
            (Shape::Folder, _) => "",
            (Shape::Stream, "csv" | "derived") => ".csv",
            (Shape::Stream, "internvl") => ".jsonl",
            (Shape::Stream, _) => ".json",
        };
        let output = made.path().join(format!("{name}{ending}"));
        let (done, told) = turn("medreginstruct", &export, name, &output, REFUSE);
        let summary = done.unwrap();
        assert_eq!(told, [""; 0], "{name}");
        assert_eq!(summary.images, 2, "{name}");
        let golden = match name {
            "medreginstruct" => export.clone(),
            _ => samples().join(format!("formats/{name}{ending}")),
        };
        // What Parquet's bytes are is its library's to say; so files of before are read besides.
        match name {
            "parquet" => same_rows(name, &golden, &output),
            _ => {
                bless(&golden, &output);
                assert!(files(&output) == files(&golden), "{name}");
            }
        }
        let carries = format.carries();
        // Whole pixels of a small image are coarser than the grid.
        let by_hand = ["csv", "parquet", "webdataset"].contains(&name);
        if (carries.talks == Talks::All && name != "qwen2.5-vl") || by_hand {
            let back = made.path().join(format!("{name}-back"));
            turn(name, &output, "medreginstruct", &back, REFUSE)
                .0
                .unwrap();
            assert_eq!(files(&back), files(&export), "{name} and back");
        }
    }
}

/// Whether two data sets say the same; the first is made where it is to be.
fn same_rows(format: &str, golden: &Path, output: &Path) {
    if !golden.exists() {
        bless(golden, output);
    }
    let made = tempfile::tempdir().unwrap();
    let [golden, output] = [golden, output].map(|input| {
        let table = made.path().join("table.csv");
        turn(format, input, "csv", &table, REFUSE).0.unwrap();
        fs::read_to_string(table).unwrap()
    });
    assert_eq!(golden, output);
}

fn found(format: &str, path: &str) -> (Summary, Vec<String>, Vec<String>) {
    let made = tempfile::tempdir().unwrap();
    let input = samples().join("formats/found").join(path);
    let output = made.path().join("out.csv");
    let (done, told) = turn(format, &input, "csv", &output, SKIP);
    let lines = fs::read_to_string(output).unwrap();
    (
        done.unwrap(),
        told,
        lines.lines().map(str::to_owned).collect(),
    )
}

/// Whether each was told, in any order, and nothing else was.
fn told_are(told: &[String], expected: &[&str]) {
    for expected in expected {
        assert!(
            told.iter().any(|told| told.contains(expected)),
            "{expected} is not in {told:#?}"
        );
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

fn has_line(lines: &[String], line: &str) {
    assert!(
        lines.iter().any(|found| found.contains(line)),
        "{line} is not in {lines:#?}"
    );
}

#[test]
fn a_coco_file_as_it_is_found_is_read_and_its_bad_rows_are_told() {
    let (summary, told, lines) = found("coco", "coco.json");
    told_are(
        &told,
        &[
            "annotation 3 (line 4): box [0, 0, 0, 12] is empty",
            "annotation 4 (line 5): there is no image `7`",
            "annotation 5 (line 6): there is no category `5`",
            "annotation 6 (line 7): has a number that is none",
            "annotation 7 (line 8): the annotation `901` is there twice",
            "annotation 8 (line 9): box [700, 0, 705, 5] reaches outside its image of 640×480",
            "image 3 (line 16): the path `../outside.png` leaves",
            "image 4 (line 17): an image of 10×0 pixels is none",
        ],
    );
    assert_eq!(
        (summary.images, summary.regions, summary.skipped),
        (3, 2, 8)
    );
    has_line(
        &lines,
        "region,b/000042.png,42,640,480,,,900,10.5,20,40.75,60,present,,,结节",
    );
    has_line(
        &lines,
        "region,b/000042.png,42,640,480,,,901,600,400,640,480,present,,,Nodule/Mass",
    );
    has_line(&lines, "image,bare.png,45,,");
    assert_eq!(
        summary.remarks["segmentations are not taken over, their boxes are"],
        2
    );
    assert_eq!(summary.remarks["fields `score` are not taken over"], 1);
    assert_eq!(
        summary.remarks["crowds (`iscrowd`) become plain regions"],
        1
    );
}

#[test]
fn a_yolo_folder_as_it_is_found_is_read_and_its_bad_rows_are_told() {
    let (summary, told, lines) = found("yolo", "yolo");
    told_are(
        &told,
        &[
            "valid/labels/two.txt, line 1: there is no class `1`",
            "valid/labels/two.txt, line 2: box",
            "valid/labels/two.txt, line 3: box",
            "valid/labels/two.txt, line 4: is not as a YOLO label has it",
            "valid/labels/two.txt, line 5: is not as a YOLO label has it",
            "valid/images/two.jpg: the image's size is not known",
            "data.yaml, `val`: the path `../valid/images` leaves",
        ],
    );
    assert_eq!((summary.images, summary.regions), (2, 3));
    has_line(
        &lines,
        "region,train/images/one.png,,40,20,train,,,15,5,25,15,present,,,mass",
    );
    has_line(
        &lines,
        "region,train/images/one.png,,40,20,train,,,4,2,12,8,present,,,mass",
    );
    has_line(&lines, "image,train/images/empty.png,,8,8,train");
    assert_eq!(summary.remarks["confidences are not taken over"], 1);
}

#[test]
fn voc_files_as_they_are_found_are_read_and_their_bad_rows_are_told() {
    let (summary, told, lines) = found("voc", "voc");
    told_are(
        &told,
        &[
            "Annotations/one.xml, object 3: has no `bndbox`",
            "Annotations/one.xml, object 4: box [8, 0, 3, 2] is empty or turned round",
            "Annotations/two.xml: is not as a VOC annotation has it",
        ],
    );
    assert_eq!((summary.images, summary.regions), (1, 2));
    has_line(
        &lines,
        "region,one.jpg,,30,20,,,,0,1.5,12.5,20,present,,,mass & more",
    );
    has_line(&lines, "region,one.jpg,,30,20,,,,0,0,30,20,present,,,囊肿");
}

#[test]
fn conversations_as_they_are_found_are_read_and_bad_ones_are_told() {
    let (summary, told, _) = found("llava", "llava.json");
    told_are(
        &told,
        &[
            "entry 3 (line 6): has no `image`",
            "entry 4 (line 7): has its turns out of order",
            "entry 5 (line 8): is about 2 images",
            "entry 6 (line 9): is not as a conversation has it",
            "entry 7 (line 10): the path `/etc/passwd` leaves",
            "coco/000000033471.jpg: the image's size is not known",
        ],
    );
    assert_eq!(summary.images, 1);
    assert_eq!(
        summary.remarks["questions without `<image>`: it goes before the first"],
        1
    );
}

#[test]
fn a_table_as_it_is_found_is_read_and_its_bad_rows_are_told() {
    let (summary, told, lines) = found("csv", "table.csv");
    told_are(
        &told,
        &[
            "table.csv, line 3: box [1264, 743, 1611, 3019] reaches outside its image of 2000×2000",
            "table.csv, line 5: has a box with a number missing",
        ],
    );
    assert_eq!((summary.images, summary.regions), (2, 1));
    has_line(
        &lines,
        "region,abc,,2000,2000,,,,691.5,1375,1653,1831,present,,R9,Cardiomegaly",
    );
    has_line(&lines, "label,def,,,,,,,,,,,present,,,No finding");
    assert!(summary.remarks.is_empty(), "{summary:?}");
}

#[test]
fn lines_without_sizes_and_with_tags_stripped_are_read() {
    let made = tempfile::tempdir().unwrap();
    let input = samples().join("formats/found/instruct.jsonl");
    let output = made.path().join("qwen.json");
    let (done, told) = turn("medreginstruct", &input, "qwen-vl", &output, SKIP);
    told_are(
        &told,
        &["instruct.jsonl, line 3: box [10.0, 20.0, 5.0, 400.0] is not top-left then bottom-right"],
    );
    assert_eq!(done.unwrap().images, 2);
    let text = fs::read_to_string(output).unwrap();
    assert!(
        text.contains("<ref>liver</ref><box>(10,20),(300,400)</box><box>(501,20),(1000,400)</box>"),
        "{text}"
    );
    assert!(
        text.contains("What is <ref>this</ref><box>(421,351),(506,470)</box> in the picture?"),
        "{text}"
    );
}

#[test]
fn one_bad_row_refuses_everything_or_is_left_out_as_asked() {
    let made = tempfile::tempdir().unwrap();
    let input = samples().join("formats/found/instruct.jsonl");
    let (done, _) = turn(
        "medreginstruct",
        &input,
        "llava",
        &made.path().join("a.json"),
        REFUSE,
    );
    assert!(
        done.unwrap_err()
            .to_string()
            .starts_with("instruct.jsonl, line 3: box")
    );
}

#[test]
fn what_a_target_has_no_place_for_is_counted_or_refused() {
    let export = samples().join("medreginstruct/export");
    let made = tempfile::tempdir().unwrap();
    let summary = turn(
        "medreginstruct",
        &export,
        "yolo",
        &made.path().join("yolo"),
        REFUSE,
    )
    .0
    .unwrap();
    assert!(
        summary.lost["descriptions"] > 0 && summary.lost["names in zh"] > 0,
        "{summary:?}"
    );
    let strict = Rules {
        strict: true,
        ..REFUSE
    };
    let refused = turn(
        "medreginstruct",
        &export,
        "yolo",
        &made.path().join("strict"),
        strict,
    )
    .0;
    assert!(matches!(refused, Err(Stopped::Lost { format: "yolo", .. })));
}

#[test]
fn a_data_set_keeps_to_its_folder() {
    let made = tempfile::tempdir().unwrap();
    let folder = made.path().join("set");
    fs::create_dir(&folder).unwrap();
    let entry = |path: &str| {
        format!(
            r#"{{"root": ".", "annotation": "{path}", "length": 1, "repeat_time": 1, "data_augment": false}}"#
        )
    };
    let meta = format!(
        "{{\"a_train_en\": {}, \"b_train_en\": {}}}",
        entry("../secret.jsonl"),
        entry("/etc/passwd")
    );
    fs::write(folder.join("meta_file.json"), meta).unwrap();
    let (done, told) = turn(
        "medreginstruct",
        &folder,
        "csv",
        &made.path().join("out"),
        SKIP,
    );
    assert_eq!(done.unwrap().images, 0);
    told_are(&told, &["`../secret.jsonl` leaves", "`/etc/passwd` leaves"]);
    for path in [
        "../a",
        "/a",
        "a/../../b",
        "c:\\a",
        "http://a/b",
        "..\\a",
        "",
        "a\0b",
    ] {
        assert!(ImagePath::new(path).is_err(), "{path}");
    }
    assert_eq!(
        ImagePath::new(".\\a//b/./c.png").unwrap().as_str(),
        "a/b/c.png"
    );
}

#[test]
fn bytes_that_are_no_text_and_other_encodings_are_told() {
    let made = tempfile::tempdir().unwrap();
    let tell = |format: &str, name: &str, bytes: &[u8]| {
        let input = made.path().join(name);
        fs::write(&input, bytes).unwrap();
        let (done, told) = turn(format, &input, "csv", &made.path().join("out.csv"), SKIP);
        done.map_or_else(|stopped| stopped.to_string(), |_| told.join("\n"))
    };
    assert!(tell("coco", "a.json", b"[1]").contains("no table `images`"));
    assert!(
        tell(
            "coco",
            "b.json",
            b"{\"images\": [{\"id\": 1, \"file_name\": \"\xff\xfe\"}]}"
        )
        .contains("not UTF-8")
    );
    assert!(tell("coco", "c.json", b"\xff\xfe{\0}\0").contains("UTF-16"));
    assert!(tell("coco", "d.json", b"").contains("ends in the middle"));
    assert!(
        tell("csv", "e.csv", b"image,text_english\n").contains("`english` is not a language tag")
    );
    assert!(tell("csv", "f.csv", b"a,b\n1,2\n").contains("no column that names the image"));
    assert!(tell("csv", "g.csv", b"image,name\na.png,\"\xff\"\n").contains("line 2: is not UTF-8"));
    assert!(tell("internvl", "h.jsonl", b"\xef\xbb\xbf{\"image\": \"a.png\", \"conversations\": [{\"from\": \"human\", \"value\": \"<image>\"}, {\"from\": \"gpt\", \"value\": \"x\"}]}").is_empty());
}

/// A stream that ends where a test can look.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Records written in a format and read again.
fn through(name: &str, records: &[Record]) -> Vec<Record> {
    let format = named(name).unwrap();
    let settings = Settings::default();
    let (kept, folder) = (Kept::default(), tempfile::tempdir().unwrap());
    let target = match format.shape() {
        Shape::Stream => Target::Stream(Box::new(kept.clone())),
        Shape::Folder => Target::Folder(folder.path().to_owned()),
    };
    let mut writer = format.write(target, &settings).unwrap();
    records
        .iter()
        .for_each(|record| writer.write(record).unwrap());
    writer.finish().unwrap();
    let source = match format.shape() {
        Shape::Stream => Source::Stream(Box::new(io::Cursor::new(kept.0.lock().unwrap().clone()))),
        Shape::Folder => Source::Path(folder.path().to_owned()),
    };
    let read = format.read(source, &settings).unwrap();
    read.map(|record| record.unwrap()).collect()
}

fn size() -> ImageSize {
    ImageSize::new(512, 256).unwrap()
}

/// Where a format reads back exactly what was written: quarters of pixels, or places on its grid.
fn place(coordinates: Coordinates, [x, y, w, h]: [u16; 4]) -> Extent {
    let quarter = |c: u16| f64::from(c) / 4.0;
    match coordinates {
        Coordinates::Pixels => {
            let bbox = PixelBox::new(quarter(x), quarter(y), quarter(x + w), quarter(y + h));
            Extent::Pixels(bbox.unwrap().inside(size()).unwrap())
        }
        Coordinates::WholePixels => {
            let [x0, y0, x1, y1] = [x, y, x + w, y + h].map(|c| f64::from(c.div_ceil(4)));
            let bbox = PixelBox::new(x0, y0, x1.max(x0 + 1.0), y1.max(y0 + 1.0));
            Extent::Pixels(bbox.unwrap().inside(size()).unwrap())
        }
        other => {
            let corners = [x, y, x + w, y + h].map(|c| match other {
                Coordinates::Shares => f64::from(c) / 1000.0,
                _ => f64::from(c),
            });
            other.read(corners, Some(size())).unwrap().0
        }
    }
}

prop_compose! {
    fn any_region(coordinates: Coordinates)(
        corners in [0u16..400, 0u16..400, 1u16..500, 1u16..500], name in "[a-z]{1,6}( [a-z]{1,6})?", zh in "[肝肾肺囊肿]{1,3}",
        text in "[A-Za-z][a-z ,.]{0,20}[a-z]",
    ) -> Marked {
        Marked {
            names: Texts::from([(Lang::en(), name), (Lang::zh(), zh)]),
            texts: Texts::from([(Lang::en(), text)]),
            ..Marked::new(place(coordinates, corners))
        }
    }
}

prop_compose! {
    fn any_record(coordinates: Coordinates)(
        image in 0u32..1000, regions in proptest::collection::vec(any_region(coordinates), 1..5),
        split in prop_oneof![Just(Split::Train), Just(Split::Test)], absent in proptest::option::of("[A-Z]{3,5}"),
        sentence in "[A-Z][a-z]{1,8}( [a-z]{1,4})?", asked in "[A-Z][a-z ]{2,20}[a-z]\\?", answered in "[A-Z][a-z ]{2,20}[a-z]",
    ) -> Record {
        let mut image = Picture::new(ImagePath::new(&format!("images/{image}.png")).unwrap());
        image.size = Some(size());
        image.split = Some(split);
        image.modality = Some(Modality::Ct);
        let labels = absent.map(|name| Label { names: Texts::from([(Lang::en(), name)]), presence: Presence::Absent });
        let report = vec![Said { texts: Texts::from([(Lang::en(), sentence)]), regions: [0].into() }];
        let words = |text: String| Passage(vec![Part::Words(text)]);
        let turns = vec![Exchange { question: words(asked), answer: words(answered) }];
        let talks = vec![Talk { id: None, lang: Lang::en(), system: None, turns }];
        Record { labels: labels.into_iter().collect(), report, talks, regions, ..Record::new(image) }
    }
}

fn any_records(coordinates: Coordinates) -> impl Strategy<Value = Vec<Record>> {
    let records = proptest::collection::vec(any_record(coordinates), 1..4);
    records.prop_map(|mut records| {
        records.sort_by(|a, b| a.image.path.cmp(&b.image.path));
        records.dedup_by(|a, b| a.image.path == b.image.path);
        records
    })
}

/// What a detector's format has a place for, numbered as COCO numbers it.
fn boxes_alone(records: &[Record], modality: bool) -> Vec<Record> {
    let alone = |record: &Record| {
        let mut alone = Record::new(record.image.clone());
        alone.image.modality = record.image.modality.filter(|_| modality);
        let region = |region: &Marked| Marked {
            names: Texts::from([(Lang::en(), region.names[&Lang::en()].clone())]),
            ..Marked::new(region.extent)
        };
        alone.regions = record.regions.iter().map(region).collect();
        alone
    };
    records.iter().map(alone).collect()
}

/// The same but for ids, which a writer may give.
fn without_ids(mut records: Vec<Record>) -> Vec<Record> {
    for record in &mut records {
        record.image.id = None;
        record
            .regions
            .iter_mut()
            .for_each(|region| region.id = None);
        record.talks.iter_mut().for_each(|talk| talk.id = None);
    }
    records
}

fn near(a: &Record, b: &Record) -> bool {
    let same = a.image == b.image && a.regions.len() == b.regions.len();
    same && a.regions.iter().zip(&b.regions).all(|(a, b)| {
        let [a_box, b_box] = [a, b].map(|r| r.extent.pixels(Some(size())).unwrap().corners());
        let close = a_box.iter().zip(b_box).all(|(a, b)| (a - b).abs() < 1e-6);
        close && a.names == b.names && a.texts == b.texts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(48) })]

    #[test]
    fn a_table_gives_back_what_was_written(records in any_records(Coordinates::Pixels)) {
        prop_assert_eq!(through("csv", &records), records);
    }

    #[test]
    fn coco_gives_back_what_was_written(records in any_records(Coordinates::Pixels)) {
        let mut written = records;
        for record in &mut written {
            record.report.clear();
            record.talks.clear();
        }
        let read = without_ids(through("coco", &written));
        prop_assert_eq!(read, written);
    }

    #[test]
    fn containers_give_back_what_was_written(name in prop_oneof![Just("parquet"), Just("webdataset")], records in any_records(Coordinates::Pixels)) {
        let mut read = through(name, &records);
        // They have a file for each part.
        read.sort_by(|a, b| a.image.path.cmp(&b.image.path));
        prop_assert_eq!(read, records);
    }

    #[test]
    fn voc_gives_back_what_was_written(records in any_records(Coordinates::Pixels)) {
        let written = boxes_alone(&records, false);
        prop_assert_eq!(through("voc", &written), written);
    }

    #[test]
    fn yolo_gives_back_what_was_written_in_shares(records in any_records(Coordinates::Pixels)) {
        let written = boxes_alone(&records, false);
        let mut read = through("yolo", &written);
        prop_assert_eq!(read.len(), written.len());
        for (read, written) in read.iter_mut().zip(&written) {
            read.image.size = written.image.size;
            prop_assert!(near(read, written), "{:?} {:?}", read, written);
        }
    }

    #[test]
    fn conversations_give_back_what_was_written(
        (name, records) in prop_oneof![Just("medreginstruct"), Just("llava"), Just("sharegpt"), Just("internvl"), Just("qwen-vl"), Just("qwen2.5-vl")]
            .prop_flat_map(|name| (Just(name), any_records(named(name).unwrap().carries().coordinates))),
    ) {
        let mut read = without_ids(through(name, &records));
        // MedRegInstruct has a file for each part.
        read.sort_by(|a, b| a.image.path.cmp(&b.image.path));
        prop_assert_eq!(read.len(), records.len());
        for (mut read, written) in read.into_iter().zip(records) {
            prop_assert!(near(&read, &written), "{:#?} {:#?}", read, written);
            prop_assert_eq!(&read.report, &written.report);
            prop_assert_eq!(&read.talks, &written.talks);
            // What regions show is labelled too, as it was asked for.
            read.labels.retain(|label| label.presence == Presence::Absent);
            prop_assert_eq!(&read.labels, &written.labels);
        }
    }

    #[test]
    fn no_text_makes_a_reader_panic(text in ".{0,200}", format in 0..all().count()) {
        let format = all().nth(format).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let name = match format.name() {
            "yolo" => "labels/a.txt",
            "voc" => "a.xml",
            "iu-xray" => "annotation.json",
            "slake" => "test.json",
            "vqa-rad" => "vqa.json",
            "padchest-gr" => "grounded_reports.json",
            "chest-imagenome" => "a_SceneGraph.json",
            "sa-med2d-20m" => "SAMed2D_v1.json",
            "vindr-cxr" => "annotations_test.csv",
            "parquet" | "path-vqa" => "a.parquet",
            "webdataset" => "a.tar",
            "medreginstruct" => "a.jsonl",
            _ => "a",
        };
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let source = if format.shape() == Shape::Folder { folder.path().to_owned() } else { path };
        if let Ok(records) = format.read(Source::Path(source), &Settings::default()) {
            records.take(1000).for_each(drop);
        }
    }
}
