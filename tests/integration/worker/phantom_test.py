#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The phantom that other tests measure by is itself sound."""
import json
import shutil
import subprocess
import unittest

import numpy as np
import pydicom

from worker_support import SMALL, WorkerTest


class Phantom(WorkerTest):
    def test_same_arguments_same_bytes(self):
        files = [sorted(self.phantom(*SMALL, "--seed", "9", name=name).rglob("*")) for name in ("a", "b")]
        self.assertEqual(len(files[0]), len(files[1]))
        for one, other in zip(*files):
            if one.is_file():
                self.assertEqual(one.read_bytes(), other.read_bytes(), one.name)

    def test_volume_of_the_shapes_agrees_with_the_voxels(self):
        for kind in ("normal", "emphysema", "high-attenuation"):
            truth = json.loads((self.phantom(*SMALL, "--kind", kind, name=kind) / "truth.json").read_text())
            for side, lung in truth["lungs"].items():
                counted = lung["voxels"] * truth["grid"]["voxel_ml"]
                self.assertLess(abs(counted / lung["volume_ml"] - 1), 0.01, f"{kind} {side}")
                self.assertLess(abs(lung["laa950_percent"] - lung["stored"]["laa950_percent"]), 0.5)

    def test_a_thick_slice_is_the_mean_of_the_thin_ones_in_it(self):
        thin, thick = (self.noiseless(distance) for distance in (1, 5))
        difference = np.abs(thin.reshape(-1, 5, *thin.shape[1:]).mean(axis=1) - thick)
        self.assertLess(difference.mean(), 1)  # HU; both average their own planes
        self.assertLess(np.count_nonzero(difference > 100) / difference.size, 1e-3)

    def noiseless(self, distance):
        """Hounsfield units; the slice thickness is the distance."""
        out = self.phantom("--size", "160", "--slices", str(300 // distance), "--slice-distance", str(distance), "--noise",
                           "0", name=f"{distance}mm")
        images = [pydicom.dcmread(file) for file in sorted((out / "dicom").iterdir())]
        self.assertEqual({float(image.SliceThickness) for image in images}, {distance})
        return np.stack([image.pixel_array + float(image.RescaleIntercept) for image in images])

    def test_the_volume_does_not_depend_on_the_slices(self):
        volumes = []
        for distance, thickness in ((1, 1), (5, 5), (5, 1), (2.5, 5)):
            out = self.phantom("--size", "128", "--slices", str(int(300 / distance)), "--slice-distance", str(distance),
                               "--slice-thickness", str(thickness), name=f"{distance}of{thickness}")
            volumes.append(json.loads((out / "truth.json").read_text())["lungs"]["both"]["volume_ml"])
        self.assertLess(max(volumes) / min(volumes) - 1, 0.0005)

    def test_objects_are_valid(self):
        if not shutil.which("dciodvfy"):
            self.skipTest("SKIPPED: no dciodvfy")
        out = self.phantom(*SMALL, "--slices", "20", "--localizer", "--coronal", "--tilt", "5", "--shuffle")
        files = sorted((out / "dicom").iterdir())
        for file in files:
            report = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True)
            self.assertNotIn("Error", report.stdout + report.stderr, file.name)
        headers = [pydicom.dcmread(file, stop_before_pixels=True) for file in files]
        self.assertEqual(len({header.StudyInstanceUID for header in headers}), 1)
        self.assertEqual(len({header.SeriesInstanceUID for header in headers}), 3)
        self.assertEqual(len({header.SOPInstanceUID for header in headers}), len(files))


if __name__ == "__main__":
    unittest.main()
