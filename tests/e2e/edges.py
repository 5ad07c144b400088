"""What a stranger tried at the edges: a link's page says why, an applicant is a buyer still, places of errors."""
import lianbo
from lianbo import expect


def landing(world, share):
    return world.client().send("GET", "/s/" + share["token"]).headers["location"].split("&share=")[0].split("?share=")[0]


def applicants_link(world):
    buyer, friend = world.buyer("asks"), world.buyer("friend")
    buyer.ok("POST", f"/api/v1/brands/{world.brand}/applications", {"name": "张", "phone": "13811112222"})
    share = buyer.ok("POST", "/api/v1/shares", {"kind": "store", "channel": "dm", "store_id": world.store(1)})
    friend.send("GET", "/s/" + share["token"])
    lock = friend.ok("GET", f"/api/v1/brands/{world.brand}/lock")["lock"]
    expect(lock and lock["agent_id"] == world.agents[1]["id"], f"a link by who has only applied passes on: {lock}")


def why_the_store(world):
    store, product = world.store(0), world.products["P2"]["id"]
    share = world.buyer("sharer").ok("POST", "/api/v1/shares", {"kind": "product", "channel": "dm", "store_id": store,
                                                                "product_id": product})
    expect(landing(world, share) == f"/product/{product}?store={store}", "it is sold")
    world.owner.ok("PATCH", f"/api/v1/products/{product}", {"on_sale": False})
    expect(landing(world, share) == f"/store/{store}?why=not_sold", "taken off sale is not sold out")
    world.owner.ok("PATCH", f"/api/v1/products/{product}", {"on_sale": True})
    world.owner.ok("POST", f"/api/v1/agents/{world.agents[0]['id']}/state", {"state": "left", "reason": "moves away"})
    expect(world.order(world.buyer("late"), store, "P2").status == 409, "no order is taken in a closed store")
    expect(landing(world, share) == f"/store/{store}?why=store_closed", "so no product page of it is landed on")


def places(world):
    sku, brand = world.sku("P1"), f"/api/v1/brands/{world.brand}"
    twice = world.owner.send("POST", brand + "/allotments", {"sku_id": sku, "items": [
        {"store_id": world.store(1), "units": 5}, {"store_id": world.store(1), "units": 6}]})
    expect(twice.status == 422 and twice.json["where"] == "/items/1/store_id", f"a store named twice: {twice}")
    taken = world.owner.send("POST", brand + "/products:import", "product_code,title,sku_code,price\nNEW,新,S1,1.00\n".encode(),
                             raw=True)
    expect(taken.status == 422 and taken.json["where"] == "line 2, column sku_code", f"another product's SKU: {taken}")
    day = world.owner.send("GET", brand + "/journal.csv?day=2026-02-30")
    expect(day.status == 422, f"a day that is none: {day}")
    stranger = world.buyer("stranger").send("POST", f"/api/v1/agents/{world.agents[1]['id']}/training/{sku}/done", {})
    expect(stranger.status in (403, 404) and "role  at" not in stranger.json.get("detail", ""), f"in words: {stranger}")


def test(program):
    with lianbo.databases(program) as urls:
        for _, url in urls:
            world = lianbo.World(program, url)
            try:
                applicants_link(world)
                places(world)
                why_the_store(world)
                world.verify()
            finally:
                world.close()
    return "links of applicants and of closed stores, places of errors"
