// SPDX-License-Identifier: Apache-2.0
#include "server/flow/job_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "server/base/durable.h"
#include "server/base/log.h"

namespace inferad::flow {
namespace {

constexpr std::size_t kJobFileBytesMax = 256 << 20;
constexpr std::size_t kReasonMax = 1000;  // bytes; config/schema/job.schema.json allows 2000 characters
constexpr std::array kIdentity{"id", "pipeline", "study_uid", "revision", "series"};

bool same_job(const std::string& there, const std::string& wanted) {
  const auto a = nlohmann::json::parse(there, nullptr, false), b = nlohmann::json::parse(wanted, nullptr, false);
  if (!a.is_object()) return false;
  return std::all_of(kIdentity.begin(), kIdentity.end(),
                     [&](const char* member) { return a.contains(member) && a.at(member) == b.at(member); });
}

// An operator had a failed job tried again: what it makes supersedes the report of the failure. Nothing else of the
// job changes.
Status keep_predecessors(const std::filesystem::path& file, const std::string& there, const std::string& wanted) {
  auto job = nlohmann::ordered_json::parse(there);
  const auto asked = nlohmann::ordered_json::parse(wanted);
  if (job.contains("predecessors") && job.at("predecessors") == asked.at("predecessors")) return ok();
  job["predecessors"] = asked.at("predecessors");
  return write_file_durable(file, job.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// All but job.json, which is replaced last: until then the folder is known to be foreign, also after a crash.
Status empty_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> strangers;
  for (std::filesystem::directory_iterator each(folder, error), end; !error && each != end; each.increment(error)) {
    if (each->path().filename() != "job.json") strangers.push_back(each->path());
  }
  for (const auto& path : strangers) {
    if (!error) std::filesystem::remove_all(path, error);
  }
  if (error) return Error{Errc::io, "cannot empty the folder of a job: " + error.message()};
  return strangers.empty() ? ok() : sync_folder(folder);
}

}  // namespace

std::string job_folder_name(const store::JobLease& lease) {
  const auto name = std::to_string(lease.id);
  return lease.run == 1 ? name : name + "." + std::to_string(lease.run);
}

std::string job_to_json(const store::JobLease& lease, std::span<const Candidate> series, const store::Spool& spool,
                        const JobSite& site, const std::filesystem::path& jobs) {
  using Json = nlohmann::ordered_json;
  auto candidates = Json::array();
  for (const auto& each : series) {
    auto files = Json::array();
    for (const auto id : each.spool_ids) files.push_back(std::filesystem::absolute(spool.path(id)).string());
    candidates.push_back({{"uid", each.uid}, {"files", std::move(files)}});
  }
  Json job = {{"id", std::to_string(lease.id)},
              {"pipeline", lease.pipeline},
              {"study_uid", lease.study_uid},
              {"revision", lease.revision},
              {"predecessors", Json::array()},
              {"series", std::move(candidates)},
              {"created_at", to_iso8601(lease.created_at)},
              {"timezone_offset", site.timezone_offset},
              {"device_serial", site.device_serial},
              {"institution", site.institution}};
  for (const auto& report : lease.predecessors)
    job["predecessors"].push_back({{"kind", report.kind}, {"sop_instance_uid", report.sop_instance_uid}});
  for (const auto kind : site.results) job["results"].push_back(to_string(kind));
  for (const auto encoding : site.encodings) job["encodings"].push_back(to_string(encoding));
  if (site.full_masks) job["full_masks"] = true;
  for (const auto& input : lease.inputs) {
    const auto file = std::filesystem::absolute(jobs / std::to_string(input.id) / "findings.json");
    job["inputs"].push_back({{"pipeline", input.pipeline},
                             {"findings", input.findings ? file.string() : std::string()},
                             {"reason", input.findings ? std::string() : input.reason.substr(0, kReasonMax)}});
  }
  return job.dump(1, ' ', false, Json::error_handler_t::replace);
}

Status ensure_job_folder(const std::filesystem::path& folder, const store::JobLease& lease, const store::Spool& spool,
                         const JobSite& site) {
  INFERAD_TRY_STATUS(make_folders_durable(folder));
  const auto file = folder / "job.json";
  INFERAD_TRY(const auto series, candidates_from_json(lease.series_json));
  const auto wanted = job_to_json(lease, series, spool, site, folder.parent_path());
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    const auto there = read_file(file, kJobFileBytesMax);
    if (!there && there.error().code == Errc::io) return there.error();
    if (there && same_job(*there, wanted)) return keep_predecessors(file, *there, wanted);
    log::warning("foreign_job_folder_emptied", {{"job", lease.id}});
  }
  INFERAD_TRY_STATUS(empty_folder(folder));
  return write_file_durable(file, wanted);
}

}  // namespace inferad::flow
