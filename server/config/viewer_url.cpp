// SPDX-License-Identifier: Apache-2.0
#include "server/config/viewer_url.h"

#include <algorithm>

namespace inferad::config {

std::string viewer_url_problem(std::string_view text) {
  if (text.empty()) return {};
  const std::string_view scheme = text.starts_with("https://") ? "https://" : "http://";
  if (!text.starts_with(scheme)) return "expected an address that begins with http:// or https://";
  const auto good = [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\'; };
  if (!std::all_of(text.begin(), text.end(), good)) return "expected printable ASCII: encode anything else with %";
  const auto rest = text.substr(scheme.size());
  const auto host = rest.substr(0, rest.find_first_of("/?#"));
  if (host.empty() || host.find_first_of("{}@") != std::string_view::npos)
    return "expected a host without placeholder, user or password after " + std::string(scheme);
  bool any = false;
  for (auto at = rest.find_first_of("{}"); at != std::string_view::npos; at = rest.find_first_of("{}", at)) {
    const auto name = rest.substr(at, rest.find('}', at) - at + 1);
    if (rest[at] == '}' || (name != "{study_uid}" && name != "{accession}"))
      return "expected only {study_uid} and {accession} in braces";
    any = true;
    at += name.size();
  }
  return any ? "" : "expected {study_uid} or {accession} in it: the link would open no study";
}

}  // namespace inferad::config
