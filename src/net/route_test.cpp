#include "net/route.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "net/problem.hpp"
#include "net/router.hpp"
#include "net/target.hpp"

namespace lianbo::net {
namespace {

Request request_of(std::string target) {
  Request request;
  request.target = std::move(target);
  const Status status = parse_target(request);
  EXPECT_TRUE(status) << status.error().text();
  return request;
}

Code refusal_of(std::string target) {
  Request request;
  request.target = std::move(target);
  const Status status = parse_target(request);
  return status ? Code::internal : status.error().code;
}

TEST(Target, PathAndQueryAreDecoded) {
  const Request request = request_of("/a%20b/%E4%B8%AD?q=%E7%9B%B4+%E6%92%AD&empty=&flag&q=2");
  EXPECT_EQ(request.path, "/a b/中");
  EXPECT_EQ(request.query_value("q"), "直 播");
  EXPECT_EQ(request.query_value("empty"), "");
  EXPECT_EQ(request.query.size(), 4u);
}

TEST(Target, PlusIsASpaceOnlyInTheQuery) {
  const Request request = request_of("/a+b?c=d+e");
  EXPECT_EQ(request.path, "/a+b");
  EXPECT_EQ(request.query_value("c"), "d e");
}

TEST(Target, AbsoluteFormGivesItsPath) {
  EXPECT_EQ(request_of("http://shop.example:80/x?y=1").path, "/x");
  EXPECT_EQ(request_of("https://shop.example").path, "/");
  EXPECT_EQ(request_of("http://shop.example?y=1").query_value("y"), "1");
}

TEST(Target, WhatIsNoPathIsRefused) {
  for (const char* bad : {"*", "x", "ftp://h/x", "/%", "/%4", "/%zz", "/a?b=%g0", "/a/../b", "/a/%2e%2E/b", "/./a",
                          "/a%00b", "/a%0d%0aX: y"})
    EXPECT_EQ(refusal_of(bad), Code::bad_request) << bad;
  EXPECT_EQ(refusal_of("/%ff"), Code::invalid_utf8);
  EXPECT_EQ(refusal_of("/?a=%ff"), Code::invalid_utf8);
  EXPECT_EQ(refusal_of("/?a=%00"), Code::invalid_utf8);
}

TEST(Target, EncodingAndDecodingAreInverse) {
  EXPECT_TRUE(rc::check("decode(encode(x)) == x", [](const std::string& text) {
    return percent_decode(percent_encode(text), false) == text && percent_decode(percent_encode(text), true) == text;
  }));
}

TEST(Request, CookiesAreFoundByTheirWholeName) {
  Request request;
  request.headers = {{"accept", "x"}, {"cookie", "aguest=1; guest=\"two\" ;x=a=b"}, {"cookie", "late=3"}};
  EXPECT_EQ(request.cookie("guest"), "two");
  EXPECT_EQ(request.cookie("x"), "a=b");
  EXPECT_EQ(request.cookie("late"), "3");
  EXPECT_EQ(request.cookie("gues"), "");
  EXPECT_EQ(request.header("accept"), "x");
  EXPECT_EQ(request.header("Accept"), "");
}

TEST(Page, LimitsAreKept) {
  EXPECT_EQ(page_of(request_of("/"))->limit, 50);
  EXPECT_EQ(page_of(request_of("/?limit=200"))->limit, 200);
  const std::string id = id_text(123456789);
  EXPECT_EQ(page_of(request_of("/?limit=1&after=" + id))->after, 123456789);
  for (const char* bad :
       {"/?limit=0", "/?limit=201", "/?limit=-1", "/?limit=ten", "/?limit=5x", "/?after=7", "/?after=zzz"})
    EXPECT_EQ(page_of(request_of(bad)).error().code, Code::invalid_field) << bad;
}

TEST(Page, NextIsNullAtTheEnd) {
  EXPECT_EQ(page_json("[1,2]", 0), "{\"items\":[1,2],\"next\":null}");
  EXPECT_EQ(page_json("[]", 5), "{\"items\":[],\"next\":\"" + id_text(5) + "\"}");
}

Routes some_routes() {
  Routes routes;
  const auto add = [&](Method method, const char* path, const char* id) {
    routes.push_back(plain_route(method, path, id, "", Access::open, {}));
  };
  add(Method::get, "/", "root");
  add(Method::get, "/orders", "list");
  add(Method::post, "/orders", "place");
  add(Method::get, "/orders/{order_id}", "get");
  add(Method::post, "/orders/export", "export");
  add(Method::del, "/orders/{order_id}/lines/{line_id}", "del");
  add(Method::get, "/orders/latest/lines/all", "literal");
  add(Method::get, "/assets/{file*}", "assets");
  return routes;
}

TEST(Router, FindsTheRouteAndItsParameters) {
  const Routes routes = some_routes();
  const Router router(routes);
  struct Row {
    Method method;
    const char* path;
    const char* id;
    std::vector<std::pair<std::string, std::string>> params;
  };
  const Row rows[] = {
      {Method::get, "/", "root", {}},
      {Method::get, "/orders", "list", {}},
      {Method::post, "/orders", "place", {}},
      {Method::get, "/orders/7", "get", {{"order_id", "7"}}},
      {Method::post, "/orders/export", "export", {}},
      {Method::get, "/orders/export", "get", {{"order_id", "export"}}},  // the literal has no GET
      {Method::del, "/orders/7/lines/8", "del", {{"order_id", "7"}, {"line_id", "8"}}},
      {Method::del, "/orders/latest/lines/all", "del", {{"order_id", "latest"}, {"line_id", "all"}}},
      {Method::get, "/orders/latest/lines/all", "literal", {}},
      {Method::get, "/assets/a/b.js", "assets", {{"file", "a/b.js"}}},
      {Method::get, "/assets/", "assets", {{"file", ""}}},
  };
  for (const Row& row : rows) {
    const RouteMatch match = router.find(row.method, row.path);
    ASSERT_NE(match.route, nullptr) << row.path;
    EXPECT_EQ(match.route->id, row.id) << row.path;
    EXPECT_EQ(match.params, row.params) << row.path;
  }
}

TEST(Router, TellsNotFoundFromMethodNotAllowed) {
  const Routes routes = some_routes();
  const Router router(routes);
  for (const char* path :
       {"/order", "/assets", "/orders/", "/orders/7/", "/orders/7/lines", "/orders//lines/8", "", "/Orders"})
    EXPECT_EQ(router.find(Method::get, path).allow, "") << path;
  EXPECT_EQ(router.find(Method::put, "/orders").allow, "GET, HEAD, POST");
  EXPECT_EQ(router.find(Method::del, "/orders/export").allow, "GET, HEAD, POST");
  EXPECT_EQ(router.find(Method::get, "/orders/7/lines/8").allow, "DELETE");
}

TEST(Problem, SaysWhatTheErrorSays) {
  Error error{Code::sold_out, "SKU \"T\" has 0 left", "/lines/0/qty", {"line 1", "line 2"}};
  const json::value v = *parse_json(problem_json(error, false, "r1"));
  EXPECT_EQ(get_text(v, "type"), "/errors/sold_out");
  EXPECT_EQ(get_text(v, "title"), info(Code::sold_out).title_en);
  EXPECT_EQ(get_int(v, "status"), 409);
  EXPECT_EQ(get_int(v, "code"), 400);
  EXPECT_EQ(get_text(v, "name"), "sold_out");
  EXPECT_EQ(get_text(v, "detail"), error.detail);
  EXPECT_EQ(get_text(v, "where"), error.where);
  EXPECT_EQ(get_text(v, "request_id"), "r1");
  EXPECT_EQ(get_list(v, "more").size(), 2u);
  EXPECT_EQ(get_text(*parse_json(problem_json(error, true, "")), "title"), "已售罄");
}

TEST(Problem, OverloadedAsksToComeBack) {
  const Reply reply = problem_reply(Error{Code::overloaded, {}, {}, {}}, false, "r1");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  const std::vector<std::pair<std::string, std::string>> headers = {{"X-Request-Id", "r1"}, {"Retry-After", "1"}};
  EXPECT_EQ(reply.headers, headers);
}

TEST(Problem, LanguageFollowsAcceptLanguage) {
  for (const char* chinese : {"zh", "zh-CN,zh;q=0.9,en;q=0.8", "en;q=0.5, zh-Hant;q=0.6", "ZH-cn", "fr, zh;q=0.1"})
    EXPECT_TRUE(prefers_chinese(chinese)) << chinese;
  for (const char* other : {"", "en", "en,zh;q=0.9", "zh;q=0", "de", "en-US,en;q=0.9,zh-CN;q=0.8"})
    EXPECT_FALSE(prefers_chinese(other)) << other;
}

}  // namespace
}  // namespace lianbo::net
