#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The pipelines of tests/torch/archetypes on DICOM files whose truth is geometry: four views of two breasts, pulsating
discs as ultrasound and angiography in every encoding that DICOM has for them."""
import json
import subprocess
import sys
import unittest

import numpy as np
import pydicom

from worker_support import CREATED, SOURCE, WORKER, WorkerTest

sys.path.insert(0, str(SOURCE / "tests" / "support"))
from acquisition_phantom import image as header_of  # noqa: E402
from phantom_dicom import code, items, save, uid  # noqa: E402

ARCHETYPES = SOURCE / "tests" / "torch" / "archetypes"
MG_PRESENTATION, US_MULTIFRAME, XA = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("1.2", "3.1", "12.1"))
VIEW_CODES = {"CC": code("399162004", "SCT", "cranio-caudal"), "MLO": code("R-10226", "SRT", "medio-lateral oblique")}


class ArchetypeTest(WorkerTest):
    def analyse(self, pipeline, *paths, status=0, results=(), options=()):
        self.out = out = self.folder / f"out{len(list(self.folder.iterdir()))}"
        done = subprocess.run([str(WORKER), "run", pipeline, *map(str, paths), "--out", str(out), "--created-at", CREATED,
                               "--catalog", str(ARCHETYPES / "catalog"), "--models", str(ARCHETYPES / "models"),
                               *(word for kind in results for word in ("--result", kind)), *options],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.findings = json.loads((out / "findings.json").read_text())
        report = subprocess.run(["dciodvfy", str(out / "sr.dcm")], capture_output=True, text=True, errors="replace")
        self.assertNotIn("Error", report.stdout + report.stderr)
        self.sr = pydicom.dcmread(out / "sr.dcm")
        return {m["label"]: m["value"] for item in self.findings["items"] for m in item["measurements"]}

    def sources(self):
        """By tracking identifier of a measurement group: the images that it says its numbers are of."""
        found = {}
        measurements = next(item for item in self.sr.ContentSequence
                            if item.ConceptNameCodeSequence[0].CodeValue == "126010")
        for group in measurements.ContentSequence:
            named = {}
            for item in group.ContentSequence:
                named.setdefault(item.ConceptNameCodeSequence[0].CodeValue, []).append(item)
            found[named["112039"][0].TextValue] = [item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
                                                   for item in named.get("121112", [])]
        return found

    def evidence(self):
        return {instance.ReferencedSOPInstanceUID
                for study in self.sr.get("CurrentRequestedProcedureEvidenceSequence", [])
                for series in study.ReferencedSeriesSequence for instance in series.ReferencedSOPSequence}


def voxels_of(segmentation, sources):
    """Of its only segment, slice by slice as the sources lie."""
    place = {image.SOPInstanceUID: k for k, image in enumerate(sources)}
    voxels = np.zeros((len(sources), segmentation.Rows, segmentation.Columns), np.uint8)
    frames = segmentation.pixel_array.reshape(-1, *voxels.shape[1:])
    for frame, group in zip(frames, segmentation.PerFrameFunctionalGroupsSequence):
        source = group.DerivationImageSequence[0].SourceImageSequence[0]
        voxels[place[source.ReferencedSOPInstanceUID]] = frame
    return voxels


class ProbabilitiesOfANetwork(ArchetypeTest):
    """The network's probability of bone is a formula of the Hounsfield units."""

    def check_file(self, name):
        report = subprocess.run(["dciodvfy", "-new", str(self.out / name)], capture_output=True, text=True, errors="replace")
        self.assertNotIn("Error", report.stdout + report.stderr)
        return pydicom.dcmread(self.out / name)

    def test_they_become_fractional_segmentations_in_every_encoding_and_padding_counts_nowhere(self):
        study = self.phantom("--size", "64", "--slices", "12", "--slice-distance", "3") / "dicom"
        source = sorted(map(pydicom.dcmread, study.iterdir()), key=lambda image: image.ImagePositionPatient[2])
        for image in source:  # a corner that says "no image here", dense as metal
            stored = image.pixel_array.copy()
            stored[:8, :8] = 3000 - int(image.RescaleIntercept)
            image.PixelPaddingValue = stored[0, 0].item()
            image["PixelPaddingValue"].VR = "SS" if image.PixelRepresentation else "US"
            image.PixelData = stored.tobytes()
            image.save_as(image.filename)
        values = self.analyse("ct-bone", study, results=("SEG", "SEG_FRACTIONAL", "SR"),
                              options=("--encoding", "RLE", "--encoding", "DEFLATED", "--full-masks"))
        units = np.stack([image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept) for image in source])
        mask = voxels_of(self.check_file("seg.dcm"), source) == 1
        self.assertTrue(mask[:, :8, :8].all(), "the network calls metal bone")
        inside = mask.copy()
        inside[:, :8, :8] = False
        self.assertGreater(inside.sum(), 100)
        self.assertAlmostEqual(values["Mean"], units[inside].mean(), delta=0.001)
        self.assertTrue(any("padding" in remark for remark in self.findings["remarks"]))
        plain = self.check_file("seg-fractional.dcm")
        self.assertEqual((plain.SegmentationFractionalType, plain.MaximumFractionalValue), ("PROBABILITY", 255))
        self.assertEqual(plain.NumberOfFrames, len(source), "all frames")
        found = voxels_of(plain, source)
        expected = 1 / (1 + np.exp((200 - units) / 25))
        dropped = (expected > 0.5) & ~mask  # components of less than 40 voxels
        self.assertEqual(found[dropped].sum(), 0)
        np.testing.assert_allclose(found[~dropped], 255 * expected[~dropped], atol=0.51)
        self.assertGreater(len(np.unique(found)), 30, "more than a mask")
        for name, syntax in {"seg-fractional-rle.dcm": "1.2.840.10008.1.2.5",
                             "seg-fractional-deflated.dcm": "1.2.840.10008.1.2.1.99"}.items():
            # dicom3tools read no deflated data sets
            encoded = pydicom.dcmread(self.out / name) if "deflated" in name else self.check_file(name)
            self.assertEqual(encoded.file_meta.TransferSyntaxUID, syntax)
            self.assertEqual(encoded.SOPInstanceUID, plain.SOPInstanceUID)
            np.testing.assert_array_equal(voxels_of(encoded, source), found)
            self.assertLess((self.out / name).stat().st_size, (self.out / "seg-fractional.dcm").stat().st_size)


class ImageOfANetwork(ArchetypeTest):
    def test_it_becomes_a_series_with_the_same_values_in_the_same_places(self):
        study = self.phantom("--size", "64", "--slices", "12", "--slice-distance", "3") / "dicom"
        self.analyse("ct-smooth", study, results=("DERIVED", "SR"))
        source = sorted(map(pydicom.dcmread, study.iterdir()), key=lambda image: image.ImagePositionPatient[2])
        derived = [pydicom.dcmread(file) for file in sorted(self.out.glob("derived-*.dcm"))]
        raw = (self.out / self.findings["files"][0]["name"]).read_bytes()[352:]  # NIfTI-1: the values follow
        values = np.frombuffer(raw, np.float32).reshape(len(source), source[0].Rows, source[0].Columns)
        self.assertEqual(len(derived), len(source))
        for k, (image, made) in enumerate(zip(source, derived)):
            self.assertEqual(made.ImagePositionPatient, image.ImagePositionPatient)
            self.assertEqual(made.FrameOfReferenceUID, image.FrameOfReferenceUID)
            self.assertEqual(made.SourceImageSequence[0].ReferencedSOPInstanceUID, image.SOPInstanceUID)
            stored = made.pixel_array * float(made.RescaleSlope) + float(made.RescaleIntercept)
            np.testing.assert_allclose(stored, values[k], atol=0.5001)
        self.assertGreater(np.abs(values[0] - values[-1]).max(), 100, "slices differ")


def breast(share, rows=300, columns=240):
    """Half an ellipse at the chest wall with a dense disc of `share` percent of its area, in 12 bits."""
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    half, deep = 0.42 * rows, 0.7 * columns
    inside = ((y - rows / 2) / half) ** 2 + (x / deep) ** 2
    edge = np.clip((1 - np.sqrt(inside)) * 100 + 0.5, 0, 1)
    radius = np.sqrt(share / 100 * half * deep / 2)  # area of the half ellipse: pi half deep / 2
    disc = np.clip(radius - np.hypot(y - rows / 2, x - 0.45 * deep) + 0.5, 0, 1)
    random = np.random.default_rng(3)
    return np.rint(np.clip(1300 * edge + 1700 * disc * edge + random.normal(0, 15, edge.shape), 0, 4095))


def spotted(places, rows=300, columns=240):
    """Even grey with bright spots at (column, row) of a pixel's centre, in 12 bits."""
    y, x = np.mgrid[0:rows, 0:columns] + 0.5
    image = np.full((rows, columns), 300.0)
    for column, row in places:
        image = np.maximum(image, 3900 * np.exp(-((x - column) ** 2 + (y - row) ** 2) / 50))
    return np.rint(image)


class Mammograms(ArchetypeTest):
    SHARES = {"LCC": 6, "LMLO": 12, "RCC": 20, "RMLO": 30}

    def write(self, name, laterality, view, change=lambda data: None, size=(300, 240), series="views", pixels=None):
        pixels = breast(self.SHARES[laterality + view], *size) if pixels is None else pixels
        data = header_of("MG", MG_PRESENTATION, pixels, int(name))
        data.SeriesInstanceUID = uid("mammogram", series)
        data.ImageLaterality, data.ViewPosition = laterality, view
        change(data)
        folder = self.folder / "study"
        folder.mkdir(exist_ok=True)
        save(data, folder / f"{name}.dcm")
        return data.SOPInstanceUID

    def write_all(self, **changes):
        """In an order and in series that say nothing, each image of another size."""
        order = [("R", "MLO"), ("L", "CC"), ("R", "CC"), ("L", "MLO")]
        return {side + view: self.write(f"{number}", side, view, changes.get(side + view, lambda data: None),
                                        (300 + 20 * number, 240), series=number % 2)
                for number, (side, view) in enumerate(order)}

    def test_four_views_are_four_arguments_each_at_its_place(self):
        written = self.write_all()
        values = self.analyse("mg-density", self.folder / "study")
        for name, truth in {"left": 9, "right": 25, "cc": 13, "mlo": 21}.items():
            self.assertAlmostEqual(values[name], truth, delta=0.5, msg=name)
        self.assertEqual([(each["name"], each["image"]["sop_instance_uid"]) for each in self.findings["input_images"]],
                         [("left_cc", written["LCC"]), ("left_mlo", written["LMLO"]), ("right_cc", written["RCC"]),
                          ("right_mlo", written["RMLO"])])
        self.assertEqual(self.evidence(), set(written.values()))

    def test_as_a_batch_each_view_has_its_number_and_the_view_may_be_a_code(self):
        def coded(data):
            data.ViewCodeSequence = [items(**VIEW_CODES[data.ViewPosition])]
            data.ViewPosition = ""

        written = self.write_all(LCC=coded, RMLO=coded)
        values = self.analyse("mg-density-views", self.folder / "study")
        for name, truth in {"left_cc": 6, "left_mlo": 12, "right_cc": 20, "right_mlo": 30}.items():
            self.assertAlmostEqual(values[name], truth, delta=0.7, msg=name)
        self.assertEqual({item["id"]: item["input_image"] for item in self.findings["items"]},
                         {name: name for name in ("left_cc", "left_mlo", "right_cc", "right_mlo")})
        self.assertEqual(self.sources(), {"left_cc": [written["LCC"]], "left_mlo": [written["LMLO"]],
                                          "right_cc": [written["RCC"]], "right_mlo": [written["RMLO"]]})

    SPOTS = {"LCC": [(100.5, 80.5)], "LMLO": [], "RCC": [], "RMLO": [(60.5, 200.5), (150.5, 50.5)]}

    def test_detections_in_each_view_stand_on_it_in_every_kind_of_result(self):
        written = {side + view: self.write(f"{number}", side, view, series=number,
                                           pixels=spotted(self.SPOTS[side + view], 300 + 20 * number))
                   for number, (side, view) in enumerate([("R", "MLO"), ("L", "CC"), ("R", "CC"), ("L", "MLO")])}
        self.analyse("mg-spots", self.folder / "study", results=("MGCAD", "PR", "SC", "KOS", "SR"))
        self.assertEqual([code["value"] for code in self.findings["looked_for"]], ["129770007"])
        truth = {(written[view], place) for view, places in self.SPOTS.items() for place in places}

        def placed(found):
            return {min(truth, key=lambda each: abs(each[1][0] - x) + abs(each[1][1] - y) + 1e6 * (each[0] != uid_))
                    for uid_, x, y in found if any(each[0] == uid_ and abs(each[1][0] - x) < 1 and
                                                   abs(each[1][1] - y) < 1 for each in truth)}

        items = [item for item in self.findings["items"] if "location" in item]
        self.assertEqual(len(items), 3)
        self.assertEqual(placed([(item["location"]["images"][0]["sop_instance_uid"], *item["location"]["centre"][:2])
                                 for item in items]), truth)
        self.assertEqual(sorted(item["input_image"] for item in items), ["left_cc", "right_mlo", "right_mlo"])
        for name in ("mgcad", "pr", "sc", "kos"):
            report = subprocess.run(["dciodvfy", "-new", str(self.out / f"{name}.dcm")], capture_output=True, text=True,
                                    errors="replace")
            self.assertNotIn("Error", report.stdout + report.stderr, name)

        state = pydicom.dcmread(self.out / "pr.dcm")
        self.assertEqual(placed([(annotation.ReferencedImageSequence[0].ReferencedSOPInstanceUID, *graphic.GraphicData)
                                 for annotation in state.GraphicAnnotationSequence
                                 for graphic in annotation.GraphicObjectSequence]), truth)
        heights = {area.ReferencedImageSequence[0].ReferencedSOPInstanceUID: area.DisplayedAreaBottomRightHandCorner[1]
                   for area in state.DisplayedAreaSelectionSequence}
        self.assertEqual(heights, {written["LCC"]: 320, written["RMLO"]: 300}, "each image has its size")
        shown = pydicom.dcmread(self.out / "sc.dcm")
        self.assertEqual({item.ReferencedSOPInstanceUID for item in shown.SourceImageSequence},
                         {written["LCC"], written["RMLO"]})
        keys = pydicom.dcmread(self.out / "kos.dcm")
        self.assertEqual({item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID for item in keys.ContentSequence
                          if item.ValueType == "IMAGE"}, {written["LCC"], written["RMLO"]})

    def refused(self, code_value, *words):
        self.analyse("mg-density", self.folder / "study", status=3)
        self.assertEqual(self.findings["outcome"], "not_analysed")
        self.assertEqual(self.findings["reason"]["value"], code_value)
        for word in words:
            self.assertIn(word, self.findings["reason_text"])

    def test_a_missing_view_is_named(self):
        written = self.write_all()
        (self.folder / "study" / "2.dcm").unlink()
        self.refused("VIEW_MISSING", "right_cc", "R CC")
        self.assertEqual(self.evidence(), set(written.values()) - {written["RCC"]})

    def test_two_images_of_a_view_are_one_too_many(self):
        self.write_all()
        self.write("8", "L", "MLO")
        self.refused("VIEW_AMBIGUOUS", "left_mlo", "2 images")

    def test_a_spot_view_is_no_standard_view_and_a_copy_no_second_image(self):
        def spot(data):
            data.ViewCodeSequence = [items(**VIEW_CODES["MLO"],
                                           ViewModifierCodeSequence=code("399161006", "SCT", "Spot compression"))]

        self.write_all()
        self.write("9", "L", "MLO", spot)
        (self.folder / "study" / "copy.dcm").write_bytes((self.folder / "study" / "1.dcm").read_bytes())
        self.assertAlmostEqual(self.analyse("mg-density", self.folder / "study")["left"], 9, delta=0.5)

    def test_every_view_must_suit(self):
        self.write_all(RCC=lambda data: setattr(data, "Modality", "DX"))
        self.refused("MODALITY", "right_cc")


PERIOD, FRAME_TIME, FRAMES = 17.3, 40.0, 90  # frames, ms
RATE = 60_000 / (PERIOD * FRAME_TIME)
AREA_CHANGE = 100 * (1 - (0.8 / 1.2) ** 2)


def pulse(rows=121, columns=160):
    """A disc whose radius swings by a fifth, as grey from 0 to 1 [frames, rows, columns]."""
    y, x = np.mgrid[0:rows, 0:columns].astype(float)
    distance = np.hypot(y - 58.3, x - 83.1)
    random = np.random.default_rng(5)
    radii = 30 * (1 + 0.2 * np.sin(2 * np.pi * np.arange(FRAMES) / PERIOD))
    frames = np.clip(radii[:, None, None] - distance + 0.5, 0, 1)
    return 0.25 + 0.5 * frames + random.normal(0, 0.01, frames.shape)


class Pulses(ArchetypeTest):
    def clip(self, name, sop_class, modality, frames, **attributes):
        data = header_of(modality, sop_class, np.zeros(frames.shape[1:3]), 1 + len(list(self.folder.iterdir())))
        data.NumberOfFrames, data.FrameTime = str(len(frames)), str(FRAME_TIME)
        data.FrameIncrementPointer = 0x00181063
        for key in ("WindowCenter", "WindowWidth"):
            if key in data:
                delattr(data, key)
        for key, value in attributes.items():
            setattr(data, key, value)
        if attributes.get("PlanarConfiguration"):
            data.Rows, data.Columns = frames.shape[2:]
        data.PixelData = frames.tobytes() + b"\0" * (frames.size * frames.itemsize % 2)
        data["PixelData"].VR = "OB" if frames.itemsize == 1 else "OW"
        path = self.folder / f"{name}.dcm"
        save(data, path)
        return path

    def colour(self, name, frames, photometric, planar=0):
        return self.clip(name, US_MULTIFRAME, "US", frames, SamplesPerPixel=3, PhotometricInterpretation=photometric,
                         PlanarConfiguration=planar, BitsAllocated=8, BitsStored=8, HighBit=7, PixelRepresentation=0)

    def judge(self, path):
        values = self.analyse("us-pulse", path)
        self.assertAlmostEqual(values["rate"], RATE, delta=0.01 * RATE, msg=path.name)
        self.assertAlmostEqual(values["area-change"], AREA_CHANGE, delta=1, msg=path.name)
        self.assertEqual(self.findings["header_values"],
                         [{"attribute": "FrameTime", "value": 0.04, "unit": "s", "given": 0.04, "default": False}])

    def test_grey_frames_have_the_rate_that_the_frame_time_says(self):
        stored = np.rint(pulse() * 4095).astype("<u2")
        grey = {"PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 16, "BitsStored": 12, "HighBit": 11,
                "PixelRepresentation": 0}
        self.judge(self.clip("xa", XA, "XA", stored, **grey))
        self.judge(self.clip("inverted", XA, "XA", 4095 - stored, **{**grey, "PhotometricInterpretation": "MONOCHROME1"}))
        slow = self.clip("slow", XA, "XA", stored, **grey, FrameTime="80")
        self.assertAlmostEqual(self.analyse("us-pulse", slow)["rate"], RATE / 2, delta=0.01 * RATE)

    def test_colour_becomes_the_luminance_that_it_was_made_of(self):
        luminance = pulse() * 255
        rgb = np.stack([luminance * 1.25, luminance * 0.85, luminance], -1)  # its Y is luminance * (0.9867)
        rgb = np.rint(np.clip(rgb, 0, 255)).astype(np.uint8)
        y = np.rint(luminance).astype(np.uint8)
        ybr = np.stack([y, np.full_like(y, 90), np.full_like(y, 200)], -1)
        self.judge(self.colour("rgb", rgb, "RGB"))
        self.judge(self.colour("planes", np.ascontiguousarray(rgb.transpose(0, 3, 1, 2)), "RGB", 1))
        self.judge(self.colour("ybr", ybr, "YBR_FULL"))
        pairs = y.reshape(len(y), y.shape[1], -1, 2)
        halved = np.concatenate([pairs, np.full_like(pairs, 90)], -1)
        self.judge(self.colour_422(halved, y.shape))
        lossy = self.folder / "jpeg.dcm"
        subprocess.run(["dcmcjpeg", "+eb", "+q", "95", str(self.folder / "rgb.dcm"), str(lossy)], check=True)
        self.judge(lossy)
        packed = self.folder / "rle.dcm"
        subprocess.run(["dcmcrle", str(self.folder / "rgb.dcm"), str(packed)], check=True)
        self.judge(packed)

    def colour_422(self, frames, shape):
        path = self.colour("422", frames.reshape(shape[0], shape[1], shape[2] * 2), "YBR_FULL_422")
        data = pydicom.dcmread(path)
        data.Rows, data.Columns = shape[1:]
        data.save_as(path)
        return path

    def test_what_does_not_suit_is_told(self):
        stored = np.rint(pulse() * 255).astype(np.uint8)
        grey = {"PhotometricInterpretation": "MONOCHROME2", "BitsAllocated": 8, "BitsStored": 8, "HighBit": 7,
                "PixelRepresentation": 0}
        self.analyse("us-pulse", self.clip("timeless", US_MULTIFRAME, "US", stored, **grey, FrameTime="0"), status=3)
        self.assertEqual(self.findings["reason"]["value"], "HEADER_MISSING")
        palette = self.clip("palette", US_MULTIFRAME, "US", stored, **{**grey, "PhotometricInterpretation": "PALETTE COLOR"})
        self.analyse("us-pulse", palette, status=3)
        self.assertEqual(self.findings["reason"]["value"], "PIXEL_FORMAT")
        short = self.clip("short", US_MULTIFRAME, "US", stored, **grey, NumberOfFrames="91")
        self.analyse("us-pulse", short, status=3)
        self.assertEqual(self.findings["reason"]["value"], "PIXELS_DAMAGED")


if __name__ == "__main__":
    unittest.main()
