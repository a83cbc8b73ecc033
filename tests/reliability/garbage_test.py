#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the network may throw at the node: noise, other protocols, lying lengths, damaged objects. Each ends in a defined
answer, nothing of it hinders a C-ECHO meanwhile, and the node's memory and open files are as before."""
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402

SEED = int(os.environ.get("INFERAD_SEED", "20261125"))
SHARED = support.SOURCE.parent / "shared" / "data" / "dicom"
NOISE = {
    "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(197),
    "SSH": b"SSH-2.0-OpenSSH_9.2\r\n",
    "request of 4 GB": struct.pack(">BBI", 1, 0, 0xFFFFFFF0) + b"\0" * 64,
    "unknown PDU type": struct.pack(">BBI", 0x42, 0, 4) + b"abcd",
    "data before association": struct.pack(">BBI", 4, 0, 12) + struct.pack(">IBB", 8, 1, 3) + b"abcdef",
    "release before association": struct.pack(">BBI", 5, 0, 4) + bytes(4),
    "empty request": struct.pack(">BBI", 1, 0, 0),
    "short request": struct.pack(">BBI", 1, 0, 70) + bytes(70),
}


def talk(port, data, seconds=5):
    """What the node answers until it closes; None when it does not close in time."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as peer:
        answer = b""
        try:
            peer.sendall(data)
            while chunk := peer.recv(4096):
                answer += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass
        except TimeoutError:
            return None
    return answer


class GarbageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-garbage-")
        cls.addClassCleanup(temporary.cleanup)
        cls.folder = pathlib.Path(temporary.name)
        cls.node = support.Node(cls.folder / "node", workers={"count": 1}).start()
        cls.addClassCleanup(lambda: cls.node.process.poll() is None and cls.node.kill())

    def echo(self):
        done = subprocess.run(["echoscu", "-aec", "INFERAD", "-to", "5", "127.0.0.1", str(self.node.dicom)],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)

    def facts(self):
        process = pathlib.Path(f"/proc/{self.node.process.pid}")
        rss = next(int(line.split()[1]) for line in (process / "status").read_text().splitlines()
                   if line.startswith("VmRSS"))
        return len(list((process / "fd").iterdir())), rss

    def test_other_protocols_end_in_abort_or_close(self):
        for name, data in NOISE.items():
            with self.subTest(name):
                answer = talk(self.node.dicom, data)
                self.assertIsNotNone(answer, "the node keeps the connection open")
                if answer:
                    self.assertIn(answer[0], (3, 7), "neither a reject nor an abort")
        self.echo()

    def test_a_thousand_random_openings(self):
        generator = random.Random(SEED)
        print(f"seed {SEED}")
        self.echo()
        files, rss = self.facts()
        for _ in range(1000):
            with socket.create_connection(("127.0.0.1", self.node.dicom), timeout=5) as peer:
                kind = generator.choice((1, 1, 4, generator.randrange(256)))
                body = generator.randbytes(generator.randrange(200))
                try:
                    peer.sendall(struct.pack(">BBI", kind, 0, len(body)) + body)
                except OSError:
                    pass
        self.echo()
        support.wait_for("the files of the node to close", lambda: self.facts()[0] <= files + 4, 20)
        self.assertLess(self.facts()[1] - rss, 32 * 1024, "kB more memory than before")

    def test_damaged_objects_get_a_status_each_and_harm_nothing(self):
        folders = [folder for folder in (SHARED / "broken-synthetic", SHARED / "broken") if folder.is_dir()]
        if not folders:
            self.skipTest("SKIPPED: shared data is not here")
        for file in (file for folder in folders for file in sorted(folder.iterdir())):
            with self.subTest(file.name):
                done = subprocess.run(["storescu", "-v", "-R", "-aec", "INFERAD", "127.0.0.1", str(self.node.dicom),
                                       str(file)], capture_output=True, text=True, timeout=60)
                text = done.stdout + done.stderr
                answered = "Received Store Response" in text
                refused_by_sender = "Received Store Response" not in text and "Sending file" not in text
                no_context = "No presentation context" in text or "No Acceptable" in text or "bad DICOM file" in text
                failed_to_send = "failed to send" in text.lower() or "cannot send" in text.lower() or "error" in text.lower()
                self.assertTrue(answered or refused_by_sender or no_context or failed_to_send, text)
        self.echo()
        self.assertEqual(self.node.status("/healthz"), 200)

    def test_half_an_object_leaves_nothing(self):
        phantom = support.make_phantom(self.folder / "half", "--size", 160, "--slices", 20)
        file = sorted((phantom / "dicom").iterdir())[0]
        with socket.socket() as relay:
            relay.bind(("127.0.0.1", 0))
            relay.listen(1)
            port = relay.getsockname()[1]
            sender = subprocess.Popen(["storescu", "-aec", "INFERAD", "127.0.0.1", str(port), str(file)],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            client, _ = relay.accept()
            with client, socket.create_connection(("127.0.0.1", self.node.dicom)) as server:
                server.sendall(client.recv(65536))       # A-ASSOCIATE-RQ
                client.sendall(server.recv(65536))       # A-ASSOCIATE-AC
                server.sendall(client.recv(65536)[:9000])  # some of the object, then the line is cut
            sender.kill()
            sender.wait()
        spool = self.node.folder / "var" / "spool"
        support.wait_for("the partial file to go", lambda: not list(spool.rglob("*.part")), 10)
        self.echo()


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "echoscu"):
        print(f"SKIPPED: needs {', '.join(missing)}")
        sys.exit(0)
    unittest.main(verbosity=2)
