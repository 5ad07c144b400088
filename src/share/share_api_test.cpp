#include "share/share_api.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "share/test_world.hpp"

namespace lianbo::share {
namespace {

using db::Sql;
using db::Tx;
using net::Method;
using net::Reply;
using net::Request;
using net::Route;
using net::Run;

const Sql kCountAudit{"test.count_audit", "select count(*) from audit where action = 'lock.read' and subject_id = $1"};

// Runs a route's handler as the dispatcher does: the shape is checked, the transaction opened, read or write.
class ShareApi : public ShareWorld {
 protected:
  Result<Reply> ask(const Call& call, Method method, const std::string& path, Request request = {}) {
    const net::Routes routes = share_routes({&db(), facts_});
    for (const Route& route : routes) {
      request.params.clear();
      if (route.method != method || !match(route.path, path, request)) continue;
      request.method = method;
      request.path = path;
      if (route.takes) {
        TRY(request.value, parse_json(request.body));
        TRY_OK(check_shape(request.value, *route.takes));
      }
      const auto run = [&](Tx& tx) -> Result<Reply> { return route.tx_handler(tx, call, request); };
      Result<Reply> reply = route.run == Run::plain  ? route.plain_handler(call, request)
                            : route.run == Run::read ? db().read(run)
                                                     : db().write(run);
      if (reply && route.gives && reply->status < 300) check_answer(*reply, route);
      return reply;
    }
    ADD_FAILURE() << "no route for " << path;
    return fail(Code::internal);
  }
  Result<Reply> post(const Call& call, const std::string& path, std::string body) {
    Request request;
    request.body = std::move(body);
    return ask(call, Method::post, path, std::move(request));
  }
  Result<Reply> get(const Call& call, const std::string& path) { return ask(call, Method::get, path); }

  // Opens the share as a browser does and returns where it is sent.
  std::string open(const Call& call, const Share& share) {
    const Result<Reply> reply = get(call, "/s/" + share.token);
    if (!reply) {
      ADD_FAILURE() << reply.error().text();
      return {};
    }
    EXPECT_EQ(reply->status, 302);
    EXPECT_EQ(header(*reply, "Cache-Control"), "no-store");
    EXPECT_NE(header(*reply, "Referrer-Policy"), "");
    return header(*reply, "Location");
  }
  static std::string header(const Reply& reply, std::string_view name) {
    std::string out;
    for (const auto& [key, value] : reply.headers) {
      if (key != name) continue;
      EXPECT_TRUE(out.empty()) << name << " twice";
      out = value;
    }
    return out;
  }

 private:
  static bool match(std::string_view pattern, std::string_view path, Request& request) {
    while (!pattern.empty() && !path.empty()) {
      const auto p = pattern.substr(0, pattern.find('/', 1)), q = path.substr(0, path.find('/', 1));
      if (p.starts_with("/{"))
        request.params.emplace_back(p.substr(2, p.size() - 3), q.substr(1));
      else if (p != q)
        return false;
      pattern.remove_prefix(p.size());
      path.remove_prefix(q.size());
    }
    return pattern.empty() && path.empty();
  }
  static void check_answer(const Reply& reply, const Route& route) {
    EXPECT_EQ(reply.status, route.success) << route.id;
    const Result<json::value> value = parse_json(reply.body);
    ASSERT_TRUE(value) << route.id;
    const Status fits = check_shape(*value, *route.gives);
    EXPECT_TRUE(fits) << route.id << ": " << fits.error().text();
  }
};
ON_BOTH_ENGINES(ShareApi);

TEST_P(ShareApi, OneOpeningIsOneRedirectOneTouchAndOneLock) {
  const BroadcastId broadcast = make_broadcast(a_, {tea_});
  start(broadcast, kDawn);
  pin(broadcast, tea_, kDawn + 5'000);
  Result<Reply> made = post(person(a_.person, kDawn + 9'000), "/api/v1/shares",
                            R"({"kind":"moment","channel":"group","broadcast_id":")" + broadcast.text() +
                                R"(","product_id":")" + tea_.text() + R"(","media_ms":8000})");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->status, 201);
  const json::value body = *parse_json(made->body);
  const std::string token = get_text(body, "token");
  EXPECT_EQ(get_text(body, "url"), "https://shop.example/s/" + token);
  const Share share = read([&](Tx& tx) { return find_share_by_token(tx, token); });

  const PersonId v = new_person();
  const std::string room = "/room/" + broadcast.text() + "?product=" + tea_.text();
  EXPECT_EQ(open(guest(v, kDawn + 10'000), share), room + "&share=" + token) << "its pin is open";
  ASSERT_EQ(touches(v).size(), 1u);
  EXPECT_EQ(lock(v)->agent, a_.id);
  EXPECT_EQ(lock(v)->opened_at, kDawn + 10'000);
  open(guest(v, kDawn + 11'000), share);
  EXPECT_EQ(touches(v).size(), 2u) << "opened again: a touch again";
}

TEST_P(ShareApi, LandsByTheStateOfTheRoomAndTheProduct) {
  const BroadcastId broadcast = make_broadcast(a_, {tea_, green_});
  const Call v = guest(new_person(), kDawn + 100'000);
  NewShare wish;
  wish.kind = Kind::moment;
  wish.broadcast = broadcast;
  wish.product = tea_;
  const Share early = share_of(person(a_.person), wish);
  const std::string tail = "share=" + early.token;
  const std::string product = "/product/" + tea_.text() + "?store=" + a_.store.text() + "&";
  const std::string room = "/room/" + broadcast.text() + "?product=" + tea_.text() + "&";
  EXPECT_EQ(open(v, early), product + tail) << "not on air yet";
  NewShare whole;
  whole.kind = Kind::broadcast;
  whole.broadcast = broadcast;
  const Share of_broadcast = share_of(person(a_.person), whole);
  const std::string waiting = "/room/" + broadcast.text() + "?share=" + of_broadcast.token;
  EXPECT_EQ(open(v, of_broadcast), waiting);
  start(broadcast, kDawn);
  EXPECT_EQ(open(v, early), room + tail) << "on the shelf, never pinned";
  pin(broadcast, tea_, kDawn + 20'000);
  wish.media_ms = 21'000;
  const Share first_pin = share_of(person(a_.person, kDawn + 22'000), wish);
  EXPECT_TRUE(first_pin.pin);
  pin(broadcast, green_, kDawn + 30'000);
  EXPECT_EQ(open(v, early), room + "t=20000&shift=1&" + tail) << "its pin is over";
  pin(broadcast, tea_, kDawn + 40'000);
  EXPECT_EQ(open(v, early), room + tail) << "its pin is open again";
  pin(broadcast, green_, kDawn + 50'000);
  EXPECT_EQ(open(v, early), room + "t=40000&shift=1&" + tail) << "the newest pin, when none was shared";
  EXPECT_EQ(open(v, first_pin), room + "t=20000&shift=1&share=" + first_pin.token) << "the pin that was shared";
  suspend(a_);
  EXPECT_EQ(open(v, first_pin), room + "t=20000&shift=1&share=" + first_pin.token) << "a suspended agent's still lands";
  end(broadcast, kDawn + 60'000);
  EXPECT_EQ(open(v, early), product + tail) << "ended";
  EXPECT_EQ(open(v, of_broadcast), "/store/" + a_.store.text() + "?why=broadcast_ended&share=" + of_broadcast.token);
  take_off_sale(tea_);
  EXPECT_EQ(open(v, early), product + "gone=1&" + tail) << "green tea is there";
  take_off_sale(green_);
  EXPECT_EQ(open(v, early), "/store/" + a_.store.text() + "?why=not_sold&" + tail);
}

TEST_P(ShareApi, TheStorePageSaysWhy) {
  const ProductId last = make_product("last", "nothing like it", 0);
  NewShare wish;
  wish.kind = Kind::product;
  wish.store = a_.store;
  wish.product = last;
  const Share sold_out = share_of(person(a_.person), wish);
  wish.product = tea_;
  const Share tea = share_of(person(a_.person), wish);
  const Call v = guest(new_person());
  const std::string store = "/store/" + a_.store.text() + "?why=";
  EXPECT_EQ(open(v, sold_out), store + "sold_out&share=" + sold_out.token);
  take_off_sale(last);
  EXPECT_EQ(open(v, sold_out), store + "not_sold&share=" + sold_out.token);
  suspend(a_);
  EXPECT_EQ(open(v, tea), "/product/" + tea_.text() + "?store=" + a_.store.text() + "&share=" + tea.token)
      << "orders are taken there all the same";
  write([&](Tx& tx) { return org::set_agent_state(tx, system(), a_.id, org::AgentState::left, "test", {}); });
  EXPECT_EQ(open(v, tea), store + "store_closed&share=" + tea.token) << "no order is taken there, whatever the stock";
}

TEST_P(ShareApi, MachinesThatLookAheadAreShownTheWayAndCountNothing) {
  const Share share = agents_share(a_);
  const PersonId v = new_person();
  std::vector<Request> looks(4);
  looks[0].head = true;
  looks[1].headers = {{"purpose", "prefetch"}};
  looks[2].headers = {{"sec-purpose", "prefetch;prerender"}};
  looks[3].headers = {{"user-agent", "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search)"}};
  for (const Request& look : looks) {
    const Result<Reply> reply = ask(guest(v), Method::get, "/s/" + share.token, look);
    ASSERT_TRUE(reply);
    EXPECT_EQ(header(*reply, "Location"), "/store/" + a_.store.text() + "?share=" + share.token);
  }
  EXPECT_TRUE(touches(v).empty());
  EXPECT_EQ(lock(v), std::nullopt);
  Request phone;
  phone.headers = {
      {"user-agent",
       "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.44"}};
  ASSERT_TRUE(ask(guest(v), Method::get, "/s/" + share.token, phone));
  EXPECT_EQ(touches(v).size(), 1u) << "a person in WeChat";
}

TEST_P(ShareApi, AnUnknownTokenIsAPageForPeopleAndAProblemForPrograms) {
  for (const std::string token : {"AAAAAAAAAAAAAAAA", "x", "' or 1=1 --"}) {
    const Result<Reply> problem = get(guest(new_person()), "/s/" + token);
    ASSERT_FALSE(problem);
    EXPECT_EQ(problem.error().code, Code::not_found);
    Request browser;
    browser.headers = {{"accept", "text/html,application/xhtml+xml"}};
    const Result<Reply> page = ask(guest(new_person()), Method::get, "/s/" + token, browser);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 404);
    EXPECT_TRUE(page->content_type.starts_with("text/html"));
  }
}

TEST_P(ShareApi, OnlyTheSharerAndStaffSeeAShareItsCascadeAndItsPoster) {
  NewShare wish;
  wish.kind = Kind::product;
  wish.product = tea_;
  wish.store = a_.store;
  const PersonId p = new_person();
  const Share share = share_of(guest(p), wish);
  const std::string base = "/api/v1/shares/" + share.id.text();
  Call staff = person(new_person());
  staff.caller.staff.push_back({brand_, kAuditor});
  for (const Call& call : {guest(p), staff}) {
    EXPECT_TRUE(get(call, base));
    EXPECT_TRUE(get(call, base + "/cascade"));
    const Result<Reply> poster = get(call, base + "/poster.png");
    ASSERT_TRUE(poster) << poster.error().text();
    EXPECT_EQ(poster->content_type, "image/png");
    EXPECT_EQ(poster->body.substr(0, 8), "\x89PNG\r\n\x1a\n");
  }
  for (const std::string& path : {base, base + "/cascade", base + "/poster.png"}) {
    EXPECT_EQ(get(person(new_person()), path).error().code, Code::forbidden) << path;
    EXPECT_EQ(get(guest(new_person()), path).error().code, Code::unauthenticated) << path;
  }
  EXPECT_EQ(get(staff, "/api/v1/shares/0000000000009").error().code, Code::not_found);
}

TEST_P(ShareApi, WhatCameOfALinkIsSeenByWhoMadeItAndByWhoMadeOneAboveIt) {
  NewShare wish;
  wish.kind = Kind::product;
  wish.product = tea_;
  wish.store = a_.store;
  const PersonId top = new_person(), middle = new_person(), low = new_person();
  const Share first = share_of(person(top), wish);
  open(person(middle), first);
  const Share second = share_of(person(middle), wish);
  open(person(low), second);
  const Share third = share_of(person(low), wish);
  const auto below = [&](const Call& call, const Share& share) {
    return get(call, "/api/v1/shares/" + share.id.text() + "/children");
  };
  for (const auto& [share, child, seers] :
       {std::tuple{first, second, std::vector{top}}, std::tuple{second, third, std::vector{middle, top}}})
    for (const PersonId seer : seers) {
      const auto reply = below(person(seer), share);
      ASSERT_TRUE(reply) << reply.error().text();
      const auto body = *parse_json(reply->body);
      ASSERT_EQ(get_list(body, "items").size(), 1u);
      EXPECT_EQ(get_text(get_list(body, "items")[0], "id"), child.id.text());
    }
  EXPECT_EQ(get_list(*parse_json(below(person(middle), second)->body), "items")[0].at("touches").to_number<int>(), 0);
  for (const PersonId other : {low, new_person()})
    EXPECT_EQ(below(person(other), second).error().code, Code::forbidden) << "nobody sees what others' links led to";
}

TEST_P(ShareApi, ListsOnesOwnSharesPageByPage) {
  const PersonId p = new_person();
  std::vector<Share> made;
  for (int i = 0; i < 3; ++i) made.push_back(share_of(guest(p, kDawn + i), store_wish(a_.store)));
  agents_share(b_);
  open(guest(new_person()), made[1]);
  Request request;
  request.query = {{"mine", ""}, {"limit", "2"}};
  json::value page = *parse_json(ask(guest(p), Method::get, "/api/v1/shares", request)->body);
  ASSERT_EQ(get_list(page, "items").size(), 2u);
  EXPECT_EQ(get_text(get_list(page, "items")[0], "id"), made[2].id.text());
  EXPECT_EQ(get_int(get_list(page, "items")[1], "touches"), 1);
  EXPECT_EQ(get_int(get_list(page, "items")[1], "locks"), 1);
  request.query.emplace_back("after", get_text(page, "next"));
  page = *parse_json(ask(guest(p), Method::get, "/api/v1/shares", request)->body);
  ASSERT_EQ(get_list(page, "items").size(), 1u);
  EXPECT_EQ(get_text(get_list(page, "items")[0], "id"), made[0].id.text());
  EXPECT_FALSE(has(page, "next"));
}

TEST_P(ShareApi, TheLockIsShownToItsBuyerAndAuditedWhenStaffLooks) {
  const PersonId v = new_person();
  const std::string own = "/api/v1/brands/" + brand_.text() + "/lock";
  EXPECT_EQ(get(guest(v), own)->body, R"({"lock":null})");
  open(guest(v), agents_share(a_));
  const json::value mine = *parse_json(get(guest(v), own)->body);
  EXPECT_EQ(get_text(get_object(mine, "lock"), "agent_id"), a_.id.text());
  EXPECT_EQ(get_text(get_object(mine, "lock"), "agent_name"), a_.name) << "the name that stands on their store";
  EXPECT_EQ(get_text(get_object(mine, "lock"), "store_id"), a_.store.text());
  EXPECT_EQ(get_text(get_object(mine, "lock"), "opened_at"), format_rfc3339(kDawn));
  EXPECT_TRUE(get_bool(get_object(mine, "lock"), "valid"));
  EXPECT_FALSE(get_bool(get_object(*parse_json(get(guest(v, kDawn + 30 * kDayMs), own)->body), "lock"), "valid", true));
  EXPECT_EQ(get(guest(v), "/api/v1/brands/" + BrandId{5}.text() + "/lock").error().code, Code::not_found);

  const std::string theirs = "/api/v1/brands/" + brand_.text() + "/buyers/" + v.text() + "/lock";
  EXPECT_EQ(get(person(a_.person), theirs).error().code, Code::forbidden);
  const auto audits = [&] { return read([&](Tx& tx) -> Result<std::int64_t> { return tx.number(kCountAudit, {v}); }); };
  EXPECT_EQ(audits(), 0);
  Call staff = person(new_person());
  staff.caller.staff.push_back({brand_, kAuditor});
  Request request;
  request.query = {{"explain", ""}};
  const Result<Reply> why = ask(staff, Method::get, theirs, request);
  ASSERT_TRUE(why) << why.error().text();
  EXPECT_EQ(get_list(get_object(*parse_json(why->body), "explain"), "steps").size(), 1u);
  EXPECT_EQ(audits(), 1);
}

TEST_P(ShareApi, ABadWishIsRefusedWithItsPlaceAndMakesNothing) {
  const Call call = guest(new_person());
  struct {
    std::string body;
    Code code;
    std::string where;
  } const rows[] = {
      {"{}", Code::missing_field, "/kind"},
      {R"({"kind":"gift","channel":"dm"})", Code::invalid_field, "/kind"},
      {R"({"kind":"store","channel":"fax"})", Code::invalid_field, "/channel"},
      {R"({"kind":"store","channel":"dm","store_id":"x"})", Code::invalid_field, "/store_id"},
      {R"({"kind":"store","channel":"dm","media_ms":-1})", Code::invalid_field, "/media_ms"},
      {R"({"kind":"store","channel":"dm","shop":"1"})", Code::unknown_field, "/shop"},
      {R"({"kind":"store","channel":"dm"})", Code::missing_field, "/store_id"},
      {R"({"kind":"moment","channel":"dm","clip_id":null})", Code::missing_field, "/broadcast_id"},
  };
  for (const auto& row : rows) {
    const Result<Reply> reply = post(call, "/api/v1/shares", row.body);
    ASSERT_FALSE(reply) << row.body;
    EXPECT_EQ(info(reply.error().code).name, info(row.code).name) << row.body;
    EXPECT_EQ(reply.error().where, row.where) << row.body;
  }
  EXPECT_TRUE(get_list(*parse_json(get(call, "/api/v1/shares")->body), "items").empty());
}

}  // namespace
}  // namespace lianbo::share
