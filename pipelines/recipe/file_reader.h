// SPDX-License-Identifier: Apache-2.0
// What the readers of pipeline.json, model.json and a bundle's metadata.json share. For those only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/recipe/eligibility.h"
#include "pipelines/recipe/finding_head.h"
#include "server/base/json_document.h"

namespace inferad::recipe {

// A mistake is noted and gives "".
std::string required_text(JsonObject& object, const char* name, std::size_t characters_max);
std::string optional_text(JsonObject& object, const char* name, std::size_t characters_max);

// One text or a list of them.
std::vector<std::string> texts(const JsonNode& node, std::size_t count_max, std::size_t characters_max);

Range range(const JsonNode& node, double least, double most);  // {"min": …, "max": …}
findings::CodedConcept coded_concept(const JsonNode& node);
std::optional<findings::CodedConcept> optional_concept(JsonObject& object, const char* name);
Eligibility eligibility(const JsonNode& node);
Intensity intensity(const JsonNode& node);

// A name that others refer to: letters, digits, - and _.
std::string identifier(JsonObject& object, const char* name);

void read_head(JsonObject& finding, FindingHead& head);

// All problems, one a line.
Error error_of(const Problems& problems);

}  // namespace inferad::recipe
