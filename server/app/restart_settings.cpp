// SPDX-License-Identifier: Apache-2.0
#include "server/app/restart_settings.h"

#include <string_view>

namespace inferad::app {
namespace {

class Keeper {
 public:
  template <class T>
  void keep(T& next, const T& at_start, std::string_view name) {
    if (next == at_start) return;
    next = at_start;
    if (!changed_.empty()) changed_ += ", ";
    changed_ += name;
  }
  std::string changed() const { return changed_; }

 private:
  std::string changed_;
};

}  // namespace

std::string keep_until_restart(config::Settings& next, const config::Settings& at_start) {
  Keeper keeper;
  keeper.keep(next.ae_title, at_start.ae_title, "ae_title");
  keeper.keep(next.data_folder, at_start.data_folder, "data_folder");
  keeper.keep(next.pipelines_folder, at_start.pipelines_folder, "pipelines_folder");
  keeper.keep(next.models_folder, at_start.models_folder, "models_folder");
  keeper.keep(next.insecure_plaintext, at_start.insecure_plaintext, "insecure_plaintext");
  keeper.keep(next.site, at_start.site, "site");
  keeper.keep(next.dicom, at_start.dicom, "dicom");
  keeper.keep(next.http, at_start.http, "http");
  keeper.keep(next.storage, at_start.storage, "storage");
  keeper.keep(next.assembler, at_start.assembler, "assembler");
  keeper.keep(next.workers, at_start.workers, "workers");
  keeper.keep(next.retry, at_start.retry, "retry");
  auto& alarm = next.worklist;
  keeper.keep(alarm.alarm_results, at_start.worklist.alarm_results, "worklist.alarm_results");
  keeper.keep(alarm.alarm_share, at_start.worklist.alarm_share, "worklist.alarm_share");
  keeper.keep(alarm.alarm_release_share, at_start.worklist.alarm_release_share, "worklist.alarm_release_share");
  keeper.keep(next.results, at_start.results, "results");
  keeper.keep(next.hl7, at_start.hl7, "hl7");
  keeper.keep(next.hl7_listener, at_start.hl7_listener, "hl7_listener");
  keeper.keep(next.ups, at_start.ups, "ups");
  keeper.keep(next.notices.webhooks, at_start.notices.webhooks, "webhooks");
  keeper.keep(next.notices.fhir, at_start.notices.fhir, "fhir");
  keeper.keep(next.notices.worklist_folders, at_start.notices.worklist_folders, "worklist_folders");
  keeper.keep(next.notices.mail, at_start.notices.mail, "mail");
  keeper.keep(next.notices.critical, at_start.notices.critical, "critical");
  return keeper.changed();
}

}  // namespace inferad::app
