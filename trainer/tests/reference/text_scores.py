"""What sacreBLEU, rouge-score, NLTK and jieba make of texts: printed as JSON, for `trainer/src/eval/score/tests.rs` to compare ours with.

    target/tools/scorers/bin/python trainer/tests/reference/text_scores.py [WORDNET]

WORDNET is WordNet's folder `dict`; without it METEOR is left out. Chinese words are jieba's, Chinese characters those of sacreBLEU's `zh`.
"""

import atexit
import json
import os
import random
import shutil
import sys
import tempfile

import jieba
import sacrebleu
from rouge_score import rouge_scorer
from sacrebleu.tokenizers.tokenizer_zh import TokenizerZh

ENGLISH = """the heart is normal in size no pleural effusion or pneumothorax lungs are clear mild cardiomegaly stable opacity left right lower
lobe consolidation liver kidneys x-ray shows showing showed running nodules nodule lesions hepatic don't cannot mediastinal silhouettes 3.5 cm 12
dying skies agreed happily relational conformities geese better""".split()
MARKS = [", ", ". ", ".", ": ", "\n", " - ", "-", "; ", "? ", " (", ") ", "&amp; ", "%", "/", "  ", "_", "[", "]", "”", "…"]
CHINESE = """肝脏 左肺 右肺 上叶 见 未见 明显 异常 密度 影 结节 大小 约 3.5 cm 12mm 边界 清 增强 扫描 呈 不均匀 强化 胰腺癌 双侧 胸腔 积液 心脏 不大 纵隔 淋巴结
肿大 CT MRI T2 信号 病灶 影像诊断 建议 随访 请结合临床 骨质 破坏 脑实质 的 了 没有 左侧额叶""".split()
CHINESE_MARKS = ["，", "。", "：", "、", "\n", " ", "1.", "2.", "-", "（", "）", "×", "%", "\u3000", "é", "𠀀"]


def text(draw, words, marks, gap):
    out = ""
    for _ in range(draw.randint(1, 30)):
        word = draw.choice(words)
        out += (word.capitalize() if draw.random() < 0.2 else word) + (draw.choice(marks) if draw.random() < 0.25 else gap)
    return out


def likeness(draw, right, words, gap):
    """The text with words left out and put in."""
    kept = [draw.choice(words) if draw.random() < 0.15 else word for word in (right.split(" ") if gap else right) if draw.random() > 0.1]
    return gap.join(kept)


def meteor(wordnet):
    """NLTK's METEOR on a WordNet of its own, or none."""
    if not wordnet:
        return None
    import nltk
    from nltk.corpus.reader.wordnet import WordNetCorpusReader
    from nltk.translate.meteor_score import meteor_score

    # NLTK reads nothing outside its own folders, nor through links out of them.
    root = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, root)
    folder = os.path.join(root, "corpora", "wordnet")
    shutil.copytree(wordnet, folder)
    nltk.data.path.insert(0, root)
    # Names of WordNet's files, which NLTK reads and METEOR does not need.
    kinds = "adj adj adv" + " noun" * 26 + " verb" * 15 + " adj"
    with open(os.path.join(folder, "lexnames"), "w") as out:
        for number, kind in enumerate(kinds.split()):
            out.write(f"{number:02}\t{kind}.{number}\t{['noun', 'verb', 'adj', 'adv'].index(kind) + 1}\n")
    open(os.path.join(folder, "index.sense"), "a").close()
    reader = WordNetCorpusReader(folder, None)
    return lambda said, right: meteor_score([right], said, wordnet=reader)


def bleu(pairs, order, tokenizer):
    said, right = zip(*pairs)
    metric = sacrebleu.BLEU(max_ngram_order=order, tokenize=tokenizer)
    return metric.corpus_score(list(said), [list(right)]).score / 100


class Tokens:
    """Words as they are, for rouge-score."""

    @staticmethod
    def tokenize(tokens):
        return tokens.split("\x1f")


def rouge(pairs, tokenizer=None):
    scorer = rouge_scorer.RougeScorer(["rouge1", "rougeL"], use_stemmer=False, tokenizer=tokenizer)
    scores = [scorer.score(right, said) for said, right in pairs]
    return {name: sum(score[name].fmeasure for score in scores) / len(scores) for name in ("rouge1", "rougeL")}


def main():
    from nltk.tokenize import wordpunct_tokenize

    draw = random.Random(11)
    of_nltk = meteor(sys.argv[1] if len(sys.argv) > 1 else None)
    english = [(likeness(draw, right, ENGLISH, " "), right) for right in (text(draw, ENGLISH, MARKS, " ") for _ in range(150))]
    chinese = [(likeness(draw, right, CHINESE, ""), right) for right in (text(draw, CHINESE, CHINESE_MARKS, "") for _ in range(150))]
    mean = lambda values: sum(values) / len(values)
    scores = {"bleu1": bleu(english, 1, "13a"), "bleu4": bleu(english, 4, "13a"), **rouge(english)}
    if of_nltk:
        scores["meteor"] = mean([of_nltk(wordpunct_tokenize(said), wordpunct_tokenize(right)) for said, right in english])
    cut = lambda text: [word for word in jieba.cut(text) if word.strip()]
    characters = lambda text: TokenizerZh()(text.lower()).split()
    lower = [(said.lower(), right.lower()) for said, right in chinese]
    words = [(" ".join(cut(said)), " ".join(cut(right))) for said, right in chinese]
    joined = lambda of: [("\x1f".join(of(said)), "\x1f".join(of(right))) for said, right in chinese]
    of_words = rouge(joined(cut), Tokens)
    in_chinese = {
        "bleu1": bleu(lower, 1, "zh"),
        "bleu4": bleu(lower, 4, "zh"),
        "bleu1_words": bleu(words, 1, "none"),
        "bleu4_words": bleu(words, 4, "none"),
        **rouge(joined(characters), Tokens),
        **{f"{name}_words": value for name, value in of_words.items()},
    }
    if of_nltk:
        in_chinese["meteor"] = mean([of_nltk(cut(said), cut(right)) for said, right in chinese])
    print(json.dumps([{"pairs": english, "scores": scores}, {"pairs": chinese, "scores": in_chinese}]))


main()
