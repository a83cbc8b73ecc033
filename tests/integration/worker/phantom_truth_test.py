#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the worker measures on phantoms is what their geometry says."""
import gzip
import json
import unittest

import numpy as np
import pydicom

from worker_support import SMALL, WorkerTest, measure

SIDES = {"right": "lung-right", "left": "lung-left", "both": "lungs"}


class PhantomTruth(WorkerTest):
    def check(self, kind, seed, *options):
        out = self.phantom("--kind", kind, "--seed", str(seed), *options)
        truth = json.loads((out / "truth.json").read_text())
        status, findings, results = self.run_worker(out / "dicom")
        self.assertEqual(status, 0, self.log)
        self.assertEqual(findings["outcome"], "analysed")
        for side, item in SIDES.items():
            expected = truth["lungs"][side]
            volume, laa, haa = (measure(findings, item, label) for label in ("Volume", "LAA-950", "HAA"))
            print(f"{kind} {seed} {side}: volume {volume:.1f} (truth {expected['volume_ml']:.1f}), LAA-950 {laa:.2f} "
                  f"({expected['laa950_percent']:.2f}), HAA {haa:.2f} ({expected['haa_percent']:.2f})")
            self.assertLess(abs(volume / expected["volume_ml"] - 1), 0.01)
            self.assertLess(abs(laa - expected["laa950_percent"]), 0.5)
            self.assertLess(abs(haa - expected["haa_percent"]), 1.5)
        self.check_mask(out, truth, results)
        return findings

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

    def test_normal(self):
        self.assertIsNone(self.check("normal", 1).get("priority"))

    def test_emphysema(self):
        self.assertIsNotNone(self.check("emphysema", 2).get("priority"))

    def test_high_attenuation(self):
        self.assertIsNotNone(self.check("high-attenuation", 3).get("priority"))

    def test_other_grids(self):
        self.check("emphysema", 4, *SMALL)
        self.check("normal", 5, "--size", "256", "--slices", "240", "--slice-distance", "1.25")


if __name__ == "__main__":
    unittest.main()
