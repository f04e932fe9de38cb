//! Chest ImaGenome: a file for each image, with the boxes of anatomical structures and what its report says of them.
//!
//! `objects` have a `bbox_name` and corners in the original image's pixels (`original_x1` …); `attributes` have the report's phrases for one
//! `bbox_name` each. The boxes were found by a program, not drawn.

use super::super::complaint::{At, Complaint, Fault};
use super::super::record::{ImagePath, Marked, Picture, Record};
use super::super::source::{self, Source};
use super::super::{Records, Settings};
use super::documents::files;
use crate::geometry::{Extent, PixelBox};
use crate::lang::Lang;
use crate::whole::Texts;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
struct Scene {
    image_id: Option<String>,
    #[serde(default)]
    objects: Vec<Object>,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Object {
    object_id: Option<String>,
    bbox_name: String,
    original_x1: f64,
    original_y1: f64,
    original_x2: f64,
    original_y2: f64,
}

#[derive(Deserialize)]
struct Attribute {
    bbox_name: String,
    #[serde(default)]
    phrases: Vec<String>,
}

pub(super) fn chest_imagenome(from: &Source, settings: &Settings) -> Result<Records, Complaint> {
    let wanted = |name: &str| name.ends_with("SceneGraph.json");
    let (folder, files) = files(from, wanted, "*_SceneGraph.json")?;
    settings.watch.expect(files.len() as u64);
    let settings = settings.clone();
    let each = files.into_iter().flat_map(move |file| {
        if settings.watch.is_told_to_stop() {
            return vec![Err(Complaint::stopped())];
        }
        scene(&folder, &file, &settings)
            .unwrap_or_else(|fault| vec![Err(Complaint::whole(file, fault))])
    });
    Ok(Box::new(each))
}

/// The record of a file, and what is wrong with some of its objects.
fn scene(
    folder: &Path,
    file: &str,
    settings: &Settings,
) -> Result<Vec<Result<Record, Complaint>>, Fault> {
    let text = source::read_small(&folder.join(file), &settings.watch)?;
    let scene: Scene = serde_json::from_str(&text)
        .map_err(|e| Fault::json("a scene graph", &e, text.as_bytes()))?;
    let id = scene.image_id.ok_or(Fault::Missing("image_id"))?;
    let mut record = Record::new(Picture::new(ImagePath::new(&id)?));
    let image = &mut record.image;
    image.size = settings.images.size(&image.path);
    image.id = Some(id);
    let mut found = Vec::new();
    for (number, object) in (1..).zip(scene.objects) {
        if let Err(fault) = region(&mut record, object, &scene.attributes) {
            found.push(Err(Complaint {
                file: file.to_owned(),
                at: At::Nth("object", number),
                fault,
            }));
        }
    }
    found.push(Ok(record));
    Ok(found)
}

fn region(record: &mut Record, object: Object, said: &[Attribute]) -> Result<(), Fault> {
    let corners = [
        object.original_x1,
        object.original_y1,
        object.original_x2,
        object.original_y2,
    ];
    let (bbox, cut) = PixelBox::fitted(corners, record.image.size)?;
    if cut {
        record.remark("boxes reached up to a pixel outside their image, and that was cut off");
    }
    let mut phrases: Vec<&str> = Vec::new();
    let said = said.iter();
    let said = said.filter(|said| said.bbox_name == object.bbox_name);
    for phrase in said.flat_map(|said| &said.phrases) {
        let phrase = phrase.trim();
        if !phrases.contains(&phrase) && !phrase.is_empty() {
            phrases.push(phrase);
        }
    }
    let mut region = Marked::new(Extent::Pixels(bbox));
    region.id = object.object_id;
    region.names = Texts::from([(Lang::en(), object.bbox_name)]);
    if !phrases.is_empty() {
        region.texts = Texts::from([(Lang::en(), phrases.join(" "))]);
    }
    record.regions.push(region);
    Ok(())
}
