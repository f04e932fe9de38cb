//! Public data sets in the layouts in which they are published, so that nobody has to bring them into another one first.
//!
//! They are only read. Where a set's layout is a table, a COCO document or Parquet, that format's reader does the work and a set here says
//! no more than which files and what kind of picture; the others have a reader of their own. Of the sets themselves nothing is in this
//! repository: the files in `samples/formats/sets` are made up in their layouts.

mod documents;
mod masks;
mod questions;
mod reports;
mod scenes;
mod tables;

use super::complaint::{Complaint, Fault};
use super::source::{Source, Target};
use super::{Carries, Format, Records, Settings, Shape, Writer};
use crate::modality::Modality;

/// A public data set.
pub(super) struct Set {
    name: &'static str,
    about: &'static str,
    /// What all its pictures are, where they are of one kind.
    modality: Option<Modality>,
    read: fn(&Source, &Settings) -> Result<Records, Complaint>,
}

impl Format for Set {
    fn name(&self) -> &'static str {
        self.name
    }

    fn about(&self) -> &'static str {
        self.about
    }

    fn carries(&self) -> Carries {
        Carries::EVERYTHING
    }

    fn is_written(&self) -> bool {
        false
    }

    fn shape(&self) -> Shape {
        Shape::Folder
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        let modality = self.modality;
        let records = (self.read)(&from, settings)?;
        Ok(Box::new(records.map(move |record| {
            let mut record = record?;
            record.image.modality = record.image.modality.or(modality);
            Ok(record)
        })))
    }

    fn write(&self, _: Target, _: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        let fault = Fault::other("is a public data set's own layout, which is only read");
        Err(Complaint::whole(self.name, fault))
    }
}

pub(super) const VINDR_CXR: Set = Set {
    name: "vindr-cxr",
    about: "VinDr-CXR: annotations_train.csv and annotations_test.csv; of each box stays which of the readers drew it",
    modality: Some(Modality::Xray),
    read: tables::vindr_cxr,
};

pub(super) const MS_CXR: Set = Set {
    name: "ms-cxr",
    about: "MS-CXR: phrases with their boxes, as its table or its COCO document",
    modality: Some(Modality::Xray),
    read: tables::ms_cxr,
};

pub(super) const SLAKE: Set = Set {
    name: "slake",
    about: "SLAKE: train.json, validation.json and test.json with questions in English and Chinese, and imgs/*/detection.json",
    modality: None,
    read: questions::slake,
};

pub(super) const VQA_RAD: Set = Set {
    name: "vqa-rad",
    about: "VQA-RAD: its JSON list of questions, or Parquet",
    modality: None,
    read: questions::vqa_rad,
};

pub(super) const PATH_VQA: Set = Set {
    name: "path-vqa",
    about: "PathVQA: Parquet files of images, questions and answers",
    modality: Some(Modality::Pathology),
    read: questions::path_vqa,
};

pub(super) const PMC_VQA: Set = Set {
    name: "pmc-vqa",
    about: "PMC-VQA: tables of questions with four answers to choose from",
    modality: None,
    read: tables::pmc_vqa,
};

pub(super) const SA_MED2D: Set = Set {
    name: "sa-med2d-20m",
    about: "SA-Med2D-20M: a box around each connected part of each mask, named by SAMed2D_v1_class_mapping_id.json",
    modality: None,
    read: masks::sa_med2d,
};

pub(super) const CHEST_IMAGENOME: Set = Set {
    name: "chest-imagenome",
    about: "Chest ImaGenome: *_SceneGraph.json, the boxes of anatomy with what the report says of them",
    modality: Some(Modality::Xray),
    read: scenes::chest_imagenome,
};

pub(super) const PADCHEST_GR: Set = Set {
    name: "padchest-gr",
    about: "PadChest-GR: grounded_reports_*.json, sentences in English and Spanish with their boxes",
    modality: Some(Modality::Xray),
    read: reports::padchest_gr,
};

pub(super) const IU_XRAY: Set = Set {
    name: "iu-xray",
    about: "IU X-ray: its reports as ecgen-radiology/*.xml, or as R2Gen's annotation.json",
    modality: Some(Modality::Xray),
    read: reports::iu_xray,
};
