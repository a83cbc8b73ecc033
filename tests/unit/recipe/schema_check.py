#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The schemas of pipeline.json and model.json accept and refuse what the readers do (schema_check.py SOURCE_FOLDER)."""
import copy
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("SKIPPED: python3-jsonschema is not installed")
    sys.exit(0)

SOURCE = pathlib.Path(sys.argv[1])


def code(value="1", scheme="SCT", meaning="x"):
    return {"value": value, "scheme": scheme, "meaning": meaning}


SEGMENTATION = {
    "name": "spleen", "version": "1", "kind": "model", "title": "Spleen", "manufacturer": "Me", "model": "net",
    "eligibility": {"modality": "CT", "age_years": {"min": 18}, "unknown": "refuse"},
    "preprocessing": [{"_target_": "Orientationd", "keys": "image", "axcodes": "RAS"}],
    "inferer": {"_target_": "SimpleInferer"},
    "output": {"kind": "segmentation",
               "labels": [{"value": 1, "id": "spleen", "label": "Spleen", "category": code(), "type": code()}]},
    "measurements": [{"id": "volume", "measure": "volume", "labels": "spleen"},
                     {"id": "low", "measure": "share_below", "labels": ["spleen"], "intensity": -950}],
    "findings": [{"id": "large", "name": "Large", "concept": code(), "measurement": "volume", "at_least": 400,
                  "priority": "HIGH"}],
}
CLASSIFICATION = {
    **SEGMENTATION, "measurements": [], "input": {"values": "window", "dimensions": 2},
    "output": {"kind": "classification", "classes": ["a", "b"], "scores": "probability"},
    "findings": [{"id": "f", "name": "F", "concept": code(), "class": ["a", "b"], "at_least": 0.5, "indeterminate": 0.4,
                  "operating_point": {"source": "s", "sensitivity": 0.9}}],
}
REGRESSION = {
    **SEGMENTATION, "measurements": [],
    "output": {"kind": "regression", "values": [{"id": "age", "name": code(), "unit": code(), "range": {"min": 0},
                                                 "interval": {"half_width": 4}}]},
    "findings": [{"id": "f", "name": "F", "concept": code(), "value": "age", "at_most": 3}],
}
DETECTION = {
    **SEGMENTATION, "measurements": [],
    "output": {"kind": "detection", "form": "box_corners", "axes": "zyx", "origin": "corner", "scores": "probability",
               "score_min": 0.2, "overlap_max": 0.3, "count_max": 10,
               "labels": [{"value": 0, "id": "nodule", "label": "Nodule", "concept": code(), "site": code()}]},
    "findings": [{"id": "f", "name": "F", "concept": code(), "detections": "nodule", "score_at_least": 0.5,
                  "at_least": 1, "priority": "HIGH"}],
}
IMAGE = {
    **SEGMENTATION, "measurements": [], "findings": [],
    "output": {"kind": "image", "id": "synthetic-ct", "label": "Synthetic CT", "content": code(), "unit": code(),
               "range": {"min": -1024}},
}
HEADER = {**REGRESSION, "input": {"header": [
    {"attribute": "PatientAge", "unit": "a", "scale": 0.01, "offset": -0.4, "range": {"min": 18}, "default": 60},
    {"attribute": "PatientSex", "codes": {"F": 0, "M": 1}}]}}
VIEWS = {**CLASSIFICATION, "input": {"dimensions": 2, "join": "channels", "images": [
    {"name": "left_cc", "laterality": "L", "view": "CC"}, {"name": "side", "view": ["LL", "LATERAL"]}]},
         "findings": [{**CLASSIFICATION["findings"][0], "image": "side"}]}
FRAMES = {**CLASSIFICATION, "input": {"dimensions": 2, "frames": "all"}}
SPREAD = {**CLASSIFICATION, "uncertainty": {"augmentation": ["flip_x", "flip_xy"], "ensemble": ["other"],
                                            "indeterminate_deviations": 2}, "priority_outside_domain": True}
LOCATED = {**CLASSIFICATION, "localisation": {"finding": "f", "patch": [32, 16], "stride": 8, "fill": 0, "batch": 4,
                                              "places_max": 900}}
JOIN = {"name": "chest", "version": "1", "kind": "join", "title": "Chest", "manufacturer": "Me", "inputs": ["a", "b"],
        "findings": [{"id": "f", "name": "F", "concept": code(), "priority": "HIGH",
                      "when": {"all": [{"any": [{"pipeline": "a", "finding": "x"},
                                                {"pipeline": "a", "finding": "y", "is": "absent"}]},
                                       {"pipeline": "b", "item": "lung", "measurement": "Volume", "at_most": 3}]}}]}
BUNDLE = {**{key: value for key, value in SEGMENTATION.items() if key not in ("preprocessing", "inferer")}, "bundle": True}
MODEL = {
    "name": "net", "version": "1", "format": "bundle", "file": "models/model.ts", "sha256": "a" * 64,
    "source": {"url": "https://example.org/x", "size_bytes": 5},
    "card": {"intended_use": "a", "method": "b", "training_data": "c", "licence": "d", "input": "e", "output": "f",
             "limits": ["g"], "population": "h", "calibrated": True, "accepts": {"modality": ["CT"], "sex": "F", "intensity": {"above": -900, "mean": {"min": -700, "max": -200},
                                                                           "percentile_99": {"max": 2000}, "outside": "remark"}}},
}


def changed(document, pointer, value):
    document = copy.deepcopy(document)
    *path, last = pointer.strip("/").split("/")
    place = document
    for part in path:
        place = place[int(part)] if isinstance(place, list) else place[part]
    if value is None:
        del place[last]
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return document


LUNG = json.loads((SOURCE / "pipelines/catalog/ct-lung-density/pipeline.json").read_text())


def shipped(pattern):
    return [json.loads(file.read_text()) for file in SOURCE.glob(pattern)]


GOOD = {"pipeline": [*shipped("pipelines/catalog/*/pipeline.json"), SEGMENTATION, CLASSIFICATION, REGRESSION, DETECTION, IMAGE, HEADER, VIEWS, FRAMES, SPREAD, LOCATED, JOIN, BUNDLE,
                     changed(changed(LOCATED, "/localisation/places_max", None), "/localisation/method", "integrated_gradients"),
                     *shipped("tests/torch/archetypes/catalog/*/pipeline.json"),
                     changed(SEGMENTATION, "/output/probabilities", "softmax"),
                     changed(changed(SEGMENTATION, "/output/probabilities", "sigmoid"), "/output/labels/0/channel", 0),
                     changed(SEGMENTATION, "/preprocessing", {"_target_": "Compose", "transforms": []})],
        "model": [MODEL, changed(MODEL, "/precision", "bf16"), *shipped("models/*/model.json"), *shipped("tests/torch/archetypes/models/*/model.json")]}
BAD = {
    "pipeline": [
        changed(LUNG, "/kind", "dance"), changed(LUNG, "/colour", "red"), changed(LUNG, "/lungs/airways/wall_mm", 99),
        changed(LUNG, "/output", {}), changed(LUNG, "/findings/1/measure", "LAA"), changed(LUNG, "/eligibility", None),
        changed(SEGMENTATION, "/lungs", {}), changed(SEGMENTATION, "/titel", "x"), changed(SEGMENTATION, "/output", None),
        changed(SEGMENTATION, "/eligibility", {}), changed(SEGMENTATION, "/eligibility/modalty", "CT"),
        changed(SEGMENTATION, "/eligibility/age_years", {}), changed(SEGMENTATION, "/eligibility/sex", "X"),
        changed(SEGMENTATION, "/inferer", 1), changed(SEGMENTATION, "/preprocessing/0/_target_", None),
        changed(SEGMENTATION, "/output/kind", "masks"), changed(SEGMENTATION, "/output/labels/0/value", 0),
        changed(SEGMENTATION, "/output/probabilities", "logits"), changed(SEGMENTATION, "/output/labels/0/channel", 0),
        changed(SEGMENTATION, "/output/classes", ["a"]), changed(SEGMENTATION, "/output/labels/0/id", "a b"),
        changed(SEGMENTATION, "/measurements/0/measure", "percentile"), changed(SEGMENTATION, "/measurements/0/percent", 5),
        changed(SEGMENTATION, "/measurements/1/intensity", None), changed(SEGMENTATION, "/findings/0/priority", "LOW"),
        changed(SEGMENTATION, "/findings/0/at_most", 1), changed(SEGMENTATION, "/findings/0/class", "x"),
        changed(SEGMENTATION, "/findings/0/measurement", None), changed(SEGMENTATION, "/input", {"dimensions": 4}),
        changed(CLASSIFICATION, "/output/scores", "x"), changed(REGRESSION, "/output/values/0/interval", {}),
        changed(IMAGE, "/output/unit", None), changed(IMAGE, "/output/id", "a b"), changed(IMAGE, "/output/range", {}),
        changed(IMAGE, "/output/labels", []), changed(IMAGE, "/output/id", "x" * 57),
        changed(VIEWS, "/input/images/0/laterality", "left"), changed(VIEWS, "/input/images/1/view", None),
        changed(VIEWS, "/input/images", [{"name": "x", "view": "CC"}]), changed(VIEWS, "/input/join", "sum"),
        changed(VIEWS, "/input/dimensions", 3), changed(VIEWS, "/input/dimensions", None), changed(VIEWS, "/input/images", None),
        changed(VIEWS, "/input/frames", "all"), changed(FRAMES, "/input/frames", "last"), changed(FRAMES, "/input/dimensions", None),
        changed(HEADER, "/input/header/0/attribute", "PatientName"), changed(HEADER, "/input/header/0/unit", None),
        changed(HEADER, "/input/header/0/unit", "lb"), changed(HEADER, "/input/header/0/codes", {"F": 1}),
        changed(HEADER, "/input/header/1/codes", None), changed(HEADER, "/input/header/1/codes", {}),
        changed(HEADER, "/input/header/1/unit", "a"), changed(HEADER, "/input/header/1/range", {"min": 0}),
        changed(HEADER, "/input/header", []), changed(HEADER, "/input/header/1/codes/F", "x"),
        changed(DETECTION, "/output/form", "ball"), changed(DETECTION, "/output/score_min", None),
        changed(DETECTION, "/output/form", "point"), changed(DETECTION, "/output/distance_min_mm", 5),
        changed(DETECTION, "/output/count_max", 1000), changed(DETECTION, "/output/labels/0/concept", None),
        changed(DETECTION, "/output/labels", []), changed(DETECTION, "/bundle", True),
        changed(DETECTION, "/postprocessing", [{"_target_": "Invertd"}]), changed(REGRESSION, "/findings/0/score_at_least", 1),
        changed(SPREAD, "/uncertainty/augmentation", ["flip_x", "flip_x"]), changed(SPREAD, "/uncertainty/augmentation/0", "turn"),
        changed(SPREAD, "/uncertainty", {}), changed(SPREAD, "/uncertainty/indeterminate_deviations", -1),
        changed(SPREAD, "/uncertainty/ensemble", []), changed(DETECTION, "/uncertainty", {"ensemble": ["other"]}),
        changed(LUNG, "/uncertainty", {"ensemble": ["other"]}),
        changed(LOCATED, "/localisation/patch", [1, 2, 3]), changed(LOCATED, "/localisation/stride", 0),
        changed(LOCATED, "/localisation/finding", None), changed(LOCATED, "/localisation/batch", 0),
        changed(LOCATED, "/localisation/places_max", 20000), changed(LOCATED, "/localisation/steps", 8),
        changed(LOCATED, "/localisation/method", "integrated_gradients"), changed(LOCATED, "/localisation/method", "guess"), changed(LUNG, "/localisation", LOCATED["localisation"]),
        changed(DETECTION, "/localisation", LOCATED["localisation"]),
        changed(JOIN, "/inputs", []), changed(JOIN, "/findings", None), changed(JOIN, "/model", "net"), changed(JOIN, "/output", {}),
        changed(JOIN, "/findings/0/when", {}), changed(JOIN, "/findings/0/when/all/0/any/1/is", "measured"),
        changed(JOIN, "/findings/0/when/all/1/at_most", None), changed(JOIN, "/findings/0/when/any", []),
        changed(SEGMENTATION, "/model", None), changed(SEGMENTATION, "/inputs", ["a"]), changed(LUNG, "/inputs", ["a"]),
        changed(DETECTION, "/findings/0/value", "x"), changed(BUNDLE, "/bundle", None), changed(BUNDLE, "/inferer", {"_target_": "SimpleInferer"}),
    ],
    "model": [
        changed(MODEL, "/precision", "fp16"),
        changed(MODEL, "/file", "../x"), changed(MODEL, "/file", "/etc/passwd"), changed(MODEL, "/file", "a/../../x"),
        changed(MODEL, "/file", "a/"), changed(MODEL, "/format", "pickle"), changed(MODEL, "/sha256", "abc"),
        changed(MODEL, "/card/licence", ""), changed(MODEL, "/card/accepts/modalty", "CT"),
        changed(MODEL, "/card/accepts/intensity", {}), changed(MODEL, "/card/accepts/intensity", {"above": 0}),
        changed(MODEL, "/card/accepts/intensity/mean", {}), changed(MODEL, "/card/accepts/intensity/outside", "drop"),
        changed(MODEL, "/card/accepts/intensity/percentile_2", {"min": 1}),
        changed(MODEL, "/card/accepts/intensity/standard_deviation", {"max": -1}),
        changed(MODEL, "/source/url", "ftp://x"), changed(MODEL, "/source/size_bytes", None),
    ],
}

failures = 0
for name in ("pipeline", "model"):
    schema = json.loads((SOURCE / f"config/schema/{name}.schema.json").read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    for good in GOOD[name]:
        for error in validator.iter_errors(good):
            print(f"{name}: {json.dumps(good)[:200]}: {error.message[:300]}")
            failures += 1
    for bad in BAD[name]:
        if validator.is_valid(bad):
            print(f"{name}: accepts {json.dumps(bad)}")
            failures += 1
sys.exit(1 if failures else 0)
