// verify: recomputes everything that must agree, from the rows, and says what differs (SPEC 8).
//
// Checks, each named in the answer: stock (the law of SPEC 4, and reserved and sold against the orders), offers (prices
// against campaigns and flash prices, their units, coupons out and used, discounts, draws), ledger (each
// transaction sums to 0, agents' accounts have an agent), entries (against plan, net and attribution, line by line;
// states against settlements and freeze), accounts (ledger against entries, settlements and debts), orders (states
// against payments and instants, sums against lines, refunds against after-sales and late payments, attribution against
// the lock's history), money (the brand's own accounts in the ledger against orders, entries and refunds), rollup
// (brand = Σ stores = Σ lines), figures (each roll-up of figures.hpp, with what waits, against the rows), locks (each
// lock = the fold of its touches and orders), pins (at most one open, none overlapping), shares (parents, roots,
// depths), promotions (the law of each budget, charges against clicks, clicks against the time on air, the wallets
// against the ledger).
// Reads one snapshot; changes nothing; may run beside a busy server.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/money.hpp"
#include "db/db.hpp"

namespace lianbo::insight {

struct Check {
  std::string name;
  std::int64_t looked_at = 0;
  std::int64_t wrong = 0;
  std::vector<std::string> differences;  // the first 20, in words
};
struct VerifyReport {
  std::vector<Check> checks;
  bool ok() const;
};
// Of every brand, or of one: then only its rows are counted and only what differs in them is told. buckets: of the
// database (server_facts).
Result<VerifyReport> verify(db::Database& db, BrandId only = {});
std::string verify_json(const VerifyReport& report);
std::string verify_text(const VerifyReport& report);

}  // namespace lianbo::insight
