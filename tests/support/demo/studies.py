# SPDX-License-Identifier: Apache-2.0
"""What the demo sends: phantoms (made once, kept in build/demo) or the user's own folders."""
import concurrent.futures
import pathlib
import shutil
import subprocess
import sys

SUPPORT = pathlib.Path(__file__).resolve().parents[1]

# Least urgent first, so that the list reorders while one looks. Name, kind, seed.
PHANTOMS = (("Phantom^Normal", "normal", 11), ("Phantom^Emphysema", "emphysema", 12),
            ("Phantom^Dense Lung", "high-attenuation", 13))
SLICES, SLICE_DISTANCE, SIZE = 120, 2.5, 512


class Study:
    def __init__(self, title, files):
        self.title, self.files = title, files
        self.uid = read_uid(files[0])


def read_uid(file):
    import pydicom

    return str(pydicom.dcmread(file, stop_before_pixels=True, specific_tags=["StudyInstanceUID"]).StudyInstanceUID)


def make_phantom(cache, number, name, kind, seed):
    """The folder of DICOM files; made under another name first, so that an interrupted run leaves no half phantom."""
    recipe = f"{kind}-{seed}-{SLICES}x{SLICE_DISTANCE}-{SIZE}"
    folder = cache / recipe
    if not folder.exists():
        half = cache / f"{recipe}.part"
        shutil.rmtree(half, ignore_errors=True)
        subprocess.run([sys.executable, str(SUPPORT / "phantom.py"), str(half), "--kind", kind, "--seed", str(seed),
                        "--slices", str(SLICES), "--slice-distance", str(SLICE_DISTANCE), "--size", str(SIZE),
                        "--patient-name", name, "--patient-id", f"PHANTOM-{number}"],
                       check=True, stdout=subprocess.DEVNULL)
        half.rename(folder)
    return folder / "dicom"


def phantoms(cache):
    cache.mkdir(parents=True, exist_ok=True)
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        folders = [pool.submit(make_phantom, cache, number, *phantom) for number, phantom in enumerate(PHANTOMS, 1)]
        return [Study(name.replace("^", ", "), sorted(folder.result().iterdir()))
                for (name, _, _), folder in zip(PHANTOMS, folders)]


def is_dicom(file):
    with open(file, "rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def own(folders):
    """One Study for each Study Instance UID in the folders. ValueError: there is none."""
    found = {}
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder} is not a folder")
        files = [file for file in sorted(folder.rglob("*")) if file.is_file() and is_dicom(file)]
        if not files:
            raise ValueError(f"{folder} holds no DICOM files (Part 10, with \"DICM\" at byte 128)")
        for file in files:
            found.setdefault(read_uid(file), []).append(file)
    return [Study(f"study {number}", files) for number, files in enumerate(found.values(), 1)]
