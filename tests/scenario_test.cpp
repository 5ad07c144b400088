// Runs every tests/scenarios/*.txt on both engines: stories a shop-keeper can read, each against a shop of its own
// (support/shop.hpp). The language is the table kStatements below, explained in tests/scenarios/README.md; a line it
// does not know, a name nobody introduced or an outcome that differs ends the story with file and line. After the last
// line the rows are verified.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <tuple>

#include "base/csv.hpp"
#include "bus/journal.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/coupon.hpp"
#include "catalog/shipping.hpp"
#include "catalog/words.hpp"
#include "events/webhook_service.hpp"
#include "evidence/evidence_service.hpp"
#include "feed/feed_service.hpp"
#include "insight/regions.hpp"
#include "live/live_service.hpp"
#include "live/offers_service.hpp"
#include "live/room_backend.hpp"
#include "order/after_sale_store.hpp"
#include "order/order_store.hpp"
#include "order/payout.hpp"
#include "order/settlement.hpp"
#include "order/transfer.hpp"
#include "org/recruiting.hpp"
#include "org/storefront.hpp"
#include "org/training.hpp"
#include "promo/auctioneer.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"
#include "support/source_dir.hpp"
#include "trust/trust_service.hpp"

namespace lianbo {
namespace {

using test::Shop;

using Words = std::vector<std::string>;

const db::Sql kAlterEvidence{"scenario.alter_evidence",
                             "update evidence_entries set record = replace(record, $2, $3) where subject_id = $1"};
const db::Sql kDeadLetters{"scenario.dead_letters",
                           "select event_id from webhook_deliveries where webhook_id = $1 and state = 'dead' "
                           "order by seq limit 1000"};

// What is wrong with a line itself, not with what came of it.
struct NotUnderstood {
  std::string says;
};

Words words_of(std::string_view text) {
  Words out;
  std::istringstream in{std::string(text)};
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}
std::string joined(const Words& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::int64_t number_in(const std::string& word) {
  std::int64_t n = 0;
  for (const char c : word) {
    if (c < '0' || c > '9' || n > 1'000'000'000) throw NotUnderstood{"\"" + word + "\" is not a whole number"};
    n = n * 10 + (c - '0');
  }
  return n;
}
Fen amount_in(const std::string& word) {
  const bool negative = word.starts_with('-');
  const auto fen = parse_decimal_fen(std::string_view(word).substr(negative ? 1 : 0));
  if (!fen) throw NotUnderstood{fen.error().detail};
  return negative ? -*fen : *fen;
}
BasisPoints rate_in(const std::string& word) {
  if (!word.ends_with('%')) throw NotUnderstood{"\"" + word + "\" is not a rate like 10% or 2.5%"};
  return static_cast<BasisPoints>(amount_in(word.substr(0, word.size() - 1)));  // 2.50 % are 250 bp
}
// "8 days", "7 days and 1 ms", "7 days less 1 ms"
DurationMs duration_in(const Words& words) {
  static const std::map<std::string, DurationMs> units = {
      {"day", kDayMs},        {"days", kDayMs},      {"hour", kHourMs},      {"hours", kHourMs}, {"minute", kMinuteMs},
      {"minutes", kMinuteMs}, {"second", kSecondMs}, {"seconds", kSecondMs}, {"ms", 1}};
  DurationMs sum = 0;
  std::int64_t sign = 1;
  for (std::size_t i = 0; i < words.size(); i += 3) {
    if (i + 1 >= words.size() || !units.contains(words[i + 1]))
      throw NotUnderstood{"\"" + joined(words) + "\" is not a duration like 8 days, or 7 days less 1 ms"};
    sum += sign * number_in(words[i]) * units.at(words[i + 1]);
    if (i + 2 < words.size()) {
      if (words[i + 2] != "and" && words[i + 2] != "less")
        throw NotUnderstood{"\"" + words[i + 2] + "\": durations are joined by and, or by less"};
      sign = words[i + 2] == "and" ? 1 : -1;
      if (i + 3 >= words.size()) throw NotUnderstood{"\"" + joined(words) + "\" ends too early"};
    }
  }
  if (sum < 0) throw NotUnderstood{"time does not run backwards"};
  return sum;
}

class Story {
 public:
  explicit Story(db::Database& database) : shop_(database) {}

  struct Statement {
    const char* form;  // words; {x} is one word, {order} two, {x…} one or more
    std::function<std::string(Story&, const std::vector<Words>&)> run;
  };
  static const std::vector<Statement>& statements();

  // One problem, "file:line: …", or nothing.
  std::optional<std::string> tell(const std::string& file, const std::string& text) {
    std::istringstream lines(text);
    int number = 0;
    for (std::string line; std::getline(lines, line);) {
      ++number;
      line = line.substr(0, line.find('#'));
      for (std::size_t from = 0; from <= line.size();) {
        const auto end = std::min(line.find(" ; ", from), line.size());
        const Words words = words_of(line.substr(from, end - from));
        from = end == line.size() ? end + 1 : end + 3;
        if (words.empty()) continue;
        if (auto problem = one(words)) return file + ":" + std::to_string(number) + ": " + *problem;
      }
    }
    if (const auto wrong = shop_.problems(); !wrong.empty()) return file + ": after the last line\n" + wrong;
    return std::nullopt;
  }

 private:
  // Whether the words have the form; what stands for each {x}. Forms are few and short: tried from the left.
  static bool fits(const Words& form, std::size_t f, const Words& words, std::size_t w, std::vector<Words>& out) {
    if (f == form.size()) return w == words.size();
    if (w == words.size()) return false;
    if (!form[f].starts_with('{')) return form[f] == words[w] && fits(form, f + 1, words, w + 1, out);
    const std::size_t fewest = form[f] == "{order}" ? 2 : 1;
    const std::size_t most = form[f].ends_with("…}") ? words.size() - w : fewest;
    // "the" begins no name but that of the last order.
    if (form[f] == "{order}" && words[w] == "the" && w + 1 < words.size() && words[w + 1] != "order") return false;
    for (std::size_t n = fewest; n <= std::min(most, words.size() - w); ++n) {
      out.emplace_back(words.begin() + static_cast<std::ptrdiff_t>(w),
                       words.begin() + static_cast<std::ptrdiff_t>(w + n));
      if (fits(form, f + 1, words, w + n, out)) return true;
      out.pop_back();
    }
    return false;
  }

  std::optional<std::string> one(const Words& line) {
    const auto arrow = std::find(line.begin(), line.end(), "->");
    const Words words(line.begin(), arrow);
    const Words outcome(arrow == line.end() ? arrow : arrow + 1, line.end());
    if (arrow != line.end() && outcome.empty()) return "an outcome must follow ->";
    const Statement* found = nullptr;
    std::vector<Words> given;
    for (const auto& s : statements()) {
      std::vector<Words> parts;
      if (!fits(words_of(s.form), 0, words, 0, parts)) continue;
      if (found) return "\"" + joined(words) + "\" can be read as \"" + found->form + "\" and as \"" + s.form + "\"";
      found = &s;
      given = std::move(parts);
    }
    if (!found) return "\"" + joined(words) + "\" is no statement; tests/scenarios/README.md lists them";
    std::string came;
    try {
      refused_ = false;
      came = found->run(*this, given);
    } catch (const NotUnderstood& wrong) {
      return wrong.says;
    } catch (const std::exception& broke) {
      return "\"" + joined(words) + "\": " + broke.what();
    }
    if (arrow == line.end()) {
      if (refused_) return "\"" + joined(words) + "\" was refused: " + came + " " + why_;
      return std::nullopt;
    }
    if (came != joined(outcome))
      return "\"" + joined(words) + "\" -> " + came + ", expected " + joined(outcome) + (refused_ ? " " + why_ : "");
    return std::nullopt;
  }

  // ---- names
  template <class T>
  static T& named(std::map<std::string, T>& all, const Words& name, const char* kind) {
    const auto it = all.find(name.at(0));
    if (it == all.end()) throw NotUnderstood{"there is no " + std::string(kind) + " \"" + name.at(0) + "\""};
    return it->second;
  }
  void is_new(const std::string& name) const {
    static const std::set<std::string> kept = {"the", "order", "nobody", "none", "and", "less", "->", ";"};
    if (agents_.contains(name) || people_.contains(name) || items_.contains(name) || orders_.contains(name) ||
        campaigns_.contains(name) || coupons_.contains(name))
      throw NotUnderstood{"the name \"" + name + "\" is taken"};
    if (kept.contains(name)) throw NotUnderstood{"\"" + name + "\" is a word of the language"};
  }
  org::Agent& agent(const Words& name) { return named(agents_, name, "agent"); }
  Shop::Item& item(const Words& name) { return named(items_, name, "product"); }
  Call who(const Words& name) {
    if (const auto it = agents_.find(name.at(0)); it != agents_.end()) return shop_.as(it->second.person);
    const auto& person = named(people_, name, "buyer, guest or agent");
    return person.guest ? shop_.guest(person.id) : shop_.as(person.id);
  }
  // "the order" is the last one placed; "order N" the one named N.
  OrderId order(const Words& words) {
    if (words == Words{"the", "order"}) {
      if (!last_order_) throw NotUnderstood{"no order was placed yet"};
      return last_order_;
    }
    if (words.size() == 2 && words[0] == "order") return named(orders_, {words[1]}, "order");
    throw NotUnderstood{"\"" + joined(words) + "\" is not \"the order\" or \"order NAME\""};
  }
  int line(const Words& word) { return static_cast<int>(number_in(word.at(0))) - 1; }  // people count from 1
  AfterSaleId request() {
    if (!last_request_) throw NotUnderstood{"nothing was asked back yet"};
    return last_request_;
  }

  // ---- outcomes
  template <class T>
  std::string refused(const Result<T>& result) {
    refused_ = true;
    why_ = "(" + result.error().detail + ")";
    return std::string(info(result.error().code).name);
  }
  std::string state_of(const Result<order::Order>& o) { return o ? std::string(state_name(o->state)) : refused(o); }
  std::string state_of(const Result<order::AfterSale>& a) { return a ? std::string(state_name(a->state)) : refused(a); }
  static std::string expect_fen(Fen is, Fen wanted) {
    if (is != wanted) throw NotUnderstood{"it is " + format_fen(is) + ", expected " + format_fen(wanted)};
    return "so";
  }
  static std::string expect_text(const std::string& is, const std::string& wanted) {
    if (is != wanted) throw NotUnderstood{"it is " + is + ", expected " + wanted};
    return "so";
  }
  std::string name_of(AgentId id) {
    for (const auto& [name, a] : agents_)
      if (a.id == id) return name;
    return "nobody";
  }
  std::string in_words(Instant at) {
    if (at == kForever) return "never";
    return std::to_string(at - shop_.now()) + " ms from now";
  }

  // ---- what is done
  static constexpr const char *kHere = "上海", *kPhone = "13800138000";
  struct Placing {
    std::string name, region = kHere, coupon;
    bool in_room = false;
  };
  std::string place(const Words& by, const Words& what, const Words& store, const Placing& how) {
    const std::string& name = how.name;
    const Call call = who(by);
    std::vector<order::PlaceLine> lines;
    for (std::size_t i = 0; i < what.size();) {  // 2 mask [at 99.00] [and …]
      if (i + 1 >= what.size()) throw NotUnderstood{"\"" + joined(what) + "\" is not like 2 mask and 1 soap"};
      order::PlaceLine l;
      l.qty = number_in(what[i]);
      l.sku = item({what[i + 1]}).sku;
      i += 2;
      if (i + 1 < what.size() && what[i] == "at") {
        l.price_fen = amount_in(what[i + 1]);
        i += 2;
      }
      lines.push_back(l);
      if (i == what.size()) break;
      if (what[i] != "and" || i + 1 == what.size()) throw NotUnderstood{"lines of an order are joined by and"};
      ++i;
    }
    if (!name.empty()) is_new(name);
    order::PlaceWish wish;
    wish.store = agent(store).store;
    wish.lines = std::move(lines);
    wish.address_json = JsonWriter()
                            .begin()
                            .field("name", "王小明")
                            .field("phone", kPhone)
                            .field("region", how.region)
                            .field("detail", "某路1号")
                            .end()
                            .take();
    if (how.in_room) wish.broadcast = broadcast(store);
    if (!how.coupon.empty()) wish.coupon = named(coupons_, {how.coupon}, "coupon");
    const auto placed = shop_.db().write([&](db::Tx& tx) { return order::place(tx, call, wish); });
    if (!placed) return refused(placed);
    last_order_ = placed->id;
    if (!name.empty()) orders_[name] = placed->id;
    return std::string(state_name(placed->state));
  }
  std::string save_plan(const Words& rates, AgentId of_agent, SkuId sku) {
    catalog::PlanRow row;
    row.brand = shop_.brand();
    row.scope = of_agent ? catalog::PlanScope::agent : catalog::PlanScope::brand;
    row.scope_id = of_agent.value;
    row.sku = sku;
    read_rates(rates, row);
    const Call call = shop_.owner();
    const auto saved = shop_.db().write([&](db::Tx& tx) { return catalog::save_plan(tx, call, row); });
    return saved ? "saved" : refused(saved);
  }
  static void read_rates(const Words& rates, catalog::PlanRow& row) {
    for (std::size_t i = 0; i < rates.size(); i += 2) {
      if (i + 1 >= rates.size()) throw NotUnderstood{"\"" + joined(rates) + "\" ends too early"};
      if (rates[i] == "host")
        row.host_bp = rate_in(rates[i + 1]);
      else if (rates[i] == "promoter")
        row.promoter_bp = rate_in(rates[i + 1]);
      else if (rates[i] == "recruiter")
        row.recruiter_bp = rate_in(rates[i + 1]);
      else if (rates[i] == "frozen" && i + 2 < rates.size() && (rates[i + 2] == "days" || rates[i + 2] == "day"))
        row.freeze_days = static_cast<std::int32_t>(number_in(rates[i + 1])), ++i;
      else
        throw NotUnderstood{"\"" + rates[i] + "\": a plan has host, promoter, recruiter, and frozen N days"};
    }
  }
  std::string ask(const Words& by, const Words& of, const order::AfterSaleWish& wish) {
    const auto asked = shop_.ask_back(who(by), order(of), wish);
    if (asked) last_request_ = asked->id;
    return state_of(asked);
  }
  std::string take(const Call& by, order::AfterSaleStep step, const order::StepDetail& detail = {}) {
    const auto taken = shop_.step(by, request(), step, detail);
    if (taken) shop_.jobs();
    return state_of(taken);
  }
  std::string ask_back(const Words& by, const Words& amount, const Words& line_no, const Words& of,
                       std::int64_t units) {
    using enum order::AfterSaleKind;
    return ask(
        by, of,
        {line(line_no), units > 0 ? return_and_refund : refund_only, units, amount_in(amount.at(0)), "of the story"});
  }
  trust::Judged judged(const Words& name) {
    const StoreId id = agent(name).store;
    return test::must(shop_.db().read([&](db::Tx& tx) { return trust::judge_store(tx, id, shop_.now()); }));
  }
  std::string settle(Instant cutoff) {
    const auto run = shop_.settle(cutoff);
    if (!run) return refused(run);
    last_cutoff_ = cutoff;
    if (!run->failed.empty()) throw std::runtime_error(run->failed.front());
    return "payable " + format_fen(run->sum.payable_fen);
  }
  std::string told(const Result<order::RunReport>& run) {
    if (!run) return refused(run);
    last_run_ = run->run.id;
    return (run->proposed ? "proposed " : "payable ") + format_fen(run->sum.payable_fen);
  }
  std::string rule(const std::function<void(org::LockRules&)>& change) {
    shop_.lock_rules(change);
    return "saved";
  }
  // "mask at 79.00 and soap at 9.90 with host 20%": SKUs of a campaign with price and plan.
  std::vector<catalog::CampaignItem> campaign_items(const Words& what) {
    std::vector<catalog::CampaignItem> out;
    for (std::size_t i = 0; i < what.size(); ++i) {
      if (i + 2 >= what.size() || what[i + 1] != "at")
        throw NotUnderstood{"\"" + joined(what) + "\" is not like mask at 79.00 and soap at 9.90 with host 20%"};
      catalog::CampaignItem one{item({what[i]}).sku, amount_in(what[i + 2]), "", {}};
      i += 3;
      if (i < what.size() && what[i] == "with") {
        Words rates;
        for (++i; i < what.size() && what[i] != "and"; ++i) rates.push_back(what[i]);
        one.plan.emplace();
        read_rates(rates, *one.plan);
      }
      if (i < what.size() && what[i] != "and") throw NotUnderstood{"the SKUs of a campaign are joined by and"};
      out.push_back(std::move(one));
    }
    return out;
  }
  std::string draft(const Words& name, const Words& what, const Words& duration, const Words& stores) {
    is_new(name.at(0));
    const Call call = shop_.owner();
    catalog::CampaignWish wish;
    wish.name = name[0];
    wish.starts_at = shop_.now();
    wish.ends_at = shop_.now() + duration_in(duration);
    wish.items = campaign_items(what);
    for (std::size_t i = 0; i < stores.size(); i += 2) {
      if (i > 0 && stores[i - 1] != "and") throw NotUnderstood{"stores are joined by and"};
      wish.stores.push_back(agent({stores[i]}).store);
    }
    if (!stores.empty()) wish.target = catalog::CampaignTarget::list;
    const auto made = shop_.db().write(
        [&](db::Tx& tx) { return catalog::create_campaign(tx, call, shop_.brand(), std::move(wish)); });
    if (!made) return refused(made);
    campaigns_[name[0]] = made->id;
    return "draft";
  }
  std::string move_campaign(const Words& name, bool undo) {
    const Call call = shop_.owner();
    const CampaignId id = named(campaigns_, name, "campaign");
    const auto push = shop_.db().write(
        [&](db::Tx& tx) { return undo ? catalog::undo_campaign(tx, call, id) : catalog::push_campaign(tx, call, id); });
    if (!push) return refused(push);
    shop_.jobs();
    const auto done =
        test::must(shop_.db().read([&](db::Tx& tx) -> Result<catalog::Push> { return *catalog::newest_push(tx, id); }));
    return (undo ? "undone in " : "pushed to ") + std::to_string(done.changed) + " stores";
  }
  // "5.00" or "10%", with a cap and a minimum spend.
  catalog::Coupon coupon_terms(const Words& name, const Words& off, const Words& count, const std::string& least,
                               const std::string& cap) {
    is_new(name.at(0));
    catalog::Coupon c;
    c.brand = shop_.brand();
    c.name = name[0];
    if (off.at(0).ends_with('%'))
      c.off_bp = rate_in(off[0]);
    else
      c.off_fen = amount_in(off[0]);
    c.total = number_in(count.at(0));
    if (!least.empty()) c.min_spend_fen = amount_in(least);
    if (!cap.empty()) c.cap_fen = amount_in(cap);
    c.starts_at = shop_.now();
    c.ends_at = shop_.now() + 30 * kDayMs;
    return c;
  }
  std::string give_coupon(const Result<catalog::Coupon>& made, const Words& name) {
    if (!made) return refused(made);
    coupons_[name.at(0)] = made->id;
    return "given";
  }
  std::string go_live_with(const Words& host, const Words& products) {
    const org::Agent& a = agent(host);
    const Call call = shop_.as(a.person);
    live::NewBroadcast wish{"Evening", shop_.now(), {}};
    for (std::size_t i = 0; i < products.size(); i += 2) wish.products.push_back(item({products[i]}).product);
    const auto started = shop_.db().write([&](db::Tx& tx) -> Result<live::Broadcast> {
      TRY(const auto made, live::schedule_broadcast(tx, call, a.store, wish));
      return live::start_broadcast(tx, call, made.broadcast.id);
    });
    if (!started) return refused(started);
    broadcasts_[a.id] = started->id;
    return "live";
  }
  live::FlashSale flash_of(const Words& product, const Words& host) {
    const SkuId sku = item(product).sku;
    std::optional<live::FlashSale> found;
    for (const auto& f : test::must(shop_.db().read([&](db::Tx& tx) -> Result<std::vector<live::FlashSale>> {
           return live::flash_of(tx, broadcast(host), {}, 100);
         })))
      if (f.sku == sku) found = f;
    if (!found) throw NotUnderstood{"there was no flash price of " + product.at(0) + " in that room"};
    return *found;
  }
  std::string say(const Words& by, const Words& text, const Words& host) {
    const Call call = who(by);
    live::ChatWish wish;
    wish.id = call.make_id<ChatId>();
    wish.broadcast = broadcast(host);
    wish.person = call.caller.person;
    wish.guest = call.caller.guest;
    wish.text = joined(text);
    wish.now = shop_.now();
    const auto said = shop_.db().write([&](db::Tx& tx) { return live::say(tx, wish); });
    if (!said) return refused(said);
    const auto waits = test::must(shop_.db().read([&, by = shop_.owner()](db::Tx& tx) {
      return live::held_chat(tx, by, wish.broadcast, ChatId{wish.id.value - 1}, 1);
    }));
    if (waits.empty()) return "said";
    held_ = waits.front();
    return "held";
  }
  std::string decide(const Words& by, bool release) {
    if (!held_) throw NotUnderstood{"no line was held yet"};
    const Call call = who(by);
    const auto done =
        shop_.db().write([&](db::Tx& tx) { return live::decide_held(tx, call, held_->broadcast, held_->id, release); });
    return done ? (release ? "released" : "rejected") : refused(done);
  }
  std::string open_bag(const Words& host, const Words& winners, const std::string& word, const Words& duration) {
    const Call call = shop_.as(agent(host).person);
    live::BagWish wish;
    wish.title = wish.prize = "a prize";
    wish.winners = number_in(winners.at(0));
    wish.seconds = duration_in(duration) / kSecondMs;
    if (!word.empty()) {
      wish.rule = live::BagRule::chat;
      wish.word = word;
    }
    const auto bag = shop_.db().write([&](db::Tx& tx) { return live::open_bag(tx, call, broadcast(host), wish); });
    if (!bag) return refused(bag);
    bag_ = bag->id;
    return "open";
  }
  LuckyBagId bag() {
    if (!bag_) throw NotUnderstood{"no lucky bag was opened yet"};
    return bag_;
  }
  std::string allot(const Words& number, const Words& product, const Words& host, catalog::AllotWish wish) {
    wish.units = number_in(number.at(0));
    const Call call = shop_.owner();
    const SkuId sku = item(product).sku;
    const StoreId store = agent(host).store;
    const auto done = shop_.db().write([&](db::Tx& tx) { return catalog::allot(tx, call, sku, store, wish); });
    return done ? "allotted" : refused(done);
  }
  std::string ship_for(const std::string& region, const Words& first, const Words& more, const std::string& free_from) {
    const Call call = shop_.owner();
    const auto saved = shop_.db().write([&](db::Tx& tx) {
      auto table = catalog::shipping_table(tx, shop_.brand());
      if (table.rules.empty()) table.rules.push_back({});
      catalog::ShippingRule rule{region, amount_in(first.at(0)), amount_in(more.at(0)), {}};
      if (!free_from.empty()) rule.free_from_fen = amount_in(free_from);
      std::erase_if(table.rules, [&](const auto& r) { return r.region == region; });
      table.rules.push_back(rule);
      return catalog::save_shipping(tx, call, shop_.brand(), table.rules);
    });
    return saved ? "saved" : refused(saved);
  }
  static std::int32_t days(const Words& words) {
    if (words == Words{"for", "ever"}) return -1;
    if (words.size() == 2 && (words[1] == "days" || words[1] == "day"))
      return static_cast<std::int32_t>(number_in(words[0]));
    throw NotUnderstood{"\"" + joined(words) + "\" is not N days, or for ever"};
  }

  Call owner() { return shop_.owner(); }
  // ---- the matrix: regions, recruiting, training, broadcasts
  template <class F>
  auto write(F&& body) {
    return shop_.db().write(std::forward<F>(body));
  }
  template <class F>
  auto read(F&& body) {
    return shop_.db().read(std::forward<F>(body));
  }
  std::string new_agent(const std::string& name, org::NewAgent wish) {
    is_new(name);
    wish.code = wish.name = name;
    const auto made = write([&](db::Tx& tx) { return org::create_agent(tx, shop_.system(), shop_.brand(), wish); });
    if (!made) return refused(made);
    agents_[name] = *made;
    return std::string(org::state_text(made->state));
  }
  org::Agent agent_now(const Words& name) {
    const AgentId id = agent(name).id;
    return test::must(read([&](db::Tx& tx) { return org::find_agent(tx, id); }));
  }
  std::string state_of(const Result<org::Agent>& a) { return a ? std::string(org::state_text(a->state)) : refused(a); }
  // By the applicant, with the recruit link that they have opened.
  std::string apply(const Words& name, AgentId recruiter) {
    Call call = who(name);
    org::NewApplication wish;
    wish.name = name.at(0);
    wish.phone = "13800138000";
    if (recruiter) {
      const auto link = recruit_links_.find(recruiter);
      if (link == recruit_links_.end()) {
        const auto by = test::must(read([&](db::Tx& tx) { return org::find_agent(tx, recruiter); }));
        const Call sharer = shop_.as(by.person);
        share::NewShare share;
        share.kind = share::Kind::recruit;
        share.store = by.store;
        const auto made = write([&](db::Tx& tx) { return share::create_share(tx, sharer, share, {}); });
        if (!made) return refused(made);
        recruit_links_.emplace(recruiter, *made);
      }
      const auto& share = recruit_links_.at(recruiter);
      shop_.open(call, share);
      wish.share_token = share.token;
    }
    const auto made =
        write([&](db::Tx& tx) { return org::apply_as_agent(tx, call, shop_.brand(), wish, share::recruited_by); });
    if (!made) return refused(made);
    agents_[name.at(0)] = made->agent;
    return std::string(org::state_text(made->agent.state));
  }
  std::string add_task(const std::string& name, org::TaskKind kind, std::int64_t minutes) {
    is_new(name);
    org::Task task;
    task.brand = shop_.brand();
    task.kind = kind;
    task.title = name;
    task.position = static_cast<std::int32_t>(tasks_.size());
    if (kind == org::TaskKind::lesson) task.content.text = "read me";
    if (kind == org::TaskKind::quiz) {
      task.content.questions = {{"2 + 2?", {"3", "4"}, 1}, {"May one promise a cure?", {"no", "yes"}, 0}};
      task.content.pass_right = 2;
    }
    task.content.rehearsal_minutes = minutes;
    const Call call = shop_.owner();
    tasks_[name] = test::must(write([&](db::Tx& tx) { return org::create_task(tx, call, task); })).id;
    return "asked for";
  }
  std::string change_task(const Words& name, bool again) {
    const TaskId id = named(tasks_, name, "task");
    org::TaskPatch patch;
    patch.content.emplace();
    patch.content->text = "read me anew, " + std::to_string(++changes_);
    patch.again = again;
    const auto changed = write([&, by = shop_.owner()](db::Tx& tx) { return org::change_task(tx, by, id, patch); });
    return changed ? "changed" : refused(changed);
  }
  std::string finish(const Words& name, const Words& task, bool waived) {
    const AgentId id = agent(name).id;
    const Call call = waived ? shop_.owner() : who(name);
    const auto done =
        write([&](db::Tx& tx) { return org::finish_task(tx, call, id, named(tasks_, task, "task"), waived); });
    return state_of(done);
  }
  std::string answer(const Words& name, const Words& task, bool rightly) {
    const AgentId id = agent(name).id;
    const Call call = who(name);
    const std::vector<std::int64_t> answers = {1, rightly ? 0 : 1};
    const auto tried =
        write([&](db::Tx& tx) { return org::answer_quiz(tx, call, id, named(tasks_, task, "task"), answers); });
    if (!tried) return refused(tried);
    return tried->grade.passed ? "passed" : "failed";
  }
  std::string matrix_rule(const std::function<void(org::MatrixRules&)>& change) {
    const auto saved = write([&, by = shop_.owner()](db::Tx& tx) {
      auto rules = org::matrix_rules(tx, shop_.brand());
      change(rules);
      return org::set_matrix_rules(tx, by, shop_.brand(), rules);
    });
    return saved ? "saved" : refused(saved);
  }
  Result<BroadcastId> schedule(const Words& name, live::Audience audience, DurationMs in) {
    const StoreId store = agent(name).store;
    const Call call = who(name);
    live::NewBroadcast wish{"Evening", shop_.now() + in, {}, audience};
    for (const auto& [code, goods] : items_) wish.products.push_back(goods.product);
    return write([&](db::Tx& tx) -> Result<BroadcastId> {
      TRY(const auto made, live::schedule_broadcast(tx, call, store, wish));
      return made.broadcast.id;
    });
  }
  std::string go_live(const Words& name, live::Audience audience) {
    const auto made = schedule(name, audience, 0);
    if (!made) return refused(made);
    const Call call = who(name);
    const auto started = write([&](db::Tx& tx) { return live::start_broadcast(tx, call, *made); });
    if (!started) {
      test::must(write([&, by = shop_.owner()](db::Tx& tx) { return live::cancel_broadcast(tx, by, *made); }));
      return refused(started);
    }
    broadcasts_[agent(name).id] = *made;
    return std::string(live::state_name(started->state));
  }
  BroadcastId broadcast(const Words& name) {
    const auto it = broadcasts_.find(agent(name).id);
    if (it == broadcasts_.end()) throw NotUnderstood{"\"" + name.at(0) + "\" was never on air"};
    return it->second;
  }
  // ---- paid traffic
  std::string credit(const Words& name, Fen amount_fen) {
    const Call owner = shop_.owner();
    const AgentId to = name.at(0) == "brand" ? AgentId{} : agent(name).id;
    const auto done = write(
        [&](db::Tx& tx) { return promo::credit_wallet(tx, owner, shop_.brand(), to, amount_fen, "in the story"); });
    return done ? "credited" : refused(done);
  }
  std::string promote(const Words& by, const Words& amount, const Words& host, std::optional<Fen> cap_fen,
                      promo::Pace pace) {
    const Call call = who(by);
    promo::Wish wish;
    wish.broadcast = broadcast(host);
    wish.budget_fen = amount_in(amount.at(0));
    wish.pace = pace;
    wish.cap_fen = cap_fen;
    const auto bought = write([&](db::Tx& tx) { return promo::buy(tx, call, wish); });
    if (!bought) return refused(bought);
    promotions_[agent(host).id] = bought->id;
    return std::string(promo::state_name(bought->state));
  }
  promo::Promotion promotion_of(const Words& host) {
    const auto it = promotions_.find(agent(host).id);
    if (it == promotions_.end()) throw NotUnderstood{"nobody bought traffic for \"" + host.at(0) + "\""};
    return test::must(read([&, by = shop_.owner()](db::Tx& tx) { return promo::find_promotion(tx, by, it->second); }));
  }
  std::string steer(const Words& by, const Words& host,
                    Result<promo::Promotion> (*step)(db::Tx&, const Call&, promo::PromotionId)) {
    const Call call = who(by);
    const auto id = promotion_of(host).id;
    const auto done = write([&](db::Tx& tx) { return step(tx, call, id); });
    return done ? std::string(promo::state_name(done->state)) : refused(done);
  }
  std::optional<promo::Placement> paid_slot(const Call& call) {
    promo::Auctioneer auctioneer(
        slot_key_, [](db::Tx&, const Call&, BrandId, StoreId, BroadcastId) { return promo::RoomFacts{}; });
    return test::must(read([&](db::Tx& tx) -> Result<std::optional<promo::Placement>> {
      return auctioneer.choose(auctioneer.offers(tx, call, shop_.brand()), call, shop_.brand(),
                               promo::viewer_of(tx, call, shop_.brand()));
    }));
  }
  std::string host_of(StoreId store) {
    for (const auto& [name, a] : agents_)
      if (a.store == store) return name;
    return "nobody";
  }
  std::string click_slot(const Words& name) {
    const auto placed = paid_slot(who(name));
    if (!placed) return "nobody";
    slot_ = placed->token;
    return click_again(name);
  }
  // Lands in the room that was promoted, or in its store; what it cost is in clicked_.
  std::string click_again(const Words& name) {
    const Call call = who(name);
    clicked_ = test::must(write([&](db::Tx& tx) { return promo::click_slot(tx, call, slot_key_, slot_, false); }));
    return clicked_.into_room ? "room" : "store";
  }
  std::string end_broadcast(const Words& name) {
    const Call call = who(name);
    const BroadcastId id = broadcast(name);
    const auto ended = write([&](db::Tx& tx) { return live::end_broadcast(tx, call, id); });
    return ended ? std::string(live::state_name(ended->state)) : refused(ended);
  }
  std::string enter(const Call& call, const Words& name) {
    const auto in = live::DbRoomBackend(shop_.db()).admit(broadcast(name), call.caller, false, shop_.now());
    return in ? "entered" : refused(Result<int>(std::unexpected(in.error())));
  }
  // Everybody who is to be told has been, and what was seen is added up.
  void feed_catches_up() {
    test::must(bus::keep_all_events(shop_.db()));
    for (bool more = true; more;) {
      const auto events = test::must(
          read([&](db::Tx& tx) -> Result<std::vector<bus::KeptEvent>> { return bus::events_after(tx, told_, 500); }));
      for (const auto& kept : events) {
        feed_.on_event(kept.event);
        told_ = kept.seq;
      }
      more = !events.empty();
    }
    while (test::must(feed_.count(shop_.system())) > 0) {
    }
    feed_.line_up(shop_.now());
  }
  feed::Page feed_of(const Call& call) {
    feed_catches_up();
    return test::must(
        read([&](db::Tx& tx) { return feed_.page(tx, call, shop_.brand(), {}, static_cast<int>(feed::kMaxPage)); }));
  }
  std::string show_room(const Words& host, std::int64_t people, std::int64_t entering) {
    const BroadcastId room = broadcast(host);
    feed_catches_up();
    for (std::int64_t i = 0; i < people; ++i) {
      const Call call = shop_.guest(shop_.new_guest());
      const auto page = test::must(read([&](db::Tx& tx) { return feed_.page(tx, call, shop_.brand(), {}, 10); }));
      const std::vector<feed::Deed> deeds = {{room.value, feed::What::exposure}};
      const auto noted = test::must(write([&](db::Tx& tx) { return feed_.note(tx, call, page.session, deeds); }));
      if (noted.front() != feed::Noted::counted) return std::string(feed::noted_name(noted.front()));
      if (i < entering)
        for (const bool came : {true, false}) feed_.watched(room, call.caller.person, came, shop_.now());
    }
    return "shown";
  }
  feed::Standing standing(const Words& host) {
    const BroadcastId room = broadcast(host);
    const Call owner = shop_.owner();
    feed_catches_up();
    return test::must(read([&](db::Tx& tx) { return feed::standing_of_room(tx, owner, room); }));
  }
  std::string expect_number(std::size_t is, const Words& wanted) {
    return expect_text(std::to_string(is), std::to_string(number_in(wanted.at(0))));
  }
  live::Hall hall() {
    return test::must(
        read([&](db::Tx& tx) -> Result<live::Hall> { return live::hall_of(tx, shop_.brand(), shop_.now()); }));
  }
  std::vector<insight::RegionFigures> regions() {
    return test::must(read([&](db::Tx& tx) -> Result<std::vector<insight::RegionFigures>> {
      return insight::figures_by_region(tx, shop_.brand());
    }));
  }

  // whole, masked, or erased: the address as it is told.
  static std::string address_in(const std::string& order_json) {
    const auto order = parse_json(order_json);
    const auto& address = get_object(*order, "address");
    if (get_text(address, "phone") == kPhone) return "whole";
    return get_text(address, "region").empty() ? "erased" : "masked";
  }
  void alter_evidence(std::string_view from, std::string_view to) {
    test::must(shop_.db().write([&](db::Tx& tx) -> Status {
      tx.exec(kAlterEvidence, {changed_, from, to});
      return {};
    }));
  }
  std::vector<EventId> dead_letters() {
    return test::must(shop_.db().read([&](db::Tx& tx) -> Result<std::vector<EventId>> {
      return tx.all(kDeadLetters, {webhook_}, [](const db::Row& row) { return row.id<EventId>(0); });
    }));
  }

  struct Person {
    PersonId id;
    bool guest = false;
  };
  std::map<std::string, std::string> receipts_;  // of erasures
  evidence::HoldId last_hold_;
  events::WebhookId webhook_;
  OrderId changed_;
  Shop shop_;
  const std::string slot_key_ = promo::slot_key("story");
  std::string slot_;
  promo::Clicked clicked_;
  std::map<AgentId, promo::PromotionId> promotions_;  // the last bought
  std::map<std::string, org::Agent> agents_;
  std::map<std::string, Person> people_;
  std::map<std::string, Shop::Item> items_;
  std::map<std::string, OrderId> orders_;
  std::map<std::string, TaskId> tasks_;
  std::map<AgentId, share::Share> recruit_links_;
  std::map<AgentId, BroadcastId> broadcasts_;  // the last that went live
  int changes_ = 0;
  std::map<std::string, CampaignId> campaigns_;
  std::map<std::string, CouponId> coupons_;
  std::optional<live::HeldLine> held_;
  LuckyBagId bag_;
  OrderId last_order_;
  AfterSaleId last_request_;
  trust::ReviewId last_review_;
  feed::Feed feed_{shop_.db(), kDefaultBuckets};
  std::int64_t told_ = 0;  // events the feed knows
  Instant last_cutoff_ = 0;
  SettlementId last_run_;
  PayoutBatchId last_batch_;
  int parcels_ = 0;
  bool refused_ = false;
  std::string why_;
};

const std::vector<Story::Statement>& Story::statements() {
  using Given = const std::vector<Words>&;
  using S = Story&;
  static const std::vector<Statement> all = {
      // the matrix and the goods
      {"agent {name}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         s.agents_[g[0][0]] = s.shop_.agent(g[0][0]);
         return std::string("active");
       }},
      {"agent {name} recruited by {agent}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         const AgentId recruiter = s.agent(g[1]).id;
         s.agents_[g[0][0]] = s.shop_.agent(g[0][0], recruiter);
         return std::string("active");
       }},
      {"{agent} becomes {state}",
       [](S s, Given g) {
         const auto state = org::parse_state(g[1][0]);
         if (!state) throw NotUnderstood{"\"" + g[1][0] + "\" is no state of an agent"};
         const AgentId id = s.agent(g[0]).id;
         return s.state_of(s.write([&, by = s.owner()](db::Tx& tx) {
           return org::set_agent_state(tx, by, id, *state, "of the story", share::follow_agent);
         }));
       }},
      {"buyer {name}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         s.people_[g[0][0]] = {s.shop_.person(g[0][0]), false};
         return std::string("known");
       }},
      {"staff {name} as {role}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         const auto role = org::parse_role(g[1][0]);
         if (!role) throw NotUnderstood{"\"" + g[1][0] + "\" is no role of staff"};
         std::string login = g[0][0];
         std::transform(login.begin(), login.end(), login.begin(), [](unsigned char c) { return std::tolower(c); });
         s.people_[g[0][0]] = {s.shop_.staff(login, *role), false};
         return std::string("hired");
       }},
      {"guest {name}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         s.people_[g[0][0]] = {s.shop_.new_guest(), true};
         return std::string("known");
       }},
      {"product {name} price {amount} stock {number}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         s.items_[g[0][0]] = s.shop_.item(g[0][0], amount_in(g[1][0]), number_in(g[2][0]));
         return std::string("on sale");
       }},
      {"product {name} price {amount} stock {number} exempt from return",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         s.items_[g[0][0]] = s.shop_.item(g[0][0], amount_in(g[1][0]), number_in(g[2][0]), true);
         return std::string("on sale");
       }},
      {"{product} goes off sale",
       [](S s, Given g) {
         const ProductId id = s.item(g[0]).product;
         test::must(s.shop_.db().write([&](db::Tx& tx) {
           catalog::ProductPatch patch;
           patch.on_sale = false;
           return catalog::patch_product(tx, s.shop_.system(), id, patch);
         }));
         return std::string("off sale");
       }},
      {"the price of {product} becomes {amount}",
       [](S s, Given g) {
         const SkuId id = s.item(g[0]).sku;
         const Fen price = amount_in(g[1][0]);
         test::must(s.shop_.db().write(
             [&](db::Tx& tx) { return catalog::patch_sku(tx, s.shop_.system(), id, {price, std::nullopt}); }));
         return std::string("changed");
       }},
      {"plan {rates…}", [](S s, Given g) { return s.save_plan(g[0], {}, {}); }},
      {"own plan of {agent} {rates…}", [](S s, Given g) { return s.save_plan(g[1], s.agent(g[0]).id, {}); }},
      {"product plan of {product} {rates…}", [](S s, Given g) { return s.save_plan(g[1], {}, s.item(g[0]).sku); }},
      {"rule: a lock is valid {days…}",
       [](S s, Given g) { return s.rule([&](org::LockRules& r) { r.validity_days = days(g[0]); }); }},
      {"rule: a lock is protected {days…}",
       [](S s, Given g) { return s.rule([&](org::LockRules& r) { r.protect_days = days(g[0]); }); }},
      {"rule: an order extends the lock {days…}",
       [](S s, Given g) { return s.rule([&](org::LockRules& r) { r.order_extends_days = days(g[0]); }); }},
      {"rule: agents may be locked",
       [](S s, Given) { return s.rule([](org::LockRules& r) { r.lock_agents = true; }); }},
      {"rule: self-purchase is paid",
       [](S s, Given) { return s.rule([](org::LockRules& r) { r.self_purchase = true; }); }},

      // regions
      {"agent {name} in region {region}",
       [](S s, Given g) {
         org::NewAgent wish;
         wish.region = g[1][0];
         return s.new_agent(g[0][0], wish);
       }},
      {"{agent} moves to region {region}",
       [](S s, Given g) {
         const AgentId id = s.agent(g[0]).id;
         org::AgentPatch patch;
         patch.region = g[1][0];
         const auto moved = s.write([&, by = s.owner()](db::Tx& tx) { return org::edit_agent(tx, by, id, patch); });
         return moved ? std::string("moved") : s.refused(moved);
       }},
      {"operator {name} of region {region}",
       [](S s, Given g) {
         s.is_new(g[0][0]);
         const auto made = test::must(s.write([&](db::Tx& tx) {
           return org::add_staff(tx, s.shop_.system(), s.shop_.brand(), "operator-" + std::to_string(++s.changes_),
                                 g[0][0], kOperator, {{g[1][0]}});
         }));
         s.people_[g[0][0]] = {made.person, false};
         return std::string("known");
       }},
      {"{operator} ships {order}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const OrderId id = s.order(g[1]);
         const order::ParcelWish parcel{"SF", "SF" + id.text(), {}};
         return s.state_of(s.write([&](db::Tx& tx) { return order::ship(tx, call, id, parcel); }));
       }},
      {"{operator} suspends {agent}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const org::Agent before = s.agent_now(g[1]);
         return s.state_of(s.write([&](db::Tx& tx) -> Result<org::Agent> {
           TRY_OK(require_staff_in(call, before.brand, before.region, kOperates));
           return org::set_agent_state(tx, call, before.id, org::AgentState::suspended, "seen", share::follow_agent);
         }));
       }},
      {"expect {operator} sees {number} orders",
       [](S s, Given g) {
         const PersonId scope = s.who(g[0]).caller.scope(s.shop_.brand());
         return s.expect_number(test::must(s.read([&](db::Tx& tx) -> Result<std::size_t> {
           return order::store::of_brand(tx, s.shop_.brand(), scope, 0, 200).size();
         })), g[1]);
       }},
      {"expect {operator} sees {number} after-sales",
       [](S s, Given g) {
         const PersonId scope = s.who(g[0]).caller.scope(s.shop_.brand());
         return s.expect_number(test::must(s.read([&](db::Tx& tx) -> Result<std::size_t> {
           return order::store::open_after_sales(tx, s.shop_.brand(), scope, 0, 200).size();
         })), g[1]);
       }},
      {"expect region {region} sales {amount}",
       [](S s, Given g) {
         Fen sum = 0;
         for (const auto& row : s.regions())
           if (row.region == (g[0][0] == "none" ? "" : g[0][0])) sum += row.gmv_fen;
         return expect_fen(sum, amount_in(g[1][0]));
       }},
      {"expect the regions to add up",
       [](S s, Given) {
         insight::RegionFigures sum;
         for (const auto& row : s.regions()) sum.add(row);
         const auto r = s.shop_.report();
         expect_fen(sum.gmv_fen, r.gmv_fen);
         expect_fen(sum.refunded_fen, r.refunded_fen);
         return expect_fen(sum.commission_fen, r.commission_pending_fen + r.commission_available_fen +
                                                   r.commission_settled_fen + r.commission_paid_fen);
       }},

      // recruiting and training
      {"{buyer} applies", [](S s, Given g) { return s.apply(g[0], {}); }},
      {"{buyer} applies through {agent}", [](S s, Given g) { return s.apply(g[0], s.agent(g[1]).id); }},
      {"approve {agent}",
       [](S s, Given g) {
         const AgentId id = s.agent(g[0]).id;
         const Call by = s.owner();
         return s.state_of(s.write([&](db::Tx& tx) { return org::approve_application(tx, by, id, {}); }));
       }},
      {"refuse {agent}",
       [](S s, Given g) {
         const AgentId id = s.agent(g[0]).id;
         return s.state_of(s.write([&, by = s.owner()](db::Tx& tx) {
           return org::refuse_application(tx, by, id, "no", share::follow_agent);
         }));
       }},
      {"rule: applications by share only",
       [](S s, Given) {
         return s.matrix_rule([](org::MatrixRules& r) { r.applications = org::Applications::by_share; });
       }},
      {"rule: applications closed",
       [](S s, Given) {
         return s.matrix_rule([](org::MatrixRules& r) { r.applications = org::Applications::closed; });
       }},
      {"rule: staff admits",
       [](S s, Given) { return s.matrix_rule([](org::MatrixRules& r) { r.admission = org::Admission::by_staff; }); }},
      {"rule: the house agent is {agent}",
       [](S s, Given g) {
         const AgentId house = s.agent(g[0]).id;
         return s.matrix_rule([&](org::MatrixRules& r) { r.house_agent = house; });
       }},
      {"rule: there is no house agent",
       [](S s, Given) { return s.matrix_rule([](org::MatrixRules& r) { r.house_agent = {}; }); }},
      {"expect the parent of {agent} is {agent}",
       [](S s, Given g) {
         if (g[1][0] != "nobody") s.agent(g[1]);
         return expect_text(s.name_of(s.agent_now(g[0]).parent), g[1][0]);
       }},
      {"expect {agent} opened the link",
       [](S s, Given g) {
         const PersonId person = s.agent(g[0]).person;
         const auto a = test::must(s.read([&](db::Tx& tx) -> Result<std::optional<org::Application>> {
           return org::newest_application(tx, s.shop_.brand(), person);
         }));
         return expect_text(a && a->opened_at != 0 ? "opened" : "not opened", "opened");
       }},
      {"expect {agent} is {state}",
       [](S s, Given g) {
         if (!org::parse_state(g[1][0])) throw NotUnderstood{"\"" + g[1][0] + "\" is no state of an agent"};
         return expect_text(std::string(org::state_text(s.agent_now(g[0]).state)), g[1][0]);
       }},
      {"agent {name} in training",
       [](S s, Given g) {
         org::NewAgent wish;
         wish.state = org::AgentState::training;
         return s.new_agent(g[0][0], wish);
       }},
      {"task {name} is a lesson", [](S s, Given g) { return s.add_task(g[0][0], org::TaskKind::lesson, 0); }},
      {"task {name} is a quiz", [](S s, Given g) { return s.add_task(g[0][0], org::TaskKind::quiz, 0); }},
      {"task {name} is a rehearsal of {number} minutes",
       [](S s, Given g) { return s.add_task(g[0][0], org::TaskKind::rehearsal, number_in(g[1][0])); }},
      {"task {name} is a rehearsal of {number} minute",
       [](S s, Given g) { return s.add_task(g[0][0], org::TaskKind::rehearsal, number_in(g[1][0])); }},
      {"task {task} changes", [](S s, Given g) { return s.change_task(g[0], false); }},
      {"task {task} changes and is asked again", [](S s, Given g) { return s.change_task(g[0], true); }},
      {"task {task} is retired",
       [](S s, Given g) {
         const TaskId id = named(s.tasks_, g[0], "task");
         test::must(s.write([&, by = s.owner()](db::Tx& tx) { return org::retire_task(tx, by, id); }));
         return std::string("retired");
       }},
      {"{agent} reads {task}", [](S s, Given g) { return s.finish(g[0], g[1], false); }},
      {"staff waives {task} for {agent}", [](S s, Given g) { return s.finish(g[1], g[0], true); }},
      {"{agent} answers {task} right", [](S s, Given g) { return s.answer(g[0], g[1], true); }},
      {"{agent} answers {task} wrong", [](S s, Given g) { return s.answer(g[0], g[1], false); }},
      {"{agent} rehearses {duration…}",
       [](S s, Given g) {
         const auto on = s.go_live(g[0], live::Audience::rehearsal);
         if (on != "live") return on;
         s.shop_.pass(duration_in(g[1]));
         return s.end_broadcast(g[0]);
       }},
      {"expect {agent} has yet to do {tasks…}",
       [](S s, Given g) {
         const auto training = test::must(s.read([&](db::Tx& tx) -> Result<org::Training> {
           TRY(const auto a, org::find_agent(tx, s.agent(g[0]).id));
           return org::training_of(tx, a);
         }));
         Words missing;
         for (const TaskId id : training.missing)
           for (const auto& [name, task] : s.tasks_)
             if (task == id) missing.push_back(name);
         return expect_text(missing.empty() ? "nothing" : joined(missing), joined(g[1]));
       }},

      // on air
      {"{agent} goes live", [](S s, Given g) { return s.go_live(g[0], live::Audience::everybody); }},
      {"{agent} goes live in rehearsal", [](S s, Given g) { return s.go_live(g[0], live::Audience::rehearsal); }},
      {"{agent} schedules a broadcast in {duration…}",
       [](S s, Given g) {
         const auto made = s.schedule(g[0], live::Audience::everybody, duration_in(g[1]));
         return made ? std::string("scheduled") : s.refused(made);
       }},
      {"{agent} ends the broadcast", [](S s, Given g) { return s.end_broadcast(g[0]); }},
      {"{agent} pins {product}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const BroadcastId id = s.broadcast(g[0]);
         const ProductId product = s.item(g[1]).product;
         const auto pin = s.write([&](db::Tx& tx) { return live::pin_product(tx, call, id, product); });
         return pin ? std::string("pinned") : s.refused(pin);
       }},
      {"{buyer} assists {agent}",
       [](S s, Given g) {
         const PersonId person = s.who(g[0]).caller.person;
         const StoreId store = s.agent(g[1]).store;
         test::must(s.write([&, by = s.owner()](db::Tx& tx) { return live::add_assistant(tx, by, store, person); }));
         return std::string("assists");
       }},
      {"{who} enters the room of {agent}",
       [](S s, Given g) { return s.enter(g[0][0] == "staff" ? s.owner() : s.who(g[0]), g[1]); }},
      {"{who} shares the broadcast of {agent}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         share::NewShare wish;
         wish.kind = share::Kind::broadcast;
         wish.broadcast = s.broadcast(g[1]);
         const auto made = s.write([&](db::Tx& tx) { return share::create_share(tx, call, wish, {}); });
         return made ? std::string("shared") : s.refused(made);
       }},
      {"{who} reserves the broadcast of {agent}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const BroadcastId id = s.broadcast(g[1]);
         const Result<int> done = s.write([&](db::Tx& tx) -> Result<int> {
           TRY_OK(live::reserve(tx, call, id));
           return 0;
         });
         return done ? std::string("reserved") : s.refused(done);
       }},
      {"expect {number} on air in the hall",
       [](S s, Given g) { return s.expect_number(s.hall().on_air.size(), g[0]); }},
      {"expect {number} coming in the hall",
       [](S s, Given g) { return s.expect_number(s.hall().next_up.size(), g[0]); }},
      {"expect {number} ended in the hall", [](S s, Given g) { return s.expect_number(s.hall().ended.size(), g[0]); }},
      {"expect broadcasts {number}",
       [](S s, Given g) { return s.expect_number(static_cast<std::size_t>(s.shop_.report().broadcasts), g[0]); }},
      {"expect the last broadcast of {agent} is {state}",
       [](S s, Given g) {
         const BroadcastId id = s.broadcast(g[0]);
         const auto b = test::must(s.read([&](db::Tx& tx) { return live::find_broadcast(tx, id); }));
         return expect_text(std::string(live::state_name(b.state)), g[1][0]);
       }},
      {"expect nothing pinned by {agent}",
       [](S s, Given g) {
         const BroadcastId id = s.broadcast(g[0]);
         const bool pin =
             test::must(s.read([&](db::Tx& tx) -> Result<bool> { return live::open_pin(tx, id).has_value(); }));
         return expect_text(pin ? "something" : "nothing", "nothing");
       }},

      // time
      {"after {duration…}",
       [](S s, Given g) {
         s.shop_.pass(duration_in(g[0]));
         return std::string("later");
       }},

      // shares and locks
      {"{who} opens a share of {agent}",
       [](S s, Given g) {
         const org::Agent& a = s.agent(g[1]);
         const auto share = s.shop_.share_of(a.person, a.store);
         return std::string(outcome_text(s.shop_.open(s.who(g[0]), share).outcome));
       }},
      {"{who} opens a share by {buyer} of the store of {agent}",
       [](S s, Given g) {
         const auto share = s.shop_.share_of(s.who(g[1]).caller.person, s.agent(g[2]).store);
         return std::string(outcome_text(s.shop_.open(s.who(g[0]), share).outcome));
       }},
      {"{who} clicks an ad",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const auto touch =
             test::must(s.shop_.db().write([&](db::Tx& tx) { return share::touch_ad(tx, call, s.shop_.brand()); }));
         return std::string(outcome_text(touch.outcome));
       }},
      // paid traffic
      {"{who} gets {amount} into the wallet",
       [](S s, Given g) { return s.credit(g[0], amount_in(g[1][0])); }},
      {"{who} gives {amount} of the wallet back", [](S s, Given g) { return s.credit(g[0], -amount_in(g[1][0])); }},
      {"{who} buys {amount} of traffic for the room of {agent}",
       [](S s, Given g) { return s.promote(g[0], g[1], g[2], {}, promo::Pace::smooth); }},
      {"{who} buys {amount} of traffic for the room of {agent} bidding {amount} a click",
       [](S s, Given g) { return s.promote(g[0], g[1], g[2], amount_in(g[3][0]), promo::Pace::fast); }},
      {"{who} pauses the traffic of {agent}", [](S s, Given g) { return s.steer(g[0], g[1], promo::pause); }},
      {"{who} resumes the traffic of {agent}",
       [](S s, Given g) { return s.steer(g[0], g[1], promo::resume); }},
      {"{who} stops the traffic of {agent}", [](S s, Given g) { return s.steer(g[0], g[1], promo::stop); }},
      {"expect the paid slot of {who} is {agent}",
       [](S s, Given g) {
         const auto placed = s.paid_slot(s.who(g[0]));
         if (g[1][0] != "nobody") s.agent(g[1]);
         return expect_text(placed ? s.host_of(placed->store) : "nobody", g[1][0]);
       }},
      {"{who} clicks the paid slot", [](S s, Given g) { return s.click_slot(g[0]); }},
      {"{who} clicks it again", [](S s, Given g) { return s.click_again(g[0]); }},
      {"expect the click to cost {amount}",
       [](S s, Given g) { return expect_text(format_fen(s.clicked_.price_fen), format_fen(amount_in(g[0][0]))); }},
      {"expect the wallet of {who} to hold {amount}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const AgentOf* agent = call.caller.agent_at(s.shop_.brand());
         const auto wallet = test::must(s.shop_.db().read([&](db::Tx& tx) {
           return promo::wallet_of(tx, call, s.shop_.brand(), agent != nullptr ? agent->agent : AgentId{});
         }));
         return expect_text(format_fen(wallet.balance_fen), format_fen(amount_in(g[1][0])));
       }},
      {"expect the traffic of {agent} to have ended because {why}",
       [](S s, Given g) {
         return expect_text(std::string(promo::ended_name(s.promotion_of(g[0]).ended)), g[1][0]);
       }},
      {"{guest} logs in as {buyer}",
       [](S s, Given g) {
         const auto& guest = named(s.people_, g[0], "guest");
         if (!guest.guest) throw NotUnderstood{"\"" + g[0][0] + "\" is no guest"};
         s.shop_.log_in(guest.id, s.who(g[1]).caller.person);
         return std::string("merged");
       }},
      {"expect {who} locked to {agent}",
       [](S s, Given g) {
         const auto lock = s.shop_.lock(s.who(g[0]).caller.person);
         if (g[1][0] != "nobody") s.agent(g[1]);
         return expect_text(valid_at(lock, s.shop_.now()) ? s.name_of(lock->agent) : "nobody", g[1][0]);
       }},
      {"expect the lock of {who} to last {duration…}",
       [](S s, Given g) {
         const auto lock = s.shop_.lock(s.who(g[0]).caller.person);
         const Instant wanted = g[1] == Words{"for", "ever"} ? kForever : s.shop_.now() + duration_in(g[1]);
         return expect_text(lock ? s.in_words(lock->expires_at) : "none", s.in_words(wanted));
       }},
      {"expect the lock of {who} to be protected {duration…}",
       [](S s, Given g) {
         const auto lock = s.shop_.lock(s.who(g[0]).caller.person);
         const Instant wanted = g[1] == Words{"for", "ever"} ? kForever : s.shop_.now() + duration_in(g[1]);
         return expect_text(lock ? s.in_words(lock->protect_until) : "none", s.in_words(wanted));
       }},

      // the feed
      {"{number} people are shown the room of {agent}",
       [](S s, Given g) { return s.show_room(g[1], number_in(g[0][0]), 0); }},
      {"{number} people are shown the room of {agent} and {number} enter",
       [](S s, Given g) { return s.show_room(g[1], number_in(g[0][0]), number_in(g[2][0])); }},
      {"expect the room of {agent} is in pool {number}",
       [](S s, Given g) { return expect_text(std::to_string(s.standing(g[0]).rung.pool), g[1][0]); }},
      {"expect the room of {agent} {rests}",
       [](S s, Given g) { return expect_text(s.standing(g[0]).rung.resting ? "rests" : "climbs", g[1][0]); }},
      {"expect {who} is shown {number} rooms",
       [](S s, Given g) {
         const auto page = s.feed_of(s.who(g[0]));
         return s.expect_number(static_cast<std::size_t>(std::count_if(
                                    page.items.begin(), page.items.end(),
                                    [](const auto& c) { return c.entry.kind == feed::Kind::room; })),
                                g[1]);
       }},
      {"expect {who} is shown the room of {agent} first because {why}",
       [](S s, Given g) {
         const auto page = s.feed_of(s.who(g[0]));
         if (page.items.empty()) return expect_text("nothing", g[2][0]);
         if (page.items[0].entry.id != s.broadcast(g[1]).value) return expect_text("another", g[2][0]);
         return expect_text(std::string(feed::why_name(page.items[0].why)), g[2][0]);
       }},

      // trust
      {"{who} logs in on {device}",
       [](S s, Given g) {
         const PersonId person = s.who(g[0]).caller.person;
         // Stands for the cookie of that browser.
         const std::int64_t device = 1 + static_cast<std::int64_t>(std::hash<std::string>{}(g[1][0]) >> 2);
         test::must(s.write([&](db::Tx& tx) -> Result<int> {
           org::logged_in_on(tx, org::DeviceId{device}, person, s.shop_.now());
           return 0;
         }));
         return std::string("logged in");
       }},
      {"{who} reviews line {number} of {order} with {number} stars",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const OrderId id = s.order(g[2]);
         const auto review = s.write([&](db::Tx& tx) {
           return trust::write_review(tx, call, id, s.line(g[1]), static_cast<int>(number_in(g[3][0])), "of the story");
         });
         if (review) s.last_review_ = review->id;
         return review ? std::string("reviewed") : s.refused(review);
       }},
      {"{who} hides the review because {words…}",
       [](S s, Given g) {
         const Call call = g[0][0] == "staff" ? s.shop_.owner() : s.who(g[0]);
         const auto hidden =
             s.write([&](db::Tx& tx) { return trust::hide_review(tx, call, s.last_review_, joined(g[1])); });
         return hidden ? std::string("hidden") : s.refused(hidden);
       }},
      {"expect the store of {agent} has score {number}",
       [](S s, Given g) {
         return expect_text(std::to_string(trust::score_of(s.judged(g[0]).inputs).score), g[1][0]);
       }},
      {"expect the store of {agent} has {number} rated lines",
       [](S s, Given g) { return expect_text(std::to_string(s.judged(g[0]).inputs.reviews), g[1][0]); }},
      {"expect the store of {agent} is at level {level}",
       [](S s, Given g) {
         const trust::Score score = trust::score_of(s.judged(g[0]).inputs);
         return expect_text(score.is_new() ? "new" : std::to_string(score.level), g[1][0]);
       }},
      {"{who} follows {agent}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const StoreId id = s.agent(g[1]).store;
         const auto done = s.write([&](db::Tx& tx) -> Result<int> {
           TRY_OK(trust::follow(tx, call, id));
           return 0;
         });
         return done ? std::string("follows") : s.refused(done);
       }},
      {"expect {who} knows {number} buyers of {product}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const ProductId id = s.item(g[2]).product;
         const auto known = test::must(s.read([&](db::Tx& tx) { return trust::known_buyers(tx, call, id); }));
         return expect_text(std::to_string(known.bought), g[1][0]);
       }},

      // orders
      {"{who} orders {lines…} in the store of {agent}", [](S s, Given g) { return s.place(g[0], g[1], g[2], {}); }},
      {"{who} orders {lines…} in the store of {agent} as {name}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {g[3][0], kHere, "", false}); }},
      {"{who} orders {lines…} in the store of {agent} to {region}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {"", g[3][0], "", false}); }},
      {"{who} orders {lines…} in the store of {agent} with {coupon}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {"", kHere, g[3][0], false}); }},
      {"{who} orders {lines…} in the store of {agent} to {region} with {coupon}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {"", g[3][0], g[4][0], false}); }},
      {"{who} orders {lines…} in the room of {agent}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {"", kHere, "", true}); }},
      {"{who} orders {lines…} in the room of {agent} as {name}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {g[3][0], kHere, "", true}); }},
      {"{who} orders {lines…} in the room of {agent} with {coupon}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], {"", kHere, g[3][0], true}); }},
      {"{who} pays {order}",
       [](S s, Given g) { return s.state_of(s.shop_.pay(s.who(g[0]).caller.person, s.order(g[1]))); }},
      {"{who} pays {order} but the notice is held up",
       [](S s, Given g) {
         const auto id = s.order(g[1]);
         const auto prepaid = s.shop_.prepay(s.who(g[0]).caller.person, id);
         if (!prepaid) return s.refused(prepaid);
         const auto paid = s.shop_.confirm(id);
         return paid ? std::string("confirmed") : s.refused(paid);
       }},
      {"the notice arrives",
       [](S s, Given) { return s.shop_.deliver() > 0 ? std::string("taken") : std::string("none waits"); }},
      {"{who} cancels {order}", [](S s, Given g) { return s.state_of(s.shop_.cancel(s.who(g[0]), s.order(g[1]))); }},
      {"ship {order}", [](S s, Given g) { return s.state_of(s.shop_.ship(s.order(g[0]))); }},
      {"ship {number} units of line {number} of {order}",
       [](S s, Given g) {
         order::ParcelWish wish{"ZTO", "ZTO-" + std::to_string(++s.parcels_), {{s.line(g[1]), number_in(g[0][0])}}};
         return s.state_of(s.shop_.ship(s.order(g[2]), wish));
       }},
      {"{who} receives {order}",
       [](S s, Given g) { return s.state_of(s.shop_.receive(s.who(g[0]).caller.person, s.order(g[1]))); }},
      {"expect {order} is {state}",
       [](S s, Given g) {
         if (!order::order_state(g[1][0])) throw NotUnderstood{"\"" + g[1][0] + "\" is no state of an order"};
         return expect_text(std::string(state_name(s.shop_.order(s.order(g[0])).state)), g[1][0]);
       }},
      {"expect {number} {product} left",
       [](S s, Given g) {
         return expect_text(std::to_string(s.shop_.stock_left(s.item(g[1]).sku)), std::to_string(number_in(g[0][0])));
       }},
      {"expect line {number} of {order} under plan version {number}",
       [](S s, Given g) {
         const auto o = s.shop_.order(s.order(g[1]));
         return expect_text(std::to_string(o.lines.at(static_cast<std::size_t>(s.line(g[0]))).rates.version), g[2][0]);
       }},

      // what an order costs
      {"expect {order} costs {amount}",
       [](S s, Given g) { return expect_fen(s.shop_.order(s.order(g[0])).total_fen, amount_in(g[1][0])); }},
      {"expect shipping of {order} costs {amount}",
       [](S s, Given g) { return expect_fen(s.shop_.order(s.order(g[0])).shipping_fen, amount_in(g[1][0])); }},
      {"expect {order} is {amount} off",
       [](S s, Given g) { return expect_fen(s.shop_.order(s.order(g[0])).discount_fen, amount_in(g[1][0])); }},
      {"expect line {number} of {order} paid {amount}",
       [](S s, Given g) {
         const auto o = s.shop_.order(s.order(g[1]));
         return expect_fen(o.lines.at(static_cast<std::size_t>(s.line(g[0]))).paid_fen, amount_in(g[2][0]));
       }},
      {"expect line {number} of {order} at the {source} price",
       [](S s, Given g) {
         if (!order::price_source(g[2][0])) throw NotUnderstood{"a price is the list, campaign or flash price"};
         const auto o = s.shop_.order(s.order(g[1]));
         return expect_text(std::string(source_name(o.lines.at(static_cast<std::size_t>(s.line(g[0]))).source)),
                            g[2][0]);
       }},
      {"shipping costs {amount} and {amount} for each further unit",
       [](S s, Given g) { return s.ship_for("", g[0], g[1], ""); }},
      {"shipping to {region} costs {amount} and {amount} for each further unit",
       [](S s, Given g) { return s.ship_for(g[0][0], g[1], g[2], ""); }},
      {"shipping to {region} costs {amount} and {amount} for each further unit, nothing from {amount}",
       [](S s, Given g) { return s.ship_for(g[0][0], g[1], g[2], g[3][0]); }},

      // campaigns
      {"campaign {name} of {items…} for {duration…}", [](S s, Given g) { return s.draft(g[0], g[1], g[2], {}); }},
      {"campaign {name} for the stores of {agents…} of {items…} for {duration…}",
       [](S s, Given g) { return s.draft(g[0], g[2], g[3], g[1]); }},
      {"push {campaign}", [](S s, Given g) { return s.move_campaign(g[0], false); }},
      {"undo {campaign}", [](S s, Given g) { return s.move_campaign(g[0], true); }},
      {"end {campaign}",
       [](S s, Given g) {
         const Call call = s.owner();
         const CampaignId id = named(s.campaigns_, g[0], "campaign");
         const auto ended = s.shop_.db().write([&](db::Tx& tx) { return catalog::end_campaign(tx, call, id); });
         return ended ? std::string("ended") : s.refused(ended);
       }},

      // units set aside
      {"allot {number} {product} to {agent}", [](S s, Given g) { return s.allot(g[0], g[1], g[2], {}); }},
      {"allot {number} {product} to {agent} and no more",
       [](S s, Given g) { return s.allot(g[0], g[1], g[2], {0, 0, false, 0}); }},
      {"allot {number} {product} to {agent} and keep it so",
       [](S s, Given g) { return s.allot(g[0], g[1], g[2], {0, number_in(g[0][0]), true, 0}); }},
      {"allot {number} {product} to {agent} for {duration…}",
       [](S s, Given g) { return s.allot(g[0], g[1], g[2], {0, 0, true, s.shop_.now() + duration_in(g[3])}); }},
      {"{agent} gives {product} back",
       [](S s, Given g) {
         const org::Agent& a = s.agent(g[0]);
         const Call call = s.shop_.as(a.person);
         const SkuId sku = s.item(g[1]).sku;
         const auto units =
             s.shop_.db().write([&](db::Tx& tx) { return catalog::give_back(tx, call, sku, a.store); });
         return units ? std::to_string(*units) + " units" : s.refused(units);
       }},
      {"expect {agent} can sell {number} {product}",
       [](S s, Given g) {
         const StoreId store = s.agent(g[0]).store;
         const SkuId sku = s.item(g[2]).sku;
         const auto left = test::must(s.shop_.db().read(
             [&](db::Tx& tx) -> Result<std::int64_t> { return catalog::stock_left(tx, sku, store); }));
         return expect_text(std::to_string(left), std::to_string(number_in(g[1][0])));
       }},

      // coupons
      {"coupon {name} of {off} for {number} people",
       [](S s, Given g) {
         const Call call = s.owner();
         auto terms = s.coupon_terms(g[0], g[1], g[2], "", "");
         return s.give_coupon(s.shop_.db().write([&](db::Tx& tx) { return catalog::create_coupon(tx, call, terms); }),
                              g[0]);
       }},
      {"coupon {name} of {off} from {amount} for {number} people",
       [](S s, Given g) {
         const Call call = s.owner();
         auto terms = s.coupon_terms(g[0], g[1], g[3], g[2][0], "");
         return s.give_coupon(s.shop_.db().write([&](db::Tx& tx) { return catalog::create_coupon(tx, call, terms); }),
                              g[0]);
       }},
      {"coupon {name} of {off} up to {amount} for {number} people",
       [](S s, Given g) {
         const Call call = s.owner();
         auto terms = s.coupon_terms(g[0], g[1], g[3], "", g[2][0]);
         return s.give_coupon(s.shop_.db().write([&](db::Tx& tx) { return catalog::create_coupon(tx, call, terms); }),
                              g[0]);
       }},
      {"{agent} gives the room coupon {name} of {off} from {amount} for {number} people",
       [](S s, Given g) {
         const Call call = s.shop_.as(s.agent(g[0]).person);
         auto terms = s.coupon_terms(g[1], g[2], g[4], g[3][0], "");
         return s.give_coupon(
             s.shop_.db().write([&](db::Tx& tx) { return live::give_room_coupon(tx, call, s.broadcast(g[0]), terms); }),
             g[1]);
       }},
      {"{who} claims {coupon}",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const CouponId id = named(s.coupons_, g[1], "coupon");
         const auto claim = s.shop_.db().write([&](db::Tx& tx) { return catalog::claim_coupon(tx, call, id); });
         return claim ? std::string("claimed") : s.refused(claim);
       }},

      // in the room
      {"{agent} goes live with {products…}", [](S s, Given g) { return s.go_live_with(g[0], g[1]); }},
      {"{agent} opens a flash price of {amount} for {number} {product} and {duration…}",
       [](S s, Given g) {
         const Call call = s.shop_.as(s.agent(g[0]).person);
         const live::FlashWish wish{s.item(g[3]).sku, amount_in(g[1][0]), number_in(g[2][0]),
                                    duration_in(g[4]) / kSecondMs};
         const auto open =
             s.shop_.db().write([&](db::Tx& tx) { return live::open_flash(tx, call, s.broadcast(g[0]), wish); });
         return open ? std::string("open") : s.refused(open);
       }},
      {"{agent} ends the flash price of {product}",
       [](S s, Given g) {
         const Call call = s.shop_.as(s.agent(g[0]).person);
         const FlashId id = s.flash_of(g[1], g[0]).id;
         const auto closed = s.shop_.db().write([&](db::Tx& tx) { return live::close_flash(tx, call, id); });
         return closed ? std::string("ended") : s.refused(closed);
       }},
      {"expect {number} {product} left at the flash price of {agent}",
       [](S s, Given g) {
         return expect_text(std::to_string(s.flash_of(g[1], g[2]).left), std::to_string(number_in(g[0][0])));
       }},
      {"{agent} opens a lucky bag for {number} winners who tap within {duration…}",
       [](S s, Given g) { return s.open_bag(g[0], g[1], "", g[2]); }},
      {"{agent} opens a lucky bag for {number} winners who write {word} within {duration…}",
       [](S s, Given g) { return s.open_bag(g[0], g[1], g[2][0], g[3]); }},
      {"{who} taps the lucky bag",
       [](S s, Given g) {
         const Call call = s.who(g[0]);
         const auto in = s.shop_.db().write([&](db::Tx& tx) { return live::enter_bag(tx, call, s.bag()); });
         return in ? std::string("entered") : s.refused(in);
       }},
      {"expect the lucky bag drew {number} of {number}",
       [](S s, Given g) {
         using Counts = std::pair<std::size_t, std::size_t>;
         const auto counts = test::must(s.shop_.db().read([&](db::Tx& tx) -> Result<Counts> {
           return std::pair{live::winners_of(tx, s.bag()).size(), live::entrants_of(tx, s.bag()).size()};
         }));
         return expect_text(std::to_string(counts.first) + " of " + std::to_string(counts.second),
                            g[0][0] + " of " + g[1][0]);
       }},
      {"anybody checks the draw",
       [](S s, Given) {
         const auto proof = test::must(s.shop_.db().read([&](db::Tx& tx) -> Result<std::string> {
           TRY(const auto bag, live::find_bag(tx, s.bag()));
           return live::bag_proof(bag, live::entrants_of(tx, s.bag()), live::winners_of(tx, s.bag()));
         }));
         const auto right = live::check_bag_proof(proof);
         return right ? std::string("it holds") : s.refused(right);
       }},
      {"forbid {words…}",
       [](S s, Given g) {
         const Call call = s.owner();
         const auto kept = s.shop_.db().write(
             [&](db::Tx& tx) { return catalog::set_forbidden_words(tx, call, s.shop_.brand(), g[0]); });
         return kept ? std::string("forbidden") : s.refused(kept);
       }},
      {"{who} writes {text…} in the room of {agent}", [](S s, Given g) { return s.say(g[0], g[1], g[2]); }},
      {"{who} releases the line", [](S s, Given g) { return s.decide(g[0], true); }},
      {"{who} rejects the line", [](S s, Given g) { return s.decide(g[0], false); }},
      {"expect the room of {agent} to have read {number} lines",
       [](S s, Given g) {
         const auto lines = test::must(s.shop_.db().read([&](db::Tx& tx) -> Result<std::size_t> {
           return live::chat_of(tx, s.broadcast(g[0]), {}, 200).size();
         }));
         return expect_text(std::to_string(lines), std::to_string(number_in(g[1][0])));
       }},

      // after-sales
      {"{who} asks {amount} back for line {number} of {order}",
       [](S s, Given g) { return s.ask_back(g[0], g[1], g[2], g[3], 0); }},
      {"{who} returns {number} units for {amount} of line {number} of {order}",
       [](S s, Given g) { return s.ask_back(g[0], g[2], g[3], g[4], number_in(g[1][0])); }},
      {"{who} returns {number} faulty units for {amount} of line {number} of {order}",
       [](S s, Given g) {
         order::AfterSaleWish wish{s.line(g[3]),       order::AfterSaleKind::return_and_refund,
                                   number_in(g[1][0]), amount_in(g[2][0]),
                                   "broken",           order::AfterSaleCause::fault};
         return s.ask(g[0], g[4], wish);
       }},
      {"{who} gives up {number} units for {amount} of line {number} of {order}",
       [](S s, Given g) {
         return s.ask(
             g[0], g[4],
             {s.line(g[3]), order::AfterSaleKind::refund_only, number_in(g[1][0]), amount_in(g[2][0]), "not wanted"});
       }},
      {"{who} exchanges {number} units of line {number} of {order}",
       [](S s, Given g) {
         return s.ask(g[0], g[3],
                      {s.line(g[2]), order::AfterSaleKind::exchange, number_in(g[1][0]), 0, "another one please"});
       }},
      {"approve the request", [](S s, Given) { return s.take(s.owner(), order::AfterSaleStep::approve); }},
      {"reject the request", [](S s, Given) { return s.take(s.owner(), order::AfterSaleStep::reject); }},
      {"{who} withdraws the request", [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::withdraw); }},
      {"{who} sends the goods back",
       [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::send_back, {"", "SF", "SF-BACK-1", {}}); }},
      {"the goods are back", [](S s, Given) { return s.take(s.owner(), order::AfterSaleStep::goods_back); }},
      {"the goods are back and {number} can be sold",
       [](S s, Given g) {
         return s.take(s.owner(), order::AfterSaleStep::goods_back, {"", "", "", number_in(g[0][0])});
       }},
      {"the replacement is sent",
       [](S s, Given) {
         return s.take(s.owner(), order::AfterSaleStep::send_replacement, {"", "SF", "SF-NEW-1", {}});
       }},
      {"{who} receives the replacement",
       [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::receive_replacement); }},
      {"refund instead of a replacement",
       [](S s, Given) { return s.take(s.owner(), order::AfterSaleStep::refund_instead); }},
      {"{who} disputes the refusal", [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::dispute); }},
      {"{staff} upholds the dispute", [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::uphold); }},
      {"{staff} dismisses the dispute",
       [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::dismiss); }},
      {"expect the request is {state}",
       [](S s, Given g) {
         if (!order::after_sale_state(g[0][0])) throw NotUnderstood{"\"" + g[0][0] + "\" is no state of an after-sale"};
         return expect_text(std::string(order::state_name(s.shop_.after_sale(s.request()).state)), g[0][0]);
       }},
      {"refund {amount} of line {number} of {order}",
       [](S s, Given g) {
         const auto asked =
             s.shop_.ask_back(s.owner(), s.order(g[2]),
                              {s.line(g[1]), order::AfterSaleKind::refund_only, 0, amount_in(g[0][0]), "of the story"});
         if (!asked) return s.refused(asked);
         test::must(s.shop_.approve(asked->id));
         s.shop_.jobs();
         return std::string("refunded");
       }},

      // money
      {"expect {role} of {order} is {agent}",
       [](S s, Given g) {
         const auto role = order::role_of(g[0][0]);
         if (!role) throw NotUnderstood{"\"" + g[0][0] + "\" is no role"};
         if (g[2][0] != "nobody") s.agent(g[2]);
         return expect_text(s.name_of(s.shop_.order(s.order(g[1])).roles.of(*role)), g[2][0]);
       }},
      {"expect {role} of {order} earns {amount}",
       [](S s, Given g) {
         const auto role = order::role_of(g[0][0]);
         if (!role) throw NotUnderstood{"\"" + g[0][0] + "\" is no role"};
         Fen sum = 0;
         for (const auto& e : s.shop_.entries(s.order(g[1])))
           if (e.role == *role) sum += e.amount_fen;
         return expect_fen(sum, amount_in(g[2][0]));
       }},
      {"expect {agent} pending {amount}",
       [](S s, Given g) {
         return expect_fen(s.shop_.balance(s.agent(g[0]).id, ledger::Account::pending), amount_in(g[1][0]));
       }},
      {"expect {agent} available {amount}",
       [](S s, Given g) {
         return expect_fen(s.shop_.balance(s.agent(g[0]).id, ledger::Account::available), amount_in(g[1][0]));
       }},
      {"expect {agent} settled {amount}",
       [](S s, Given g) {
         return expect_fen(s.shop_.balance(s.agent(g[0]).id, ledger::Account::settled), amount_in(g[1][0]));
       }},
      {"expect {agent} paid {amount}",
       [](S s, Given g) {
         return expect_fen(s.shop_.balance(s.agent(g[0]).id, ledger::Account::paid), amount_in(g[1][0]));
       }},
      {"expect {agent} in debt {amount}",
       [](S s, Given g) { return expect_fen(s.shop_.debt(s.agent(g[0]).id), amount_in(g[1][0])); }},
      {"expect sales {amount}", [](S s, Given g) { return expect_fen(s.shop_.report().gmv_fen, amount_in(g[0][0])); }},
      {"expect refunds {amount}",
       [](S s, Given g) { return expect_fen(s.shop_.report().refunded_fen, amount_in(g[0][0])); }},
      {"settle", [](S s, Given) { return s.settle(s.shop_.now()); }},
      {"settle again",
       [](S s, Given) {
         if (s.last_cutoff_ == 0) throw NotUnderstood{"nothing was settled yet"};
         return s.settle(s.last_cutoff_);
       }},
      {"pay out {agent} with reference {word}",
       [](S s, Given g) {
         const auto given = s.shop_.settlements(s.agent(g[0]).id);
         if (given.empty()) throw NotUnderstood{"\"" + g[0][0] + "\" has no settlement"};
         const auto paid = s.shop_.pay_out(given.back().id, g[1][0]);
         return paid ? paid->state : s.refused(paid);
       }},
      {"preview",
       [](S s, Given) {
         const Call owner = s.owner();
         const auto seen = s.shop_.db().read([&](db::Tx& tx) {
           return order::preview_settlement(tx, owner, s.shop_.brand(), owner.now, {}, 0);
         });
         return seen ? "payable " + format_fen(seen->sum.payable_fen) : s.refused(seen);
       }},
      {"{staff} asks for a settlement",
       [](S s, Given g) {
         const Call by = s.who(g[0]);
         return s.told(order::run_settlement(s.shop_.db(), by, s.shop_.brand(), by.now));
       }},
      {"{staff} approves the settlement",
       [](S s, Given g) {
         if (!s.last_run_) throw NotUnderstood{"no settlement was asked for yet"};
         return s.told(order::approve_settlement(s.shop_.db(), s.who(g[0]), s.last_run_));
       }},
      {"{agent} leaves a payout note",
       [](S s, Given g) {
         const auto& a = s.agent(g[0]);
         const Call by = s.shop_.as(a.person);
         test::must(s.shop_.db().write([&](db::Tx& tx) -> Status {
           return org::set_payout_note(tx, by, a.id, {org::PayoutMethod::bank, a.name, "6222000011112222"});
         }));
         return std::string("kept");
       }},
      {"make a batch of payouts",
       [](S s, Given) {
         const Call owner = s.owner();
         const auto made =
             s.shop_.db().write([&](db::Tx& tx) { return order::make_batch(tx, owner, s.shop_.brand()); });
         if (!made) return s.refused(made);
         s.last_batch_ = made->batch.id;
         return std::to_string(made->batch.payouts) + " over " + format_fen(made->batch.amount_fen);
       }},
      {"the bank says {result} for {agent}",
       [](S s, Given g) {
         const Call owner = s.owner();
         const std::string code = s.agent(g[1]).code;
         const auto told = s.shop_.db().write([&](db::Tx& tx) -> Result<order::PayoutResults> {
           TRY(const auto file, order::payout_file(tx, owner, s.last_batch_));
           TRY(const auto csv, read_csv(file));
           for (const auto& row : csv.rows)
             if (Csv::cell(row, csv.column("agent_code")) == code)
               return order::take_results(tx, owner, s.last_batch_,
                                          "payout_no,result,reference\n" +
                                              std::string(Csv::cell(row, csv.column("payout_no"))) + "," + g[0][0] +
                                              ",bank-1\n");
           return fail(Code::not_found, "the file has no payout for " + code);
         });
         if (!told) return s.refused(told);
         return std::string(told->done == 1 ? "done" : "failed");
       }},
      {"{agent} wants to be paid by WeChat",
       [](S s, Given g) {
         const auto& a = s.agent(g[0]);
         const Call by = s.shop_.as(a.person);
         test::must(s.shop_.db().write([&](db::Tx& tx) -> Status {
           return org::set_payout_note(tx, by, a.id, {org::PayoutMethod::wechat, a.name, "o-" + a.code});
         }));
         return std::string("kept");
       }},
      {"send the batch through the rail",
       [](S s, Given) {
         const Call owner = s.owner();
         const auto sent = s.shop_.db().write([&](db::Tx& tx) { return order::send_batch(tx, owner, s.last_batch_); });
         if (!sent) return s.refused(sent);
         s.shop_.jobs();
         return std::to_string(sent->transfers) + " over " + format_fen(sent->amount_fen);
       }},
      {"{agent} confirms a transfer of {amount}",
       [](S s, Given g) {
         const auto& a = s.agent(g[0]);
         const auto mine = test::must(s.shop_.db().read([&](db::Tx& tx) -> Result<std::vector<order::store::Transfer>> {
           return order::store::transfers_of_agent(tx, a.id, 100);
         }));
         for (const auto& t : mine) {
           if (format_fen(t.amount_fen) != g[1][0] || t.state != "waiting") continue;
           const auto done = s.shop_.sandbox().confirm_transfer(t.number, "o-" + a.code, s.shop_.now());
           if (!done) return s.refused(done);
           s.shop_.deliver();
           return std::string("arrived");
         }
         return std::string("none waits");
       }},
      {"expect debts of {agent} by age {amount} {amount} {amount} {amount}",
       [](S s, Given g) {
         const Call owner = s.owner();
         const auto ages = test::must(s.shop_.db().read(
             [&](db::Tx& tx) { return order::debt_ages(tx, owner, s.shop_.brand(), {}, 200); }));
         std::string is = "none";
         for (const auto& d : ages)
           if (d.agent == s.agent(g[0]).id) {
             is.clear();
             for (const Fen part : d.by_age_fen) is += (is.empty() ? "" : " ") + format_fen(part);
           }
         return expect_text(is, g[1][0] + " " + g[2][0] + " " + g[3][0] + " " + g[4][0]);
       }},
      // personal data, evidence, webhooks
      {"{who} sees the address of {order}",
       [](S s, Given g) {
         const auto o = s.order(g[1]);
         const Call by = s.who(g[0]);
         const auto seen = s.shop_.db().read([&](db::Tx& tx) { return order::visible_order(tx, by, o); });
         return seen ? address_in(order::order_json(by, *seen)) : std::string("nothing");
       }},
      {"the shop reads the address of {order}",
       [](S s, Given g) { return address_in(order::order_json(s.owner(), s.shop_.order(s.order(g[0])), true)); }},
      {"{who} asks to be erased",
       [](S s, Given g) {
         const Call by = s.who(g[0]);
         const auto asked = s.shop_.db().write(
             [&](db::Tx& tx) { return evidence::request_erasure(tx, by, by.caller.person, {}, {}); });
         if (!asked) return s.refused(asked);
         s.receipts_[g[0][0]] = asked->receipt;
         return asked->erasure.state;
       }},
      {"expect the erasure of {who} is {state}",
       [](S s, Given g) {
         const auto receipt = named(s.receipts_, g[0], "request to erase");
         const auto e = s.shop_.db().read([&](db::Tx& tx) { return evidence::erasure_of_receipt(tx, receipt); });
         return e ? expect_text(e->state, g[1][0]) : s.refused(e);
       }},
      {"hold {order}",
       [](S s, Given g) {
         const auto o = s.order(g[0]);
         const auto held = s.shop_.db().write([&, by = s.owner()](db::Tx& tx) {
           return evidence::set_hold(tx, by, s.shop_.brand(), "order", o.value, "a proceeding");
         });
         if (!held) return s.refused(held);
         s.last_hold_ = held->id;
         return std::string("held");
       }},
      {"release the hold",
       [](S s, Given) {
         const auto done = s.shop_.db().write(
             [&, by = s.owner()](db::Tx& tx) { return evidence::release_hold(tx, by, s.last_hold_, "it is over"); });
         return done ? std::string("released") : s.refused(done);
       }},
      {"expect the evidence of {order} is {state}",
       [](S s, Given g) {
         s.shop_.jobs();
         const evidence::Subject about{evidence::SubjectKind::order, s.order(g[0]).value};
         const auto bundle = s.shop_.db().read(
             [&](db::Tx& tx) { return evidence::export_bundle(tx, s.shop_.brand(), about, 0, true); });
         const bool kept = bundle && bundle->json.find(kPhone) != std::string::npos;
         return expect_text(kept ? "kept" : "purged", g[1][0]);
       }},
      {"verify the evidence",
       [](S s, Given) {
         s.shop_.jobs();
         for (const auto& chain : test::must(evidence::verify_evidence(s.shop_.db(), {})))
           if (chain.wrong > 0) return std::string("broken");
         return std::string("ok");
       }},
      {"somebody changes the evidence of {order}",
       [](S s, Given g) {
         s.shop_.jobs();
         s.changed_ = s.order(g[0]);
         s.alter_evidence("9900", "9901");
         return std::string("changed");
       }},
      {"somebody puts it back",
       [](S s, Given) {
         s.alter_evidence("9901", "9900");
         return std::string("as it was");
       }},
      {"a webhook for {type}",
       [](S s, Given g) {
         events::WebhookWish wish;
         wish.url = "https://receiver.example/hook";
         wish.types = {{g[0][0]}};
         const auto made = s.shop_.db().write([&, by = s.owner()](db::Tx& tx) {
           return events::create_webhook(tx, by, s.shop_.brand(), wish, events::SecretKind::hmac);
         });
         if (!made) return s.refused(made);
         s.webhook_ = made->webhook.id;
         return std::string("made");
       }},
      {"the receiver is down", [](S s, Given) { return s.shop_.receiver_up = false, std::string("down"); }},
      {"the receiver is up again", [](S s, Given) { return s.shop_.receiver_up = true, std::string("up"); }},
      {"expect the receiver has {number} events",
       [](S s, Given g) { return expect_text(std::to_string(s.shop_.received.size()), g[0][0]); }},
      {"expect {number} dead letters",
       [](S s, Given g) { return expect_text(std::to_string(s.dead_letters().size()), g[0][0]); }},
      {"send the dead letters again",
       [](S s, Given) {
         const auto dead = s.dead_letters();
         for (const EventId event : dead)
           test::must(s.shop_.db().write(
               [&, by = s.owner()](db::Tx& tx) { return events::replay_event(tx, by, s.webhook_, event); }));
         return std::to_string(dead.size()) + " sent";
       }},
      {"verify",
       [](S s, Given) {
         const auto wrong = s.shop_.problems();
         return wrong.empty() ? std::string("ok") : throw std::runtime_error(wrong);
       }},
  };
  return all;
}

std::filesystem::path folder() { return test::source_dir() / "tests" / "scenarios"; }
std::string text_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
std::vector<std::string> stories() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder()))
    if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

class Scenario : public ::testing::TestWithParam<std::tuple<test::Engine, std::string>> {};
TEST_P(Scenario, Holds) {
  const auto& [engine, name] = GetParam();
  const test::ScratchDatabase scratch(engine);
  const auto database = scratch.open();
  const auto problem = Story(*database).tell(name + ".txt", text_of(folder() / (name + ".txt")));
  EXPECT_FALSE(problem) << problem.value_or("");
}
INSTANTIATE_TEST_SUITE_P(Told, Scenario,
                         ::testing::Combine(::testing::Values(test::Engine::sqlite, test::Engine::postgres),
                                            ::testing::ValuesIn(stories())),
                         [](const auto& param) {
                           std::ostringstream out;
                           out << std::get<0>(param.param) << "_" << std::get<1>(param.param);
                           return out.str();
                         });

TEST(ScenarioLanguage, ThereAreStories) { EXPECT_GE(stories().size(), 25u); }

TEST(ScenarioLanguage, EveryStatementIsExplained) {
  const std::string readme = text_of(folder() / "README.md");
  for (const auto& s : Story::statements())
    EXPECT_NE(readme.find("`" + std::string(s.form)), std::string::npos) << s.form << " is not in the README";
}

TEST(ScenarioLanguage, WhatCantBeUnderstoodIsAnErrorWithItsLine) {
  const std::string start = "agent Anna ; buyer Xiao\nproduct mask price 99.00 stock 10\n";
  struct Row {
    const char* line;
    const char* says;
  };
  for (const Row& row : std::vector<Row>{
           {"Xiao open a share of Anna", "is no statement"},
           {"Xiao opens a share of Anna -> taken over", "-> opened, expected taken over"},
           {"Xiao opens a share of Anna ->", "an outcome must follow"},
           {"Xiao opens a share of Bella", "there is no agent \"Bella\""},
           {"Yue opens a share of Anna", "there is no buyer, guest or agent \"Yue\""},
           {"agent Anna", "is taken"},
           {"agent order", "is a word of the language"},
           {"product soap price 12.345 stock 1", "more than two decimals"},
           {"product soap price 12 stock many", "not a whole number"},
           {"plan host 10", "is not a rate"},
           {"plan host", "ends too early"},
           {"plan guest 10%", "a plan has host"},
           {"after 8 weeks", "is not a duration"},
           {"after 1 day less", "ends too early"},
           {"after 1 day less 2 days", "backwards"},
           {"Xiao pays the order", "no order was placed"},
           {"Xiao pays order first", "there is no order \"first\""},
           {"Xiao pays it", "is no statement"},
           {"Xiao pays it now", "is not \"the order\""},
           {"Xiao orders 1 soap in the store of Anna", "there is no product \"soap\""},
           {"Xiao orders 11 mask in the store of Anna", "was refused: sold_out"},
           {"Xiao orders mask in the store of Anna", "is not like 2 mask"},
           {"Xiao orders 1 mask 2 mask in the store of Anna", "joined by and"},
           {"expect 9 mask left", "it is 10, expected 9"},
           {"expect Anna pending 0.01", "it is 0.00, expected 0.01"},
           {"expect Xiao locked to Anna", "it is nobody, expected Anna"},
           {"Anna becomes happy", "is no state of an agent"},
           {"Xiao logs in as Xiao", "is no guest"},
           {"settle again", "nothing was settled"},
       }) {
    const test::ScratchDatabase scratch(test::Engine::sqlite);
    const auto database = scratch.open();
    const auto problem = Story(*database).tell("story.txt", start + row.line + "\n");
    ASSERT_TRUE(problem) << row.line;
    EXPECT_TRUE(problem->starts_with("story.txt:3: ")) << *problem;
    EXPECT_NE(problem->find(row.says), std::string::npos) << *problem;
  }
}

TEST(ScenarioLanguage, RowsBrokenBehindTheStorysBackEndIt) {
  const test::ScratchDatabase scratch(test::Engine::sqlite);
  const auto database = scratch.open();
  Story story(*database);
  EXPECT_FALSE(story.tell("story.txt", "product mask price 99.00 stock 10\n"));
  test::must(database->run_script("update stock_pools set pool = pool + 1;"));
  const auto problem = story.tell("story.txt", "buyer Xiao\n");
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->find("WRONG  stock"), std::string::npos) << *problem;
}

}  // namespace
}  // namespace lianbo
