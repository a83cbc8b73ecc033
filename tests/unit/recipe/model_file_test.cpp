// SPDX-License-Identifier: Apache-2.0
#include "pipelines/recipe/model_file.h"

#include "server/base/hash.h"
#include "tests/unit/recipe/made_files.h"

namespace inferad::recipe {
namespace {

using namespace testing;

std::string problem(const char* pointer, const Json& value) {
  const Folder folder;
  auto document = good_model();
  document[Json::json_pointer(pointer)] = value;
  folder.write("net/model.json", document.dump(1));
  const auto model = read_model_file(folder.path / "net");
  return model ? "" : model.error().what;
}

bool contains(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  UNSCOPED_INFO(text);
  return false;
}

}  // namespace

TEST_CASE("model.json is read with its card, source and what it accepts") {
  const Folder folder;
  auto document = good_model();
  document["format"] = "bundle";
  document["file"] = "models/model.ts";
  document["source"] = {{"url", "https://example.org/a.pt"}, {"size_bytes", 12}};
  document["card"]["accepts"] = {{"modality", "CT"}, {"age_years", {{"min", 18}}}};
  document["card"]["calibrated"] = true;
  document["card"]["population"] = "Adults";
  folder.write("net/model.json", document.dump());
  const auto model = read_model_file(folder.path / "net");
  if (!model) FAIL(model.error().what);
  CHECK(model->format == ModelFormat::bundle);
  CHECK(model->folder / model->file == folder.path / "net/models/model.ts");
  REQUIRE(model->source);
  CHECK(model->source->size_bytes == 12);
  CHECK(model->card.accepts.age_years.least == 18);
  CHECK(model->card.calibrated);
  CHECK(model->card.population == "Adults");
  CHECK(model->precision == Precision::float32);
  CHECK_FALSE(model->optimize_for_inference);
  document["precision"] = "bf16";
  document["optimize_for_inference"] = true;
  folder.write("net/model.json", document.dump());
  CHECK(read_model_file(folder.path / "net")->precision == Precision::bfloat16);
  CHECK(read_model_file(folder.path / "net")->optimize_for_inference);
}

TEST_CASE("mistakes in model.json are told with their place") {
  CHECK(contains(problem("/file", "../other/model.py"),
                 "/file: found the text \"../other/model.py\", expected the path"));
  for (const char* file : {"/etc/passwd", "", "a/../../b", "folder/", "."})
    CHECK(contains(problem("/file", file), "/file"));
  CHECK(contains(problem("/format", "pickle"), "\"torchscript-source\", \"torchscript\" or \"bundle\""));
  CHECK(contains(problem("/precision", "fp16"), "\"float32\" or \"bf16\""));
  CHECK(contains(problem("/sha256", "abc"), "64 hexadecimal digits"));
  CHECK(contains(problem("/name", "other"), "the name of the folder, \"net\""));
  CHECK(contains(problem("/card/limits", "none"), "/card/limits"));
  CHECK(contains(problem("/card/licence", ""), "/card/licence"));
  CHECK(contains(problem("/card/calibrated", "yes"), "true or false"));
  CHECK(contains(problem("/card/accepts", {{"modalty", "CT"}}), "did you mean \"modality\"?"));
  CHECK(contains(problem("/source", {{"url", "ftp://x"}, {"size_bytes", 1}}), "begins with https://"));
  CHECK(contains(problem("/source", {{"url", "http://x"}}), "\"size_bytes\" is missing"));
  CHECK(contains(problem("/source", {{"size_bytes", 1}}), "\"url\" is missing"));
  CHECK(problem("/source", {{"origin", "someone's weights"}, {"size_bytes", 1}}).empty());
  CHECK(problem("/card/licence", "MIT").empty());
}

TEST_CASE("weights must be there and have the hash that model.json demands") {
  const Folder folder;
  auto document = good_model();
  folder.write("net/model.json", document.dump());
  const auto missing = read_weights(*read_model_file(folder.path / "net"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == Errc::not_found);
  CHECK(contains(missing.error().what, "model.pt is missing"));
  CHECK_FALSE(missing.error().what.ends_with("`"));

  document["source"] = {{"url", "https://example.org/a.pt"}, {"size_bytes", 12}};
  folder.write("net/model.json", document.dump());
  CHECK(contains(read_weights(*read_model_file(folder.path / "net")).error().what, "inferad models fetch net"));

  folder.write("net/model.pt", "weights");
  const auto wrong = read_weights(*read_model_file(folder.path / "net"));
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Errc::refused);
  CHECK(contains(wrong.error().what, "weights differ from model.json"));

  document["sha256"] = sha256_hex("weights");
  folder.write("net/model.json", document.dump());
  CHECK(read_weights(*read_model_file(folder.path / "net")).value_or("") == "weights");
}

}  // namespace inferad::recipe
