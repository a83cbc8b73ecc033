#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The archive and the HL7 receiver are away while studies are analysed: everything waits on disk, also over a restart,
and arrives once, SEG before SR, when they are back. INFERAD_OUTAGE_S sets how long they are away (default 20 s)."""
import os
import pathlib
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402

OUTAGE = float(os.environ.get("INFERAD_OUTAGE_S", "20"))


class OutageTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-outage-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        phantom = support.make_phantom(self.folder / "phantom", "--kind", "emphysema", "--size", 160, "--slices", 60,
                                       "--slice-distance", 5)
        self.studies = {}
        for number in (1, 2, 3):
            folder = self.folder / f"study{number}"
            self.studies[support.copy_study(phantom / "dicom", folder, number)] = folder
        self.archive = support.StoreScp(self.folder / "archive")
        self.receiver = support.MllpListener(self.folder)
        self.addCleanup(self.archive.stop)
        self.addCleanup(self.receiver.stop)
        self.node = support.Node(self.folder / "node", results=[("archive", "ARCHIVE", self.archive.port)],
                                 hl7=[("engine", self.receiver.port)])
        self.addCleanup(lambda: self.node.process and self.node.process.poll() is None and self.node.kill())

    def test_everything_arrives_once_when_the_peers_are_back(self):
        self.node.start()
        away_since = time.monotonic()
        for folder in self.studies.values():
            stored, status = support.send(folder, self.node.dicom)
            self.assertEqual((len(stored), status), (60, 0))
        for uid in self.studies:
            self.node.wait_study(uid, "done")
        outbox = self.node.get("/api/v1/outbox")
        waiting = [delivery for delivery in outbox["deliveries"] if delivery["state"] != "delivered"]
        self.assertEqual(len(waiting), 9, "SEG, SR and HL7 of three studies wait")
        self.assertTrue(any(delivery["last_error"] for delivery in waiting), "the reason for waiting is shown")

        self.assertEqual(self.node.stop(), 0)
        self.node.start()
        time.sleep(max(0.0, OUTAGE - (time.monotonic() - away_since)))
        self.archive.start()
        self.receiver.start()
        support.wait_for("all deliveries", lambda: all(d["state"] == "delivered"
                         for d in self.node.get("/api/v1/outbox")["deliveries"]), 60, 0.5)
        for uid in self.studies:
            objects = [data for data in self.archive.objects() if data.StudyInstanceUID == uid]
            self.assertEqual(sorted(data.Modality for data in objects), ["SEG", "SR"])
            by_time = sorted(objects, key=lambda data: data.raw_path.stat().st_mtime_ns)
            self.assertEqual([data.Modality for data in by_time], ["SEG", "SR"], "the SEG goes first")
        self.assertEqual(len(self.receiver.messages()), 3)


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "storescp", "cc"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
