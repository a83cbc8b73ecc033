#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Models that break what they can, each in a pipeline of its own, on one running node with one worker: every study ends
failed with its reason, a study of a good pipeline is analysed before and after, and the node is the same process."""
import hashlib
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402

DEADLINE = 5  # seconds for a job, and for the loading of a pipeline
HEAD = "def forward(self, x: Tensor) -> Tensor:\n  "
SCORES = "return torch.tensor([[0.25, 0.75]])\n"

# Name: the model, and what the study says then.
FAULTS = {
    "loops": (HEAD + "n = 0\n  while bool((x != 0.0).any()):\n    n += 1\n  " + SCORES,  # not on the empty image at load
              f"killed at its deadline of {DEADLINE} s"),
    "loops-always": (HEAD + "n = 0\n  while True:\n    n += 1\n  " + SCORES, "left out until the node starts again"),
    "large": (HEAD + "return torch.zeros([2199023255552])\n", "memory"),
    "throws": (HEAD + "assert x.size(0) < 0, \"no such image\"\n  " + SCORES, "no such image"),
    "nan": (HEAD + "return torch.zeros([1, 2]) / torch.zeros([1, 2])\n", "no numbers (NaN)"),
    "shape": (HEAD + "return torch.zeros([3, 2])\n", "batch axis"),
    "missing": (HEAD + SCORES, "model.py is missing"),
    "changed": (HEAD + SCORES, "weights differ from model.json"),
    "from-file": (HEAD + "return torch.from_file(\"FILE\", True, 2)\n", "uses aten::from_file in"),
    "saves": (HEAD + "torch.save(x, \"FILE\")\n  " + SCORES, "uses aten::save in"),
}

CARD = dict.fromkeys(("intended_use", "method", "training_data", "licence", "input", "output"), "Test") | {"limits": []}
FINDING = {"id": "bad", "name": "Bad", "class": "bad", "at_least": 0.5, "priority": "HIGH",
           "concept": {"value": "233604007", "scheme": "SCT", "meaning": "Pneumonia"}}


class ModelChaosTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-chaos-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.written = self.folder / "written"
        for name, (model, _) in {"good": (HEAD + SCORES, ""), **FAULTS}.items():
            self.add_pipeline(name, model.replace("FILE", str(self.written)))
        (self.folder / "models" / "missing" / "model.py").unlink()
        with (self.folder / "models" / "changed" / "model.py").open("a") as file:
            file.write("# changed\n")
        rules = [{"name": name, "when": {"calling_ae": [name.upper()]}, "then": {"pipeline": name}}
                 for name in ("good", *FAULTS)]
        (self.folder / "routing.json").write_text(json.dumps({"rules": rules}))
        self.node = support.Node(self.folder / "node", pipelines_folder=str(self.folder / "catalog"),
                                 models_folder=str(self.folder / "models"),
                                 routing_file=str(self.folder / "routing.json"), workers={"deadline_s": DEADLINE},
                                 assembler={"quiet_s": 1})
        self.addCleanup(lambda: self.node.process and self.node.process.poll() is None and self.node.kill())
        self.phantom = support.make_phantom(self.folder / "phantom", "--size", 64, "--slices", 5, "--slice-distance", 5)
        self.studies = 0

    def add_pipeline(self, name, model):
        files = {
            "models": {"name": name, "version": "1", "format": "torchscript-source", "file": "model.py",
                       "sha256": hashlib.sha256(model.encode()).hexdigest(), "card": CARD},
            "catalog": {"name": name, "version": "1", "kind": "model", "title": name, "manufacturer": "Test",
                        "model": name, "eligibility": {"modality": "CT"}, "preprocessing": [],
                        "inferer": {"_target_": "SimpleInferer"}, "postprocessing": [],
                        "output": {"kind": "classification", "classes": ["good", "bad"], "scores": "score"},
                        "findings": [FINDING]}}
        for folder, document in files.items():
            (self.folder / folder / name).mkdir(parents=True)
            file = "model.json" if folder == "models" else "pipeline.json"
            (self.folder / folder / name / file).write_text(json.dumps(document))
        (self.folder / "models" / name / "model.py").write_text(model)

    def send(self, pipeline):
        """A new study for the pipeline; its UID."""
        self.studies += 1
        folder = self.folder / f"study{self.studies}"
        uid = support.copy_study(self.phantom / "dicom", folder, self.studies)
        support.send(folder, self.node.dicom, calling=pipeline.upper())
        return uid

    def test_every_fault_ends_its_study_and_nothing_else(self):
        self.node.start()
        pid = self.node.process.pid
        uids = {name: self.send(name) for name in FAULTS}
        before = self.send("good")
        for name, (_, words) in FAULTS.items():
            entry = self.node.wait_study(uids[name], "failed", seconds=90)
            self.assertIn(words, entry["ai_reason"], name)
        self.node.wait_study(before, "done", seconds=60)
        self.node.wait_study(self.send("good"), "done", seconds=60)
        self.assertEqual([job["state"] for job in self.node.get("/api/v1/jobs")["jobs"]].count("failed"), len(FAULTS))
        self.assertEqual(self.node.status("/readyz?check=inference"), 200)
        self.assertFalse(self.written.exists())
        self.check_processes(pid)
        self.assertEqual(self.node.stop(), 0)

    def check_processes(self, pid):
        """The node was started once; the worker was killed once at load and twice in a job, never more."""
        self.assertEqual((self.node.process.pid, self.node.process.poll()), (pid, None))
        events = [json.loads(line) for line in self.node.log.read_text().splitlines()]
        self.assertEqual([event["event"] for event in events].count("started"), 1)
        deaths = [event["reason"] for event in events if event["event"] == "worker_died"]
        self.assertEqual(len(deaths), 3, deaths)
        worker = [event["pid"] for event in events if event["event"] == "worker_started"][-1]
        status = pathlib.Path(f"/proc/{worker}/status").read_text()
        self.assertIn(f"PPid:\t{pid}\n", status)


if __name__ == "__main__":
    if missing := support.missing_tools("storescu"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
