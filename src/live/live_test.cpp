// The rules of broadcasts and pins, as tables and as a property over random histories.
#include "live/live.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lianbo::live {
namespace {

constexpr Instant kNoon = 1'794'398'400'000;  // 2026-11-11T12:00:00Z

Broadcast broadcast(BroadcastState state, Instant scheduled_at = kNoon, Instant started_at = 0, Instant ended_at = 0) {
  Broadcast b;
  b.id = BroadcastId{1};
  b.brand = BrandId{2};
  b.store = StoreId{3};
  b.state = state;
  b.scheduled_at = scheduled_at;
  b.started_at = started_at;
  b.ended_at = ended_at;
  return b;
}
std::optional<Code> code_of(const Status& status) { return status ? std::nullopt : std::optional(status.error().code); }

TEST(BroadcastRules, LetEachStateBeLeftOnlyAsTheSpecSays) {
  using enum BroadcastState;
  struct Row {
    BroadcastState state;
    bool start, end, cancel, pin, shelf, chat;
  };
  for (const Row& row :
       {Row{scheduled, true, false, true, false, true, true}, Row{live, false, true, false, true, true, true},
        Row{ended, false, false, false, false, false, false},
        Row{cancelled, false, false, false, false, false, false}}) {
    SCOPED_TRACE(state_name(row.state));
    const Broadcast b = broadcast(row.state);
    const auto expected = [](bool ok) { return ok ? std::nullopt : std::optional(Code::broadcast_state_conflict); };
    EXPECT_EQ(code_of(check_start(b)), expected(row.start));
    EXPECT_EQ(code_of(check_end(b)), expected(row.end));
    EXPECT_EQ(code_of(check_cancel(b)), expected(row.cancel));
    EXPECT_EQ(code_of(check_pin(b)), expected(row.pin));
    EXPECT_EQ(code_of(check_shelf_change(b)), expected(row.shelf));
    EXPECT_EQ(code_of(check_chat(b, Mark::none, "hi")), expected(row.chat));
    EXPECT_EQ(parse_state(state_name(row.state)), row.state);
  }
  EXPECT_EQ(parse_state("on air"), std::nullopt);
}

TEST(BroadcastRules, SayWhatIsWrongAndWhatWouldBeRight) {
  const Status started = check_start(broadcast(BroadcastState::ended));
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().detail, ::testing::HasSubstr("is ended; to start it must be scheduled"));
}

TEST(BroadcastRules, ScheduleFromAnHourAgoTo366DaysAhead) {
  struct Row {
    Instant at;
    bool ok;
  };
  for (const Row& row : {Row{kNoon, true}, Row{kNoon - kHourMs, true}, Row{kNoon - kHourMs - 1, false},
                         Row{kNoon + 366 * kDayMs, true}, Row{kNoon + 366 * kDayMs + 1, false}})
    EXPECT_EQ(check_schedule(row.at, kNoon).has_value(), row.ok) << row.at - kNoon;
}

TEST(BroadcastRules, TitlesAreOneVisibleLineOfAtMost100Characters) {
  std::string hundred, more;
  for (int i = 0; i < 100; ++i) hundred += "播";
  more = hundred + "播";
  struct Row {
    std::string title;
    bool ok;
  };
  for (const Row& row : {Row{"今晚八点", true}, Row{hundred, true}, Row{more, false}, Row{"", false}, Row{"   ", false},
                         Row{"two\nlines", false}, Row{std::string("\x7f", 1), false}})
    EXPECT_EQ(check_title(row.title).has_value(), row.ok) << row.title;
}

TEST(BroadcastRules, ShelvesHoldAtMost200ProductsNoneTwice) {
  std::vector<ProductId> products;
  for (int i = 1; i <= 200; ++i) products.push_back(ProductId{i});
  EXPECT_TRUE(check_shelf(products));
  products.push_back(ProductId{201});
  EXPECT_EQ(code_of(check_shelf(products)), Code::invalid_field);
  products.resize(10);
  products.push_back(ProductId{3});
  const Status twice = check_shelf(products);
  ASSERT_FALSE(twice);
  EXPECT_EQ(twice.error().where, "/product_ids/10");
  EXPECT_TRUE(check_shelf({}));
}

TEST(BroadcastRules, MediaTimeRunsFromTheStartToTheEnd) {
  using enum BroadcastState;
  struct Row {
    Broadcast b;
    Instant at;
    std::int64_t media_ms;
  };
  const Broadcast waiting = broadcast(scheduled), on_air = broadcast(live, kNoon, kNoon + 5),
                  over = broadcast(ended, kNoon, kNoon, kNoon + 100);
  for (const Row& row :
       {Row{waiting, kNoon + 9, 0}, Row{on_air, kNoon + 5, 0}, Row{on_air, kNoon + 6, 1}, Row{on_air, kNoon, 0},
        Row{over, kNoon + 99, 99}, Row{over, kNoon + 100, 100}, Row{over, kNoon + 5000, 100}})
    EXPECT_EQ(media_ms_at(row.b, row.at), row.media_ms) << row.at - kNoon;
}

TEST(RoomRules, MarksEndAtTheirInstant) {
  EXPECT_EQ(mark_at(std::nullopt, kNoon), Mark::none);
  EXPECT_EQ(mark_at(RoomMark{Mark::muted, kNoon + 1}, kNoon), Mark::muted);
  EXPECT_EQ(mark_at(RoomMark{Mark::muted, kNoon}, kNoon), Mark::none);
  EXPECT_EQ(mark_at(RoomMark{Mark::banned, kForever}, kNoon), Mark::banned);
  for (const Mark mark : {Mark::none, Mark::muted, Mark::banned}) EXPECT_EQ(parse_mark(mark_name(mark)), mark);
}

TEST(RoomRules, ChatIs1To200CharactersFromWhomIsNotMarked) {
  const Broadcast b = broadcast(BroadcastState::live);
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "好";
  struct Row {
    Mark mark;
    std::string text;
    std::optional<Code> code;
  };
  for (const Row& row : {Row{Mark::none, "哈", std::nullopt}, Row{Mark::none, longest, std::nullopt},
                         Row{Mark::none, longest + "好", Code::invalid_field}, Row{Mark::none, "", Code::invalid_field},
                         Row{Mark::none, " \n\t", Code::invalid_field}, Row{Mark::muted, "哈", Code::muted},
                         Row{Mark::banned, "哈", Code::forbidden}})
    EXPECT_EQ(code_of(check_chat(b, row.mark, row.text)), row.code) << row.text;
}

TEST(RoomRules, NamesAreMaskedToTheirFirstCharacter) {
  for (const auto& [name, masked] :
       {std::pair{"张三丰", "张**"}, {"Li", "L**"}, {"x", "x**"}, {"", "**"}, {"张**", "张**"}, {"😀ok", "😀**"}})
    EXPECT_EQ(mask_name(name), masked);
}

TEST(PromiseRules, AreKeptWithin10MinutesOfTheSchedule) {
  using enum BroadcastState;
  constexpr DurationMs k10 = 10 * kMinuteMs;
  struct Row {
    const char* what;
    Broadcast b;
    bool due, kept;
  };
  const Instant now = kNoon + kHourMs;
  for (const Row& row : {Row{"on time", broadcast(live, kNoon, kNoon), true, true},
                         Row{"10 minutes late", broadcast(ended, kNoon, kNoon + k10, now), true, true},
                         Row{"a millisecond later", broadcast(live, kNoon, kNoon + k10 + 1), true, false},
                         Row{"10 minutes early", broadcast(live, kNoon, kNoon - k10), true, true},
                         Row{"earlier still", broadcast(live, kNoon, kNoon - k10 - 1), true, false},
                         Row{"never started", broadcast(scheduled, kNoon), true, false},
                         Row{"still has time", broadcast(scheduled, now - k10), false, false},
                         Row{"a millisecond too long", broadcast(scheduled, now - k10 - 1), true, false},
                         Row{"cancelled in time", broadcast(cancelled, kNoon, 0, kNoon - 1), false, false},
                         Row{"cancelled when it was due", broadcast(cancelled, kNoon, 0, kNoon), true, false}}) {
    SCOPED_TRACE(row.what);
    EXPECT_EQ(promise_due(row.b, now), row.due);
    EXPECT_EQ(row.due && promise_kept(row.b), row.kept);
  }
}

TEST(PromiseRules, CountTheLast20ThatWereDue) {
  using enum BroadcastState;
  std::vector<Broadcast> newest_first{broadcast(scheduled, kNoon + kDayMs), broadcast(cancelled, kNoon, 0, kNoon - 1)};
  for (int i = 0; i < 19; ++i) newest_first.push_back(broadcast(ended, kNoon, kNoon, kNoon + 1));
  newest_first.push_back(broadcast(scheduled, kNoon - kDayMs));
  newest_first.push_back(broadcast(ended, kNoon, kNoon, kNoon + 1));  // the 21st
  const Promises promises = count_promises(newest_first, kNoon);
  EXPECT_EQ(promises.due, 20);
  EXPECT_EQ(promises.kept, 19);
  EXPECT_EQ(count_promises({}, kNoon).due, 0);
}

TEST(PinRules, OpeningOnePinClosesTheOtherAtTheSameInstant) {
  const Broadcast b = broadcast(BroadcastState::live, kNoon, kNoon);
  const PinStep first = open_step(b, std::nullopt, ProductId{7}, kNoon + 10);
  ASSERT_TRUE(first.opens);
  EXPECT_FALSE(first.closes);
  EXPECT_EQ(first.opens->media_open_ms, 10);
  EXPECT_EQ(first.opens->broadcast, b.id);
  EXPECT_EQ(first.opens->brand, b.brand);

  const PinStep again = open_step(b, first.opens, ProductId{7}, kNoon + 20);
  EXPECT_FALSE(again.opens);
  EXPECT_FALSE(again.closes);

  const PinStep other = open_step(b, first.opens, ProductId{8}, kNoon + 30);
  ASSERT_TRUE(other.opens && other.closes);
  EXPECT_EQ(other.closes->closed_at, other.opens->opened_at);
  EXPECT_EQ(other.closes->media_close_ms, 30);

  EXPECT_FALSE(close_step(b, other.closes, kNoon + 40).closes);
  EXPECT_FALSE(close_step(b, std::nullopt, kNoon + 40).closes);
}

// Whatever is opened and closed in whatever order, with a clock that also steps back.
TEST(PinRules, NeverOverlapAndNeverRunBackwards) {
  EXPECT_TRUE(rc::check("pins of one broadcast", [] {
    Broadcast b = broadcast(BroadcastState::live, kNoon, kNoon);
    std::vector<Pin> pins;
    Instant now = kNoon;
    const auto apply = [&](const PinStep& step) {
      if (step.closes) pins.back() = *step.closes;
      if (step.opens) pins.push_back(*step.opens);
    };
    const auto newest = [&] { return pins.empty() ? std::nullopt : std::optional(pins.back()); };
    for (const auto& [op, delta] : *rc::gen::container<std::vector<std::pair<int, int>>>(
             rc::gen::pair(rc::gen::inRange(0, 5), rc::gen::inRange(-3000, 10'000)))) {
      now += delta;
      const PinStep step = op == 0 ? close_step(b, newest(), now) : open_step(b, newest(), ProductId{op}, now);
      apply(step);
      const auto open = std::count_if(pins.begin(), pins.end(), [](const Pin& p) { return p.open(); });
      RC_ASSERT(open <= 1);
      const bool as_wished =
          op == 0 ? open == 0 : open == 1 && pins.back().open() && pins.back().product == ProductId{op};
      RC_ASSERT(as_wished);
    }
    const PinStep last = close_step(b, newest(), now);
    apply(last);
    b.ended_at = last.at;
    for (std::size_t i = 0; i < pins.size(); ++i) {
      RC_ASSERT(!pins[i].open());
      RC_ASSERT(b.started_at <= pins[i].opened_at && pins[i].opened_at <= pins[i].closed_at);
      RC_ASSERT(pins[i].closed_at <= b.ended_at);
      RC_ASSERT(pins[i].media_open_ms == pins[i].opened_at - b.started_at);
      RC_ASSERT(pins[i].media_close_ms == pins[i].closed_at - b.started_at);
      if (i == 0) continue;
      RC_ASSERT(pins[i - 1].closed_at <= pins[i].opened_at);
      RC_ASSERT(pins[i - 1].media_close_ms <= pins[i].media_open_ms);
    }
  }));
}

}  // namespace
}  // namespace lianbo::live
