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
#include "catalog/catalog_service.hpp"
#include "order/payout.hpp"
#include "order/settlement.hpp"
#include "org/storefront.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"
#include "support/source_dir.hpp"

namespace lianbo {
namespace {

using test::Shop;

using Words = std::vector<std::string>;

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
    if (agents_.contains(name) || people_.contains(name) || items_.contains(name) || orders_.contains(name))
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
  std::string place(const Words& by, const Words& what, const Words& store, const std::string& name) {
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
    const Call call = shop_.owner();
    const auto saved = shop_.db().write([&](db::Tx& tx) { return catalog::save_plan(tx, call, row); });
    return saved ? "saved" : refused(saved);
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
  static std::int32_t days(const Words& words) {
    if (words == Words{"for", "ever"}) return -1;
    if (words.size() == 2 && (words[1] == "days" || words[1] == "day"))
      return static_cast<std::int32_t>(number_in(words[0]));
    throw NotUnderstood{"\"" + joined(words) + "\" is not N days, or for ever"};
  }

  struct Person {
    PersonId id;
    bool guest = false;
  };
  Shop shop_;
  std::map<std::string, org::Agent> agents_;
  std::map<std::string, Person> people_;
  std::map<std::string, Shop::Item> items_;
  std::map<std::string, OrderId> orders_;
  OrderId last_order_;
  AfterSaleId last_request_;
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
         s.shop_.set_state(s.agent(g[0]).id, *state);
         return g[1][0];
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

      // orders
      {"{who} orders {lines…} in the store of {agent}", [](S s, Given g) { return s.place(g[0], g[1], g[2], ""); }},
      {"{who} orders {lines…} in the store of {agent} as {name}",
       [](S s, Given g) { return s.place(g[0], g[1], g[2], g[3][0]); }},
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
      {"approve the request", [](S s, Given) { return s.take(s.shop_.owner(), order::AfterSaleStep::approve); }},
      {"reject the request", [](S s, Given) { return s.take(s.shop_.owner(), order::AfterSaleStep::reject); }},
      {"{who} withdraws the request", [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::withdraw); }},
      {"{who} sends the goods back",
       [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::send_back, {"", "SF", "SF-BACK-1", {}}); }},
      {"the goods are back", [](S s, Given) { return s.take(s.shop_.owner(), order::AfterSaleStep::goods_back); }},
      {"the goods are back and {number} can be sold",
       [](S s, Given g) {
         return s.take(s.shop_.owner(), order::AfterSaleStep::goods_back, {"", "", "", number_in(g[0][0])});
       }},
      {"the replacement is sent",
       [](S s, Given) {
         return s.take(s.shop_.owner(), order::AfterSaleStep::send_replacement, {"", "SF", "SF-NEW-1", {}});
       }},
      {"{who} receives the replacement",
       [](S s, Given g) { return s.take(s.who(g[0]), order::AfterSaleStep::receive_replacement); }},
      {"refund instead of a replacement",
       [](S s, Given) { return s.take(s.shop_.owner(), order::AfterSaleStep::refund_instead); }},
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
             s.shop_.ask_back(s.shop_.owner(), s.order(g[2]),
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
         const Call owner = s.shop_.owner();
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
         const Call owner = s.shop_.owner();
         const auto made =
             s.shop_.db().write([&](db::Tx& tx) { return order::make_batch(tx, owner, s.shop_.brand()); });
         if (!made) return s.refused(made);
         s.last_batch_ = made->batch.id;
         return std::to_string(made->batch.payouts) + " over " + format_fen(made->batch.amount_fen);
       }},
      {"the bank says {result} for {agent}",
       [](S s, Given g) {
         const Call owner = s.shop_.owner();
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
      {"expect debts of {agent} by age {amount} {amount} {amount} {amount}",
       [](S s, Given g) {
         const Call owner = s.shop_.owner();
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
