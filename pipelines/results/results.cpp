// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/results.h"

#include "pipelines/results/seg.h"
#include "pipelines/results/sr.h"

namespace inferad::results {

Result<std::vector<std::string>> write_results(const ResultRequest& request, const std::filesystem::path& folder) {
  std::vector<std::string> names;
  std::optional<WrittenObject> seg;
  if (has_voxels(request)) {
    INFERAD_TRY(seg, write_seg(request, folder / "seg.dcm"));
    names.push_back("seg.dcm");
  }
  INFERAD_TRY(const auto sr, write_sr(request, seg, folder / "sr.dcm"));
  static_cast<void>(sr);
  names.push_back("sr.dcm");
  return names;
}

}  // namespace inferad::results
