// SPDX-License-Identifier: Apache-2.0
#include "server/flow/addressing.h"

#include <algorithm>

namespace inferad::flow {
namespace {

bool wishes(const config::ResultDestination& destination, ResultKind kind) {
  return std::any_of(destination.send.begin(), destination.send.end(),
                     [&](const config::Wish& wish) { return std::find(wish.begin(), wish.end(), kind) != wish.end(); });
}

// The objects of `kind` that the destination may get, best first.
std::vector<store::Fallback> offers_of(ResultKind kind, const config::ResultDestination& destination,
                                       std::span<const StoredResult> results) {
  std::vector<store::Fallback> offers;
  for (const auto& wish : destination.send)
    for (const auto beside : wish)
      for (const auto& result : results) {
        if (result.kind != kind || result.beside != beside) continue;
        offers.push_back(result.object);
        offers.back().beside_class_uid = facts_of(beside).sop_class_uid;
      }
  if (!offers.empty()) return offers;
  const auto first = std::find_if(results.begin(), results.end(), [&](const auto& each) { return each.kind == kind; });
  for (auto each = first; each != results.end(); ++each)
    if (each->kind == kind && each->beside == first->beside) offers.push_back(each->object);
  return offers;
}

// Empty when no object of the wish exists.
store::NewDelivery delivery_of(const config::Wish& wish, const config::ResultDestination& destination,
                               std::span<const StoredResult> results) {
  std::vector<store::Fallback> offers;
  for (const auto kind : wish)
    for (auto& offer : offers_of(kind, destination, results)) offers.push_back(std::move(offer));
  store::NewDelivery delivery;
  if (offers.empty()) return delivery;
  const auto first = offers.front();
  delivery.destination = destination.peer;
  delivery.kind = first.kind;
  delivery.file = first.file;
  delivery.sop_class_uid = first.sop_class_uid;
  delivery.sop_instance_uid = first.sop_instance_uid;
  delivery.transfer_syntax_uid = first.transfer_syntax_uid;
  delivery.beside_class_uid = first.beside_class_uid;
  delivery.fallbacks.assign(offers.begin() + 1, offers.end());
  return delivery;
}

}  // namespace

std::vector<ResultKind> kinds_wanted(std::span<const config::ResultDestination> destinations) {
  if (destinations.empty()) return {ResultKind::seg, ResultKind::sr};
  std::vector<ResultKind> kinds;
  for (const auto& facts : result_kinds()) {
    const auto wanted = [&](const auto& destination) { return wishes(destination, facts.kind); };
    if (std::any_of(destinations.begin(), destinations.end(), wanted)) kinds.push_back(facts.kind);
  }
  return kinds;
}

std::vector<store::NewDelivery> addressed(std::span<const config::ResultDestination> destinations,
                                          std::span<const StoredResult> results) {
  std::vector<store::NewDelivery> deliveries;
  for (const auto& destination : destinations) {
    auto wishes = destination.send;
    std::stable_partition(wishes.begin(), wishes.end(),
                          [](const auto& wish) { return !facts_of(wish.front()).refers; });
    for (const auto& wish : wishes) {
      auto delivery = delivery_of(wish, destination, results);
      if (!delivery.kind.empty()) deliveries.push_back(std::move(delivery));
    }
  }
  return deliveries;
}

}  // namespace inferad::flow
