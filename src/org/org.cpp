#include "org/org.hpp"

#include <algorithm>
#include <array>

#include "base/csv.hpp"
#include "base/json.hpp"

namespace lianbo::org {
namespace {

struct StateName {
  AgentState state;
  std::string_view text;
  std::string_view chinese;
};
constexpr std::array<StateName, 5> kStates{{{AgentState::applied, "applied", "申请中"},
                                            {AgentState::training, "training", "培训中"},
                                            {AgentState::active, "active", "正常"},
                                            {AgentState::suspended, "suspended", "暂停"},
                                            {AgentState::left, "left", "离开"}}};
constexpr std::array<std::pair<std::string_view, AgentState>, 5> kOtherStateCells{{{"申请", AgentState::applied},
                                                                                   {"培训", AgentState::training},
                                                                                   {"激活", AgentState::active},
                                                                                   {"停用", AgentState::suspended},
                                                                                   {"退出", AgentState::left}}};

constexpr std::array<std::string_view, 3> kApplications{"open", "by_share", "closed"};
constexpr std::array<std::string_view, 2> kAdmissions{"automatic", "by_staff"};

constexpr std::array<std::pair<unsigned, std::string_view>, 4> kRoles{
    {{kOwner, "owner"}, {kOperator, "operator"}, {kFinance, "finance"}, {kAuditor, "auditor"}}};

// U+0000–U+001F, U+007F–U+009F: nothing that belongs into a name.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7f) return true;
    if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

Status check_days(std::int32_t days, std::int32_t min, bool zero, const char* field, const char* right) {
  if (days <= kMaxRuleDays && days >= min && (zero || days != 0)) return {};
  return fail(Code::invalid_field, std::string("must be ") + right + ", but is " + std::to_string(days), field);
}

}  // namespace

std::string_view state_text(AgentState state) { return kStates[static_cast<std::size_t>(state)].text; }

std::optional<AgentState> parse_state(std::string_view text) {
  for (const auto& s : kStates)
    if (s.text == text) return s.state;
  return std::nullopt;
}

std::optional<AgentState> parse_state_cell(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  for (const auto& s : kStates)
    if (s.text == small || s.chinese == small) return s.state;
  for (const auto& [name, state] : kOtherStateCells)
    if (name == small) return state;
  return std::nullopt;
}

bool state_can_become(AgentState from, AgentState to) {
  switch (from) {
    case AgentState::applied:
      return to == AgentState::training || to == AgentState::left;
    case AgentState::training:
      return to == AgentState::active || to == AgentState::left;
    case AgentState::active:
      return to == AgentState::suspended || to == AgentState::left;
    case AgentState::suspended:
      return to == AgentState::active || to == AgentState::left;
    case AgentState::left:
      return false;
  }
  return false;
}

std::string_view states_after(AgentState from) {
  switch (from) {
    case AgentState::applied:
      return "training, left";
    case AgentState::training:
      return "active, left";
    case AgentState::active:
      return "suspended, left";
    case AgentState::suspended:
      return "active, left";
    case AgentState::left:
      return "";
  }
  return "";
}

std::string_view applications_text(Applications a) { return kApplications[static_cast<std::size_t>(a)]; }
std::string_view admission_text(Admission a) { return kAdmissions[static_cast<std::size_t>(a)]; }
std::optional<Applications> parse_applications(std::string_view text) {
  for (std::size_t i = 0; i < kApplications.size(); ++i)
    if (kApplications[i] == text) return static_cast<Applications>(i);
  return std::nullopt;
}
std::optional<Admission> parse_admission(std::string_view text) {
  for (std::size_t i = 0; i < kAdmissions.size(); ++i)
    if (kAdmissions[i] == text) return static_cast<Admission>(i);
  return std::nullopt;
}

bool LockRules::same_rules(const LockRules& other) const {
  return validity_days == other.validity_days && protect_days == other.protect_days &&
         order_extends_days == other.order_extends_days && lock_agents == other.lock_agents &&
         self_purchase == other.self_purchase;
}

Status check_lock_rules(const LockRules& rules) {
  TRY_OK(check_days(rules.validity_days, -1, false, "/validity_days", "-1 (for ever) or 1 to 3650"));
  TRY_OK(check_days(rules.protect_days, -1, true, "/protect_days",
                    "-1 (never taken over while valid), 0 (taken over at once) or 1 to 3650"));
  return check_days(rules.order_extends_days, 0, true, "/order_extends_days", "0 to 3650");
}

std::optional<std::string> text_problem(std::string_view text, std::size_t min, std::size_t max) {
  if (!valid_utf8(text)) return "is not valid UTF-8";
  const std::size_t n = utf8_length(text);
  if (n < min)
    return n == 0 ? std::string("must not be empty") : "must have at least " + std::to_string(min) + " characters";
  if (n > max) return "must have at most " + std::to_string(max) + " characters, but has " + std::to_string(n);
  if (has_control(text)) return "must not hold control characters or line ends";
  return std::nullopt;
}

std::optional<std::string> phone_problem(std::string_view text) {
  if (auto problem = text_problem(text, 0, kMaxPhone)) return problem;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    digits += c >= '0' && c <= '9';
    const bool fits = (c >= '0' && c <= '9') || c == ' ' || c == '-' || c == '(' || c == ')' || (c == '+' && i == 0);
    if (!fits) return "must be a phone number: digits, spaces, - ( ) and a leading +";
  }
  if (!text.empty() && digits < 3) return "must be a phone number of at least 3 digits";
  return std::nullopt;
}

std::optional<std::string> region_problem(std::string_view text) {
  if (auto problem = text_problem(text, 0, kMaxRegion)) return problem;
  if (text.empty()) return std::nullopt;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('/', from), text.size());
    const std::string_view part = text.substr(from, end - from);
    if (part.empty() || csv_trim(part) != part)
      return "must be a name, or names joined by single / without blanks around them, like 华东/上海";
    from = end + 1;
  }
  return std::nullopt;
}

Status check_login(std::string_view login) {
  if (auto problem = text_problem(login, 2, kMaxLogin)) return fail(Code::invalid_field, *problem, "/login");
  if (csv_trim(login) != login || login.find(' ') != std::string_view::npos)
    return fail(Code::invalid_field, "must not hold spaces", "/login");
  for (const char c : login)
    if (c >= 'A' && c <= 'Z')
      return fail(Code::invalid_field, "must be in small letters: logins are the same in either case", "/login");
  return {};
}

Status check_password(std::string_view password) {
  const std::size_t n = utf8_length(password);
  if (n < kMinPassword || n > kMaxPassword)
    return fail(Code::invalid_field,
                "must have " + std::to_string(kMinPassword) + " to " + std::to_string(kMaxPassword) + " characters",
                "/password");
  return {};
}

Status check_currency(std::string_view code) {
  bool right = code.size() == 3;
  for (const char c : code) right = right && c >= 'A' && c <= 'Z';
  if (right) return {};
  return fail(Code::invalid_field, "must be an ISO 4217 code of three capital letters, like CNY", "/currency");
}

Status check_time_zone(std::string_view name) {
  bool right = !name.empty() && name.size() <= 64 && name.front() != '/' && name.find("..") == std::string_view::npos;
  for (const char c : name)
    right = right && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
                      c == '+' || c == '-' || c == '/');
  if (right) return {};
  return fail(Code::invalid_field, "must be the name of a time zone, like Asia/Shanghai", "/time_zone");
}

std::string mask_phone(std::string_view phone) {
  if (phone.empty()) return {};
  if (phone.size() < 8) return "****";
  return std::string(phone.substr(0, 3)) + "****" + std::string(phone.substr(phone.size() - 4));
}

std::vector<std::string_view> role_names(unsigned roles) {
  std::vector<std::string_view> out;
  for (const auto& [bit, name] : kRoles)
    if (roles & bit) out.push_back(name);
  return out;
}

std::optional<unsigned> parse_role(std::string_view name) {
  for (const auto& [bit, role] : kRoles)
    if (role == name) return bit;
  return std::nullopt;
}

}  // namespace lianbo::org
