// Figures: what happened at a brand, counted once and kept in sums (SPEC 13): exposures → enters → clicks → orders →
// paid → net, by day, region, agent, broadcast, pin and share; GMV by minute; the spread of a product over rooms; who
// came back within seven days. What each figure counts stands in docs/decisions/0040-figures.md.
//
// - A fact is a row of `tallies`, written in its own transaction (live/tally.hpp). fold_tallies takes rows out and adds
//   each to every scope it belongs to, in one transaction: a fact is counted once, and every roll-up adds up to the
//   same, by construction. verify compares the sums with the rows they came from.
// - A fact counts at its own instant: an order on the day it was placed, its payment when it was paid, a refund when
//   the money had gone. Days are those of the brand's zone.
// - Region and agent are what the store's agent is now.
// Threads: any. Errors: not_found, invalid_field.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::insight {

struct Figures {
  std::int64_t exposures = 0, enters = 0, clicks = 0, touches = 0, orders = 0, paid_orders = 0, units = 0;
  Fen paid_fen = 0, refunded_fen = 0;

  Fen net_fen() const { return paid_fen - refunded_fen; }
  Figures& operator+=(const Figures& other);
  friend bool operator==(const Figures&, const Figures&) = default;
};

// Counts what waits, at most `limit` facts; how many there were. Safe to run from several servers at once.
Result<int> fold_tallies(db::Database& db, const Call& call, int limit);

// A span of days: [from, until).
struct Span {
  Instant from = 0, until = 0;
};
// ?from and ?to, days of the brand's zone, both included; without them the seven days up to today. At most 400.
Result<Span> span_of(const net::Request& request, std::string_view zone, Instant now);

struct FigureRow {
  std::int64_t id = 0;  // of what the row is about; 0: none (the region's name tells)
  std::string name, note;
  Figures figures;
};
enum class By { region, agent, broadcast };
struct FigureWish {
  Span span;
  By by = By::region;
  std::optional<std::string> region;  // only agents of this very one, as a row by region is
  AgentId agent;                      // only this one's
  PersonId staff;                     // whose regions limit what is told (Caller::scope); none: the whole brand
};
Figures total_of(db::Tx& tx, BrandId brand, const FigureWish& wish);
// By net of refunds, the largest first; after: the id of the last row seen.
std::vector<FigureRow> rows_of(db::Tx& tx, BrandId brand, const FigureWish& wish, std::int64_t after, int limit);

struct DayRow {
  Instant day = 0;
  Figures figures;
};
std::vector<DayRow> days_of(db::Tx& tx, BrandId brand, const FigureWish& wish);
// Minutes in which something happened.
std::vector<DayRow> minutes_of(db::Tx& tx, BrandId brand, const Span& span);

// One link of a cascade: what it brought by itself, and what it and everything shared on from it brought.
struct ShareNode {
  BrandId brand;
  ShareId id, parent, root;
  std::string kind, channel, sharer, product, host;  // sharer: an agent's name, or a buyer's, masked
  AgentId agent;                                     // the sharer as agent
  StoreId store;
  BroadcastId broadcast;
  ProductId product_id;
  int depth = 0;
  Instant created_at = 0;
  std::int64_t visitors = 0;  // people who opened it
  std::int64_t children = 0;  // links made by who came through it
  Figures figures;
  std::int64_t size = 0;  // links in its subtree, itself included, as far as 10,000
  int deepest = 0;        // steps from it to the deepest of them
  Figures subtree;
};
Result<ShareNode> share_node(db::Tx& tx, ShareId id);
std::vector<ShareNode> share_children(db::Tx& tx, ShareId parent, ShareId after, int limit);
// Roots whose cascades brought most in these days.
std::vector<ShareNode> top_cascades(db::Tx& tx, BrandId brand, const Span& span, int limit);

// What each pin of a broadcast brought; id 0: while none was open. Their sum is the broadcast's.
struct PinRow {
  PinId pin;
  ProductId product;
  std::string title;
  Instant opened_at = 0, closed_at = 0;
  std::int64_t media_open_ms = 0;
  Figures figures;
};
std::vector<PinRow> pins_of(db::Tx& tx, BrandId brand, BroadcastId broadcast, int limit);

// All that a broadcast brought so far.
Figures broadcast_figures(db::Tx& tx, BrandId brand, BroadcastId broadcast);

// One product over the rooms (and stores outside of rooms) since an instant, the most units first; staff as above.
struct SpreadRow {
  BroadcastId broadcast;  // none: in the store, outside of rooms
  StoreId store;
  AgentId agent;
  std::string title, host, region;
  Figures figures;
};
struct Spread {
  std::int64_t rooms = 0;
  Figures total;
  std::vector<SpreadRow> rows;
};
Spread spread_of(db::Tx& tx, BrandId brand, ProductId product, Instant since, PersonId staff, int limit);

// Of the people first seen on a day, how many were seen again on one of the seven days after it.
struct Cohort {
  Instant day = 0;
  std::int64_t people = 0, returned = 0;
};
std::vector<Cohort> cohorts_of(db::Tx& tx, BrandId brand, const Span& span);

net::Routes figure_routes(db::Database* db);

}  // namespace lianbo::insight
