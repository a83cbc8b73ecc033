// SPDX-License-Identifier: Apache-2.0
// Our worklist as a Unified Procedure Step SCP (PS3.4 Annex CC): one request in, its responses out. Durable before it
// answers: what was claimed, completed or created is in the ledger.
//
// Reading tasks are ours: a peer claims, follows, annotates and completes them, or gives them back by canceling. Nobody
// cancels one that waits (a study must not leave the list unread: C313), nobody sets its priority. An analysis is
// created by a peer, with a code (PIPELINE, 99INFERAD) and the study in Input Information or Referenced Request
// Sequence; we perform it, so nobody else claims it.
// Not thread-safe: the desk calls it on one thread.
#pragma once

#include <filesystem>

#include "server/config/rules.h"
#include "server/flow/dimse_ports.h"
#include "server/flow/ports.h"
#include "server/flow/ups_render.h"
#include "server/store/workitems.h"
#include "server/worklist/ups_state.h"

namespace inferad::flow {

struct UpsServiceParts {  // all outlive the service
  store::Ledger& ledger;
  store::Workitems& workitems;
  HeaderReader& headers;
  const DataSetCodec& codec;
  std::string our_ae_title;
  std::filesystem::path data_folder;
  std::function<bool(const std::string& pipeline)> offers;         // whether a worker offers it now
  std::function<bool(const std::string& ae_title)> can_report_to;  // a peer that event reports can go to
  std::function<std::shared_ptr<const config::Routing>()> routing;
  std::function<void(std::int64_t study_id)> changed;  // something of the study did
};

class UpsService {
 public:
  static constexpr int kMatchesMax = 1000;
  static constexpr std::size_t kAttributesMax = 256 << 10;  // of one workitem, as JSON

  explicit UpsService(UpsServiceParts parts) : parts_(std::move(parts)) {}

  std::vector<DimseReply> answer(const DimseMessage& message);
  Result<DataSet> shown(const store::Workitem& item);

 private:
  using Replies = std::vector<DimseReply>;
  struct Asked {
    const DimseMessage& message;
    DataSet data_set;
    std::optional<store::Workitem> item;
  };
  Result<DimseReply> serve(const Asked& asked);
  Result<Replies> find(const Asked& asked);
  Result<DimseReply> get(const Asked& asked);
  Result<DimseReply> set(const Asked& asked);
  Result<DimseReply> create(const Asked& asked);
  Result<DimseReply> change_state(const Asked& asked);
  Result<DimseReply> request_cancel(const Asked& asked);
  Result<DimseReply> subscription(const Asked& asked);
  Result<std::string> series_for(const std::string& pipeline, std::int64_t study_id);
  Result<std::vector<ResultReference>> results_of(std::int64_t job_id);
  worklist::UpsSituation situation(const Asked& asked) const;

  const UpsServiceParts parts_;
};

}  // namespace inferad::flow
