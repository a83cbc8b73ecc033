// SPDX-License-Identifier: Apache-2.0
// Files of a modality worklist (PS3.4 annex K), in a folder that a PACS serves.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/base/hash.h"
#include "server/flow/message_channel.h"
#include "server/flow/way.h"

namespace inferad::flow {
namespace {

using Json = nlohmann::ordered_json;

std::string_view note(WorklistOutcome outcome) {
  switch (outcome) {
    case WorklistOutcome::raised:
      return "";
    case WorklistOutcome::created:
      return "entry made";
    case WorklistOutcome::stays:
      return "not changed: the entry is as urgent, or says what we do not know";
    case WorklistOutcome::not_there:
      return "not changed: there is no entry of this study";
  }
  return "";
}

class WorklistFileWay final : public Way {
 public:
  explicit WorklistFileWay(config::WorklistFolder settings) : settings_(std::move(settings)) {}

  const std::string& name() const override { return settings_.name; }
  std::string address() const override { return settings_.folder.string(); }
  bool wants(const Notice& notice) const override { return notice.decision.level <= settings_.least_level; }

  store::NewDelivery message(const Notice& notice) const override {
    Json study = Json::object();
    for (const auto keyword : kWorklistAttributes)
      if (const auto value = attribute(notice.study, keyword); !value.empty()) study[std::string(keyword)] = value;
    const Json message = {{"file", "inferad-" + sha256_hex(notice.job.study_uid).substr(0, 32) + ".wl"},
                          {"level", to_string(notice.decision.level)},
                          {"study", std::move(study)},
                          {"accessions", accessions_of(notice.orders)}};
    store::NewDelivery delivery;
    delivery.destination = settings_.name;
    delivery.kind = "WORKLIST_FILE";
    delivery.message = message.dump(-1, ' ', false, Json::error_handler_t::replace);
    return delivery;
  }

  std::unique_ptr<Channel> channel(const Edges& edges, Metrics&) const override {
    return make_message_channel([&files = edges.worklist_files, settings = settings_](
                                    const auto& delivery, const auto& stop) -> std::optional<Judgement> {
      const auto done = files.raise(raise_of(settings, Json::parse(delivery.message)), stop);
      if (done) return Judgement{Verdict::delivered, std::string(note(*done))};
      if (done.error().code == Errc::cancelled) return std::nullopt;
      return judge_error(done.error());
    });
  }

 private:
  static WorklistRaise raise_of(const config::WorklistFolder& settings, const Json& message) {
    WorklistRaise raise;
    raise.folder = settings.folder;
    raise.words = settings.words;
    raise.level = level_from(message.at("level").get<std::string>()).value_or(Level::routine);
    for (const auto& [keyword, value] : message.at("study").items()) raise.study[keyword] = value.get<std::string>();
    raise.accessions = message.value("accessions", std::vector<std::string>());
    if (settings.create) raise.file = message.at("file").get<std::string>();
    raise.station_ae_title = settings.station_ae_title;
    raise.keep = settings.keep;
    return raise;
  }

  const config::WorklistFolder settings_;
};

}  // namespace

void add_worklist_file_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.notices.worklist_folders) ways.push_back(std::make_unique<WorklistFileWay>(each));
}

}  // namespace inferad::flow
