// What people want: how a visitor behaves in a room, who sees a share and opens it, who passes it on, how a buyer pays
// and what becomes of the order afterwards. Decisions only; the day carries them out against the server and tells the
// outcome. Pure functions of the stream that is handed in; Cascades keeps who is active in what. One thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.hpp"
#include "base/money.hpp"
#include "sim/graph.hpp"
#include "sim/random_streams.hpp"

namespace lianbo::sim {

// ---- in the room
struct Stay {
  int minutes = 1;
  int chat_minute = -1;  // minute of the stay at which they do it; −1: they don't
  int like_minute = -1;
  int click_minute = -1;
  int cart_minute = -1;
  int buy_minute = -1;
  bool on_to_another = false;  // goes on to another room afterwards
};
// chance_to_buy: orders per viewer of this room, already with what a friend's word adds.
Stay plan_stay(Stream& stream, double chance_to_buy);

struct WantedLine {
  std::size_t sku = 0;  // an index into the offers
  std::int64_t qty = 1;
};
// What goes into an order: mostly one line, sometimes two units, sometimes a second line. `first` is the offer the
// buyer came for.
std::vector<WantedLine> plan_order(Stream& stream, std::size_t first, std::size_t offers);

// ---- after the order
enum class Paying { at_once, soon, late, never, cancels, after_release };
struct PaymentPlan {
  Paying how = Paying::at_once;
  int after_minutes = 0;
};
PaymentPlan plan_payment(Stream& stream);

struct AfterSalePlan {
  int after_days_tenths = 0;  // from receipt, in tenths of a day; within the seven days
  bool returns_goods = false;
  bool withdraws = false;
  int parts = 1;      // asked for in so many parts
  bool whole = true;  // everything that was paid; else about half
};
struct Aftermath {
  int ship_hours = 12;           // from payment
  int receive_days_tenths = 30;  // from shipping
  bool confirms = true;          // else it counts as received by itself after some days
};
Aftermath plan_aftermath(Stream& stream);
// About 30 % of live-sold lines come back, in whole or in part.
bool comes_back(Stream& stream);
AfterSalePlan plan_after_sale(Stream& stream);
// Splits an amount into so many parts that add up to it, each at least one fen.
std::vector<Fen> split_amount(Stream& stream, Fen total_fen, int parts);

// ---- shares
enum class ShareChannel { dm, group, moments };
struct Opening {
  std::int32_t person = 0;
  DurationMs after_ms = 0;
};
// Who opens a share of this person, and when: some see it, of those some open it, each edge with a delay of its own.
std::vector<Opening> plan_openings(Stream& stream, const Graph& graph, int sharer, ShareChannel channel);
ShareChannel plan_channel(Stream& stream);

// Who is active in what (a broadcast with its shares is one thing).
class Cascades {
 public:
  explicit Cascades(const Graph& graph) : graph_(graph) {}
  void set_active(int thing, int person) { active_[thing].insert(person); }
  int active_friends(int thing, int person) const;
  // Somebody was shown the thing; at_least: friends known to be active because the share came from one.
  bool passes_on(Stream& stream, int thing, int person, int at_least) const;

 private:
  const Graph& graph_;
  std::unordered_map<int, std::unordered_set<int>> active_;
};

}  // namespace lianbo::sim
