#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of HTTP requests on loopback, and with --fhir a small FHIR R4 server: resources with versions in memory,
GET, PUT and JSON PATCH with If-Match, POST [type]/_search by identifier; what comes to /hook is a webhook's.

Logs each request as a JSON line. Prints one line "ready PORT" when it listens. End it with SIGTERM.
"""
import argparse
import http.server
import json
import signal
import ssl
import sys
import urllib.parse


class Resources:
    """FHIR resources by "Type/id", as FHIR's RESTful API keeps them (R4 3.1.0)."""

    def __init__(self, files):
        self.kept, self.versions = {}, {}
        for file in files:
            with open(file, encoding="utf-8") as opened:
                self.put(json.load(opened))

    def put(self, resource):
        name = f"{resource['resourceType']}/{resource['id']}"
        self.versions[name] = self.versions.get(name, 0) + 1
        resource["meta"] = {"versionId": str(self.versions[name])}
        self.kept[name] = resource
        return resource

    def answer(self, method, path, headers, body):
        """(status, resource or None)"""
        if path.endswith("/_search") and method == "POST":
            system, _, value = urllib.parse.parse_qs(body)["identifier"][0].rpartition("|")
            found = [resource for name, resource in self.kept.items() if name.startswith(path.split("/")[0] + "/")
                     and any(one.get("value") == value and (not system or one.get("system") == system)
                             for one in resource.get("identifier", []))]
            return 200, {"resourceType": "Bundle", "type": "searchset", "total": len(found),
                         "entry": [{"resource": resource} for resource in found]}
        current = self.kept.get(path)
        if method == "GET":
            return (200, current) if current else (404, None)
        wanted = headers.get("If-Match")
        if wanted and (not current or wanted != f'W/"{current["meta"]["versionId"]}"'):
            return 412, None
        if method == "PUT":
            return (200 if current else 201), self.put(json.loads(body))
        if method == "PATCH" and current and headers.get("Content-Type") == "application/json-patch+json":
            changed = dict(current)
            for operation in json.loads(body):
                if operation["op"] not in ("add", "replace") or operation["path"].count("/") != 1:
                    return 422, None
                changed[operation["path"][1:]] = operation["value"]
            return 200, self.put(changed)
        return 400, None


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        with open(self.server.log, "a", encoding="utf-8") as log:
            log.write(json.dumps({"method": self.command, "path": self.path, "headers": dict(self.headers),
                                  "body": body}) + "\n")
        status, _, wait = (self.server.answers.pop(0) if self.server.answers else "200").partition(":")
        resource = None
        if self.server.resources and status == "200" and self.path != "/hook":
            status, resource = self.server.resources.answer(self.command, self.path.lstrip("/"), self.headers, body)
        content = json.dumps(resource).encode() if resource else b""
        self.send_response(int(status))
        if wait:
            self.send_header("Retry-After", wait)
        if resource and "meta" in resource:
            self.send_header("ETag", f'W/"{resource["meta"]["versionId"]}"')
        if int(status) // 100 == 3:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", "application/fhir+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PUT = do_PATCH = handle_any

    def log_message(self, *_):
        pass


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--log", required=True)
    options.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    options.add_argument("--answers", default="", help="statuses of the first requests, as 503,429:2 (2: Retry-After)")
    options.add_argument("--fhir", action="store_true")
    options.add_argument("--resource", action="append", default=[], help="JSON file with a resource that is there")
    chosen = options.parse_args()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", chosen.port), Receiver)
    server.log = chosen.log
    server.answers = [answer for answer in chosen.answers.split(",") if answer]
    server.resources = Resources(chosen.resource) if chosen.fhir else None
    if chosen.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*chosen.tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"ready {server.server_address[1]}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
