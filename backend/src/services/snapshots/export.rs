//! A snapshot as a tar archive, written while it is read.

use super::cases::Spooled;
use super::{all_may_be_seen, manifest_bytes, snapshot};
use crate::services::{Actor, Hospital, Outcome};
use crate::store::snapshots::Snapshot;
use bytes::Bytes;
use futures::{SinkExt, Stream};
use medreg_datasets::ids::Digest;
use medreg_datasets::medreginstruct;
use medreg_datasets::snapshot::SnapshotCase;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use utoipa::ToSchema;

/// The layout of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    /// medreg's own: manifest.json, cases.jsonl, objects by hash.
    Medreg,
    /// Conversations in the MedRegInstruct layout, with meta_file.json and images.
    MedRegInstruct,
}

impl ExportFormat {
    /// The name used in SQL and addresses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Medreg => "medreg",
            Self::MedRegInstruct => "medreginstruct",
        }
    }
}

impl std::str::FromStr for ExportFormat {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Medreg, Self::MedRegInstruct]
            .into_iter()
            .find(|format| format.as_str() == text)
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
        sent.map(|()| bytes.len())
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the reader went away"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Archive {
    runtime: tokio::runtime::Handle,
    objects: crate::store::objects::Objects,
    snapshot: Snapshot,
    manifest: String,
}

impl Archive {
    fn write(&self, format: ExportFormat, out: impl Write) -> io::Result<()> {
        let cases = &self.snapshot.manifest.cases;
        let cases = self
            .runtime
            .block_on(Spooled::fetch(&self.objects, cases))
            .map_err(io::Error::other)?;
        let mut tar = tar::Builder::new(out);
        match format {
            ExportFormat::Medreg => self.write_medreg(&cases, &mut tar)?,
            ExportFormat::MedRegInstruct => self.write_medreginstruct(&cases, &mut tar)?,
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
            io::Seek::rewind(&mut lines)?;
            append(tar, &key.path(), written.bytes, lines)?;
        }
        self.append_rasters(cases, tar, medreginstruct::image_path)
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
