// SPDX-License-Identifier: Apache-2.0
// The words of the Unified Procedure Step service (PS3.4 Annex CC): UIDs, attributes, states, statuses.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "server/core/priority.h"

namespace inferad {

namespace ups {

// PS3.4 CC.3. Messages carry `push` as SOP class whatever class their presentation context was negotiated for (CC.3.1).
inline constexpr std::string_view push = "1.2.840.10008.5.1.4.34.6.1", watch = "1.2.840.10008.5.1.4.34.6.2",
                                  pull = "1.2.840.10008.5.1.4.34.6.3", event = "1.2.840.10008.5.1.4.34.6.4",
                                  query = "1.2.840.10008.5.1.4.34.6.5";
// Well-known instances to subscribe to everything, and to everything that matches (CC.2.3.1).
inline constexpr std::string_view global = "1.2.840.10008.5.1.4.34.5", filtered_global = "1.2.840.10008.5.1.4.34.5.1";

bool is_sop_class(std::string_view uid);

enum class State { scheduled, in_progress, canceled, completed };  // PS3.3 C.30.1
std::string_view to_string(State state);  // "SCHEDULED", "IN PROGRESS", "CANCELED", "COMPLETED"
std::optional<State> state_from(std::string_view text);
inline bool is_final(State state) { return state == State::canceled || state == State::completed; }

// Scheduled Procedure Step Priority (0074,1200): HIGH, MEDIUM, LOW. STAT and HIGH are both HIGH.
std::string_view priority_of(Level level);
Level level_of(std::string_view priority);     // HIGH: high, MEDIUM: routine, anything else: low
int priority_rank(std::string_view priority);  // 0 HIGH, 1 MEDIUM, 2 LOW, 3 anything else

// N-ACTION types (tables CC.2.1-1, CC.2.2-1, CC.2.3-1) and N-EVENT-REPORT types (table CC.2.4-1).
inline constexpr std::uint16_t change_state = 1, request_cancel = 2, subscribe = 3, unsubscribe = 4, suspend = 5;
inline constexpr std::uint16_t state_report = 1, cancel_requested = 2, progress_report = 3, scp_status = 4,
                               assigned = 5;

// Statuses of PS3.7 Annex C and of tables CC.2.1-2 to CC.2.8-4.
inline constexpr std::uint16_t success = 0x0000, no_such_attribute = 0x0105, invalid_value = 0x0106,
                               processing_failure = 0x0110, duplicate = 0x0111, invalid_argument = 0x0115,
                               invalid_object = 0x0117, missing_attribute = 0x0120, missing_value = 0x0121,
                               no_such_action = 0x0123, not_authorized = 0x0124, resource_limit = 0x0213,
                               created_modified = 0xB300, already_canceled = 0xB304, already_completed = 0xB306,
                               not_updatable = 0xC300, wrong_transaction = 0xC301, already_in_progress = 0xC302,
                               scheduled_by_create_only = 0xC303, final_state_unmet = 0xC304, no_such_workitem = 0xC307,
                               unknown_receiver = 0xC308, not_scheduled = 0xC309, not_in_progress = 0xC310,
                               completed_already = 0xC311, performer_unreachable = 0xC312, performer_refuses = 0xC313,
                               not_for_this_instance = 0xC314, no_event_reports = 0xC315;

}  // namespace ups

// Attributes by their keyword (PS3.6), shortened.
namespace tag {
inline constexpr std::uint32_t specific_character_set = 0x00080005, sop_class_uid = 0x00080016,
                               sop_instance_uid = 0x00080018, accession_number = 0x00080050, retrieve_ae = 0x00080054,
                               code_value = 0x00080100, coding_scheme = 0x00080102, code_meaning = 0x00080104,
                               referring_physician = 0x00080090, study_description = 0x00081030,
                               admitting_diagnoses = 0x00081080, admitting_diagnoses_codes = 0x00081084,
                               referenced_class = 0x00081150, referenced_instance = 0x00081155,
                               transaction_uid = 0x00081195, referenced_sops = 0x00081199, patient_name = 0x00100010,
                               patient_id = 0x00100020, issuer_of_patient_id = 0x00100021, birth_date = 0x00100030,
                               patient_sex = 0x00100040, other_patient_ids = 0x00101002, study_uid = 0x0020000D,
                               series_uid = 0x0020000E, requested_procedure_description = 0x00321060,
                               requested_procedure_codes = 0x00321064, admission_id = 0x00380010,
                               issuer_of_admission_id = 0x00380014, comments = 0x00400400,
                               requested_procedure_id = 0x00401001, placer_order_number = 0x00402016,
                               filler_order_number = 0x00402017, start = 0x00404005, modified = 0x00404010,
                               expected_completion = 0x00404011, human_performer_codes = 0x00404009,
                               human_performers = 0x00404034, human_performer_organization = 0x00404036,
                               workitem_code = 0x00404018, performed_workitem_code = 0x00404019,
                               input_information = 0x00404021, station_name = 0x00404025, station_class = 0x00404026,
                               station_location = 0x00404027, performed_station_name = 0x00404028,
                               output_information = 0x00404033, readiness = 0x00404041, performed_start = 0x00404050,
                               performed_end = 0x00404051, cancellation_time = 0x00404052,
                               referenced_request = 0x0040A370, type_of_instances = 0x0040E020,
                               dicom_retrieval = 0x0040E021, state = 0x00741000, progress_information = 0x00741002,
                               progress = 0x00741004, progress_description = 0x00741006,
                               progress_parameters = 0x00741007, communications = 0x00741008, contact_uri = 0x0074100A,
                               contact_name = 0x0074100C, discontinuation_code = 0x0074100E, priority = 0x00741200,
                               worklist_label = 0x00741202, step_label = 0x00741204, parameters = 0x00741210,
                               performed = 0x00741216, deletion_lock = 0x00741230, receiving_ae = 0x00741234,
                               requesting_ae = 0x00741236, cancellation_reason = 0x00741238, scp_status = 0x00741242,
                               subscription_list_status = 0x00741244, workitem_list_status = 0x00741246;
}  // namespace tag

}  // namespace inferad
