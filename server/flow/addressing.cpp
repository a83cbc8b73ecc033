// SPDX-License-Identifier: Apache-2.0
#include "server/flow/addressing.h"

#include <algorithm>

namespace inferad::flow {
namespace {

bool wishes(const config::ResultDestination& destination, ResultKind kind) {
  return std::any_of(destination.send.begin(), destination.send.end(),
                     [&](const config::Wish& wish) { return std::find(wish.begin(), wish.end(), kind) != wish.end(); });
}

using Objects = std::vector<store::Fallback>;

std::optional<ResultEncoding> encoding_of(const StoredResult& result) {
  return result_encoding_of(result.object.transfer_syntax_uid);
}

Objects objects_of(ResultKind kind, std::optional<ResultKind> beside, std::span<const StoredResult> results,
                   std::optional<ResultEncoding> encoding = {}) {
  Objects objects;
  for (const auto& result : results)
    if (result.kind == kind && result.beside == beside && encoding_of(result) == encoding && result.refused.empty())
      objects.push_back(result.object);
  return objects;
}

// What the destination may get of `kind`, best first: in the encodings that it prefers; reports beside each
// segmentation that it wishes, else the first.
std::vector<Objects> alternatives_of(ResultKind kind, const config::ResultDestination& destination,
                                     std::span<const StoredResult> results) {
  std::vector<Objects> alternatives;
  for (const auto encoding : destination.encodings)
    if (auto objects = objects_of(kind, std::nullopt, results, encoding); !objects.empty())
      alternatives.push_back(std::move(objects));
  if (!alternatives.empty()) {
    alternatives.push_back(objects_of(kind, std::nullopt, results));
    return alternatives;
  }
  for (const auto& wish : destination.send)
    for (const auto beside : wish) {
      auto objects = objects_of(kind, beside, results);
      for (auto& object : objects) object.beside_class_uid = facts_of(beside).sop_class_uid;
      if (!objects.empty()) alternatives.push_back(std::move(objects));
    }
  if (!alternatives.empty()) return alternatives;
  const auto first = std::find_if(results.begin(), results.end(),
                                  [&](const auto& each) { return each.kind == kind && each.refused.empty(); });
  if (first != results.end()) alternatives.push_back(objects_of(kind, first->beside, results));
  return alternatives;
}

store::NewDelivery delivery_of(const std::string& destination, const Objects& offers) {
  const auto& first = offers.front();
  store::NewDelivery delivery;
  delivery.destination = destination;
  delivery.kind = first.kind;
  delivery.file = first.file;
  delivery.sop_class_uid = first.sop_class_uid;
  delivery.sop_instance_uid = first.sop_instance_uid;
  delivery.transfer_syntax_uid = first.transfer_syntax_uid;
  delivery.beside_class_uid = first.beside_class_uid;
  delivery.fallbacks.assign(offers.begin() + 1, offers.end());
  return delivery;
}

// A kind of several objects makes as many deliveries; the n-th falls back on the n-th object of the next alternative.
void add_deliveries(const config::Wish& wish, const config::ResultDestination& destination,
                    std::span<const StoredResult> results, std::vector<store::NewDelivery>& deliveries) {
  std::vector<Objects> alternatives;
  for (const auto kind : wish)
    for (auto& objects : alternatives_of(kind, destination, results)) alternatives.push_back(std::move(objects));
  for (std::size_t n = 0;; ++n) {
    Objects offers;
    for (const auto& objects : alternatives)
      if (n < objects.size()) offers.push_back(objects[n]);
    if (offers.empty()) return;
    deliveries.push_back(delivery_of(destination.peer, offers));
  }
}

// What a human has to know of: nothing goes out for this wish, since what there was failed its check.
void add_refused(const config::Wish& wish, const config::ResultDestination& destination,
                 std::span<const StoredResult> results, std::vector<store::NewDelivery>& deliveries) {
  const auto wished = [&](const StoredResult& each) {
    return std::find(wish.begin(), wish.end(), each.kind) != wish.end();
  };
  const auto usable = [&](const StoredResult& each) { return wished(each) && each.refused.empty(); };
  const auto refused = std::find_if(results.begin(), results.end(), wished);
  if (refused == results.end() || std::any_of(results.begin(), results.end(), usable)) return;
  auto& delivery = deliveries.emplace_back();
  delivery.destination = destination.peer;
  delivery.kind = to_string(refused->kind);
  delivery.parked_because = refused->refused;
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

std::vector<ResultEncoding> encodings_wanted(std::span<const config::ResultDestination> destinations) {
  std::vector<ResultEncoding> encodings;
  for (const auto& facts : result_encodings()) {
    const auto wanted = [&](const config::ResultDestination& destination) {
      const auto& all = destination.encodings;
      return std::find(all.begin(), all.end(), facts.encoding) != all.end();
    };
    if (std::any_of(destinations.begin(), destinations.end(), wanted)) encodings.push_back(facts.encoding);
  }
  return encodings;
}

std::vector<store::NewDelivery> addressed(std::span<const config::ResultDestination> destinations,
                                          std::span<const StoredResult> results) {
  std::vector<store::NewDelivery> deliveries;
  for (const auto& destination : destinations) {
    auto wishes = destination.send;
    std::stable_partition(wishes.begin(), wishes.end(),
                          [](const auto& wish) { return !facts_of(wish.front()).refers; });
    for (const auto& wish : wishes) add_deliveries(wish, destination, results, deliveries);
    for (const auto& wish : wishes) add_refused(wish, destination, results, deliveries);
  }
  return deliveries;
}

}  // namespace inferad::flow
