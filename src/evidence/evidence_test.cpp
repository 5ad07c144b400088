// Evidence in a whole shop: what is written down, kept, held, purged and handed out, and what an erasure leaves.
#include "evidence/evidence_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "bus/journal.hpp"
#include "evidence/evidence_store.hpp"
#include "live/live_service.hpp"
#include "org/devices.hpp"
#include "push/push.hpp"
#include "push/push_service.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::evidence {
namespace {

using test::must;
using test::Shop;

const db::Sql kTamper{"evidence_test.tamper",
                      "update evidence_entries set record = replace(record, $2, $3) where seq = $1"};
const db::Sql kDropEntry{"evidence_test.drop", "delete from evidence_entries where seq = $1"};
const db::Sql kRecords{"evidence_test.records",
                       "select coalesce(record, '') from evidence_entries order by seq limit 10000"};

class EvidenceTest : public test::StoreTest {
 protected:
  void SetUp() override {
    shop_ = std::make_unique<Shop>(db());
    anna_ = shop().agent("Anna");
    xiao_ = shop().person("欧阳小红");
    item_ = shop().item("mask", 9900, 1000);
  }
  Shop& shop() { return *shop_; }
  order::Order bought() { return shop().bought(xiao_, anna_.store, {{item_.sku, 1, {}}}); }
  order::Order completed() {
    const auto o = shop().delivered(xiao_, anna_.store, {{item_.sku, 1, {}}});
    shop().pass(8 * kDayMs);
    return o;
  }
  std::vector<ChainReport> verify() { return must(verify_evidence(db(), {})); }
  std::int64_t wrong() {
    std::int64_t sum = 0;
    for (const auto& r : verify()) sum += r.wrong;
    return sum;
  }
  std::vector<std::string> records() {
    return must(db().read([&](db::Tx& tx) -> Result<std::vector<std::string>> {
      return tx.all(kRecords, {}, [](const db::Row& r) { return r.str(0); });
    }));
  }
  Result<Bundle> bundle(const Subject& subject, bool personal = true) {
    return db().read([&](db::Tx& tx) { return export_bundle(tx, shop().brand(), subject, 0, personal); });
  }
  static Subject about(const order::Order& o) { return {SubjectKind::order, o.id.value}; }
  std::string address_in(const order::Order& o) {
    const auto b = bundle(about(o));
    return b ? b->json : "";
  }
  Hold hold(std::string_view kind, std::int64_t id) {
    const Call call = shop().owner();
    return must(db().write([&](db::Tx& tx) { return set_hold(tx, call, shop().brand(), kind, id, "a proceeding"); }));
  }
  void release(HoldId id) {
    const Call call = shop().owner();
    must(db().write([&](db::Tx& tx) { return release_hold(tx, call, id, "it is over"); }));
  }
  Result<Requested> erase(const Call& by, PersonId person, BrandId brand = {}) {
    return db().write([&](db::Tx& tx) { return request_erasure(tx, by, person, brand, "asked by phone"); });
  }
  Erasure state(const Requested& r) {
    return must(db().read([&](db::Tx& tx) { return erasure_of_receipt(tx, r.receipt); }));
  }

  std::unique_ptr<Shop> shop_;
  org::Agent anna_;
  PersonId xiao_;
  Shop::Item item_;
};

TEST_P(EvidenceTest, WritesDownAnOrderFromPlacingToCompletionOnce) {
  const auto o = completed();
  shop().jobs();
  std::vector<std::string> kinds;
  for (const auto& text : records()) {
    const auto record = *parse_json(text);
    if (get_text(record, "subject_id") == o.id.text()) kinds.push_back(get_text(record, "kind"));
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"order.placed", "order.paid", "order.shipped", "order.received",
                                             "order.completed"}));
  EXPECT_EQ(wrong(), 0);
}

TEST_P(EvidenceTest, HoldsNoPersonalDataInReadableForm) {
  const auto o = bought();
  shop().jobs();
  for (const auto& text : records())
    for (const char* secret : {"13800138000", "王小明", "1号", "欧阳小红"})
      EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  EXPECT_NE(address_in(o).find("13800138000"), std::string::npos) << "opened beside it for who may";
}

TEST_P(EvidenceTest, ChatAndPinsOfABroadcastAreWrittenDownWithTheirMediaTime) {
  const Call host = shop().as(anna_.person);
  const auto id = must(db().write([&](db::Tx& tx) -> Result<BroadcastId> {
    TRY(const auto s, live::schedule_broadcast(tx, host, anna_.store, {"Evening", shop().now(), {item_.product}}));
    TRY_OK(live::start_broadcast(tx, host, s.broadcast.id));
    return s.broadcast.id;
  }));
  shop().pass(kMinuteMs);
  const auto say = [&](PersonId who, bool guest, const char* text) {
    must(db().write([&](db::Tx& tx) {
      live::ChatWish wish;
      wish.id = shop().system().make_id<ChatId>();
      wish.broadcast = id;
      wish.person = who;
      wish.guest = guest;
      wish.text = text;
      wish.now = shop().now();
      return live::say(tx, wish);
    }));
  };
  say(xiao_, false, "how much is it?");
  say(shop().new_guest(), true, "hello");
  must(db().write(
      [&, by = shop().as(anna_.person)](db::Tx& tx) { return live::pin_product(tx, by, id, item_.product); }));
  shop().pass(kMinuteMs);
  must(db().write([&, by = shop().as(anna_.person)](db::Tx& tx) { return live::end_broadcast(tx, by, id); }));
  shop().jobs();
  const auto b = must(bundle({SubjectKind::broadcast, id.value}));
  for (const char* what : {"chat.said", "pin.opened", "pin.closed", "broadcast.started", "broadcast.ended",
                           "how much is it?", "media_ms", "欧阳小红"})
    EXPECT_NE(b.json.find(what), std::string::npos) << what;
  EXPECT_EQ(wrong(), 0);
  EXPECT_TRUE(must(check_bundle(b.json)).differences.empty());
}

TEST_P(EvidenceTest, FindsWhatSomebodyChangedInTheRows) {
  bought();
  shop().jobs();
  ASSERT_EQ(wrong(), 0);
  ASSERT_TRUE(db().write([](db::Tx& tx) -> Status {
    tx.exec(kTamper, {2, "9900", "9901"});
    return {};
  }));
  const auto reports = verify();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].wrong, 1);
  EXPECT_NE(reports[0].differences.front().find("entry 2"), std::string::npos);
  ASSERT_TRUE(db().write([](db::Tx& tx) -> Status {
    tx.exec(kDropEntry, {1});
    return {};
  }));
  EXPECT_GT(wrong(), 1);
}

TEST_P(EvidenceTest, ABundleIsCheckedWithoutTheServerAndAnyChangeInItIsFound) {
  const auto o = completed();
  shop().jobs();
  const auto text = must(bundle(about(o), false)).json;
  const auto check = must(check_bundle(text));
  EXPECT_EQ(check.entries, 5);
  EXPECT_TRUE(check.differences.empty());
  for (const auto& [from, to] : {std::pair<std::string, std::string>{"order.completed", "order.cancelled"},
                                 {"\\\"total_fen\\\":9900", "\\\"total_fen\\\":9800"}}) {
    std::string forged = text;
    const auto at = forged.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    forged.replace(at, from.size(), to);
    EXPECT_FALSE(must(check_bundle(forged)).differences.empty()) << from;
  }
  EXPECT_FALSE(check_bundle("{}"));
}

TEST_P(EvidenceTest, SegmentsCloseAfterADayAndTheirAnchorsAreTold) {
  bought();
  shop().pass(kDayMs + kMinuteMs);
  bought();
  shop().jobs();
  const auto list =
      must(db().read([&](db::Tx& tx) -> Result<std::vector<Segment>> { return anchors(tx, shop().brand(), 0, 100); }));
  ASSERT_FALSE(list.empty());
  must(bus::keep_all_events(db()));
  int told = 0;
  must(db().read([&](db::Tx& tx) -> Status {
    for (const auto& kept : bus::events_after(tx, 0, 1000))
      told += kept.event.topic == "evidence.anchored" &&
              kept.event.payload.find(to_hex(list.front().anchor)) != std::string::npos;
    return {};
  }));
  EXPECT_EQ(told, 1);
  EXPECT_EQ(wrong(), 0);
}

TEST_P(EvidenceTest, IsKept1096DaysFromCompletionAndThenPurgedWithTheChainWhole) {
  const auto o = completed();
  const Instant completed_at = shop().order(o.id).completed_at;
  ASSERT_GT(completed_at, 0);
  shop().go_to(completed_at + 1096 * kDayMs - 1);
  EXPECT_NE(address_in(o).find("13800138000"), std::string::npos);
  shop().go_to(completed_at + 1096 * kDayMs);
  shop().jobs();
  EXPECT_EQ(address_in(o).find("13800138000"), std::string::npos);
  for (const auto& text : records()) EXPECT_EQ(text.find(o.id.text()), std::string::npos);
  EXPECT_EQ(wrong(), 0) << "purged entries leave their hash";
  EXPECT_GT(verify().front().purged, 0);
}

TEST_P(EvidenceTest, AHoldKeepsItUntilReleased) {
  const auto o = completed(), other = completed();
  const Hold h = hold("order", o.id.value);
  shop().pass(1200 * kDayMs);
  EXPECT_NE(address_in(o).find("13800138000"), std::string::npos);
  EXPECT_EQ(address_in(other).find("13800138000"), std::string::npos) << "the hold is on one order";
  release(h.id);
  shop().jobs();
  EXPECT_EQ(address_in(o).find("13800138000"), std::string::npos);
  EXPECT_EQ(wrong(), 0);
}

TEST_P(EvidenceTest, AHoldOnAPersonOrTheBrandKeepsAllOfTheirs) {
  const auto o = completed();
  const Hold person = hold("person", xiao_.value);
  shop().pass(1200 * kDayMs);
  EXPECT_NE(address_in(o).find("13800138000"), std::string::npos);
  const Hold brand = hold("brand", 0);
  release(person.id);
  shop().jobs();
  EXPECT_NE(address_in(o).find("13800138000"), std::string::npos);
  release(brand.id);
  shop().jobs();
  EXPECT_EQ(address_in(o).find("13800138000"), std::string::npos);
}

TEST_P(EvidenceTest, ErasingABuyerLeavesTheMoneyAndTheChain) {
  const auto o = completed();
  const auto asked = must(erase(shop().as(xiao_), xiao_));
  ASSERT_FALSE(asked.receipt.empty());
  EXPECT_EQ(state(asked).state, "waiting");
  shop().pass(2 * kMinuteMs);
  EXPECT_EQ(state(asked).state, "partly") << "the evidence must be kept";
  EXPECT_EQ(order::address_of(shop().order(o.id)), "{}");
  EXPECT_EQ(must(db().read([&](db::Tx& tx) -> Result<std::string> { return org::person_name(tx, xiao_); })), "");
  EXPECT_FALSE(must(db().read([&](db::Tx& tx) -> Result<bool> { return org::find_login(tx, "buyer-1").has_value(); })));
  EXPECT_EQ(shop().problems(), "") << "verify finds the money as it was";
  EXPECT_NE(address_in(o).find("13800138000"), std::string::npos) << "under the evidence key";
  const auto view = must(db().read([&](db::Tx& tx) { return erasure_view(tx, shop().system(), xiao_, {}); }));
  EXPECT_EQ(view.orders_kept, 1);
  EXPECT_EQ(view.kept_until, shop().order(o.id).completed_at + 1096 * kDayMs);
  shop().pass(1097 * kDayMs);
  EXPECT_EQ(state(asked).state, "done");
  EXPECT_EQ(wrong(), 0);
  EXPECT_EQ(shop().problems(), "");
}

TEST_P(EvidenceTest, AnErasureWaitsForOrdersThatAreUnderWay) {
  const auto o = bought();
  const auto asked = must(erase(shop().as(xiao_), xiao_));
  shop().pass(kHourMs);
  EXPECT_EQ(state(asked).state, "waiting");
  EXPECT_NE(order::address_of(shop().order(o.id)), "{}") << "it is still to be delivered";
  must(shop().ship(o.id));
  must(shop().receive(xiao_, o.id));
  shop().pass(kHourMs);
  EXPECT_EQ(state(asked).state, "partly");
}

TEST_P(EvidenceTest, StaffErasesWhatItsBrandHoldsAndOthersMayNotAsk) {
  completed();
  const PersonId yue = shop().person("Yue");
  EXPECT_EQ(erase(shop().as(yue), xiao_).error().code, Code::forbidden);
  EXPECT_EQ(erase(shop().as(anna_.person), xiao_, shop().brand()).error().code, Code::forbidden);
  EXPECT_EQ(erase(shop().owner(), yue, shop().brand()).error().code, Code::not_found) << "no buyer of the brand";
  EXPECT_EQ(erase(shop().as(anna_.person), anna_.person).error().code, Code::conflict) << "an agent leaves first";
  const auto asked = must(erase(shop().owner(), xiao_, shop().brand()));
  EXPECT_FALSE(asked.erasure.brand) << "nothing to do with any other brand: the account goes with it";
  EXPECT_EQ(must(erase(shop().owner(), xiao_, shop().brand())).receipt, "") << "asked twice is asked once";
  shop().pass(2 * kMinuteMs);
  EXPECT_EQ(state(asked).state, "partly");
}

TEST_P(EvidenceTest, OnesOwnDataIsOneFile) {
  const auto o = completed();
  const Call owner = shop().owner(), me = shop().as(xiao_);
  must(db().write([&](db::Tx& tx) { return buyer_json(tx, owner, shop().brand(), xiao_); }));
  // A point of P-256 and sixteen bytes, as a browser gives them.
  const push::Browser browser{.endpoint = "https://push.example/xiao",
                              .p256dh = to_base64url(push::point_of(push::scalar_from("xiao"))),
                              .auth = to_base64url(std::string(push::kSecretBytes, 'a')),
                              .language = "zh"};
  must(db().write([&](db::Tx& tx) -> Status {
    org::logged_in_on(tx, org::DeviceId{7}, xiao_, me.now);
    return push::subscribe(tx, me, browser);
  }));
  const auto text = must(db().read([&](db::Tx& tx) { return own_data(tx, me); }));
  const auto data = *parse_json(text);
  ASSERT_EQ(get_list(data, "browsers").size(), 1u);
  EXPECT_EQ(get_text(get_list(data, "browsers").at(0), "endpoint"), browser.endpoint);
  ASSERT_EQ(get_list(data, "devices").size(), 1u);
  EXPECT_EQ(get_text(get_list(data, "devices").at(0), "last_login_at"), format_rfc3339(me.now));
  EXPECT_EQ(get_text(get_object(data, "person"), "name"), "欧阳小红");
  ASSERT_EQ(get_list(data, "orders").size(), 1u);
  EXPECT_NE(text.find("13800138000"), std::string::npos);
  EXPECT_NE(text.find(o.id.text()), std::string::npos);
  ASSERT_EQ(get_list(data, "read_by_staff").size(), 1u) << "they are told who read of them";
  EXPECT_EQ(get_text(get_list(data, "read_by_staff").at(0), "what"), "person.read");
  EXPECT_TRUE(get_bool(data, "complete"));
}

// A fault at any statement or commit while evidence is written: each event is in the chain once.
class FailAt : public db::FaultPlan {
 public:
  explicit FailAt(int n) : left_(n) {}
  bool fail_statement(const db::Sql&) override { return --left_ == 0; }
  bool fail_commit() override { return --left_ == 0; }

 private:
  std::atomic<int> left_;
};

TEST_P(EvidenceTest, IsWrittenOnceWhateverBreaksMeanwhile) {
  must(shop().place(xiao_, anna_.store, {{item_.sku, 1, {}}}));
  must(bus::keep_all_events(db()));
  for (int n = 1;; ++n) {
    FailAt faults(n);
    db().set_faults(&faults);
    const auto did = record_evidence(db(), shop().system());
    db().set_faults(nullptr);
    if (did) break;
    ASSERT_LT(n, 200);
    EXPECT_TRUE(records().empty());
  }
  EXPECT_EQ(must(record_evidence(db(), shop().system())), 0);
  int placed = 0;
  for (const auto& text : records()) placed += get_text(*parse_json(text), "kind") == "order.placed";
  EXPECT_EQ(placed, 1);
  EXPECT_EQ(wrong(), 0);
}

ON_BOTH_ENGINES(EvidenceTest);

}  // namespace
}  // namespace lianbo::evidence
