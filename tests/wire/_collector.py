"""A collector of traces: an HTTP server that takes OTLP as JSON and keeps every span."""

import http.server
import json
import ssl
import threading
import time

SECONDS_MAX = 30


def value_of(value: dict):
    [(kind, found)] = value.items()
    return int(found) if kind == "intValue" else found


class Span:
    """One span as it arrived, its attributes by name."""

    def __init__(self, resource: dict, span: dict):
        self.resource = resource
        self.raw = span
        self.name = span["name"]
        self.trace = span["traceId"]
        self.id = span["spanId"]
        self.parent = span.get("parentSpanId", "")
        self.kind = span["kind"]
        self.links = [(link["traceId"], link["spanId"]) for link in span.get("links", [])]
        self.nanoseconds = int(span["endTimeUnixNano"]) - int(span["startTimeUnixNano"])
        self.attributes = {one["key"]: value_of(one["value"]) for one in span["attributes"]}

    def __repr__(self) -> str:
        return json.dumps(self.raw)


class Collector:
    """Answers with what `answers` has, one after the other, then always with 200."""

    def __init__(self, tls: ssl.SSLContext | None = None):
        self.spans: list[Span] = []
        self.requests: list[dict] = []  # heads, with "path"
        self.answers: list[tuple[int, dict, bytes]] = []
        collector = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.requests.append({"path": self.path, **{name.lower(): value for name, value in self.headers.items()}})
                status, headers, answer = collector.answers.pop(0) if collector.answers else (200, {}, b"{}")
                if status == 200:
                    collector.take(json.loads(body))
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), "Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.scheme = "https" if tls else "http"
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def take(self, request: dict) -> None:
        for of_resource in request["resourceSpans"]:
            resource = {one["key"]: value_of(one["value"]) for one in of_resource["resource"]["attributes"]}
            for of_scope in of_resource["scopeSpans"]:
                self.spans += [Span(resource, span) for span in of_scope["spans"]]

    def named(self, name: str, count: int = 1) -> list[Span]:
        """Waits for so many spans of that name."""
        deadline = time.monotonic() + SECONDS_MAX
        while len(found := [span for span in self.spans if span.name == name]) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"no {count} spans {name}: {[span.name for span in self.spans]}")
            time.sleep(0.02)
        return found

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
