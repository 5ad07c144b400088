// Names, places and titles of simulated people and rooms, in Chinese, as such a shop has them. All from the stream that
// is handed in. No real person or company is meant.
#pragma once

#include <string>
#include <vector>

#include "sim/random_streams.hpp"

namespace lianbo::sim {

struct Address {
  std::string name, phone, region, detail;
};

std::string person_name(Stream& stream);
std::string region_name(Stream& stream);  // "华东"
Address address_of(Stream& stream, const std::string& name);
std::string broadcast_title(Stream& stream, const std::string& host, const std::string& product);
std::string refund_reason(Stream& stream);

struct NewAgent {
  std::string code, name, phone, region, level, parent;  // parent: a code, "" for the brand's own
};
// A network of `count` agents: a few at the top, each later one recruited by somebody before them.
std::vector<NewAgent> make_agents(int count, std::uint64_t seed);
// As the brand brings it in.
std::string agents_csv(const std::vector<NewAgent>& agents);

}  // namespace lianbo::sim
