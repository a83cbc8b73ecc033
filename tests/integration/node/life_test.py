#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A node's life: it comes up with free ports, analyses a study, delivers, is asked, drains, and is the only one."""
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import pydicom

from node_case import NodeCase, support

PHANTOM = ("--kind", "emphysema", "--size", "160", "--slices", "60", "--slice-distance", "5",
           "--patient-name", "Secret^Name")


class Life(NodeCase):
    def metrics(self, node):
        import urllib.request
        with urllib.request.urlopen(f"http://127.0.0.1:{node.http}/metrics", timeout=10) as answer:
            return answer.read().decode()

    def test_a_study_goes_in_and_results_and_priority_come_out(self):
        archive = self.started(support.StoreScp(self.folder / "archive"))
        receiver = self.started(support.MllpListener(self.folder))
        plain = self.started(support.StoreScp(self.folder / "plain", accepts=("ComprehensiveSRStorage", "CTImageStorage",
                                                                              "SegmentationStorage")))
        wishes = {"send": [["SR", "SR_COMPREHENSIVE"], "SEG", "SEG_FRACTIONAL"], "encodings": ["RLE", "DEFLATED"]}
        node = self.node(results=[("archive", "ARCHIVE", archive.port, wishes),
                                  ("plain", "ARCHIVE", plain.port, wishes)],
                         hl7=[("engine", receiver.port)]).start()
        phantom = support.make_phantom(self.folder / "phantom", *PHANTOM)
        uid = json.loads((phantom / "truth.json").read_text())["study_uid"]
        stored, status = support.send(phantom / "dicom", node.dicom)
        self.assertEqual((len(stored), status), (60, 0))
        entry = node.wait_study(uid, "done", seconds=120)
        self.assertEqual(entry["instances"], 60)
        self.assertEqual(entry["rule"], "CT chest")
        self.assertIn(entry["level"], ("STAT", "HIGH"))
        support.wait_for("two SEG and SR in the archive", lambda: len(archive.objects()) >= 3, 60)
        self.assertEqual(sorted(data.Modality for data in archive.objects()), ["SEG", "SEG", "SR"])
        self.check_fallback(node, archive, plain)
        message = support.wait_for("the HL7 message", receiver.messages, 30)[0]
        self.assertEqual(message["ack"], "AA")
        support.wait_for("an empty outbox", lambda: all(d["state"] == "delivered" for d in
                                                        node.get("/api/v1/outbox")["deliveries"]), 30)
        self.check_commands(node, entry)
        self.check_metrics(node)
        self.check_pages_and_log(node)
        self.assertEqual(node.stop(), 0)
        self.assertIn('"event":"stopped"', node.log.read_text())

    def check_fallback(self, node, archive, plain):
        """Who refuses Comprehensive 3D SR gets Comprehensive SR, another object of the same study."""
        support.wait_for("SEG and report in the plain archive", lambda: len(plain.objects()) == 3, 60)
        report = next(data for data in plain.objects() if data.Modality == "SR")
        comprehensive, comprehensive_3d = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.88.34"
        other = next(data for data in archive.objects() if data.Modality == "SR")
        self.assertEqual((report.SOPClassUID, other.SOPClassUID), (comprehensive, comprehensive_3d))
        self.assertEqual(report.StudyInstanceUID, other.StudyInstanceUID)
        self.assertNotEqual(report.SOPInstanceUID, other.SOPInstanceUID)
        support.wait_for("what the plain archive got", lambda: ("plain", "SR_COMPREHENSIVE", "delivered") in [
            (each["destination"], each["kind"], each["state"]) for each in node.get("/api/v1/outbox")["deliveries"]], 30)
        self.check_encodings(archive, plain)

    def check_encodings(self, archive, plain):
        """Who knows an encoding that fits gets the segmentation so, who does not without: one object, bit by bit."""
        explicit, rle, deflated = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.5", "1.2.840.10008.1.2.1.99"
        for kind, syntax in (("BINARY", deflated), ("FRACTIONAL", rle)):
            encoded, uncompressed = (next(data for data in peer.objects() if data.get("SegmentationType") == kind)
                                     for peer in (archive, plain))
            self.assertEqual(encoded.file_meta.TransferSyntaxUID, syntax)
            self.assertEqual(uncompressed.file_meta.TransferSyntaxUID, explicit)
            if syntax == rle:
                self.assertLess(encoded.raw_path.stat().st_size, uncompressed.raw_path.stat().st_size / 4)
                self.assertTrue((encoded.pixel_array == uncompressed.pixel_array).all(), "as pydicom decodes it")
                decoded = self.folder / "decoded.dcm"
                subprocess.run(["dcmdrle", "+te", str(encoded.raw_path), str(decoded)], check=True)
                encoded = pydicom.dcmread(decoded)
                encoded["PixelData"].VR = "OB"  # which dcmdrle writes as OW, of eight bits too
            self.assertTrue(encoded == uncompressed, f"{kind}: they differ")

    def check_commands(self, node, entry):
        ask = lambda *arguments: self.inferad(*arguments, "--config", node.config)  # noqa: E731
        self.assertIn(entry["level"], ask("worklist"))
        self.assertEqual(json.loads(ask("worklist", "--json"))["entries"][0]["id"], entry["id"])
        self.assertIn("ct-lung-density", ask("jobs"))
        self.assertIn("delivered", ask("outbox"))
        self.assertIn("ready", ask("models"))
        self.assertIn("CT chest", ask("rules"))
        self.assertIn("receives messages", ask("peers"))
        self.assertIn("INFERAD", ask("status"))
        self.assertIn("answers", ask("echo", "archive"))
        self.assertIn("no such job", self.inferad("jobs", "--config", node.config, "retry", "999", status=1).lower())

    def check_metrics(self, node):
        text = self.metrics(node)
        done = subprocess.run(["promtool", "check", "metrics"], input=text, text=True, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        for stage in ("receive", "assemble", "queue", "load", "infer", "write", "deliver", "priority"):
            self.assertRegex(text, rf'inferad_stage_duration_seconds_count{{stage="{stage}"}} [1-9]')
        for line in ("inferad_workers_ready 1", "inferad_jobs_pending 0", "inferad_deliveries_waiting 0"):
            self.assertIn(line + "\n", text)
        self.assertNotIn("Secret", text)

    def check_pages_and_log(self, node):
        for path in ("/healthz", "/readyz", "/readyz?check=inference", "/", "/operations"):
            self.assertEqual(node.status(path), 200, path)
        log = node.log.read_text()
        self.assertNotIn("Secret", log)
        for line in log.splitlines():
            self.assertIn("event", json.loads(line))

    def test_the_system_chooses_ports_and_the_command_line_finds_them(self):
        node = self.node(dicom={"port": 0}, http={"port": 0}, workers={"count": 0})
        node.start(wait=False)
        file = node.folder / "var" / "ports.json"
        support.wait_for("ports.json", file.exists, 20)
        ports = json.loads(file.read_text())
        self.assertEqual(ports["pid"], node.process.pid)
        self.assertEqual(subprocess.run(["echoscu", "-aec", "INFERAD", "127.0.0.1", str(ports["dicom"])],
                                        timeout=30).returncode, 0)
        self.assertIn("No worker is configured", self.inferad("status", "--config", node.config))
        self.assertEqual(node.stop(), 0)

    def test_one_node_a_data_folder(self):
        node = self.node(workers={"count": 0}).start()
        second = self.inferad("serve", "--config", node.config, status=1)
        self.assertIn("another", second)
        self.assertEqual(node.status("/healthz"), 200)
        node.kill()
        node.start()  # the lock died with the process
        self.assertEqual(node.stop(), 0)

    def test_a_taken_port_is_told(self):
        node = self.node(workers={"count": 0}).start()
        other = support.Node(self.folder / "other", workers={"count": 0}, http={"port": node.http})
        self.assertIn(str(node.http), self.inferad("serve", "--config", other.config, status=1))

    def test_no_worker_left_after_the_node(self):
        for end in (signal.SIGTERM, signal.SIGKILL):
            node = self.node().start()
            support.wait_for("warm models", lambda: node.status("/readyz?check=inference") == 200, 60)
            started = [json.loads(line) for line in node.log.read_text().splitlines()]
            worker = [line["pid"] for line in started if line["event"] == "worker_started"][-1]
            node.process.send_signal(end)
            node.process.wait(20)
            support.wait_for("the end of the worker", lambda: not pathlib.Path(f"/proc/{worker}").exists()
                             or "(Z)" in pathlib.Path(f"/proc/{worker}/status").read_text(), 10)

    def test_images_are_taken_while_models_load(self):
        """A worker that never becomes ready holds up the analysis, not the listener."""
        never = self.folder / "never"
        never.write_text("#!/bin/sh\nexec sleep 60\n")
        never.chmod(0o755)
        phantom = support.make_phantom(self.folder / "phantom", "--size", "64", "--slices", "3")
        begin = time.monotonic()
        node = self.node(workers={"program": str(never)}).start()
        stored, _ = support.send(phantom / "dicom", node.dicom)
        self.assertEqual(len(stored), 3)
        self.assertLess(time.monotonic() - begin, 30)
        self.assertEqual(node.status("/readyz"), 200)
        self.assertEqual(node.status("/readyz?check=inference"), 503)
        uid = json.loads((phantom / "truth.json").read_text())["study_uid"]
        node.wait_study(uid, "pending", seconds=60)
        time.sleep(1)
        job = node.get("/api/v1/jobs")["jobs"][0]
        self.assertEqual((job["state"], job["attempts"]), ("pending", 0))  # it waits for a worker, and nothing claims else
        self.assertEqual(node.stop(), 0)

    def test_below_the_floor_of_the_disk_associations_are_rejected_for_now(self):
        watermark = 1 << 40  # the most the configuration takes; the floor is half of it
        disk = os.statvfs(self.folder)
        if disk.f_bavail * disk.f_frsize >= watermark // 2:
            self.skipTest("this disk has too much room")
        node = self.node(workers={"count": 0}, storage={"free_bytes_min": watermark}).start()

        def rejected():
            done = subprocess.run(["echoscu", "-v", "-aec", "INFERAD", "127.0.0.1", str(node.dicom)], timeout=30,
                                  capture_output=True, text=True)
            return done.returncode != 0 and "Rejected Transient" in done.stdout + done.stderr
        support.wait_for("a transient rejection", rejected, 20)
        self.assertEqual(node.status("/readyz"), 503)
        self.assertIn("disk", self.inferad("status", "--config", node.config))
        self.assertEqual(node.stop(), 0)

    def test_an_unfinished_job_is_done_after_a_restart(self):
        archive = self.started(support.StoreScp(self.folder / "archive"))
        node = self.node(results=[("archive", "ARCHIVE", archive.port)]).start()
        phantom = support.make_phantom(self.folder / "phantom", *PHANTOM)
        uid = json.loads((phantom / "truth.json").read_text())["study_uid"]
        support.send(phantom / "dicom", node.dicom)
        node.wait_study(uid, "pending", "running", "done", seconds=30)
        self.assertEqual(node.stop(), 0)
        node.start()
        entry = node.wait_study(uid, "done", seconds=120)
        self.assertEqual(entry["revision"], 1)
        support.wait_for("SEG and SR in the archive", lambda: len(archive.objects()) >= 2, 60)
        self.assertEqual(len({data.SOPInstanceUID for data in archive.objects()}), 2)


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "storescp", "echoscu", "promtool"):
        print(f"SKIPPED: no {', '.join(missing)}")
    else:
        unittest.main()
