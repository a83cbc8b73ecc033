#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reading starts at a real node: who reads what survives a kill, the list goes on, and its own days are replayed.
The list names patients in every character set."""
import json
import sqlite3
import time
import unittest
import urllib.request

from node_case import NodeCase, support


class Reading(NodeCase):
    def post(self, node, path, **body):
        request = urllib.request.Request(f"http://127.0.0.1:{node.http}{path}", method="POST",
                                         data=json.dumps(body).encode() if body else b"")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def test_a_start_survives_a_kill_and_the_list_says_why(self):
        node = self.node(workers={"count": 0}, assembler={"quiet_s": 1}).start()
        phantom = support.make_phantom(self.folder / "phantom", "--size", "64", "--slices", "3")
        uids = [support.copy_study(phantom / "dicom", self.folder / f"study{i}", i) for i in (1, 2)]
        for i, uid in enumerate(uids, 1):
            support.send(self.folder / f"study{i}", node.dicom)
            support.wait_for("the study on the list", lambda: node.study(uid), 30)  # noqa: B023
        listed = node.get("/api/v1/worklist")
        self.assertFalse(listed["starts_recorded"])
        self.assertEqual([entry["study_uid"] for entry in listed["entries"]], uids)
        first, second = (entry["id"] for entry in listed["entries"])
        self.post(node, f"/api/v1/worklist/{first}/start", reader="AB")
        node.kill()
        node.start()
        listed = node.get("/api/v1/worklist")
        self.assertTrue(listed["starts_recorded"])
        self.assertEqual([entry["id"] for entry in listed["entries"]], [second, first])
        self.assertEqual(listed["entries"][1]["reading_by"], "AB")
        why = self.inferad("worklist", "--why", "A2", "--config", node.config)
        self.assertIn("1 of 1. ROUTINE by its order", why)
        self.assertIn("AB", self.inferad("worklist", "--why", first, "--config", node.config))
        self.assertIn("no study", self.inferad("worklist", "--why", "nothing", "--config", node.config, status=1))
        self.post(node, f"/api/v1/worklist/{first}/release")
        self.assertEqual(node.get("/api/v1/worklist")["entries"][0]["id"], first)

    def test_the_list_names_patients_in_every_character_set(self):
        import warnings

        import pydicom

        warnings.simplefilter("ignore")
        folder = support.SOURCE.parent / "shared" / "data" / "dicom" / "charset"
        if not folder.is_dir():
            self.skipTest("SKIPPED: no shared data")
        node = self.node(workers={"count": 0}, assembler={"quiet_s": 1}).start()
        images, expected = self.folder / "images", {}
        images.mkdir()
        for i, file in enumerate(sorted(folder.iterdir()), 1):
            source = pydicom.dcmread(file, stop_before_pixels=True)
            if "PatientName" not in source:
                continue
            image = pydicom.dcmread(file)  # its name is not looked at, so that it is written as it was read
            for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
                setattr(image, keyword, f"2.25.77.{len(keyword)}.{i}")
            image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
            image.PatientID = f"C{i}"
            image.save_as(images / f"{i}.dcm")
            expected[image.PatientID] = str(source.PatientName).rstrip("=")
            if file.stem == "chrGB2312":  # pydicom 2.3 does not know ISO 2022 IR 58 without a first value
                expected[image.PatientID] = "Zhang^XiaoDong=张^小东"
        self.assertGreaterEqual(len(expected), 9)
        support.send(images, node.dicom)
        entries = support.wait_for("the studies on the list", lambda: len(
            found := node.get("/api/v1/worklist")["entries"]) == len(expected) and found, 30)
        self.assertEqual({entry["patient_id"]: entry["patient_name"].rstrip("=") for entry in entries}, expected)

    def test_the_sites_own_days_propose_delta(self):
        node = self.node(workers={"count": 0}).start()
        text = self.inferad("simulate", "--from-ledger", "--config", node.config, status=1)
        self.assertIn("0 reading starts are recorded in the last 30 days, expected at least 200", text)
        node.stop()
        # A study a minute, read first come first served 90 minutes later; every tenth is STAT by its order.
        begin = int(time.time() * 1000) - 86_400_000
        with sqlite3.connect(node.folder / "var" / "ledger.db") as ledger:
            for i in range(400):
                arrived, level = begin + 60_000 * i, 0 if i % 10 == 0 else 3
                ledger.execute("INSERT INTO study (id, study_uid, calling_ae, first_image_at, last_image_at, order_level,"
                               " level) VALUES (?, ?, 'A', ?, ?, ?, ?)", (i + 1, f"1.{i}", arrived, arrived, level, level))
                ledger.execute("INSERT INTO reading_start (study_id, at, level, stat_waited, reader) VALUES (?, ?, ?, 0, '')",
                               (i + 1, arrived + 90 * 60_000, level))
        ledger.close()
        node.start()
        text = self.inferad("simulate", "--from-ledger", "--config", node.config)
        self.assertIn("First come, first served: p95 90 min, p99 90 min.", text)
        self.assertRegex(text, r'"delta_minutes": 9[01],')
        self.assertRegex(text, r"STAT +as it was +40 +90\.0")
        proposed = float(text.split("STAT      proposed")[1].split()[1])
        self.assertLess(proposed, 30)


if __name__ == "__main__":
    unittest.main()
