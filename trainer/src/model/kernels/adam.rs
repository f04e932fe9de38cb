//! One step of AdamW.

use super::simd::vectorised;

vectorised! {
    /// Takes `gradient` into both moments and moves `values` by them: `rates` are the learning rate, the decay per step and what is added
    /// to the second moment's root; `corrections` are 1 − βᵗ.
    pub fn adam(values: &mut [f32], gradient: &[f32], moments: (&mut [f32], &mut [f32]), settings: ([f32; 3], [f32; 2]), corrections: [f32; 2]) {
        let ((first, second), ([rate, decay, eps], [beta1, beta2]), [c1, c2]) = (moments, settings, corrections);
        let moments = first.iter_mut().zip(second);
        for ((x, g), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
            *m = beta1 * *m + (1.0 - beta1) * g;
            *v = beta2 * *v + (1.0 - beta2) * g * g;
            *x -= decay * *x + rate * (*m / c1) / ((*v / c2).sqrt() + eps);
        }
    }
}
