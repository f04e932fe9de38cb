//! The words of reports that the rules know in all three languages: organs, parts of them, findings.
//!
//! Written for this repository. It is no ontology: it holds what can be told apart by its name alone, so that one text's organ or
//! finding can be looked for in the other. What is not in it is not compared.

use super::text::{Text, Tongue};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What a term is a name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Something that every body has.
    Organ,
    /// A part that has neighbours of the same kind: an upper and a lower lobe.
    Part,
    /// A finding with a name of its own.
    Lesion,
    /// A finding that is said of something: dilated, thickened. It may be negated; it is not mistaken for another.
    State,
}

use Kind::{Lesion, Organ, Part, State};

/// Its name for us; what it is; English words, `*` for any ending; Chinese; Japanese.
type Row = (
    &'static str,
    Kind,
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

#[rustfmt::skip]
const TERMS: &[Row] = &[
    ("liver", Organ, &["liver*", "hepat*"], &["肝"], &["肝"]),
    ("spleen", Organ, &["spleen*", "splen*"], &["脾"], &["脾"]),
    ("pancreas", Organ, &["pancrea*"], &["胰"], &["膵"]),
    ("kidney", Organ, &["kidney*", "renal", "infrarenal", "nephr*"], &["肾", "腎"], &["腎"]),
    ("adrenal", Organ, &["adrenal*", "suprarenal"], &["肾上腺"], &["副腎"]),
    ("gallbladder", Organ, &["gallbladder*", "gall bladder*", "cholecyst*"], &["胆囊"], &["胆嚢", "胆のう"]),
    ("bile_duct", Organ, &["bile duct*", "biliary", "choledoch*"], &["胆管", "胆总管", "胆道"], &["胆管", "胆道"]),
    ("stomach", Organ, &["stomach*", "gastric"], &["胃"], &["胃"]),
    ("bladder", Organ, &["bladder*", "urinary bladder"], &["膀胱"], &["膀胱"]),
    ("uterus", Organ, &["uterus", "uterine"], &["子宫"], &["子宮"]),
    ("ureter", Organ, &["ureter*"], &["输尿管"], &["尿管"]),
    ("ovary", Organ, &["ovar*"], &["卵巢"], &["卵巣"]),
    ("prostate", Organ, &["prostat*"], &["前列腺", "摄护腺"], &["前立腺"]),
    ("testis", Organ, &["testis", "testes", "testic*"], &["睾丸"], &["精巣", "睾丸"]),
    ("thyroid", Organ, &["thyroid*"], &["甲状腺"], &["甲状腺"]),
    ("parotid", Organ, &["parotid*"], &["腮腺"], &["耳下腺"]),
    ("breast", Organ, &["breast*", "mammary"], &["乳腺", "乳房", "乳"], &["乳房", "乳腺"]),
    ("lung", Organ, &["lung*", "pulmon*"], &["肺"], &["肺"]),
    ("hilum", Organ, &["hilum", "hila", "hilar"], &["肺门"], &["肺門"]),
    ("pleura", Organ, &["pleura*", "pleural cavity", "pleural space*"], &["胸膜", "胸腔", "肋膜"], &["胸膜", "胸腔"]),
    ("heart", Organ, &["heart*", "cardiac", "cardiomegaly"], &["心脏", "心影", "心室", "心房", "左心", "右心", "心缘", "心界"], &["心臓", "心陰影", "心室", "心房", "左心", "右心", "心縁", "心拡大"]),
    ("pericardium", Organ, &["pericard*"], &["心包"], &["心膜", "心嚢"]),
    ("aorta", Organ, &["aort*"], &["主动脉"], &["大動脈"]),
    ("carotid", Organ, &["carotid*"], &["颈动脉", "颈内动脉", "颈总动脉", "颈外动脉"], &["頸動脈", "頚動脈", "頸部動脈"]),
    ("trachea", Organ, &["trachea*"], &["气管"], &["気管"]),
    ("bronchus", Organ, &["bronch*"], &["支气管"], &["気管支"]),
    ("esophagus", Organ, &["esophag*", "oesophag*"], &["食管", "食道"], &["食道"]),
    ("mediastinum", Organ, &["mediastin*"], &["纵隔"], &["縦隔"]),
    ("diaphragm", Organ, &["diaphragm*", "hemidiaphragm*"], &["膈"], &["横隔膜"]),
    ("brain", Organ, &["brain", "cerebral", "cerebrum"], &["大脑", "脑"], &["大脳", "脳"]),
    ("cerebellum", Organ, &["cerebell*"], &["小脑"], &["小脳"]),
    ("brainstem", Organ, &["brainstem", "brain stem", "pons", "pontine", "midbrain"], &["脑干", "脑桥", "中脑"], &["脳幹", "橋", "中脳"]),
    ("pituitary", Organ, &["pituitary"], &["垂体"], &["下垂体"]),
    ("colon", Organ, &["colon*"], &["结肠"], &["結腸"]),
    ("rectum", Organ, &["rectum", "rectal"], &["直肠"], &["直腸"]),
    ("small_bowel", Organ, &["small bowel", "small intestin*", "jejun*", "ileum", "ileal"], &["小肠", "空肠", "回肠"], &["小腸", "空腸", "回腸"]),
    ("duodenum", Organ, &["duoden*"], &["十二指肠"], &["十二指腸"]),
    ("appendix", Organ, &["appendix", "appendic*"], &["阑尾"], &["虫垂"]),
    ("femur", Organ, &["femur*", "femor*"], &["股骨", "股"], &["大腿骨", "大腿"]),
    ("tibia", Organ, &["tibia*"], &["胫骨", "胫"], &["脛骨"]),
    ("fibula", Organ, &["fibula*"], &["腓骨", "腓"], &["腓骨"]),
    ("humerus", Organ, &["humer*"], &["肱骨", "肱"], &["上腕骨"]),
    ("radius", Organ, &["radius", "radial"], &["桡骨", "桡"], &["橈骨"]),
    ("ulna", Organ, &["ulna*"], &["尺骨"], &["尺骨"]),
    ("clavicle", Organ, &["clavic*"], &["锁骨"], &["鎖骨"]),
    ("scapula", Organ, &["scapula*"], &["肩胛"], &["肩甲"]),
    ("rib", Organ, &["rib", "ribs"], &["肋骨", "肋"], &["肋骨"]),
    ("sternum", Organ, &["sternum", "sternal"], &["胸骨"], &["胸骨"]),
    ("sacrum", Organ, &["sacrum", "sacral"], &["骶"], &["仙骨"]),
    ("patella", Organ, &["patell*"], &["髌"], &["膝蓋骨"]),
    ("mandible", Organ, &["mandib*"], &["下颌"], &["下顎"]),
    ("maxilla", Organ, &["maxill*"], &["上颌"], &["上顎"]),
    ("popliteal", Organ, &["popliteal"], &["腘"], &["膝窩"]),
    ("knee", Organ, &["knee*"], &["膝"], &["膝"]),
    ("hip", Organ, &["hip", "hips"], &["髋"], &["股関節"]),
    ("shoulder", Organ, &["shoulder*"], &["肩"], &["肩"]),
    ("elbow", Organ, &["elbow*"], &["肘"], &["肘"]),
    ("wrist", Organ, &["wrist*"], &["腕关节", "腕骨"], &["手関節"]),
    ("ankle", Organ, &["ankle*"], &["踝"], &["足関節"]),
    ("optic_disc", Organ, &["optic disc*", "optic disk*", "optic nerve head", "cup to disc", "cup to disk", "disc margin*", "disc pallor", "disc edema", "disc oedema", "disc hemorrhage*", "disc haemorrhage*", "disc swelling"], &["视盘", "视乳头"], &["視神経乳頭", "視神経円板"]),
    ("macula", Organ, &["macul*", "fovea*"], &["黄斑"], &["黄斑", "中心窩"]),
    ("retina", Organ, &["retina*", "retino*"], &["视网膜"], &["網膜"]),
    ("cornea", Organ, &["cornea*"], &["角膜"], &["角膜"]),
    ("vertebra", Organ, &["vertebra*"], &["椎体"], &["椎体"]),
    ("disc", Organ, &["disc", "discs", "intervertebral disc*"], &["椎间盘"], &["椎間板"]),
    ("meniscus", Organ, &["menisc*"], &["半月板"], &["半月板"]),
    ("ligament", Organ, &["ligament*"], &["韧带"], &["靭帯"]),
    ("mastoid", Organ, &["mastoid*"], &["乳突"], &["乳突", "乳様突起"]),
    ("groin", Organ, &["groin*", "inguin*"], &["腹股沟"], &["鼠径"]),
    ("thalamus", Organ, &["thalam*"], &["丘脑"], &["視床"]),
    ("scaphoid", Organ, &["scaphoid*"], &["舟骨", "舟状骨"], &["舟状骨"]),
    ("forearm", Organ, &["forearm*"], &["前臂"], &["前腕"]),
    ("eyelid", Organ, &["eyelid*"], &["眼睑"], &["眼瞼"]),
    ("iris", Organ, &["iris", "irides"], &["虹膜"], &["虹彩"]),
    ("lens", Organ, &["lens", "lenses"], &["晶状体", "晶体"], &["水晶体"]),
    ("vitreous", Organ, &["vitreous", "vitreal"], &["玻璃体"], &["硝子体"]),
    ("choroid", Organ, &["choroid*"], &["脉络膜"], &["脈絡膜"]),
    ("lymph_node", Organ, &["lymph node*", "lymphadeno*"], &["淋巴结"], &["リンパ節"]),

    ("upper_lobe", Part, &["upper lobe*", "rul", "lul"], &["上叶", "上肺"], &["上葉", "上肺野"]),
    ("middle_lobe", Part, &["middle lobe*", "rml"], &["中叶"], &["中葉"]),
    ("lower_lobe", Part, &["lower lobe*", "rll", "lll"], &["下叶", "下肺"], &["下葉", "下肺野"]),
    ("frontal_lobe", Part, &["frontal lobe*"], &["额叶"], &["前頭葉"]),
    ("parietal_lobe", Part, &["parietal lobe*"], &["顶叶"], &["頭頂葉"]),
    ("temporal_lobe", Part, &["temporal lobe*"], &["颞叶"], &["側頭葉"]),
    ("occipital_lobe", Part, &["occipital lobe*"], &["枕叶"], &["後頭葉"]),
    ("upper_pole", Part, &["upper pole", "superior pole"], &["上极"], &["上極"]),
    ("lower_pole", Part, &["lower pole", "inferior pole"], &["下极"], &["下極"]),

    ("cyst", Lesion, &["cyst", "cysts", "cystic"], &["囊肿", "囊性"], &["嚢胞", "のう胞", "囊胞"]),
    ("nodule", Lesion, &["nodul*"], &["结节"], &["結節"]),
    ("mass", Lesion, &["mass", "masses", "tumor*", "tumour*", "neoplas*"], &["肿块", "肿瘤", "占位", "包块"], &["腫瘤", "腫瘍", "腫塊"]),
    ("adenoma", Lesion, &["adenoma*", "microadenoma*", "macroadenoma*"], &["腺瘤"], &["腺腫"]),
    ("hemangioma", Lesion, &["hemangioma*", "haemangioma*"], &["血管瘤"], &["血管腫"]),
    ("aneurysm", Lesion, &["aneurysm*", "microaneurysm*"], &["动脉瘤", "主动脉瘤"], &["動脈瘤", "大動脈瘤", "血管瘤"]),
    ("cancer", Lesion, &["cancer*", "carcinoma*", "adenocarcinoma*"], &["癌"], &["癌", "がん"]),
    ("metastasis", Lesion, &["metasta*"], &["转移"], &["転移"]),
    ("fracture", Lesion, &["fractur*"], &["骨折"], &["骨折"]),
    ("dislocation", Lesion, &["dislocat*", "sublux*"], &["脱位"], &["脱臼"]),
    ("effusion", Lesion, &["effusion*"], &["积液", "胸水"], &["胸水", "液貯留", "液体貯留"]),
    ("ascites", Lesion, &["ascites"], &["腹水", "腹腔积液", "盆腔积液", "腹盆腔积液"], &["腹水"]),
    ("pneumothorax", Lesion, &["pneumothora*"], &["气胸"], &["気胸"]),
    ("free_air", Lesion, &["free air", "free gas", "pneumoperitoneum"], &["游离气体", "游离气"], &["遊離ガス"]),
    ("consolidation", Lesion, &["consolidat*"], &["实变"], &["浸潤影", "コンソリデーション", "硬化影"]),
    ("atelectasis", Lesion, &["atelecta*"], &["不张"], &["無気肺"]),
    ("emphysema", Lesion, &["emphysem*"], &["肺气肿", "气肿"], &["肺気腫", "気腫"]),
    ("bulla", Lesion, &["bulla*"], &["大疱"], &["ブラ"]),
    ("bronchiectasis", Lesion, &["bronchiectas*"], &["支气管扩张"], &["気管支拡張"]),
    ("pneumonia", Lesion, &["pneumonia*"], &["肺炎"], &["肺炎"]),
    ("cavity", Lesion, &["cavity", "cavitat*", "cavitary"], &["空洞"], &["空洞"]),
    ("calcification", Lesion, &["calcif*", "microcalcif*"], &["钙化"], &["石灰化"]),
    ("stone", Lesion, &["stone*", "calculus", "calculi"], &["结石"], &["結石"]),
    ("hemorrhage", Lesion, &["hemorrhag*", "haemorrhag*", "bleeding", "hematoma*", "haematoma*"], &["出血", "血肿", "血性"], &["出血", "血腫", "血性"]),
    ("infarct", Lesion, &["infarct*"], &["梗死", "梗塞"], &["梗塞"]),
    ("thrombus", Lesion, &["thromb*"], &["血栓"], &["血栓"]),
    ("embolism", Lesion, &["embol*"], &["栓塞", "栓子"], &["塞栓"]),
    ("stenosis", Lesion, &["stenos*", "stenot*"], &["狭窄"], &["狭窄"]),
    ("abscess", Lesion, &["abscess*"], &["脓肿"], &["膿瘍"]),
    ("polyp", Lesion, &["polyp", "polyps", "polypoid"], &["息肉"], &["ポリープ"]),
    ("ulcer", Lesion, &["ulcer*"], &["溃疡"], &["潰瘍"]),
    ("hernia", Lesion, &["hernia*"], &["疝", "椎间盘突出", "突出"], &["ヘルニア"]),
    ("diverticulum", Lesion, &["diverticul*"], &["憩室"], &["憩室"]),
    ("hydronephrosis", Lesion, &["hydronephro*"], &["肾积水"], &["水腎症"]),
    ("cirrhosis", Lesion, &["cirrho*"], &["肝硬化", "肝硬变"], &["肝硬変"]),
    ("drusen", Lesion, &["drusen"], &["玻璃膜疣"], &["ドルーゼン"]),
    ("exudate", Lesion, &["exudat*"], &["渗出"], &["白斑", "滲出"]),
    ("tear", Lesion, &["tear", "tears", "torn", "rupture*"], &["撕裂", "断裂", "破裂"], &["断裂", "損傷", "破裂"]),
    ("edema", Lesion, &["edema*", "oedema*"], &["水肿"], &["浮腫", "水腫"]),

    ("ground_glass", State, &["ground glass"], &["磨玻璃"], &["すりガラス"]),
    ("free_fluid", State, &["free fluid"], &["游离液体"], &["遊離液体"]),
    ("dilatation", State, &["dilat*", "ectas*", "distend*", "distension"], &["扩张", "增宽"], &["拡張"]),
    ("thickening", State, &["thicken*"], &["增厚"], &["肥厚"]),
    ("enlargement", State, &["enlarge*"], &["增大", "肿大", "扩大"], &["腫大", "拡大", "心拡大"]),
    ("displacement", State, &["displace*"], &["移位"], &["転位"]),
    ("enhancement", State, &["enhanc*"], &["强化"], &["増強", "造影効果"]),
    ("compression", State, &["compress*"], &["压迫", "受压"], &["圧迫"]),
    ("congestion", State, &["congest*"], &["淤血", "瘀血"], &["うっ血"]),
    ("lesion", State, &["lesion*"], &["病变", "病灶"], &["病変"]),
    ("abnormality", State, &["abnormal*"], &["异常"], &["異常"]),
    ("lymphadenopathy", State, &["lymphadenopath*"], &["淋巴结肿大"], &["リンパ節腫大"]),
    ("inflammation", State, &["inflamm*"], &["炎症", "炎性"], &["炎症", "炎性"]),
    ("obstruction", State, &["obstruct*"], &["梗阻", "阻塞"], &["閉塞"]),
    ("perforation", State, &["perforat*"], &["穿孔"], &["穿孔"]),
    ("swelling", State, &["swelling", "swollen"], &["肿胀"], &["腫脹"]),
    ("loosening", State, &["loosen*", "loose"], &["松动"], &["緩み", "ゆるみ", "弛み"]),
    ("honeycombing", State, &["honeycomb*"], &["蜂窝", "蜂巢"], &["蜂巣", "蜂窩"]),
    ("neovascularization", State, &["neovascular*"], &["新生血管"], &["新生血管", "血管新生"]),
    ("dysplasia", State, &["dysplasia", "dysplastic"], &["异型增生", "不典型增生"], &["異形成", "異型"]),
    ("necrosis", State, &["necro*"], &["坏死"], &["壊死"]),
    ("invasion", State, &["invasion", "invade", "invades", "invading", "invaded", "invasive", "infiltrat*"], &["侵犯", "浸润", "侵袭"], &["浸潤", "侵襲", "侵犯"]),
    ("detachment", State, &["detach*"], &["脱离"], &["剥離"]),
    ("fistula", State, &["fistul*"], &["瘘"], &["瘻"]),
    ("sclerosis", State, &["sclero*"], &["硬化"], &["硬化"]),
    ("erosion", State, &["erosi*", "erode*"], &["侵蚀", "糜烂"], &["びらん"]),
    ("osteophyte", State, &["osteophyt*"], &["骨赘", "骨刺"], &["骨棘"]),
    ("scoliosis", State, &["scolio*"], &["侧弯"], &["側弯"]),
    ("scar", State, &["scar", "scars", "scarring"], &["瘢痕"], &["瘢痕"]),
    ("melanoma", State, &["melanoma*"], &["黑色素瘤"], &["黒色腫", "メラノーマ"]),
    ("nevus", State, &["nevus", "nevi", "naevus", "naevi"], &["痣"], &["母斑"]),
    ("fibrosis", State, &["fibrosis", "fibrotic"], &["纤维化"], &["線維化"]),
    ("scale", State, &["scale", "scales", "scaly", "scaling"], &["鳞屑"], &["鱗屑"]),
    ("papule", State, &["papul*"], &["丘疹"], &["丘疹"]),
    ("vesicle", State, &["vesicle*", "vesicular"], &["水疱"], &["小水疱"]),
    ("crust", State, &["crust*"], &["痂"], &["痂皮"]),
    ("atrophy", State, &["atroph*"], &["萎缩"], &["萎縮"]),
    ("hypertrophy", State, &["hypertroph*"], &["肥大", "肥厚"], &["肥大", "肥厚"]),
    ("occlusion", State, &["occlu*"], &["闭塞"], &["閉塞"]),
    ("spiculation", State, &["spicul*"], &["毛刺"], &["スピキュラ"]),
    ("septation", State, &["septa", "septat*", "septum"], &["分隔"], &["隔壁"]),
    ("shift", State, &["midline shift*", "shift*"], &["中线移位", "偏移"], &["偏位", "正中偏位"]),
    ("mass_effect", State, &["mass effect*"], &["占位效应"], &["圧排", "mass effect"]),
    ("hydrocephalus", State, &["hydroceph*"], &["脑积水"], &["水頭症"]),
    ("varices", State, &["varic*"], &["静脉曲张"], &["静脈瘤"]),
    ("fibroid", State, &["fibroid*", "leiomyoma*", "myoma*"], &["肌瘤"], &["筋腫"]),
    ("lipoma", State, &["lipoma*"], &["脂肪瘤"], &["脂肪腫"]),
    ("granuloma", State, &["granuloma*"], &["肉芽肿"], &["肉芽腫"]),
    ("malignancy", State, &["malignan*"], &["恶性"], &["悪性"]),
    ("recurrence", State, &["recurren*"], &["复发"], &["再発"]),
    ("foreign_body", State, &["foreign body", "foreign bodies"], &["异物"], &["異物"]),
    ("regurgitation", State, &["regurgit*", "reflux"], &["反流", "返流"], &["逆流"]),
    ("ischemia", State, &["ischemi*", "ischaemi*"], &["缺血"], &["虚血"]),
    ("destruction", State, &["destruct*", "breach*"], &["破坏"], &["破壊"]),
    ("telangiectasia", State, &["telangiectas*"], &["毛细血管扩张"], &["毛細血管拡張"]),
    ("pigment_network", State, &["pigment network*"], &["色素网"], &["色素ネットワーク"]),
    ("veil", State, &["blue white veil*", "veil*"], &["蓝白幕", "蓝白纱"], &["ベール"]),
    ("flow", State, &["flow"], &["血流"], &["血流"]),
    ("filling_defect", State, &["filling defect*"], &["充盈缺损"], &["造影欠損", "充盈欠損", "陰影欠損"]),
    ("crescent", State, &["crescent*"], &["新月体"], &["半月体"]),
    ("fat_stranding", State, &["stranding"], &["脂肪间隙模糊", "条索"], &["脂肪織濃度上昇"]),
];

/// English words that begin as a term does and do not mean it.
const OTHER_ENGLISH: [&str; 9] = [
    "flow void*",
    "oral cavity",
    "nasal cavity",
    "abdominal cavity",
    "peritoneal cavity",
    "pelvic cavity",
    "cranial cavity",
    "joint cavity",
    "splenium",
];
/// Chinese words that hold a term's characters and do not mean it.
const OTHER_CHINESE: [&str; 13] = [
    "鼻胃管",
    "气管插管",
    "心包填塞",
    "宫颈",
    "脑脊液",
    "肺动脉",
    "肋膈角",
    "肋间",
    "乳头状",
    "乳头瘤",
    "乳糜",
    "肾乳头",
    "脑膜",
];
/// The same in Japanese.
const OTHER_JAPANESE: [&str; 8] = [
    "肋骨横隔膜角",
    "肋間",
    "経鼻胃管",
    "気管チューブ",
    "気管分岐",
    "脳脊髄液",
    "肺動脈",
    "人工骨頭",
];

/// A term in a text.
#[derive(Clone, Debug)]
pub(super) struct Found {
    row: usize,
    pub(super) range: Range<usize>,
}

impl Found {
    pub(super) fn id(&self) -> &'static str {
        TERMS.get(self.row).map_or("", |row| row.0)
    }

    pub(super) fn kind(&self) -> Kind {
        TERMS.get(self.row).map_or(State, |row| row.1)
    }
}

type Patterns = HashMap<char, Vec<(&'static str, Option<usize>)>>;

/// Chinese and Japanese words by their first character, longest first.
fn patterns(words: impl Iterator<Item = (&'static str, Option<usize>)>) -> Patterns {
    let mut by_first = Patterns::new();
    for (word, row) in words {
        if let Some(first) = word.chars().next() {
            by_first.entry(first).or_default().push((word, row));
        }
    }
    for found in by_first.values_mut() {
        found.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
    }
    by_first
}

static CHINESE: LazyLock<Patterns> = LazyLock::new(|| {
    let rows = TERMS.iter().enumerate();
    let words = rows.flat_map(|(n, row)| row.3.iter().map(move |word| (*word, Some(n))));
    patterns(words.chain(OTHER_CHINESE.map(|word| (word, None))))
});

static JAPANESE: LazyLock<Patterns> = LazyLock::new(|| {
    let rows = TERMS.iter().enumerate();
    let words = rows.flat_map(|(n, row)| row.4.iter().map(move |word| (*word, Some(n))));
    patterns(words.chain(OTHER_JAPANESE.map(|word| (word, None))))
});

/// An English name's words, and its row.
static ENGLISH: LazyLock<Vec<(Vec<&'static str>, Option<usize>)>> = LazyLock::new(|| {
    let rows = TERMS.iter().enumerate();
    let names = rows.flat_map(|(n, row)| row.2.iter().map(move |name| (*name, Some(n))));
    let mut names: Vec<_> = names
        .chain(OTHER_ENGLISH.map(|name| (name, None)))
        .map(|(name, n)| (name.split(' ').collect::<Vec<_>>(), n))
        .collect();
    // The longest name first: an optic disc is no disc, and an adrenal gland no kidney.
    names.sort_by_key(|(words, _)| {
        std::cmp::Reverse((
            words.len(),
            words.iter().map(|word| word.len()).sum::<usize>(),
        ))
    });
    names
});

/// The terms of a text, in order; where one holds another, the longer one.
pub(super) fn find(text: &Text, tongue: Tongue) -> Vec<Found> {
    match tongue {
        Tongue::English => find_words(text),
        Tongue::Chinese => find_characters(text, &CHINESE),
        Tongue::Japanese => find_characters(text, &JAPANESE),
        Tongue::Other => Vec::new(),
    }
}

/// Whether an English word is, or begins, a term.
pub(super) fn is_english(word: &str) -> bool {
    ENGLISH.iter().any(|(words, row)| {
        row.is_some() && words.first().is_some_and(|first| is_word(first, word))
    })
}

fn is_word(pattern: &str, word: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => word.starts_with(stem),
        None => word == pattern,
    }
}

fn find_words(text: &Text) -> Vec<Found> {
    let words = text.words();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let stands = |pattern: &[&str]| {
            pattern.iter().enumerate().all(|(n, part)| {
                words
                    .get(at + n)
                    .is_some_and(|word| is_word(part, &word.text))
            })
        };
        let hit = ENGLISH.iter().find(|(pattern, _)| stands(pattern));
        let Some((pattern, row)) = hit else {
            at += 1;
            continue;
        };
        let last = at + pattern.len() - 1;
        let range = words[at].range.start..words[last].range.end;
        found.extend(row.map(|row| Found { row, range }));
        at = last + 1;
    }
    found
}

fn find_characters(text: &Text, patterns: &Patterns) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let known = patterns.get(&text.at(at));
        let hit = known.and_then(|words| words.iter().find(|(word, _)| text.has(at, word)));
        let Some((word, row)) = hit else {
            at += 1;
            continue;
        };
        let end = at + word.chars().count();
        if let Some(row) = row {
            found.push(Found {
                row: *row,
                range: at..end,
            });
        }
        at = end;
    }
    found
}
