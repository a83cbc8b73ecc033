// SPDX-License-Identifier: Apache-2.0
#include "pipelines/results/entity_attributes.h"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dctk.h>

namespace inferad::results {

const std::vector<DcmTagKey>& identity_attributes() {
  static const std::vector<DcmTagKey> tags = {DCM_PatientName, DCM_PatientID,       DCM_PatientBirthDate,
                                              DCM_PatientSex,  DCM_StudyID,         DCM_StudyDate,
                                              DCM_StudyTime,   DCM_AccessionNumber, DCM_ReferringPhysicianName};
  return tags;
}

const std::vector<DcmTagKey>& descriptive_attributes() {
  static const std::vector<DcmTagKey> tags = {
      // Patient
      DCM_IssuerOfPatientID, DCM_TypeOfPatientID, DCM_IssuerOfPatientIDQualifiersSequence, DCM_OtherPatientIDsSequence,
      DCM_OtherPatientNames, DCM_PatientBirthTime, DCM_QualityControlSubject, DCM_EthnicGroup, DCM_PatientComments,
      DCM_ReferencedPatientSequence, DCM_PatientSpeciesDescription, DCM_PatientSpeciesCodeSequence,
      DCM_PatientBreedDescription, DCM_PatientBreedCodeSequence, DCM_BreedRegistrationSequence, DCM_ResponsiblePerson,
      DCM_ResponsiblePersonRole, DCM_ResponsibleOrganization,
      // General Study
      DCM_StudyDescription, DCM_ProcedureCodeSequence, DCM_IssuerOfAccessionNumberSequence, DCM_ConsultingPhysicianName,
      DCM_PhysiciansOfRecord, DCM_NameOfPhysiciansReadingStudy,
      // Patient Study
      DCM_AdmittingDiagnosesDescription, DCM_AdmittingDiagnosesCodeSequence, DCM_PatientAge, DCM_PatientSize,
      DCM_PatientWeight, DCM_MedicalAlerts, DCM_Allergies, DCM_SmokingStatus, DCM_PregnancyStatus,
      DCM_LastMenstrualDate, DCM_PatientState, DCM_Occupation, DCM_AdditionalPatientHistory, DCM_AdmissionID,
      DCM_IssuerOfAdmissionIDSequence, DCM_ServiceEpisodeID, DCM_ServiceEpisodeDescription, DCM_PatientSexNeutered,
      // Clinical Trial Study
      DCM_ClinicalTrialTimePointID, DCM_ClinicalTrialTimePointDescription};
  return tags;
}

const std::vector<DcmTagKey>& clinical_trial_attributes() {
  static const std::vector<DcmTagKey> tags = {DCM_ClinicalTrialSponsorName,     DCM_ClinicalTrialProtocolID,
                                              DCM_ClinicalTrialProtocolName,    DCM_ClinicalTrialSiteID,
                                              DCM_ClinicalTrialSiteName,        DCM_ClinicalTrialSubjectID,
                                              DCM_ClinicalTrialSubjectReadingID};
  return tags;
}

}  // namespace inferad::results
