// One trial: a brand's days made from a seed, on a server that breaks, and an auditor that knows the laws.
//
// The workload is a list of small intents (a touch, an order, a refund, a settlement, a clock that jumps); each is
// asked until it is answered, under one Idempotency-Key. Around them the seed decides what breaks: a statement, a
// commit, the process before or after a commit, a payment notice that comes twice, late or never by itself.
//
// The auditor keeps what was answered and nothing else, and looks it all up through the API: no answered thing is
// missing or has gone backwards, a repeated request has the same answer, units, fen and entries add up by formulas of
// its own, the rail's money is the orders' money; and `verify` finds nothing. A seed always makes the same trial.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "trials/trial_server.hpp"

namespace lianbo::trials {

struct TrialOptions {
  std::uint64_t seed = 1;
  std::string db_url;
  int steps = 150;
  bool faults = true;
  bool tell = false;  // each step on stderr
};
struct TrialReport {
  std::string broken_law;  // "": every law held
  std::int64_t asked = 0, refused = 0, broke = 0, repeated = 0;
  int deaths = 0, orders = 0, paid = 0, refunded = 0, settled = 0;
  std::string trace;  // SHA-256 over every step and its outcome: equal for the same seed
};
TrialReport run_trial(const TrialOptions& options);

}  // namespace lianbo::trials
