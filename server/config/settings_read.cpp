// SPDX-License-Identifier: Apache-2.0
#include "server/config/settings_read.h"

#include <algorithm>
#include <cctype>

#include "server/config/viewer_url.h"

namespace inferad::config {

namespace {

constexpr std::int64_t kGibibyte = 1LL << 30;

bool is_alphanumeric(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool is_offset(std::string_view text) {  // (0008,0201): &ZZXX from -1200 to +1400
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return false;
  if (!std::all_of(text.begin() + 1, text.end(), [](char c) { return c >= '0' && c <= '9'; })) return false;
  const int hours = (text[1] - '0') * 10 + text[2] - '0', minutes = (text[3] - '0') * 10 + text[4] - '0';
  return minutes < 60 && hours * 60 + minutes <= (text[0] == '-' ? 12 : 14) * 60;
}

bool is_device(std::string_view text) {
  if (text == "cpu" || text == "cuda") return true;
  return text.starts_with("cuda:") && text.size() > 5 && text.size() <= 7 &&
         std::all_of(text.begin() + 5, text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

void read_ae_title(const JsonNode& node, std::string& out) {
  constexpr std::string_view kExpected = "a text of 1 to 16 ASCII characters without backslash (AE title)";
  const auto text = node.text(kExpected);
  if (!text) return;
  if (is_valid_ae_title(*text)) {
    out = *text;
  } else {
    node.fail_expected(kExpected);
  }
}

void read_ip_address(const JsonNode& node, std::string& out) {
  constexpr std::string_view kExpected = "a text with an IP address, as 127.0.0.1 or ::1";
  const auto text = node.text(kExpected);
  if (!text) return;
  if (IpAddress::parse(*text)) {
    out = *text;
  } else {
    node.fail_expected(kExpected);
  }
}

void read_host(const JsonNode& node, std::string& out) {
  constexpr std::string_view kExpected = "a text with a host name or IP address";
  const auto text = node.text(kExpected);
  if (!text) return;
  const bool good = !text->empty() && text->size() <= 253 && (is_alphanumeric(text->front()) || text->front() == ':') &&
                    std::all_of(text->begin(), text->end(), [](char c) {
                      return is_alphanumeric(c) || std::string_view("-._:%").find(c) != std::string_view::npos;
                    });
  if (good) {
    out = *text;
  } else {
    node.fail_expected(kExpected);
  }
}

void read_name(const JsonNode& node, std::string& out) {
  constexpr std::string_view kExpected = "a text of 1 to 32 letters, digits, - and _, starting with a letter or digit";
  const auto text = node.text(kExpected);
  if (!text) return;
  const bool good =
      !text->empty() && text->size() <= 32 && is_alphanumeric(text->front()) &&
      std::all_of(text->begin(), text->end(), [](char c) { return is_alphanumeric(c) || c == '-' || c == '_'; });
  if (good) {
    out = *text;
  } else {
    node.fail_expected(kExpected);
  }
}

void read_site(const JsonNode& node, SiteSettings& out) {
  JsonObject object(node);
  object.read("institution", out.institution, 64);
  object.read("viewer_url", out.viewer_url, 1000);
  if (const auto problem = viewer_url_problem(out.viewer_url); !problem.empty())
    object.find("viewer_url")->fail(problem);
  const auto zone = object.find("timezone");
  if (!zone) return;
  constexpr std::string_view kExpected = "a text: \"local\", or an offset from UTC like \"+0100\"";
  const auto text = zone->text(kExpected);
  if (!text) return;
  if (*text == "local" || is_offset(*text)) {
    out.timezone = *text;
  } else {
    zone->fail_expected(kExpected);
  }
}

void read_dicom(const JsonNode& node, DicomSettings& out) {
  JsonObject object(node);
  if (const auto bind = object.find("bind")) read_ip_address(*bind, out.bind);
  object.read("port", out.port, 0, 65535);
  object.read("associations_max", out.associations_max, 1, 1000);
  object.read("pdu_bytes_max", out.pdu_bytes_max, 4096, 1 << 20);
  object.read("object_bytes_max", out.object_bytes_max, 1 << 20, 4294967295);
  object.read("association_timeout_s", out.association_timeout, 1, 600);
  object.read("pdu_timeout_s", out.pdu_timeout, 1, 600);
  object.read("idle_timeout_s", out.idle_timeout, 1, 3600);
  object.read("bytes_per_second_min", out.bytes_per_second_min, 0, 1 << 20);
}

void read_http(const JsonNode& node, HttpSettings& out) {
  JsonObject object(node);
  if (const auto bind = object.find("bind")) read_ip_address(*bind, out.bind);
  object.read("port", out.port, 0, 65535);
  if (const auto names = object.find("hostnames")) {
    for (const auto& element : names->elements(0, 16)) read_host(element, out.hostnames.emplace_back());
  }
}

void read_storage(const JsonNode& node, StorageSettings& out) {
  JsonObject object(node);
  object.read("free_bytes_min", out.free_bytes_min, 0, 1024 * kGibibyte);
  object.read("quarantine_bytes_max", out.quarantine_bytes_max, 0, 1024 * kGibibyte);
  object.read("quarantine_files_max", out.quarantine_files_max, 0, 100000);
}

void read_assembler(const JsonNode& node, AssemblerSettings& out) {
  JsonObject object(node);
  object.read("quiet_s", out.quiet, 1, 3600);
  object.read("max_age_s", out.max_age, 10, 86400);
  object.read("query_interval_s", out.query_interval, 1, 600);
  object.read("open_studies_max", out.open_studies_max, 1, 100000);
  if (const auto peer = object.find("query_peer")) read_name(*peer, out.query_peer);
  if (out.max_age <= out.quiet) node.fail("max_age_s must be longer than quiet_s");
}

void read_workers(const JsonNode& node, WorkerSettings& out) {
  JsonObject object(node);
  object.read("count", out.count, 0, 64);
  object.read("threads", out.threads, 0, 256);
  object.read("deadline_s", out.deadline, 1, 86400);
  object.read("warm_up", out.warm_up);
  std::string program;
  object.read("program", program, 4096);
  out.program = program;
  const auto device = object.find("device");
  if (!device) return;
  constexpr std::string_view kExpected = "a text: \"cpu\", \"cuda\" or \"cuda:0\"";
  const auto text = device->text(kExpected);
  if (!text) return;
  if (is_device(*text)) {
    out.device = *text;
  } else {
    device->fail_expected(kExpected);
  }
}

void read_retry(const JsonNode& node, RetrySettings& out) {
  JsonObject object(node);
  object.read("first_s", out.first, 1, 3600);
  object.read("max_s", out.longest, 1, 86400);
  object.read("jitter", out.jitter, 0, 0.9);
  object.read("attempts_max", out.attempts_max, 0, 1'000'000);
  std::int64_t hours = 0;
  object.read("age_max_h", hours, 0, 8760);
  out.age_max = std::chrono::hours(hours);
  if (out.longest < out.first) node.fail("max_s must not be shorter than first_s");
}

namespace {

using Targets = std::array<std::chrono::minutes, 4>;

Targets targets_of(int delta) {
  return {std::chrono::minutes(0), std::chrono::minutes(delta / 4), std::chrono::minutes(delta / 2),
          std::chrono::minutes(delta)};
}

void read_targets(const JsonNode& node, Targets& out) {
  JsonObject levels(node);
  std::array<int, 4> minutes{};
  constexpr std::array kLevels{"STAT", "HIGH", "ROUTINE", "LOW"};
  for (std::size_t i = 0; i < kLevels.size(); ++i) {
    if (const auto level = levels.require(kLevels[i])) {
      minutes[i] = static_cast<int>(level->integer(0, 100'000).value_or(minutes[i]));
    }
    out[i] = std::chrono::minutes(minutes[i]);
  }
  if (!std::is_sorted(minutes.begin(), minutes.end())) {
    node.fail("a less urgent level must not have a shorter target: expected STAT <= HIGH <= ROUTINE <= LOW");
  }
}

}  // namespace

void read_worklist(const JsonNode& node, WorklistSettings& out) {
  JsonObject object(node);
  object.read("reserve", out.reserve, 1, 100);
  int delta = 480;
  object.read("delta_minutes", delta, 1, 100'000);
  out.targets = targets_of(delta);
  if (const auto targets = object.find("targets_minutes")) {
    if (object.has("delta_minutes")) targets->fail("found beside delta_minutes, expected one of the two: remove one");
    read_targets(*targets, out.targets);
  }
  // FIFO p99 / p95 where waits end in an exponential tail: ln 100 / ln 20 = 1.54.
  for (std::size_t i = 0; i < out.targets.size(); ++i) out.targets_without_starts[i] = out.targets[i] * 3 / 2;
  int without = 0;
  object.read("delta_minutes_without_starts", without, 1, 100'000);
  if (without > 0) out.targets_without_starts = targets_of(without);
  object.read("alarm_results", out.alarm_results, 0, 10'000);
  object.read("alarm_share", out.alarm_share, 0, 1);
  object.read("alarm_release_share", out.alarm_release_share, 0, 1);
}

}  // namespace inferad::config
