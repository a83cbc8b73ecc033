// SPDX-License-Identifier: Apache-2.0
// What the HTTP server lets in and always adds, as pure functions on text. No sockets, no Beast.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/core/http.h"

namespace inferad::net {

// Whether a browser may call us by this Host value (RFC 9110 7.2), with or without a port: localhost, *.localhost, an
// IP address (no DNS, so no rebinding), or one of `hostnames` in any case. An empty value is refused.
bool host_allowed(std::string_view host, std::span<const std::string> hostnames);

// Whether an Origin value (RFC 6454) is the site that `host` names. "null" is nobody's.
bool same_origin(std::string_view origin, std::string_view host);

struct Target {
  std::string path, query;
};
// Splits an origin-form target (RFC 9112 3.2.1): starts with '/', printable ASCII only. false: anything else.
bool split_target(std::string_view target, Target& out);

// Sent with every response: Content-Security-Policy and its relatives.
std::span<const std::pair<std::string_view, std::string_view>> security_headers();

// One event as it travels: "event: …", a "data: …" line for each line of data, an empty line.
std::string event_frame(std::string_view event, std::string_view data);

// A JSON error body as web::Site writes them.
std::string error_body(std::string_view code, std::string_view message);

}  // namespace inferad::net
