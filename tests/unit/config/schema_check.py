#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The shipped configuration fits its schemas, and the schemas refuse what the reader refuses (schema_check.py CONFIG)."""
import copy
import json
import pathlib
import sys

import jsonschema

FOLDER = pathlib.Path(sys.argv[1])
PEER = {"name": "a", "ae_title": "A", "roles": ["send"], "addresses": ["127.0.0.1"]}
RUN = {"pipeline": "p"}


def peer(**changes):
    changed = {**PEER, **changes}
    return {"peers": [{key: value for key, value in changed.items() if value is not None}]}


def rule(when=None, **changes):
    made = {"name": "a", "then": RUN, **changes}
    if when is not None:
        made["when"] = when
    return {"rules": [made]}


GOOD = {
    "inferad": [{}, peer(), peer(roles=["query"], host="h", port=104), {"worklist": {"delta_minutes": 5}},
                {"evidence": {"days": 30, "group_min": 5}},
                {"hl7": [{"name": "a", "host": "b"}]},
                {"hl7_listener": {"enabled": True, "accession_fields": ["ORC-3.1"], "reading_finished": ["OBR-25=F"],
                                  "priority_codes": {"1": "STAT"},
                                  "observations": [{"code": "1", "finding": "a", "absent": ["N"]},
                                                   {"code": "2", "finding": "a", "present_at_least": 1}]}},
                {"webhooks": [{"name": "a", "url": "https://b/c", "study": {"d": "PatientID"}}]},
                {"fhir": [{"name": "a", "base_url": "https://b", "resource": "ServiceRequest"}]},
                {"mail": [{"name": "a", "host": "b", "from": "c@d", "to": ["e@f"]}]},
                {"critical": {"acknowledge_within_minutes": 0.5, "steps": [{"to": ["a"]}]}},
                {"worklist_folders": [{"name": "a", "folder": "b", "words": {"STAT": "NOW"}}]}, {"results": [{"peer": "a", "send": ["SR"]}]},
                {"results": [{"peer": "a", "send": [["SEG_LABELMAP", "SEG"], "SR"]}, {"peer": "b", "triage_only": True}]},
                {"results": [{"peer": "a", "send": ["SEG_LABELMAP"], "encodings": ["RLE", "DEFLATED"]}]},
                {"segmentation": {"full_masks": True}}],
    "routing": [rule(), rule({"attribute": "SliceThickness", "min": 1, "max": 2}), rule({"not": {"images": {"min": 1}}}),
                rule({"series": {"all": [{"orientation": ["axial"]}, {"slice_distance": {"uniform": True}}]}}),
                rule(series={"prefer": ["longest", {"attribute": "ImageType", "exists": True}]}),
                rule(then={"no_analysis": "not_analysed", "because": "x"})],
    "scenario": [{}, {"readers_by_hour": 2}, {"findings": []}, {"orders": {"LOW": {"share": 1}}}],
}
BAD = {
    "inferad": [[], {"x": 1}, {"ae_title": "12345678901234567"}, {"ae_title": " A"}, {"dicom": {"port": 65536}},
                {"dicom": {"prot": 1}}, {"log_level": "loud"}, peer(addresses=None), peer(roles=[]), peer(name="a b"),
                peer(roles=["query"]), peer(roles=["query"], ae_title="*", host="h", port=1), {"hl7": [{"name": "a"}]},
                {"hl7_listener": {"accession_fields": ["OBR18"]}}, {"hl7_listener": {"reading_finished": ["CM"]}},
                {"hl7_listener": {"tls": {"certificate": "c"}}},
                {"hl7_listener": {"observations": [{"code": "1", "finding": "a"}]}},
                {"hl7_listener": {"observations": [{"code": "1", "present": ["Y"]}]}},
                {"hl7_listener": {"observations": [{"code": "1", "finding": "a", "present": []}]}},
                {"evidence": {"group_min": 4}}, {"evidence": {"days": 0}},
                {"mail": [{"name": "a", "host": "b", "from": "c", "to": ["e@f"]}]}, {"critical": {"steps": [{}]}},
                {"mail": [{"name": "a", "host": "b", "from": "c@d", "to": []}]},
                {"fhir": [{"name": "a"}]}, {"fhir": [{"name": "a", "base_url": "https://b", "high": "stat"}]},
                {"worklist_folders": [{"name": "a", "folder": "b", "words": {"STAT": ""}}]},
                {"webhooks": [{"name": "a"}]}, {"webhooks": [{"name": "a", "url": "ftp://b"}]},
                {"webhooks": [{"name": "a", "url": "https://u@b"}]},
                {"worklist": {"delta_minutes": 5, "targets_minutes": {"STAT": 0, "HIGH": 1, "ROUTINE": 2, "LOW": 3}}},
                {"worklist": {"targets_minutes": {"STAT": 0}}}, {"workers": {"device": "gpu"}},
                {"results": [{"peer": "a", "send": ["PDF"]}]}, {"results": [{"peer": "a", "send": [[]]}]},
                {"results": [{"peer": "a", "encodings": ["ZIP"]}]}, {"results": [{"peer": "a", "encodings": ["RLE", "RLE"]}]},
                {"segmentation": {"full": True}}, {"results": [{"peer": "a", "send": ["SR"], "triage_only": True}]}],
    "routing": [{}, {"rules": []}, rule({}), rule({"attribute": "Modality"}), rule({"all": []}),
                rule({"attribute": "Modality", "equals": "CT", "exists": True}), rule({"images": {}}),
                rule({"orientation": "up"}), rule({"slice_distance": {"uniform": False}}), rule(then={}),
                rule(then={"no_analysis": "not_analysed"}), rule(then={**RUN, "no_analysis": "not_analysed", "because": "x"}),
                rule(series={}, then={"no_analysis": "not_analysed", "because": "x"}), rule(series={"prefer": ["best"]}),
                rule({"images": {"min": 1}, "calling_ae": ["A"]})],
    "scenario": [{"studys": 1}, {"readers_by_hour": [1, 2]}, {"findings": [{"name": "f"}]}, {"arrivals": {"load": 3}},
                 {"findings": [{"name": "f", "prevalence": 0.1, "sensitivity": 1}]}, {"compare": ["lifo"]}],
}

failures = 0
for name in ("inferad", "routing", "scenario"):
    schema = json.loads((FOLDER / "schema" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    files = [*FOLDER.glob(f"{name}.json"), *FOLDER.glob(f"examples/{name}*.json")]
    for good in [*(json.loads(file.read_text()) for file in files), *copy.deepcopy(GOOD[name])]:
        for error in validator.iter_errors(good):
            print(f"{name}: {json.dumps(good)[:200]}: {error.message}")
            failures += 1
    for bad in BAD[name]:
        if validator.is_valid(bad):
            print(f"{name}: accepts {json.dumps(bad)}")
            failures += 1
sys.exit(1 if failures else 0)
