// SPDX-License-Identifier: Apache-2.0
// What a header says about its series, copied to the Image. Internal to imaging/.
#pragma once

#include "pipelines/findings/image.h"
#include "pipelines/imaging/slice_header.h"

namespace inferad::imaging {

inline void describe(const SliceHeader& header, findings::Image& image) {
  image.modality = header.modality;
  image.series_uid = header.series_uid;
  image.study_uid = header.study_uid;
  image.frame_of_reference_uid = header.frame_of_reference_uid;
  image.body_part = header.body_part;
  image.manufacturer = header.manufacturer;
  image.convolution_kernel = header.convolution_kernel;
  image.patient_age = header.patient_age;
  image.patient_sex = header.patient_sex;
  image.view_position = header.view_position;
  image.laterality = header.laterality;
  image.image_type = header.image_type;
  image.header = header.header;
}

}  // namespace inferad::imaging
