// All SQL of web push. Every function joins the caller's transaction.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "db/db.hpp"

namespace lianbo::push::store {

using SubscriptionId = Id<struct PushSubscriptionTag>;
using DeliveryId = Id<struct PushDeliveryTag>;

struct Subscription {
  SubscriptionId id;
  PersonId person;
  std::string digest, sealed, language;
  Instant created_at = 0;
};
void put(db::Tx& tx, Bucket bucket, const Subscription& s);                       // takes it over from whoever had it
std::vector<Subscription> of_person(db::Tx& tx, Bucket bucket, PersonId person);  // the newest first
bool has_any(db::Tx& tx, Bucket bucket, PersonId person);
void remove(db::Tx& tx, Bucket bucket, PersonId person, SubscriptionId id);
void forget(db::Tx& tx, Bucket bucket, PersonId person);

struct Round {
  BroadcastId broadcast;
  BrandId brand;
  Instant started_at = 0;
  PersonId after;
};
void begin_round(db::Tx& tx, const Round& round);
std::vector<Round> rounds(db::Tx& tx, int limit);
void move_round(db::Tx& tx, BroadcastId broadcast, PersonId after);
void end_round(db::Tx& tx, BroadcastId broadcast);

struct Delivery {
  DeliveryId id;
  PersonId person;
  BroadcastId broadcast;
  Instant due_at = 0;
  int tries = 0;
  Instant expires_at = 0;
};
void insert(db::Tx& tx, Bucket bucket, const Delivery& d);
std::vector<Delivery> due(db::Tx& tx, Instant now, int limit);
// Taken to be sent: nobody else sends it before `until`. False: it is gone, or somebody else's.
bool take(db::Tx& tx, const Delivery& d, Instant until);
void put_off(db::Tx& tx, const Delivery& d, Instant until);
bool done(db::Tx& tx, DeliveryId id);  // false: it was gone

}  // namespace lianbo::push::store
