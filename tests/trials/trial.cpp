#include "trials/trial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "base/clock.hpp"
#include "base/crypto.hpp"
#include "insight/verify.hpp"
#include "org/org_service.hpp"
#include "pay/sandbox/sandbox.hpp"

namespace lianbo::trials {
namespace {

using net::Method;
using Who = TrialServer::Who;

constexpr Instant kStartAt = 1'800'000'000'000;
constexpr int kAgents = 6, kProducts = 5, kBuyers = 8, kTries = 40;

const db::Sql kRailMoney{
    "trials.rail_money",
    "select (select cast(coalesce(sum(amount_fen), 0) as bigint) from sandbox_transactions where state in ('SUCCESS', "
    "'REFUND')), (select cast(coalesce(sum(refund_fen), 0) as bigint) from sandbox_refunds where state = 'SUCCESS')"};

class LawBroken : public std::runtime_error {
  using std::runtime_error::runtime_error;
};
template <class... Args>
void law(bool holds, fmt::format_string<Args...> words, Args&&... args) {
  if (!holds) throw LawBroken(fmt::format(words, std::forward<Args>(args)...));
}

// An answer that holds a secret is kept without it.
std::string without_secret(std::string body) {
  static constexpr std::string_view kName = "\"stream_key\":";
  if (const auto at = body.find(kName); at != std::string::npos)
    body.replace(at + kName.size(), body.find_first_of(",}", at) - at - kName.size(), "null");
  return body;
}

int rank_of(std::string_view state) {
  static constexpr std::array<std::string_view, 6> kStates = {"placed",   "paid",      "shipped",
                                                              "received", "completed", "cancelled"};
  return static_cast<int>(std::find(kStates.begin(), kStates.end(), state) - kStates.begin());
}

struct Agent {
  std::string id, store;
  Who who;
  std::string broadcast;  // the live one
  bool suspended = false;
};
struct Sku {
  std::string id, product;
  Fen price_fen = 0;
  std::int64_t received = 0;
};
struct Order {
  std::string id, state;
  std::size_t buyer = 0;
  std::string store;
};

class Trial {
 public:
  explicit Trial(const TrialOptions& options)
      : options_(options), dice_(options.seed * 7919 + 17), server_(options.db_url, kStartAt) {}

  TrialReport run() {
    try {
      set_up();
      for (int i = 0; i < options_.steps; ++i) {
        step();
        if (i % 50 == 49) audit();
      }
      quiet_end();
    } catch (const LawBroken& broken) {
      report_.broken_law = broken.what();
    }
    report_.deaths = server_.deaths();
    report_.orders = static_cast<int>(orders_.size());
    report_.trace = to_hex(sha256(trace_));
    return report_;
  }

 private:
  // ---- asking
  std::string new_key() { return fmt::format("trial-{}-{}", options_.seed, ++keys_); }

  // Asks until it is answered. Under a key the same thing may be asked any number of times.
  Answer ask(const Who& who, Method method, const std::string& path, const std::string& body = {},
             const std::string& key = {}) {
    ++report_.asked;
    for (int attempt = 0; attempt < kTries; ++attempt) {
      // Every third attempt is left alone, so that the day goes on.
      const bool breaks = faulty_ && attempt % 3 != 2 && dice_.chance(attempt == 0 ? 0.15 : 0.4);
      if (breaks) {
        static constexpr std::array kKinds = {Break::statement, Break::statement, Break::commit,
                                              Break::death_before_commit, Break::death_after_commit};
        const Break kind = kKinds[dice_.below(kKinds.size())];
        const int nth =
            kind == Break::statement ? 1 + static_cast<int>(dice_.below(25)) : 1 + static_cast<int>(dice_.below(2));
        server_.faults().arm(kind, nth);
      }
      auto sent = server_.send(who, method, path, body, key);
      if (sent.broke) ++report_.broke;
      tell(fmt::format("{} {} -> {}{}", net::method_name(method), path.substr(0, path.find("/s/")),
                       sent.lost ? "died" : fmt::format("{} {}", sent.answer.status, sent.answer.name()),
                       sent.broke ? " (broke)" : ""));
      if (sent.lost) continue;
      if (sent.answer.status >= 500) {
        law(sent.broke || sent.answer.status == 503, "{} {} answers {} though nothing broke: {}",
            net::method_name(method), path, sent.answer.status, sent.answer.body);
        continue;
      }
      if (sent.answer.status >= 400) ++report_.refused;
      if (!key.empty() && sent.answer.ok() && dice_.chance(0.1)) repeat(who, method, path, body, key, sent.answer);
      return sent.answer;
    }
    throw LawBroken(fmt::format("{} {} is never answered", net::method_name(method), path));
  }

  // SPEC 7: the same key and body give the same answer; the same key with another body is an error (422).
  void repeat(const Who& who, Method method, const std::string& path, const std::string& body, const std::string& key,
              const Answer& first) {
    ++report_.repeated;
    const auto again = server_.send(who, method, path, body, key).answer;
    law(again.replayed && again.status == first.status && again.body == without_secret(first.body),
        "{} {} repeated under its key answers {} {} instead of {} {}", net::method_name(method), path, again.status,
        again.body, first.status, first.body);
    if (body.size() <= 2) return;
    const auto other = server_.send(who, method, path, body.substr(0, body.size() - 1) + " }", key).answer;
    law(other.status == 422, "{} {} with another body under the same key answers {}", net::method_name(method), path,
        other.status);
  }

  Answer must(const Who& who, Method method, const std::string& path, const std::string& body = {},
              const std::string& key = {}) {
    auto answer = ask(who, method, path, body, key);
    law(answer.ok(), "{} {} {} answers {} {}", net::method_name(method), path, body, answer.status, answer.body);
    return answer;
  }
  Answer get(const Who& who, const std::string& path) { return must(who, Method::get, path); }
  Answer post(const Who& who, const std::string& path, const std::string& body) {
    return ask(who, Method::post, path, body, new_key());
  }
  std::vector<json::value> all(const Who& who, const std::string& path) {
    std::vector<json::value> out;
    std::string after;
    do {
      const auto page = get(who, path + (path.find('?') == std::string::npos ? "?" : "&") + "limit=200" +
                                     (after.empty() ? "" : "&after=" + after));
      for (const auto& item : page.value.at("items").as_array()) out.push_back(item);
      const auto& next = page.value.at("next");
      after = next.is_string() ? std::string(next.as_string()) : std::string();
    } while (!after.empty());
    return out;
  }

  void tell(const std::string& what) {
    trace_ += what + "\n";
    if (options_.tell) fmt::print(stderr, "{}\n", what);
  }

  // ---- the world
  void set_up() {
    faulty_ = false;
    auto& bench = server_.app().bench();
    const Call call = bench.system_call();
    const auto made = bench.db->write([&](db::Tx& tx) -> Result<std::pair<BrandId, std::string>> {
      org::NewBrand wish;
      wish.name = "云上优选";
      wish.owner_login = "founder";
      wish.owner_name = "founder";
      TRY(const auto brand, org::create_brand(tx, call, wish));
      TRY(const auto token,
          org::issue_session(tx, call, org::find_login(tx, "founder")->person, org::TokenKind::api, "trial", 3650));
      return std::pair(brand, token);
    });
    if (!made) throw std::runtime_error(made.error().text());
    brand_ = "/api/v1/brands/" + made->first.text();
    owner_.token = made->second;

    std::string rows = "code,name,parent\n";
    for (int i = 0; i < kAgents; ++i) rows += fmt::format("A{},主播{},{}\n", i, i, i > 0 ? "A0" : "");
    must(owner_, Method::post, brand_ + "/agents:import", rows);
    for (const auto& item : all(owner_, brand_ + "/agents")) {
      Agent agent;
      agent.id = get_text(item, "id");
      agent.store = get_text(item, "store_id");
      const auto invited = must(owner_, Method::post, "/api/v1/agents/" + agent.id + "/invite", "{}");
      agent.who.token = log_in("invites/accept",
                               fmt::format(R"({{"token":"{}","login":"host{}","password":"password-{}"}})",
                                           get_text(invited.value, "invite_token"), agents_.size(), agents_.size()));
      agents_.push_back(std::move(agent));
    }
    must(owner_, Method::put, brand_ + "/plans",
         R"({"scope":"brand","host_bp":1234,"promoter_bp":777,"recruiter_bp":111,"clipper_bp":0})");
    rows = "product_code,title,category,description,image_url,on_sale,no_return,sku_code,sku_title,price,stock\n";
    for (int i = 0; i < kProducts; ++i)
      rows += fmt::format("P{},商品{},类,,,1,{},S{},,{}.{:02},{}\n", i, i, i == 4 ? 1 : 0, i, 19 + i * 37, i * 23 % 100,
                          i == 0 ? 15 : 400);
    must(owner_, Method::post, brand_ + "/products:import", rows);
    for (const auto& item : all(owner_, brand_ + "/products")) {
      const auto& sku = item.at("skus").as_array().at(0);
      skus_.push_back({get_text(sku, "id"), get_text(item, "id"), get_int(sku, "price_fen"), 0});
      skus_.back().received = get_int(get(owner_, "/api/v1/skus/" + skus_.back().id + "/stock").value, "received");
    }
    for (int i = 0; i < kBuyers; ++i)
      buyers_.push_back(
          {log_in("persons", fmt::format(R"({{"login":"buyer{}","password":"password-{}","name":"B{}"}})", i, i, i)),
           {}});
    faulty_ = options_.faults;
  }
  std::string log_in(const std::string& how, const std::string& body) {
    return get_text(must({}, Method::post, "/api/v1/" + how, body).value, "token");
  }

  std::size_t pick(std::size_t count) { return static_cast<std::size_t>(dice_.below(count)); }

  // ---- what people do
  void step() {
    struct Intent {
      int weight;
      void (Trial::*what)();
    };
    static constexpr std::array<Intent, 15> kIntents = {{{10, &Trial::go_live},
                                                         {8, &Trial::pin},
                                                         {14, &Trial::share_and_touch},
                                                         {26, &Trial::order},
                                                         {22, &Trial::pay},
                                                         {3, &Trial::cancel},
                                                         {14, &Trial::ship},
                                                         {12, &Trial::receive},
                                                         {10, &Trial::ask_back},
                                                         {10, &Trial::answer_after_sale},
                                                         {5, &Trial::settle},
                                                         {4, &Trial::pay_out},
                                                         {6, &Trial::change_the_rules},
                                                         {5, &Trial::change_the_goods},
                                                         {14, &Trial::time_passes}}};
    int sum = 0;
    for (const auto& intent : kIntents) sum += intent.weight;
    int at = static_cast<int>(dice_.below(static_cast<std::uint64_t>(sum)));
    for (const auto& intent : kIntents) {
      if ((at -= intent.weight) < 0) return (this->*intent.what)();
    }
  }

  void go_live() {
    auto& agent = agents_[pick(agents_.size())];
    if (!agent.broadcast.empty()) {
      if (dice_.chance(0.3)) {
        const auto ended = post(agent.who, "/api/v1/broadcasts/" + agent.broadcast + "/end", "{}");
        if (ended.ok() || agent.suspended || ended.name() == "broadcast_state_conflict") agent.broadcast.clear();
      }
      return;
    }
    const auto planned =
        post(agent.who, "/api/v1/stores/" + agent.store + "/broadcasts",
             fmt::format(R"({{"title":"今晚","scheduled_at":"{}","product_ids":["{}","{}"]}})",
                         format_rfc3339(now_ + kMinuteMs), skus_[0].product, skus_[1 + pick(kProducts - 1)].product));
    if (!planned.ok()) return law(agent.suspended, "an active agent can't schedule: {}", planned.body);
    const auto id = get_text(planned.value, "id");
    const auto started = post(agent.who, "/api/v1/broadcasts/" + id + "/start", "{}");
    if (!started.ok()) return law(agent.suspended, "an active agent's broadcast does not start: {}", started.body);
    agent.broadcast = id;
  }
  void pin() {
    auto& agent = agents_[pick(agents_.size())];
    if (agent.broadcast.empty()) return;
    const std::string room = "/api/v1/broadcasts/" + agent.broadcast;
    const auto shelf = get(agent.who, room).value;
    if (get_text(shelf, "state") != "live") return agent.broadcast.clear();
    const auto opened = post(agent.who, room + "/pins", fmt::format(R"({{"product_id":"{}"}})", skus_[0].product));
    if (opened.ok()) {
      const auto pins = all(owner_, room + "/pins");
      const auto open =
          std::count_if(pins.begin(), pins.end(), [](const auto& p) { return p.at("closed_at").is_null(); });
      law(open == 1, "{} pins are open after one was opened", open);
    }
  }

  void share_and_touch() {
    const bool by_agent = dice_.chance(0.6);
    const Who sharer = by_agent ? agents_[pick(agents_.size())].who : buyers_[pick(buyers_.size())];
    const auto& store = agents_[pick(agents_.size())];
    if (shares_.empty() || dice_.chance(0.4)) {
      const auto made = post(sharer, "/api/v1/shares",
                             fmt::format(R"({{"kind":"product","channel":"dm","store_id":"{}","product_id":"{}"}})",
                                         store.store, skus_[pick(skus_.size())].product));
      if (made.ok()) {
        const auto url = get_text(made.value, "url");
        shares_.push_back(url.substr(url.find("/s/")));
      }
      return;
    }
    const auto& share = shares_[pick(shares_.size())];
    if (dice_.chance(0.3)) {  // a guest, who logs in later or never
      Who guest;
      guest.guest = guests_.empty() || dice_.chance(0.5) ? "" : guests_[pick(guests_.size())];
      const auto landed = ask(guest, Method::get, share);
      law(landed.status == 302, "a share lands with {} instead of one redirect (302)", landed.status);
      if (!landed.cookie.empty()) guests_.push_back(landed.cookie);
      if (!guests_.empty() && dice_.chance(0.4)) {
        const auto buyer = pick(buyers_.size());
        const auto in = ask({{}, guests_.back()}, Method::post, "/api/v1/sessions",
                            fmt::format(R"({{"login":"buyer{}","password":"password-{}"}})", buyer, buyer));
        law(in.ok() || in.status == 429, "a buyer can't log in: {}", in.body);
        if (in.ok()) guests_.pop_back();
      }
      return;
    }
    const auto landed = ask(buyers_[pick(buyers_.size())], Method::get, share);
    law(landed.status == 302, "a share lands with {} instead of one redirect (302)", landed.status);
    law(landed.location.find("://") == std::string::npos || landed.location.starts_with("http://trial.example"),
        "a share leads off the site: {}", landed.location);
  }

  void order() {
    const auto buyer = pick(buyers_.size());
    const auto& agent = agents_[pick(agents_.size())];
    std::string lines;
    const auto count = 1 + pick(3);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& sku = skus_[dice_.chance(0.4) ? 0 : pick(skus_.size())];
      lines += fmt::format(R"({}{{"sku_id":"{}","qty":{}}})", i ? "," : "", sku.id, 1 + pick(3));
    }
    const auto placed =
        post(buyers_[buyer], "/api/v1/orders",
             fmt::format(R"({{"store_id":"{}","lines":[{}],{})"
                         R"("address":{{"name":"王","phone":"13800000000","region":"上海","detail":"1"}}}})",
                         agent.store, lines,
                         agent.broadcast.empty() ? "" : fmt::format(R"("broadcast_id":"{}",)", agent.broadcast)));
    if (!placed.ok()) return;
    remember(placed.value, buyer);
  }
  void remember(const json::value& value, std::size_t buyer) {
    const auto id = get_text(value, "id");
    auto& known = orders_[id];
    const auto state = get_text(value, "state");
    law(known.id.empty() || state == "cancelled" || rank_of(state) >= rank_of(known.state),
        "order {} was answered as {} and is {} now", id, known.state, state);
    law(known.state != "cancelled" || state == "cancelled", "order {} was cancelled and is {} now", id, state);
    known = {id, state, buyer, get_text(value, "store_id")};
  }
  std::string some_order(std::initializer_list<std::string_view> states) {
    std::vector<std::string> fit;
    for (const auto& [id, order] : orders_)
      if (std::find(states.begin(), states.end(), order.state) != states.end()) fit.push_back(id);
    return fit.empty() ? std::string() : fit[pick(fit.size())];
  }
  void look_at(const std::string& id) {
    remember(get(buyers_[orders_.at(id).buyer], "/api/v1/orders/" + id).value, orders_.at(id).buyer);
  }

  // Paid on the rail's page; its notice comes at once, late, twice, or long after another was sent.
  void pay() {
    const auto id = some_order({"placed"});
    if (id.empty()) return;
    const auto& buyer = buyers_[orders_.at(id).buyer];
    const auto prepaid = ask(buyer, Method::post, "/api/v1/orders/" + id + "/pay", "{}");
    if (!prepaid.ok()) return look_at(id);
    const bool late = dice_.chance(0.4);
    const auto paid = ask(buyer, Method::post, "/api/v1/sandbox/pay",
                          fmt::format(R"({{"prepay_id":"{}","late_notice":{}}})", get_text(prepaid.value, "prepay_id"),
                                      late ? "true" : "false"));
    if (!paid.ok()) return look_at(id);
    if (late && dice_.chance(0.5)) deliver_notices();
    look_at(id);
  }
  // The rail's deliveries, made by the trial: each may go out several times, in any order, and old ones come again.
  void deliver_notices() {
    auto& bench = server_.app().bench();
    auto rail = pay::sandbox::Sandbox::open(*bench.db, now_);
    if (!rail) throw std::runtime_error(rail.error().text());
    std::vector<pay::sandbox::OutgoingNotice> caught;
    const auto done = (*rail)->deliver_due(now_, [&](const pay::sandbox::OutgoingNotice& notice) {
      caught.push_back(notice);
      return 0;  // nobody has answered yet: the rail will send it again by its plan
    });
    if (!done) throw std::runtime_error(done.error().text());
    for (const auto& notice : caught) kept_notices_.push_back(notice);
    std::vector<pay::sandbox::OutgoingNotice> out = caught;
    for (const auto& notice : caught)
      if (dice_.chance(0.5)) out.push_back(notice);
    if (!kept_notices_.empty() && dice_.chance(0.5)) out.push_back(kept_notices_[pick(kept_notices_.size())]);
    for (std::size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[pick(i)]);
    for (const auto& notice : out) send_notice(notice);
  }
  void send_notice(const pay::sandbox::OutgoingNotice& notice) {
    for (int attempt = 0; attempt < 3; ++attempt) {
      if (faulty_ && attempt == 0 && dice_.chance(0.3))
        server_.faults().arm(dice_.chance(0.5) ? Break::statement : Break::death_after_commit,
                             1 + static_cast<int>(pick(8)));
      const auto sent = server_.send_notice(notice);
      if (sent.broke) ++report_.broke;
      tell(fmt::format("notice -> {}", sent.lost ? "died" : std::to_string(sent.answer.status)));
      // 401: its signature is older than five minutes by now.
      if (!sent.lost && sent.answer.status < 500) return;
    }
  }

  void cancel() {
    const auto id = some_order({"placed"});
    if (id.empty()) return;
    post(buyers_[orders_.at(id).buyer], "/api/v1/orders/" + id + "/cancel", "{}");
    look_at(id);
  }
  void ship() {
    const auto id = some_order({"paid"});
    if (id.empty()) return;
    // Whole, or a unit of its first line in a parcel of its own.
    const std::string part = dice_.chance(0.25) ? R"(,"lines":[{"line":0,"qty":1}])" : "";
    post(owner_, "/api/v1/orders/" + id + "/ship",
         fmt::format(R"({{"carrier":"SF","tracking_number":"SF{}-{}"{}}})", id, ++parcels_, part));
    look_at(id);
  }
  void receive() {
    const auto id = some_order({"shipped"});
    if (id.empty()) return;
    post(buyers_[orders_.at(id).buyer], "/api/v1/orders/" + id + "/receive", "{}");
    look_at(id);
  }

  void ask_back() {
    const auto id = some_order({"paid", "shipped", "received", "completed"});
    if (id.empty()) return;
    const auto& buyer = buyers_[orders_.at(id).buyer];
    const auto order = get(buyer, "/api/v1/orders/" + id).value;
    const auto& lines = order.at("lines").as_array();
    const auto line = pick(lines.size());
    const Fen left = get_int(lines[line], "paid_fen") - get_int(lines[line], "refunded_fen");
    if (left <= 0) return;
    const bool goods = dice_.chance(0.5), swaps = goods && dice_.chance(0.3);
    const Fen amount = dice_.chance(0.4) ? left : 1 + static_cast<Fen>(dice_.below(static_cast<std::uint64_t>(left)));
    post(dice_.chance(0.7) ? buyer : owner_, "/api/v1/orders/" + id + "/after-sales",
         fmt::format(R"({{"line":{},"kind":"{}","qty":{},"amount_fen":{},"reason":"不合适"}})", line,
                     goods ? swaps ? "exchange" : "return_and_refund" : "refund_only",
                     goods || dice_.chance(0.2) ? 1 + pick(2) : 0, swaps ? 0 : amount));
  }
  void answer_after_sale() {
    const auto open = all(owner_, brand_ + "/after-sales");
    if (open.empty()) return;
    const auto& one = open[pick(open.size())];
    static constexpr std::array<std::string_view, 11> kVerbs = {
        "approve",    "approve",          "approve",        "reject", "send-back", "goods-back",
        "goods-back", "send-replacement", "refund-instead", "uphold", "dismiss"};
    const auto verb = kVerbs[pick(kVerbs.size())];
    const bool sends = verb.starts_with("send-");
    post(owner_, fmt::format("/api/v1/after-sales/{}/{}", get_text(one, "id"), verb),
         sends ? R"({"carrier":"ZTO","tracking_number":"ZTO7"})" : R"({"answer":"好"})");
  }

  void settle() {
    // What broke for one agent holds nobody else up, and the same run again does the rest.
    Answer run;
    for (int i = 0; i == 0 || (faulty_ && i < 10 && !run.value.at("failed").as_array().empty()); ++i)
      run = must(owner_, Method::post, brand_ + "/settlements",
                 fmt::format(R"({{"cutoff_at":"{}"}})", format_rfc3339(now_)));
    law(run.value.at("failed").as_array().empty(), "a settlement run leaves agents out: {}", run.body);
    const bool faulty = std::exchange(faulty_, false);
    const auto again = must(owner_, Method::post, brand_ + "/settlements",
                            fmt::format(R"({{"cutoff_at":"{}"}})", format_rfc3339(now_)));
    faulty_ = faulty;
    for (const char* figure : {"entries_fen", "worked_off_fen", "new_debt_fen", "payable_fen"})
      law(get_int(again.value, figure) == get_int(run.value, figure), "a settlement run twice: {} is {} and then {}",
          figure, get_int(run.value, figure), get_int(again.value, figure));
    ++report_.settled;
  }
  void pay_out() {
    const auto& agent = agents_[pick(agents_.size())];
    for (const auto& s : all(owner_, "/api/v1/agents/" + agent.id + "/settlements")) {
      law(get_int(s, "payable_fen") >= 0, "a payout is negative: {}", get_int(s, "payable_fen"));
      if (get_text(s, "state") == "settled")
        post(owner_, "/api/v1/settlements/" + get_text(s, "id") + "/paid", R"({"reference":"bank"})");
    }
  }

  void change_the_rules() {
    auto& agent = agents_[1 + pick(agents_.size() - 1)];
    switch (pick(3)) {
      case 0: {
        const auto done =
            post(owner_, "/api/v1/agents/" + agent.id + "/state",
                 fmt::format(R"({{"state":"{}","reason":"trial"}})", agent.suspended ? "active" : "suspended"));
        if (done.ok()) agent.suspended = !agent.suspended;
        return;
      }
      case 1:
        must(owner_, Method::put, brand_ + "/plans",
             fmt::format(R"({{"scope":"brand","host_bp":{},"promoter_bp":{},)"
                         R"("recruiter_bp":{},"clipper_bp":0,"freeze_days":{}}})",
                         pick(1500), pick(1000), pick(200), pick(9)),
             new_key());
        return;
      default: {
        auto rules = get(owner_, brand_ + "/lock-rules").value;
        must(owner_, Method::put, brand_ + "/lock-rules",
             fmt::format(R"({{"validity_days":{},"protect_days":{},"order_extends_days":{},)"
                         R"("lock_agents":{},"self_purchase":{}}})",
                         1 + pick(30), pick(8), pick(45), pick(2) ? "true" : "false", pick(2) ? "true" : "false"),
             new_key());
      }
    }
  }
  void change_the_goods() {
    auto& sku = skus_[pick(skus_.size())];
    if (dice_.chance(0.5)) {
      const auto qty = static_cast<std::int64_t>(1 + pick(20));
      must(owner_, Method::post, "/api/v1/skus/" + sku.id + "/stock", fmt::format(R"({{"qty":{}}})", qty), new_key());
      sku.received += qty;
    } else {
      sku.price_fen = static_cast<Fen>(100 + pick(20000));
      must(owner_, Method::patch, "/api/v1/skus/" + sku.id, fmt::format(R"({{"price_fen":{}}})", sku.price_fen),
           new_key());
    }
  }
  void time_passes() {
    static constexpr std::array<DurationMs, 8> kJumps = {kSecondMs,    30 * kSecondMs, 16 * kMinuteMs, 2 * kHourMs,
                                                         20 * kHourMs, 3 * kDayMs,     8 * kDayMs,     kMinuteMs};
    move_clock(now_ + kJumps[pick(kJumps.size())]);
  }
  void move_clock(Instant to) {
    now_ = to;
    must(owner_, Method::post, "/api/v1/clock", fmt::format(R"({{"now":"{}"}})", format_rfc3339(to)));
  }

  // ---- the auditor
  void audit() {
    const bool faulty = std::exchange(faulty_, false);
    const auto report = insight::verify(*server_.app().bench().db);
    law(report.has_value(), "verify does not run: {}", report ? "" : report.error().text());
    law(report->ok(), "verify finds differences:\n{}", insight::verify_text(*report));
    faulty_ = faulty;
  }

  void quiet_end() {
    faulty_ = false;
    for (int round = 0; round < 3; ++round) {  // everything that waits for time comes to its end
      for (const auto& one : all(owner_, brand_ + "/after-sales"))
        post(owner_, "/api/v1/after-sales/" + get_text(one, "id") + "/approve", R"({"answer":"好"})");
      move_clock(now_ + 40 * kDayMs);
    }
    settle();
    audit();

    std::map<std::string, std::int64_t> sold, reserved;
    Fen paid = 0, refunded = 0;
    std::set<std::string> seen;
    std::map<std::pair<std::string, std::int64_t>, Fen> net;
    for (const auto& order : all(owner_, brand_ + "/orders")) {
      const auto id = get_text(order, "id"), state = get_text(order, "state");
      seen.insert(id);
      if (const auto known = orders_.find(id); known != orders_.end()) remember(order, known->second.buyer);
      law(state != "placed", "order {} waits unpaid though its time is long up", id);
      law(state != "shipped", "order {} is not received by itself", id);
      const bool was_paid = !order.at("paid_at").is_null();
      Fen lines_paid = 0, lines_refunded = 0;
      std::int64_t line_number = 0;
      for (const auto& line : order.at("lines").as_array()) {
        if (was_paid) sold[get_text(line, "sku_id")] += get_int(line, "qty");
        lines_paid += get_int(line, "paid_fen");
        lines_refunded += get_int(line, "refunded_fen");
        net[{id, line_number++}] = get_int(line, "paid_fen") - get_int(line, "refunded_fen");
        law(get_int(line, "refunded_fen") <= get_int(line, "paid_fen"), "order {}: more refunded than paid", id);
      }
      for (const auto& parcel : order.at("parcels").as_array())
        if (!parcel.at("after_sale_id").is_null())  // a replacement leaves from stock too
          for (const auto& line : parcel.at("lines").as_array()) sold[get_text(line, "sku_id")] += get_int(line, "qty");
      law(lines_paid + get_int(order, "shipping_fen") == get_int(order, "total_fen"),
          "order {}: its lines' paid_fen and shipping sum to {}, its total is {}", id,
          lines_paid + get_int(order, "shipping_fen"), get_int(order, "total_fen"));
      if (was_paid) paid += get_int(order, "total_fen"), ++report_.paid;
      refunded += get_int(order, "refunded_fen");
      report_.refunded += lines_refunded > 0 ? 1 : 0;
    }
    for (const auto& [id, order] : orders_) law(seen.contains(id), "order {} was answered and is not there", id);

    for (const auto& sku : skus_) {
      const auto answer = get(owner_, "/api/v1/skus/" + sku.id + "/stock");
      const auto& stock = answer.value;
      law(get_int(stock, "pool") + get_int(stock, "leased") + get_int(stock, "reserved") + get_int(stock, "sold") ==
              get_int(stock, "received"),
          "SKU {}: pool + leases + reserved + sold is not received: {}", sku.id, answer.body);
      law(get_int(stock, "sold") == sold[sku.id], "SKU {}: {} sold by the orders, {} by the stock", sku.id,
          sold[sku.id], get_int(stock, "sold"));
      law(get_int(stock, "reserved") == 0, "SKU {}: {} units are reserved for nobody", sku.id,
          get_int(stock, "reserved"));
    }

    // Every entry's sum is floor(net × bp / 10000), by the SPEC's words.
    for (const auto& agent : agents_) {
      std::map<std::tuple<std::string, std::int64_t, std::string>, std::pair<Fen, std::int64_t>> by_role;
      std::map<std::string, Fen> by_state;
      for (const auto& e : all(owner_, "/api/v1/agents/" + agent.id + "/entries")) {
        auto& sum = by_role[{get_text(e, "order_id"), get_int(e, "line"), get_text(e, "role")}];
        sum.first += get_int(e, "amount_fen");
        sum.second = get_int(e, "bp");
        by_state[get_text(e, "state")] += get_int(e, "amount_fen");
      }
      for (const auto& [key, sum] : by_role) {
        const Fen expected = net.at({std::get<0>(key), std::get<1>(key)}) * sum.second / 10000;
        law(sum.first == expected, "{} of order {} line {}: entries sum to {}, floor(net x {} bp) is {}",
            std::get<2>(key), std::get<0>(key), std::get<1>(key), sum.first, sum.second, expected);
      }
      const auto answer = get(owner_, "/api/v1/agents/" + agent.id + "/account");
      const auto& account = answer.value;
      law(get_int(account, "pending_fen") == by_state["pending"],
          "agent {}: pending is {} in the ledger, {} by entries", agent.id, get_int(account, "pending_fen"),
          by_state["pending"]);
      law(get_int(account, "available_fen") == by_state["available"],
          "agent {}: available is {} in the ledger, {} by entries", agent.id, get_int(account, "available_fen"),
          by_state["available"]);
      law(get_int(account, "debt_fen") >= 0 && get_int(account, "settled_fen") >= 0, "agent {}: a negative balance: {}",
          agent.id, answer.body);
    }

    // The rail's money is the orders' money, and what came too late has gone back.
    const auto rail = server_.app().bench().db->read([&](db::Tx& tx) -> Result<std::pair<Fen, Fen>> {
      return *tx.one(kRailMoney, {}, [](const db::Row& r) { return std::pair(r.integer(0), r.integer(1)); });
    });
    law(rail.has_value() && rail->first - rail->second == paid - refunded,
        "the rail holds {} - {} fen, the orders say {} - {}", rail->first, rail->second, paid, refunded);
  }

  const TrialOptions options_;
  SeededRandom dice_;
  TrialServer server_;
  TrialReport report_;
  std::string trace_;
  Instant now_ = kStartAt;
  bool faulty_ = false;
  std::int64_t keys_ = 0, parcels_ = 0;

  std::string brand_;
  Who owner_;
  std::vector<Agent> agents_;
  std::vector<Sku> skus_;
  std::vector<Who> buyers_;
  std::vector<std::string> shares_, guests_;
  std::map<std::string, Order> orders_;
  std::vector<pay::sandbox::OutgoingNotice> kept_notices_;
};

}  // namespace

TrialReport run_trial(const TrialOptions& options) { return Trial(options).run(); }

}  // namespace lianbo::trials
