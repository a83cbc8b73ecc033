// SPDX-License-Identifier: Apache-2.0
// The limit that script/bench engine compares with: nothing but the forward() calls, at the settings of the worker.
//   bare_forward unet FILE                      writes the workload's network: a 3-D U-Net with random weights
//   bare_forward time FILE COUNT BATCH SHAPE…   COUNT inputs of SHAPE, BATCH at a time; prints seconds
#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <malloc.h>
#include <torch/script.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using torch::jit::Module;

// A residual U-Net as MONAI's UNet builds it (Kerfoot et al. 2018): channels 16…256, stride 2, two convolutions to a
// unit, batch normalisation, PReLU. Its source is written beside its parameters.
class UNet {
 public:
  UNet() : module_("unet") {
    const std::vector<int> channels{16, 32, 64, 128, 256};
    int in = 1;
    for (std::size_t level = 0; level < channels.size(); ++level) {
      const int stride = level + 1 < channels.size() ? 2 : 1;
      unit(fmt::format("down{}", level), in, channels[level], stride, 2);
      in = channels[level];
      if (stride == 2) line("kept{} = x", level);
    }
    for (int level = 3; level >= 0; --level) {
      const int out = level > 0 ? channels[static_cast<std::size_t>(level) - 1] : 2;
      line("x = torch.cat([kept{}, x], 1)", level);
      up(fmt::format("up{}", level), channels[static_cast<std::size_t>(level)] + in, out);
      in = out;
    }
    // Random weights give noise, which no pipeline has to write: their answer counts for nothing, and the mask is where
    // the input is bright.
    line("bright = image - 0.5");
    line("return x * 0. + torch.cat([-bright, bright], 1)");
    module_.define("def forward(self, image):\n  x = image\n" + source_);
  }
  void save(const std::string& file) { module_.save(file); }

 private:
  template <typename... Values>
  void line(fmt::format_string<Values...> text, Values&&... values) {
    source_ += "  " + fmt::format(text, std::forward<Values>(values)...) + "\n";
  }

  std::string parameter(const std::string& name, const at::Tensor& value) {
    module_.register_parameter(name, value, false);
    return "self." + name;
  }

  void convolution(const std::string& name, const std::string& to, int in, int out, int stride, int kernel) {
    const auto weight = parameter(name + "_w", at::randn({out, in, kernel, kernel, kernel}) * 0.05);
    const auto bias = parameter(name + "_b", at::zeros({out}));
    line("{} = torch.conv3d({}, {}, {}, [{}, {}, {}], [{}, {}, {}])", to, to == "rest" ? "x" : to, weight, bias, stride,
         stride, stride, kernel / 2, kernel / 2, kernel / 2);
  }

  void normalise(const std::string& name, const std::string& to, int channels) {
    const auto ones = parameter(name + "_n", at::ones({channels}));
    const auto zeros = parameter(name + "_z", at::zeros({channels}));
    line("{} = torch.batch_norm({}, {}, {}, {}, {}, False, 0.1, 1e-5, True)", to, to, ones, zeros, zeros, ones);
    line("{} = torch.prelu({}, {})", to, to, parameter(name + "_a", at::full({1}, 0.25)));
  }

  void unit(const std::string& name, int in, int out, int stride, int convolutions, bool bare_end = false) {
    if (stride != 1 || in != out) {
      convolution(name + "r", "rest", in, out, stride, stride != 1 ? 3 : 1);
    } else {
      line("rest = x");
    }
    for (int i = 0; i < convolutions; ++i) {
      const auto part = fmt::format("{}c{}", name, i);
      convolution(part, "x", i == 0 ? in : out, out, i == 0 ? stride : 1, 3);
      if (!bare_end) normalise(part, "x", out);
    }
    line("x = x + rest");
  }

  void up(const std::string& name, int in, int out) {
    const auto weight = parameter(name + "_w", at::randn({in, out, 3, 3, 3}) * 0.05);
    const auto bias = parameter(name + "_b", at::zeros({out}));
    line("x = torch.conv_transpose3d(x, {}, {}, [2, 2, 2], [1, 1, 1], [1, 1, 1])", weight, bias);
    normalise(name, "x", out);
    unit(name + "u", out, out, 1, 1, out == 2);
  }

  Module module_;
  std::string source_;
};

double seconds(Module& network, std::int64_t count, std::int64_t batch, std::vector<std::int64_t> shape) {
  shape.insert(shape.begin(), batch);
  const auto input = at::rand(shape);
  network.forward({input});  // warms up
  const auto begin = std::chrono::steady_clock::now();
  for (std::int64_t done = 0; done < count; done += batch) {
    network.forward({input.narrow(0, 0, std::min(batch, count - done))});
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() == 2 && arguments[0] == "unet") {
    at::manual_seed(0);
    UNet().save(arguments[1]);
    return 0;
  }
  if (arguments.size() < 5 || arguments[0] != "time") {
    fmt::print(stderr, "usage: bare_forward unet FILE | bare_forward time FILE COUNT BATCH SHAPE…\n");
    return 64;
  }
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that glibc takes
  mallopt(M_TRIM_THRESHOLD, 512 << 20);
  const char* threads = std::getenv("BENCH_THREADS");
  at::set_num_threads(threads != nullptr ? std::atoi(threads) : 2);
  const c10::InferenceMode no_gradients;
  auto network = torch::jit::load(arguments[1]);
  network.eval();
  std::vector<std::int64_t> shape;
  for (std::size_t i = 4; i < arguments.size(); ++i) shape.push_back(std::stoll(arguments[i]));
  fmt::print("{:.3f}\n", seconds(network, std::stoll(arguments[2]), std::stoll(arguments[3]), shape));
  return 0;
}
