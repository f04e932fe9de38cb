//! Whole-slide images: what is kept of them, and their tiles.

use crate::slide_file::{
    COMPRESSION, DESCRIPTION, Directory, TILE_BYTES, TILE_OFFSETS, TILE_WIDTH, Values, WIDTH,
    colour, file, jpeg, picture,
};
use crate::support::{Answer, Person, Server, World, content, region, text};
use image::{Rgb, RgbImage};
use medreg::imaging::{Hints, ImagingError, read_file};
use medreg::store::objects::Objects;
use medreg_datasets::geometry::{ImageSize, PixelBox};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

const SECRET: &str = "DOE^JANE 1931-02-03 S22-4711";
const YCBCR: u16 = 6;
const RGB: u16 = 2;

/// A slide of 2400 × 1504 pixels as scanners write it: three levels in JPEG, a thumbnail, a label and a macro photograph, and
/// the patient's name wherever something can be written.
fn scanned() -> Vec<u8> {
    let level = |smaller, side| {
        Directory::jpeg(
            &picture(2400, 1504, smaller),
            side,
            YCBCR,
            SECRET.as_bytes(),
        )
        .with(306, Values::Ascii(SECRET.to_owned()))
    };
    let described = format!("Aperio Image Library\r\n2400x1504|AppMag = 40|MPP = 0.2500|{SECRET}");
    let written = RgbImage::from_raw(SECRET.len() as u32, 3, SECRET.repeat(9).into_bytes());
    let label = written.unwrap();
    // Of the slide's own shape, and in tiles: its pixels alone tell that it is none of its levels.
    let shaped = RgbImage::from_fn(600, 376, |x, y| {
        Rgb([if x / 40 == y / 40 { 0 } else { 255 }; 3])
    });
    file(
        &[
            level(1, 256).with(DESCRIPTION, Values::Ascii(described)),
            Directory::strip(&label, &format!("thumbnail {SECRET}")),
            level(8, 128),
            Directory::jpeg(&shaped, 256, YCBCR, SECRET.as_bytes()),
            level(2, 256),
            Directory::strip(&label, &format!("label {SECRET}")),
            Directory::strip(&label, &format!("macro {SECRET}")),
        ],
        false,
        None,
    )
}

pub async fn tile(person: &Person, image: &str, [level, column, row]: [u32; 3]) -> Answer {
    person
        .get(&format!("/api/images/{image}/tiles/{level}/{column}/{row}"))
        .await
}

pub fn decoded(answer: &Answer) -> RgbImage {
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.bytes)
    );
    image::load_from_memory(&answer.bytes).unwrap().into_rgb8()
}

pub fn is_near(found: &Rgb<u8>, wanted: &Rgb<u8>) -> bool {
    found
        .0
        .iter()
        .zip(wanted.0)
        .all(|(a, b)| a.abs_diff(b) <= 14)
}

/// Whether every square of a level, all of whose tiles are asked for, has the colour of its place.
pub async fn is_all_there(person: &Person, image: &Value, level: usize) {
    let found = &image["facts"]["pyramid"][level];
    let number = |name: &str| found[name].as_u64().unwrap() as u32;
    let (width, height) = (number("width"), number("height"));
    let (across, down) = (number("tile_width"), number("tile_height"));
    let smaller = (2400.0 / f64::from(width)).round() as u32;
    for (column, row) in
        (0..width.div_ceil(across)).flat_map(|c| (0..height.div_ceil(down)).map(move |r| (c, r)))
    {
        let pixels = decoded(&tile(person, &text(&image["id"]), [level as u32, column, row]).await);
        // The middles of squares, in pixels of the whole slide.
        let squares = |from: u32, length: u32, side: u32| {
            ((from * smaller).div_ceil(64)..(from + length).min(side) * smaller / 64)
                .map(|square| square * 64 + 32)
        };
        for x in squares(column * across, across, width) {
            for y in squares(row * down, down, height) {
                let (at_x, at_y) = (x / smaller - column * across, y / smaller - row * down);
                let at = (at_x.min(pixels.width() - 1), at_y.min(pixels.height() - 1));
                let found = pixels.get_pixel(at.0, at.1);
                assert!(
                    is_near(found, &colour(x, y)),
                    "level {level}, {x} {y}: {found:?}"
                );
            }
        }
    }
}

/// All bytes under a folder.
pub fn kept(folder: &Path) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => kept(&path),
            false => vec![std::fs::read(&path).unwrap()],
        })
        .collect()
}

#[tokio::test]
async fn a_slide_is_its_pyramid_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(Objects::folder(folder.path()).unwrap()).await;
    let world = World::on(server, json!({ "val": 0, "test": 0 })).await;
    let bytes = scanned();
    assert!(
        bytes
            .windows(SECRET.len())
            .filter(|part| *part == SECRET.as_bytes())
            .count()
            > 100
    );
    let fields = [("patient", "p1"), ("attested", "true")];
    let sent = world
        .admin
        .upload(&world.project, "slide.svs", bytes.clone(), &fields)
        .await;
    let image = sent.is(201);
    let seen = [
        &image["width"],
        &image["height"],
        &image["modality"],
        &image["pixel_spacing"],
    ];
    assert_eq!(
        seen,
        [
            &json!(2400),
            &json!(1504),
            &json!("pathology"),
            &json!([0.00025, 0.00025])
        ]
    );
    let sizes: Vec<_> = image["facts"]["pyramid"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| l["width"].clone())
        .collect();
    // Of the file the first three, of ours the last two; the label in the slide's shape is none of them.
    assert_eq!(sizes, [2400, 1200, 300, 150, 75].map(Value::from));
    for level in 0..3 {
        is_all_there(&world.admin, &image, level).await;
    }

    // The coefficients are the file's.
    let id = text(&image["id"]);
    let first = tile(&world.admin, &id, [0, 1, 1]).await;
    let (whole, mut original) = (picture(2400, 1504, 1), RgbImage::new(256, 256));
    image::imageops::replace(&mut original, &whole, -256, -256);
    assert_eq!(
        decoded(&first),
        image::load_from_memory(&jpeg(&original))
            .unwrap()
            .into_rgb8()
    );
    assert_eq!(first.headers["content-type"], "image/jpeg");
    assert_eq!(
        first.headers["cache-control"],
        "private, max-age=3600, immutable"
    );

    for outside in [[0, 10, 0], [0, 0, 6], [5, 0, 0], [4, 1, 0]] {
        tile(&world.admin, &id, outside)
            .await
            .refused(404, "not_found");
    }
    let overview = decoded(&world.admin.get(&format!("/api/images/{id}/pixels")).await);
    assert_eq!(overview.dimensions(), (2048, 1283));
    assert!(is_near(
        overview.get_pixel(2048 * 1200 / 2400, 1283 * 752 / 1504),
        &colour(1200, 752)
    ));

    assert_eq!(
        world
            .admin
            .upload(&world.project, "again.svs", bytes, &fields)
            .await
            .is(200)["id"],
        id.as_str()
    );
    let rows: String = sqlx::query_scalar("SELECT string_agg(i::text || s::text, ' ') FROM images i JOIN slides s ON s.image_id = i.id")
        .fetch_one(&world.server.hospital.pool)
        .await
        .unwrap();
    let mut everything = kept(folder.path());
    assert!(everything.len() >= 2);
    everything.push(rows.into_bytes());
    for part in ["DOE", "JANE", "4711", "Aperio"] {
        assert!(
            everything
                .iter()
                .all(|bytes| !bytes.windows(part.len()).any(|p| p == part.as_bytes())),
            "{part}"
        );
    }
}

#[tokio::test]
async fn a_box_on_a_slide_is_in_pixels_of_its_finest_level() {
    let world = World::new().await;
    let image = world
        .admin
        .upload(
            &world.project,
            "slide.tif",
            scanned(),
            &[("attested", "true")],
        )
        .await
        .is(201);
    let bbox = [2300.0, 1400.0, 2399.5, 1504.0];
    let said = content(&[region("cyst", bbox, "far from the origin")]);
    let submitted = world
        .annotate(&world.admin, &text(&image["id"]), said)
        .await;
    assert_eq!(submitted["content"]["regions"][0]["bbox"], json!(bbox));
    // What a model is given beside it is a smaller picture: relative to the whole it is the same box.
    let raster = decoded(
        &world
            .admin
            .get(&format!("/api/images/{}/rendered", text(&image["id"])))
            .await,
    );
    assert_eq!(raster.dimensions(), (2048, 1283));
    let on_grid = |size: (u32, u32), scale: f64| {
        let [x0, y0, x1, y1] = bbox.map(|c| c * scale);
        let size = ImageSize::new(size.0, size.1).unwrap();
        PixelBox::new(x0, y0, x1, y1).unwrap().to_grid(size)
    };
    assert_eq!(
        on_grid((2400, 1504), 1.0),
        on_grid(raster.dimensions(), 2048.0 / 2400.0)
    );
}

#[tokio::test]
async fn levels_that_a_file_lacks_are_built() {
    let world = World::new().await;
    let whole = picture(2400, 720, 1);
    // The colours are said by the tag: these tiles are luma and chroma, and to be shown as red, green and blue.
    let as_rgb = Directory::jpeg(&whole, 256, RGB, b"");
    let plain = Directory::tiled(&whole, 240, |tile| tile.as_raw().clone());
    let mut sparse = plain.clone();
    sparse.tiles[0].clear();
    for (name, directory, big) in [
        ("plain", plain, true),
        ("sparse", sparse, false),
        ("rgb", as_rgb, false),
    ] {
        let fields = [("patient", name), ("attested", "true")];
        let sent = world
            .admin
            .upload(&world.project, name, file(&[directory], big, None), &fields)
            .await;
        let image = sent.is(201);
        let id = text(&image["id"]);
        assert_eq!(image["facts"]["lossy"], json!(name == "rgb"));
        let levels = image["facts"]["pyramid"].as_array().unwrap();
        assert_eq!(levels.last().unwrap()["width"], json!(150), "{levels:?}");
        let first = decoded(&tile(&world.admin, &id, [0, 0, 0]).await);
        match name {
            "plain" => {
                assert_eq!(
                    first,
                    image::imageops::crop_imm(&whole, 0, 0, 240, 240).to_image()
                );
                for level in 0..levels.len() - 1 {
                    is_all_there(&world.admin, &image, level).await;
                }
            }
            "sparse" => assert_eq!(first.get_pixel(100, 100), &Rgb([255; 3])),
            _ => {
                let [r, g, b] = colour(48, 16).0.map(f64::from);
                let luma = (0.299 * r + 0.587 * g + 0.114 * b) as u8;
                assert!(
                    first.get_pixel(48, 16).0[0].abs_diff(luma) <= 14,
                    "{:?}",
                    first.get_pixel(48, 16)
                );
            }
        }
    }
}

#[tokio::test]
async fn a_slide_waits_for_a_word_on_burned_in_data_as_pictures_do() {
    let world = World::new().await;
    let anna = world.member("anna", "annotator").await;
    let image = world
        .admin
        .upload(&world.project, "slide.tif", scanned(), &[])
        .await
        .is(201);
    assert_eq!(image["state"], "waiting_attestation");
    let id = text(&image["id"]);
    tile(&anna, &id, [0, 0, 0]).await.refused(403, "forbidden");
    tile(&world.user("eve").await, &id, [0, 0, 0])
        .await
        .refused(404, "not_found");
    assert_eq!(tile(&world.admin, &id, [0, 0, 0]).await.status, 200);
    let path = format!("/api/images/{id}/attestation");
    world
        .admin
        .post(&path, json!({ "burned_in": true }))
        .await
        .is(200);
    tile(&world.admin, &id, [0, 0, 0])
        .await
        .refused(403, "forbidden");
    let flat = world.image(1).await;
    tile(&world.admin, &flat, [0, 0, 0])
        .await
        .refused(404, "not_found");
}

pub fn refusal(bytes: &[u8]) -> ImagingError {
    let mut kept = tempfile::tempfile().unwrap();
    kept.write_all(bytes).unwrap();
    let hints = Hints {
        file_name: "slide.tif".to_owned(),
        modality: None,
        attested: true,
    };
    read_file(&kept, &hints).unwrap_err()
}

/// Memory exhaustion, endless loops and reading beside the file, by numbers in a header.
#[test]
fn a_hostile_slide_is_refused_with_a_reason() {
    let small = picture(512, 512, 1);
    let plain = || Directory::tiled(&small, 256, |tile| tile.as_raw().clone());
    let coded = || Directory::jpeg(&small, 256, YCBCR, b"");
    let one = |directory: Directory| refusal(&file(&[directory], false, None)).to_string();
    let mut cut = coded();
    cut.tiles[2].truncate(900);
    let mut other_size = coded();
    other_size.tiles[1] = jpeg(&RgbImage::new(8192, 16));
    let mut short = plain();
    short.tiles[3].truncate(100);
    let whole = file(&[plain()], false, None);
    let cases = [
        (
            "outside",
            one(plain().with(TILE_OFFSETS, Values::Long(vec![8, 8, 8, u32::MAX - 9]))),
            "the file has",
        ),
        (
            "long",
            one(coded().with(TILE_BYTES, Values::Long(vec![u32::MAX, 8, 8, 8]))),
            "the file has",
        ),
        (
            "many",
            one(plain()
                .with(WIDTH, Values::Long(vec![u32::MAX]))
                .with(TILE_WIDTH, Values::Long(vec![16]))),
            "cannot be read as TIFF",
        ),
        (
            "zero",
            one(plain().with(TILE_WIDTH, Values::Long(vec![0]))),
            "cannot be read as TIFF",
        ),
        (
            "wide",
            one(plain().with(TILE_WIDTH, Values::Long(vec![1 << 20]))),
            "cannot be read as TIFF",
        ),
        (
            "odd",
            one(Directory::tiled(&small, 250, |tile| tile.as_raw().clone())),
            "multiples of 16",
        ),
        (
            "loop",
            refusal(&file(&[plain(), coded()], false, Some(0))).to_string(),
            "cannot be read as TIFF",
        ),
        (
            "itself",
            refusal(&file(&[plain()], true, Some(0))).to_string(),
            "cannot be read as TIFF",
        ),
        ("cut", one(cut), "its tile 2 breaks off"),
        (
            "size",
            one(other_size),
            "its tile 1 is coded in another size",
        ),
        ("short", one(short), "cannot be read as TIFF"),
        (
            "jpeg 2000",
            one(plain().with(COMPRESSION, Values::Short(vec![33005]))),
            "tiles are coded in another way",
        ),
        (
            "strips",
            one(Directory::strip(&small, "a scan")),
            "a TIFF without tiles",
        ),
        (
            "half",
            refusal(&whole[..whole.len() - 40]).to_string(),
            "cannot be read as TIFF",
        ),
        (
            "head",
            refusal(b"II*\0\xff\xff\xff\xff").to_string(),
            "cannot be read as TIFF",
        ),
    ];
    // A DICOM file may begin as a TIFF does.
    let preamble = [&b"II*\0"[..], &[0; 124], b"DICM"].concat();
    assert!(refusal(&preamble).to_string().contains("DICOM"));
    let unexpected = |(_, told, expected): &(_, String, &str)| !told.contains(expected);
    let other: Vec<_> = cases.into_iter().filter(unexpected).collect();
    assert!(other.is_empty(), "{other:#?}");
    // Sizes that a header may claim in a few bytes, and lists of them that are not there.
    let claimed = plain()
        .with(WIDTH, Values::Long(vec![1 << 24]))
        .with(TILE_OFFSETS, Values::Long(vec![8; 3]));
    assert!(matches!(
        refusal(&file(&[claimed], false, None)),
        ImagingError::Malformed { .. }
    ));
}
