"""Bad input: each is a clear error with its place, and nothing changed (the rows before and after are the same)."""
import gzip
import json
import sqlite3

from lianbo import World, databases, expect, run


def digest(url):
    """Every row of every table that a request could change."""
    base = sqlite3.connect("file:" + url.removeprefix("sqlite:") + "?mode=ro", uri=True)
    quiet = {"server_facts", "nodes", "outbox", "sessions", "sqlite_sequence"}
    tables = [r[0] for r in base.execute("select name from sqlite_master where type = 'table' order by name")]
    out = {t: base.execute(f"select count(*) from {t}").fetchone() for t in tables if t not in quiet}
    for t in ("skus", "products", "agents", "plans", "stock_pools", "stock_leases", "orders", "shares", "broadcasts", "pins"):
        out[t] = hash(tuple(base.execute(f"select * from {t} order by 1, 2").fetchall()))
    base.close()
    return out


def requests(w):
    store, sku = w.store(0), w.sku("P1")
    place = {"store_id": store, "lines": [{"sku_id": sku, "qty": 1}], "address": {}}
    b = w.brand
    import_agents, import_products = f"/api/v1/brands/{b}/agents:import", f"/api/v1/brands/{b}/products:import"
    plans = f"/api/v1/brands/{b}/plans"
    head = "product_code,title,category,description,image_url,on_sale,no_return,sku_code,sku_title,price,stock\n"
    as_json = {"Content-Type": "application/json"}
    # who, method, path, body, headers, wanted status, wanted name, a piece of its place or detail
    yield "buyer", "POST", "/api/v1/orders", b'{"store_id": ', as_json, 400, "malformed_json", "byte"
    yield "buyer", "POST", "/api/v1/orders", b'{"a":1,"a":2}', as_json, 400, "malformed_json", "twice"
    yield "buyer", "POST", "/api/v1/orders", b'{"store_id": "\xff\xfe"}', as_json, 400, "invalid_utf8", "UTF-8"
    yield "buyer", "POST", "/api/v1/orders", b"[" * 100 + b"]" * 100, as_json, 400, "malformed_json", ""
    yield "buyer", "POST", "/api/v1/orders", json.dumps(place).encode(), {"Content-Type": "text/plain"}, 415, "unsupported_media_type", "json"
    yield "buyer", "POST", "/api/v1/orders", {**place, "discount": 5}, {}, 422, "unknown_field", "/discount"
    yield "buyer", "POST", "/api/v1/orders", {"store_id": store, "address": {}}, {}, 422, "missing_field", "/lines"
    yield "buyer", "POST", "/api/v1/orders", {**place, "store_id": 17}, {}, 422, "invalid_field", "/store_id"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": "1"}]}, {}, 422, "invalid_field", "/lines/0/qty"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": 0}]}, {}, 422, "invalid_field", "/lines/0/qty"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": -1}]}, {}, 422, "invalid_field", "/lines/0/qty"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": 1.5}]}, {}, 422, "invalid_field", "/lines/0/qty"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": 1e30}]}, {}, 422, "invalid_field", "/lines/0/qty"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": []}, {}, 422, "invalid_field", "/lines"
    yield "buyer", "POST", "/api/v1/orders", {**place, "address": {"name": "x" * 61}}, {}, 422, "invalid_field", "/address/name"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": 1, "price_fen": 1}]}, {}, 409, "price_changed", "/lines/0/price_fen"
    yield "buyer", "POST", "/api/v1/orders", {**place, "lines": [{"sku_id": sku, "qty": 5000}]}, {}, 409, "sold_out", "/lines/0"
    yield "buyer", "POST", "/api/v1/orders", {**place, "store_id": "0" * 12 + "1"}, {}, 404, "not_found", "store"
    yield "buyer", "POST", "/api/v1/orders", {**place, "note": "x" * 2_000_000}, {}, 413, "body_too_large", ""
    yield "nobody", "POST", "/api/v1/orders", place, {}, 401, "unauthenticated", ""
    yield "buyer", "PUT", plans, {"scope": "brand", "host_bp": 10, "promoter_bp": 10, "recruiter_bp": 0, "clipper_bp": 0}, {}, 403, "forbidden", ""
    yield "owner", "PUT", plans, {"scope": "brand", "host_bp": 2000, "promoter_bp": 900, "recruiter_bp": 100, "clipper_bp": 1}, {}, 422, "plan_over_cap", "3000"
    yield "owner", "PUT", plans, {"scope": "brand", "host_bp": 100, "promoter_bp": 100, "recruiter_bp": 10, "clipper_bp": 0, "level3_bp": 10}, {}, 422, "unknown_field", "/level3_bp"
    yield "owner", "PUT", plans, {"scope": "brand", "host_bp": -1, "promoter_bp": 0, "recruiter_bp": 0, "clipper_bp": 0}, {}, 422, "invalid_field", "/host_bp"
    yield "owner", "PATCH", f"/api/v1/skus/{sku}", {"price_fen": -100}, {}, 422, "invalid_field", "/price_fen"
    yield "owner", "POST", f"/api/v1/skus/{sku}/stock", {"qty": -5}, {}, 422, "invalid_field", "/qty"
    yield "owner", "POST", import_products, head.encode(), {}, 422, "csv_invalid", ""
    yield "owner", "POST", import_products, b"", {}, 422, "csv", ""
    yield "owner", "POST", import_products, b"colour,shape\nred,round\n", {}, 422, "csv_unknown_format", ""
    yield "owner", "POST", import_products, (head + "Q1,a,b,,,1,0,X1,,-1.00,5\n").encode(), {}, 422, "csv_invalid", "line 2"
    yield "owner", "POST", import_products, (head + "Q1,a,b,,,1,0,X1,,1.005,5\n").encode(), {}, 422, "csv_invalid", "price"
    yield "owner", "POST", import_products, (head + "Q1,a,b,,,1,0,X1,,1.00,5\nQ2,a,b,,,1,0,X1,,1.00,5\n").encode(), {}, 422, "csv_invalid", "line 3"
    yield "owner", "POST", import_products, (head + "Q1,名,b,,,1,0,X1,,1.00,5\n").encode("gbk"), {}, 400, "invalid_utf8", "line 2"
    yield "owner", "POST", import_products, gzip.compress((head + "Q1,,b,,,1,0,X1,,1.00,5\n").encode()), {}, 422, "csv_invalid", "title"
    yield "owner", "POST", import_products, b"\x1f\x8b\x08\x00broken", {}, 422, "csv_invalid", ""
    yield "owner", "POST", import_agents, b"code,name,parent\n", {}, 422, "csv_invalid", ""
    yield "owner", "POST", import_agents, b"code,name,parent\nB1,b,B2\nB2,c,B1\n", {}, 422, "csv_invalid", "line 2"
    yield "owner", "POST", import_agents, b"code,name,parent\nB1,b,nobody\n", {}, 422, "csv_invalid", "line 2"
    yield "owner", "POST", import_agents, b"code,name\nB1,b\nB1,c\n", {}, 422, "csv_invalid", "line 3"
    yield "owner", "POST", import_agents, b"name\nb\n", {}, 422, "csv_invalid", "code"
    yield "owner", "POST", f"/api/v1/stores/{store}/broadcasts", {"title": "", "scheduled_at": "2026-11-11T12:00:00Z", "product_ids": []}, {}, 422, "invalid_field", "/title"
    yield "owner", "POST", f"/api/v1/stores/{store}/broadcasts", {"title": "x", "scheduled_at": "tomorrow", "product_ids": []}, {}, 422, "invalid_field", "/scheduled_at"
    yield "buyer", "POST", "/api/v1/shares", {"kind": "moment", "channel": "dm"}, {}, 422, "", ""
    yield "buyer", "POST", "/api/v1/shares", {"kind": "store", "channel": "fax", "store_id": store}, {}, 422, "invalid_field", "/channel"
    yield "buyer", "GET", "/api/v1/orders/not-an-id", None, {}, 404, "not_found", ""
    yield "buyer", "GET", "/api/v1/orders?limit=0", None, {}, 422, "invalid_field", "limit"
    yield "buyer", "GET", "/api/v1/orders?limit=10000", None, {}, 422, "invalid_field", "limit"
    yield "buyer", "DELETE", "/api/v1/orders", None, {}, 405, "method_not_allowed", ""
    yield "buyer", "GET", "/api/v1/nowhere", None, {}, 404, "not_found", ""
    yield "buyer", "GET", "/s/AAAAAAAAAAAAAAAA", None, {}, 404, "not_found", ""
    yield "nobody", "POST", "/api/v1/pay/wechat/notice", b'{"id":"EV-1"}', as_json, 401, "", ""


def test(program):
    with databases(program) as urls:
        world = World(program, urls[0][1])
        try:
            people = {"owner": world.owner, "buyer": world.buyer("buyer"), "nobody": world.client()}
            people["nobody"].cookies.clear()
            count = 0
            for who, method, path, body, headers, status, name, piece in requests(world):
                before = digest(urls[0][1])
                person = people[who]
                key = None if method == "GET" else f"bad-{count}"
                got = person.send(method, path, body, headers=headers, key=key, raw=isinstance(body, bytes))
                case = f"{method} {path} {str(body)[:120]}"
                expect(got.status == status, f"{case}: {got}, expected {status}")
                if path != "/api/v1/pay/wechat/notice":
                    said = got.json
                    expect(got.headers["content-type"].startswith("application/problem+json"), f"{case}: not a problem document")
                    expect(name in said["name"], f"{case}: {said}, expected {name}")
                    expect(piece in json.dumps(said, ensure_ascii=False), f"{case}: {said} does not name {piece!r}")
                    expect(said.get("detail") or said["title"], f"{case}: says nothing")
                after = digest(urls[0][1])
                expect(after == before, f"{case}: changed {[t for t in before if before[t] != after.get(t)]}")
                count += 1
            # The same key with another body is refused; the same again gives the same answer.
            buyer = people["buyer"]
            first = world.order(buyer, world.store(0), "P2", key="same-key")
            again = world.order(buyer, world.store(0), "P2", key="same-key")
            other = world.order(buyer, world.store(0), "P2", qty=2, key="same-key")
            expect(first.status == 201 and again.body == first.body, "the same key and body give the same answer")
            expect(other.status == 422 and other.json["name"] == "idempotency_mismatch", f"the same key with another body: {other}")
            # A cookie alone may not change anything.
            bare = world.client()
            bare.cookies = dict(buyer.cookies)
            got = bare.send("DELETE", f"/api/v1/cart?store_id={world.store(0)}", headers={"X-Lianbo-Csrf": ""})
            expect(got.status == 403, f"a change by cookie without X-Lianbo-Csrf: {got}, expected 403")
            world.verify()
            missing = urls[0][1] + ".nowhere"
            for verb in (["verify"], ["settle"], ["explain", "order", "0" * 12 + "1"], ["backup", "copy.db"]):
                got = run(program, *verb, db=missing, expect_code=1)
                expect("there is no database here" in got.stderr, f"{verb} of a database that is not there says {got.stderr}")
            return f"{count} kinds of bad input"
        finally:
            world.close()
