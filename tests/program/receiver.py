# SPDX-FileCopyrightText: The vmfc authors
# SPDX-License-Identifier: Apache-2.0
"""A receiver of Prometheus remote write 1.0 that judges as Prometheus does, and misbehaves as told."""

import collections
import http.server
import ssl
import struct
import threading
import time

# the NaN that ends a series
STALE = 0x7ff0000000000002
Sample = collections.namedtuple("Sample", "milliseconds value bits")


def read_varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7f) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def unpack_snappy(data):
    """Snappy's block format, github.com/google/snappy/blob/main/format_description.txt"""
    size, at = read_varint(data, 0)
    out = bytearray()
    while at < len(data):
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            length = tag >> 2
            if length >= 60:
                n = length - 59
                length = int.from_bytes(data[at:at + n], "little")
                at += n
            out += data[at:at + length + 1]
            at += length + 1
            continue
        if tag & 3 == 1:
            length, offset, n = (tag >> 2 & 7) + 4, (tag >> 5 << 8) + data[at], 1
        else:
            n = 2 if tag & 3 == 2 else 4
            length, offset = (tag >> 2) + 1, int.from_bytes(data[at:at + n], "little")
        at += n
        assert 0 < offset <= len(out), "a copy from before the beginning"
        for _ in range(length):
            out.append(out[-offset])
    assert len(out) == size, "another length than it says"
    return bytes(out)


def read_fields(data):
    """The fields of a message of protocol buffers, as (number, value)."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        if key & 7 == 0:
            value, at = read_varint(data, at)
        elif key & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            assert key & 7 == 2, f"a field of type {key & 7}"
            length, at = read_varint(data, at)
            value, at = data[at:at + length], at + length
            assert len(value) == length, "cut off"
        yield key >> 3, value


def read_request(body):
    """A request as a list of (labels, samples)"""
    series = []
    for number, content in read_fields(unpack_snappy(body)):
        assert number == 1
        labels, samples = [], []
        for field, value in read_fields(content):
            if field == 1:
                pair = dict(read_fields(value))
                labels.append((pair[1].decode(), pair[2].decode()))
            else:
                pair = dict(read_fields(value))
                bits = int.from_bytes(pair.get(1, bytes(8)), "little")
                samples.append(Sample(pair[2], struct.unpack("<d", struct.pack("<Q", bits))[0],
                                      bits))
        names = [name for name, _ in labels]
        assert names == sorted(set(names)), f"labels out of order: {names}"
        assert all(value for _, value in labels)
        series.append((tuple(labels), samples))
    return series


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver = self.server.receiver
        with receiver.lock:
            receiver.headers.append(dict(self.headers))
            receiver.paths.append(self.path)
            receiver.times.append(time.monotonic())
            act = receiver.script.pop(0) if receiver.script else receiver.always
        act(self, receiver, body)

    def answer(self, status, text="", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


# What a receiver does with a request.

def take(handler, receiver, body):
    """As Prometheus: all of a request, or nothing of it."""
    refusal = receiver.take(body)
    handler.answer(400 if refusal else 204, refusal)


def take_and_break(handler, receiver, body):
    """It has the samples, but its answer is lost."""
    receiver.take(body)
    handler.close_connection = True
    handler.connection.close()


def take_slowly(handler, receiver, body):
    receiver.stopped.wait(0.7)
    take(handler, receiver, body)


def say(status, text="", **headers):
    return lambda handler, receiver, body: handler.answer(status, text, **headers)


def never_answer(handler, receiver, body):
    receiver.stopped.wait()
    handler.close_connection = True


def answer_without_end(handler, receiver, body):
    handler.send_response(500)
    handler.end_headers()
    handler.close_connection = True
    try:
        while not receiver.stopped.is_set():
            handler.wfile.write(bytes(65536))
    except OSError:
        pass


def head_without_end(handler, receiver, body):
    handler.close_connection = True
    try:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not receiver.stopped.is_set():
            handler.wfile.write(b"X: " + bytes([65]) * 65536)
    except OSError:
        pass


def answer_garbage(handler, receiver, body):
    handler.close_connection = True
    handler.wfile.write(bytes(range(256)) * 16)


class Receiver:
    """Used with "with". What it has is in @samples: {labels: {milliseconds: value}}"""

    def __init__(self, *script, always=take, refuse=lambda series: "", port=0, tls=None):
        """@tls: the file with key and certificate of a server for https"""
        self.script, self.always, self.refuse = list(script), always, refuse
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.samples, self.stale, self.last = {}, {}, {}
        self.headers, self.paths, self.times = [], [], []  # of each request
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.receiver = self
        port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{port}/api/v1/write"
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
            self.url = f"https://localhost:{port}/api/v1/write"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()

    def take(self, body):
        """Returns: why it refuses the request; empty: it does not"""
        series = read_request(body)
        with self.lock:
            last = dict(self.last)
            for labels, samples in series:
                for sample in samples:
                    before = last.get(labels, Sample(0, 0, 0))
                    if sample.milliseconds < before.milliseconds:
                        return "out of order sample\n"
                    if sample.milliseconds == before.milliseconds and sample.bits != before.bits:
                        return "duplicate sample for timestamp\n"
                    last[labels] = sample
            refusal = self.refuse(series)
            if refusal:
                return refusal
            self.last = last
            for labels, samples in series:
                for sample in samples:
                    where = self.stale if sample.bits == STALE else self.samples
                    where.setdefault(labels, {})[sample.milliseconds] = sample.value
        return ""

    def count(self):
        """Of all, with the stale markers."""
        with self.lock:
            return sum(len(times) for where in (self.samples, self.stale) for times in where.values())
