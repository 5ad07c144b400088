// The eve of the sale: what the brand sets up beside its products and agents.
#include <fmt/format.h>

#include <algorithm>

#include "base/shape.hpp"
#include "sim/day.hpp"

namespace lianbo::sim {
namespace {

constexpr int kPolls = 200;
constexpr std::size_t kCampaignProducts = 6;
constexpr std::size_t kStoresOfTheSmallOne = 10;
constexpr std::size_t kAllottedStores = 5;
constexpr std::int64_t kAllottedEach = 4;
constexpr int kRehearsalMinutes = 5;

// "/join/01h…?share=TOKEN" → "TOKEN"
std::string share_of(const std::string& location) {
  constexpr std::string_view kName = "share=";
  const auto at = location.find(kName);
  if (at == std::string::npos) return {};
  const std::string rest = location.substr(at + kName.size());
  return rest.substr(0, rest.find('&'));
}

Fen campaign_price(Fen list_fen) { return std::max<Fen>(10, list_fen * 88 / 100 / 10 * 10); }

}  // namespace

Status Day::set_up_brand() {
  progress_.say(options_.chinese ? "立规矩、招募、统一选品……" : "Rules, recruits, a campaign …");
  std::set<std::string> regions;
  for (const Host& host : world_.hosts)
    if (!host.region.empty()) regions.insert(host.region);
  TRY_OK(each_item(brand("/regions"), [this](const json::value&) { ++report_.regions; }));
  if (!regions.empty()) staff_region_ = *regions.begin();
  TRY_OK(join_staff("finance", "财务", {}, finance_));
  if (!staff_region_.empty()) TRY_OK(join_staff("operator", "区域经理", staff_region_, regional_));
  TRY_OK(make_rules());
  TRY_OK(recruit());
  TRY_OK(push_campaigns());
  return allot();
}

Status Day::join_staff(std::string_view role, std::string_view name, std::string_view region, Identity& who) {
  const std::string login = fmt::format("{}-{}", role, line_.options().run);
  JsonWriter w;
  w.begin().field("login", login).field("name", name).key("roles").begin_list().value(role).end_list();
  if (!region.empty()) w.key("regions").begin_list().value(region).end_list();
  w.end();
  TRY(const Answer invited, owner_call("POST", brand("/staff"), w.take()));
  if (!invited.ok()) return unexpected("staff", invited), Status{};
  JsonWriter accept;
  accept.begin().field("token", invited.text("invite_token")).field("login", login).field("password", kPassword).end();
  TRY(Answer in, crew_.call({"POST", "/api/v1/invites/accept", accept.take(), "application/json", {}, true}, who));
  if (in.problem == "invite_invalid") {  // the answer was lost on the way; the login is there
    JsonWriter again;
    again.begin().field("login", login).field("password", kPassword).end();
    TRY(in, crew_.call({"POST", "/api/v1/sessions", again.take(), "application/json", {}, true}, who));
  }
  if (!in.ok()) return unexpected("staff's login", in), Status{};
  who.token = in.text("token");
  ++report_.staff;
  return {};
}

Status Day::make_rules() {
  as_owner("PUT", brand("/forbidden-words"), R"({"words":["加我微信","私下转账","全网最低"]})", fine("words"));
  as_owner("PUT", brand("/shipping"),
           R"({"rules":[{"region":"","first_fen":600,"more_fen":100,"free_from_fen":9900},)"
           R"({"region":"辽宁省","first_fen":1000,"more_fen":200,"free_from_fen":19900},)"
           R"({"region":"浙江省","first_fen":0}]})",
           fine("shipping"));
  // Fresh goods don't come back without a reason.
  auto& products = world_.products;
  if (std::none_of(products.begin(), products.end(), [](const Product& p) { return p.no_return; }))
    products[products.size() / 2].no_return = true;
  for (const Product& product : products)
    if (product.no_return)
      as_owner("PATCH", "/api/v1/products/" + product.id, R"({"no_return":true})", fine("exempt product"));
  JsonWriter w;
  w.begin().field("applications", "open").field("admission", "automatic").field("hand_to_parent", true);
  const auto first = std::min_element(world_.hosts.begin(), world_.hosts.end(),
                                      [](const Host& a, const Host& b) { return a.rank < b.rank; });
  w.field("house_agent_id", first->agent_id).end();
  as_owner("PUT", brand("/matrix-rules"), w.take(), fine("matrix rules"));

  const Instant over = options_.start_at + kDayMs;
  const auto coupon = [&](std::string_view giver, std::string_view name, Fen off, Fen least, std::int64_t total,
                          Coupon& kept) {
    JsonWriter c;
    c.begin().field("giver", giver).field("name", name).field("off_fen", off).field("min_spend_fen", least);
    c.field("total", total).field_at("ends_at", over).end();
    kept.min_spend_fen = least;
    as_owner("POST", brand("/coupons"), c.take(), [this, &kept](const Answer& a) {
      if (!a.ok()) return unexpected("coupon", a);
      kept.id = a.text("id");
    });
  };
  coupon("brand", "大促满 129 减 15", 1500, 12900, std::max(20, world_.graph.size() / 40), brand_coupon_);
  coupon("prize", "福袋 5 元券", 500, 2000, 100000, prize_);
  return crew_.run();
}

// ---- people who become agents

Status Day::recruit() {
  const auto task = [&](std::string kind, std::string body) {
    as_owner("POST", brand("/training-tasks"), std::move(body), [this, kind](const Answer& a) {
      if (!a.ok()) return unexpected("training task", a);
      tasks_.push_back({a.text("id"), kind});
    });
  };
  task("lesson", R"({"kind":"lesson","title":"开播规范","text":"不夸大、不诱导、不私下交易。"})");
  task("quiz", R"({"kind":"quiz","title":"小测验","pass_right":2,"questions":[)"
               R"({"text":"买家要求私下转账怎么办？","options":["照做","拒绝并走平台订单"],"right":1},)"
               R"({"text":"生鲜能七天无理由退货吗？","options":["能","不能"],"right":1}]})");
  task("rehearsal", fmt::format(R"({{"kind":"rehearsal","title":"试播","rehearsal_minutes":{}}})", kRehearsalMinutes));

  std::vector<int> hosts;
  for (std::size_t i = 0; i < world_.hosts.size(); ++i)
    if (world_.person(world_.hosts[i].person).host == static_cast<int>(i) &&
        !world_.person(world_.hosts[i].person).me.token.empty())
      hosts.push_back(static_cast<int>(i));
  std::sort(hosts.begin(), hosts.end(), [&](int a, int b) { return world_.host(a).rank < world_.host(b).rank; });
  const auto most = static_cast<std::size_t>(std::clamp(world_.graph.size() / 400, 2, 8));
  for (const int host : hosts) {
    if (recruits_.size() >= most) break;
    for (const auto f : world_.graph.friends(world_.host(host).person)) {
      Person& person = world_.person(f);
      if (person.host >= 0 || person.applied || !person.login.empty()) continue;
      person.applied = true;
      recruits_.push_back({f, host, {}, {}, {}});
      apply(static_cast<int>(recruits_.size()) - 1);
      break;
    }
  }
  TRY_OK(crew_.run());
  std::erase_if(recruits_, [](const Recruit& r) { return r.agent_id.empty(); });
  report_.applications = static_cast<std::int64_t>(recruits_.size());
  // The last one is told no.
  if (recruits_.size() > 1) {
    as_owner("POST", "/api/v1/agents/" + recruits_.back().agent_id + "/refuse", R"({"reason":"资料不全"})",
             [this](const Answer& a) {
               if (!a.ok()) return unexpected("refusal", a);
               ++report_.turned_down;
             });
    recruits_.pop_back();
  }
  for (std::size_t i = 0; i < recruits_.size(); ++i) {
    const auto approved = [this, i](const Answer& a) {
      if (!a.ok()) return unexpected("approval", a);
      train(i);
    };
    const std::string target = "/api/v1/agents/" + recruits_[i].agent_id + "/approve";
    // Who decides is the staff of the recruiter's region.
    if (!staff_region_.empty() && world_.host(recruits_[i].host).region == staff_region_)
      crew_.post(0, regional_, target, "{}", approved);
    else
      as_owner("POST", target, "{}", approved);
  }
  TRY_OK(crew_.run());
  TRY_OK(move_clock(now_ + (kRehearsalMinutes + 1) * kMinuteMs));
  for (const Recruit& r : recruits_) {
    if (r.rehearsal.empty()) continue;
    as(r.person, "POST", "/api/v1/broadcasts/" + r.rehearsal + "/end", {}, [this, r](const Answer& a) {
      if (!a.ok()) return unexpected("rehearsal's end", a);
      ++report_.rehearsals;
      as(r.person, "GET", "/api/v1/agents/" + r.agent_id + "/training", {}, [this](const Answer& t) {
        if (t.text("state") == "active")
          ++report_.admitted;
        else
          complain("who has done everything is still " + t.text("state"));
      });
    });
  }
  return crew_.run();
}

// Opens the host's recruit link, registers, and applies with it.
void Day::apply(int recruit) {
  const Recruit& r = recruits_[static_cast<std::size_t>(recruit)];
  JsonWriter w;
  w.begin().field("kind", "recruit").field("channel", "dm").field("store_id", world_.host(r.host).store_id).end();
  as(world_.host(r.host).person, "POST", "/api/v1/shares", w.take(),
     [this, recruit, person = r.person](const Answer& a) {
       if (!a.ok()) return unexpected("recruit share", a);
       journal_.shared(a.text("id"));
       ++report_.shares;
       as(person, "GET", "/s/" + a.text("token"), {}, [this, recruit, person](const Answer& landing) {
         ++touches_;
         if (landing.status != 302 || !landing.location.starts_with("/join/")) {
           ++report_.wrong_landings;
           return complain("a recruit share landed at \"" + landing.location + "\"");
         }
         registered(person, [this, recruit, person, token = share_of(landing.location)] {
           JsonWriter form;
           form.begin().field("name", world_.person(person).name).field("phone", fmt::format("139{:08}", person));
           form.field("message", "想在身边卖自家人信得过的东西").field("share_token", token).end();
           as(person, "POST", brand("/applications"), form.take(), [this, recruit](const Answer& applied) {
             if (!applied.ok()) return unexpected("application", applied);
             Recruit& taken = recruits_[static_cast<std::size_t>(recruit)];
             taken.agent_id = applied.text("agent_id");
             taken.store_id = applied.text("store_id");
             if (applied.text("recruiter_id") != world_.host(taken.host).agent_id)
               complain("an application names another recruiter than whose link it came by");
           });
         });
       });
     });
}

void Day::train(std::size_t recruit) {
  const Recruit& r = recruits_[recruit];
  const int person = r.person;
  // Going public before the training is done must be refused.
  const std::string broadcasts = "/api/v1/stores/" + r.store_id + "/broadcasts";
  JsonWriter early;
  early.begin().field("title", "第一场").field_at("scheduled_at", now_ + kHourMs).end();
  as(person, "POST", broadcasts, early.take(), [this, person](const Answer& a) {
    if (!a.ok()) return unexpected("a recruit's first broadcast", a);
    const std::string target = "/api/v1/broadcasts/" + a.text("id");
    as(person, "POST", target + "/start", {}, [this](const Answer& started) {
      if (started.ok())
        ++report_.untrained_on_air;
      else if (started.problem != "training_incomplete")
        unexpected("start before the training is done", started);
    });
    as(person, "POST", target + "/cancel", {}, fine("cancel"));
  });
  const std::string training = "/api/v1/agents/" + r.agent_id + "/training/";
  for (const Task& task : tasks_) {
    if (task.kind == "lesson") as(person, "POST", training + task.id + "/done", {}, fine("lesson"));
    if (task.kind == "quiz") {
      if (brand_stream_.chance(0.5))
        as(person, "POST", training + task.id + "/answers", R"({"answers":[0,1]})", [this](const Answer& a) {
          if (!a.ok()) return unexpected("quiz", a);
          if (get_bool(a.body, "passed")) complain("a quiz is passed with a wrong answer");
        });
      as(person, "POST", training + task.id + "/answers", R"({"answers":[1,1]})", [this](const Answer& a) {
        if (!a.ok()) return unexpected("quiz", a);
        if (!get_bool(a.body, "passed")) complain("a quiz is not passed with the right answers");
      });
    }
  }
  JsonWriter rehearsal;
  rehearsal.begin().field("title", "试播").field_at("scheduled_at", now_).field("audience", "rehearsal").end();
  as(person, "POST", broadcasts, rehearsal.take(), [this, person, recruit](const Answer& a) {
    if (!a.ok()) return unexpected("rehearsal", a);
    recruits_[recruit].rehearsal = a.text("id");
    as(person, "POST", "/api/v1/broadcasts/" + a.text("id") + "/start", {}, fine("rehearsal's start"));
  });
}

// ---- prices and units

Status Day::push_campaigns() {
  std::vector<int> lasting, taken_back;
  for (std::size_t i = 0; i < world_.products.size(); ++i) {
    if (world_.products[i].pull > 1) continue;  // what is scarce needs no lower price
    if (i % 4 == 1 && lasting.size() < kCampaignProducts)
      lasting.push_back(static_cast<int>(i));
    else if (taken_back.empty())
      taken_back.push_back(static_cast<int>(i));
  }
  if (lasting.empty()) return {};
  TRY(const std::string all, start_campaign("大促统一选品", R"({"kind":"all"})", lasting));
  TRY(report_.campaign_stores, wait_for_push(all, "push"));
  for (const int p : lasting)
    for (Sku& sku : world_.product(p).skus) {
      sku.price_fen = campaign_price(sku.price_fen);
      campaigned_.insert(sku.id);
    }
  const Product& seen = world_.product(lasting[0]);
  TRY(const Answer there, owner_call("GET", "/api/v1/products/" + seen.id + "?store_id=" + world_.hosts[0].store_id));
  for (const auto& sku : get_list(there.body, "skus"))
    for (const Sku& ours : seen.skus)
      if (ours.id == get_text(sku, "id")) agree("a campaign's price", get_int(sku, "store_price_fen"), ours.price_fen);
  if (taken_back.empty()) return {};

  JsonWriter w;
  w.begin().field("kind", "list").key("store_ids").begin_list();
  for (std::size_t i = 0; i < std::min(kStoresOfTheSmallOne, world_.hosts.size()); ++i)
    w.value(world_.hosts[i].store_id);
  w.end_list().end();
  TRY(const std::string some, start_campaign("试点选品（价格有误，撤回）", w.take(), taken_back));
  TRY_OK(wait_for_push(some, "push"));
  as_owner("POST", "/api/v1/campaigns/" + some + "/undo", {}, fine("undo"));
  TRY_OK(crew_.run());
  TRY(report_.campaign_undone_stores, wait_for_push(some, "undo"));
  return {};
}

Result<std::string> Day::start_campaign(std::string_view name, std::string target, const std::vector<int>& products) {
  JsonWriter w;
  w.begin().field("name", name).field_at("starts_at", now_).field_at("ends_at", options_.start_at + 2 * kDayMs);
  w.field("talking_points", "先讲为什么放心，再讲价格").key("target").raw(target).key("items").begin_list();
  for (const int p : products)
    for (const Sku& sku : world_.product(p).skus) {
      w.begin().field("sku_id", sku.id).field("price_fen", campaign_price(sku.price_fen));
      w.field("talking_points", world_.product(p).title + "：今天全网店同价").key("plan").begin();
      w.field("host_bp", 1200).field("promoter_bp", 900).field("recruiter_bp", 200).field("clipper_bp", 0).end().end();
    }
  w.end_list().end();
  TRY(const Answer draft, owner_call("POST", brand("/campaigns"), w.take()));
  if (!draft.ok()) return fail(Code::conflict, "a campaign was refused: " + draft.detail);
  TRY(const Answer pushed, owner_call("POST", "/api/v1/campaigns/" + draft.text("id") + "/push"));
  if (!pushed.ok()) return fail(Code::conflict, "a push was refused: " + pushed.detail);
  return draft.text("id");
}

Result<std::int64_t> Day::wait_for_push(const std::string& campaign, std::string_view kind) {
  for (int i = 0; i < kPolls; ++i) {
    TRY_OK(move_clock(now_));
    TRY(const Answer seen, owner_call("GET", "/api/v1/campaigns/" + campaign));
    const auto& push = get_object(seen.body, "push");
    if (push.is_object() && get_text(push, "kind") == kind && has(push, "finished_at")) return get_int(push, "changed");
  }
  return fail(Code::conflict, "a campaign did not reach its stores");
}

// Units of what everybody wants, set aside for the best known hosts until the day is over.
Status Day::allot() {
  const auto hot =
      std::find_if(world_.products.begin(), world_.products.end(), [](const Product& p) { return p.pull > 1; });
  if (hot == world_.products.end()) return {};
  std::vector<const Host*> hosts;
  for (const Host& host : world_.hosts) hosts.push_back(&host);
  std::sort(hosts.begin(), hosts.end(), [](const Host* a, const Host* b) { return a->rank < b->rank; });
  hosts.resize(std::min(hosts.size(), kAllottedStores));
  const std::string sku = hot->skus[0].id;
  allotted_skus_.push_back(sku);
  as_owner("POST", "/api/v1/skus/" + sku + "/stock",
           fmt::format("{{\"qty\":{}}}", 2 * kAllottedEach * static_cast<std::int64_t>(hosts.size())), fine("stock"));
  JsonWriter w;
  w.begin().field("sku_id", sku).key("items").begin_list();
  for (const Host* host : hosts) w.begin().field("store_id", host->store_id).field("units", kAllottedEach).end();
  w.end_list().field_at("until_at", options_.start_at + kDayMs).end();
  as_owner("POST", brand("/allotments"), w.take(), [this](const Answer& a) {
    if (!a.ok()) return unexpected("allotment", a);
    report_.allotted_units += a.number("units");
  });
  for (int hour = 1; hour <= 30; hour += 1) later(options_.start_at + hour * kHourMs, [this] { look_up_stock(); });
  return crew_.run();
}

// SPEC 4: pool + leases + reserved + sold = received, at every instant.
void Day::look_up_stock() {
  for (const auto& sku : allotted_skus_)
    as_owner("GET", "/api/v1/skus/" + sku + "/stock", {}, [this](const Answer& a) {
      if (!a.ok()) return unexpected("stock of a SKU", a);
      const std::int64_t there =
          a.number("pool") + a.number("leased") + a.number("allotted") + a.number("reserved") + a.number("sold");
      report_.stock_difference_units += std::abs(a.number("received") - there);
      if (now_ > options_.start_at + kDayMs + kHourMs && a.number("allotted") != 0)
        complain("an allotment is still there after its time");
    });
}

}  // namespace lianbo::sim
