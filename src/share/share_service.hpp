// What people do with shares: make one, open one, be locked by it, order under the lock, log in and keep it all (SPEC
// 6).
//
// Everything here joins the caller's transaction. What moves a lock first locks its guard row (one per bucket, brand
// and buyer, made at the first touch), so touches and orders of one buyer happen one after the other on both engines.
// They are stamped in that same order: a step is never older than the one before it (its instant and identifier are
// raised if its server's clock is behind), which is what makes "the lock is the fold of its rows by (at, id)" true
// under any concurrency.
//
// An opening of an agent's share costs seven statements beside the landing: share, guard row, agent, rules, touch,
// lock, tally. Of openings that are decided together only the first of a link costs share, agent, rules and landing.
// Errors: not_found, invalid_field, missing_field, not_on_shelf, forbidden, agent_not_active, order_state_conflict.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"
#include "net/route.hpp"
#include "org/recruiting.hpp"
#include "share/landing.hpp"
#include "share/lock.hpp"
#include "share/share.hpp"

namespace lianbo::share {

struct NewShare {
  Kind kind = Kind::store;
  Channel channel = Channel::other;
  StoreId store = {};
  BroadcastId broadcast = {};
  ProductId product = {};
  std::optional<std::int64_t> media_ms = {};
  ClipId clip = {};
  OrderId order = {};
};

// Anybody with an identity may share, guests too; a recruit share needs an active agent. Checks that the target exists
// and belongs to one brand. order_facts is asked for receipts only.
Result<Share> create_share(db::Tx& tx, const Call& call, const NewShare& wish, const OrderFactsFn& order_facts);
Result<Share> create_receipt_share(db::Tx& tx, const Call& call, OrderId order, Channel channel,
                                   const OrderFactsFn& order_facts);

Result<Share> find_share(db::Tx& tx, ShareId id);
Result<Share> find_share_by_token(db::Tx& tx, std::string_view token);
// Ok for the sharer and the staff of its store.
Status require_own_share(db::Tx& tx, const Call& call, const Share& share);
// Ok as well for whoever made a link that this one came of.
Status require_share_above(db::Tx& tx, const Call& call, const Share& share);
std::string share_url(const Settings& settings, std::string_view token);

// The caller opens the share: the touch is appended, the lock moves by the rules. Nobody is told: each landing of a
// crowd would be an event nobody asks for.
Result<Touch> touch_share(db::Tx& tx, const Call& call, const Share& share);
// The caller clicked a paid slot: appended, locks nobody.
Result<Touch> touch_ad(db::Tx& tx, const Call& call, BrandId brand);
// Where the share leads now.
Result<Landing> landing_of(db::Tx& tx, const Call& call, const Share& share);
// Somebody opens a link. What leads where now, for each in order, and the touches of those that count; what openings of
// one link have in common is read once. Nothing is written for who gets an error.
struct Opening {
  Call call;
  std::string token;
  bool counts = true;  // false: is_preview
};
Result<std::vector<Result<Landing>>> open_shares(db::Tx& tx, std::span<const Opening> openings);
// A fetch by a machine that looks ahead (HEAD, prefetch, link preview, crawler): it is shown the way, and counts
// nothing.
bool is_preview(const net::Request& request);

// The lock as it stands, valid or not; none when none was ever opened.
std::optional<Lock> lock_of(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer);
// Locks the guard row and returns the lock valid at t, as it was before this order; if there is one, the order
// lengthens it. t is raised to the newest touch already recorded for this buyer.
Result<std::optional<Lock>> lock_for_order(db::Tx& tx, const Call& call, BrandId brand, PersonId buyer, OrderId order,
                                           Instant t);

// What follows an agent's state, in its transaction (org::StateHook): their broadcasts (live::follow_agent), and, when
// they leave, their customers (docs/decisions/0012-leaving.md): the heir is fixed now and every lock is theirs from
// this instant on, whoever asks; hand_on_customers writes it into each lock's history.
Status follow_agent(db::Tx& tx, const Call& call, const org::Agent& agent, org::AgentState from);
// A job: at most `limit` locks of agents who left, in transactions of their own. How many it looked at.
Result<int> hand_on_customers(db::Database& db, const Call& call, int limit);

// Whom a recruit share speaks for (org::RecruitedByFn).
Result<org::RecruitedBy> recruited_by(db::Tx& tx, const Call& call, BrandId brand, std::string_view token);
// Locks the buyer's guard row: until the end of the transaction they touch no share and place no order at the brand.
void lock_buyer(db::Tx& tx, const Call& call, BrandId brand, PersonId buyer);

// A guest logs in: touches, locks and shares become the person's (docs/decisions/0004-guest-merge.md). Repeating it
// changes nothing.
Status merge_guest(db::Tx& tx, const Call& call, PersonId guest, PersonId person);

// The lock as the rows say, for `verify`.
Result<std::optional<Lock>> rebuild_lock(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer);
struct LockDifference {
  Bucket bucket = 0;
  BrandId brand;
  PersonId buyer;
  std::optional<Lock> kept, rebuilt;
};
// Every lock that is not the fold of its rows. checked is raised by the locks looked at.
Result<std::vector<LockDifference>> verify_locks(db::Tx& tx, std::int64_t& checked);

// Why the lock is what it is: each touch and order with its inputs, its rules' version, its outcome then and in the
// light of all rows, and who lost. A JSON object. until: only steps up to that instant.
Result<std::string> explain_lock(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer, Instant now,
                                 std::optional<Instant> until = {});

struct Cascade {
  std::int64_t depth = 0;     // steps from the root to the deepest link
  std::int64_t size = 0;      // links in the tree, the root included
  std::int64_t touches = 0;   // openings
  std::int64_t visitors = 0;  // people who opened any of them
  std::int64_t reach = 0;     // people it got to: who opened or shared
};
// Of the whole tree the share belongs to.
Cascade cascade_of(db::Tx& tx, ShareId root);

struct ShareTally {
  Share share;
  std::int64_t touches = 0;
  std::int64_t locks = 0;  // opened or taken over by it
};
std::vector<ShareTally> shares_of(db::Tx& tx, PersonId sharer, const net::Page& page);
// The links made by who came through this one, oldest first.
std::vector<ShareTally> shares_below(db::Tx& tx, ShareId parent, const net::Page& page);

}  // namespace lianbo::share
