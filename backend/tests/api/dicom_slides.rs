//! Whole-slide files of DICOM: the finest level is taken in, and nothing that says whose it is.

use crate::dicom_slide_file::{FOCAL_PLANES, FRAMES, IMAGE_TYPE, Level, ROWS, TOTAL_COLUMNS};
use crate::slide_file::{colour, jpeg, picture};
use crate::slides::{decoded, is_all_there, is_near, kept, refusal, tile};
use crate::support::{Answer, Person, Server, World, text};
use dicom_core::{PrimitiveValue, VR, dicom_value};
use image::{Rgb, RgbImage};
use medreg::store::objects::Objects;
use reqwest::Method;
use serde_json::{Value, json};

const SECRET: &str = "DOE^JANE 1931 S22-4711";

fn widths(image: &Value) -> Vec<u64> {
    let levels = image["facts"]["pyramid"].as_array().unwrap();
    levels
        .iter()
        .map(|l| l["width"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn a_slide_in_dicom_is_its_pyramid_under_a_pseudonym() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::keeping(Objects::folder(folder.path()).unwrap()).await;
    let world = World::on(server, json!({ "val": 0, "test": 0 })).await;
    let whole = picture(2400, 1504, 1);
    let bytes = Level::jpeg(&whole, 256, SECRET).file(1);
    let sent = world
        .admin
        .upload(&world.project, "slide.dcm", bytes, &[])
        .await;
    let image = sent.is(201);
    assert_eq!(
        [&image["width"], &image["height"], &image["modality"]],
        [&json!(2400), &json!(1504), &json!("pathology")]
    );
    assert_eq!(image["pixel_spacing"], json!([0.00025, 0.0005]));
    assert_eq!(image["facts"]["lossy"], true);
    // BurnedInAnnotation says NO, so nobody has to look first.
    assert_eq!(image["state"], "open", "{image}");
    assert_eq!(widths(&image), [2400, 1200, 600, 300, 150]);
    for level in 0..4 {
        is_all_there(&world.admin, &image, level).await;
    }

    // The coefficients are the file's.
    let id = text(&image["id"]);
    let mut original = RgbImage::new(256, 256);
    image::imageops::replace(&mut original, &whole, -256, -256);
    let original = image::load_from_memory(&jpeg(&original)).unwrap();
    let found = decoded(&tile(&world.admin, &id, [0, 1, 1]).await);
    assert_eq!(found, original.into_rgb8());

    let told = world
        .admin
        .get(&format!("/api/images/{id}/deidentification"))
        .await
        .is(200);
    assert!(told["counts"]["replaced"].as_u64().unwrap() >= 2, "{told}");
    let rows: String = sqlx::query_scalar(
        "SELECT string_agg(i::text || s::text || h::text || p::text, ' ') FROM images i JOIN slides s ON s.image_id = i.id
         JOIN dicom_headers h ON h.image_id = i.id CROSS JOIN patients p",
    )
    .fetch_one(&world.server.hospital.pool)
    .await
    .unwrap();
    let mut everything = kept(folder.path());
    everything.push(rows.into_bytes());
    assert!(everything.len() >= 3);
    for part in ["DOE", "JANE", "4711", "3680043.99.78"] {
        let holds = |bytes: &Vec<u8>| bytes.windows(part.len()).any(|p| p == part.as_bytes());
        assert!(!everything.iter().any(holds), "{part}");
    }
}

#[tokio::test]
async fn frames_lie_where_they_say_and_in_as_many_pieces_as_they_like() {
    let world = World::new().await;
    let whole = picture(640, 512, 1);
    let placed = [(5, [513, 257]), (0, [1, 1]), (2, [513, 1])];
    let sent = |name: &'static str, level: Level, pieces| {
        let fields = [("patient", name), ("attested", "true")];
        let bytes = level.file(pieces);
        let (admin, project) = (&world.admin, &world.project);
        async move { admin.upload(project, name, bytes, &fields).await.is(201) }
    };
    let seen = |image: Value, place: [u32; 3]| {
        let admin = &world.admin;
        async move { decoded(&tile(admin, &text(&image["id"]), place).await) }
    };

    let sparse = sent("sparse", Level::jpeg(&whole, 256, "x").sparse(&placed), 1).await;
    let bare = seen(sparse.clone(), [0, 1, 0]).await;
    assert_eq!(bare.get_pixel(100, 100), &Rgb([255; 3]));
    for (column, row) in [(0, 0), (2, 0), (2, 1)] {
        let found = seen(sparse.clone(), [0, column, row]).await;
        let place = (column * 256 + 32, row * 256 + 96);
        assert!(is_near(found.get_pixel(32, 96), &colour(place.0, place.1)));
    }

    let pieces = sent("pieces", Level::jpeg(&whole, 256, "x"), 3).await;
    let found = seen(pieces, [0, 1, 1]).await;
    assert!(is_near(found.get_pixel(32, 32), &colour(288, 288)));

    // Without loss all pixels are the file's, and tiles of another side are as good.
    let plain = sent("plain", Level::plain(&whole, 240, "x"), 1).await;
    assert_eq!(plain["facts"]["lossy"], false);
    let wanted = image::imageops::crop_imm(&whole, 240, 240, 240, 240).to_image();
    assert_eq!(seen(plain, [0, 1, 1]).await, wanted);
}

/// Files of a slide that are not the slide, and files that say what is not so.
#[test]
fn what_is_no_slide_is_refused_with_its_reason() {
    let small = picture(512, 512, 1);
    let level = || Level::jpeg(&small, 256, "x");
    let kind = |what: [&str; 4]| {
        let values = PrimitiveValue::Strs(what.iter().map(ToString::to_string).collect());
        level().with(IMAGE_TYPE, VR::CS, values)
    };
    let told = |level: Level| refusal(&level.file(1)).to_string();
    let number = |tag, number: u32| level().with(tag, VR::UL, PrimitiveValue::from(number));
    let whole = level().file(1);
    let plain = Level::plain(&small, 256, "x").file(1);
    let cases = [
        (
            told(kind(["ORIGINAL", "PRIMARY", "LABEL", "NONE"])),
            "the label of a slide",
        ),
        (
            told(kind(["ORIGINAL", "PRIMARY", "OVERVIEW", "NONE"])),
            "an overview of a slide",
        ),
        (
            told(kind(["DERIVED", "PRIMARY", "VOLUME", "RESAMPLED"])),
            "a smaller level of a slide",
        ),
        (told(number(FOCAL_PLANES, 3)), "several focal planes"),
        (
            told(number(TOTAL_COLUMNS, 100_000)),
            "4 frames for 782 tiles",
        ),
        (
            told(number(TOTAL_COLUMNS, u32::MAX)),
            "more than a slide may have",
        ),
        (told(number(TOTAL_COLUMNS, 0)), "no pixels"),
        (
            told(level().with(FRAMES, VR::IS, PrimitiveValue::from("3"))),
            "3 frames for 4 tiles",
        ),
        (
            told(level().with(FRAMES, VR::IS, PrimitiveValue::from("many"))),
            "NumberOfFrames",
        ),
        (
            told(level().with(ROWS, VR::US, PrimitiveValue::from(250_u16))),
            "multiples of 16",
        ),
        (
            told(level().sparse(&[(0, [1, 1]), (1, [1, 1])])),
            "frame 2 lies on another",
        ),
        (
            told(level().sparse(&[(0, [2, 1])])),
            "frame 1 does not lie on its grid",
        ),
        (
            told(level().sparse(&[(0, [513, 1])])),
            "frame 1 does not lie on its grid",
        ),
        (
            told(level().sparse(&[(0, [-255, 1])])),
            "does not say where",
        ),
        (
            refusal(&whole[..whole.len() - 2000]).to_string(),
            "lie in it",
        ),
        (refusal(&whole[..700]).to_string(), "no pixels"),
        (
            refusal(&plain[..plain.len() - 2000]).to_string(),
            "is truncated",
        ),
        (
            told(level().with(
                dicom_object::Tag(0x0028, 0x0100),
                VR::US,
                dicom_value!(U16, [16]),
            )),
            "not in colours of 8 bits",
        ),
    ];
    let unexpected = |(told, expected): &(String, &str)| !told.contains(expected);
    let other: Vec<_> = cases.into_iter().filter(unexpected).collect();
    assert!(other.is_empty(), "{other:#?}");

    // A length that lies beside the file, in the first piece after the table.
    let mut lying = whole.clone();
    let at = lying
        .windows(4)
        .position(|tag| tag == [0xe0, 0x7f, 0x10, 0])
        .unwrap();
    lying[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(refusal(&lying).to_string().contains("lie in it"));
    // A tile of another size than the header's.
    let mut other = level();
    other.frames[2] = jpeg(&RgbImage::new(16, 8192));
    assert!(told(other).contains("its frame 3 is coded in another size"));
}

/// Nothing of a slide is brought back over DICOMweb; so it is not stored over it, and the sender is told.
#[tokio::test]
async fn a_slide_is_not_stored_over_dicomweb() {
    let world = World::new().await;
    let file = Level::jpeg(&picture(256, 256, 1), 256, "x").file(1);
    let answer = stored(&world.admin, &world.path("dicomweb/studies"), &file).await;
    assert_eq!(
        answer.status,
        409,
        "{}",
        String::from_utf8_lossy(&answer.bytes)
    );
    let failed = &answer.json()["00081198"]["Value"][0];
    assert_eq!(failed["00081197"]["Value"], json!([0x0122]));
}

async fn stored(person: &Person, path: &str, file: &[u8]) -> Answer {
    let kind = "multipart/related; type=\"application/dicom\"; boundary=x";
    let head: &[u8] = b"--x\r\nContent-Type: application/dicom\r\n\r\n";
    let body = [head, file, b"\r\n--x--"].concat();
    let request = person.request(Method::POST, path);
    Answer::of(request.header("content-type", kind).body(body)).await
}
