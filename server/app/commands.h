// SPDX-License-Identifier: Apache-2.0
// The subcommands of inferad behind the command line. Each gives the exit status.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace inferad::app {

namespace exit_status {
inline constexpr int kDone = 0, kFailed = 1, kNotAnalysed = 3, kConfiguration = 78;
}

struct NodeChoice {
  std::filesystem::path config = "config/inferad.json";
  bool json = false;  // the API's answer as it is
};

// ---- without a running node ----
int serve_command(const NodeChoice& node);  // until SIGTERM or SIGINT
// Settings, rules, and through inferad-worker pipelines and models. 78 with every mistake.
int check_command(const NodeChoice& node);
int explain_command(const NodeChoice& node, const std::vector<std::filesystem::path>& paths,
                    const std::string& calling_ae);
// Through inferad-worker: one pipeline on files.
int run_command(const NodeChoice& node, const std::string& pipeline, const std::vector<std::filesystem::path>& paths,
                const std::filesystem::path& out, const std::vector<std::string>& results);
// Through inferad-worker: decodes image files and prints the SHA-256 of their stored values.
int pixels_command(const NodeChoice& node, const std::vector<std::filesystem::path>& files);
int conformance_command();  // prints the tables of server/CONFORMANCE.md
int echo_command(const NodeChoice& node, const std::string& peer);
// Gets the weights that model.json names, checks and keeps them. `mirror`: URL or folder with MODEL/FILE, "" = the
// model's own source.
int fetch_command(const NodeChoice& node, const std::string& model, const std::string& mirror);
// Through inferad-worker: a model and a pipeline of a MONAI bundle or a TorchScript file.
int import_command(const NodeChoice& node, const std::filesystem::path& source, const std::string& name);

struct SimulateChoice {
  std::filesystem::path scenario;     // "" = the default one
  std::filesystem::path reference;    // check against its numbers instead
  std::filesystem::path plots;        // folder for SVG files; "" = none
  int studies = 0, replications = 0;  // 0 = as in the scenario
  std::int64_t seed = -1;             // the same
  bool from_ledger = false;           // the running node's own days instead
  int days = 30;
};
// The shipped reading order on made-up days. --reference: fails unless every number is within bounds.
int replay_command(const NodeChoice& node, int days);  // --from-ledger
int simulate_command(const NodeChoice& node, const SimulateChoice& choice);

// ---- questions to the running node, over its HTTP API ----
int status_command(const NodeChoice& node);
int worklist_command(const NodeChoice& node);
int why_command(const NodeChoice& node, const std::string& study);  // study: number, accession number or UID
int jobs_command(const NodeChoice& node);
int outbox_command(const NodeChoice& node);
int models_command(const NodeChoice& node);
int rules_command(const NodeChoice& node);
int peers_command(const NodeChoice& node);
int evidence_command(const NodeChoice& node, int days);                               // 0 = as configured; as CSV
int retry_command(const NodeChoice& node, const std::string& list, std::int64_t id);  // list: "jobs" or "outbox"

}  // namespace inferad::app
