//! Adapters on plain rows in host memory, forward and backward.

use super::{Adaptation, Adapter};
use crate::model::kernels::{Dropout, Floats, Into, Mat, product, product_of};
use crate::model::nn::Input;
use crate::model::sums::Turn;
use candle_core::Result;
use std::borrow::Cow;
use std::ops::Range;

impl Adapter {
    /// The inputs that this pass leaves in.
    fn left<'x>(&self, Input { x, asked }: Input<'x>) -> Result<Cow<'x, [f32]>> {
        let Some((share, seed)) = self.dropped else {
            return Ok(Cow::Borrowed(x));
        };
        let (dropout, width) = (Dropout { share, seed }, self.halves.a.dims2()?.1);
        Ok(Cow::Owned(match asked {
            None => dropout.applied(x),
            Some(rows) => dropout.applied_to(rows, x, width),
        }))
    }

    /// `x Aᵀ`: `(rows, rank)`.
    fn low(&self, x: &[f32]) -> Result<Vec<f32>> {
        let (rank, width) = self.halves.a.dims2()?;
        let (rows, a) = (x.len() / width, Floats::of(&self.halves.a)?);
        let (x, a) = (
            Mat::new(x, rows, width, width),
            Mat::new(&a, rank, width, width),
        );
        Ok(product_of(x, a.t(), 1.0))
    }

    /// Adds its share for `x` to `y`, rows `stride` numbers apart.
    fn add_rows(&self, input: Input<'_>, y: &mut [f32], stride: usize) -> Result<()> {
        let ((out, rank), b) = (self.halves.b.dims2()?, Floats::of(&self.halves.b)?);
        let low = self.low(&self.left(input)?)?;
        let low = Mat::new(&low, low.len() / rank, rank, rank);
        let b = Mat::new(&b, out, rank, rank);
        product(y, stride, Into::Sum, low, b.t(), self.halves.scale as f32);
        Ok(())
    }

    /// The gradient of `x Aᵀ` for the gradient `g` `(rows, out)`.
    fn back_to_low(&self, g: Mat<'_>) -> Result<Vec<f32>> {
        let ((out, rank), b) = (self.halves.b.dims2()?, Floats::of(&self.halves.b)?);
        let b = Mat::new(&b, out, rank, rank);
        Ok(product_of(g, b, self.halves.scale as f32))
    }

    /// Adds to the gradients of both halves; `g_low` is what [`Self::back_to_low`] gives for `g`.
    fn back_to_weights(
        &self,
        input: Input<'_>,
        (g, g_low): (Mat<'_>, &[f32]),
        turn: Turn<'_>,
    ) -> Result<()> {
        let (rank, width) = self.halves.a.dims2()?;
        let (x, rows) = (self.left(input)?, g.size().0);
        let low = self.low(&x)?;
        let low = Mat::new(&low, rows, rank, rank);
        let scale = self.halves.scale as f32;
        turn.add_product(self.halves.b.id(), [g.t(), low], scale)?;
        let g_low = Mat::new(g_low, rows, rank, rank).t();
        let x = Mat::new(&x, rows, width, width);
        turn.add_product(self.halves.a.id(), [g_low, x], 1.0)
    }

    /// Adds to the gradient `gx` of the layer's input.
    fn back_to_input(&self, g_low: &[f32], asked: Option<&[u32]>, gx: &mut [f32]) -> Result<()> {
        let ((rank, width), a) = (self.halves.a.dims2()?, Floats::of(&self.halves.a)?);
        let g_low = Mat::new(g_low, g_low.len() / rank, rank, rank);
        let a = Mat::new(&a, rank, width, width);
        if self.dropped.is_none() {
            product(gx, width, Into::Sum, g_low, a, 1.0);
            return Ok(());
        }
        let g_left = product_of(g_low, a, 1.0);
        let g_input = self.left(Input { x: &g_left, asked })?;
        gx.iter_mut()
            .zip(g_input.iter())
            .for_each(|(gx, g)| *gx += g);
        Ok(())
    }
}

impl Adaptation {
    /// Whether there are adapters that are trained.
    pub(in crate::model) fn is_trained(&self) -> bool {
        self.parts().any(|(adapter, _)| adapter.halves.a.track_op())
    }

    /// Each adapter and which third of the rows of the layer's weight it is for, if it is not for all.
    fn parts(&self) -> impl Iterator<Item = (&Adapter, Option<usize>)> {
        let (whole, thirds) = match self {
            Self::Plain => (None, None),
            Self::Whole(adapter) => (Some(adapter), None),
            Self::Thirds(thirds) => (None, Some(thirds)),
        };
        let thirds = thirds
            .into_iter()
            .flat_map(|thirds| thirds.iter().enumerate());
        let thirds = thirds.filter_map(|(n, adapter)| Some((adapter.as_ref()?, Some(n))));
        whole
            .map(|adapter| (adapter, None))
            .into_iter()
            .chain(thirds)
    }

    /// The same with the columns of a row of `out` numbers that it is for, `whole` being how many numbers there are.
    fn columns(&self, whole: usize, rows: usize) -> impl Iterator<Item = (&Adapter, Range<usize>)> {
        let out = whole / rows.max(1);
        self.parts().map(move |(adapter, third)| match third {
            None => (adapter, 0..out),
            Some(n) => (adapter, n * out / 3..(n + 1) * out / 3),
        })
    }

    /// Adds their share for `input` to the layer's own `y`.
    pub(in crate::model) fn add_rows(&self, input: Input<'_>, y: &mut [f32]) -> Result<()> {
        let rows = self.rows_of(input.x)?;
        let stride = y.len() / rows.max(1);
        for (adapter, columns) in self.columns(y.len(), rows) {
            adapter.add_rows(input, &mut y[columns.start..], stride)?;
        }
        Ok(())
    }

    /// Takes the gradient `g` of the layer's result back to their weights.
    pub(in crate::model) fn back_to_weights(
        &self,
        input: Input<'_>,
        g: &[f32],
        turn: Turn<'_>,
    ) -> Result<()> {
        let rows = self.rows_of(input.x)?;
        for (adapter, columns) in self.columns(g.len(), rows) {
            let g = matrix(g, rows).columns(columns);
            adapter.back_to_weights(input, (g, &adapter.back_to_low(g)?), turn)?;
        }
        Ok(())
    }

    /// Takes it back to their weights and adds their share of the gradient of the layer's input to `gx`.
    pub(in crate::model) fn back(
        &self,
        input: Input<'_>,
        g: &[f32],
        gx: &mut [f32],
        turn: Turn<'_>,
    ) -> Result<()> {
        let rows = self.rows_of(gx)?;
        for (adapter, columns) in self.columns(g.len(), rows) {
            let g = matrix(g, rows).columns(columns);
            let g_low = adapter.back_to_low(g)?;
            adapter.back_to_weights(input, (g, &g_low), turn)?;
            adapter.back_to_input(&g_low, input.asked, gx)?;
        }
        Ok(())
    }

    /// How many rows of the layer's inputs these are.
    fn rows_of(&self, x: &[f32]) -> Result<usize> {
        match self.parts().next() {
            Some((adapter, _)) => Ok(x.len() / adapter.halves.a.dims2()?.1),
            None => Ok(0),
        }
    }
}

fn matrix(g: &[f32], rows: usize) -> Mat<'_> {
    let out = g.len() / rows.max(1);
    Mat::new(g, rows, out, out)
}
