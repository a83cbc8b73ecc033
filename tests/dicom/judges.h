// SPDX-License-Identifier: Apache-2.0
// Independent readers, as child processes. Each gives "" when content, else what it complains about. A judge that is
// not installed prints "SKIPPED: …" and is content.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "pipelines/findings/image.h"

namespace inferad::testing {

using Paths = std::vector<std::filesystem::path>;

std::string dciodvfy(const std::filesystem::path& file);  // lines that start with "Error"
// Its mismatches between files. Two kinds of line say nothing about us: that it files Accession Number under another
// entity for reports than for images (it does so for any pair of them), and lines that contain `allowed`.
std::string dcentvfy(const Paths& files, const std::string& allowed = "");
std::string dsrdump(const std::filesystem::path& file);  // its errors, when it fails
// The content tree as dsrdump prints it, codes included; nullopt: dsrdump is not installed.
std::optional<std::string> report_text(const std::filesystem::path& file);
// pydicom: each bit of the mask, positions, references (tests/dicom/verify_results.py).
std::string pydicom(const std::filesystem::path& seg, const std::filesystem::path& sr, const Paths& sources,
                    const findings::LabelMap& labels, const std::filesystem::path& scratch);

}  // namespace inferad::testing
