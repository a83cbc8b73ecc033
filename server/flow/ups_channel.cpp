// SPDX-License-Identifier: Apache-2.0
#include "server/flow/ups_channel.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "server/core/ups.h"
#include "server/flow/ups_judgement.h"

namespace inferad::flow {
namespace {

constexpr int kBatch = 16;

using Judgements = std::vector<std::optional<Judgement>>;

std::uint32_t tag_of(config::UpsKey key) {
  return key == config::UpsKey::study_uid ? tag::study_uid : tag::accession_number;
}

Judgement judgement(UpsStep step, std::uint16_t status) {
  const auto judged = judge_ups(step, status);
  return {judged.verdict, judged.meaning.empty() ? "" : fmt::format("status {:04X}: {}", status, judged.meaning)};
}

// What the requests of a task say there, each once: one Study Instance UID, an accession number for each order.
std::set<std::string> values(const DataSet& task, std::uint32_t key) {
  std::set<std::string> found;
  for (const auto& each : task.items(tag::referenced_request)) found.emplace(each.text(key));
  found.erase("");
  return found;
}

// Whether the answer itself says that the task is of this study.
bool is_of_study(const DataSet& task, std::uint32_t key, const std::string& value, const std::string& study_uid) {
  const auto& requests = task.items(tag::referenced_request);
  return std::any_of(requests.begin(), requests.end(), [&](const DataSet& each) {
    const auto study = each.text(tag::study_uid);
    return each.text(key) == value && (study.empty() || study == study_uid);
  });
}

// One delivery over an open conversation.
class Raise {
 public:
  Raise(DimseConversation& peer, const config::UpsDestination& destination, const store::DeliveryLease& delivery,
        DataSet task)
      : peer_(peer), destination_(destination), delivery_(delivery), task_(std::move(task)) {}

  Result<Judgement> run() {
    const bool several = values(task_, tag::accession_number).size() > 1;  // orders: each may have a task of its own
    for (const auto key : destination_.find_by) {
      for (const auto& value : values(task_, tag_of(key))) {
        INFERAD_TRY(const auto failure, find(tag_of(key), value));
        if (failure) return *failure;
      }
      if (!found_.empty() && !several) break;
    }
    if (!found_.empty()) return raise_found();
    if (destination_.create_if_missing) return create();
    if (delivery_.attempts < kUpsMissingAttemptsMax)
      return Judgement{Verdict::retry, "the worklist has no task for this study yet"};
    return Judgement{Verdict::park, "the worklist has no task for this study"};
  }

 private:
  // The judgement, when the query failed.
  Result<std::optional<Judgement>> find(std::uint32_t key, const std::string& value) {
    DataSet request, identifier;
    request.set(tag::study_uid, "").set(tag::accession_number, "").set(key, value);
    identifier.set(tag::sop_instance_uid, "").set(tag::state, "").set(tag::priority, "");
    identifier.set_items(tag::referenced_request, {request});
    INFERAD_TRY(auto answer, peer_.ask({DimseVerb::find, std::string(ups::pull), std::string(ups::pull), "", 0,
                                        std::move(identifier)}));
    if (const auto failed = judgement(UpsStep::find, answer.status); failed.verdict != Verdict::delivered)
      return std::optional(failed);
    const std::string study(task_.item(tag::referenced_request).text(tag::study_uid));
    for (auto& each : answer.data_sets) {
      std::string uid(each.text(tag::sop_instance_uid));
      if (!uid.empty() && is_of_study(each, key, value, study))
        found_.insert_or_assign(std::move(uid), std::move(each));
    }
    return std::optional<Judgement>();
  }

  // The worst of what became of each.
  Result<Judgement> raise_found() {
    std::optional<Judgement> worst;
    for (const auto& [uid, each] : found_) {
      INFERAD_TRY(auto one, raise(each));
      if (!worst || one.verdict > worst->verdict) worst = std::move(one);
    }
    return *worst;
  }

  Result<Judgement> raise(const DataSet& found) {
    const auto state = ups::state_from(found.text(tag::state));
    if (state && ups::is_final(*state)) return Judgement{Verdict::delivered_with_warning, "the task has ended"};
    if (state == ups::State::in_progress)
      return Judgement{Verdict::delivered_with_warning, "somebody has claimed the task"};
    const auto priority = found.text(tag::priority);
    if (ups::priority_rank(priority) <= ups::priority_rank(task_.text(tag::priority)))
      return Judgement{Verdict::delivered, "the task is as urgent already"};
    return set(std::string(found.text(tag::sop_instance_uid)));
  }

  Result<Judgement> set(std::string uid) {
    DataSet change;
    change.set(tag::priority, task_.text(tag::priority));
    INFERAD_TRY(const auto answer, peer_.ask({DimseVerb::set, std::string(ups::pull), std::string(ups::push),
                                              std::move(uid), 0, std::move(change)}));
    return judgement(UpsStep::set, answer.status);
  }

  Result<Judgement> create() {
    INFERAD_TRY(const auto answer, peer_.ask({DimseVerb::create, std::string(ups::push), std::string(ups::push),
                                              delivery_.sop_instance_uid, 0, task_}));
    if (!judge_ups(UpsStep::create, answer.status).exists) return judgement(UpsStep::create, answer.status);
    return raise_own();
  }

  // A task under our UID that the query did not show: what it says of itself decides, so that nothing is lowered.
  Result<Judgement> raise_own() {
    INFERAD_TRY(const auto answer, peer_.ask({DimseVerb::get, std::string(ups::pull), std::string(ups::push),
                                              delivery_.sop_instance_uid, 0, std::nullopt}));
    if (answer.status != ups::success) return judgement(UpsStep::set, answer.status);
    if (answer.data_sets.empty()) return Judgement{Verdict::retry, "the worklist does not tell what is in the task"};
    DataSet found = answer.data_sets.front();
    found.set(tag::sop_instance_uid, delivery_.sop_instance_uid);
    return raise(found);
  }

  DimseConversation& peer_;
  const config::UpsDestination& destination_;
  const store::DeliveryLease& delivery_;
  const DataSet task_;
  std::map<std::string, DataSet> found_;  // by SOP Instance UID
};

class UpsChannel final : public Channel {
 public:
  UpsChannel(DimseCaller& caller, DicomPeer peer, config::UpsDestination destination)
      : caller_(caller), peer_(std::move(peer)), destination_(std::move(destination)) {}

  int batch_max() const override { return kBatch; }

  Judgements send(std::span<const store::DeliveryLease> deliveries, const std::stop_token& stop) override {
    Judgements judgements(deliveries.size());
    std::vector<std::string> classes{std::string(ups::pull)};
    if (destination_.create_if_missing) classes.emplace_back(ups::push);
    const auto conversation = caller_.call(peer_, classes, false, stop);
    if (!conversation) {
      if (conversation.error().code != Errc::cancelled) judgements[0] = judge_error(conversation.error());
      return judgements;
    }
    std::set<std::int64_t> held;  // what did not arrive holds what comes after it in its study
    for (std::size_t i = 0; i < deliveries.size(); ++i) {
      if (held.contains(deliveries[i].study_id)) continue;
      auto task = data_set_from_json(deliveries[i].message);
      const auto raised =
          task ? Raise(**conversation, destination_, deliveries[i], *std::move(task)).run() : task.error();
      if (!raised && raised.error().code == Errc::cancelled) return judgements;
      judgements[i] = raised ? *raised : judge_error(raised.error());
      if (judgements[i]->verdict == Verdict::retry_peer) return judgements;
      if (judgements[i]->verdict >= Verdict::retry) held.insert(deliveries[i].study_id);
    }
    (*conversation)->release();
    return judgements;
  }

 private:
  DimseCaller& caller_;
  const DicomPeer peer_;
  const config::UpsDestination destination_;
};

}  // namespace

std::unique_ptr<Channel> make_ups_channel(DimseCaller& caller, DicomPeer peer, config::UpsDestination destination) {
  return std::make_unique<UpsChannel>(caller, std::move(peer), std::move(destination));
}

}  // namespace inferad::flow
