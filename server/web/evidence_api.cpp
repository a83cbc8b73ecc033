// SPDX-License-Identifier: Apache-2.0
#include "server/web/evidence_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "server/web/csv.h"

namespace inferad::web {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kBodyBytesMax = 65'536, kStatementsMax = 100, kTextBytesMax = 64;

Json unless_unknown(bool known, double value) { return known ? Json(value) : Json(nullptr); }

Json write(const Proportion& it) {
  const bool known = it.n > 0;
  return {{"k", it.k},
          {"n", it.n},
          {"value", unless_unknown(known, it.value().value_or(0))},
          {"low", unless_unknown(known, it.interval.low)},
          {"high", unless_unknown(known, it.interval.high)}};
}

Json write(const WaitEvidence& it) {
  const bool known = it.n > 0, sure = it.interval.has_value();
  const Interval interval = it.interval.value_or(Interval{});
  return {{"n", it.n},
          {"mean", unless_unknown(known, it.mean)},
          {"fifo_mean", unless_unknown(known, it.fifo_mean)},
          {"longest", unless_unknown(known, it.longest)},
          {"fifo_longest", unless_unknown(known, it.fifo_longest)},
          {"gained", unless_unknown(known, it.gained)},
          {"low", unless_unknown(sure, interval.low)},
          {"high", unless_unknown(sure, interval.high)}};
}

Json write(const FindingEvidence& it) {
  return {{"finding", it.finding},
          {"present", it.present},
          {"absent", it.absent},
          {"indeterminate", it.indeterminate},
          {"measured", it.measured},
          {"agreement", write(it.agreement)},
          {"ppv_judged", write(it.ppv_judged)},
          {"ppv_reported", write(it.ppv_reported)},
          {"sensitivity", write(it.sensitivity)},
          {"specificity", write(it.specificity)},
          {"diseased", write(it.diseased)}};
}

Json write(const EvidenceRow& row) {
  Json findings = Json::array();
  for (const auto& finding : row.findings) findings.push_back(write(finding));
  return {{"pipeline", row.pipeline},
          {"version", row.version},
          {"by", to_string(row.by)},
          {"group", row.group},
          {"merged", row.merged},
          {"studies", row.studies},
          {"asked", write(row.asked)},
          {"raised", row.raised},
          {"confirmed", write(row.confirmed)},
          {"positives", write(row.positives)},
          {"negatives", write(row.negatives)},
          {"findings", std::move(findings)}};
}

// The lines of one row.
class Lines {
 public:
  explicit Lines(const EvidenceRow& row) : row_(row) {}

  void add(std::string_view measure, const Proportion& it) {
    const bool known = it.n > 0;
    line(measure, "1", it.k, it.n, number(known, it.value().value_or(0)), number(known, it.interval.low),
         number(known, it.interval.high));
  }
  void add(const std::string& who, const WaitEvidence& it) {
    const bool known = it.n > 0, sure = it.interval.has_value();
    const Interval interval = it.interval.value_or(Interval{});
    const auto plain = [&](const std::string& what, double value) {
      line(who + what, "min", {}, it.n, number(known, value), "", "");
    };
    plain("_wait_mean", it.mean);
    plain("_wait_mean_fifo", it.fifo_mean);
    plain("_wait_longest", it.longest);
    plain("_wait_longest_fifo", it.fifo_longest);
    line(who + "_gained", "min", {}, it.n, number(known, it.gained), number(sure, interval.low),
         number(sure, interval.high));
  }
  void add(std::string_view measure, int count) { line(measure, "studies", {}, {}, std::to_string(count), "", ""); }
  void of(const FindingEvidence& it) {
    finding_ = it.finding;
    add("present", it.present);
    add("absent", it.absent);
    add("indeterminate", it.indeterminate);
    add("measured", it.measured);
    add("agreement", it.agreement);
    add("ppv_judged", it.ppv_judged);
    add("ppv_reported", it.ppv_reported);
    add("sensitivity", it.sensitivity);
    add("specificity", it.specificity);
    add("diseased", it.diseased);
  }
  std::string text() const { return text_; }

 private:
  static std::string number(bool known, double value) { return known ? fmt::format("{:.6g}", value) : std::string(); }
  void line(std::string_view measure, std::string_view unit, std::optional<int> k, std::optional<int> n,
            const std::string& value, const std::string& low, const std::string& high) {
    const auto count = [](std::optional<int> it) { return it ? std::to_string(*it) : std::string(); };
    text_ += csv_line({row_.pipeline, row_.version, to_string(row_.by), row_.group, finding_, measure, unit, count(k),
                       count(n), value, low, high});
  }
  const EvidenceRow& row_;
  std::string finding_, text_;
};

Error bad(const std::string& what) { return {Errc::invalid_input, what}; }

Result<std::string> text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  const auto text = found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
  const bool control =
      std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
  if (text.empty() || control || text.size() > kTextBytesMax)
    return bad(fmt::format("\"{}\" must be a text of 1 to {} bytes without control characters.", name, kTextBytesMax));
  return text;
}

Result<ReportNews::Statement> statement_of(const Json& json) {
  ReportNews::Statement out;
  if (!json.is_object()) return bad("A statement must be {\"finding\": …, \"present\": true or false}.");
  INFERAD_TRY(out.finding, text_of(json, "finding"));
  const auto present = json.find("present");
  if (present == json.end() || !present->is_boolean()) return bad("\"present\" must be true or false.");
  out.present = present->get<bool>();
  return out;
}

}  // namespace

std::string evidence_json(const Evidence& evidence) {
  Json rows = Json::array(), withheld = Json::array();
  for (const auto& row : evidence.rows) rows.push_back(write(row));
  for (const auto& one : evidence.withheld)
    withheld.push_back({{"pipeline", one.pipeline}, {"version", one.version}, {"by", to_string(one.by)}});
  const Json out = {{"since", to_iso8601(evidence.since)},
                    {"until", to_iso8601(evidence.until)},
                    {"group_min", evidence.group_min},
                    {"starts", evidence.starts},
                    {"judged", evidence.judged},
                    {"reported", evidence.reported},
                    {"rows", std::move(rows)},
                    {"withheld", std::move(withheld)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string evidence_csv(const Evidence& evidence) {
  std::string text = csv_line(
      {"pipeline", "version", "by", "group", "finding", "measure", "unit", "k", "n", "value", "low_95", "high_95"});
  for (const auto& row : evidence.rows) {
    Lines lines(row);
    lines.add("analysed", row.studies);
    lines.add("asked", row.asked);
    lines.add("raised", row.raised);
    lines.add("confirmed", row.confirmed);
    lines.add("raised", row.positives);
    lines.add("nothing_asked", row.negatives);
    for (const auto& finding : row.findings) lines.of(finding);
    text += lines.text();
  }
  for (const auto& one : evidence.withheld)
    text += csv_line({one.pipeline, one.version, to_string(one.by), "", "", "withheld", "", "", "", "", "", ""});
  return text;
}

Result<ReportNews> report_from(std::string_view body) {
  const Json json = body.size() > kBodyBytesMax ? Json() : Json::parse(body, nullptr, false);
  if (!json.is_object()) return bad("Expected a JSON object with study, source and statements.");
  ReportNews out;
  INFERAD_TRY(out.study, text_of(json, "study"));
  INFERAD_TRY(out.source, text_of(json, "source"));
  const auto statements = json.find("statements");
  if (statements == json.end() || !statements->is_array() || statements->empty() || statements->size() > kStatementsMax)
    return bad(fmt::format("\"statements\" must be a list of 1 to {} statements.", kStatementsMax));
  for (const auto& each : *statements) {
    INFERAD_TRY(out.statements.emplace_back(), statement_of(each));
  }
  return out;
}

}  // namespace inferad::web
