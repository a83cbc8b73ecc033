// SPDX-License-Identifier: Apache-2.0
// An association that we opened, for a thread that may wait: a BlockingStream driven by ul::Requestor. Internal to
// net/. Not thread-safe; the stop token may be triggered from any thread. After an error the association is over.
#pragma once

#include <filesystem>
#include <stop_token>

#include "server/base/clock.h"
#include "server/flow/ports.h"
#include "server/net/blocking_stream.h"
#include "server/net/dicom_client.h"
#include "server/ul/requestor.h"

namespace inferad::net {

class DicomAssociation {
 public:
  DicomAssociation(const flow::DicomPeer& peer, std::vector<ul::ProposedContext> contexts,
                   const DicomClientOptions& options, Millis response_deadline, std::stop_token stop,
                   std::vector<ul::RoleSelection> roles = {});

  Status open();
  const ul::NegotiatedContext* find(std::string_view sop_class, std::string_view transfer_syntax) const {
    return requestor_.find_context(sop_class, transfer_syntax);
  }
  std::uint16_t next_message_id() { return requestor_.next_message_id(); }

  // Sends a command (with a small data set when it says so) and gives the first response.
  Result<ul::Response> request(const ul::NegotiatedContext& context, const ul::Command& command,
                               ul::ByteView data_set = {});
  // Sends a C-STORE-RQ with the bytes of `file` from `offset` on as data set. io: the file cannot be read; the
  // association is aborted then.
  Result<ul::Response> store(const ul::NegotiatedContext& context, const ul::Command& command,
                             const std::filesystem::path& file, std::int64_t offset);
  Result<ul::Response> next_response();  // a further one to the same request
  void release();                        // waits for the peer's answer; errors do not matter any more

 private:
  Result<ul::Requestor::Action> next_action();  // anything but NeedInput and Send
  Status flush();                               // writes what the machine has queued
  Status receive();
  Error closed(const ul::RequestorClosed& closed) const;
  Error with_peer(Error error) const { return with_context(std::move(error), peer_.name); }

  const flow::DicomPeer& peer_;
  const DicomClientOptions options_;
  BlockingStream stream_;
  ul::Requestor requestor_;
  ul::Bytes input_;
  std::size_t consumed_ = 0;
};

}  // namespace inferad::net
