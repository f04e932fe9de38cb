"""Reads what `medreg` wrote with readers that are not its own: pycocotools, Python's csv and json, and YOLO's and VOC's rules.

    python outside_readers.py FOLDER    # coco.json, table.csv, llava.json, qwen.json, yolo/, voc/ of one data set

Prints one JSON object: for each format the boxes that it found, as [image, name, x0, y0, x1, y1].
"""

import csv
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

from pycocotools.coco import COCO

folder = pathlib.Path(sys.argv[1])
sizes = {}


def coco():
    found = COCO(str(folder / "coco.json"))
    for image in found.loadImgs(found.getImgIds()):
        sizes[image["file_name"]] = (image["width"], image["height"])
        for annotation in found.loadAnns(found.getAnnIds(imgIds=image["id"])):
            x, y, w, h = annotation["bbox"]
            (category,) = found.loadCats(annotation["category_id"])
            yield image["file_name"], category["name"], x, y, x + w, y + h


def table():
    with open(folder / "table.csv", newline="") as rows:
        for row in csv.DictReader(rows):
            if row["kind"] == "region":
                yield row["image"], row["name_en"], *(float(row[corner]) for corner in ("x0", "y0", "x1", "y1"))


def conversations(path, box, scale):
    """Answers to where something is, which name every region once."""
    for entry in json.loads((folder / path).read_text()):
        turns = entry["conversations"]
        question, answer = turns[0]["value"], turns[1]["value"]
        asked = re.fullmatch(r"<image>\nPlease locate (.*) in this .*\.", question)
        if not asked:
            continue
        for corners in box(answer):
            width, height = scale(entry)
            x0, y0, x1, y1 = (float(c) for c in corners)
            yield entry["image"], asked[1], x0 * width, y0 * height, x1 * width, y1 * height


def shares(answer):
    return (corners.split(", ") for corners in re.findall(r"\[([\d., ]+)\]", answer))


def objects(answer):
    return (found["bbox_2d"] for found in (json.loads(answer) if answer.startswith("[") else []))


def yolo():
    names = dict(re.findall(r'^  (\d+): "(.*)"$', (folder / "yolo/data.yaml").read_text(), re.M))
    for part in ("train", "val", "test"):
        listed = folder / f"yolo/{part}.txt"
        for image in listed.read_text().split() if listed.exists() else []:
            image = image.removeprefix("./")
            labels = image.replace("images/", "labels/").rsplit(".", 1)[0] + ".txt"
            width, height = sizes[image]
            for line in (folder / "yolo" / labels).read_text().splitlines():
                number, x, y, w, h = line.split()
                x, y, w, h = (float(c) for c in (x, y, w, h))
                box = ((x - w / 2) * width, (y - h / 2) * height, (x + w / 2) * width, (y + h / 2) * height)
                yield image, names[number], *box


def voc():
    for path in (folder / "voc/Annotations").rglob("*.xml"):
        root = xml.parse(path).getroot()
        for found in root.iter("object"):
            x0, y0, x1, y1 = (float(found.find(f"bndbox/{side}").text) for side in ("xmin", "ymin", "xmax", "ymax"))
            yield root.find("path").text, found.find("name").text, x0 - 1, y0 - 1, x1, y1


json.dump(
    {
        "coco": sorted(coco()),
        "table": sorted(table()),
        "llava": sorted(conversations("llava.json", shares, lambda entry: (entry["width"], entry["height"]))),
        "qwen": sorted(conversations("qwen.json", objects, lambda entry: (1, 1))),
        "yolo": sorted(yolo()),
        "voc": sorted(voc()),
    },
    sys.stdout,
)
