// SPDX-License-Identifier: Apache-2.0
#include "server/worklist/hl7_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "server/worklist/hl7_observation.h"

namespace inferad::worklist {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kTaken{
    {{"ORM", "O01"}, {"OMI", "O23"}, {"OMG", "O19"}, {"ORU", "R01"}}};

template <std::size_t n>
bool is_one_of(std::string_view text, const std::array<std::string_view, n>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

// One order of a message: ORC, TQ1, OBR and what belongs to them.
using Group = std::vector<const Hl7Segment*>;

bool has(const Group& group, std::string_view name) {
  return std::any_of(group.begin(), group.end(), [&](const auto* segment) { return segment->name() == name; });
}

std::string text_at(const Group& group, const Hl7Place& place) {
  for (const auto* segment : group)
    if (segment->name() == place.segment)
      if (auto text = segment->text(place); !text.empty()) return text;
  return {};
}

std::string first_text(const Group& group, const std::vector<Hl7Place>& places) {
  for (const auto& place : places)
    if (auto text = text_at(group, place); !text.empty()) return text;
  return {};
}

std::string first_rewritten(const Group& group, const std::vector<Hl7Place>& places) {
  for (const auto& place : places)
    for (const auto* segment : group)
      if (segment->name() == place.segment && !segment->text(place.field).empty())
        return segment->rewritten(place.field);
  return {};
}

std::vector<Group> groups_of(const Hl7Message& message) {
  std::vector<Group> groups;
  for (const auto& segment : message.segments()) {
    const bool begins =
        segment.name() == "ORC" || (segment.name() == "OBR" && (groups.empty() || has(groups.back(), "OBR")));
    if (begins) groups.emplace_back();
    if (!groups.empty()) groups.back().push_back(&segment);
  }
  return groups;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

// Table 0485 and its forerunners. Preoperative, callback and timing critical are not routine: somebody waits.
constexpr std::array<std::string_view, 14> kCodes{"S", "STAT",   "A",    "ASAP", "P",       "C",      "T",
                                                  "U", "URGENT", "HIGH", "R",    "ROUTINE", "MEDIUM", "LOW"};
constexpr Level kLevels[] = {Level::stat,    Level::stat,    Level::high,    Level::high, Level::high,
                             Level::high,    Level::high,    Level::high,    Level::high, Level::high,
                             Level::routine, Level::routine, Level::routine, Level::low};
static_assert(kCodes.size() == std::size(kLevels));

// ORC-1 (table 0119) and ORC-5 (table 0038). What does not say so leaves it as it was.
std::optional<bool> cancelled(const Group& group) {
  const auto control = text_at(group, {"ORC", 1}), status = text_at(group, {"ORC", 5});
  if (is_one_of<6>(control, {"CA", "OC", "CR", "DC", "OD", "DR"})) return true;
  if (is_one_of<3>(status, {"CA", "DC", "RP"})) return true;
  if (is_one_of<3>(control, {"NW", "SN", "RU"})) return false;
  return std::nullopt;
}

bool says(const Group& group, const OrderProfile::Statuses& statuses) {
  return std::any_of(statuses.begin(), statuses.end(),
                     [&](const auto& each) { return text_at(group, each.first) == each.second; });
}

// OBR-25 (table 0123) says what the report is; OBX-11 (table 0085) when it does not, and when all of it is taken back.
ReadingNews report_news(const Group& group) {
  const auto status = text_at(group, {"OBR", 25});
  std::vector<std::string> results;
  for (const auto* segment : group)
    if (segment->name() == "OBX") results.push_back(segment->text(11));
  const auto all = [&](const auto& test) {
    return !results.empty() && std::all_of(results.begin(), results.end(), test);
  };
  const auto wrong = [](const auto& code) { return is_one_of<3>(code, {"W", "D", "X"}); };
  const auto final_one = [](const auto& code) { return code == "F" || code == "C"; };
  if (status == "X" || all(wrong)) return ReadingNews::withdrawn;
  const bool corrected = std::find(results.begin(), results.end(), "C") != results.end();
  if (status == "C" || (status == "F" && corrected)) return ReadingNews::corrected;
  if (status == "F") return ReadingNews::finished;
  if (!status.empty() || !all(final_one)) return ReadingNews::none;
  return corrected ? ReadingNews::corrected : ReadingNews::finished;
}

// IPC-3 (OMI), ZDS-1 (ORM), or the observation "DICOM Study" of a report.
std::string study_uid(const Group& group) {
  auto uid = first_text(group, {{"IPC", 3}, {"ZDS", 1}});
  for (const auto* segment : group)
    if (uid.empty() && segment->name() == "OBX" && segment->text(3) == "113014") uid = segment->text(5);
  return uid;
}

std::string location(const Hl7Message& message) {
  const auto* const visit = message.find("PV1");
  std::string out;
  for (std::size_t part = 1; visit != nullptr && part <= 3; ++part)  // point of care, room, bed
    if (const auto text = visit->text(3, part); !text.empty()) out += (out.empty() ? "" : " ") + text;
  return out;
}

Hl7Refusal missing(std::string segment, int field, std::string text) {
  return {false, std::move(segment), field, field == 0 ? 100 : 101, std::move(text)};
}

class OrderReader {
 public:
  OrderReader(const Hl7Message& message, const OrderProfile& profile)
      : message_(message), profile_(profile), header_(hl7_header(message)), is_report_(header_.type == "ORU") {}

  OrdersRead read() {
    const auto* const patient = message_.find("PID");
    if (patient == nullptr) return refused(missing("PID", 0, "segment PID is missing"));
    for (auto& id : patient->texts(3))
      if (!id.empty()) patient_ids_.push_back(std::move(id));
    if (patient_ids_.empty()) return refused(missing("PID", 3, "PID-3 has no patient identifier"));
    const auto groups = groups_of(message_);
    if (groups.empty()) return refused(missing(is_report_ ? "OBR" : "ORC", 0, "the message has no order"));
    for (const auto& group : groups) {
      if (!has(group, "OBR") && !has(group, "ORC")) return refused(missing("OBR", 0, "segment OBR is missing"));
      out_.orders.push_back(order(group));
    }
    share_study_uid();
    for (const auto& order : out_.orders)
      if (order.study_uid.empty() && order.numbers.accession.empty() && order.numbers.placer.empty() &&
          order.numbers.filler.empty())
        return refused(missing(is_report_ ? "OBR" : "ORC", 3, "the order has no number and no Study Instance UID"));
    return std::move(out_);
  }

 private:
  OrdersRead refused(Hl7Refusal refusal) { return {{}, std::move(refusal), false}; }

  OrderNews order(const Group& group) {
    OrderNews news;
    news.numbers = {first_text(group, {{"ORC", 2}, {"OBR", 2}}),
                    first_text(group, {{"ORC", 3}, {"OBR", 3}}),
                    first_text(group, profile_.accession),
                    first_rewritten(group, {{"ORC", 2}, {"OBR", 2}}),
                    first_rewritten(group, {{"ORC", 3}, {"OBR", 3}}),
                    first_rewritten(group, {{"OBR", 4}})};
    news.study_uid = study_uid(group);
    news.patient_ids = patient_ids_;
    news.location = location(message_);
    news.source = fmt::format("HL7 {}^{}", header_.type, header_.event);
    if (is_report_) {
      news.reading = report_news(group);
      news.statements = hl7_statements(group, profile_.observations);
      return news;
    }
    news.cancelled = cancelled(group);
    if (const auto code = upper(first_text(group, profile_.priority)); !code.empty()) {
      news.level = hl7_level(code, profile_);
      out_.unknown_priority = out_.unknown_priority || !news.level;
    }
    if (says(group, profile_.finished)) {
      news.reading = ReadingNews::finished;
    } else if (says(group, profile_.started)) {
      news.reading = ReadingNews::started;
    }
    return news;
  }

  // ORM^O01 has one ZDS at its end for all its orders (IHE RAD-4).
  void share_study_uid() {
    std::string uid;
    for (const auto& order : out_.orders)
      if (uid.empty()) uid = order.study_uid;
    for (auto& order : out_.orders)
      if (header_.type == "ORM" && order.study_uid.empty()) order.study_uid = uid;
  }

  const Hl7Message& message_;
  const OrderProfile& profile_;
  const Hl7Header header_;
  const bool is_report_;
  std::vector<std::string> patient_ids_;
  OrdersRead out_;
};

}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> hl7_types_taken() { return kTaken; }
std::span<const std::string_view> hl7_codes() { return kCodes; }

std::optional<Level> hl7_level(const std::string& code, const OrderProfile& profile) {
  if (const auto own = profile.priority_codes.find(code); own != profile.priority_codes.end()) return own->second;
  const auto found = std::find(kCodes.begin(), kCodes.end(), code);
  if (found == kCodes.end()) return std::nullopt;
  return kLevels[found - kCodes.begin()];
}

Hl7Header hl7_header(const Hl7Message& message) {
  const auto& msh = message.header();
  Hl7Header out;
  out.sending_application = msh.rewritten(3);
  out.sending_facility = msh.rewritten(4);
  out.receiving_application = msh.rewritten(5);
  out.receiving_facility = msh.rewritten(6);
  out.sender = out.sending_application + "|" + out.sending_facility;
  out.type = msh.text(9, 1), out.event = msh.text(9, 2);
  out.control_id = msh.text(10);
  out.processing_id = msh.text(11);
  out.version = msh.text(12);
  out.accept_condition = msh.text(15), out.application_condition = msh.text(16);
  return out;
}

std::optional<Hl7Refusal> hl7_refusal(const Hl7Header& header, const OrderProfile& profile) {
  const auto reject = [](int field, int code, std::string text) {
    return Hl7Refusal{true, "MSH", field, code, std::move(text)};
  };
  const auto known_type =
      std::any_of(kTaken.begin(), kTaken.end(), [&](auto each) { return each.first == header.type; });
  const auto known = std::any_of(kTaken.begin(), kTaken.end(), [&](auto each) {
    return each == std::pair(std::string_view(header.type), std::string_view(header.event));
  });
  if (!known) return reject(9, known_type ? 201 : 200, "expected ORM^O01, OMI^O23, OMG^O19 or ORU^R01 in MSH-9");
  if (header.control_id.empty()) return reject(10, 101, "MSH-10 has no message control id");
  if (header.processing_id != profile.processing_id)
    return reject(11, 202, fmt::format("MSH-11 is not {}", profile.processing_id));
  if (!header.version.starts_with("2.")) return reject(12, 203, "MSH-12 is not 2.x");
  return std::nullopt;
}

OrdersRead read_orders(const Hl7Message& message, const OrderProfile& profile) {
  return OrderReader(message, profile).read();
}

}  // namespace inferad::worklist
