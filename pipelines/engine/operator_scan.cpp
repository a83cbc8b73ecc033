// SPDX-License-Identifier: Apache-2.0
#include "pipelines/engine/operator_scan.h"

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <array>
#include <istream>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace inferad::engine {

namespace {

using torch::jit::Block;
using torch::jit::Function;
using torch::jit::Graph;
using torch::jit::Node;

// Operators of the namespaces that are let in which reach out of the process, and why.
constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kRefused{{
    {"aten::from_file", "it opens a file, and makes or writes one"},
    {"aten::save", "it writes a file"},
    {"prim::PythonOp", "it calls Python"},
    {"prim::IgnoredPythonOp", "it calls Python"},
    {"prim::CallPythonFunction", "it calls Python"},
    {"prim::rpc_async", "it calls another process"},
    {"prim::rpc_sync", "it calls another process"},
    {"prim::rpc_remote", "it calls another process"},
}};

constexpr std::string_view kObjects = "torch.classes.";  // of C++ classes that somebody registered

Error refuse(const std::string& who, std::string_view what, std::string_view where, std::string_view why) {
  return {Errc::refused,
          fmt::format("{} uses {} in {}: {}. Models only compute: take it out and export the model again", who, what,
                      where, why)};
}

// "" = let in.
std::string_view why_not(const Node& node) {
  const auto kind = node.kind();
  const std::string_view name = kind.toQualString();
  for (const auto& [refused, why] : kRefused)
    if (name == refused) return why;
  return kind.is_aten() || kind.is_prim() ? std::string_view() : "it is no operator of aten:: or prim::";
}

class Scan {
 public:
  explicit Scan(const std::string& who) : who_(who) {}

  void add(Function& function) {
    if (seen_.insert(&function).second) functions_.push_back(&function);
  }

  Status run() {
    while (!functions_.empty()) {
      auto* const function = functions_.back();
      functions_.pop_back();
      where_ = function->qualname().qualifiedName();
      auto* const graph_function = torch::jit::tryToGraphFunction(*function);
      if (graph_function == nullptr) return refuse(who_, where_, "its code", "it is a function of C++");
      INFERAD_TRY_STATUS(look_at(*graph_function->graph()));
    }
    return ok();
  }

 private:
  Status look_at(Graph& graph) {
    blocks_.push_back(graph.block());
    while (!blocks_.empty()) {
      auto* const block = blocks_.back();
      blocks_.pop_back();
      for (auto* const node : block->nodes()) INFERAD_TRY_STATUS(look_at(*node));
    }
    return ok();
  }

  // Its blocks and subgraphs, and the functions that it may call, come later.
  Status look_at(Node& node) {
    if (const auto why = why_not(node); !why.empty()) return refuse(who_, node.kind().toQualString(), where_, why);
    for (auto* const block : node.blocks()) blocks_.push_back(block);
    for (const auto name : node.attributeNames()) {
      if (node.kindOf(name) == torch::jit::AttributeKind::g) add(node.g(name));
      if (node.kindOf(name) == torch::jit::AttributeKind::gs)
        for (const auto& graph : node.gs(name)) add(graph);
    }
    for (const auto* const value : node.outputs()) {
      if (const auto type = value->type()->cast<c10::FunctionType>()) add(*type->function());
      if (const auto text = value->type()->str(); text.find(kObjects) != std::string::npos)
        return refuse(who_, text, where_, "it is an object of C++");
    }
    return ok();
  }

  void add(const std::shared_ptr<Graph>& graph) {
    if (graphs_.insert(graph.get()).second) blocks_.push_back(graph->block());
  }

  const std::string& who_;
  std::string where_;  // the method
  std::vector<Function*> functions_;
  std::vector<Block*> blocks_;
  std::unordered_set<const Function*> seen_;
  std::unordered_set<const Graph*> graphs_;
};

bool holds(caffe2::serialize::PyTorchStreamReader& reader, const std::string& record, std::string_view text) {
  const auto [bytes, size] = reader.getRecord(record);
  return std::string_view(static_cast<const char*>(bytes.get()), size).find(text) != std::string_view::npos;
}

}  // namespace

Status scan_archive(std::istream& archive, const std::string& who) {
  std::array<char, 4> begin{};
  archive.read(begin.data(), begin.size());
  archive.clear();
  archive.seekg(0);
  // LibTorch would take a flatbuffer, too, by its first bytes.
  if (std::string_view(begin.data(), begin.size()) != "PK\3\4")
    return Error{Errc::model, fmt::format("{} is no file that torch.jit.save wrote", who)};
  caffe2::serialize::PyTorchStreamReader reader(&archive);
  if (!reader.hasRecord("constants.pkl"))
    return Error{Errc::model, fmt::format("{} is no TorchScript: export the model with torch.jit.save, not with "
                                          "torch.save, and with PyTorch 1.4 or later",
                                          who)};
  for (const auto& record : reader.getAllRecords()) {
    // A class in code and an object in a pickle have their names as text: these formats know no other way.
    if (record.ends_with(".py") && holds(reader, record, "__setstate__"))
      return refuse(who, "__setstate__", record, "it runs while the model is loaded (as in quantised models)");
    if (record.ends_with(".pkl") && holds(reader, record, kObjects))
      return refuse(who, "an object of torch.classes", record, "it is made by C++ while the model is loaded");
  }
  archive.clear();
  archive.seekg(0);
  return ok();
}

Status scan_operators(const torch::jit::Module& module, const std::string& who) {
  Scan scan(who);
  // Whatever can be called lies in the unit that the module was compiled in, also behind interfaces. A graph may be
  // compiled when it is asked for, and bring others.
  const auto unit = module._ivalue()->compilation_unit();
  for (std::size_t known = 0; known != unit->get_functions().size();) {
    const auto functions = unit->get_functions();
    known = functions.size();
    for (auto* const function : functions) scan.add(*function);
    INFERAD_TRY_STATUS(scan.run());
  }
  return ok();
}

}  // namespace inferad::engine
