//! What confidences are worth, as they are and as a calibration makes them.

use crate::calibrate::{Calibration, Map, Reliability, Told, samples};
use medreg_datasets::evaluation::{Estimate, ReliabilityBin, ReliabilityCurve};
use medreg_datasets::lang::Lang;
use medreg_datasets::protocol::PredictionLine;
use std::collections::BTreeMap;

/// Task, language, and whether calibrated.
type Kind = (String, Lang, bool);

/// Confidences with their outcomes, patient by patient.
pub(super) struct Confidences<'a> {
    calibration: Option<&'a Calibration>,
    told: BTreeMap<Kind, BTreeMap<String, Vec<Told>>>,
}

impl<'a> Confidences<'a> {
    pub fn new(calibration: Option<&'a Calibration>) -> Self {
        Self {
            calibration,
            told: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, line: &PredictionLine) {
        let map = self.map(&line.task, &line.lang);
        for sample in samples([line]) {
            let both = [
                (false, sample.raw()),
                (true, map.and_then(|map| sample.mapped(map))),
            ];
            for (calibrated, confidence) in both {
                if let Some(confidence) = confidence.filter(|c| c.is_finite()) {
                    let kind = (line.task.clone(), line.lang.clone(), calibrated);
                    let patients = self.told.entry(kind).or_default();
                    let told = patients.entry(line.patient.clone()).or_default();
                    told.push((confidence, sample.right));
                }
            }
        }
    }

    fn map(&self, task: &str, lang: &Lang) -> Option<&'a Map> {
        let parts = &self.calibration?.parts;
        let part = parts.iter().find(|p| p.task == task && p.lang == *lang)?;
        part.map.as_ref()
    }

    pub fn finish(self) -> Vec<ReliabilityCurve> {
        let curve = |((task, lang, calibrated), patients): (Kind, BTreeMap<String, Vec<Told>>)| {
            let found = Reliability::of_patients(patients.into_values().collect())?;
            let bin = |bin: &crate::calibrate::Bin| ReliabilityBin {
                samples: bin.samples as u64,
                confidence: bin.confidence,
                right: bin.right,
            };
            Some(ReliabilityCurve {
                task,
                lang,
                calibrated,
                samples: found.samples as u64,
                patients: found.patients as u64,
                ece: Estimate {
                    value: Some(found.ece),
                    ci95: Some(found.ece_interval),
                    n: found.samples as u64,
                },
                ece_by_chance: found.ece_by_chance,
                auroc: found.auroc,
                bins: found.bins.iter().map(bin).collect(),
            })
        };
        self.told.into_iter().filter_map(curve).collect()
    }
}
