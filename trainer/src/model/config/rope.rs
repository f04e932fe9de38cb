//! How rotary positions reach further than the training did.

use serde::{Deserialize, Serialize};

/// `rope_scaling`, or the scaling part of `rope_parameters`, of a decoder's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub enum RopeScaling {
    /// None.
    Default,
    /// Positions divided by the factor.
    Linear(f64),
    /// A larger base once a sequence is longer than `max_position_embeddings` (NTK by parts of the length).
    Dynamic(f64),
}

/// As the files have it; the name of the kind is `type` in older ones.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    #[serde(alias = "type", default = "default_kind")]
    rope_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    factor: Option<f64>,
}

fn default_kind() -> String {
    "default".to_owned()
}

impl TryFrom<Written> for RopeScaling {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let factor = || match written.factor {
            Some(factor) if factor >= 1.0 && factor.is_finite() => Ok(factor),
            other => Err(format!(
                "rope scaling `{}` has the factor {other:?}, a number from 1 is expected",
                written.rope_type
            )),
        };
        match written.rope_type.as_str() {
            "default" => Ok(Self::Default),
            "linear" => Ok(Self::Linear(factor()?)),
            "dynamic" => Ok(Self::Dynamic(factor()?)),
            other => Err(format!(
                "rope scaling `{other}` is not supported: default, linear or dynamic is expected"
            )),
        }
    }
}

impl From<RopeScaling> for Written {
    fn from(scaling: RopeScaling) -> Self {
        let (kind, factor) = match scaling {
            RopeScaling::Default => ("default", None),
            RopeScaling::Linear(factor) => ("linear", Some(factor)),
            RopeScaling::Dynamic(factor) => ("dynamic", Some(factor)),
        };
        Self {
            rope_type: kind.to_owned(),
            factor,
        }
    }
}

impl RopeScaling {
    /// Base frequency and divisor of the positions for a sequence of `length` rows, with heads of `head` numbers.
    #[must_use]
    pub fn frequencies(self, theta: f64, length: usize, longest: usize, head: usize) -> (f64, f64) {
        match self {
            Self::Linear(factor) => (theta, factor),
            Self::Dynamic(factor) if length > longest && head > 2 => {
                let over = factor * length as f64 / longest as f64 - (factor - 1.0);
                let exponent = head as f64 / (head as f64 - 2.0);
                (theta * over.powf(exponent), 1.0)
            }
            Self::Default | Self::Dynamic(_) => (theta, 1.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_the_unknown_is_refused_by_name() {
        let read = serde_json::from_str::<RopeScaling>;
        assert_eq!(
            read(r#"{"type": "dynamic", "factor": 2.0}"#).unwrap(),
            RopeScaling::Dynamic(2.0)
        );
        assert_eq!(
            read(r#"{"rope_type": "linear", "factor": 4, "rope_theta": 1e6}"#).unwrap(),
            RopeScaling::Linear(4.0)
        );
        let unknown = read(r#"{"rope_type": "yarn", "factor": 4}"#).unwrap_err();
        assert!(unknown.to_string().contains("`yarn`"), "{unknown}");
        assert!(read(r#"{"type": "linear"}"#).is_err());
    }

    #[test]
    fn dynamic_scaling_acts_only_beyond_the_longest_sequence() {
        let at = |length| RopeScaling::Dynamic(2.0).frequencies(1e6, length, 100, 64);
        assert_eq!(at(100), (1e6, 1.0));
        // Twice the length with factor 2: base · 3^(64 / 62).
        assert!((at(200).0 / (1e6 * 3f64.powf(64.0 / 62.0)) - 1.0).abs() < 1e-12);
        assert_eq!(
            RopeScaling::Linear(4.0).frequencies(1e6, 7, 100, 64),
            (1e6, 4.0)
        );
    }
}
