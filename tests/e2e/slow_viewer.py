"""A viewer who reads nothing costs the room nothing: the others get everything, in order, and the slow one is cut off at
room.queue_bytes and counted in /metrics."""
import base64
import json
import os
import socket
import tempfile
import threading

from lianbo import World, expect, wait_until

LINES = 1000
QUEUE = 65536


class Viewer:
    """Just enough of RFC 6455 for a test: text frames in and out."""

    def __init__(self, port, broadcast, cookie, receive_buffer=None):
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /api/v1/rooms/{broadcast}/ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
                             f"Cookie: {cookie}\r\n\r\n").encode())
        self.rest = b""
        while b"\r\n\r\n" not in self.rest:
            self.rest += self.socket.recv(1)
        expect(self.rest.startswith(b"HTTP/1.1 101"), f"the room does not let us in: {self.rest!r}")
        self.rest = b""

    def take(self, n):
        while len(self.rest) < n:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionError("closed")
            self.rest += more
        out, self.rest = self.rest[:n], self.rest[n:]
        return out

    def receive(self):
        while True:
            first, second = self.take(2)
            length = second & 127
            if length == 126:
                length = int.from_bytes(self.take(2), "big")
            elif length == 127:
                length = int.from_bytes(self.take(8), "big")
            payload = self.take(length)
            if first & 15 == 1:
                return json.loads(payload)
            if first & 15 == 8:
                raise ConnectionError(f"closed with {int.from_bytes(payload[:2], 'big')}")

    def say(self, text):
        payload = json.dumps({"t": "chat", "text": text}, ensure_ascii=False).encode()
        mask = os.urandom(4)
        head = bytes([0x81, 0x80 | 126]) + len(payload).to_bytes(2, "big") if len(payload) > 125 else bytes([0x81, 0x80 | len(payload)])
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


def metric(client, name):
    for line in client.send("GET", "/metrics").body.decode().splitlines():
        if line.startswith(name + " ") or line.startswith(name + "{"):
            return float(line.rsplit(" ", 1)[1])
    return 0.0


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-slow-") as folder:
        world = World(program, f"sqlite:{folder}/lianbo.db",
                      settings=["room.chat_per_10s=1000", f"room.queue_bytes={QUEUE}"])
        try:
            products = [p["id"] for p in world.products.values()]
            made = world.owner.ok("POST", f"/api/v1/stores/{world.store(0)}/broadcasts",
                                  {"title": "晚场", "scheduled_at": "2026-12-01T12:00:00Z", "product_ids": products})
            room = made["id"]
            world.owner.ok("POST", f"/api/v1/broadcasts/{room}/start", None)

            def viewer(receive_buffer=None):
                guest = world.client()
                guest.ok("GET", "/api/v1/me")
                return Viewer(world.server.port, room, "; ".join(f"{k}={v}" for k, v in guest.cookies.items()), receive_buffer)

            watchers, slow = [viewer() for _ in range(20)], viewer(4096)
            talker = watchers[0]  # who reads along, as everybody who talks does
            got = [[] for _ in watchers]

            def watch(index):
                while len(got[index]) < LINES:
                    message = watchers[index].receive()
                    if message["t"] == "chat":
                        got[index].append((message["seq"], message["text"]))

            threads = [threading.Thread(target=watch, args=(i,), daemon=True) for i in range(len(watchers))]
            for t in threads:
                t.start()
            for i in range(LINES):
                talker.say(f"{i:04d} " + "好" * 190)
                # The others read in this one process: no line is said before they have all but the last few.
                expect(wait_until(lambda: min(map(len, got)) >= i - 20, 60), "the other viewers fall behind")
            for t in threads:
                t.join(60)
            for i, lines in enumerate(got):
                expect(len(lines) == LINES, f"viewer {i} got {len(lines)} of {LINES} lines")
                expect([s for s, _ in lines] == sorted({s for s, _ in lines}), f"viewer {i} got them out of order or twice")
            expect(wait_until(lambda: metric(world.owner, "lianbo_ws_cut_off_total") == 1),
                   f"one slow viewer was to be cut off; /metrics says {metric(world.owner, 'lianbo_ws_cut_off_total')}")
            try:
                while True:
                    slow.receive()
            except (ConnectionError, OSError):
                pass
            return f"20 viewers got {LINES} lines each, the slow one was cut off at {QUEUE} bytes"
        finally:
            world.close()
