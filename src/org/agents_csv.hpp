// The existing network of a brand, from a CSV file (SPEC 3): 10,000 rows, parents before or after, all or nothing.
//
// Columns by name, in any order, in English or Chinese: code 编号, name 姓名 (both needed), phone 手机, region 地区,
// level 级别, parent 上级 (the parent's code), state 状态, store 店铺. A column that is not there leaves what is known;
// an unknown column is an error, because it may be one of these mistyped. Every bad cell is found in one go. Pure: text
// and what is known of the brand's agents in, rows or errors out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/csv.hpp"
#include "org/org.hpp"

namespace lianbo::org {

inline constexpr std::size_t kMaxAgentsOfBrand = 200'000;

struct AgentRow {
  std::int64_t line = 0;
  std::string code, name;
  // Nothing: the file has no such column.
  std::optional<std::string> phone, region, level;
  std::optional<std::string> parent;  // a code; "": none
  std::optional<AgentState> state;    // nothing also for an empty cell
  std::optional<std::string> store;   // nothing also for an empty cell
};

struct KnownAgent {
  std::string parent;  // its code; "": none
  AgentState state = AgentState::active;
};
using KnownAgents = std::unordered_map<std::string, KnownAgent>;  // by code

struct CellError {
  std::int64_t line;
  std::string column;
  std::string what;
};

// The rows as the file has them, and the errors that can be seen without knowing the brand's agents.
struct AgentsFile {
  std::vector<AgentRow> rows;
  std::vector<CellError> errors;
};
// An error only for what makes the file unreadable as a whole: encoding, quotes, header, no rows.
Result<AgentsFile> read_agents(std::string_view file_bytes);
// Adds what is wrong in the light of known: parents, circles, states. Ok when there is no error at all; else
// csv_invalid with every place (the first 100, and how many there are).
Status check_agents(const AgentsFile& file, const KnownAgents& known);

// Both.
Result<std::vector<AgentRow>> parse_agents(std::string_view file_bytes, const KnownAgents& known);

}  // namespace lianbo::org
