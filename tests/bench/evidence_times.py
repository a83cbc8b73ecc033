#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long evidence takes on a ledger of months, and whether anybody waits for it: GET /metrics and the reading list,
asked all the time while the table is counted, and the table itself, cold and warm.

    evidence_times.py [--studies N] [--days N] [--keep FOLDER]
"""
import argparse
import json
import pathlib
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import node as support  # noqa: E402

MINUTE, DAY = 60_000, 86_400_000
DONE, ROUTINE, HIGH = 3, 2, 1
# pipeline, versions, [(finding, prevalence, sensitivity, specificity)]; the first finding asks for HIGH
PIPELINES = [("dx-chest-triage", ["1.2.0"], [("Pneumothorax", 0.03, 0.88, 0.97), ("Pleural effusion", 0.12, 0.91, 0.94)]),
             ("ct-lung-density", ["1.0.0", "1.1.0"], [("Emphysema", 0.15, 0.93, 0.9)])]
MAKERS, SITES = ["SIEMENS", "GE MEDICAL SYSTEMS", "Philips", "Canon", "Fujifilm"], ["Main hospital", "Clinic North"]


def document(pipeline, version, found):
    items = [{"id": name.lower().replace(" ", "-"), "concept": {"value": "1", "scheme": "99X", "meaning": name},
              "presence": "present" if there else "absent", "certainty": 0.87, "measurements": [
                  {"name": {"value": "2", "scheme": "99X", "meaning": "Score"}, "value": 0.12345678, "unit": "1",
                   "description": "x" * 400}]} for name, there in found]
    head = {"outcome": "analysed", "pipeline": pipeline, "pipeline_version": version,
            "algorithm": {"name": pipeline, "model_sha256": "0" * 64, "note": "x" * 300}, "items": items}
    return json.dumps({**head, **({"priority": {"level": "HIGH", "finding": items[0]["id"]}} if found[0][1] else {})})


def rows(studies, days):
    """Per study: (study, jobs, words, statements), the sick ones known to us as to no site."""
    chance, now = random.Random(4711), int(time.time() * 1000)
    free = [0] * max(3, round(studies / days / 130))  # readers: when each has time again
    waiting = 0
    for number in range(1, studies + 1):
        arrived = now - days * DAY + DAY // 4 + (number - 1) * (days * DAY - DAY // 2) // studies
        jobs, words, truths, raised = [], [], [], False
        for index, (pipeline, versions, findings) in enumerate(PIPELINES):
            version = versions[min(len(versions) - 1, number * len(versions) // (studies + 1))]
            found = []
            for name, prevalence, sensitivity, specificity in findings:
                sick = chance.random() < prevalence
                said = chance.random() < (sensitivity if sick else 1 - specificity)
                found.append((name, said))
                if chance.random() < 0.2:
                    truths.append((number, name, sick))
                if chance.random() < (0.3 if said else 0.01):
                    words.append((number, 2 * number - 1 + index, name, said == sick))
            raised = raised or found[0][1]
            jobs.append((2 * number - 1 + index, pipeline, version, document(pipeline, version, found), found[0][1]))
        reader = min(range(len(free)), key=free.__getitem__)
        waiting = max(arrived + 4 * MINUTE, free[reader])
        started = arrived + 4 * MINUTE + (waiting - arrived) // 6 if raised else waiting + chance.randrange(20) * MINUTE
        free[reader] = max(started, free[reader]) + chance.randrange(2, 10) * MINUTE
        yield arrived, started, chance.choice("MF"), chance.randrange(1, 95), chance.choices(MAKERS, [8, 6, 4, 2, 1])[0], \
            chance.choice(SITES), raised, jobs, words, truths


def fill(ledger, studies, days):
    do = ledger.execute
    for number, (arrived, started, sex, age, maker, site, raised, jobs, words, truths) in enumerate(rows(studies, days), 1):
        do("INSERT INTO study (id, study_uid, calling_ae, images, first_image_at, last_image_at, order_level, header_level, ai_level,"
           " level, complete_at, sex, age, institution, modality, accession_number) VALUES (?, ?, 'PACS', 1, ?, ?, ?, ?, ?, ?, ?, ?,"
           " ?, ?, 'DX', ?)", (number, f"2.25.{number}", arrived, arrived, ROUTINE, ROUTINE, HIGH if raised else None,
                               HIGH if raised else ROUTINE, arrived, sex, f"{age:03}Y", site, f"A{number}"))
        header = {"Manufacturer": maker, **{f"Attribute{i}": "value of a header" for i in range(40)}}
        do("INSERT INTO series (id, study_id, series_uid, modality, description, attributes) VALUES (?, ?, ?, 'DX', '', ?)",
           (number, number, f"2.25.{number}.1", json.dumps(header)))
        do("INSERT INTO instance VALUES (?, ?, ?, ?, '1', '1', 1, 0, 1000, '', 'PACS', ?, '{}')",
           (number, number, number, f"2.25.{number}.1.1", arrived))
        at = arrived + 2 * MINUTE
        for job, pipeline, version, text, asks in jobs:
            do("INSERT INTO job (id, study_id, pipeline, pipeline_version, revision, series_json, state, created_at, started_at,"
               " findings_at, finished_at, findings_json) VALUES (?, ?, ?, ?, 1, '[]', ?, ?, ?, ?, ?, ?)",
               (job, number, pipeline, version, DONE, at, at, at, at, text))
            if asks:
                do("INSERT INTO decision (job_id, study_id, level, reason, pipeline, pipeline_version, model_sha256, score_name,"
                   " decided_at) VALUES (?, ?, ?, '', ?, ?, '', '', ?)", (job, number, HIGH, pipeline, version, at))
        for study, job, name, agrees in words:
            do("INSERT INTO feedback (study_id, job_id, finding, label, presence, opinion, reader, comment, pipeline_version,"
               " model_sha256, at) VALUES (?, ?, ?, ?, 'present', ?, 'AB', '', '', '', ?)",
               (study, job, name.lower().replace(" ", "-"), name, 1 if agrees else 2, started))
        for study, name, sick in truths:
            do("INSERT OR IGNORE INTO report_statement VALUES (?, ?, ?, 'HL7 ORU^R01', ?)", (study, name, sick, started))
        if number <= studies - 200:
            do("INSERT INTO reading_start (study_id, at, level, stat_waited, reader) VALUES (?, ?, ?, 0, 'AB')",
               (number, started, HIGH if raised else ROUTINE))
            do("INSERT INTO reading_finish (study_id, at, source) VALUES (?, ?, 'HL7 ORU^R01')", (number, started + 5 * MINUTE))


def asked(node, path):
    """Status, seconds."""
    begin = time.monotonic()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{node.http}{path}", timeout=60) as answer:
            answer.read()
            status = answer.status
    except urllib.error.HTTPError as error:
        status = error.code
    return status, time.monotonic() - begin


def times(name, seconds):
    print(f"{name:28} n {len(seconds):5}  median {1e3 * statistics.median(seconds):7.1f} ms  longest {1e3 * max(seconds):7.1f} ms")


def watch(node, path, stop, seconds):
    while not stop.is_set():
        seconds.append(asked(node, path)[1])
        time.sleep(0.02)


def counted(node, days):
    """Seconds until the table is there, and the longest that one request for it took."""
    begin, longest = time.monotonic(), 0.0
    while True:
        status, seconds = asked(node, f"/api/v1/evidence?days={days}")
        longest = max(longest, seconds)
        if status == 200:
            return time.monotonic() - begin, longest
        time.sleep(0.2)


def measure(node, days):
    stop, watched = threading.Event(), {path: [] for path in ("/metrics", "/api/v1/worklist")}
    threads = [threading.Thread(target=watch, args=(node, path, stop, seconds)) for path, seconds in watched.items()]
    for thread in threads:
        thread.start()
    for name, of in (("first, nothing known", days), ("of other days, jobs known", days - 1)):
        total, longest = counted(node, of)
        print(f"evidence {name:28} ready after {total:6.2f} s, longest request {1e3 * longest:6.1f} ms")
    stop.set()
    for thread in threads:
        thread.join()
    times("evidence, made before", [asked(node, f"/api/v1/evidence?days={days}")[1] for _ in range(10)])
    times("page /evidence", [asked(node, "/evidence")[1] for _ in range(10)])
    for path, seconds in watched.items():
        times(f"{path}, while counting", seconds)
        times(f"{path}, alone", [asked(node, path)[1] for _ in range(20)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--studies", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--keep", type=pathlib.Path, help="leave the node's folder there, and use it again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="inferad-bench-") as name:
        folder = options.keep or pathlib.Path(name)
        file = folder / "var" / "ledger.db"
        fresh = not file.exists()
        node = support.Node(folder, workers={"count": 0}).start()
        if fresh:
            node.stop()
            begin = time.monotonic()
            with sqlite3.connect(file) as ledger:
                fill(ledger, options.studies, options.days)
            ledger.close()
            print(f"{options.studies} studies made in {time.monotonic() - begin:.0f} s, ledger of {file.stat().st_size >> 20} MiB")
            node.start()
        try:
            measure(node, options.days)
        finally:
            node.stop()


if __name__ == "__main__":
    main()
