// SPDX-License-Identifier: Apache-2.0
// Reads a configuration file so that every mistake in it is told at once, each with its line, column and JSON pointer.
// A getter that finds a mistake notes it and leaves the default, so readers need no branches; whoever asked looks at
// the problems in the end. For every strict reader of the node and of the pipelines. Not thread-safe; the document
// outlives its nodes.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/problem.h"

namespace inferad {

class JsonNode;

class JsonDocument {
 public:
  // nullptr: the file cannot be read or its text is not JSON within the limits of json_positions.h; problems say why.
  static std::unique_ptr<JsonDocument> load(const std::filesystem::path& file, Problems& problems);
  static std::unique_ptr<JsonDocument> parse(std::string name, std::string_view text, Problems& problems);
  ~JsonDocument();

  JsonNode root() const;
  void add(const std::string& pointer, std::string what) const;         // at the value
  void add_at_key(const std::string& pointer, std::string what) const;  // at the member's name

 private:
  struct Impl;
  explicit JsonDocument(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One value of the document.
class JsonNode {
 public:
  JsonNode(const JsonDocument& document, const nlohmann::json& value, std::string pointer)
      : document_(&document), value_(&value), pointer_(std::move(pointer)) {}

  void fail(std::string what) const { document_->add(pointer_, std::move(what)); }
  // "found 70000, expected a port from 0 to 65535", with a hint where the mistake is a common one.
  void fail_expected(std::string_view expected) const;
  std::string found() const;  // the value, shortened: the number 70000, the text "x", an object

  // nullopt: another type; a problem is noted.
  std::optional<std::string> text(std::string_view expected = "a text") const;
  std::optional<std::int64_t> integer(std::int64_t least, std::int64_t most) const;
  std::optional<double> number(double least, double most) const;
  std::optional<bool> boolean() const;
  std::vector<JsonNode> elements(std::size_t least, std::size_t most) const;  // of an array; empty after a problem

  bool is_text() const;
  bool is_array() const;
  bool is_object() const;
  std::optional<JsonNode> member(std::string_view name) const;  // of an object
  std::vector<std::string> member_names() const;
  const std::string& pointer() const { return pointer_; }
  const JsonDocument& document() const { return *document_; }

 private:
  const JsonDocument* document_;
  const nlohmann::json* value_;
  std::string pointer_;
};

// The members of an object. The destructor notes every member that nobody asked for, with the nearest known name.
class JsonObject {
 public:
  explicit JsonObject(JsonNode node);  // anything but an object is a problem and reads as empty
  ~JsonObject();
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  std::optional<JsonNode> find(const char* name);
  std::optional<JsonNode> require(const char* name);  // absence is a problem
  void allow(const char* name) { known_.emplace_back(name); }
  bool has(const char* name) const { return node_.member(name).has_value(); }
  const JsonNode& node() const { return node_; }

  // Absent members leave `out` as it is.
  void read(const char* name, std::string& out, std::size_t characters_max = 256);
  void read(const char* name, bool& out);
  void read(const char* name, double& out, double least, double most);
  void read(const char* name, std::chrono::seconds& out, std::int64_t least, std::int64_t most);
  template <class Int>
  requires std::is_integral_v<Int>
  void read(const char* name, Int& out, std::int64_t least, std::int64_t most) {
    if (const auto node = find(name)) {
      if (const auto value = node->integer(least, most)) out = static_cast<Int>(*value);
    }
  }

 private:
  JsonNode node_;
  std::vector<std::string> known_;
};

// One of a few words.
template <class T>
using Words = std::span<const std::pair<std::string_view, T>>;

std::string list_of(const std::vector<std::string>& words);  // "a", "b" or "c"

template <class T>
std::optional<T> choose(const JsonNode& node, Words<T> words) {
  const auto text = node.text("a text");
  if (!text) return std::nullopt;
  std::vector<std::string> known;
  for (const auto& [word, value] : words) {
    if (word == *text) return value;
    known.emplace_back(word);
  }
  const std::string near = nearest_word(*text, known);
  node.fail_expected(list_of(known) + (near.empty() ? "" : ": did you mean \"" + near + "\"?"));
  return std::nullopt;
}

}  // namespace inferad
