// SPDX-License-Identifier: Apache-2.0
// The kinds of result objects, by the names that configuration, job.json, the worker protocol and the ledger use. Both
// programs spell them alike, so they stand here. Pure; thread-safe.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace inferad {

// Numbers go into result_series_number() (pipelines/findings/uids.h): new kinds at the end.
enum class ResultKind {
  seg,               // Segmentation, BINARY
  sr,                // Comprehensive 3D SR, TID 1500
  sr_comprehensive,  // Comprehensive SR: the same report, regions as far as this class can say them
  sr_triage,         // Comprehensive SR that says whether, never where
  seg_fractional,    // Segmentation, FRACTIONAL
  seg_labelmap,      // Label Map Segmentation
  sc,                // Secondary Capture
  pmap,              // Parametric Map
  kos,               // Key Object Selection
  pr,                // Grayscale Softcopy Presentation State
  derived,           // an image that the network made, of the class of its source
  mgcad,             // Mammography CAD SR, TID 4000
};

struct ResultKindFacts {
  ResultKind kind;
  std::string_view name;           // "SEG_LABELMAP"
  std::string_view sop_class_uid;  // "": one of several
  bool report = false;             // a document that a later revision supersedes
  bool refers = false;             // to other results: these arrive first
};

std::span<const ResultKindFacts> result_kinds();  // in the order in which they are written and sent
const ResultKindFacts& facts_of(ResultKind kind);
std::string_view to_string(ResultKind kind);
std::optional<ResultKind> result_kind(std::string_view name);

}  // namespace inferad
