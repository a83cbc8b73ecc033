#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The subcommands that need no running node, and what the others say without one."""
import hashlib
import json
import shutil
import unittest

import pydicom

from node_case import NodeCase, support


class CommandLine(NodeCase):
    def test_help_and_version(self):
        text = self.inferad("--help")
        for name in ("serve", "check", "explain", "run", "pixels", "worklist", "jobs", "outbox", "models", "peers", "echo"):
            self.assertIn(name, text)
            self.assertIn("--config", self.inferad(name, "--help"))
        self.assertRegex(self.inferad("--version"), r"inferad \d+\.\d+")

    def test_every_mistake_is_told_with_its_place(self):
        config = self.folder / "inferad.json"
        config.write_text('{\n  "dicom": {"port": 70000},\n  "peers": [{"name": "a"}],\n  "htpp": {}\n}\n')
        (self.folder / "routing.json").write_text(
            '{"rules": [{"name": "x", "when": {"attribute": "Modalty", "equals": "CT"},\n'
            '"then": {"pipeline": "nothing"}}]}')
        for command in ("check", "serve"):
            text = self.inferad(command, "--config", config, status=78)
            for place in ("inferad.json:2:21: /dicom/port: ", "inferad.json:3:13: /peers/0: ",
                          "inferad.json:4:3: /htpp: ", "routing.json:1:48: /rules/0/when/attribute: ",
                          "routing.json:2:22: /rules/0/then/pipeline: "):
                self.assertIn(place, text)

    def test_a_file_that_is_not_there(self):
        self.assertIn("nowhere.json", self.inferad("check", "--config", self.folder / "nowhere.json", status=78))

    def test_explain_says_why_each_rule_matched_or_not(self):
        phantom = support.make_phantom(self.folder / "phantom", "--size", "64", "--slices", "3", "--localizer")
        (phantom / "dicom" / "readme.txt").write_text("no DICOM")
        text = self.inferad("explain", phantom / "dicom", "--config", support.SOURCE / "config" / "inferad.json")
        self.assertIn("1 files cannot be read", text)
        for rule in ("CT chest", "MR", "everything else"):
            self.assertIn(rule, text)
        self.assertIn("ct-lung-density", text)
        self.assertIn("localizer", text.lower())
        empty = self.folder / "empty"
        empty.mkdir()
        self.inferad("explain", empty, "--config", support.SOURCE / "config" / "inferad.json", status=1)

    def test_questions_without_a_node(self):
        node = support.Node(self.folder / "node")
        for command in ("worklist", "jobs", "outbox", "models", "rules", "peers", "status"):
            self.assertIn("no running node", self.inferad(command, "--config", node.config, status=1))
        self.assertIn("no peer", self.inferad("echo", "nobody", "--config", node.config, status=1))

    def test_check_and_run_need_the_worker(self):
        if not (support.INFERAD.parent / "inferad-worker").exists():
            self.skipTest("no inferad-worker in this build")
        config = support.SOURCE / "config" / "inferad.json"
        self.assertIn("ct-lung-density", self.inferad("check", "--config", config))
        phantom = support.make_phantom(self.folder / "phantom", "--kind", "emphysema", "--size", "160", "--slices",
                                       "60", "--slice-distance", "5")
        self.inferad("run", "ct-lung-density", phantom / "dicom", "--out", self.folder / "out", "--config", config)
        findings = json.loads((self.folder / "out" / "findings.json").read_text())
        self.assertEqual(findings["outcome"], "analysed")
        self.assertTrue((self.folder / "out" / "seg.dcm").exists())
        thin = self.folder / "thin"
        thin.mkdir()
        shutil.copy(sorted((phantom / "dicom").iterdir())[0], thin)
        self.inferad("run", "ct-lung-density", thin, "--out", self.folder / "out2", "--config", config, status=3)
        one = next(thin.iterdir())
        text = self.inferad("pixels", one)  # with no configuration here
        pixels = hashlib.sha256(pydicom.dcmread(one).pixel_array.tobytes()).hexdigest()
        self.assertIn(f"{one}: frames 1, rows 160, columns 160, samples 1, bits 16 of 16 signed", text)
        self.assertIn(pixels, text)
        text = self.inferad("pixels", "--json", "--config", config, one, self.folder / "out" / "sr.dcm", status=3)
        self.assertIn(f'"sha256":"{pixels}"', text)
        self.assertIn("sr.dcm: not analysed because the image has no rows or columns [NO_PIXELS]", text)

    def test_the_rules_for_checks_of_the_acquisition_are_right_and_find_their_pipelines(self):
        shipped = support.SOURCE / "config"
        config = self.folder / "inferad.json"
        config.write_text(json.dumps({
            "data_folder": "var", "routing_file": str(shipped / "examples" / "routing-quality-checks.json"),
            "pipelines_folder": str(support.SOURCE / "pipelines" / "catalog"),
            "models_folder": str(support.SOURCE / "models")}))
        self.assertIn("rules are right", self.inferad("check", "--config", config))
        rules = json.loads((shipped / "examples" / "routing-quality-checks.json").read_text())["rules"]
        default = json.loads((shipped / "routing.json").read_text())["rules"]
        kept = [rule for rule in default if rule["name"] not in ("MR", "DX and CR")]
        self.assertEqual([rule for rule in rules if "acquisition" not in rule["name"]], kept)
        self.assertEqual([rule["then"] for rule in rules if "acquisition" in rule["name"]],
                         [{"pipeline": "mr-acquisition-check"}, {"pipeline": "dx-acquisition-check"}])

    def test_the_shipped_configuration_is_right(self):
        self.assertIn("rules are right", self.inferad("check", "--config", support.SOURCE / "config" / "inferad.json"))


if __name__ == "__main__":
    unittest.main()
