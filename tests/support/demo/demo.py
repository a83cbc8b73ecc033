#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The driver of script/demo: a PACS, an HL7 receiver and the node on loopback; studies go into the PACS, which routes
them to the node; every stage is told as it happens; at the end the worklist, what the PACS holds, and the page."""
import argparse
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import node as support  # noqa: E402
import studies as sources  # noqa: E402
from follow import Follower  # noqa: E402

PLACE = support.SOURCE / "build" / "demo"
STUDY_SECONDS_MAX = 900
STARTED = time.time()


class Trouble(Exception):
    """What went wrong, in words for the person at the terminal."""


def say(text, title="", at=None):
    print(f"{(at or time.time()) - STARTED:7.1f} s  {title:<20} {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="script/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end when the results are there")
    parser.add_argument("--keep", action="store_true", help="keep logs, ledger and PACS of this run")
    parser.add_argument("--study", type=pathlib.Path, action="append", metavar="FOLDER",
                        help="DICOM files to send instead of the phantoms")
    return parser.parse_args()


def get_studies(folders):
    if folders:
        return sources.own(folders)
    say("making three chest CT phantoms with known truth (the first time about a minute, then kept in build/demo)")
    return sources.phantoms(PLACE / "phantoms")


class Scene:
    """The three processes; stop() ends exactly those."""

    def __init__(self, folder):
        dicom = support.free_port()
        self.pacs = support.Orthanc(folder / "pacs", route_to=("inferad", "INFERAD", dicom))
        self.receiver = support.MllpListener(folder)
        self.node = support.Node(folder / "node", results=[("PACS", "PACS", self.pacs.dicom)],
                                 query=("PACS-count", "PACS", self.pacs.dicom), hl7=[("RIS", self.receiver.port)],
                                 dicom={"port": dicom})
        self.node.dicom = dicom
        self.to_end = []  # of what was started

    def start(self):
        self.to_end.append(self.receiver.stop)
        self.receiver.start()
        self.to_end.append(self.pacs.stop)
        self.pacs.start()
        say(f"PACS (Orthanc) is up: AE title PACS, DICOM port {self.pacs.dicom}, http://127.0.0.1:{self.pacs.http}")
        say(f"HL7 receiver is up: MLLP port {self.receiver.port}")
        self.to_end.append(lambda: self.node.process and self.node.stop())
        self.node.start()
        say(f"inferad is up: AE title INFERAD, DICOM port {self.node.dicom}, http://127.0.0.1:{self.node.http}/")
        support.wait_for("the models to be loaded and warm",
                         lambda: self.node.status("/readyz?check=inference") == 200, 120)
        say("models are loaded and warm")

    def stop(self):
        for end in reversed(self.to_end):
            try:
                end()
            except (OSError, subprocess.SubprocessError) as error:
                print(f"script/demo: {error}", file=sys.stderr)


class Sender(threading.Thread):
    """Stores the studies in the PACS, one after the other, as modalities would."""

    def __init__(self, pacs, studies):
        super().__init__(daemon=True)
        self.pacs, self.studies, self.error, self.done = pacs, studies, None, False

    def run(self):
        try:
            for study in self.studies:
                say(f"{len(study.files)} images go into the PACS", study.title)
                for file in study.files:
                    self.pacs.request("/instances", file.read_bytes())
                say("is in the PACS, which routes it on", study.title)
            self.done = True
        except OSError as error:
            self.error = f"the PACS did not take the images: {error}"

    def finished(self):
        if self.error:
            raise Trouble(self.error)
        return self.done


def heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def show_worklist(node):
    heading("The reading worklist (inferad worklist)")
    subprocess.run([str(support.INFERAD), "worklist", "--config", str(node.config)], check=False)


def show_pacs(pacs, studies):
    """Reads back from the PACS; True when every analysed study has its SR there."""
    heading("What the PACS holds now (read back from it)")
    reports = 0
    for study in studies:
        print(study.title)
        query = {"Level": "Series", "Query": {"StudyInstanceUID": study.uid}, "Expand": True}
        for series in sorted(pacs.post("/tools/find", query), key=lambda one: one["MainDicomTags"]["Modality"]):
            tags = series["MainDicomTags"]
            reports += tags["Modality"] == "SR"
            print(f"    {tags['Modality']:<4} {len(series['Instances']):>4} objects  {tags.get('SeriesDescription', '')}")
    return reports


def show_messages(receiver):
    heading("What the HL7 receiver got")
    for message in receiver.messages():
        segments = [line.split("|") for line in message["raw"].splitlines()]
        value = {line[0]: line for line in segments}
        priority = value["TQ1"][9] if "TQ1" in value else value["ORC"][7].split("^")[-1]
        print(f"    {message['type']}  priority {priority}  answered {message['ack']}  {value['NTE'][3] if 'NTE' in value else ''}")


def show_times(follower):
    heading("Seconds after the last image of the study was stored at the node")
    print(f"    {'':<20} {'priority':>9} {'HL7 ack':>9} {'SEG':>9} {'SR in PACS':>11}")
    for title, values in follower.times():
        texts = ["-" if value is None else f"{value:.2f}" for value in values]
        print(f"    {title:<20} {texts[0]:>9} {texts[1]:>9} {texts[2]:>9} {texts[3]:>11}")
    print("    (no priority: time of the findings. Studies that arrive together wait for one another.)")


def play(options, scene):
    studies = get_studies(options.study)
    scene.start()
    follower = Follower(scene.node, studies, say)
    sender = Sender(scene.pacs, studies)
    sender.start()
    in_time = follower.follow(sender.finished, STUDY_SECONDS_MAX)
    show_worklist(scene.node)
    reports = show_pacs(scene.pacs, studies)
    show_messages(scene.receiver)
    if not in_time:
        raise Trouble(f"not everything was finished after {STUDY_SECONDS_MAX} s")
    show_times(follower)
    print(f"\nReading worklist: http://127.0.0.1:{scene.node.http}/     operations: http://127.0.0.1:{scene.node.http}/operations")
    expected = sum(detail["entry"]["ai_state"] == "done" for detail in follower.details.values())
    if reports < expected:
        raise Trouble(f"{expected} studies were analysed, and the PACS holds {reports} reports")
    if not options.once:
        print("Everything stays up until Ctrl-C.", flush=True)
        signal.pause()


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    options = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    PLACE.mkdir(parents=True, exist_ok=True)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=PLACE))
    scene, status = Scene(folder), 0
    try:
        play(options, scene)
    except KeyboardInterrupt:
        print("\nending")
        status = 130 if options.once else 0
    except (Trouble, AssertionError, ValueError, OSError, subprocess.CalledProcessError) as error:
        print(f"\nscript/demo: {error}", file=sys.stderr)
        status, options.keep = 1, True
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave processes behind
    scene.stop()
    if options.keep:
        print(f"kept: {folder} (node/inferad.log, pacs/orthanc.log)")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
