"""Vendure from npm on SQLite: a shop that is set up as its documents say, and whole checkouts by guests."""
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import threading
import time

from frame import Wrong, expect, free_port

PACKAGES = ["@vendure/core@3.7.3", "better-sqlite3@11.10.0"]
FOLDER = pathlib.Path(os.environ.get("LIANBO_VENDURE", pathlib.Path.home() / ".cache/lianbo-bench/vendure"))


def start(context):
    """A Process with .port, .variant, .shipping. The packages are fetched when it is first measured."""
    if not (FOLDER / "node_modules/better-sqlite3/build/Release/better_sqlite3.node").exists():
        expect(shutil.which("npm"), "Vendure needs node and npm")
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / "package.json").write_text("{}")
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--silent", *PACKAGES], cwd=FOLDER, check=True)
    port = free_port()
    script = pathlib.Path(__file__).with_suffix(".mjs")
    server = context.process(["node", script, port, context.folder / f"vendure-{port}.db"], cwd=FOLDER,
                             stdout=subprocess.PIPE, text=True, env={**os.environ, "NODE_ENV": "production"})
    line = server.child.stdout.readline()
    expect(line, "Vendure does not come up")
    server.port = port
    server.__dict__.update(json.loads(line))
    return server


def checkout(server, connection):
    token = ""

    def shop(query):
        nonlocal token
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
        connection.request("POST", "/shop-api", json.dumps({"query": query}), headers)
        answer = connection.getresponse()
        token = answer.getheader("vendure-auth-token") or token
        said = json.loads(answer.read())
        kind = next(iter((said.get("data") or {"": {}}).values())) or {}
        if said.get("errors") or kind.get("__typename") != "Order":
            raise Wrong(f"Vendure answers {json.dumps(said)[:400]}")

    shop(f'mutation {{ addItemToOrder(productVariantId: "{server.variant}", quantity: 1) {{ __typename }} }}')
    shop('mutation { setCustomerForOrder(input: {firstName: "A", lastName: "B", emailAddress: "'
         + f'{time.monotonic_ns()}-{threading.get_ident()}' + '@example.com"}) { __typename } }')
    shop('mutation { setOrderShippingAddress(input: {fullName: "A B", streetLine1: "1", city: "Shanghai", '
         'postalCode: "200000", countryCode: "CN"}) { __typename } }')
    shop(f'mutation {{ setOrderShippingMethod(shippingMethodId: ["{server.shipping}"]) {{ __typename }} }}')
    shop('mutation { transitionOrderToState(state: "ArrangingPayment") { __typename } }')
    shop('mutation { addPaymentToOrder(input: {method: "pay", metadata: {}}) { __typename } }')


def checkouts_per_second(server, seconds, buyers=4):
    done, failed = [0] * buyers, []
    end = time.monotonic() + seconds

    def buyer(i):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            while time.monotonic() < end:
                checkout(server, connection)
                done[i] += 1
        except (Wrong, OSError) as e:
            failed.append(e)

    start_s = time.monotonic()
    threads = [threading.Thread(target=buyer, args=(i,)) for i in range(buyers)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if not sum(done):
        raise failed[0] if failed else Wrong("Vendure took no order")
    return sum(done) / (time.monotonic() - start_s)
