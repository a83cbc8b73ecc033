# SPDX-License-Identifier: Apache-2.0
"""A test case with a folder of its own, and the command line of inferad."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import node as support  # noqa: E402


class NodeCase(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="inferad-node-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def node(self, **settings):
        """A node that ends with the test."""
        made = support.Node(self.folder / "node", **settings)
        self.addCleanup(lambda: made.process and made.process.poll() is None and made.kill())
        return made

    def started(self, peer):
        self.addCleanup(peer.stop)
        return peer.start()

    def inferad(self, *arguments, status=0):
        """Runs a subcommand; its output."""
        done = subprocess.run([str(support.INFERAD), *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr
