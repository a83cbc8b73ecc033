// SPDX-License-Identifier: Apache-2.0
// Gets one large file whose size and SHA-256 are known, over HTTP or HTTPS (libcurl behind it), or from a folder. For
// the command line: blocking. Proxies are taken from the environment (http_proxy, https_proxy, all_proxy, no_proxy).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "server/base/result.h"

namespace inferad::net {

struct Download {
  std::string from;          // http:// or https:// URL, or the path of a file
  std::filesystem::path to;  // its folder exists
  std::uint64_t size_bytes = 0;
  std::string sha256;      // hexadecimal, lower case
  int attempts = 5;        // of connections that break; each goes on where the last one stopped
  int stall_seconds = 30;  // without data: the connection counts as broken
};

using DownloadProgress = std::function<void(std::uint64_t bytes)>;  // that are there

// `to` is complete, right and durable, or not there. What came so far stays in `to`.part and is used by the next call.
// refused: size or SHA-256 are others than demanded, or the server says no (then to.part is removed or was not made);
// unavailable: it cannot be reached or breaks off; not_found: no such file there; io: our own disk.
Status download(const Download& what, const DownloadProgress& progress);

}  // namespace inferad::net
