"""Reads what `medreg` wrote with readers that are not its own: pycocotools, pyarrow, Hugging Face's datasets, webdataset, mlcroissant,
Python's csv and json, and YOLO's and VOC's rules.

    python outside_readers.py FOLDER    # coco.json, table.csv, llava.json, qwen.json, yolo/, voc/, parquet/, webdataset/ of one data set,
                                        # and snapshot/ with a croissant.json of another

Prints one JSON object: for each format the boxes that it found, as [image, name, x0, y0, x1, y1].
"""

import csv
import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as xml

folder = pathlib.Path(sys.argv[1])
# They would look for news of themselves, and keep what they read.
os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": str(folder / "cache"), "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

import datasets
import mlcroissant
import pyarrow.parquet
import webdataset
from pycocotools.coco import COCO

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


def parquet():
    rows = sum(pyarrow.parquet.read_table(path).num_rows for path in (folder / "parquet/data").iterdir())
    loaded = datasets.load_dataset("parquet", data_dir=str(folder / "parquet"))
    assert rows == sum(part.num_rows for part in loaded.values()), loaded
    for part in loaded.values():
        assert part[0]["image"].size == (8, 8), "an image that it decodes"
        for row in part.cast_column("image", datasets.Image(decode=False)):
            for region in row["regions"]:
                yield row["image"]["path"], region["names"]["en"], *region["bbox"]


def shards():
    for shard in sorted((folder / "webdataset").iterdir()):
        for sample in webdataset.WebDataset(str(shard), shardshuffle=False).decode("pil"):
            assert sample["png"].size == (8, 8), "an image that it decodes"
            for region in sample["json"]["regions"]:
                yield sample["json"]["image"], region["names"]["en"], *region["bbox"]


def croissant(record_set, rows):
    """What a record set of the snapshot's Croissant says; by the ends of its fields' names."""
    described = mlcroissant.Dataset(jsonld=str(folder / "snapshot/croissant.json"))
    assert described.metadata.ctx.is_v1_1() and not described.metadata.ctx.issues.errors
    assert "ontology" in described.metadata.data_annotation_protocol[0], "what RAI asks for"
    text = lambda value: value.decode() if isinstance(value, bytes) else value
    for record in described.records(record_set):
        yield from rows({name.split("/")[-1]: text(value) for name, value in record.items()})


def of_table(record):
    if record["kind"] == "region":
        yield record["image"], record["name_en"], *(record[corner] for corner in ("x0", "y0", "x1", "y1"))


def of_rows(record):
    assert record["image"].size == (8, 8), "an image that it decodes"
    for name, box in zip(record["names_en"], record["boxes"]):
        yield text_of(record["path"]), text_of(name), *(float(c) for c in box)


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value


found = list(croissant("csv", of_table))
json.dump(
    {
        "parquet": sorted(parquet()),
        "webdataset": sorted(shards()),
        "croissant": sorted(found),
        "croissant_rows": sorted(row for part in ("train", "test") for row in croissant(part, of_rows)),

        "coco": sorted(coco()),
        "table": sorted(table()),
        "llava": sorted(conversations("llava.json", shares, lambda entry: (entry["width"], entry["height"]))),
        "qwen": sorted(conversations("qwen.json", objects, lambda entry: (1, 1))),
        "yolo": sorted(yolo()),
        "voc": sorted(voc()),
    },
    sys.stdout,
)
