#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The main job with a real PACS: Orthanc gets a study, pushes it to the node, tells by C-FIND how many images it has,
and holds SEG and SR seconds later; the HL7 receiver has the priority. Judged by dicom3tools, DCMTK and pydicom."""
import hashlib
import hmac
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import node as support  # noqa: E402
import npm  # noqa: E402
import priority_watch  # noqa: E402
import ups_peer  # noqa: E402
import pydicom  # noqa: E402

SHARED = support.SOURCE.parent / "shared" / "data" / "dicom"
OBJECTS = support.INFERAD.parent / "dicom_results"  # makes one object of every kind


def tool(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    return done.stdout + done.stderr


class LoopTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-loop-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.receiver = support.MllpListener(self.folder).start()
        self.addCleanup(self.receiver.stop)
        dicom = support.free_port()
        self.pacs = support.Orthanc(self.folder / "pacs", route_to=("ai", "INFERAD", dicom)).start()
        self.addCleanup(self.pacs.stop)
        self.web = support.WebReceiver(self.folder, "--fhir").start()  # webhook and FHIR server in one
        self.addCleanup(self.web.stop)
        address = f"http://127.0.0.1:{self.web.port}"
        self.mail = support.MailReceiver(self.folder).start()
        self.addCleanup(self.mail.stop)
        self.worklists = self.pacs.folder / "worklists"
        (self.folder / "secret").write_text("sixteen characters\n")
        self.packages = ups_peer.modules()
        port = support.free_port()
        self.node = support.Node(self.folder / "node", ups=[{"name": "tasks", "peer": "reader", "create_if_missing": True}],
                                 results=[("pacs", "PACS", self.pacs.dicom)],
                                 webhooks=[{"name": "hook", "url": f"{address}/hook", "secret_file": str(self.folder / "secret")}],
                                 fhir=[{"name": "fhir", "base_url": address}],
                                 mail=[{"name": "duty", "host": "127.0.0.1", "port": self.mail.port, "from": "ai@example.org",
                                        "to": ["duty@example.org"], "link": "http://ai.example.org"}],
                                 critical={"acknowledge_within_minutes": 0.02, "least_level": "HIGH", "repeat_minutes": 0.05,
                                           "steps": [{"to": ["hook"]}, {"after_minutes": 0.02, "to": ["duty", "hook", "engine"]}]},
                                 worklist_folders=[{"name": "mwl", "folder": str(self.worklists)}],
                                 query=("pacs-query", "PACS", self.pacs.dicom), hl7=[("engine", self.receiver.port)],
                                 dicom={"port": dicom})
        self.node.dicom = dicom
        self.add_workstation(port)
        self.node.start()
        self.addCleanup(lambda: self.node.process.poll() is None and self.node.stop())
        support.wait_for("warm models", lambda: self.node.status("/readyz?check=inference") == 200, 60)

    def add_workstation(self, port):
        """A peer that uses our worklist and has one of its own; skipped without npm."""
        settings = json.loads(self.node.config.read_text())
        settings["peers"].append({"name": "reader", "ae_title": "READ1", "roles": ["worklist", "ups"], "host": "::1",
                                  "addresses": ["127.0.0.0/8"], "port": port})
        if self.packages is None:
            settings["ups"] = []
        self.node.config.write_text(json.dumps(settings))
        self.workstation = None
        if self.packages is None:
            return print("SKIPPED: npm cannot get", ups_peer.PACKAGE)
        self.workstation = ups_peer.Workstation(self.folder, self.packages, self.node.dicom, port)
        self.addCleanup(self.workstation.stop)

    def watch_page(self):
        """The reading list, open in Chromium; skipped without."""
        modules = priority_watch.Page.modules()
        if modules is None:
            return print("SKIPPED: the page, without Chromium or npm's", npm.PUPPETEER)
        page = priority_watch.Page(modules, f"http://127.0.0.1:{self.node.http}/")
        self.addCleanup(page.stop)
        return page

    def judge_promptness(self, entry, page):
        """The priority is on the open page, at the HL7 receiver and at the UPS peer (a task, an event) within a second of
        the finding; reports and segmentations may follow."""
        watch = priority_watch.PriorityWatch(self.node, page, self.receiver, self.workstation)
        times = watch.times(entry)
        if self.workstation:
            task = self.workstation.tasks[0]
            self.assertEqual((task["task"], task["data"]["ScheduledProcedureStepPriority"]), ("created", "HIGH"))
            event = support.wait_for("the event", lambda: [each for each in self.workstation.events if each["data"].get(
                "ScheduledProcedureStepPriority") == "HIGH"], 20)[0]
            times["UPS event"] = event["at"] / 1000 - watch.found_at(entry)
        for place, after in times.items():
            print(f"{entry['level']} at {place} {after:.3f} s after the finding")
            self.assertTrue(0 <= after < 1, (place, after))

    def analyse(self, folder, state="done"):
        """Stores a study in the PACS and waits for its end. The worklist entry."""
        study_uid = pydicom.dcmread(next(pathlib.Path(folder).iterdir()), stop_before_pixels=True).StudyInstanceUID
        self.pacs.store(folder)
        return self.node.wait_study(study_uid, state, seconds=180)

    def worklist_entry(self, name, study_uid, priority):
        """An entry in the folder that Orthanc's worklist plugin serves."""
        entry = pydicom.dataset.FileDataset(name, {}, preamble=b"\0" * 128, file_meta=pydicom.dataset.FileMetaDataset())
        entry.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
        entry.file_meta.MediaStorageSOPClassUID, entry.file_meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.31", "1.2.3"
        entry.is_little_endian, entry.is_implicit_VR = True, False
        entry.StudyInstanceUID, entry.PatientID, entry.RequestedProcedurePriority = study_uid, name, priority
        entry.save_as(self.worklists / f"{name}.wl", write_like_original=False)

    def priorities(self):
        """What findscu sees in the modality worklist of the PACS: patient → priority."""
        said = tool("findscu", "-W", "-aec", "PACS", "-aet", "READER", "-k", "PatientID", "-k", "(0040,1003)", "127.0.0.1",
                    self.pacs.dicom)
        return dict(zip(re.findall(r"\(0010,0020\) LO \[(.*?)\s*\]", said), re.findall(r"\(0040,1003\) SH \[(.*?)\s*\]", said)))

    def results_in_pacs(self, study_uid, count=1):
        def both():
            segs, reports = (self.pacs.instances(study_uid, modality) for modality in ("SEG", "SR"))
            return (segs, reports) if len(segs) == count and len(reports) == count else None
        segs, reports = support.wait_for("SEG and SR in the PACS", both, 60, 0.1)
        files = []
        for name, instances in (("seg", segs), ("sr", reports)):
            for number, instance in enumerate(instances):
                file = self.folder / f"{name}{number}.dcm"
                file.write_bytes(self.pacs.file(instance))
                files.append(file)
        return files

    def judge(self, files, sources):
        for file in files:
            errors = [line for line in tool("dciodvfy", "-new", file).splitlines() if line.startswith("Error")]
            self.assertEqual(errors, [], file)
        report = next(file for file in files if file.name.startswith("sr"))
        self.assertIn("Imaging Measurement Report", tool("dsrdump", report))
        entities = [line for line in tool("dcentvfy", *files, *sources).splitlines() if line.startswith("Error")]
        self.assertEqual(entities, [])

    def test_an_emphysema_comes_out_as_seg_sr_and_a_raised_priority(self):
        phantom = support.make_phantom(self.folder / "phantom", "--kind", "emphysema", "--size", 256, "--slices", 100,
                                       "--slice-distance", 3, "--patient-name", "Äsop^Jürgen")
        uid = pydicom.dcmread(next((phantom / "dicom").iterdir()), stop_before_pixels=True).StudyInstanceUID
        self.worklist_entry("THIS", uid, "ROUTINE")
        self.worklist_entry("OTHER", "1.2.3.4", "ROUTINE")
        self.assertEqual(self.priorities(), {"THIS": "ROUTINE", "OTHER": "ROUTINE"})
        if self.workstation:
            wish = {"ReceivingAE": "READ1", "DeletionLock": "FALSE"}
            self.assertEqual(self.workstation.ask("action", ups_peer.WATCH, ups_peer.GLOBAL, wish, 3)[0], 0)
        page = self.watch_page()
        entry = self.analyse(phantom / "dicom")
        stored = time.monotonic()
        self.judge_promptness(entry, page)
        self.assertEqual(entry["instances"], 100)
        self.assertIn("count", entry["complete_reason"])
        self.assertIn(entry["level"], ("STAT", "HIGH"))
        self.assertEqual(entry["order_level"], "ROUTINE")
        decision = entry["decisions"][-1]
        self.assertIn("LAA-950", decision["reason"])
        self.assertEqual(decision["pipeline"], "ct-lung-density")
        self.assertEqual(len(decision["model_sha256"]), 64)

        files = self.results_in_pacs(entry["study_uid"])
        print(f"SEG and SR in the PACS {time.monotonic() - stored:.2f} s after the study was done")
        self.judge(files, sorted((phantom / "dicom").iterdir()))
        jobs = [job for job in self.node.get("/api/v1/jobs")["jobs"] if job["study_id"] == entry["id"]]
        folder = self.node.folder / "var" / "jobs" / str(jobs[0]["id"])
        for name, file in (("seg.dcm", files[0]), ("sr.dcm", files[1])):
            self.assertEqual(pydicom.dcmread(folder / name).to_json(), pydicom.dcmread(file).to_json())

        message = support.wait_for("the HL7 message", self.receiver.messages, 20)[0]
        self.assertTrue(message["type"].startswith("OMI^O23"), message["type"])
        self.assertTrue(message["python3_hl7"]["ok"])
        self.assertEqual(message["ack"], "AA")
        self.judge_notices(entry)
        self.judge_escalation(entry)

    def judge_escalation(self, entry):
        """Nobody acknowledges: webhook, mail and HL7, again and again, until somebody does."""
        mail = support.wait_for("a second mail", lambda: len(found := self.mail.mails()) > 1 and found[0], 20)
        self.assertEqual((mail["from"], mail["to"], mail["defects"]), ("ai@example.org", ["duty@example.org"], []))
        self.assertIn("LAA-950", mail["text"])
        self.assertIn(f"http://ai.example.org/study/{entry['id']}", mail["text"])
        self.assertNotIn("Jürgen", mail["text"])
        support.wait_for("the HL7 message of the escalation", lambda: any(
            "NOT ACKNOWLEDGED" in message["raw"] for message in self.receiver.messages()), 20)
        events = [json.loads(each["body"])["event"] for each in self.web.requests() if each["path"] == "/hook"]
        self.assertEqual((events[0], set(events[1:])), ("priority_raised", {"critical_unacknowledged"}))
        self.assertGreaterEqual(self.node.study(entry["study_uid"])["critical_steps"], 3)
        request = urllib.request.Request(f"http://127.0.0.1:{self.node.http}/api/v1/studies/{entry['id']}/acknowledge",
                                         data=b'{"reader": "AB"}')
        with urllib.request.urlopen(request, timeout=10) as answer:
            self.assertEqual(answer.status, 200)
        steps = self.node.study(entry["study_uid"])
        self.assertEqual((steps["critical_since"], steps["acknowledged_by"]), (None, "AB"))
        time.sleep(4)
        self.assertEqual(self.node.study(entry["study_uid"])["critical_steps"], 0)
        last = self.node.get(f"/api/v1/studies/{entry['id']}")["history"][-1]["what"]
        self.assertNotIn("escalation", last)

    def judge_notices(self, entry):
        """Webhook, FHIR server and the worklist of the PACS know the priority."""
        support.wait_for("the raised worklist entry", lambda: self.priorities() == {"THIS": entry["level"], "OTHER": "ROUTINE"},
                         20, 0.2)
        requests = support.wait_for("webhook and task", lambda: len(found := self.web.requests()) >= 3 and found, 20)
        hook = next(each for each in requests if each["path"] == "/hook")
        signature = hmac.new(b"sixteen characters", hook["body"].encode(), "sha256").hexdigest()
        self.assertEqual(hook["headers"]["X-Inferad-Signature"], f"sha256={signature}")
        self.assertEqual(json.loads(hook["body"])["study"]["study_instance_uid"], entry["study_uid"])
        task = json.loads(next(each for each in requests if each["method"] == "PUT")["body"])
        self.assertEqual(task["priority"], {"STAT": "stat", "HIGH": "asap"}[entry["level"]])
        self.assertEqual(task["focus"]["identifier"]["value"], f"urn:oid:{entry['study_uid']}")

    def test_results_that_come_back_and_images_that_come_twice_start_nothing(self):
        phantom = support.make_phantom(self.folder / "phantom", "--kind", "high-attenuation", "--size", 160, "--slices",
                                       60, "--slice-distance", 5)
        entry = self.analyse(phantom / "dicom")
        files = self.results_in_pacs(entry["study_uid"])
        back = self.folder / "back"
        back.mkdir()
        for file in files:
            shutil.copy(file, back)
        self.assertEqual(len(support.send(back, self.node.dicom, calling="PACS")[0]), 2, "results are stored")
        stored, status = support.send(phantom / "dicom", self.node.dicom)
        self.assertEqual((len(stored), status), (60, 0), "identical images are answered with success")
        time.sleep(5)
        entry = self.node.study(entry["study_uid"])
        self.assertEqual((entry["revision"], entry["instances"], entry["ai_state"]), (1, 60, "done"))
        self.assertEqual(len(self.node.get("/api/v1/jobs")["jobs"]), 1)

        changed = pydicom.dcmread(sorted((phantom / "dicom").iterdir())[30])
        changed.SeriesDescription = "Changed"
        other = self.folder / "other"
        other.mkdir()
        changed.save_as(other / "changed.dcm")
        self.assertEqual(len(support.send(other, self.node.dicom)[0]), 1, "a conflict is stored, too")
        time.sleep(5)
        detail = self.node.get(f"/api/v1/studies/{entry['id']}")
        self.assertEqual((detail["entry"]["revision"], detail["entry"]["instances"]), (1, 60))
        self.assertTrue(any("other content" in event["what"] for event in detail["history"]),
                        "the conflict is shown")

    def test_a_late_image_opens_a_revision_that_supersedes(self):
        phantom = support.make_phantom(self.folder / "phantom", "--size", 160, "--slices", 60, "--slice-distance", 5)
        files = sorted((phantom / "dicom").iterdir())
        late = self.folder / "late"
        late.mkdir()
        files[-1].rename(late / files[-1].name)  # the PACS does not know of it yet
        entry = self.analyse(phantom / "dicom")
        self.results_in_pacs(entry["study_uid"])
        self.pacs.store(late)
        support.wait_for("revision 2", lambda: (e := self.node.study(entry["study_uid"])) and e["revision"] == 2
                         and e["ai_state"] == "done", 60, 0.2)
        support.wait_for("two reports", lambda: len(self.pacs.instances(entry["study_uid"], "SR")) == 2, 60, 0.2)
        reports = [pydicom.dcmread(io.BytesIO(self.pacs.file(instance)))
                   for instance in self.pacs.instances(entry["study_uid"], "SR")]
        superseding = [report for report in reports if "PredecessorDocumentsSequence" in report]
        self.assertEqual(len(superseding), 1)
        predecessor = superseding[0].PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0] \
            .ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        self.assertEqual({predecessor}, {report.SOPInstanceUID for report in reports} - {superseding[0].SOPInstanceUID})

    @unittest.skipUnless((SHARED / "ct-chest-lungfcp").is_dir(), "shared data is not here")
    def test_a_real_chest_ct_in_jpeg_lossless(self):
        folder = SHARED / "ct-chest-lungfcp"
        images = self.folder / "images"
        images.mkdir()
        for file in sorted(folder.iterdir()):
            if file.suffix in (".dcm", "") and file.read_bytes()[128:132] == b"DICM":
                shutil.copy(file, images)
        entry = self.analyse(images)
        self.assertEqual(entry["level"], "ROUTINE", "no priority follows from a truncated volume")
        files = self.results_in_pacs(entry["study_uid"])
        self.judge(files, sorted(images.iterdir()))
        spool = {hashlib.sha256(path.read_bytes()[-4096:]).hexdigest()
                 for path in (self.node.folder / "var" / "spool").rglob("*.dcm")}
        sent = {hashlib.sha256(path.read_bytes()[-4096:]).hexdigest() for path in images.iterdir()}
        self.assertLessEqual(sent, spool, "images are stored as they were sent")

    @unittest.skipUnless((SHARED / "mr-brain-t1-1mm").is_dir(), "shared data is not here")
    def test_an_mr_without_a_model_says_so(self):
        images = self.folder / "images"
        images.mkdir()
        for file in sorted((SHARED / "mr-brain-t1-1mm").iterdir())[:20]:
            shutil.copy(file, images)
        entry = self.analyse(images, state="not_analysed")
        self.assertIn("no model is installed", entry["ai_reason"])


def data_set(content):
    """What follows the file meta information, which is each system's own."""
    length = int.from_bytes(content[140:144], "little")  # File Meta Information Group Length comes first
    return content[144 + length:]


@unittest.skipUnless(OBJECTS.exists(), "the test program that makes the objects is not built")
class EveryKindTest(unittest.TestCase):
    """Every kind of result comes back from the PACS as it was sent, by C-STORE and over REST."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-kinds-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        made = subprocess.run([OBJECTS, "[every-kind]"], capture_output=True, text=True,
                              env={**os.environ, "INFERAD_OBJECTS": str(self.folder)})
        self.assertEqual(made.returncode, 0, made.stdout)
        self.pacs = support.Orthanc(self.folder / "pacs").start()
        self.addCleanup(self.pacs.stop)

    def test_the_pacs_gives_back_the_bytes_that_it_got(self):
        kinds = set()
        for study in ("ct", "mg"):
            sources = sorted((self.folder / study / "sources").iterdir())
            objects = sorted((self.folder / study / "objects").glob("*.dcm"))
            # Not storescu: it does not send a class that it does not know.
            done = subprocess.run(["dcmsend", "-v", "-nuc", "-aec", "PACS", "127.0.0.1", str(self.pacs.dicom),
                                   *map(str, objects)], capture_output=True, text=True)
            self.assertEqual((done.returncode, (done.stdout + done.stderr).count("C-STORE Response (Success)")),
                             (0, len(objects)), "the PACS takes every class")
            for file in objects:
                sent = file.read_bytes()
                uid = pydicom.dcmread(io.BytesIO(sent), stop_before_pixels=True).SOPInstanceUID
                found = self.pacs.instance(uid)
                self.assertEqual(data_set(self.pacs.file(found)), data_set(sent), file.name)
                kinds.add(file.stem)
            known = [file for file in objects if file.name != "seg-labelmap.dcm"]  # dicom3tools is older than its class
            complaints = [line for line in tool("dcentvfy", *sources, *known).splitlines()
                          if line.startswith(("Error", "Warning")) and "<AccessionNumber> IE <" not in line]
            self.assertEqual(complaints, [])
        self.assertGreaterEqual(kinds, {"seg", "seg-fractional", "seg-labelmap", "pmap", "derived-0001", "sc", "sr",
                                        "sr-comprehensive", "sr-triage", "kos", "pr", "mgcad"})


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "dcmsend", "Orthanc", "dciodvfy", "dcentvfy", "dsrdump", "cc"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
