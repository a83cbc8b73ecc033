// SPDX-License-Identifier: Apache-2.0
// A way out for what people have to know: a decision becomes one message for each destination, written into the ledger
// with the decision and sent from there as the same bytes until it is delivered or parked.
//
// A new way is one file: a class derived from Way, a function that makes one for each of its destinations in the
// settings, and that function's line in ways.cpp.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "server/config/settings.h"
#include "server/core/attributes.h"
#include "server/core/coded_finding.h"
#include "server/core/order.h"
#include "server/core/priority.h"
#include "server/flow/courier.h"
#include "server/flow/dimse_ports.h"
#include "server/flow/notice_ports.h"
#include "server/store/ledger_types.h"

namespace inferad::flow {

struct Notice {
  store::JobLease job;  // whose findings these are
  PriorityDecision decision;
  Level order_level = Level::routine;
  Attributes study;                       // header attributes of one image of it
  CodedFinding finding = {};              // that the decision comes from
  std::vector<OrderNumbers> orders = {};  // of the RIS, that wait to be read; none when it sent none
  bool one_of_several = false;            // `orders` is one of them, and what the images say may be of another

  struct Escalated {
    int step = 0;  // from 1; 0: this is the decision itself
    WallTime found_at{}, at{};
  } escalation = {};

  // Names this notice, the same when it is made again; job numbers alone would come again with a new data folder.
  std::string key() const;
};

// With what the ledger knows of the study. not_found: it has no image any more.
Result<Notice> notice_about(store::Ledger& ledger, const store::JobLease& job, const PriorityDecision& decision);

// The outside, as ways need it. All outlive the channels.
struct Edges {
  Hl7Sender& hl7;
  WebSender& web;
  WorklistFiles& worklist_files;
  MailSender& mail;
  DimseCaller* dimse = nullptr;  // needed where settings.ups has destinations
};

// One destination. Immutable.
class Way {
 public:
  virtual ~Way() = default;
  virtual const std::string& name() const = 0;                         // of the destination
  virtual std::string address() const = 0;                             // for people
  virtual bool wants(const Notice& notice) const = 0;                  // as the settings say
  virtual bool tells_orders_apart() const { return false; }            // true: a message for each order (ADR 28)
  virtual store::NewDelivery message(const Notice& notice) const = 0;  // pure: the same notice, the same bytes
  virtual std::unique_ptr<Channel> channel(const Edges& edges, Metrics& metrics) const = 0;
};

using Ways = std::vector<std::unique_ptr<const Way>>;
Ways ways_of(const config::Settings& settings);  // which need not outlive them

void add_hl7_ways(const config::Settings& settings, Ways& ways);
void add_webhook_ways(const config::Settings& settings, Ways& ways);
void add_fhir_ways(const config::Settings& settings, Ways& ways);
void add_mail_ways(const config::Settings& settings, Ways& ways);
void add_worklist_file_ways(const config::Settings& settings, Ways& ways);
void add_ups_ways(const config::Settings& settings, Ways& ways);

// What a way says of a notice: one message, or one for each order.
std::vector<store::NewDelivery> messages_of(const Notice& notice, const Way& way);

// What is to be said of a decision, by each way that wants it.
std::vector<store::NewDelivery> messages_about(const Notice& notice, const Ways& ways);

}  // namespace inferad::flow
