// SPDX-License-Identifier: Apache-2.0
#include "tests/dicom/judges.h"

#include <fmt/format.h>
#include <stdio.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>

namespace inferad::testing {

namespace {

constexpr const char* kAccessionQuirk =
    "Warning - Different information entities for attribute - Element=<AccessionNumber> IE <";

struct Outcome {
  int status = -1;
  std::string text;
};

Outcome run(const std::string& command) {
  Outcome outcome;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (!pipe) return outcome;
  std::array<char, 4096> chunk{};
  while (const auto count = fread(chunk.data(), 1, chunk.size(), pipe)) outcome.text.append(chunk.data(), count);
  const int status = pclose(pipe);
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return outcome;
}

bool installed(const std::string& tool) {
  if (run("command -v " + tool).status == 0) return true;
  std::cout << "SKIPPED: " << tool << " is not installed\n";
  return false;
}

std::string quoted(const Paths& files) {
  std::string text;
  for (const auto& file : files) text += " '" + file.string() + "'";
  return text;
}

std::string lines_with(const std::string& text, const std::string& start) {
  std::istringstream lines(text);
  std::string line, found;
  while (std::getline(lines, line))
    if (line.starts_with(start)) found += line + "\n";
  return found;
}

bool contains_any(const std::string& line, const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return line.find(text) != std::string::npos; });
}

std::string python(const std::string& script, const Paths& arguments) {
  const auto outcome =
      run(fmt::format("/usr/bin/python3 '{}/tests/dicom/{}'{}", INFERAD_SOURCE_DIR, script, quoted(arguments)));
  if (outcome.status == 77) std::cout << "SKIPPED: python3-pydicom or python3-numpy is not installed\n";
  return outcome.status == 0 || outcome.status == 77 ? "" : "pydicom: " + outcome.text;
}

}  // namespace

std::string dciodvfy(const std::filesystem::path& file, const std::vector<std::string>& false_alarms) {
  if (!installed("dciodvfy")) return "";
  std::istringstream lines(lines_with(run("dciodvfy -new" + quoted({file})).text, "Error"));
  std::string line, found;
  while (std::getline(lines, line))
    if (!contains_any(line, false_alarms)) found += line + "\n";
  return found;
}

std::string dcentvfy(const Paths& files, const std::vector<std::string>& allowed) {
  if (!installed("dcentvfy")) return "";
  std::istringstream lines(run("dcentvfy" + quoted(files)).text);
  std::string line, found;
  while (std::getline(lines, line)) {
    const bool quirk = line.starts_with(kAccessionQuirk);
    if (!quirk && !contains_any(line, allowed)) found += line + "\n";
  }
  return found;
}

std::string dsrdump(const std::filesystem::path& file) {
  if (!installed("dsrdump")) return "";
  const auto outcome = run("dsrdump" + quoted({file}));
  return outcome.status == 0 ? "" : "dsrdump: " + outcome.text;
}

std::optional<std::string> report_text(const std::filesystem::path& file) {
  if (!installed("dsrdump")) return std::nullopt;
  return run("dsrdump +Pc +Pl" + quoted({file})).text;
}

std::string dcmdump(const std::filesystem::path& file) {
  return installed("dcmdump") ? run("dcmdump -q -M" + quoted({file})).text : "";
}

std::string decoded_by_dcmtk(const std::filesystem::path& file, const std::filesystem::path& scratch) {
  if (!installed("dcmdrle") || !installed("dcmconv")) return "";
  const bool rle = file.filename().string().find("-rle") != std::string::npos;
  const auto decoded = scratch / "decoded.raw";
  const auto outcome = run((rle ? "dcmdrle -F +te" : "dcmconv -F +te") + quoted({file, decoded}));
  if (outcome.status != 0) return file.filename().string() + ": " + outcome.text;
  std::ifstream in(decoded, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const auto pixels = bytes.find(std::string("\xE0\x7F\x10\0OW", 6));
  if (pixels != std::string::npos) bytes[pixels + 5] = 'B';
  return bytes;
}

std::string pydicom(const std::filesystem::path& seg, const std::filesystem::path& sr, const Paths& sources,
                    const findings::LabelMap& labels, const std::filesystem::path& scratch) {
  std::ofstream(scratch / "labels.u8", std::ios::binary)
      .write(reinterpret_cast<const char*>(labels.labels.data()), static_cast<std::streamsize>(labels.labels.size()));
  std::ofstream list(scratch / "sources.txt");
  for (const auto& source : sources) list << source.string() << "\n";  // in slice order
  list.close();
  return python("verify_results.py", {seg, sr, scratch / "sources.txt", scratch / "labels.u8"});
}

std::string pydicom_values(const Paths& objects, const SourceSlices& slices, std::span<const std::byte> values,
                           const std::filesystem::path& scratch) {
  std::ofstream(scratch / "values.raw", std::ios::binary)
      .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(values.size()));
  std::ofstream list(scratch / "objects.txt"), sources(scratch / "slices.txt");
  for (const auto& object : objects) list << object.string() << "\n";
  for (const auto& slice : slices) sources << slice.frame << " " << slice.file.string() << "\n";
  list.close(), sources.close();
  return python("verify_objects.py", {scratch / "objects.txt", scratch / "slices.txt", scratch / "values.raw"});
}

std::string pydicom_cad(const std::filesystem::path& report, const std::filesystem::path& expected) {
  return python("verify_cad.py", {report, expected});
}

}  // namespace inferad::testing
