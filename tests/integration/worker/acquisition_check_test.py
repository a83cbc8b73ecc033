#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped checks of radiographs and MR series on made images: what noise, clipping, border and gradient were put in
is what comes out, in findings.json and in a report without mistakes. And on the real images of the development data."""
import subprocess
import sys
import unittest

import numpy as np

from worker_support import SOURCE, WorkerTest

sys.path.insert(0, str(SOURCE / "tests" / "support"))
import acquisition_phantom as made  # noqa: E402

DICOM = SOURCE.parent / "shared" / "data" / "dicom"


class AcquisitionTest(WorkerTest):
    def check(self, pipeline, source, status=0):
        """Values by id, ids of the findings that are present."""
        out = f"out{len(list(self.folder.iterdir()))}"
        code, findings, results = self.run_worker(source, pipeline=pipeline, out=out)
        self.assertEqual(code, status, self.log)
        self.assertIsNone(findings.get("priority"), "a check of the acquisition is no triage")
        report = subprocess.run(["dciodvfy", str(results / "sr.dcm")], capture_output=True, text=True, errors="replace")
        self.assertNotIn("Error", report.stdout + report.stderr)
        self.assertFalse((results / "seg.dcm").exists())
        self.findings = findings
        values = {m["label"]: m["value"] for item in findings["items"] for m in item["measurements"]}
        return values, {item["id"] for item in findings["items"] if item.get("presence") == "present"}

    def near(self, values, name, truth, relative=0.0, absolute=0.0):
        print(f"{name}: {values[name]:.4g}, truth {truth:.4g}")
        self.assertAlmostEqual(values[name], truth, delta=max(relative * truth, absolute), msg=name)


class Radiographs(AcquisitionTest):
    PIPELINE = "dx-acquisition-check"

    def test_a_good_exposure_has_no_finding_whatever_its_photometric_interpretation(self):
        image = made.radiograph(noise=25)
        for inverted in (False, True):
            file = made.write_radiograph(self.folder / f"good{inverted}.dcm", image.pixels, inverted)
            values, present = self.check(self.PIPELINE, file)
            self.near(values, "noise", image.noise_percent, relative=0.06)
            self.near(values, "empty-border", 0, absolute=1)
            self.assertLess(values["clipped-dark"] + values["clipped-bright"], 0.05)
            self.assertEqual(present, set())

    def test_noise_clipping_and_border_are_those_that_were_put_in(self):
        image = made.radiograph(noise=120, floor=1100, collimator_degrees=10)
        values, present = self.check(self.PIPELINE, made.write_radiograph(self.folder / "bad.dcm", image.pixels))
        self.near(values, "empty-border", image.border_percent, absolute=2)
        self.near(values, "clipped-dark", image.clipped_percent, relative=0.1)
        self.near(values, "clipped-bright", 0, absolute=0.05)
        self.near(values, "noise", image.noise_percent, relative=0.06)
        self.assertEqual(present, {"clipping-dark", "strong-noise"})

    def test_an_image_of_nothing_is_called_no_image(self):
        blank = np.full((512, 640), 700)
        values, present = self.check(self.PIPELINE, made.write_radiograph(self.folder / "blank.dcm", blank))
        self.assertEqual(values["empty-border"], 100)
        self.assertEqual(present, {"no-field"})

    @unittest.skipUnless(DICOM.exists(), "SKIPPED: no shared data")
    def test_real_radiographs_have_plausible_values(self):
        variants = []
        for name in ("cxr-labelled/kermany_IM-0115-0001.dcm", "cxr-variants/IM-0115-0001_12bit.dcm",
                     "cxr-variants/IM-0115-0001_mono1.dcm", "cr-real/gdcm-CR-MONO1-10-chest.dcm", "cr-real/RG3_JPLL"):
            values, present = self.check(self.PIPELINE, DICOM / name)
            print(name, values)
            self.assertLess(values["empty-border"], 60)
            self.assertTrue(0.05 < values["noise"] < 2)
            self.assertEqual(present, set())
            variants.append(values)
        for other in variants[1:3]:  # one image with 12 bits and in MONOCHROME1
            self.assertEqual(set(other), set(variants[0]))
            for name, value in variants[0].items():
                self.assertAlmostEqual(other[name], value, delta=1e-3)


class MrSeries(AcquisitionTest):
    PIPELINE = "mr-acquisition-check"

    def test_noise_gradient_and_foreground_are_those_that_were_put_in(self):
        series = made.mr_series(noise=20, gradient=0.6)
        values, present = self.check(self.PIPELINE, made.write_mr_series(self.folder / "mr", series.signal))
        self.near(values, "foreground", series.foreground_percent, absolute=2)
        self.near(values, "noise", 20, relative=0.05)
        self.near(values, "signal-to-noise", series.mean_signal / 20, relative=0.06)
        # Centre of gravity of half an ellipse: 4 / (3 pi) of its half axis from the middle.
        self.near(values, "non-uniformity", 60 * 4 / (3 * np.pi), absolute=1.5)
        self.assertLess(values["clipped"], 0.05)
        self.assertEqual(present, set())

    def test_noise_is_found_in_tissue_where_air_was_blanked(self):
        series = made.mr_series(noise=20, blanked=True)
        values, present = self.check(self.PIPELINE, made.write_mr_series(self.folder / "mr", series.signal))
        self.near(values, "noise", 20, relative=0.08)
        self.near(values, "non-uniformity", 0, absolute=2)
        self.assertEqual(present, set())

    def test_several_coils_and_a_ghost_do_not_mislead_the_noise(self):
        series = made.mr_series(noise=20, coils=8, ghost=0.05)
        values, present = self.check(self.PIPELINE, made.write_mr_series(self.folder / "mr", series.signal))
        self.near(values, "noise", 20, relative=0.1)
        self.assertEqual(present, set())

    def test_low_signal_and_clipping_are_findings(self):
        series = made.mr_series(noise=80, gradient=0.6, ceiling=800)
        values, present = self.check(self.PIPELINE, made.write_mr_series(self.folder / "mr", series.signal))
        self.near(values, "noise", 80, relative=0.05)
        self.near(values, "clipped", series.clipped_percent, relative=0.1)
        self.assertEqual(present, {"low-signal-to-noise", "clipping"})

    @unittest.skipUnless(DICOM.exists(), "SKIPPED: no shared data")
    def test_real_series_have_plausible_values_or_say_why_not(self):
        values, present = self.check(self.PIPELINE, DICOM / "mr-brain-t1-1mm")
        print(values)
        self.assertTrue(25 < values["foreground"] < 65)
        self.assertTrue(10 < values["signal-to-noise"] < 60)
        self.assertEqual(present, set())
        # These pixels were replaced by noise before the images were published.
        values, present = self.check(self.PIPELINE, DICOM / "mr-ge-anatomical")
        self.assertLess(values["signal-to-noise"], 4)
        self.assertIn("low-signal-to-noise", present)
        self.check(self.PIPELINE, DICOM / "mr-misc" / "MR-SIEMENS-DICOM-WithOverlays.dcm", status=3)
        self.assertEqual(self.findings["outcome"], "not_analysed")
        self.assertEqual(self.findings["reason"]["value"], "TOO_FEW_SLICES")


if __name__ == "__main__":
    unittest.main()
