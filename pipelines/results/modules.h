// SPDX-License-Identifier: Apache-2.0
// The modules that every result object shares: SOP Common, Patient, Study, Series, Equipment, and who contributed.
// Internal to results/.
#pragma once

#include <string_view>

#include "pipelines/findings/uids.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/results.h"
#include "pipelines/results/text.h"

namespace inferad::results {

struct ObjectIdentity {
  ResultKind kind = ResultKind::sr;
  std::string sop_class_uid, sop_instance_uid, series_uid, modality;
  std::string dimensions_uid;  // of objects with frames
};

// UIDs derive from the analysed images: those of image.sources, else all of the source header.
findings::Execution execution_of(const ResultRequest& request);
// SOP class and modality are the kind's; for a kind of several classes (SC, DERIVED) the caller sets the class, and the
// modality is that of the images.
ObjectIdentity identity_of(const ResultRequest& request, ResultKind kind, std::string_view variant = "");

// The images behind image.sources in slice order, each once; without an image, all images that were read.
std::vector<const SourceImage*> analysed_images(const ResultRequest& request);

// Fails when findings, job and images do not belong together.
Status check_request(const ResultRequest& request);
// Fails when the image is empty, too large for an object, or not made of the files of the source header.
Status check_image(const ResultRequest& request);

// The time of the job, in the zone that holds for every date and time of the object, the copied ones too: the source's
// own when it names one. check_request() has succeeded.
DicomTime creation_time(const ResultRequest& request);

void write_sop_common(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity);
void write_patient_and_study(ItemWriter& out, const SourceHeader& source);
// Body part and, unless there is one of it, the side (type 2C, PS3.3 C.7.3.1), empty when unknown or of several
// views. Needs request.image or views.
void write_body_part(ItemWriter& out, const ResultRequest& request);
void write_series(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity);
void write_equipment(ItemWriter& out, const ResultRequest& request);
void write_algorithm_contribution(ItemWriter& out, const findings::Algorithm& algorithm);
// The scanner, when the images name its manufacturer.
void write_acquisition_contribution(ItemWriter& out, const SourceHeader& source);
// What every result begins with: SOP Common, Patient, Study, Series, Equipment, the algorithm's contribution.
void write_common(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity);
// … and the scanner's: what an object with pixels begins with.
void write_pixel_common(ItemWriter& out, const ResultRequest& request, const ObjectIdentity& identity);

inline constexpr const char* kManufacturer = "Inferad";
std::string model_name();  // "Inferad 0.1.0"

}  // namespace inferad::results
