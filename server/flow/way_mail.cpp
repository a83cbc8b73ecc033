// SPDX-License-Identifier: Apache-2.0
// E-mail through a mail server of the site, for findings that nobody acknowledges. It names no patient unless the
// settings say so: mail is forwarded, and shown on locked screens.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "server/base/hash.h"
#include "server/flow/message_channel.h"
#include "server/flow/way.h"

namespace inferad::flow {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Notice& notice, const config::MailDestination& settings) {
  const auto& decision = notice.decision;
  const auto& escalation = notice.escalation;
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(escalation.at - escalation.found_at).count();
  auto text = fmt::format("A {} finding of study {} waits to be acknowledged since {} ({} min). Escalation {}.\n\n",
                          to_string(decision.level), notice.job.study_id, to_iso8601(escalation.found_at), minutes,
                          escalation.step);
  text += fmt::format("{}\n{} {}\n", decision.reason, decision.pipeline, decision.pipeline_version);
  for (const auto& [name, keyword] : settings.study)
    text += fmt::format("{}: {}\n", name, attribute(notice.study, keyword));
  if (!settings.link.empty()) text += fmt::format("\n{}/study/{}\n", settings.link, notice.job.study_id);
  return text +
         "\nIt is asked again until somebody acknowledges it there or starts to read the study.\n"
         "AI triage assists; it is not for primary diagnosis.\n";
}

class MailWay final : public Way {
 public:
  explicit MailWay(config::MailDestination settings) : settings_(std::move(settings)) {}

  const std::string& name() const override { return settings_.name; }
  std::string address() const override { return fmt::format("{}:{}", settings_.host, settings_.port); }
  bool wants(const Notice&) const override { return false; }  // only what is sent to it by name

  store::NewDelivery message(const Notice& notice) const override {
    const Json mail = {
        {"id", sha256_hex(notice.key() + "|" + settings_.name).substr(0, 32)},
        {"at", to_unix_ms(notice.escalation.at)},
        {"subject", fmt::format("{} finding not acknowledged: study {} (escalation {})",
                                to_string(notice.decision.level), notice.job.study_id, notice.escalation.step)},
        {"text", text_of(notice, settings_)}};
    store::NewDelivery delivery;
    delivery.destination = settings_.name;
    delivery.kind = "MAIL";
    delivery.message = mail.dump(-1, ' ', false, Json::error_handler_t::replace);
    return delivery;
  }

  std::unique_ptr<Channel> channel(const Edges& edges, Metrics&) const override {
    return make_message_channel([&sender = edges.mail, settings = settings_](
                                    const auto& delivery, const auto& stop) -> std::optional<Judgement> {
      const auto said = Json::parse(delivery.message);
      Mail mail;
      mail.peer = settings.name;
      mail.host = settings.host;
      mail.port = settings.port;
      mail.starttls = settings.starttls;
      mail.ca_file = settings.ca_file;
      mail.from = settings.from;
      mail.to = settings.to;
      mail.id = said.at("id").template get<std::string>();
      mail.date = from_unix_ms(said.at("at").template get<std::int64_t>());
      mail.subject = said.at("subject").template get<std::string>();
      mail.text = said.at("text").template get<std::string>();
      mail.timeout = settings.timeout;
      const auto sent = sender.send(mail, stop);
      if (sent) return Judgement{};
      if (sent.error().code == Errc::cancelled) return std::nullopt;
      return judge_error(sent.error());
    });
  }

 private:
  const config::MailDestination settings_;
};

}  // namespace

void add_mail_ways(const config::Settings& settings, Ways& ways) {
  for (const auto& each : settings.notices.mail) ways.push_back(std::make_unique<MailWay>(each));
}

}  // namespace inferad::flow
