//! Attention of several [`Span`]s at once, all heads together: on a GPU many small products take as long as a few large ones.

use super::softmax;
use crate::model::kernels::{Heads, Span};
use candle_core::{Device, Result, Tensor};
use std::cell::RefCell;
use std::ops::Range;
use std::sync::{Arc, Weak};

/// Scores of one head and one product up to which spans may be put together although most of what each then has is hidden.
const CHEAP: usize = 1 << 20;

pub fn attend(
    q: &Tensor,
    k: &Tensor,
    v: &Tensor,
    heads: Heads,
    spans: &Arc<Vec<Span>>,
) -> Result<Tensor> {
    let groups = groups_of(spans, q.device())?;
    let (mut parts, mut next) = (Vec::with_capacity(groups.len()), 0);
    for group in &*groups {
        parts.extend(unasked(next..group.queries.start, q)?);
        parts.push(group.attend(q, k, v, heads)?);
        next = group.queries.end;
    }
    parts.extend(unasked(next..q.dim(0)?, q)?);
    match &parts[..] {
        [whole] => Ok(whole.clone()),
        parts => Tensor::cat(parts, 0),
    }
}

pub fn attend_fused(qkv: &Tensor, heads: Heads, spans: &Arc<Vec<Span>>) -> Result<Tensor> {
    let width = heads.query * heads.size;
    let part = |n: usize| qkv.narrow(1, n * width, width);
    attend(&part(0)?, &part(1)?, &part(2)?, heads, spans)
}

/// Zeros for rows that no span asks for.
fn unasked(rows: Range<usize>, q: &Tensor) -> Result<Option<Tensor>> {
    let zeros = || Tensor::zeros((rows.len(), q.dim(1)?), q.dtype(), q.device());
    (!rows.is_empty()).then(zeros).transpose()
}

/// Rows that ask together.
#[derive(Debug)]
struct Group {
    /// Their rows.
    queries: Range<usize>,
    /// The rows of keys and values that any of them sees.
    keys: Vec<Range<usize>>,
    /// As how many sequences of one length, side by side, each of which sees itself alone.
    count: usize,
    /// Minus infinity for the keys that a query does not see: `(queries, keys)` of one sequence.
    mask: Option<Tensor>,
}

thread_local! {
    /// The groups of the list that was asked for last: all layers of a pass ask for the same.
    static LAST: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

struct Kept {
    spans: Weak<Vec<Span>>,
    device: Device,
    groups: Arc<Vec<Group>>,
}

fn groups_of(spans: &Arc<Vec<Span>>, device: &Device) -> Result<Arc<Vec<Group>>> {
    let same = |kept: &&Kept| {
        let list = kept.spans.upgrade();
        list.is_some_and(|list| Arc::ptr_eq(&list, spans)) && kept.device.same_device(device)
    };
    let found = |kept: &RefCell<Option<Kept>>| {
        let kept = kept.borrow();
        kept.as_ref()
            .filter(same)
            .map(|kept| Arc::clone(&kept.groups))
    };
    if let Some(groups) = LAST.with(found) {
        return Ok(groups);
    }
    let groups = Arc::new(grouped(spans, device)?);
    let kept = Kept {
        spans: Arc::downgrade(spans),
        device: device.clone(),
        groups: Arc::clone(&groups),
    };
    LAST.set(Some(kept));
    Ok(groups)
}

/// The spans in the order of their queries, put together where that is no more work than it saves.
fn grouped(spans: &[Span], device: &Device) -> Result<Vec<Group>> {
    let mut order: Vec<&Span> = spans.iter().filter(|s| !s.queries.is_empty()).collect();
    order.sort_by_key(|span| span.queries.start);
    for pair in order.windows(2) {
        if pair[1].queries.start < pair[0].queries.end {
            candle_core::bail!("attention: row {} asks twice", pair[1].queries.start);
        }
    }
    let (mut groups, mut rest) = (Vec::new(), &order[..]);
    while !rest.is_empty() {
        let (alike, related) = (alike(rest), related(rest));
        let group = match alike > 1 && alike >= related {
            true => Group::of_alike(&rest[..alike], device)?,
            false => Group::of_related(&rest[..related], device)?,
        };
        groups.push(group);
        rest = &rest[alike.max(related)..];
    }
    Ok(groups)
}

/// How many of the first spans are sequences of one length that see themselves alone, side by side.
fn alike(spans: &[&Span]) -> usize {
    let first = spans[0];
    let alone = |s: &Span| s.context.is_empty() && s.own == s.queries;
    let follows = |n: usize, s: &Span| {
        let start = first.queries.start + n * first.queries.len();
        let here = s.queries == (start..start + first.queries.len());
        alone(s) && here && s.causal == first.causal
    };
    let alike = spans.iter().enumerate().take_while(|(n, s)| follows(*n, s));
    alike.count().max(1)
}

/// How many of the first spans, neighbours, have their scores in one product: those of which two thirds are seen, and cheap ones.
fn related(spans: &[&Span]) -> usize {
    let (mut seen, mut keys) = (0, keys_of(spans[0]));
    let (start, mut end) = (spans[0].queries.start, spans[0].queries.start);
    for (count, span) in spans.iter().enumerate() {
        let hull = hull(&keys, &keys_of(span));
        let with = seen + span.queries.len() * (span.context.len() + span.own.len());
        let scores = (span.queries.end - start) * hull.len();
        let worth = scores <= CHEAP || 2 * scores <= 3 * with;
        if count > 0 && !(span.queries.start == end && worth) {
            return count;
        }
        (seen, keys, end) = (with, hull, span.queries.end);
    }
    spans.len()
}

/// From the first row that a span sees to the last.
fn keys_of(span: &Span) -> Range<usize> {
    match (span.context.is_empty(), span.own.is_empty()) {
        (true, _) => span.own.clone(),
        (_, true) => span.context.clone(),
        _ => hull(&span.context, &span.own),
    }
}

fn hull(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.min(b.start)..a.end.max(b.end)
}

impl Group {
    fn of_alike(spans: &[&Span], device: &Device) -> Result<Self> {
        let first = spans[0];
        let queries = first.queries.start..spans[spans.len() - 1].queries.end;
        Ok(Self {
            keys: vec![queries.clone()],
            queries,
            count: spans.len(),
            mask: mask(&spans[..1], std::slice::from_ref(&first.own), device)?,
        })
    }

    fn of_related(spans: &[&Span], device: &Device) -> Result<Self> {
        let keys = match spans {
            // What lies between its context and its own rows is nothing to it.
            [one] => vec![one.context.clone(), one.own.clone()],
            _ => {
                let whole = |keys: Range<usize>, s: &&Span| hull(&keys, &keys_of(s));
                vec![spans.iter().fold(keys_of(spans[0]), whole)]
            }
        };
        let keys: Vec<_> = keys.into_iter().filter(|rows| !rows.is_empty()).collect();
        Ok(Self {
            queries: spans[0].queries.start..spans[spans.len() - 1].queries.end,
            count: 1,
            mask: mask(spans, &keys, device)?,
            keys,
        })
    }

    /// The rows that the group's queries get: `(queries, query heads · size)`. Query heads that share a key head are rows of one product.
    fn attend(&self, q: &Tensor, k: &Tensor, v: &Tensor, heads: Heads) -> Result<Tensor> {
        let (count, each) = (self.count, heads.query / heads.key);
        let rows = self.queries.len() / count;
        let seen = self.keys.iter().map(Range::len).sum::<usize>() / count;
        // (count · rows, query heads · size) → (count · key heads, each · rows, size)
        let q = (q.narrow(0, self.queries.start, self.queries.len())?
            * (1.0 / (heads.size as f64).sqrt()))?
        .reshape((count, rows, heads.key, each, heads.size))?
        .permute((0, 2, 3, 1, 4))?
        .reshape((count * heads.key, each * rows, heads.size))?;
        // (count · seen, key heads · size) → (count · key heads, seen, size)
        let of_group = |x: &Tensor| -> Result<Tensor> {
            self.keys_in(x)?
                .reshape((count, seen, heads.key, heads.size))?
                .transpose(1, 2)?
                .contiguous()?
                .reshape((count * heads.key, seen, heads.size))
        };
        let scores = q.matmul(&of_group(k)?.t()?)?;
        let mut scores = scores.reshape((count * heads.query, rows, seen))?;
        if let Some(mask) = &self.mask {
            scores = scores.broadcast_add(mask)?;
        }
        let shares = softmax(&scores)?.reshape((count * heads.key, each * rows, seen))?;
        // (count · key heads, each · rows, size) → (count · rows, query heads · size)
        shares
            .matmul(&of_group(v)?)?
            .reshape((count, heads.key, each, rows, heads.size))?
            .permute((0, 3, 1, 2, 4))?
            .reshape((count * rows, heads.query * heads.size))
    }

    /// The rows of keys or values that the group sees.
    fn keys_in(&self, x: &Tensor) -> Result<Tensor> {
        let part = |rows: &Range<usize>| x.narrow(0, rows.start, rows.len());
        match &self.keys[..] {
            [rows] => part(rows),
            all => Tensor::cat(&all.iter().map(part).collect::<Result<Vec<_>>>()?, 0),
        }
    }
}

/// What the queries of `spans` do not see of the rows `keys`; `None` where each sees all of them.
fn mask(spans: &[&Span], keys: &[Range<usize>], device: &Device) -> Result<Option<Tensor>> {
    let seen: usize = keys.iter().map(Range::len).sum();
    let rows: usize = spans.iter().map(|s| s.queries.len()).sum();
    let mut hidden = vec![f32::NEG_INFINITY; rows * seen];
    let queries = spans
        .iter()
        .flat_map(|span| (0..span.queries.len()).map(move |index| (span, index)));
    for ((span, index), row) in queries.zip(hidden.chunks_exact_mut(seen.max(1))) {
        let own = span.own.start..span.own.start + span.visible(index);
        for visible in [span.context.clone(), own] {
            show(row, keys, &visible);
        }
    }
    if hidden.iter().all(|x| *x == 0.0) {
        return Ok(None);
    }
    Tensor::from_vec(hidden, (rows, seen), device).map(Some)
}

/// Clears the places of `visible` in a row of the mask, whose columns are the rows `keys` one after the other.
fn show(row: &mut [f32], keys: &[Range<usize>], visible: &Range<usize>) {
    let mut column = 0;
    for rows in keys {
        let (from, to) = (visible.start.max(rows.start), visible.end.min(rows.end));
        if from < to {
            row[column + from - rows.start..column + to - rows.start].fill(0.0);
        }
        column += rows.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Queries, keys and how often of each group.
    fn shapes(spans: &[Span]) -> Vec<(Range<usize>, usize, usize)> {
        let groups = grouped(spans, &Device::Cpu).unwrap();
        let shape = |g: Group| {
            let keys = g.keys.iter().map(Range::len).sum();
            (g.queries, keys, g.count)
        };
        groups.into_iter().map(shape).collect()
    }

    #[test]
    fn spans_are_put_together_where_that_saves_work() {
        // The tiles of a picture.
        let tiles: Vec<Span> = (0..3)
            .map(|n| Span::bidirectional(n * 2000..(n + 1) * 2000))
            .collect();
        assert_eq!(shapes(&tiles), [(0..6000, 6000, 3)]);
        // Questions about one picture, most of which each sees.
        let mut family = vec![Span::causal(0..2000, 0..0)];
        family.extend((0..4).map(|n| Span::causal(2000 + n * 50..2050 + n * 50, 0..2000)));
        assert_eq!(shapes(&family), [(0..2200, 2200, 1)]);
        // Long sequences of several lengths, and short ones.
        let long = [Span::causal(0..3000, 0..0), Span::causal(3000..7000, 0..0)];
        assert_eq!(shapes(&long), [(0..3000, 3000, 1), (3000..7000, 4000, 1)]);
        let short = [Span::causal(0..30, 0..0), Span::causal(30..70, 0..0)];
        assert_eq!(shapes(&short), [(0..70, 70, 1)]);
        // A row that continues a sequence far behind what it shares with others.
        let next = Span {
            queries: 0..1,
            context: 0..100,
            own: 2_000_000..2_000_005,
            causal: true,
        };
        assert_eq!(shapes(&[next]), [(0..1, 105, 1)]);
    }

    #[test]
    fn a_row_that_asks_twice_is_refused() {
        let twice = [Span::causal(0..3, 0..0), Span::causal(2..5, 0..0)];
        let error = grouped(&twice, &Device::Cpu).unwrap_err().to_string();
        assert!(error.contains("row 2 asks twice"), "{error}");
    }

    #[test]
    fn another_list_of_spans_has_groups_of_its_own() {
        for rows in [3, 5] {
            let spans = Arc::new(vec![Span::causal(0..rows, 0..0)]);
            for _ in 0..2 {
                let groups = groups_of(&spans, &Device::Cpu).unwrap();
                assert_eq!(groups[0].queries, 0..rows);
            }
        }
    }
}
