// A brand's figures by region (SPEC 3, 13): what each group of stores came to, in numbers that add up to the brand's.
//
// A figure stands with the region its store is in now; commission with the store it was earned in, whoever earned it;
// debt with the agent who owes it. Who is in no region has a row of its own (""), so nothing is left out: the sum of
// the rows is `report_of` of the whole brand, to the fen. Computed from the rows when asked, like all figures.
#pragma once

#include <string>
#include <vector>

#include "base/call.hpp"
#include "base/money.hpp"
#include "db/db.hpp"
#include "net/route.hpp"

namespace lianbo::insight {

struct RegionFigures {
  std::string region;  // "": none
  std::int64_t agents = 0, active = 0;
  std::int64_t broadcasts = 0, enters = 0;
  std::int64_t orders_placed = 0, orders_paid = 0, orders_cancelled = 0;
  Fen gmv_fen = 0, refunded_fen = 0;
  Fen commission_fen = 0;  // of all states, corrections included
  Fen debt_fen = 0;

  void add(const RegionFigures& other);  // all but the name
};
std::vector<RegionFigures> figures_by_region(db::Tx& tx, BrandId brand);  // by name
// GET …/report/regions?depth=N: names cut to so many parts (1: "华东/上海" counts in "华东").

net::Route region_report_route();

}  // namespace lianbo::insight
