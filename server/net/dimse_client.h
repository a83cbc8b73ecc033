// SPDX-License-Identifier: Apache-2.0
// Our side of services that speak in small data sets, as association requestor: UPS as SCU (C-FIND, N-SET, N-CREATE),
// and N-EVENT-REPORT as SCP. Thread-safe; a conversation is of one thread. Deadlines: DicomClientOptions.
#pragma once

#include "server/flow/dimse_ports.h"
#include "server/net/dicom_client.h"

namespace inferad::net {

class DimseClient final : public flow::DimseCaller {
 public:
  // `codec` outlives the client and its conversations.
  explicit DimseClient(const flow::DataSetCodec& codec, DicomClientOptions options = {})
      : codec_(codec), options_(options) {}

  static constexpr std::size_t kMatchesMax = 1000;  // more answers to one C-FIND end the association

  Result<std::unique_ptr<flow::DimseConversation>> call(const flow::DicomPeer& peer,
                                                        const std::vector<std::string>& abstract_syntaxes, bool as_scp,
                                                        std::stop_token stop) override;

 private:
  const flow::DataSetCodec& codec_;
  const DicomClientOptions options_;
};

}  // namespace inferad::net
