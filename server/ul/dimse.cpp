// SPDX-License-Identifier: Apache-2.0
#include "server/ul/dimse.h"

#include "server/core/sop_class.h"
#include "server/core/uid.h"

namespace inferad::ul {
namespace {

constexpr std::size_t kErrorCommentMax = 64;  // VR LO

// Elements of group 0000.
constexpr std::uint16_t kGroupLength = 0x0000, kAffectedClass = 0x0002, kRequestedClass = 0x0003, kField = 0x0100,
                        kMessageId = 0x0110, kRespondedTo = 0x0120, kPriority = 0x0700, kDataSetType = 0x0800,
                        kStatus = 0x0900, kErrorComment = 0x0902, kAffectedInstance = 0x1000,
                        kRequestedInstance = 0x1001, kEventType = 0x1002, kAttributes = 0x1005, kActionType = 0x1008,
                        kMoveOriginatorAe = 0x1030, kMoveOriginatorId = 0x1031;

Error bad(const char* what) { return {Errc::invalid_input, what}; }

std::string text_of(ByteView value) {
  std::string text(reinterpret_cast<const char*>(value.data()), value.size());
  while (!text.empty() && (text.back() == ' ' || text.back() == '\0')) text.pop_back();
  return text;
}

class CommandWriter {
 public:
  void number(std::uint16_t element, std::uint16_t value) {
    header(element, 2);
    out_.u16(value);
  }
  void text(std::uint16_t element, std::string_view value, char padding) {
    if (value.empty()) return;
    header(element, value.size() + value.size() % 2);
    out_.text(value);
    if (value.size() % 2 != 0) out_.u8(static_cast<std::uint8_t>(padding));
  }
  void tags(std::uint16_t element, const std::vector<std::uint32_t>& values) {
    if (values.empty()) return;
    header(element, 4 * values.size());
    for (const auto tag : values) {
      out_.u16(static_cast<std::uint16_t>(tag >> 16));
      out_.u16(static_cast<std::uint16_t>(tag & 0xFFFF));
    }
  }
  Bytes finish() {
    const Bytes elements = out_.finish();
    Writer whole(Endian::little);
    whole.u16(0);
    whole.u16(kGroupLength);
    whole.u32(4);
    whole.u32(static_cast<std::uint32_t>(elements.size()));
    whole.bytes(elements);
    return whole.finish();
  }

 private:
  void header(std::uint16_t element, std::size_t length) {
    out_.u16(0);
    out_.u16(element);
    out_.u32(static_cast<std::uint32_t>(length));
  }

  Writer out_{Endian::little};
};

struct Seen {
  bool field = false, message_id = false, data_set_type = false, status = false;
};

// N-SET, N-GET and N-ACTION are requested of an instance; the other commands, and all responses, affect one (PS3.7
// §10).
bool is_requested(const Command& command) {
  return command.field == kNSetRq || command.field == kNGetRq || command.field == kNActionRq;
}

Status take_tags(ByteView value, std::vector<std::uint32_t>& tags) {
  if (value.size() % 4 != 0) return bad("a list of attributes has an odd length");
  Cursor cursor(value, Endian::little);
  while (cursor.left() > 0) {
    const std::uint32_t group = cursor.u16();
    tags.push_back(group << 16 | cursor.u16());
  }
  return ok();
}

Status take_element(std::uint16_t element, ByteView value, Command& command, Seen& seen) {
  const auto number = [&](std::uint16_t& target) -> Status {
    if (value.size() != 2) return bad("a number of the command set is not 2 bytes long");
    target = Cursor(value, Endian::little).u16();
    return ok();
  };
  switch (element) {
    case kAffectedClass:
      command.sop_class_uid = trim_uid(text_of(value));
      break;
    case kRequestedClass:
      if (command.sop_class_uid.empty()) command.sop_class_uid = trim_uid(text_of(value));
      break;
    case kField:
      seen.field = true;
      return number(command.field);
    case kMessageId:
    case kRespondedTo:
      seen.message_id = true;
      return number(command.message_id);
    case kPriority:
      return number(command.priority);
    case kDataSetType:
      seen.data_set_type = true;
      return number(command.data_set_type);
    case kStatus:
      seen.status = true;
      return number(command.status);
    case kErrorComment:
      command.error_comment = text_of(value).substr(0, kErrorCommentMax);
      break;
    case kAffectedInstance:
      command.sop_instance_uid = trim_uid(text_of(value));
      break;
    case kRequestedInstance:
      if (command.sop_instance_uid.empty()) command.sop_instance_uid = trim_uid(text_of(value));
      break;
    case kMoveOriginatorAe:
      command.move_originator_ae = text_of(value);
      break;
    case kMoveOriginatorId:
      return number(command.move_originator_id.emplace());
    case kEventType:
      return number(command.event_type.emplace());
    case kActionType:
      return number(command.action_type.emplace());
    case kAttributes:
      return take_tags(value, command.attributes);
    default:
      break;
  }
  return ok();
}

Command request(std::uint16_t field, std::uint16_t message_id, std::string sop_class_uid, std::uint16_t data_set_type) {
  Command command;
  command.field = field;
  command.message_id = message_id;
  command.sop_class_uid = std::move(sop_class_uid);
  command.data_set_type = data_set_type;
  return command;
}

}  // namespace

Result<Command> decode_command(ByteView bytes) {
  Command command;
  Seen seen;
  Cursor cursor(bytes, Endian::little);
  while (cursor.left() > 0) {
    const std::uint16_t group = cursor.u16(), element = cursor.u16();
    const std::size_t length = cursor.u32();
    const ByteView value = cursor.take(length);
    if (cursor.failed()) return bad("the command set ends inside an element");
    if (group != 0) return bad("the command set has an element of another group");
    INFERAD_TRY_STATUS(take_element(element, value, command, seen));
  }
  if (!seen.field) return bad("the command set names no command");
  if (!seen.message_id) return bad("the command set has no message id");
  if (!seen.data_set_type) return bad("the command set does not say whether a data set follows");
  if (command.is_response() && !seen.status) return bad("the response has no status");
  return command;
}

Bytes encode_command(const Command& command) {
  CommandWriter out;
  const bool answers = command.is_response() || command.field == kCancelRq;
  const bool requested = is_requested(command);
  out.text(requested ? kRequestedClass : kAffectedClass, command.sop_class_uid, '\0');
  out.number(kField, command.field);
  out.number(answers ? kRespondedTo : kMessageId, command.message_id);
  if (command.field == kStoreRq || command.field == kFindRq) out.number(kPriority, command.priority);
  out.number(kDataSetType, command.data_set_type);
  if (command.is_response()) {
    out.number(kStatus, command.status);
    out.text(kErrorComment, std::string_view(command.error_comment).substr(0, kErrorCommentMax), ' ');
  }
  out.text(requested ? kRequestedInstance : kAffectedInstance, command.sop_instance_uid, '\0');
  if (command.event_type) out.number(kEventType, *command.event_type);
  out.tags(kAttributes, command.attributes);
  if (command.action_type) out.number(kActionType, *command.action_type);
  out.text(kMoveOriginatorAe, command.move_originator_ae, ' ');
  if (command.move_originator_id) out.number(kMoveOriginatorId, *command.move_originator_id);
  return out.finish();
}

Command echo_request(std::uint16_t message_id) {
  return request(kEchoRq, message_id, std::string(kVerificationSopClass), kNoDataSet);
}

Command store_request(std::uint16_t message_id, std::string sop_class_uid, std::string sop_instance_uid) {
  Command command = request(kStoreRq, message_id, std::move(sop_class_uid), kHasDataSet);
  command.sop_instance_uid = std::move(sop_instance_uid);
  return command;
}

Command find_request(std::uint16_t message_id, std::string sop_class_uid) {
  return request(kFindRq, message_id, std::move(sop_class_uid), kHasDataSet);
}

Command response_to(const Command& request, std::uint16_t status) {
  Command command;
  command.field = static_cast<std::uint16_t>(request.field | kResponseBit);
  command.message_id = request.message_id;
  command.sop_class_uid = request.sop_class_uid;
  command.sop_instance_uid = request.sop_instance_uid;
  command.event_type = request.event_type;
  command.action_type = request.action_type;
  command.status = status;
  return command;
}

}  // namespace inferad::ul
