// SPDX-License-Identifier: Apache-2.0
// Every expression that the bundles of MONAI's model zoo have in the sections that we read: supported, or refused by
// name.
#include <catch2/catch.hpp>
#include <vector>

#include "pipelines/recipe/recipe.h"
#include "tests/unit/recipe/shown.h"

namespace inferad::recipe {
namespace {

using testing::shown;

// Members that the expressions refer to, as in the bundles.
constexpr const char* kMembers = R"("image_key": "image", "out_size": 164, "patch_size": 256, "sub_keys": ["a", "b"],
  "data_list": ["x"], "dataset_dir": "data", "label_names": {"spleen": 1, "background": 0}, "number_intensity_ch": 1,
  "spatial_size": [128, 128], "cross_subjects": false, "whether_raw_luna16": false,
  "displayable_configs": {"highres": true}, "output_postfix": "trans", "ckpt_path": "x", "network_def": 1,
  "device": "cpu")";

// The value of an argument of a transform, or what the refusal says after the place.
std::string argument(const std::string& expression) {
  std::string quoted;
  for (const char c : expression) quoted += c == '"' ? "\\\"" : std::string(1, c);
  const auto recipe = read_recipe(R"({"preprocessing": [{"_target_": "Anyd", "keys": "image", "a": ")" + quoted +
                                  "\"}], " + kMembers + "}");
  if (recipe) return shown(recipe->preprocessing.at(0).arguments.at("a"));
  const std::string place = "preprocessing#0#a: ";
  REQUIRE(recipe.error().what.starts_with(place));
  auto what = recipe.error().what.substr(place.size());
  if (const auto end = what.find(", in the expression"); end != std::string::npos) {
    CHECK(what.ends_with("\"" + expression + "\""));  // the text of the expression is in the message
    what.resize(end);
  }
  return "refused: " + what;
}

struct Case {
  const char *expression, *expected;
};

TEST_CASE("expressions of the zoo's preprocessing, inferers and postprocessing") {
  const std::vector<Case> cases{
      {"$torch.float32", "'float32'"},
      {"$torch.float", "'float32'"},
      {"$torch.int16", "'int16'"},
      {"$np.uint8", "'uint8'"},
      {"$numpy.float32", "'float32'"},
      {"$((@patch_size - @out_size) // 2,) * 4", "[46, 46, 46, 46]"},
      {"$1.0 - float(@out_size) / float(@patch_size)", "0.359375"},
      {"$torch.device('cuda:0' if torch.cuda.is_available() else 'cpu')", "'cpu'"},
      {"$@image_key + '_meta_dict'", "'image_meta_dict'"},
      {"$@sub_keys", "['a', 'b']"},
      {"$None", "None"},
      {"$(not @whether_raw_luna16)", "True"},
      {"$[1.5, 1.5, 1.5] if @displayable_configs#highres else [3.0, 3.0, 3.0]", "[1.5, 1.5, 1.5]"},
      {"$len(@label_names)", "2"},
      {"$len(@label_names) + @number_intensity_ch", "3"},
      {"$len(@spatial_size)", "2"},
      {"$int(3) if @cross_subjects else int(2)", "2"},
      {"$'synimg_' + @output_postfix + '.png'", "'synimg_trans.png'"},
      {"$lambda x: None", "x -> None"},
      {"$lambda x : x[1:]", "x -> (at x (slice 1 None None))"},
      {"$lambda x: torch.nan_to_num(x, nan=255)", "x -> (torch.nan_to_num x nan=255)"},
      {"$lambda x: torch.where(x[[2]] > 0, 4, torch.where(x[[0]] > 0, 1, torch.where(x[[1]] > 0, 2, 0)))",
       "x -> (torch.where (> (at x [2]) 0) 4 (torch.where (> (at x [0]) 0) 1 (torch.where (> (at x [1]) 0) 2 0)))"},
      {"$lambda x: x.convert('RGB')", "refused: x.convert(…) is not supported in a function"},
      {"$lambda x: os.path.join(@dataset_dir, 'testing/images', x + '.tif')",
       "refused: os.path.join(…) is not supported in a function"},
      {"$lambda x: [xx['image'].meta for xx in x]", "refused: comprehensions (for … in …) are not supported"},
      {"$lambda x: [@postprocessing({**xx['pred'],'image':xx['image']}) for xx in x]",
       "refused: \"**\" is not supported here"},
      {"$lambda x, s: dict(idx=s._data_index, subject=x['filename_or_obj'])",
       "refused: a lambda must have exactly one parameter"},
      {"$monai.data.PILReader", "refused: monai.data.PILReader is not supported"},
      {"$monai.handlers.from_engine([@pred, @label])", "refused: the reference @pred names nothing"},
      {"$monai.handlers.from_engine(['pred'])", "refused: monai.handlers.from_engine(…) is not supported"},
      {"$@network_def.to(@device)", "refused: @network_def.to(…) is not supported"},
      {"$[{'image': i} for i in @data_list]", "refused: comprehensions (for … in …) are not supported"},
      {"$not os.path.exists(@ckpt_path)", "refused: os.path.exists(…) is not supported"},
      {"$list(range(33, 57)) + list(range(63, 98)) + [114, 120, 122]", "refused: range(…) is not supported"},
  };
  for (const auto& [expression, expected] : cases) {
    CAPTURE(expression);
    CHECK(argument(expression) == expected);
  }
}

TEST_CASE("chains of the zoo: lists put together, copies of the preprocessing, classes of a bundle's own") {
  const std::string lists = R"("preprocessing_transforms": [{"_target_": "LoadImaged", "keys": "image"}],
                               "deepedit_transforms": [{"_target_": "AddGuidanceFromPointsDeepEditd", "keys": "image"}],
                               "extra_transforms": [])";
  const auto read = [&](const std::string& members) { return read_recipe("{" + members + ", " + lists + "}"); };
  const auto joined = read(R"("preprocessing": {"_target_": "Compose",
      "transforms": "$@preprocessing_transforms + @deepedit_transforms + @extra_transforms"})");
  REQUIRE(joined);
  REQUIRE(joined->preprocessing.size() == 2);
  CHECK(joined->preprocessing[1].target == "AddGuidanceFromPointsDeepEdit");
  CHECK(read(R"("preprocessing": {"_target_": "Compose", "transforms": "$@preprocessing_transforms "})"));

  const auto own =
      read(R"("inferer": {"_target_": "scripts.detection_inferer.RetinaNetInferer", "detector": "@nowhere"})");
  REQUIRE(!own);
  CHECK(own.error().what ==
        "inferer: scripts.detection_inferer.RetinaNetInferer is not a class of MONAI and cannot run here");
}

}  // namespace
}  // namespace inferad::recipe
