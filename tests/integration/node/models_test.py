#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""models fetch from a server with ranges that breaks off, from a mirror, through a proxy; models import."""
import hashlib
import http.server
import json
import os
import pathlib
import threading
import unittest

from node_case import NodeCase, support

CONTENT = bytes(i * 7 % 251 for i in range(300_000))
BUNDLES = support.SOURCE.parent / "shared" / "data" / "monai" / "bundles"


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT with ranges; the first answer breaks off in the middle."""
    asked = []

    def do_GET(self):
        wanted = self.headers.get("Range")
        Handler.asked.append((self.path, wanted))
        start = int(wanted.split("=")[1].split("-")[0]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        breaks = len(Handler.asked) == 1
        self.wfile.write(CONTENT[start:100_000 if breaks else None])
        self.close_connection = True

    def log_message(self, *_):
        pass


class Models(NodeCase):
    def setUp(self):
        super().setUp()
        for name in ("http_proxy", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
            os.environ.pop(name, None)
        for name in ("models/net", "catalog"):
            (self.folder / name).mkdir(parents=True)
        self.config = self.folder / "inferad.json"
        self.config.write_text(json.dumps({"models_folder": "models", "pipelines_folder": "catalog", "data_folder": "var"}))
        (self.folder / "routing.json").write_text(json.dumps(
            {"rules": [{"name": "all", "then": {"no_analysis": "not_analysed", "because": "test"}}]}))
        Handler.asked = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.weights = self.folder / "models" / "net" / "model.pt"
        self.describe(f"{self.url}/somewhere/weights")

    def describe(self, url, **changes):
        (self.folder / "models" / "net" / "model.json").write_text(json.dumps({
            "name": "net", "version": "1", "format": "torchscript", "file": "model.pt",
            "sha256": hashlib.sha256(CONTENT).hexdigest(), "source": {"url": url, "size_bytes": len(CONTENT)}, **changes}))

    def fetch(self, *arguments, status=0):
        return self.inferad("models", "fetch", *arguments, "--config", self.config, status=status)

    def test_weights_come_although_the_line_breaks(self):
        text = self.fetch("net")
        self.assertIn(hashlib.sha256(CONTENT).hexdigest(), text)
        self.assertEqual(self.weights.read_bytes(), CONTENT)
        self.assertEqual(Handler.asked, [("/somewhere/weights", None), ("/somewhere/weights", "bytes=100000-")])
        self.assertIn("is there and right", self.fetch("net"))
        self.assertEqual(len(Handler.asked), 2)

    def test_a_mirror_and_a_proxy(self):
        self.describe("http://models.invalid/weights")
        self.fetch("net", "--mirror", self.url)
        self.assertEqual(Handler.asked[0][0], "/net/model.pt")
        self.weights.rename(self.folder / "model.pt")
        (self.folder / "mirror" / "net").mkdir(parents=True)
        (self.folder / "model.pt").rename(self.folder / "mirror" / "net" / "model.pt")
        self.fetch("net", "--mirror", self.folder / "mirror")
        self.assertEqual(self.weights.read_bytes(), CONTENT)
        self.weights.unlink()
        os.environ["http_proxy"] = self.url
        self.addCleanup(os.environ.pop, "http_proxy")
        self.fetch("net")
        self.assertEqual(Handler.asked[-1][0], "http://models.invalid/weights")

    def test_other_bytes_are_refused(self):
        self.describe(f"{self.url}/x", sha256="0" * 64)
        self.assertIn("SHA-256 is", self.fetch("net", status=1))
        self.assertEqual([path.name for path in self.weights.parent.iterdir()], ["model.json"])

    def test_what_cannot_be_fetched_is_told(self):
        self.assertIn("model.json", self.fetch("nowhere", status=1))
        self.assertIn("no name of a model", self.fetch("../net", status=1))
        self.describe("ftp://example.org/x")
        self.assertIn("/source/url: found the text \"ftp://example.org/x\"", self.fetch("net", status=1))
        self.describe(self.url, file="../../escape")
        self.assertIn("/file: ", self.fetch("net", status=1))

    def test_a_bundle_is_imported(self):
        if not (support.INFERAD.parent / "inferad-worker").exists():
            self.skipTest("no inferad-worker in this build")
        source = self.folder / "net.pt"
        source.write_bytes(CONTENT)
        bundle = BUNDLES / "phantom_ct_segmentation"
        if bundle.exists():
            source = bundle
        text = self.inferad("models", "import", source, "--name", "imported", "--config", self.config)
        self.assertIn("to do:", text)
        model = json.loads((self.folder / "models" / "imported" / "model.json").read_text())
        made = pathlib.Path(self.folder / "models" / "imported" / model["file"])
        self.assertEqual(hashlib.sha256(made.read_bytes()).hexdigest(), model["sha256"])
        self.assertTrue((self.folder / "catalog" / "imported" / "pipeline.json").exists())
        pipeline = self.folder / "catalog" / "imported" / "pipeline.json"
        pipeline.write_text(pipeline.read_text().replace('"modality"', '"modalty"'))
        said = self.inferad("check", "--config", self.config, status=78)
        self.assertRegex(said, r"imported/pipeline.json:\d+:\d+: /eligibility/modalty: .*did you mean \"modality\"")
        self.assertIn("exists", self.inferad("models", "import", source, "--name", "imported", "--config", self.config,
                                             status=1))


if __name__ == "__main__":
    unittest.main()
