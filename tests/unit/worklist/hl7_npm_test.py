#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Two parsers that know nothing of each other, python3-hl7 and npm's simple-hl7, find the same in every field of our
messages.   hl7_npm_test.py PRINT_MESSAGES BUILD_FOLDER"""
import json
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import npm  # noqa: E402

PACKAGE = "simple-hl7@3.3.0"
# Each segment as [name, [field [repetition [component, …], …], …]]; of MSH from MSH-3 on.
READ = r"""
const Parser = require('simple-hl7').Parser;
const text = (component) => (Array.isArray(component.value[0]) ? component.value[0].join('&') : component.value[0]);
const repetitions = (field) => (Array.isArray(field.value[0]) ? field.value : field.value.map((one) => one.value[0])).map((one) => one.map(text));
const found = {};
for (const [name, message] of Object.entries(JSON.parse(require('fs').readFileSync(0, 'utf8')))) {
  const parsed = new Parser({ segmentSeperator: '\r' }).parse(message);
  found[name] = [['MSH', parsed.header.fields], ...parsed.segments.map((one) => [one.name, one.fields])]
    .map(([segment, fields]) => [segment, fields.map(repetitions)]);
}
process.stdout.write(JSON.stringify(found));
"""


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(0)


try:
    import hl7
except ImportError:
    skip("python3-hl7 is not installed")
PROGRAM, BUILD = sys.argv.pop(1), pathlib.Path(sys.argv.pop(1)).resolve()
if npm.modules(BUILD, PACKAGE) is None:
    skip(f"npm cannot get {PACKAGE}")


def messages():
    data = subprocess.run([PROGRAM], capture_output=True, check=True).stdout
    found = {}
    while data:
        head, data = data.split(b"\n", 1)
        name, size = head.decode().split()
        found[name], data = data[:int(size)].decode("utf-8"), data[int(size):]
    return found


def by_python(text):
    def parts(field):
        return [[("&".join(map(str, component)) if isinstance(component, hl7.Container) else str(component))
                 for component in (repetition if isinstance(repetition, hl7.Container) else [repetition])]
                for repetition in (field if isinstance(field, hl7.Container) else [field])]

    return [[str(segment[0]), [parts(field) for field in segment[3 if str(segment[0]) == "MSH" else 1:]]]
            for segment in hl7.parse(text)]


class TwoParsers(unittest.TestCase):
    maxDiff = None

    def test_they_find_the_same_in_every_field(self):
        ours = messages()
        self.assertGreaterEqual(set(ours), {"omi", "orm", "oru", "omi-hostile", "orm-hostile", "oru-hostile"})
        read = subprocess.run(["node", "-e", READ], input=json.dumps(ours), capture_output=True, text=True, check=True,
                              cwd=BUILD, env={"NODE_PATH": str(BUILD / "node_modules"), "PATH": "/usr/bin:/usr/local/bin"})
        by_npm = json.loads(read.stdout)
        for name, text in ours.items():
            self.assertEqual(by_npm[name], by_python(text), name)
        oru = dict(by_npm["oru"])
        self.assertEqual(oru["OBR"][24], [["P"]])  # OBR-25
        self.assertEqual(oru["PID"][2][0][0], "P1")
        self.assertEqual([one[1][10] for one in by_npm["oru"] if one[0] == "OBX"], [[["P"]]] * 6)
        omi = dict(by_npm["omi"])
        self.assertEqual((omi["TQ1"][8], omi["OBR"][26][0][5], omi["IPC"][2]), ([["S"]], "S", [["2.25.4001"]]))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
