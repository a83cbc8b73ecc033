#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Speaks the worker protocol and misbehaves as told: fake_worker.py serve --fd N [--at-start HOW]; the last part of a
job's folder says what to do with the job."""
import json
import os
import signal
import socket
import sys
import time

peer = socket.socket(fileno=int(sys.argv[sys.argv.index("--fd") + 1]))
at_start = sys.argv[sys.argv.index("--at-start") + 1] if "--at-start" in sys.argv else ""


def say(**message):
    peer.sendall((json.dumps(message) + "\n").encode())


def descriptors():
    open_ones = []
    for name in os.listdir("/proc/self/fd"):
        try:
            os.fstat(int(name))
            open_ones.append(int(name))
        except OSError:
            pass
    return open_ones


def start():
    if at_start == "exit":
        sys.exit(78)
    if at_start == "hang":
        time.sleep(60)
    if at_start == "slow":
        time.sleep(0.5)
    if at_start == "garbage":
        peer.sendall(b"hello\n")
        time.sleep(60)
    if at_start == "refuse":
        say(event="refused", pipeline="p", reason="weights differ from model.json")
    for pipeline in ("bad", "p"):
        if f"--leave-out={pipeline}" in sys.argv:
            continue
        say(event="loading", pipeline=pipeline)
        if pipeline == "bad" and at_start == "hang-in-load":
            time.sleep(60)
        if pipeline == "bad" and at_start == "die-in-load":
            os.kill(os.getpid(), signal.SIGSEGV)
        if pipeline == "bad" and at_start == "die-once-in-load":
            mark = sys.argv[sys.argv.index("--mark") + 1]
            if not os.path.exists(mark):
                open(mark, "w").close()
                os.kill(os.getpid(), signal.SIGSEGV)
    offered = [] if at_start == "refuse" else [{"name": "p", "version": "1.0", "models": [{"name": "m", "sha256": "a" * 64}]}]
    say(event="ready", pipelines=offered, blas="none")


def done(job, **changes):
    say(**{"event": "done", "job": job, "outcome": "done", "reason": "", "objects": [{"file": "seg.dcm", "kind": "SEG"}, {"file": "sr.dcm", "kind": "SR"}], **changes})


def run(job, how):
    if how == "die":
        os.kill(os.getpid(), signal.SIGSEGV)
    if how == "exit":
        sys.exit(3)
    if how == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    if how == "flood":
        line = (json.dumps({"event": "progress", "job": job, "stage": "infer", "fraction": 0.5}) + "\n").encode() * 100
        while True:
            peer.sendall(line)
    if how == "garbage":
        peer.sendall(b"\xff\xfe{]\n")
    if how == "long":
        peer.sendall(b"x" * (1 << 20))
    if how == "other":
        say(event="findings", job="999")
    if how == "talk":
        done(job)
        time.sleep(0.1)
        say(event="findings", job=job)
        time.sleep(60)
    if how == "talk-at-once":
        peer.sendall((json.dumps({"event": "done", "job": job, "outcome": "done", "objects": []}) + "\nmore").encode())
        time.sleep(60)
    if how == "decline":
        return done(job, outcome="not_analysed", reason="too thick", objects=[{"file": "sr.dcm", "kind": "SR"}])
    if how == "inspect":
        return done(job, reason=json.dumps({"fds": len(descriptors()), "pid": os.getpid(),
                                            "group": os.getpgid(0) == os.getpid()}))
    if how == "wait":
        time.sleep(0.4)
    say(event="progress", job=job, stage="load", fraction=0.5)
    say(event="findings", job=job)
    done(job)


start()
for line in peer.makefile("r", encoding="utf-8"):
    order = json.loads(line)
    assert order["do"] == "run"
    run(order["job"], os.path.basename(order["folder"]))
