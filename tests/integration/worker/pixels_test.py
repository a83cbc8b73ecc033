#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`pixels` on every image of the shared data: its SHA-256 is that of what pydicom reads, with GDCM as the decoder of
what is compressed. What is not decoded says why."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import unittest
import warnings

import numpy as np
import pydicom
import pydicom.encaps

from worker_support import SOURCE, WORKER, WorkerTest

DATA = SOURCE.parent / "shared" / "data" / "dicom"
PLAIN = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2",
         "1.2.840.10008.1.2.5"}  # pydicom decodes these itself
LONG = {"ct-chest-lungfcp": "1-001.dcm", "mr-brain-t1-1mm": "IM001.dcm", "cxr-labelled": "kermany_person*.dcm",
        "ct-head-ge": "0*.dcm", "ct-chest-sbu": "*5.dcm"}  # a part will do
# Not images, or damaged: what is said of them. Every other file must be decoded.
REFUSED = {
    "NO_PIXELS": ["broken/GH223.dcm", "broken/GH487.dcm", "broken/UN_sequence.dcm", "broken/meta_missing_tsyntax.dcm",
                  "broken/nested_priv_SQ.dcm", "broken/no-pixel-data.dcm", "broken/no_meta_group_length.dcm",
                  "broken/priv_SQ.dcm", "broken-synthetic/rows-missing.dcm", "charset/chrSQEncoding.dcm",
                  "charset/chrSQEncoding1.dcm", "non-image-and-other/reportsi.dcm", "non-image-and-other/rt.dcm",
                  "non-image-and-other/rtplan.dcm", "non-image-and-other/waveform_ecg.dcm", "ref-seg-sr/rwvm.dcm",
                  "ref-seg-sr/sr-rectangle.dcm", "ref-seg-sr/sr-roi.dcm", "ref-seg-sr/sr-ruler.dcm", "ref-seg-sr/sr.dcm",
                  "ref-seg-sr/sr_document.dcm", "ref-seg-sr/test-SR.dcm"],
    "NOT_DICOM": ["broken/MR_truncated.dcm", "broken/no_meta.dcm", "broken/rtplan_truncated.dcm",
                  "broken-synthetic/plain-text.dcm", "broken-synthetic/preamble-only.dcm",
                  "broken-synthetic/truncated-in-header.dcm", "broken-synthetic/truncated-in-pixeldata.dcm",
                  "broken-synthetic/zero-bytes.dcm", "mr-misc/GH1339.dcm"],
    "PIXELS_DAMAGED": ["broken/JPEG2000-embedded-sequence-delimiter.dcm", "broken-synthetic/rows-too-large.dcm",
                       "charset/chrJapMultiExplicitIR6.dcm"],
    "MULTI_FRAME": ["broken/badVR.dcm"],  # "1A" frames
    "PIXEL_FORMAT": ["broken-synthetic/bits-stored-17.dcm"],
    "TOO_LARGE": ["broken-synthetic/frames-huge.dcm"],
}


def pixels(*files):
    """Exit status, a dict by file of the JSON lines, and stderr."""
    done = subprocess.run([str(WORKER), "pixels", "--json", *map(str, files)], capture_output=True, text=True)
    return done.returncode, {line["file"]: line for line in map(json.loads, done.stdout.splitlines())}, done.stderr


def stored_values(data):
    """What digest.h calls stored values, of a data set that pydicom can decode."""
    array = data.pixel_array
    if data.BitsAllocated > 1:
        shift = data.HighBit + 1 - data.BitsStored
        up = data.BitsAllocated - data.HighBit - 1
        array = np.right_shift(np.left_shift(array, up), up + shift)
    return array


def sha256(array):
    return hashlib.sha256(array.astype(array.dtype.newbyteorder("<")).tobytes()).hexdigest()


class Pixels(WorkerTest):
    def setUp(self):
        super().setUp()
        warnings.simplefilter("ignore")

    def decoded(self, file):
        """By pydicom, through GDCM where pydicom cannot."""
        data = pydicom.dcmread(file)
        if data.file_meta.TransferSyntaxUID not in PLAIN:
            raw = self.folder / "raw.dcm"
            raw.unlink(missing_ok=True)
            done = subprocess.run(["gdcmconv", "--raw", str(file), str(raw)], capture_output=True, text=True)
            if done.returncode != 0 or not raw.exists():
                return None
            data = pydicom.dcmread(raw)
        return stored_values(data)

    @unittest.skipUnless(DATA.is_dir() and shutil.which("gdcmconv"), "SKIPPED: no shared data, or no gdcmconv")
    def test_every_image_of_the_shared_data(self):
        files = [file for folder in sorted(DATA.iterdir())
                 for file in sorted(folder.rglob(LONG.get(folder.name, "*"))) if file.is_file()]
        status, lines, log = pixels(*files)
        self.assertEqual(status, 3)
        self.assertEqual(set(lines), set(map(str, files)), "each file has its line")
        for file in files:
            name, line = file.relative_to(DATA).as_posix(), lines[str(file)]
            with self.subTest(name):
                refused = next((code for code, names in REFUSED.items() if name in names), None)
                self.assertEqual(line.get("code"), refused, line.get("reason"))
                if refused:
                    self.assertIn(f"{file}: not analysed because {line['reason']}", log)
                    continue
                array = self.decoded(file)
                self.assertEqual(line["sha256"], sha256(array))
                expected = [line["rows"], line["columns"]]
                expected = ([line["frames"]] if line["frames"] > 1 else []) + expected
                self.assertEqual(list(array.shape), expected + ([3] if line["samples"] == 3 else []))

    @unittest.skipUnless((DATA / "ts-ct-same-image").is_dir(), "SKIPPED: no shared data")
    def test_one_image_in_its_lossless_encodings_has_one_hash(self):
        files = sorted((DATA / "ts-ct-same-image").iterdir())
        status, lines, _ = pixels(*files)
        self.assertEqual((status, len(lines)), (0, 15))
        hashes = [line["sha256"] for name, line in lines.items() if not any(
            f"1.2.840.10008.1.2.4.{lossy}.dcm" in name for lossy in (50, 51, 53, 55, 81, 91))]
        self.assertEqual((len(hashes), len(set(hashes))), (9, 1))
        plain = subprocess.run([str(WORKER), "pixels", str(files[0])], capture_output=True, text=True).stdout
        self.assertEqual(plain, f"{files[0]}: frames 1, rows 512, columns 512, samples 1, bits 16 of 16 signed, "
                                "MONOCHROME2, Big Endian Explicit (1.2.840.10008.1.2.2), sha256 " + hashes[0] + "\n")

    def test_a_study_in_a_transfer_syntax_that_is_not_decoded_is_told_by_its_name(self):
        out = self.phantom("--size", "64", "--slices", "3")
        for file in (out / "dicom").iterdir():
            image = pydicom.dcmread(file)
            image.PixelData = pydicom.encaps.encapsulate([image.PixelData])
            image["PixelData"].VR, image["PixelData"].is_undefined_length = "OB", True
            image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"  # one that pydicom knows
            image.save_as(file)
            file.write_bytes(file.read_bytes().replace(b"1.2.840.10008.1.2.4.100", b"1.2.840.10008.1.2.4.112"))
        status, findings, results = self.run_worker(out / "dicom")
        self.assertEqual((status, findings["reason"]["value"]), (3, "TRANSFER_SYNTAX"), self.log)
        self.assertIn("JPEG XL (1.2.840.10008.1.2.4.112)", findings["reason_text"])
        report = pydicom.dcmread(results / "sr.dcm").to_json()
        self.assertIn("JPEG XL (1.2.840.10008.1.2.4.112)", report)

    def test_what_is_not_there_is_a_failure(self):
        status, lines, log = pixels(self.folder / "nothing.dcm")
        self.assertEqual((status, lines), (1, {}))
        self.assertIn("nothing.dcm: an image file cannot be opened", log)

    def test_a_folder_is_told_to_be_one(self):
        status, lines, log = pixels(self.folder)
        self.assertEqual((status, lines), (1, {}))
        self.assertIn(f"{self.folder}: is a folder: give its files", log)


if __name__ == "__main__":
    unittest.main()
