// The figures of a brand, from the rows: what a sale day came to. Every number is computed when asked, none is kept.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::insight {

struct Report {
  std::int64_t agents = 0, broadcasts = 0, pins = 0, exposures = 0, enters = 0, chat_lines = 0, likes = 0;
  std::int64_t shares = 0, touches = 0, locks_opened = 0, locks_renewed = 0, locks_taken_over = 0, locks_protected = 0;
  std::int64_t share_cascades = 0;     // root shares somebody opened
  std::int64_t cascade_depth_max = 0;  // steps from a root to the deepest share somebody opened
  std::int64_t orders_placed = 0, orders_paid = 0, orders_cancelled = 0, refunds = 0;
  Fen gmv_fen = 0;       // of paid orders
  Fen refunded_fen = 0;  // of their lines
  Fen commission_pending_fen = 0, commission_available_fen = 0, commission_settled_fen = 0, commission_paid_fen = 0;
  Fen debt_fen = 0;
  std::int64_t oversold_units = 0;  // Σ over SKUs of what orders hold beyond what was received
  Fen ledger_difference_fen = 0;    // |Σ of all postings| + Σ |of each transaction|
  struct Hour {
    Instant at = 0;
    std::int64_t orders = 0;
    Fen gmv_fen = 0;
  };
  std::vector<Hour> hours;  // of payment, UTC hours, at most 2,000
  struct Host {
    AgentId agent;
    std::string name;
    std::int64_t orders = 0;
    Fen gmv_fen = 0;
  };
  std::vector<Host> top_hosts;  // 10, by paid amount
};
Result<Report> report_of(db::Tx& tx, BrandId brand);
std::string report_json(const Report& report);

struct InsightDeps {
  db::Database* db = nullptr;
};
// GET …/report, POST …/verify, and those of figures.hpp
net::Routes insight_routes(const InsightDeps& deps);

}  // namespace lianbo::insight
