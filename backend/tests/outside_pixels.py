"""Holds the pixels that medreg takes in against those of readers that are not its own: pydicom with pylibjpeg, and nibabel.

    python outside_pixels.py MEDREG FOLDER    # FOLDER holds the DICOM files of the packages pydicom and pydicom-data

Prints a row for each file: its transfer syntax, what medreg and what pydicom make of it, and how far their pixels are apart after
the modality transformation, in colours after the conversion to RGB of 8 bits. Then the same for NIfTI volumes that nibabel
writes, and what share of all that pydicom decodes came out the same. Exit code 1 where that is less than 95 %, where a file without
loss differs, or where medreg gave no answer.

pylibjpeg-libjpeg is under the GPL. It is installed for this comparison alone and is no part of medreg.
"""

import collections
import json
import logging
import pathlib
import subprocess
import sys
import tempfile
import warnings

import nibabel
import numpy as np
import pydicom
from PIL import Image
from pydicom.pixels import apply_color_lut, apply_modality_lut, pixel_array

# Two decoders of one lossy stream may round and smooth colours differently: so many of the 256 greys, or stored values. At edges a
# few samples of colours that are stored for several pixels together may be further apart.
LOSSY = 2
FAR = 6
FEW = 0.001
# A matrix from YBR to RGB is worked out in fractions, which may round either way.
CONVERTED = 1
ENOUGH = 0.95
LOSSLESS = {
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.98", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.4.57", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90",
    "1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202", "1.2.840.10008.1.2.5",
}  # fmt: skip


def taken_in(medreg, paths, folder):
    """What `medreg intake` says of each file, with the pixels that it wrote."""
    call = [medreg, "intake", "--json", "--pixels", str(folder), *map(str, paths)]
    said = subprocess.run(call, stdout=subprocess.PIPE, check=False)
    if said.returncode not in (0, 1):
        sys.exit(f"medreg intake ended with {said.returncode}")
    rows = [json.loads(line) for line in said.stdout.decode().splitlines()]
    return {row["path"]: row for row in rows}


def ours(row):
    """Frames × rows × columns of values, or × 3 of colours."""
    stored = np.stack([np.asarray(Image.open(path)) for path in row["pixels"]])
    if row["colour"]:
        return stored
    return stored.astype(np.float64) * row["levels"]["slope"] + row["levels"]["intercept"]


def rescaled(dataset, frames):
    """Stored values after the modality transformation, which enhanced objects keep with each frame."""
    if dataset.get("ModalityLUTSequence") or "RescaleSlope" in dataset:
        return np.asarray(apply_modality_lut(frames, dataset), np.float64)
    shared = dataset.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()]
    each = dataset.get("PerFrameFunctionalGroupsSequence") or [pydicom.Dataset()] * len(frames)
    made = []
    for frame, groups in zip(frames, each):
        said = groups.get("PixelValueTransformationSequence") or shared[0].get("PixelValueTransformationSequence")
        slope, intercept = (said[0].RescaleSlope, said[0].RescaleIntercept) if said else (1, 0)
        made.append(frame * np.float64(slope) + np.float64(intercept))
    return np.stack(made)


def turn_palette(dataset):
    """pydicom 3.0.2 reads the tables of a big-endian file as if they were little-endian."""
    for colour in ("Red", "Green", "Blue"):
        name = f"{colour}PaletteColorLookupTableData"
        if name in dataset and not dataset.file_meta.TransferSyntaxUID.is_little_endian:
            dataset[name].value = np.frombuffer(dataset[name].value, ">u2").astype("<u2").tobytes()


def theirs(path):
    """The same by pydicom, and whether the values went through a matrix of colours."""
    dataset = pydicom.dcmread(path)
    coded = dataset.file_meta.TransferSyntaxUID.is_encapsulated
    frames = pixel_array(dataset, **({"decoding_plugin": "pylibjpeg"} if coded else {}))
    colours = dataset.SamplesPerPixel == 3
    if frames.ndim == (3 if colours else 2):
        frames = frames[np.newaxis]
    if colours:
        most = 2**dataset.BitsStored - 1
        return np.rint(frames.astype(np.float64) * 255 / most), "YBR" in dataset.PhotometricInterpretation
    if dataset.PhotometricInterpretation == "PALETTE COLOR":
        turn_palette(dataset)
        coloured = apply_color_lut(frames, dataset)
        return coloured >> 8 if coloured.dtype == np.uint16 else coloured, False
    return rescaled(dataset, frames), False


def judged(row, path):
    """How the two compare, in a word and in a sentence."""
    try:
        expected, converted = theirs(path)
    except Exception as error:  # Whatever pydicom cannot do, it says by some exception.
        said = "neither" if row["outcome"] == "refused" else "ours alone"
        return said, f"pydicom: {' '.join(str(error).split())[:90]}"
    if row["outcome"] == "refused":
        return "refused", row["reason"]
    found = ours(row)
    if found.shape != expected.shape:
        return "differs", f"{found.shape} is not {expected.shape}"
    return told(found, expected, row, row["syntax"] in LOSSLESS, converted)


def told(found, expected, row, lossless, converted=False):
    most = float(np.abs(found - expected).max())
    # Values that fit no 16-bit integers are stored in 65,536 steps; a value is then right to half of one.
    step = 1 if row["colour"] else abs(row["levels"]["slope"])
    rounding = step / 2 * 1.000001 if step != 1 else 0
    if most <= rounding + 1e-9:
        return "equal", "to the last bit" if step == 1 else f"to half a step of {step:.3g}"
    allowed = rounding + max(CONVERTED if converted else 0, 0 if lossless else LOSSY)
    off = np.abs(found - expected)
    if most <= allowed + 1e-9:
        return "within", f"at most {most:g} of {allowed:g} off, {np.mean(off):.3f} on average"
    share = float(np.mean(off > allowed))
    further = f"{share:.3%} of samples more than {allowed:g} off, at most {most:g}, {np.mean(off):.3f} on average"
    return "within" if not lossless and most <= rounding + FAR and share <= FEW else "differs", further


def volumes(folder):
    """NIfTI files in every way to lie, of each kind of number, with a slope, in both versions: name and expected frames."""
    chance = np.random.default_rng(7)
    kinds = ["uint8", "int16", "uint16", "int32", "float32", "float64", "int8", "uint32"]
    codes = ["RAS", "LPS", "LAS", "PIR", "SLP", "AIL", "IRA", "PSR"]
    for kind, code in zip(kinds, codes):
        ways = nibabel.orientations.ornt_transform(
            nibabel.orientations.axcodes2ornt("RAS"), nibabel.orientations.axcodes2ornt(code)
        )
        values = chance.integers(0, 100, (5, 6, 7)).astype(kind)
        if kind in ("float32", "float64", "int16"):
            values = values / 7
        plain = nibabel.Nifti1Image(values, np.diag([0.7, 0.8, 2.5, 1]))
        # Fractions as whole numbers get a slope.
        plain.set_data_dtype(kind)
        plain.header.set_xyzt_units("mm")
        turned = plain.as_reoriented(ways)
        if kind == "int32":
            turned = nibabel.Nifti2Image(turned.dataobj, turned.affine, turned.header)
            turned.header.set_xyzt_units("mm")
        if kind == "uint16":
            turned.set_sform(None, code=0)
            turned.set_qform(turned.affine, code=1)
        path = folder / f"{kind}-{code}.nii{'.gz' if kind == 'float32' else ''}"
        turned.header["descrip"] = b"DOE^JOHN"
        nibabel.save(turned, path)
        upright = nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()
        # From the feet to the head, rows to the left and columns to the back.
        yield path, upright[::-1, ::-1, :].transpose(2, 1, 0)


def compared(medreg, folder, scratch):
    found = (p for part in ("data_store/data", "pydicom/data") for p in (folder / part).rglob("*"))
    paths = sorted(p for p in found if p.is_file() and p.suffix not in (".py", ".pyc"))
    rows = taken_in(medreg, paths, scratch / "dicom")
    for path in paths:
        row = rows.get(str(path))
        if row is None:
            yield path.relative_to(folder), "", "no answer", "medreg said nothing about it"
            continue
        kind = " ".join(filter(None, (row["kind"], row["syntax"])))
        yield path.relative_to(folder), kind, *judged(row, path)


def compared_volumes(medreg, scratch):
    (scratch / "volumes").mkdir()
    expected = dict(volumes(scratch / "volumes"))
    rows = taken_in(medreg, expected, scratch / "frames")
    for path, frames in expected.items():
        row = rows[str(path)]
        if row["outcome"] == "refused":
            yield path.name, row["kind"], "refused", row["reason"]
        elif (found := ours(row)).shape != frames.shape:
            yield path.name, row["kind"], "differs", f"{found.shape} is not {frames.shape}"
        elif not np.allclose(row["orientation"] + row["pixel_spacing"], [1, 0, 0, 0, 1, 0, 0.8, 0.7], atol=1e-6):
            yield path.name, row["kind"], "differs", f"{row['orientation']} and {row['pixel_spacing']} mm"
        else:
            yield path.name, row["kind"], *told(found, frames, row, True)


def main(medreg, folder):
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = pathlib.Path(scratch)
        dicom = list(compared(medreg, folder, scratch))
        nifti = list(compared_volumes(medreg, scratch))
    rows = [tuple(map(str, row)) for row in dicom + nifti]
    widths = [max(len(row[at]) for row in rows) for at in range(3)]
    for row in rows:
        print("  ".join(f"{cell:{width}}" for cell, width in zip(row, widths)) + "  " + row[3])
    counts = collections.Counter(row[2] for row in dicom)
    same, decoded = counts["equal"] + counts["within"], sum(counts[said] for said in ("equal", "within", "differs", "refused"))
    print(f"\n{len(dicom)} files: " + ", ".join(f"{count} {said}" for said, count in counts.most_common()))
    print(f"{same} of the {decoded} that pydicom decodes are the same here: {same / decoded:.1%}")
    wrong = [row for row in dicom if row[2] == "differs" and row[1].split()[-1] in LOSSLESS] + [
        row for row in nifti if row[2] not in ("equal", "within")
    ]
    for row in wrong:
        print("not the same, though nothing was lost:", *row)
    sys.exit(1 if wrong or counts["no answer"] or same < ENOUGH * decoded else 0)


if __name__ == "__main__":
    main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve())
