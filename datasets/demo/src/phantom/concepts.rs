//! What can be on a synthetic picture.

use medreg_datasets::lang::Lang;
use medreg_datasets::modality::Modality;
use medreg_datasets::ontology::{Concept, ConceptKind};

type Row = (
    &'static str,
    ConceptKind,
    &'static str,
    &'static str,
    Modality,
);

const ROWS: [Row; 16] = [
    (
        "liver",
        ConceptKind::Structure,
        "liver",
        "肝脏",
        Modality::Ct,
    ),
    (
        "spleen",
        ConceptKind::Structure,
        "spleen",
        "脾脏",
        Modality::Ct,
    ),
    (
        "left_kidney",
        ConceptKind::Structure,
        "left kidney",
        "左肾",
        Modality::Ct,
    ),
    (
        "right_kidney",
        ConceptKind::Structure,
        "right kidney",
        "右肾",
        Modality::Ct,
    ),
    (
        "vertebra",
        ConceptKind::Structure,
        "vertebra",
        "椎体",
        Modality::Ct,
    ),
    ("cyst", ConceptKind::Lesion, "cyst", "囊肿", Modality::Ct),
    (
        "left_lung",
        ConceptKind::Structure,
        "left lung",
        "左肺",
        Modality::Xray,
    ),
    (
        "right_lung",
        ConceptKind::Structure,
        "right lung",
        "右肺",
        Modality::Xray,
    ),
    (
        "heart",
        ConceptKind::Structure,
        "heart",
        "心脏",
        Modality::Xray,
    ),
    (
        "nodule",
        ConceptKind::Lesion,
        "nodule",
        "结节",
        Modality::Xray,
    ),
    (
        "ventricles",
        ConceptKind::Structure,
        "ventricles",
        "脑室",
        Modality::Mr,
    ),
    (
        "tumour",
        ConceptKind::Lesion,
        "tumour",
        "肿瘤",
        Modality::Mr,
    ),
    (
        "optic_disc",
        ConceptKind::Structure,
        "optic disc",
        "视盘",
        Modality::Fundus,
    ),
    (
        "macula",
        ConceptKind::Structure,
        "macula",
        "黄斑",
        Modality::Fundus,
    ),
    (
        "haemorrhage",
        ConceptKind::Lesion,
        "haemorrhage",
        "出血",
        Modality::Fundus,
    ),
    (
        "drusen",
        ConceptKind::Lesion,
        "drusen",
        "玻璃膜疣",
        Modality::Fundus,
    ),
];

/// The demo project's ontology, sorted by key.
#[must_use]
pub fn concepts() -> Vec<Concept> {
    let concept = |(key, kind, english, chinese, modality): &Row| {
        Some(Concept {
            key: key.parse().ok()?,
            kind: *kind,
            names: [
                (Lang::en(), (*english).to_owned()),
                (Lang::zh(), (*chinese).to_owned()),
            ]
            .into(),
            synonyms: Default::default(),
            codes: Default::default(),
            modalities: vec![*modality],
        })
    };
    let mut concepts: Vec<Concept> = ROWS.iter().filter_map(concept).collect();
    concepts.sort_by(|a, b| a.key.cmp(&b.key));
    concepts
}

/// English and Chinese name of a concept.
pub(super) fn names(key: &str) -> (&'static str, &'static str) {
    let row = ROWS.iter().find(|row| row.0 == key);
    row.map_or(("region", "区域"), |row| (row.2, row.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_concept() {
        assert_eq!(concepts().len(), ROWS.len());
    }
}
