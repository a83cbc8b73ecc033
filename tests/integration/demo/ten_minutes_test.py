#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""pipelines/README.md, "Add a model in ten minutes", done literally in an empty folder; only the ports are others."""
import importlib.util
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import pydicom

SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"
sys.path.insert(0, str(SUPPORT))
import node as support  # noqa: E402

README = support.SOURCE / "pipelines" / "README.md"
PORTS = ("11112", "8080", "4242", "8042")


def steps():
    """(language, file or "", text) of each fenced block of the section."""
    section = README.read_text().split("\n## Add a model in ten minutes\n")[1].split("\n## ")[0]
    blocks = re.findall(r"^```(\w+) ?(\S*)\n(.*?)^```$", section, re.M | re.S)
    ports = {port: str(support.free_port()) for port in PORTS}
    for language, file, text in blocks:
        for port, free in ports.items():
            text = re.sub(rf"\b{port}\b", free, text)
        yield language, file, text.replace("$INFERAD/build/bin", str(support.INFERAD.parent))


def dense_bone_ml(folder):
    """The volume that the rule of bone.py finds, computed with numpy."""
    images = sorted((pydicom.dcmread(file) for file in folder.iterdir()), key=lambda each: each.ImagePositionPatient[2])
    hu = np.stack([image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept) for image in images])
    sums, counts = np.zeros(hu.shape), np.zeros(hu.shape)
    padded, ones = np.pad(hu, 1), np.pad(np.ones(hu.shape), 1)
    for k, j, i in np.ndindex(3, 3, 3):
        window = tuple(slice(at, at + size) for at, size in zip((k, j, i), hu.shape))
        sums += padded[window]
        counts += ones[window]
    voxel_ml = float(images[0].PixelSpacing[0]) * float(images[0].PixelSpacing[1]) * 5 / 1000
    return np.count_nonzero(sums / counts > 250) * voxel_ml


@unittest.skipUnless(importlib.util.find_spec("torch"), "SKIPPED: needs python3-torch")
class TenMinutes(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-ten-minutes-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.addCleanup(self.end_what_the_guide_started)

    def end_what_the_guide_started(self):
        pid = self.folder / "node.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
            support.wait_for("the node's end", lambda: not pathlib.Path("/proc", pid.read_text().strip()).exists())
        if (self.folder / "pacs").exists():
            subprocess.run([str(SUPPORT / "pacs-down"), str(self.folder / "pacs")], check=True, stdout=subprocess.DEVNULL)

    def test_from_an_empty_folder_to_an_sr_in_a_pacs(self):
        told = ""
        for language, file, text in steps():
            if language == "sh":
                done = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=self.folder, text=True, timeout=300,
                                      capture_output=True, env=os.environ | {"INFERAD": str(support.SOURCE)})
                self.assertEqual(done.returncode, 0, text + done.stdout + done.stderr)
                told = done.stdout
            else:
                (self.folder / file).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / file).write_text(text)
        self.assertEqual([series["MainDicomTags"]["Modality"] for series in json.loads(told[told.index("["):])], ["SR"])
        findings = json.loads((self.folder / "result" / "findings.json").read_text())
        volume = next(m["value"] for item in findings["items"] for m in item["measurements"] if m["label"] == "Volume")
        expected = dense_bone_ml(self.folder / "phantom" / "dicom")
        self.assertGreater(expected, 50)
        self.assertLess(abs(volume / expected - 1), 0.05, (volume, expected))  # small objects are removed


if __name__ == "__main__":
    unittest.main()
