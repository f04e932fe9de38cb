//! Gradients in host memory as the ranks send them: small ones together, so that not each of them costs the ranks a meeting.

use super::RanksError;
use crate::train::Numbers;

/// Numbers that are summed at once. 16 MiB.
const BUCKET: usize = 4 << 20;

/// Has `sum` sum all of them, bucket after bucket, and brings to host memory what is not there. Equally many in the same order give the
/// same buckets on all ranks.
pub fn sum_on_host(
    rank: usize,
    gradients: &mut [Numbers],
    sum: &dyn Fn(&mut [f32]) -> Result<(), RanksError>,
) -> Result<(), RanksError> {
    let host = gradients.iter_mut().map(Numbers::on_host);
    let host = host.collect::<candle_core::Result<Vec<_>>>();
    let mut parts = host.map_err(|reason| RanksError::Gradient { rank, reason })?;
    let mut rest = &mut parts[..];
    while !rest.is_empty() {
        let fitting = fitting(rest);
        let (bucket, after) = std::mem::take(&mut rest).split_at_mut(fitting);
        sum_bucket(bucket, sum)?;
        rest = after;
    }
    Ok(())
}

/// How many of the first tensors fit one bucket; one that is larger fills one by itself.
fn fitting(parts: &[&mut Vec<f32>]) -> usize {
    let ends = parts.iter().scan(0, |end, numbers| {
        *end += numbers.len();
        Some(*end)
    });
    ends.take_while(|end| *end <= BUCKET).count().max(1)
}

fn sum_bucket(
    bucket: &mut [&mut Vec<f32>],
    sum: &dyn Fn(&mut [f32]) -> Result<(), RanksError>,
) -> Result<(), RanksError> {
    if let [numbers] = bucket {
        return sum(numbers);
    }
    let mut all: Vec<f32> = bucket.iter().flat_map(|n| n.iter()).copied().collect();
    sum(&mut all)?;
    let mut rest = &all[..];
    for numbers in bucket {
        let (own, after) = rest.split_at(numbers.len());
        numbers.copy_from_slice(own);
        rest = after;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Tensor};
    use std::cell::RefCell;

    #[test]
    fn small_tensors_travel_together_and_a_large_one_alone() {
        let there = Tensor::new(&[1.0_f32, 2.0], &Device::Cpu).unwrap();
        let mut gradients = [
            Numbers::Host(vec![0.5]),
            Numbers::There(there),
            Numbers::Host(vec![3.0; BUCKET]),
            Numbers::Host(vec![4.0]),
            Numbers::Host(vec![]),
        ];
        let sent = RefCell::new(Vec::new());
        // The other rank has the same numbers.
        sum_on_host(0, &mut gradients, &|numbers| {
            sent.borrow_mut().push(numbers.len());
            numbers.iter_mut().for_each(|x| *x *= 2.0);
            Ok(())
        })
        .unwrap();
        assert_eq!(sent.into_inner(), [3, BUCKET, 1]);
        let summed = gradients.map(|numbers| numbers.into_host().unwrap());
        assert_eq!(summed[0], [1.0]);
        assert_eq!(summed[1], [2.0, 4.0]);
        assert!(summed[2].iter().all(|x| *x == 6.0));
        assert_eq!((&summed[3][..], &summed[4][..]), (&[8.0][..], &[][..]));
    }
}
