#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Series that cannot be measured get a coded reason and a report; those that only look odd are measured."""
import glob
import os
import pathlib
import shutil
import subprocess
import unittest

import numpy as np
import pydicom

from worker_support import ENGINE, SMALL, WORKER, WorkerTest, measure


class Refused(WorkerTest):
    def check(self, code, *options):
        out = self.phantom(*SMALL, "--size", "64", *options)
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

    def test_one_enhanced_file_gives_the_findings_of_many_single_frames(self):
        """Frames in another order, each with its own rescale: the same numbers, the same mask, frames named rightly."""
        values, masks = [], []
        for name, options in (("single", ()), ("enhanced", ("--enhanced",))):
            out = self.phantom(*SMALL, "--kind", "emphysema", *options, name=name)
            status, findings, results = self.run_worker(out / "dicom", out=f"out-{name}")
            self.assertEqual(status, 0, self.log)
            self.assertEqual(findings["priority"]["level"], "HIGH")
            values.append([m["value"] for item in findings["items"] for m in item["measurements"]])
            masks.append(pydicom.dcmread(results / "seg.dcm"))
        self.assertEqual(*values)
        self.assertTrue(np.array_equal(masks[0].pixel_array, masks[1].pixel_array))
        source = pydicom.dcmread(out / "dicom" / "enhanced.dcm", stop_before_pixels=True)
        for frame in masks[1].PerFrameFunctionalGroupsSequence:
            reference = frame.DerivationImageSequence[0].SourceImageSequence[0]
            self.assertEqual(reference.ReferencedSOPInstanceUID, source.SOPInstanceUID)
            of_source = source.PerFrameFunctionalGroupsSequence[reference.ReferencedFrameNumber - 1]
            self.assertEqual(frame.PlanePositionSequence[0].ImagePositionPatient,
                             of_source.PlanePositionSequence[0].ImagePositionPatient)
        for file in (out / "dicom" / "enhanced.dcm", results / "seg.dcm", results / "sr.dcm"):
            if shutil.which("dciodvfy"):
                report = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True)
                self.assertNotIn("Error", report.stdout + report.stderr, file.name)

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

    def changed(self, out, change):
        """Applies change(pixels, image) to each image of a phantom: it gives the new stored values."""
        for file in (out / "dicom").iterdir():
            image = pydicom.dcmread(file)
            pixels = np.ascontiguousarray(change(image.pixel_array, image))
            image.PixelData = pixels.astype("<i2").tobytes()
            image.Rows, image.Columns = pixels.shape
            image.save_as(file)

    def volumes(self, out, results):
        status, findings, _ = self.run_worker(out / "dicom", out=results)
        self.assertEqual(status, 0, self.log)
        return [measure(findings, item, "Volume") for item in ("lung-right", "lung-left")]

    def test_turned_pictures_show_the_same_patient(self):
        """Columns to the right and rows to the front, as of a prone patient: left stays left."""
        out = self.phantom(*SMALL)
        straight = self.volumes(out, "straight")

        def turn(pixels, image):
            corner = [float(value) for value in image.ImagePositionPatient]
            image.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]
            image.ImagePositionPatient = [-corner[0], -corner[1], corner[2]]
            return pixels[::-1, ::-1]

        self.changed(out, turn)
        for one, other in zip(straight, self.volumes(out, "turned")):
            self.assertLess(abs(one / other - 1), 0.002)

    def test_the_field_of_view_may_be_round_or_cut_the_body(self):
        out = self.phantom(*SMALL)
        whole = self.volumes(out, "whole")

        def pad(pixels, image):
            y, x = np.ogrid[:image.Rows, :image.Columns]
            outside = np.hypot(x - image.Columns / 2, y - image.Rows / 2) > 0.46 * image.Columns
            return np.where(outside, -2000 + 1024, pixels)

        def cut(pixels, image):
            image.ImagePositionPatient[0] = float(image.ImagePositionPatient[0]) + 22 * float(image.PixelSpacing[1])
            return pixels[:, 22:-22]  # 41 mm on each side: through the chest wall, beside the lungs

        for name, change in (("round", pad), ("cut", cut)):
            self.changed(out, change)
            for one, other in zip(whole, self.volumes(out, name)):
                self.assertLess(abs(one / other - 1), 0.01, name)

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

    def test_the_slow_blas_is_warned_of(self):
        slow = glob.glob("/usr/lib/*/blas/libblas.so.3")
        if not slow:
            self.skipTest("SKIPPED: no reference BLAS")
        for folder, warned in ((pathlib.Path(slow[0]).parent, True), (self.folder, False)):
            done = subprocess.run([str(WORKER), "check", *ENGINE], capture_output=True, text=True,
                                  env=os.environ | {"LD_LIBRARY_PATH": str(folder)})
            self.assertEqual(done.returncode, 0, done.stderr)
            if warned:
                self.assertIn("slow_blas", done.stderr)
            elif "openblas" in os.path.realpath(slow[0].replace("/blas/", "/")):
                self.assertNotIn("slow_blas", done.stderr)

    def test_help_and_missing_arguments(self):
        self.assertEqual(subprocess.run([str(WORKER), "--help"], capture_output=True).returncode, 0)
        self.assertNotEqual(subprocess.run([str(WORKER)], capture_output=True).returncode, 0)


if __name__ == "__main__":
    unittest.main()
