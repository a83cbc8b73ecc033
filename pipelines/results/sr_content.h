// SPDX-License-Identifier: Apache-2.0
// Content items of a structured report (PS3.3 C.17.3): each call appends one child and gives it back, so that a tree is
// written the way templates are printed. Internal to results/.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipelines/findings/findings.h"
#include "pipelines/results/item_writer.h"

namespace inferad::results {

findings::CodedConcept dcm(std::string_view value, std::string_view meaning);  // of the scheme DCM

enum class Relationship {
  contains,
  has_observation_context,
  has_acquisition_context,
  has_concept_modifier,
  has_properties,
  inferred_from,
  selected_from
};

// Where an item stands in its tree (PS3.3 C.17.3.2.5, Referenced Content Item Identifier): the root is 1, its second
// child 1, 2.
using ContentPosition = std::vector<std::uint32_t>;

class ContentItem {
 public:
  // Turns the data set itself into the root container.
  static ContentItem root(ItemWriter data_set, const findings::CodedConcept& title, std::string_view template_id);

  // `template_id` "" = no Content Template Sequence.
  ContentItem container(Relationship relationship, const findings::CodedConcept& name,
                        std::string_view template_id = "");
  ContentItem code(Relationship relationship, const findings::CodedConcept& name, const findings::CodedConcept& value);
  ContentItem text(Relationship relationship, const findings::CodedConcept& name, std::string_view value);
  ContentItem uid(Relationship relationship, const findings::CodedConcept& name, std::string_view value);
  ContentItem number(Relationship relationship, const findings::CodedConcept& name, double value,
                     const findings::CodedConcept& unit);
  ContentItem date(Relationship relationship, const findings::CodedConcept& name, std::string_view value);  // DA
  ContentItem time(Relationship relationship, const findings::CodedConcept& name, std::string_view value);  // TM
  // `name` may be absent (image library); `segments` are Referenced Segment Numbers of a SEG; `frame` is named when not
  // 0.
  ContentItem image(Relationship relationship, const std::optional<findings::CodedConcept>& name,
                    std::string_view sop_class, std::string_view sop_instance,
                    const std::vector<std::uint16_t>& segments = {}, int frame = 0);

  // SCOORD: `type` POINT, POLYLINE …; `data` column, row, column, row …; as a child the image, of `frame` when not 0.
  ContentItem coordinates(Relationship relationship, const findings::CodedConcept& name, std::string_view type,
                          const std::vector<float>& data, const findings::ImageReference& image, int frame);
  // … or instead of the child a reference to `image`, an item of the same tree.
  ContentItem coordinates(Relationship relationship, const findings::CodedConcept& name, std::string_view type,
                          const std::vector<float>& data, const ContentPosition& image);
  // SCOORD3D: x, y, z, x, y, z … in the frame of reference.
  ContentItem coordinates_3d(Relationship relationship, const findings::CodedConcept& name, std::string_view type,
                             const std::vector<float>& data, std::string_view frame_of_reference);
  // A relationship by reference to an item that is there already.
  void refer(Relationship relationship, const ContentPosition& target);

  const ContentPosition& position() const { return position_; }

 private:
  ContentItem(ItemWriter item, ContentPosition position) : item_(item), position_(std::move(position)) {}
  ContentItem append(Relationship relationship);
  ContentItem child(Relationship relationship, std::string_view value_type, const findings::CodedConcept* name);

  ItemWriter item_;
  ContentPosition position_;
};

}  // namespace inferad::results
