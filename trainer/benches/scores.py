"""100,000 predictions per task through `medreg-trainer score --mode strict`, in English and Chinese: seconds and peak memory.

    python3 trainer/benches/scores.py --trainer target/release/medreg-trainer --folder target/bench/scores --record target/bench/score.rows

Answers are made up with a seed, twenty of one patient. No task may take more than 20 s.
"""

import argparse
import json
import os
import random
import subprocess
import time

MOST_SECONDS = 20
NAMES = ["liver", "spleen", "left kidney", "right kidney", "left lung", "right lung", "nodule", "effusion"]
ENGLISH = """the heart is normal in size no pleural effusion or pneumothorax lungs are clear mild cardiomegaly stable opacity left right lower lobe
consolidation liver kidneys showing nodules lesions hepatic mediastinal silhouettes unremarkable.""".split()
CHINESE = "肝脏 左肺 右肺 上叶 见 未见 明显 异常 密度 影 结节 大小 约 边界 清 增强 扫描 呈 不均匀 强化 考虑 胰腺癌 可能 双侧 胸腔 积液 心脏 纵隔 ， 。".split()
TASKS = [
    ("r2t", "en"), ("t2r-sosr", "en"), ("t2r-somr", "en"), ("t2r-mosr", "en"), ("t2r-momr", "en"),
    ("vqa", "en"), ("vqa", "zh"), ("rg", "en"), ("rg", "zh"), ("grg", "en"), ("grg", "zh"), ("cls", "en"),
]  # fmt: skip


def boxes(draw, most):
    corners = lambda: [draw.randrange(0, 400), draw.randrange(0, 400), draw.randrange(401, 999), draw.randrange(401, 999)]
    return str([corners() for _ in range(draw.randint(1, most))])


def grounded(draw, most):
    return f"<ref>{draw.choice(NAMES)}</ref><box>{boxes(draw, most)}</box>"


def answer(draw, task, lang):
    words, gap = (ENGLISH, " ") if lang == "en" else (CHINESE, "")
    text = lambda most: gap.join(draw.choice(words) for _ in range(draw.randint(1, most)))
    if task in ("r2t", "cls"):
        return draw.choice(NAMES)
    if task.startswith("t2r"):
        objects, regions = {"t2r-sosr": (1, 1), "t2r-somr": (1, 5), "t2r-mosr": (5, 1), "t2r-momr": (4, 4)}[task]
        return ", ".join(grounded(draw, regions) for _ in range(draw.randint(1, objects)))
    if task == "grg":
        return "\n".join(f"{grounded(draw, 1)}: {text(15)}" for _ in range(3))
    return text(60 if task == "rg" else 5)


def write(path, task, lang, count):
    draw = random.Random(5)
    with open(path, "w") as out:
        for n in range(count):
            line = {"patient": f"P{n // 20}", "question": str(n), "pred_answer": answer(draw, task, lang), "gt_answer": answer(draw, task, lang)}
            out.write(("[" if n == 0 else ",\n") + json.dumps(line, ensure_ascii=False))
        out.write("]\n")


def measured(command):
    """Seconds and peak memory in MiB."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return time.monotonic() - started, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trainer", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--count", type=int, default=100_000)
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    labels = os.path.join(arguments.folder, "labels.txt")
    with open(labels, "w") as out:
        out.write("\n".join(NAMES))
    rows, slow = [], []
    for task, lang in TASKS:
        path = os.path.join(arguments.folder, f"{task}-{lang}.json")
        write(path, task, lang, arguments.count)
        extra = ["--labels", labels] if task == "cls" else []
        seconds, memory = measured([arguments.trainer, "score", "--task", task, "--mode", "strict", "--lang", lang, *extra, path])
        size = os.path.getsize(path) / 2**20
        os.remove(path)
        note = f"{arguments.count} predictions, {size:.0f} MiB, 1000 draws of patients; peak memory {memory:.0f} MiB"
        rows.append({"metric": f"score {task} {lang}", "ours": round(seconds, 2), "reference": None, "ratio": None, "unit": "s", "note": note})
        print(f"{task:<9} {lang}  {seconds:6.2f} s  {memory:5.0f} MiB", flush=True)
        if seconds > MOST_SECONDS:
            slow.append(f"{task} {lang}")
    with open(arguments.record, "w") as out:
        json.dump(rows, out)
    if slow:
        raise SystemExit(f"slower than {MOST_SECONDS} s: {', '.join(slow)}")


main()
