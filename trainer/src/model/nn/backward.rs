//! Linear layers and norms on plain rows in host memory, forward and, by hand, backward. Nothing is kept in between: whoever goes back
//! has the inputs. Gradients of weights go to their sums, once per image.

use super::{Linear, Norm};
use crate::model::kernels::product;
use crate::model::kernels::{
    Borrowed, Floats, Into, Mat, add_rows, norm_backward, norm_forward, times, times_transposed,
};
use crate::model::sums::Turn;
use candle_core::Result;

impl Linear {
    /// Whether anything in it is trained.
    pub(in crate::model) fn is_trained(&self) -> bool {
        let bias = self.bias.as_ref().is_some_and(|bias| bias.track_op());
        self.weight.track_op() || bias || self.adapters.is_trained()
    }

    /// Numbers per row that it gives.
    pub(in crate::model) fn out(&self) -> Result<usize> {
        Ok(self.size()?.0)
    }

    /// `(out, in)`.
    fn size(&self) -> Result<(usize, usize)> {
        self.weight.dims2()
    }

    /// `x` `(rows, in)` to `(rows, out)`.
    pub(in crate::model) fn run(&self, x: &[f32]) -> Result<Vec<f32>> {
        let (out, width) = self.size()?;
        let rows = x.len() / width;
        let (mut y, into) = match &self.bias {
            Some(bias) => (Floats::of(bias)?.repeat(rows), Into::Sum),
            None => (vec![0.0; rows * out], Into::Fresh),
        };
        let borrowed = Borrowed::of(&self.weight);
        let x_rows = Mat::new(x, rows, width, width);
        times_transposed(&mut y, out, into, x_rows, borrowed.matrix()?, out);
        self.adapters.add_rows(x, &mut y)?;
        Ok(y)
    }

    /// Takes the gradient `g` `(rows, out)` of what `x` `(rows, in)` became back to the weights.
    pub(in crate::model) fn back_to_weights(
        &self,
        x: &[f32],
        g: &[f32],
        turn: Turn<'_>,
    ) -> Result<()> {
        let (out, width) = self.size()?;
        let rows = x.len() / width;
        if self.weight.track_op() {
            turn.add(self.id, |sum| {
                let (g, x) = (Mat::new(g, rows, out, out), Mat::new(x, rows, width, width));
                product(sum, width, Into::Sum, g.t(), x, 1.0);
            })?;
        }
        if let Some(bias) = &self.bias {
            turn.add(bias.id(), |sum| add_rows(sum, g))?;
        }
        self.adapters.back_to_weights(x, g, turn)
    }

    /// Takes it back to `x`, to whose gradient `gx` it is added or which it becomes.
    pub(in crate::model) fn back_to_input(
        &self,
        g: &[f32],
        gx: &mut [f32],
        into: Into,
    ) -> Result<()> {
        let (out, width) = self.size()?;
        let borrowed = Borrowed::of(&self.weight);
        let g_rows = Mat::new(g, g.len() / out, out, out);
        times(gx, into, g_rows, borrowed.matrix()?, width);
        self.adapters.back_to_input(g, gx)
    }

    /// Back to both: the gradient of `x`.
    pub(in crate::model) fn back(&self, x: &[f32], g: &[f32], turn: Turn<'_>) -> Result<Vec<f32>> {
        self.back_to_weights(x, g, turn)?;
        let mut gx = vec![0.0; x.len()];
        self.back_to_input(g, &mut gx, Into::Fresh)?;
        Ok(gx)
    }
}

impl Norm {
    /// Whether anything in it is trained.
    pub(in crate::model) fn is_trained(&self) -> bool {
        let bias = self.bias.as_ref().is_some_and(|bias| bias.track_op());
        self.weight.track_op() || bias
    }

    /// Every row normalised.
    pub(in crate::model) fn run(&self, x: &[f32]) -> Result<Vec<f32>> {
        let bias = self.bias.as_ref().map(Floats::of).transpose()?;
        let weight = Floats::of(&self.weight)?;
        Ok(norm_forward(x, &weight, bias.as_deref(), self.eps as f32))
    }

    /// Takes the gradient `g` of what `x` became back: to the weights, and added to `gx`.
    pub(in crate::model) fn back(
        &self,
        x: &[f32],
        g: &[f32],
        gx: &mut [f32],
        turn: Turn<'_>,
    ) -> Result<()> {
        let weight = Floats::of(&self.weight)?;
        let mut gw = vec![0.0; weight.len()];
        norm_backward(
            (gx, &mut gw),
            (x, &weight, g),
            self.eps as f32,
            self.bias.is_some(),
        );
        turn.add(self.weight.id(), |sum| add_rows(sum, &gw))?;
        match &self.bias {
            Some(bias) => turn.add(bias.id(), |sum| add_rows(sum, g)),
            None => Ok(()),
        }
    }
}
