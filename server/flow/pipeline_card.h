// SPDX-License-Identifier: Apache-2.0
// What a pipeline and its models are for, as their files say it: for the page, one click from a result. Reads
// pipeline.json and model.json of the configured folders at the time it is asked; nothing is executed.
#pragma once

#include <filesystem>
#include <string>

#include "server/base/result.h"

namespace inferad::flow {

// {"name", "version", "title", "manufacturer", "eligibility", "findings", "uncertainty",
//  "models": [{"name", "version", "sha256", "precision", "card"}]}: members as in the files, absent ones left out.
// not_found: `pipeline` is no name of a folder there, or its pipeline.json is no JSON object.
Result<std::string> pipeline_card(const std::filesystem::path& pipelines, const std::filesystem::path& models,
                                  const std::string& pipeline);

}  // namespace inferad::flow
