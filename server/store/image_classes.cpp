// SPDX-License-Identifier: Apache-2.0
#include "server/store/image_classes.h"

#include <algorithm>
#include <array>

namespace inferad::store {
namespace {

constexpr std::string_view kStorage = "1.2.840.10008.5.1.4.1.1.";

// PS3.4 table B.5-1 and the retired image classes of PS3.6, without the common prefix. Sorted as text.
constexpr std::array<std::string_view, 63> kImages = {
    "1",         // Computed Radiography
    "1.1",       // Digital X-Ray, for presentation; .1 for processing
    "1.1.1",     //
    "1.2",       // Digital Mammography X-Ray
    "1.2.1",     //
    "1.3",       // Digital Intra-Oral X-Ray
    "1.3.1",     //
    "12.1",      // X-Ray Angiographic
    "12.1.1",    // Enhanced XA
    "12.2",      // X-Ray Radiofluoroscopic
    "12.2.1",    // Enhanced XRF
    "12.3",      // X-Ray Angiographic Bi-plane (retired)
    "128",       // Positron Emission Tomography
    "128.1",     // Legacy Converted Enhanced PET
    "13.1.1",    // X-Ray 3D Angiographic
    "13.1.2",    // X-Ray 3D Craniofacial
    "13.1.3",    // Breast Tomosynthesis
    "13.1.4",    // Breast Projection X-Ray, for presentation
    "13.1.5",    // Breast Projection X-Ray, for processing
    "130",       // Enhanced PET
    "14.1",      // Intravascular OCT, for presentation
    "14.2",      // Intravascular OCT, for processing
    "2",         // CT
    "2.1",       // Enhanced CT
    "2.2",       // Legacy Converted Enhanced CT
    "20",        // Nuclear Medicine
    "3",         // Ultrasound Multi-frame (retired)
    "3.1",       // Ultrasound Multi-frame
    "4",         // MR
    "4.1",       // Enhanced MR
    "4.3",       // Enhanced MR Color
    "4.4",       // Legacy Converted Enhanced MR
    "481.1",     // RT Image
    "481.23",    // Enhanced RT Image
    "481.24",    // Enhanced Continuous RT Image
    "5",         // Nuclear Medicine (retired)
    "6",         // Ultrasound (retired)
    "6.1",       // Ultrasound
    "6.2",       // Enhanced US Volume
    "6.3",       // Photoacoustic
    "7",         // Secondary Capture
    "7.1",       // Multi-frame Single Bit Secondary Capture
    "7.2",       // Multi-frame Grayscale Byte Secondary Capture
    "7.3",       // Multi-frame Grayscale Word Secondary Capture
    "7.4",       // Multi-frame True Color Secondary Capture
    "77.1.1",    // VL Endoscopic
    "77.1.1.1",  // Video Endoscopic
    "77.1.2",    // VL Microscopic
    "77.1.2.1",  // Video Microscopic
    "77.1.3",    // VL Slide-Coordinates Microscopic
    "77.1.4",    // VL Photographic
    "77.1.4.1",  // Video Photographic
    "77.1.5.1",  // Ophthalmic Photography 8 Bit
    "77.1.5.2",  // Ophthalmic Photography 16 Bit
    "77.1.5.4",  // Ophthalmic Tomography
    "77.1.5.5",  // Wide Field Ophthalmic Photography Stereographic Projection
    "77.1.5.6",  // Wide Field Ophthalmic Photography 3D Coordinates
    "77.1.5.7",  // Ophthalmic OCT En Face
    "77.1.5.8",  // Ophthalmic OCT B-scan Volume Analysis
    "77.1.6",    // VL Whole Slide Microscopy
    "77.1.7",    // Dermoscopic Photography
    "77.1.8",    // Confocal Microscopy
    "77.1.9",    // Confocal Microscopy Tiled Pyramidal
};
static_assert(std::is_sorted(kImages.begin(), kImages.end()));

}  // namespace

bool is_image_class(std::string_view sop_class_uid) {
  return sop_class_uid.starts_with(kStorage) &&
         std::binary_search(kImages.begin(), kImages.end(), sop_class_uid.substr(kStorage.size()));
}

}  // namespace inferad::store
