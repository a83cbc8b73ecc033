// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/flow/made_study.h"

#include <fmt/format.h>

namespace inferad::flow::testing {
namespace {

std::string position(const std::string& orientation, double height) {
  if (orientation == kCoronal) return fmt::format("0\\{}\\0", height);
  if (orientation == kSagittal) return fmt::format("{}\\0\\0", height);
  return fmt::format("-180\\-180\\{}", height);
}

}  // namespace

store::ContentSeries made_series(const SeriesSpec& spec) {
  store::ContentSeries series{spec.uid, spec.modality, {}};
  for (int i = 0; i < spec.images; ++i) {
    store::ContentInstance instance;
    instance.spool_id = i + 1;
    instance.instance_uid = fmt::format("{}.{}", spec.uid, i + 1);
    instance.sop_class_uid = kCtImageStorage;
    instance.transfer_syntax_uid = "1.2.840.10008.1.2.1";
    instance.attributes = spec.attributes;
    instance.attributes["Modality"] = spec.modality;
    instance.attributes["InstanceNumber"] = fmt::format("{}", i + 1);
    if (!spec.orientation.empty()) {
      instance.attributes["ImageOrientationPatient"] = spec.orientation;
      instance.attributes["ImagePositionPatient"] = position(spec.orientation, spec.distance * i);
    }
    series.instances.push_back(std::move(instance));
  }
  return series;
}

store::StudyContent made_study(std::vector<store::ContentSeries> series) {
  store::StudyContent study;
  study.id = 1;
  study.study_uid = "1.2.3";
  study.calling_ae = "PACS";
  study.series = std::move(series);
  return study;
}

}  // namespace inferad::flow::testing
