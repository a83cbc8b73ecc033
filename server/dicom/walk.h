// SPDX-License-Identifier: Apache-2.0
// Walks through a data set once, forwards, without recursion, and hands out its elements up to the pixel data.
//
// Operation: headers are checked against what encloses them (item, sequence, data set) before anything is read or
// skipped; lengths are 64-bit sums; nesting is a stack of at most kDepthMax sequences. Values are skipped unless the
// visitor takes them.
// What is tolerated, because real archives hold it: elements out of order, odd lengths, private and unknown elements,
// unknown VRs, delimiters with a length, a delimiter inside an item of defined length. In implicit VR nothing tells
// whether a value of defined length is a sequence: one that begins like an item is walked through, and skipped as a
// plain value when it turns out to be none.
// Limitations: stops at top-level Pixel Data (also Float and Double Float), whose value is not looked at.
#pragma once

#include <string>
#include <vector>

#include "server/base/result.h"
#include "server/dicom/byte_source.h"
#include "server/dicom/element.h"

namespace inferad::dicom {

inline constexpr int kDepthMax = 64;                    // nested sequences
inline constexpr std::uint64_t kElementsMax = 1 << 24;  // elements and items before the pixel data

class ElementVisitor {
 public:
  virtual ~ElementVisitor() = default;
  // How many bytes of the value take() wants to see; 0 = skip it. Called for values of defined length only, never for
  // sequences known as such. `path`: tags of the enclosing sequences, outermost first.
  virtual std::size_t wants(const Element& element, std::span<const std::uint32_t> path) = 0;
  virtual void take(const Element& element, std::span<const std::uint32_t> path, Encoding encoding,
                    std::string value) = 0;
};

// Errors: invalid_input, naming the tag and the offset in the (inflated) data set, never a value; io of the source.
Status walk(ByteSource& source, Encoding encoding, ElementVisitor& visitor);

}  // namespace inferad::dicom
