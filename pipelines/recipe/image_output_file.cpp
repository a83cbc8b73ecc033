// SPDX-License-Identifier: Apache-2.0
// The output of the kind "image" in pipeline.json.
#include "pipelines/recipe/file_reader.h"
#include "pipelines/recipe/pipeline_output.h"

namespace inferad::recipe {

ImageOutput image_output_of(JsonObject& object) {
  ImageOutput result;
  result.id = identifier(object, "id");
  if (result.id.size() > 56) object.find("id")->fail("is longer than 56 characters: it becomes the name of a file");
  result.label = required_text(object, "label", 64);
  if (const auto code = object.require("content")) result.content = coded_concept(*code);
  if (const auto code = object.require("unit")) result.unit = coded_concept(*code);
  if (const auto member = object.find("range")) result.range = range(*member, -1e12, 1e12);
  return result;
}

}  // namespace inferad::recipe
