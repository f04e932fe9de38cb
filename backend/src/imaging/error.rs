//! Why an upload is refused.

/// What is wrong with an upload. Messages hold counts and names of fields, never values out of a header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImagingError {
    /// No bytes.
    #[error("the file is empty (0 bytes)")]
    Empty,
    /// More bytes than any image has.
    #[error("the file has {length} bytes, {allowed} are allowed")]
    TooManyBytes {
        /// How many it has.
        length: u64,
        /// How many a file of its kind may have.
        allowed: u64,
    },
    /// Text, whatever its name says.
    #[error(
        "it is text, not an image: send a DICOM, NIfTI, PNG or JPEG file, or a slide as tiled TIFF"
    )]
    Text,
    /// None of the kinds that are read.
    #[error(
        "it is neither DICOM, NIfTI, PNG nor JPEG, nor a slide in tiled TIFF: convert it to one of them first"
    )]
    UnknownKind,
    /// A TIFF that is no slide.
    #[error(
        "it is a TIFF without tiles; of TIFF files only whole-slide images in tiles are taken: convert other pictures to PNG"
    )]
    NotTiled,
    /// A slide whose tiles cannot be read.
    #[error(
        "its tiles are {0}; tiles in colours of 8 bits are taken, in JPEG, LZW, deflate or as they are, in DICOM also in JPEG 2000 and JPEG-LS: convert the slide"
    )]
    UnsupportedTiles(&'static str),
    /// A file of a slide that is not the slide.
    #[error(
        "it is {0} of a slide, not the slide: of the files of its series send the one with the most pixels, from which all smaller levels are made"
    )]
    NotTheSlide(&'static str),
    /// A slide larger than any that is taken.
    #[error(
        "its header says {width}×{height} pixels, more than a slide may have, or in more than {} tiles",
        super::slide::MAX_TILES
    )]
    TooLargeSlide {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A picture whose header promises more than anybody can show.
    #[error(
        "its header says {width}×{height} pixels, more than the {} that one frame may have",
        super::MAX_PIXELS
    )]
    TooManyPixels {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A picture with more frames than can be kept.
    #[error("its header says {frames} frames, {} are allowed", super::MAX_FRAMES)]
    TooManyFrames {
        /// How many.
        frames: u64,
    },
    /// Frames that are allowed each for itself, and too much together.
    #[error(
        "its header says {frames} frames of {pixels} pixels, more than the {} that all frames may have together",
        super::MAX_PIXELS_OF_ALL
    )]
    TooManyPixelsOfAll {
        /// How many frames.
        frames: u32,
        /// The pixels of each.
        pixels: u64,
    },
    /// A side of the picture is zero, or there are no pixels at all.
    #[error("it has no pixels")]
    NoPixels,
    /// The end is missing.
    #[error("it is truncated: {found} of {expected} pixel bytes are there")]
    Truncated {
        /// Bytes that are there.
        found: u64,
        /// Bytes that the header promises.
        expected: u64,
    },
    /// It cannot be read as what it says it is.
    #[error("it cannot be read as {kind}: {reason}")]
    Malformed {
        /// DICOM, NIfTI, PNG, JPEG, TIFF or a slide.
        kind: &'static str,
        /// What the decoder says.
        reason: String,
    },
    /// A DICOM attribute that pixels need is missing or unusable.
    #[error("its DICOM header has no usable {attribute}")]
    Attribute {
        /// Which.
        attribute: &'static str,
    },
    /// Pixels that are not numbers cannot be shown as grey.
    #[error(
        "some of its pixels are no numbers (NaN or infinite): replace them by a number that means nothing is there"
    )]
    NoNumbers,
    /// A field of a NIfTI header that a volume needs is missing or unusable.
    #[error("its NIfTI header has no usable {field}")]
    NiftiField {
        /// Which, and what was expected.
        field: &'static str,
    },
    /// A NIfTI file of a series over time, or of several measurements.
    #[error(
        "it has {volumes} volumes, and one is taken at a time: split the file into one for each"
    )]
    SeveralVolumes {
        /// How many.
        volumes: u64,
    },
    /// It is coded in a way that cannot be decoded here.
    #[error(
        "its pixels are coded as {0}, which cannot be decoded: convert the file to an uncompressed transfer syntax"
    )]
    Unsupported(String),
    /// The decoder broke.
    #[error("it is damaged in a way that the decoder cannot follow")]
    DecoderFailed,
    /// No fault of the upload: a file of the server's own could not be written or read.
    #[error("a temporary file failed: {0}")]
    Disk(String),
}

impl ImagingError {
    pub(super) fn disk(error: std::io::Error) -> Self {
        Self::Disk(error.to_string())
    }
}
