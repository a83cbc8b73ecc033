// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/sr_content.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

#include "pipelines/results/text.h"

namespace inferad::results {

namespace {

using findings::CodedConcept;

std::string_view to_string(Relationship relationship) {
  switch (relationship) {
    case Relationship::contains:
      return "CONTAINS";
    case Relationship::has_observation_context:
      return "HAS OBS CONTEXT";
    case Relationship::has_acquisition_context:
      return "HAS ACQ CONTEXT";
    case Relationship::has_concept_modifier:
      return "HAS CONCEPT MOD";
    case Relationship::has_properties:
      return "HAS PROPERTIES";
    case Relationship::inferred_from:
      return "INFERRED FROM";
    case Relationship::selected_from:
      return "SELECTED FROM";
  }
  return "CONTAINS";
}

void make_container(ItemWriter& item, std::string_view template_id) {
  item.value(DCM_ContinuityOfContent, "SEPARATE");
  if (template_id.empty()) return;
  item.item(DCM_ContentTemplateSequence).value(DCM_MappingResource, "DCMR").value(DCM_TemplateIdentifier, template_id);
}

}  // namespace

CodedConcept dcm(std::string_view value, std::string_view meaning) {
  return {std::string(value), "DCM", std::string(meaning)};
}

ContentItem ContentItem::root(ItemWriter data_set, const CodedConcept& title, std::string_view template_id) {
  data_set.value(DCM_ValueType, "CONTAINER").code(DCM_ConceptNameCodeSequence, title);
  make_container(data_set, template_id);
  return {data_set, {1}};
}

ContentItem ContentItem::append(Relationship relationship) {
  auto item = item_.item(DCM_ContentSequence);
  item.value(DCM_RelationshipType, to_string(relationship));
  DcmSequenceOfItems* siblings = nullptr;
  item_.item().findAndGetSequence(DCM_ContentSequence, siblings);
  auto position = position_;
  position.push_back(static_cast<std::uint32_t>(siblings->card()));
  return {item, std::move(position)};
}

ContentItem ContentItem::child(Relationship relationship, std::string_view value_type, const CodedConcept* name) {
  auto added = append(relationship);
  added.item_.value(DCM_ValueType, value_type);
  if (name) added.item_.code(DCM_ConceptNameCodeSequence, *name);
  return added;
}

void ContentItem::refer(Relationship relationship, const ContentPosition& target) {
  append(relationship).item_.numbers(DCM_ReferencedContentItemIdentifier, target);
}

ContentItem ContentItem::container(Relationship relationship, const CodedConcept& name, std::string_view template_id) {
  auto added = child(relationship, "CONTAINER", &name);
  make_container(added.item_, template_id);
  return added;
}

ContentItem ContentItem::code(Relationship relationship, const CodedConcept& name, const CodedConcept& value) {
  auto added = child(relationship, "CODE", &name);
  added.item_.code(DCM_ConceptCodeSequence, value);
  return added;
}

ContentItem ContentItem::text(Relationship relationship, const CodedConcept& name, std::string_view value) {
  auto added = child(relationship, "TEXT", &name);
  added.item_.paragraph(DCM_TextValue, value);
  return added;
}

ContentItem ContentItem::uid(Relationship relationship, const CodedConcept& name, std::string_view value) {
  auto added = child(relationship, "UIDREF", &name);
  added.item_.value(DCM_UID, value);
  return added;
}

ContentItem ContentItem::date(Relationship relationship, const CodedConcept& name, std::string_view value) {
  auto added = child(relationship, "DATE", &name);
  added.item_.value(DCM_Date, value);
  return added;
}

ContentItem ContentItem::time(Relationship relationship, const CodedConcept& name, std::string_view value) {
  auto added = child(relationship, "TIME", &name);
  added.item_.value(DCM_Time, value);
  return added;
}

ContentItem ContentItem::number(Relationship relationship, const CodedConcept& name, double value,
                                const CodedConcept& unit) {
  auto added = child(relationship, "NUM", &name);
  auto measured = added.item_.item(DCM_MeasuredValueSequence);
  const auto decimal = decimal_string(value);
  measured.value(DCM_NumericValue, decimal.text);
  if (!decimal.exact) measured.number(DCM_FloatingPointValue, value);  // PS3.3 C.18.1: when DS cannot hold it
  measured.code(DCM_MeasurementUnitsCodeSequence, unit);
  return added;
}

ContentItem ContentItem::image(Relationship relationship, const std::optional<CodedConcept>& name,
                               std::string_view sop_class, std::string_view sop_instance,
                               const std::vector<std::uint16_t>& segments, int frame) {
  auto added = child(relationship, "IMAGE", name ? &*name : nullptr);
  auto reference = added.item_.item(DCM_ReferencedSOPSequence);
  reference.value(DCM_ReferencedSOPClassUID, sop_class).value(DCM_ReferencedSOPInstanceUID, sop_instance);
  if (!segments.empty()) reference.numbers(DCM_ReferencedSegmentNumber, segments);
  if (frame > 0) reference.value(DCM_ReferencedFrameNumber, std::to_string(frame));
  return added;
}

ContentItem ContentItem::coordinates(Relationship relationship, const CodedConcept& name, std::string_view type,
                                     const std::vector<float>& data, const findings::ImageReference& image, int frame) {
  auto added = child(relationship, "SCOORD", &name);
  added.item_.value(DCM_GraphicType, type).numbers(DCM_GraphicData, data);
  auto source = added.child(Relationship::selected_from, "IMAGE", nullptr);
  auto reference = source.item_.item(DCM_ReferencedSOPSequence);
  reference.value(DCM_ReferencedSOPClassUID, image.sop_class_uid);
  reference.value(DCM_ReferencedSOPInstanceUID, image.sop_instance_uid);
  if (frame > 0) reference.value(DCM_ReferencedFrameNumber, std::to_string(frame));
  return added;
}

ContentItem ContentItem::coordinates(Relationship relationship, const CodedConcept& name, std::string_view type,
                                     const std::vector<float>& data, const ContentPosition& image) {
  auto added = child(relationship, "SCOORD", &name);
  added.item_.value(DCM_GraphicType, type).numbers(DCM_GraphicData, data);
  added.refer(Relationship::selected_from, image);
  return added;
}

ContentItem ContentItem::coordinates_3d(Relationship relationship, const CodedConcept& name, std::string_view type,
                                        const std::vector<float>& data, std::string_view frame_of_reference) {
  auto added = child(relationship, "SCOORD3D", &name);
  added.item_.value(DCM_GraphicType, type).numbers(DCM_GraphicData, data);
  added.item_.value(DCM_ReferencedFrameOfReferenceUID, frame_of_reference);
  return added;
}

}  // namespace inferad::results
