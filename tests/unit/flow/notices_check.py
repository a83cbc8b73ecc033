#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What the ways say, judged by others: webhooks by jsonschema with the shipped schema, FHIR by npm's `fhir`, messages
about several orders of a study by python3-hl7.

    notices_check.py PRINT_NOTICES SCHEMAS BUILD_FOLDER
"""
import json
import pathlib
import subprocess
import sys

import jsonschema

try:
    import hl7
except ImportError:
    hl7 = None

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "support"))
import npm  # noqa: E402

FHIR = "fhir@4.12.0"  # its R4 definitions come with it
VALIDATE = """
const { Fhir } = require('fhir');
const tasks = JSON.parse(require('fs').readFileSync(0));
const judge = (task) => new Fhir().validate(task, { errorOnUnexpected: true }).messages.filter((one) => one.severity !== 'info');
console.log(JSON.stringify(tasks.map(judge)));
"""


def judge_orders(texts):
    """Two orders of one study: each has a message of its own, with the priority and with its own numbers alone."""
    if hl7 is None:
        return print("SKIPPED: python3-hl7 is not installed")
    first, second = map(hl7.parse, texts[:2])
    for message, number in ((first, "1"), (second, "2")):
        assert [str(segment[0]) for segment in message] == ["MSH", "PID", "ORC", "TQ1", "OBR", "NTE", "IPC"], message
        found = [message[key] for key in ("ORC.F2.R1.C1", "OBR.F2.R1.C1", "ORC.F3", "OBR.F3", "OBR.F18", "IPC.F1")]
        assert found == ["P" + number] * 2 + ["F" + number] * 2 + ["A" + number] * 2, found
        assert [message[key] for key in ("TQ1.F9", "ORC.F7.R1.C6", "OBR.F27.R1.C6", "IPC.F3")] == ["S", "S", "S", "1.2.3"]
    assert first["OBR.F4.R1.C1"] == "71250" and second["OBR.F4.R1.C1"] == "74150"
    assert first["MSH.F10"] != second["MSH.F10"] and len(first["MSH.F10"]) <= 20


def main():
    printer, schemas, build = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]).resolve()
    lines = subprocess.run([printer], check=True, capture_output=True, text=True).stdout.splitlines()
    said = {"WEBHOOK": [], "FHIR": [], "HL7": []}
    for line in map(json.loads, lines):
        said[line["kind"]].append(line["message"] if line["kind"] == "HL7" else json.loads(line["message"]))
    judge_orders(said["HL7"])
    assert len(said["WEBHOOK"]) >= 4 and len(said["FHIR"]) >= 8, {kind: len(texts) for kind, texts in said.items()}
    schema = json.loads((schemas / "webhook.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    for body in said["WEBHOOK"]:
        jsonschema.Draft202012Validator(schema).validate(body)
    assert not jsonschema.Draft202012Validator(schema).is_valid({**said["WEBHOOK"][0], "event": "other"})

    packages = npm.modules(build / "npm", FHIR)
    if packages is None:
        print(f"SKIPPED: npm cannot get {FHIR}")
        return
    bad = {**said["FHIR"][0], "priority": "very urgent", "colour": "red"}
    judged = subprocess.run(["node", "-e", VALIDATE], cwd=packages.parent, check=True, capture_output=True, text=True,
                            input=json.dumps([*said["FHIR"], bad]))
    *verdicts, of_bad = json.loads(judged.stdout)
    assert len(of_bad) >= 2, of_bad
    for task, verdict in zip(said["FHIR"], verdicts):
        assert not verdict, (verdict, task)
    print(f"{len(said['WEBHOOK'])} webhook bodies and {len(verdicts)} tasks are valid")


main()
