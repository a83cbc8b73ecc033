// SPDX-License-Identifier: Apache-2.0
#include "server/dicom/walk.h"

#include <algorithm>

namespace inferad::dicom {
namespace {

constexpr std::uint64_t kNoEnd = ByteSource::kUnknown;

bool is_pixel_data(std::uint32_t tag) { return tag == 0x7FE00008 || tag == 0x7FE00009 || tag == 0x7FE00010; }

struct Level {
  enum class Kind { sequence, item, fragments } kind;
  std::uint64_t end;    // kNoEnd: closed by a delimiter
  std::uint64_t bound;  // no byte beyond belongs to it: the nearest end around it
  Encoding encoding;
  bool guessed = false;  // may be a plain value after all
};

class Walk {
 public:
  Walk(ByteSource& source, Encoding encoding, ElementVisitor& visitor)
      : source_(source), visitor_(visitor), top_encoding_(encoding), top_bound_(source.remaining()) {}

  Status run() {
    while (!done_) {
      auto status = step();
      if (status) continue;
      if (fatal_ || !give_up_guess()) return status;
      INFERAD_TRY_STATUS(skip(levels_.back().end - offset_));
    }
    return ok();
  }

 private:
  Status step();
  Status in_sequence(const Element& element);
  Status in_data_set(const Element& element);
  Status undefined_length(const Element& element);
  Status guess_sequence(const Element& element);
  Status open(Level::Kind kind, const Element& element, Encoding encoding, bool guessed = false);
  Status take_value(const Element& element, std::size_t wanted);
  Result<Element> read_element();
  Status read(std::span<std::byte> out);
  Status skip(std::uint64_t bytes);

  std::uint64_t bound() const { return levels_.empty() ? top_bound_ : levels_.back().bound; }
  Encoding encoding() const { return levels_.empty() ? top_encoding_ : levels_.back().encoding; }

  Error bad(std::string_view what) const {
    return {Errc::invalid_input,
            tag_text(tag_) + " at offset " + std::to_string(tag_offset_) + ": " + std::string(what)};
  }
  Error fatal(Error error) {  // holds even where a sequence was only guessed
    fatal_ = true;
    return error;
  }
  bool stops_at(const Element& element) const { return levels_.empty() && is_pixel_data(element.tag); }

  // After an error: drops what stands inside the innermost guessed sequence. False when there is none.
  bool give_up_guess() {
    const auto guess = std::find_if(levels_.rbegin(), levels_.rend(), [](const Level& level) { return level.guessed; });
    if (guess == levels_.rend()) return false;
    levels_.erase(guess.base(), levels_.end());
    path_.resize(static_cast<std::size_t>(
        std::count_if(levels_.begin(), levels_.end(), [](auto& level) { return level.kind != Level::Kind::item; })));
    return true;
  }

  void close() {
    if (levels_.back().kind != Level::Kind::item) path_.pop_back();
    levels_.pop_back();
  }

  ByteSource& source_;
  ElementVisitor& visitor_;
  const Encoding top_encoding_;
  const std::uint64_t top_bound_;
  std::uint64_t offset_ = 0, elements_ = 0;
  std::vector<Level> levels_;
  std::vector<std::uint32_t> path_;
  std::uint32_t tag_ = 0;  // the element at hand, for messages
  std::uint64_t tag_offset_ = 0;
  bool done_ = false, fatal_ = false;
};

Status Walk::read(std::span<std::byte> out) {
  auto got = source_.read(out);
  if (!got) return fatal(std::move(got).error());
  offset_ += *got;
  return *got == out.size() ? ok() : Status(fatal(bad("the data set ends within it")));
}

Status Walk::skip(std::uint64_t bytes) {
  auto got = source_.skip(bytes);
  if (!got) return fatal(std::move(got).error());
  offset_ += *got;
  return *got == bytes ? ok() : Status(fatal(bad("the data set ends within it")));
}

// Sets done_ where the data set may end: at the top, between elements.
Result<Element> Walk::read_element() {
  std::byte bytes[8];
  tag_offset_ = offset_;
  auto got =
      source_.read(std::span(bytes).first(static_cast<std::size_t>(std::min<std::uint64_t>(8, bound() - offset_))));
  if (!got) return fatal(std::move(got).error());
  offset_ += *got;
  if (*got == 0 && levels_.empty()) return done_ = true, Element{};
  if (*got < sizeof bytes) return bad("what is left is too short for an element");
  auto [element, needs_more] = parse_element(bytes, encoding());
  tag_ = element.tag;
  if (needs_more) {
    std::byte length[4];
    if (bound() - offset_ < sizeof length) return bad("what is left is too short for an element");
    INFERAD_TRY_STATUS(read(length));
    element.length = parse_length32(length, encoding());
  }
  if (!element.undefined() && element.length > bound() - offset_ && !stops_at(element))
    return bad("its length of " + std::to_string(element.length) + " reaches beyond what encloses it");
  return element;
}

Status Walk::step() {
  if (!levels_.empty() && offset_ == levels_.back().bound) {
    if (levels_.back().end != offset_) return bad("a sequence or item around it is not closed");
    close();
    return ok();
  }
  if (++elements_ > kElementsMax) return fatal(bad("too many elements"));
  INFERAD_TRY(const auto element, read_element());
  if (done_) return ok();
  if (stops_at(element)) return done_ = true, ok();
  return levels_.empty() || levels_.back().kind == Level::Kind::item ? in_data_set(element) : in_sequence(element);
}

// Between the items of a sequence or the fragments of encapsulated data.
Status Walk::in_sequence(const Element& element) {
  const Level& level = levels_.back();
  if (element.tag == kSequenceEnd) {
    if (level.end != kNoEnd) return bad("a delimiter ends a sequence of defined length");
    close();
    return ok();
  }
  if (element.tag != kItem) return bad("stands where an item must stand");
  if (level.kind == Level::Kind::sequence) return open(Level::Kind::item, element, level.encoding);
  if (element.undefined()) return bad("a fragment of undefined length");
  return skip(element.length);
}

Status Walk::in_data_set(const Element& element) {
  if (element.tag == kItemEnd && !levels_.empty()) {
    if (levels_.back().end == kNoEnd) close();
    return ok();  // superfluous in an item of defined length
  }
  if (element.tag >> 16 == 0xFFFE) return bad("stands where no item or delimiter may stand");
  if (element.undefined()) return undefined_length(element);
  if (element.vr() == "SQ") return open(Level::Kind::sequence, element, encoding());
  if (const auto wanted = visitor_.wants(element, path_)) return take_value(element, wanted);
  if (!encoding().explicit_vr && element.length >= 8) return guess_sequence(element);
  return skip(element.length);
}

Status Walk::undefined_length(const Element& element) {
  const auto vr = element.vr();
  if (vr == "UN") return open(Level::Kind::sequence, element, {false, false});  // PS3.5 §6.2.2
  if (vr == "SQ" || (vr.empty() && !is_pixel_data(element.tag)))
    return open(Level::Kind::sequence, element, encoding());
  if (vr.empty() || vr == "OB" || vr == "OW") return open(Level::Kind::fragments, element, encoding());
  return bad("undefined length of a plain value");
}

Status Walk::guess_sequence(const Element& element) {
  std::byte bytes[8];
  INFERAD_TRY_STATUS(read(bytes));
  const auto first = parse_element(bytes, encoding()).element;
  const auto rest = element.length - sizeof bytes;
  if (first.tag != kItem || (!first.undefined() && first.length > rest)) return skip(rest);
  offset_ -= sizeof bytes;  // so that the ends count from where the value begins
  INFERAD_TRY_STATUS(open(Level::Kind::sequence, element, encoding(), true));
  offset_ += sizeof bytes;
  return open(Level::Kind::item, first, encoding());
}

Status Walk::open(Level::Kind kind, const Element& element, Encoding encoding, bool guessed) {
  if (kind != Level::Kind::item && path_.size() >= kDepthMax) return fatal(bad("sequences are nested too deeply"));
  const auto end = element.undefined() ? kNoEnd : offset_ + element.length;
  levels_.push_back({kind, end, std::min(end, bound()), encoding, guessed});
  if (kind != Level::Kind::item) path_.push_back(element.tag);
  return ok();
}

Status Walk::take_value(const Element& element, std::size_t wanted) {
  std::string value(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, element.length)), '\0');
  INFERAD_TRY_STATUS(read(std::as_writable_bytes(std::span(value.data(), value.size()))));
  visitor_.take(element, path_, encoding(), std::move(value));
  return skip(element.length - std::min<std::uint64_t>(wanted, element.length));
}

}  // namespace

Status walk(ByteSource& source, Encoding encoding, ElementVisitor& visitor) {
  return Walk(source, encoding, visitor).run();
}

}  // namespace inferad::dicom
