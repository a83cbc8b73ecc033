// SPDX-License-Identifier: Apache-2.0
// Migration to version 13 of the ledger.
#pragma once

namespace inferad::store {

// Where the reading of a study stands, beside the rows that say so: the list is found without a look at all that was
// ever read. 0 waits, 1 started, 2 finished.
inline constexpr const char* kReadingOfStudies = R"sql(
ALTER TABLE study ADD COLUMN reading INTEGER NOT NULL DEFAULT 0;
CREATE VIEW reading_now AS SELECT s.id AS study_id, CASE
  WHEN EXISTS (SELECT 1 FROM reading_finish f WHERE f.study_id = s.id AND f.retracted_at IS NULL) THEN 2
  WHEN EXISTS (SELECT 1 FROM reading_start r WHERE r.study_id = s.id AND r.released_at IS NULL) THEN 1
  ELSE 0 END AS reading FROM study s;
UPDATE study SET reading = (SELECT n.reading FROM reading_now n WHERE n.study_id = study.id);
CREATE INDEX study_reading ON study (reading, last_image_at DESC);
CREATE TRIGGER reading_starts AFTER INSERT ON reading_start BEGIN
  UPDATE study SET reading = (SELECT n.reading FROM reading_now n WHERE n.study_id = study.id) WHERE id = NEW.study_id;
END;
CREATE TRIGGER reading_released AFTER UPDATE ON reading_start BEGIN
  UPDATE study SET reading = (SELECT n.reading FROM reading_now n WHERE n.study_id = study.id) WHERE id = NEW.study_id;
END;
CREATE TRIGGER reading_finishes AFTER INSERT ON reading_finish BEGIN
  UPDATE study SET reading = (SELECT n.reading FROM reading_now n WHERE n.study_id = study.id) WHERE id = NEW.study_id;
END;
CREATE TRIGGER reading_reopens AFTER UPDATE ON reading_finish BEGIN
  UPDATE study SET reading = (SELECT n.reading FROM reading_now n WHERE n.study_id = study.id) WHERE id = NEW.study_id;
END;
)sql";

}  // namespace inferad::store
