#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the worker measures on phantoms is what their geometry says."""
import gzip
import json
import sys
import unittest

import numpy as np
import pydicom

from worker_support import SMALL, SOURCE, WorkerTest, measure

sys.path.insert(0, str(SOURCE / "tests" / "support"))
from png import read_png  # noqa: E402

SIDES = {"right": "lung-right", "left": "lung-left", "both": "lungs"}


class PhantomTruth(WorkerTest):
    def check(self, kind, seed, *options):
        self.runs = getattr(self, "runs", 0) + 1
        out = self.phantom("--kind", kind, "--seed", str(seed), *options, name=f"phantom{self.runs}")
        truth = json.loads((out / "truth.json").read_text())
        status, findings, results = self.run_worker(out / "dicom", out=f"out{self.runs}")
        self.assertEqual(status, 0, self.log)
        self.assertEqual(findings["outcome"], "analysed")
        for side, item in SIDES.items():
            expected = truth["lungs"][side]
            volume, laa, haa = (measure(findings, item, label) for label in ("Volume", "LAA-950", "HAA"))
            print(f"{kind} {seed} {truth['grid']['spacing'][2]:g} mm {side}: volume {volume:.1f} (truth {expected['volume_ml']:.1f}), LAA-950 {laa:.2f} "
                  f"({expected['laa950_percent']:.2f}), HAA {haa:.2f} ({expected['haa_percent']:.2f})")
            self.assertLess(abs(volume / expected["volume_ml"] - 1), 0.01)
            self.assertLess(abs(laa - expected["laa950_percent"]), 0.5)
            self.assertLess(abs(haa - expected["haa_percent"]), 1.5)
        self.check_mask(out, truth, results)
        if kind == "emphysema":
            self.check_picture(results, findings)
        return findings

    def check_picture(self, results, findings):
        """The key picture and the marks over it, read without our code: sides, outlines, and a slice that lungs are in."""
        listed = json.loads((results / "pictures.json").read_text())
        (picture,) = listed["pictures"]
        self.assertEqual(listed["study_uid"], findings["study_uid"])
        self.assertEqual((picture["findings"], picture["left"], picture["top"]), (["emphysema"], "R", "A"))
        grey, marks = (read_png((results / picture[name]).read_bytes()) for name in ("image", "marks"))
        self.assertEqual((grey.shape, marks.shape), ((512, 512, 1), (512, 512, 4)))
        self.assertGreater(grey.max() - grey.min(), 200)
        for outline in picture["outlines"]:
            at = np.nonzero((marks[..., :3] == outline["rgb"]).all(axis=2) & (marks[..., 3] == 255))
            self.assertGreater(len(at[1]), 300)
            self.assertEqual(outline["label"], "Right lung" if at[1].mean() < 256 else "Left lung")
        self.assertEqual(len(picture["outlines"]), 2)

    def check_mask(self, out, truth, results):
        """The SEG, read by pydicom, against the label map of the phantom."""
        grid = truth["grid"]
        shape = (grid["slices"], grid["rows"], grid["columns"])
        labels = np.frombuffer(gzip.decompress((out / "labels.u8.gz").read_bytes()), np.uint8).reshape(shape)
        seg = pydicom.dcmread(results / "seg.dcm")
        positions = sorted({float(frame.PlanePositionSequence[0].ImagePositionPatient[2])
                            for frame in seg.PerFrameFunctionalGroupsSequence})
        lowest = -(grid["slices"] - 1) / 2 * grid["spacing"][2]
        frames = seg.pixel_array
        for segment in seg.SegmentSequence:
            mask = np.zeros(shape, bool)
            for frame, group in zip(frames, seg.PerFrameFunctionalGroupsSequence):
                if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == segment.SegmentNumber:
                    z = float(group.PlanePositionSequence[0].ImagePositionPatient[2])
                    mask[round((z - lowest) / grid["spacing"][2])] = frame
            side = "right lung" if "ight" in segment.SegmentLabel else "left lung"
            lung = labels == truth["labels"]["values"][side]
            dice = 2 * np.count_nonzero(mask & lung) / (np.count_nonzero(mask) + np.count_nonzero(lung))
            print(f"{side}: Dice {dice:.4f} over {len(positions)} slices")
            self.assertGreater(dice, 0.98)

    def check_thick_and_thin(self, kind, seed):
        """Slices of 1, 3 and 5 mm, each with pixels of another size: the whole chest each time."""
        return [self.check(kind, seed, "--slice-distance", str(distance), "--slices", str(300 // distance), "--size", size)
                for distance, size in ((1, "192"), (3, "256"), (5, "320"))]

    def test_normal(self):
        for findings in self.check_thick_and_thin("normal", 1):
            self.assertIsNone(findings.get("priority"))

    def test_emphysema(self):
        for findings in self.check_thick_and_thin("emphysema", 2):
            self.assertEqual(findings["priority"]["level"], "HIGH")

    def test_high_attenuation(self):
        for findings in self.check_thick_and_thin("high-attenuation", 3):
            self.assertEqual(findings["priority"]["level"], "STAT")

    def test_coarse_pixels(self):
        self.check("emphysema", 4, *SMALL)

    def test_slices_that_overlap_or_leave_out(self):
        for distance, thickness in ((2, 4), (5, 1.25)):
            self.check("emphysema", 5, "--size", "192", "--slices", str(300 // distance), "--slice-distance",
                       str(distance), "--slice-thickness", str(thickness))


if __name__ == "__main__":
    unittest.main()
