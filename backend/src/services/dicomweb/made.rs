//! Objects as they are brought: attributes, pixels, files.

use crate::imaging::objects::{self, Attributes, Head, ObjectError, Picture, PixelFormat, Reading};
use crate::imaging::{Levels, rendered_frame};
use crate::services::images::pseudonym;
use crate::services::turns::Turns;
use crate::services::{Hospital, Outcome, ServiceError};
use crate::store::images::{self, Image};
use crate::store::instances::{self, Instance, Kind};
use crate::store::projects::{self, Project};
use bytes::Bytes;
use futures::stream::{self, BoxStream, StreamExt};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::{AnnotationId, Digest};
use sqlx::PgConnection;

/// How many frames are decoded at once, over all requests.
static FRAMES: Turns = Turns::new(2);

/// An object that can be brought.
#[derive(Debug)]
pub struct Made {
    /// What it is and is called.
    pub instance: Instance,
    /// All of its attributes but its pixels.
    pub attributes: Attributes,
    /// Its pixels, where it is an image.
    pub pixels: Option<Pixels>,
}

/// Where an image's pixels are.
#[derive(Clone, Debug)]
pub struct Pixels {
    frames: Vec<Digest>,
    raster: Digest,
    format: PixelFormat,
    size: ImageSize,
    levels: Option<Levels>,
}

/// Makes an object: reads what is kept of it.
pub(super) async fn make(
    hospital: &Hospital,
    project: &Project,
    instance: Instance,
) -> Outcome<Made> {
    let mut conn = hospital.pool.acquire().await?;
    let image = images::image(&mut conn, instance.image).await?;
    let image = image.ok_or(ServiceError::NotFound("instance"))?;
    match instance.kind {
        Kind::Image | Kind::Capture => {
            let frames = instances::frames(&mut conn, instance.image).await?;
            let (attributes, format) = as_image(&instance, &image)?;
            let pixels = Pixels {
                frames,
                raster: image.raster.sha256.clone(),
                format,
                size: image.size()?,
                levels: image.facts.and_then(|facts| facts.levels),
            };
            Ok(Made {
                instance,
                attributes,
                pixels: Some(pixels),
            })
        }
        Kind::Report(annotation, revision) | Kind::Presentation(annotation, revision) => {
            let of = (annotation, revision);
            let attributes = told(hospital, &mut conn, project, &instance, &image, of).await?;
            Ok(Made {
                instance,
                attributes,
                pixels: None,
            })
        }
    }
}

fn as_image(instance: &Instance, image: &Image) -> Outcome<(Attributes, PixelFormat)> {
    let facts = image.facts.as_ref();
    let picture = Picture {
        size: image.size()?,
        frames: image.frames,
        bits: image.bits,
        colour: image.colour,
        levels: facts.and_then(|facts| facts.levels.as_ref()),
        window: image.window,
        pixel_spacing: image.pixel_spacing,
        lossy: facts.is_some_and(|facts| facts.lossy),
        has_header: instance.kind == Kind::Image,
    };
    Ok(objects::image(instance.attributes.clone(), &picture))
}

/// A report or a presentation state of what was said about an image.
async fn told(
    hospital: &Hospital,
    conn: &mut PgConnection,
    project: &Project,
    instance: &Instance,
    image: &Image,
    (annotation, revision): (AnnotationId, i64),
) -> Outcome<Attributes> {
    let said = instances::said(conn, annotation, revision).await?;
    let (content, reader, saved_at) = said.ok_or(ServiceError::NotFound("instance"))?;
    let own = instances::of_image(conn, image.id).await?;
    let own = own.ok_or(ServiceError::NotFound("instance"))?;
    let concepts = projects::concepts(conn, project.id).await?;
    let reader = pseudonym(
        &hospital.pseudonym_key,
        project.id,
        "reader",
        &reader.to_string(),
    );
    let facts = image.facts.as_ref();
    let at_detector = facts.is_some_and(|facts| facts.spacing_at_detector);
    let reading = Reading {
        attributes: &instance.attributes,
        image: &own.attributes,
        size: image.size()?,
        frames: image.frames,
        spacing: image.pixel_spacing.filter(|_| !at_detector),
        levels: facts.and_then(|facts| facts.levels.as_ref()),
        reader: &reader,
        saved_at: &saved_at,
        content: &content,
        concepts: &concepts,
        langs: &project.langs,
    };
    Ok(match instance.kind {
        Kind::Presentation(..) => objects::presentation_state(&reading, &as_image(&own, image)?.0),
        _ => objects::report(&reading),
    })
}

fn unmade(error: ObjectError) -> ServiceError {
    ServiceError::Internal(format!("a DICOM object cannot be made: {error}"))
}

/// An object's attributes without its pixels.
#[must_use]
pub fn metadata(made: Made) -> Attributes {
    made.attributes
}

/// An object as a file: how long it is, and its bytes, frame by frame.
pub fn file(hospital: &Hospital, made: Made) -> Outcome<(u64, BoxStream<'static, Outcome<Bytes>>)> {
    let Some(pixels) = made.pixels else {
        let Head { bytes, .. } = objects::head(&made.attributes, None).map_err(unmade)?;
        let length = bytes.len() as u64;
        return Ok((length, stream::iter([Ok(bytes)]).boxed()));
    };
    let all = pixels.format.frame_bytes(pixels.size) * pixels.frames.len() as u64;
    let head = objects::head(&made.attributes, Some((pixels.format, all))).map_err(unmade)?;
    let length = head.bytes.len() as u64 + all + u64::from(head.padded);
    let hospital = hospital.clone();
    let (format, size) = (pixels.format, pixels.size);
    let frames = stream::iter(pixels.frames).then(move |digest| {
        let hospital = hospital.clone();
        async move { decoded(&hospital, digest, format, size).await }
    });
    let padding = head.padded.then(|| Ok(Bytes::from_static(&[0])));
    let whole = stream::iter([Ok(head.bytes)]).chain(frames);
    Ok((length, whole.chain(stream::iter(padding)).boxed()))
}

async fn decoded(
    hospital: &Hospital,
    digest: Digest,
    format: PixelFormat,
    size: ImageSize,
) -> Outcome<Bytes> {
    let png = hospital.objects.get(&digest).await?;
    let frame = FRAMES.take(move || format.frame(&png, size)).await?;
    frame.map_err(unmade)
}

impl Made {
    fn pixels(&self) -> Outcome<&Pixels> {
        let pixels = self.pixels.as_ref();
        pixels.ok_or(ServiceError::NotFound("frame: the object has no pixels"))
    }

    /// How many frames it has; not found where it is no image.
    pub fn frames(&self) -> Outcome<usize> {
        Ok(self.pixels()?.frames.len())
    }
}

fn nth(pixels: &Pixels, number: usize) -> Outcome<Digest> {
    let digest = number.checked_sub(1).and_then(|n| pixels.frames.get(n));
    digest.cloned().ok_or(ServiceError::NotFound("frame"))
}

/// One frame's native pixels, counted from 1.
pub async fn frame(hospital: &Hospital, made: &Made, number: usize) -> Outcome<Bytes> {
    let pixels = made.pixels()?;
    let digest = nth(pixels, number)?;
    decoded(hospital, digest, pixels.format, pixels.size).await
}

/// One frame as a reader first sees it, counted from 1: a PNG, or a JPEG.
pub async fn rendered(
    hospital: &Hospital,
    made: &Made,
    number: usize,
    jpeg: bool,
) -> Outcome<Bytes> {
    let pixels = made.pixels()?;
    let own = nth(pixels, number)?;
    // The first frame is kept as it is shown, with its file's own table where it has one.
    let (digest, levels) = match number {
        1 => (pixels.raster.clone(), None),
        _ => (own, pixels.levels.clone()),
    };
    let png = hospital.objects.get(&digest).await?;
    let drawn = FRAMES.take(move || rendered_frame(&png, levels.as_ref(), jpeg));
    drawn
        .await?
        .map_err(|error| ServiceError::Internal(format!("a frame cannot be drawn: {error}")))
}
