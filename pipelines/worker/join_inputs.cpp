// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/join_inputs.h"

#include <fmt/format.h>

#include <utility>

#include "server/base/durable.h"

namespace inferad::worker {

Result<std::vector<engine::JoinInput>> read_join_inputs(const findings::Job& job) {
  constexpr std::size_t kBytesMax = 16 << 20;
  std::vector<engine::JoinInput> inputs;
  for (const auto& each : job.inputs) {
    engine::JoinInput input{each.pipeline, {}, each.reason.empty() ? "it ended without findings" : each.reason};
    if (!each.findings.empty()) {
      INFERAD_TRY(const auto text, read_file(each.findings, kBytesMax));
      INFERAD_TRY(input.findings, findings::findings_from_json(text));
      const auto& found = *input.findings;
      if (found.study_uid != job.study_uid || found.pipeline != each.pipeline || found.revision != job.revision) {
        return Error{Errc::invalid_input, fmt::format("{} is not what {} said about revision {} of this study",
                                                      each.findings.string(), each.pipeline, job.revision)};
      }
    }
    inputs.push_back(std::move(input));
  }
  return inputs;
}

}  // namespace inferad::worker
