"""A million regions from MedRegInstruct to COCO and back: `medreg convert` beside the same job in plain Python; and to Parquet and WebDataset.

    python3 datasets/bench/formats.py --medreg target/release/medreg --folder target/bench/formats --record target/bench/formats.rows

Both read and write the same files; each job runs in a process of its own, whose peak memory the system tells. `plain` is what a script
with the json module does: lines are read one by one, the COCO document is held whole. Python by itself has no Parquet, so there `medreg` is alone.
No job of ours may take more than 200 MiB.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import time

WIDTH, HEIGHT = 1024, 768
MOST_MEMORY = 200 * 2**20
NAMES = ["liver", "spleen", "left kidney", "right kidney", "cyst", "nodule", "mass", "effusion"]
BOX = re.compile(r"<box>\[\[(\d+), (\d+), (\d+), (\d+)\]\]</box>")


def generate(path, regions):
    """Lines as an export has them, ten regions an image."""
    draw = random.Random(7)
    with open(path, "w") as out:
        for n in range(regions):
            x, y = draw.randrange(0, 900), draw.randrange(0, 900)
            box = f"[[{x}, {y}, {x + draw.randrange(1, 99)}, {y + draw.randrange(1, 99)}]]"
            line = {
                "id": n,
                "image": f"images/{n // 10:08}.png",
                "width": WIDTH,
                "height": HEIGHT,
                "conversations": [
                    {"from": "human", "value": f"<image>\nWhat is <ref>this</ref><box>{box}</box> in this CT scan?"},
                    {"from": "gpt", "value": NAMES[draw.randrange(len(NAMES))]},
                ],
            }
            out.write(json.dumps(line, separators=(",", ":")) + "\n")


def to_coco(source, target):
    images, annotations, categories = {}, [], {}
    with open(source) as lines:
        for line in lines:
            line = json.loads(line)
            image = images.setdefault(
                line["image"],
                {"id": len(images) + 1, "file_name": line["image"], "width": line["width"], "height": line["height"]},
            )
            question, answer = (turn["value"] for turn in line["conversations"])
            x0, y0, x1, y1 = (int(c) / 999 for c in BOX.search(question).groups())
            category = categories.setdefault(answer, {"id": len(categories) + 1, "name": answer})
            width, height = line["width"], line["height"]
            box = [x0 * width, y0 * height, (x1 - x0) * width, (y1 - y0) * height]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image["id"],
                    "category_id": category["id"],
                    "bbox": box,
                    "area": box[2] * box[3],
                    "iscrowd": 0,
                }
            )
    with open(target, "w") as out:
        document = {"images": list(images.values()), "annotations": annotations, "categories": list(categories.values())}
        json.dump(document, out)


def from_coco(source, target):
    """Both files of questions that a region gives: what a box shows, and where all boxes of a concept are."""
    with open(source) as document:
        coco = json.load(document)
    names = {category["id"]: category["name"] for category in coco["categories"]}
    by_image = {}
    for annotation in coco["annotations"]:
        by_image.setdefault(annotation["image_id"], []).append(annotation)
    os.makedirs(target + "/train")
    counts = [0, 0]
    with open(target + "/train/region2text.en.jsonl", "w") as named, open(target + "/train/text2region.en.jsonl", "w") as located:

        def put(which, out, image, question, answer):
            turns = [{"from": "human", "value": "<image>\n" + question}, {"from": "gpt", "value": answer}]
            line = {
                "id": counts[which],
                "image": image["file_name"],
                "width": image["width"],
                "height": image["height"],
                "conversations": turns,
            }
            counts[which] += 1
            out.write(json.dumps(line) + "\n")

        for image in coco["images"]:
            together = {}
            for annotation in by_image.get(image["id"], []):
                x, y, w, h = annotation["bbox"]
                across, down = image["width"] / 999, image["height"] / 999
                box = [round(x / across), round(y / down), round((x + w) / across), round((y + h) / down)]
                name = names[annotation["category_id"]]
                together.setdefault(name, []).append(box)
                put(0, named, image, f"What is <ref>this</ref><box>[{box}]</box> in this medical image?", name)
            for name, boxes in together.items():
                answer = f"<ref>{name}</ref><box>{boxes}</box>"
                put(1, located, image, f"Please locate <ref>{name}</ref> in this medical image.", answer)
    with open(target + "/meta_file.json", "w") as out:
        entry = lambda task, length: {"root": ".", "annotation": f"train/{task}.en.jsonl", "length": length}
        json.dump({task: entry(task, n) for task, n in zip(["region2text", "text2region"], counts)}, out)


def measured(command):
    """Seconds and peak bytes of one process."""
    started = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} ended with {status}")
    return time.monotonic() - started, usage.ru_maxrss * 1024


def bench(arguments):
    folder = arguments.folder
    subprocess.run(["rm", "-rf", folder], check=True)
    os.makedirs(folder + "/in/train")
    lines = folder + "/in/train/region2text.en.jsonl"
    generate(lines, arguments.regions)
    ours = lambda start, end, source, target: [arguments.medreg, "convert", "--from", start, "--to", end, source, target]
    plain = lambda job, source, target: [sys.executable, __file__, job, source, target]
    jobs = [
        ("MedRegInstruct to COCO", ours("medreginstruct", "coco", folder + "/in", folder + "/ours.json"),
         plain("to-coco", lines, folder + "/plain.json")),
        ("COCO to MedRegInstruct", ours("coco", "medreginstruct", folder + "/ours.json", folder + "/ours"),
         plain("from-coco", folder + "/plain.json", folder + "/plain")),
        ("COCO to Parquet", ours("coco", "parquet", folder + "/ours.json", folder + "/parquet"), None),
        ("Parquet to WebDataset", ours("parquet", "webdataset", folder + "/parquet", folder + "/shards"), None),
        ("WebDataset to COCO", ours("webdataset", "coco", folder + "/shards", folder + "/again.json"), None),
    ]
    rows = []
    for name, our_command, plain_command in jobs:
        our_time, our_memory = measured(our_command)
        if our_memory > MOST_MEMORY:
            sys.exit(f"{name} took {our_memory / 2**20:.0f} MiB, at most {MOST_MEMORY / 2**20:.0f} are allowed")
        plain_time, plain_memory = measured(plain_command) if plain_command else (None, None)
        note = f"{arguments.regions} regions; reference: the same job with Python's json" if plain_command else f"{arguments.regions} regions"
        for metric, mine, theirs, unit in [
            ("regions a second", arguments.regions / our_time, plain_time and arguments.regions / plain_time, "1/s"),
            ("peak memory", our_memory / 2**20, plain_memory and plain_memory / 2**20, "MiB"),
        ]:
            row = {
                "metric": f"{name}: {metric}",
                "ours": round(mine, 1),
                "reference": theirs and round(theirs, 1),
                "ratio": theirs and round(mine / theirs, 3),
                "unit": unit,
                "note": note,
            }
            rows.append(row)
            print(f"{row['metric']:45} {row['ours']:>12} {row['reference'] or '-':>12} {row['ratio'] or '-':>8} {unit}")
    with open(arguments.record, "w") as out:
        json.dump(rows, out)
    subprocess.run(["rm", "-rf", folder], check=True)


def main():
    if len(sys.argv) == 4 and sys.argv[1] in ("to-coco", "from-coco"):
        return {"to-coco": to_coco, "from-coco": from_coco}[sys.argv[1]](*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--medreg", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--record", required=True)
    parser.add_argument("--regions", type=int, default=1_000_000)
    bench(parser.parse_args())


if __name__ == "__main__":
    main()
