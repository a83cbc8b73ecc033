#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two pipelines on one phantom study, and a third that joins what they say: present, absent, not looked for."""
import hashlib
import json
import shutil
import subprocess
import unittest

from worker_support import CREATED, SMALL, SOURCE, WORKER, WorkerTest

MODEL = "def forward(self, x: Tensor) -> Tensor:\n    return torch.stack([x.mean(), x.max()]).unsqueeze(0)\n"


def code(meaning):
    return {"value": "1", "scheme": "99TEST", "meaning": meaning}


def condition(pipeline, finding):
    return {"pipeline": pipeline, "finding": finding}


JOIN = {
    "name": "chest-report", "version": "1.0.0", "kind": "join", "title": "Chest report", "manufacturer": "Test",
    "inputs": ["ct-lung-density", "ct-brightness"],
    "findings": [
        {"id": "dense-and-bright", "name": "Dense and bright", "concept": code("Dense and bright"), "priority": "STAT",
         "when": {"all": [condition("ct-brightness", "bright"),
                          {"pipeline": "ct-lung-density", "item": "lung-left", "measurement": "Volume", "at_least": 100}]}},
        {"id": "emphysema-or-dark", "name": "Emphysema or dark", "concept": code("Emphysema or dark"),
         "when": {"any": [condition("ct-lung-density", "emphysema"), condition("ct-brightness", "dark")]}},
    ],
}


class JoinTest(WorkerTest):
    def setUp(self):
        super().setUp()
        self.catalog, self.models = self.folder / "catalog", self.folder / "models"
        shutil.copytree(SOURCE / "pipelines" / "catalog", self.catalog)
        shutil.copytree(SOURCE / "models", self.models)
        card = {name: "Test" for name in ("intended_use", "method", "training_data", "licence", "input", "output")}
        self.write(self.models / "brightness" / "model.json", {
            "name": "brightness", "version": "1", "format": "torchscript-source", "file": "model.py",
            "sha256": hashlib.sha256(MODEL.encode()).hexdigest(), "card": {**card, "limits": []}})
        (self.models / "brightness" / "model.py").write_text(MODEL)
        unit = {"value": "[hnsf'U]", "scheme": "UCUM", "meaning": "Hounsfield unit"}
        values = [{"id": name, "name": code(name), "unit": unit} for name in ("mean", "highest")]
        self.write(self.catalog / "ct-brightness" / "pipeline.json", {
            "name": "ct-brightness", "version": "1", "kind": "model", "title": "Brightness", "manufacturer": "Test",
            "model": "brightness", "eligibility": {"modality": "CT"}, "preprocessing": [],
            "inferer": {"_target_": "SimpleInferer"}, "postprocessing": [],
            "output": {"kind": "regression", "values": values},
            "findings": [{"id": "bright", "name": "Bright", "concept": code("Bright"), "value": "highest", "at_least": 0},
                         {"id": "dark", "name": "Dark", "concept": code("Dark"), "value": "mean", "at_most": -5000}]})
        self.write(self.catalog / "chest-report" / "pipeline.json", JOIN)

    def write(self, file, document):
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(document, indent=1))

    def run_pipeline(self, pipeline, source, *joined):
        out = self.folder / f"out-{pipeline}-{len(joined)}"
        options = [option for folder in joined for option in ("--joined", str(folder))]
        done = subprocess.run([str(WORKER), "run", pipeline, str(source), "--out", str(out), "--created-at", CREATED,
                               "--catalog", str(self.catalog), "--models", str(self.models), *options],
                              capture_output=True, text=True, timeout=300)
        self.log = done.stdout + done.stderr
        self.assertIn(done.returncode, (0, 3), self.log)
        return json.loads((out / "findings.json").read_text()), out

    def items(self, findings):
        return {item["id"]: item for item in findings["items"]}

    def test_two_pipelines_of_one_study_become_one_report(self):
        study = self.phantom(*SMALL)
        density, density_out = self.run_pipeline("ct-lung-density", study)
        _, bright_out = self.run_pipeline("ct-brightness", study)
        both, out = self.run_pipeline("chest-report", study, density_out, bright_out)
        self.assertEqual(both["outcome"], "analysed")
        items = self.items(both)
        self.assertEqual(items["dense-and-bright"]["presence"], "present")
        self.assertEqual(both["priority"]["level"], "STAT")
        left = next(m for m in self.items(density)["lung-left"]["measurements"] if m["label"] == "Volume")
        self.assertEqual(items["dense-and-bright"]["measurements"], [left])
        self.assertEqual(items["emphysema-or-dark"]["presence"], self.items(density)["emphysema"]["presence"])
        report = out / "sr.dcm"
        judged = subprocess.run(["dciodvfy", str(report)], capture_output=True, text=True, errors="replace")
        self.assertNotIn("Error", judged.stdout + judged.stderr)
        text = subprocess.run(["dsrdump", "+Pl", str(report)], capture_output=True, text=True, errors="replace").stdout
        for part in ("INPUT_ANALYSED", "ct-lung-density", "ct-brightness 1: analysed", "bright of ct-brightness: present"):
            self.assertIn(part, text)

        # One of them did not run: what rests on it is open, never absent.
        half, half_out = self.run_pipeline("chest-report", study, bright_out)
        items = self.items(half)
        self.assertEqual(items["dense-and-bright"]["presence"], "indeterminate")
        self.assertEqual(items["emphysema-or-dark"]["presence"], "indeterminate")
        self.assertNotIn("priority", half)
        self.assertEqual([each["code"]["value"] for each in half["qualifiers"]], ["INPUT_MISSING", "INPUT_ANALYSED"])
        self.assertNotEqual(self.uid(out), self.uid(half_out))

        none, _ = self.run_pipeline("chest-report", study)
        self.assertEqual(none["outcome"], "not_analysed")
        self.assertEqual(none["reason"]["value"], "NO_INPUT")

    def uid(self, folder):
        dump = subprocess.run(["dcmdump", "+P", "SOPInstanceUID", str(folder / "sr.dcm")], capture_output=True, text=True)
        return dump.stdout

    def test_findings_of_another_study_are_refused(self):
        study = self.phantom(*SMALL)
        _, out = self.run_pipeline("ct-brightness", study)
        file = out / "findings.json"
        file.write_text(file.read_text().replace('"study_uid": "', '"study_uid": "1.9.'))
        done = subprocess.run([str(WORKER), "run", "chest-report", str(study), "--out", str(self.folder / "foreign"),
                               "--joined", str(out), "--catalog", str(self.catalog), "--models", str(self.models)],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is not what ct-brightness said", done.stderr)


if __name__ == "__main__":
    unittest.main()
