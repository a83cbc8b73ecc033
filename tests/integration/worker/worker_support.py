# SPDX-License-Identifier: Apache-2.0
"""Shared by the worker tests: phantoms, runs, and what findings.json says."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("INFERAD_SOURCE", pathlib.Path(__file__).parents[3]))
WORKER = pathlib.Path(os.environ.get("INFERAD_WORKER", SOURCE / "build" / "bin" / "inferad-worker"))
ENGINE = ["--catalog", str(SOURCE / "pipelines" / "catalog"), "--models", str(SOURCE / "models")]
PIPELINE = "ct-lung-density"
CREATED = "2026-11-24T08:30:00.000Z"
SMALL = ("--size", "192", "--slices", "100", "--slice-distance", "3")


made_once = tempfile.TemporaryDirectory(prefix="inferad-phantom-")  # the phantom with nothing but SMALL


class WorkerTest(unittest.TestCase):
    """Each test has a folder of its own in self.folder."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-worker-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def phantom(self, *options, name="phantom"):
        out = self.folder / name
        shared = pathlib.Path(made_once.name) / "small"
        source = out if options != SMALL else shared
        if not source.exists():
            subprocess.run([str(SOURCE / "tests" / "support" / "phantom.py"), str(source), *options], check=True,
                           stdout=subprocess.DEVNULL)
        return out if source == out else shutil.copytree(shared, out)

    def run_worker(self, *paths, out="out", pipeline=PIPELINE):
        """Exit status, findings (or None), and the folder of the results."""
        results = self.folder / out
        done = subprocess.run([str(WORKER), "run", pipeline, *map(str, paths), "--out", str(results), "--created-at",
                               CREATED, *ENGINE], capture_output=True, text=True, timeout=300)
        self.log = done.stdout + done.stderr
        file = results / "findings.json"
        return done.returncode, json.loads(file.read_text()) if file.exists() else None, results


def measure(findings, item_id, label):
    """The value of one measurement, or None."""
    for item in findings["items"]:
        for measurement in item["measurements"] if item["id"] == item_id else ():
            if measurement["label"] == label:
                return measurement["value"]
    return None
