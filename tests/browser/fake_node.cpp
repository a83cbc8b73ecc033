// SPDX-License-Identifier: Apache-2.0
#include "tests/browser/fake_node.h"

#include <algorithm>

#include "tests/browser/fake_findings.h"

namespace inferad::web {

namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kModel = "5f1d6b0c9a7e4432b7f0c2d98e1a3b64c5d7e8f90a1b2c3d4e5f60718293a4b5";

struct Person {
  const char* name;
  const char* id;
  const char* age;
  const char* sex;
};

constexpr Person kPeople[] = {
    {"Okafor^Ngozi", "MRN-204518", "067Y", "F"},    {"Lindqvist^Per^Erik", "MRN-118822", "071Y", "M"},
    {"Moreau^Camille", "MRN-330197", "054Y", "F"},  {"Tanaka^Haruto", "MRN-402265", "046Y", "M"},
    {"Novak^Jana", "MRN-299014", "038Y", "F"},      {"O'Brien^Sean", "MRN-187730", "082Y", "M"},
    {"Haddad^Leila", "MRN-556120", "029Y", "F"},    {"Schmidt^Karl-Heinz", "MRN-100042", "090Y", "M"},
    {"Rossi^Giulia", "MRN-410933", "061Y", "F"},    {"Petrov^Ivan", "MRN-773100", "058Y", "M"},
    {"Kimathi^Wanjiru", "MRN-611902", "012Y", "F"}, {"Santos^Beatriz^da^^Dra", "MRN-820014", "049Y", "F"},
};

struct Order {
  const char* modality;
  const char* body_part;
  const char* description;
  int instances;
};

constexpr Order kOrders[] = {
    {"CT", "CHEST", "CT chest without contrast", 312}, {"CT", "CHEST", "CT chest low dose", 148},
    {"CR", "CHEST", "Chest PA and lateral", 2},        {"MR", "BRAIN", "MR brain with contrast", 640},
    {"CT", "CHEST", "CT chest with contrast", 420},    {"DX", "HAND", "Hand left, 2 views", 2},
};

// Order of the study in each of give_state()'s states: no lungs in hands, no model for MR.
constexpr std::size_t kOrderOfState[] = {0, 1, 1, 3, 0, 0, 2, 1, 5};

WorklistEntry entry_of(int i, WallTime now) {
  const Person& person = kPeople[static_cast<std::size_t>(i) % std::size(kPeople)];
  const Order& order = kOrders[kOrderOfState[static_cast<std::size_t>(i) % std::size(kOrderOfState)]];
  WorklistEntry entry;
  entry.id = i + 1;
  entry.study_uid = "1.2.826.0.1.3680043.8.498." + std::to_string(100000 + i);
  entry.patient_name = person.name;
  entry.patient_id = person.id;
  entry.age = person.age;
  entry.sex = person.sex;
  entry.birth_date = "19590312";
  entry.accession_number = "A" + std::to_string(26110000 + i);
  entry.modality = order.modality;
  entry.body_part = order.body_part;
  entry.study_description = order.description;
  entry.study_date = "20261124";
  entry.study_time = "083000";
  if (i % 3 == 0) entry.patient_location = "ED 12 1";
  entry.institution = "General Hospital";
  entry.referring_physician = "Weber^Anna^^Dr";
  entry.instances = order.instances;
  entry.series = 2 + i % 3;
  entry.arrived_at = now - minutes(4 + i * 7);
  entry.last_image_at = entry.arrived_at + seconds(40);
  entry.complete_at = entry.arrived_at + seconds(41);
  entry.complete_reason =
      "count reported by PACS (" + std::to_string(order.instances) + " of " + std::to_string(order.instances) + ")";
  entry.revision = 1;
  entry.rule = order.modality == std::string("CT") ? "chest-ct" : "default";
  return entry;
}

void decide(WorklistEntry& entry, Level level, const std::string& reason, double score, double threshold,
            const std::string& name) {
  entry.decisions.push_back(
      {level, reason, "ct-lung-density", "1.0.0", kModel, score, threshold, name, entry.arrived_at + seconds(52)});
  entry.ai_state = AiState::done;
  entry.ai_reason = reason;
  entry.level = more_urgent(entry.order_level, level);
}

void give_state(WorklistEntry& entry, int i) {
  switch (i % 9) {
    case 0:
      decide(entry, Level::stat, "Pulmonary emphysema: LAA-950 31.2 % (threshold 25 %)", 31.2, 25, "LAA-950 %");
      break;
    case 1:
      decide(entry, Level::high, "Increased lung attenuation: HAA 14.6 % (threshold 10 %)", 14.6, 10, "HAA %");
      break;
    case 2:
      entry.ai_state = AiState::running;
      entry.progress = 0.35;
      break;
    case 3:
      entry.ai_state = AiState::not_applicable;
      entry.ai_reason = "No model is installed for MR";
      break;
    case 4:
      entry.ai_state = AiState::not_analysed;
      entry.ai_reason = "Slice distance 7.5 mm, at most 5 mm";
      break;
    case 5:
      entry.ai_state = AiState::pending;
      break;
    case 6:
      entry.ai_state = AiState::receiving;
      entry.complete_at.reset();
      entry.complete_reason.clear();
      break;
    case 7:
      entry.ai_state = AiState::failed;
      entry.ai_reason = "The analysis ended without a result twice; the study is set aside";
      break;
    default:
      entry.ai_state = AiState::done;
      if (i == 8) entry.ai_reason = "not raised: raises of ct-lung-density are held; asked for STAT: a finding";
      break;
  }
}

std::vector<WorklistEntry> normal_entries(int count, WallTime now) {
  std::vector<WorklistEntry> entries;
  for (int i = 0; i < count; ++i) {
    WorklistEntry entry = entry_of(i, now);
    if (count > 100) entry.patient_name = "Patient^Number " + std::to_string(i);
    if (count > 100) entry.arrived_at = now - minutes(i % 600);
    entry.order_level = i % 11 == 5 ? Level::stat : i % 7 == 6 ? Level::low : i % 5 == 4 ? Level::high : Level::routine;
    entry.level = entry.order_level;
    give_state(entry, count > 100 ? i % 37 + 2 : i);
    entries.push_back(std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.level < b.level; });
  return entries;
}

// Each letter with a dozen marks above and below it.
std::string combined(std::string_view letters) {
  std::string out;
  for (const char letter : letters) {
    out += letter;
    for (int i = 0; i < 12; ++i) out += i % 2 == 0 ? "\xCC\x81" : "\xCC\xA3";
  }
  return out;
}

std::vector<WorklistEntry> odd_entries(WallTime now) {
  const std::vector<std::pair<std::string, std::string>> odd = {
      {"<script>window.hacked=1</script>^<b>Bold</b>", "<img src=x onerror=window.hacked=1>"},
      {"\"><svg onload=window.hacked=1>^'", "javascript:window.hacked=1"},
      {"Yamada^Tarou=\xE5\xB1\xB1\xE7\x94\xB0^\xE5\xA4\xAA\xE9\x83\x8E=\xE3\x82\x84\xE3\x81\xBE\xE3\x81\xA0^"
       "\xE3\x81\x9F\xE3\x82\x8D\xE3\x81\x86",
       "CJK-1"},
      {"\xD8\xA7\xD9\x84\xD9\x82\xD8\xA8\xD8\xA7\xD9\x86\xD9\x8A^\xD9\x86\xD8\xB2\xD8\xA7\xD8\xB1", "RTL-1"},
      {"\xD7\xA9\xD7\xA8\xD7\x95\xD7\x9F^\xD7\x93\xD7\x91\xD7\x95\xD7\xA8\xD7\x94", "RTL-2"},
      {"\xE2\x80\xAE"
       "evil^override",
       "BIDI-1"},
      {"Wolfeschlegelsteinhausenbergerdorff^Hubert Blaine Adolph Charles David Earl Frederick Gerald^Senior^Prof.^PhD",
       "LONG-1234567890-1234567890-1234567890-1234567890"},
      {"", ""},
      {"\xFF\xFE broken bytes^\x01\x1b[31m", "CTRL"},
      {"\xC3\x85ngstr\xC3\xB6m^\xC5\xBD"
       "ofie",
       "ACCENT"},
      {combined("Stacked") + "^" + combined("Marks"), "COMBINING"},
  };
  std::vector<WorklistEntry> entries;
  for (std::size_t i = 0; i < odd.size(); ++i) {
    WorklistEntry entry = entry_of(static_cast<int>(i), now);
    entry.patient_name = odd[i].first;
    entry.patient_id = odd[i].second;
    if (i == 0) entry.study_description = "</td></table><script>window.hacked=1</script>";
    if (i == 1) entry.modality = "<x>";
    if (i == 6) entry.study_description = std::string(160, 'W') + " and then some more words that never seem to end";
    give_state(entry, static_cast<int>(i));
    if (i == 0) decide(entry, Level::stat, "<img src=x onerror=window.hacked=1> 31.2 %", 31.2, 25, "<i>LAA</i>");
    entries.push_back(std::move(entry));
  }
  return entries;
}

JobView job_of(const WorklistEntry& entry) {
  JobView job;
  job.id = entry.id + 100;
  job.study_id = entry.id;
  job.pipeline = "ct-lung-density";
  job.pipeline_version = "1.0.0";
  job.state = entry.ai_state;
  job.reason = entry.ai_state == AiState::done ? "" : entry.ai_reason;
  job.progress = entry.progress;
  job.stage = entry.ai_state == AiState::running ? "infer" : "";
  job.attempts = entry.ai_state == AiState::failed ? 2 : 1;
  job.created_at = entry.complete_at;
  if (entry.ai_state == AiState::pending) return job;
  job.started_at = entry.arrived_at + seconds(42);
  if (entry.ai_state == AiState::running) return job;
  job.finished_at = entry.arrived_at + seconds(55);
  if (entry.ai_state == AiState::done) job.findings_json = kFindings;
  return job;
}

DeliveryView delivery_of(std::int64_t id, const WorklistEntry& entry, const char* kind, DeliveryState state) {
  DeliveryView delivery;
  delivery.id = id;
  delivery.study_id = entry.id;
  delivery.job_id = entry.id + 100;
  delivery.kind = kind;
  delivery.destination = std::string(kind) == "HL7" ? "interface-engine" : "pacs";
  delivery.state = state;
  delivery.attempts = state == DeliveryState::parked ? 8 : 1;
  delivery.created_at = entry.arrived_at + seconds(56);
  if (state == DeliveryState::delivered) delivery.delivered_at = entry.arrived_at + seconds(57);
  if (state == DeliveryState::parked)
    delivery.last_error = "pacs refused the object: status 0122 (SOP class not supported)";
  if (state == DeliveryState::waiting) {
    delivery.last_error = "connection refused";
    delivery.next_attempt_at = wall_now() + seconds(40);
  }
  return delivery;
}

}  // namespace

void FakeNode::play(const std::string& scene) {
  const WallTime now = wall_now();
  std::lock_guard lock(mutex_);
  scene_ = scene;
  entries_.clear();
  jobs_.clear();
  deliveries_.clear();
  feedback_.clear();
  if (scene == "normal" || scene == "quiet") entries_ = normal_entries(scene == "quiet" ? 3 : 24, now);
  if (scene == "critical") {
    entries_ = normal_entries(3, now);
    entries_.front().critical_since = now - minutes(12);
    entries_.front().critical_steps = 2;
  }
  if (scene == "many") entries_ = normal_entries(5000, now);
  if (scene == "odd") entries_ = odd_entries(now);
  if (scene == "many") return;
  std::int64_t id = 1;
  for (const auto& entry : entries_) {
    if (entry.ai_state != AiState::not_applicable && entry.ai_state != AiState::receiving)
      jobs_.push_back(job_of(entry));
    if (entry.ai_state != AiState::done) continue;
    const bool trouble = scene == "normal" && !entry.decisions.empty();
    const auto seg = trouble && id == 1 ? DeliveryState::parked : DeliveryState::delivered;
    const auto sr = trouble && id < 6 ? DeliveryState::waiting : DeliveryState::delivered;
    deliveries_.push_back(delivery_of(id, entry, "HL7", DeliveryState::delivered));
    deliveries_.push_back(delivery_of(id + 1, entry, "SEG", seg));
    deliveries_.push_back(delivery_of(id + 2, entry, "SR", sr));
    id += 3;
  }
}

std::int64_t FakeNode::add_stat() {
  std::lock_guard lock(mutex_);
  WorklistEntry entry = entry_of(static_cast<int>(entries_.size()) + 1000, wall_now());
  entry.patient_name = "Newcomer^Urgent";
  entry.order_level = entry.level = Level::stat;
  entry.ai_state = AiState::receiving;
  entry.arrived_at = wall_now();
  entries_.insert(entries_.begin(), entry);
  return entry.id;
}

std::int64_t FakeNode::raise(std::int64_t id) {
  std::lock_guard lock(mutex_);
  for (auto& entry : entries_) {
    if (entry.id == id)
      decide(entry, Level::stat, "Pulmonary emphysema: LAA-950 44.0 % (threshold 25 %)", 44, 25, "LAA-950 %");
  }
  std::stable_sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.level < b.level; });
  return id;
}

Result<StudyDetail> FakeNode::study(std::int64_t id) {
  std::lock_guard lock(mutex_);
  const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.id == id; });
  if (found == entries_.end()) return Error{Errc::not_found, "There is no study " + std::to_string(id) + "."};
  StudyDetail detail;
  detail.entry = *found;
  const auto waits = [](const auto& entry) { return !entry.reading_started_at; };
  if (waits(*found)) detail.place.position = static_cast<int>(std::count_if(entries_.begin(), found, waits)) + 1;
  detail.place.reason = "Place " + std::to_string(detail.place.position) + " by the fake node";
  for (const auto& job : jobs_) {
    if (job.study_id == id) detail.jobs.push_back(job);
  }
  for (const auto& delivery : deliveries_) {
    if (delivery.study_id == id) detail.deliveries.push_back(delivery);
  }
  detail.series = {{"1.2.3.1", found->modality, "Axial 1.0 mm, lung kernel", found->instances - 3, ""},
                   {"1.2.3.2", found->modality, "Scout", 2, "a localizer is no volume"},
                   {"1.2.3.3", found->modality, "Coronal reformat", 1, "not axial"}};
  detail.history = {{found->arrived_at, "first image received"},
                    {found->arrived_at + seconds(41), "complete: " + found->complete_reason},
                    {found->arrived_at + seconds(41), "rule " + found->rule + " took the study"},
                    {found->arrived_at + seconds(52), "findings of ct-lung-density are durable"},
                    {found->arrived_at + seconds(57), "SEG and SR sent to pacs"}};
  return detail;
}

Result<std::vector<JobView>> FakeNode::jobs() {
  std::lock_guard lock(mutex_);
  return jobs_;
}

Result<std::vector<DeliveryView>> FakeNode::deliveries() {
  std::lock_guard lock(mutex_);
  return deliveries_;
}

Status FakeNode::retry_job(std::int64_t id) {
  std::lock_guard lock(mutex_);
  for (auto& job : jobs_) {
    if (job.id != id) continue;
    if (job.state != AiState::failed) return Error{Errc::refused, "Only a failed analysis can be tried again."};
    job.state = AiState::pending;
    return ok();
  }
  return Error{Errc::not_found, "There is no job " + std::to_string(id) + "."};
}

Status FakeNode::retry_delivery(std::int64_t id) {
  std::lock_guard lock(mutex_);
  for (auto& delivery : deliveries_) {
    if (delivery.id != id) continue;
    if (delivery.state != DeliveryState::parked)
      return Error{Errc::refused, "Only a parked delivery can be tried again."};
    delivery.state = DeliveryState::waiting;
    return ok();
  }
  return Error{Errc::not_found, "There is no delivery " + std::to_string(id) + "."};
}

NodeStatus FakeNode::status() {
  std::lock_guard lock(mutex_);
  const auto jobs_in = [&](AiState state) {
    return static_cast<int>(
        std::count_if(jobs_.begin(), jobs_.end(), [&](const auto& job) { return job.state == state; }));
  };
  const auto deliveries_in = [&](DeliveryState state) {
    return static_cast<int>(
        std::count_if(deliveries_.begin(), deliveries_.end(), [&](const auto& one) { return one.state == state; }));
  };
  NodeStatus status;
  status.version = "0.1.0";
  status.ae_title = "INFERAD";
  status.viewer_url = "https://viewer.example/view?study={study_uid}&accession={accession}";
  status.started_at = wall_now() - minutes(75);
  status.ready = scene_ != "error";
  status.inference_ready = status.ready;
  status.not_ready_because = status.ready ? "" : "the ledger cannot be read";
  status.receiving = static_cast<int>(std::count_if(
      entries_.begin(), entries_.end(), [](const auto& entry) { return entry.ai_state == AiState::receiving; }));
  status.pending = jobs_in(AiState::pending);
  status.running = jobs_in(AiState::running);
  status.failed = jobs_in(AiState::failed);
  status.waiting = deliveries_in(DeliveryState::waiting);
  status.parked = deliveries_in(DeliveryState::parked);
  if (status.waiting > 0) status.oldest_waiting_at = wall_now() - minutes(3);
  status.workers = status.workers_ready = 2;
  status.disk_free_bytes = 412'000'000'000;
  status.disk_total_bytes = 960'000'000'000;
  return status;
}

std::vector<PeerView> FakeNode::peers() {
  return {{"pacs", "receives results, counts images", "ORTHANC @ 127.0.0.1:4242", 1, 1, wall_now() - minutes(1),
           wall_now() - minutes(2), ""},
          {"interface-engine", "receives messages", "127.0.0.1:2575", 0, 0, wall_now() - minutes(1), std::nullopt, ""},
          {"ct-scanner-2", "sends studies", "CT2 @ 127.0.0.1", 0, 0, std::nullopt, std::nullopt, ""}};
}

std::vector<RuleView> FakeNode::rules() {
  return {{"chest-ct", "Modality is CT and BodyPartExamined is CHEST or THORAX", "ct-lung-density", 1204},
          {"mr", "Modality is MR", "not analysed: no model is installed", 311},
          {"default", "everything else", "not applicable", 2087}};
}

std::vector<ModelView> FakeNode::models() {
  return {{"ct-lung-density", "1.0.0", "lung-threshold", kModel, "ready", ""}};
}

}  // namespace inferad::web
