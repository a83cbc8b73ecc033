// SPDX-License-Identifier: Apache-2.0
// A findings.json as ct-lung-density writes it, for the study page of the made-up node.
#pragma once

namespace inferad::web {

inline constexpr const char* kFindings = R"(
{"job": "1", "pipeline": "ct-lung-density", "pipeline_version": "1.0.0", "study_uid": "1.2.3",
"series_uid": "1.2.840.113619.2.55.3.2831868886.408.1511765401.7", "revision": 1, "outcome": "analysed",
"reason_text": "", "algorithm": {"name": "ct-lung-density", "version": "1.0.0", "manufacturer": "Inferad",
"model_sha256": "5f1d6b0c9a7e4432b7f0c2d98e1a3b64c5d7e8f90a1b2c3d4e5f60718293a4b5",
"parameters": "LAA-950 threshold 25 %; HAA threshold 10 %; demonstration values"}, "segments": [{"number": 1,
"label": "Left lung"}, {"number": 2, "label": "Right lung"}], "items": [{"id": "emphysema",
"concept": {"value": "87433001", "scheme": "SCT", "meaning": "Pulmonary emphysema"}, "presence": "present",
"measurements": [], "explanation": "LAA-950 of both lungs is 31.2 %, at or above 25 %."}, {"id": "haa",
"concept": {"value": "HAA", "scheme": "99INFERAD", "meaning": "Increased lung attenuation"},
"presence": "absent", "measurements": [], "explanation": "High attenuation area is 3.1 %, below 10 %."},
{"id": "left", "segment": 1, "concept": {"value": "39607008", "scheme": "SCT", "meaning": "Lung"},
"presence": "measured", "explanation": "", "measurements": [{"name": {"value": "118565006", "scheme": "SCT",
"meaning": "Volume"}, "value": 2310.4, "unit": {"value": "mL", "scheme": "UCUM", "meaning": "milliliter"},
"label": "Volume", "truncated": true}, {"name": {"value": "112031", "scheme": "DCM",
"meaning": "Attenuation Coefficient"}, "value": -871.3, "unit": {"value": "[hnsf'U]", "scheme": "UCUM",
"meaning": "Hounsfield unit"}, "derivation": {"value": "373098007", "scheme": "SCT", "meaning": "Mean"},
"label": "Mean attenuation", "truncated": false}, {"name": {"value": "PERC15", "scheme": "99INFERAD",
"meaning": "15th percentile"}, "value": -962, "unit": {"value": "[hnsf'U]", "scheme": "UCUM", "meaning": "HU"},
"label": "Perc15", "truncated": false}, {"name": {"value": "LAA950", "scheme": "99INFERAD",
"meaning": "Low attenuation area"}, "value": 29.84, "unit": {"value": "%", "scheme": "UCUM",
"meaning": "percent"}, "label": "LAA-950", "truncated": false}]}, {"id": "right", "segment": 2,
"concept": {"value": "39607008", "scheme": "SCT", "meaning": "Lung"}, "presence": "measured", "explanation": "",
"measurements": [{"name": {"value": "118565006", "scheme": "SCT", "meaning": "Volume"}, "value": 2688.1,
"unit": {"value": "mL", "scheme": "UCUM", "meaning": "milliliter"}, "label": "Volume", "truncated": true},
{"name": {"value": "112031", "scheme": "DCM", "meaning": "Attenuation Coefficient"}, "value": -868.7,
"unit": {"value": "[hnsf'U]", "scheme": "UCUM", "meaning": "Hounsfield unit"},
"derivation": {"value": "373098007", "scheme": "SCT", "meaning": "Mean"}, "label": "Mean attenuation",
"truncated": false}, {"name": {"value": "PERC15", "scheme": "99INFERAD", "meaning": "15th percentile"},
"value": -964, "unit": {"value": "[hnsf'U]", "scheme": "UCUM", "meaning": "HU"}, "label": "Perc15",
"truncated": false}, {"name": {"value": "LAA950", "scheme": "99INFERAD", "meaning": "Low attenuation area"},
"value": 32.4, "unit": {"value": "%", "scheme": "UCUM", "meaning": "percent"}, "label": "LAA-950",
"truncated": false}, {"name": {"value": "HAA", "scheme": "99INFERAD", "meaning": "High attenuation area"},
"value": 3.1, "unit": {"value": "%", "scheme": "UCUM", "meaning": "percent"}, "label": "HAA",
"truncated": false}]}, {"id": "both", "concept": {"value": "39607008", "scheme": "SCT", "meaning": "Lung"},
"laterality": {"value": "51440002", "scheme": "SCT", "meaning": "Right and left"}, "presence": "measured",
"explanation": "", "measurements": [{"name": {"value": "118565006", "scheme": "SCT", "meaning": "Volume"},
"value": 4998.5, "unit": {"value": "mL", "scheme": "UCUM", "meaning": "milliliter"}, "label": "Volume",
"truncated": true}, {"name": {"value": "LAA950", "scheme": "99INFERAD", "meaning": "Low attenuation area"},
"value": 31.2, "unit": {"value": "%", "scheme": "UCUM", "meaning": "percent"}, "label": "LAA-950",
"truncated": false}]}],
"remarks": ["Lung touches both end slices: volumes are lower bounds and no priority follows from them."],
"analysed_at": "2026-11-24T08:31:00.000Z"})";

}  // namespace inferad::web
