// SPDX-License-Identifier: Apache-2.0
// Our DICOM client: sends results (C-STORE), asks for counts (C-FIND) and tests peers (C-ECHO), over the requestor
// machine of server/ul.
//
// Operation: one association a call; data sets go out as they stand in the file, fragment by fragment, never converted.
// Each pair of SOP class and stored transfer syntax, fallbacks included, is proposed as a presentation context of its
// own. A fallback goes when the peer accepts no context for what comes before it, or answers that with 0122. Errors:
// unavailable (no connection, association rejected, aborted or broken: a peer that is being set up may accept later),
// timeout, cancelled; refused (the peer accepts no context for the object), io (our own file). Concurrency:
// thread-safe; calls share nothing.
#pragma once

#include "server/base/clock.h"
#include "server/flow/ports.h"

namespace inferad::net {

struct DicomClientOptions {
  Millis connect_deadline{10'000};
  Millis associate_deadline{30'000};
  Millis response_deadline{120'000};  // to an object: archives think before they answer
  Millis query_deadline{15'000};
  Millis release_deadline{3'000};  // everything is answered by then: nothing is lost by closing
  Millis write_deadline{60'000};   // for one piece of at most 256 KiB
};

class DicomClient final : public flow::StorageSender, public flow::StudyCounter {
 public:
  explicit DicomClient(DicomClientOptions options = {}) : options_(options) {}

  std::vector<Result<flow::StoreAnswer>> send(const flow::DicomPeer& peer,
                                              std::span<const flow::OutgoingObject> objects,
                                              std::stop_token stop) override;
  Status echo(const flow::DicomPeer& peer, std::stop_token stop) override;
  Result<std::optional<int>> count_instances(const flow::DicomPeer& peer, const std::string& study_uid,
                                             std::stop_token stop) override;

 private:
  const DicomClientOptions options_;
};

}  // namespace inferad::net
