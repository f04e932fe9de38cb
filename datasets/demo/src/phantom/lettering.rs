//! The word SYNTHETIC, burnt into a corner.

use super::canvas::{Canvas, grey};

/// Three columns by five rows per letter; a row is three bits, left first.
const LETTERS: [[u8; 5]; 9] = [
    [0b111, 0b100, 0b111, 0b001, 0b111], // S
    [0b101, 0b101, 0b010, 0b010, 0b010], // Y
    [0b111, 0b101, 0b101, 0b101, 0b101], // N
    [0b111, 0b010, 0b010, 0b010, 0b010], // T
    [0b101, 0b101, 0b111, 0b101, 0b101], // H
    [0b111, 0b100, 0b110, 0b100, 0b111], // E
    [0b111, 0b010, 0b010, 0b010, 0b010], // T
    [0b111, 0b010, 0b010, 0b010, 0b111], // I
    [0b111, 0b100, 0b100, 0b100, 0b111], // C
];

/// Writes the word at the bottom left.
pub(super) fn mark(canvas: &mut Canvas) {
    let top = canvas.side() - 8;
    for (n, letter) in LETTERS.iter().enumerate() {
        for (row, bits) in letter.iter().enumerate() {
            for column in (0..3).filter(|c| bits & (0b100 >> c) != 0) {
                canvas.set(3 + n * 4 + column, top + row, grey(0.9));
            }
        }
    }
}
