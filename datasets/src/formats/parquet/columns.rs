//! The columns of our Parquet files, and how nested rows are laid out in them (Melnik et al. 2010, "Dremel", section 4).

use crate::lang::Lang;
use parquet::data_type::ByteArray;
use serde_json::{Map, Value, json};

/// A column or a group of them. All of them may be without a value.
pub(super) struct Column {
    pub name: String,
    kind: Kind,
    /// How many columns without further parts it has.
    leaves: usize,
}

enum Kind {
    Text,
    /// The image file.
    File,
    Whole,
    Real,
    Parts(Vec<Column>),
    /// A list, of the one column there is.
    List(Box<Column>),
}

fn plain(name: &str, kind: Kind) -> Column {
    let name = name.to_owned();
    let leaves = 1;
    Column { name, kind, leaves }
}

fn text(name: &str) -> Column {
    plain(name, Kind::Text)
}

fn whole(name: &str) -> Column {
    plain(name, Kind::Whole)
}

fn parts(name: &str, parts: Vec<Column>) -> Column {
    Column {
        name: name.to_owned(),
        leaves: parts.iter().map(|part| part.leaves).sum(),
        kind: Kind::Parts(parts),
    }
}

fn list(name: &str, of: Column) -> Column {
    Column {
        name: name.to_owned(),
        leaves: of.leaves,
        kind: Kind::List(Box::new(of)),
    }
}

/// The columns of a file with texts in these languages; they are those of an [`Entry`](super::super::entry::Entry).
pub(super) fn columns(langs: &[Lang]) -> Vec<Column> {
    let texts = |name: &str| parts(name, langs.iter().map(|lang| text(lang.as_str())).collect());
    let rows = |name: &str, of: Vec<Column>| list(name, parts("element", of));
    let turns = vec![text("question"), text("answer")];
    vec![
        parts("image", vec![plain("bytes", Kind::File), text("path")]),
        text("id"),
        whole("width"),
        whole("height"),
        text("split"),
        text("modality"),
        rows(
            "regions",
            vec![
                text("id"),
                list("bbox", plain("element", Kind::Real)),
                text("presence"),
                text("reader"),
                texts("names"),
                texts("texts"),
            ],
        ),
        rows("labels", vec![texts("names"), text("presence")]),
        rows(
            "report",
            vec![texts("texts"), list("regions", whole("element"))],
        ),
        rows(
            "conversations",
            vec![
                text("id"),
                text("lang"),
                text("system"),
                rows("turns", turns),
            ],
        ),
    ]
}

/// The schema in Parquet's own words.
pub(super) fn schema(columns: &[Column]) -> String {
    let columns: String = columns.iter().map(Column::schema).collect();
    format!("message record {{ {columns} }}")
}

/// The columns as Hugging Face's `datasets` describes them, so that it shows images as such.
pub(super) fn features(columns: &[Column]) -> Value {
    let features: Map<String, Value> = (columns.iter())
        .map(|column| (column.name.clone(), column.feature()))
        .collect();
    json!({ "info": { "features": features } })
}

impl Column {
    fn schema(&self) -> String {
        let name = &self.name;
        match &self.kind {
            Kind::Text => format!("OPTIONAL BYTE_ARRAY {name} (UTF8);\n"),
            Kind::File => format!("OPTIONAL BYTE_ARRAY {name};\n"),
            Kind::Whole => format!("OPTIONAL INT32 {name};\n"),
            Kind::Real => format!("OPTIONAL DOUBLE {name};\n"),
            Kind::Parts(parts) => {
                let parts: String = parts.iter().map(Self::schema).collect();
                format!("OPTIONAL group {name} {{ {parts} }}\n")
            }
            Kind::List(of) => {
                let of = of.schema();
                format!("OPTIONAL group {name} (LIST) {{ REPEATED group list {{ {of} }} }}\n")
            }
        }
    }

    fn feature(&self) -> Value {
        let value = |dtype: &str| json!({ "dtype": dtype, "_type": "Value" });
        match &self.kind {
            Kind::Text => value("string"),
            Kind::File => value("binary"),
            Kind::Whole => value("int32"),
            Kind::Real => value("float64"),
            Kind::Parts(parts) if parts.iter().any(|part| matches!(part.kind, Kind::File)) => {
                json!({ "_type": "Image" })
            }
            Kind::Parts(parts) => (parts.iter())
                .map(|part| (part.name.clone(), part.feature()))
                .collect::<Map<_, _>>()
                .into(),
            Kind::List(of) => json!({ "feature": of.feature(), "_type": "List" }),
        }
    }
}

/// The values of one column without further parts: for each the list in which it starts a new entry, and how much of its path is there.
#[derive(Debug)]
pub(super) struct Leaf {
    pub values: Values,
    pub repeated: Vec<i16>,
    pub defined: Vec<i16>,
}

#[derive(Debug)]
pub(super) enum Values {
    Bytes(Vec<ByteArray>),
    Whole(Vec<i32>),
    Real(Vec<f64>),
}

impl Leaf {
    fn new(values: Values) -> Self {
        Self {
            values,
            repeated: Vec::new(),
            defined: Vec::new(),
        }
    }
}

/// Rows that wait to be written together.
#[derive(Debug)]
pub(super) struct Rows {
    pub leaves: Vec<Leaf>,
    pub rows: u64,
    /// What they take of memory, about.
    pub bytes: usize,
}

/// Where in its lists a value stands.
#[derive(Clone, Copy)]
struct Place {
    repeated: i16,
    defined: i16,
    depth: i16,
}

impl Rows {
    pub(super) fn new(columns: &[Column]) -> Self {
        let mut leaves = Vec::new();
        columns.iter().for_each(|column| begin(column, &mut leaves));
        Self {
            leaves,
            rows: 0,
            bytes: 0,
        }
    }

    /// Adds a row, and the image file that belongs to it.
    pub(super) fn add(&mut self, columns: &[Column], row: &Value, file: Option<&[u8]>) {
        let place = Place {
            repeated: 0,
            defined: 0,
            depth: 0,
        };
        let mut leaf = 0;
        for column in columns {
            self.put(column, leaf, (row.get(&column.name), file), place);
            leaf += column.leaves;
        }
        self.rows += 1;
    }

    fn put(
        &mut self,
        column: &Column,
        leaf: usize,
        (value, file): (Option<&Value>, Option<&[u8]>),
        place: Place,
    ) {
        let value = value.filter(|value| !value.is_null());
        match &column.kind {
            Kind::Parts(parts) => {
                let defined = place.defined + i16::from(value.is_some());
                let place = Place { defined, ..place };
                let mut leaf = leaf;
                for part in parts {
                    let value = value.and_then(|value| value.get(&part.name));
                    self.put(part, leaf, (value, file), place);
                    leaf += part.leaves;
                }
            }
            Kind::List(of) => self.put_list(of, leaf, value, place),
            Kind::File => self.put_value(leaf, (None, file), place),
            _ => self.put_value(leaf, (value, None), place),
        }
    }

    fn put_list(&mut self, of: &Column, leaf: usize, value: Option<&Value>, place: Place) {
        let entries = value.and_then(Value::as_array);
        let defined = place.defined + i16::from(entries.is_some());
        let entries = entries.map(Vec::as_slice).unwrap_or_default();
        if entries.is_empty() {
            self.put(of, leaf, (None, None), Place { defined, ..place });
        }
        for (nth, entry) in entries.iter().enumerate() {
            let inside = Place {
                repeated: if nth == 0 {
                    place.repeated
                } else {
                    place.depth + 1
                },
                defined: defined + 1,
                depth: place.depth + 1,
            };
            self.put(of, leaf, (Some(entry), None), inside);
        }
    }

    fn put_value(
        &mut self,
        leaf: usize,
        (value, file): (Option<&Value>, Option<&[u8]>),
        place: Place,
    ) {
        let Some(leaf) = self.leaves.get_mut(leaf) else {
            return;
        };
        let there = match &mut leaf.values {
            Values::Whole(values) => {
                let whole = value.and_then(Value::as_i64);
                let whole = whole.and_then(|number| i32::try_from(number).ok());
                values.extend(whole);
                whole.is_some()
            }
            Values::Real(values) => {
                let real = value.and_then(Value::as_f64);
                values.extend(real);
                real.is_some()
            }
            Values::Bytes(values) => {
                let text = value.and_then(Value::as_str).map(str::as_bytes);
                let bytes = text.or(file);
                self.bytes += bytes.map_or(0, <[u8]>::len) + 24;
                values.extend(bytes.map(|bytes| ByteArray::from(bytes.to_vec())));
                bytes.is_some()
            }
        };
        self.bytes += 12;
        leaf.repeated.push(place.repeated);
        leaf.defined.push(place.defined + i16::from(there));
    }
}

fn begin(column: &Column, leaves: &mut Vec<Leaf>) {
    match &column.kind {
        Kind::Text | Kind::File => leaves.push(Leaf::new(Values::Bytes(Vec::new()))),
        Kind::Whole => leaves.push(Leaf::new(Values::Whole(Vec::new()))),
        Kind::Real => leaves.push(Leaf::new(Values::Real(Vec::new()))),
        Kind::Parts(parts) => parts.iter().for_each(|part| begin(part, leaves)),
        Kind::List(of) => begin(of, leaves),
    }
}
