// Writing down, closing, purging: what the jobs of evidence do.
#include <algorithm>
#include <boost/json/serialize.hpp>
#include <map>
#include <set>

#include "base/check.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "bus/journal.hpp"
#include "db/together.hpp"
#include "evidence/evidence_store.hpp"
#include "evidence/sealed.hpp"
#include "live/evidence_rows.hpp"
#include "live/live_service.hpp"
#include "order/order_service.hpp"
#include "org/org_service.hpp"
#include "privacy/vault.hpp"

namespace lianbo::evidence {
namespace {

constexpr std::string_view kCursor = "evidence", kTurn = "evidence_turn";
constexpr int kEventsAtOnce = 200, kChatAtOnce = 300, kPurgeAtOnce = 100, kBrandsAtOnce = 200;

Instant due(const Call& call, Instant ended_at) {
  return ended_at == 0 ? 0 : ended_at + call.settings->evidence_days * kDayMs;
}

// Topics that are evidence, by what they are about. What belongs to neither an order nor a broadcast belongs to its
// day.
std::optional<SubjectKind> evidence_kind(std::string_view topic) {
  for (const std::string_view prefix : {"order.", "after_sale.", "parcel."})
    if (topic.starts_with(prefix)) return SubjectKind::order;
  for (const std::string_view prefix :
       {"broadcast.", "pin.", "shelf.", "room.", "recording.", "flash.", "coupon.", "luckybag."})
    if (topic.starts_with(prefix)) return SubjectKind::broadcast;
  for (const std::string_view prefix : {"price.", "product.", "campaign."})
    if (topic.starts_with(prefix)) return SubjectKind::day;
  return std::nullopt;
}

// What somebody wrote, or is called, is sealed; the rest of an event stands open.
struct Halves {
  std::string open, sealed;  // JSON objects; sealed "": nothing of that kind
};
Halves halves_of(const std::string& payload) {
  static const std::set<std::string_view> personal = {"who", "name", "reason", "answer", "note", "text"};
  const auto parsed = parse_json(payload);
  if (!parsed || !parsed->is_object()) return {payload, {}};
  json::object open, sealed;
  for (const auto& member : parsed->get_object())
    (personal.contains(member.key()) ? sealed : open)[member.key()] = member.value();
  return {json::serialize(open), sealed.empty() ? std::string() : json::serialize(sealed)};
}

// What of an order never changes.
void write_order(JsonWriter& w, const order::Order& o) {
  w.begin().field("id", o.id).field("store_id", o.store).field("buyer_id", o.buyer).field("broadcast_id", o.broadcast);
  w.field("pin_id", o.pin).field("share_id", o.share).field("currency", o.currency).field("goods_fen", o.goods_fen);
  w.field("discount_fen", o.discount_fen).field("shipping_fen", o.shipping_fen).field("total_fen", o.total_fen);
  for (const order::Role role : order::kRoles)
    w.field(std::string(order::role_name(role)) + "_agent_id", o.roles.of(role));
  w.field("lock_agent_id", o.lock_agent).field("lock_rules_version", o.lock_rules_version);
  w.field_at("placed_at", o.placed_at).key("lines").begin_list();
  for (const auto& l : o.lines) {
    w.begin().field("line", l.line).field("sku_id", l.sku).field("product_id", l.product).field("title", l.title);
    w.field("sku_title", l.sku_title).field("qty", l.qty).field("price_fen", l.price_fen);
    w.field("goods_fen", l.goods_fen).field("paid_fen", l.paid_fen).field("no_return", l.no_return);
    w.field("plan_id", l.rates.plan).field("plan_version", l.rates.version).field("host_bp", l.rates.host_bp);
    w.field("promoter_bp", l.rates.promoter_bp).field("recruiter_bp", l.rates.recruiter_bp);
    w.field("clipper_bp", l.rates.clipper_bp).end();
  }
  w.end_list().end();
}

// One look at what is new: read in one snapshot, written in one transaction if nobody was quicker.
struct Batch {
  std::int64_t cursor = 0, turn = 0, next_cursor = 0;
  std::vector<Draft> drafts;
  std::vector<live::UnrecordedChat> chat;
  std::vector<privacy::PersonKey> fresh_keys;
  struct About {
    Instant ended_at = 0;
    PersonId person;
  };
  std::map<std::pair<BrandId, Subject>, About> subjects;
  bool more = false;
};

class Reader {
 public:
  Reader(db::Tx& tx, const Call& call) : tx_(tx), call_(call) {}

  Batch read() {
    Batch& b = batch_;
    b.cursor = b.next_cursor = bus::event_head(tx_, kCursor);
    b.turn = bus::event_head(tx_, kTurn);
    const auto events = bus::events_after(tx_, b.cursor, kEventsAtOnce);
    b.chat = live::unrecorded_chat(tx_, kChatAtOnce);
    look_up(events, b.chat);
    for (const auto& kept : events) {
      b.next_cursor = kept.seq;
      if (kept.event.brand) take(kept.event);
    }
    for (const auto& line : b.chat) take(line);
    b.more = static_cast<int>(events.size()) == kEventsAtOnce || static_cast<int>(b.chat.size()) == kChatAtOnce;
    std::stable_sort(b.drafts.begin(), b.drafts.end(), [](const Draft& x, const Draft& y) { return x.at < y.at; });
    return std::move(b);
  }

 private:
  // What nearly each of them asks for, side by side: a journey for all on PostgreSQL.
  void look_up(const std::vector<bus::KeptEvent>& events, const std::vector<live::UnrecordedChat>& chat) {
    std::vector<OrderId> orders;
    std::vector<std::pair<PersonId, BrandId>> people;
    std::vector<PersonId> names;
    for (const auto& kept : events)
      if (kept.event.brand && evidence_kind(kept.event.topic) == SubjectKind::order)
        if (const auto id = order_in(kept.event); id && orders_.try_emplace(id).second) orders.push_back(id);
    db::for_each_part(tx_, orders.size(), [&](db::Tx& part, std::size_t i) {
      if (auto found = order::visible_order(part, call_, orders[i])) orders_[orders[i]] = *std::move(found);
    });
    for (const auto& kept : events)
      if (kept.event.topic == "order.placed")
        if (const auto o = order_of(order_in(kept.event))) people.emplace_back(o->buyer, kept.event.brand);
    for (const auto& line : chat)
      if (line.guest_name.empty()) {
        people.emplace_back(line.person, line.brand);
        if (names_.try_emplace(line.person).second) names.push_back(line.person);
      }
    std::sort(people.begin(), people.end());
    people.erase(std::unique(people.begin(), people.end()), people.end());
    db::for_each_part(tx_, people.size(), [&](db::Tx& part, std::size_t i) {
      found_keys_[people[i]] = privacy::find_key(part, people[i].first, people[i].second, privacy::Use::evidence);
    });
    db::for_each_part(tx_, names.size(),
                      [&](db::Tx& part, std::size_t i) { names_[names[i]] = org::person_name(part, names[i]); });
  }
  static OrderId order_in(const db::Event& e) {
    const auto payload = parse_json(e.payload);
    return payload ? get_id<OrderId>(*payload, "order_id") : OrderId{};
  }

  void take(const db::Event& e) {
    const auto kind = evidence_kind(e.topic);
    if (!kind) return;
    Draft d{e.brand, e.topic, day_of(e.at), {}, e.at, {}, {}};
    const Halves halves = halves_of(e.payload);
    JsonWriter body;
    body.begin().field("event_id", e.id).key("event").raw(halves.open);
    Instant ended_at = 0;
    if (*kind == SubjectKind::order) {
      const OrderId id = order_in(e);
      if (const auto o = id ? order_of(id) : nullptr) {
        d.subject = {SubjectKind::order, id.value};
        d.person = o->buyer;
        ended_at = std::max(o->completed_at, o->cancelled_at);
        if (e.topic == "order.placed") {
          body.key("order");
          write_order(body, *o);
          d.personal = seal(d, "{\"address\":" + order::address_of(*o) + "}");
        } else if (!halves.sealed.empty()) {
          d.personal = seal(d, halves.sealed);
        }
      }
    } else if (*kind == SubjectKind::broadcast) {
      d.subject = {SubjectKind::broadcast, e.key};
      ended_at = ended(BroadcastId{e.key});
    }
    if (d.subject.kind == SubjectKind::day) ended_at = (d.subject.id + 1) * kDayMs;
    d.body = body.end().take();
    keep(std::move(d), ended_at);
  }

  void take(const live::UnrecordedChat& line) {
    Draft d{line.brand, "chat.said", {SubjectKind::broadcast, line.broadcast.value}, {}, line.at, {}, {}};
    JsonWriter body;
    body.begin().field("chat_id", line.id).field("person_id", line.person).field("text", line.text);
    body.field("media_ms", line.media_ms);
    if (line.guest_name.empty()) {
      d.person = line.person;
      JsonWriter personal;
      personal.begin().field("name", name_of(line.person)).end();
      d.personal = seal(d, personal.text());
    } else {
      body.field("guest_name", line.guest_name);
    }
    d.body = body.end().take();
    keep(std::move(d), ended(line.broadcast));
  }

  void keep(Draft draft, Instant ended_at) {
    auto& about = batch_.subjects[{draft.brand, draft.subject}];
    about.ended_at = std::max(about.ended_at, ended_at);
    if (draft.person) batch_people_.insert({draft.person, draft.brand, draft.subject});
    batch_.drafts.push_back(std::move(draft));
  }

  std::string seal(const Draft& d, std::string_view json_text) {
    const auto& key = key_of(d.person, d.brand);
    return to_base64(privacy::seal(key, sealed_purpose(d.brand, d.subject), json_text, *call_.random).text);
  }
  const privacy::PersonKey& key_of(PersonId person, BrandId brand) {
    const auto [it, fresh] = keys_.try_emplace({person, brand});
    if (fresh) {
      const auto looked_up = found_keys_.find({person, brand});
      if (auto key = looked_up != found_keys_.end() ? looked_up->second
                                                    : privacy::find_key(tx_, person, brand, privacy::Use::evidence)) {
        it->second = *std::move(key);
      } else {
        it->second = privacy::new_key(person, brand, privacy::Use::evidence, *call_.random);
        batch_.fresh_keys.push_back(it->second);
      }
    }
    return it->second;
  }
  const order::Order* order_of(OrderId id) {
    const auto [it, fresh] = orders_.try_emplace(id);
    if (fresh)
      if (auto found = order::visible_order(tx_, call_, id)) it->second = *std::move(found);
    return it->second ? &*it->second : nullptr;
  }
  Instant ended(BroadcastId id) {
    const auto [it, fresh] = ended_.try_emplace(id);
    if (fresh) it->second = live::ended_at(tx_, id);
    return it->second;
  }
  const std::string& name_of(PersonId person) {
    const auto [it, fresh] = names_.try_emplace(person);
    if (fresh) it->second = org::person_name(tx_, person);
    return it->second;
  }

  db::Tx& tx_;
  const Call& call_;
  Batch batch_;
  std::map<std::pair<PersonId, BrandId>, privacy::PersonKey> keys_;
  std::map<std::pair<PersonId, BrandId>, std::optional<privacy::PersonKey>> found_keys_;
  std::map<OrderId, std::optional<order::Order>> orders_;
  std::map<BroadcastId, Instant> ended_;
  std::map<PersonId, std::string> names_;

 public:
  std::set<std::tuple<PersonId, BrandId, Subject>> batch_people_;
};

// The open segment becomes a row of its own, and a new one begins behind it. Who listens to events can keep its anchor
// elsewhere.
void close_segment(db::Tx& tx, const Call& call, store::Head& head) {
  Segment s{head.brand, head.segment, head.first_seq, head.seq, head.prev_hash, head.hash, call.now, {}, {}, 0};
  s.anchor = anchor_of(s, head.anchor);
  s.signature = sign_bytes(privacy::derived_key("evidence"), s.anchor);
  store::add_segment(tx, s);
  head.segment += 1;
  head.first_seq = head.seq + 1;
  head.prev_hash = head.hash;
  head.opened_at = call.now;
  head.anchor = s.anchor;
  store::drop_segment_if_purged(tx, s.brand, s.segment, call.now);
  JsonWriter told;
  told.begin().field("segment", s.segment).field("first_seq", s.first_seq).field("last_seq", s.last_seq);
  told.field("last_hash", to_hex(s.last_hash)).field("anchor", to_hex(s.anchor)).end();
  tx.emit({call.make_id<EventId>(), 0, s.brand, "evidence.anchored", s.brand.value, told.take(), call.now, true});
}

using People = std::set<std::tuple<PersonId, BrandId, Subject>>;

// Keys that were made, what the entries are about and whom they name.
void write_about(db::Tx& tx, const Call& call, const Batch& batch, const People& people) {
  const auto& keys = batch.fresh_keys;
  db::for_each_part(tx, keys.size(), [&](db::Tx& part, std::size_t i) { privacy::keep_key(part, keys[i], call.now); });
  const std::vector<std::pair<std::pair<BrandId, Subject>, Batch::About>> subjects(batch.subjects.begin(),
                                                                                   batch.subjects.end());
  db::for_each_part(tx, subjects.size(), [&](db::Tx& part, std::size_t i) {
    const auto& [about, b] = subjects[i];
    store::put_subject(part, about.first, about.second, b.ended_at, due(call, b.ended_at));
  });
  const std::vector<People::value_type> named(people.begin(), people.end());
  db::for_each_part(tx, named.size(), [&](db::Tx& part, std::size_t i) {
    const auto& [person, brand, subject] = named[i];
    store::put_person(part, person, brand, subject);
  });
}

}  // namespace

Result<int> record_evidence(db::Database& db, const Call& call) {
  Batch batch;
  std::set<std::tuple<PersonId, BrandId, Subject>> people;
  TRY_OK(db.read([&](db::Tx& tx) -> Status {
    Reader reader(tx, call);
    batch = reader.read();
    people = std::move(reader.batch_people_);
    return {};
  }));
  if (batch.next_cursor == batch.cursor && batch.chat.empty()) return 0;
  return db.write([&](db::Tx& tx) -> Result<int> {
    const std::int64_t turn = bus::lock_event_head(tx, kTurn);
    if (turn != batch.turn) return 1;  // another server was quicker; look again
    bus::set_event_head(tx, kTurn, turn + 1);
    bus::set_event_head(tx, kCursor, batch.next_cursor);
    live::chat_recorded(tx, batch.chat);
    write_about(tx, call, batch, people);
    std::map<BrandId, std::vector<const Draft*>> by_brand;
    for (const auto& d : batch.drafts) by_brand[d.brand].push_back(&d);
    for (const auto& [brand, drafts] : by_brand) {
      store::Head head = store::lock_head(tx, brand, call.now);
      std::vector<Entry> entries;
      const auto write_entries = [&] {
        db::for_each_part(tx, entries.size(), [&](db::Tx& part, std::size_t i) { store::add_entry(part, entries[i]); });
        entries.clear();
      };
      for (const Draft* d : drafts) {
        entries.push_back(make_entry(*d, head.seq + 1, head.segment, head.hash, random_bytes(*call.random, 16)));
        head.seq = entries.back().seq;
        head.hash = entries.back().hash;
        if (head.seq - head.first_seq + 1 < kSegmentEntries) continue;
        write_entries();
        close_segment(tx, call, head);
      }
      write_entries();
      store::save_head(tx, head);
    }
    return static_cast<int>(batch.drafts.size()) + (batch.more ? 1 : 0);
  });
}

Result<int> close_segments(db::Database& db, const Call& call) {
  TRY(const auto brands, db.read([&](db::Tx& tx) -> Result<std::vector<BrandId>> {
    return store::to_close(tx, call.now - kSegmentMs, kBrandsAtOnce);
  }));
  for (const BrandId brand : brands)
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      store::Head head = store::lock_head(tx, brand, call.now);
      if (head.seq < head.first_seq || call.now - head.opened_at < kSegmentMs) return {};
      close_segment(tx, call, head);
      store::save_head(tx, head);
      return {};
    }));
  return static_cast<int>(brands.size());
}

Result<int> purge_evidence(db::Database& db, const Call& call) {
  TRY(const auto due, db.read([&](db::Tx& tx) -> Result<std::vector<store::Due>> {
    return store::due_subjects(tx, call.now, kPurgeAtOnce);
  }));
  std::map<BrandId, std::int64_t> purged;
  for (const auto& d : due)
    TRY_OK(db.write([&](db::Tx& tx) -> Status {
      store::lock_head(tx, d.brand, call.now);  // a hold that is being set takes it too
      if (store::is_held(tx, d.brand, d.subject)) return {};
      std::vector<std::int64_t> segments = store::purge(tx, d);
      std::sort(segments.begin(), segments.end());
      segments.erase(std::unique(segments.begin(), segments.end()), segments.end());
      for (const std::int64_t segment : segments) store::drop_segment_if_purged(tx, d.brand, segment, call.now);
      ++purged[d.brand];
      return {};
    }));
  for (const auto& [brand, subjects] : purged)
    TRY_OK(db.write([&, brand = brand, subjects = subjects](db::Tx& tx) -> Status {
      org::audit(tx, call, brand, "evidence.purge", "brand", brand.value,
                 JsonWriter().begin().field("subjects", subjects).end().take());
      return {};
    }));
  return static_cast<int>(due.size());
}

Result<std::int64_t> evidence_cursor(db::Database& db) {
  return db.read([](db::Tx& tx) -> Result<std::int64_t> { return bus::event_head(tx, kCursor); });
}

}  // namespace lianbo::evidence
