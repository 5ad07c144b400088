// Reminders by web push in a whole shop, on both engines; the push service is a function here
// (tests/browser/push.test.mjs has one on a socket, which opens what it gets).
#include "push/push_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/crypto.hpp"
#include "bus/journal.hpp"
#include "live/live_service.hpp"
#include "push/push.hpp"
#include "support/database.hpp"
#include "support/shop.hpp"

namespace lianbo::push {
namespace {

using test::must;
using test::Shop;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const db::Sql kLeft{"push_test.left", "select count(*) from push_deliveries"};
const db::Sql kBrowsers{"push_test.browsers", "select count(*) from push_subscriptions"};

class Push : public test::StoreTest {
 protected:
  Push() : shop_(db()), anna_(shop_.agent("Anna")), soap_(shop_.item("soap", 1000, 9)) {}

  BroadcastId plan() {
    const Call call = shop_.as(anna_.person);
    live::NewBroadcast wish{"Evening", shop_.now(), {soap_.product}, live::Audience::everybody};
    return must(db().write([&](db::Tx& tx) { return live::schedule_broadcast(tx, call, anna_.store, wish); }))
        .broadcast.id;
  }
  void start(BroadcastId id) {
    const Call call = shop_.as(anna_.person);
    must(db().write([&](db::Tx& tx) { return live::start_broadcast(tx, call, id); }));
    must(bus::keep_all_events(db()));
  }
  Browser browser(const std::string& name) {
    return {"https://push.example.net/" + name, to_base64url(point_of(scalar_from(name))),
            to_base64url(std::string(kSecretBytes, 'a')), "en"};
  }
  Status ask(PersonId person, const Browser& b) {
    const Call call = shop_.as(person);
    return db().write([&](db::Tx& tx) { return subscribe(tx, call, b); });
  }
  void reserve(PersonId person, BroadcastId id) {
    const Call call = shop_.as(person);
    must(db().write([&](db::Tx& tx) { return live::reserve(tx, call, id); }));
  }
  // Both jobs, until nothing is due; the targets that were called.
  std::vector<std::string> send() {
    called_.clear();
    while (must(begin_rounds(db(), shop_.system())) > 0) {
    }
    must(
        send_due(db(), shop_.system(), [this](const auto& url, const auto&, const auto&) -> Result<events::HookAnswer> {
          std::lock_guard lock(mutex_);
          called_.push_back(url.target);
          const auto it = answers_.find(url.target);
          return events::HookAnswer{.status = it == answers_.end() ? 201 : it->second, .retry_after = {}};
        }));
    return called_;
  }
  std::size_t given_by_page(PersonId person) {
    const Call call = shop_.as(person);
    return must(db().write([&](db::Tx& tx) { return live::take_reminders(tx, call); })).size();
  }
  std::int64_t count(const db::Sql& sql) {
    return must(db().read([&](db::Tx& tx) -> Result<std::int64_t> { return tx.number(sql); }));
  }

  Shop shop_;
  org::Agent anna_;
  Shop::Item soap_;
  std::mutex mutex_;
  std::vector<std::string> called_;
  std::map<std::string, int> answers_;
};

TEST_P(Push, WhoReservedIsToldOnceWhenItBeginsAndNobodyElse) {
  const PersonId xiao = shop_.person("Xiao"), mei = shop_.person("Mei"), lin = shop_.person("Lin");
  must(ask(xiao, browser("xiao")));
  must(ask(mei, browser("mei")));
  const BroadcastId room = plan();
  reserve(xiao, room);
  reserve(lin, room);  // asked for no notifications
  EXPECT_THAT(send(), IsEmpty()) << "it has not begun";
  start(room);
  EXPECT_THAT(send(), ElementsAre("/xiao"));
  EXPECT_THAT(send(), IsEmpty()) << "once";
  EXPECT_EQ(given_by_page(xiao), 0U) << "one reminder, whatever gives it";
  EXPECT_EQ(given_by_page(lin), 1U) << "who has no browser is reminded by the page";
  EXPECT_EQ(count(kLeft), 0);
}

TEST_P(Push, NoneOnceThePageHasGivenItOnceUnreservedOrTenMinutesAfterTheStart) {
  const PersonId xiao = shop_.person("Xiao"), mei = shop_.person("Mei"), lin = shop_.person("Lin");
  for (const PersonId person : {xiao, mei, lin}) must(ask(person, browser(person.text())));
  const BroadcastId room = plan();
  for (const PersonId person : {xiao, mei, lin}) reserve(person, room);
  start(room);
  EXPECT_EQ(given_by_page(xiao), 1U);
  while (must(begin_rounds(db(), shop_.system())) > 0) {
  }
  const Call call = shop_.as(mei);
  must(db().write([&](db::Tx& tx) { return live::unreserve(tx, call, room); }));  // after it was taken
  shop_.pass(live::kRemindMs + 1);
  EXPECT_THAT(send(), IsEmpty()) << "Xiao by the page, Mei not any more, for Lin it is too late";
  EXPECT_EQ(count(kLeft), 0);
}

TEST_P(Push, AtTenMinutesAfterTheStartItIsStillGivenAndAMillisecondLaterNot) {
  const PersonId xiao = shop_.person("Xiao");
  must(ask(xiao, browser("xiao")));
  for (const DurationMs late : {live::kRemindMs, live::kRemindMs + 1}) {
    const BroadcastId room = plan();
    reserve(xiao, room);
    start(room);
    shop_.pass(late);  // the jobs were not run until now
    const auto called = send();
    EXPECT_EQ(called.size(), late == live::kRemindMs ? 1U : 0U);
    EXPECT_EQ(count(kLeft), 0);
    const Call host = shop_.as(anna_.person);
    must(db().write([&](db::Tx& tx) { return live::end_broadcast(tx, host, room); }));
  }
}

TEST_P(Push, ABrowserThatIsGoneIsForgottenAndTheOneBeforeIsTriedElseThePageGivesIt) {
  const PersonId xiao = shop_.person("Xiao"), mei = shop_.person("Mei");
  must(ask(xiao, browser("old")));
  must(ask(xiao, browser("new")));
  must(ask(mei, browser("gone")));
  answers_ = {{"/new", 410}, {"/gone", 404}};
  const BroadcastId room = plan();
  reserve(xiao, room);
  reserve(mei, room);
  start(room);
  auto called = send();
  std::sort(called.begin(), called.end());
  EXPECT_THAT(called, ElementsAre("/gone", "/new", "/old"));
  EXPECT_EQ(count(kBrowsers), 1) << "two are forgotten";
  EXPECT_EQ(given_by_page(xiao), 0U);
  EXPECT_EQ(given_by_page(mei), 1U) << "given back, so that she is reminded after all";
}

TEST_P(Push, APushServiceInTroubleIsAskedAgainAFewTimes) {
  const PersonId xiao = shop_.person("Xiao");
  must(ask(xiao, browser("slow")));
  answers_ = {{"/slow", 503}};
  const BroadcastId room = plan();
  reserve(xiao, room);
  start(room);
  int tries = 0;
  for (int second = 0; second < 600; second += 5) {
    tries += static_cast<int>(send().size());
    shop_.pass(5 * kSecondMs);
  }
  EXPECT_GE(tries, 3);
  EXPECT_LE(tries, kMaxTries);
  EXPECT_EQ(count(kLeft), 0);
}

TEST_P(Push, TenBrowsersAPersonAndEachBelongsToWhoeverAskedLast) {
  const PersonId xiao = shop_.person("Xiao"), mei = shop_.person("Mei");
  for (int i = 0; i < 12; ++i) must(ask(xiao, browser(std::to_string(i))));
  EXPECT_EQ(count(kBrowsers), static_cast<std::int64_t>(kMaxBrowsers));
  must(ask(mei, browser("11")));
  const BroadcastId room = plan();
  reserve(xiao, room);
  start(room);
  EXPECT_THAT(send(), ElementsAre("/10")) << "the newest that is still hers";
  const Call call = shop_.as(mei);
  must(db().write([&](db::Tx& tx) -> Status {
    unsubscribe(tx, call, browser("11").endpoint);
    forget_person(tx, call, xiao);
    return {};
  }));
  EXPECT_EQ(count(kBrowsers), 0);
}

TEST_P(Push, OnlyHttpsAndRealKeys) {
  const PersonId xiao = shop_.person("Xiao");
  Browser b = browser("xiao");
  b.endpoint = "http://push.example.net/xiao";
  EXPECT_EQ(ask(xiao, b).error().code, Code::invalid_field);
  b = browser("xiao");
  b.p256dh = b.auth;
  EXPECT_EQ(ask(xiao, b).error().code, Code::invalid_field);
  b = browser("xiao");
  b.auth = "AAAA";
  EXPECT_EQ(ask(xiao, b).error().code, Code::invalid_field);
  const Call guest = shop_.guest(shop_.new_guest());
  EXPECT_FALSE(db().write([&](db::Tx& tx) { return subscribe(tx, guest, browser("guest")); }));
  EXPECT_EQ(server_key().size(), kPointBytes);
}

ON_BOTH_ENGINES(Push);

}  // namespace
}  // namespace lianbo::push
