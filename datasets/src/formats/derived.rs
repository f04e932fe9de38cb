//! Where things were marked and nothing else: ids and boxes, to be joined with a data set by whoever may have it.
//!
//! Data sets that one must sign for (PhysioNet's, BIMCV's) must not be given on, neither their pixels nor their texts. An image is called
//! by its id in its data set, or else by its file's name without its ending, which in our own exports is the SHA-256 of its pixels.

use super::complaint::{Complaint, Fault};
use super::csv::Csv;
use super::record::Record;
use super::source::{Out, Source, Target};
use super::{Carries, Format, Labels, Langs, Presences, Records, Settings, Shape, Talks, Writer};
use crate::geometry::Coordinates;
use std::io::{self, Write};

pub(super) struct Derived;

impl Format for Derived {
    fn name(&self) -> &'static str {
        "derived"
    }

    fn about(&self) -> &'static str {
        "a table of ids and boxes alone, without names, texts and pixels: for data sets that must not be given on"
    }

    fn carries(&self) -> Carries {
        Carries {
            coordinates: Coordinates::Pixels,
            nameless: true,
            names: Langs::None,
            descriptions: Langs::None,
            presence: Presences::Present,
            labels: Labels::None,
            report: false,
            talks: Talks::None,
            split: true,
            modality: false,
            readers: true,
            content: false,
            bare_images: true,
        }
    }

    fn shape(&self) -> Shape {
        Shape::Stream
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        Csv.read(from, settings)
    }

    fn write(&self, to: Target, _: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        let mut table = ::csv::WriterBuilder::new().from_writer(to.stream()?);
        table.write_record(COLUMNS).map_err(failed)?;
        Ok(Box::new(Writing(table)))
    }
}

const COLUMNS: [&str; 10] = [
    "image_id", "width", "height", "split", "id", "reader", "x0", "y0", "x1", "y1",
];

fn failed(error: ::csv::Error) -> Complaint {
    Complaint::whole("the output", Fault::Write(io::Error::from(error)))
}

struct Writing(::csv::Writer<Out>);

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let image = &record.image;
        let stem = image.path.stem();
        let stem = stem.rsplit('/').next().unwrap_or(stem);
        let of_image = [
            image.id.as_deref().unwrap_or(stem).to_owned(),
            image
                .size
                .map_or_else(String::new, |s| s.width().to_string()),
            image
                .size
                .map_or_else(String::new, |s| s.height().to_string()),
            image.split.map_or_else(String::new, |s| s.to_string()),
        ];
        for region in &record.regions {
            let corners = region.extent.pixels(image.size);
            let corners = corners.map_err(|e| Complaint::whole(image.path.as_str(), e))?;
            let ids = [&region.id, &region.reader].map(|id| id.clone().unwrap_or_default());
            let corners = corners.corners().map(|c| c.to_string());
            let row = of_image.iter().chain(&ids).chain(&corners);
            self.0.write_record(row).map_err(failed)?;
        }
        if record.regions.is_empty() {
            let row = of_image.iter().map(String::as_str).chain([""; 6]);
            self.0.write_record(row).map_err(failed)?;
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Complaint> {
        let failed = |error| Complaint::whole("the output", Fault::Write(error));
        let mut out = self.0.into_inner().map_err(|e| failed(e.into_error()))?;
        out.flush().map_err(failed)
    }
}
