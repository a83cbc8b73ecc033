// SPDX-License-Identifier: Apache-2.0
// A worker that loads and drops models for weeks does not grow.
#include <catch2/catch.hpp>
#include <fstream>

#include "pipelines/engine/engine.h"
#include "tests/torch/made_model.h"
#include "tests/unit/engine/made_chest.h"

using namespace inferad;

namespace {

// A convolution, a branch, a loop and a submodule, so that the executor has something to keep.
const std::string kModel =
    "def forward(self, x: Tensor) -> Tensor:\n"
    "  y = torch.conv3d(x[:, :, :8, :8, :8], torch.ones([4, 1, 3, 3, 3]), None, 1, 1)\n"
    "  for i in range(2):\n"
    "    y = self.inner.forward(y)\n"
    "  if bool(y.max() > 1.0e9):\n"
    "    y = y * 0.5\n"
    "  return torch.softmax(y.flatten(2).mean(2)[:, :2], 1)\n";
const std::string kInner = "def forward(self, x: Tensor) -> Tensor:\n  return torch.relu(x) + 0.1\n";

double resident_mb() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * 4096 / 1e6;
}

}  // namespace

TEST_CASE("a thousand loads and unloads leave the memory flat") {
  const testing::MadeCatalog made;
  made.add("net", testing::saved_model(kModel, kInner));
  double after_200 = 0;
  for (int cycle = 1; cycle <= 1000; ++cycle) {
    const auto engine = engine::Engine::load(made.catalog(), made.models(), {.device = "cpu", .threads = 1});
    REQUIRE(engine);
    REQUIRE(engine->find("net") != nullptr);
    if (cycle == 200) after_200 = resident_mb();
  }
  const double grown = resident_mb() - after_200;
  WARN("resident memory grew by " << grown << " MB from cycle 200 to 1000, to " << resident_mb() << " MB");
  CHECK(grown < 2);
}
