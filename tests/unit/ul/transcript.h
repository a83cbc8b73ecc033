// SPDX-License-Identifier: Apache-2.0
// Drives an Acceptor as the server does and writes down what it asked for, so that tests and the fuzzer can compare
// runs. Pieces of one data set are joined: how the bytes were cut must not show.
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "server/ul/acceptor.h"

namespace inferad::ul::testing {

struct Transcript {
  std::vector<std::string> lines;  // "accepted", "begin CLASS INSTANCE SYNTAX", "bytes N", "end",
  // "answered FIELD STATUS BYTES", "send TYPE", …
  std::vector<Bytes> objects;  // data sets that ended
  Bytes sent;                  // everything that was to be written
  bool closed = false;
  Closed::Reason reason{};

  bool has(std::string_view line) const {
    for (const auto& l : lines) {
      if (l == line) return true;
    }
    return false;
  }
};

class Driver {
 public:
  explicit Driver(Acceptor& acceptor) : acceptor_(acceptor) {}

  Transcript out;
  std::uint16_t reply_status = status::success;
  std::uint16_t refuse_status = status::success;  // else every object is refused at its begin
  SteadyTime now{};

  // Gives `input` in one piece. False when something impossible was seen (the fuzzer stops there).
  bool feed(ByteView input) {
    for (;;) {
      auto step = acceptor_.step(input, now);
      if (step.consumed > input.size()) return false;
      const ByteView window = input;
      input = input.subspan(step.consumed);
      if (std::holds_alternative<NeedInput>(step.action)) return input.empty();
      if (!take(step.action, window)) return false;
    }
  }

 private:
  bool take(Acceptor::Action& action, ByteView window) {
    if (out.closed) return false;  // nothing may follow
    if (auto* bytes = std::get_if<ObjectBytes>(&action)) return on_bytes(bytes->bytes, window);
    if (std::holds_alternative<ObjectDropped>(action)) pending_ = 0;  // how much came before depends on the cutting
    flush_bytes();
    if (auto* send = std::get_if<Send>(&action)) {
      out.sent.insert(out.sent.end(), send->bytes.begin(), send->bytes.end());
      out.lines.push_back("send " + std::to_string(std::to_integer<int>(send->bytes.at(0))));
    } else if (std::holds_alternative<Accepted>(action)) {
      out.lines.emplace_back("accepted");
    } else if (auto* begin = std::get_if<ObjectBegin>(&action)) {
      if (open_) return false;
      open_ = true;
      object_.clear();
      out.lines.push_back("begin " + begin->sop_class_uid + " " + begin->sop_instance_uid + " " +
                          begin->transfer_syntax_uid);
      if (refuse_status != status::success) {
        open_ = false;
        acceptor_.refuse_object(refuse_status, "refused");
      }
    } else if (std::holds_alternative<ObjectEnd>(action)) {
      if (!open_) return false;
      open_ = false;
      out.objects.push_back(object_);
      out.lines.emplace_back("end");
    } else if (std::holds_alternative<ObjectDropped>(action)) {
      if (!open_) return false;
      open_ = false;
      out.lines.emplace_back("dropped");
    } else if (auto* answered = std::get_if<Answered>(&action)) {
      out.lines.push_back("answered " + std::to_string(answered->field) + " " + std::to_string(answered->status) + " " +
                          std::to_string(answered->object_bytes));
    } else if (std::holds_alternative<NeedReply>(action)) {
      acceptor_.reply(reply_status, "", now);
    } else if (auto* closed = std::get_if<Closed>(&action)) {
      out.closed = true;
      out.reason = closed->reason;
      out.lines.push_back("closed " + std::string(to_string(closed->reason)));
    }
    return true;
  }

  bool on_bytes(ByteView bytes, ByteView window) {
    const bool inside = bytes.data() >= window.data() && bytes.data() + bytes.size() <= window.data() + window.size();
    if (!open_ || !inside) return false;
    object_.insert(object_.end(), bytes.begin(), bytes.end());
    pending_ += bytes.size();
    return true;
  }

  void flush_bytes() {
    if (pending_ > 0) out.lines.push_back("bytes " + std::to_string(pending_));
    pending_ = 0;
  }

  Acceptor& acceptor_;
  Bytes object_;
  std::size_t pending_ = 0;
  bool open_ = false;
};

}  // namespace inferad::ul::testing
