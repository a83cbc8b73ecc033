// SPDX-License-Identifier: Apache-2.0
// Models that break what they can: each is refused when it is loaded or fails its study, and the others go on.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "pipelines/engine/engine.h"
#include "pipelines/engine/model_pipeline.h"
#include "pipelines/recipe/bundle.h"
#include "pipelines/recipe/model_file.h"
#include "tests/torch/made_model.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;
using namespace inferad::engine;
using testing::MadeCatalog;
using testing::saved_model;
namespace fs = std::filesystem;

namespace {

const std::string kEvil = "def forward(self, x: Tensor) -> Tensor:\n  return torch.tensor([[0.75, 0.25]])\n";
const std::string kGood = "def forward(self, x: Tensor) -> Tensor:\n  return torch.tensor([[0.25, 0.75]])\n";

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text << "\nlacks: " << part);
  return false;
}

Engine load(const MadeCatalog& made) {
  auto engine = Engine::load(made.catalog(), made.models(), {.device = "cpu", .threads = 1});
  REQUIRE(engine);
  return *std::move(engine);
}

// Why the pipeline is refused; "" when it is offered.
std::string refusal(const Engine& engine, const std::string& name) {
  for (const auto& refused : engine.refused())
    if (refused.name == name) return refused.reason;
  return "";
}

std::string refusal_of(const std::string& bytes) {
  const MadeCatalog made;
  made.add("net", bytes);
  return refusal(load(made), "net");
}

findings::Image image() {
  auto result = testing::empty_image(8, 6, 4, {1, 1, 1}, 100);
  result.modality = "CT";
  return result;
}

Result<PipelineOutput> run(Engine& engine, const std::string& name) {
  findings::Job job;
  job.id = "17";
  job.pipeline = name;
  job.study_uid = "1.2.3.4";
  job.created_at = "2026-11-24T23:30:00.123Z";
  return engine.run(name, image(), job, [](std::string_view, double) {});
}

std::string file_in(const MadeCatalog& made) { return (made.models() / "written").string(); }

}  // namespace

TEST_CASE("a model that opens or writes files is refused when it is loaded, wherever the call is") {
  const MadeCatalog made;
  const auto file = "\"" + file_in(made) + "\"";
  const std::string read = "return torch.from_file(" + file + ", True, 2)\n";
  const std::string write = "torch.save(x, " + file + ")\n";
  const std::string forward = "def forward(self, x: Tensor) -> Tensor:\n  ";
  made.add("from-file", saved_model(forward + read));
  made.add("save", saved_model(forward + write + "  return x\n"));
  made.add("save-text", saved_model(forward + "torch.save(\"text\", " + file + ")\n  return x\n"));
  made.add("by-name", saved_model(forward + "t = torch\n  getattr(t, \"save\")(x, " + file + ")\n  return x\n"));
  made.add("in-a-branch",
           saved_model(forward + "if x.size(0) > 5:\n    for i in range(3):\n      " + write + "  return x\n"));
  made.add("in-a-submodule", saved_model(forward + "return self.inner.forward(x)\n", forward + write + "  return x\n"));
  made.add("not-called", saved_model(kGood + "def other(self, x: Tensor) -> Tensor:\n  " + read));
  made.add("as-text", forward + write + "  return x\n");
  made.add("good", saved_model(kGood));
  auto engine = load(made);
  CHECK(engine.refused().size() == 8);
  for (const char* name : {"save", "save-text", "by-name", "in-a-branch", "in-a-submodule", "as-text"})
    CHECK(contains(refusal(engine, name), "uses aten::save in"));
  for (const char* name : {"from-file", "not-called"})
    CHECK(contains(refusal(engine, name), "uses aten::from_file in"));
  CHECK(contains(refusal(engine, "from-file"), "model from-file (" + made.weights("from-file").string() + ")"));
  CHECK(contains(refusal(engine, "from-file"), ".forward: it opens a file"));
  CHECK(contains(refusal(engine, "not-called"), ".other: "));
  CHECK(contains(refusal(engine, "in-a-submodule"), "Part"));
  CHECK(contains(refusal(engine, "save"), "take it out and export the model again"));
  CHECK(run(engine, "good"));
  CHECK_FALSE(fs::exists(file_in(made)));
}

TEST_CASE("a model that would run code while it is loaded is refused before that") {
  const MadeCatalog made;
  made.add("setstate", testing::saved_with_setstate("torch.save(state, \"" + file_in(made) + "\")"));
  const auto engine = load(made);
  CHECK(contains(refusal(engine, "setstate"), "uses __setstate__ in code/"));
  CHECK_FALSE(fs::exists(file_in(made)));
}

TEST_CASE("a model that writes into its input does not change the image") {
  const MadeCatalog made;
  made.add("writes", saved_model("def forward(self, x: Tensor) -> Tensor:\n  x.fill_(7.)\n" +
                                 kGood.substr(kGood.find("  return"))));
  auto engine = load(made);
  const auto given = image();
  findings::Job job;
  job.id = "17";
  job.pipeline = "writes";
  job.study_uid = "1.2.3.4";
  job.created_at = "2026-11-24T23:30:00.123Z";
  REQUIRE(engine.run("writes", given, job, [](std::string_view, double) {}));
  CHECK(given.voxels == image().voxels);
}

TEST_CASE("operators of other libraries are refused") {
  CHECK(contains(refusal_of(testing::saved_with_profiler()), "uses profiler::_record_function_enter in"));
}

TEST_CASE("what is no TorchScript is refused with a hint") {
  CHECK(contains(refusal_of("no archive"), "is no file that torch.jit.save wrote"));
  CHECK_FALSE(refusal_of("PK\3\4 and then nothing of an archive").empty());
  const auto good = saved_model(kGood);
  CHECK_FALSE(refusal_of(good.substr(0, good.size() / 2)).empty());
  CHECK(contains(refusal_of(saved_model("def other(self, x: Tensor) -> Tensor:\n  return x\n")), "has no forward"));
  CHECK(refusal_of(good).empty());
}

TEST_CASE("a study ends in a clear error when its model fails, and the next one runs") {
  const std::string forward = "def forward(self, x: Tensor) -> Tensor:\n  ";
  const MadeCatalog made;
  made.add("good", saved_model(kGood));
  made.add("throws", saved_model(forward + "assert x.size(0) < 0, \"no such image\"\n  return x\n"));
  made.add("large", saved_model(forward + "return torch.zeros([2199023255552])\n"));
  made.add("nan", saved_model(forward + "return torch.tensor([[0.0, 1.0]]) / torch.zeros([1, 2]) * 0.0\n"));
  made.add("shape", saved_model(forward + "return torch.zeros([3, 2])\n"));
  made.add("no-tensor", saved_model("def forward(self, x: Tensor) -> int:\n  return 1\n"));
  made.add("classes", saved_model(forward + "return torch.zeros([1, 3])\n"));
  made.add("nan-mask", saved_model(forward + "return torch.cat([x, x], 1) * float(\"nan\")\n"),
           MadeCatalog::Output::mask);
  made.add("small-mask", saved_model(forward + "return torch.cat([x, x], 1)[:, :, :3]\n"), MadeCatalog::Output::mask);
  made.add("good-mask", saved_model(forward + "return torch.cat([x, -x], 1)\n"), MadeCatalog::Output::mask);
  auto engine = load(made);
  REQUIRE(engine.refused().empty());
  const auto fails = [&](const std::string& name, Errc code, const std::string& text) {
    INFO(name);
    const auto output = run(engine, name);
    REQUIRE_FALSE(output);
    CHECK(output.error().code == code);
    CHECK(contains(output.error().what, text));
    CHECK(run(engine, "good"));
  };
  fails("throws", Errc::model, "no such image");
  fails("large", Errc::overload, "memory");
  fails("nan", Errc::model, "no numbers (NaN)");
  fails("nan-mask", Errc::model, "no numbers (NaN)");
  fails("shape", Errc::model, "batch axis");
  fails("no-tensor", Errc::model, "no tensor");
  fails("classes", Errc::model, "3");
  fails("small-mask", Errc::model, "label map");
  CHECK(run(engine, "good-mask"));
}

TEST_CASE("infinite scores are numbers: some models mask classes with them") {
  const MadeCatalog made;
  made.add("masked",
           saved_model("def forward(self, x: Tensor) -> Tensor:\n"
                       "  return torch.cat([x * float(\"inf\"), x * float(\"-inf\")], 1)\n"),
           MadeCatalog::Output::mask);
  auto engine = load(made);
  CHECK(run(engine, "masked"));
}

TEST_CASE("weights that are swapped between check and load are not the ones that run") {
  const MadeCatalog made;
  made.add("net", saved_model(kGood));
  auto file = recipe::read_pipeline_file(made.catalog() / "net");
  auto model = recipe::read_model_file(made.models() / "net");
  REQUIRE((file && model));
  file->recipe = recipe::steps_of(*file, *model).value_or(recipe::Recipe());
  auto checked = recipe::read_weights(*model);
  REQUIRE(checked);
  // The check gave the bytes away, so what happens to the file now is nothing to the load.
  std::ofstream(made.weights("net")) << saved_model(kEvil);
  const auto pipeline = ModelPipeline::load(*file, {*model}, {*std::move(checked)}, "cpu");
  REQUIRE(pipeline);
  const auto given = image();
  const auto output = pipeline->run(std::span(&given, 1), {}, {}, [](double) {});
  REQUIRE(output);
  CHECK(output->numbers == std::vector<double>{0.25, 0.75});
  CHECK(contains(refusal(load(made), "net"), "weights differ from model.json"));
}

TEST_CASE("weights are a file: nothing that blocks, and the hint where to get them when they are missing") {
  const MadeCatalog made;
  made.add("net", saved_model(kGood));
  fs::remove(made.weights("net"));
  CHECK(contains(refusal(load(made), "net"), "model.pt is missing"));
  REQUIRE(mkfifo(made.weights("net").c_str(), 0600) == 0);
  CHECK(contains(refusal(load(made), "net"), "model.pt is no file"));
  fs::remove(made.weights("net"));
  fs::create_directory(made.weights("net"));
  CHECK(contains(refusal(load(made), "net"), "model.pt is no file"));
}

TEST_CASE("weights that change all the time are loaded as model.json demands or not at all") {
  const MadeCatalog made;
  const auto good = saved_model(kGood);
  const auto evil = saved_model(kEvil);
  made.add("net", good);
  const auto put = [&](const std::string& bytes) {
    const auto next = made.models() / "next";
    std::ofstream(next, std::ios::binary) << bytes;
    fs::rename(next, made.weights("net"));
  };
  int loaded = 0, refused = 0;
  {
    const std::jthread swapper([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        put(evil);
        put(good);
      }
    });
    for (int i = 0; i < 100 || ((loaded == 0 || refused == 0) && i < 2000); ++i) {
      auto engine = load(made);
      if (engine.find("net") == nullptr) {
        CHECK(contains(refusal(engine, "net"), "weights differ from model.json"));
        ++refused;
        continue;
      }
      ++loaded;
      const auto output = run(engine, "net");
      REQUIRE(output);
      CHECK(output->findings.items.back().presence == findings::Presence::present);  // the good one's
    }
  }
  CHECK(loaded > 0);
  CHECK(refused > 0);
}
