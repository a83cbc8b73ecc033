// SPDX-License-Identifier: Apache-2.0
#include "server/flow/series_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "server/flow/assembler.h"
#include "tests/unit/flow/made_study.h"

using namespace inferad::flow;
using namespace inferad::flow::testing;
using inferad::store::ContentSeries;

namespace {

Wholeness wholeness(const ContentSeries& series) { return wholeness_of(series, facts_of(series)); }

void set_all(ContentSeries& series, const char* keyword, const std::string& value) {
  for (auto& instance : series.instances) instance.attributes[keyword] = value;
}

}  // namespace

TEST_CASE("the orientation of a series follows from its normal") {
  CHECK(facts_of(made_series({.orientation = kAxial})).orientation == Orientation::axial);
  CHECK(facts_of(made_series({.orientation = kCoronal})).orientation == Orientation::coronal);
  CHECK(facts_of(made_series({.orientation = kSagittal})).orientation == Orientation::sagittal);
  // gantry tilted by 25 degrees
  CHECK(facts_of(made_series({.orientation = "1\\0\\0\\0\\0.90631\\-0.42262"})).orientation == Orientation::axial);
  CHECK(facts_of(made_series({.orientation = "1\\0\\0\\0\\0.70711\\-0.70711"})).orientation == Orientation::oblique);
  CHECK(facts_of(made_series({.orientation = ""})).orientation == Orientation::unknown);
  CHECK(facts_of(made_series({.orientation = "1\\0\\0\\0\\1"})).orientation == Orientation::unknown);
  CHECK(facts_of(made_series({.orientation = "0\\0\\0\\0\\0\\0"})).orientation == Orientation::unknown);
}

TEST_CASE("images that lie differently make a series of unknown orientation") {
  auto series = made_series({});
  series.instances[7].attributes["ImageOrientationPatient"] = kCoronal;
  const auto facts = facts_of(series);
  CHECK(facts.mixed_orientation);
  CHECK(facts.orientation == Orientation::unknown);
  CHECK_FALSE(facts.slice_distance.has_value());
}

TEST_CASE("slice distance, coverage and uniformity do not depend on the order of arrival") {
  auto series = made_series({.images = 41, .distance = 1.25});
  std::reverse(series.instances.begin() + 3, series.instances.end() - 5);
  const auto facts = facts_of(series);
  CHECK(*facts.slice_distance == Approx(1.25));
  CHECK(facts.coverage == Approx(50));
  CHECK(facts.uniform);
  CHECK(facts.images == 41);
}

TEST_CASE("gaps, repeated positions and irregular slices are not uniform") {
  auto gap = made_series({});
  gap.instances.erase(gap.instances.begin() + 20);
  CHECK_FALSE(facts_of(gap).uniform);
  CHECK(*facts_of(gap).slice_distance == Approx(2.5));
  CHECK(wholeness(gap) == Wholeness::gaps);

  auto repeated = made_series({});
  repeated.instances[5].attributes["ImagePositionPatient"] = repeated.instances[6].attributes["ImagePositionPatient"];
  CHECK_FALSE(facts_of(repeated).uniform);

  auto irregular = made_series({});
  irregular.instances[5].attributes["ImagePositionPatient"] = "-180\\-180\\12.9";
  CHECK_FALSE(facts_of(irregular).uniform);

  auto without = made_series({});
  without.instances[5].attributes.erase("ImagePositionPatient");
  CHECK_FALSE(facts_of(without).slice_distance.has_value());
  CHECK(wholeness(without) == Wholeness::unknown);
}

TEST_CASE("every second slice is not a whole series, although it lies evenly") {
  auto series = made_series({.images = 40});
  std::erase_if(series.instances, [](const auto& instance) { return instance.spool_id % 2 == 0; });
  CHECK(facts_of(series).uniform);
  CHECK(wholeness(series) == Wholeness::gaps);
}

TEST_CASE("a series that starts in the middle is not whole") {
  auto series = made_series({.images = 40});
  series.instances.erase(series.instances.begin(), series.instances.begin() + 10);
  CHECK(wholeness(series) == Wholeness::gaps);
}

TEST_CASE("images in acquisition count when they can be believed") {
  auto series = made_series({.images = 40});
  set_all(series, "ImagesInAcquisition", "40");
  CHECK(facts_of(series).expected_images == 40);
  CHECK(wholeness(series) == Wholeness::counted);
  series.instances.pop_back();
  CHECK(wholeness(series) == Wholeness::gaps);
  set_all(series, "ImagesInAcquisition", "12");  // fewer than there are
  CHECK_FALSE(facts_of(series).expected_images.has_value());
  set_all(series, "ImagesInAcquisition", "1");
  CHECK_FALSE(facts_of(series).expected_images.has_value());
  set_all(series, "ImagesInAcquisition", "many");
  CHECK_FALSE(facts_of(series).expected_images.has_value());

  auto two = made_series({.images = 30});
  for (auto& instance : two.instances) {
    const bool first = instance.spool_id <= 10;
    instance.attributes["AcquisitionNumber"] = first ? "1" : "2";
    instance.attributes["ImagesInAcquisition"] = first ? "10" : "20";
  }
  CHECK(facts_of(two).expected_images == 30);
}

TEST_CASE("a multi-frame object is whole by itself") {
  auto series = made_series({.images = 1});
  CHECK(wholeness(series) == Wholeness::unknown);
  series.instances.front().frames = 120;
  CHECK(wholeness(series) == Wholeness::counted);
  CHECK(facts_of(series).frames == 120);
}

TEST_CASE("a study is whole when each of its volumes is") {
  const auto volume = made_series({.uid = "1.2.3.1"});
  auto localizer = made_series({.uid = "1.2.3.2", .images = 2, .orientation = kCoronal});
  set_all(localizer, "ImageType", "ORIGINAL\\PRIMARY\\LOCALIZER");
  const auto screenshot = made_series({.uid = "1.2.3.3", .images = 1, .orientation = ""});
  const auto stack = made_series({.uid = "1.2.3.4", .images = 5, .orientation = ""});
  auto partial = made_series({.uid = "1.2.3.5"});
  partial.instances.erase(partial.instances.begin() + 4);

  CHECK(study_wholeness(made_study({volume})) == Wholeness::contiguous);
  CHECK(study_wholeness(made_study({localizer, volume, screenshot})) == Wholeness::contiguous);
  CHECK(study_wholeness(made_study({volume, partial})) == Wholeness::gaps);
  CHECK(study_wholeness(made_study({volume, stack})) == Wholeness::unknown);
  CHECK(study_wholeness(made_study({localizer})) == Wholeness::unknown);
  CHECK(study_wholeness(made_study({screenshot})) == Wholeness::unknown);
  auto counted = volume;
  set_all(counted, "ImagesInAcquisition", "40");
  CHECK(study_wholeness(made_study({counted})) == Wholeness::counted);
  CHECK(study_wholeness(made_study({counted, made_series({.uid = "1.2.3.6"})})) == Wholeness::contiguous);
}
