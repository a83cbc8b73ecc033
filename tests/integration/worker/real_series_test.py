#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A real chest CT (JPEG Lossless, lung in both end slices): the mask against a U-Net's, the objects before judges."""
import gzip
import pathlib
import shutil
import subprocess
import unittest

import numpy as np
import pydicom

from worker_support import SOURCE, WorkerTest, measure

DATA = SOURCE.parent / "shared" / "data"
SERIES = DATA / "dicom" / "ct-chest-lungfcp"
MASK = DATA / "expected" / "ct-lung_ct-chest-lungfcp_mask_cleaned.u8.gz"
JUDGES = ("dciodvfy", "dcentvfy", "dsrdump")


def judge(*command):
    report = subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace")
    return report.returncode, report.stdout + report.stderr


@unittest.skipUnless(MASK.exists(), "SKIPPED: no shared data")
class RealSeries(WorkerTest):
    def setUp(self):
        super().setUp()
        self.status, self.findings, self.results = self.run_worker(SERIES)
        self.assertEqual(self.status, 0, self.log)
        self.sources = sorted((pydicom.dcmread(file, stop_before_pixels=True) for file in SERIES.iterdir()),
                              key=lambda source: float(source.ImagePositionPatient[2]))

    def labels(self):
        """The SEG as a label map, slices by ascending z."""
        seg = pydicom.dcmread(self.results / "seg.dcm")
        slices = {source.SOPInstanceUID: k for k, source in enumerate(self.sources)}
        labels = np.zeros((len(slices), seg.Rows, seg.Columns), np.uint8)
        for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
            image = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
            labels[slices[image]][frame > 0] = group.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        return labels

    def test_mask_agrees_with_the_golden_one(self):
        labels = self.labels()
        golden = np.frombuffer(gzip.decompress(MASK.read_bytes()), np.uint8).reshape(labels.shape) > 0
        mask = labels > 0
        dice = 2 * np.count_nonzero(mask & golden) / (np.count_nonzero(mask) + np.count_nonzero(golden))
        print(f"Dice {dice:.4f}")
        self.assertGreaterEqual(dice, 0.95)

    def test_left_is_left(self):
        """Patient supine, head first: columns run to the patient's left."""
        self.assertGreater(float(self.sources[0].ImageOrientationPatient[0]), 0.99)
        labels, middle = self.labels(), self.sources[0].Columns / 2
        right, left = (np.nonzero(labels == number)[2].mean() for number in (1, 2))
        self.assertEqual([s["label"] for s in self.findings["segments"]], ["Right lung", "Left lung"])
        self.assertTrue(right < middle < left)

    def test_partial_coverage_is_told_and_asks_for_nothing(self):
        volumes = [m for item in self.findings["items"] for m in item["measurements"] if m["label"] == "Volume"]
        self.assertTrue(volumes and all(volume["truncated"] for volume in volumes))
        self.assertTrue(self.findings["remarks"])
        self.assertIsNone(self.findings.get("priority"))
        self.assertAlmostEqual(measure(self.findings, "lungs", "LAA-950"), 1.39, delta=0.5)
        self.assertAlmostEqual(measure(self.findings, "lungs", "Perc15"), -920, delta=5)

    def test_judges_find_nothing(self):
        missing = [name for name in JUDGES if not shutil.which(name)]
        if missing:
            self.skipTest(f"SKIPPED: no {', '.join(missing)}")
        seg, sr = self.results / "seg.dcm", self.results / "sr.dcm"
        for file in (seg, sr):
            _, text = judge("dciodvfy", file)
            self.assertEqual([line for line in text.splitlines() if line.startswith("Error")], [], file.name)
        status, text = judge("dsrdump", sr)
        self.assertEqual(status, 0, text)
        self.assertIn("Share of volume at or below -950 HU", text)
        _, text = judge("dcentvfy", seg, sr, *sorted(SERIES.iterdir()))
        # It files Accession Number under another entity for reports than for images, whoever made them; and these
        # images lack Patient's Birth Date, which results must have (type 2).
        self.assertNotIn("PatientBirthDate", self.sources[0])
        known = ("Element=<AccessionNumber>", "Attribute present in one instance but not the other - Element=<PatientBirthDate>")
        self.assertEqual([line for line in text.splitlines() if not any(part in line for part in known)], [])


if __name__ == "__main__":
    unittest.main()
