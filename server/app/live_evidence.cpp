// SPDX-License-Identifier: Apache-2.0
// What pages, API and metrics see of evidence.
#include "server/app/live_node_view.h"
#include "server/store/evidence.h"

namespace inferad::app {

Result<Evidence> LiveNodeView::evidence(int days) {
  const auto settings = parts_.configuration.get()->settings.evidence;
  return evidence_.evidence(days > 0 ? days : settings.days, settings.group_min);
}

Result<int> LiveNodeView::take_report(const ReportNews& news) {
  store::EvidenceLedger ledger(parts_.ledger);
  INFERAD_TRY(const auto studies, ledger.studies_known_as(news.study));
  if (studies.empty()) return Error{Errc::not_found, "No study here has this accession number or Study Instance UID."};
  std::vector<store::ReportStatement> statements;
  for (const auto& each : news.statements) statements.push_back({0, each.finding, each.present});
  for (const auto study : studies) {
    INFERAD_TRY_STATUS(ledger.record_statements(study, statements, news.source, wall_now()));
    if (parts_.study_changed) parts_.study_changed(study);
  }
  return static_cast<int>(studies.size());
}

}  // namespace inferad::app
