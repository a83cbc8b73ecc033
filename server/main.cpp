// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <map>

#include "server/app/commands.h"

namespace {

using namespace inferad::app;

struct Words {  // what the command line said
  NodeChoice node;
  std::string pipeline, peer, calling_ae, model, mirror, name, why;
  std::vector<std::string> results;
  std::vector<std::filesystem::path> paths;
  std::filesystem::path out, source;
  std::int64_t id = 0;
  int days = 0;
  SimulateChoice simulate;
};

CLI::App* add_command(CLI::App& app, Words& words, const char* name, const char* help, std::function<int()> command,
                      int& status) {
  auto* sub = app.add_subcommand(name, help);
  sub->add_option("--config", words.node.config, "settings file")->capture_default_str();
  sub->callback([&status, command = std::move(command)] { status = command(); });
  return sub;
}

void add_file_commands(CLI::App& app, Words& words, int& status) {
  add_command(
      app, words, "serve", "run the node until SIGTERM; SIGHUP reads the configuration again",
      [&] { return serve_command(words.node); }, status);
  add_command(
      app, words, "check", "check settings, rules, pipelines and models; exit status 78 with every mistake",
      [&] { return check_command(words.node); }, status);

  auto* explain = add_command(
      app, words, "explain", "which rule takes a study, and why the others do not",
      [&] { return explain_command(words.node, words.paths, words.calling_ae); }, status);
  explain->add_option("path", words.paths, "DICOM files or folders")->required();
  explain->add_option("--calling-ae", words.calling_ae, "as if this AE title had sent it");

  auto* run = add_command(
      app, words, "run", "run one pipeline on files, without a node",
      [&] { return run_command(words.node, words.pipeline, words.paths, words.out, words.results); }, status);
  run->add_option("pipeline", words.pipeline, "name of the pipeline")->required();
  run->add_option("path", words.paths, "DICOM files or folders of one study")->required();
  run->add_option("--out", words.out, "folder for findings.json and the results")->required();
  run->add_option("--result", words.results, "kind of result, such as SEG_LABELMAP (may be repeated; SEG and SR)");

  auto* pixels = add_command(
      app, words, "pixels", "decode image files and print the SHA-256 of their pixels",
      [&] { return pixels_command(words.node, words.paths); }, status);
  pixels->add_option("file", words.paths, "DICOM files")->required();
  pixels->add_flag("--json", words.node.json, "one JSON object a line");
  pixels->footer(
      "The SHA-256 is that of the stored values of all frames: frame by frame, row by row, pixel by pixel, of colour\n"
      "sample by sample (as with Planar Configuration 0). Each value is an integer of Bits Allocated bits (1 bit: 8),\n"
      "little endian, two's complement if signed; bits around the stored ones count as 0 or the sign. Nothing is\n"
      "rescaled, windowed or converted to another colour space. With pydicom: sha256(pixel_array.tobytes()).\n"
      "Exit status: 0 all decoded, 1 a file cannot be opened, 3 a file cannot be decoded (the reason is told).");

  add_command(
      app, words, "conformance", "print the tables of the DICOM conformance statement (server/CONFORMANCE.md)",
      [] { return conformance_command(); }, status);

  auto* echo = add_command(
      app, words, "echo", "does a configured peer answer?", [&] { return echo_command(words.node, words.peer); },
      status);
  echo->add_option("peer", words.peer, "name of the peer in the configuration")->required();
}

void add_simulate(CLI::App& app, Words& words, int& status) {
  auto& choice = words.simulate;
  auto* sub = app.add_subcommand("simulate", "what the reading order does to waits, on made-up days");
  sub->add_option("scenario", choice.scenario,
                  "scenario file (config/examples/scenario-*.json); without it, a default");
  sub->add_option("--reference", choice.reference,
                  "check against the numbers of this file; exit status 1 when one is off");
  sub->add_option("--plots", choice.plots, "folder for plots (SVG)");
  sub->add_option("--studies", choice.studies, "of each replication; with --reference of each set")
      ->check(CLI::Range(100, 100'000'000));
  sub->add_option("--replications", choice.replications, "how often, with other random numbers")
      ->check(CLI::Range(2, 1000));
  sub->add_option("--seed", choice.seed, "the same seed gives the same bytes")
      ->check(CLI::Range(std::int64_t{0}, INT64_MAX));
  sub->add_flag("--from-ledger", choice.from_ledger,
                "the running node's own days again; proposes worklist.delta_minutes");
  sub->add_option("--days", choice.days, "of --from-ledger")->check(CLI::Range(1, 3660))->capture_default_str();
  sub->add_option("--config", words.node.config, "settings file, for --from-ledger")->capture_default_str();
  sub->callback([&words, &status] { status = simulate_command(words.node, words.simulate); });
}

void add_model_commands(CLI::App& models, Words& words, int& status) {
  models.require_subcommand(0, 1);
  auto* fetch = models.add_subcommand("fetch", "get the weights of a model that model.json names by address and hash");
  fetch->add_option("model", words.model, "name of the model")->required();
  fetch->add_option("--mirror", words.mirror,
                    "address or folder that has MODEL/FILE, instead of the model's own source");
  auto* import = models.add_subcommand("import", "make a model and a pipeline of a MONAI bundle or a TorchScript file");
  import->add_option("source", words.source, "a bundle's folder, or a .pt or .ts file")->required();
  import->add_option("--name", words.name, "of the model and the pipeline (that of the source)");
  for (auto* sub : {fetch, import}) sub->fallthrough();  // --config may stand after them
  models.callback([&words, &status, &models, fetch, import] {
    if (models.got_subcommand(fetch))
      status = fetch_command(words.node, words.model, words.mirror);
    else if (models.got_subcommand(import))
      status = import_command(words.node, words.source, words.name);
    else
      status = models_command(words.node);
  });
}

void add_node_commands(CLI::App& app, Words& words, int& status) {
  const auto add = [&](const char* name, const char* help, int (*command)(const NodeChoice&)) {
    auto* sub = add_command(
        app, words, name, help, [&words, command] { return command(words.node); }, status);
    sub->add_flag("--json", words.node.json, "print what the node answers as it is");
    return sub;
  };
  const auto add_retry = [&](CLI::App& parent, const char* list) {
    parent.require_subcommand(0, 1);
    auto* retry = parent.add_subcommand("retry", "try again what failed or was parked");
    retry->add_option("id", words.id, "number in the list")->required();
    parent.callback([&words, &status, &parent, list, show = std::string(parent.get_name())] {
      if (!parent.get_subcommands().empty()) {
        status = retry_command(words.node, list, words.id);
      } else {
        status = show == "jobs" ? jobs_command(words.node) : outbox_command(words.node);
      }
    });
  };
  add("status", "is the running node well?", status_command);
  auto* worklist = add("worklist", "the reading worklist of the running node", worklist_command);
  worklist->add_option("--why", words.why, "why this study (number, accession number or UID) stands where it does");
  worklist->callback(
      [&] { status = words.why.empty() ? worklist_command(words.node) : why_command(words.node, words.why); });
  add_retry(*add("jobs", "what pipelines did and do", jobs_command), "jobs");
  add_retry(*add("outbox", "what was sent, waits or is parked", outbox_command), "outbox");
  add_model_commands(*add("models", "pipelines and models of the running node", models_command), words, status);
  add("rules", "routing rules and how many studies each took", rules_command);
  add("peers", "whom the node talks with", peers_command);
  auto* evidence = add("evidence", "what the analyses were worth here, as CSV", status_command);
  evidence->add_option("--days", words.days, "studies analysed in the last so many days");
  evidence->callback([&] { status = evidence_command(words.node, words.days); });
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "A DICOM node that runs AI on the studies a PACS pushes, and raises urgent ones on the reading worklist.");
  app.set_version_flag("--version", "inferad " INFERAD_VERSION);
  app.require_subcommand(1);
  app.footer("Exit status: 0 done, 1 failed, 3 not analysed (run, pixels), 78 the configuration has mistakes.");
  Words words;
  int status = 0;
  add_file_commands(app, words, status);
  add_simulate(app, words, status);
  add_node_commands(app, words, status);
  CLI11_PARSE(app, argc, argv);
  return status;
}
