//! Where a data set is read from and written to.

use super::complaint::{Complaint, Fault};
use super::record::ImagePath;
use crate::geometry::ImageSize;
use crate::snapshot::Split;
use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// How far a conversion is, for a progress bar, and whether it shall stop. Shared with whoever watches.
#[derive(Debug, Default)]
pub struct Watch {
    read: AtomicU64,
    images: AtomicU64,
    expected: AtomicU64,
    stop: AtomicBool,
}

impl Watch {
    /// Bytes read so far.
    pub fn bytes(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Images handed on so far, and how many there will be; 0 while that is not known.
    pub fn images(&self) -> (u64, u64) {
        let of = |n: &AtomicU64| n.load(Ordering::Relaxed);
        (of(&self.images), of(&self.expected))
    }

    /// Ends the conversion at its next row; nothing of its output stays.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_told_to_stop(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn expect(&self, images: u64) {
        self.expected.fetch_add(images, Ordering::Relaxed);
    }

    pub(super) fn handed_on(&self) {
        self.images.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is read.
pub enum Source {
    /// A file or a folder.
    Path(PathBuf),
    /// Standard input.
    Stream(Box<dyn Read + Send>),
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(path) => path.fmt(f),
            Self::Stream(_) => f.write_str("-"),
        }
    }
}

/// A text file that counts what is read of it and passes over a byte order mark.
pub(super) type Text = BufReader<Counted<Box<dyn Read + Send>>>;

pub(super) struct Counted<R> {
    from: R,
    watch: Arc<Watch>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.from.read(into)?;
        self.watch.read.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// How much of a file is held while it is read.
const BUFFER: usize = 1 << 18;

fn text(from: Box<dyn Read + Send>, watch: &Arc<Watch>) -> io::Result<Text> {
    let counted = Counted {
        from,
        watch: watch.clone(),
    };
    let mut text = BufReader::with_capacity(BUFFER, counted);
    let start = text.fill_buf()?;
    let utf16 = start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]);
    if utf16 {
        let why = "it is UTF-16 text: convert it first (`iconv -f UTF-16 -t UTF-8`)";
        return Err(io::Error::new(io::ErrorKind::InvalidData, why));
    }
    if start.starts_with(&[0xef, 0xbb, 0xbf]) {
        text.consume(3);
    }
    Ok(text)
}

pub(super) fn open(path: &Path, watch: &Arc<Watch>) -> Result<Text, Complaint> {
    let opened = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
        true => Err(io::Error::other("it is a folder, a file is expected")),
        false => text(Box::new(file), watch),
    });
    opened.map_err(|error| Complaint::whole(path.display().to_string(), Fault::Read(error)))
}

/// The largest file of a data set's that is read at once: an XML file, a list of classes.
const MOST_AT_ONCE: u64 = 64 << 20;

/// A small file as text.
pub(super) fn read_small(path: &Path, watch: &Arc<Watch>) -> Result<String, Fault> {
    let mut bytes = Vec::new();
    let from = File::open(path).and_then(|file| text(Box::new(file), watch));
    from.and_then(|from| from.take(MOST_AT_ONCE + 1).read_to_end(&mut bytes))
        .map_err(Fault::Read)?;
    if bytes.len() as u64 > MOST_AT_ONCE {
        return Err(Fault::other("is larger than 64 MiB, which no such file is"));
    }
    String::from_utf8(bytes).map_err(|_| Fault::NotUtf8)
}

impl Source {
    /// One file of text, with its name.
    pub(super) fn file(self, watch: &Arc<Watch>) -> Result<(String, Text), Complaint> {
        match self {
            Self::Path(path) => {
                let name = path.file_name().unwrap_or(path.as_os_str());
                Ok((name.to_string_lossy().into_owned(), open(&path, watch)?))
            }
            Self::Stream(from) => {
                let name = "standard input".to_owned();
                let text = text(from, watch);
                let text = text.map_err(|e| Complaint::whole(name.clone(), Fault::Read(e)))?;
                Ok((name, text))
            }
        }
    }

    /// A folder; a file stands for the folder it is in.
    pub(super) fn folder(&self) -> Result<PathBuf, Complaint> {
        match self {
            Self::Path(path) if path.is_dir() => Ok(path.clone()),
            Self::Path(path) => Ok(folder_of(path)),
            Self::Stream(_) => Err(Complaint::whole(
                "standard input",
                Fault::other("this format is a folder of files: name the folder"),
            )),
        }
    }
}

pub(super) fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// A path below `folder` that a file of the data set names; refused where it leads out of it.
pub(super) fn inside(folder: &Path, named: &str) -> Result<PathBuf, Fault> {
    match named.trim() {
        "" | "." | "./" => Ok(folder.to_owned()),
        named => Ok(folder.join(ImagePath::new(named)?.as_str())),
    }
}

/// Where image files are, for their sizes, and for formats that hold them.
#[derive(Clone, Default)]
pub struct ImageFiles {
    folders: Vec<PathBuf>,
    fetch: Option<Fetch>,
}

/// Brings an image file from elsewhere.
type Fetch = Arc<dyn Fn(&ImagePath) -> io::Result<Vec<u8>> + Send + Sync>;

impl std::fmt::Debug for ImageFiles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.folders.fmt(f)
    }
}

/// The largest image file that is held at once.
pub(super) const MOST_OF_AN_IMAGE: u64 = 256 << 20;

/// The endings tried where a data set names an image without one.
const ENDINGS: [&str; 8] = ["png", "jpg", "jpeg", "PNG", "JPG", "tif", "webp", "bmp"];

impl ImageFiles {
    /// Looks below these folders, one after the other.
    #[must_use]
    pub fn below(folders: Vec<PathBuf>) -> Self {
        let fetch = None;
        Self { folders, fetch }
    }

    /// Has them brought; all are there.
    #[must_use]
    pub fn brought(
        fetch: impl Fn(&ImagePath) -> io::Result<Vec<u8>> + Send + Sync + 'static,
    ) -> Self {
        Self {
            folders: Vec::new(),
            fetch: Some(Arc::new(fetch)),
        }
    }

    /// An image file as a whole; `None` where it is not there.
    pub fn content(&self, image: &ImagePath) -> Result<Option<Vec<u8>>, Fault> {
        if let Some(fetch) = &self.fetch {
            return fetch(image).map(Some).map_err(Fault::Read);
        }
        let Some(path) = self.find(image) else {
            return Ok(None);
        };
        let mut content = Vec::new();
        let file = File::open(path).map_err(Fault::Read)?;
        let read = file.take(MOST_OF_AN_IMAGE + 1).read_to_end(&mut content);
        match read.map_err(Fault::Read)? as u64 {
            ..=MOST_OF_AN_IMAGE => Ok(Some(content)),
            _ => Err(Fault::other("is an image file of more than 256 MiB")),
        }
    }

    /// The file of an image, where it is there.
    #[must_use]
    pub fn find(&self, image: &ImagePath) -> Option<PathBuf> {
        let mut tried = self
            .folders
            .iter()
            .map(|folder| folder.join(image.as_str()));
        tried
            .find(|path| path.is_file())
            .or_else(|| self.find_by_stem(image))
    }

    fn find_by_stem(&self, image: &ImagePath) -> Option<PathBuf> {
        let bare = Path::new(image.as_str()).extension().is_none();
        let mut tried = self
            .folders
            .iter()
            .filter(|_| bare)
            .flat_map(|folder| ENDINGS.map(|ending| folder.join(format!("{image}.{ending}"))));
        tried.find(|path| path.is_file())
    }

    /// An image's size, where its file is there and says it.
    #[must_use]
    pub fn size(&self, image: &ImagePath) -> Option<ImageSize> {
        let size = imagesize::size(self.find(image)?).ok()?;
        let side = |pixels: usize| u32::try_from(pixels).ok();
        ImageSize::new(side(size.width)?, side(size.height)?).ok()
    }
}

/// The files with this ending that a source is, in order.
pub(super) fn listed(from: &Source, ending: &str) -> Result<Vec<String>, Complaint> {
    let folder = from.folder()?;
    if let Source::Path(path) = from
        && path.is_file()
    {
        let name = path.file_name().unwrap_or_default();
        return Ok(vec![name.to_string_lossy().into_owned()]);
    }
    let wanted = |path: &Path| {
        let found = path.extension();
        found.is_some_and(|found| found.eq_ignore_ascii_case(ending))
    };
    let found = files_below(&folder, &wanted)?;
    match found.is_empty() {
        true => {
            let fault = Fault::other(format!("has no .{ending} file in it"));
            Err(Complaint::whole(folder.display().to_string(), fault))
        }
        false => Ok(found),
    }
}

/// The split that the name of a file tells.
pub(super) fn split_in(name: &str) -> Option<Split> {
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric()).rev();
    words.find_map(|word| match word {
        "train" | "training" => Some(Split::Train),
        "val" | "validation" | "validate" | "dev" => Some(Split::Val),
        "test" => Some(Split::Test),
        _ => None,
    })
}

/// Puts an image file into a folder; one that is there already stays.
pub(super) fn put_image(folder: &Path, image: &ImagePath, content: &[u8]) -> Result<(), Complaint> {
    let path = folder.join(image.as_str());
    let put = || {
        fs::create_dir_all(folder_of(&path))?;
        match File::options().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            file => file?.write_all(content),
        }
    };
    put().map_err(|error| Complaint::whole(image.as_str(), Fault::Write(error)))
}

/// The files of a folder and all folders below it, by the path in it, in order; only those that `wanted` likes.
pub(super) fn files_below(
    folder: &Path,
    wanted: &dyn Fn(&Path) -> bool,
) -> Result<Vec<String>, Complaint> {
    let mut found = Vec::new();
    walk(folder, "", wanted, &mut found)
        .map_err(|error| Complaint::whole(folder.display().to_string(), Fault::Read(error)))?;
    found.sort();
    Ok(found)
}

fn walk(
    folder: &Path,
    below: &str,
    wanted: &dyn Fn(&Path) -> bool,
    found: &mut Vec<String>,
) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
            continue;
        };
        let path = format!("{below}{name}");
        // A link to a folder may lead round in a circle, or out.
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{path}/"), wanted, found)?;
        } else if wanted(Path::new(&name)) && !name.starts_with('.') {
            found.push(path);
        }
    }
    Ok(())
}

/// Where something is written to.
pub enum Target {
    /// One stream.
    Stream(Box<dyn Write + Send>),
    /// A folder that is there and empty.
    Folder(PathBuf),
    /// Nowhere: to see what would be written.
    Nowhere,
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Stream(_) => f.write_str("stream"),
            Self::Folder(path) => path.fmt(f),
            Self::Nowhere => f.write_str("nowhere"),
        }
    }
}

pub(super) type Out = BufWriter<Box<dyn Write + Send>>;

impl Target {
    pub(super) fn stream(self) -> Result<Out, Complaint> {
        match self {
            Self::Stream(out) => Ok(BufWriter::with_capacity(BUFFER, out)),
            Self::Nowhere => Ok(BufWriter::new(Box::new(io::sink()))),
            Self::Folder(path) => Err(Complaint::whole(
                path.display().to_string(),
                Fault::other("this format is one file: name a file to write, or `-`"),
            )),
        }
    }

    pub(super) fn folder(self) -> Result<Folder, Complaint> {
        let root = match self {
            Self::Folder(root) => Some(root),
            Self::Nowhere => None,
            Self::Stream(_) => {
                return Err(Complaint::whole(
                    "the output",
                    Fault::other("this format is a folder of files: name a folder, not `-`"),
                ));
            }
        };
        Ok(Folder {
            root,
            made: Mutex::default(),
        })
    }
}

/// A folder that is written, or only seemingly.
pub(super) struct Folder {
    root: Option<PathBuf>,
    made: Mutex<BTreeSet<String>>,
}

impl Folder {
    /// A new file; an error where there is one of that name already.
    pub(super) fn create(&self, path: &str) -> io::Result<Out> {
        let Some(root) = &self.root else {
            return self.pretend(path);
        };
        let path = root.join(path);
        fs::create_dir_all(folder_of(&path))?;
        let file = File::options().write(true).create_new(true).open(path)?;
        Ok(BufWriter::new(Box::new(file)))
    }

    fn pretend(&self, path: &str) -> io::Result<Out> {
        let mut made = self.made.lock().map_err(|_| io::ErrorKind::Other)?;
        match made.insert(path.to_owned()) {
            true => Ok(BufWriter::new(Box::new(io::sink()))),
            false => Err(io::ErrorKind::AlreadyExists.into()),
        }
    }

    /// A new file with these bytes.
    pub(super) fn put(&self, path: &str, bytes: &[u8]) -> Result<(), Complaint> {
        let written = self.create(path).and_then(|mut file| {
            file.write_all(bytes)?;
            file.flush()
        });
        written.map_err(|error| Self::failed(path, error))
    }

    /// The error of writing a file of it.
    pub(super) fn failed(path: &str, error: io::Error) -> Complaint {
        let fault = match error.kind() {
            io::ErrorKind::AlreadyExists => Fault::other(
                "two images would have this file: their paths differ in nothing but the ending",
            ),
            _ => Fault::Write(error),
        };
        Complaint::whole(path, fault)
    }
}

/// The lists of a data set's images, a file for each split that has any.
pub(super) struct Lists {
    path: fn(Split) -> String,
    files: BTreeMap<Split, Out>,
}

impl Lists {
    /// None yet; `path` is where the list of a split is.
    pub(super) fn new(path: fn(Split) -> String) -> Self {
        let files = BTreeMap::new();
        Self { path, files }
    }

    /// Adds a line to a split's list.
    pub(super) fn add(
        &mut self,
        folder: &Folder,
        split: Split,
        line: &str,
    ) -> Result<(), Complaint> {
        let list = match self.files.entry(split) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(new) => (folder.create(&(self.path)(split))).map(|file| new.insert(file)),
        };
        let added = list.and_then(|list| writeln!(list, "{line}"));
        added.map_err(|error| Folder::failed(LIST, error))
    }

    /// The splits that have a list.
    pub(super) fn splits(&self) -> BTreeSet<Split> {
        self.files.keys().copied().collect()
    }

    pub(super) fn flush(&mut self) -> Result<(), Complaint> {
        let mut lists = self.files.values_mut();
        let flushed = lists.try_for_each(|list| list.flush());
        flushed.map_err(|error| Folder::failed(LIST, error))
    }
}

/// What an error says of such a file.
const LIST: &str = "a list of images";
