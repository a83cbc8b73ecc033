#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""OHIF, a viewer that we did not write, shows our SEG over the CT: at the right place, on the right side, by its name;
and what our SR says: of places in a radiograph in words on it, of a volume without places it reads the values (it draws
nothing then).

Slow (a minute) and needs a download, so it runs only when asked for: INFERAD_OHIF=1 ctest -R OHIF, or by hand
    ohif_test.py BUILD_FOLDER
with Orthanc and its DICOMweb plug-in (orthanc-dicomweb), Chromium and npm, which gets the prebuilt @ohif/app once
(50 MB) into BUILD_FOLDER. Else it says SKIPPED. Pictures stay in BUILD_FOLDER/screenshots.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import numpy as np
import pydicom

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
import acquisition_phantom  # noqa: E402
import node as support  # noqa: E402
import npm  # noqa: E402

ARCHETYPES = HERE.parent / "torch" / "archetypes"
OHIF = "@ohif/app@3.13.2"
PLUGINS = pathlib.Path(os.environ.get("ORTHANC_PLUGINS", "/usr/share/orthanc/plugins"))
AROUND = 4  # pixels on each side that must be of the same kind as the point


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def fetch(build):
    """Viewer and puppeteer in the build folder; the viewer's folder."""
    if npm.modules(build, npm.PUPPETEER) is None:
        skip(f"npm cannot get {npm.PUPPETEER}")
    dist = build / "package" / "dist"
    if not (dist / "index.html").exists():
        if subprocess.run(["npm", "pack", "--silent", OHIF], cwd=build, stdout=subprocess.DEVNULL).returncode:
            skip(f"npm cannot get {OHIF}")
        archive = next(build.glob("ohif-app-*.tgz"))
        subprocess.run(["tar", "xzf", archive, "--exclude=package/dist/ort"], cwd=build, check=True)  # ort: 136 MB
        archive.unlink()
    return dist


def some(mask, count=12):
    """(row, column) of points whose whole neighbourhood is in the mask."""
    inner = mask.copy()
    for axis in (0, 1):
        for shift in range(-AROUND, AROUND + 1):
            inner &= np.roll(mask, shift, axis)
    found = np.argwhere(inner)
    return found[np.linspace(0, len(found) - 1, count).astype(int)] if len(found) >= count else None


def points_of(folder):
    """For each slice with enough of all three: points in the patient (LPS, mm), told by the CT alone. Lung is air
    around which the body is; the patient's right has x < 0 (head first, supine)."""
    slices = {}
    for file in folder.iterdir():
        image = pydicom.dcmread(file)
        hu = image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept)
        corner, spacing = [float(v) for v in image.ImagePositionPatient], [float(v) for v in image.PixelSpacing]
        x = corner[0] + spacing[1] * np.arange(image.Columns)[None, :]
        y = corner[1] + spacing[0] * np.arange(image.Rows)[:, None]
        air, chest = hu < -600, (np.abs(x) < 110) & (np.abs(y) < 60)
        kinds = {"right": some(air & chest & (x < -30)), "left": some(air & chest & (x > 30)),
                 "tissue": some((hu > -150) & (hu < 150))}
        if all(points is not None for points in kinds.values()):
            slices[f"{corner[2]:.3f}"] = {
                kind: [[float(x[0, column]), float(y[row, 0]), corner[2]] for row, column in points]
                for kind, points in kinds.items()}
    assert len(slices) > 10, "the phantom shows both lungs"
    return slices


def analyse(pipeline, study, out, *options):
    subprocess.run([support.INFERAD.parent / "inferad-worker", "run", pipeline, study, "--out", out, *options], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write_spots(folder):
    """A radiograph with three bright spots."""
    y, x = np.mgrid[0:480, 0:640] + 0.5
    pixels = np.full((480, 640), 600.0)
    for column, row in ((150, 120), (420, 300), (500, 90)):
        pixels = np.maximum(pixels, 3600 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 400))
    folder.mkdir()
    acquisition_phantom.write_radiograph(folder / "dx.dcm", np.rint(pixels))


def said_in(report):
    """Of each measurement group: the finding, and the name and value of each number that has no modifiers (OHIF passes
    over the others), as the report has them."""
    groups = [group for part in report.ContentSequence if part.ConceptNameCodeSequence[0].CodeValue == "126010"
              for group in part.ContentSequence]
    said = []
    for group in groups:
        finding = next(item for item in group.ContentSequence if item.ConceptNameCodeSequence[0].CodeValue == "121071")
        plain = [item for item in group.ContentSequence if item.ValueType == "NUM" and not any(
            child.RelationshipType != "INFERRED FROM" for child in item.get("ContentSequence", []))]
        said.append({"finding": str(finding.ConceptCodeSequence[0].CodeMeaning),
                     "numbers": [{"name": str(item.ConceptNameCodeSequence[0].CodeMeaning),
                                  "value": float(item.MeasuredValueSequence[0].NumericValue)} for item in plain]})
    return said


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "build/ohif").resolve()
    if len(sys.argv) > 2 and sys.argv[2] == "--if-asked" and os.environ.get("INFERAD_OHIF") != "1":
        skip("slow: runs with INFERAD_OHIF=1")
    chromium = shutil.which("chromium") or skip("no Chromium (apt install chromium)")
    if missing := support.missing_tools("node", "npm", "Orthanc", "cc"):
        skip(f"needs {', '.join(missing)}")
    if not (PLUGINS / "libOrthancDicomWeb.so").exists():
        skip(f"no DICOMweb plug-in in {PLUGINS} (apt install orthanc-dicomweb)")
    dist = fetch(build)
    with tempfile.TemporaryDirectory(prefix="inferad-ohif-") as temporary:
        folder = pathlib.Path(temporary)
        phantom = support.make_phantom(folder / "phantom", "--size", "256", "--slices", "60", "--slice-distance", "5")
        analyse("ct-lung-density", phantom / "dicom", folder / "out", "--catalog",
                support.SOURCE / "pipelines" / "catalog", "--models", support.SOURCE / "models")
        write_spots(folder / "radiograph")
        analyse("dx-spots", folder / "radiograph", folder / "spots", "--catalog", ARCHETYPES / "catalog", "--models",
                ARCHETYPES / "models")
        seg = pydicom.dcmread(folder / "out" / "seg.dcm", stop_before_pixels=True)
        volume, places = (pydicom.dcmread(folder / name / "sr.dcm") for name in ("out", "spots"))
        pacs = support.Orthanc(folder / "pacs").start()
        try:
            for study in (phantom / "dicom", folder / "radiograph"):
                pacs.store(study)
            for name in ("out/seg.dcm", "out/sr.dcm", "spots/sr.dcm"):
                pacs.request("/instances", (folder / name).read_bytes())
            task = {"dist": str(dist), "pacs": pacs.http, "build": str(build), "chromium": chromium,
                    "study": seg.StudyInstanceUID, "seg": seg.SeriesDescription,
                    "labels": [segment.SegmentLabel for segment in seg.SegmentSequence],
                    "slices": points_of(phantom / "dicom"),
                    "volume": {"report": volume.SeriesDescription, "said": said_in(volume)},
                    "places": {"study": places.StudyInstanceUID, "report": places.SeriesDescription,
                               "said": said_in(places)}}
            (folder / "task.json").write_text(json.dumps(task))
            sys.exit(subprocess.run(["node", HERE / "ohif.mjs", folder / "task.json"]).returncode)
        finally:
            pacs.stop()


main()
