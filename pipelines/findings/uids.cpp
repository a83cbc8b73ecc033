// SPDX-License-Identifier: Apache-2.0
#include "pipelines/findings/uids.h"

#include <algorithm>

#include "server/base/hash.h"

namespace inferad::findings {

namespace {

constexpr int kKindsMax = 16;  // of results, each with a series number of its own

// Parts are written with their length, so that ("ab","c") and ("a","bc") are different names.
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const auto part : parts) name += std::to_string(part.size()) + ":" + std::string(part);
  return name;
}

std::string inputs_digest(std::vector<std::string> uids) {
  std::sort(uids.begin(), uids.end());
  std::string all;
  for (const auto& uid : uids) all += uid + "\n";
  return sha256_hex(all);
}

std::string derived(const Execution& execution, std::string_view kind, std::string_view level) {
  return derive_uid(joined({"inferad result", execution.study_uid, inputs_digest(execution.source_uids),
                            execution.pipeline, execution.pipeline_version, execution.model_sha256,
                            execution.parameters, execution.outcome, std::to_string(execution.revision), kind, level}));
}

}  // namespace

Execution execution_of(const Findings& findings, std::vector<std::string> source_uids) {
  return {findings.study_uid,
          findings.pipeline,
          findings.pipeline_version,
          findings.algorithm.model_sha256,
          findings.algorithm.parameters,
          std::string(to_string(findings.outcome)) + " " + findings.reason.value,
          findings.revision,
          std::move(source_uids)};
}

std::string result_instance_uid(const Execution& execution, ResultKind kind, std::string_view variant) {
  const auto name = std::string(to_string(kind)) + (variant.empty() ? "" : " ") + std::string(variant);
  return derived(execution, name, "instance");
}

std::string result_series_uid(std::string_view instance_uid) {
  return derive_uid(joined({"inferad series", instance_uid}));
}

std::string slice_instance_uid(std::string_view instance_uid, int slice) {
  return derive_uid(joined({"inferad slice", instance_uid, std::to_string(slice)}));
}

std::string dimension_organization_uid(std::string_view instance_uid) {
  return derive_uid(joined({"inferad dimensions", instance_uid}));
}

std::string frame_of_reference_uid(std::string_view series_uid) {
  return derive_uid(joined({"inferad frame of reference", series_uid}));
}

int result_series_number(std::string_view pipeline, ResultKind kind) {
  const auto digest = sha256_hex(joined({"inferad series number", pipeline}));
  const int slot = std::stoi(digest.substr(0, 4), nullptr, 16) % (1000 / kKindsMax);
  return 9000 + kKindsMax * slot + static_cast<int>(kind);
}

std::string tracking_uid(std::string_view study_uid, std::string_view pipeline, std::string_view id) {
  return derive_uid(joined({"inferad tracking", study_uid, pipeline, id}));
}

std::string algorithm_device_uid(const Algorithm& algorithm) {
  return derive_uid(joined({"inferad algorithm", algorithm.manufacturer, algorithm.name, algorithm.version,
                            algorithm.model_sha256, algorithm.parameters}));
}

std::string observer_device_uid(std::string_view device_serial) {
  return derive_uid(joined({"inferad observer", INFERAD_VERSION, device_serial}));
}

}  // namespace inferad::findings
