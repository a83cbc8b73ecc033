// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/pr.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "pipelines/results/cielab.h"
#include "pipelines/results/modules.h"
#include "pipelines/results/object_check.h"
#include "pipelines/results/part10.h"
#include "pipelines/results/presentation_groups.h"

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

void write_images(ItemWriter& item, const ResultRequest& request, const ShownImages& shown) {
  for (const auto& image : shown.images) write_image(item, request, image);
}

// The whole image; corners are numbers of pixels, from 1.
void write_displayed_area(ItemWriter& out, const ResultRequest& request, const ShownImages& shown) {
  auto area = out.item(DCM_DisplayedAreaSelectionSequence);
  write_images(area, request, shown);
  area.numbers(DCM_DisplayedAreaTopLeftHandCorner, std::vector<std::int32_t>{1, 1});
  area.numbers(DCM_DisplayedAreaBottomRightHandCorner, std::vector<std::int32_t>{shown.columns, shown.rows});
  area.value(DCM_PresentationSizeMode, "SCALE TO FIT");
  if (shown.spacing.empty())
    area.value(DCM_PresentationPixelAspectRatio, "1\\1");
  else
    area.value(DCM_PresentationPixelSpacing, shown.spacing);
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

void write_grey_scale(ItemWriter& out, const ResultRequest& request, const PresentationGroup& group) {
  if (!group.slope.empty()) {
    out.value(DCM_RescaleIntercept, group.intercept).value(DCM_RescaleSlope, group.slope);
    out.value(DCM_RescaleType, group.type);
  }
  for (const auto& shown : group.shown) {
    if (shown.centre.empty() || shown.width.empty()) continue;
    auto window = out.item(DCM_SoftcopyVOILUTSequence);
    write_images(window, request, shown);
    window.value(DCM_WindowCenter, shown.centre).value(DCM_WindowWidth, shown.width);
  }
  out.value(DCM_PresentationLUTShape, group.inverted ? "INVERSE" : "IDENTITY");
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

std::size_t presentations_of(const ResultRequest& request) { return presentation_groups(request).size(); }

Result<WrittenObject> write_pr(const ResultRequest& request, const std::filesystem::path& path, std::size_t number) {
  INFERAD_TRY_STATUS(check_request(request));
  const auto groups = presentation_groups(request);
  const auto& group = groups.at(number);
  const auto identity = identity_of(request, ResultKind::pr, number == 0 ? "" : std::to_string(number + 1));
  DcmFileFormat object;
  ItemWriter out(*object.getDataset(), request.source.utf8());
  write_common(out, request, identity);
  write_body_part(out, request);
  write_identification(out, request);
  write_relationship(out, request, group.drawings);
  for (const auto& shown : group.shown) write_displayed_area(out, request, shown);
  write_annotations(out, request, group.drawings);
  write_layers(out, request, group.drawings);
  write_grey_scale(out, request, group);
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
  std::map<std::string, const findings::Geometry*> sizes;
  for (const auto& slice : slices_of(request)) sizes[slice.source().sop_instance_uid] = &slice.image->geometry;
  Status status = ok();
  for_each_item(data, DCM_GraphicAnnotationSequence, [&](DcmItem& annotation) {
    if (!layers.contains(text_of(annotation, DCM_GraphicLayer))) status = wrong("an annotation has no layer");
    std::string drawn_on;
    for_each_item(annotation, DCM_ReferencedImageSequence,
                  [&](DcmItem& image) { drawn_on = text_of(image, DCM_ReferencedSOPInstanceUID); });
    if (!related.contains(drawn_on)) status = wrong("an annotated image is not listed");
    for_each_item(annotation, DCM_GraphicObjectSequence, [&](DcmItem& graphic) {
      if (status.has_value()) status = check_graphic(graphic, *sizes.at(drawn_on));
    });
  });
  return status;
}

}  // namespace inferad::results
