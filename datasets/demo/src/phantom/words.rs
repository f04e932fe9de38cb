//! What a careful reader would write about a region, in English and Chinese, from the facts that were drawn.

use super::concepts::names;
use medreg_datasets::geometry::PixelBox;
use rand::Rng;

/// A description in English and the same in Chinese.
pub(super) fn describe(
    concept: &str,
    bbox: &PixelBox,
    millimetres: f64,
    rng: &mut impl Rng,
) -> (String, String) {
    let (english, chinese) = names(concept);
    let [x0, y0, x1, y1] = bbox.corners();
    let (w, h) = (
        ((x1 - x0) * millimetres).round(),
        ((y1 - y0) * millimetres).round(),
    );
    let (look_en, look_zh) = look(concept);
    let (size_en, size_zh) = size(w.max(h), concept);
    // Readers do not all write alike.
    match rng.random_range(0..3) {
        0 => (
            format!("{english}, {w} × {h} mm, {look_en}"),
            format!("{chinese}，{w}×{h} mm，{look_zh}"),
        ),
        1 => (
            format!("{size_en} {english}, {look_en}"),
            format!("{size_zh}{chinese}，{look_zh}"),
        ),
        _ => (
            format!("{size_en} {english} of {w} × {h} mm"),
            format!("{size_zh}{chinese}，大小{w}×{h} mm"),
        ),
    }
}

/// How it looks.
fn look(concept: &str) -> (&'static str, &'static str) {
    match concept {
        "liver" | "spleen" => ("homogeneous density", "密度均匀"),
        "left_kidney" | "right_kidney" => ("regular outline", "轮廓规则"),
        "vertebra" => ("intact cortex", "骨皮质完整"),
        "cyst" => ("low density, sharp margin", "低密度，边界清楚"),
        "left_lung" | "right_lung" => ("clear field", "透亮度正常"),
        "heart" => ("smooth outline", "轮廓光滑"),
        "nodule" => ("round, high density", "圆形，高密度"),
        "ventricles" => ("symmetrical", "形态对称"),
        "tumour" => ("bright rim, dark core", "环形强化，中心暗"),
        "optic_disc" => ("sharp margin", "边界清楚"),
        "macula" => ("even colour", "色泽均匀"),
        "haemorrhage" => ("dark red", "暗红色"),
        "calcification" => ("very dense", "密度极高"),
        "haemangioma" => ("bright, uneven", "明显强化，不均匀"),
        "abscess" => (
            "thick bright wall, low density inside",
            "厚壁强化，内部低密度",
        ),
        "aneurysm" => ("round, calcified wall", "圆形，壁钙化"),
        "effusion" => ("blunted angle, high density", "肋膈角变钝，高密度"),
        "consolidation" => ("hazy, ill-defined", "模糊，边界不清"),
        "pneumothorax" => ("no lung markings", "无肺纹理"),
        "cavity" => ("thin wall, air inside", "薄壁，内含气体"),
        "pacemaker" => ("metal, rounded", "金属，圆角"),
        "infarct" => ("high signal, ill-defined", "高信号，边界不清"),
        "meningioma" => ("homogeneous, broad base", "信号均匀，宽基底"),
        "subdural" => ("crescent, low signal", "新月形，低信号"),
        "cavernoma" => ("popcorn-like, dark rim", "爆米花样，低信号环"),
        "exudate" => ("bright yellow, sharp margin", "亮黄色，边界清楚"),
        "naevus" => ("slate grey, flat", "青灰色，扁平"),
        "laser_scar" => ("pale rim, pigmented centre", "边缘苍白，中央色素"),
        _ => ("yellow spots", "黄色斑点"),
    }
}

/// Small, medium or large for its kind, by its longer side in millimetres.
fn size(longest: f64, concept: &str) -> (&'static str, &'static str) {
    let (small, large) = match concept {
        "liver" | "left_lung" | "right_lung" => (130.0, 190.0),
        "spleen" | "heart" => (80.0, 110.0),
        "left_kidney" | "right_kidney" | "vertebra" => (48.0, 60.0),
        "cyst" | "nodule" => (28.0, 36.0),
        "ventricles" | "tumour" => (28.0, 60.0),
        _ => (2.0, 3.0),
    };
    if longest < small {
        ("small", "小")
    } else if longest > large {
        ("large", "大")
    } else {
        ("medium", "中等大小")
    }
}
