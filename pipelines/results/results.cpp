// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/results.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "pipelines/results/derived.h"
#include "pipelines/results/encoded.h"
#include "pipelines/results/kos.h"
#include "pipelines/results/mgcad.h"
#include "pipelines/results/pmap.h"
#include "pipelines/results/pr.h"
#include "pipelines/results/sc.h"
#include "pipelines/results/seg.h"
#include "pipelines/results/sr.h"
#include "server/base/hash.h"
#include "server/base/log.h"

namespace inferad::results {

namespace {

namespace fs = std::filesystem;

std::string in_file_name(std::string_view word) {
  std::string name(word);
  for (char& c : name) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return name;
}

struct Output {
  const ResultRequest& request;
  const fs::path& folder;
  std::vector<ResultFile> files = {};
  WrittenObjects written = {};  // to refer to

  void add(ResultKind kind, WrittenObject object) {
    files.push_back({file_name_of(kind), kind});
    written.emplace(kind, std::move(object));
  }
};

// Adds what the study gives of the kind, which may be nothing.
using Writer = Status (*)(Output&, ResultKind);

// A kind of one object.
template <auto has, auto write>
Status add(Output& out, ResultKind kind) {
  if (!has(out.request)) return ok();
  INFERAD_TRY(auto object, write(out.request, out.folder / file_name_of(kind)));
  out.add(kind, std::move(object));
  return ok();
}

Status add_derived(Output& out, ResultKind kind) {
  if (!has_derived(out.request)) return ok();
  if (out.request.image->geometry.slices > kDerivedImagesMax) {  // the file that findings.json names is there
    log::warning("derived_series_too_long", {{"job", out.request.job.id}, {"images_max", kDerivedImagesMax}});
    return ok();
  }
  INFERAD_TRY(const auto images, write_derived(out.request, out.folder));
  for (const auto& image : images) out.files.push_back({image.name, kind});
  return ok();
}

// "sr.dcm"; "sr-seg-labelmap.dcm" beside a further segmentation. A failure has a name of its own: the object may still
// be on its way when the job, tried again, makes others.
std::string report_name(const ResultRequest& request, ResultKind kind, const std::string& beside) {
  auto name = fs::path(file_name_of(kind)).stem().string();
  if (!beside.empty()) name += "-" + fs::path(beside).stem().string();
  if (request.findings.outcome == findings::Outcome::failed)
    name += "-failed-" + sha256_hex(request.findings.reason_text).substr(0, 8);
  return name + ".dcm";
}

Status add_report(Output& out, ResultKind kind) {
  bool any = false;
  for (const auto seg_kind : {ResultKind::seg, ResultKind::seg_labelmap, ResultKind::seg_fractional}) {
    const auto seg = out.written.find(seg_kind);
    if (seg == out.written.end() || kind == ResultKind::sr_triage) continue;
    const auto name = report_name(out.request, kind, any ? file_name_of(seg_kind) : "");
    INFERAD_TRY_STATUS(write_sr(out.request, {kind, seg->second, seg_kind}, out.folder / name));
    out.files.push_back({name, kind, seg_kind});
    any = true;
  }
  if (any) return ok();
  const auto name = report_name(out.request, kind, "");
  INFERAD_TRY_STATUS(write_sr(out.request, {kind}, out.folder / name));
  out.files.push_back({name, kind});
  return ok();
}

// "pr.dcm", "pr-2.dcm", …
Status add_presentations(Output& out, ResultKind kind) {
  const auto stem = fs::path(file_name_of(kind)).stem().string();
  const auto count = presentations_of(out.request);
  for (std::size_t number = 0; number < count; ++number) {
    const auto name = number == 0 ? stem + ".dcm" : stem + "-" + std::to_string(number + 1) + ".dcm";
    INFERAD_TRY_STATUS(write_pr(out.request, out.folder / name, number));
    out.files.push_back({name, kind});
  }
  return ok();
}

Status add_mgcad(Output& out, ResultKind kind) {
  if (!has_mgcad(out.request)) return ok();
  const auto name = report_name(out.request, kind, "");
  INFERAD_TRY_STATUS(write_mgcad(out.request, out.folder / name));
  out.files.push_back({name, kind});
  return ok();
}

constexpr std::array<std::pair<ResultKind, Writer>, 12> kWriters{{
    {ResultKind::seg, add<has_voxels, write_seg>},
    {ResultKind::seg_fractional, add<has_voxels, write_seg_fractional>},
    {ResultKind::seg_labelmap, add<has_voxels, write_seg_labelmap>},
    {ResultKind::pmap, add<has_heat, write_pmap>},
    {ResultKind::derived, add_derived},
    {ResultKind::sc, add<has_overlay, write_sc>},
    {ResultKind::sr, add_report},
    {ResultKind::sr_comprehensive, add_report},
    {ResultKind::sr_triage, add_report},
    {ResultKind::mgcad, add_mgcad},
    {ResultKind::kos, add<has_key_images, write_kos>},
    {ResultKind::pr, add_presentations},
}};

// The object is there already: one that cannot be encoded goes as it is.
Status add_encoded(Output& out, ResultKind kind) {
  if (!out.written.contains(kind)) return ok();
  for (const auto encoding : out.request.job.encodings) {
    if (!suits(encoding, kind)) continue;
    const auto plain = file_name_of(kind);
    const auto name = fs::path(plain).stem().string() + "-" + in_file_name(to_string(encoding)) + ".dcm";
    const auto status = write_encoded(out.folder / plain, encoding, out.folder / name);
    if (!status && status.error().code != Errc::model) return status;
    if (status)
      out.files.push_back({name, kind});
    else
      log::error("result_not_encoded", {{"job", out.request.job.id}, {"file", name}, {"reason", status.error().what}});
  }
  return ok();
}

// What failed its check is never sent; whoever waits for it is to know.
Status write_kind(Output& out, ResultKind kind, Writer writer) {
  auto status = writer(out, kind);
  if (status) return add_encoded(out, kind);
  if (status.error().code != Errc::model) return status;
  out.files.push_back({"", kind, {}, status.error().what});
  return ok();
}

}  // namespace

std::string file_name_of(ResultKind kind) { return in_file_name(to_string(kind)) + ".dcm"; }

Result<std::vector<ResultFile>> write_results(const ResultRequest& request, const fs::path& folder) {
  const auto& wanted = request.job.results;
  Output out{request, folder};
  for (const auto& facts : result_kinds()) {
    if (std::find(wanted.begin(), wanted.end(), facts.kind) == wanted.end()) continue;
    for (const auto& [kind, writer] : kWriters)
      if (kind == facts.kind) INFERAD_TRY_STATUS(write_kind(out, kind, writer));
  }
  return std::move(out.files);
}

}  // namespace inferad::results
