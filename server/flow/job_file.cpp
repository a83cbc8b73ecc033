// SPDX-License-Identifier: Apache-2.0
#include "server/flow/job_file.h"

#include <nlohmann/json.hpp>

#include "server/base/durable.h"

namespace inferad::flow {

std::string job_to_json(const store::JobLease& lease, std::span<const Candidate> series, const store::Spool& spool,
                        const JobSite& site) {
  using Json = nlohmann::ordered_json;
  auto candidates = Json::array();
  for (const auto& each : series) {
    auto files = Json::array();
    for (const auto id : each.spool_ids) files.push_back(std::filesystem::absolute(spool.path(id)).string());
    candidates.push_back({{"uid", each.uid}, {"files", std::move(files)}});
  }
  const Json job = {{"id", std::to_string(lease.id)},
                    {"pipeline", lease.pipeline},
                    {"study_uid", lease.study_uid},
                    {"revision", lease.revision},
                    {"predecessor_sr_uids", lease.predecessor_sr_uids},
                    {"series", std::move(candidates)},
                    {"created_at", to_iso8601(lease.created_at)},
                    {"timezone_offset", site.timezone_offset},
                    {"device_serial", site.device_serial},
                    {"institution", site.institution}};
  return job.dump(1, ' ', false, Json::error_handler_t::replace);
}

Status ensure_job_folder(const std::filesystem::path& folder, const store::JobLease& lease, const store::Spool& spool,
                         const JobSite& site) {
  INFERAD_TRY_STATUS(make_folders_durable(folder));
  const auto file = folder / "job.json";
  std::error_code error;
  if (std::filesystem::exists(file, error)) return ok();
  INFERAD_TRY(const auto series, candidates_from_json(lease.series_json));
  return write_file_durable(file, job_to_json(lease, series, spool, site));
}

}  // namespace inferad::flow
