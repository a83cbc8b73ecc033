#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""script/demo's driver with a small study: every stage is told, the PACS has the report, nothing is left running, and
what goes wrong is said in words."""
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

SUPPORT = pathlib.Path(__file__).resolve().parents[2] / "support"
sys.path.insert(0, str(SUPPORT))
import node as support  # noqa: E402

DEMO = [sys.executable, str(SUPPORT / "demo" / "demo.py")]


def listeners(text):
    """The ports that the demo said it opened."""
    return {int(port) for port in re.findall(r"(?:port |127\.0\.0\.1:)(\d+)", text)}


class DemoTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-demo-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def phantom(self):
        return support.make_phantom(self.folder / "phantom", "--kind", "high-attenuation", "--size", 160, "--slices", 60,
                                    "--slice-distance", 5) / "dicom"

    def assert_nothing_listens(self, text):
        ports = listeners(text)
        self.assertGreaterEqual(len(ports), 5, text)
        self.assertEqual([port for port in ports if support.listening(port)], [])

    def test_a_study_goes_round_and_every_stage_is_told(self):
        done = subprocess.run([*DEMO, "--once", "--study", str(self.phantom())], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        places = [done.stdout.find(words) for words in (
            "images go into the PACS", "first image has arrived", "60 images, complete", "ct-lung-density starts",
            "PRIORITY STAT (ordered ROUTINE)", "SR stored in PACS", "The reading worklist", "What the PACS holds now",
            "What the HL7 receiver got", "Reading worklist: http://127.0.0.1:")]
        self.assertNotIn(-1, places, done.stdout)
        self.assertEqual(places, sorted(places), done.stdout)
        self.assertRegex(done.stdout, r"SR +1 objects")
        self.assert_nothing_listens(done.stdout)

    def test_it_stays_up_until_interrupted_and_then_leaves_nothing(self):
        with subprocess.Popen([*DEMO, "--study", str(self.phantom())], stdout=subprocess.PIPE, text=True) as demo:
            told = []
            for line in demo.stdout:
                told.append(line)
                if "Everything stays up" in line:
                    break
            demo.send_signal(signal.SIGINT)
            told.append(demo.stdout.read())
        self.assertEqual(demo.returncode, 0, "".join(told))
        self.assert_nothing_listens("".join(told))

    def test_mistakes_are_told_in_words(self):
        empty = self.folder / "empty"
        empty.mkdir()
        (empty / "notes.txt").write_text("no DICOM")
        for folder, words in ((empty, "holds no DICOM files"), (self.folder / "none", "is not a folder")):
            done = subprocess.run([*DEMO, "--once", "--study", str(folder)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
            self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    if missing := support.missing_tools("Orthanc", "cc"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    os.environ.setdefault("INFERAD", str(support.INFERAD))
    unittest.main(verbosity=2)
