// SPDX-License-Identifier: Apache-2.0
// An HL7 v2 message as segments and fields, by the positions that the standard gives them (chapter 2.5 to 2.7, 2.14).
// Pure, bounded by its input. Takes any delimiters (MSH-1, MSH-2) and any line end (CR, LF, CR LF): senders differ.
// What is read out is unescaped UTF-8: \F\ \S\ \T\ \R\ \E\ and \Xhh…\ become what they stand for, \.br\ and the like a
// space, other sequences (\H\, \N\, \Zxx\) nothing.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/result.h"

namespace inferad::worklist {

// Bytes in the character sets of a (0008,0005) value, as dicom::Charset knows them, to UTF-8.
using TextDecoder = std::function<std::string(std::string_view bytes, const std::string& specific_character_set)>;

// A place in a message: "TQ1-9", "ORC-7.6". Component 1 when none is given.
struct Hl7Place {
  std::string segment;
  std::size_t field = 0, component = 1;
  bool operator==(const Hl7Place&) const = default;
};
std::optional<Hl7Place> hl7_place(std::string_view text);

class Hl7Segment;

class Hl7Message {
 public:
  // invalid_input: it does not begin with MSH and four or five different delimiters; MSH-18 names a set that
  // nobody here knows. `undeclared`: MSH-18 of messages that have none ("" = ASCII, or UTF-8 where it is valid).
  static Result<Hl7Message> parse(std::string_view bytes, const TextDecoder& decode, std::string_view undeclared = "");

  const Hl7Segment& header() const;  // MSH
  const std::vector<Hl7Segment>& segments() const { return segments_; }
  const Hl7Segment* find(std::string_view name) const;  // the first; nullptr: none

 private:
  std::vector<Hl7Segment> segments_;
};

class Hl7Segment {
 public:
  const std::string& name() const { return fields_.front(); }
  // "" where there is none. Positions count from 1; MSH-1 is the field separator. Of the first repetition.
  std::string text(std::size_t field, std::size_t component = 1) const;
  std::string text(const Hl7Place& place) const { return text(place.field, place.component); }
  // One component of each repetition.
  std::vector<std::string> texts(std::size_t field, std::size_t component = 1) const;
  // The first repetition written anew with the delimiters of our messages, to be sent on.
  std::string rewritten(std::size_t field) const;

 private:
  friend class Hl7Message;
  struct Encoding;
  std::string unescaped(std::string_view value) const;

  std::vector<std::string> fields_;  // [n] is field n, undecoded; [0] the name
  std::shared_ptr<const Encoding> encoding_;
};

// Specific Character Set (0008,0005) for MSH-18, whose repetitions are joined by '~' (table 0211); nullopt: unknown.
std::optional<std::string> dicom_character_set(std::string_view msh_18);
std::span<const std::pair<std::string_view, std::string_view>> hl7_character_sets();  // MSH-18 and (0008,0005)

}  // namespace inferad::worklist
