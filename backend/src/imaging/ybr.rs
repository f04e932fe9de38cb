//! YBR_FULL → RGB, PS3.3 section C.7.6.3.1.2.

/// Converts three 8-bit samples of each pixel in place.
pub(super) fn to_rgb(samples: &mut [u8]) {
    for pixel in samples.chunks_exact_mut(3) {
        let [y, b, r] = [pixel[0], pixel[1], pixel[2]].map(f32::from);
        let (b, r) = (b - 128.0, r - 128.0);
        let rgb = [
            y + 1.402 * r,
            y - 0.344_136 * b - 0.714_136 * r,
            y + 1.772 * b,
        ];
        // The conversion saturates, which is the clamping that is wanted.
        pixel.copy_from_slice(&rgb.map(|sample| sample.round() as u8));
    }
}
