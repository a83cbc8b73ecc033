// SPDX-License-Identifier: Apache-2.0
// The address of the site's viewer for a study: "https://viewer.example/view?study={study_uid}". Pure.
#pragma once

#include <string>
#include <string_view>

namespace inferad::config {

// "" when `text` is good: empty, or http or https with a host, printable ASCII, and in braces only {study_uid} and
// {accession}, at least one of them, after the host. Else what is wrong.
std::string viewer_url_problem(std::string_view text);

}  // namespace inferad::config
