// All SQL of promotions, wallets and their rules. Every function joins the caller's transaction.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "db/db.hpp"
#include "db/leases.hpp"
#include "promo/promo_service.hpp"

namespace lianbo::promo::store {

// ---- wallets: the guard row is made when it is first asked for
Fen lock_wallet(db::Tx& tx, BrandId brand, AgentId agent);
bool add_to_wallet(db::Tx& tx, BrandId brand, AgentId agent, Fen amount_fen);  // false: it would be below 0
Fen wallet_balance(db::Tx& tx, BrandId brand, AgentId agent);
std::vector<Wallet> wallets_of(db::Tx& tx, BrandId brand, AgentId after, int limit);
void insert_credit(db::Tx& tx, const Credit& credit);
std::optional<Credit> find_credit(db::Tx& tx, CreditId id);

// ---- promotions
void insert(db::Tx& tx, const Promotion& p);
std::optional<Promotion> find(db::Tx& tx, PromotionId id);
std::optional<Promotion> lock(db::Tx& tx, PromotionId id);
void set_state(db::Tx& tx, PromotionId id, State state);
// The budget's pool and leases are emptied; what has been spent of it. The promotion is locked.
Fen close_leases(db::Tx& tx, PromotionId id);
void set_ended(db::Tx& tx, const Promotion& p);
std::vector<Promotion> of_brand(db::Tx& tx, BrandId brand, PersonId scope, PromotionId before, int limit);
std::vector<Promotion> of_store(db::Tx& tx, StoreId store, PromotionId before, int limit);
std::vector<Promotion> of_broadcast(db::Tx& tx, BroadcastId broadcast, int limit);
std::vector<Promotion> not_ended(db::Tx& tx, BrandId brand, PromotionId after, int limit);  // brand none: of all
std::int64_t count_open_of_store(db::Tx& tx, StoreId store);
std::int64_t count_open_of_brand(db::Tx& tx, BrandId brand);

struct Tally {
  Fen spent_fen = 0;
  std::int64_t shown = 0, clicks = 0;
};
Tally tally_of(db::Tx& tx, PromotionId id);
std::map<PromotionId, Tally> open_tallies(db::Tx& tx, BrandId brand);  // of what has not ended; brand none: of all

// ---- budget: the counter behind db/leases.hpp; units are fen
bool spend_leased(db::Tx& tx, Bucket bucket, PromotionId id, Fen price_fen);  // false: the lease has less
class BudgetRows final : public db::LeaseRows {
 public:
  BudgetRows(db::Tx& tx, PromotionId id) : tx_(tx), id_(id) {}
  std::optional<std::int64_t> lock_pool() override;
  std::int64_t lock_lease(Bucket bucket) override;
  std::vector<Lease> others(Bucket bucket) override;
  bool take_from_lease(Bucket bucket, std::int64_t units) override;
  bool take_from_pool(std::int64_t units) override;
  bool lease_and_use(Bucket bucket, std::int64_t more, std::int64_t used) override;

 private:
  db::Tx& tx_;
  PromotionId id_;
};

// ---- visits
// fresh: the person had not been shown this room before. false: this promotion was shown before, or clicked.
bool insert_shown(db::Tx& tx, Bucket bucket, PromotionId id, PersonId person, bool fresh, Instant at);
bool insert_clicked(db::Tx& tx, Bucket bucket, PromotionId id, PersonId person, PromotionId second, Instant at);
void set_click(db::Tx& tx, Bucket bucket, PromotionId id, PersonId person, Fen price_fen, Free free, TouchId touch);
void add_counts(db::Tx& tx, Bucket bucket, PromotionId id, std::int64_t shown, std::int64_t clicks);
std::vector<PromotionId> clicked_by(db::Tx& tx, Bucket bucket, PersonId person, int limit);
void copy_visits(db::Tx& tx, Bucket from_bucket, PersonId guest, Bucket bucket, PersonId person);

// ---- rules, traffic
std::optional<Rules> rules(db::Tx& tx, BrandId brand);
void put_rules(db::Tx& tx, BrandId brand, const Rules& rules, Instant at);
void add_traffic(db::Tx& tx, BrandId brand, int hour, std::int64_t slots);
std::array<std::int64_t, 24> traffic_of(db::Tx& tx, BrandId brand);

}  // namespace lianbo::promo::store
