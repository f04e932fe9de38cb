//! Linear layers and norms on plain rows in host memory, forward and, by hand, backward. Nothing is kept in between: whoever goes back
//! has the inputs. Gradients of weights go to their sums, once per image.

use super::{Linear, Norm};
use crate::model::kernels::{
    Borrowed, Floats, Into, Mat, add_rows, norm_backward, norm_forward, product_with,
    product_with_transposed, times, times_transposed,
};
use crate::model::sums::Turn;
use candle_core::Result;

/// Rows `(rows, width)` that a layer gets, and which of the sequence's they are where they are not all of them.
#[derive(Clone, Copy)]
pub(in crate::model) struct Input<'a> {
    pub(in crate::model) x: &'a [f32],
    pub(in crate::model) asked: Option<&'a [u32]>,
}

impl<'a> From<&'a [f32]> for Input<'a> {
    fn from(x: &'a [f32]) -> Self {
        Self { x, asked: None }
    }
}

impl<'a> From<&'a Vec<f32>> for Input<'a> {
    fn from(x: &'a Vec<f32>) -> Self {
        Self { x, asked: None }
    }
}

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
    pub(in crate::model) fn run<'a>(
        &self,
        input: impl std::convert::Into<Input<'a>>,
    ) -> Result<Vec<f32>> {
        let (input, (out, width)) = (input.into(), self.size()?);
        let x = input.x;
        let rows = x.len() / width;
        let borrowed = Borrowed::of(&self.weight);
        let (weight, x_rows) = (borrowed.matrix()?, Mat::new(x, rows, width, width));
        let mut y = match &self.bias {
            Some(bias) => {
                let mut y = Floats::of(bias)?.repeat(rows);
                times_transposed(&mut y, out, Into::Sum, x_rows, weight, out);
                y
            }
            None => product_with_transposed(x_rows, weight, out),
        };
        self.adapters.add_rows(input, &mut y)?;
        Ok(y)
    }

    /// Takes the gradient `g` `(rows, out)` of what `input` `(rows, in)` became back to the weights.
    pub(in crate::model) fn back_to_weights<'a>(
        &self,
        input: impl std::convert::Into<Input<'a>>,
        g: &[f32],
        turn: Turn<'_>,
    ) -> Result<()> {
        let input = input.into();
        self.back_to_own_weights(input, g, turn)?;
        self.adapters.back_to_weights(input, g, turn)
    }

    fn back_to_own_weights(&self, input: Input<'_>, g: &[f32], turn: Turn<'_>) -> Result<()> {
        let (out, width) = self.size()?;
        let rows = input.x.len() / width;
        if self.weight.track_op() {
            let g = Mat::new(g, rows, out, out);
            let x = Mat::new(input.x, rows, width, width);
            turn.add_product(self.id, [g.t(), x], 1.0)?;
        }
        if let Some(bias) = &self.bias {
            turn.add(bias.id(), |sum| add_rows(sum, g))?;
        }
        Ok(())
    }

    /// Takes it back to the weights, and adds to the gradient `gx` of the input.
    pub(in crate::model) fn add_back<'a>(
        &self,
        input: impl std::convert::Into<Input<'a>>,
        g: &[f32],
        gx: &mut [f32],
        turn: Turn<'_>,
    ) -> Result<()> {
        let (input, (out, width)) = (input.into(), self.size()?);
        self.back_to_own_weights(input, g, turn)?;
        let borrowed = Borrowed::of(&self.weight);
        let g_rows = Mat::new(g, g.len() / out, out, out);
        times(gx, Into::Sum, g_rows, borrowed.matrix()?, width);
        self.adapters.back(input, g, gx, turn)
    }

    /// Back to both: the gradient of the input.
    pub(in crate::model) fn back<'a>(
        &self,
        input: impl std::convert::Into<Input<'a>>,
        g: &[f32],
        turn: Turn<'_>,
    ) -> Result<Vec<f32>> {
        let (input, (out, width)) = (input.into(), self.size()?);
        self.back_to_own_weights(input, g, turn)?;
        let borrowed = Borrowed::of(&self.weight);
        let g_rows = Mat::new(g, g.len() / out, out, out);
        let mut gx = product_with(g_rows, borrowed.matrix()?, width);
        self.adapters.back(input, g, &mut gx, turn)?;
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
