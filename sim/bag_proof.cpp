#include "sim/bag_proof.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/shape.hpp"

namespace lianbo::sim {

bool draw_holds(const json::value& proof, std::string_view commitment) {
  if (!proof.is_object() || get_text(proof, "algorithm") != "lianbo-luckybag-1") return false;
  const std::string seed = get_text(proof, "seed");
  const std::string start = "lianbo-luckybag-1\n" + get_text(proof, "id") + "\n" + seed;
  if (seed.empty() || to_hex(sha256(start)) != commitment) return false;
  std::map<std::string, std::string> by_ticket;
  for (const auto& entrant : get_list(proof, "entrants")) {
    std::string name(entrant.as_string());
    std::string ticket = to_hex(sha256(start + "\n" + name));
    if (!by_ticket.emplace(std::move(ticket), std::move(name)).second) return false;  // named twice
  }
  const auto& winners = get_list(proof, "winners");
  const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(0, get_int(proof, "winners_wanted")));
  if (winners.size() != std::min(wanted, by_ticket.size())) return false;
  auto next = by_ticket.begin();
  return std::all_of(winners.begin(), winners.end(),
                     [&](const json::value& winner) { return (next++)->second == winner.as_string(); });
}

}  // namespace lianbo::sim
