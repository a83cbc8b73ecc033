// SPDX-License-Identifier: Apache-2.0
// Which destination gets what, and so what has to be written. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"
#include "server/config/settings.h"
#include "server/store/ledger_types.h"

namespace inferad::flow {

// A result as it lies in the job folder.
struct StoredResult {
  ResultKind kind = ResultKind::sr;
  store::Fallback object;
  std::optional<ResultKind> beside = {};  // of a report: the segmentation that it refers to
  std::string refused = {};               // why it failed its check; then there is no object
};

// Every kind that a destination may need, alternatives included, in the order to write them; SEG and SR when there is
// no destination.
std::vector<ResultKind> kinds_wanted(std::span<const config::ResultDestination> destinations);

// Every encoding that a destination prefers for a kind that it wishes, in the order to write them.
std::vector<ResultEncoding> encodings_wanted(std::span<const config::ResultDestination> destinations);

// One delivery for each destination and wish of which an object exists: the first such kind, the later ones as its
// fallbacks, each in the encodings that the destination prefers, then without. In the order of the profile, but what
// refers to other results goes after them. Of the reports of one kind a destination gets the one beside the
// segmentation that it gets; one that gets no segmentation, the first. A wish of which nothing is left but what failed
// its check is a parked delivery, behind all others: it holds none of them.
std::vector<store::NewDelivery> addressed(std::span<const config::ResultDestination> destinations,
                                          std::span<const StoredResult> results);

}  // namespace inferad::flow
