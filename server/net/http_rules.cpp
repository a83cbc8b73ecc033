// SPDX-License-Identifier: Apache-2.0
#include "server/net/http_rules.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "server/base/log.h"

namespace inferad::net {

namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "name:8080" → "name", "[::1]:8080" → "::1"; "" when malformed.
std::string host_name(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return {};
    const auto rest = host.substr(end + 1);
    if (!rest.empty() && (rest.front() != ':' || !is_port(rest.substr(1)))) return {};
    return lower(host.substr(1, end - 1));
  }
  const auto colon = host.find(':');
  if (colon == std::string_view::npos) return lower(host);
  if (!is_port(host.substr(colon + 1))) return {};
  return lower(host.substr(0, colon));
}

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

}  // namespace

bool host_allowed(std::string_view host, std::span<const std::string> hostnames) {
  const std::string name = host_name(host);
  if (name.empty()) return false;
  if (name == "localhost" || name.ends_with(".localhost") || is_address(name)) return true;
  return std::any_of(hostnames.begin(), hostnames.end(), [&](const auto& ours) { return lower(ours) == name; });
}

bool same_origin(std::string_view origin, std::string_view host) {
  const std::string site = lower(origin);
  const std::string ours = lower(host);
  return !ours.empty() && (site == "http://" + ours || site == "https://" + ours);
}

bool split_target(std::string_view target, Target& out) {
  if (target.empty() || target.front() != '/') return false;
  if (std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c >= 0x7f; })) return false;
  const auto question = target.find('?');
  out.path = target.substr(0, question);
  out.query = question == std::string_view::npos ? "" : target.substr(question + 1);
  return true;
}

std::span<const std::pair<std::string_view, std::string_view>> security_headers() {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> headers = {{
      {"Content-Security-Policy",
       "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"},
      {"X-Content-Type-Options", "nosniff"},
      {"X-Frame-Options", "DENY"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"},
  }};
  return headers;
}

std::string event_frame(std::string_view event, std::string_view data) {
  std::string frame = "event: " + std::string(event.substr(0, event.find_first_of("\r\n"))) + '\n';
  while (true) {
    const auto end = data.find_first_of("\r\n");
    frame.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + 1);
  }
  return frame + '\n';
}

std::string error_body(std::string_view code, std::string_view message) {
  return R"({"error":{"code":)" + log::json_quote(code) + R"(,"message":)" + log::json_quote(message) + "}}\n";
}

}  // namespace inferad::net
