//! The work on data sets that were sent: checked, and taken over, by whichever server has time.

use super::{check_path, clear, known, one};
use crate::services::data_set::{self, DataSet, Place};
use crate::services::{Actor, Hospital, Outcome, ServiceError};
use crate::store::accounts;
use crate::store::imports::{
    self, Assigned, Choices, ImportCounts, ImportState, LeftOut, StagedFile,
};
use crate::store::objects::Staged;
use futures::stream::{self, StreamExt, TryStreamExt};
use medreg_datasets::formats::{Format, Shape};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// How often a server says that it is still at it, and looks whether it still shall be.
const TELL: Duration = Duration::from_secs(1);
/// Rows of what is left out that are written down together.
const ROWS: usize = 500;
/// Files that are brought from the object store side by side.
const SIDE_BY_SIDE: usize = 8;
/// Endings of what is read as a data set of one file.
const TABLES: [&str; 6] = ["json", "jsonl", "ndjson", "csv", "tsv", "txt"];

/// Does the work that has waited longest; false where none waits.
pub async fn work_next(hospital: &Hospital) -> Outcome<bool> {
    let taken = imports::take(&mut *hospital.pool.acquire().await?).await?;
    let Some(assigned) = taken else {
        return Ok(false);
    };
    let work = Work {
        hospital,
        assigned: &assigned,
    };
    let ended = tokio::select! {
        ended = work.through() => ended,
        () = lost(hospital, &assigned) => return Ok(true),
    };
    let failure = ended.as_ref().err().map(ToString::to_string);
    let outcome = ended.as_ref().copied();
    let outcome = outcome.map_err(|_| failure.as_deref().unwrap_or_default());
    imports::end(&mut *hospital.pool.acquire().await?, &assigned, outcome).await?;
    if let Some(failure) = &failure {
        tracing::warn!(import = %assigned.import, failure, "a data set was not worked through");
    }
    if matches!(ended, Ok(ImportState::Finished)) {
        clear(hospital, assigned.import).await?;
    }
    Ok(true)
}

/// Says time and again that this server is still at it; comes back once it no longer shall be.
async fn lost(hospital: &Hospital, assigned: &Assigned) {
    loop {
        tokio::time::sleep(TELL).await;
        let held = async {
            let mut conn = hospital.pool.acquire().await?;
            Outcome::Ok(imports::hold(&mut conn, assigned).await?)
        };
        match held.await {
            Ok(true) => {}
            Ok(false) => return,
            // A database that does not answer for a moment: whether the work is lost will be seen.
            Err(error) => tracing::warn!(%error, "a data set's work could not be held"),
        }
    }
}

/// Work on one data set.
struct Work<'a> {
    hospital: &'a Hospital,
    assigned: &'a Assigned,
}

/// How far it is, and what of it is not written down yet.
struct Progress {
    done: u64,
    expected: u64,
    counts: ImportCounts,
    rows: Vec<LeftOut>,
    told: Instant,
}

impl Progress {
    fn leave_out(&mut self, row: LeftOut) {
        self.counts.left_out_count += 1;
        self.rows.push(row);
    }
}

impl Work<'_> {
    /// Everything is read and checked before anything is written, so that a data set is taken as a whole or not at all.
    async fn through(&self) -> Outcome<ImportState> {
        let folder = tempfile::tempdir()?;
        let mut set = self.open(folder.path()).await?;
        let begun = self.assigned.take && self.assigned.done > 0;
        let expected = match begun {
            // Another server saw that it can be taken over, and had begun.
            true => self.assigned.expected,
            false => match self.checked(&mut set).await? {
                Some(images) => images,
                None => return Ok(ImportState::Checked),
            },
        };
        self.take(&set, expected).await
    }

    /// The data set, brought to this machine's disk.
    async fn open(&self, folder: &Path) -> Outcome<DataSet> {
        let mut conn = self.hospital.pool.acquire().await?;
        let import = one(&mut conn, self.assigned.import).await?;
        let asked_by = imports::asked_by(&mut conn, self.assigned.import).await?;
        let asked_by = accounts::user(&mut conn, asked_by).await?;
        drop(conn);
        // Their rights may have gone since.
        let actor = Actor::from(&asked_by.ok_or(ServiceError::NotFound("user"))?);
        let tables = self.bring(folder).await?;
        let place = place(known(&import.format)?, &import.choices, folder, &tables)?;
        let (project, choices) = (import.project_id, import.choices);
        DataSet::open(
            self.hospital,
            &actor,
            project,
            &import.format,
            place,
            choices,
        )
        .await
    }

    /// Brings all files; tells those at the top that may be a data set of one file.
    async fn bring(&self, folder: &Path) -> Outcome<Vec<String>> {
        let mut tables = Vec::new();
        let mut after = String::new();
        loop {
            let mut conn = self.hospital.pool.acquire().await?;
            let page = imports::files(&mut conn, self.assigned.import, &after, 1000).await?;
            drop(conn);
            let Some(last) = page.last() else {
                return Ok(tables);
            };
            after.clone_from(&last.path);
            tables.extend(
                page.iter()
                    .map(|f| f.path.clone())
                    .filter(|path| is_table(path)),
            );
            let brought = stream::iter(page).map(|file| self.bring_one(folder, file));
            brought
                .buffer_unordered(SIDE_BY_SIDE)
                .try_collect::<()>()
                .await?;
        }
    }

    async fn bring_one(&self, folder: &Path, file: StagedFile) -> Outcome<()> {
        let path = folder.join(&file.path);
        if let Some(parent) = path.parent() {
            tokio::fs::create_dir_all(parent).await?;
        }
        let at = Staged {
            import: self.assigned.import,
            file: file.object,
        };
        let mut bytes = self.hospital.objects.staged(at).await?;
        let mut into = tokio::fs::File::create(&path).await?;
        while let Some(piece) = bytes.next().await {
            into.write_all(&piece?).await?;
        }
        Ok(into.flush().await?)
    }

    /// How many images there are; `None` where that is all that was asked, or where not all can be taken over.
    async fn checked(&self, set: &mut DataSet) -> Outcome<Option<u64>> {
        let mut at = Progress {
            done: 0,
            expected: 0,
            counts: ImportCounts::default(),
            rows: Vec::new(),
            told: Instant::now(),
        };
        let import = one(
            &mut *self.hospital.pool.acquire().await?,
            self.assigned.import,
        )
        .await?;
        if import.choices.add_concepts {
            at.counts.concepts = set.add_concepts().await?;
        }
        self.forget().await?;
        let mut looked = 0;
        let mut records = set.records();
        while let Some(record) = records.next().await {
            match record {
                Ok(record) => {
                    if let Err(why) = set.check(&record, &mut at.counts) {
                        at.leave_out(data_set::image_left_out(&record, why));
                    }
                }
                Err(complaint) if complaint.is_final() => {
                    return Err(ServiceError::invalid("files", complaint));
                }
                Err(complaint) => at.leave_out(data_set::left_out(&complaint)),
            }
            looked += 1;
            // To take over nothing is done yet, which a server that goes on must know.
            at.done = if self.assigned.take { 0 } else { looked };
            if at.rows.len() >= ROWS || at.told.elapsed() >= TELL {
                self.note(&mut at).await?;
            }
        }
        drop(records);
        at.expected = looked;
        self.note(&mut at).await?;
        let refused = at.counts.left_out_count > 0 && !import.choices.leave_out;
        if !self.assigned.take || refused {
            return Ok(None);
        }
        if at.counts.concepts > 0 {
            set.keep_concepts(self.hospital).await?;
        }
        Ok(Some(looked))
    }

    async fn take(&self, set: &DataSet, expected: u64) -> Outcome<ImportState> {
        let concepts = one(
            &mut *self.hospital.pool.acquire().await?,
            self.assigned.import,
        )
        .await?
        .counts
        .concepts;
        let begun = self.assigned.done > 0;
        let mut at = Progress {
            done: 0,
            expected,
            counts: match begun {
                true => self.assigned.counts.clone(),
                false => ImportCounts {
                    concepts,
                    ..ImportCounts::default()
                },
            },
            rows: Vec::new(),
            told: Instant::now(),
        };
        if !begun {
            self.forget().await?;
        }
        let mut records = set.records();
        while let Some(record) = records.next().await {
            at.done += 1;
            if at.done <= self.assigned.done {
                continue;
            }
            match record {
                Ok(record) => {
                    if let Err(why) = set.take(self.hospital, &record, &mut at.counts).await? {
                        at.leave_out(data_set::image_left_out(&record, why));
                    }
                }
                Err(complaint) if complaint.is_final() => {
                    return Err(ServiceError::invalid("files", complaint));
                }
                Err(complaint) => at.leave_out(data_set::left_out(&complaint)),
            }
            self.note(&mut at).await?;
        }
        Ok(ImportState::Finished)
    }

    async fn forget(&self) -> Outcome<()> {
        let mut conn = self.hospital.pool.acquire().await?;
        Ok(imports::forget_left_out(&mut conn, self.assigned.import).await?)
    }

    /// Writes down how far it is, unless another server does it now.
    async fn note(&self, at: &mut Progress) -> Outcome<()> {
        let mut tx = self.hospital.pool.begin().await?;
        let done = (at.done, at.expected);
        if !imports::progress(&mut tx, self.assigned, done, &at.counts).await? {
            return Err(ServiceError::ClaimLost);
        }
        if !at.rows.is_empty() {
            imports::leave_out(&mut tx, self.assigned.import, &at.rows).await?;
        }
        tx.commit().await?;
        at.rows.clear();
        at.told = Instant::now();
        Ok(())
    }
}

fn is_table(path: &str) -> bool {
    let ending = Path::new(path)
        .extension()
        .and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| TABLES.contains(&ending.to_lowercase().as_str()))
}

/// What of the folder is read, and where its images are looked for.
fn place(
    format: &dyn Format,
    choices: &Choices,
    folder: &Path,
    tables: &[String],
) -> Outcome<Place> {
    let below = |field, path: &str| match check_path(path) {
        Ok(()) => Ok(folder.join(path)),
        Err(reason) => Err(ServiceError::invalid(field, reason)),
    };
    let file = match (&choices.file, format.shape(), tables) {
        (Some(file), ..) => Some(file.as_str()),
        (None, Shape::Folder, _) => None,
        (None, Shape::Stream, [only]) => Some(only.as_str()),
        (None, Shape::Stream, many) => {
            let reason = format!(
                "this layout is one file, and {} of those that were sent can be it: choose one",
                many.len()
            );
            return Err(ServiceError::invalid("file", reason));
        }
    };
    let input = file.map_or(Ok(folder.to_owned()), |file| below("file", file))?;
    let beside = input.parent().filter(|_| file.is_some());
    let named = choices
        .images
        .as_deref()
        .map(|path| below("images", path))
        .transpose()?;
    let images = named
        .into_iter()
        .chain(beside.map(Path::to_owned))
        .chain([folder.to_owned()]);
    Ok(Place {
        images: images.collect(),
        input,
    })
}
