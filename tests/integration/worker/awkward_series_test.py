#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Series that cannot be measured get a coded reason and a report; those that only look odd are measured."""
import subprocess
import unittest

import pydicom

from worker_support import SMALL, WORKER, WorkerTest, measure


class Refused(WorkerTest):
    def check(self, code, *options):
        out = self.phantom(*SMALL, *options)
        status, findings, results = self.run_worker(out / "dicom")
        self.assertEqual(status, 3, self.log)
        self.assertEqual(findings["outcome"], "not_analysed")
        self.assertEqual(findings["reason"]["value"], code)
        self.assertEqual(findings["reason"]["scheme"], "99INFERAD")
        self.assertTrue(findings["reason_text"])
        self.assertFalse((results / "seg.dcm").exists())
        self.assertEqual(pydicom.dcmread(results / "sr.dcm").Modality, "SR")

    def test_gap(self):
        self.check("SLICE_GAP", "--gap")

    def test_duplicate_position(self):
        self.check("DUPLICATE_POS", "--duplicate")

    def test_thick_slices(self):
        self.check("SLICE_DISTANCE", "--slice-distance", "7.5", "--slices", "40")

    def test_no_rescale(self):
        self.check("NO_RESCALE", "--no-rescale")

    def test_gantry_tilt(self):
        self.check("GANTRY_TILT", "--tilt", "12")


class Accepted(WorkerTest):
    def test_order_of_files_does_not_matter(self):
        """Same images under other names: the same numbers."""
        plain, shuffled = self.phantom(*SMALL, name="plain"), self.phantom(*SMALL, "--shuffle", name="shuffled")
        values = []
        for number, out in enumerate((plain, shuffled)):
            status, findings, _ = self.run_worker(out / "dicom", out=f"out{number}")
            self.assertEqual(status, 0, self.log)
            values.append([m["value"] for item in findings["items"] for m in item["measurements"]])
        self.assertEqual(*values)

    def test_side_series_are_left_alone(self):
        out = self.phantom(*SMALL, "--localizer", "--coronal")
        status, findings, _ = self.run_worker(out / "dicom")
        self.assertEqual(status, 0, self.log)
        self.assertGreater(measure(findings, "lungs", "Volume"), 1000)

    def test_truncated_lungs_are_told(self):
        out = self.phantom(*SMALL, "--truncate", "--kind", "emphysema")
        status, findings, _ = self.run_worker(out / "dicom")
        self.assertEqual(status, 0, self.log)
        volumes = [m for item in findings["items"] for m in item["measurements"] if m["label"] == "Volume"]
        self.assertTrue(volumes and all(volume["truncated"] for volume in volumes))
        self.assertTrue(findings["remarks"])

    def test_the_same_job_gives_the_same_bytes(self):
        out = self.phantom(*SMALL)
        files = []
        for name in ("first", "second"):
            status, _, results = self.run_worker(out / "dicom", out=name)
            self.assertEqual(status, 0, self.log)
            files.append([(results / file).read_bytes() for file in ("findings.json", "seg.dcm", "sr.dcm")])
        self.assertEqual(*files)


class Misuse(WorkerTest):
    def test_unknown_pipeline(self):
        out = self.phantom(*SMALL, "--slices", "20")
        status, findings, _ = self.run_worker(out / "dicom", pipeline="no-such-pipeline")
        self.assertEqual((status, findings), (1, None))
        self.assertIn("no-such-pipeline", self.log)

    def test_no_images(self):
        (self.folder / "empty").mkdir()
        status, findings, _ = self.run_worker(self.folder / "empty")
        self.assertEqual((status, findings), (1, None))
        self.assertIn("no DICOM image", self.log)

    def test_help_and_missing_arguments(self):
        self.assertEqual(subprocess.run([str(WORKER), "--help"], capture_output=True).returncode, 0)
        self.assertNotEqual(subprocess.run([str(WORKER)], capture_output=True).returncode, 0)


if __name__ == "__main__":
    unittest.main()
