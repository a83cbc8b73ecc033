// SPDX-License-Identifier: Apache-2.0
// What objects with many frames on the grid of the image share (SEG, Parametric Map): frame of reference, geometry,
// one position and one reference to the source for each frame, Common Instance Reference. Internal to results/.
// Without `planes` positions and orientations are left out: a projection image lies nowhere in the patient.
#pragma once

#include <string_view>
#include <vector>

#include "pipelines/results/bits.h"
#include "pipelines/results/item_writer.h"
#include "pipelines/results/results.h"

namespace inferad::results {

// Fails when slices lie in different frames of reference or elsewhere than their files say. Needs request.image.
Status check_sources(const ResultRequest& request);

// Never a new frame of reference when the source has one; without one (old or broken images) one for its series. That
// of a projection image in which `planes` are given is always its own: they are those of the detector, not the patient.
void write_frame_of_reference(ItemWriter& out, const ResultRequest& request, bool planes);
// Rows, Columns, Number of Frames.
void write_frame_size(ItemWriter& out, const ResultRequest& request, std::size_t frames);
// "00", or what was done to the source (PS3.3 C.7.6.1.1.5).
void write_lossy_history(ItemWriter& out, const ResultRequest& request);
// Common Instance Reference (PS3.3 C.12.2): every image that the object was made from, by series.
void write_references(ItemWriter& out, const ResultRequest& request);
// Multi-frame Dimension (PS3.3 C.7.6.17): the segment, when `segments`; then the position of the slice.
void write_dimensions(ItemWriter& out, std::string_view organization_uid, bool segments, bool planes);
// Pixel Measures and Plane Orientation, into the item of the shared functional groups.
void write_shared_geometry(ItemWriter& shared, const ResultRequest& request, bool planes);
// The same for an object of one slice: Image Plane (PS3.3 C.7.6.2).
void write_image_plane(ItemWriter& out, const ResultRequest& request, int slice);
// One item of the per-frame functional groups for each frame: content, position, segment, source.
void write_frames(ItemWriter& out, const ResultRequest& request, const std::vector<GridFrame>& frames,
                  const findings::CodedConcept& derivation, bool planes);

// Source Image Sequence with the images of these slices, each slice one item, with its frame when it is one of several.
void write_frame_sources(ItemWriter& out, const std::vector<findings::SourceSlice>& sources,
                         const std::vector<int>& slices);

// PS3.3 C.10.10: Content Label is a CS of 16 characters; `fallback` when nothing of `name` fits.
std::string content_label(std::string_view name, std::string_view fallback);
// Decimal strings (DS), separated by backslashes.
std::string decimals(std::initializer_list<double> values);

}  // namespace inferad::results
