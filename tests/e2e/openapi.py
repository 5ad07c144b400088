"""The OpenAPI document is what the server does: every operation in it is offered, none can be called by somebody it does not
let in, every schema can be resolved, and every error it names is in the list. (All other end-to-end tests run with
api.check_replies: an answer that is not of its documented shape is a failure there.)"""
import re
import tempfile

from lianbo import World, expect


def walk(node):
    if isinstance(node, dict):
        yield node
        for value in node.values():
            yield from walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from walk(value)


def test(program):
    with tempfile.TemporaryDirectory(prefix="lianbo-openapi-") as folder:
        world = World(program, f"sqlite:{folder}/lianbo.db")
        try:
            document = world.owner.ok("GET", "/api/openapi.json")
            expect(document["openapi"].startswith("3.1."), f"OpenAPI 3.1, not {document['openapi']}")
            codes = {c["name"]: c for c in document["components"]["schemas"]["Problem"]["x-codes"]}
            for node in walk(document):
                reference = node.get("$ref")
                if reference:
                    at = document
                    for part in reference.removeprefix("#/").split("/"):
                        at = at[part]
            operations, names = 0, set()
            stranger = world.client()
            buyer = world.buyer("openapi")
            for path, methods in document["paths"].items():
                for method, operation in methods.items():
                    operations += 1
                    case = f"{method.upper()} {path}"
                    expect(operation["operationId"] not in names, f"{case}: the operation id is taken")
                    names.add(operation["operationId"])
                    expect(operation["summary"], f"{case}: no summary")
                    in_path = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
                    expect(in_path == set(re.findall(r"{(\w+)\*?}", path)), f"{case}: its path parameters are {in_path}")
                    for status, response in operation["responses"].items():
                        if int(status) >= 400:
                            for name in response["description"].split(", "):
                                expect(codes[name]["status"] == int(status), f"{case}: {name} is not HTTP {status}")
                    address = re.sub(r"{\w+\*?}", "0" * 12 + "1", path)
                    if address.startswith("/s/"):
                        continue
                    stranger.cookies.clear()
                    got = stranger.send(method.upper(), address, {} if "requestBody" in operation else None)
                    expect(got.status not in (405, 500, 501), f"{case}: {got}")
                    expect(b"nothing lives" not in got.body, f"{case}: not offered")
                    kinds = {k for s in operation["security"] for k in s}
                    if kinds and "guest" not in kinds:
                        expect(got.status == 401, f"{case}: a stranger gets {got}, expected 401")
                    if "forbidden" in operation["responses"].get("403", {}).get("description", "") and "/brands/{brand_id}" in path:
                        body = {} if "requestBody" in operation else None
                        got = buyer.send(method.upper(), path.replace("{brand_id}", world.brand).replace("{person_id}", "0" * 12 + "1"), body)
                        expect(got.status in (200, 403, 404, 415, 422), f"{case}: a buyer gets {got}")
            return f"{operations} operations"
        finally:
            world.close()
