#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Three pipelines on one MR study: one that works, one whose model fails, and one that joins them. The join runs last and
knows how both ended; what rests on the failed one is open, never absent."""
import hashlib
import json
import shutil
import unittest

from node_case import NodeCase, support

import acquisition_phantom as made

CHECK, BROKEN, JOIN = "mr-acquisition-check", "mr-broken", "mr-report"
MODEL = "def forward(self, x: Tensor) -> Tensor:\n    return x.sum().reshape(1, 1) * float('nan')\n"


def code(meaning):
    return {"value": "1", "scheme": "99TEST", "meaning": meaning}


def finding(name, when, **more):
    return {"id": name, "name": name, "concept": code(name), "when": when, **more}


class JoinedStudy(NodeCase):
    def write(self, name, document):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=1))

    def make_pipelines(self):
        shutil.copytree(support.SOURCE / "pipelines" / "catalog" / CHECK, self.folder / "catalog" / CHECK)
        shutil.copytree(support.SOURCE / "models", self.folder / "models")
        card = {name: "Test" for name in ("intended_use", "method", "training_data", "licence", "input", "output")}
        self.write("models/broken/model.json", {
            "name": "broken", "version": "1", "format": "torchscript-source", "file": "model.py",
            "sha256": hashlib.sha256(MODEL.encode()).hexdigest(), "card": {**card, "limits": []}})
        (self.folder / "models/broken/model.py").write_text(MODEL)
        value = {"id": "v", "name": code("v"), "unit": {"value": "1", "scheme": "UCUM", "meaning": "no units"}}
        self.write(f"catalog/{BROKEN}/pipeline.json", {
            "name": BROKEN, "version": "1", "kind": "model", "title": "Broken", "manufacturer": "Test", "model": "broken",
            "eligibility": {"modality": "MR"}, "preprocessing": [], "inferer": {"_target_": "SimpleInferer"},
            "postprocessing": [], "output": {"kind": "regression", "values": [value]},
            "findings": [{"id": "high", "name": "High", "concept": code("High"), "value": "v", "at_least": 1}]})
        noise, broken = ({"pipeline": CHECK, "finding": "low-signal-to-noise"}, {"pipeline": BROKEN, "finding": "high"})
        self.write(f"catalog/{JOIN}/pipeline.json", {
            "name": JOIN, "version": "1", "kind": "join", "title": "Report", "manufacturer": "Test",
            "inputs": [CHECK, BROKEN],
            "findings": [finding("any", {"any": [noise, broken]}, priority="HIGH"), finding("both", {"all": [noise, broken]}),
                         finding("neither", {"all": [{**noise, "is": "absent"}, broken]})]})
        rule = {"when": {"attribute": "Modality", "equals": "MR"}}
        self.write("routing.json", {"match": "all", "rules": [
            {"name": name, **rule, "then": {"pipeline": name}} for name in (JOIN, CHECK, BROKEN)]})

    def test_the_join_runs_last_and_knows_how_the_others_ended(self):
        self.make_pipelines()
        archive = self.started(support.StoreScp(self.folder / "archive"))
        node = self.node(results=[("archive", "ARCHIVE", archive.port)], pipelines_folder=str(self.folder / "catalog"),
                         models_folder=str(self.folder / "models"), routing_file=str(self.folder / "routing.json")).start()
        made.write_mr_series(self.folder / "mr", made.mr_series(noise=80).signal)  # noisy enough to be a finding
        _, status = support.send(self.folder / "mr", node.dicom)
        self.assertEqual(status, 0)
        uid = made.uid("acquisition", "MR")

        def jobs():
            entry = node.study(uid)
            detail = node.get(f"/api/v1/studies/{entry['id']}") if entry else {"jobs": []}
            found = {job["pipeline"]: job for job in detail["jobs"]}
            return found if found.get(JOIN, {}).get("state") in ("done", "not_analysed", "failed") else None

        support.wait_for("the join to end", jobs, 240)
        found = jobs()
        self.assertEqual({name: job["state"] for name, job in found.items()}, {CHECK: "done", BROKEN: "failed", JOIN: "done"})
        ends = max(found[CHECK]["finished_at"], found[BROKEN]["finished_at"])
        self.assertGreaterEqual(found[JOIN]["started_at"], ends)
        said = found[JOIN]["findings"]
        self.assertEqual([each["code"]["value"] for each in said["qualifiers"]], ["INPUT_ANALYSED", "INPUT_FAILED"])
        self.assertEqual({item["id"]: item["presence"] for item in said["items"]},
                         {"any": "present", "both": "indeterminate", "neither": "indeterminate"})
        self.assertEqual(node.study(uid)["level"], "HIGH")
        support.wait_for("both reports in the archive", lambda: len(archive.objects()) >= 2, 60)
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    unittest.main()
