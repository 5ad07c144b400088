#include "promo/promo_store.hpp"

#include "base/check.hpp"

namespace lianbo::promo::store {
namespace {

using db::Row;
using db::Sql;

const Sql kLockWallet{"promo.lock_wallet",
                      "insert into wallets (brand_id, agent_id, balance_fen) values ($1, $2, 0) on conflict (brand_id, "
                      "agent_id) do update set balance_fen = wallets.balance_fen returning balance_fen"};
const Sql kAddToWallet{"promo.add_to_wallet",
                       "update wallets set balance_fen = balance_fen + $3 where brand_id = $1 and agent_id = $2 and "
                       "balance_fen + $3 >= 0"};
const Sql kBalance{"promo.wallet_balance", "select balance_fen from wallets where brand_id = $1 and agent_id = $2"};
const Sql kWallets{"promo.wallets",
                   "select agent_id, balance_fen from wallets where brand_id = $1 and agent_id > $2 order by agent_id "
                   "limit $3"};
const Sql kInsertCredit{"promo.insert_credit",
                        "insert into wallet_credits (id, brand_id, agent_id, amount_fen, reason, by_person_id, at) "
                        "values ($1, $2, $3, $4, $5, $6, $7)"};
const Sql kCredit{"promo.credit",
                  "select id, brand_id, agent_id, amount_fen, reason, by_person_id, at from wallet_credits where id = "
                  "$1"};

#define COLUMNS                                                                                          \
  "id, brand_id, store_id, broadcast_id, agent_id, by_person_id, objective, budget_fen, pace, cap_fen, " \
  "reserve_fen, ceiling_fen, audience, region, exclude_locked, starts_at, ends_at, state, ended_why, "   \
  "returned_fen, created_at, ended_at, pin_id"
const Sql kInsert{"promo.insert",
                  "insert into promotions (id, brand_id, store_id, broadcast_id, agent_id, by_person_id, objective, "
                  "budget_fen, pace, cap_fen, reserve_fen, ceiling_fen, audience, region, exclude_locked, starts_at, "
                  "ends_at, state, pool_fen, created_at, pin_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
                  "$12, $13, $14, $15, $16, $17, 'open', $8, $18, $19)"};
const Sql kFind{"promo.find", "select " COLUMNS " from promotions where id = $1"};
const Sql kLock{"promo.lock", "update promotions set pool_fen = pool_fen where id = $1 returning " COLUMNS};
const Sql kSetState{"promo.set_state", "update promotions set state = $2 where id = $1 and state <> 'ended'"};
const Sql kEmptyPool{"promo.empty_pool", "update promotions set pool_fen = 0, state = 'ended' where id = $1"};
const Sql kEmptyLeases{"promo.empty_leases",
                       "update promotion_leases set units = 0 where promotion_id = $1 returning spent"};
const Sql kSetEnded{"promo.set_ended",
                    "update promotions set ended_why = $2, returned_fen = $3, ended_at = $4 where id = $1"};
const Sql kOfBrand{"promo.of_brand",
                   "select " COLUMNS
                   " from promotions where brand_id = $1 and id < $2 and (cast($4 as bigint) is null or store_id in "
                   "(select v.store_id from staff_stores v where v.brand_id = $1 and v.person_id = $4)) order by id "
                   "desc limit $3"};
const Sql kOfStore{"promo.of_store",
                   "select " COLUMNS " from promotions where store_id = $1 and id < $2 order by id desc limit $3"};
const Sql kOfBroadcast{"promo.of_broadcast",
                       "select " COLUMNS " from promotions where broadcast_id = $1 order by id desc limit $2"};
const Sql kNotEnded{"promo.not_ended",
                    "select " COLUMNS
                    " from promotions where state <> 'ended' and brand_id = $1 and id > $2 order by id limit $3"};
const Sql kNotEndedAny{"promo.not_ended_of_all",
                       "select " COLUMNS " from promotions where state <> 'ended' and id > $1 order by id limit $2"};
const Sql kOpenOfStore{"promo.open_of_store",
                       "select count(*) from promotions where store_id = $1 and state <> 'ended'"};
const Sql kOpenOfBrand{"promo.open_of_brand",
                       "select count(*) from promotions where brand_id = $1 and state <> 'ended'"};
#define SUMS                                                                               \
  "cast(coalesce(sum(l.spent), 0) as bigint), cast(coalesce(sum(l.shown), 0) as bigint), " \
  "cast(coalesce(sum(l.clicks), 0) as bigint)"
const Sql kTally{"promo.tally", "select " SUMS " from promotion_leases l where l.promotion_id = $1"};
const Sql kTallies{"promo.tallies",
                   "select l.promotion_id, " SUMS
                   " from promotions p join promotion_leases l on l.promotion_id = p.id where p.state <> 'ended' and "
                   "(p.brand_id = $1 or cast($1 as bigint) = 0) group by l.promotion_id"};

const Sql kSpendLeased{"promo.spend_leased",
                       "update promotion_leases set units = units - $3, spent = spent + $3 where bucket = $1 and "
                       "promotion_id = $2 and units >= $3"};
const Sql kLockPool{"promo.lock_pool",
                    "update promotions set pool_fen = pool_fen where id = $1 and state <> 'ended' returning pool_fen"};
const Sql kTakeFromPool{"promo.take_from_pool",
                        "update promotions set pool_fen = pool_fen - $2 where id = $1 and pool_fen >= $2"};
const Sql kLockLease{"promo.lock_lease",
                     "insert into promotion_leases (bucket, promotion_id, units, spent) values ($1, $2, 0, 0) on "
                     "conflict (bucket, promotion_id) do update set units = promotion_leases.units returning units"};
const Sql kOthers{"promo.other_leases",
                  "select bucket, units from promotion_leases where promotion_id = $1 and bucket <> $2 and units > 0 "
                  "order by units desc, bucket limit 1024"};
const Sql kTakeFromLease{
    "promo.take_from_lease",
    "update promotion_leases set units = units - $3 where bucket = $1 and promotion_id = $2 and units >= $3"};
const Sql kLeaseAndSpend{"promo.lease_and_spend",
                         "update promotion_leases set units = units + $3 - $4, spent = spent + $4 where bucket = $1 "
                         "and promotion_id = $2 and units + $3 >= $4"};

const Sql kInsertShown{"promo.insert_shown",
                       "insert into promotion_visits (bucket, promotion_id, person_id, shown_at, fresh) values ($1, "
                       "$2, $3, $4, $5) on conflict do nothing"};
const Sql kInsertClicked{
    "promo.insert_clicked",
    "insert into promotion_visits (bucket, promotion_id, person_id, clicked_at, second_id) values ($1, $2, $3, $4, $5) "
    "on conflict (bucket, promotion_id, person_id) do update set clicked_at = excluded.clicked_at, second_id = "
    "excluded.second_id where promotion_visits.clicked_at is null"};
const Sql kSetClick{"promo.set_click",
                    "update promotion_visits set price_fen = $4, free = $5, touch_id = $6 where bucket = $1 and "
                    "promotion_id = $2 and person_id = $3"};
const Sql kAddCounts{"promo.add_counts",
                     "insert into promotion_leases (bucket, promotion_id, units, spent, shown, clicks) values ($1, $2, "
                     "0, 0, $3, $4) on conflict (bucket, promotion_id) do update set shown = promotion_leases.shown + "
                     "excluded.shown, clicks = promotion_leases.clicks + excluded.clicks"};
const Sql kClickedBy{"promo.clicked_by",
                     "select promotion_id from promotion_visits where bucket = $1 and person_id = $2 and clicked_at is "
                     "not null order by promotion_id desc limit $3"};
const Sql kCopyVisits{
    "promo.copy_visits",
    "insert into promotion_visits (bucket, promotion_id, person_id, shown_at, clicked_at, free) select $3, "
    "promotion_id, $4, shown_at, clicked_at, case when clicked_at is null then null else 'copied' end from "
    "promotion_visits v where v.bucket = $1 and v.person_id = $2 on conflict (bucket, promotion_id, person_id) do "
    "update set clicked_at = excluded.clicked_at, free = excluded.free where promotion_visits.clicked_at is null and "
    "excluded.clicked_at is not null"};

const Sql kRules{"promo.rules", "select reserve_fen, ceiling_fen from promotion_rules where brand_id = $1"};
const Sql kPutRules{"promo.put_rules",
                    "insert into promotion_rules (brand_id, reserve_fen, ceiling_fen, at) values ($1, $2, $3, $4) on "
                    "conflict (brand_id) do update set reserve_fen = excluded.reserve_fen, ceiling_fen = "
                    "excluded.ceiling_fen, at = excluded.at"};
const Sql kAddTraffic{"promo.add_traffic",
                      "insert into promotion_traffic (brand_id, hour, slots) values ($1, $2, $3) on conflict "
                      "(brand_id, hour) do update set slots = promotion_traffic.slots + excluded.slots"};
const Sql kTraffic{"promo.traffic", "select hour, slots from promotion_traffic where brand_id = $1 limit 24"};

Promotion promotion_in(const Row& r) {
  Promotion p;
  p.id = r.id<PromotionId>(0);
  p.brand = r.id<BrandId>(1);
  p.store = r.id<StoreId>(2);
  p.broadcast = r.id<BroadcastId>(3);
  p.agent = r.id<AgentId>(4);
  p.by = r.id<PersonId>(5);
  p.objective = parse_objective(r.text(6)).value_or(Objective::enter);
  p.budget_fen = r.integer(7);
  p.pace = parse_pace(r.text(8)).value_or(Pace::smooth);
  p.cap_fen = r.maybe(9);
  p.reserve_fen = r.integer(10);
  p.ceiling_fen = r.integer(11);
  p.audience = {parse_audience(r.text(12)).value_or(AudienceKind::everyone), r.str(13), r.flag(14)};
  p.starts_at = r.integer(15);
  p.ends_at = r.integer(16);
  p.state = parse_state(r.text(17)).value_or(State::ended);
  p.ended = parse_ended(r.text(18)).value_or(Ended::none);
  p.returned_fen = r.integer(19);
  p.created_at = r.integer(20);
  p.ended_at = r.integer(21);
  p.pin = r.id<PinId>(22);
  return p;
}
std::int64_t below(PromotionId before) { return before ? before.value : INT64_MAX; }
Tally tally_in(const Row& r, int first) { return {r.integer(first), r.integer(first + 1), r.integer(first + 2)}; }

}  // namespace

Fen lock_wallet(db::Tx& tx, BrandId brand, AgentId agent) { return tx.number(kLockWallet, {brand, agent.value}); }
bool add_to_wallet(db::Tx& tx, BrandId brand, AgentId agent, Fen amount_fen) {
  return tx.exec(kAddToWallet, {brand, agent.value, amount_fen}) == 1;
}
Fen wallet_balance(db::Tx& tx, BrandId brand, AgentId agent) { return tx.number(kBalance, {brand, agent.value}); }
std::vector<Wallet> wallets_of(db::Tx& tx, BrandId brand, AgentId after, int limit) {
  return tx.all(kWallets, {brand, after.value, limit},
                [&](const Row& r) { return Wallet{brand, r.id<AgentId>(0), r.integer(1)}; });
}
void insert_credit(db::Tx& tx, const Credit& c) {
  tx.exec(kInsertCredit, {c.id, c.brand, c.agent.value, c.amount_fen, c.reason, c.by.value, c.at});
}
std::optional<Credit> find_credit(db::Tx& tx, CreditId id) {
  return tx.one(kCredit, {id}, [](const Row& r) {
    return Credit{r.id<CreditId>(0), r.id<BrandId>(1),  r.id<AgentId>(2), r.integer(3),
                  r.str(4),          r.id<PersonId>(5), r.integer(6)};
  });
}

void insert(db::Tx& tx, const Promotion& p) {
  tx.exec(kInsert,
          {p.id, p.brand, p.store, p.broadcast, p.agent.value, p.by.value, objective_name(p.objective), p.budget_fen,
           pace_name(p.pace), p.cap_fen, p.reserve_fen, p.ceiling_fen, audience_name(p.audience.kind),
           p.audience.region, p.audience.exclude_locked ? 1 : 0, p.starts_at, p.ends_at, p.created_at, p.pin.value});
}
std::optional<Promotion> find(db::Tx& tx, PromotionId id) { return tx.one(kFind, {id}, promotion_in); }
std::optional<Promotion> lock(db::Tx& tx, PromotionId id) { return tx.one(kLock, {id}, promotion_in); }
void set_state(db::Tx& tx, PromotionId id, State state) { tx.exec(kSetState, {id, state_name(state)}); }
Fen close_leases(db::Tx& tx, PromotionId id) {
  tx.exec(kEmptyPool, {id});
  Fen spent = 0;
  tx.each(kEmptyLeases, {id}, [&](const Row& r) { spent += r.integer(0); });
  return spent;
}
void set_ended(db::Tx& tx, const Promotion& p) {
  tx.exec(kSetEnded, {p.id, ended_name(p.ended), p.returned_fen, p.ended_at});
}
std::vector<Promotion> of_brand(db::Tx& tx, BrandId brand, PersonId scope, PromotionId before, int limit) {
  return tx.all(kOfBrand, {brand, below(before), limit, scope}, promotion_in);
}
std::vector<Promotion> of_store(db::Tx& tx, StoreId id, PromotionId before, int limit) {
  return tx.all(kOfStore, {id, below(before), limit}, promotion_in);
}
std::vector<Promotion> of_broadcast(db::Tx& tx, BroadcastId id, int limit) {
  return tx.all(kOfBroadcast, {id, limit}, promotion_in);
}
std::vector<Promotion> not_ended(db::Tx& tx, BrandId brand, PromotionId after, int limit) {
  if (brand) return tx.all(kNotEnded, {brand, after.value, limit}, promotion_in);
  return tx.all(kNotEndedAny, {after.value, limit}, promotion_in);
}
std::int64_t count_open_of_store(db::Tx& tx, StoreId id) { return tx.number(kOpenOfStore, {id}); }
std::int64_t count_open_of_brand(db::Tx& tx, BrandId brand) { return tx.number(kOpenOfBrand, {brand}); }

Tally tally_of(db::Tx& tx, PromotionId id) {
  return tx.one(kTally, {id}, [](const Row& r) { return tally_in(r, 0); }).value_or(Tally{});
}
std::map<PromotionId, Tally> open_tallies(db::Tx& tx, BrandId brand) {
  std::map<PromotionId, Tally> out;
  tx.each(kTallies, {brand.value}, [&](const Row& r) { out[r.id<PromotionId>(0)] = tally_in(r, 1); });
  return out;
}

bool spend_leased(db::Tx& tx, Bucket bucket, PromotionId id, Fen price_fen) {
  return tx.exec(kSpendLeased, {bucket, id, price_fen}) == 1;
}
std::optional<std::int64_t> BudgetRows::lock_pool() {
  return tx_.one(kLockPool, {id_}, [](const Row& r) { return r.integer(0); });
}
std::int64_t BudgetRows::lock_lease(Bucket bucket) { return tx_.number(kLockLease, {bucket, id_}); }
std::vector<db::LeaseRows::Lease> BudgetRows::others(Bucket bucket) {
  return tx_.all(kOthers, {id_, bucket},
                 [](const Row& r) { return Lease{static_cast<Bucket>(r.integer(0)), r.integer(1)}; });
}
bool BudgetRows::take_from_lease(Bucket bucket, std::int64_t units) {
  return tx_.exec(kTakeFromLease, {bucket, id_, units}) == 1;
}
bool BudgetRows::take_from_pool(std::int64_t units) { return tx_.exec(kTakeFromPool, {id_, units}) == 1; }
bool BudgetRows::lease_and_use(Bucket bucket, std::int64_t more, std::int64_t used) {
  return tx_.exec(kLeaseAndSpend, {bucket, id_, more, used}) == 1;
}

bool insert_shown(db::Tx& tx, Bucket bucket, PromotionId id, PersonId person, bool fresh, Instant at) {
  return tx.exec(kInsertShown, {bucket, id, person, at, fresh ? 1 : 0}) == 1;
}
bool insert_clicked(db::Tx& tx, Bucket bucket, PromotionId id, PersonId person, PromotionId second, Instant at) {
  return tx.exec(kInsertClicked, {bucket, id, person, at, second.value}) == 1;
}
void set_click(db::Tx& tx, Bucket bucket, PromotionId id, PersonId person, Fen price_fen, Free free, TouchId touch) {
  const std::optional<std::string_view> why =
      free == Free::none ? std::nullopt : std::optional<std::string_view>(free_name(free));
  tx.exec(kSetClick, {bucket, id, person, price_fen, why, touch});
}
void add_counts(db::Tx& tx, Bucket bucket, PromotionId id, std::int64_t shown, std::int64_t clicks) {
  tx.exec(kAddCounts, {bucket, id, shown, clicks});
}
std::vector<PromotionId> clicked_by(db::Tx& tx, Bucket bucket, PersonId person, int limit) {
  return tx.all(kClickedBy, {bucket, person, limit}, [](const Row& r) { return r.id<PromotionId>(0); });
}
void copy_visits(db::Tx& tx, Bucket from_bucket, PersonId guest, Bucket bucket, PersonId person) {
  tx.exec(kCopyVisits, {from_bucket, guest, bucket, person});
}

std::optional<Rules> rules(db::Tx& tx, BrandId brand) {
  return tx.one(kRules, {brand}, [](const Row& r) { return Rules{r.integer(0), r.integer(1)}; });
}
void put_rules(db::Tx& tx, BrandId brand, const Rules& r, Instant at) {
  tx.exec(kPutRules, {brand, r.reserve_fen, r.ceiling_fen, at});
}
void add_traffic(db::Tx& tx, BrandId brand, int hour, std::int64_t slots) {
  tx.exec(kAddTraffic, {brand, hour, slots});
}
std::array<std::int64_t, 24> traffic_of(db::Tx& tx, BrandId brand) {
  std::array<std::int64_t, 24> out{};
  tx.each(kTraffic, {brand}, [&](const Row& r) {
    if (const auto hour = r.integer(0); hour >= 0 && hour < 24) out[static_cast<std::size_t>(hour)] = r.integer(1);
  });
  return out;
}

}  // namespace lianbo::promo::store
