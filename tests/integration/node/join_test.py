#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Several pipelines on one study. MR: one that works, one whose model fails, and one that joins them; the join runs last
and knows how both ended, and what rests on the failed one is open, never absent. CT: a detector, whose box reaches the
archive and the worklist, and a network that makes an image, whose file findings.json names. A final report of the
RIS, then corrected, tells in codes what sensitivity is counted against."""
import hashlib
import json
import pathlib
import shutil
import subprocess
import types
import unittest
import urllib.request

import numpy as np
from node_case import NodeCase, support

import acquisition_phantom as made
import phantom_dicom
from png import read_png

CHECK, BROKEN, JOIN = "mr-acquisition-check", "mr-broken", "mr-report"
DETECTOR, MAKER = "ct-blobs", "ct-smooth"
ARCHETYPES = support.SOURCE / "tests" / "torch" / "archetypes"
SHAPE, SPACING, ORIGIN = (24, 36, 40), (2.0, 2.0, 2.5), np.array([-40.0, -30.0, 100.0])  # slices, rows, columns; mm
BALL, RADIUS = np.array([-8.0, 11.0, 133.0]), 7.0
MODEL = "def forward(self, x: Tensor) -> Tensor:\n    return x.sum().reshape(1, 1) * float('nan')\n"


def write_ct(folder):
    """A soft ball in air, as axial CT."""
    k, j, i = np.meshgrid(*map(np.arange, SHAPE), indexing="ij")
    place = ORIGIN + np.stack([i * SPACING[0], j * SPACING[1], k * SPACING[2]], -1)
    hu = np.where(np.linalg.norm(place - BALL, axis=-1) < RADIUS, 60, -860)
    study = phantom_dicom.study_header(
        types.SimpleNamespace(study_date="20261125", seed=5, kind="ball", patient_name="", patient_id=""), "ball")
    folder.mkdir()
    for number, pixels in enumerate(hu):
        phantom_dicom.save(phantom_dicom.image(
            study, "ball", ("s", 1, "made"), number + 1, ORIGIN + [0, 0, number * SPACING[2]], [1, 0, 0, 0, 1, 0], SPACING,
            phantom_dicom.stored(pixels), ["ORIGINAL", "PRIMARY", "AXIAL"]), folder / f"{number}.dcm")
    return study.StudyInstanceUID


def ellipsoids(item):
    """The places of all ELLIPSOIDs below a content item, six points each."""
    if item.get("GraphicType") == "ELLIPSOID":
        yield np.reshape(item.GraphicData, (6, 3))
    for child in item.get("ContentSequence", []):
        yield from ellipsoids(child)


def code(meaning):
    return {"value": "1", "scheme": "99TEST", "meaning": meaning}


def finding(name, when, **more):
    return {"id": name, "name": name, "concept": code(name), "when": when, **more}


class JoinedStudy(NodeCase):
    def write(self, name, document):
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(document, indent=1))

    def make_pipelines(self):
        shutil.copytree(support.SOURCE / "pipelines" / "catalog" / CHECK, self.folder / "catalog" / CHECK)
        shutil.copytree(support.SOURCE / "models", self.folder / "models")
        for kind, names in (("catalog", (DETECTOR, MAKER)), ("models", ("blobs", "mean3"))):
            for name in names:
                shutil.copytree(ARCHETYPES / kind / name, self.folder / kind / name)
        card = {name: "Test" for name in ("intended_use", "method", "training_data", "licence", "input", "output")}
        self.write("models/broken/model.json", {
            "name": "broken", "version": "1", "format": "torchscript-source", "file": "model.py",
            "sha256": hashlib.sha256(MODEL.encode()).hexdigest(), "card": {**card, "limits": []}})
        (self.folder / "models/broken/model.py").write_text(MODEL)
        value = {"id": "v", "name": code("v"), "unit": {"value": "1", "scheme": "UCUM", "meaning": "no units"}}
        self.write(f"catalog/{BROKEN}/pipeline.json", {
            "name": BROKEN, "version": "1", "kind": "model", "title": "Broken", "manufacturer": "Test", "model": "broken",
            "eligibility": {"modality": "MR"}, "preprocessing": [], "inferer": {"_target_": "SimpleInferer"},
            "postprocessing": [], "output": {"kind": "regression", "values": [value]},
            "findings": [{"id": "high", "name": "High", "concept": code("High"), "value": "v", "at_least": 1}]})
        noise, broken = ({"pipeline": CHECK, "finding": "low-signal-to-noise"}, {"pipeline": BROKEN, "finding": "high"})
        self.write(f"catalog/{JOIN}/pipeline.json", {
            "name": JOIN, "version": "1", "kind": "join", "title": "Report", "manufacturer": "Test",
            "inputs": [CHECK, BROKEN],
            "findings": [finding("any", {"any": [noise, broken]}, priority="HIGH"), finding("both", {"all": [noise, broken]}),
                         finding("neither", {"all": [{**noise, "is": "absent"}, broken]})]})
        self.write("routing.json", {"match": "all", "rules": [
            {"name": name, "when": {"attribute": "Modality", "equals": name[:2].upper()}, "then": {"pipeline": name}}
            for name in (JOIN, CHECK, BROKEN, DETECTOR, MAKER)]})

    def jobs(self, node, uid):
        entry = node.study(uid)
        detail = node.get(f"/api/v1/studies/{entry['id']}") if entry else {"jobs": []}
        return {job["pipeline"]: job for job in detail["jobs"]}

    def ended(self, node, uid, *pipelines):
        def all_ended():
            found = self.jobs(node, uid)
            states = [found.get(name, {}).get("state") for name in pipelines]
            return found if set(states) <= {"done", "not_analysed", "failed"} else None

        return support.wait_for(f"{', '.join(pipelines)} to end", all_ended, 240)

    def judge_picture(self, node, study, job):
        """The box of the ball is drawn around the ball in the key picture, as it is read by our page's readers: a PNG."""
        path = f"/api/v1/studies/{study}/jobs/{job}/images"
        picture, = node.get(path)["pictures"]
        self.assertEqual((picture["places"], picture["left"], picture["top"]), (1, "R", "A"))
        url = f"http://127.0.0.1:{node.http}{path}/"
        grey, marks = (read_png(urllib.request.urlopen(url + picture[name], timeout=10).read()) for name in ("image", "marks"))
        rows, columns = np.nonzero((marks[..., :3] == [255, 214, 0]).all(axis=2) & (marks[..., 3] == 255))
        scale = picture["width"] / SHAPE[2] / SPACING[0]  # pixels a mm
        for middle, place, origin in ((columns, BALL[0], ORIGIN[0]), (rows, BALL[1], ORIGIN[1])):
            self.assertAlmostEqual((middle.min() + middle.max()) / 2, (place - origin + SPACING[0] / 2) * scale, delta=8)
        inside = grey[rows.min() + 30:rows.max() - 30, columns.min() + 30:columns.max() - 30]
        self.assertGreater(inside.min(), 150, "the ball")
        self.assertLess(grey[:rows.min()].max(), 150, "the air")

    def judge_detection_and_image(self, node, uid, archive):
        found = self.ended(node, uid, DETECTOR, MAKER)
        self.assertEqual({name: job["state"] for name, job in found.items()}, {DETECTOR: "done", MAKER: "done"})
        self.assertEqual(node.study(uid)["level"], "HIGH")
        items = {item["id"]: item for item in found[DETECTOR]["findings"]["items"]}
        self.assertEqual(items["nodules"]["presence"], "present")
        np.testing.assert_allclose(items["nodule-1"]["location"]["centre"], BALL, atol=1.5)

        self.judge_picture(node, node.study(uid)["id"], found[DETECTOR]["id"])

        entry, = found[MAKER]["findings"]["files"]
        made_image, = pathlib.Path(node.folder).glob(f"**/jobs/*/{entry['name']}")
        self.assertEqual(hashlib.sha256(made_image.read_bytes()).hexdigest(), entry["sha256"])

        def reports():
            return [data for data in archive.objects() if data.StudyInstanceUID == uid and data.Modality == "SR"]

        support.wait_for("both reports on the CT in the archive", lambda: len(reports()) == 2, 60)
        places = [place for report in reports() for place in ellipsoids(report)]
        self.assertEqual(len(places), 1)
        np.testing.assert_allclose(places[0].mean(0), BALL, atol=1.5)

    def judge_second_run(self, node, uid, archive, first):
        """Its model mended, the failed input is tried again: the join, too, and its report supersedes the one before."""
        mended = MODEL.replace("float('nan')", "0.0")
        (self.folder / "models/broken/model.py").write_text(mended)
        card = json.loads((self.folder / "models/broken/model.json").read_text())
        self.write("models/broken/model.json", {**card, "sha256": hashlib.sha256(mended.encode()).hexdigest()})
        node.stop()
        node.start()
        support.wait_for("the worker", lambda: node.status("/readyz?check=inference") == 200, 60)
        urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{node.http}/api/v1/jobs/{first[BROKEN]['id']}/retry", method="POST", data=b""), timeout=10)
        support.wait_for("the join's second run", lambda: (
            job := self.jobs(node, uid)[JOIN])["state"] == "done" and job["finished_at"] > first[JOIN]["finished_at"], 60)
        said = self.jobs(node, uid)[JOIN]["findings"]
        self.assertEqual([each["code"]["value"] for each in said["qualifiers"]], ["INPUT_ANALYSED", "INPUT_ANALYSED"])
        self.assertEqual({item["id"]: item["presence"] for item in said["items"]},
                         {"any": "present", "both": "absent", "neither": "absent"})

        def reports():
            found = [data for data in archive.objects() if data.StudyInstanceUID == uid and "INPUT_ANALYSED" in str(data)]
            return found if len(found) == 2 else None
        uids = {report.SOPInstanceUID for report in support.wait_for("both reports of the join", reports, 60)}
        second, = [report for report in reports() if "PredecessorDocumentsSequence" in report]
        named = {reference.ReferencedSOPInstanceUID for study in second.PredecessorDocumentsSequence
                 for series in study.ReferencedSeriesSequence for reference in series.ReferencedSOPSequence}
        self.assertEqual(named, uids - {second.SOPInstanceUID})
        self.assertEqual(node.study(uid)["level"], "HIGH")

    def report(self, node, uid, status, value):
        """A report of the MR by HL7, sent by a client that we did not write."""
        ports = json.loads((node.folder / "var" / "ports.json").read_text())
        file = self.folder / "report.hl7"
        file.write_text("\r".join([
            f"MSH|^~\\&|RIS|H|INFERAD|H|20261125||ORU^R01|{status}{value}|P|2.5.1", "PID|1||PHANTOM0007^^^H^MR",
            "OBR|1||F1|71250^MR" + "|" * 21 + status, f"OBX|1|CWE|NOISE^Noise^99RIS||{value}^x^99RIS||||||{status}",
            f"OBX|2|ST|113014^DICOM Study^DCM||{uid}||||||F", ""]))
        done = subprocess.run(["mllp_send", "--loose", "--file", str(file), "--port", str(ports["hl7"]), "127.0.0.1"],
                              capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
        self.assertIn("MSA|AA", done.stdout, done.stderr)

    def evidence_on_noise(self, node, days):
        def counted():
            try:
                return node.get(f"/api/v1/evidence?days={days}")["rows"]
            except OSError:  # 503: the first table is being made
                return None
        row = next(row for row in support.wait_for("evidence", counted, 20) if row["pipeline"] == CHECK)
        return next(one for one in row["findings"] if one["finding"] == "Low signal to noise")

    def test_the_join_runs_last_and_knows_how_the_others_ended(self):
        self.make_pipelines()
        archive = self.started(support.StoreScp(self.folder / "archive"))
        node = self.node(results=[("archive", "ARCHIVE", archive.port)], pipelines_folder=str(self.folder / "catalog"),
                         models_folder=str(self.folder / "models"), routing_file=str(self.folder / "routing.json"),
                         hl7_listener={"enabled": True, "port": 0, "observations": [
                             {"code": "NOISE", "system": "99RIS", "finding": "low-signal-to-noise", "present": ["Y"],
                              "absent": ["N"]}]}).start()
        made.write_mr_series(self.folder / "mr", made.mr_series(noise=80).signal)  # noisy enough to be a finding
        ball = write_ct(self.folder / "ct")
        for modality in ("mr", "ct"):
            _, status = support.send(self.folder / modality, node.dicom)
            self.assertEqual(status, 0)
        uid = made.uid("acquisition", "MR")
        found = self.ended(node, uid, JOIN)
        self.assertEqual({name: job["state"] for name, job in found.items()}, {CHECK: "done", BROKEN: "failed", JOIN: "done"})
        ends = max(found[CHECK]["finished_at"], found[BROKEN]["finished_at"])
        self.assertGreaterEqual(found[JOIN]["started_at"], ends)
        said = found[JOIN]["findings"]
        self.assertEqual([each["code"]["value"] for each in said["qualifiers"]], ["INPUT_ANALYSED", "INPUT_FAILED"])
        self.assertEqual({item["id"]: item["presence"] for item in said["items"]},
                         {"any": "present", "both": "indeterminate", "neither": "indeterminate"})
        self.assertEqual(node.study(uid)["level"], "HIGH")
        self.judge_second_run(node, uid, archive, found)
        self.report(node, uid, "F", "N")
        self.assertEqual(self.evidence_on_noise(node, 89)["specificity"]["n"], 1)
        self.report(node, uid, "C", "Y")
        noise = self.evidence_on_noise(node, 90)
        self.assertEqual((noise["sensitivity"]["k"], noise["sensitivity"]["n"], noise["specificity"]["n"]), (1, 1, 0))
        self.judge_detection_and_image(node, ball, archive)
        support.wait_for("all reports in the archive", lambda: len(archive.objects()) >= 4, 60)
        self.assertEqual(node.stop(), 0)


if __name__ == "__main__":
    unittest.main()
