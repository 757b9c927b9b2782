"""Requests that strangers send to do harm, one row each: its bytes, and the answer that it must get.

`KEY` in a row stands where a credential goes: of nobody, a wrong one, or a right one (hostile_tables_test.py).
A row is answered once and nothing behind it is read as a request of its own: the connection closes.
"""

import os
import pathlib
from typing import NamedTuple

KEY = b"\0KEY\0"
SMUGGLED = b"GET /v1/topics/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
JSON = "Content-Type: application/json\r\n"
CLOSE = "Connection: close\r\n"
GROWTH_KIB_MAX = 48 << 10  # of the broker behind a table: buffers that are kept, and the newest records


class Row(NamedTuple):
    name: str
    raw: bytes
    status: int           # for everybody, if `stranger` says nothing else
    code: str = ""        # of the problem; of a success none
    stranger: int = 0     # who shows no key, or a wrong one, where keys are asked for
    quiet: bytes = b""    # what the answer must not hold


def request(method: str, path: str, fields: str = "", body: bytes = b"", host: str = "Host: localhost\r\n") -> bytes:
    return (f"{method} {path} HTTP/1.1\r\n{host}".encode("latin-1") + KEY + f"{fields}\r\n".encode("latin-1") + body)


def post(fields: str, body: bytes = b"", path: str = "/v1/topics/t/records") -> bytes:
    return request("POST", path, fields, body)


def chunked(body: bytes) -> bytes:
    return post("Transfer-Encoding: chunked\r\n" + JSON, body)


def sized(method: str, path: str, body: bytes, kind: str = "application/json", fields: str = "") -> bytes:
    return request(method, path, f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n{CLOSE}{fields}", body)


def get(path: str, fields: str = "", host: str = "localhost") -> bytes:
    return request("GET", path, CLOSE + fields, host=f"Host: {host}\r\n")


def refused_heads(cases: dict[str, bytes]) -> list[Row]:
    """Nobody is asked who he is before it is sure where his request ends."""
    return [Row(name, raw, 400, "invalid-request") for name, raw in cases.items()]


FRAMING = refused_heads({
    "unknown transfer encoding": post("Transfer-Encoding: gzip\r\n"),
    "identity": post("Transfer-Encoding: identity\r\n"),
    "chunked in a list": post("Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    "chunked first in a list": post("Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
    "chunked with a parameter": post("Transfer-Encoding: chunked;q=1\r\n", b"0\r\n\r\n"),
    "chunked with a letter before it": post("Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    "chunked behind a vertical tab": post("Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    "chunked in quotes": post('Transfer-Encoding: "chunked"\r\n', b"0\r\n\r\n"),
    "no transfer encoding in its field": post("Transfer-Encoding:\r\n"),
    "chunked, and a space before the colon": post("Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    "chunked, and a tab before the colon": post("Transfer-Encoding\t: chunked\r\n", b"0\r\n\r\n"),
    "chunked on a folded line": post("Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"),
    "chunked twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunked, then another": post("Transfer-Encoding: chunked\r\ntransfer-encoding: x\r\n", b"0\r\n\r\n"),
    "chunked and a length": post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", b"0\r\n\r\n"),
    "a length and chunked": post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunked on HTTP/1.0": b"POST /v1 HTTP/1.0\r\nHost: localhost\r\n" + KEY + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length twice": post("Content-Length: 0\r\nContent-Length: 0\r\n"),
    "two lengths": post("Content-Length: 0\r\nContent-Length: 55\r\n"),
    "length twice, spelt otherwise": post("Content-Length: 0\r\ncontent-length: 0\r\n"),
    "length as a list": post("Content-Length: 0, 0\r\n"),
    "length with a sign": post("Content-Length: +0\r\n"),
    "negative length": post("Content-Length: -1\r\n"),
    "hexadecimal length": post("Content-Length: 0x0\r\n"),
    "length with an exponent": post("Content-Length: 1e0\r\n"),
    "length with a blank in it": post("Content-Length: 0 0\r\n"),
    "length with a fraction": post("Content-Length: 0.0\r\n"),
    "length of 2^64": post("Content-Length: 18446744073709551616\r\n"),
    "length of fifty digits": post("Content-Length: " + "0" * 50 + "\r\n"),
    "no length in its field": post("Content-Length:\r\n"),
    "folded field": post("X: a\r\n b\r\n"),
    "field folded with a tab": post("X: a\r\n\tb\r\n"),
    "first field folded": b"GET / HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "space before the colon": post("Content-Length : 0\r\n"),
    "field without a name": post(": a\r\n"),
    "field without a colon": post("Content-Length\r\n"),
    "blank in a name": post("Content Length: 0\r\n"),
    "name that is not ASCII": post("Content-L\xe9ngth: 0\r\n"),
    "control character in a name": post("Content-\x01Length: 0\r\n"),
    "bare LF": post("X: a\n"),
    "bare LF at the end": b"GET / HTTP/1.1\r\nHost: localhost\r\n\n" + SMUGGLED,
    "LF everywhere": b"GET / HTTP/1.1\nHost: localhost\n\n" + SMUGGLED,
    "bare CR": post("X: a\rb\r\n"),
    "NUL": post("X: a\0b\r\n"),
    "escape": post("X: a\x1b[31mb\r\n"),
    "delete": post("X: a\x7fb\r\n"),
    "two hosts": post("Host: localhost\r\n"),
    "no host": b"GET / HTTP/1.1\r\n" + KEY + b"\r\n",
    "empty host": request("GET", "/", host="Host:\r\n"),
    "hosts in a list": request("GET", "/", host="Host: localhost, evil.example\r\n"),
    "host with a user": request("GET", "/", host="Host: evil@localhost\r\n"),
    "host with a path": request("GET", "/", host="Host: localhost/x\r\n"),
    "host with a blank": request("GET", "/", host="Host: localhost evil\r\n"),
    "host that is not ASCII": request("GET", "/", host="Host: l\xf6calhost\r\n"),
    "absolute target": request("GET", "http://localhost/"),
    "absolute target of another": request("GET", "http://evil.example/"),
    "target of a proxy": request("CONNECT", "localhost:80"),
    "* for another method": request("GET", "*"),
    "target without a slash": request("GET", "v1/topics"),
    "target above ASCII": request("GET", "/\xc3\xa9"),
    "target with a control character": request("GET", "/v1\x01"),
    "target with a NUL": request("GET", "/v1\0"),
    "target with a tab": request("GET", "/v1\ttopics"),
    "target with a blank": request("GET", "/v1 topics"),
    "target with a fragment": request("GET", "/v1#x"),
    "no target": b"GET HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "two blanks": b"GET  / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "tabs for blanks": b"GET\t/\tHTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a line before the request": b"\r\n" + request("GET", "/v1"),
    "method that is none": request("G(T", "/v1"),
    "method with a NUL": request("GE\0T", "/v1"),
    "no version": b"GET /\r\nHost: localhost\r\n\r\n",
    "another version": b"GET / HTTP/1.2\r\nHost: localhost\r\n\r\n",
    "an old version": b"GET / HTTP/0.9\r\nHost: localhost\r\n\r\n",
    "a version in small letters": b"GET / http/1.1\r\nHost: localhost\r\n\r\n",
    "a version with another digit": b"GET / HTTP/1.10\r\nHost: localhost\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "another protocol": b"EHLO localhost\r\n\r\n",
    "announced trailer": post("Trailer: X\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "an expectation that nobody knows": post("Expect: 200-ok\r\nContent-Length: 0\r\n"),
})

# What decides who asks, and for what, may be said once.
REPEATED = refused_heads({f"two of {field.split(':')[0]}": post(f"{field}\r\n{field.swapcase() if n % 2 else field}\r\n")
                          for n, field in enumerate((
                              "Authorization: Bearer a", "Authorization: Basic a", "Content-Type: a/b", "Origin: http://localhost",
                              "X-Amz-Date: 20260101T000000Z", "X-Amz-Target: AmazonSQS.ListQueues", "Idempotency-Key: a",
                              "Content-Encoding: identity", "Expect: 100-continue", "Host: localhost"))})

# A stranger's chunks are not even looked at.
CHUNKS = [Row(name, chunked(body), 400, "invalid-request", 401) for name, body in {
    "extension": b"2;a=b\r\n{}\r\n0\r\n\r\n",
    "extension without a name": b"2;\r\n{}\r\n0\r\n\r\n",
    "extension of the last chunk": b"2\r\n{}\r\n0;a=b\r\n\r\n",
    "endless extension": b"2;" + b"a" * 100_000,
    "extension with a line end in it": b"2;a\n{}\r\n0\r\n\r\n",
    "trailer": b"2\r\n{}\r\n0\r\nX: y\r\n\r\n",
    "trailer with a key": b"2\r\n{}\r\n0\r\nAuthorization: Bearer a\r\n\r\n",
    "trailers without end": b"2\r\n{}\r\n0\r\n" + b"X: y\r\n" * 10_000,
    "no size": b"\r\n{}\r\n0\r\n\r\n",
    "size with a sign": b"+2\r\n{}\r\n0\r\n\r\n",
    "negative size": b"-2\r\n{}\r\n0\r\n\r\n",
    "size with 0x": b"0x2\r\n{}\r\n0\r\n\r\n",
    "size behind a blank": b" 2\r\n{}\r\n0\r\n\r\n",
    "size before a blank": b"2 \r\n{}\r\n0\r\n\r\n",
    "size in other digits": b"g\r\n{}\r\n0\r\n\r\n",
    "size too long": b"000000002\r\n{}\r\n0\r\n\r\n",
    "size beyond 64 bits": b"10000000000000002\r\n{}\r\n0\r\n\r\n",
    "wrong size": b"1\r\n{}\r\n0\r\n\r\n",
    "larger size": b"3\r\n{}\r\n0\r\n\r\n",
    "bare LF": b"2\n{}\n0\n\n",
    "bare CR": b"2\r{}\r0\r\r",
    "no line end behind the data": b"2\r\n{}0\r\n\r\n",
    "LF alone behind the data": b"2\r\n{}\n0\r\n\r\n",
    "LF alone behind the last": b"2\r\n{}\r\n0\n\n",
}.items()] + [Row("a chunk of 4 GiB", chunked(b"ffffffff\r\n{"), 413, "batch-too-large", 401)]


def padded(size: int) -> bytes:
    """A request whose head has so many bytes, with the longest credential that is put in."""
    start = get("/livez", "Y: \r\n")
    return start[:-4] + b"y" * (size - len(start) + len(KEY) - KEY_BYTES) + b"\r\n\r\n"


KEY_BYTES = 120  # of every credential, and of what stands in its place
SIZES = [
    Row("the largest head", padded(16_384), 200),
    Row("a byte more", padded(16_385), 431, "headers-too-large"),
    Row("a hundred fields", get("/livez", "a:\r\n" * 96), 200),
    Row("one more", get("/livez", "a:\r\n" * 97), 431, "headers-too-large"),
    Row("thousands of fields", get("/livez", "a:\r\n" * 4_000), 431, "headers-too-large"),
    Row("a long line", get("/livez", "X: " + "x" * 16_500 + "\r\n"), 431, "headers-too-large"),
    Row("a long name", get("/livez", "x" * 16_500 + ": a\r\n"), 431, "headers-too-large"),
    Row("a head without end", request("GET", "/livez", "X: " + "x" * 200_000)[:-2], 431, "headers-too-large"),
    Row("fields without end", request("GET", "/livez", "X: y\r\n" * 50_000)[:-2], 431, "headers-too-large"),
    Row("the longest target", get("/errors/" + "a" * 8_184), 404, "not-found"),
    Row("a byte more in the target", get("/errors/" + "a" * 8_185), 414, "target-too-long"),
    Row("a target without end", b"GET /" + b"a" * 100_000, 414, "target-too-long"),
    Row("no line end at all", b"A" * 100_000, 414, "target-too-long"),
    Row("a body that is too large", post("Content-Length: 99999999999\r\n"), 413, "batch-too-large", 401),
    Row("a large body where none is wanted", post("Content-Length: 2000000\r\n", path="/v1/queues/q/purge"), 413,
        "batch-too-large", 401),
    Row("a compressed body", post("Content-Encoding: gzip\r\nContent-Length: 3\r\n" + CLOSE, b"abc"), 415,
        "unsupported-media-type", 401),
]

PATHS = [Row(path, get(path), 400, "invalid-request") for path in (
    "/v1/topics/a%2Fb", "/v1/topics/a%5cb", "/v1/topics/a\\b", "/v1/topics/%00", "/v1/topics/%0d%0aX:%20y", "/v1/topics/%7f", "/v1/topics/%1b",
    "/v1/../metrics", "/v1/topics/%2e%2e", "/v1/./topics", "/v1/topics/.%2E/keys", "/v1/topics%2f..%2fkeys", "/v1/topics/%ff",
    "/v1/topics/%c0%ae%c0%ae", "/v1/topics/%ed%a0%80", "/v1/topics/%zz", "/v1/topics/%", "/v1/topics/%2", "/..", "/ui/../../etc/passwd",
    "/ui/%2e%2e/%2e%2e/etc/passwd", "/ui/..%5c..%5cetc/passwd", "/errors/../metrics", "/v1/topics/t?a=%00%zz", "/v1/topics?limit=%ff",
)] + [Row(path, get(path), 404, "not-found") for path in (
    "/v1//topics", "//v1/topics", "/v1/topics/", "/v1/toppics", "/V1/topics", "/v1/topics/..;/keys", "/ui/etc/passwd", "/ui//etc/passwd",
    "/ui/%252e%252e/x", "/errors/passwd", "/.git/config", "/etc/passwd", "/v1/topics;x=y",
)]

BAD_NAMES = ("a" * 250, "a%20b", "%C3%BC", "a%27b", "a;b", "a:b", "a*", "a@b", "%E2%80%AE", "%252e%252e", "a%3Cb%3E", "%7B%7D", "a,b", "%EF%BB%BF")
NAMES = [Row(f"{kind} {name[:20]}", sized("PUT", f"/v1/{kind}/{name}", b"{}"), 400, "invalid-request", 401)
         for kind in ("topics", "queues") for name in BAD_NAMES]
NAMES += [Row(f"dead letters to {name}", sized("PUT", "/v1/queues/new", b'{"dead_letter":"%s"}' % name.encode()), 400, "invalid-request", 401)
          for name in ("a b", "..", "a" * 250, "x" * 500_000, "\\u001b[31m", "a/b", "\u202e")]

# Those that are no queries at all come before anybody is asked.
QUERIES = [Row(query, get(f"/v1/topics/t/records?{query}"), 400, "invalid-request") for query in ("limit=1&limit=2", "filter=%ff", "a=%zz", "%80=1")]
QUERIES += [Row(query[:60], get(f"/v1/topics/t/records?{query}"), 400, code, 401) for query, code in (
    ("limit=0", "invalid-request"), ("limit=1001", "invalid-request"), ("limit=-1", "invalid-request"), ("limit=1e3", "invalid-request"),
    ("limit=9223372036854775808", "invalid-request"), ("limit=", "invalid-request"),
    ("colour=red", "invalid-request"), ("from=yesterday", "invalid-request"), ("from=99999999999999999999", "invalid-request"),
    ("cursor=c1.x", "invalid-cursor"), ("cursor=c1." + "A" * 4000, "invalid-cursor"), ("wait=61s", "invalid-request"),
    ("filter=" + "(" * 40 + "key='a'" + ")" * 40, "invalid-filter"),
    ("filter=" + "NOT%20" * 60 + "key='a'", "invalid-filter"), ("filter=key='", "invalid-filter"), ("filter=key=%00", "invalid-filter"),
    ("filter=;", "invalid-filter"), ("filter=key%20~%20'(a%2B)%2B$'", "invalid-filter"), ("filter=value" + ".a" * 200 + "=1", "invalid-filter"),
    ("filter=key=1e999", "invalid-filter"), ("filter=key='" + "a" * 1019 + "'", "invalid-filter"),
)]

DEEP = 100_000
BAD_JSON = {
    "half an object": b"{", "nothing but a blank": b" ", "an array": b"[]", "a number": b"1", "two objects": b"{}{}", "a comma too many": b'{"a":1,}',
    "a comment": b'{/**/"a":1}', "single quotes": b"{'a':1}", "NaN": b'{"a":NaN}', "a leading zero": b'{"a":01}', "a plus": b'{"a":+1}',
    "no digit before the point": b'{"a":.5}', "a raw line end": b'{"a":"\n"}', "a raw NUL": b'{"a":"\0"}', "an escape that is none": b'{"a":"\\x41"}',
    "half a surrogate": b'{"a":"\\ud800"}', "the wrong half": b'{"a":"\\udc00\\ud800"}', "a mark before it": b'\xef\xbb\xbf{"a":1}',
    "a stray byte": b'{"a":"\x80"}', "an overlong slash": b'{"a":"\xc0\xaf"}', "a surrogate in UTF-8": b'{"a":"\xed\xa0\x80"}',
    "beyond Unicode": b'{"a":"\xf4\x90\x80\x80"}', "UTF-8 cut short": b'{"a":"\xe2\x82"}', "UTF-16": '{"a":1}'.encode("utf-16"),
    "deep lists": b'{"a":' + b"[" * DEEP, "deep objects": b'{"a":' * DEEP, "deep and closed": b'{"a":' + b"[" * 40 + b"]" * 40 + b"}",
    "an unknown member": b'{"colour":"red"}',
}
BAD_PROTOBUF = {
    "groups in groups": b"\x0b" * 20_000, "unknown groups in groups": b"\xa3\x06" * 20_000, "the end of no group": b"\x0c",
    "longer than there is": b"\x0a\x05ab", "a length of 4 GiB": b"\x0a\xff\xff\xff\xff\x0f", "a length of 2^64 - 1": b"\x0a" + b"\xff" * 9 + b"\x01",
    "a number without end": b"\x08" + b"\xff" * 10 + b"\x01", "half a number": b"\x08\x80", "field 0": b"\x00\x00", "wire type 6": b"\x0e",
    "wire type 7": b"\x0f", "half a tag": b"\x80", "noise": bytes(range(255, 128, -1)),
}
# Doubled where one of the two would decide who gets what.
DOUBLED = [Row(f"{method} {path} {body[:40].decode()}", sized(method, path, body), 400, "invalid-request", 401) for method, path, body in (
    ("PUT", "/v1/topics/new", b'{"partitions":1,"partitions":1}'),
    ("PUT", "/v1/topics/new", b'{"retention":{"time":"1d","time":"1d"}}'),
    ("PUT", "/v1/queues/new", b'{"source":{"topic":"t","topic":"t"}}'),
    ("PUT", "/v1/queues/new", b'{"max_receives":1,"max_receives":1}'),
    ("PATCH", "/v1/queues/q", b'{"visibility_timeout":"1s","visibility_timeout":"1s"}'),
    ("POST", "/v1/topics/t/records", b'{"value":1,"value":1}'),
    ("POST", "/v1/topics/t/records", b'{"key":"a","k\\u0065y":"a","value":1}'),
    ("POST", "/v1/topics/t/records", b'{"records":[{"value":1}],"records":[{"value":1}]}'),
    ("POST", "/v1/topics/t/records", b'{"value":1,"headers":{"a":"b","a":"b"}}'),
    ("POST", "/v1/queues/q/receive", b'{"max":1,"max":1}'),
    ("POST", "/v1/queues/q/ack", b'{"receipts":["a"],"receipts":["a"]}'),
    ("POST", "/v1/queues/q/nack", b'{"items":[{"receipt":"a","receipt":"a"}]}'),
    ("POST", "/v1/groups/g/poll", b'{"topics":["t"],"topics":["t"]}'),
    ("POST", "/v1/commit", b'{"publish":[{"topic":"t","topic":"t","records":[{"value":1}]}]}'),
    ("POST", "/v1/commit", b'{"offsets":[{"group":"g","group":"g","offsets":{"t":{"0":0}}}]}'),
)]

HOSTS = [Row(f"host {host}", get("/v1", host=host), 403, "host-not-allowed", quiet=b"features") for host in (
    "rebound.example.org", "evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "evil.example:80", "0x7f.1", "127.1",
    "127.0.0.1.", "localhost.", "localhost.localdomain", "1.2.3.4.5", "[::1]evil.example", "[::1].evil.example", "xlocalhost.localstack.cloud",
)] + [Row(f"host {host}", get("/v1", host=host), 200) for host in ("localhost:1234", "[::1]", "[::1]:80", "127.0.0.1:1", "broker", "a.localhost")]

FORM = "application/x-www-form-urlencoded"
FOREIGN = [Row(f"{method} from {origin}", sized(method, path, b"{}", kind, f"Origin: {origin}\r\n"), 403, "origin-not-allowed", quiet=b"llow-Origin")
           for origin in ("http://evil.example", "null", "https://localhost", "http://localhost:1", "http://localhost.evil.example", "file://",
                          "http://evil@localhost")
           for method, path, kind in (("POST", "/v1/queues/q/receive", "text/plain"), ("POST", "/v1/queues/q/purge", FORM), ("POST", "/", FORM),
                                      ("PUT", "/v1/topics/from-a-page", "application/json"), ("DELETE", "/v1/topics/t", "application/json"),
                                      ("PATCH", "/v1/topics/t", "application/json"), ("POST", "/v1/tickets", "text/plain"))]
FOREIGN += [
    Row("a page beside ours, and no origin", sized("POST", "/v1/queues/q/purge", b"", FORM, "Sec-Fetch-Site: same-site\r\n"), 403, "origin-not-allowed"),
    Row("another site, and no origin", sized("POST", "/v1/queues/q/purge", b"", FORM, "Sec-Fetch-Site: cross-site\r\n"), 403, "origin-not-allowed"),
    Row("a page reads", get("/v1", "Origin: http://evil.example\r\n"), 200, quiet=b"ccess-Control-Allow"),
    Row("a page asks what it may", request("OPTIONS", "/v1/topics/t", CLOSE + "Origin: http://evil.example\r\nAccess-Control-Request-Method: DELETE\r\n"),
        204, quiet=b"ccess-Control-Allow"),
]
UPGRADE = "Upgrade: websocket\r\nConnection: close, Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
FOREIGN += [Row(f"a stream for {origin}", request("GET", path, f"{UPGRADE}Origin: {origin}\r\n"), 403, "origin-not-allowed", stranger)
            for origin in ("http://evil.example", "null", "https://localhost", "http://localhost:1")
            for path, stranger in (("/v1/ws", 403), ("/v1/topics/t/stream", 401), ("/v1/inspect?topic=t", 401))]

SPLITTING = [Row(name, raw, status, code, stranger, b"\r\nSet-Cookie") for name, raw, status, code, stranger in (
    ("in a path", get("/v1/topics/x%0d%0aSet-Cookie:%20a"), 400, "invalid-request", 400),
    ("in a query", get("/v1/topics?cursor=%0d%0aSet-Cookie:%20a"), 400, "invalid-cursor", 401),
    ("in an error's name", get("/errors/x%0d%0aSet-Cookie:a"), 400, "invalid-request", 400),
    ("in a page's name", get("/ui/x%0d%0aSet-Cookie:a"), 400, "invalid-request", 400),
    ("in an origin", get("/v1", "Origin: http://localhost\rSet-Cookie: a\r\n"), 400, "invalid-request", 400),
    ("in a protocol", request("GET", "/v1/ws", UPGRADE + "Sec-WebSocket-Protocol: twofold.v1.json\nSet-Cookie: a\r\n"), 400, "invalid-request", 400),
    ("in a traceparent", get("/v1", "traceparent: 00-\rSet-Cookie: a\r\n"), 400, "invalid-request", 400),
)]

AMZ = "application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS."
SQS = [Row(f"{action} {body[:30]!r}", sized("POST", "/", body, AMZ + action), 400, "", 403) for action, body in (
    ("ListQueues", b"{"), ("ListQueues", b"[]"), ("ListQueues", b'{"a":' * DEEP), ("ListQueues", b'{"QueueNamePrefix":"\xff"}'),
    ("Dance", b"{}"), ("CreateQueue", b'{"QueueName":"' + b"a" * 81 + b'"}'), ("CreateQueue", b'{"QueueName":"a b"}'),
    ("CreateQueue", b'{"QueueName":"../x"}'), ("CreateQueue", b"{}"), ("SendMessage", b'{"QueueUrl":"http://localhost/1/../x"}'),
    ("SendMessage", b'{"QueueUrl":"http://evil.example/x","MessageBody":"a"}'), ("ReceiveMessage", b'{"QueueUrl":7}'),
)]

TABLES = {"framing": FRAMING, "repeated fields": REPEATED, "chunks": CHUNKS, "sizes": SIZES, "paths": PATHS, "names": NAMES, "queries": QUERIES,
          "doubled members": DOUBLED, "hosts": HOSTS, "other origins": FOREIGN, "split answers": SPLITTING, "SQS": SQS}


def bodies(openapi: dict, *, with_keys: bool) -> list[Row]:
    """Every route that takes JSON or Protobuf, with every body that is neither."""
    rows, names = [], {"{topic}": "t", "{queue}": "q", "{group}": "g", "{id}": "0-0"}
    for path, operations in openapi["paths"].items():
        target = path
        for name, value in names.items():
            target = target.replace(name, value)
        for method, operation in operations.items():
            kinds = operation.get("requestBody", {}).get("content", {})
            if operation["operationId"] == "ticket" or operation["operationId"] == "create_key" and not with_keys:
                continue  # looks at no body; is not there
            for kind, bad in (("application/json", BAD_JSON), ("application/protobuf", BAD_PROTOBUF)):
                if kind in kinds:
                    rows += [Row(f"{operation['operationId']}: {name}", sized(method.upper(), target, body, kind), 400, "invalid-request", 401)
                             for name, body in bad.items()]
    return rows


def sockets(pid: int) -> int:
    """How many a process has open."""
    folder, found = pathlib.Path(f"/proc/{pid}/fd"), 0
    for one in folder.iterdir():
        try:
            found += os.readlink(one).startswith("socket:")
        except FileNotFoundError:
            pass
    return found
