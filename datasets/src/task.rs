//! The tasks a model is trained and scored on, as questions and answers in the MedRegA format.

use crate::geometry::GridBox;
use crate::lang::Lang;
use crate::modality::Modality;

/// One question about an image with the answer a reader's regions give it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// What is asked, without the image placeholder.
    pub question: String,
    /// The right answer.
    pub answer: String,
}

/// `[[x1, y1, x2, y2], [x1, y1, x2, y2]]`, the inside of a `<box>`.
#[must_use]
pub fn box_list(boxes: &[GridBox]) -> String {
    let boxes: Vec<String> = boxes.iter().map(ToString::to_string).collect();
    format!("[{}]", boxes.join(", "))
}

/// `<ref>name</ref><box>[[x1, y1, x2, y2]]</box>`.
#[must_use]
pub fn grounded(name: &str, boxes: &[GridBox]) -> String {
    format!("<ref>{name}</ref><box>{}</box>", box_list(boxes))
}

/// Region-to-Text: which concept does this box show?
#[must_use]
pub fn region_to_text(lang: &Lang, modality: Modality, bbox: GridBox) -> String {
    let picture = modality.phrase(lang);
    match lang.primary() {
        "zh" => format!("这张{picture}中{}是什么？", grounded("此处", &[bbox])),
        "ja" => format!("この{picture}の{}は何ですか？", grounded("ここ", &[bbox])),
        _ => format!("What is {} in this {picture}?", grounded("this", &[bbox])),
    }
}

/// Text-to-Region: where are all the regions of this concept?
#[must_use]
pub fn text_to_region(lang: &Lang, modality: Modality, name: &str) -> String {
    let picture = modality.phrase(lang);
    match lang.primary() {
        "zh" => format!("请在这张{picture}中定位<ref>{name}</ref>。"),
        "ja" => format!("この{picture}の<ref>{name}</ref>の位置を示してください。"),
        _ => format!("Please locate <ref>{name}</ref> in this {picture}."),
    }
}

/// The answer to [`text_to_region`]; without boxes it says that the concept is absent.
#[must_use]
pub fn regions_answer(lang: &Lang, name: &str, boxes: &[GridBox]) -> String {
    if !boxes.is_empty() {
        return grounded(name, boxes);
    }
    match lang.primary() {
        "zh" => format!("未见<ref>{name}</ref>。"),
        "ja" => format!("<ref>{name}</ref>は認めません。"),
        _ => format!("<ref>{name}</ref> is absent."),
    }
}

/// Grounded description: what does a reader say about this box?
#[must_use]
pub fn describe_region(lang: &Lang, modality: Modality, bbox: GridBox) -> String {
    let picture = modality.phrase(lang);
    match lang.primary() {
        "zh" => format!("请描述这张{picture}中的{}。", grounded("此处", &[bbox])),
        "ja" => format!(
            "この{picture}の{}を記述してください。",
            grounded("ここ", &[bbox])
        ),
        _ => format!(
            "Please describe {} in this {picture}.",
            grounded("this", &[bbox])
        ),
    }
}

/// A person's question, about a box where there is one, and with the regions that were found before as what to answer by (Regional CoT,
/// MedRegA section 3.3: predicted boxes are appended to the question).
#[must_use]
pub fn asked(
    lang: &Lang,
    question: &str,
    about: Option<GridBox>,
    found: &[(String, Vec<GridBox>)],
) -> String {
    let this = match lang.primary() {
        "zh" => "此处",
        "ja" => "ここ",
        _ => "this",
    };
    let about = about.map(|bbox| grounded(this, &[bbox]));
    let found = (!found.is_empty()).then(|| {
        let named: Vec<String> = found
            .iter()
            .map(|(name, boxes)| grounded(name, boxes))
            .collect();
        named.join(", ")
    });
    let parts = [Some(question.to_owned()), about, found];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whether a concept is there at all, to be answered by yes or no.
#[must_use]
pub fn is_there(lang: &Lang, modality: Modality, name: &str) -> String {
    let picture = modality.phrase(lang);
    match lang.primary() {
        "zh" => format!("这张{picture}中有<ref>{name}</ref>吗？请回答有或没有。"),
        "ja" => format!(
            "この{picture}に<ref>{name}</ref>はありますか？はい、または、いいえで答えてください。"
        ),
        _ => format!("Is there <ref>{name}</ref> in this {picture}? Answer yes or no."),
    }
}

/// Report writing: what does the whole image show, sentence by sentence, each with the regions it speaks of?
#[must_use]
pub fn write_report(lang: &Lang, modality: Modality) -> String {
    let picture = modality.phrase(lang);
    match lang.primary() {
        "zh" => format!("请为这张{picture}撰写报告，并标出每句话所述的区域。"),
        "ja" => format!("この{picture}のレポートを書き、各文が述べる領域を示してください。"),
        _ => format!(
            "Please write a report of this {picture}, with the regions that each sentence speaks of."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_and_answers_are_written_as_medrega_writes_them() {
        let bbox = GridBox::new([421, 351, 505, 470]).unwrap();
        assert_eq!(
            region_to_text(&Lang::en(), Modality::Ct, bbox),
            "What is <ref>this</ref><box>[[421, 351, 505, 470]]</box> in this CT scan?"
        );
        assert_eq!(
            text_to_region(&Lang::en(), Modality::Mr, "wall"),
            "Please locate <ref>wall</ref> in this MRI scan."
        );
        let other = GridBox::new([596, 316, 635, 464]).unwrap();
        assert_eq!(
            regions_answer(&Lang::zh(), "肝脏", &[bbox, other]),
            "<ref>肝脏</ref><box>[[421, 351, 505, 470], [596, 316, 635, 464]]</box>"
        );
        let found = [("left lung".to_owned(), vec![other])];
        assert_eq!(
            asked(&Lang::en(), "Is it large?", Some(bbox), &found),
            "Is it large? <ref>this</ref><box>[[421, 351, 505, 470]]</box> <ref>left lung</ref><box>[[596, 316, 635, 464]]</box>"
        );
        assert_eq!(asked(&Lang::zh(), "大吗？", None, &[]), "大吗？");
        assert_eq!(
            regions_answer(&Lang::zh(), "肝脏", &[]),
            "未见<ref>肝脏</ref>。"
        );
    }
}
