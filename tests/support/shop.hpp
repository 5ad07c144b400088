// A shop for tests: one brand on a simulated clock, its agents, goods and buyers, the embedded payment sandbox that
// signs for real, and the jobs of the server. Everything goes through the services' public functions; a payment notice
// goes through the route that takes it. What must succeed is unwrapped by must(), which ends the test with the error.
//
// Time stands still but for pass() and go_to(), which stop at each instant at which a job has something to do (an
// unpaid order's release, an automatic receipt, a refund's next try, a line's maturity) and run the jobs there.
#pragma once

#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "catalog/plan.hpp"
#include "catalog/stock.hpp"
#include "db/db.hpp"
#include "insight/report.hpp"
#include "ledger/ledger.hpp"
#include "net/route.hpp"
#include "order/after_sale_service.hpp"
#include "order/order_service.hpp"
#include "order/refunds.hpp"
#include "order/settlement.hpp"
#include "order/shipping.hpp"
#include "org/org_service.hpp"
#include "pay/sandbox/sandbox.hpp"
#include "share/share_service.hpp"

namespace lianbo::test {

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

class Shop {
 public:
  static constexpr Instant kDawn = 1'800'000'000'000;  // a whole second, like all the payment rail writes

  explicit Shop(db::Database& database, pay::sandbox::Options rail = {});
  ~Shop();
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  Instant now() const { return clock_.now(); }
  void pass(DurationMs duration) { go_to(now() + duration); }
  void go_to(Instant instant);
  void leap(DurationMs duration) { clock_.advance_to(now() + duration); }  // the server was down: no job ran
  void jobs();                                                             // what is due now

  Call as(PersonId person) const;  // logged in, with all relations
  Call guest(PersonId person) const;
  Call system() const;
  Call owner() const { return as(owner_); }

  BrandId brand() const { return brand_; }
  db::Database& db() { return db_; }
  pay::PayRail& rail() { return *sandbox_.rail; }
  pay::sandbox::Sandbox& sandbox() { return *sandbox_.sandbox; }
  Settings& settings() { return settings_; }

  // ---- the matrix, the goods
  org::Agent agent(const std::string& name, AgentId recruiter = {}, const std::string& region = {});
  void set_state(AgentId agent, org::AgentState state);
  PersonId person(const std::string& name);  // a buyer with a login
  PersonId new_guest() { return ids_.make<PersonId>(now(), 0); }
  void log_in(PersonId guest, PersonId as);
  struct Item {
    ProductId product;
    SkuId sku;
  };
  Item item(const std::string& code, Fen price_fen, std::int64_t stock, bool no_return = false);
  void plan(BasisPoints host, BasisPoints promoter, BasisPoints recruiter = 0, std::optional<std::int32_t> freeze = {},
            AgentId of_agent = {}, SkuId sku = {});
  void lock_rules(const std::function<void(org::LockRules&)>& change);
  std::int64_t stock_left(SkuId sku);
  catalog::StockCount stock(SkuId sku);

  // ---- shares and locks
  share::Share share_of(PersonId sharer, StoreId store);
  share::Touch open(const Call& by, const share::Share& share);
  std::optional<share::Lock> lock(PersonId buyer);

  // ---- orders
  Result<order::Order> place(PersonId buyer, StoreId store, std::vector<order::PlaceLine> lines);
  order::Order order(OrderId id);
  Result<order::PayAnswer> prepay(PersonId buyer, OrderId id);
  Result<pay::sandbox::Paid> confirm(OrderId id);              // on the rail's page; its notice waits for deliver()
  Result<order::Order> pay(PersonId buyer, OrderId id);        // all of it
  int deliver();                                               // the notices that are due; how many were answered
  int take(const pay::sandbox::OutgoingNotice& notice) const;  // by the route; the HTTP status
  Result<order::Order> ship(OrderId id);
  Result<order::Order> ship(OrderId id, const order::ParcelWish& wish);
  Result<order::Order> receive(PersonId buyer, OrderId id);
  Result<order::Order> cancel(const Call& by, OrderId id);
  order::Order bought(PersonId buyer, StoreId store, std::vector<order::PlaceLine> lines);     // placed and paid
  order::Order delivered(PersonId buyer, StoreId store, std::vector<order::PlaceLine> lines);  // and received
  Result<order::AfterSale> ask_back(const Call& by, OrderId id, const order::AfterSaleWish& wish);
  Result<order::AfterSale> step(const Call& by, AfterSaleId id, order::AfterSaleStep step,
                                const order::StepDetail& detail = {});
  Result<order::AfterSale> approve(AfterSaleId id) { return step(owner(), id, order::AfterSaleStep::approve); }
  order::AfterSale after_sale(AfterSaleId id);
  std::vector<order::Refund> refunds(OrderId id);
  PersonId staff(const std::string& login, unsigned roles);
  // Asked for by staff, agreed to, and gone through the rail.
  void refund(OrderId id, int line, Fen amount_fen);

  // ---- money
  Result<order::RunReport> settle(Instant cutoff_at);
  Result<order::RunReport> settle() { return settle(now()); }
  Result<order::store::Settlement> pay_out(SettlementId id, std::string_view reference);
  std::vector<order::store::Entry> entries(OrderId id);
  std::vector<order::store::Settlement> settlements(AgentId agent);
  Fen balance(AgentId agent, ledger::Account account);
  Fen debt(AgentId agent) { return -balance(agent, ledger::Account::debt); }

  // ---- a webhook's receiver, which takes what it is sent while it is up
  bool receiver_up = true;
  std::vector<std::string> received;  // ids of events, each once

  // "" when verify finds nothing, else what it says.
  std::string problems();
  insight::Report report();

 private:
  Call filled(Call call) const;
  void job(const char* name, const std::function<Result<int>(const Call&)>& run);

  db::Database& db_;
  SimulatedClock clock_{kDawn};
  Settings settings_;
  mutable IdMaker ids_;
  mutable SecureRandom random_;
  pay::sandbox::SandboxRail sandbox_;
  net::Route notice_;
  BrandId brand_;
  PersonId owner_;
  int people_ = 0;
  std::map<std::int64_t, std::string> prepay_;
};

}  // namespace lianbo::test
