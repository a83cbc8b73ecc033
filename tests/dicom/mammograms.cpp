// SPDX-License-Identifier: Apache-2.0
#include "tests/dicom/mammograms.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "pipelines/findings/uids.h"
#include "tests/dicom/multi_frame_series.h"

namespace inferad::testing {

namespace {

struct View {
  const char *name, *side, *position, *code, *meaning;
  int columns, rows;
};
constexpr std::array<View, 4> kViews{{{"left_cc", "L", "CC", "399162004", "cranio-caudal", 16, 24},
                                      {"left_mlo", "L", "MLO", "399368009", "medio-lateral oblique", 20, 24},
                                      {"right_cc", "R", "CC", "399162004", "cranio-caudal", 16, 24},
                                      {"right_mlo", "R", "MLO", "399368009", "medio-lateral oblique", 20, 28}}};

SeriesOptions four_images() {
  SeriesOptions options;
  options.slices = 4;
  return options;
}

void put(DcmItem& data, const DcmTagKey& tag, const std::string& value) {
  REQUIRE(data.putAndInsertString(tag, value.c_str()).good());
}

void make_mammogram(DcmDataset& data, const View& view) {
  put(data, DCM_SOPClassUID, UID_DigitalMammographyXRayImageStorageForPresentation);
  put(data, DCM_Modality, "MG");
  put(data, DCM_BodyPartExamined, "BREAST");
  put(data, DCM_ImageLaterality, view.side);
  put(data, DCM_ViewPosition, view.position);
  put(data, DCM_PatientOrientation, view.side[0] == 'L' ? "A\\R" : "P\\L");
  put(data, DCM_ImagerPixelSpacing, "0.07\\0.07");
  put(data, DCM_ContentDate, "20261124");
  put(data, DCM_ContentTime, "081600");
  DcmItem* code = nullptr;
  REQUIRE(data.findOrCreateSequenceItem(DCM_ViewCodeSequence, code, -2).good());
  put(*code, DCM_CodeValue, view.code);
  put(*code, DCM_CodingSchemeDesignator, "SCT");
  put(*code, DCM_CodeMeaning, view.meaning);
  for (const auto& tag :
       {DCM_ImagePositionPatient, DCM_ImageOrientationPatient, DCM_SliceThickness, DCM_PixelSpacing,
        DCM_FrameOfReferenceUID, DCM_PositionReferenceIndicator, DCM_KVP, DCM_RescaleSlope, DCM_RescaleIntercept})
    data.findAndDeleteElement(tag);
  data.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(view.rows));
  data.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(view.columns));
  const std::vector<Uint16> pixels(static_cast<std::size_t>(view.rows * view.columns), 100);
  REQUIRE(data.putAndInsertUint16Array(DCM_PixelData, pixels.data(), pixels.size()).good());
}

}  // namespace

Mammograms::Mammograms() : SyntheticSeries(four_images()) {
  findings.segments.clear();
  findings.items.clear();
  findings.priority.reset();
  findings.remarks.clear();
  findings.algorithm = {"Mammo detector", "2.1", "Inferad", std::string(64, 'a'), "score_min 0.2"};
  findings.looked_for = {{"129788004", "SCT", "Mammographic breast mass"}};
  for (std::size_t i = 0; i < kViews.size(); ++i) {
    const auto& view = kViews[i];
    edit(files[i], [&](DcmDataset& data) { make_mammogram(data, view); });
    auto each = image;
    each.projection = true;
    each.modality = "MG";
    each.geometry = {};
    each.geometry.columns = view.columns, each.geometry.rows = view.rows, each.geometry.slices = 1;
    each.geometry.spacing = {0.07, 0.07, 1};
    each.sources = {
        {files[i], UID_DigitalMammographyXRayImageStorageForPresentation, image.sources[i].sop_instance_uid, 1, {}}};
    each.view_position = view.position, each.laterality = view.side;
    fill_voxels(each);
    findings.input_images.push_back({view.name, {each.sources[0].sop_class_uid, each.sources[0].sop_instance_uid}});
    views.push_back(std::move(each));
  }
}

results::ResultRequest Mammograms::request(const results::SourceHeader& header) const {
  return {job, findings, header, nullptr, nullptr, {}, {}, views};
}

findings::ImageReference Mammograms::image_of(const std::string& view) const {
  for (const auto& [name, reference] : findings.input_images)
    if (name == view) return reference;
  FAIL("there is no view " << view);
  return {};
}

findings::Finding& Mammograms::add(const std::string& view, const findings::CodedConcept& code,
                                   std::array<double, 2> centre, std::array<double, 2> half) {
  const bool box = half[0] > 0;
  findings::Finding item;
  item.id = fmt::format("mark-{}", findings.items.size() + 1);
  item.tracking_uid = findings::tracking_uid(findings.study_uid, findings.pipeline, item.id);
  item.concept_code = code;
  item.input_image = view;
  item.location = findings::Location{box ? findings::Location::Form::box : findings::Location::Form::point,
                                     "",
                                     {centre[0], centre[1], 0},
                                     {},
                                     {image_of(view)}};
  if (box) item.location->half_axes = {{half[0], 0, 0}, {0, half[1], 0}};
  item.measurements = {{{"122157", "DCM", "Probability"}, 0.83, {"{0:1}", "UCUM", "range: 0:1"}, {}, "probability"}};
  findings.items.push_back(std::move(item));
  return findings.items.back();
}

void Mammograms::claim(const findings::CodedConcept& code, findings::Presence presence) {
  findings::Finding item;
  item.id = "claim";
  item.tracking_uid = findings::tracking_uid(findings.study_uid, findings.pipeline, item.id);
  item.concept_code = code;
  item.presence = presence;
  findings.items.push_back(std::move(item));
}

}  // namespace inferad::testing
