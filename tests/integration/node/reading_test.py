#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reading starts at a real node: who reads what survives a kill, the list goes on, and its own days are replayed.
The list names patients in every character set."""
import json
import re
import socket
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
        told = node.get(f"/api/v1/worklist?since={listed['revision']}")
        self.assertNotIn("entries", told)
        self.assertIn((first, "AB"), [(entry["id"], entry["reading_by"]) for entry in told["changed"]])
        self.assertEqual((len(told["placed"]), told["waiting"], told["gone"]), (1, 1, []))
        node.kill()
        node.start()
        self.assertIn("entries", node.get(f"/api/v1/worklist?since={told['revision']}"))  # of the run before
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

    def test_the_ris_orders_and_reports_by_hl7(self):
        node = self.node(workers={"count": 0}, assembler={"quiet_s": 1}, hl7_listener={
            "enabled": True, "port": 0, "character_set": "8859/1", "reading_started": ["ORC-5=IP"]}).start()

        file = node.folder / "var" / "ports.json"

        def say(body, control_id, charset="", conditions="|"):
            """The codes of the answers, and the whole text."""
            support.wait_for("the node to be open", lambda: f'"pid":{node.process.pid}' in (
                file.read_text() if file.exists() else ""))
            port = json.loads(file.read_text())["hl7"]
            header = f"MSH|^~\\&|RIS|H|INFERAD|H|{time.time_ns()}||{body[0]}|{control_id}|P|2.3.1|||{conditions}||{charset}"
            encoding = {"": "latin-1", "UNICODE UTF-8": "utf-8", "ASCII~ISO IR87": "iso2022_jp"}[charset]
            frame = b"\x0b" + "\r".join([header, *body[1:], ""]).encode(encoding) + b"\x1c\r"
            answers = b""
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(frame)
                while answers.count(b"\x1c\r") < (2 if conditions == "AL|AL" else 1):
                    answers += connection.recv(65536)
            text = answers.decode()
            return [line.split("|")[1] for line in re.split("[\r\x0b]", text) if line.startswith("MSA")], text

        def order(number, priority, patient=None, status="", control="NW", place="ED^12"):
            return ["ORM^O01", f"PID|1||{patient or f'ID-{number}'}^^^H^MR||Mueller^Jorg", f"PV1|1|E|{place}",
                    f"ORC|{control}|P{number}^RIS|F{number}||{status}||^^^^^{priority}",
                    f"OBR|1|P{number}^RIS|F{number}|71250^CT" + "|" * 14 + f"A{number}"]

        def report(number, status):
            return ["ORU^R01", f"PID|1||ID-{number}", f"OBR|1||F{number}|71250^CT" + "|" * 21 + status,
                    "OBX|1|TX|1||text||||||F"]

        def entry(number):
            found = [one for one in node.get("/api/v1/worklist")["entries"] if one["accession_number"] == f"A{number}"]
            return found[0] if found else None

        self.assertEqual(say(order(1, "S", place="Notaufnahme Süd"), 1)[0], ["AA"])
        self.assertEqual(say(order(2, "A", place="救急"), 2, "ASCII~ISO IR87")[0], ["AA"])
        phantom = support.make_phantom(self.folder / "phantom", "--size", "64", "--slices", "3")
        for i in (1, 2):
            support.copy_study(phantom / "dicom", self.folder / f"study{i}", i)
            support.send(self.folder / f"study{i}", node.dicom)
            support.wait_for("the study on the list", lambda: entry(i), 30)  # noqa: B023
        self.assertEqual((entry(1)["level"], entry(2)["level"]), ("STAT", "HIGH"))
        self.assertEqual((entry(1)["patient_location"], entry(2)["patient_location"]), ("Notaufnahme Süd", "救急"))
        self.assertEqual(entry(1)["placer_order_number"], "P1")
        self.assertEqual(say(order(2, "R", status="IP", control="XO", place="ICU"), 3, "UNICODE UTF-8", "AL|AL")[0], ["CA", "AA"])
        self.assertEqual(entry(2)["order_level"], "ROUTINE")
        self.assertIsNotNone(entry(2)["reading_started_at"])
        self.assertEqual(say(order(1, "R", patient="ID-3"), 4)[0], ["AA"])
        self.assertIn("another patient", entry(1)["order_note"])
        self.assertEqual(say(["ADT^A01", "PID|1||x"], 5)[0], ["AR"])
        codes, text = say(["ORM^O01", "ORC|NW|1", "OBR|1"], 6)
        self.assertEqual(codes, ["AE"])
        self.assertIn("ERR|PID^1^^100", text)
        ours = node.log.read_text()
        self.assertNotIn("ID-1", ours)
        study = entry(1)["id"]
        self.assertEqual(say(report(1, "P"), 7)[0], ["AA"])
        self.assertIsNotNone(entry(1))
        node.kill()
        node.start()
        final = report(1, "F")
        self.assertEqual(say(final, 8)[0], ["AA"])
        node.kill()  # what was accepted is durable
        node.start()
        self.assertEqual(say(final, 8)[0], ["AA"])
        self.assertIsNone(entry(1))
        detail = node.get(f"/api/v1/studies/{study}")
        self.assertEqual(detail["reading_finished_by"] if "reading_finished_by" in detail else
                         detail["entry"]["reading_finished_by"], "HL7 ORU^R01")
        metrics = urllib.request.urlopen(f"http://127.0.0.1:{node.http}/metrics", timeout=10).read().decode()
        self.assertIn('inferad_hl7_messages_received_total{outcome="repeated",type="ORU R01"} 1', metrics)
        self.assertIn("inferad_orders_mismatched 1", metrics)
        self.assertEqual(say(report(1, "X"), 9)[0], ["AA"])
        self.assertEqual(entry(1)["level"], "STAT")


if __name__ == "__main__":
    unittest.main()
