//! What kind of picture an image is, and what people call it in a prompt.

use crate::lang::Lang;
use serde::{Deserialize, Serialize};

/// The kind of picture, in the spirit of DICOM's Modality (0008,0060).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Modality {
    /// Computed tomography (CT).
    Ct,
    /// Magnetic resonance (MR).
    Mr,
    /// Radiography (CR, DX, RG).
    Xray,
    /// Mammography (MG).
    Mammography,
    /// Ultrasound (US).
    Ultrasound,
    /// Fundus photography (OP).
    Fundus,
    /// Optical coherence tomography (OPT).
    Oct,
    /// Photographs of skin (XC, DMS).
    Dermatology,
    /// Slide microscopy (SM, GM).
    Pathology,
    /// Endoscopy (ES).
    Endoscopy,
    /// Nuclear medicine and positron emission tomography (NM, PT).
    Nuclear,
    /// Anything else.
    Other,
}

impl Modality {
    /// All of them, in the order of declaration.
    pub const ALL: [Self; 12] = [
        Self::Ct,
        Self::Mr,
        Self::Xray,
        Self::Mammography,
        Self::Ultrasound,
        Self::Fundus,
        Self::Oct,
        Self::Dermatology,
        Self::Pathology,
        Self::Endoscopy,
        Self::Nuclear,
        Self::Other,
    ];

    /// The name used in SQL, JSON and files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ct => "ct",
            Self::Mr => "mr",
            Self::Xray => "xray",
            Self::Mammography => "mammography",
            Self::Ultrasound => "ultrasound",
            Self::Fundus => "fundus",
            Self::Oct => "oct",
            Self::Dermatology => "dermatology",
            Self::Pathology => "pathology",
            Self::Endoscopy => "endoscopy",
            Self::Nuclear => "nuclear",
            Self::Other => "other",
        }
    }

    /// From DICOM's Modality (0008,0060), PS3.3 C.7.3.1.1.1.
    #[must_use]
    pub fn from_dicom(code: &str) -> Self {
        match code.trim() {
            "CT" => Self::Ct,
            "MR" => Self::Mr,
            "CR" | "DX" | "RG" | "XA" | "RF" | "PX" | "IO" => Self::Xray,
            "MG" => Self::Mammography,
            "US" | "IVUS" => Self::Ultrasound,
            "OP" => Self::Fundus,
            "OPT" => Self::Oct,
            "XC" | "DMS" => Self::Dermatology,
            "SM" | "GM" => Self::Pathology,
            "ES" => Self::Endoscopy,
            "NM" | "PT" => Self::Nuclear,
            _ => Self::Other,
        }
    }

    /// How a prompt in `lang` names such a picture: "CT scan", "CT图像". Languages without words of their own read English.
    #[must_use]
    pub fn phrase(self, lang: &Lang) -> &'static str {
        match lang.primary() {
            "zh" => self.phrase_zh(),
            "ja" => self.phrase_ja(),
            _ => self.phrase_en(),
        }
    }

    fn phrase_en(self) -> &'static str {
        match self {
            Self::Ct => "CT scan",
            Self::Mr => "MRI scan",
            Self::Xray => "X-ray image",
            Self::Mammography => "mammogram",
            Self::Ultrasound => "ultrasound image",
            Self::Fundus => "fundus photograph",
            Self::Oct => "OCT image",
            Self::Dermatology => "skin photograph",
            Self::Pathology => "pathology image",
            Self::Endoscopy => "endoscopy image",
            Self::Nuclear => "nuclear medicine image",
            Self::Other => "medical image",
        }
    }

    fn phrase_zh(self) -> &'static str {
        match self {
            Self::Ct => "CT图像",
            Self::Mr => "MRI图像",
            Self::Xray => "X光图像",
            Self::Mammography => "乳腺X光图像",
            Self::Ultrasound => "超声图像",
            Self::Fundus => "眼底图像",
            Self::Oct => "OCT图像",
            Self::Dermatology => "皮肤图像",
            Self::Pathology => "病理图像",
            Self::Endoscopy => "内镜图像",
            Self::Nuclear => "核医学图像",
            Self::Other => "医学影像",
        }
    }

    fn phrase_ja(self) -> &'static str {
        match self {
            Self::Ct => "CT画像",
            Self::Mr => "MRI画像",
            Self::Xray => "X線画像",
            Self::Mammography => "マンモグラフィ画像",
            Self::Ultrasound => "超音波画像",
            Self::Fundus => "眼底画像",
            Self::Oct => "OCT画像",
            Self::Dermatology => "皮膚画像",
            Self::Pathology => "病理画像",
            Self::Endoscopy => "内視鏡画像",
            Self::Nuclear => "核医学画像",
            Self::Other => "医用画像",
        }
    }
}

/// A name that is none of the modalities.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a modality: one of ct, mr, xray, mammography, ultrasound, fundus, oct, dermatology, pathology, endoscopy, nuclear, other is expected"
)]
pub struct NotAModality(String);

impl std::str::FromStr for Modality {
    type Err = NotAModality;
    fn from_str(text: &str) -> Result<Self, NotAModality> {
        Self::ALL
            .into_iter()
            .find(|m| m.as_str() == text)
            .ok_or_else(|| NotAModality(text.to_owned()))
    }
}

impl std::fmt::Display for Modality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_ones_serde_writes() {
        for modality in Modality::ALL {
            assert_eq!(serde_json::to_value(modality).unwrap(), modality.as_str());
            assert_eq!(modality.as_str().parse::<Modality>().unwrap(), modality);
        }
    }
}
