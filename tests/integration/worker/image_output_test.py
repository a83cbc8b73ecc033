#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An image that a network made, as NIfTI, read by nibabel: it lies where the source lies, and smoothing did to a made
function of the place what analysis says."""
import hashlib
import json
import subprocess
import sys
import types
import unittest

import numpy as np

from worker_support import CREATED, SOURCE, WORKER, WorkerTest

sys.path.insert(0, str(SOURCE / "tests" / "support"))
from phantom_dicom import image, save, stored, study_header  # noqa: E402

try:
    import nibabel
except ImportError:
    print("SKIPPED: python3-nibabel is not installed")
    sys.exit(0)

ARCHETYPES = SOURCE / "tests" / "torch" / "archetypes"
COLUMNS, ROWS, SLICES = 44, 38, 22
SPACING = np.array([1.4, 1.9, 2.6])  # between columns, rows, slices
ANGLE = np.radians(17)
# Sagittal slices, turned about two axes: columns run to the back, rows down, and slices from right to left.
COLUMN = np.array([np.sin(ANGLE), np.cos(ANGLE), 0])
ROW = np.cross([np.cos(ANGLE), -np.sin(ANGLE), 0], COLUMN) * -1
NORMAL = np.cross(COLUMN, ROW)
ORIGIN = np.array([30.0, -31.0, 140.0])
BALL, RADIUS = np.array([18.0, -3.0, 118.0]), 7.0  # LPS: on the patient's left


def places():
    """LPS of every voxel, [column, row, slice, 3]."""
    i, j, k = np.meshgrid(np.arange(COLUMNS), np.arange(ROWS), np.arange(SLICES), indexing="ij")
    axes = [COLUMN * SPACING[0], ROW * SPACING[1], NORMAL * SPACING[2]]
    return ORIGIN + sum(index[..., None] * axis for index, axis in zip((i, j, k), axes))


def smooth_part(place):
    x, y, z = np.moveaxis(place, -1, 0)
    return -700 + 3 * x - 1.5 * y + 0.8 * z + 0.05 * x**2


class ImageOutput(WorkerTest):
    def write(self):
        place = places()
        hu = np.rint(smooth_part(place))
        hu[np.linalg.norm(place - BALL, axis=-1) < RADIUS] = 1500
        args = types.SimpleNamespace(study_date="20261125", seed=3, kind="smooth", patient_name="", patient_id="")
        study = study_header(args, "smooth")
        folder = self.folder / "series"
        folder.mkdir()
        for k in range(SLICES):
            data = image(study, "smooth", ("s", 1, "made"), k + 1, ORIGIN + k * SPACING[2] * NORMAL, [*COLUMN, *ROW],
                         (SPACING[1], SPACING[0], SPACING[2]), stored(hu[:, :, k].T), ["ORIGINAL", "PRIMARY", "AXIAL"])
            data.ImageOrientationPatient = [f"{value:.9f}" for value in (*COLUMN, *ROW)]
            data.ImagePositionPatient = [f"{value:.6f}" for value in ORIGIN + k * SPACING[2] * NORMAL]
            save(data, folder / f"{SLICES - k:03}.dcm")
        return folder

    def run_smooth(self, source, name):
        out = self.folder / name
        done = subprocess.run([str(WORKER), "run", "ct-smooth", str(source), "--out", str(out), "--created-at", CREATED,
                               "--catalog", str(ARCHETYPES / "catalog"), "--models", str(ARCHETYPES / "models")],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return json.loads((out / "findings.json").read_text()), out

    def test_an_image_lies_where_its_source_lies_and_is_what_the_network_made(self):
        source = self.write()
        findings, out = self.run_smooth(source, "out")
        entry, = findings["files"]
        content = (out / entry["name"]).read_bytes()
        self.assertEqual(entry["name"], "smoothed-ct.nii")
        self.assertEqual(entry["sha256"], hashlib.sha256(content).hexdigest())
        self.assertEqual(entry["size_bytes"], len(content))
        self.assertEqual(entry["unit"]["value"], "[hnsf'U]")
        self.assertNotIn(b"PHANTOM", content)

        read = nibabel.load(out / entry["name"])
        self.assertEqual(read.shape, (COLUMNS, ROWS, SLICES))
        self.assertEqual(read.header.get_xyzt_units()[0], "mm")
        np.testing.assert_allclose(read.header.get_zooms(), SPACING, rtol=1e-6)
        ras = nibabel.affines.apply_affine(read.affine, np.stack(np.meshgrid(*map(np.arange, read.shape),
                                                                             indexing="ij"), -1))
        place = places()
        np.testing.assert_allclose(ras * [-1, -1, 1], place, atol=1e-3)

        # The mean over neighbours leaves a plane as it is; to x squared it adds the mean square of the steps along x.
        steps = [axis[0] * step for axis, step in zip((COLUMN, ROW, NORMAL), SPACING)]
        expected = smooth_part(place) + 0.05 * sum(2 / 3 * step**2 for step in steps)
        values = read.get_fdata()
        inside = np.zeros(values.shape, bool)
        inside[1:-1, 1:-1, 1:-1] = True
        inside &= np.linalg.norm(place - BALL, axis=-1) > RADIUS + 6
        off = np.abs(values - expected)[inside]
        print(f"{inside.sum()} voxels, off by {off.max():.3f} HU at most, {off.mean():.3f} on average")
        self.assertLess(off.max(), 0.5)
        self.assertGreater(np.abs(values[:, :, ::-1] - expected)[inside].max(), 50, "another order would be seen")

        bright = values > 600
        centre = ras[bright].mean(0)
        np.testing.assert_allclose(centre * [-1, -1, 1], BALL, atol=0.7)
        self.assertLess(centre[0], 0, "left stays left: RAS has it below 0")

        item = next(item for item in findings["items"] if item["id"] == "smoothed-ct")
        self.assertEqual(item["presence"], "measured")
        again, other = self.run_smooth(source, "again")
        self.assertEqual((other / "smoothed-ct.nii").read_bytes(), content)
        self.assertEqual((other / "findings.json").read_bytes(), (out / "findings.json").read_bytes())
        report = subprocess.run(["dciodvfy", str(out / "sr.dcm")], capture_output=True, text=True, errors="replace")
        self.assertNotIn("Error", report.stdout + report.stderr)


if __name__ == "__main__":
    unittest.main()
