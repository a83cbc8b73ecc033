// SPDX-License-Identifier: Apache-2.0
// The node's metrics (prometheus-cpp behind it), as text for GET /metrics. Thread-safe; one object a process.
// Label values are ours, never a peer's: AE titles, UIDs and names have no place here. A value that is not a short
// plain word, and every value after the first 64 of a family, is counted as "other", so the number of series has a
// bound.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace inferad {

// inferad_stage_duration_seconds{stage}: where the time of a study goes.
enum class Stage { receive, assemble, queue, load, prepare, infer, measure, priority, write, deliver };

enum class Counter {      // labels, in this order
  instances,              // inferad_instances_received_total      {disposition}
  received_bytes,         // inferad_received_bytes_total
  associations,           // inferad_associations_total            {result}
  store_responses,        // inferad_store_responses_total         {status}   use store_status_label()
  studies,                // inferad_studies_completed_total       {reason}
  jobs,                   // inferad_jobs_total                    {outcome}
  worker_deaths,          // inferad_worker_deaths_total           {reason}
  deliveries,             // inferad_deliveries_total              {destination, result}
  hl7_acknowledgements,   // inferad_hl7_acknowledgements_total    {code}
  hl7_messages_received,  // inferad_hl7_messages_received_total  {type, outcome}
  hl7_connections,        // inferad_hl7_connections_total        {result}
  critical_escalations,   // inferad_critical_escalations_total    {step}
};

enum class Gauge {
  open_associations,
  open_studies,  // still receiving images
  jobs_pending,
  jobs_running,
  deliveries_waiting,
  deliveries_parked,
  oldest_delivery_age_seconds,
  workers,
  workers_ready,
  disk_free_bytes,
  http_connections,
  event_streams,
  hl7_connections_open,
  orders_waiting,                // for a study
  orders_joined,                 // with studies
  orders_mismatched,             // of another patient, or study, than that with their number
  critical_waiting,              // findings that nobody has acknowledged
  critical_escalated,            // of those
  critical_oldest_age_seconds,   // of those
  critical_acknowledged,         // since the ledger began
  critical_acknowledge_seconds,  // theirs, summed up
  pipelines_held,                // whose raises are held
};

class Metrics {
 public:
  explicit Metrics(std::string_view version);  // for inferad_build_info
  ~Metrics();

  void observe(Stage stage, double seconds);  // negative and not finite: ignored
  // As many labels as the counter has; one too few or too many is a bug (INFERAD_CHECK).
  void count(Counter counter, std::initializer_list<std::string_view> labels = {}, double by = 1);
  void set(Gauge gauge, double value);

  std::string text() const;  // Prometheus text format 0.0.4

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string_view to_string(Stage stage);

// "0000", "0124", "A7xx", "Cxxx" …: the DIMSE status as a label with few values (PS3.4 B.2.3).
std::string store_status_label(std::uint16_t status);

}  // namespace inferad
