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

const fn row(
    key: &'static str,
    english: &'static str,
    chinese: &'static str,
    modality: Modality,
) -> Row {
    (key, ConceptKind::Lesion, english, chinese, modality)
}

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

/// What only a pool with a balance of its own shows, from frequent to rare in an archive.
const RARE: [Row; 16] = [
    row("calcification", "calcification", "钙化", Modality::Ct),
    row("haemangioma", "haemangioma", "血管瘤", Modality::Ct),
    row("abscess", "abscess", "脓肿", Modality::Ct),
    row("aneurysm", "aneurysm", "动脉瘤", Modality::Ct),
    row("effusion", "pleural effusion", "胸腔积液", Modality::Xray),
    row("consolidation", "consolidation", "实变", Modality::Xray),
    row("pneumothorax", "pneumothorax", "气胸", Modality::Xray),
    row("cavity", "cavity", "空洞", Modality::Xray),
    row("pacemaker", "pacemaker", "心脏起搏器", Modality::Xray),
    row("infarct", "infarct", "梗死灶", Modality::Mr),
    row("meningioma", "meningioma", "脑膜瘤", Modality::Mr),
    row(
        "subdural",
        "subdural collection",
        "硬膜下积液",
        Modality::Mr,
    ),
    row("cavernoma", "cavernoma", "海绵状血管瘤", Modality::Mr),
    row("exudate", "exudate", "渗出", Modality::Fundus),
    row("naevus", "naevus", "脉络膜痣", Modality::Fundus),
    row("laser_scar", "laser scar", "激光斑", Modality::Fundus),
];

/// The demo project's ontology, sorted by key.
#[must_use]
pub fn concepts() -> Vec<Concept> {
    described(&ROWS)
}

/// The ontology of a pool with a balance of its own: the demo's and the rarer findings.
#[must_use]
pub fn all_concepts() -> Vec<Concept> {
    described(&[&ROWS[..], &RARE[..]].concat())
}

/// The findings of a kind of picture, from frequent to rare in an archive.
pub(super) fn findings_of(kind: Modality) -> Vec<&'static str> {
    let lesion = |row: &&Row| row.1 == ConceptKind::Lesion && row.4 == kind;
    let rows = ROWS.iter().chain(&RARE);
    rows.filter(lesion).map(|row| row.0).collect()
}

fn described(rows: &[Row]) -> Vec<Concept> {
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
    let mut concepts: Vec<Concept> = rows.iter().filter_map(concept).collect();
    concepts.sort_by(|a, b| a.key.cmp(&b.key));
    concepts
}

/// English and Chinese name of a concept.
pub(super) fn names(key: &str) -> (&'static str, &'static str) {
    let row = ROWS.iter().chain(&RARE).find(|row| row.0 == key);
    row.map_or(("region", "区域"), |row| (row.2, row.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_a_concept() {
        assert_eq!(concepts().len(), ROWS.len());
        assert_eq!(all_concepts().len(), ROWS.len() + RARE.len());
    }
}
