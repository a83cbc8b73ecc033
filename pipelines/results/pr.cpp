// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/pr.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pipelines/results/cielab.h"
#include "pipelines/results/drawing.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"

namespace inferad::results {

namespace {

// Type 1 and 2 of PS3.3 A.33.1 and its modules, beyond check_common().
const std::vector<DcmTagKey> kRequired = {DCM_ContentLabel,
                                          DCM_PresentationCreationDate,
                                          DCM_PresentationCreationTime,
                                          DCM_ReferencedSeriesSequence,
                                          DCM_GraphicLayerSequence,
                                          DCM_DisplayedAreaSelectionSequence,
                                          DCM_GraphicAnnotationSequence,
                                          DCM_PresentationLUTShape};
const std::vector<DcmTagKey> kPresent = {DCM_ContentDescription, DCM_ContentCreatorName};

std::string layer_name(int layer) { return layer == 0 ? "AI_FINDINGS" : fmt::format("AI_SEGMENT_{}", layer); }

void write_identification(ItemWriter& out, const ResultRequest& request) {
  out.value(DCM_ContentLabel, "AI_FINDINGS");
  out.line(DCM_ContentDescription,
           fmt::format("{}{}, not for primary diagnosis", request.options.research ? "RESEARCH - " : "",
                       request.findings.algorithm.name));
  out.empty(DCM_ContentCreatorName);  // type 2
  out.value(DCM_PresentationCreationDate, text_of(out.item(), DCM_ContentDate));
  out.value(DCM_PresentationCreationTime, text_of(out.item(), DCM_ContentTime));
}

void write_image(ItemWriter& item, const ResultRequest& request, const findings::ImageReference& image) {
  auto reference = item.item(DCM_ReferencedImageSequence);
  reference.value(DCM_ReferencedSOPClassUID, image.sop_class_uid);
  reference.value(DCM_ReferencedSOPInstanceUID, image.sop_instance_uid);
  if (const int frame = frame_to_name(request, image); frame > 0)
    reference.value(DCM_ReferencedFrameNumber, std::to_string(frame));
}

// Each image once, by series. Its frames are named where something is drawn.
void write_relationship(ItemWriter& out, const ResultRequest& request, const std::vector<Drawing>& drawings) {
  std::map<std::string, std::map<std::string, std::string>> series;  // series → instance → class
  for (const auto& source : request.source.images())
    for (const auto& drawing : drawings)
      if (drawing.image.sop_instance_uid == source.sop_instance_uid)
        series[source.series_uid][source.sop_instance_uid] = source.sop_class_uid;
  for (const auto& [uid, images] : series) {
    auto item = out.item(DCM_ReferencedSeriesSequence);
    item.value(DCM_SeriesInstanceUID, uid);
    for (const auto& [instance, sop_class] : images) item.reference(DCM_ReferencedImageSequence, sop_class, instance);
  }
}

// The whole image; corners are numbers of pixels, from 1.
void write_displayed_area(ItemWriter& out, const ResultRequest& request) {
  const auto& geometry = request.image->geometry;
  auto area = out.item(DCM_DisplayedAreaSelectionSequence);
  area.numbers(DCM_DisplayedAreaTopLeftHandCorner, std::vector<std::int32_t>{1, 1});
  area.numbers(DCM_DisplayedAreaBottomRightHandCorner, std::vector<std::int32_t>{geometry.columns, geometry.rows});
  area.value(DCM_PresentationSizeMode, "SCALE TO FIT");
  const auto spacing = text_of(request.source.reference(), DCM_PixelSpacing);
  if (spacing.empty())
    area.value(DCM_PresentationPixelAspectRatio, "1\\1");
  else
    area.value(DCM_PresentationPixelSpacing, spacing);
}

void write_graphic(ItemWriter& annotation, const Polygon& line) {
  std::vector<float> data;
  for (const auto& point : line)
    for (const double value : point) data.push_back(static_cast<float>(value));
  auto graphic = annotation.item(DCM_GraphicObjectSequence);
  graphic.value(DCM_GraphicAnnotationUnits, "PIXEL").number(DCM_GraphicDimensions, std::uint16_t{2});
  graphic.number(DCM_NumberOfGraphicPoints, static_cast<std::uint16_t>(line.size())).numbers(DCM_GraphicData, data);
  graphic.value(DCM_GraphicType, line.size() == 1 ? "POINT" : "POLYLINE");
  if (line.size() > 2 && line.front() == line.back()) graphic.value(DCM_GraphicFilled, "N");
}

void write_annotations(ItemWriter& out, const ResultRequest& request, const std::vector<Drawing>& drawings) {
  for (const auto& drawing : drawings) {
    auto annotation = out.item(DCM_GraphicAnnotationSequence);
    write_image(annotation, request, drawing.image);
    annotation.value(DCM_GraphicLayer, layer_name(drawing.layer));
    for (const auto& [at, words] : drawing.texts) {
      auto text = annotation.item(DCM_TextObjectSequence);
      text.value(DCM_AnchorPointAnnotationUnits, "PIXEL").paragraph(DCM_UnformattedTextValue, words, 1024);
      text.numbers(DCM_AnchorPoint, std::vector<float>{static_cast<float>(at[0]), static_cast<float>(at[1])});
      text.value(DCM_AnchorPointVisibility, "N");
    }
    for (const auto& line : drawing.lines) write_graphic(annotation, line);
  }
}

void write_layers(ItemWriter& out, const ResultRequest& request, const std::vector<Drawing>& drawings) {
  std::set<int> layers;
  for (const auto& drawing : drawings) layers.insert(drawing.layer);
  int order = 0;
  for (const int layer : layers) {
    auto item = out.item(DCM_GraphicLayerSequence);
    item.value(DCM_GraphicLayer, layer_name(layer)).value(DCM_GraphicLayerOrder, std::to_string(++order));
    if (layer == 0) continue;
    const auto& segment = request.findings.segments[static_cast<std::size_t>(layer) - 1];
    const auto lab = cielab(segment.rgb);
    item.numbers(DCM_GraphicLayerRecommendedDisplayCIELabValue, std::vector<std::uint16_t>(lab.begin(), lab.end()));
    item.line(DCM_GraphicLayerDescription, segment.label);
  }
}

// The window of the images. Of a scale that may change from slice to slice (PET) nothing is said: viewers keep theirs.
void write_grey_scale(ItemWriter& out, const ResultRequest& request) {
  const auto& from = request.source.reference();
  const bool scaled = has_value(from, DCM_RescaleSlope) && has_value(from, DCM_RescaleIntercept);
  const bool constant = request.image->modality == "CT" || request.image->projection;
  if (scaled && constant) {
    out.copy(from, DCM_RescaleIntercept).copy(from, DCM_RescaleSlope);
    const auto type = text_of(from, DCM_RescaleType);
    out.value(DCM_RescaleType, !type.empty() ? type : request.image->modality == "CT" ? "HU" : "US");
  }
  const auto first = [&](const DcmTagKey& tag) {
    const auto text = text_of(from, tag);
    return text.substr(0, text.find('\\'));
  };
  const auto centre = first(DCM_WindowCenter), width = first(DCM_WindowWidth);
  if (!centre.empty() && !width.empty() && (constant || !scaled))
    out.item(DCM_SoftcopyVOILUTSequence).value(DCM_WindowCenter, centre).value(DCM_WindowWidth, width);
  out.value(DCM_PresentationLUTShape, request.image->grey.inverted ? "INVERSE" : "IDENTITY");
}

Error wrong(std::string_view what) { return {Errc::model, fmt::format("PR check: {}", what)}; }

Status check_graphic(DcmItem& graphic, const findings::Geometry& geometry) {
  const Float32* data = nullptr;
  unsigned long count = 0;
  Uint16 points = 0;
  graphic.findAndGetFloat32Array(DCM_GraphicData, data, &count);
  graphic.findAndGetUint16(DCM_NumberOfGraphicPoints, points);
  if (data == nullptr || points == 0 || count != 2UL * points) return wrong("number of points is wrong");
  for (unsigned long i = 0; i < count; ++i) {
    const auto most = static_cast<float>(i % 2 == 0 ? geometry.columns : geometry.rows);
    if (!(data[i] >= 0 && data[i] <= most)) return wrong("a point lies outside of the image");
  }
  return ok();
}

}  // namespace

bool has_drawings(const ResultRequest& request) { return !drawings_of(request).empty(); }

Result<WrittenObject> write_pr(const ResultRequest& request, const std::filesystem::path& path) {
  INFERAD_TRY_STATUS(check_request(request));
  const auto drawings = drawings_of(request);
  const auto identity = identity_of(request, ResultKind::pr);
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_common(out, request, identity);
  out.copy_valid(request.source.reference(), DCM_BodyPartExamined);
  if (!has_value(*object.getDataset(), DCM_BodyPartExamined)) out.empty(DCM_Laterality);  // type 2C, of paired parts
  write_identification(out, request);
  write_relationship(out, request, drawings);
  write_displayed_area(out, request);
  write_annotations(out, request, drawings);
  write_layers(out, request, drawings);
  write_grey_scale(out, request);
  INFERAD_TRY_STATUS(write_checked(object, path, [&](const auto& part) { return check_pr(request, part); }));
  return WrittenObject{identity.sop_class_uid, identity.sop_instance_uid, identity.series_uid};
}

Status check_pr(const ResultRequest& request, const std::filesystem::path& path) {
  DcmFileFormat file;
  if (file.loadFile(path.c_str()).bad()) return wrong("the file is not readable");
  auto& data = *file.getDataset();
  INFERAD_TRY_STATUS(check_common(data, "PR check"));
  INFERAD_TRY_STATUS(check_attributes(data, kRequired, kPresent, "PR check"));
  std::set<std::string> sources, related;
  for (const auto& image : request.source.images()) sources.insert(image.sop_instance_uid);
  for_each_item(data, DCM_ReferencedSeriesSequence, [&](DcmItem& series) {
    for_each_item(series, DCM_ReferencedImageSequence,
                  [&](DcmItem& image) { related.insert(text_of(image, DCM_ReferencedSOPInstanceUID)); });
  });
  if (!std::includes(sources.begin(), sources.end(), related.begin(), related.end()))
    return wrong("it refers to an image that is not of the source");
  std::set<std::string> layers;
  for_each_item(data, DCM_GraphicLayerSequence, [&](DcmItem& item) { layers.insert(text_of(item, DCM_GraphicLayer)); });
  Status status = ok();
  for_each_item(data, DCM_GraphicAnnotationSequence, [&](DcmItem& annotation) {
    if (!layers.contains(text_of(annotation, DCM_GraphicLayer))) status = wrong("an annotation has no layer");
    for_each_item(annotation, DCM_ReferencedImageSequence, [&](DcmItem& image) {
      if (!related.contains(text_of(image, DCM_ReferencedSOPInstanceUID)))
        status = wrong("an annotated image is not listed");
    });
    for_each_item(annotation, DCM_GraphicObjectSequence, [&](DcmItem& graphic) {
      if (status.has_value()) status = check_graphic(graphic, request.image->geometry);
    });
  });
  return status;
}

}  // namespace inferad::results
