#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""python3-hl7 as a second parser: it finds the priority, the study and the names where the standard puts them, also when
the values are hostile.   hl7_parser_test.py PRINT_MESSAGES"""
import subprocess
import sys
import unittest

try:
    import hl7
except ImportError:
    print("SKIPPED: python3-hl7 is not installed")
    sys.exit(0)

PROGRAM = sys.argv.pop(1)


def messages():
    data = subprocess.run([PROGRAM], capture_output=True, check=True).stdout
    found = {}
    while data:
        head, data = data.split(b"\n", 1)
        name, size = head.decode().split()
        found[name], data = data[:int(size)].decode("utf-8"), data[int(size):]
    return found


class ParserTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.raw = messages()

    def parsed(self, name):
        return hl7.parse(self.raw[name])

    def segments(self, name):
        return [str(segment[0]) for segment in self.parsed(name)]

    def test_segments_stand_in_the_order_of_the_standard(self):
        for suffix in ("", "-hostile"):
            self.assertEqual(self.segments("omi" + suffix), ["MSH", "PID", "ORC", "TQ1", "OBR", "NTE", "IPC"])
            self.assertEqual(self.segments("orm" + suffix), ["MSH", "PID", "ORC", "OBR", "NTE", "ZDS"])
            self.assertEqual(self.segments("oru" + suffix), ["MSH", "PID", "ORC", "OBR", "NTE"] + ["OBX"] * 6)

    def test_a_finding_is_preliminary_and_names_score_threshold_and_model(self):
        oru = self.parsed("oru")
        self.assertEqual((oru["MSH.F9.R1.C1"], oru["MSH.F9.R1.C3"], oru["OBR.F25"]), ("ORU", "ORU_R01", "P"))
        observations = oru.segments("OBX")
        self.assertEqual({str(one[11]) for one in observations}, {"P"})
        self.assertEqual([str(one[2]) for one in observations], ["CWE", "NM", "NM", "ST", "ST", "HD"])
        self.assertEqual(oru["OBX1.F3.R1.C1"], "87433001")
        self.assertEqual(oru["OBX1.F3.R1.C3"], "SCT")
        self.assertEqual([str(one[5]) for one in observations[1:3]], ["31.2", "25"])
        self.assertEqual(oru["OBX1.F17.R1.C2"], "ct-lung-density 1.0.0")
        self.assertIn("not verified", str(observations[4][5]))
        self.assertEqual(str(observations[5][5]), "2.25.4001")

    def test_priority_is_where_receivers_look(self):
        omi, orm = self.parsed("omi"), self.parsed("orm")
        self.assertEqual(omi["TQ1.F9"], "S")
        for message in (omi, orm):
            self.assertEqual(message["ORC.F7.R1.C6"], "S")
            self.assertEqual(message["OBR.F27.R1.C6"], "S")
            self.assertEqual(message["OBR.F18"], "ACC1")
            self.assertEqual(message["ORC.F2"], "PL1")
            self.assertEqual(message["PID.F3.R1.C1"], "P1")
        self.assertEqual(self.parsed("omi-hostile")["TQ1.F9"], "A")

    def test_header_says_what_it_is(self):
        omi, orm = self.parsed("omi"), self.parsed("orm")
        self.assertEqual((omi["MSH.F9.R1.C1"], omi["MSH.F9.R1.C2"], omi["MSH.F9.R1.C3"]), ("OMI", "O23", "OMI_O23"))
        self.assertEqual((orm["MSH.F9.R1.C1"], orm["MSH.F9.R1.C2"]), ("ORM", "O01"))
        self.assertEqual((omi["MSH.F12"], orm["MSH.F12"]), ("2.5.1", "2.3.1"))
        self.assertEqual(omi["MSH.F18"], "UNICODE UTF-8")
        self.assertEqual(omi["MSH.F10"], "17-1-HL7")

    def test_study_is_named(self):
        self.assertEqual(self.parsed("omi")["IPC.F3"], "2.25.4001")
        self.assertEqual(self.parsed("omi")["IPC.F1"], "ACC1")
        self.assertEqual(self.parsed("orm")["ZDS.F1.R1.C1"], "2.25.4001")

    def test_hostile_values_come_back_as_text(self):
        for name in ("omi-hostile", "orm-hostile"):
            message = self.parsed(name)
            self.assertEqual(message["PID.F5.R1.C1"], "O'Neil|&~")
            self.assertEqual(message["PID.F5.R1.C2"], "Sean\\F\\ MSH|")
            self.assertEqual(message["PID.F3.R1.C1"], "  1\ufffd")
            self.assertEqual(message["OBR.F4.R1.C2"], "CT \u80f8\u90e8  NTE|1|| OBR|1")
            self.assertEqual(len(self.raw[name].splitlines()), len(message))
            self.assertIn("assists, not for primary diagnosis", message["NTE.F3"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
