// SPDX-License-Identifier: Apache-2.0
// pixels: what image files decode to, without a pipeline.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "pipelines/imaging/digest.h"
#include "pipelines/worker/commands.h"
#include "pipelines/worker/sandbox.h"

namespace inferad::worker {

namespace {

void print_line(const std::string& file, const imaging::PixelDigest& image) {
  fmt::print("{}: frames {}, rows {}, columns {}, samples {}, bits {} of {} {}, {}, {}, sha256 {}\n", file,
             image.frames, image.rows, image.columns, image.samples, image.bits_stored, image.bits_allocated,
             image.is_signed ? "signed" : "unsigned", image.photometric, image.transfer_syntax, image.sha256);
}

void print_json(const nlohmann::ordered_json& line) {
  fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

nlohmann::ordered_json to_json(const std::string& file, const imaging::PixelDigest& image) {
  return {{"file", file},
          {"frames", image.frames},
          {"rows", image.rows},
          {"columns", image.columns},
          {"samples", image.samples},
          {"bits_allocated", image.bits_allocated},
          {"bits_stored", image.bits_stored},
          {"signed", image.is_signed},
          {"photometric", image.photometric},
          {"transfer_syntax", image.transfer_syntax},
          {"sha256", image.sha256}};
}

int digest(const std::string& file, bool json) {
  if (std::error_code ignored; std::filesystem::is_directory(file, ignored)) {
    fmt::print(stderr, "{}: is a folder: give its files\n", file);
    return exit_status::kFailed;
  }
  const auto digested = imaging::digest_pixels(file);
  if (!digested) {
    fmt::print(stderr, "{}: {}\n", file, digested.error().what);
    return exit_status::kFailed;
  }
  if (const auto* refusal = std::get_if<imaging::Refusal>(&*digested)) {
    fmt::print(stderr, "{}: not analysed because {} [{}]\n", file, refusal->text, refusal->reason.value);
    if (json) print_json({{"file", file}, {"code", refusal->reason.value}, {"reason", refusal->text}});
    return exit_status::kNotAnalysed;
  }
  const auto& image = std::get<imaging::PixelDigest>(*digested);
  json ? print_json(to_json(file, image)) : print_line(file, image);
  return exit_status::kDone;
}

}  // namespace

int pixels_command(const std::vector<std::filesystem::path>& files, bool json) {
  if (const auto sandbox = enter_sandbox({}); !sandbox) {
    fmt::print(stderr, "inferad-worker: {}\n", sandbox.error().what);
    return exit_status::kFailed;
  }
  bool failed = false, refused = false;
  for (const auto& file : files) {
    const int status = digest(file.string(), json);
    failed |= status == exit_status::kFailed;
    refused |= status == exit_status::kNotAnalysed;
  }
  return failed ? exit_status::kFailed : refused ? exit_status::kNotAnalysed : exit_status::kDone;
}

}  // namespace inferad::worker
