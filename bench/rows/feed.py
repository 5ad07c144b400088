"""The feed in one process: how fast a page is chosen and written, beside the copy of its bytes and a plain SQL ranking."""
import json
import subprocess

from frame import Demand, Row, Sample, expect

SQL = "SQL, order by a score in each row"


def told(context, rooms, pins, seconds):
    """What feed_bench says of so many rooms and moments; the file is made once."""
    command = [context.built("feed_bench"), "row", rooms, pins, context.folder / f"feed{rooms + pins}.db", seconds]
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=300)
    expect(done.returncode == 0, f"feed_bench fails: {done.stderr[-300:]}")
    return json.loads(done.stdout)


class FeedPage(Row):
    """A page is chosen (20 entries, with what was seen, paid places and people one knows); the reply is all of it as JSON."""
    name, order = "feed_page", 60
    what = "feed page, 10,000 rooms and 100,000 moments"
    unit = "pages/s"
    limit_name = "copy of the page's bytes"
    peer_names = [SQL]
    demands = [Demand("note:reply_p99_ms", "<=", 1), Demand(f"peer:{SQL}", ">=", 50)]
    rooms, pins, seconds = 10_000, 100_000, 0.7

    def prepare(self, context):
        self.context = context

    def ours(self):
        self.said = told(self.context, self.rooms, self.pins, self.seconds)
        return Sample(1e6 / self.said["page_us"], self.said["page_us"], self.said["rss_bytes"],
                      {"page_p99_ms": self.said["page_p99_us"] / 1e3, "reply_p50_ms": self.said["reply_us"] / 1e3,
                       "reply_p99_ms": self.said["reply_p99_us"] / 1e3, "item_bytes": self.said["item_bytes"]})

    def limit(self):
        return Sample(self.said["copies_per_s"])

    def peer(self, name):
        return Sample(1e6 / self.said["sql_us"], self.said["sql_us"])

    def smoke(self, context):
        said = told(context, 20, 200, 0.02)
        expect(said["items"] == 220, f"220 items, not {said['items']}")
        expect(said["reply_bytes"] > 1000, "a page of hardly any bytes")


class FeedGrowth(Row):
    """By its name only: the same with 1,000 to 1,000,000 items."""
    name, order, in_suite, runs = "feed_growth", 61, False, 1
    what = "feed page at 1,000,000 items; fewer beside it"
    unit = "µs"
    sizes = (1_000, 10_000, 100_000, 1_000_000)

    def prepare(self, context):
        self.context = context

    def ours(self):
        notes = {}
        for n in self.sizes:
            said = told(self.context, n // 11, n - n // 11, 1)
            for key in ("page_us", "page_p99_us", "reply_us", "reply_p99_us", "line_up_ms", "item_bytes", "read_s", "sql_us"):
                notes[f"{key}_{n}"] = said[key]
        return Sample(notes[f"page_us_{self.sizes[-1]}"], None, said["rss_bytes"], notes)

    def smoke(self, context):
        pass  # as feed_page
