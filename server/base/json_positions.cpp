// SPDX-License-Identifier: Apache-2.0
#include "server/base/json_positions.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

namespace inferad {

namespace {

// Only characters count as columns: UTF-8 continuation bytes do not.
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// An object or array that is open.
struct Open {
  bool object = false;
  bool expects_key = false;
  std::string pointer;
  std::size_t elements = 0;
  std::string member;  // pointer of the member whose value comes next
  Position member_at;
  std::set<std::string, std::less<>> names;
};

std::string unescaped(std::string_view raw) {
  if (raw.find('\\') == std::string_view::npos) return std::string(raw);
  const auto value = nlohmann::json::parse('"' + std::string(raw) + '"', nullptr, false);
  return value.is_string() ? value.get<std::string>() : std::string(raw);
}

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  JsonPositions run() {
    if (text_.starts_with("\xef\xbb\xbf")) at_ = 3;  // a byte order mark has no column
    while (at_ < text_.size() && !stopped_) step();
    return std::move(result_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"') return string();
    if (c == '{' || c == '[') return open(c == '{');
    if (c == '}' || c == ']') {
      if (!open_.empty()) open_.pop_back();
    } else if (c == ',') {
      if (!open_.empty()) next_member();
    } else if (!is_space(c) && c != ':') {
      return literal();
    }
    advance();
  }

  void next_member() {
    open_.back().expects_key = open_.back().object;
    ++open_.back().elements;
  }

  void advance() {
    if (text_[at_] == '\n') {
      ++here_.line;
      here_.column = 1;
    } else if (at_ + 1 >= text_.size() || !is_continuation(text_[at_ + 1])) {
      ++here_.column;
    }
    ++at_;
  }

  void string() {
    const Position start = here_;
    const std::size_t first = at_ + 1;
    advance();
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) advance();
      advance();
    }
    const std::string_view raw = text_.substr(first, at_ - first);
    if (at_ < text_.size()) advance();
    if (!open_.empty() && open_.back().expects_key) {
      key(unescaped(raw), start);
    } else {
      value(start);
    }
  }

  void key(const std::string& name, Position start) {
    Open& object = open_.back();
    object.expects_key = false;
    if (name.size() > kJsonKeyBytesMax) {
      return stop(start, object.pointer, fmt::format("a member's name is longer than {} bytes", kJsonKeyBytesMax));
    }
    object.member = pointer_to(object.pointer, name);
    object.member_at = start;
    if (object.names.insert(name).second) return;
    const int line = result_.places[object.member].key.line;
    result_.problems.push_back({"", start, object.member,
                                fmt::format("this member is already given in line {}: remove one of the two", line)});
  }

  void literal() {
    const Position start = here_;
    while (at_ < text_.size() && !is_space(text_[at_]) &&
           std::string_view(",:]}[{\"").find(text_[at_]) == std::string_view::npos) {
      advance();
    }
    value(start);
  }

  void open(bool object) {
    const std::string pointer = value(here_);
    if (open_.size() == kJsonDepthMax) {
      return stop(here_, pointer, fmt::format("nested deeper than {} levels", kJsonDepthMax));
    }
    open_.push_back({object, object, pointer, 0, {}, {}, {}});
    advance();
  }

  // Notes that a value starts here; gives its pointer.
  std::string value(Position start) {
    Place place{start, start};
    std::string pointer;
    if (!open_.empty() && open_.back().object) {
      pointer = open_.back().member;
      place.key = open_.back().member_at;
    } else if (!open_.empty()) {
      pointer = pointer_to(open_.back().pointer, std::to_string(open_.back().elements));
    }
    if (result_.places.size() == kJsonValuesMax) {
      stop(start, pointer, fmt::format("more than {} values in one file", kJsonValuesMax));
    } else {
      result_.places.emplace(pointer, place);  // of two equal names the first
    }
    return pointer;
  }

  void stop(Position position, const std::string& pointer, std::string what) {
    result_.problems.push_back({"", position, pointer, std::move(what)});
    stopped_ = true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  Position here_;
  std::vector<Open> open_;
  JsonPositions result_;
  bool stopped_ = false;
};

}  // namespace

JsonPositions find_positions(std::string_view text) { return Scan(text).run(); }

Position position_at(std::string_view text, std::size_t offset) {
  Position position;
  const std::size_t end = std::min(offset, text.size());
  for (std::size_t i = text.starts_with("\xef\xbb\xbf") ? 3 : 0; i < end; ++i) {
    if (text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else if (!is_continuation(text[i])) {
      ++position.column;
    }
  }
  return position;
}

std::string pointer_to(const std::string& parent, std::string_view member) {
  std::string pointer = parent + '/';
  for (const char c : member) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
  return pointer;
}

}  // namespace inferad
