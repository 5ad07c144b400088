#include <fmt/format.h>

#include <algorithm>

#include "base/shape.hpp"
#include "sim/calibration.hpp"
#include "sim/catalog_seed.hpp"
#include "sim/day.hpp"
#include "sim/files.hpp"
#include "sim/names.hpp"

namespace lianbo::sim {
namespace {

constexpr std::size_t kAssortment = 120;     // products that the day is about
constexpr std::size_t kBackNextDay = 12;     // hosts who announce their next broadcast
constexpr DurationMs kEveMs = 6 * kHourMs;   // the set-up is done so long before
constexpr std::string_view kFresh = "生鲜";  // category of what does not come back without a reason
constexpr std::size_t kMaxUpload = 32u << 20;

}  // namespace

Status Day::set_up() {
  TRY_OK(move_clock(options_.start_at - kEveMs));
  progress_.say(options_.chinese ? "导入商品与代理……" : "Bringing in the catalogue and the agents …");
  TRY_OK(bring_in_products());
  TRY_OK(bring_in_agents());
  TRY_OK(hosts_log_in());
  TRY_OK(set_up_brand());
  TRY_OK(schedule_broadcasts());
  return move_clock(options_.start_at);
}

Status Day::bring_in_products() {
  std::string file;
  if (options_.catalog_file.empty()) {
    file = catalog_csv(make_catalog(options_.seed));
  } else {
    TRY(file, read_file(options_.catalog_file, kMaxUpload));
  }
  TRY(const Answer imported,
      owner_call("POST", brand("/products:import?default_stock=0&incomplete_off_sale=true"), file, "text/csv"));
  if (!imported.ok())
    return fail(Code::csv_invalid, "the catalogue was refused: " + imported.detail, options_.catalog_file);

  struct Sold {
    Product product;
    std::vector<std::int64_t> left;
  };
  std::vector<Sold> all;
  TRY_OK(each_item(brand("/products?on_sale=true"), [&](const json::value& item) {
    Sold sold;
    sold.product.id = get_text(item, "id");
    sold.product.code = get_text(item, "code");
    sold.product.title = get_text(item, "title");
    sold.product.no_return = get_text(item, "category").find(kFresh) != std::string::npos;
    for (const auto& s : get_list(item, "skus")) {
      if (get_int(s, "price_fen") <= 0) continue;
      sold.product.skus.push_back({get_text(s, "id"), get_int(s, "price_fen")});
      sold.left.push_back(get_int(s, "left"));
    }
    if (!sold.product.skus.empty()) all.push_back(std::move(sold));
  }));
  if (all.empty())
    return fail(Code::invalid_field, "the catalogue has no product on sale with a price", options_.catalog_file);
  report_.products = static_cast<std::int64_t>(all.size());
  std::sort(all.begin(), all.end(), [](const Sold& a, const Sold& b) { return a.product.code < b.product.code; });
  if (all.size() > kAssortment) {
    rooms_stream_.shuffle(all);
    all.resize(kAssortment);
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    Sold& sold = all[i];
    // What there is little of is what everybody wants.
    const bool made_hot = i % 12 == 0;
    bool hot = false;
    for (std::size_t s = 0; s < sold.left.size(); ++s) {
      std::int64_t left = sold.left[s];
      if (left == 0) {
        left = made_hot ? rooms_stream_.between(8, 20) : rooms_stream_.between(150, 1200);
        as_owner("POST", "/api/v1/skus/" + sold.product.skus[s].id + "/stock", fmt::format("{{\"qty\":{}}}", left),
                 [this](const Answer& a) {
                   if (!a.ok()) unexpected("stock", a);
                 });
      }
      hot |= left <= 20;
    }
    sold.product.pull = hot ? 3.0 : 1.0;
    world_.product_of.emplace(sold.product.id, static_cast<int>(i));
    world_.products.push_back(std::move(sold.product));
  }
  // For the sale a lock is protected for a day only, so that hosts compete for buyers.
  as_owner("PUT", brand("/lock-rules"),
           R"({"validity_days":30,"protect_days":1,"order_extends_days":45,"lock_agents":false,"self_purchase":false})",
           [this](const Answer& a) {
             if (!a.ok()) unexpected("lock rules", a);
           });
  as_owner("PUT", brand("/plans"),
           R"({"scope":"brand","host_bp":1000,"promoter_bp":800,"recruiter_bp":200,"clipper_bp":0})",
           [this](const Answer& a) {
             if (!a.ok()) unexpected("plan", a);
           });
  return crew_.run();
}

Status Day::bring_in_agents() {
  std::string file;
  if (options_.agents_file.empty()) {
    file = agents_csv(make_agents(options_.agents, options_.seed));
  } else {
    TRY(file, read_file(options_.agents_file, kMaxUpload));
  }
  TRY(const Answer imported, owner_call("POST", brand("/agents:import"), file, "text/csv"));
  if (!imported.ok())
    return fail(Code::csv_invalid, "the agents were refused: " + imported.detail, options_.agents_file);
  TRY_OK(each_item(brand("/agents?state=active"), [&](const json::value& item) {
    Host host;
    host.agent_id = get_text(item, "id");
    host.store_id = get_text(item, "store_id");
    host.code = get_text(item, "code");
    host.name = get_text(item, "name");
    host.region = get_text(item, "region");
    world_.hosts.push_back(std::move(host));
  }));
  auto& hosts = world_.hosts;
  if (hosts.empty()) return fail(Code::invalid_field, "no agent is active", options_.agents_file);
  std::sort(hosts.begin(), hosts.end(), [](const Host& a, const Host& b) { return a.code < b.code; });
  // Nobody on the graph may be two hosts, and most people are none.
  const auto most = static_cast<std::size_t>(std::max({1, options_.agents, options_.peak_rooms * 6}));
  const auto room_for = std::max<std::size_t>(1, world_.people.size() / 3);
  if (hosts.size() > std::min(most, room_for)) {
    rooms_stream_.shuffle(hosts);
    hosts.resize(std::min(most, room_for));
  }

  DaySize size;
  size.hosts = static_cast<int>(hosts.size());
  size.peak_rooms = options_.peak_rooms;
  size.people = world_.graph.size();
  size.first_minute_of_day = static_cast<int>((options_.start_at + kShanghaiMs) % kDayMs / kMinuteMs);
  world_.plan = plan_day(size, options_.seed);

  // The well-connected are the ones who sell; not every one of them does.
  auto known = world_.graph.by_degree();
  known.resize(std::min(known.size(), hosts.size() * 3));
  rooms_stream_.shuffle(known);
  std::vector<int> ranks(hosts.size());
  for (std::size_t i = 0; i < ranks.size(); ++i) ranks[i] = static_cast<int>(i);
  rooms_stream_.shuffle(ranks);
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i].person = known[i];
    hosts[i].rank = ranks[i];
    hosts[i].conversion = conversion(rooms_stream_);
    Person& person = world_.person(hosts[i].person);
    person.host = static_cast<int>(i);
    person.name = hosts[i].name;
  }
  for (auto& person : world_.people)
    if (person.name.empty()) person.name = person_name(names_stream_);
  return {};
}

Status Day::hosts_log_in() {
  std::vector<bool> on_air(world_.hosts.size(), false);
  for (const auto& b : world_.plan.broadcasts) on_air[static_cast<std::size_t>(b.host)] = true;
  for (std::size_t i = 0; i < on_air.size(); ++i) {
    if (!on_air[i]) {
      world_.person(world_.hosts[i].person).host = -1;  // an ordinary person today
      continue;
    }
    const int person = world_.hosts[i].person;
    as_owner("POST", "/api/v1/agents/" + world_.hosts[i].agent_id + "/invite", {},
             [this, person](const Answer& invited) {
               if (!invited.ok()) return unexpected("invite", invited);
               Person& p = world_.person(person);
               p.login = fmt::format("host-{}-{}", line_.options().run, person);
               JsonWriter w;
               w.begin()
                   .field("token", invited.text("invite_token"))
                   .field("login", p.login)
                   .field("password", kPassword)
                   .end();
               as(person, "POST", "/api/v1/invites/accept", w.take(), [this, person](const Answer& accepted) {
                 Person& host = world_.person(person);
                 if (accepted.ok()) {
                   host.me.token = accepted.text("token");
                   host.id = accepted.text("person_id");
                   return;
                 }
                 if (accepted.problem != "invite_invalid") return unexpected("accept", accepted);
                 // The answer was lost on the way; the login is there.
                 JsonWriter again;
                 again.begin().field("login", host.login).field("password", kPassword).end();
                 as(person, "POST", "/api/v1/sessions", again.take(), [this, person](const Answer& in) {
                   if (!in.ok()) return unexpected("login", in);
                   world_.person(person).me.token = in.text("token");
                   world_.person(person).id = in.text("person_id");
                 });
               });
             });
  }
  return crew_.run();
}

Status Day::schedule_broadcasts() {
  std::vector<double> pulls;
  for (const auto& p : world_.products) pulls.push_back(p.pull);
  for (const auto& planned : world_.plan.broadcasts) {
    Room room;
    room.index = static_cast<int>(world_.rooms.size());
    room.plan = planned;
    room.chat_memory = chat_stream_.normal();
    const auto wanted = std::min<std::size_t>(pulls.size(), static_cast<std::size_t>(rooms_stream_.between(8, 20)));
    while (room.shelf.size() < wanted) {
      const int product = static_cast<int>(rooms_stream_.weighted(pulls));
      if (std::find(room.shelf.begin(), room.shelf.end(), product) == room.shelf.end()) room.shelf.push_back(product);
    }
    const Host& host = world_.host(planned.host);
    const Instant at = options_.start_at + planned.start_minute * kMinuteMs;
    JsonWriter w;
    std::string title = broadcast_title(names_stream_, host.name, world_.product(room.shelf[0]).title);
    if (utf8_length(title) > 100) title = host.name;
    w.begin().field("title", title).field_at("scheduled_at", at).key("product_ids").begin_list();
    for (const int p : room.shelf) w.value(world_.product(p).id);
    w.end_list().end();
    const int index = room.index;
    as(host.person, "POST", "/api/v1/stores/" + host.store_id + "/broadcasts", w.take(),
       [this, index](const Answer& a) {
         if (!a.ok()) return unexpected("schedule", a);
         world_.room(index).id = a.text("id");
         world_.room_of.emplace(a.text("id"), index);
       });
    world_.rooms.push_back(std::move(room));
  }
  // Some say today when they will be back: the evening after.
  std::vector<int> hosts;
  for (std::size_t i = 0; i < world_.hosts.size(); ++i)
    if (!world_.person(world_.hosts[i].person).me.token.empty()) hosts.push_back(static_cast<int>(i));
  std::sort(hosts.begin(), hosts.end(), [&](int a, int b) { return world_.host(a).rank < world_.host(b).rank; });
  hosts.resize(std::min(hosts.size(), kBackNextDay));
  const Instant back = options_.start_at + kDayMs + 20 * kHourMs;
  for (const int h : hosts) {
    const Host& host = world_.host(h);
    JsonWriter w;
    w.begin().field("title", host.name + "：返场，昨天没抢到的看过来").field_at("scheduled_at", back);
    w.key("product_ids").begin_list().value(world_.product(0).id).end_list().end();
    as(host.person, "POST", "/api/v1/stores/" + host.store_id + "/broadcasts", w.take(), [this, h](const Answer& a) {
      if (!a.ok()) return unexpected("schedule", a);
      world_.host(h).next_broadcast = a.text("id");
    });
  }
  later(back, [this] { hold_next_broadcasts(); });
  return crew_.run();
}

}  // namespace lianbo::sim
