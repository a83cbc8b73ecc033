#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A pipeline of the catalog whose weights are still to be fetched: no mistake, offered to nobody, and its study says so."""
import json
import shutil
import unittest

from node_case import NodeCase, support

import acquisition_phantom as made

PIPELINE, MODEL = "cxr-pneumonia", "cxr-pneumonia-squeezenet"
PUBLIC_MODELS = support.SOURCE.parent / "shared" / "data" / "models"


class NotInstalled(NodeCase):
    def setUp(self):
        super().setUp()
        for name in (PIPELINE, "dx-acquisition-check"):
            shutil.copytree(support.SOURCE / "pipelines" / "catalog" / name, self.folder / "catalog" / name)
        shutil.copytree(support.SOURCE / "models" / "dx-acquisition", self.folder / "models" / "dx-acquisition")
        (self.folder / "models" / MODEL).mkdir()
        shutil.copy(support.SOURCE / "models" / MODEL / "model.json", self.folder / "models" / MODEL)
        (self.folder / "rules.json").write_text(json.dumps({"match": "first", "rules": [
            {"name": "DX", "series": {"where": {"attribute": "Modality", "equals": "DX"}}, "then": {"pipeline": PIPELINE}}]}))
        self.config = self.folder / "check.json"
        self.config.write_text(json.dumps({"models_folder": "models", "pipelines_folder": "catalog", "data_folder": "none",
                                           "routing_file": "rules.json"}))

    def test_a_study_ends_as_not_analysed_and_the_report_says_why(self):
        said = self.inferad("check", "--config", self.config)
        self.assertRegex(said, f"{PIPELINE} 1.0.0: not installed: .*model.pt is missing: .*inferad models fetch {MODEL}")
        archive = self.started(support.StoreScp(self.folder / "archive"))
        node = self.node(results=[("archive", "ARCHIVE", archive.port)], routing_file=str(self.folder / "rules.json"),
                         pipelines_folder=str(self.folder / "catalog"), models_folder=str(self.folder / "models")).start()
        (self.folder / "dx").mkdir()
        made.write_radiograph(self.folder / "dx" / "image.dcm", made.radiograph(noise=10).pixels)
        self.assertEqual(support.send(self.folder / "dx", node.dicom)[1], 0)
        entry = node.wait_study(made.uid("acquisition", "DX"), "not_analysed", "done", "failed", seconds=120)
        self.assertEqual((entry["ai_state"], entry["decisions"]), ("not_analysed", []))
        self.assertIn("not installed", json.dumps(entry))
        support.wait_for("the report in the archive", archive.objects, 60)
        self.assertIn("No model is installed", str(archive.objects()[0]))
        states = {each["pipeline"]: each["state"] for each in node.get("/api/v1/models")["models"]}
        self.assertEqual(states, {PIPELINE: "not_installed", "dx-acquisition-check": "ready"})
        self.assertEqual(node.stop(), 0)

    def test_a_mirror_brings_the_weights(self):
        self.assertIn("published nowhere", self.inferad("models", "fetch", MODEL, "--config", self.config, status=1))
        if not PUBLIC_MODELS.exists():
            self.skipTest("SKIPPED: no shared data")
        self.inferad("models", "fetch", MODEL, "--mirror", PUBLIC_MODELS, "--config", self.config)
        self.assertIn(f"{PIPELINE} 1.0.0: ready", self.inferad("check", "--config", self.config))


if __name__ == "__main__":
    unittest.main()
