#include "support/shop.hpp"

#include <algorithm>
#include <cctype>

#include "bus/journal.hpp"
#include "catalog/catalog_service.hpp"
#include "events/event_types.hpp"
#include "events/webhook_service.hpp"
#include "evidence/evidence_service.hpp"
#include "insight/figures.hpp"
#include "insight/verify.hpp"
#include "live/offers_service.hpp"
#include "order/after_sale_store.hpp"
#include "order/order_api.hpp"
#include "order/order_store.hpp"
#include "order/transfer.hpp"
#include "promo/promo_service.hpp"

namespace lianbo::test {
namespace {

constexpr int kAtOnce = 100;

const db::Sql kNextDue{
    "test.shop_next_due",
    "select coalesce(min(x.at), 0) from (select min(release_at) as at from orders where state = 'placed' union all "
    "select min(shipped_at + $2) from orders where state = 'shipped' union all "
    "select min(next_try_at) from refunds where state in ('due', 'sent') and next_try_at > $1 union all "
    "select min(due_at) from after_sales where due_at > $1 union all "
    "select min(available_at) from order_lines where matured_at is null and available_at > $1 union all "
    "select min(starts_at) from campaigns where state = 'pushed' and starts_at > $1 union all "
    "select min(ends_at) from campaigns where state = 'pushed' union all "
    "select min(until_at) from stock_allotments where closed_at is null union all "
    "select min(ends_at) from flash_sales where closed_at is null union all "
    "select min(ends_at) from promotions where state <> 'ended' union all "
    "select min(draws_at) from lucky_bags where drawn_at is null and cancelled_at is null union all "
    "select min(next_try_at) from webhook_deliveries where state = 'waiting' and next_try_at > $1 union all "
    "select min(due_at) from evidence_subjects where due_at > $1) x where x.at > $1"};

const pay::sandbox::Keys& keys() {  // 0.2 s to make; one pair serves every test
  static const pay::sandbox::Keys made = [] {
    SecureRandom random;
    return pay::sandbox::make_keys(random);
  }();
  return made;
}

}  // namespace

Shop::Shop(db::Database& database, pay::sandbox::Options rail) : db_(database) {
  settings_.public_url = "https://shop.example";
  rail.keys = &keys();
  sandbox_ = must(pay::sandbox::make_sandbox_rail(db_, clock_, rail));
  for (auto& route : order::order_routes({&db_, sandbox_.rail.get()}))
    if (route.id == "payNotice") notice_ = std::move(route);
  brand_ = must(db_.write([&](db::Tx& tx) {
    org::NewBrand wish;
    wish.name = "云上优选";
    wish.owner_login = "owner";
    wish.owner_name = "Owner";
    wish.owner_password_hash = "x";
    return org::create_brand(tx, system(), wish);
  }));
  owner_ = must(db_.read([&](db::Tx& tx) -> Result<PersonId> { return org::find_login(tx, "owner")->person; }));
}
Shop::~Shop() = default;

Call Shop::filled(Call call) const {
  call.now = now();
  call.ids = &ids_;
  call.random = &random_;
  call.settings = &settings_;
  return call;
}
Call Shop::system() const {
  Call call;
  call.caller.system = true;
  call.caller.guest = false;
  return filled(std::move(call));
}
Call Shop::as(PersonId person) const {
  Call call;
  call.caller = must(db_.read([&](db::Tx& tx) -> Result<Caller> { return org::caller_of_person(tx, person); }));
  call.caller.person = person;
  call.caller.guest = false;
  return filled(std::move(call));
}
Call Shop::guest(PersonId person) const {
  Call call;
  call.caller.person = person;
  return filled(std::move(call));
}

void Shop::job(const char* name, const std::function<Result<int>(const Call&)>& run) {
  for (int round = 0; round < 100; ++round) {
    const auto did = run(system());
    if (!did) throw std::runtime_error(std::string(name) + ": " + did.error().text());
    if (*did < kAtOnce) return;
  }
}

void Shop::jobs() {
  job("release", [&](const Call& call) { return order::release_unpaid(db_, call, rail(), kAtOnce); });
  job("receive", [&](const Call& call) { return order::receive_shipped(db_, call, kAtOnce); });
  job("after-sale", [&](const Call& call) { return order::close_overdue(db_, call, kAtOnce); });
  job("refund", [&](const Call& call) { return order::send_refunds(db_, call, rail(), kAtOnce); });
  job("transfers", [&](const Call& call) { return order::send_transfers(db_, call, rail(), kAtOnce); });
  job("hand on", [&](const Call& call) { return share::hand_on_customers(db_, call, kAtOnce); });
  job("mature", [&](const Call& call) { return order::mature_lines(db_, call, kAtOnce); });
  job("push", [&](const Call& call) { return catalog::run_pushes(db_, call, kAtOnce); });
  job("campaigns", [&](const Call& call) { return catalog::campaign_clock(db_, call, kAtOnce); });
  job("allotments", [&](const Call& call) { return catalog::give_back_due(db_, call, kAtOnce); });
  job("flash", [&](const Call& call) { return live::close_flash_due(db_, call, kAtOnce); });
  job("promotions", [&](const Call& call) { return promo::end_due(db_, call, kAtOnce); });
  job("bags", [&](const Call& call) { return live::draw_bags_due(db_, call, kAtOnce); });
  deliver();
  job("count", [&](const Call& call) { return insight::fold_tallies(db_, call, kAtOnce); });
  must(bus::keep_all_events(db_));
  job("record evidence", [&](const Call& call) { return evidence::record_evidence(db_, call); });
  job("close segments", [&](const Call& call) { return evidence::close_segments(db_, call); });
  job("purge evidence", [&](const Call& call) { return evidence::purge_evidence(db_, call); });
  job("webhooks", [&](const Call& call) -> Result<int> {
    const events::HookCaller receiver = [&](const events::WebhookUrl&, const auto& headers,
                                            const std::string&) -> Result<events::HookAnswer> {
      if (!receiver_up) return fail(Code::io_failed, "nobody answers");
      for (const auto& [name, value] : headers)
        if (name == "webhook-id" && std::find(received.begin(), received.end(), value) == received.end())
          received.push_back(value);
      return events::HookAnswer{200, ""};
    };
    TRY(const int told, events::tell_webhooks(db_, call));
    TRY(const int called, events::call_webhooks(db_, call, clock_, receiver));
    return told + called;
  });
  job("run erasures", [&](const Call& call) { return evidence::run_erasures(db_, call); });
}

void Shop::go_to(Instant instant) {
  jobs();
  while (now() < instant) {
    const Instant due = must(db_.read([&](db::Tx& tx) -> Result<Instant> {
      return tx.number(kNextDue, {now(), settings_.order_auto_receive_days * kDayMs});
    }));
    clock_.advance_to(due > now() && due < instant ? due : instant);
    jobs();
  }
}

org::Agent Shop::agent(const std::string& name, AgentId recruiter, const std::string& region) {
  return must(db_.write([&](db::Tx& tx) {
    org::NewAgent wish;
    wish.code = name;
    wish.name = name;
    wish.parent = recruiter;
    wish.region = region;
    return org::create_agent(tx, system(), brand_, wish);
  }));
}
void Shop::set_state(AgentId agent, org::AgentState state) {
  must(db_.write(
      [&](db::Tx& tx) { return org::set_agent_state(tx, system(), agent, state, "test", share::follow_agent); }));
}
PersonId Shop::person(const std::string& name) {
  return must(db_.write(
      [&](db::Tx& tx) { return org::register_person(tx, system(), "buyer-" + std::to_string(++people_), name, "x"); }));
}
void Shop::log_in(PersonId guest, PersonId as_whom) {
  const Call call = as(as_whom);
  must(db_.write([&](db::Tx& tx) -> Status {
    TRY_OK(share::merge_guest(tx, call, guest, as_whom));
    promo::merge_guest(tx, call, guest, as_whom);
    order::merge_cart(tx, call, guest, as_whom);
    return {};
  }));
}
Shop::Item Shop::item(const std::string& code, Fen price_fen, std::int64_t stock, bool no_return) {
  return must(db_.write([&](db::Tx& tx) -> Result<Item> {
    catalog::CatalogProduct wish;
    wish.code = code;
    wish.title = "Product " + code;
    wish.category = "all";
    wish.no_return = no_return;
    wish.skus.push_back({code + "-1", "", price_fen, stock, 0});
    TRY(const auto view, catalog::create_product(tx, system(), brand_, wish));
    return Item{view.product.id, view.skus.front().id};
  }));
}
void Shop::plan(BasisPoints host, BasisPoints promoter, BasisPoints recruiter, std::optional<std::int32_t> freeze,
                AgentId of_agent, SkuId sku) {
  must(db_.write([&](db::Tx& tx) {
    catalog::PlanRow row;
    row.brand = brand_;
    row.scope = of_agent ? catalog::PlanScope::agent : catalog::PlanScope::brand;
    row.scope_id = of_agent.value;
    row.sku = sku;
    row.host_bp = host;
    row.promoter_bp = promoter;
    row.recruiter_bp = recruiter;
    row.freeze_days = freeze;
    return catalog::save_plan(tx, system(), row);
  }));
}
void Shop::lock_rules(const std::function<void(org::LockRules&)>& change) {
  must(db_.write([&](db::Tx& tx) -> Result<org::LockRules> {
    TRY(auto rules, org::lock_rules(tx, brand_));
    change(rules);
    return org::set_lock_rules(tx, system(), brand_, rules);
  }));
}
std::int64_t Shop::stock_left(SkuId sku) { return stock(sku).left(); }
catalog::StockCount Shop::stock(SkuId sku) {
  return must(db_.read([&](db::Tx& tx) -> Result<catalog::StockCount> { return catalog::stock_count(tx, sku); }));
}

share::Share Shop::share_of(PersonId sharer, StoreId store) {
  const Call call = as(sharer);
  return must(db_.write([&](db::Tx& tx) {
    share::NewShare wish;
    wish.kind = share::Kind::store;
    wish.channel = share::Channel::dm;
    wish.store = store;
    return share::create_share(tx, call, wish, {});
  }));
}
share::Touch Shop::open(const Call& by, const share::Share& share) {
  return must(db_.write([&](db::Tx& tx) { return share::touch_share(tx, by, share); }));
}
std::optional<share::Lock> Shop::lock(PersonId buyer) {
  return must(db_.read([&](db::Tx& tx) -> Result<std::optional<share::Lock>> {
    return share::lock_of(tx, bucket_of(buyer, kDefaultBuckets), brand_, buyer);
  }));
}

Result<order::Order> Shop::place(PersonId buyer, StoreId store, std::vector<order::PlaceLine> lines) {
  const Call call = as(buyer);
  order::PlaceWish wish;
  wish.store = store;
  wish.lines = std::move(lines);
  wish.address_json = R"({"name":"王小明","phone":"13800138000","region":"上海","detail":"1号"})";
  return db_.write([&](db::Tx& tx) { return order::place(tx, call, wish); });
}
order::Order Shop::order(OrderId id) {
  return must(db_.read([&](db::Tx& tx) { return order::visible_order(tx, system(), id); }));
}
Result<order::PayAnswer> Shop::prepay(PersonId buyer, OrderId id) {
  TRY(auto answer, order::pay_order(db_, as(buyer), rail(), id, {}));
  prepay_[id.value] = answer.prepay_id;
  return answer;
}
Result<pay::sandbox::Paid> Shop::confirm(OrderId id) {
  const auto& prepay_id = prepay_.at(id.value);
  TRY(const auto page, sandbox().checkout(prepay_id, now()));
  return sandbox().pay(prepay_id, page.payer_openid, now());
}
Result<order::Order> Shop::pay(PersonId buyer, OrderId id) {
  TRY([[maybe_unused]] const auto prepaid, prepay(buyer, id));
  TRY([[maybe_unused]] const auto paid, confirm(id));
  deliver();
  return order(id);
}
int Shop::deliver() {
  return must(sandbox().deliver_due(now(), [&](const pay::sandbox::OutgoingNotice& n) { return take(n); })).answered;
}
int Shop::take(const pay::sandbox::OutgoingNotice& notice) const {
  net::Request request;
  request.method = net::Method::post;
  request.body = notice.body;
  for (auto [name, value] : notice.headers) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers.emplace_back(std::move(name), std::move(value));
  }
  const auto reply = notice_.plain_handler(guest({}), request);
  return reply ? reply->status : info(reply.error().code).http_status;
}
Result<order::Order> Shop::ship(OrderId id) { return ship(id, {"SF", "SF" + id.text(), {}}); }
Result<order::Order> Shop::ship(OrderId id, const order::ParcelWish& wish) {
  const Call call = owner();
  return db_.write([&](db::Tx& tx) { return order::ship(tx, call, id, wish); });
}
Result<order::Order> Shop::receive(PersonId buyer, OrderId id) {
  const Call call = as(buyer);
  return db_.write([&](db::Tx& tx) { return order::receive(tx, call, id); });
}
Result<order::Order> Shop::cancel(const Call& by, OrderId id) {
  return db_.write([&](db::Tx& tx) { return order::cancel(tx, by, id, "changed my mind"); });
}
order::Order Shop::bought(PersonId buyer, StoreId store, std::vector<order::PlaceLine> lines) {
  const auto placed = must(place(buyer, store, std::move(lines)));
  return must(pay(buyer, placed.id));
}
order::Order Shop::delivered(PersonId buyer, StoreId store, std::vector<order::PlaceLine> lines) {
  const auto paid = bought(buyer, store, std::move(lines));
  must(ship(paid.id));
  return must(receive(buyer, paid.id));
}
Result<order::AfterSale> Shop::ask_back(const Call& by, OrderId id, const order::AfterSaleWish& wish) {
  return db_.write([&](db::Tx& tx) { return order::request_after_sale(tx, by, id, wish); });
}
Result<order::AfterSale> Shop::step(const Call& by, AfterSaleId id, order::AfterSaleStep step,
                                    const order::StepDetail& detail) {
  return db_.write([&](db::Tx& tx) { return order::take_step(tx, by, id, step, detail); });
}
order::AfterSale Shop::after_sale(AfterSaleId id) {
  return must(db_.read([&](db::Tx& tx) -> Result<order::AfterSale> { return *order::store::after_sale(tx, id); }));
}
std::vector<order::Refund> Shop::refunds(OrderId id) {
  return must(
      db_.read([&](db::Tx& tx) -> Result<std::vector<order::Refund>> { return order::store::refunds_of(tx, id); }));
}
PersonId Shop::staff(const std::string& login, unsigned roles) {
  return must(db_.write([&](db::Tx& tx) { return org::add_staff(tx, system(), brand_, login, login, roles); })).person;
}
void Shop::refund(OrderId id, int line, Fen amount_fen) {
  const auto asked =
      must(ask_back(owner(), id, {line, order::AfterSaleKind::refund_only, 0, amount_fen, "agreed with the buyer"}));
  must(approve(asked.id));
  jobs();
}

Result<order::RunReport> Shop::settle(Instant cutoff_at) {
  return order::run_settlement(db_, owner(), brand_, cutoff_at);
}
Result<order::store::Settlement> Shop::pay_out(SettlementId id, std::string_view reference) {
  const Call call = owner();
  return db_.write([&](db::Tx& tx) { return order::mark_paid(tx, call, id, reference); });
}
std::vector<order::store::Entry> Shop::entries(OrderId id) {
  return must(db_.read(
      [&](db::Tx& tx) -> Result<std::vector<order::store::Entry>> { return order::store::entries_of(tx, id); }));
}
std::vector<order::store::Settlement> Shop::settlements(AgentId agent) {
  auto newest_first = must(db_.read([&](db::Tx& tx) -> Result<std::vector<order::store::Settlement>> {
    return order::store::settlements_of_agent(tx, agent, 0, 1000);
  }));
  return {newest_first.rbegin(), newest_first.rend()};
}
Fen Shop::balance(AgentId agent, ledger::Account account) {
  const auto all =
      must(db_.read([&](db::Tx& tx) -> Result<ledger::Balances> { return ledger::agent_balances(tx, agent); }));
  const auto it = all.find(account);
  return it == all.end() ? 0 : it->second;
}

std::string Shop::problems() {
  const auto report = must(insight::verify(db_));
  std::string out = report.ok() ? "" : insight::verify_text(report);
  must(bus::keep_all_events(db_));
  must(db_.read([&](db::Tx& tx) -> Status {
    std::int64_t seq = 0;
    for (bool more = true; more;) {
      const auto page = bus::events_after(tx, seq, 500);
      more = !page.empty();
      for (const auto& kept : page) {
        seq = kept.seq;
        if (const auto wrong = events::mismatch(kept.event); !wrong.empty()) out += "WRONG  event  " + wrong + "\n";
      }
    }
    return {};
  }));
  for (const auto& chain : must(evidence::verify_evidence(db_, {})))
    for (const auto& wrong : chain.differences) out += "WRONG  evidence  " + wrong + "\n";
  return out;
}
insight::Report Shop::report() {
  return must(db_.read([&](db::Tx& tx) { return insight::report_of(tx, brand_); }));
}

}  // namespace lianbo::test
