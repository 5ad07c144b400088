// Targets over a whole server in this process: requests of every route by everybody, links, messages in a room. No
// commit succeeds (a fault is injected into each), so the world stays as it was made and an input means the same every
// time.
#include <fmt/format.h>

#include <deque>
#include <filesystem>
#include <map>

#include "app/app.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "fuzz/fuzz.hpp"
#include "live/hub.hpp"
#include "live/room_backend.hpp"
#include "net/target.hpp"
#include "support/samples.hpp"

namespace lianbo::fuzz {
namespace {

using net::Method;

template <class T>
T must(Result<T> result) {
  FUZZ_CHECK(result.has_value(), result.error().text());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class NoCommits final : public db::FaultPlan {
 public:
  bool fail_statement(const db::Sql&) override { return false; }
  bool fail_commit() override { return true; }
};

class World {
 public:
  static World& get() {
    static World world;
    return world;
  }

  net::Reply call(Method method, std::string target, const std::string& who, std::string body,
                  std::vector<std::pair<std::string, std::string>> headers = {}) {
    net::Request request;
    request.method = method;
    request.target = std::move(target);
    if (!net::parse_target(request)) return {400, {}, {}, {}};
    request.headers = std::move(headers);
    if (const auto token = tokens_.find(who); token != tokens_.end())
      request.headers.emplace_back("authorization", "Bearer " + token->second);
    request.body = std::move(body);
    request.remote = "203.0.113.7";
    return app_->dispatcher().handle(std::move(request));
  }

  // "{store_id}" becomes the identifier of one that is there.
  std::string filled(std::string_view text) const {
    std::string out;
    while (!text.empty()) {
      const auto open = text.find('{');
      out += text.substr(0, open);
      if (open == std::string_view::npos) break;
      text.remove_prefix(open);
      const auto close = text.find('}');
      const auto found =
          close == std::string_view::npos ? ids_.end() : ids_.find(std::string(text.substr(1, close - 1)));
      if (found == ids_.end()) {
        out += '{';
        text.remove_prefix(1);
      } else {
        out += found->second;
        text.remove_prefix(close + 1);
      }
    }
    return out;
  }

  app::App& app() { return *app_; }
  const std::map<std::string, std::string>& ids() const { return ids_; }
  BroadcastId room() const { return *BroadcastId::parse(ids_.at("broadcast_id")); }
  PersonId person(const std::string& name) const { return people_.at(name); }

 private:
  World() {
    folder_ = std::filesystem::temp_directory_path() / fmt::format("lianbo-fuzz-{}", getpid());
    std::filesystem::create_directories(folder_);
    Settings settings;
    settings.db_url = "sqlite:" + (folder_ / "lianbo.db").string();
    settings.clock = "simulated:2026-11-11T00:00:00Z";
    settings.http_port = 0;
    settings.log_level = "off";
    settings.password_memory_kib = 8;
    settings.password_passes = 1;
    settings.rate_guest_per_min = settings.rate_login_per_min = 0;
    settings.check_replies = 1;
    settings.db_writers = settings.db_readers = 2;
    app_ = must(app::App::start(settings));
    make();
    app_->bench().db->set_faults(&no_commits_);
    std::atexit([] { std::filesystem::remove_all(get().folder_); });
  }

  json::value said(Method method, const std::string& target, const std::string& who, const std::string& body,
                   std::vector<std::pair<std::string, std::string>> headers = {}) {
    if (!body.empty()) headers.emplace_back("content-type", "application/json");
    const auto reply = call(method, filled(target), who, filled(body), std::move(headers));
    FUZZ_CHECK(reply.status < 300, target + " answers " + reply.body);
    return reply.body.empty() ? json::value() : must(parse_json(reply.body));
  }
  void log_in(const std::string& name, PersonId person) {
    people_[name] = person;
    const Call call = app_->bench().system_call();
    tokens_[name] = must(app_->bench().db->write(
        [&](db::Tx& tx) { return org::issue_session(tx, call, person, org::TokenKind::login, name); }));
  }

  void make() {
    auto& db = *app_->bench().db;
    const Call call = app_->bench().system_call();
    const auto owner = must(db.write([&](db::Tx& tx) -> Result<PersonId> {
      org::NewBrand wish;
      wish.name = wish.owner_login = wish.owner_name = "owner";
      TRY(const auto brand, org::create_brand(tx, call, wish));
      ids_["brand_id"] = brand.text();
      return org::find_login(tx, "owner")->person;
    }));
    log_in("owner", owner);
    const auto agent = must(db.write([&](db::Tx& tx) {
      org::NewAgent wish;
      wish.code = wish.name = "host";
      return org::create_agent(tx, call, *BrandId::parse(ids_["brand_id"]), wish);
    }));
    ids_["agent_id"] = agent.id.text();
    ids_["store_id"] = agent.store.text();
    log_in("host", agent.person);
    const auto buyer =
        must(db.write([&](db::Tx& tx) { return org::register_person(tx, call, "buyer", "buyer", "x"); }));
    ids_["person_id"] = buyer.text();
    log_in("buyer", buyer);
    const auto product = said(Method::post, "/api/v1/brands/{brand_id}/products", "owner",
                              R"({"code":"p","title":"P","skus":[{"code":"s","price_fen":1000,"stock":50}]})");
    ids_["product_id"] = get_text(product, "id");
    ids_["sku_id"] = get_text(get_list(product, "skus").at(0), "id");
    said(Method::put, "/api/v1/brands/{brand_id}/plans", "owner",
         R"({"scope":"brand","host_bp":1000,"promoter_bp":500})");
    const auto broadcast =
        said(Method::post, "/api/v1/stores/{store_id}/broadcasts", "host",
             R"({"title":"T","scheduled_at":"2026-11-11T00:00:00Z","product_ids":["{product_id}"]})");
    ids_["broadcast_id"] = get_text(broadcast, "id");
    said(Method::post, "/api/v1/broadcasts/{broadcast_id}/start", "host", "");
    said(Method::post, "/api/v1/broadcasts/{broadcast_id}/pins", "host", R"({"product_id":"{product_id}"})");
    const auto share =
        said(Method::post, "/api/v1/shares", "host",
             R"({"kind":"moment","channel":"group","broadcast_id":"{broadcast_id}","product_id":"{product_id}"})");
    ids_["share_id"] = get_text(share, "id");
    ids_["token"] = get_text(share, "token");
    const auto order =
        said(Method::post, "/api/v1/orders", "buyer",
             R"({"store_id":"{store_id}","lines":[{"sku_id":"{sku_id}","qty":2}],"address":{"name":"王小明",)"
             R"("phone":"13912345678","region":"上海","detail":"某路1号"}})",
             {{"idempotency-key", "one"}});
    ids_["order_id"] = get_text(order, "id");
  }

  std::filesystem::path folder_;
  NoCommits no_commits_;
  std::unique_ptr<app::App> app_;
  std::map<std::string, std::string> ids_, tokens_;
  std::map<std::string, PersonId> people_;
};

void check(const net::Reply& reply, const std::string& what) {
  // The injected fault is the one thing that may break on our side.
  FUZZ_CHECK(reply.status != 500 || reply.body.find("a fault was injected") != std::string::npos, what + reply.body);
  FUZZ_CHECK(reply.status >= 200 && reply.status < 600, what);
  if (reply.content_type == "application/json" && !reply.body.empty())
    FUZZ_CHECK(parse_json(reply.body).has_value(), reply.body);
  for (const auto& [name, value] : reply.headers)
    FUZZ_CHECK(value.find_first_of("\r\n") == std::string::npos, name + ": a header of two lines");
}

// "POST /api/v1/orders buyer", lines of headers, an empty line, the body.
void request(std::string_view input) {
  auto& world = World::get();
  const auto head = input.substr(0, input.find("\n\n"));
  const auto body = head.size() == input.size() ? std::string_view{} : input.substr(head.size() + 2);
  std::string_view rest = head;
  const auto line = [&] {
    const auto one = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    return one;
  };
  const auto first = line();
  const auto blank = first.find(' '), last = first.rfind(' ');
  if (blank == std::string_view::npos || last == blank) return;
  const std::string_view verb = first.substr(0, blank);
  Method method = Method::get;
  for (const Method m : {Method::post, Method::put, Method::patch, Method::del})
    if (net::method_name(m) == verb) method = m;
  std::vector<std::pair<std::string, std::string>> headers = {{"content-type", "application/json"}};
  while (!rest.empty()) {
    const auto one = line();
    const auto colon = one.find(": ");
    if (colon == std::string_view::npos) continue;
    const std::string name = net::lower(one.substr(0, colon));
    if (name != "authorization") headers.emplace_back(name, one.substr(colon + 2));
  }
  if (first.find("/sandbox/pay") != std::string_view::npos) return;  // its notices go by threads of their own
  check(world.call(method, world.filled(first.substr(blank + 1, last - blank - 1)), std::string(first.substr(last + 1)),
                   world.filled(body), std::move(headers)),
        std::string(first) + ": ");
}

// Every route with a body of its shape, by everybody.
std::vector<std::string> requests() {
  std::vector<std::string> out;
  std::map<std::string, std::string> placeholders;
  for (const auto& [name, id] : World::get().ids()) placeholders[name] = "{" + name + "}";
  for (const auto& route : World::get().app().dispatcher().routes()) {
    std::string target = route.path;
    for (const auto& f : route.query) target += (target.find('?') == std::string::npos ? "?" : "&") + f.name + "=1";
    std::string body;
    if (route.takes) {
      JsonWriter w;
      w.begin();
      test::write_sample(w, *route.takes, placeholders);
      w.end();
      body = w.take();
    }
    for (const char* who : {"nobody", "buyer", "host", "owner"})
      out.push_back(std::string(net::method_name(route.method)) + " " + target + " " + who +
                    "\nIdempotency-Key: k\n\n" + body);
  }
  return out;
}
const Registered kRequest{"request", request, requests};

// What stands behind /s/, and who says they open it.
void landing(std::string_view input) {
  auto& world = World::get();
  const auto line = input.find('\n');
  const std::string token = world.filled(input.substr(0, line));
  std::vector<std::pair<std::string, std::string>> headers;
  if (line != std::string_view::npos) headers.emplace_back("user-agent", input.substr(line + 1));
  const auto reply = world.call(Method::get, "/s/" + token, "buyer", "", headers);
  check(reply, "/s/" + token + ": ");
  if (reply.status != 302) return;
  for (const auto& [name, value] : reply.headers)
    if (name == "Location")
      FUZZ_CHECK(value.starts_with("/") && !value.starts_with("//"), "a link leads out of the site: " + value);
}
const Registered kLanding{"landing", landing};

// ---- rooms

class Viewer final : public net::WsConnection {
 public:
  bool send(const net::FramePtr& frame) override {
    if (closed) return false;
    // A text frame as the server writes it: its payload is one JSON object.
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(frame->bytes[i]); };
    const std::size_t at = byte(1) < 126 ? 2 : byte(1) == 126 ? 4 : 10;
    const auto value = parse_json(std::string_view(frame->bytes).substr(at));
    FUZZ_CHECK(value && value->is_object() && value->as_object().contains("t"), frame->bytes);
    ++frames;
    return true;
  }
  void close(int, std::string_view) override { closed = true; }
  std::size_t queued_bytes() const override { return 0; }
  bool closed = false;
  int frames = 0;
};

// Messages of viewers, a line each; the first character says whose: a guest's, a buyer's, the host's.
void room(std::string_view input) {
  auto& world = World::get();
  auto& bench = world.app().bench();
  std::deque<std::function<void()>> posted;
  live::RoomHub::Deps deps;
  deps.backend = std::make_shared<live::DbRoomBackend>(*bench.db);
  std::mutex mutex;  // the backend answers on the database's thread
  deps.post = [&](std::int64_t, std::function<void()> fn) {
    const std::scoped_lock lock(mutex);
    posted.push_back(std::move(fn));
    return true;
  };
  deps.work = [](std::function<void()> fn) {
    fn();
    return true;
  };
  deps.clock = bench.clock.get();
  deps.ids = bench.ids.get();
  deps.random = &bench.random;
  deps.settings = &bench.settings;
  const auto hub = live::RoomHub::make(std::move(deps));
  const auto run = [&] {
    for (;;) {
      std::function<void()> fn;
      {
        const std::scoped_lock lock(mutex);
        if (posted.empty()) return;
        fn = std::move(posted.front());
        posted.pop_front();
      }
      fn();
    }
  };
  struct Seat {
    std::shared_ptr<net::WsHandler> handler;
    std::shared_ptr<Viewer> viewer = std::make_shared<Viewer>();
  };
  std::vector<Seat> seats;
  for (const char* name : {"", "buyer", "host"}) {
    Call call = bench.system_call();
    call.caller = {};
    call.caller.person = *name ? world.person(name) : call.make_id<PersonId>();
    call.caller.guest = *name == 0;
    net::Request request;
    request.params = {{"broadcast_id", world.room().text()}};
    if (std::string_view(name) == "host") request.query = {{"crew", "1"}};
    auto accepted = hub->accept(request, call);
    if (!accepted) continue;
    Seat seat;
    seat.handler = accepted->handler;
    seat.handler->on_open(seat.viewer);
    run();
    seats.push_back(std::move(seat));
  }
  FUZZ_CHECK(seats.size() >= 2, "guests and buyers may enter");
  while (!input.empty()) {
    const auto line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    std::string_view rest = line;
    Seat& seat = seats[choose(rest, seats.size())];
    const std::string text = world.filled(rest);
    if (!seat.viewer->closed && valid_utf8(text)) seat.handler->on_text(seat.viewer, text);
    run();
  }
  while (!hub->flush(1)) run();
  run();
  for (Seat& seat : seats) {
    FUZZ_CHECK(seat.viewer->frames > 0, "everybody is told what there is");
    seat.handler->on_close(seat.viewer);
  }
  run();
  while (!hub->flush(1)) run();
}
const Registered kRoom{"room", room};

}  // namespace
}  // namespace lianbo::fuzz
