//! From a coded frame to its samples: which decoder reads which transfer syntax, PS3.5 section 10 and annex A.4.

use super::header::{Colours, Header};
use super::samples::{Samples, interleaved};
use super::stream::{Form, without_boxes};
use super::{jpeg12, malformed, runs, unsupported};
use crate::imaging::ImagingError;
use flate2::read::DeflateDecoder;
use jpeg_decoder::ColorTransform;
use std::borrow::Cow;
use std::io::Read;

/// How frames are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// JPEG: baseline, extended or without loss.
    Jpeg,
    JpegLs,
    /// Also the high-throughput kind.
    Jpeg2000,
    Runs,
    /// Deflated, each for itself.
    Deflated,
    /// In pieces as coded ones are, and not coded.
    Plain,
}

/// The mark of a JPEG frame that was coded without loss, ITU T.81 table B.1.
const LOSSLESS: u8 = 0xc3;

impl Coding {
    pub(super) fn of(syntax: &str) -> Result<Self, ImagingError> {
        match syntax {
            "1.2.840.10008.1.2.5" => return Ok(Self::Runs),
            "1.2.840.10008.1.2.1.98" => return Ok(Self::Plain),
            "1.2.840.10008.1.2.8.1" => return Ok(Self::Deflated),
            _ => {}
        }
        match syntax.strip_prefix("1.2.840.10008.1.2.4.") {
            Some("50" | "51" | "57" | "70") => Ok(Self::Jpeg),
            Some("80" | "81") => Ok(Self::JpegLs),
            Some("90" | "91" | "92" | "93" | "201" | "202" | "203") => Ok(Self::Jpeg2000),
            _ => Err(unsupported(syntax)),
        }
    }

    /// The samples of a frame. How many there are is checked by the caller.
    pub(super) fn decode<'a>(
        self,
        coded: &[u8],
        header: &Header,
    ) -> Result<Samples<'a>, ImagingError> {
        if header.bits.allocated == 1 {
            return Err(unsupported("single bits in coded frames"));
        }
        match self {
            Self::Jpeg => jpeg(coded, header),
            Self::JpegLs => jpeg_ls(coded, header),
            Self::Jpeg2000 => jpeg2000(coded, header),
            Self::Runs => runs::decode(coded, header).map(|bytes| plain(bytes, header)),
            Self::Deflated => inflated(coded, header)
                .map(|bytes| plain(planes_side_by_side(bytes, header), header)),
            Self::Plain => {
                let length = length_of_frame(header);
                let bytes = coded.get(..length).unwrap_or(coded).to_vec();
                Ok(plain(planes_side_by_side(bytes, header), header))
            }
        }
    }
}

fn length_of_frame(header: &Header) -> usize {
    header.samples_of_frame() as usize * header.bits.allocated as usize / 8
}

fn planes_side_by_side(bytes: Vec<u8>, header: &Header) -> Vec<u8> {
    match header.planes && header.channels() == 3 {
        true => interleaved(&bytes, header.bits.allocated as usize / 8),
        false => bytes,
    }
}

/// Samples that are as the header says.
fn plain<'a>(bytes: Vec<u8>, header: &Header) -> Samples<'a> {
    Samples {
        bytes: Cow::Owned(bytes),
        wide: header.bits.allocated as usize / 8,
        bits: header.bits.stored,
        below: header.bits.below,
        signed: header.signed,
        colours: header.colours,
    }
}

/// Samples of a stream that says itself how deep they are.
fn of_stream<'a>(bytes: Vec<u8>, wide: usize, bits: u32, header: &Header) -> Samples<'a> {
    Samples {
        bytes: Cow::Owned(bytes),
        wide,
        bits,
        below: 0,
        signed: header.signed,
        colours: header.colours,
    }
}

fn jpeg<'a>(coded: &[u8], header: &Header) -> Result<Samples<'a>, ImagingError> {
    let form = Form::checked(Form::of_jpeg(coded), header)?;
    let lossless = form.process == LOSSLESS;
    if form.precision > 8 && !lossless {
        let values = jpeg12::decode(coded, header.size)?;
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        return Ok(of_stream(bytes.collect(), 2, stored_in(16, header), header));
    }
    let samples = header.samples_of_frame() as usize;
    let mut decoder = jpeg_decoder::Decoder::new(coded);
    decoder.set_max_decoding_buffer_size(samples);
    if form.channels == 3 {
        decoder.set_color_transform(colours_of(&form, header.colours));
    }
    let bytes = decoder.decode().map_err(malformed)?;
    let wide = bytes.len() / samples;
    if ![1, 2].contains(&wide) {
        return Err(ImagingError::DecoderFailed);
    }
    let bits = match form.channels {
        1 => stored_in(wide as u32 * 8, header),
        _ => form.precision,
    };
    // Its own conversion leaves alone what was coded without loss.
    let colours = match form.channels {
        3 if !lossless || form.named_rgb => Colours::Rgb,
        _ => header.colours,
    };
    Ok(Samples {
        colours,
        ..of_stream(bytes, wide, bits, header)
    })
}

/// How many bits of a decoder's sample are the value.
fn stored_in(available: u32, header: &Header) -> u32 {
    header.bits.stored.min(available)
}

/// The header says whether a JPEG's colours are to be turned into red, green and blue, unless the stream says it plainly.
fn colours_of(form: &Form, header: Colours) -> ColorTransform {
    let ybr = header != Colours::Rgb || form.jfif;
    match ybr && !form.named_rgb {
        true => ColorTransform::YCbCr,
        false => ColorTransform::RGB,
    }
}

fn jpeg_ls<'a>(coded: &[u8], header: &Header) -> Result<Samples<'a>, ImagingError> {
    let form = Form::checked(Form::of_jpeg(coded), header)?;
    let mut bytes = charls::CharLS::default().decode(coded).map_err(malformed)?;
    let wide = if form.precision > 8 { 2 } else { 1 };
    if form.planes {
        bytes = interleaved(&bytes, wide);
    }
    let colours = match form.named_rgb {
        true => Colours::Rgb,
        false => header.colours,
    };
    Ok(Samples {
        colours,
        ..of_stream(bytes, wide, form.precision, header)
    })
}

fn jpeg2000<'a>(coded: &[u8], header: &Header) -> Result<Samples<'a>, ImagingError> {
    let coded = without_boxes(coded);
    let form = Form::checked(Form::of_jpeg2000(coded), header)?;
    if form.precision > 31 {
        return Err(unsupported("JPEG 2000 with more than 31 bits"));
    }
    let image = jpeg2k::Image::from_bytes(coded).map_err(malformed)?;
    let pixels = header.pixels() as usize;
    let channels: Vec<&[i32]> = image
        .components()
        .iter()
        .map(jpeg2k::ImageComponent::data)
        .collect();
    if channels.iter().any(|channel| channel.len() != pixels) {
        return Err(ImagingError::DecoderFailed);
    }
    let wide = [1, 2, 4][usize::from(form.precision > 8) + usize::from(form.precision > 16)];
    let mut bytes = Vec::with_capacity(pixels * channels.len() * wide);
    for at in 0..pixels {
        for channel in &channels {
            bytes.extend_from_slice(&channel[at].to_le_bytes()[..wide]);
        }
    }
    Ok(of_stream(bytes, wide, form.precision, header))
}

/// No further than a frame needs.
fn inflated(coded: &[u8], header: &Header) -> Result<Vec<u8>, ImagingError> {
    let length = length_of_frame(header);
    let mut bytes = Vec::new();
    let mut source = DeflateDecoder::new(coded).take(length as u64);
    source.read_to_end(&mut bytes).map_err(malformed)?;
    Ok(bytes)
}
