// SPDX-License-Identifier: Apache-2.0
// The seams for services that speak in small data sets (UPS): implemented by dicom/ and net/, faked by tests. Like
// ports.h, of which this is a part, it knows no socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/data_set.h"
#include "server/flow/ports.h"

namespace inferad::flow {

// Data sets as bytes, in implicit or explicit VR little endian. Thread-safe.
class DataSetCodec {
 public:
  virtual ~DataSetCodec() = default;
  // A bounded scan (depth, elements, lengths), then the text as UTF-8. invalid_input: broken, or beyond a bound.
  virtual Result<DataSet> decode(std::span<const std::byte> bytes, std::string_view transfer_syntax_uid) const = 0;
  virtual std::vector<std::byte> encode(const DataSet& data_set, std::string_view transfer_syntax_uid) const = 0;
};

enum class DimseVerb { find, event_report, get, set, action, create };

// ---- flow → network -------------------------------------------------------------------------------------------------

struct DimseRequest {
  DimseVerb verb = DimseVerb::find;
  std::string abstract_syntax;  // of the presentation context
  std::string sop_class_uid, sop_instance_uid;
  std::uint16_t type = 0;           // Action or Event Type ID
  std::optional<DataSet> data_set;  // identifier, attribute list, action or event information
};

struct DimseAnswer {
  std::uint16_t status = 0;
  std::string sop_instance_uid;    // Affected …, when told
  std::vector<DataSet> data_sets;  // matches of C-FIND, or the one of the response
};

// One association. Used by one thread; ends when destroyed.
class DimseConversation {
 public:
  virtual ~DimseConversation() = default;
  virtual bool accepts(std::string_view abstract_syntax) const = 0;
  // unavailable, timeout, cancelled: no answer, and the association is over; refused: no such presentation context.
  virtual Result<DimseAnswer> ask(const DimseRequest& request) = 0;
  virtual void release() = 0;  // in good order
};

// Thread-safe.
class DimseCaller {
 public:
  virtual ~DimseCaller() = default;
  // `as_scp`: we serve these classes, the peer uses them (N-EVENT-REPORT): proposed with role selection (PS3.7
  // D.3.3.4).
  virtual Result<std::unique_ptr<DimseConversation>> call(const DicomPeer& peer,
                                                          const std::vector<std::string>& abstract_syntaxes,
                                                          bool as_scp, std::stop_token stop) = 0;
};

// ---- network → flow -------------------------------------------------------------------------------------------------

// A complete request of a peer. Its UIDs are valid or empty.
struct DimseMessage {
  std::string calling_ae, peer_address;
  std::string abstract_syntax, transfer_syntax;
  DimseVerb verb = DimseVerb::find;
  std::string sop_class_uid, sop_instance_uid;
  std::uint16_t type = 0;
  std::vector<std::uint32_t> attributes;  // Attribute Identifier List of N-GET
  bool has_data_set = false;
  std::vector<std::byte> data_set;
};

struct DimseReply {
  std::uint16_t status = 0;
  std::string error_comment;          // at most 64 characters, no patient data
  std::string sop_instance_uid = {};  // Affected …; "" = that of the request
  std::optional<std::vector<std::byte>> data_set = {};
};

class MessagePort {
 public:
  virtual ~MessagePort() = default;
  // Called on a network thread; must not wait. `done`, exactly once and from any thread, gets the responses in order:
  // pending ones first (C-FIND), the last one ends the request.
  virtual void take(DimseMessage message, std::function<void(std::vector<DimseReply>)> done) = 0;
};

}  // namespace inferad::flow
