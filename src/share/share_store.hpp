// All SQL of shares, touches and locks. Every function joins the caller's transaction.
//
// After a login there are two rows of one opening: the guest's, and the person's copy. Openings are counted by the rows
// that are no copies (merged_from_id is null), with the outcome they had; people by the rows that are not superseded
// (locks.merged_id says up to which touch a guest's are).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "share/share_service.hpp"

namespace lianbo::share::store {

bool insert_share(db::Tx& tx, const Share& share);  // false: the token is taken
std::optional<Share> find_share(db::Tx& tx, ShareId id);
std::optional<Share> find_share_by_token(db::Tx& tx, std::string_view token);
struct Came {
  ShareId share, root;
  std::int32_t depth = 0;
};
std::optional<Came> came_through(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer);
std::vector<ShareTally> shares_of(db::Tx& tx, PersonId sharer, const net::Page& page);
// When the buyer last opened the share; 0: never.
Instant opened_at(db::Tx& tx, Bucket bucket, PersonId buyer, ShareId share);
std::vector<ShareTally> shares_below(db::Tx& tx, ShareId parent, const net::Page& page);
void adopt_shares(db::Tx& tx, PersonId guest, PersonId person);
Cascade cascade_of(db::Tx& tx, ShareId root);

// A row of locks: the lock, if any was opened, and what guards its history.
struct Guard {
  Bucket bucket = 0;
  BrandId brand;
  PersonId buyer;
  std::optional<Lock> lock;
  ShareId last_share;
  Instant moved_at = 0;        // of the newest step
  std::int64_t moved_id = 0;   // the largest identifier of a step
  std::int64_t merged_id = 0;  // steps up to here belong to somebody else now
  bool departed = false;       // the lock's agent has left: a step may be due (share_service.cpp: due_hand)
};
// Nobody else moves it until the transaction ends; if there is no row, one is there once it is saved.
Guard lock_guard(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer);
std::optional<Guard> lock_guard_if_any(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer);
std::optional<Guard> read_guard(db::Tx& tx, Bucket bucket, BrandId brand, PersonId buyer);
std::vector<Guard> guards_after(db::Tx& tx, BrandId after_brand, PersonId after_buyer, int limit);
void save_guard(db::Tx& tx, const Guard& guard);

void insert_touch(db::Tx& tx, Bucket bucket, const Touch& touch);
// In order of (at, id); only steps after merged_id.
std::vector<Touch> touches_of(db::Tx& tx, const Guard& guard);
std::vector<BrandId> brands_touched(db::Tx& tx, Bucket bucket, PersonId buyer);

struct LockOrder {
  OrderId id;
  AgentId agent;
  std::int32_t rules_version = 0;
  Instant at = 0;
};
void insert_lock_order(db::Tx& tx, const Guard& guard, const LockOrder& order);
std::vector<LockOrder> lock_orders_of(db::Tx& tx, const Guard& guard);

struct LockHand {
  std::int64_t id = 0;
  Hand hand;
  Instant at = 0;
  PersonId merged_from;
};
void insert_lock_hand(db::Tx& tx, const Guard& guard, const LockHand& hand);
std::vector<LockHand> lock_hands_of(db::Tx& tx, const Guard& guard);
// Buyers with a lock of an agent, in order of the buyer.
struct LockedBuyer {
  Bucket bucket = -1;
  PersonId buyer = {};
};
std::vector<LockedBuyer> locked_to(db::Tx& tx, AgentId agent, const LockedBuyer& after, int limit);
struct Departure {
  AgentId agent;
  BrandId brand;
  AgentId heir;  // none: locks end
  Instant at = 0;
  LockedBuyer after = {};  // how far the job has come
};
void add_departure(db::Tx& tx, const Departure& departure);
std::optional<Departure> departure(db::Tx& tx, AgentId agent);
std::vector<Departure> open_departures(db::Tx& tx, int limit);
void move_departure(db::Tx& tx, AgentId agent, const LockedBuyer& after);
void close_departure(db::Tx& tx, AgentId agent, Instant at);

void record_merge(db::Tx& tx, PersonId guest, PersonId person, Instant at);

}  // namespace lianbo::share::store
