// SPDX-License-Identifier: Apache-2.0
// Evaluates a condition of a routing rule over a study or one of its series, and says why. Pure.
// A test of an attribute is met when one image in scope has a value that meets it; so "not (ImageType is LOCALIZER)"
// means that no image is one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "server/config/condition.h"
#include "server/flow/series_facts.h"
#include "server/store/ledger_types.h"

namespace inferad::flow {

// A study with the facts of its series. Refers to `content`, which must outlive it.
struct StudyView {
  explicit StudyView(const store::StudyContent& study_content);
  const store::StudyContent& content;
  std::vector<SeriesFacts> facts;  // of content.series, same order
  int images = 0;
};

struct Check {
  config::Condition::Kind kind = config::Condition::Kind::all;
  bool met = false;
  std::string condition;       // in words: "Modality is CT"
  std::string found;           // what the images have: "MR, SR", "absent"; may be patient data
  bool found_is_ours = false;  // `found` is a fact about slices, not a header value: may be shown anywhere
  std::vector<Check> parts;
};

// `series`: index of the series in scope; nullopt: the study.
Check check(const config::Condition& condition, const StudyView& study, std::optional<std::size_t> series);
bool is_met(const config::Condition& condition, const StudyView& study, std::optional<std::size_t> series);

// The first thing that keeps an unmet check from being met, without header values:
// "the rule asks that orientation is axial (found: coronal)".
std::string why_unmet(const Check& check);

}  // namespace inferad::flow
