//! What a pool of pictures is made of: kinds of picture, how frequent each finding is, how much of it is nearly the same twice.
//!
//! Archives have a long tail: of the 174 findings of PadChest (arXiv 1901.07441) and the 22 local labels of VinDr-CXR (arXiv 2012.15029) a
//! few are everywhere and most are rare. Zipf's law, `1 / rank^s`, has that shape.

use super::concepts::findings_of;
use medreg_datasets::modality::Modality;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The kinds of picture that are drawn.
pub const KINDS: [Modality; 4] = [Modality::Xray, Modality::Ct, Modality::Mr, Modality::Fundus];
/// Of the pictures with a finding, the share that show two.
const TWICE: f64 = 0.2;

/// How frequent everything is in a pool of synthetic pictures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// The share of each kind of picture among patients; they need not sum to 1.
    pub modalities: BTreeMap<Modality, f64>,
    /// The share of the pictures of its kind that show each finding. A finding that is not named is on none.
    pub findings: BTreeMap<String, f64>,
    /// The share of a patient's further pictures that are nearly the one before: the same scene, moved a little, with other noise.
    #[serde(default)]
    pub repeats: f64,
}

/// Why a balance cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BalanceError {
    /// It is neither a known name nor a file.
    #[error("`{0}` is no balance: archive, eye-clinic, even or a TOML file is expected")]
    Unknown(String),
    /// The file is not one.
    #[error("{0}: {1}")]
    File(String, toml::de::Error),
    /// Something in it cannot be.
    #[error("{0}")]
    Impossible(String),
}

impl Balance {
    /// A general archive: X-rays before CT before MR before eyes, findings by Zipf's law with exponent 1.5 from 30 % on.
    #[must_use]
    pub fn archive() -> Self {
        Self::zipf([0.42, 0.3, 0.16, 0.12], (0.3, 1.5), 0.4, |_| {})
    }

    /// Another house: eyes before MR before CT before X-rays, frequent findings rare and rare ones frequent, a flatter tail.
    #[must_use]
    pub fn eye_clinic() -> Self {
        Self::zipf([0.1, 0.2, 0.28, 0.42], (0.25, 1.3), 0.25, |names| {
            names.reverse();
        })
    }

    /// All kinds of picture and all findings about equally often and nothing twice: what rare findings are measured on.
    #[must_use]
    pub fn even() -> Self {
        Self::zipf([0.25; 4], (0.22, 0.0), 0.0, |_| {})
    }

    fn zipf(
        shares: [f64; 4],
        (first, exponent): (f64, f64),
        repeats: f64,
        order: impl Fn(&mut Vec<&str>),
    ) -> Self {
        let findings = KINDS.into_iter().flat_map(|kind| {
            let mut names = findings_of(kind);
            order(&mut names);
            let ranked = names.into_iter().zip(1..);
            let share = |(name, rank): (&str, i32)| {
                (name.to_owned(), first / f64::from(rank).powf(exponent))
            };
            ranked.map(share).collect::<Vec<_>>()
        });
        Self {
            modalities: KINDS.into_iter().zip(shares).collect(),
            findings: findings.collect(),
            repeats,
        }
    }

    /// The balance of this name, or in this file.
    pub fn named(name: &str) -> Result<Self, BalanceError> {
        match name {
            "archive" => Ok(Self::archive()),
            "eye-clinic" => Ok(Self::eye_clinic()),
            "even" => Ok(Self::even()),
            file => Self::read(file),
        }
    }

    fn read(file: &str) -> Result<Self, BalanceError> {
        let text = std::fs::read_to_string(Path::new(file))
            .map_err(|_| BalanceError::Unknown(file.to_owned()))?;
        let balance: Self =
            toml::from_str(&text).map_err(|e| BalanceError::File(file.to_owned(), e))?;
        balance.checked()
    }

    fn checked(self) -> Result<Self, BalanceError> {
        let refuse = |why: String| Err(BalanceError::Impossible(why));
        if let Some(kind) = self.modalities.keys().find(|kind| !KINDS.contains(kind)) {
            return refuse(format!(
                "nothing is drawn for the modality {}",
                kind.as_str()
            ));
        }
        let known: Vec<&str> = KINDS.into_iter().flat_map(findings_of).collect();
        if let Some(name) = self
            .findings
            .keys()
            .find(|name| !known.contains(&name.as_str()))
        {
            return refuse(format!(
                "there is no finding {name}: known are {}",
                known.join(", ")
            ));
        }
        let share = |x: &f64| (0.0..=1.0).contains(x);
        if !self
            .modalities
            .values()
            .chain(self.findings.values())
            .all(share)
            || !share(&self.repeats)
        {
            return refuse("a share is not between 0 and 1".to_owned());
        }
        match self.modalities.values().sum::<f64>() > 0.0 {
            true => Ok(self),
            false => refuse("no modality has a share above 0".to_owned()),
        }
    }

    /// A kind of picture by chance.
    pub(super) fn kind(&self, rng: &mut impl Rng) -> Modality {
        let kinds: Vec<(&Modality, &f64)> = self.modalities.iter().collect();
        kinds
            .choose_weighted(rng, |(_, share)| **share)
            .map_or(Modality::Ct, |(kind, _)| **kind)
    }

    /// How often a finding is on a picture of its kind: 0, 1 or 2 times.
    pub(super) fn how_many(&self, finding: &str, rng: &mut impl Rng) -> usize {
        let share = self.findings.get(finding).copied().unwrap_or(0.0);
        match rng.random_bool(share) {
            false => 0,
            true => 1 + usize::from(rng.random_bool(TWICE)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Region, patients_of};
    use super::*;

    #[test]
    fn the_archive_has_a_zipfian_tail_and_the_pool_keeps_to_it() {
        let archive = Balance::archive();
        let share = |name: &str| archive.findings[name];
        assert_eq!(share("nodule"), 0.3);
        assert!((share("effusion") - 0.3 / 2f64.powf(1.5)).abs() < 1e-12);
        let pool = patients_of(&archive, 5, 900);
        let images: Vec<(Modality, Vec<Region>)> = pool
            .flat_map(|p| p.studies)
            .flat_map(|s| s.images.into_iter().map(move |i| (s.modality, i.regions)))
            .collect();
        let of = |kind: Modality| images.iter().filter(move |(m, _)| *m == kind);
        let shown = |kind: Modality, name: &str| {
            let on =
                |(_, regions): &&(Modality, Vec<Region>)| regions.iter().any(|r| r.concept == name);
            of(kind).filter(on).count() as f64 / of(kind).count() as f64
        };
        let xrays = of(Modality::Xray).count() as f64 / images.len() as f64;
        assert!((xrays - 0.42).abs() < 0.07, "{xrays}");
        // Repeats make neighbours alike, so that the spread is wider than that of single draws.
        assert!((shown(Modality::Xray, "nodule") - 0.3).abs() < 0.1);
        assert!((shown(Modality::Xray, "effusion") - 0.106).abs() < 0.06);
        assert!(shown(Modality::Xray, "pacemaker") < 0.06);
    }

    #[test]
    fn a_balance_that_cannot_be_is_refused_with_what_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            let file = folder.path().join("balance.toml");
            std::fs::write(&file, text).unwrap();
            Balance::named(file.to_str().unwrap())
        };
        let fine = "repeats = 0.1\n[modalities]\nct = 1.0\n[findings]\ncyst = 0.5\n";
        assert_eq!(read(fine).unwrap().findings["cyst"], 0.5);
        let told = |text: &str| read(text).unwrap_err().to_string();
        assert!(told("[modalities]\noct = 1.0\n[findings]\n").contains("oct"));
        assert!(told("[modalities]\nct = 1.0\n[findings]\nsmile = 0.1\n").contains("cyst"));
        assert!(told("[modalities]\nct = 1.5\n[findings]\n").contains("between 0 and 1"));
        assert!(told("[modalities]\nct = 0.0\n[findings]\n").contains("no modality"));
        assert!(
            Balance::named("nowhere")
                .unwrap_err()
                .to_string()
                .contains("archive")
        );
    }
}
