// SPDX-License-Identifier: Apache-2.0
// Independent readers, as child processes. Each gives "" when content, else what it complains about. A judge that is
// not installed prints "SKIPPED: …" and is content.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::testing {

using Paths = std::vector<std::filesystem::path>;

// Lines that start with "Error", but those that contain a text of `false_alarms`: what this version knows wrongly.
std::string dciodvfy(const std::filesystem::path& file, const std::vector<std::string>& false_alarms = {});
// Its mismatches between files. Two kinds of line say nothing about us: that it files Accession Number under another
// entity for reports than for images (it does so for any pair of them), and lines that contain a text of `allowed`.
std::string dcentvfy(const Paths& files, const std::vector<std::string>& allowed = {});
std::string dsrdump(const std::filesystem::path& file);  // its errors, when it fails
// The content tree as dsrdump prints it, codes included; nullopt: dsrdump is not installed.
std::optional<std::string> report_text(const std::filesystem::path& file);
// Its attributes as dcmdump prints them, without long pixel data; "": dcmdump is not installed.
std::string dcmdump(const std::filesystem::path& file);
// What dcmdrle or dcmconv makes of the file: its bytes in Explicit VR Little Endian, without the file meta information,
// Pixel Data as OB (DCMTK decodes to OW); "": they are not installed.
std::string decoded_by_dcmtk(const std::filesystem::path& file, const std::filesystem::path& scratch);
// pydicom: each bit of the mask, positions, references (tests/dicom/verify_results.py).
std::string pydicom(const std::filesystem::path& seg, const std::filesystem::path& sr, const Paths& sources,
                    const findings::LabelMap& labels, const std::filesystem::path& scratch);
// pydicom: values, positions and references of one object, or of the objects of a series
// (tests/dicom/verify_objects.py, which says what `values` are). `slices`: file and frame of each slice of the source.
using SourceSlices = std::vector<findings::SourceSlice>;
std::string pydicom_values(const Paths& objects, const SourceSlices& slices, std::span<const std::byte> values,
                           const std::filesystem::path& scratch);

// pydicom: where the findings of a Mammography CAD SR lie, compared with the lines of `expected`
// (tests/dicom/verify_cad.py says how they look).
std::string pydicom_cad(const std::filesystem::path& report, const std::filesystem::path& expected);

}  // namespace inferad::testing
