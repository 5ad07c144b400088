// The score of a store: its parts by table, and against a small model that knows only the sentences of the SPEC.
#include "trust/score.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>

namespace lianbo::trust {
namespace {

constexpr Instant kNow = 2'000'000'000'000;
constexpr PersonId kHost{1};

RatedLine line(std::int64_t order, PersonId buyer, int stars) {
  RatedLine l;
  l.facts.order = OrderId{order};
  l.facts.buyer = buyer;
  l.facts.qty = l.facts.shipped_qty = 1;
  l.facts.paid_fen = 1000;
  l.facts.paid_at = kNow - 10 * kDayMs;
  l.facts.shipped_at = l.facts.paid_at + kHourMs;
  l.facts.received_at = l.facts.paid_at + kDayMs;
  l.stars = stars;
  return l;
}

TEST(Score, ANewStoreHasWhatTheInventedCasesGive) {
  const Score s = score_of({});
  EXPECT_EQ(s.parts[0].value_bp, 7500) << "four stars";
  EXPECT_EQ(s.parts[1].value_bp, 9000);
  EXPECT_EQ(s.parts[2].value_bp, 7500) << "one in twenty";
  EXPECT_EQ(s.parts[3].value_bp, 8000);
  EXPECT_EQ(s.score, 80) << "30 + 22.5 + 15 + 12 = 79.5";
  EXPECT_TRUE(s.is_new());
}

TEST(Score, EachPartByItself) {
  Inputs in;
  in.reviews = 10;
  in.stars = 50;
  EXPECT_EQ(score_of(in).parts[0].value_bp, 10'000 * 70 / 80);
  EXPECT_FALSE(score_of(in).is_new()) << "ten rated lines are enough";
  in.reviews = 9;
  EXPECT_TRUE(score_of(in).is_new());
  in = {};
  in.orders_due = 20;
  in.orders_on_time = 20;
  EXPECT_EQ(score_of(in).parts[1].value_bp, 9500);
  in.orders_on_time = 0;
  EXPECT_EQ(score_of(in).parts[1].value_bp, 4500);
  in = {};
  in.lines_left = 80;
  in.lines_bad = 9;
  EXPECT_EQ(score_of(in).parts[2].value_bp, 5000) << "a tenth bad: half the points";
  in.lines_bad = 80;
  EXPECT_EQ(score_of(in).parts[2].value_bp, 0);
  in = {};
  in.promises = {0, 20};
  EXPECT_EQ(score_of(in).parts[3].value_bp, 1600);
}

TEST(Score, LevelsBeginWhereTheFormulaSays) {
  const std::pair<int, int> rows[] = {{0, 1},  {49, 1}, {50, 2}, {69, 2}, {70, 3},
                                      {79, 3}, {80, 4}, {89, 4}, {90, 5}, {100, 5}};
  for (const auto& [score, level] : rows) EXPECT_EQ(level_of(score), level) << score;
}

TEST(Judge, WhoDoesNotCountAndWhy) {
  const org::DeviceId phone{7}, other{8}, hosts{9};
  auto agents = line(2, PersonId{12}, 5);
  agents.facts.buyer_agent = AgentId{3};
  auto back = line(6, PersonId{16}, 5);
  back.facts.refunded_qty = 1;
  back.facts.refunded_fen = 1000;
  auto part = line(7, PersonId{17}, 4);
  part.facts.refunded_fen = 999;
  const std::vector<RatedLine> lines = {line(1, kHost, 5),
                                        agents,
                                        line(3, PersonId{13}, 5),
                                        line(4, PersonId{14}, 5),
                                        line(5, PersonId{15}, 5),
                                        back,
                                        part,
                                        line(8, PersonId{18}, 3)};
  const Devices devices = {{kHost, {hosts}},
                           {PersonId{13}, {phone, other}},
                           {PersonId{14}, {phone}},
                           {PersonId{15}, {hosts}},
                           {PersonId{18}, {other, org::DeviceId{99}}}};
  const Judged all = judge(lines, kHost, devices, {}, kNow);
  const std::vector<std::pair<std::int64_t, LeftOut>> expected = {
      {1, LeftOut::own}, {2, LeftOut::agent},    {3, LeftOut::device}, {4, LeftOut::device},
      {5, LeftOut::own}, {6, LeftOut::refunded}, {8, LeftOut::device}};
  ASSERT_EQ(all.left_out.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(all.left_out[i].order.value, expected[i].first);
    EXPECT_EQ(all.left_out[i].why, expected[i].second) << "order " << expected[i].first;
  }
  EXPECT_EQ(all.inputs.reviews, 1) << "what was given back in part is rated all the same";
  EXPECT_EQ(all.inputs.stars, 4);
  EXPECT_EQ(all.inputs.lines_left, 2) << "the line that went back, and the one in part";
  EXPECT_EQ(all.inputs.lines_bad, 2);
}

TEST(Judge, ShippingIsOnTimeForTwoDaysToTheMillisecond) {
  const auto due = [](Instant shipped_after, Instant cancelled_after, Instant now_after) {
    auto l = line(1, PersonId{2}, 0);
    l.facts.shipped_at = shipped_after ? l.facts.paid_at + shipped_after : 0;
    l.facts.shipped_qty = shipped_after ? 1 : 0;
    l.facts.cancelled_at = cancelled_after ? l.facts.paid_at + cancelled_after : 0;
    l.facts.received_at = 0;
    const auto in = judge(std::span(&l, 1), kHost, {}, {}, l.facts.paid_at + now_after).inputs;
    return std::pair(in.orders_on_time, in.orders_due);
  };
  using P = std::pair<std::int64_t, std::int64_t>;
  EXPECT_EQ(due(kShipWithinMs, 0, 9 * kDayMs), P(1, 1));
  EXPECT_EQ(due(kShipWithinMs + 1, 0, 9 * kDayMs), P(0, 1));
  EXPECT_EQ(due(0, 0, kShipWithinMs), P(0, 0)) << "there is time left";
  EXPECT_EQ(due(0, 0, kShipWithinMs + 1), P(0, 1));
  EXPECT_EQ(due(0, kShipWithinMs, 9 * kDayMs), P(0, 0)) << "given up before it was late";
  EXPECT_EQ(due(0, kShipWithinMs + 1, 9 * kDayMs), P(0, 1));
}

TEST(Judge, AnOrderOfManyLinesIsShippedOnce) {
  std::vector<RatedLine> lines = {line(1, PersonId{2}, 5), line(1, PersonId{2}, 4)};
  lines[1].facts.line = 1;
  const auto in = judge(lines, kHost, {}, {}, kNow).inputs;
  EXPECT_EQ(in.orders_due, 1);
  EXPECT_EQ(in.reviews, 2) << "a review for each line";
}

TEST(Judge, OfAnOrderThatWentBackWholeOnlyBeingLateCounts) {
  const auto shipping = [](std::vector<RatedLine> lines) {
    const auto in = judge(lines, kHost, {}, {}, kNow).inputs;
    return std::pair(in.orders_on_time, in.orders_due);
  };
  using P = std::pair<std::int64_t, std::int64_t>;
  auto kept = line(1, PersonId{2}, 5), back = line(1, PersonId{2}, 0);
  back.facts.line = 1;
  back.facts.refunded_qty = 1;
  back.facts.refunded_fen = 1000;
  EXPECT_EQ(shipping({back}), P(0, 0)) << "a refunded line raises nothing";
  EXPECT_EQ(shipping({back, kept}), P(1, 1)) << "the order's other line was kept";
  EXPECT_EQ(shipping({kept, back}), P(1, 1));
  kept.facts.shipped_at = back.facts.shipped_at = back.facts.paid_at + kShipWithinMs + 1;
  EXPECT_EQ(shipping({back}), P(0, 1)) << "who was late can't give the money back and have been in time";
  EXPECT_EQ(shipping({back, kept}), P(0, 1));
}

rc::Gen<std::vector<RatedLine>> any_lines() {
  return rc::gen::container<std::vector<RatedLine>>(rc::gen::exec([] {
    const std::int64_t order =
        *rc::gen::inRange<std::int64_t>(1, 60);  // all of its lines have one buyer and one parcel
    auto l = line(order, PersonId{1 + order % 11}, *rc::gen::inRange(0, 6));
    l.facts.line = *rc::gen::inRange(0, 1000);
    if (order % 7 == 0) l.facts.buyer_agent = AgentId{1};
    if (*rc::gen::inRange(0, 4) == 0) l.facts.refunded_fen = *rc::gen::inRange<Fen>(0, 1001);
    if (order % 5 == 0) l.facts.shipped_qty = 0, l.facts.shipped_at = 0;
    return l;
  }));
}
Devices any_devices() {
  Devices out;
  for (std::int64_t person = 1; person < 12; ++person)
    for (int n = *rc::gen::inRange(0, 3); n > 0; --n)
      out[PersonId{person}].insert(org::DeviceId{*rc::gen::inRange<std::int64_t>(1, 25)});
  return out;
}

// The SPEC's sentence, word for word and slowly.
bool counts(const RatedLine& l, const std::vector<RatedLine>& all, const Devices& devices) {
  const auto share = [&](PersonId a, PersonId b) {
    for (const auto& [p, mine] : devices)
      for (const auto& [q, theirs] : devices)
        if (p == a && q == b)
          for (const auto d : mine)
            if (theirs.contains(d)) return true;
    return false;
  };
  if (l.facts.buyer == kHost || share(l.facts.buyer, kHost) || l.facts.buyer_agent) return false;
  return std::none_of(all.begin(), all.end(), [&](const RatedLine& other) {
    return other.facts.buyer != l.facts.buyer && share(other.facts.buyer, l.facts.buyer);
  });
}

TEST(ScoreProperty, CountsWhatTheSpecCountsInAnyOrder) {
  EXPECT_TRUE(rc::check([] {
    auto lines = *any_lines();
    const Devices devices = any_devices();
    const Judged judged = judge(lines, kHost, devices, {3, 4}, kNow);
    std::int64_t reviews = 0, stars = 0, left = 0, bad = 0;
    for (const auto& l : lines) {
      if (!counts(l, lines, devices)) continue;
      if (l.facts.shipped_qty > 0) ++left, bad += l.facts.refunded_fen > 0;
      if (l.stars > 0 && !l.facts.given_back()) ++reviews, stars += l.stars;
    }
    RC_ASSERT(judged.inputs.reviews == reviews);
    RC_ASSERT(judged.inputs.stars == stars);
    RC_ASSERT(judged.inputs.lines_left == left);
    RC_ASSERT(judged.inputs.lines_bad == bad);
    std::reverse(lines.begin(), lines.end());
    const Judged turned = judge(lines, kHost, devices, {3, 4}, kNow);
    RC_ASSERT(score_of(turned.inputs).score == score_of(judged.inputs).score);
    RC_ASSERT(turned.inputs.orders_on_time == judged.inputs.orders_on_time);
  }));
}

// One person with many accounts, the host, agents of the brand: however much they buy and praise, nothing moves.
TEST(ScoreProperty, RingsAndSelfOrdersMoveNothing) {
  EXPECT_TRUE(rc::check([] {
    auto lines = *any_lines();
    Devices devices;  // honest buyers, each with a device of their own
    for (std::int64_t person = 2; person < 12; ++person) devices[PersonId{person}].insert(org::DeviceId{person});
    std::erase_if(lines, [](const RatedLine& l) { return l.facts.buyer == kHost; });
    const Score before = score_of(judge(lines, kHost, devices, {}, kNow).inputs);
    for (std::int64_t n = *rc::gen::inRange(2, 20), i = 0; i < n; ++i) {
      const int kind = *rc::gen::inRange(0, 3);
      auto l = line(1000 + i, kind == 0 ? kHost : PersonId{100 + i}, *rc::gen::inRange(1, 6));
      if (kind == 1) l.facts.buyer_agent = AgentId{5};
      if (kind == 2) devices[l.facts.buyer].insert(org::DeviceId{500});
      lines.push_back(l);
    }
    // A ring of one would be one honest buyer.
    auto second = line(5000, PersonId{200}, 5);
    devices[PersonId{200}].insert(org::DeviceId{500});
    lines.push_back(second);
    second.facts.order = OrderId{5001};
    second.facts.buyer = PersonId{201};
    devices[PersonId{201}].insert(org::DeviceId{500});
    lines.push_back(second);
    const Score after = score_of(judge(lines, kHost, devices, {}, kNow).inputs);
    RC_ASSERT(after.score == before.score);
    RC_ASSERT(after.rated_lines == before.rated_lines);
  }));
}

// Orders that were paid, shipped at once, praised and given back, however many: the score is no higher, and whatever
// was bad before stays so.
TEST(ScoreProperty, RefundedOrdersNeverRaiseIt) {
  EXPECT_TRUE(rc::check([] {
    auto lines = *any_lines();
    const Score before = score_of(judge(lines, kHost, {}, {}, kNow).inputs);
    for (std::int64_t n = *rc::gen::inRange(1, 40), i = 0; i < n; ++i) {
      auto l = line(1000 + i, PersonId{100 + i}, *rc::gen::inRange(0, 6));
      l.facts.refunded_qty = 1;
      l.facts.refunded_fen = 1000;
      lines.push_back(l);
    }
    const Score after = score_of(judge(lines, kHost, {}, {}, kNow).inputs);
    RC_ASSERT(after.score <= before.score);
    for (std::size_t part = 0; part < after.parts.size(); ++part)
      RC_ASSERT(after.parts[part].points_c <= before.parts[part].points_c);
    RC_ASSERT(after.rated_lines == before.rated_lines);
  }));
}

TEST(ScoreProperty, PointsAddUpAndMoreGoodNeverLowers) {
  EXPECT_TRUE(rc::check([] {
    Inputs in;
    in.reviews = *rc::gen::inRange<std::int64_t>(0, 500);
    in.stars = in.reviews + *rc::gen::inRange<std::int64_t>(0, 4 * in.reviews + 1);
    in.orders_due = *rc::gen::inRange<std::int64_t>(0, 500);
    in.orders_on_time = *rc::gen::inRange<std::int64_t>(0, in.orders_due + 1);
    in.lines_left = *rc::gen::inRange<std::int64_t>(0, 500);
    in.lines_bad = *rc::gen::inRange<std::int64_t>(0, in.lines_left + 1);
    in.promises.due = *rc::gen::inRange(0, 21);
    in.promises.kept = *rc::gen::inRange(0, in.promises.due + 1);
    const Score s = score_of(in);
    std::int64_t points = 0;
    for (const auto& p : s.parts) {
      RC_ASSERT(p.value_bp >= 0 && p.value_bp <= 10'000);
      RC_ASSERT(p.points_c <= 100 * p.weight);
      points += p.points_c;
    }
    RC_ASSERT(s.score == (points + 50) / 100);
    RC_ASSERT(s.score >= 0 && s.score <= 100);
    for (int part = 0; part < 4; ++part) {
      Inputs better = in, worse = in;
      if (part == 0) better.reviews += 1, better.stars += 5, worse.reviews += 1, worse.stars += 1;
      if (part == 1) better.orders_due += 1, better.orders_on_time += 1, worse.orders_due += 1;
      if (part == 2) better.lines_left += 1, worse.lines_left += 1, worse.lines_bad += 1;
      if (part == 3) better.promises.due += 1, better.promises.kept += 1, worse.promises.due += 1;
      RC_ASSERT(score_of(better).score >= s.score);
      RC_ASSERT(score_of(worse).score <= s.score);
    }
  }));
}

}  // namespace
}  // namespace lianbo::trust
