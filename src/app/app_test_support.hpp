// A whole server in the test's own process, on a database of its own and a simulated clock, called without a socket.
#pragma once

#include <gtest/gtest.h>

#include <stdexcept>

#include "app/app.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "net/target.hpp"
#include "support/database.hpp"

namespace lianbo::app {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override { start({}); }
  void start(Settings settings) {
    settings.db_url = "sqlite:" + folder_.path() + "/lianbo.db";
    settings.clock = "simulated:2026-11-11T00:00:00Z";
    settings.http_port = 0;
    settings.log_level = "error";
    settings.password_memory_kib = 8;
    settings.password_passes = 1;
    app_ = must(App::start(settings));
  }
  void TearDown() override { app_.reset(); }

  db::Database& db() { return *app_->bench().db; }
  Call system() { return app_->bench().system_call(); }

  std::string token_of(PersonId person) {
    const Call call = system();
    return must(
        db().write([&](db::Tx& tx) { return org::issue_session(tx, call, person, org::TokenKind::login, ""); }));
  }
  struct Brand {
    BrandId id;
    PersonId owner;
  };
  Brand brand(const std::string& login) {
    const Call call = system();
    return must(db().write([&](db::Tx& tx) -> Result<Brand> {
      org::NewBrand wish;
      wish.name = login;
      wish.owner_login = login;
      wish.owner_name = login;
      TRY(const auto id, org::create_brand(tx, call, wish));
      return Brand{id, org::find_login(tx, login)->person};
    }));
  }
  PersonId buyer(const std::string& login) {
    const Call call = system();
    return must(db().write([&](db::Tx& tx) { return org::register_person(tx, call, login, login, "x"); }));
  }
  org::Agent agent(BrandId at, const std::string& code, const std::string& region = {}) {
    const Call call = system();
    return must(db().write([&](db::Tx& tx) {
      org::NewAgent wish;
      wish.code = wish.name = code;
      wish.phone = "13800138000";
      wish.region = region;
      return org::create_agent(tx, call, at, wish);
    }));
  }
  PersonId staff(BrandId at, const std::string& login, unsigned roles,
                 const std::optional<std::vector<std::string>>& regions = {}) {
    const Call call = system();
    return must(db().write([&](db::Tx& tx) { return org::add_staff(tx, call, at, login, login, roles, regions); }))
        .person;
  }

  net::Reply call(net::Method method, const std::string& target, const std::string& token, const std::string& body = {},
                  std::vector<std::pair<std::string, std::string>> headers = {}, std::string remote = "127.0.0.1") {
    net::Request request;
    request.method = method;
    request.target = target;
    const auto mark = target.find('?');
    request.path = target.substr(0, mark);
    if (mark != std::string::npos) {
      const auto item = target.substr(mark + 1);
      const auto equals = item.find('=');
      request.query.emplace_back(item.substr(0, equals), item.substr(equals + 1));
    }
    request.headers = std::move(headers);
    if (!token.empty()) request.headers.emplace_back("authorization", "Bearer " + token);
    if (!body.empty()) request.headers.emplace_back("content-type", "application/json");
    request.body = body;
    request.remote = std::move(remote);
    return app_->dispatcher().handle(std::move(request));
  }
  json::value said(const net::Reply& reply, int status) {
    if (reply.status != status) throw std::runtime_error(std::to_string(reply.status) + " " + reply.body);
    return must(parse_json(reply.body));
  }

  test::ScratchFolder folder_;
  std::unique_ptr<App> app_;
};

}  // namespace lianbo::app
