#include "org/agents_csv.hpp"

#include <algorithm>
#include <initializer_list>

namespace lianbo::org {
namespace {

enum ColumnKind : std::size_t { kCode, kName, kPhone, kRegion, kLevel, kParent, kState, kStore, kColumns };

struct ColumnNames {
  std::string_view name;     // in errors
  std::string_view chinese;  // beside it
  std::initializer_list<std::string_view> all;
};
const ColumnNames kNames[kColumns] = {
    {"code", "编号", {"code", "编号", "代理编号"}},
    {"name", "姓名", {"name", "姓名", "名称"}},
    {"phone", "手机", {"phone", "手机", "手机号", "电话"}},
    {"region", "地区", {"region", "地区", "区域"}},
    {"level", "级别", {"level", "级别", "等级"}},
    {"parent", "上级", {"parent", "上级", "上级编号"}},
    {"state", "状态", {"state", "状态"}},
    {"store", "店铺", {"store", "店铺", "店铺名称"}},
};

constexpr CsvLimits kLimits{.file_bytes = 64u << 20, .rows = kMaxAgentsOfBrand + 1, .columns = 64, .cell_bytes = 4096};

std::string quoted(std::string_view text) {
  std::size_t n = std::min<std::size_t>(text.size(), 64);
  while (n > 0 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xc0) == 0x80) --n;  // not half a character
  return "\"" + std::string(text.substr(0, n)) + "\"";
}

std::size_t kind_of(std::string_view header) {
  std::string small(header);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (std::size_t kind = 0; kind < kColumns; ++kind)
    if (std::find(kNames[kind].all.begin(), kNames[kind].all.end(), small) != kNames[kind].all.end()) return kind;
  return kColumns;
}

// Finds every column once; what is missing, there twice or unknown is an error of the whole file, all told together.
Status find_columns(const Csv& csv, int (&columns)[kColumns]) {
  std::fill(std::begin(columns), std::end(columns), -1);
  CsvErrors errors;
  for (int i = 0; i < static_cast<int>(csv.header.cells.size()); ++i) {
    const std::string_view cell = Csv::cell(csv.header, i);
    const std::size_t kind = kind_of(cell);
    if (kind == kColumns)
      errors.add(
          csv.header.line, csv.column_name(i),
          "unknown column " + quoted(cell) +
              "; known are code, name, phone, region, level, parent, state, store (编号, 姓名, 手机, 地区, 级别, 上级, "
              "状态, 店铺)");
    else if (columns[kind] >= 0)
      errors.add(csv.header.line, cell, "the column " + std::string(kNames[kind].name) + " is there more than once");
    else
      columns[kind] = i;
  }
  for (const auto kind : {kCode, kName})
    if (columns[kind] < 0)
      errors.add(
          csv.header.line, kNames[kind].name,
          "the column " + std::string(kNames[kind].name) + " (" + std::string(kNames[kind].chinese) + ") is missing");
  return errors.status();
}

class RowReader {
 public:
  RowReader(const int (&columns)[kColumns], std::vector<CellError>& errors) : columns_(columns), errors_(errors) {}

  AgentRow read(const CsvRow& row) {
    row_ = &row;
    AgentRow out;
    out.line = row.line;
    out.code = *text(kCode, 1, kMaxCode);
    out.name = *text(kName, 1, kMaxName);
    out.phone = cell(kPhone);
    if (out.phone)
      if (auto problem = phone_problem(*out.phone)) bad(kPhone, *problem);
    out.region = cell(kRegion);
    if (out.region)
      if (auto problem = region_problem(*out.region)) bad(kRegion, *problem);
    out.level = text(kLevel, 0, kMaxLevel);
    out.parent = text(kParent, 0, kMaxCode);
    if (out.parent && !out.parent->empty() && *out.parent == out.code)
      bad(kParent, "an agent can't be their own parent");
    out.store = text(kStore, 0, kMaxName);
    if (out.store && out.store->empty()) out.store.reset();
    if (const auto state = cell(kState); state && !state->empty()) {
      out.state = parse_state_cell(*state);
      if (!out.state) bad(kState, quoted(*state) + " is no state; use applied, training, active, suspended or left");
    }
    return out;
  }

 private:
  std::optional<std::string> cell(ColumnKind kind) const {
    if (columns_[kind] < 0) return std::nullopt;
    return std::string(csv_trim(Csv::cell(*row_, columns_[kind])));
  }
  std::optional<std::string> text(ColumnKind kind, std::size_t min, std::size_t max) {
    auto out = cell(kind);
    if (out)
      if (auto problem = text_problem(*out, min, max)) bad(kind, *problem);
    return out;
  }
  void bad(ColumnKind kind, std::string what) {
    errors_.push_back({row_->line, std::string(kNames[kind].name), std::move(what)});
  }

  const int (&columns_)[kColumns];
  std::vector<CellError>& errors_;
  const CsvRow* row_ = nullptr;
};

// Walks from each row of the file to its ancestors. Every circle is told once, at its first line: a circle must go
// through a row of the file, because what is known has none.
void find_circles(const AgentsFile& file, const KnownAgents& known,
                  const std::unordered_map<std::string_view, const AgentRow*>& in_file,
                  std::vector<CellError>& errors) {
  const auto parent_of = [&](std::string_view code) -> std::string_view {
    const auto row = in_file.find(code);
    if (row != in_file.end() && row->second->parent) return *row->second->parent;
    const auto old = known.find(std::string(code));
    return old == known.end() ? std::string_view{} : std::string_view(old->second.parent);
  };
  std::unordered_map<std::string_view, std::size_t> seen;  // code → the walk that came by first
  for (std::size_t walk = 0; walk < file.rows.size(); ++walk) {
    std::vector<std::string_view> path;
    std::string_view at = file.rows[walk].code;
    while (!at.empty() && seen.try_emplace(at, walk).second) {
      path.push_back(at);
      at = parent_of(at);
    }
    if (at.empty() || seen.at(at) != walk) continue;
    // `at` was met on this very walk: the circle is the path from there.
    const auto from = std::find(path.begin(), path.end(), at);
    if (path.end() - from < 2) continue;  // their own parent: told as such already
    const AgentRow* first = nullptr;
    std::string chain;
    std::size_t shown = 0;
    for (auto it = from; it != path.end(); ++it) {
      const auto row = in_file.find(*it);
      if (row != in_file.end() && row->second->parent && (!first || row->second->line < first->line))
        first = row->second;
      if (++shown <= 8) chain += std::string(*it) + " → ";
      if (shown == 9) chain += "… → ";
    }
    if (!first) continue;
    errors.push_back({first->line, "parent", "these parents go round in a circle: " + chain + std::string(at)});
  }
}

}  // namespace

Result<AgentsFile> read_agents(std::string_view file_bytes) {
  TRY(const Csv csv, read_csv(file_bytes, kLimits));
  int columns[kColumns];
  TRY_OK(find_columns(csv, columns));
  if (csv.rows.empty())
    return fail(Code::csv_invalid, "no rows: the file has a header and nothing else", csv_place(csv.header.line));
  AgentsFile out;
  out.rows.reserve(csv.rows.size());
  RowReader reader(columns, out.errors);
  const std::size_t width = csv.header.cells.size();
  for (const auto& row : csv.rows) {
    if (row.cells.size() != width) {
      out.errors.push_back(
          {row.line, "",
           "the row has " + std::to_string(row.cells.size()) + " cells, the header has " + std::to_string(width)});
      // What it means can't be told cell by cell, but its code is known to the other rows.
      AgentRow broken;
      broken.line = row.line;
      broken.code = std::string(csv_trim(Csv::cell(row, columns[kCode])));
      out.rows.push_back(std::move(broken));
      continue;
    }
    out.rows.push_back(reader.read(row));
  }
  return out;
}

Status check_agents(const AgentsFile& file, const KnownAgents& known) {
  std::vector<CellError> errors = file.errors;
  std::unordered_map<std::string_view, const AgentRow*> in_file;
  in_file.reserve(file.rows.size());
  std::size_t added = 0;
  for (const auto& row : file.rows) {
    if (row.code.empty()) continue;
    const auto [first, fresh] = in_file.try_emplace(row.code, &row);
    if (!fresh)
      errors.push_back(
          {row.line, "code", quoted(row.code) + " is in line " + std::to_string(first->second->line) + " already"});
    added += fresh && !known.contains(row.code);
  }
  for (const auto& row : file.rows) {
    if (row.parent && !row.parent->empty() && *row.parent != row.code && !in_file.contains(*row.parent) &&
        !known.contains(*row.parent))
      errors.push_back({row.line, "parent",
                        "no agent has the code " + quoted(*row.parent) + ", neither in this file nor before it"});
    const auto old = known.find(row.code);
    if (row.state && old != known.end() && *row.state != old->second.state &&
        !state_can_become(old->second.state, *row.state)) {
      const std::string_view after = states_after(old->second.state);
      errors.push_back({row.line, "state",
                        "the agent is " + std::string(state_text(old->second.state)) + " and can't become " +
                            std::string(state_text(*row.state)) +
                            (after.empty() ? "; who has left stays so" : ", only " + std::string(after))});
    }
  }
  find_circles(file, known, in_file, errors);
  if (known.size() + added > kMaxAgentsOfBrand)
    errors.push_back({1, "", "the brand would have more than " + std::to_string(kMaxAgentsOfBrand) + " agents"});

  std::stable_sort(errors.begin(), errors.end(),
                   [](const CellError& a, const CellError& b) { return a.line < b.line; });
  CsvErrors out;
  for (const auto& e : errors) out.add(e.line, e.column, e.what);
  return out.status();
}

Result<std::vector<AgentRow>> parse_agents(std::string_view file_bytes, const KnownAgents& known) {
  TRY(AgentsFile file, read_agents(file_bytes));
  TRY_OK(check_agents(file, known));
  return std::move(file.rows);
}

}  // namespace lianbo::org
