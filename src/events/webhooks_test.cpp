// Webhooks: the form of Standard Webhooks, when they are tried again, and what a receiver gets whatever it answers.
#include "events/webhooks.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"
#include "bus/journal.hpp"
#include "events/event_types.hpp"
#include "events/events_store.hpp"
#include "events/webhook_service.hpp"
#include "org/org_service.hpp"
#include "support/database.hpp"

namespace lianbo::events {
namespace {

constexpr Instant kNow = 1'800'000'000'000;

// ---- rules

TEST(Signature, IsTheOneThatStandardWebhooksGivesForItsExample) {
  Secret secret;
  ASSERT_TRUE(from_base64("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", secret.key));
  EXPECT_EQ(signatures({secret}, kNow, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(secret_text(secret), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
}

TEST(Signature, IsMadeWithEverySecretThatIsActive) {
  SecureRandom random;
  Secret old = make_secret(SecretKind::hmac, random, kNow), fresh = make_secret(SecretKind::hmac, random, kNow);
  old.expires_at = kNow + 10;
  const auto both = signatures({fresh, old}, kNow + 9, "id", 1, "body");
  EXPECT_EQ(std::count(both.begin(), both.end(), ' '), 1);
  EXPECT_TRUE(both.starts_with(signatures({fresh}, kNow, "id", 1, "body") + " v1,"));
  EXPECT_EQ(signatures({fresh, old}, kNow + 10, "id", 1, "body"), signatures({fresh}, kNow, "id", 1, "body"))
      << "a secret ends at the instant it says";
}

TEST(Signature, OfAKeyPairIsCheckedWithThePublicKeyAlone) {
  SecureRandom random;
  const Secret secret = make_secret(SecretKind::ed25519, random, kNow);
  const std::string text = secret_text(secret), made = signatures({secret}, kNow, "id", 7, "body");
  ASSERT_TRUE(text.starts_with("whpk_")) << "the private half is never told";
  ASSERT_TRUE(made.starts_with("v1a,"));
  std::string key, signature;
  ASSERT_TRUE(from_base64(text.substr(5), key));
  ASSERT_TRUE(from_base64(made.substr(4), signature));
  EXPECT_TRUE(verify_bytes(key, "id.7.body", signature));
  EXPECT_FALSE(verify_bytes(key, "id.8.body", signature));
}

TEST(Signature, SecretsComeBackAsTheyWere) {
  SecureRandom random;
  std::vector<Secret> secrets = {make_secret(SecretKind::hmac, random, 5), make_secret(SecretKind::ed25519, random, 6)};
  secrets[0].expires_at = 77;
  const auto again = parse_secrets(secrets_json(secrets));
  ASSERT_EQ(again.size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(again[i].kind, secrets[i].kind);
    EXPECT_EQ(again[i].key, secrets[i].key);
    EXPECT_EQ(again[i].created_at, secrets[i].created_at);
    EXPECT_EQ(again[i].expires_at, secrets[i].expires_at);
  }
}

TEST(WebhookUrl, IsHttpsAndNamesAHost) {
  struct Row {
    const char* url;
    const char* origin;  // "": refused
    const char* target;
  };
  for (const Row& row : {Row{"https://shop.example/hook?x=1", "https://shop.example", "/hook?x=1"},
                         {"https://shop.example", "https://shop.example", "/"},
                         {"https://shop.example?x", "https://shop.example", "/?x"},
                         {"https://shop.example:8443/a", "https://shop.example:8443", "/a"},
                         {"https://[2606:4700::1111]/a", "https://[2606:4700::1111]", "/a"},
                         {"http://shop.example/", "", ""},
                         {"ftp://shop.example/", "", ""},
                         {"https://", "", ""},
                         {"https:///hook", "", ""},
                         {"https://user:pw@shop.example/", "", ""},
                         {"https://shop.example/#part", "", ""},
                         {"https://shop.example/a b", "", ""},
                         {"https://shop.example/\r\nX: y", "", ""},
                         {"https://店.example/", "", ""},
                         {"https://shop.example:99999/", "", ""},
                         {"https://shop.example:/", "", ""},
                         {"https://:443/", "", ""},
                         {"https://shop.example:80a/", "", ""}}) {
    const auto parsed = parse_webhook_url(row.url, false);
    ASSERT_EQ(parsed.has_value(), *row.origin != '\0') << row.url;
    if (!parsed) continue;
    EXPECT_EQ(parsed->origin, row.origin);
    EXPECT_EQ(parsed->target, row.target);
  }
  EXPECT_TRUE(parse_webhook_url("http://127.0.0.1:9/", true)) << "where private addresses are allowed";
  EXPECT_FALSE(parse_webhook_url("https://a.example/" + std::string(1000, 'a'), false));
}

TEST(TryingAgain, WaitsTwiceAsLongEachTimeUpToSixHours) {
  struct Row {
    int tries;
    DurationMs least, most;
  };
  for (const Row& row : {Row{1, 2500, 5000},
                         {2, 5000, 10'000},
                         {3, 10'000, 20'000},
                         {10, 1280'000, 2560'000},
                         {13, 10'240'000, 20'480'000},
                         {14, 3 * kHourMs, 6 * kHourMs},
                         {50, 3 * kHourMs, 6 * kHourMs}}) {
    EXPECT_EQ(wait_after(row.tries, 0, 0), row.least) << row.tries;
    EXPECT_EQ(wait_after(row.tries, 1, 0), row.most) << row.tries;
  }
  EXPECT_EQ(wait_after(1, 0, kMinuteMs), kMinuteMs) << "the receiver named a time";
  EXPECT_EQ(wait_after(1, 0, 7 * kDayMs), kDayMs) << "but not for a week";
  EXPECT_EQ(retry_after_ms("120"), 120'000);
  for (const char* other : {"", "-1", "1.5", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999"})
    EXPECT_EQ(retry_after_ms(other), 0) << other;
}

TEST(TryingAgain, NeverWaitsLongerForLessAndAlwaysWithinItsBounds) {
  rc::check([](std::uint8_t tries, std::uint16_t a, std::uint16_t b) {
    const int n = 1 + tries % 60;
    const double low = std::min(a, b) / 65535.0, high = std::max(a, b) / 65535.0;
    RC_ASSERT(wait_after(n, low, 0) <= wait_after(n, high, 0));
    RC_ASSERT(wait_after(n, high, 0) <= wait_after(n + 1, high, 0));
    RC_ASSERT(wait_after(n, low, 0) >= 2500);
    RC_ASSERT(wait_after(n, high, 0) <= 6 * kHourMs);
  });
}

TEST(TryingAgain, TheStatusDecides) {
  for (const int taken : {200, 201, 204, 299}) EXPECT_EQ(outcome_of(taken), Outcome::delivered) << taken;
  for (const int again : {100, 199, 300, 301, 302, 307, 400, 401, 404, 409, 422, 429, 500, 503})
    EXPECT_EQ(outcome_of(again), Outcome::again) << again;
  EXPECT_EQ(outcome_of(410), Outcome::gone);
}

// ---- the catalogue

TEST(Catalogue, IsSortedAndSaysEverythingOnce) {
  const auto& all = event_types();
  for (std::size_t i = 1; i < all.size(); ++i) EXPECT_LT(all[i - 1].type, all[i].type);
  for (const auto& type : all) {
    EXPECT_EQ(find_event_type(type.type), &type);
    EXPECT_FALSE(is_internal_topic(type.type)) << type.type;
    EXPECT_FALSE(type.says.empty());
  }
  EXPECT_EQ(find_event_type("order.pai"), nullptr);
  EXPECT_EQ(find_event_type("zzz"), nullptr);
}

TEST(Catalogue, TellsOnlyWhatItLists) {
  bus::KeptEvent kept;
  kept.seq = 5;
  kept.event = {EventId{9}, 0, BrandId{7}, "order.paid", 3, "", kNow, true};
  const std::string order = id_text(77);
  kept.event.payload = R"({"order_id":")" + order + R"(","store_id":")" + id_text(8) +
                       R"(","broadcast_id":null,"who":"王**",)" + R"("product_id":")" + id_text(6) +
                       R"(","qty":2,"total_fen":900,"phone":"13800138000"})";
  const auto* type = find_event_type("order.paid");
  ASSERT_NE(type, nullptr);
  const auto told = *parse_json(event_json(*type, kept));
  ASSERT_TRUE(check_shape(told, event_shape()));
  EXPECT_EQ(get_text(told, "subject_id"), order) << "the order, though the event is kept by its broadcast";
  EXPECT_EQ(get_text(told, "cursor"), id_text(5));
  const auto& data = get_object(told, "data");
  EXPECT_EQ(get_int(data, "total_fen"), 900);
  EXPECT_FALSE(has(data, "who"));
  EXPECT_FALSE(has(data, "phone"));
  EXPECT_EQ(mismatch(kept.event), "");
  kept.event.payload = R"({"order_id":")" + order + "\"}";
  EXPECT_NE(mismatch(kept.event), "") << "a field that is listed is missing";
  kept.event.topic = "order.sung";
  EXPECT_NE(mismatch(kept.event), "") << "a topic that nobody listed";
}

// ---- telling and calling

class WebhookTest : public test::StoreTest {
 protected:
  void SetUp() override {
    settings_.webhook_threads = 3;
    brand_ = *db().write([&](db::Tx& tx) {
      org::NewBrand wish;
      wish.name = "B";
      wish.owner_login = wish.owner_name = "owner";
      return org::create_brand(tx, system(), wish);
    });
  }
  Call system() {
    Call call;
    call.caller.system = true;
    call.caller.guest = false;
    call.now = clock_.now();
    call.ids = &ids_;
    call.random = &random_;
    call.settings = &settings_;
    return call;
  }
  MadeWebhook make(std::vector<std::string> types = {}) {
    WebhookWish wish;
    wish.url = "https://receiver.example/" + std::to_string(++made_);
    wish.types = std::move(types);
    return *db().write([&](db::Tx& tx) { return create_webhook(tx, system(), brand_, wish, SecretKind::hmac); });
  }
  // Something happens to an order, for the n-th time.
  EventId happen(std::int64_t order, int n, const char* topic = "order.placed") {
    const auto id = ids_.make<EventId>(clock_.now(), 0);
    JsonWriter w;
    w.begin().field("order_id", OrderId{order}).field("store_id", StoreId{1}).field("state", "placed");
    w.field("total_fen", n).field("buyer_id", PersonId{5}).end();
    EXPECT_TRUE(db().write([&](db::Tx& tx) -> Status {
      tx.emit({id, 0, brand_, topic, order, w.text(), clock_.now(), true});
      return {};
    }));
    EXPECT_TRUE(bus::keep_all_events(db()));
    return id;
  }
  struct Got {
    std::string target, id, signature, body;
    std::int64_t timestamp = 0;
    std::int64_t n() const { return get_int(get_object(*parse_json(body), "data"), "total_fen"); }
    std::string subject() const { return get_text(*parse_json(body), "subject_id"); }
  };
  // Answers the next status in the queue, else 200. 0: nobody answers.
  HookCaller receiver() {
    return [this](const WebhookUrl& url, const std::vector<std::pair<std::string, std::string>>& headers,
                  const std::string& body) -> Result<HookAnswer> {
      const std::scoped_lock lock(mutex_);
      Got got;
      got.target = url.target;
      got.body = body;
      for (const auto& [name, value] : headers) {
        if (name == "webhook-id") got.id = value;
        if (name == "webhook-signature") got.signature = value;
        if (name == "webhook-timestamp") got.timestamp = std::stoll(value);
      }
      got_.push_back(got);
      int status = 200;
      if (refuses_.contains(got.subject())) status = 500;
      if (!answers_.empty()) {
        status = answers_.front();
        answers_.pop_front();
      }
      if (status == 0) return fail(Code::io_failed, "nobody answers");
      return HookAnswer{status, ""};
    };
  }
  void run() {
    for (int did = 1; did > 0;) {
      const auto told = tell_webhooks(db(), system());
      const auto called = call_webhooks(db(), system(), clock_, receiver());
      ASSERT_TRUE(told && called);
      did = *told + *called;
    }
  }
  std::vector<Got> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(got_, {});
  }
  std::vector<std::int64_t> numbers() {
    std::vector<std::int64_t> out;
    for (const auto& got : take()) out.push_back(got.n());
    return out;
  }
  std::vector<store::Delivery> deliveries(WebhookId id, std::string_view state = "") {
    return *db().read(
        [&](db::Tx& tx) -> Result<std::vector<store::Delivery>> { return store::deliveries(tx, id, state, 0, 1000); });
  }
  Webhook webhook(WebhookId id) {
    return *db().read([&](db::Tx& tx) { return find_webhook(tx, system(), id); });
  }
  using Numbers = std::vector<std::int64_t>;

  Settings settings_;
  SimulatedClock clock_{kNow};
  IdMaker ids_;
  SecureRandom random_;
  BrandId brand_;
  int made_ = 0;
  std::mutex mutex_;
  std::vector<Got> got_;
  std::deque<int> answers_;
  std::set<std::string> refuses_;
};

TEST_P(WebhookTest, IsToldOfWhatHappensFromThenOnOnceAndSigned) {
  happen(1, 1);
  const auto made = make();
  const EventId second = happen(1, 2);
  run();
  run();
  const auto got = take();
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].n(), 2);
  EXPECT_EQ(got[0].id, second.text());
  EXPECT_EQ(got[0].timestamp, kNow / 1000);
  EXPECT_EQ(got[0].signature, signatures({made.secret}, kNow, got[0].id, got[0].timestamp, got[0].body));
  EXPECT_EQ(deliveries(made.webhook.id, "delivered").size(), 1u);
}

TEST_P(WebhookTest, GetsTheTypesItAskedForAndItsOwnBrandsAlone) {
  const auto placed = make({"order.placed"});
  make({"order.shipped"});
  happen(1, 1, "order.placed");
  happen(1, 2, "order.shipped");
  happen(1, 3, "order.paid.inner");  // nothing that is not in the catalogue leaves
  const BrandId other = *db().write([&](db::Tx& tx) {
    org::NewBrand wish;
    wish.name = "C";
    wish.owner_login = wish.owner_name = "other";
    return org::create_brand(tx, system(), wish);
  });
  const BrandId mine = std::exchange(brand_, other);
  happen(2, 4, "order.placed");
  brand_ = mine;
  run();
  std::map<std::string, std::vector<std::int64_t>> by_target;
  for (const auto& got : take()) by_target[got.target].push_back(got.n());
  EXPECT_EQ(by_target, (std::map<std::string, Numbers>{{"/1", {1}}, {"/2", {2}}}));
  EXPECT_EQ(webhook(placed.webhook.id).cursor, *db().read([](db::Tx& tx) -> Result<std::int64_t> {
    return bus::event_head(tx, "kept");
  })) << "what it does not want does not hold it back";
}

TEST_P(WebhookTest, EventsOfOneOrderGoOneAfterAnotherAndOthersDoNotWait) {
  const auto made = make();
  refuses_.insert(id_text(1));
  happen(1, 1);
  happen(2, 2);
  happen(1, 3);
  happen(2, 4);
  run();
  EXPECT_EQ(numbers(), (Numbers{1, 2, 4})) << "3 waits for 1";
  refuses_.clear();
  run();
  EXPECT_EQ(numbers(), Numbers{}) << "1 is not due yet, and 3 does not overtake it";
  clock_.advance_to(kNow + 5000);
  run();
  EXPECT_EQ(numbers(), (Numbers{1, 3}));
  EXPECT_EQ(deliveries(made.webhook.id, "delivered").size(), 4u);
}

TEST_P(WebhookTest, TriesAgainWithTheSameIdUntilItIsADeadLetterAndThenTheNextMayGo) {
  settings_.webhook_tries = 4;
  const auto made = make();
  refuses_.insert(id_text(1));
  const EventId first = happen(1, 1);
  std::vector<Instant> tried;
  for (int i = 0; i < 20 && deliveries(made.webhook.id, "dead").empty(); ++i) {
    run();
    for (const auto& got : take()) {
      tried.push_back(clock_.now());
      EXPECT_EQ(got.id, first.text());
      EXPECT_EQ(got.timestamp, clock_.now() / 1000) << "a signature is of its own try";
    }
    const auto waiting = deliveries(made.webhook.id, "waiting");
    if (!waiting.empty()) clock_.advance_to(waiting[0].next_try_at);
  }
  ASSERT_EQ(tried.size(), 4u);
  for (std::size_t i = 1; i < tried.size(); ++i) {
    EXPECT_GE(tried[i] - tried[i - 1], wait_after(static_cast<int>(i), 0, 0));
    EXPECT_LE(tried[i] - tried[i - 1], wait_after(static_cast<int>(i), 1, 0));
  }
  const auto dead = deliveries(made.webhook.id, "dead");
  ASSERT_EQ(dead.size(), 1u);
  EXPECT_EQ(dead[0].status, 500);
  EXPECT_EQ(dead[0].error, "HTTP 500");
  refuses_.clear();
  happen(1, 2);
  run();
  EXPECT_EQ(numbers(), Numbers{2});
  // By hand, once more.
  ASSERT_TRUE(db().write([&](db::Tx& tx) { return replay_event(tx, system(), made.webhook.id, first); }));
  run();
  EXPECT_EQ(numbers(), Numbers{1});
  EXPECT_TRUE(deliveries(made.webhook.id, "dead").empty());
}

TEST_P(WebhookTest, SendsEverythingBehindACursorAgain) {
  const auto made = make({"order.placed"});
  const auto at = [&] {
    return *db().read([](db::Tx& tx) -> Result<std::int64_t> { return bus::event_head(tx, "kept"); });
  };
  happen(1, 1);
  const auto cursor = at();
  for (int n = 2; n <= 4; ++n) happen(1, n);
  run();
  take();
  const auto again = [&](std::int64_t from) {
    return db().write([&](db::Tx& tx) { return replay_after(tx, system(), made.webhook.id, from); });
  };
  ASSERT_TRUE(again(cursor));
  run();
  EXPECT_EQ(numbers(), (Numbers{2, 3, 4}));
  ASSERT_TRUE(again(0));
  run();
  EXPECT_EQ(numbers(), (Numbers{1, 2, 3, 4}));
  EXPECT_EQ(again(at() + 1).error().code, Code::invalid_field);
}

TEST_P(WebhookTest, IsDisabledAfterFailingForLongAndGoesOnWhereItStood) {
  settings_.webhook_disable_hours = 2;
  const auto made = make();
  for (int i = 0; i < 100; ++i) answers_.push_back(0);  // nobody answers
  happen(1, 1);
  happen(2, 2);
  while (webhook(made.webhook.id).active) {
    ASSERT_LT(clock_.now(), kNow + 4 * kHourMs) << "it is to be disabled after two hours";
    run();
    clock_.advance_to(clock_.now() + 10 * kMinuteMs);
  }
  EXPECT_GE(clock_.now(), kNow + 2 * kHourMs);
  EXPECT_NE(webhook(made.webhook.id).note.find("2 hours"), std::string::npos) << webhook(made.webhook.id).note;
  happen(1, 3);
  take();
  run();
  EXPECT_EQ(numbers(), Numbers{}) << "nobody calls a disabled one";
  answers_.clear();
  EXPECT_TRUE(bus::keep_all_events(db()));
  const auto said =
      *db().read([&](db::Tx& tx) -> Result<std::vector<bus::KeptEvent>> { return bus::events_after(tx, 0, 100); });
  EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const auto& e) { return e.event.topic == "webhook.disabled"; }))
      << "staff is told";
  for (const auto& kept : said) EXPECT_EQ(mismatch(kept.event), "");
  WebhookWish on;
  on.active = true;
  ASSERT_TRUE(db().write([&](db::Tx& tx) { return change_webhook(tx, system(), made.webhook.id, on); }));
  clock_.advance_to(clock_.now() + 6 * kHourMs);
  run();
  auto got = numbers();
  EXPECT_EQ(std::count(got.begin(), got.end(), 3), 1) << "what happened meanwhile is told too";
}

TEST_P(WebhookTest, AReceiverThatIsGoneIsNotCalledAgain) {
  const auto made = make({"order.placed"});
  answers_.push_back(410);
  happen(1, 1);
  happen(2, 2);
  run();
  EXPECT_EQ(numbers(), Numbers{1});
  EXPECT_FALSE(webhook(made.webhook.id).active);
  WebhookWish on;
  on.active = true;
  on.skip_missed = true;
  ASSERT_TRUE(db().write([&](db::Tx& tx) { return change_webhook(tx, system(), made.webhook.id, on); }));
  happen(3, 3);
  clock_.advance_to(kNow + kDayMs);
  run();
  auto got = numbers();
  std::sort(got.begin(), got.end());
  EXPECT_EQ(got, (Numbers{1, 2, 3})) << "what was on its way stays so";
}

TEST_P(WebhookTest, SecretsAreChangedWithoutAGap) {
  const auto made = make();
  const auto add = [&](DurationMs overlap) {
    return db().write([&](db::Tx& tx) { return add_secret(tx, system(), made.webhook.id, SecretKind::hmac, overlap); });
  };
  const Secret fresh = *add(kHourMs);
  const auto sent_at = [&](Instant at, int n) {
    clock_.advance_to(at);
    happen(1, n);
    run();
    return take().front();
  };
  const auto before = sent_at(kNow + kHourMs - 1, 1);
  EXPECT_NE(before.signature.find(signatures({made.secret}, 0, before.id, before.timestamp, before.body)),
            std::string::npos)
      << "the old one signs for its hour";
  const auto after = sent_at(kNow + kHourMs, 2);
  EXPECT_EQ(after.signature, signatures({fresh}, 0, after.id, after.timestamp, after.body));
  for (std::size_t i = 1; i < kMaxSecrets; ++i) EXPECT_TRUE(add(kHourMs));
  EXPECT_EQ(add(kHourMs).error().code, Code::conflict) << "so many sign already";
  EXPECT_TRUE(add(0)) << "a leaked secret ends at once";
  EXPECT_EQ(webhook(made.webhook.id).secrets.size(), 1u);
}

TEST_P(WebhookTest, WhatIsTakenButCouldNotBeWrittenDownComesAgainUnderTheSameId) {
  make();
  const EventId event = happen(1, 1);
  ASSERT_TRUE(tell_webhooks(db(), system()));
  class FailWriting : public db::FaultPlan {
   public:
    bool fail_statement(const db::Sql& sql) override {
      return std::string_view(sql.name) == "webhook.delivered" && left-- > 0;
    }
    bool fail_commit() override { return false; }
    std::atomic<int> left{1};
  } faults;
  db().set_faults(&faults);
  ASSERT_TRUE(call_webhooks(db(), system(), clock_, receiver()));
  db().set_faults(nullptr);
  run();
  const auto got = take();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].id, event.text());
  EXPECT_EQ(got[1].id, event.text());
}

TEST_P(WebhookTest, TwoServersDoNotCallOneWebhookAtTheSameTime) {
  const auto made = make();
  happen(1, 1);
  ASSERT_TRUE(tell_webhooks(db(), system()));
  int inner = -1;
  const HookCaller slow = [&](const WebhookUrl&, const auto&, const std::string&) -> Result<HookAnswer> {
    const auto other = call_webhooks(db(), system(), clock_, receiver());  // the other server, meanwhile
    inner = other ? *other : -2;
    return HookAnswer{200, ""};
  };
  EXPECT_EQ(*call_webhooks(db(), system(), clock_, slow), 1);
  EXPECT_EQ(inner, 0);
  EXPECT_TRUE(take().empty());
  EXPECT_EQ(deliveries(made.webhook.id, "delivered").size(), 1u);
}

TEST_P(WebhookTest, EventsAreKeptUntilEveryActiveWebhookWasToldOfThem) {
  const auto slow = make();
  const auto forget = [&] {
    int sum = 0;
    for (int now = 1; now > 0; sum += now) now = *forget_events(db(), system(), INT64_MAX);
    return sum;
  };
  happen(1, 1);
  happen(1, 2);
  clock_.advance_to(kNow + 31 * kDayMs);
  EXPECT_EQ(forget(), 0);
  run();
  EXPECT_EQ(numbers(), (Numbers{1, 2}));
  EXPECT_EQ(forget(), 2);
  EXPECT_TRUE(deliveries(slow.webhook.id).empty()) << "what can't be sent again is not listed";
  EXPECT_EQ(db().write([&](db::Tx& tx) { return replay_after(tx, system(), slow.webhook.id, 1); }).error().code,
            Code::cursor_expired);
}

TEST_P(WebhookTest, APingIsSentAtOnceAndIsInNoList) {
  const auto made = make({"order.paid"});
  answers_ = {204, 500, 0};
  const auto ping = [&] { return *ping_webhook(db(), system(), made.webhook.id, receiver()); };
  EXPECT_EQ(ping().status, 204);
  EXPECT_EQ(ping().status, 500);
  EXPECT_NE(ping().error.find("nobody answers"), std::string::npos);
  const auto got = take();
  EXPECT_EQ(get_text(*parse_json(got[0].body), "type"), "webhook.ping");
  EXPECT_TRUE(check_shape(*parse_json(got[0].body), [] {
    Shape s = event_shape();
    for (auto& f : s)
      if (f.name == "cursor") f.nullable = true;
    return s;
  }()));
  EXPECT_TRUE(deliveries(made.webhook.id).empty());
}

ON_BOTH_ENGINES(WebhookTest);

}  // namespace
}  // namespace lianbo::events
