//! What a DICOM file says it is, for the answer to whoever sends it. Nothing of it is kept.

use super::{attributes, guard, guarded, is_dicom};
use dicom_object::{FileMetaTable, OpenFileOptions, Tag};
use std::fs::File;
use std::io::Cursor;
use std::os::unix::fs::FileExt;

const STUDY_INSTANCE_UID: Tag = Tag(0x0020, 0x000D);
/// What stands before the file's own attributes: PS3.10 section 7.1.
const PREAMBLE: u64 = 128;
/// Far more than a file's own attributes take.
const META_BYTES: usize = 64 << 10;

/// The class and the UID of a file's object, as its sender calls them.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    /// MediaStorageSOPClassUID (0002,0002).
    pub class: String,
    /// MediaStorageSOPInstanceUID (0002,0003).
    pub instance: String,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").finish_non_exhaustive()
    }
}

/// What a file says it is; `None` where it is no DICOM file.
#[must_use]
pub fn identity(file: &File) -> Option<Identity> {
    let mut head = vec![0; META_BYTES];
    let length = file.read_at(&mut head, 0).ok()?;
    head.truncate(length);
    if !is_dicom(&head) {
        return None;
    }
    let meta = head.get(PREAMBLE as usize..)?;
    let meta = guarded(|| Ok(FileMetaTable::from_reader(meta).ok())).ok()??;
    let uid = |text: &str| text.trim_end_matches(['\0', ' ']).to_owned();
    Some(Identity {
        class: uid(meta.media_storage_sop_class_uid()),
        instance: uid(meta.media_storage_sop_instance_uid()),
    })
}

/// The study that a file says it is of; `None` where that cannot be read.
#[must_use]
pub fn study_of(file: &File) -> Option<String> {
    let length = file.metadata().ok()?.len().min(super::MAX_BYTES);
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, 0).ok()?;
    let read = guarded(|| {
        guard::check_elements(&bytes)?;
        let until = Tag(STUDY_INSTANCE_UID.group(), STUDY_INSTANCE_UID.element() + 1);
        let options = OpenFileOptions::new().read_until(until);
        Ok(options.from_reader(Cursor::new(&bytes)).ok())
    });
    attributes::text(&*read.ok()??, STUDY_INSTANCE_UID)
}
