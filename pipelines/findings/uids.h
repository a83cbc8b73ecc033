// SPDX-License-Identifier: Apache-2.0
// The identity of results. Every UID derives from what the result depends on (DICOM PS3.5 B.2, 2.25.*), so a job that
// runs again after a crash makes the same objects, and anything that would change their content changes the UID.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pipelines/findings/findings.h"
#include "server/base/result_kind.h"

namespace inferad::findings {

using inferad::ResultKind;

// One execution: a pipeline with its model and parameters on the images of one revision of a study.
struct Execution {
  std::string study_uid, pipeline, pipeline_version, model_sha256, parameters;
  std::string outcome;  // and its reason: a report of failure and the later one of success are two objects
  int revision = 1;
  std::vector<std::string> source_uids;  // SOP Instance UIDs of the analysed images, any order
};

Execution execution_of(const Findings& findings, std::vector<std::string> source_uids);

// `variant`: tells apart several objects of one kind, such as a report beside another segmentation.
std::string result_instance_uid(const Execution& execution, ResultKind kind, std::string_view variant = "");
// Each result has a series of its own, named after it: whoever knows a superseded report knows its series too.
std::string result_series_uid(std::string_view instance_uid);
// Of a result that is a series with one image for each slice (0-based): `instance_uid` is that of the kind.
std::string slice_instance_uid(std::string_view instance_uid, int slice);
std::string dimension_organization_uid(std::string_view instance_uid);
// Only for results of images that name no frame of reference.
std::string frame_of_reference_uid(std::string_view series_uid);

// (0020,0011), 9000..9999: outside the range of scanners, the same for each run of a pipeline and kind.
int result_series_number(std::string_view pipeline, ResultKind kind);

// (0062,0021): stable name of one finding in one study: unchanged by revisions and versions, so that a reader can
// follow the same thing. `id` is Finding::id; a segment has the tracking UID of the finding that measures it.
std::string tracking_uid(std::string_view study_uid, std::string_view pipeline, std::string_view id);

// (0018,1002) of the algorithm: another UID whenever name, version, weights or thresholds change.
std::string algorithm_device_uid(const Algorithm& algorithm);
// (121012,DCM,"Device Observer UID"): this installation of the server.
std::string observer_device_uid(std::string_view device_serial);

}  // namespace inferad::findings
