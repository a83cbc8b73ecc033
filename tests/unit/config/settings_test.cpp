// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/unit/config/temporary_config.h"

namespace inferad::config {

TEST_CASE("an empty settings file gives the defaults, with paths beside the file") {
  TemporaryConfig config;
  const auto settings = config.settings("{}");
  CHECK(config.problems.empty());
  CHECK(settings.ae_title == "INFERAD");
  CHECK(settings.dicom.port == 11112);
  CHECK(settings.http.bind == "127.0.0.1");
  CHECK(settings.data_folder == config.folder() / "var");
  CHECK(settings.pipelines_folder == config.folder() / "pipelines/catalog");
  CHECK(settings.routing_file == config.folder() / "config/routing.json");
}

TEST_CASE("each wrong value is told at its place with what was expected") {
  TemporaryConfig config;
  const auto check = [&](const std::string& text, const std::string& place, const std::string& words) {
    config.settings(text);
    INFO(text << "\n" << (config.problems.empty() ? "no problem" : config.problems[0]));
    CHECK(config.only_problem(place, words));
  };
  check("{\n \"dicom\": {\"port\": 70000}}", "2:20: /dicom/port", "found 70000, expected an integer from 0 to 65535");
  check(R"({"dicom": {"port": "11112"}})", "1:20: /dicom/port", "write it without quotes");
  check(R"({"dicom": {"prot": 1}})", "1:12: /dicom/prot", "did you mean \"port\"?");
  check(R"({"dicom": 5})", "1:11: /dicom", "expected an object");
  check(R"({"ae_title": "THIS IS MUCH TOO LONG"})", "1:14: /ae_title", "1 to 16");
  check(R"({"ae_title": 5})", "1:14: /ae_title", "put it in quotes");
  check(R"({"data_folder": ""})", "1:17: /data_folder", "expected a path");
  check(R"({"log_level": "inof"})", "1:15: /log_level", "did you mean \"info\"?");
  check(R"({"dicom": {"bind": "localhost"}})", "1:20: /dicom/bind", "IP address");
  check(R"({"dicom": {"bind": "0.0.0.0"}})", "1:20: /dicom/bind", "insecure_plaintext");
  check(R"({"hl7_listener": {"bind": "0.0.0.0"}})", "1:27: /hl7_listener/bind", "insecure_plaintext");
  check(R"({"hl7_listener": {"accession_fields": ["OBR18"]}})", "1:40: /hl7_listener/accession_fields/0", "OBR-18");
  check(R"({"hl7_listener": {"reading_started": ["IP"]}})", "1:39: /hl7_listener/reading_started/0", "ORC-5=CM");
  const auto observation = [](const char* members) {
    return fmt::format(R"({{"hl7_listener": {{"observations": [{{{}}}]}}}})", members);
  };
  check(observation(R"("finding": "x", "present": ["Y"])"), "1:36: /hl7_listener/observations/0", "\"code\"");
  check(observation(R"("code": "1", "finding": "x")"), "1:36: /hl7_listener/observations/0", "present_at_least");
  check(observation(R"("code": "1", "finding": "x", "present": [])"), "1:77: /hl7_listener/observations/0/present",
        "1 to 64");
  check(observation(R"("code": "1", "finding": "x", "present": ["Y "])"),
        "1:78: /hl7_listener/observations/0/present/0", "without spaces");
  check(observation(R"("code": "1", "finding": "x", "present": ["Y"], "absent": ["N", "Y"])"),
        "1:36: /hl7_listener/observations/0", "in \"present\" and in \"absent\"");
  check(observation(R"("code": "1", "finding": "x", "present": ["Y"]}, {"code": "1", "finding": "x", "absent": ["N"])"),
        "1:85: /hl7_listener/observations/1", "stands here twice");
  check(R"({"hl7_listener": {"character_set": "latin1"}})", "1:36: /hl7_listener/character_set", "8859/1");
  check(R"({"http": {"bind": "::"}})", "1:19: /http/bind", "insecure_plaintext");
  check(R"({"site": {"timezone": "+2500"}})", "1:23: /site/timezone", "+0100");
  check(R"({"site": {"viewer_url": "javascript:{study_uid}"}})", "1:25: /site/viewer_url", "http:// or https://");
  check(R"({"site": {"viewer_url": "http://{study_uid}/"}})", "1:25: /site/viewer_url", "host without placeholder");
  check(R"({"site": {"viewer_url": "https://v/?s={study}"}})", "1:25: /site/viewer_url", "{study_uid}");
  check(R"({"site": {"viewer_url": "https://v/?s={study_uid"}})", "1:25: /site/viewer_url", "in braces");
  check(R"({"site": {"viewer_url": "https://v/"}})", "1:25: /site/viewer_url", "no study");
  check(R"({"workers": {"device": "gpu"}})", "1:24: /workers/device", "cuda");
  check(R"({"workers": {"warm_up": "yes"}})", "1:25: /workers/warm_up", "true or false");
  check(R"({"retry": {"jitter": 2}})", "1:22: /retry/jitter", "from 0 to 0.9");
  check(R"({"retry": {"first_s": 50, "max_s": 5}})", "1:11: /retry", "max_s must not be shorter");
  check(R"({"assembler": {"quiet_s": 60, "max_age_s": 30}})", "1:15: /assembler", "max_age_s must be longer");
  check(R"({"http": {"hostnames": "a"}})", "1:24: /http/hostnames", "put it in [ ]");
  check(R"({"worklist": {"targets_minutes": {"STAT": 0, "HIGH": 9, "ROUTINE": 5, "LOW": 10}}})",
        "1:34: /worklist/targets_minutes", "less urgent");
  check(R"({"evidence": {"group_min": 4}})", "1:28: /evidence/group_min", "from 5 to 10000");
  check(R"({"assembler": {"query_peer": "pacs"}})", "1:30: /assembler/query_peer", "expected the name of a peer");
  check(R"({"results": [{"peer": "pacs"}]})", "1:23: /results/0/peer", "expected the name of a peer");
  check(R"({"hl7": [{"name": "a", "host": "b", "priority_fields":
          {"TQ1-9": false, "ORC-7.6": false, "OBR-27.6": false}}]})",
        "2:11: /hl7/0/priority_fields", "at least one");
  check(R"({"webhooks": [{"name": "a", "url": "example.org"}]})", "1:36: /webhooks/0/url", "https://host/path");
  check(R"({"webhooks": [{"name": "a", "url": "https://u:p@b/"}]})", "1:36: /webhooks/0/url", "without user");
  check(R"({"webhooks": [{"name": "a", "url": "http://b/"}]})", "1:36: /webhooks/0/url", "insecure_plaintext");
  check(R"({"webhooks": [{"name": "a", "url": "http://[::1]:80/", "study": {"x": "AccessionNumer"}}]})",
        "1:71: /webhooks/0/study/x", "did you mean \"AccessionNumber\"?");
  check(R"({"fhir": [{"name": "a", "base_url": "https://b/", "high": "hihg"}]})", "1:59: /fhir/0/high", "asap");
  check(R"({"worklist_folders": [{"name": "a", "folder": "b", "words": {"HIGH": "STAT"}}]})",
        "1:61: /worklist_folders/0/words", "two levels");
  check(R"({"mail": [{"name": "a", "host": "b", "from": "c@d", "to": ["e@f"]}]})", "1:11: /mail/0", "starttls");
  check(R"({"mail": [{"name": "a", "host": "::1", "from": "c@d\r\nX: y", "to": ["e@f"]}]})", "1:48: /mail/0/from",
        "a mail");
  check(R"({"critical": {"steps": [{"to": ["a"]}]}, "webhooks": [{"name": "a", "url": "https://b"}]})",
        "1:24: /critical/steps", "acknowledge_within_minutes");
  check(R"({"critical": {"acknowledge_within_minutes": 5, "steps": [{"to": ["duty"]}]}})",
        "1:66: /critical/steps/0/to/0", "expected the name of an entry");
  check("[]", "1:1: (document)", "expected an object");
}

TEST_CASE("peers are checked for what their roles need") {
  TemporaryConfig config;
  const auto check = [&](const std::string& peer, const std::string& pointer, const std::string& words) {
    config.settings("{\"peers\": [\n" + peer + "]}");
    INFO(peer << "\n" << (config.problems.empty() ? "no problem" : config.problems[0]));
    REQUIRE(config.problems.size() == 1);
    CHECK(config.problems[0].find(pointer) != std::string::npos);
    CHECK(config.problems[0].find(words) != std::string::npos);
  };
  check(R"({"name": "a", "ae_title": "A", "roles": ["send"]})", "2:1: /peers/0", "\"addresses\" is missing");
  check(R"({"name": "a", "ae_title": "A", "roles": ["query"], "port": 104})", "2:1: /peers/0", "\"host\" is missing");
  check(R"({"name": "a", "ae_title": "*", "roles": ["query"], "host": "h", "port": 104})", "/peers/0", "\"send\" only");
  check(R"({"name": "a b", "ae_title": "A", "roles": ["send"], "addresses": []})", "2:10: /peers/0/name", "letters");
  check(R"({"name": "a", "ae_title": "A", "roles": ["send"], "addresses": ["10.0.0.1/8"]})", "/peers/0/addresses/0",
        "");
  check(R"({"name": "a", "ae_title": "A", "roles": ["sned"], "addresses": []})", "/peers/0/roles/0", "did you mean");
  check(R"({"name": "a", "ae_title": "A", "roles": ["send", "send"], "addresses": []})", "/roles/1", "given twice");
  check(R"({"name": "a", "ae_title": "A", "roles": ["send"], "addresses": []},
           {"name": "a", "ae_title": "B", "roles": ["send"], "addresses": []})",
        "3:21: /peers/1/name", "already used");
}

TEST_CASE("a UPS destination names a peer with that role, and never inverts the levels") {
  TemporaryConfig config;
  const std::string peers =
      R"("peers": [{"name": "ris", "ae_title": "RIS", "roles": ["ups"], "host": "::1", "port": 1},
                   {"name": "desk", "ae_title": "DESK", "roles": ["worklist"], "addresses": ["::1"]}])";
  const auto settings =
      config.settings("{" + peers + R"(, "ups": [{"name": "tasks", "peer": "ris", "find_by": ["accession_number"],
      "create_if_missing": true, "priorities": {"HIGH": "MEDIUM"}, "workitem_code": {"value": "1", "scheme": "L",
      "meaning": "m"}}]})");
  CHECK(config.problems.empty());
  REQUIRE(settings.ups.size() == 1);
  CHECK(settings.ups[0].find_by == std::vector<UpsKey>{UpsKey::accession_number});
  CHECK(settings.ups[0].priorities == std::array<std::string, 4>{"HIGH", "MEDIUM", "MEDIUM", "LOW"});
  CHECK(settings.ups[0].workitem_code.meaning == "m");
  const AccessPolicy access("INFERAD", settings.peers);
  CHECK(access.grants("DESK", "::1").worklist);
  CHECK_FALSE(access.grants("DESK", "::1").storage);
  CHECK_FALSE(access.grants("RIS", "::1").worklist);

  const auto problem = [&](const std::string& ups) {
    config.settings("{" + peers + ", \"ups\": [" + ups + "]}");
    REQUIRE(config.problems.size() == 1);
    return config.problems[0];
  };
  using Catch::Contains;
  CHECK_THAT(problem(R"({"name": "t", "peer": "desk"})"), Contains("role \"ups\""));
  CHECK_THAT(problem(R"({"name": "ris", "peer": "ris"})"), Contains("already used"));
  CHECK_THAT(problem(R"({"name": "t", "peer": "ris", "priorities": {"STAT": "LOW"}})"), Contains("more urgent"));
  CHECK_THAT(problem(R"({"name": "t", "peer": "ris", "find_by": ["study_uid", "study_uid"]})"), Contains("twice"));
  config.settings(R"({"peers": [{"name": "d", "ae_title": "*", "roles": ["worklist"], "addresses": ["::1"]}]})");
  REQUIRE(config.problems.size() == 1);
  CHECK_THAT(config.problems[0], Contains("AE title"));
}

TEST_CASE("a profile names kinds of results, each once, or only triage") {
  TemporaryConfig config;
  const auto read = [&](const std::string& profile) {
    return config.settings(
        "{\"peers\": [{\"name\": \"p\", \"ae_title\": \"P\", \"roles\": [\"receive_results\"], \"host\": "
        "\"h\", \"port\": 104}],\n\"results\": [{\"peer\": \"p\", " +
        profile + "}]}");
  };
  const auto refused = [&](const std::string& profile, const std::string& pointer, const std::string& words) {
    read(profile);
    INFO(profile << "\n" << (config.problems.empty() ? "no problem" : config.problems[0]));
    REQUIRE(config.problems.size() == 1);
    CHECK(config.problems[0].find("/results/0" + pointer) != std::string::npos);
    CHECK(config.problems[0].find(words) != std::string::npos);
  };
  refused(R"("send": ["SEQ"])", "/send/0", "did you mean \"SEG\"?");
  refused(R"("send": [["SR", "PDF"]])", "/send/0/1", "SR_COMPREHENSIVE");
  refused(R"("send": ["SR", ["SEG", "SR"]])", "/send/1/1", "given twice");
  refused(R"("send": [[]])", "/send/0", "");
  refused(R"("send": [])", "/send", "");
  refused(R"("send": ["SR"], "triage_only": true)", "", "remove one of them");
  refused(R"("encodings": ["ZIP"])", "/encodings/0", "RLE or DEFLATED");
  refused(R"("encodings": ["DEFLATED", "DEFLATED"])", "/encodings/1", "given twice");
  refused(R"("encodings": ["RLE"])", "/encodings/0", "RLE is for SEG_FRACTIONAL and SEG_LABELMAP");
  refused(R"("send": ["SR"], "encodings": ["DEFLATED"])", "/encodings/0", "DEFLATED is for segmentations");
  refused(R"("triage_only": true, "encodings": ["DEFLATED"])", "/encodings/0", "DEFLATED is for segmentations");
  CHECK(read(R"("send": ["SEG_LABELMAP"], "encodings": ["DEFLATED", "RLE"])").results[0].encodings ==
        std::vector{ResultEncoding::deflated, ResultEncoding::rle});
  CHECK(read(R"("triage_only": true)").results[0].send == std::vector<Wish>{{ResultKind::sr_triage}});
  CHECK(read(R"("triage_only": false)").results[0].send == ResultDestination().send);
}

TEST_CASE("segmentations are sparse unless the settings say otherwise") {
  TemporaryConfig config;
  CHECK_FALSE(config.settings("{}").segmentation.full_masks);
  CHECK(config.settings(R"({"segmentation": {"full_masks": true}})").segmentation.full_masks);
}

TEST_CASE("all mistakes of a file are told at once, in order") {
  TemporaryConfig config;
  const auto file =
      config.write("inferad.json", "{\n\"dicom\": {\"port\": -1, \"bind\": 1},\n\"x\": 1,\n\"ae_title\": \"\"}");
  Problems problems;
  CHECK_FALSE(load_configuration(file, problems));
  REQUIRE(problems.size() == 5);  // the missing rules file is the fifth
  CHECK(problems[0].pointer == "/dicom/port");
  CHECK(problems[1].pointer == "/dicom/bind");
  CHECK(problems[2].pointer == "/x");
  CHECK(problems[3].pointer == "/ae_title");
  CHECK(problems[4].file.ends_with("routing.json"));
}

TEST_CASE("a full settings file is read as written") {
  TemporaryConfig config;
  const auto settings = config.settings(R"({
    "insecure_plaintext": true, "dicom": {"bind": "0.0.0.0"}, "assembler": {"query_peer": "pacs"},
    "peers": [{"name": "pacs", "ae_title": "PACS", "roles": ["send", "receive_results", "query"],
               "addresses": ["192.0.2.0/24"], "host": "pacs.example", "port": 104}],
    "results": [{"peer": "pacs", "send": [["SEG_LABELMAP", "SEG"], "SR"]}],
    "hl7": [{"name": "engine", "host": "::1", "message": "ORM^O01", "least_level": "STAT",
             "priority_fields": {"OBR-5": true}}],
    "hl7_listener": {"enabled": true, "addresses": ["192.0.2.0/24"], "priority_fields": ["OBR-5"],
                     "priority_codes": {"x": "LOW"}, "reading_started": ["ORC-5=IP", "OBR-25.1=I"],
                     "observations": [{"code": "RID5350", "system": "RADLEX", "finding": "Pneumothorax",
                                       "present": ["Y", "RID28472"], "absent": ["N"]},
                                      {"code": "88", "finding": "Effusion", "present_at_least": 0.5}],
                     "tls": {"certificate": "inferad.json", "key": "inferad.json", "ca": "inferad.json"}},
    "worklist": {"delta_minutes": 100}, "workers": {"program": "bin/w"}})");
  INFO((config.problems.empty() ? "" : config.problems[0]));
  REQUIRE(config.problems.empty());
  REQUIRE(settings.peer("pacs"));
  CHECK(settings.peer("pacs")->has(PeerRole::query));
  CHECK(settings.peer("nobody") == nullptr);
  CHECK(settings.results[0].send == std::vector<Wish>{{ResultKind::seg_labelmap, ResultKind::seg}, {ResultKind::sr}});
  CHECK(settings.hl7[0].message == Hl7Message::orm_o01);
  CHECK(settings.hl7[0].obr_5);
  CHECK(settings.hl7[0].least_level == Level::stat);
  CHECK(settings.hl7_listener.priority_codes == std::map<std::string, Level>{{"X", Level::low}});
  CHECK(settings.hl7_listener.started_statuses == std::vector<Hl7Status>{{"ORC-5", "IP"}, {"OBR-25.1", "I"}});
  CHECK(settings.hl7_listener.observations ==
        std::vector<ObservationMapping>{{"RID5350", "RADLEX", "Pneumothorax", {"Y", "RID28472"}, {"N"}, {}},
                                        {"88", "", "Effusion", {}, {}, 0.5}});
  CHECK(settings.hl7_listener.tls.key == config.folder() / "config/inferad.json");
  CHECK(settings.worklist.targets[1] == std::chrono::minutes(25));
  CHECK(settings.workers.program == config.folder() / "config/bin/w");
}

TEST_CASE("the offset of the site is the one configured") {
  CHECK(timezone_offset({.institution = "", .viewer_url = "", .timezone = "+0530"}, from_unix_ms(0)) == "+0530");
  const auto local = timezone_offset({}, from_unix_ms(0));
  CHECK(local.size() == 5);
}

}  // namespace inferad::config
