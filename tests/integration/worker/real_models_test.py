#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Public models by configuration alone (pipelines/catalog): DICOM in, the golden outputs of the development data out.
INFERAD_SLOW_MODELS=1 adds the brain anatomy (two minutes)."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import numpy as np
import pydicom

from worker_support import SOURCE, WORKER, WorkerTest

DATA = SOURCE.parent / "shared" / "data"
CATALOG = SOURCE / "pipelines" / "catalog"


def golden(name):
    return json.loads((DATA / "expected" / f"{name}.json").read_text())


@unittest.skipUnless((DATA / "models").exists(), "SKIPPED: no shared data")
class RealModels(WorkerTest):
    def setUp(self):
        super().setUp()
        self.models, self.catalog = self.folder / "models", self.folder / "catalog"
        shutil.copytree(SOURCE / "models", self.models)
        self.catalog.mkdir()

    def run_example(self, pipeline, source, change=lambda recipe: None):
        """The findings, and the folder with the objects. Only the weights are not the repository's."""
        recipe = json.loads((CATALOG / pipeline / "pipeline.json").read_text())
        change(recipe)
        (self.catalog / pipeline).mkdir(exist_ok=True)
        (self.catalog / pipeline / "pipeline.json").write_text(json.dumps(recipe))
        weights = self.models / recipe["model"] / "model.pt"
        if not weights.exists():
            shutil.copyfile(DATA / "models" / recipe["model"] / "model.pt", weights)
        out = self.folder / f"out{len(list(self.folder.iterdir()))}"
        done = subprocess.run([str(WORKER), "run", pipeline, str(source), "--out", str(out), "--models",
                               str(self.models), "--catalog", str(self.catalog)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads((out / "findings.json").read_text()), out

    def judge(self, file):
        report = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, errors="replace")
        self.assertNotIn("Error", report.stdout + report.stderr)

    def labels(self, folder, source, segments):
        """The SEG as label map [slice, row, column], slices along the normal of the images."""
        seg = pydicom.dcmread(folder / "seg.dcm")
        images = [pydicom.dcmread(file, stop_before_pixels=True) for file in source.iterdir()]
        orientation = np.array(images[0].ImageOrientationPatient, float)
        normal = np.cross(orientation[:3], orientation[3:])
        images.sort(key=lambda image: float(np.dot(normal, np.array(image.ImagePositionPatient, float))))
        place = {image.SOPInstanceUID: k for k, image in enumerate(images)}
        labels = np.zeros((len(images), seg.Rows, seg.Columns), np.uint8)
        number = {s.SegmentNumber: segments[s.SegmentLabel] for s in seg.SegmentSequence}
        for frame, group in zip(seg.pixel_array, seg.PerFrameFunctionalGroupsSequence):
            image = group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
            labels[place[image]][frame > 0] = number[group.SegmentIdentificationSequence[0].ReferencedSegmentNumber]
        return labels, images

    def test_chest_radiographs_have_the_golden_probabilities(self):
        expected = golden("cxr-pneumonia-squeezenet")["images"]
        names = ["cxr-labelled/kermany_IM-0115-0001.dcm", "cxr-labelled/kermany_IM-0117-0001.dcm"]
        variants = {name: expected[name]["p_aa"] for name in names}
        for variant in ("mono1", "12bit"):  # one image in MONOCHROME1 and with 12 bits
            variants[f"cxr-variants/IM-0115-0001_{variant}.dcm"] = expected[names[0]]["p_aa"]
        for name, probabilities in variants.items():
            findings, out = self.run_example("cxr-pneumonia", DATA / "dicom" / name)
            classes = next(item for item in findings["items"] if item["id"] == "classes")
            found = [measurement["value"] for measurement in classes["measurements"]]
            np.testing.assert_allclose(found, probabilities, atol=1e-3, err_msg=name)
            self.judge(out / "sr.dcm")

    def test_an_image_outside_of_the_card_is_not_analysed_and_says_why(self):
        source = self.folder / "hand.dcm"
        image = pydicom.dcmread(DATA / "dicom" / "cxr-labelled" / "kermany_IM-0117-0001.dcm")
        image.BodyPartExamined = "HAND"
        image.save_as(source)
        with self.assertRaises(AssertionError) as raised:
            self.run_example("cxr-pneumonia", source)
        self.assertIn("3 != 0", str(raised.exception))
        findings = json.loads(next(self.folder.glob("out*/findings.json")).read_text())
        self.assertEqual(findings["outcome"], "not_analysed")
        self.assertEqual(findings["reason"]["value"], "BODY_PART")

    def test_lungs_of_the_small_unet(self):
        source = DATA / "dicom" / "ct-chest-lungfcp"

        def raw(recipe):  # the golden masks are those of the net, not cleaned
            recipe["postprocessing"] = recipe["postprocessing"][:2]

        _, out = self.run_example("ct-lung-unet", source, raw)
        labels, images = self.labels(out, source, {"Lung": 1})
        expected = golden("ct-lung-unet-small")["series"]["ct-chest-lungfcp"]["slices"]
        pixels = {round(entry["z"], 2): entry["mask_pixels"] for entry in expected}
        for k, image in enumerate(images):
            want = pixels[round(float(image.ImagePositionPatient[2]), 2)]
            self.assertAlmostEqual(np.count_nonzero(labels[k]), want, delta=max(5, 0.005 * want))
        self.judge(out / "seg.dcm")

    def run_bundle(self, bundle, source):
        """Imports a MONAI bundle as it is and runs it."""
        folders = ["--models", str(self.models), "--catalog", str(self.catalog)]
        subprocess.run([str(WORKER), "import", str(DATA / "monai" / "bundles" / bundle), *folders], check=True,
                       stdout=subprocess.DEVNULL)
        out = self.folder / "bundle-out"
        subprocess.run([str(WORKER), "run", bundle, str(source), "--out", str(out), *folders], check=True,
                       capture_output=True)
        return json.loads((out / "findings.json").read_text()), out

    def test_a_segmentation_bundle_gives_the_label_map_of_monai(self):
        sample = DATA / "monai" / "bundles" / "phantom_ct_segmentation_sample"
        findings, out = self.run_bundle("phantom_ct_segmentation", sample / "dicom")
        labels, _ = self.labels(out, sample / "dicom", {s["label"]: s["number"] for s in findings["segments"]})
        want = np.fromfile(sample / "label.u8", np.uint8).reshape(96, 80, 72).transpose(2, 1, 0)
        self.assertLessEqual(np.count_nonzero(labels != want), 0.0005 * want.size)
        self.judge(out / "seg.dcm")

    def test_a_classification_bundle_gives_the_probabilities_of_monai(self):
        sample = DATA / "monai" / "bundles" / "phantom_cr_classification_sample"
        case = json.loads((sample / "case.json").read_text())["cases"][0]
        findings, _ = self.run_bundle("phantom_cr_classification", sample / case["dicom"])
        classes = next(item for item in findings["items"] if item["id"] == "classes")
        np.testing.assert_allclose([m["value"] for m in classes["measurements"]], case["probabilities"], atol=1e-4)

    def in_bf16(self, name):
        """The model's file, asking for bfloat16."""
        file = self.models / name / "model.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), "precision": "bf16"}))

    def brain(self, pipeline, model, names, dice_min=0.99):
        source = DATA / "dicom" / "mr-brain-t1-1mm"
        findings, out = self.run_example(pipeline, source)
        expected = golden(model)
        labels, images = self.labels(out, source, {name: i + 1 for i, name in enumerate(names)})
        # Sagittal slices to the axes of the golden map: L, I, A. Rows run down, columns as the images say.
        first = [float(image.ImagePositionPatient[0]) for image in images]
        lia = labels if first[0] < first[-1] else labels[::-1]
        orientation = np.array(images[0].ImageOrientationPatient, float)
        lia = lia if orientation[1] < 0 else lia[:, :, ::-1]
        want = np.frombuffer(gzip.decompress((DATA / "expected" / expected["labelmap_file"]).read_bytes()), np.uint8)
        want = want.reshape(lia.shape)
        for i, name in enumerate(names):
            mask, truth = lia == i + 1, want == i + 1
            dice = 2 * np.count_nonzero(mask & truth) / (np.count_nonzero(mask) + np.count_nonzero(truth))
            self.assertGreaterEqual(dice, dice_min, name)
        volumes = {m["label"]: m["value"] for item in findings["items"] for m in item["measurements"]}
        print(pipeline, volumes)
        self.judge(out / "seg.dcm")
        self.judge(out / "sr.dcm")
        return findings["algorithm"]["parameters"]

    def test_brain_tissue(self):
        said = self.brain("mr-brain-tissue", "mr-brain-tissue-meshnet5", ["White Matter", "Grey Matter"])
        self.assertNotIn("bfloat16", said)

    @unittest.skipUnless("avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text(), "SKIPPED: this CPU has no bfloat16")
    def test_brain_tissue_in_bf16(self):
        self.in_bf16("mr-brain-tissue-meshnet5")
        said = self.brain("mr-brain-tissue", "mr-brain-tissue-meshnet5", ["White Matter", "Grey Matter"], 0.97)
        self.assertIn("in bfloat16", said)

    def test_a_network_that_bf16_breaks_is_refused(self):
        self.in_bf16("ct-lung-unet-small")
        with self.assertRaises(AssertionError) as raised:
            self.run_example("ct-lung-unet", DATA / "dicom" / "ct-chest-lungfcp")
        self.assertIn('with "precision": "bf16"', str(raised.exception))

    @unittest.skipUnless(os.environ.get("INFERAD_SLOW_MODELS"), "INFERAD_SLOW_MODELS is not set")
    def test_brain_anatomy(self):
        recipe = json.loads((CATALOG / "mr-brain-anatomy" / "pipeline.json").read_text())
        self.brain("mr-brain-anatomy", "mr-brain-anatomy-meshnet18",
                   [label["label"] for label in recipe["output"]["labels"]])


if __name__ == "__main__":
    unittest.main()
