// SPDX-License-Identifier: Apache-2.0
// The subcommands of inferad-worker behind the command line. Each gives the exit status.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"

namespace inferad::worker {

namespace exit_status {
inline constexpr int kDone = 0, kFailed = 1, kNotAnalysed = 3, kConfiguration = 78;
}

struct EngineChoice {
  std::filesystem::path catalog = "pipelines/catalog", models = "models";  // as in the repository
  std::string device = "cpu";
  int threads = 2;
  std::vector<std::string> leave_out;  // pipelines that are not loaded
};

struct SandboxChoice {
  std::vector<std::filesystem::path> writable;
  std::uint64_t memory_mib = 0;
};

struct RunChoice {
  std::string pipeline;
  std::vector<std::filesystem::path> paths;
  std::filesystem::path out;
  std::string created_at;                 // "" = now
  std::vector<ResultKind> results;        // to be written; none: SEG and SR
  std::vector<ResultEncoding> encodings;  // in which segmentations are written, too
  bool full_masks = false;
  std::vector<std::filesystem::path> joined;  // folders of other runs on the study, for a pipeline that joins
};

int serve_command(const EngineChoice& engine, const SandboxChoice& sandbox, int fd);
int run_command(const EngineChoice& engine, const SandboxChoice& sandbox, const RunChoice& choice);
// Loads every pipeline and its models; prints one line each. 78 when one is refused or there is none.
int check_command(const EngineChoice& engine);
// Makes a model and a pipeline of a MONAI bundle's folder or a .pt or .ts file; `name` "" = the name of the source.
int import_command(const EngineChoice& engine, const std::filesystem::path& source, const std::string& name);
// Decodes each file and prints what it holds and the SHA-256 of its stored values (imaging/digest.h), with `json` as a
// JSON object a line. kNotAnalysed when one cannot be decoded, kFailed when one cannot be opened; the others still are.
int pixels_command(const std::vector<std::filesystem::path>& files, bool json);

}  // namespace inferad::worker
