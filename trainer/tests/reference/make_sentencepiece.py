"""Makes small tokenizers with what the libraries that published checkpoints were made with say of them.

    HF_HUB_OFFLINE=1 python make_sentencepiece.py OUT

needs transformers, sentencepiece, protobuf and tokenizers (the sets in `tokenizers/`: transformers 4.37.2, sentencepiece 0.2.3,
protobuf 4.25.8, tokenizers 0.15.2, on Python 3.11).
Each set but the last is a SentencePiece model with the files that transformers' slow `LlamaTokenizer` keeps beside it; the last is a
byte-level BPE in a `tokenizer.json`. `cases.json` lists texts with the ids that the library gives, and what the ids say: for
SentencePiece the text of each stretch between two tags as SentencePiece decodes it (the slow tokenizer's own decoding adds spaces
around tags that the text does not have).
"""

import io
import json
import sys
from pathlib import Path

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import LlamaTokenizer

CORPUS = """
You are a helpful medical assistant. Your task is object detection. Answer the questions.
Please detect the right lung and the left lung in this chest X-ray, and give integers ranging from 0 to 999.
What is <ref>this</ref><box>[[421, 351, 505, 470]]</box> in this CT scan? It is the liver, the spleen or the left kidney.
<ref>right lung</ref><box>[[102, 106, 481, 910]]</box>, <ref>left lung</ref><box>[[521, 98, 903, 905]]</box>: clear lungs.
The heart is not enlarged; there is no pleural effusion and no pneumothorax. A banana-shaped opacity of 3.5 x 2.1 cm is seen.
There is a round nodule in the upper lobe of the right lung, and a fracture of the seventh rib -- old -- on the left side.
The cardiac silhouette is normal in size; the costophrenic angles are sharp. Nothing acute is seen in the abdomen.
系统：你是医学助手，你的任务是目标检测。请检测图像中的肝脏、脾脏和左肾，并给出坐标。
<ref>右肺</ref><box>[[102, 106, 481, 910]]</box>：右肺纹理清晰，未见明显异常。<ref>左肺</ref>：左肺下叶见结节，大小约3.5cm。
心影不大，双侧肋膈角锐利，未见胸腔积液。肝脏形态正常，肝内未见明显占位。脾脏不大，双肾未见结石。
你是书生·万象，英文名是InternVL，是由上海人工智能实验室、清华大学及多家合作单位联合开发的多模态大语言模型。
""".strip().split("\n")

TAGS = ["<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>"]

BOX = "<ref>right lung</ref><box>[[102, 106, 481, 910]]</box>"
SYSTEM_25 = CORPUS[-1]
TEXTS = [
    "", " ", "  ", "   ", "a", " a", "a ", "  two  spaces  inside  ", "a    b     c         d", "▁", "▁ a▁", "\n", "\n\n", " \n ", "a\nb", "a\r\nb\r\n", "\t tab",
    "banana ananas anananana nananana", "-----", "--- -- - ---- ------------- x---y", "aaaaaaaaaaa", "0", "007", "3.5 x 12 cm, 1000",
    "The heart is not enlarged; there is no pleural effusion.", "Zürich naïve façade ½ ∑ Å", "🫁", "a 🫁🫁 b 👩🏽‍⚕️", "\x00\x1f\x7f", "\u00a0\u3000\u2028",
    "fi ① ｆｕｌｌ： 全角：", "e\u0301 \u00e9", "<0x0A>", "<0x41> <unk> <s> </s>", "<s>", "</s> a </s>", "<|im_start|>", "<|im_sep|>", "x<|im_sep|> y", "<<|im_sep|>>",
    "心影不大，双侧肋膈角锐利，未见胸腔积液。", "右肺 左肺", "繁體醫學影像", "肝\n脾", BOX, f"{BOX}, <ref>left lung</ref><box>[[521, 98, 903, 905]]</box>: clear lungs.",
    "<ref>右肺</ref><box>[[102, 106, 481, 910], [1, 2, 3, 4]]</box>：右肺纹理清晰，未见明显异常。", "<ref> right lung </ref> <box> [[0, 0, 999, 999]] </box> ",
    "What is <ref>this</ref><box>[[421, 351, 505, 470]]</box> in this CT scan?", "<box></box>", "<box>[[1, 2, 30, 400]]</box>", "<box><box></box>\n</box>  \n\n x",
    "<img><IMG_CONTEXT><IMG_CONTEXT><IMG_CONTEXT></img>\n", "<IMG_CONTEXT", "<<img>>", "<ref>\n</ref>\n", "\n<ref>", " <ref> ", "<|im_end|>\n<|im_start|>assistant\n",
    f"<|im_start|>system\nAnswer the questions.<|im_end|><|im_start|>user\n<img><IMG_CONTEXT><IMG_CONTEXT></img>\nPlease detect the right lung.<|im_end|><|im_start|>assistant\n{BOX}<|im_end|>",
    f"<|im_start|>system\n{SYSTEM_25}<|im_end|>\n<|im_start|>user\n<img><IMG_CONTEXT><IMG_CONTEXT></img>\n请检测图像中的右肺。<|im_end|>\n<|im_start|>assistant\n{BOX}：右肺纹理清晰。<|im_end|>\n",
]


def sentencepiece_model(size, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=out, model_type="bpe", vocab_size=size, normalization_rule_name="identity",
        split_digits=True, character_coverage=1.0, minloglevel=2, **options,
    )
    return out.getvalue()


def written(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def added(content, special=True, **flags):
    token = dict(content=content, lstrip=False, normalized=False, rstrip=False, single_word=False, special=special)
    return {**token, **flags}


def cases(folder):
    slow = LlamaTokenizer.from_pretrained(folder)
    names = slow.added_tokens_decoder

    def said(ids):
        text, stretch = "", []
        for token in [*ids, None]:
            if token is not None and token not in names:
                stretch.append(token)
                continue
            text += slow.sp_model.decode(stretch) + (str(names[token]) if token is not None else "")
            stretch = []
        # Without `legacy` the space before the text is the tokenizer's, not SentencePiece's.
        return text if slow.legacy else text.removeprefix(" ")

    rows = []
    for text in TEXTS:
        ids = slow.encode(text, add_special_tokens=False)
        rows.append(dict(text=text, ids=ids, decoded=said(ids)))
    save_cases(folder, rows)


def save_cases(folder, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "cases.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def llama(folder):
    """Like Llama's: bytes for what is not known, a space before every stretch of text, ids told by the configuration."""
    (folder / "tokenizer.model").write_bytes(sentencepiece_model(760, byte_fallback=True, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True))
    tokens = ["<unk>", "<s>", "</s>"]
    decoder = {str(i): added(token) for i, token in enumerate(tokens)}
    decoder |= {str(760 + i): added(token) for i, token in enumerate(["<|im_start|>", "<|im_end|>", *TAGS])}
    written(folder, tokenizer_config=dict(
        tokenizer_class="LlamaTokenizer", legacy=True, add_bos_token=False, add_eos_token=False, added_tokens_decoder=decoder,
        bos_token="<s>", eos_token="<|im_end|>", unk_token="<unk>", pad_token="<unk>", sp_model_kwargs={},
    ))


def yi(folder):
    """Like Yi's: no space before the text, pieces that are found before all others, ids of the added ones in a file of their own."""
    symbols = ["<|im_start|>", "<|im_end|>", "<|im_sep|>", "\n", "▁▁▁▁"]
    (folder / "tokenizer.model").write_bytes(sentencepiece_model(
        765, byte_fallback=True, add_dummy_prefix=False, remove_extra_whitespaces=False, allow_whitespace_only_pieces=True,
        user_defined_symbols=symbols, bos_piece="<|startoftext|>", eos_piece="<|endoftext|>",
    ))
    written(
        folder,
        tokenizer_config=dict(tokenizer_class="LlamaTokenizer", add_bos_token=False, add_eos_token=False, pad_token=None),
        special_tokens_map=dict(
            additional_special_tokens=TAGS, eos_token="<|im_end|>", unk_token="<unk>",
            bos_token=dict(content="<|startoftext|>", lstrip=False, normalized=False, rstrip=False, single_word=False),
        ),
        added_tokens={token: 765 + i for i, token in enumerate(TAGS)},
    )


def first(folder):
    """`legacy: false`: only the very beginning gets a space."""
    llama(folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    written(folder, tokenizer_config=config | dict(legacy=False, eos_token="</s>", additional_special_tokens=["<|im_start|>", "<|im_end|>", *TAGS]))


def trimmed(folder):
    """Spaces trimmed and joined, nothing for what is not known, tags that swallow the white space around them, ids by position."""
    (folder / "tokenizer.model").write_bytes(sentencepiece_model(500))
    tags = ["<|im_start|>", "<|im_end|>", *TAGS]
    flags = {"<box>": {"rstrip": True}, "</box>": {"lstrip": True}, "<quad>": {"rstrip": True, "lstrip": True}}
    written(folder, tokenizer_config=dict(
        tokenizer_class="LlamaTokenizer", pad_token="<pad>", additional_special_tokens=[added(t, **flags.get(t, {})) | {"__type": "AddedToken"} for t in tags],
    ))


QWEN2 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def bytes_bpe(folder):
    """Byte-level BPE with Qwen2's splitting, as InternVL 2.5 has it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(QWEN2), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False))
    tokenizer.add_tokens([AddedToken(t, special=True, normalized=False) for t in ["<|endoftext|>", "<|im_start|>", "<|im_end|>", *TAGS]])
    tokenizer.save(str(folder / "tokenizer.json"))
    rows = []
    for text in TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        rows.append(dict(text=text, ids=ids, decoded=tokenizer.decode(ids, skip_special_tokens=False)))
    save_cases(folder, rows)


def main(out):
    for make in [llama, yi, first, trimmed]:
        folder = out / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        make(folder)
        cases(folder)
    folder = out / "bytes"
    folder.mkdir(exist_ok=True)
    bytes_bpe(folder)


main(Path(sys.argv[1]))
