//! WebDataset: tar archives of samples, each a few files whose names differ in nothing but the ending.
//!
//! A sample here is an image file and a `.json` of an [`Entry`]. Shards end at [`MOST_SAMPLES`] or [`MOST_BYTES`]. In reading, names in an
//! archive are only compared, never opened or written; where its members lie is noted first, so that a sample's need not be side by side.

use super::complaint::{At, Complaint, Fault};
use super::entry::Entry;
use super::record::{ImagePath, Record, Said, size_in};
use super::source::{self, Folder, MOST_OF_AN_IMAGE, Out, Source, Target};
use super::{Carries, Format, Records, Settings, Shape, Writer};
use crate::snapshot::Split;
use crate::whole::Texts;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

pub(super) struct WebDataset;

/// The most samples of a shard.
const MOST_SAMPLES: u64 = 10_000;
/// A shard with so many bytes is full.
const MOST_BYTES: u64 = 1 << 30;
/// The most members of a shard that is read.
const MOST_MEMBERS: usize = 1_000_000;
/// The largest text of a sample.
const MOST_OF_A_TEXT: u64 = 64 << 20;

/// What image files end in.
const IMAGES: [&str; 8] = ["jpg", "jpeg", "png", "webp", "bmp", "tif", "tiff", "gif"];

impl Format for WebDataset {
    fn name(&self) -> &'static str {
        "webdataset"
    }

    fn about(&self) -> &'static str {
        "tar archives of samples, each an image file and a JSON file; boxes are corners in pixels"
    }

    fn carries(&self) -> Carries {
        Carries::EVERYTHING
    }

    fn shape(&self) -> Shape {
        Shape::Folder
    }

    fn read(&self, from: Source, settings: &Settings) -> Result<Records, Complaint> {
        Ok(Box::new(Reading {
            waiting: source::listed(&from, "tar")?.into(),
            folder: from.folder()?,
            shard: None,
            ready: VecDeque::new(),
            seen: HashSet::new(),
            settings: settings.clone(),
        }))
    }

    fn write(&self, to: Target, settings: &Settings) -> Result<Box<dyn Writer>, Complaint> {
        Ok(Box::new(Writing {
            folder: to.folder()?,
            shards: BTreeMap::new(),
            samples: 0,
            settings: settings.clone(),
        }))
    }
}

struct Writing {
    folder: Folder,
    /// The open shard of each split, and how many there were.
    shards: BTreeMap<Split, (u32, Shard)>,
    samples: u64,
    settings: Settings,
}

struct Shard {
    path: String,
    tar: tar::Builder<Out>,
    samples: u64,
    bytes: u64,
}

impl Shard {
    fn begin(folder: &Folder, split: Split, number: u32) -> Result<Self, Complaint> {
        let path = format!("{split}-{number:06}.tar");
        let file = folder.create(&path);
        Ok(Self {
            tar: tar::Builder::new(file.map_err(|error| Folder::failed(&path, error))?),
            path,
            samples: 0,
            bytes: 0,
        })
    }

    fn is_full(&self) -> bool {
        self.samples >= MOST_SAMPLES || self.bytes >= MOST_BYTES
    }

    fn add(&mut self, name: &str, bytes: &[u8]) -> Result<(), Complaint> {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        let added = self.tar.append_data(&mut header, name, bytes);
        self.bytes += bytes.len() as u64;
        added.map_err(|error| Folder::failed(&self.path, error))
    }

    fn end(self) -> Result<(), Complaint> {
        let ended = self.tar.into_inner().and_then(|mut out| out.flush());
        ended.map_err(|error| Folder::failed(&self.path, error))
    }
}

impl Writing {
    /// The shard that takes the next sample of a split.
    fn shard(&mut self, split: Split) -> Result<&mut Shard, Complaint> {
        let open = self.shards.remove(&split);
        let (number, shard) = match open {
            Some((number, full)) if full.is_full() => {
                full.end()?;
                (number + 1, Shard::begin(&self.folder, split, number + 1)?)
            }
            Some(open) => open,
            None => (0, Shard::begin(&self.folder, split, 0)?),
        };
        Ok(&mut self.shards.entry(split).or_insert((number, shard)).1)
    }
}

impl Writer for Writing {
    fn write(&mut self, record: &Record) -> Result<(), Complaint> {
        let path = &record.image.path;
        let whole = |fault: Fault| Complaint::whole(path.as_str(), fault);
        let entry = Entry::of(record).map_err(|e| whole(e.into()))?;
        let entry = serde_json::to_vec(&entry).map_err(|e| whole(Fault::syntax("JSON", e)))?;
        let image = self.settings.held(record)?;
        let key = format!("{:09}", self.samples);
        let shard = self.shard(record.image.split.unwrap_or(Split::Train))?;
        if let Some(image) = image {
            shard.add(&format!("{key}.{}", ending(path, &image)), &image)?;
        }
        shard.add(&format!("{key}.json"), &entry)?;
        shard.samples += 1;
        self.samples += 1;
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<(), Complaint> {
        let mut shards = self.shards.into_values();
        shards.try_for_each(|(_, shard)| shard.end())
    }
}

/// What an image's file ends in; where its path does not say, its first bytes do.
pub(super) fn ending(path: &ImagePath, content: &[u8]) -> String {
    let ending = Path::new(path.as_str()).extension();
    let ending = ending.and_then(|e| e.to_str()).unwrap_or_default();
    let ending = ending.to_ascii_lowercase();
    if IMAGES.contains(&ending.as_str()) {
        return ending;
    }
    let told = match imagesize::image_type(content) {
        Ok(imagesize::ImageType::Jpeg) => "jpg",
        Ok(imagesize::ImageType::Webp) => "webp",
        Ok(imagesize::ImageType::Bmp) => "bmp",
        Ok(imagesize::ImageType::Tiff) => "tif",
        Ok(imagesize::ImageType::Gif) => "gif",
        _ => "png",
    };
    told.to_owned()
}

/// Samples shard by shard.
struct Reading {
    folder: PathBuf,
    waiting: VecDeque<String>,
    shard: Option<Opened>,
    ready: VecDeque<Result<Record, Complaint>>,
    /// Hashes of the images that have come.
    seen: HashSet<u64>,
    settings: Settings,
}

/// A shard and where its samples lie.
struct Opened {
    name: String,
    file: File,
    split: Option<Split>,
    samples: VecDeque<Vec<Member>>,
}

/// A file in an archive.
struct Member {
    name: ImagePath,
    ending: String,
    at: u64,
    bytes: u64,
}

impl Member {
    fn read(&self, file: &File, most: u64) -> Result<Vec<u8>, Fault> {
        if self.bytes > most {
            return Err(Fault::other(format!(
                "has {} bytes, at most {most} are read at once",
                self.bytes
            )));
        }
        let mut bytes = vec![0; usize::try_from(self.bytes).unwrap_or(usize::MAX)];
        match file.read_exact_at(&mut bytes, self.at) {
            // Not the disk's fault, and the other samples may be whole.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(Fault::syntax(
                "a tar archive",
                "the file ends in the middle of it",
            )),
            read => read.map(|()| bytes).map_err(Fault::Read),
        }
    }

    fn is_image(&self) -> bool {
        let last = self.ending.rsplit('.').next().unwrap_or_default();
        IMAGES.contains(&last.to_ascii_lowercase().as_str())
    }
}

impl Reading {
    /// Notes where the members of the next shard lie.
    fn open(&mut self, name: String) -> Result<(), Complaint> {
        let path = self.folder.join(&name);
        let whole = |error| Complaint::whole(name.clone(), Fault::Read(error));
        let file = File::open(path).map_err(whole)?;
        let bytes = file.metadata().map_err(whole)?.len();
        let mut archive = tar::Archive::new(BufReader::new(file.try_clone().map_err(whole)?));
        let mut members = Members::default();
        let entries = archive.entries_with_seek().map_err(whole)?;
        for (number, entry) in (1..).zip(entries) {
            let noted = match entry {
                Ok(entry) => members.note(&entry, bytes),
                Err(error) => {
                    self.complain(&name, number, Fault::syntax("a tar archive", error));
                    break;
                }
            };
            if let Err(fault) = noted {
                self.complain(&name, number, fault);
            }
            if number as usize >= MOST_MEMBERS {
                let fault = Fault::other("is the last one read: no shard has more than a million");
                self.complain(&name, number, fault);
                break;
            }
        }
        self.settings.watch.expect(members.samples.len() as u64);
        self.shard = Some(Opened {
            split: source::split_in(&name),
            name,
            file,
            samples: members.samples.into(),
        });
        Ok(())
    }

    fn complain(&mut self, file: &str, number: u64, fault: Fault) {
        self.ready.push_back(Err(Complaint {
            file: file.to_owned(),
            at: At::Nth("entry", number),
            fault,
        }));
    }

    /// The record of a sample; what is wrong with parts of it waits.
    fn sample(&mut self, shard: &Opened, sample: &[Member]) -> Result<(), Complaint> {
        let first = sample.first().map_or("", |member| member.name.as_str());
        let name = format!("{}, {first}", shard.name);
        let whole = |fault| Complaint::whole(name.clone(), fault);
        let image = sample.iter().find(|member| member.is_image());
        let content = image.map(|member| member.read(&shard.file, MOST_OF_AN_IMAGE));
        let content = content.transpose().map_err(whole)?;
        let entry = entry(shard, sample).map_err(whole)?;
        let path = match (entry.image.is_empty(), image) {
            (true, Some(image)) => Ok(image.name.clone()),
            _ => ImagePath::new(&entry.image),
        };
        let path = path.map_err(whole)?;
        if !self.seen.insert(hashed(path.as_str())) {
            let id = path.as_str().to_owned();
            return Err(whole(Fault::Twice { what: "image", id }));
        }
        let mut entry = entry;
        if let (None, Some(size)) = (entry.width, content.as_deref().and_then(size_in)) {
            (entry.width, entry.height) = (Some(size.width()), Some(size.height()));
        }
        let (mut record, faults) = entry.record(path);
        self.ready.extend(faults.into_iter().map(|f| Err(whole(f))));
        record.image.split = record.image.split.or(shard.split);
        if let Some(content) = content {
            record.image.hold(content);
        }
        self.caption(&mut record, shard, sample).map_err(whole)?;
        self.ready.push_back(Ok(record));
        Ok(())
    }

    /// What other makers of shards write beside an image: a caption.
    fn caption(&self, record: &mut Record, shard: &Opened, sample: &[Member]) -> Result<(), Fault> {
        for member in sample.iter().filter(|member| !member.is_image()) {
            match member.ending.as_str() {
                "json" => {}
                "txt" | "caption" => {
                    let text = member.read(&shard.file, MOST_OF_A_TEXT)?;
                    let text = String::from_utf8(text).map_err(|_| Fault::NotUtf8)?;
                    record.report.push(Said {
                        texts: Texts::from([(self.settings.lang(), text.trim().to_owned())]),
                        regions: [].into(),
                    });
                }
                other => record.remark(&format!("files `.{other}` are not taken over")),
            }
        }
        Ok(())
    }
}

fn entry(shard: &Opened, sample: &[Member]) -> Result<Entry, Fault> {
    match sample.iter().find(|member| member.ending == "json") {
        Some(member) => {
            let bytes = member.read(&shard.file, MOST_OF_A_TEXT)?;
            serde_json::from_slice(&bytes).map_err(|e| Fault::json("a sample", &e, &bytes))
        }
        None => Ok(Entry::default()),
    }
}

fn hashed(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    hasher.finish()
}

/// The members of a shard, sample by sample.
#[derive(Default)]
struct Members {
    samples: Vec<Vec<Member>>,
    /// Where each sample is among them, by the start of its files' names.
    places: HashMap<String, usize>,
}

impl Members {
    fn note(&mut self, entry: &tar::Entry<'_, impl io::Read>, archive: u64) -> Result<(), Fault> {
        let kind = entry.header().entry_type();
        if kind.is_dir() || kind.is_pax_global_extensions() {
            return Ok(());
        }
        if !kind.is_file() && !kind.is_contiguous() {
            return Err(Fault::other(
                "is a link or a device, and only files are taken from an archive",
            ));
        }
        let name = entry.path_bytes();
        let name = ImagePath::new(std::str::from_utf8(&name).map_err(|_| Fault::NotUtf8)?)?;
        let (at, bytes) = (entry.raw_file_position(), entry.size());
        if at.checked_add(bytes).is_none_or(|end| end > archive) {
            let why = "the file ends in the middle of it";
            return Err(Fault::syntax("a tar archive", why));
        }
        self.add(name, at, bytes)
    }

    /// The name up to its first dot is its sample's.
    fn add(&mut self, name: ImagePath, at: u64, bytes: u64) -> Result<(), Fault> {
        let file = name.as_str().rfind('/').map_or(0, |slash| slash + 1);
        let dot = name.as_str().get(file..).and_then(|file| file.find('.'));
        let Some((key, ending)) = dot.and_then(|dot| name.as_str().split_at_checked(file + dot))
        else {
            return Ok(());
        };
        let (next, key) = (self.samples.len(), key.to_owned());
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.samples.push(Vec::new());
        }
        let ending = ending.trim_start_matches('.').to_owned();
        let Some(sample) = self.samples.get_mut(place) else {
            return Ok(());
        };
        if sample.iter().any(|member| member.ending == ending) {
            let id = name.as_str().to_owned();
            return Err(Fault::Twice { what: "file", id });
        }
        sample.push(Member {
            name,
            ending,
            at,
            bytes,
        });
        Ok(())
    }
}

impl Iterator for Reading {
    type Item = Result<Record, Complaint>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.settings.watch.is_told_to_stop() {
                return Some(Err(Complaint::stopped()));
            }
            if let Some(ready) = self.ready.pop_front() {
                return Some(ready);
            }
            let Some(mut shard) = self.shard.take() else {
                let name = self.waiting.pop_front()?;
                if let Err(complaint) = self.open(name) {
                    return Some(Err(complaint));
                }
                continue;
            };
            if let Some(sample) = shard.samples.pop_front() {
                if let Err(complaint) = self.sample(&shard, &sample) {
                    self.ready.push_back(Err(complaint));
                }
                self.shard = Some(shard);
            }
        }
    }
}
