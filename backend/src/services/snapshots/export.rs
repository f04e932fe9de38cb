//! A snapshot as a tar archive, written while it is read.

use super::cases::Spooled;
use super::{all_may_be_seen, manifest_bytes, snapshot};
use crate::services::{Actor, Hospital, Outcome};
use crate::store::snapshots::Snapshot;
use bytes::Bytes;
use futures::{SinkExt, Stream};
use medreg_datasets::datasheet::{CROISSANT, Listed, Tally, croissant};
use medreg_datasets::formats::convert::{self, OnError, Rules};
use medreg_datasets::formats::record::Record;
use medreg_datasets::formats::source::{ImageFiles, Target};
use medreg_datasets::formats::{Complaint, Format, Settings, Shape, named, snapshot as records};
use medreg_datasets::geometry::ImageSize;
use medreg_datasets::ids::Digest;
use medreg_datasets::medreginstruct::{self, WriteError};
use medreg_datasets::snapshot::SnapshotCase;
use serde::Deserialize;
use sha2::Digest as _;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// The layout of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// medreg's own: manifest.json, cases.jsonl, objects by hash.
    Medreg,
    /// Conversations in the MedRegInstruct layout, with meta_file.json and images.
    MedRegInstruct,
    /// COCO's document, with images.
    Coco,
    /// YOLO's labels, with images.
    Yolo,
    /// Pascal VOC's annotations, with images.
    Voc,
    /// LLaVA's conversations, with images.
    Llava,
    /// ShareGPT's conversations, with images.
    Sharegpt,
    /// InternVL's conversations, with images.
    Internvl,
    /// Qwen-VL's conversations, with images.
    #[serde(rename = "qwen-vl")]
    QwenVl,
    /// Qwen2.5-VL's conversations, with images.
    #[serde(rename = "qwen2.5-vl")]
    Qwen25Vl,
    /// One table, with images.
    Csv,
    /// Parquet files that hold the images, as Hugging Face's datasets loads them.
    Parquet,
    /// WebDataset's shards, which hold the images.
    Webdataset,
    /// Ids and boxes alone.
    Derived,
}

impl ExportFormat {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 14] = [
        Self::Medreg,
        Self::MedRegInstruct,
        Self::Coco,
        Self::Yolo,
        Self::Voc,
        Self::Llava,
        Self::Sharegpt,
        Self::Internvl,
        Self::QwenVl,
        Self::Qwen25Vl,
        Self::Csv,
        Self::Parquet,
        Self::Webdataset,
        Self::Derived,
    ];

    /// The name used in SQL and addresses; but for medreg's own layout it is that of a format of data sets.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Medreg => "medreg",
            Self::MedRegInstruct => "medreginstruct",
            Self::Coco => "coco",
            Self::Yolo => "yolo",
            Self::Voc => "voc",
            Self::Llava => "llava",
            Self::Sharegpt => "sharegpt",
            Self::Internvl => "internvl",
            Self::QwenVl => "qwen-vl",
            Self::Qwen25Vl => "qwen2.5-vl",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Webdataset => "webdataset",
            Self::Derived => "derived",
        }
    }
}

impl std::str::FromStr for ExportFormat {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        (Self::ALL.into_iter())
            .find(|format| format.name() == text)
            .ok_or_else(|| format!("`{text}` is not the name of an export's layout"))
    }
}

/// Streams a snapshot as a tar archive; the archive is written while it is read, never held.
pub async fn export(
    hospital: &Hospital,
    actor: &Actor,
    id: &Digest,
    format: ExportFormat,
) -> Outcome<impl Stream<Item = Result<Bytes, io::Error>> + use<>> {
    let snapshot = snapshot(hospital, actor, id).await?;
    let manifest = manifest_bytes(hospital, actor, id).await?;
    all_may_be_seen(&mut *hospital.pool.acquire().await?, id).await?;
    let (sender, receiver) = futures::channel::mpsc::channel::<Result<Bytes, io::Error>>(4);
    let objects = hospital.objects.clone();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        let archive = Archive {
            runtime: runtime.clone(),
            objects,
            snapshot,
            manifest,
            reader: sender.clone(),
        };
        let mut out = io::BufWriter::with_capacity(256 << 10, ChannelWriter { runtime, sender });
        let done = archive.write(format, &mut out).and_then(|()| out.flush());
        if let Err(error) = done {
            // The reader sees a broken archive, not a short one that looks whole.
            tracing::warn!(%error, "an export broke off");
            let mut channel = out.into_parts().0;
            let _ = channel.runtime.block_on(channel.sender.send(Err(error)));
        }
    });
    Ok(receiver)
}

/// Writes into a channel of byte chunks, waiting while the reader is slow.
struct ChannelWriter {
    runtime: tokio::runtime::Handle,
    sender: futures::channel::mpsc::Sender<Result<Bytes, io::Error>>,
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self
            .runtime
            .block_on(self.sender.send(Ok(Bytes::copy_from_slice(bytes))));
        sent.map(|()| bytes.len()).map_err(gone)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn gone(_: futures::channel::mpsc::SendError) -> io::Error {
    io::Error::new(io::ErrorKind::BrokenPipe, "the reader went away")
}

struct Archive {
    runtime: tokio::runtime::Handle,
    objects: crate::store::objects::Objects,
    snapshot: Snapshot,
    manifest: String,
    /// Who reads the archive.
    reader: futures::channel::mpsc::Sender<Result<Bytes, io::Error>>,
}

/// The longest side of a slide's picture; no other image's picture is smaller than the image.
const OVERVIEW_SIDE: u32 = 2048;
/// How often the reader hears that its archive is being made, while there are no bytes of it yet.
const SIGN: Duration = Duration::from_secs(1);

impl Archive {
    fn write(&self, format: ExportFormat, out: impl Write) -> io::Result<()> {
        let cases = &self.snapshot.manifest.cases;
        let cases = self
            .runtime
            .block_on(Spooled::fetch(&self.objects, &cases.sha256))
            .map_err(io::Error::other)?;
        let mut tar = tar::Builder::new(out);
        match format {
            ExportFormat::Medreg => self.write_medreg(&cases, &mut tar)?,
            ExportFormat::MedRegInstruct => self.write_medreginstruct(&cases, &mut tar)?,
            other => self.write_format(other.name(), &cases, &mut tar)?,
        }
        tar.finish()
    }

    fn write_medreg(&self, cases: &Spooled, tar: &mut tar::Builder<impl Write>) -> io::Result<()> {
        append(
            tar,
            "manifest.json",
            self.manifest.len() as u64,
            self.manifest.as_bytes(),
        )?;
        append(
            tar,
            "cases.jsonl",
            self.snapshot.manifest.cases.bytes,
            cases.open()?,
        )?;
        self.append_rasters(cases, tar, |digest| {
            format!("objects/{}/{digest}.png", &digest.as_str()[..2])
        })
    }

    fn write_medreginstruct(
        &self,
        cases: &Spooled,
        tar: &mut tar::Builder<impl Write>,
    ) -> io::Result<()> {
        let manifest = &self.snapshot.manifest;
        let measured =
            medreginstruct::measure(manifest, whole(cases)?).map_err(io::Error::other)?;
        let meta = medreginstruct::meta_file(&measured).map_err(io::Error::other)?;
        append(tar, "meta_file.json", meta.len() as u64, meta.as_slice())?;
        for key in medreginstruct::files(manifest) {
            let Some(written) = measured.get(&key).filter(|w| w.lines > 0) else {
                continue;
            };
            let mut lines = tempfile::tempfile()?;
            medreginstruct::write_file(
                &key,
                manifest,
                whole(cases)?,
                io::BufWriter::new(&mut lines),
            )
            .map_err(io::Error::other)?;
            lines.rewind()?;
            append(tar, &key.path(), written.bytes, lines)?;
        }
        self.append_rasters(cases, tar, medreginstruct::image_path)
    }

    /// In a format of data sets: its files, which are written beside first, then what describes them, then the images that it does not hold.
    fn write_format(
        &self,
        name: &str,
        cases: &Spooled,
        tar: &mut tar::Builder<impl Write>,
    ) -> io::Result<()> {
        let format = named(name).map_err(io::Error::other)?;
        let folder = tempfile::tempdir()?;
        self.write_records(format, cases, folder.path())?;
        let files = self.files_of(folder.path())?;
        for file in &files {
            append(
                tar,
                &file.path,
                file.bytes,
                File::open(folder.path().join(&file.path))?,
            )?;
        }
        // Who may have ids and boxes only gets no pixels.
        let with_images = !format.carries().content && name != ExportFormat::Derived.name();
        let described = self.described(cases, &files, with_images)?;
        append(tar, CROISSANT, described.len() as u64, described.as_slice())?;
        match with_images {
            true => self.append_rasters(cases, tar, medreginstruct::image_path),
            false => Ok(()),
        }
    }

    fn write_records(&self, format: &dyn Format, cases: &Spooled, to: &Path) -> io::Result<()> {
        let target = match format.shape() {
            Shape::Folder => Target::Folder(to.to_owned()),
            Shape::Stream => {
                let file = File::create(to.join(file_name(format.name())))?;
                Target::Stream(Box::new(file))
            }
        };
        let (runtime, objects) = (self.runtime.clone(), self.objects.clone());
        let images = ImageFiles::brought(move |image| {
            let hash = image.stem().rsplit('/').next().unwrap_or_default();
            let digest: Digest = hash.parse().map_err(io::Error::other)?;
            let bytes = runtime.block_on(objects.get(&digest));
            Ok(bytes.map_err(io::Error::other)?.to_vec())
        });
        let settings = Settings {
            langs: self.snapshot.manifest.langs.both().to_vec(),
            images,
            ..Settings::default()
        };
        // One picture of two patients has one file, and some formats have room for one image of it only.
        let rules = Rules {
            on_error: OnError::Skip,
            strict: false,
        };
        let mut tell =
            |left_out: &Complaint| tracing::warn!(%left_out, "an export left out an image");
        let mut last = Instant::now();
        let records = whole(cases)?.map(|case| {
            if self.give_sign(&mut last).is_err() {
                settings.watch.stop();
            }
            self.record(&case)
        });
        let both = [&settings, &settings];
        convert::write(records, (format, target), both, rules, &mut tell)
            .map(|_| ())
            .map_err(|stopped| io::Error::other(stopped.to_string()))
    }

    /// Nothing, for a reader that would take silence for a broken export; an error where there is nobody any more.
    fn give_sign(&self, last: &mut Instant) -> io::Result<()> {
        if last.elapsed() < SIGN {
            return Ok(());
        }
        *last = Instant::now();
        let mut reader = self.reader.clone();
        let sent = self.runtime.block_on(reader.send(Ok(Bytes::new())));
        sent.map_err(gone)
    }

    /// The files of a folder, in order, each with its hash.
    fn files_of(&self, folder: &Path) -> io::Result<Vec<Listed>> {
        let (mut files, mut waiting) = (Vec::new(), vec![folder.to_owned()]);
        while let Some(next) = waiting.pop() {
            for entry in fs::read_dir(next)? {
                let path = entry?.path();
                match path.is_dir() {
                    true => waiting.push(path),
                    false => files.push(self.listed(folder, &path)?),
                }
            }
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    fn listed(&self, folder: &Path, path: &Path) -> io::Result<Listed> {
        let (mut file, mut hash) = (File::open(path)?, sha2::Sha256::new());
        let (mut bytes, mut last, mut chunk) = (0, Instant::now(), vec![0; 1 << 20]);
        loop {
            let read = file.read(&mut chunk)?;
            if read == 0 {
                break;
            }
            hash.update(chunk.get(..read).unwrap_or_default());
            bytes += read as u64;
            self.give_sign(&mut last)?;
        }
        let path = path.strip_prefix(folder).map_err(io::Error::other)?;
        Ok(Listed {
            path: path.to_string_lossy().into_owned(),
            sha256: Digest::from_raw(&hash.finalize()),
            bytes,
        })
    }

    /// What a case says. The picture of a slide is smaller than the slide.
    fn record(&self, case: &SnapshotCase) -> Result<Record, Complaint> {
        let whole = |error: WriteError| Complaint::of_case(&case.image, error);
        let is_slide = case.size.width().max(case.size.height()) > OVERVIEW_SIDE;
        let raster = match is_slide {
            true => Some(self.raster_size(case).map_err(|e| whole(e.into()))?),
            false => None,
        };
        records::record(case, &self.snapshot.manifest, raster).map_err(whole)
    }

    fn raster_size(&self, case: &SnapshotCase) -> io::Result<ImageSize> {
        let raster = self.runtime.block_on(self.objects.get(&case.raster.sha256));
        let raster = raster.map_err(io::Error::other)?;
        let (width, height) = image::ImageReader::new(io::Cursor::new(raster.as_ref()))
            .with_guessed_format()?
            .into_dimensions()
            .map_err(io::Error::other)?;
        ImageSize::new(width, height).map_err(io::Error::other)
    }

    fn described(
        &self,
        cases: &Spooled,
        files: &[Listed],
        with_images: bool,
    ) -> io::Result<Vec<u8>> {
        let Snapshot { id, manifest, .. } = &self.snapshot;
        let mut tally = Tally::new(&manifest.langs);
        whole(cases)?.for_each(|case| tally.add(&case));
        let described = croissant((id, manifest, &tally), files, with_images);
        Ok(serde_json::to_vec_pretty(&described)?)
    }

    fn append_rasters(
        &self,
        cases: &Spooled,
        tar: &mut tar::Builder<impl Write>,
        path: impl Fn(&Digest) -> String,
    ) -> io::Result<()> {
        let mut done = BTreeSet::new();
        for case in whole(cases)? {
            if done.insert(case.raster.sha256.clone()) {
                let bytes = self
                    .runtime
                    .block_on(self.objects.get(&case.raster.sha256))
                    .map_err(io::Error::other)?;
                append(
                    tar,
                    &path(&case.raster.sha256),
                    bytes.len() as u64,
                    bytes.as_ref(),
                )?;
            }
        }
        Ok(())
    }
}

/// What the one file of a format is called.
fn file_name(format: &str) -> String {
    let ending = match format {
        "csv" | "derived" => "csv",
        "internvl" => "jsonl",
        _ => "json",
    };
    format!("{format}.{ending}")
}

/// The cases of a file whose hash was checked, so that every line is one that this program wrote.
fn whole(cases: &Spooled) -> io::Result<impl Iterator<Item = SnapshotCase> + use<>> {
    Ok(cases.cases()?.map_while(Result::ok))
}

fn append(
    tar: &mut tar::Builder<impl Write>,
    path: &str,
    bytes: u64,
    data: impl io::Read,
) -> io::Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    tar.append_data(&mut header, path, data)
}
