// SPDX-License-Identifier: Apache-2.0
#include "server/app/ask_node.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "server/base/durable.h"
#include "server/net/http_client.h"

namespace inferad::app {

namespace {

using Json = nlohmann::json;

// Where the node can be called when it listens on `bind`.
std::string reachable(const std::string& bind) {
  if (bind == "0.0.0.0") return "127.0.0.1";
  if (bind == "::") return "::1";
  return bind;
}

Error refusal(const net::HttpAnswer& answer) {
  const auto body = Json::parse(answer.body, nullptr, false);
  const auto said = body.is_object() ? body.value(Json::json_pointer("/error/message"), std::string()) : std::string();
  return {Errc::refused, said.empty() ? fmt::format("the node answers {}", answer.status) : said};
}

}  // namespace

std::optional<config::Configuration> load_or_print(const std::filesystem::path& file) {
  Problems problems;
  auto configuration = config::load_configuration(file, problems);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", to_string(problem));
  return configuration;
}

std::optional<config::Settings> settings_or_print(const std::filesystem::path& file) {
  Problems problems;
  auto settings = config::read_settings(file, problems);
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", to_string(problem));
  if (!problems.empty()) return std::nullopt;
  return settings;
}

Status write_ports(const std::filesystem::path& data_folder, const Ports& ports) {
  Json json{{"dicom", ports.dicom}, {"http", ports.http}, {"pid", getpid()}};
  if (ports.hl7 != 0) json["hl7"] = ports.hl7;
  return write_file_durable(data_folder / "ports.json", json.dump() + "\n");
}

Ports find_ports(const config::Settings& settings) {
  Ports ports{settings.dicom.port, settings.http.port};
  const auto text = read_file(settings.data_folder / "ports.json", 4096);
  if (!text) return ports;
  const auto json = Json::parse(*text, nullptr, false);
  const auto read = [&](const char* name, std::uint16_t& out) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_number_unsigned()) return;
    const auto value = json[name].get<std::uint64_t>();
    if (value > 0 && value <= 65535) out = static_cast<std::uint16_t>(value);
  };
  read("dicom", ports.dicom);
  read("http", ports.http);
  return ports;
}

Result<std::string> ask_node(const NodeChoice& node, const std::string& method, const std::string& target) {
  const auto settings = settings_or_print(node.config);
  if (!settings) return Error{Errc::invalid_input, "the configuration has mistakes"};
  const auto ports = find_ports(*settings);
  auto answer = net::http_call(
      {.address = reachable(settings->http.bind), .port = ports.http, .method = method, .target = target});
  if (!answer) return with_context(std::move(answer).error(), "no running node answers");
  if (answer->status != 200) return refusal(*answer);
  return std::move(answer->body);
}

}  // namespace inferad::app
