# SPDX-License-Identifier: Apache-2.0
"""A real node for tests: configuration, process, HTTP, and the peers around it (storescp, storescu, an MLLP receiver).

Everything listens on loopback, on ports the system gives; only processes started here are ended, by pid.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

SUPPORT = pathlib.Path(__file__).resolve().parent
SOURCE = SUPPORT.parents[1]
INFERAD = pathlib.Path(os.environ.get("INFERAD", SOURCE / "build" / "bin" / "inferad"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, condition, seconds=60, every=0.05):
    """The first true value of condition(); AssertionError names what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(every)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


def end(process, seconds=20):
    """SIGTERM, then SIGKILL; the exit status."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode


def make_phantom(out, *options):
    subprocess.run([str(SUPPORT / "phantom.py"), str(out), *map(str, options)], check=True, stdout=subprocess.DEVNULL)
    return pathlib.Path(out)


def copy_study(source, target, number):
    """The DICOM files of `source` as another study of another patient; gives its Study Instance UID."""
    import pydicom

    target.mkdir(parents=True)
    study = None
    for file in sorted(pathlib.Path(source).iterdir()):
        data = pydicom.dcmread(file)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID"):
            setattr(data, keyword, f"{getattr(data, keyword)[:55]}.{number}")
        data.file_meta.MediaStorageSOPInstanceUID = data.SOPInstanceUID
        data.PatientID = f"ID-{number}"
        data.PatientName = f"Kill^Test{number}"
        data.AccessionNumber = f"A{number}"
        data.save_as(target / file.name)
        study = data.StudyInstanceUID
    return study


class Node:
    """inferad serve in a folder of its own."""

    def __init__(self, folder, results=(), hl7=(), query=None, **sections):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.dicom, self.http = free_port(), free_port()
        self.process = None
        peers = [{"name": "sender", "ae_title": "*", "addresses": ["127.0.0.0/8"], "roles": ["send"]}]
        for name, ae_title, port, *_ in results:
            peers.append({"name": name, "ae_title": ae_title, "host": "127.0.0.1", "port": port,
                          "roles": ["receive_results"]})
        if query:
            name, ae_title, port = query
            peers.append({"name": name, "ae_title": ae_title, "host": "127.0.0.1", "port": port, "roles": ["query"]})
        config = {
            "ae_title": "INFERAD",
            "data_folder": str(self.folder / "var"),
            "pipelines_folder": str(SOURCE / "pipelines" / "catalog"),
            "models_folder": str(SOURCE / "models"),
            "routing_file": str(SOURCE / "config" / "routing.json"),
            "dicom": {"port": self.dicom},
            "http": {"port": self.http},
            "storage": {"free_bytes_min": 1 << 20},
            "assembler": {"quiet_s": 3},
            "retry": {"first_s": 1, "max_s": 2},
            "worklist": {"alarm_results": 0},  # every study of these tests is positive
            "peers": peers,
            "results": [{"peer": name, **(profile[0] if profile else {})} for name, _, _, *profile in results],
            "hl7": [{"name": name, "host": "127.0.0.1", "port": port} for name, port in hl7],
        }
        if query:
            config["assembler"]["query_peer"] = query[0]
            config["assembler"]["query_interval_s"] = 1
        for section, values in sections.items():
            config[section] = {**config.get(section, {}), **values} if isinstance(values, dict) else values
        self.config = self.folder / "inferad.json"
        self.config.write_text(json.dumps(config, indent=2))
        self.log = self.folder / "inferad.log"

    def start(self, wait=True, **environment):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(INFERAD), "serve", "--config", str(self.config)], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env={**os.environ, **environment},
                                            start_new_session=True)  # Ctrl-C is for us; we end it in order
        if wait:
            wait_for("the node to answer", lambda: self.process.poll() is not None or self.status("/healthz") == 200, 30)
            if self.process.poll() is not None:
                raise AssertionError(f"inferad ended with {self.process.returncode}:\n{self.log.read_text()[-2000:]}")
        return self

    def stop(self):
        return end(self.process)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def status(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=5) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return None

    def get(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.http}{path}", timeout=10) as answer:
            return json.load(answer)

    def study(self, uid):
        """The worklist entry of a study, or None."""
        try:
            entries = self.get("/api/v1/worklist")["entries"]
        except OSError:
            return None
        return next((entry for entry in entries if entry["study_uid"] == uid), None)

    def wait_study(self, uid, *states, seconds=120):
        return wait_for(f"study in state {'/'.join(states)}",
                        lambda: (e := self.study(uid)) and e["ai_state"] in states and e, seconds, 0.1)


def send(folder, port, called="INFERAD", calling="STORESCU", options=()):
    """storescu with all files of a folder. Gives the files that were answered with success, and its exit status."""
    files = sorted(str(file) for file in pathlib.Path(folder).iterdir())
    done = subprocess.run(["storescu", "-v", "-R", "-aec", called, "-aet", calling, *options, "127.0.0.1", str(port),
                           *files], capture_output=True, text=True, env={**os.environ, "TCP_NODELAY": "1"})
    current, stored = None, []
    for line in (done.stdout + done.stderr).splitlines():
        if match := re.match(r"I: Sending file: (.*)", line):
            current = match.group(1)
        elif line.startswith("I: Received Store Response (Success)"):
            stored.append(current)
    return stored, done.returncode


class StoreScp:
    """DCMTK's storescp: keeps every object it is sent in a file of its own, also when it comes twice."""

    def __init__(self, folder, ae_title="ARCHIVE", port=None, accepts=()):
        """`accepts`: SOP classes by DCMTK's names, and no others; none: all that storescp knows."""
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.accepted = ["+xa"]
        if accepts:
            profile = self.folder.with_suffix(".cfg")
            profile.write_text("[[TransferSyntaxes]]\n[Plain]\nTransferSyntax1 = LocalEndianExplicit\n"
                               "TransferSyntax2 = LittleEndianImplicit\n[[PresentationContexts]]\n[Only]\n"
                               + "".join(f"PresentationContext{number} = {name}\\Plain\n"
                                         for number, name in enumerate(("VerificationSOPClass", *accepts), 1))
                               + "[[Profiles]]\n[Narrow]\nPresentationContexts = Only\n")
            self.accepted = ["-xf", str(profile), "Narrow"]
        self.ae_title, self.port = ae_title, port or free_port()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            ["storescp", "+uf", *self.accepted, "--bit-preserving", "-aet", self.ae_title, "-od", str(self.folder), str(self.port)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "TCP_NODELAY": "1", "LD_PRELOAD": str(loopback_shim(self.folder.parent))})
        wait_for("storescp to listen", lambda: listening(self.port), 10)
        return self

    def stop(self):
        if self.process:
            end(self.process)

    def objects(self):
        """What was received: pydicom data sets with the file's bytes after the meta header as `raw`."""
        import pydicom

        found = []
        for file in sorted(self.folder.iterdir()):
            try:
                data = pydicom.dcmread(file)
            except Exception:  # a file that storescp is writing
                continue
            data.raw_path = file
            found.append(data)
        return found


class MllpListener:
    """An HL7 receiver that acknowledges and keeps what it got."""

    def __init__(self, folder, *options):
        self.log = pathlib.Path(folder) / "hl7.jsonl"
        self.port = free_port()
        self.options = options
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, str(SUPPORT / "mllp_listener.py"), "--port", str(self.port), "--log", str(self.log),
             *self.options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        wait_for("the HL7 receiver to listen", lambda: listening(self.port), 10)
        return self

    def stop(self):
        if self.process:
            end(self.process)

    def messages(self):
        if not self.log.exists():
            return []
        lines = [json.loads(line) for line in self.log.read_text().splitlines() if line.strip()]
        return [line for line in lines if line.get("event") == "message"]


class WebReceiver:
    """An HTTP receiver (web_receiver.py) that keeps what it got; with --fhir a small FHIR server."""

    def __init__(self, folder, *options, name="web", program="web_receiver.py"):
        self.program = program
        self.log = pathlib.Path(folder) / f"{name}.jsonl"
        self.port = free_port()
        self.options = options
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, str(SUPPORT / self.program), "--port", str(self.port), "--log", str(self.log),
             *self.options], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        wait_for(f"{self.program} to listen", lambda: listening(self.port), 10)
        return self

    def stop(self):
        if self.process:
            end(self.process)

    def requests(self):
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [json.loads(line) for line in lines]


class MailReceiver(WebReceiver):
    """A mail server (mail_receiver.py) that keeps what it got."""

    def __init__(self, folder, *options):
        super().__init__(folder, *options, name="mail", program="mail_receiver.py")

    def mails(self):
        return self.requests()


def listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def loopback_shim(folder):
    """Builds the shim that turns a bind to all addresses into one to loopback."""
    shim = pathlib.Path(folder) / "loopback-bind.so"
    if not shim.exists():
        made = shim.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(SUPPORT / "loopback-bind.c"), "-ldl"],
                       check=True)
        made.rename(shim)
    return shim


def missing_tools(*names):
    return [name for name in names if not shutil.which(name)]


class Orthanc:
    """Orthanc as the hospital's PACS; `route_to` = (name, AE title, port) of the node it pushes new images to."""

    def __init__(self, folder, route_to=None, route_on="study", ae_title="PACS"):
        self.folder = pathlib.Path(folder)
        self.dicom, self.http = free_port(), free_port()
        self.ae_title, self.route_to, self.route_on = ae_title, route_to, route_on

    def start(self):
        command = [str(SUPPORT / "pacs-up"), str(self.folder), "--dicom-port", str(self.dicom), "--http-port",
                   str(self.http), "--aet", self.ae_title, "--stable-age", "1"]
        if self.route_to:
            name, ae_title, port = self.route_to
            command += ["--modality", f"{name}={ae_title}@127.0.0.1:{port}", "--route-to", name, "--route-on",
                        self.route_on]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        return self

    def stop(self):
        subprocess.run([str(SUPPORT / "pacs-down"), str(self.folder)], check=False, stdout=subprocess.DEVNULL)

    def request(self, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", data=body)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.request(path))

    def post(self, path, value):
        return json.loads(self.request(path, json.dumps(value).encode()))

    def store(self, folder):
        for file in sorted(pathlib.Path(folder).iterdir()):
            self.request("/instances", file.read_bytes())

    def instances(self, study_uid, modality):
        """Orthanc's ids of the instances of one modality in a study."""
        query = {"Level": "Series", "Query": {"StudyInstanceUID": study_uid, "Modality": modality}, "Expand": True}
        return [instance for series in self.post("/tools/find", query) for instance in series["Instances"]]

    def instance(self, sop_instance_uid):
        """Orthanc's id of an instance."""
        found = json.loads(self.request("/tools/lookup", sop_instance_uid.encode()))
        return next(each["ID"] for each in found if each["Type"] == "Instance")

    def file(self, instance):
        return self.request(f"/instances/{instance}/file")
