"""64 buyers at once on a SKU with 100 units, over HTTP, on both databases: exactly 100 are sold, and every order that was
answered is there after the server was killed and started again."""
import threading

from lianbo import World, databases, expect


def test(program):
    told = []
    with databases(program) as urls:
        for name, url in urls:
            world = World(program, url, stock=100)
            try:
                buyers = [world.buyer(f"crowd{i}") for i in range(64)]
                answered, refused, lock = [], [], threading.Lock()

                def buy(index):
                    buyer = buyers[index]
                    for attempt in range(4):
                        got = world.order(buyer, world.store(index % 3), "P1", key=f"crowd-{index}-{attempt}")
                        with lock:
                            (answered if got.status == 201 else refused).append((index, got))

                threads = [threading.Thread(target=buy, args=(i,)) for i in range(64)]
                for t in threads:
                    t.start()
                for t in threads:
                    t.join()
                expect(len(answered) == 100, f"{name}: {len(answered)} units sold of 100")
                for _, got in refused:
                    expect(got.status == 409 and got.json["name"] == "sold_out", f"{name}: {got}, expected sold_out")
                world.server.kill()
                world.server.start()
                for index, got in answered:
                    buyers[index].port = world.server.port
                    buyers[index].connection = None
                    there = buyers[index].send("GET", f"/api/v1/orders/{got.json['id']}")
                    expect(there.status == 200, f"{name}: an answered order is gone after a restart: {there}")
                world.verify()
                told.append(name)
            finally:
                world.close()
    return "64 buyers, 100 units, on " + " and ".join(told)
