// For this folder's tests: a brand of an owner "boss" on both engines, agents by code, and the routes as the dispatcher
// runs them. Ids and chance come from the machine; time is what a call says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "org/org_api.hpp"
#include "org/org_service.hpp"
#include "support/database.hpp"

namespace lianbo::org {

using db::Tx;

inline constexpr Instant kNow = 1'790'000'000'000;

class OrgStoreTest : public test::StoreTest {
 protected:
  OrgStoreTest() {
    settings.password_memory_kib = 8;
    settings.password_passes = 1;
    brand = *db().write([&](Tx& tx) { return create_brand(tx, call(), new_brand("boss")); });
  }

  Call call(Instant now = kNow) {
    Call out;
    out.caller.system = true;
    out.caller.guest = false;
    out.now = now;
    out.ids = &ids;
    out.random = &random;
    out.settings = &settings;
    return out;
  }
  static NewBrand new_brand(const std::string& owner) {
    NewBrand out;
    out.name = "联播";
    out.owner_login = owner;
    out.owner_name = "Boss";
    out.owner_password_hash = "$argon2id$";
    return out;
  }
  Result<Agent> add_agent(const std::string& code, AgentState state = AgentState::active, AgentId parent = {},
                          const std::string& region = {}) {
    NewAgent wish;
    wish.code = code;
    wish.name = "agent " + code;
    wish.phone = "13812345678";
    wish.state = state;
    wish.parent = parent;
    wish.region = region;
    return db().write([&](Tx& tx) { return create_agent(tx, call(), brand, wish); });
  }
  Agent by_code(const std::string& code) {
    return *db().read([&](Tx& tx) { return find_agent_by_code(tx, brand, code); });
  }
  // What a read gives, of a call that can't fail.
  template <class F>
  auto seen(F&& read) {
    using T = std::invoke_result_t<F, db::Tx&>;
    return *db().read([&](db::Tx& tx) -> Result<T> { return read(tx); });
  }
  std::int64_t count(const db::Sql& sql, std::initializer_list<db::Param> params = {}) {
    return *db().read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(sql, params); });
  }
  Caller caller_of(PersonId person) {
    return *db().read([&](Tx& tx) -> Result<Caller> { return caller_of_person(tx, person); });
  }

  Settings settings;
  IdMaker ids;
  SecureRandom random;
  BrandId brand;
};

class OrgApiTest : public OrgStoreTest {
 protected:
  OrgApiTest() {
    deps.db = &db();
    deps.settings = &settings;
    deps.on_login = [this](Tx&, const Call&, PersonId guest, PersonId person) -> Status {
      merged.emplace_back(guest, person);
      return {};
    };
    routes = org_routes(deps);
  }

  // As the dispatcher does it: shape, then the handler in its transaction, then the shape of the answer.
  Result<net::Reply> ask(const std::string& id, const Call& who,
                         std::vector<std::pair<std::string, std::string>> params, const std::string& body = "",
                         net::Request request = {}) {
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const net::Route& r) { return r.id == id; });
    if (route == routes.end()) return fail(Code::internal, "no route " + id);
    request.params = std::move(params);
    request.body = body;
    if (route->takes) {
      TRY(request.value, parse_json(body));
      TRY_OK(check_shape(request.value, *route->takes));
    }
    Result<net::Reply> reply;
    if (route->run == net::Run::plain) reply = route->plain_handler(who, request);
    if (route->run == net::Run::read) reply = db().read([&](Tx& tx) { return route->tx_handler(tx, who, request); });
    if (route->run == net::Run::write) reply = db().write([&](Tx& tx) { return route->tx_handler(tx, who, request); });
    if (!reply) return reply;
    EXPECT_EQ(reply->status, route->success) << id;
    if (route->gives) {
      const auto value = parse_json(reply->body);
      EXPECT_TRUE(value) << reply->body;
      if (value) {
        const Status right = check_shape(*value, *route->gives);
        EXPECT_TRUE(right) << id << ": " << right.error().text() << "\n" << reply->body;
      }
    }
    return reply;
  }
  std::string body(const Result<net::Reply>& reply) { return reply ? reply->body : reply.error().text(); }
  Code code(const Result<net::Reply>& reply) { return reply ? Code{} : reply.error().code; }
  Call as(PersonId person) {
    Call out = call();
    out.caller = caller_of(person);
    return out;
  }
  Call guest(std::int64_t id = 99) {
    Call out = call();
    out.caller = Caller{};
    out.caller.person = PersonId{id};
    return out;
  }
  // A staff member with a row of their own, limited to regions.
  Call member(const std::string& login, unsigned roles, std::vector<std::string> regions) {
    const auto made = db().write([&](Tx& tx) { return add_staff(tx, call(), brand, login, login, roles, regions); });
    EXPECT_TRUE(made) << made.error().text();
    return as(made->person);
  }
  Call staff(unsigned roles) {
    Call out = guest();
    out.caller.guest = false;
    out.caller.staff = {{brand, roles}};
    return out;
  }
  std::vector<std::pair<std::string, std::string>> at_brand() { return {{"brand_id", brand.text()}}; }

  OrgDeps deps;
  net::Routes routes;
  std::vector<std::pair<PersonId, PersonId>> merged;
};

}  // namespace lianbo::org
