#include "sim/bag_proof.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/crypto.hpp"

namespace lianbo::sim {
namespace {

const std::string kSeed(64, 'a');

std::string commitment_of(const std::string& seed) { return to_hex(sha256("lianbo-luckybag-1\nbag\n" + seed)); }

std::vector<std::string> drawn(std::vector<std::string> entrants) {
  const auto ticket = [](const std::string& e) {
    return to_hex(sha256("lianbo-luckybag-1\nbag\n" + kSeed + "\n" + e));
  };
  std::sort(entrants.begin(), entrants.end(), [&](const auto& a, const auto& b) { return ticket(a) < ticket(b); });
  return entrants;
}

json::value proof_of(const std::vector<std::string>& entrants, const std::vector<std::string>& winners, int wanted,
                     const std::string& seed = kSeed) {
  JsonWriter w;
  w.begin().field("algorithm", "lianbo-luckybag-1").field("id", "bag").field("seed", seed);
  w.field("winners_wanted", wanted).key("entrants").begin_list();
  for (const auto& e : entrants) w.value(e);
  w.end_list().key("winners").begin_list();
  for (const auto& e : winners) w.value(e);
  w.end_list().end();
  return *parse_json(w.text());
}

TEST(BagProof, HoldsOnlyForTheEntrantsWithTheSmallestTickets) {
  const std::vector<std::string> entrants = {"p1", "p2", "p3", "p4"};
  const auto order = drawn(entrants);
  const std::string commitment = commitment_of(kSeed);
  EXPECT_TRUE(draw_holds(proof_of(entrants, {order[0], order[1]}, 2), commitment));
  EXPECT_TRUE(draw_holds(proof_of(entrants, order, 9), commitment)) << "fewer entrants than prizes: all win";
  EXPECT_TRUE(draw_holds(proof_of({}, {}, 2), commitment)) << "nobody entered";
  EXPECT_FALSE(draw_holds(proof_of(entrants, {order[1], order[0]}, 2), commitment)) << "in another order";
  EXPECT_FALSE(draw_holds(proof_of(entrants, {order[0], order[2]}, 2), commitment)) << "somebody else wins";
  EXPECT_FALSE(draw_holds(proof_of(entrants, {order[0]}, 2), commitment)) << "one prize is missing";
  EXPECT_FALSE(draw_holds(proof_of({"p1", "p1"}, {"p1"}, 1), commitment)) << "one entered twice";
  EXPECT_FALSE(draw_holds(proof_of(entrants, {order[0]}, 1), commitment_of(std::string(64, 'b')))) << "another seed";
  EXPECT_FALSE(draw_holds(proof_of(entrants, {order[0]}, 1, ""), commitment)) << "the seed is not told";
}

}  // namespace
}  // namespace lianbo::sim
