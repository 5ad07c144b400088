// Whether a lucky bag was drawn as published: the algorithm "lianbo-luckybag-1", worked out again from what anybody may
// read of it, without the server's code. Pure.
#pragma once

#include <string_view>

#include "base/json.hpp"

namespace lianbo::sim {

// commitment: what the room was told when the bag opened. Seed, entrants and winners are those of the proof.
bool draw_holds(const json::value& proof, std::string_view commitment);

}  // namespace lianbo::sim
