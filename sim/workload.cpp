#include "sim/workload.hpp"

#include <algorithm>
#include <cmath>

#include "sim/calibration.hpp"

namespace lianbo::sim {
namespace {

constexpr double kMeanStayMinutes = 11;
constexpr double kOnToAnother = 0.25;

struct Audience {
  int most;      // people a share goes to
  double opens;  // of them
};
Audience audience(ShareChannel channel) {
  switch (channel) {
    case ShareChannel::dm:
      return {3, 0.60};
    case ShareChannel::group:
      return {20, 0.25};
    case ShareChannel::moments:
      return {100, 0.12};
  }
  return {0, 0};
}

}  // namespace

Stay plan_stay(Stream& stream, double chance_to_buy) {
  Stay stay;
  stay.minutes = std::clamp(static_cast<int>(std::ceil(stream.exponential(kMeanStayMinutes))), 1, 240);
  const auto some_minute = [&] { return static_cast<int>(stream.index(static_cast<std::size_t>(stay.minutes))); };
  if (stream.chance(kChatsPerEnter)) stay.chat_minute = some_minute();
  if (stream.chance(kLikesPerEnter)) stay.like_minute = some_minute();
  if (stream.chance(chance_to_buy)) {
    stay.buy_minute = some_minute();
    stay.click_minute = stay.buy_minute;
  } else if (stream.chance(kClicksPerEnter)) {
    stay.click_minute = some_minute();
    if (stream.chance(kCartsPerEnter / kClicksPerEnter)) stay.cart_minute = stay.click_minute;
  }
  stay.on_to_another = stream.chance(kOnToAnother);
  return stay;
}

std::vector<WantedLine> plan_order(Stream& stream, std::size_t first, std::size_t offers) {
  std::vector<WantedLine> lines = {{first, 1}};
  const double u = stream.unit();
  if (u > 0.97)
    lines[0].qty = 3;
  else if (u > 0.85)
    lines[0].qty = 2;
  if (offers > 1 && stream.chance(0.15)) {
    const std::size_t other = stream.index(offers);
    if (other != first) lines.push_back({other, 1});
  }
  return lines;
}

PaymentPlan plan_payment(Stream& stream) {
  const double u = stream.unit();
  if (u < 0.70) return {Paying::at_once, 0};
  if (u < 0.84) return {Paying::soon, static_cast<int>(stream.between(1, 4))};
  if (u < 0.90) return {Paying::late, static_cast<int>(stream.between(8, 13))};
  if (u < 0.95) return {Paying::never, 0};
  if (u < 0.985) return {Paying::cancels, static_cast<int>(stream.between(1, 8))};
  return {Paying::after_release, static_cast<int>(stream.between(16, 40))};
}

Aftermath plan_aftermath(Stream& stream) {
  Aftermath plan;
  plan.ship_hours = static_cast<int>(stream.between(6, 40));
  plan.receive_days_tenths = static_cast<int>(stream.between(15, 45));
  plan.confirms = stream.chance(0.85);
  return plan;
}

bool comes_back(Stream& stream) { return stream.chance(0.30); }

AfterSalePlan plan_after_sale(Stream& stream) {
  AfterSalePlan plan;
  plan.after_days_tenths = static_cast<int>(stream.between(2, 64));
  plan.returns_goods = stream.chance(0.60);
  plan.withdraws = stream.chance(0.05);
  plan.whole = stream.chance(0.75);
  const double u = stream.unit();
  plan.parts = u < 0.70 ? 1 : u < 0.90 ? 2 : 3;
  return plan;
}

std::vector<Fen> split_amount(Stream& stream, Fen total_fen, int parts) {
  const Fen most = std::clamp<Fen>(total_fen, 0, parts);
  std::vector<Fen> out;
  for (Fen left = total_fen, n = most; n > 0; --n) {
    const Fen part = n == 1 ? left : stream.between(1, std::max<Fen>(1, std::min(left - (n - 1), 2 * left / n)));
    out.push_back(part);
    left -= part;
  }
  return out;
}

ShareChannel plan_channel(Stream& stream) {
  const double u = stream.unit();
  return u < 0.40 ? ShareChannel::dm : u < 0.70 ? ShareChannel::group : ShareChannel::moments;
}

std::vector<Opening> plan_openings(Stream& stream, const Graph& graph, int sharer, ShareChannel channel) {
  const auto friends = graph.friends(sharer);
  std::vector<std::int32_t> reached(friends.begin(), friends.end());
  const Audience who = audience(channel);
  if (static_cast<int>(reached.size()) > who.most) {
    stream.shuffle(reached);
    reached.resize(static_cast<std::size_t>(who.most));
  }
  std::vector<Opening> openings;
  for (const auto person : reached)
    if (stream.chance(who.opens)) openings.push_back({person, reshare_delay_ms(stream)});
  return openings;
}

int Cascades::active_friends(int thing, int person) const {
  const auto at = active_.find(thing);
  if (at == active_.end()) return 0;
  int n = 0;
  for (const auto f : graph_.friends(person)) n += at->second.contains(f);
  return n;
}

bool Cascades::passes_on(Stream& stream, int thing, int person, int at_least) const {
  return stream.chance(share_probability(std::max(at_least, active_friends(thing, person))));
}

}  // namespace lianbo::sim
