"""Puts rooms on air, many at once, straight into the database of a test's server: python3 many_rooms.py DB BRAND [HOW_MANY].

One for each store of the brand that has none, in the state a started broadcast has. For tests that need ten thousand of
them and not the half hour that starting each by its host would take."""
import sqlite3
import sys
import time

path, brand_text, limit = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 10_000
DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
brand = 0
for c in brand_text:
    brand = brand * 32 + DIGITS.index(c)

db = sqlite3.connect(path, timeout=30)
now = int(time.time() * 1000)
columns = [row[1] for row in db.execute("pragma table_info(broadcasts)")]
stores = db.execute(
    "select s.id, a.name from stores s join agents a on a.id = s.agent_id where s.brand_id = ? and a.state = 'active' and not "
    "exists (select 1 from broadcasts b where b.store_id = s.id and b.state = 'live') order by s.id limit ?", (brand, limit)).fetchall()
EPOCH = 1_704_067_200_000
titles = ["换季上新，边播边聊", "今晚只卖三样", "老客回购专场", "新茶到了，泡给你看", "把家收拾暖和"]
rows = []
for i, (store, name) in enumerate(stores):
    at = now - 7_200_000 + i * 600
    rows.append((((at - EPOCH) << 22) | (31 << 7), brand, store, titles[i % len(titles)], "live", at, at, b"%032d" % i, at))
with db:
    db.executemany(
        "insert into broadcasts (id, brand_id, store_id, title, state, scheduled_at, started_at, stream_key_sha256, created_at) "
        "values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
print(len(rows))
