#include "base/settings.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>

namespace lianbo {
namespace {

std::string env_name(std::string_view name) {
  std::string out = "LIANBO_";
  for (const char c : name) out += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t' || s.front() == '\r')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r')) s.remove_suffix(1);
  return s;
}

Status set_int(std::int64_t& out, std::string_view name, std::string_view value, std::int64_t min, std::int64_t max) {
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
  if (ec != std::errc{} || end != value.data() + value.size() || n < min || n > max)
    return fail(Code::invalid_field,
                std::string(name) + " = \"" + std::string(value) + "\" must be a whole number from " +
                    std::to_string(min) + " to " + std::to_string(max),
                std::string(name));
  out = n;
  return {};
}

}  // namespace

const std::vector<SettingInfo>& all_settings() {
  static const std::vector<SettingInfo> list = {
#define X(field, name, def, min, max, doc) {name, env_name(name), std::to_string(def), doc, true, min, max},
      LIANBO_INT_SETTINGS(X)
#undef X
#define X(field, name, def, doc) {name, env_name(name), def, doc, false, 0, 0},
          LIANBO_TEXT_SETTINGS(X)
#undef X
  };
  return list;
}

Status Settings::set(std::string_view name, std::string_view value) {
#define X(field, key, def, min, max, doc) \
  if (name == key) return set_int(field, name, value, min, max);
  LIANBO_INT_SETTINGS(X)
#undef X
#define X(field, key, def, doc) \
  if (name == key) {            \
    field = std::string(value); \
    return {};                  \
  }
  LIANBO_TEXT_SETTINGS(X)
#undef X
  return fail(Code::unknown_field, "there is no setting \"" + std::string(name) + "\"; docs/settings.md lists them all",
              std::string(name));
}

std::string setting_text(const Settings& settings, std::string_view name) {
#define X(field, key, def, min, max, doc) \
  if (name == key) return std::to_string(settings.field);
  LIANBO_INT_SETTINGS(X)
#undef X
#define X(field, key, def, doc) \
  if (name == key) return settings.field;
  LIANBO_TEXT_SETTINGS(X)
#undef X
  return {};
}

std::vector<std::string> apply_settings_text(Settings& settings, std::string_view text, const std::string& file) {
  std::vector<std::string> errors;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto at = line.find('=');
    const std::string place = file + " line " + std::to_string(number) + ": ";
    if (at == std::string_view::npos) {
      errors.push_back(place + "expected name = value");
      continue;
    }
    std::string_view value = trim(line.substr(at + 1));
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
    if (const auto ok = settings.set(trim(line.substr(0, at)), value); !ok) errors.push_back(place + ok.error().detail);
  }
  return errors;
}

Result<Settings> load_settings(const std::string& file) {
  Settings settings;
  std::vector<std::string> errors;
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    std::string text;
    char part[4096];
    while (in.read(part, sizeof part), in.gcount() > 0) text.append(part, static_cast<std::size_t>(in.gcount()));
    if (!in.eof()) return fail(Code::io_failed, "the settings file " + file + " can't be read", file);
    errors = apply_settings_text(settings, text, file);
  }
  for (const auto& s : all_settings())
    if (const char* value = std::getenv(s.env.c_str()))
      if (const auto ok = settings.set(s.name, value); !ok) errors.push_back(s.env + ": " + ok.error().detail);
  if (!errors.empty()) {
    Error e{Code::invalid_field, errors.size() == 1 ? "a setting is wrong" : "settings are wrong", file,
            std::move(errors)};
    return fail(std::move(e));
  }
  return settings;
}

}  // namespace lianbo
