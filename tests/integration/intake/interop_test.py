#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The listener with clients that we did not write: DCMTK's storescu, dcmsend and echoscu, GDCM's gdcmscu, at several PDU
sizes and with odd options. What arrives is bit for bit what was sent; a C-ECHO is quick while a hundred clients trickle."""
import hashlib
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import node as support  # noqa: E402
import pydicom  # noqa: E402

SHARED = support.SOURCE.parent / "shared" / "data" / "dicom"


def data_set(file):
    """The bytes behind the file meta information."""
    raw = pathlib.Path(file).read_bytes()
    length = struct.unpack("<I", raw[140:144])[0]
    return raw[144 + length:]


def digests(files):
    return sorted(hashlib.sha256(data_set(file)).hexdigest() for file in files)


class InteropTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-interop-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.images = support.make_phantom(cls.folder / "phantom", "--size", 160, "--slices", 24, "--slice-distance",
                                          5) / "dicom"

    def setUp(self):
        """A node of its own for each test, so that nothing is a duplicate; without workers."""
        self.node = support.Node(self.folder / self.id().rsplit(".", 1)[1], workers={"count": 0}).start()
        self.addCleanup(lambda: self.node.process.poll() is None and self.node.stop())

    def spooled(self):
        return list((self.node.folder / "var" / "spool").rglob("*.dcm"))

    def run_client(self, *command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def check_all_stored(self, files=None):
        files = files or list(self.images.iterdir())
        self.assertEqual(digests(self.spooled()), digests(files), "what is stored is not what was sent")

    def test_storescu_at_several_pdu_sizes(self):
        for number, size in enumerate((4096, 16384, 65536, 131072)):
            with self.subTest(pdu=size):
                folder = self.folder / f"pdu{size}"
                support.copy_study(self.images, folder, 100 + number)
                before = set(self.spooled())
                stored, status = support.send(folder, self.node.dicom, options=("-pdu", str(size)))
                self.assertEqual((len(stored), status), (24, 0))
                self.assertEqual(digests(set(self.spooled()) - before), digests(folder.iterdir()))

    def test_storescu_with_an_association_for_each_object(self):
        for file in sorted(self.images.iterdir())[:8]:
            status, text = self.run_client("storescu", "-aec", "INFERAD", "127.0.0.1", self.node.dicom, file)
            self.assertEqual(status, 0, text)
        self.check_all_stored(sorted(self.images.iterdir())[:8])

    def test_several_senders_at_a_time(self):
        folders = []
        for number in range(6):
            folder = self.folder / f"at-a-time{number}"
            support.copy_study(self.images, folder, 200 + number)
            folders.append(folder)
        senders = [subprocess.Popen(["storescu", "-R", "-aec", "INFERAD", "127.0.0.1", str(self.node.dicom),
                                     *map(str, folder.iterdir())]) for folder in folders]
        self.assertEqual([sender.wait(120) for sender in senders], [0] * 6)
        self.check_all_stored([file for folder in folders for file in folder.iterdir()])

    def test_dcmsend(self):
        status, text = self.run_client("dcmsend", "-v", "-aec", "INFERAD", "127.0.0.1", self.node.dicom,
                                       "+sd", self.images)
        self.assertEqual(status, 0, text)
        self.check_all_stored()

    @unittest.skipUnless(shutil.which("gdcmscu"), "gdcmscu is not installed")
    def test_gdcmscu(self):
        """Debian's gdcmscu 3.0.21 ends with an exception of its own when the peer confirms the release, whoever the
        peer is (storescp, too): its exit status says nothing, what is stored does."""
        self.run_client("gdcmscu", "--echo", "127.0.0.1", self.node.dicom, "--call", "INFERAD")
        files = sorted(self.images.iterdir())
        for file in files:
            self.run_client("gdcmscu", "--store", "127.0.0.1", self.node.dicom, "--call", "INFERAD", "-i", file)
        self.check_all_stored(files)
        log = self.node.log.read_text()
        self.assertEqual(log.count('"event":"association_accepted"'), 25)
        self.assertNotIn("protocol_error", log)

    def test_odd_options_of_storescu(self):
        file = sorted(self.images.iterdir())[0]
        for options in (("--propose-little",), ("--propose-implicit",), ("-xi",), ("--user", "someone"),
                        ("--user", "someone", "--password", "secret"), ("--repeat", "2"), ("-to", "5"),
                        ("--max-send-pdu", "4096"), ("--combine",)):
            with self.subTest(options=options):
                status, text = self.run_client("storescu", "-aec", "INFERAD", *options, "127.0.0.1", self.node.dicom,
                                               file)
                self.assertEqual(status, 0, text)

    def test_unknown_titles_are_rejected_with_the_reason(self):
        status, text = self.run_client("echoscu", "-aec", "SOMEBODY", "127.0.0.1", self.node.dicom)
        self.assertNotEqual(status, 0)
        self.assertIn("Called AE Title Not Recognized", text)

    def test_an_echo_is_quick_while_a_hundred_clients_trickle(self):
        head = struct.pack(">BBI", 1, 0, 4000)
        tricklers = []
        for _ in range(50):  # below the cap on associations, which counts them too
            peer = socket.create_connection(("127.0.0.1", self.node.dicom))
            peer.sendall(head)
            tricklers.append(peer)
        times = []
        for turn in range(20):
            for peer in tricklers:
                peer.sendall(b"\0")
            begin = time.monotonic()
            status, text = self.run_client("echoscu", "-aec", "INFERAD", "127.0.0.1", self.node.dicom)
            times.append(time.monotonic() - begin)
            self.assertEqual(status, 0, text)
        for peer in tricklers:
            peer.close()
        self.assertLess(sorted(times)[-2], 1.0, times)

    @unittest.skipUnless(SHARED.is_dir(), "shared data is not here")
    def test_compressed_objects_stay_as_they_are(self):
        """Each syntax that storescu can propose for a file as it stands. It writes the data set anew (lengths, padding),
        so the measure is what DCMTK's own receiver gets from it, bit for bit."""
        witness = support.StoreScp(self.folder / "witness").start()
        self.addCleanup(witness.stop)
        proposals = {"1.2.840.10008.1.2.4.50": "-xy", "1.2.840.10008.1.2.4.51": "-xx", "1.2.840.10008.1.2.4.70": "-xs",
                     "1.2.840.10008.1.2.4.80": "-xt", "1.2.840.10008.1.2.4.81": "-xu", "1.2.840.10008.1.2.4.90": "-xv",
                     "1.2.840.10008.1.2.4.91": "-xw", "1.2.840.10008.1.2.5": "-xr"}
        seen = set()
        for folder in ("ts-mr-same-series", "ts-wg04", "us", "cr-real", "ct-chest-lungfcp"):
            for file in sorted(path for path in (SHARED / folder).rglob("*") if path.is_file())[:20]:
                syntax = self.syntax_of(file)
                if syntax not in proposals or (syntax, folder) in seen:
                    continue
                seen.add((syntax, folder))
                with self.subTest(file=file.name, syntax=syntax):
                    before, witnessed = set(self.spooled()), set(witness.folder.iterdir())
                    for port in (self.node.dicom, witness.port):
                        status, text = self.run_client("storescu", proposals[syntax], "-aec", "INFERAD", "127.0.0.1",
                                                       port, file)
                        self.assertEqual(status, 0, text)
                    self.assertEqual(digests(set(self.spooled()) - before),
                                     digests(set(witness.folder.iterdir()) - witnessed))
        self.assertGreaterEqual(len({syntax for syntax, _ in seen}), 5)

    @staticmethod
    def syntax_of(file):
        try:
            return pydicom.filereader.read_file_meta_info(file).TransferSyntaxUID
        except Exception:  # not DICOM
            return None


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "dcmsend", "echoscu"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
