#include "push/push_store.hpp"

namespace lianbo::push::store {
namespace {

using db::Row;
using db::Sql;

const Sql kTakeOver{"push.take_over", "delete from push_subscriptions where digest = $1"};
const Sql kPut{"push.put",
               "insert into push_subscriptions (bucket, person_id, id, digest, sealed, language, created_at) values "
               "($1, $2, $3, $4, $5, $6, $7)"};
const Sql kOfPerson{"push.of_person",
                    "select id, person_id, digest, sealed, language, created_at from push_subscriptions where bucket = "
                    "$1 and person_id = $2 order by id desc limit 50"};
const Sql kHasAny{"push.has_any", "select 1 from push_subscriptions where bucket = $1 and person_id = $2 limit 1"};
const Sql kRemove{"push.remove", "delete from push_subscriptions where bucket = $1 and person_id = $2 and id = $3"};
const Sql kForget{"push.forget", "delete from push_subscriptions where bucket = $1 and person_id = $2"};

const Sql kBeginRound{"push.begin_round",
                      "insert into push_rounds (broadcast_id, brand_id, started_at, after_person_id) values ($1, $2, "
                      "$3, 0) on conflict do nothing"};
const Sql kRounds{"push.rounds",
                  "select broadcast_id, brand_id, started_at, after_person_id from push_rounds order by broadcast_id "
                  "limit $1"};
const Sql kMoveRound{"push.move_round", "update push_rounds set after_person_id = $2 where broadcast_id = $1"};
const Sql kEndRound{"push.end_round", "delete from push_rounds where broadcast_id = $1"};

const Sql kInsert{"push.insert",
                  "insert into push_deliveries (id, bucket, person_id, broadcast_id, due_at, tries, expires_at) values "
                  "($1, $2, $3, $4, $5, 0, $6)"};
const Sql kDue{"push.due",
               "select id, person_id, broadcast_id, due_at, tries, expires_at from push_deliveries where due_at <= $1 "
               "order by due_at, id limit $2"};
const Sql kTake{"push.take", "update push_deliveries set due_at = $3, tries = tries + 1 where id = $1 and due_at = $2"};
const Sql kPutOff{"push.put_off", "update push_deliveries set due_at = $3 where id = $1 and due_at = $2"};
const Sql kDone{"push.done", "delete from push_deliveries where id = $1"};

}  // namespace

void put(db::Tx& tx, Bucket bucket, const Subscription& s) {
  tx.exec(kTakeOver, {s.digest});
  tx.exec(kPut, {bucket, s.person, s.id, s.digest, db::Param::blob(s.sealed), s.language, s.created_at});
}
std::vector<Subscription> of_person(db::Tx& tx, Bucket bucket, PersonId person) {
  return tx.all(kOfPerson, {bucket, person}, [](const Row& r) {
    return Subscription{r.id<SubscriptionId>(0), r.id<PersonId>(1), r.str(2), r.str(3), r.str(4), r.integer(5)};
  });
}
bool has_any(db::Tx& tx, Bucket bucket, PersonId person) { return tx.exists(kHasAny, {bucket, person}); }
void remove(db::Tx& tx, Bucket bucket, PersonId person, SubscriptionId id) { tx.exec(kRemove, {bucket, person, id}); }
void forget(db::Tx& tx, Bucket bucket, PersonId person) { tx.exec(kForget, {bucket, person}); }

void begin_round(db::Tx& tx, const Round& r) { tx.exec(kBeginRound, {r.broadcast, r.brand, r.started_at}); }
std::vector<Round> rounds(db::Tx& tx, int limit) {
  return tx.all(kRounds, {limit}, [](const Row& r) {
    return Round{r.id<BroadcastId>(0), r.id<BrandId>(1), r.integer(2), r.id<PersonId>(3)};
  });
}
void move_round(db::Tx& tx, BroadcastId broadcast, PersonId after) { tx.exec(kMoveRound, {broadcast, after}); }
void end_round(db::Tx& tx, BroadcastId broadcast) { tx.exec(kEndRound, {broadcast}); }

void insert(db::Tx& tx, Bucket bucket, const Delivery& d) {
  tx.exec(kInsert, {d.id, bucket, d.person, d.broadcast, d.due_at, d.expires_at});
}
std::vector<Delivery> due(db::Tx& tx, Instant now, int limit) {
  return tx.all(kDue, {now, limit}, [](const Row& r) {
    return Delivery{
        r.id<DeliveryId>(0), r.id<PersonId>(1), r.id<BroadcastId>(2), r.integer(3), static_cast<int>(r.integer(4)),
        r.integer(5)};
  });
}
bool take(db::Tx& tx, const Delivery& d, Instant until) { return tx.exec(kTake, {d.id, d.due_at, until}) == 1; }
void put_off(db::Tx& tx, const Delivery& d, Instant until) { tx.exec(kPutOff, {d.id, d.due_at, until}); }
bool done(db::Tx& tx, DeliveryId id) { return tx.exec(kDone, {id}) == 1; }

}  // namespace lianbo::push::store
