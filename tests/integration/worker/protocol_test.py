#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The worker protocol of server/ARCHITECTURE.md, spoken over a socket pair as the node does."""
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import unittest

from worker_support import CREATED, ENGINE, PIPELINE, SMALL, SOURCE, WORKER, WorkerTest


class Worker:
    def __init__(self, engine=ENGINE, environment=None, log=subprocess.DEVNULL):
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen([str(WORKER), "serve", "--fd", str(theirs.fileno()), *engine],
                                        pass_fds=(theirs.fileno(),), stderr=log, stdout=subprocess.DEVNULL,
                                        env=os.environ | (environment or {}))
        theirs.close()
        ours.settimeout(120)
        self.socket, self.lines = ours, ours.makefile("r", encoding="utf-8")

    def event(self):
        line = self.lines.readline()
        return json.loads(line) if line else None

    def until(self, name):
        """All events up to and with the first one of that name (or the end)."""
        events = [self.event()]
        while events[-1] and events[-1]["event"] != name:
            events.append(self.event())
        return events

    def send(self, text):
        self.socket.sendall(text.encode())

    def order(self, job, folder):
        self.send(json.dumps({"do": "run", "job": job, "folder": str(folder)}) + "\n")

    def close(self):
        self.lines.close()
        self.socket.close()

    def wait(self):
        return self.process.wait(timeout=60)


class Protocol(WorkerTest):
    def start(self, *arguments, **options):
        worker = Worker(*arguments, **options)
        self.addCleanup(lambda: (worker.close(), worker.process.poll() is None and worker.process.kill(), worker.wait()))
        return worker

    def job(self, name="17", options=SMALL, pipeline=PIPELINE, results=("SEG", "SR")):
        study = self.phantom(*options, name=f"study{name}")
        truth = json.loads((study / "truth.json").read_text())
        folder = self.folder / "jobs" / name
        folder.mkdir(parents=True)
        files = sorted(str(file) for file in (study / "dicom").iterdir())
        job = {"id": name, "pipeline": pipeline, "study_uid": truth["study_uid"], "revision": 1,
               "predecessors": [], "series": [{"uid": "2.25.1", "files": files}], "created_at": CREATED,
               "timezone_offset": "+0100", "device_serial": "test", "institution": "", "results": results}
        (folder / "job.json").write_text(json.dumps(job))
        return folder

    def test_jobs_run_one_after_the_other(self):
        worker = self.start()
        ready = worker.until("ready")[-1]
        self.assertIn(PIPELINE, [pipeline["name"] for pipeline in ready["pipelines"]])
        self.assertTrue(ready["pipelines"][0]["models"][0]["sha256"])
        self.assertIn("blas", ready)
        for name, options, outcome, objects in (("17", SMALL, "done", ["seg.dcm", "sc.dcm", "sr.dcm"]),
                                                ("18", SMALL + ("--gap",), "not_analysed", ["sr.dcm"])):
            folder = self.job(name, options, results=("SEG", "SC", "SR"))
            worker.order(name, folder)
            events = worker.until("done")
            done = events[-1]
            self.assertEqual((done["job"], done["outcome"], [each["file"] for each in done["objects"]]),
                             (name, outcome, objects))
            self.assertEqual([e["event"] for e in events if e["event"] != "progress"], ["findings", "done"])
            self.assertEqual(sorted(file.name for file in folder.iterdir()),
                             sorted(["job.json", "findings.json"] + objects))
            stages = [e["stage"] for e in events if e["event"] == "progress"]
            self.assertEqual((stages[0], stages[-1]), ("load", "write"))
            self.assertTrue(all(0 <= e["fraction"] <= 1 for e in events if e["event"] == "progress"))
        worker.close()
        self.assertEqual(worker.wait(), 0)

    def test_jobs_that_cannot_run_fail_and_the_next_one_runs(self):
        worker = self.start()
        worker.until("ready")
        empty = self.folder / "jobs" / "1"
        empty.mkdir(parents=True)
        garbage = self.folder / "jobs" / "2"
        garbage.mkdir()
        (garbage / "job.json").write_text('{"id": 7}')
        unknown = self.job("3", SMALL + ("--slices", "20"), pipeline="no-such-pipeline")
        for name, folder in (("1", empty), ("2", garbage), ("3", unknown)):
            worker.order(name, folder)
            done = worker.until("done")[-1]
            self.assertEqual((done["outcome"], done["objects"]), ("failed", []))
            self.assertTrue(done["reason"])
        worker.send(json.dumps({"do": "report_failure", "job": "3", "folder": str(unknown), "reason": "it is not there"}) + "\n")
        done = worker.until("done")[-1]
        self.assertEqual((done["outcome"], [each["kind"] for each in done["objects"]]), ("failed", ["SR"]))
        said = subprocess.run(["dsrdump", "+Pc", str(unknown / done["objects"][0]["file"])], capture_output=True, text=True).stdout
        self.assertIn("(FAILED,99INFERAD,\"Analysis failed\")", said)
        self.assertIn("it is not there", said)
        worker.order("4", self.job("4"))
        self.assertEqual(worker.until("done")[-1]["outcome"], "done")

    def test_the_end_of_the_socket_ends_the_worker_within_a_job(self):
        worker = self.start()
        worker.until("ready")
        worker.order("17", self.job("17", ("--slices", "200", "--slice-distance", "1.5")))
        self.assertEqual(worker.event()["event"], "progress")
        worker.close()
        self.assertEqual(worker.wait(), 0)

    def test_garbage_from_the_node_ends_the_worker(self):
        for garbage in ("no json\n", '{"do":"dance"}\n', '{"do":"run","job":"1","folder":"relative"}\n', "x" * 70000):
            worker = self.start()
            worker.until("ready")
            worker.send(garbage)
            self.assertEqual(worker.wait(), 1)

    def test_changed_weights_are_refused(self):
        models = self.folder / "models"
        shutil.copytree(SOURCE / "models", models)
        weights = models / "lung-topology" / "model.py"
        weights.write_bytes(weights.read_bytes() + b"\n")
        worker = self.start([ENGINE[0], ENGINE[1], "--models", str(models)])
        events = worker.until("ready")
        self.assertEqual([(e["event"], e["pipeline"]) for e in events if e.get("pipeline") == PIPELINE],
                         [("loading", PIPELINE), ("refused", PIPELINE)])
        self.assertNotIn(PIPELINE, [pipeline["name"] for pipeline in events[-1]["pipelines"]])
        check = subprocess.run([str(WORKER), "check", ENGINE[0], ENGINE[1], "--models", str(models)],
                               capture_output=True)
        self.assertEqual(check.returncode, 78)

    def test_a_crash_leaves_what_was_written_and_a_second_run_makes_the_same_bytes(self):
        for name, point, written in (("17", "worker.findings_written", ["findings.json"]),
                                     ("18", "worker.objects_written", ["findings.json", "seg.dcm", "sr.dcm"])):
            folder = self.job(name)
            worker = self.start(environment={"INFERAD_CRASH_AT": point})
            worker.until("ready")
            worker.order(name, folder)
            self.assertIsNone(worker.until("done")[-1])
            self.assertEqual(worker.wait(), -signal.SIGKILL)
            before = {file.name: file.read_bytes() for file in folder.iterdir() if file.name != "job.json"}
            self.assertEqual(sorted(before), written)
            again = self.start()
            again.until("ready")
            again.order(name, folder)
            self.assertEqual(again.until("done")[-1]["outcome"], "done")
            for file, bytes_before in before.items():
                self.assertEqual((folder / file).read_bytes(), bytes_before, file)

    def test_the_log_is_json_without_patient_data(self):
        log_file = self.folder / "log"
        options = SMALL + ("--patient-name", "Canary^Secret", "--patient-id", "CANARY77")
        with log_file.open("wb") as log:
            worker = self.start(log=log)
            worker.until("ready")
            worker.order("17", self.job("17", options))
            worker.until("done")
        text = log_file.read_text()
        self.assertNotIn("anary", text.lower())
        for line in text.splitlines():
            json.loads(line)


if __name__ == "__main__":
    unittest.main()
