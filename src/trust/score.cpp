#include "trust/score.hpp"

#include <algorithm>

namespace lianbo::trust {
namespace {

struct Terms {
  Part part;
  int weight;
  std::int64_t prior_good, prior_total;
  std::int64_t steepness;  // of what is missing to the whole
};
constexpr std::array<Terms, 4> kTerms{{{Part::reviews, 40, 30, 40, 1},   // ten reviews of four stars
                                       {Part::shipping, 25, 18, 20, 1},  // 20 orders, nine in ten on time
                                       {Part::refunds, 20, 19, 20, 5},   // 20 lines, one in twenty refunded
                                       {Part::promises, 15, 4, 5, 1}}};  // five broadcasts, four kept

}  // namespace

std::string_view part_name(Part part) {
  constexpr std::array<std::string_view, 4> names{"reviews", "shipping", "refunds", "promises"};
  return names.at(static_cast<std::size_t>(part));
}
std::string_view left_out_name(LeftOut why) {
  constexpr std::array<std::string_view, 4> names{"own", "agent", "device", "refunded"};
  return names.at(static_cast<std::size_t>(why));
}

int level_of(int score) { return score >= 90 ? 5 : score >= 80 ? 4 : score >= 70 ? 3 : score >= 50 ? 2 : 1; }

Score score_of(const Inputs& in) {
  const std::pair<std::int64_t, std::int64_t> shares[] = {{in.stars - in.reviews, 4 * in.reviews},
                                                          {in.orders_on_time, in.orders_due},
                                                          {in.lines_left - in.lines_bad, in.lines_left},
                                                          {in.promises.kept, in.promises.due}};
  Score out;
  out.rated_lines = in.reviews;
  std::int64_t sum_c = 0;
  for (std::size_t i = 0; i < kTerms.size(); ++i) {
    const Terms& t = kTerms[i];
    PartScore& p = out.parts[i];
    p = {t.part, t.weight, shares[i].first, shares[i].second, t.prior_good, t.prior_total, 0, 0};
    const std::int64_t total = p.total + p.prior_total, missing = total - p.good - p.prior_good;
    p.value_bp = std::max<std::int64_t>(0, 10'000 * (total - t.steepness * missing) / total);
    p.points_c = p.weight * p.value_bp / 100;
    sum_c += p.points_c;
  }
  out.score = static_cast<int>((sum_c + 50) / 100);
  out.level = level_of(out.score);
  return out;
}

Judged judge(std::span<const RatedLine> lines, PersonId host, const Devices& devices, live::Promises promises,
             Instant now) {
  std::set<PersonId> buyers;
  for (const RatedLine& l : lines) buyers.insert(l.facts.buyer);
  std::map<org::DeviceId, int> buyers_on;
  static const std::set<org::DeviceId> none;
  const auto devices_of = [&](PersonId person) -> const std::set<org::DeviceId>& {
    const auto it = devices.find(person);
    return it == devices.end() ? none : it->second;
  };
  for (const PersonId buyer : buyers)
    for (const org::DeviceId device : devices_of(buyer)) ++buyers_on[device];
  const auto why_out = [&](const RatedLine& l) -> std::optional<LeftOut> {
    const PersonId buyer = l.facts.buyer;
    const auto& own = devices_of(buyer);
    if (buyer == host || std::any_of(own.begin(), own.end(), [&](auto d) { return devices_of(host).contains(d); }))
      return LeftOut::own;
    if (l.facts.buyer_agent) return LeftOut::agent;
    if (std::any_of(own.begin(), own.end(), [&](auto d) { return buyers_on[d] > 1; })) return LeftOut::device;
    return std::nullopt;
  };
  Judged out;
  out.inputs.promises = promises;
  std::set<OrderId> orders;
  for (const RatedLine& l : lines) {
    const order::LineFacts& f = l.facts;
    if (const auto why = why_out(l)) {
      out.left_out.push_back({f.order, f.line, l.stars, *why});
      continue;
    }
    const Instant due_at = f.paid_at + kShipWithinMs;
    const bool ended = f.cancelled_at != 0 && f.cancelled_at <= due_at && f.shipped_at == 0;
    const bool on_time = f.shipped_at != 0 && f.shipped_at <= due_at;
    // Of an order that went back whole only its being late counts: giving back must raise nothing, and hide nothing.
    if ((f.shipped_at != 0 || now > due_at) && !ended && !(on_time && f.given_back()) &&
        orders.insert(f.order).second) {
      ++out.inputs.orders_due;
      out.inputs.orders_on_time += on_time ? 1 : 0;
    }
    if (f.shipped_qty > 0) {
      ++out.inputs.lines_left;
      out.inputs.lines_bad += f.refunded_fen > 0 || f.disputes > 0 ? 1 : 0;
    }
    if (f.given_back()) {
      out.left_out.push_back({f.order, f.line, l.stars, LeftOut::refunded});
    } else if (l.stars > 0) {
      ++out.inputs.reviews;
      out.inputs.stars += l.stars;
    }
  }
  std::sort(out.left_out.begin(), out.left_out.end(), [](const Judged::Out& a, const Judged::Out& b) {
    return std::pair(a.order, a.line) < std::pair(b.order, b.line);
  });
  return out;
}

}  // namespace lianbo::trust
