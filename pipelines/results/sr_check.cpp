// SPDX-License-Identifier: Apache-2.0
// The second look at an SR: reads the file, trusts nothing of how it was built.
#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <dcmtk/dcmsr/dsrdoc.h>
#include <fmt/format.h>

#include <set>

#include "pipelines/results/document.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/sr.h"

namespace inferad::results {

namespace {

// Type 1 in PS3.3 A.35.13 and its modules, beyond check_common(): present, with a value.
const std::vector<DcmTagKey> kRequired = {
    DCM_CompletionFlag,      DCM_VerificationFlag,        DCM_ValueType,       DCM_ConceptNameCodeSequence,
    DCM_ContinuityOfContent, DCM_ContentTemplateSequence, DCM_ContentSequence, DCM_CodingSchemeIdentificationSequence};
// Type 2: present.
const std::vector<DcmTagKey> kPresent = {DCM_ReferencedPerformedProcedureStepSequence,
                                         DCM_PerformedProcedureCodeSequence};

Error wrong(std::string_view what) { return {Errc::model, fmt::format("SR check: {}", what)}; }

struct TreeFacts {
  std::set<std::string> referenced;  // instances
  std::size_t segments = 0;          // references to a segment
  std::size_t places = 0;            // coordinates, sites, sides
  bool numbers_valid = true, codes_complete = true;
};

bool is_code_complete(DcmItem& code) {
  return (has_value(code, DCM_CodeValue) || has_value(code, DCM_LongCodeValue)) &&
         has_value(code, DCM_CodingSchemeDesignator) && has_value(code, DCM_CodeMeaning);
}

bool is_place(DcmItem& name) {
  const auto value = text_of(name, DCM_CodeValue);
  return value == "363698007" || value == "272741003";  // Finding Site, Laterality
}

// As deep as our own trees are: 6 levels.
void collect(DcmItem& item, TreeFacts& facts) {
  for_each_item(item, DCM_ReferencedSOPSequence, [&](DcmItem& reference) {
    facts.referenced.insert(text_of(reference, DCM_ReferencedSOPInstanceUID));
    if (has_value(reference, DCM_ReferencedSegmentNumber)) ++facts.segments;
  });
  for_each_item(item, DCM_MeasuredValueSequence, [&](DcmItem& value) {
    const auto text = text_of(value, DCM_NumericValue);
    facts.numbers_valid = facts.numbers_valid && !text.empty() && text.size() <= 16 &&
                          text.find_first_not_of("+-0123456789.eE") == std::string::npos;
  });
  for (const auto& sequence : {DCM_ConceptNameCodeSequence, DCM_ConceptCodeSequence})
    for_each_item(item, sequence, [&](DcmItem& code) {
      facts.codes_complete = facts.codes_complete && is_code_complete(code);
      if (is_place(code)) ++facts.places;
    });
  if (has_value(item, DCM_GraphicData)) ++facts.places;
  for_each_item(item, DCM_ContentSequence, [&](DcmItem& child) { collect(child, facts); });
}

std::size_t expected_segments(const ResultRequest& request, bool with_seg) {
  std::size_t count = 0;
  for (const auto& item : request.findings.items)
    count += static_cast<std::size_t>(with_seg && item.segment.has_value());
  return count;
}

}  // namespace

Status check_sr(const ResultRequest& request, const ReportForm& form, const std::filesystem::path& path) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "SR check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "SR check"));
  TreeFacts facts;
  collect(data, facts);
  const auto listed = listed_evidence(data);
  for (const auto& uid : facts.referenced)
    if (!listed.contains(uid)) return wrong("the tree refers to an instance that the evidence does not list");
  for (const auto* image : analysed_images(request))
    if (!facts.referenced.contains(image->sop_instance_uid)) return wrong("an analysed image is not referenced");
  if (facts.segments != expected_segments(request, form.seg.has_value()))
    return wrong("number of segment references is wrong");
  if (form.seg && !listed.contains(form.seg->sop_instance_uid)) return wrong("the SEG is not listed as evidence");
  if (!facts.numbers_valid) return wrong("a number is not a decimal string");
  if (!facts.codes_complete) return wrong("a code lacks its value, scheme or meaning");
  if (!form.places() && facts.places > 0) return wrong("a report for triage says where");
  if (text_of(data, DCM_SOPClassUID) != facts_of(form.kind).sop_class_uid) return wrong("SOP Class UID is wrong");
  // The tree only: defects of the header come from the source and are kept.
  const auto type = form.solid() ? DSRTypes::DT_Comprehensive3DSR : DSRTypes::DT_ComprehensiveSR;
  DSRDocumentTree tree(type);
  const auto condition = tree.read(data, type, DSRTypes::RF_acceptInvalidContentItemValue);
  if (condition.bad()) return wrong(fmt::format("the content tree is not legal ({})", condition.text()));
  return ok();
}

}  // namespace inferad::results
