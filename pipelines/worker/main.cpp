// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <filesystem>
#include <map>
#include <string>

#include "pipelines/worker/commands.h"
#include "server/base/result_encoding.h"
#include "server/base/result_kind.h"

namespace {

using namespace inferad::worker;

// `folders`: what --catalog and --models must be.
void add_engine_options(CLI::App& command, EngineChoice& engine,
                        const CLI::Validator& folders = CLI::ExistingDirectory) {
  command.add_option("--catalog", engine.catalog, "folder with one folder for each pipeline")
      ->check(folders)
      ->capture_default_str();
  command.add_option("--models", engine.models, "folder with one folder for each model")
      ->check(folders)
      ->capture_default_str();
  command.add_option("--threads", engine.threads, "threads for loading and inference")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command.add_option("--leave-out", engine.leave_out, "do not load this pipeline (may be repeated)");
  command.add_option("--device", engine.device, "cpu, cuda or cuda:N")->capture_default_str();
}

void add_sandbox_options(CLI::App& command, SandboxChoice& sandbox) {
  command.add_option("--writable", sandbox.writable, "write files only below this folder (may be repeated)")
      ->check(CLI::ExistingDirectory);
  command.add_option("--memory-mib", sandbox.memory_mib, "memory limit (default: three quarters of the machine's)");
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  umask(077);  // results hold patient data
  CLI::App app("Runs pipelines on DICOM images: a study in, findings, SEG and SR out.");
  app.set_version_flag("--version", "inferad-worker " INFERAD_VERSION);
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 analysed, 1 failed, 3 not analysed (the report says why), 78 pipelines or models are wrong.");
  EngineChoice engine;
  SandboxChoice sandbox;
  RunChoice choice;
  int fd = -1, status = 0;

  auto* serve = app.add_subcommand("serve", "take jobs from the node over an inherited socket");
  serve->add_option("--fd", fd, "file descriptor of the socket")->required()->check(CLI::NonNegativeNumber);
  add_engine_options(*serve, engine);
  add_sandbox_options(*serve, sandbox);
  serve->callback([&] { status = serve_command(engine, sandbox, fd); });

  auto* run = app.add_subcommand("run", "run one pipeline on files");
  run->add_option("pipeline", choice.pipeline, "name of the pipeline")->required();
  run->add_option("path", choice.paths, "DICOM files or folders of one study")->required();
  run->add_option("--out", choice.out, "folder for job.json, findings.json and the results")->required();
  std::map<std::string, inferad::ResultKind> kinds;
  for (const auto& facts : inferad::result_kinds()) kinds.emplace(facts.name, facts.kind);
  run->add_option("--result", choice.results,
                  "kind of result to write, such as SEG_LABELMAP (may be repeated; SEG and SR)")
      ->transform(CLI::CheckedTransformer(kinds));
  std::map<std::string, inferad::ResultEncoding> encodings;
  for (const auto& facts : inferad::result_encodings()) encodings.emplace(facts.name, facts.encoding);
  run->add_option("--encoding", choice.encodings, "RLE or DEFLATED: write segmentations so, too (may be repeated)")
      ->transform(CLI::CheckedTransformer(encodings));
  run->add_flag("--full-masks", choice.full_masks, "segmentations have a frame for each slice, also without a voxel");
  run->add_option("--joined", choice.joined, "folder of another run, whose findings.json is joined (may be repeated)")
      ->check(CLI::ExistingDirectory);
  run->add_option("--created-at", choice.created_at, "time of the results, such as 2026-11-24T08:30:00.000Z (now)");
  add_engine_options(*run, engine);
  add_sandbox_options(*run, sandbox);
  run->callback([&] { status = run_command(engine, sandbox, choice); });

  auto* check = app.add_subcommand("check", "load every pipeline and model and say what is wrong");
  add_engine_options(*check, engine);
  check->callback([&] { status = check_command(engine); });

  std::filesystem::path source;
  std::string name;
  auto* importing = app.add_subcommand("import", "make a model and a pipeline of a MONAI bundle or a TorchScript file");
  importing->add_option("source", source, "a bundle's folder, or a .pt or .ts file")->required();
  importing->add_option("--name", name, "of the model and the pipeline (that of the source)");
  add_engine_options(*importing, engine, CLI::ExistingDirectory | CLI::NonexistentPath);  // made when not there
  importing->callback([&] { status = import_command(engine, source, name); });

  bool json = false;
  auto* pixels = app.add_subcommand("pixels", "decode image files and print the SHA-256 of their stored values");
  pixels->add_option("file", choice.paths, "DICOM files")->required();
  pixels->add_flag("--json", json, "one JSON object a line");
  pixels->callback([&] { status = pixels_command(choice.paths, json); });

  CLI11_PARSE(app, argc, argv);
  return status;
}
