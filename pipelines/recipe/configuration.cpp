// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/configuration.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <vector>

#include "pipelines/recipe/evaluate.h"
#include "pipelines/recipe/tokens.h"

namespace inferad::recipe {

namespace {

using nlohmann::json;

Error refuse(const std::string& place, std::string_view what) {
  return {Errc::invalid_input, fmt::format("{}: {}", place, what)};
}

std::string below(const std::string& place, std::string_view member) {
  return place.empty() ? std::string(member) : fmt::format("{}#{}", place, member);
}

bool is_flag_set(const Value& value) {  // a text counts as what it says
  const auto* text = std::get_if<std::string>(&value.is);
  if (!text) return is_true(value);
  std::string lower;
  for (const char c : *text)
    if (c != ' ') lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  return lower == "true";
}

// The chain's name when `text` is @name, $@name or $copy.deepcopy(@name).
std::string referred_chain(const std::string& text) {
  const auto parsed = parse_expression(text.starts_with('$') ? std::string_view(text).substr(1) : text);
  if (!parsed) return {};
  const auto* inner = &*parsed;
  if (inner->kind == Expression::Kind::call && inner->text == "copy.deepcopy" && inner->parts.size() == 1)
    inner = &inner->parts[0];
  return inner->kind == Expression::Kind::reference ? inner->text : "";
}

}  // namespace

struct Configuration::Impl {
  json root;
  std::vector<std::string> open;  // references that are being resolved
  std::size_t values = 0;         // made so far
  int depth = 0;

  struct Level {
    explicit Level(int& count) : count_(++count) {}
    ~Level() { --count_; }
    int& count_;
  };

  Result<Value> resolve(const json& node, const std::string& place) {
    const Level level(depth);
    if (depth > kNestingMax) return refuse(place, fmt::format("nested deeper than {} levels", kNestingMax));
    if (++values > kValuesMax) return refuse(place, fmt::format("more than {} values", kValuesMax));
    switch (node.type()) {
      case json::value_t::null:
        return Value{};
      case json::value_t::boolean:
        return Value{node.get<bool>()};
      case json::value_t::number_integer:
        return Value{node.get<std::int64_t>()};
      case json::value_t::number_unsigned: {
        const auto number = node.get<std::uint64_t>();
        if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
          return Value{static_cast<double>(number)};
        return Value{static_cast<std::int64_t>(number)};
      }
      case json::value_t::number_float:
        return Value{node.get<double>()};
      case json::value_t::string:
        return text(node.get_ref<const std::string&>(), place);
      case json::value_t::array:
        return list(node, place);
      case json::value_t::object:
        return object(node, place);
      default:
        return refuse(place, "a value of an unknown kind");
    }
  }

  Result<Value> text(const std::string& text, const std::string& place) {
    if (text.starts_with('$')) return expression(text, place);
    if (text.starts_with('%')) return refuse(place, fmt::format("the macro \"{}\" is not supported", text));
    if (!text.starts_with('@')) return Value{text};
    std::size_t length = 0;
    const auto id = reference_at(text, length);
    if (id.empty() || length != text.size())
      return refuse(place, fmt::format("the reference \"{}\" is not supported", text));
    return reference(id, place);
  }

  Result<Value> expression(const std::string& text, const std::string& place) {
    const auto failed = [&](const Error& error) {
      const auto shown = text.size() > 200 ? text.substr(0, 200) + "…" : text;
      return refuse(place, fmt::format("{}, in the expression \"{}\"", error.what, shown));
    };
    const auto parsed = parse_expression(std::string_view(text).substr(1));
    if (!parsed) return failed(parsed.error());
    bool reference_failed = false;  // its own message says all
    auto value = evaluate(*parsed, [&](const std::string& id) {
      auto result = reference(id, place);
      reference_failed = reference_failed || !result;
      return result;
    });
    if (!value) return reference_failed ? value.error() : failed(value.error());
    if (auto* function = std::get_if<Function>(&value->is)) function->source = text.substr(1);
    values += size_of(*value);
    return value;
  }

  Result<Value> reference(const std::string& id, const std::string& place) {
    if (std::find(open.begin(), open.end(), id) != open.end())
      return refuse(place, fmt::format("the reference @{} leads back to itself", id));
    const json* node = find(id);
    if (!node) return refuse(place, fmt::format("the reference @{} names nothing", id));
    open.push_back(id);
    auto value = resolve(*node, id);
    open.pop_back();
    return value;
  }

  const json* find(std::string_view id) const {
    const json* node = &root;
    while (!id.empty()) {
      const auto end = std::min(id.find('#'), id.size());
      const auto name = id.substr(0, end);
      id.remove_prefix(std::min(end + 1, id.size()));
      if (node->is_object() && node->contains(name)) {
        node = &(*node)[std::string(name)];
        continue;
      }
      std::size_t index = 0;
      const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
      if (!node->is_array() || read.ptr != name.data() + name.size() || index >= node->size()) return nullptr;
      node = &(*node)[index];
    }
    return node;
  }

  Result<Value> list(const json& node, const std::string& place) {
    List list;
    for (std::size_t i = 0; i < node.size(); ++i) {
      const auto where = below(place, std::to_string(i));
      INFERAD_TRY(const bool skip, is_disabled(node[i], where));
      if (skip) continue;
      INFERAD_TRY(auto value, resolve(node[i], where));
      list.push_back(std::move(value));
    }
    return Value{std::move(list)};
  }

  Result<bool> is_disabled(const json& node, const std::string& place) {
    if (!node.is_object() || !node.contains("_target_") || !node.contains("_disabled_")) return false;
    INFERAD_TRY(const auto value, resolve(node["_disabled_"], below(place, "_disabled_")));
    return is_flag_set(value);
  }

  Result<Value> object(const json& node, const std::string& place) {
    Dict dict;
    std::string target;
    if (const auto found = node.find("_target_"); found != node.end()) {
      INFERAD_TRY(const auto checked, check_component(node, place));
      target = checked;
      dict["_target_"].is = target;
      dict[kPlaceMember].is = place;
    }
    for (const auto& [name, member] : node.items()) {
      if (name.starts_with('_') && !target.empty()) continue;
      if (target == "SaveImage" && name != "keys") continue;
      const auto where = below(place, name);
      if (target == "Invert" && name == "transform" && member.is_string()) {
        if (referred_chain(member.get_ref<const std::string&>()) != "preprocessing")
          return refuse(where, fmt::format("Invert undoes @preprocessing only, not {}", member.dump()));
        dict[name].is = std::string("preprocessing");
        continue;
      }
      INFERAD_TRY(const bool skip, is_disabled(member, where));
      if (skip) continue;
      INFERAD_TRY(dict[name], resolve(member, where));
    }
    return Value{std::move(dict)};
  }

  // Gives the plain name of the component's class.
  Result<std::string> check_component(const json& node, const std::string& place) {
    const auto& target = node["_target_"];
    if (!target.is_string()) return refuse(place, "_target_ must be a text");
    const auto& name = target.get_ref<const std::string&>();
    auto plain = plain_target(name, node.contains("keys"));
    if (plain.empty()) return refuse(place, fmt::format("{} is not a class of MONAI and cannot run here", name));
    if (const auto mode = node.find("_mode_"); mode != node.end() && *mode != "default")
      return refuse(place, fmt::format("{} with _mode_ {} is not supported", name, mode->dump()));
    return plain;
  }
};

Configuration::Configuration(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Configuration::Configuration(Configuration&&) noexcept = default;
Configuration::~Configuration() = default;

Result<Configuration> Configuration::parse(std::string_view text) {
  if (text.size() > kConfigurationBytesMax)
    return Error{Errc::invalid_input, fmt::format("{} bytes, at most {}", text.size(), kConfigurationBytesMax)};
  auto impl = std::make_unique<Impl>();
  try {
    impl->root = json::parse(text);
  } catch (const json::parse_error& error) {
    return Error{Errc::invalid_input, fmt::format("not JSON: syntax error at byte {}", error.byte)};
  } catch (const json::exception&) {  // a number beyond double
    return Error{Errc::invalid_input, "not JSON: a number is too large"};
  }
  if (!impl->root.is_object()) return Error{Errc::invalid_input, "must be an object"};
  return Configuration(std::move(impl));
}

Result<std::optional<Value>> Configuration::member(std::string_view name) {
  const auto found = impl_->root.find(std::string(name));
  if (found == impl_->root.end()) return std::optional<Value>();
  const std::string place(name);
  impl_->values = 0;
  impl_->open.assign(1, place);
  INFERAD_TRY(const bool skip, impl_->is_disabled(*found, place));
  if (skip) return std::optional<Value>();
  INFERAD_TRY(auto value, impl_->resolve(*found, place));
  return std::optional<Value>(std::move(value));
}

std::string plain_target(std::string_view target, bool has_keys) {
  const auto dot = target.rfind('.');
  if (dot != std::string_view::npos && !target.starts_with("monai.")) return {};
  auto name = dot == std::string_view::npos ? target : target.substr(dot + 1);
  if (!has_keys) return std::string(name);
  for (const std::string_view array_form : {"Pad", "Foreground"})
    if (name.ends_with(array_form)) return std::string(name);
  for (const std::string_view suffix : {"Dict", "d", "D"}) {
    if (name.size() <= suffix.size() || !name.ends_with(suffix)) continue;
    name.remove_suffix(suffix.size());
    break;
  }
  return std::string(name);
}

}  // namespace inferad::recipe
