// SPDX-License-Identifier: Apache-2.0
#include "server/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <cctype>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "server/base/result.h"

namespace inferad {

namespace {

constexpr std::size_t kValuesPerLabelMax = 64;
constexpr std::size_t kValueCharactersMax = 48;

constexpr std::array kStages = {Stage::receive, Stage::assemble, Stage::queue,    Stage::load,  Stage::prepare,
                                Stage::infer,   Stage::measure,  Stage::priority, Stage::write, Stage::deliver};

struct CounterInfo {
  const char* name;
  const char* help;
  std::vector<std::string> labels;
};

// In the order of Counter.
const std::vector<CounterInfo>& counter_infos() {
  static const std::vector<CounterInfo> infos = {
      {"inferad_instances_received_total", "Instances stored, by what became of them", {"disposition"}},
      {"inferad_received_bytes_total", "Bytes of data sets stored", {}},
      {"inferad_associations_total", "DICOM associations, by how they ended", {"result"}},
      {"inferad_store_responses_total", "C-STORE responses, by DIMSE status", {"status"}},
      {"inferad_studies_completed_total", "Study revisions taken as complete, by evidence", {"reason"}},
      {"inferad_jobs_total", "Pipeline jobs ended, by outcome", {"outcome"}},
      {"inferad_worker_deaths_total", "Worker processes that ended unasked, by cause", {"reason"}},
      {"inferad_deliveries_total", "Attempts to send a result, by destination and result", {"destination", "result"}},
      {"inferad_hl7_acknowledgements_total", "HL7 acknowledgements received, by code", {"code"}},
      {"inferad_hl7_messages_received_total", "HL7 messages received, by type and outcome", {"type", "outcome"}},
      {"inferad_hl7_connections_total", "Connections of the HL7 listener, by how they ended", {"result"}},
      {"inferad_critical_escalations_total", "Steps of escalations of findings that nobody acknowledged", {"step"}},
  };
  return infos;
}

struct GaugeInfo {
  const char* name;
  const char* help;
};

// In the order of Gauge.
constexpr std::array kGauges = {
    GaugeInfo{"inferad_open_associations", "DICOM associations open now"},
    GaugeInfo{"inferad_open_studies", "Studies still receiving images"},
    GaugeInfo{"inferad_jobs_pending", "Jobs that wait for a worker"},
    GaugeInfo{"inferad_jobs_running", "Jobs on a worker"},
    GaugeInfo{"inferad_deliveries_waiting", "Results that wait to be sent"},
    GaugeInfo{"inferad_deliveries_parked", "Results that could not be sent and wait for a person"},
    GaugeInfo{"inferad_oldest_delivery_age_seconds", "Age of the oldest result that waits to be sent"},
    GaugeInfo{"inferad_workers", "Worker processes configured"},
    GaugeInfo{"inferad_workers_ready", "Worker processes with their models loaded"},
    GaugeInfo{"inferad_disk_free_bytes", "Free space of the data folder"},
    GaugeInfo{"inferad_http_connections", "HTTP connections open now"},
    GaugeInfo{"inferad_event_streams", "Pages that follow live events"},
    GaugeInfo{"inferad_hl7_connections", "Connections of the HL7 listener open now"},
    GaugeInfo{"inferad_orders_waiting", "Orders of the RIS whose study has not come"},
    GaugeInfo{"inferad_orders_joined", "Pairs of an order and its study"},
    GaugeInfo{"inferad_orders_mismatched", "Orders not joined with a study of their number: another patient or study"},
    GaugeInfo{"inferad_critical_waiting", "Critical findings that nobody has acknowledged"},
    GaugeInfo{"inferad_critical_escalated", "Of those, the ones that were escalated"},
    GaugeInfo{"inferad_critical_oldest_age_seconds", "Age of the oldest of those"},
    GaugeInfo{"inferad_critical_acknowledged", "Critical findings acknowledged since the ledger began"},
    GaugeInfo{"inferad_critical_acknowledge_seconds", "Time from those findings to their acknowledgement, summed up"},
    GaugeInfo{"inferad_pipelines_held", "Pipelines that raise so much that their raises are held"},
};

prometheus::Histogram::BucketBoundaries stage_buckets() {
  return {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600};
}

bool plain_word(std::string_view value) {
  if (value.empty() || value.size() > kValueCharactersMax) return false;
  for (const char c : value) {
    const bool fine = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' || c == ' ';
    if (!fine) return false;
  }
  return true;
}

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::array<prometheus::Histogram*, kStages.size()> stages{};
  std::vector<prometheus::Family<prometheus::Counter>*> counters;
  std::array<prometheus::Gauge*, kGauges.size()> gauges{};

  std::mutex mutex;                                     // guards values
  std::map<std::string, std::set<std::string>> values;  // counter name + label → what has been seen

  explicit Impl(std::string_view version) {
    auto& durations = prometheus::BuildHistogram()
                          .Name("inferad_stage_duration_seconds")
                          .Help("Time that a study spends in each stage")
                          .Register(registry);
    for (std::size_t i = 0; i < kStages.size(); ++i) {
      stages[i] = &durations.Add({{"stage", std::string(to_string(kStages[i]))}}, stage_buckets());
    }
    for (const auto& info : counter_infos()) {
      auto& family = prometheus::BuildCounter().Name(info.name).Help(info.help).Register(registry);
      if (info.labels.empty()) family.Add({});  // shows 0 from the start
      counters.push_back(&family);
    }
    for (std::size_t i = 0; i < kGauges.size(); ++i) {
      gauges[i] = &prometheus::BuildGauge().Name(kGauges[i].name).Help(kGauges[i].help).Register(registry).Add({});
    }
    prometheus::BuildGauge()
        .Name("inferad_build_info")
        .Help("Always 1; the label names the version")
        .Register(registry)
        .Add({{"version", std::string(version)}})
        .Set(1);
  }

  std::string bounded(const CounterInfo& info, std::size_t label, std::string_view value) {
    if (!plain_word(value)) return "other";
    std::lock_guard lock(mutex);
    auto& seen = values[info.name + ('/' + info.labels[label])];
    if (seen.size() >= kValuesPerLabelMax && !seen.contains(std::string(value))) return "other";
    return *seen.emplace(value).first;
  }
};

Metrics::Metrics(std::string_view version) : impl_(std::make_unique<Impl>(version)) {
  static_assert(kGauges.size() == static_cast<std::size_t>(Gauge::pipelines_held) + 1);
  INFERAD_CHECK(counter_infos().size() == static_cast<std::size_t>(Counter::critical_escalations) + 1);
}

Metrics::~Metrics() = default;

void Metrics::observe(Stage stage, double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return;
  impl_->stages[static_cast<std::size_t>(stage)]->Observe(seconds);
}

void Metrics::count(Counter counter, std::initializer_list<std::string_view> labels, double by) {
  const auto index = static_cast<std::size_t>(counter);
  const auto& info = counter_infos()[index];
  INFERAD_CHECK(labels.size() == info.labels.size());
  if (!std::isfinite(by) || by < 0) return;
  prometheus::Labels set;
  std::size_t i = 0;
  for (const auto value : labels) {
    set.emplace(info.labels[i], impl_->bounded(info, i, value));
    ++i;
  }
  impl_->counters[index]->Add(set).Increment(by);
}

void Metrics::set(Gauge gauge, double value) {
  if (std::isfinite(value)) impl_->gauges[static_cast<std::size_t>(gauge)]->Set(value);
}

std::string Metrics::text() const { return prometheus::TextSerializer().Serialize(impl_->registry.Collect()); }

std::string_view to_string(Stage stage) {
  switch (stage) {
    case Stage::receive:
      return "receive";
    case Stage::assemble:
      return "assemble";
    case Stage::queue:
      return "queue";
    case Stage::load:
      return "load";
    case Stage::prepare:
      return "prepare";
    case Stage::infer:
      return "infer";
    case Stage::measure:
      return "measure";
    case Stage::priority:
      return "priority";
    case Stage::write:
      return "write";
    case Stage::deliver:
      return "deliver";
  }
  return "deliver";
}

std::string store_status_label(std::uint16_t status) {
  switch (status) {
    case 0x0000:
      return "0000";
    case 0x0117:
      return "0117";
    case 0x0122:
      return "0122";
    case 0x0124:
      return "0124";
    default:
      break;
  }
  if (status >= 0xA700 && status <= 0xA7FF) return "A7xx";
  if (status >= 0xA900 && status <= 0xA9FF) return "A9xx";
  if (status >= 0xB000 && status <= 0xBFFF) return "Bxxx";
  if (status >= 0xC000 && status <= 0xCFFF) return "Cxxx";
  return "other";
}

}  // namespace inferad
