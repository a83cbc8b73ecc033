#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""inferad simulate as people use it: the default scenario, an example, mistakes, plots, reference numbers."""
import json
import unittest
import xml.etree.ElementTree

from node_case import NodeCase, support

REFERENCE = support.SOURCE.parent / "shared" / "data" / "worklist" / "reference.json"
EXAMPLE = support.SOURCE / "config" / "examples" / "scenario-chest-ct.json"


class Simulate(NodeCase):
    def test_help_names_what_can_be_asked(self):
        text = self.inferad("simulate", "--help")
        for option in ("--reference", "--plots", "--seed", "--replications", "scenario"):
            self.assertIn(option, text)

    def test_the_default_scenario_shows_a_benefit_in_the_same_bytes(self):
        text = self.inferad("simulate", "--studies", "5000")
        self.assertEqual(text, self.inferad("simulate", "--studies", "5000"))
        self.assertNotEqual(text, self.inferad("simulate", "--studies", "5000", "--seed", "2"))
        self.assertRegex(text, r"urgent finding: diseased: read .* earlier on average")

    def test_an_example_with_plots(self):
        plots = self.folder / "plots"
        text = self.inferad("simulate", EXAMPLE, "--studies", "3000", "--replications", "3", "--plots", plots)
        self.assertIn("aortic dissection: diseased", text)
        files = sorted(file.name for file in plots.iterdir())
        self.assertIn("means.svg", files)
        self.assertIn("longer-than-STAT.svg", files)
        for file in plots.iterdir():
            self.assertEqual(xml.etree.ElementTree.parse(file).getroot().tag, "{http://www.w3.org/2000/svg}svg")

    def test_mistakes_name_file_field_and_fix(self):
        scenario = self.folder / "scenario.json"
        scenario.write_text('{"arrivals": {"load": 3},\n "compare": ["strickt"]}')
        text = self.inferad("simulate", scenario, status=78)
        self.assertIn("scenario.json:1:23: /arrivals/load: found 3, expected", text)
        self.assertIn('did you mean "strict"', text)
        self.assertIn("nowhere.json", self.inferad("simulate", "--reference", self.folder / "nowhere.json", status=78))

    def test_a_replay_needs_a_running_node(self):
        node = support.Node(self.folder / "node")
        self.assertIn("no running node", self.inferad("simulate", "--from-ledger", "--config", node.config, status=1))

    @unittest.skipUnless(REFERENCE.exists(), "SKIPPED: no shared data")
    def test_queueing_theory_of_others(self):
        # 2,500,000 studies of each of eight sets, the size for which the bounds are meant.
        text = self.inferad("simulate", "--reference", REFERENCE)
        self.assertRegex(text.splitlines()[-1], r"^reference: (\d+) of \1 values within bounds")
        wrong = json.loads(REFERENCE.read_text())
        wrong["sets"] = wrong["sets"][:1]
        wrong["sets"][0]["expected"]["non_preemptive"]["with_ai"]["diseased"] *= 1.1
        changed = self.folder / "reference.json"
        changed.write_text(json.dumps(wrong))
        text = self.inferad("simulate", "--reference", changed, "--studies", "1000000", status=1)
        self.assertEqual(text.count("OUT OF BOUNDS"), 1)


if __name__ == "__main__":
    unittest.main()
