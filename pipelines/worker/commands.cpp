// SPDX-License-Identifier: Apache-2.0
#include "pipelines/worker/commands.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdio>
#include <utility>

#include "pipelines/engine/engine.h"
#include "pipelines/findings/codes.h"
#include "pipelines/imaging/find_series.h"
#include "pipelines/recipe/import_model.h"
#include "pipelines/worker/channel.h"
#include "pipelines/worker/job_runner.h"
#include "pipelines/worker/sandbox.h"
#include "pipelines/worker/serve.h"
#include "server/base/clock.h"
#include "server/base/durable.h"
#include "server/base/log.h"

namespace inferad::worker {

namespace {

int fail(const Error& error, int status = exit_status::kFailed) {
  fmt::print(stderr, "inferad-worker: {}\n", error.what);
  return status;
}

Result<engine::Engine> load_engine(const EngineChoice& choice,
                                   std::function<void(const std::string&)> loading = nullptr, std::string only = {}) {
  return engine::Engine::load(choice.catalog, choice.models,
                              {.device = choice.device,
                               .threads = choice.threads,
                               .only = std::move(only),
                               .leave_out = choice.leave_out,
                               .loading = std::move(loading)});
}

Status enter(const SandboxChoice& choice, bool die_with_parent) {
  INFERAD_TRY(const auto sandbox, enter_sandbox({.writable = choice.writable,
                                                 .memory_bytes = choice.memory_mib << 20,
                                                 .die_with_parent = die_with_parent}));
  if (!choice.writable.empty() && !sandbox.landlock) log::warning("sandbox_without_landlock");
  return ok();
}

Result<std::vector<findings::JobInput>> inputs_of(const RunChoice& choice) {
  std::vector<findings::JobInput> inputs;
  for (const auto& folder : choice.joined) {
    const auto file = std::filesystem::absolute(folder) / "findings.json";
    INFERAD_TRY(const auto text, read_file(file, 16 << 20));
    INFERAD_TRY(const auto said, findings::findings_from_json(text));
    inputs.push_back({said.pipeline, file, ""});
  }
  return inputs;
}

findings::Job make_job(const RunChoice& choice, imaging::FoundStudy study) {
  findings::Job job;
  job.id = "1";
  job.pipeline = choice.pipeline;
  job.study_uid = std::move(study.study_uid);
  job.series = std::move(study.series);
  job.created_at = choice.created_at.empty() ? to_iso8601(wall_now()) : choice.created_at;
  job.device_serial = "command line";
  if (!choice.results.empty()) job.results = choice.results;
  job.encodings = choice.encodings;
  job.full_masks = choice.full_masks;
  return job;
}

JobEvents print_progress() {
  return {.progress =
              [last = std::string()](std::string_view stage, double) mutable {
                if (stage != last) fmt::print(stderr, "{} ...\n", stage);
                last = stage;
              },
          .findings_ready = [] { fmt::print(stderr, "findings.json is written\n"); }};
}

// UCUM writes "[hnsf'U]".
std::string readable_unit(const findings::CodedConcept& unit) {
  return unit == findings::codes::kHounsfieldUnit ? "HU" : unit.value;
}

// What a person wants to see first; everything is in findings.json.
void print_summary(const findings::Findings& findings) {
  if (findings.outcome != findings::Outcome::analysed) {
    fmt::print("not analysed: {} ({})\n", findings.reason.meaning, findings.reason_text);
    return;
  }
  for (const auto& item : findings.items) {
    fmt::print("{}: {}\n", item.id, findings::to_string(item.presence));
    for (const auto& measure : item.measurements) {
      fmt::print("  {:<28} {:>10.2f} {}{}\n", measure.label.empty() ? measure.name.meaning : measure.label,
                 measure.value, readable_unit(measure.unit), measure.truncated ? "  (truncated)" : "");
    }
  }
  for (const auto& qualifier : findings.qualifiers) fmt::print("remark: {}\n", qualifier.text);
  for (const auto& remark : findings.remarks) fmt::print("remark: {}\n", remark);
  if (findings.priority) fmt::print("priority: {}, {}\n", findings.priority->level, findings.priority->reason);
}

Result<int> run_job(const EngineChoice& engine_choice, const RunChoice& choice) {
  INFERAD_TRY(auto study, imaging::find_series(choice.paths, engine_choice.threads));
  if (study.skipped > 0) fmt::print(stderr, "{} files are no DICOM images\n", study.skipped);
  INFERAD_TRY(auto engine, load_engine(engine_choice, nullptr, choice.pipeline));
  if (!engine.refused().empty()) return Error{Errc::model, engine.refused().front().reason};
  auto job = make_job(choice, std::move(study));
  INFERAD_TRY(job.inputs, inputs_of(choice));
  INFERAD_TRY_STATUS(write_file_durable(choice.out / "job.json", findings::to_json(job)));
  INFERAD_TRY(const auto result, JobRunner(engine, engine_choice.threads).run(choice.out, print_progress()));
  INFERAD_TRY(const auto text, read_file(choice.out / "findings.json", 16 << 20));
  INFERAD_TRY(const auto findings, findings::findings_from_json(text));
  print_summary(findings);
  for (const auto& object : result.objects) {
    if (object.refused.empty())
      fmt::print("{}\n", (choice.out / object.name).string());
    else
      fmt::print(stderr, "{} not written: {}\n", to_string(object.kind), object.refused);
  }
  return result.outcome == findings::Outcome::analysed ? exit_status::kDone : exit_status::kNotAnalysed;
}

}  // namespace

int serve_command(const EngineChoice& engine_choice, const SandboxChoice& sandbox, int fd) {
  if (auto entered = enter(sandbox, true); !entered) return fail(entered.error());
  exit_when_closed(fd);
  Channel channel{UniqueFd(fd)};
  auto engine = load_engine(engine_choice, [&](const std::string& pipeline) { announce_loading(channel, pipeline); });
  if (!engine) return fail(engine.error(), exit_status::kConfiguration);
  return serve(channel, *engine, engine_choice.threads);
}

int run_command(const EngineChoice& engine, const SandboxChoice& sandbox_choice, const RunChoice& choice) {
  if (auto made = make_folders_durable(choice.out); !made) return fail(made.error());
  auto sandbox = sandbox_choice;
  sandbox.writable.push_back(choice.out);
  if (auto entered = enter(sandbox, false); !entered) return fail(entered.error());
  const auto status = run_job(engine, choice);
  return status ? *status : fail(status.error());
}

int check_command(const EngineChoice& choice) {
  auto engine = load_engine(choice);
  if (!engine) return fail(engine.error(), exit_status::kConfiguration);
  for (const auto& pipeline : engine->pipelines()) {
    if (!pipeline.not_installed.empty()) {
      fmt::print("{} {}: not installed: {}\n", pipeline.name, pipeline.version, pipeline.not_installed);
      continue;
    }
    fmt::print("{} {}: ready\n", pipeline.name, pipeline.version);
    for (const auto& model : pipeline.models) fmt::print("  model {} {}\n", model.name, model.sha256);
  }
  for (const auto& refused : engine->refused()) fmt::print(stderr, "{}: refused: {}\n", refused.name, refused.reason);
  if (engine->pipelines().empty()) fmt::print(stderr, "{}: no pipeline is ready\n", choice.catalog.string());
  return engine->refused().empty() && !engine->pipelines().empty() ? exit_status::kDone : exit_status::kConfiguration;
}

int import_command(const EngineChoice& engine, const std::filesystem::path& source, const std::string& name) {
  umask(022);  // models are no patient data
  const auto made = recipe::import_model({source, name, engine.models, engine.catalog});
  if (!made) return fail(made.error());
  fmt::print("{}\n{}\n", made->model.string(), made->pipeline.string());
  for (const auto& line : made->to_do) fmt::print("to do: {}\n", line);
  return exit_status::kDone;
}

}  // namespace inferad::worker
