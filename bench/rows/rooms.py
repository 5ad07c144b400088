"""Rooms: how many messages a second one core gives to viewers, and what an idle viewer costs."""
import json
import subprocess

from frame import Demand, Row, Sample, expect, used
from peers import nginx

TEXT = "这件怎么卖，今天有优惠吗？ 12345678"  # a line of chat
NCHAN = """
    location /pub { nchan_publisher; nchan_channel_id room; nchan_message_buffer_length 10; }
    location /sub { nchan_subscriber websocket; nchan_channel_id room; nchan_subscriber_first_message newest; }"""


class Room:
    """Broadcasts on air of a world of their own, on the server's core."""

    def __init__(self, context, settings=(), rooms=1):
        self.world = context.world(core=context.SERVER, agents=rooms, settings=["room.chat_per_10s=1000", *settings])
        self.pid = self.world.server.process.pid
        self.paths = []
        for i in range(rooms):
            made = self.world.owner.ok("POST", f"/api/v1/stores/{self.world.store(i)}/broadcasts",
                                       {"title": "晚场", "scheduled_at": "2026-12-01T12:00:00Z",
                                        "product_ids": [p["id"] for p in self.world.products.values()]})
            self.world.owner.ok("POST", f"/api/v1/broadcasts/{made['id']}/start", None)
            self.paths += ["--path", f"/api/v1/rooms/{made['id']}/ws"]

    def load(self, context, viewers, *more):
        """viewers: in all rooms together."""
        said = context.load([context.built("load_room"), "--port", self.world.server.port, *self.paths,
                             "--viewers", viewers, "--pid", self.pid, "--core", context.SERVER, *more])
        expect(said["closed"] == 0, f"{said['closed']} viewers were cut off")
        return said


class FanOut(Row):
    """What is told of is deliveries for each second of processor time that the server took, with all its threads and what
    the kernel's thread for packets took on its core: a room rests between two ticks, and a rate by the clock would count
    its rest. Ours, the limit and the peer have the same receiver and as many viewers."""
    unit = "deliveries/s of one core"
    limit_name = "bare send of single messages"
    peer_names = ["nginx + nchan"]
    viewers = 0
    talkers = 2
    turns = False  # one of the talkers at a time, the next one when the line has been told
    settings = ()
    seconds = 2
    frame_bytes = 150

    def prepare(self, context):
        self.context = context
        self.room = Room(context, self.settings)

    def sample(self, said):
        expect(said["cpu_s"] > 0.1 and said["deliveries"] > 0, f"too little was sent to tell: {said}")
        return Sample(said["deliveries"] / said["cpu_s"], 1e6 * said["cpu_s"] / max(said["deliveries"], 1), None,
                      {"told_p50_ms": said["said_p50_ms"], "told_p99_ms": said["said_p99_ms"],
                       "busy_percent": 100 * said["cpu_s"] / said["seconds"], "load_percent": 100 * said["load_busy"]})

    def ours(self):
        said = self.room.load(self.context, self.viewers, "--talkers", self.talkers, "--turns", int(self.turns), "--text",
                              TEXT, "--seconds", self.seconds, "--warm", 0.5)
        self.frame_bytes = round(said["frame_bytes"])
        sample = self.sample(said)
        sample.rss_bytes = used(self.room.pid)[1]
        return sample

    def limit(self):
        child = self.context.process([self.context.built("limit_send"), self.viewers, self.frame_bytes, 60],
                                     core=self.context.SERVER, stdout=subprocess.PIPE, text=True)
        port = json.loads(child.child.stdout.readline())["port"]
        said = self.context.load([self.context.built("load_room"), "--port", port, "--path", "/", "--viewers", self.viewers,
                                  "--pid", child.pid, "--core", self.context.SERVER, "--seconds", self.seconds, "--warm", 0.5])
        child.stop()
        return self.sample(said)

    def peer(self, name):
        server = nginx.start(self.context, NCHAN, nchan=True)
        worker = server.family()[-1]
        said = self.context.load([self.context.built("load_room"), "--port", server.port, "--path", "/sub", "--viewers",
                                  self.viewers, "--pid", worker, "--core", self.context.SERVER, "--publish", "/pub",
                                  "--publishers", 1 if self.turns else self.talkers, "--bytes",
                                  self.frame_bytes, "--seconds", self.seconds, "--warm", 0.5])
        sample = self.sample(said)
        sample.rss_bytes = server.rss()
        server.stop()
        return sample

    def smoke(self, context):
        if self.viewers > 1000:
            return  # the same as with fewer
        self.prepare(context)
        # Half a second holds ten ticks; three listen.
        said = self.room.load(context, self.talkers + 3, "--talkers", self.talkers, "--turns", int(self.turns),
                              "--text", TEXT, "--seconds", 0.5, "--warm", 0.05)
        expect(said["deliveries"] > 100, f"hardly anything arrives: {said}")


def sizes(base, sizes_, demands, what, order):
    """One row for each number of viewers."""
    return {f"{base.stem}_{n // 1000}k": type(f"{base.__name__}{n}", (base,), {
        "name": f"{base.stem}_{n // 1000}k", "viewers": n, "order": order,
        "demands": demands, "__module__": __name__,
        "what": what.format(n=f"{n:,}")}) for n in sizes_}


class OneByOne(FanOut):
    """One line of chat at a time: the next is said when the last one has been told to all. 20 people take turns, because
    one alone may not say so much."""
    stem = "fanout"
    talkers = 20
    turns = True


class ByTick(FanOut):
    """Many talk at once: what comes within a tick goes out in one send."""
    stem = "fanout_tick"
    talkers = 20


class IdleViewer(Row):
    """What the server's memory grows by when 10,000 viewers come into a room and stay quiet."""
    name, order = "idle_viewer", 40
    what = "memory per idle viewer in the server, 10,000 viewers"
    unit = "bytes"
    peer_names = ["nginx + nchan"]
    demands = [Demand("ours", "<=", 2048), Demand("peer:nginx + nchan", "<=", 0.2)]
    viewers = 10000

    def prepare(self, context):
        self.context = context

    def ours(self):
        room = Room(self.context)
        room.load(self.context, 10, "--seconds", 0.1)  # what the first viewer of all costs is no viewer's
        said = room.load(self.context, self.viewers, "--seconds", 0.1, "--settle", 1)
        room.world.close()
        return Sample((said["rss_after"] - said["rss_before"]) / self.viewers, None, said["rss_after"])

    def peer(self, name):
        server = nginx.start(self.context, NCHAN, nchan=True)
        worker = server.family()[-1]
        said = self.context.load([self.context.built("load_room"), "--port", server.port, "--path", "/sub", "--viewers",
                                  self.viewers, "--pid", worker, "--seconds", 0.1, "--settle", 1])
        server.stop()
        return Sample((said["rss_after"] - said["rss_before"]) / self.viewers, None, said["rss_after"])

    def smoke(self, context):
        self.context, self.viewers = context, 200
        expect(self.ours().value < 50000, "a viewer costs more than 50 kB")


globals().update(sizes(OneByOne, (1000, 5000, 10000),
                       [Demand("ratio_to_limit", ">=", 0.95), Demand("peer:nginx + nchan", ">=", 1.5)],
                       "room fan-out, one message at a time, {n} viewers, one core", 20))
globals().update(sizes(ByTick, (1000, 5000, 10000),
                       [Demand("ratio_to_limit", ">=", 5), Demand("peer:nginx + nchan", ">=", 8)],
                       "the same, messages of a tick in one send, {n} viewers", 30))


class Growth(FanOut):
    """By its name only: what one delivery and one viewer cost in rooms of 100 to 15,000."""
    name, order, in_suite, runs = "fanout_growth", 45, False, 1
    what = "server CPU for one delivery, one message at a time, at 15,000 viewers; smaller rooms and ticks beside it"
    unit = "µs"
    limit_name, peer_names, demands = "", (), ()
    sizes = (100, 500, 1000, 2000, 5000, 10000, 15000)

    def ours(self):
        notes = {}
        for n in self.sizes:
            for turns, kind in ((1, "single"), (0, "tick")):
                said = self.room.load(self.context, n, "--talkers", 20, "--turns", turns, "--text", TEXT, "--seconds", 2,
                                      "--warm", 0.4)
                notes[f"{kind}_us_{n}"] = 1e6 * said["cpu_s"] / said["deliveries"]
                notes[f"{kind}_told_p99_ms_{n}"] = said["said_p99_ms"]
        return Sample(notes[f"single_us_{self.sizes[-1]}"], None, used(self.room.pid)[1], notes)

    def smoke(self, context):
        pass  # as fanout_1k


class RoomMemory(Row):
    """By its name only: what the server's memory grows by for each room with one viewer."""
    name, order, in_suite, runs = "room_memory", 46, False, 1
    what = "memory of a room with one viewer, 200 rooms"
    unit = "bytes"
    rooms = 200

    def prepare(self, context):
        from slow_viewer import Viewer
        self.world = world = context.world(core=context.SERVER, agents=self.rooms)
        self.ids = []
        for i in range(self.rooms):
            made = world.owner.ok("POST", f"/api/v1/stores/{world.store(i)}/broadcasts",
                                  {"title": "晚场", "scheduled_at": "2026-12-01T12:00:00Z",
                                   "product_ids": [p["id"] for p in world.products.values()]})
            world.owner.ok("POST", f"/api/v1/broadcasts/{made['id']}/start", None)
            self.ids.append(made["id"])
        self.viewer = lambda room: Viewer(world.server.port, room, "x=1")

    def ours(self):
        pid = self.world.server.process.pid
        first = [self.viewer(self.ids[0]) for _ in range(20)]
        before = used(pid)[1]
        open_ = [self.viewer(room) for room in self.ids[1:]]
        for viewer in open_:
            viewer.receive()  # its snapshot
        grown = used(pid)[1] - before
        for viewer in first + open_:
            viewer.socket.close()
        return Sample(grown / len(open_), None, used(pid)[1])

    def smoke(self, context):
        self.rooms = 3
        self.prepare(context)
        self.ours()
