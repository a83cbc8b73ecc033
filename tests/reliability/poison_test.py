#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A job that brings the whole node down, five times: then it has failed, the node stays up, other studies go on, and an
operator can ask for it again."""
import pathlib
import sys
import tempfile
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402


class PoisonTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-poison-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        phantom = support.make_phantom(self.folder / "phantom", "--kind", "emphysema", "--size", 160, "--slices", 60,
                                       "--slice-distance", 5)
        self.folders = [self.folder / "poison", self.folder / "good"]
        self.uids = [support.copy_study(phantom / "dicom", folder, number)
                     for number, folder in enumerate(self.folders, 1)]
        self.node = support.Node(self.folder / "node")
        self.addCleanup(lambda: self.node.process and self.node.process.poll() is None and self.node.kill())

    def test_five_deaths_of_the_node_with_one_job_end_it(self):
        for attempt in range(5):
            self.node.start(INFERAD_CRASH_AT="dispatch.job_sent")
            if attempt == 0:
                support.send(self.folders[0], self.node.dicom)
            support.wait_for("death of the node", lambda: self.node.process.poll() is not None, 90)
        self.node.start()
        entry = self.node.wait_study(self.uids[0], "failed", seconds=20)
        self.assertIn("the node died 5 times", entry["ai_reason"])

        support.send(self.folders[1], self.node.dicom)
        self.node.wait_study(self.uids[1], "done", seconds=90)
        self.assertEqual(self.node.study(self.uids[0])["ai_state"], "failed")

        job = next(job for job in self.node.get("/api/v1/jobs")["jobs"] if job["state"] == "failed")
        retry = urllib.request.Request(f"http://127.0.0.1:{self.node.http}/api/v1/jobs/{job['id']}/retry", method="POST")
        urllib.request.urlopen(retry, timeout=10).close()
        self.node.wait_study(self.uids[0], "done", seconds=90)
        self.assertEqual(self.node.stop(), 0)


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "cc"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
