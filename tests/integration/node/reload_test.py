#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""SIGHUP: rules and senders change while the node runs; a bad configuration changes nothing."""
import json
import signal
import subprocess
import unittest

from node_case import NodeCase, support


class Reload(NodeCase):
    def start(self):
        self.routing = self.folder / "routing.json"
        self.write_rules("first")
        return self.node(workers={"count": 0}, routing_file=str(self.routing)).start()

    def write_rules(self, name):
        rule = {"name": name, "then": {"no_analysis": "not_applicable", "because": f"rule {name} says so"}}
        self.routing.write_text(json.dumps({"rules": [rule]}))

    def reload(self, node, event):
        before = node.log.read_text().count(f'"event":"{event}"')
        node.process.send_signal(signal.SIGHUP)
        support.wait_for(event, lambda: node.log.read_text().count(f'"event":"{event}"') > before, 10)

    def echo(self, node):
        return subprocess.run(["echoscu", "-aec", "INFERAD", "127.0.0.1", str(node.dicom)], timeout=30,
                              capture_output=True).returncode

    def test_rules_and_senders_are_taken_over(self):
        node = self.start()
        self.assertEqual(self.echo(node), 0)
        config = json.loads(node.config.read_text())
        config["peers"][0]["addresses"] = ["192.0.2.1"]
        node.config.write_text(json.dumps(config))
        self.write_rules("second")
        self.reload(node, "reloaded")
        self.assertEqual([rule["name"] for rule in node.get("/api/v1/rules")["rules"]], ["second"])
        self.assertNotEqual(self.echo(node), 0)
        self.assertEqual(node.stop(), 0)

    def test_a_study_that_completes_later_goes_by_the_new_rules(self):
        node = self.start()
        phantom = support.make_phantom(self.folder / "phantom", "--size", "64", "--slices", "3")
        uid = json.loads((phantom / "truth.json").read_text())["study_uid"]
        self.write_rules("second")
        self.reload(node, "reloaded")
        support.send(phantom / "dicom", node.dicom)
        entry = node.wait_study(uid, "not_applicable", seconds=30)
        self.assertEqual((entry["rule"], entry["ai_reason"]), ("second", "rule second says so"))

    def test_mistakes_leave_everything_as_it_was(self):
        node = self.start()
        self.routing.write_text("{\"rules\": [\n{}]}")
        self.reload(node, "reload_refused")
        self.assertIn("routing.json:2:1: /rules/0", node.log.read_text())
        self.assertEqual([rule["name"] for rule in node.get("/api/v1/rules")["rules"]], ["first"])
        self.assertEqual(self.echo(node), 0)

    def test_what_needs_a_restart_is_told(self):
        node = self.start()
        config = json.loads(node.config.read_text())
        config["dicom"]["port"] = 0
        config["worklist"]["alarm_share"] = 0.9
        node.config.write_text(json.dumps(config))
        self.reload(node, "reload_needs_restart")
        self.assertIn('"settings":"dicom, worklist.alarm_share"', node.log.read_text())
        self.assertEqual(self.echo(node), 0)


if __name__ == "__main__":
    if missing := support.missing_tools("storescu", "echoscu"):
        print(f"SKIPPED: no {', '.join(missing)}")
    else:
        unittest.main()
