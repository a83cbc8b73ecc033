// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/mgcad.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmsr/dsrdoc.h>
#include <fmt/format.h>

#include <utility>
#include <vector>

#include "pipelines/results/document.h"
#include "pipelines/results/mgcad_findings.h"
#include "pipelines/results/mgcad_tree.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"

namespace inferad::results {

namespace {

// Type 1 in PS3.3 A.35.5 and its modules, beyond check_common(): present, with a value.
const std::vector<DcmTagKey> kRequired = {DCM_CompletionFlag,      DCM_VerificationFlag,
                                          DCM_ValueType,           DCM_ConceptNameCodeSequence,
                                          DCM_ContinuityOfContent, DCM_ContentTemplateSequence,
                                          DCM_ContentSequence,     DCM_CurrentRequestedProcedureEvidenceSequence};
// Type 2: present.
const std::vector<DcmTagKey> kPresent = {DCM_ReferencedPerformedProcedureStepSequence,
                                         DCM_PerformedProcedureCodeSequence};

Error wrong(std::string_view what) { return {Errc::model, fmt::format("MGCAD check: {}", what)}; }

// On which image, and the coordinates of a Center or an Outline.
using Place = std::pair<std::string, std::vector<float>>;

std::vector<Place> expected_places(const ResultRequest& request) {
  std::vector<Place> places;
  for (const auto& single : single_image_findings(request)) {
    const auto& uid = single.place.image.sop_instance_uid;
    const auto& centre = single.item->location->centre;
    places.push_back({uid, {static_cast<float>(centre[0]), static_cast<float>(centre[1])}});
    if (single.place.points.size() < 2) continue;
    auto& outline = places.emplace_back(uid, std::vector<float>());
    for (const auto& point : single.place.points)
      for (const double value : point) outline.second.push_back(static_cast<float>(value));
  }
  return places;
}

// The item at the position that `reference` names; nullptr: there is none.
DcmItem* target_of(DcmItem& root, DcmItem& reference) {
  const Uint32* position = nullptr;
  unsigned long count = 0;
  reference.findAndGetUint32Array(DCM_ReferencedContentItemIdentifier, position, &count);
  DcmItem* item = count > 0 ? &root : nullptr;
  for (unsigned long i = 1; i < count && item; ++i) {
    DcmItem* child = nullptr;
    item->findAndGetSequenceItem(DCM_ContentSequence, child, static_cast<signed long>(position[i]) - 1);
    item = child;
  }
  return item;
}

void collect_places(DcmItem& root, DcmItem& item, std::vector<Place>& places) {
  const Float32* data = nullptr;
  unsigned long count = 0;
  if (item.findAndGetFloat32Array(DCM_GraphicData, data, &count).good()) {
    auto& place = places.emplace_back("", std::vector<float>(data, data + count));
    for_each_item(item, DCM_ContentSequence, [&](DcmItem& reference) {
      DcmItem *image = target_of(root, reference), *named = nullptr;
      if (image && image->findAndGetSequenceItem(DCM_ReferencedSOPSequence, named).good())
        place.first = text_of(*named, DCM_ReferencedSOPInstanceUID);
    });
    return;
  }
  for_each_item(item, DCM_ContentSequence, [&](DcmItem& child) { collect_places(root, child, places); });
}

// Two failures for different reasons are two reports.
std::string variant_of(const ResultRequest& request) {
  return request.findings.outcome == findings::Outcome::failed ? request.findings.reason_text : "";
}

}  // namespace

bool has_mgcad(const ResultRequest& request) {
  return !mammograms_of(request).empty() && is_mammography_cad(request.findings);
}

Result<WrittenObject> write_mgcad(const ResultRequest& request, const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  const auto images = mammograms_of(request);
  std::vector<Mammogram> mammograms;
  for (const auto* image : images) {
    INFERAD_TRY(auto mammogram, read_mammogram(image->file));
    mammograms.push_back(std::move(mammogram));
  }
  const auto identity = identity_of(request, ResultKind::mgcad, variant_of(request));
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_common(out, request, identity);
  write_completion(out, request);
  write_request(out, request.source);
  write_predecessors(out, request, ResultKind::mgcad);
  write_evidence(out, request.findings.study_uid, images, std::nullopt);
  write_mgcad_tree(out, request, mammograms);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_mgcad(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

Status check_mgcad(const ResultRequest& request, const std::filesystem::path& path) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "MGCAD check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "MGCAD check"));
  std::set<std::string> mammograms;
  for (const auto* image : mammograms_of(request)) mammograms.insert(image->sop_instance_uid);
  if (listed_evidence(data) != mammograms) return wrong("the evidence is not exactly the mammograms");
  std::vector<Place> places;
  collect_places(data, data, places);
  if (places != expected_places(request)) return wrong("a place differs from that of its finding");
  DSRDocumentTree tree(DSRTypes::DT_MammographyCadSR);
  const auto condition = tree.read(data, DSRTypes::DT_MammographyCadSR, DSRTypes::RF_acceptInvalidContentItemValue);
  if (condition.bad()) return wrong(fmt::format("the content tree is not legal ({})", condition.text()));
  return ok();
}

}  // namespace inferad::results
