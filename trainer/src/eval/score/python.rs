//! What Python's string methods do, where published scores hang on it.

/// What `str.split` and `\s` take for a space: Unicode's white space and the four separators of ASCII.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `text.split()`.
pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|word| !word.is_empty())
}

/// `text.strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `text.rstrip(string.punctuation)`.
pub(super) fn strip_punctuation_after(text: &str) -> &str {
    text.trim_end_matches(|c: char| c.is_ascii_punctuation())
}

/// The numbers of a list of lists as `ast.literal_eval` reads them: one inner list after the other.
///
/// Lists and tuples of integers and fractions are read; anything else is none, as it ends the published evaluators too.
pub(super) fn lists(text: &str) -> Option<Vec<Vec<f64>>> {
    let mut reader = Reader {
        rest: text.trim_start_matches([' ', '\t']),
    };
    let value = reader.value(0)?;
    reader.space();
    if !reader.rest.is_empty() {
        return None;
    }
    let Value::List(items) = value else {
        return None;
    };
    items.into_iter().map(numbers).collect()
}

/// The numbers of one inner list, whose own lists must be of one length, as a tensor's are.
fn numbers(value: Value) -> Option<Vec<f64>> {
    let mut all = Vec::new();
    shape(&value, &mut all)?;
    Some(all)
}

/// Puts a value's numbers into `all`; its lengths at each depth, where these are the same everywhere.
fn shape(value: &Value, all: &mut Vec<f64>) -> Option<Vec<usize>> {
    let items = match value {
        Value::Number(number) => {
            all.push(*number);
            return Some(Vec::new());
        }
        Value::List(items) => items,
    };
    let mut shapes = items.iter().map(|item| shape(item, all));
    let mut whole = vec![items.len()];
    if let Some(first) = shapes.next() {
        let first = first?;
        if !shapes.all(|other| other.as_ref() == Some(&first)) {
            return None;
        }
        whole.extend(first);
    }
    Some(whole)
}

enum Value {
    Number(f64),
    List(Vec<Value>),
}

struct Reader<'a> {
    rest: &'a str,
}

/// Deeper lists than these are no boxes.
const DEEPEST: usize = 16;

impl Reader<'_> {
    fn space(&mut self) {
        self.rest = self
            .rest
            .trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
    }

    fn eat(&mut self, c: char) -> bool {
        self.space();
        let Some(rest) = self.rest.strip_prefix(c) else {
            return false;
        };
        self.rest = rest;
        true
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEEPEST {
            return None;
        }
        if self.eat('[') {
            return self.items(']', depth).map(|(items, _)| Value::List(items));
        }
        if self.eat('(') {
            let (mut items, commas) = self.items(')', depth)?;
            // `(1)` is a number and `(1,)` a tuple.
            return match (items.len(), commas) {
                (1, 0) => items.pop(),
                _ => Some(Value::List(items)),
            };
        }
        self.number().map(Value::Number)
    }

    /// The values before `end`, and how many commas are among them.
    fn items(&mut self, end: char, depth: usize) -> Option<(Vec<Value>, usize)> {
        let (mut items, mut commas) = (Vec::new(), 0);
        loop {
            if self.eat(end) {
                return Some((items, commas));
            }
            if items.len() != commas {
                return None;
            }
            items.push(self.value(depth + 1)?);
            if self.eat(',') {
                commas += 1;
            }
        }
    }

    fn number(&mut self) -> Option<f64> {
        let negative = match self.eat('-') {
            true => true,
            false => {
                self.eat('+');
                false
            }
        };
        self.space();
        let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '_');
        let exponent = |c: char| number(c) || matches!(c, '+' | '-');
        let bytes = match self.rest.find(|c| !number(c)) {
            Some(at) if self.rest[..at].ends_with(['e', 'E']) => {
                self.rest.find(|c| !exponent(c)).unwrap_or(self.rest.len())
            }
            at => at.unwrap_or(self.rest.len()),
        };
        let (digits, rest) = self.rest.split_at(bytes);
        let value = literal(digits)?;
        self.rest = rest;
        Some(if negative { -value } else { value })
    }
}

/// A number as Python writes it: no leading zeros before other digits of an integer.
fn literal(digits: &str) -> Option<f64> {
    if digits.starts_with('_') || digits.ends_with('_') || digits.contains("__") {
        return None;
    }
    let plain = digits.replace('_', "");
    let integer = plain.bytes().all(|b| b.is_ascii_digit());
    let zeros = plain.trim_start_matches('0');
    if integer && !zeros.is_empty() && zeros.len() < plain.len() {
        return None;
    }
    plain.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_python_reads_them() {
        assert_eq!(lists("[[1, 2,3, 4]]"), Some(vec![vec![1.0, 2.0, 3.0, 4.0]]));
        assert_eq!(
            lists(" [(1, 2, 3, 4,), [-5, .5, 6e2, 0]] ").map(|l| l.len()),
            Some(2)
        );
        assert_eq!(
            lists("[[[1, 2, 3, 4]]]"),
            Some(vec![vec![1.0, 2.0, 3.0, 4.0]])
        );
        assert_eq!(lists("[]"), Some(vec![]));
        for not in [
            "",
            "[[01, 2, 3, 4]]",
            "[[1, 2",
            "[[1 2]]",
            "[[1, 2]] x",
            "7",
            "[[１, 2]]",
            "[[1, [2, 3]]]",
            "[a]",
        ] {
            assert_eq!(lists(not), None, "{not}");
        }
        assert_eq!(lists("[00, 1]").map(|l| l.len()), Some(2));
    }

    #[test]
    fn spaces_are_python_s() {
        assert_eq!(
            words(" a\u{1c}b\u{3000}c \n").collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
        assert_eq!(strip_punctuation_after("Mass).;"), "Mass");
    }
}
