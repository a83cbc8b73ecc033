// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/kos.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmsr/dsrdoc.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipelines/results/document.h"
#include "pipelines/results/key_images.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/planar.h"

namespace inferad::results {

namespace {

// Type 1 and 2 of PS3.3 A.35.4 and its modules, beyond check_common().
const std::vector<DcmTagKey> kRequired = {DCM_ValueType,           DCM_ConceptNameCodeSequence,
                                          DCM_ContinuityOfContent, DCM_ContentTemplateSequence,
                                          DCM_ContentSequence,     DCM_CurrentRequestedProcedureEvidenceSequence};
const std::vector<DcmTagKey> kPresent = {DCM_ReferencedPerformedProcedureStepSequence};

std::vector<const SourceImage*> sources_of(const ResultRequest& request,
                                           const std::vector<findings::ImageReference>& references) {
  std::vector<const SourceImage*> images;
  for (const auto& image : request.source.images()) {
    const auto same = [&](const auto& each) { return each.sop_instance_uid == image.sop_instance_uid; };
    if (std::any_of(references.begin(), references.end(), same)) images.push_back(&image);
  }
  return images;
}

std::string description_of(const ResultRequest& request) {
  std::string text = request.options.research ? "Research use only. " : "";
  text += "Images of what the algorithm found:";
  for (const auto& item : request.findings.items) {
    if (item.presence != findings::Presence::present) continue;
    text += fmt::format(" {}. {}", item.concept_code.meaning, item.explanation);
    if (!has_key_image(request, item)) text += " No single image stands for it.";
  }
  return text + " Assists; not for primary diagnosis.";
}

void write_tree(ItemWriter& out, const ResultRequest& request, const std::vector<findings::ImageReference>& images) {
  auto root = ContentItem::root(out, dcm("113000", "Of Interest"), "2010");
  write_device_observer(root, request);
  root.text(Relationship::contains, dcm("113012", "Key Object Description"), description_of(request));
  for (const auto& image : images)
    root.image(Relationship::contains, std::nullopt, image.sop_class_uid, image.sop_instance_uid, {},
               frame_to_name(request, image));
}

Error wrong(std::string_view what) { return {Errc::model, fmt::format("KOS check: {}", what)}; }

std::multiset<std::string> shown(DcmItem& data) {
  std::multiset<std::string> uids;
  for_each_item(data, DCM_ContentSequence, [&](DcmItem& item) {
    for_each_item(item, DCM_ReferencedSOPSequence,
                  [&](DcmItem& reference) { uids.insert(text_of(reference, DCM_ReferencedSOPInstanceUID)); });
  });
  return uids;
}

}  // namespace

bool has_key_images(const ResultRequest& request) { return !key_images(request).empty(); }

Result<WrittenObject> write_kos(const ResultRequest& request, const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  const auto images = key_images(request);
  const auto identity = identity_of(request, ResultKind::kos);
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_common(out, request, identity);
  out.empty(DCM_ReferencedPerformedProcedureStepSequence);  // type 2
  write_request(out, request.source);
  write_evidence(out, request.findings.study_uid, sources_of(request, images), std::nullopt);
  write_tree(out, request, images);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_kos(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

Status check_kos(const ResultRequest& request, const std::filesystem::path& path) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "KOS check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "KOS check"));
  std::multiset<std::string> expected;
  for (const auto& image : key_images(request)) expected.insert(image.sop_instance_uid);
  if (expected.empty()) return wrong("there is no key image");
  if (shown(data) != expected) return wrong("it does not show exactly the key images");
  if (listed_evidence(data) != std::set<std::string>(expected.begin(), expected.end()))
    return wrong("the evidence is not exactly the key images, or one is no image of the source");
  DSRDocumentTree tree(DSRTypes::DT_KeyObjectSelectionDocument);
  const auto condition =
      tree.read(data, DSRTypes::DT_KeyObjectSelectionDocument, DSRTypes::RF_acceptInvalidContentItemValue);
  if (condition.bad()) return wrong(fmt::format("the content tree is not legal ({})", condition.text()));
  return ok();
}

}  // namespace inferad::results
