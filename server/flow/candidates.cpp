// SPDX-License-Identifier: Apache-2.0
#include "server/flow/candidates.h"

#include <nlohmann/json.hpp>

#include "server/core/uid.h"

namespace inferad::flow {

std::string candidates_to_json(std::span<const Candidate> candidates) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& each : candidates) list.push_back({{"uid", each.uid}, {"objects", each.spool_ids}});
  return list.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

Result<std::vector<Candidate>> candidates_from_json(std::string_view text) {
  const Error unreadable{Errc::invalid_input, "the series of a job in the ledger cannot be read"};
  const auto list = nlohmann::json::parse(text, nullptr, false);
  if (!list.is_array()) return unreadable;
  std::vector<Candidate> candidates;
  for (const auto& entry : list) {
    if (!entry.is_object() || !entry.contains("uid") || !entry.contains("objects")) return unreadable;
    const auto& uid = entry["uid"];
    const auto& objects = entry["objects"];
    if (!uid.is_string() || !is_valid_uid(uid.get_ref<const std::string&>()) || !objects.is_array()) return unreadable;
    Candidate candidate{uid.get<std::string>(), {}};
    for (const auto& object : objects) {
      if (!object.is_number_integer()) return unreadable;
      candidate.spool_ids.push_back(object.get<std::int64_t>());
    }
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

}  // namespace inferad::flow
