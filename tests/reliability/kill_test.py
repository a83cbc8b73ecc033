#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""kill -9 at every named point and at random moments, then start again: nothing that was acknowledged is lost, and each
study gets exactly one SEG, one SR and one HL7 message, each under one identity and with one content.

A cycle: a new study is sent to a node that will kill itself (INFERAD_CRASH_AT) or be killed; the node is started again;
what was not acknowledged is sent again, nothing else. Receivers are DCMTK's storescp, which keeps duplicates apart, and
an MLLP listener.
"""
import hashlib
import os
import pathlib
import random
import re
import shutil
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402

SEED = int(os.environ.get("INFERAD_SEED", "20261125"))
RANDOM_KILLS = int(os.environ.get("INFERAD_RANDOM_KILLS", "12"))
SLICES = 60


def crash_points():
    """The names in crash_point.cpp."""
    text = (support.SOURCE / "server" / "base" / "crash_point.cpp").read_text()
    return re.findall(r'"([a-z]+\.[a-z_]+)"', text)


class Cycle:
    """One study on its way through kills."""

    def __init__(self, test, number):
        self.test, self.number = test, number
        self.files = test.folder / f"study{number}"
        self.uid = support.copy_study(test.phantom / "dicom", self.files, number)
        self.acknowledged = set()

    def send_rest(self):
        """Sends what has no acknowledgement yet; more than that would hide a loss."""
        left = self.test.folder / f"left{self.number}"
        left.mkdir()
        for file in self.files.iterdir():
            if file.name not in self.acknowledged:
                shutil.copy(file, left)
        stored, status = support.send(left, self.test.node.dicom)
        self.acknowledged |= {pathlib.Path(file).name for file in stored}
        shutil.rmtree(left)
        return status

    def finish(self):
        """Sends the rest to a node that stays up and waits for the end of the study."""
        for _ in range(5):
            if len(self.acknowledged) == SLICES:
                break
            self.send_rest()
        self.test.assertEqual(len(self.acknowledged), SLICES, "the node does not take the images")
        entry = self.test.node.wait_study(self.uid, "done", seconds=90)
        self.test.assertEqual(entry["instances"], SLICES, "an acknowledged image is lost")
        self.test.assertEqual(entry["revision"], 1)
        support.wait_for("SEG and SR of the study in the archive", lambda: len(self.results()) >= 2, 60, 0.2)
        support.wait_for("the HL7 message of the study", self.messages, 60, 0.2)

    def results(self):
        return [data for data in self.test.archive.objects() if data.StudyInstanceUID == self.uid]

    def messages(self):
        return [message for message in self.test.receiver.messages() if f"ID-{self.number}" in message["raw"]]

    def check_exactly_once(self):
        contents = {}
        for data in self.results():
            # The same object may arrive twice (the answer was lost), but never under another UID or with other bytes.
            raw = data.raw_path.read_bytes()
            body = raw[raw.index(b"\x08\x00\x05\x00"):] if b"\x08\x00\x05\x00" in raw else raw
            contents.setdefault((data.Modality, data.SOPInstanceUID), set()).add(hashlib.sha256(body).hexdigest())
        self.test.assertEqual(sorted(modality for modality, _ in contents), ["SEG", "SR"])
        for (modality, _), bodies in contents.items():
            self.test.assertEqual(len(bodies), 1, f"two contents of one {modality}")
        control_ids = {message["control_id"] for message in self.messages()}
        self.test.assertEqual(len(control_ids), 1, "the priority was announced under two control ids")


class KillTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-kill-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.phantom = support.make_phantom(cls.folder / "phantom", "--kind", "emphysema", "--size", 160, "--slices",
                                           SLICES, "--slice-distance", 5)
        cls.archive = support.StoreScp(cls.folder / "archive").start()
        cls.addClassCleanup(cls.archive.stop)
        cls.receiver = support.MllpListener(cls.folder).start()
        cls.addClassCleanup(cls.receiver.stop)
        cls.node = support.Node(cls.folder / "node", results=[("archive", "ARCHIVE", cls.archive.port)],
                                hl7=[("engine", cls.receiver.port)])
        cls.addClassCleanup(lambda: cls.node.process and cls.node.kill())

    def run_cycle(self, number, name, crash):
        started = time.monotonic()
        cycle = Cycle(self, number)
        crash(cycle)
        self.node.start()
        cycle.finish()
        cycle.check_exactly_once()
        self.node.kill()
        print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)
        return cycle

    def crash_at(self, name):
        def crash(cycle):
            self.node.start(wait=not name.startswith("start."), INFERAD_CRASH_AT=name)
            if name.startswith("start."):
                support.wait_for(f"death at {name}", lambda: self.node.process.poll() is not None, 30)
                return
            cycle.send_rest()
            if name.startswith("worker."):  # the worker dies; the node goes on, and is killed before the next attempt
                support.wait_for("the end of a worker", lambda: "worker_died" in self.node.log.read_text()
                                 or self.node.process.poll() is not None, 60)
                self.node.kill()
            support.wait_for(f"death at {name}", lambda: self.node.process.poll() is not None, 60)
            self.assertEqual(self.node.process.returncode, -9, f"{name} was not passed")
        return crash

    def test_every_named_point(self):
        names = crash_points()
        self.assertGreaterEqual(len(names), 20)
        for number, name in enumerate(names, 1):
            with self.subTest(point=name):
                try:
                    self.run_cycle(number, name, self.crash_at(name))
                finally:
                    if self.node.process.poll() is None:
                        self.node.kill()

    def test_random_moments(self):
        generator = random.Random(SEED)
        print(f"seed {SEED}")
        cycles = []
        for number in range(101, 101 + RANDOM_KILLS):
            delay = generator.uniform(0.05, 6)

            def crash(cycle, delay=delay):
                self.node.start()
                sender = threading.Thread(target=cycle.send_rest)
                sender.start()
                time.sleep(delay)
                self.node.kill()
                sender.join()
            with self.subTest(number=number, delay=delay):
                try:
                    cycles.append(self.run_cycle(number, f"after {delay:.2f} s", crash))
                finally:
                    if self.node.process.poll() is None:
                        self.node.kill()
        self.node.start()  # whatever happened since: every study still has one set of results
        time.sleep(3)
        for cycle in cycles:
            cycle.check_exactly_once()
        self.node.kill()


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "storescp", "cc"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
