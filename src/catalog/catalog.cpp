#include "catalog/catalog.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

namespace lianbo::catalog {
namespace {

// The character at text[i] of valid UTF-8, and how many bytes it has.
std::pair<std::uint32_t, std::size_t> character(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return i + k < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i + k]) & 0x3f) : 0u;
  };
  const auto c = static_cast<unsigned char>(text[i]);
  if (c < 0x80) return {c, 1};
  if (c < 0xe0) return {(c & 0x1fu) << 6 | byte(1), 2};
  if (c < 0xf0) return {(c & 0x0fu) << 12 | byte(1) << 6 | byte(2), 3};
  return {(c & 0x07u) << 18 | byte(1) << 12 | byte(2) << 6 | byte(3), 4};
}

bool line_end(std::uint32_t c) { return c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029; }

// Blanks of every kind, and control characters, which have no place in a text.
bool blank(std::uint32_t c) {
  return c <= 0x20 || (c >= 0x7f && c <= 0xa0) || c == 0x3000 || c == 0xfeff || line_end(c);
}

void append_utf8(std::string& out, std::uint32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | c >> 6);
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xe0 | c >> 12);
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | c >> 18);
    out += static_cast<char>(0x80 | (c >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (c >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
}

bool letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool opens_tag(std::string_view html, std::size_t i) {
  return html[i] == '<' && i + 1 < html.size() && (letter(html[i + 1]) || html[i + 1] == '/' || html[i + 1] == '!');
}

constexpr std::array<std::pair<std::string_view, std::uint32_t>, 27> kEntities{
    {{"amp", '&'},       {"lt", '<'},       {"gt", '>'},       {"quot", '"'},     {"apos", '\''},    {"nbsp", ' '},
     {"hellip", 0x2026}, {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201c},
     {"rdquo", 0x201d},  {"copy", 0xa9},    {"reg", 0xae},     {"trade", 0x2122}, {"middot", 0xb7},  {"bull", 0x2022},
     {"times", 0xd7},    {"deg", 0xb0},     {"euro", 0x20ac},  {"yen", 0xa5},     {"pound", 0xa3},   {"eacute", 0xe9},
     {"egrave", 0xe8},   {"agrave", 0xe0},  {"uuml", 0xfc}}};

// The entity at html[i] == '&': its character and length; none when it is not one we know.
std::optional<std::pair<std::uint32_t, std::size_t>> entity(std::string_view html, std::size_t i) {
  const std::size_t end = html.substr(0, std::min(html.size(), i + 12)).find(';', i);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view name = html.substr(i + 1, end - i - 1);
  if (name.size() >= 2 && name[0] == '#') {
    const bool hex = name[1] == 'x' || name[1] == 'X';
    std::uint32_t value = 0;
    if (name.size() == (hex ? 2u : 1u)) return std::nullopt;
    for (const char c : name.substr(hex ? 2 : 1)) {
      const char l = lower(c);
      std::uint32_t digit;
      if (c >= '0' && c <= '9')
        digit = static_cast<std::uint32_t>(c - '0');
      else if (hex && l >= 'a' && l <= 'f')
        digit = static_cast<std::uint32_t>(l - 'a' + 10);
      else
        return std::nullopt;
      value = value * (hex ? 16 : 10) + digit;
      if (value > 0x10ffff) return std::nullopt;
    }
    if (value >= 0xd800 && value <= 0xdfff) return std::nullopt;
    if (value == 0) value = ' ';
    return std::pair{value, end - i + 1};
  }
  for (const auto& [known, c] : kEntities)
    if (known == name) return std::pair{c, end - i + 1};
  return std::nullopt;
}

bool ends_line(std::string_view tag) {
  constexpr std::array<std::string_view, 24> kBlocks{
      "p",  "div", "br",         "li",  "ul", "ol", "tr", "table",   "h1",      "h2",     "h3",     "h4",
      "h5", "h6",  "blockquote", "pre", "hr", "dl", "dt", "section", "article", "header", "footer", "dd"};
  return std::find(kBlocks.begin(), kBlocks.end(), tag) != kBlocks.end();
}

// The end of the tag that begins at html[i]; quoted attribute values may hold '>'.
std::size_t end_of_tag(std::string_view html, std::size_t i) {
  char quote = 0;
  for (; i < html.size(); ++i) {
    const char c = html[i];
    if (quote) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return html.size();
}

// The position after `</name … >`, from i on; the end when it is never closed.
std::size_t after_closing(std::string_view html, std::size_t i, std::string_view name) {
  for (; i + 2 + name.size() <= html.size(); ++i) {
    if (html[i] != '<' || html[i + 1] != '/') continue;
    const std::string_view found = html.substr(i + 2, name.size());
    if (std::equal(found.begin(), found.end(), name.begin(), [](char a, char b) { return lower(a) == b; }))
      return end_of_tag(html, i);
  }
  return html.size();
}

}  // namespace

std::string canonical_line(std::string_view text) {
  std::string out;
  bool gap = false;
  for (std::size_t i = 0; i < text.size();) {
    const auto [c, bytes] = character(text, i);
    if (blank(c)) {
      gap = true;
    } else {
      if (gap && !out.empty()) out += ' ';
      gap = false;
      out += text.substr(i, bytes);
    }
    i += bytes;
  }
  return out;
}

std::string canonical_text(std::string_view text) {
  std::string out, line;
  bool gap = false;
  const auto end_line = [&] {
    const std::string canonical = canonical_line(line);
    line.clear();
    if (canonical.empty()) {
      gap = true;
      return;
    }
    if (!out.empty()) out += gap ? "\n\n" : "\n";
    gap = false;
    out += canonical;
  };
  for (std::size_t i = 0; i < text.size();) {
    const auto [c, bytes] = character(text, i);
    if (line_end(c)) {
      end_line();
      if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') ++i;
    } else {
      line += text.substr(i, bytes);
    }
    i += bytes;
  }
  end_line();
  return out;
}

std::string plain_text(std::string_view html) {
  bool tags = false;
  for (std::size_t i = 0; i < html.size() && !tags; ++i) tags = opens_tag(html, i);
  std::string out;
  for (std::size_t i = 0; i < html.size();) {
    const char c = html[i];
    if (c == '&') {
      if (const auto e = entity(html, i)) {
        append_utf8(out, e->first);
        i += e->second;
        continue;
      }
    } else if (tags && opens_tag(html, i)) {
      if (html.substr(i, 4) == "<!--") {
        const std::size_t end = html.find("-->", i + 4);
        i = end == std::string_view::npos ? html.size() : end + 3;
        continue;
      }
      std::string name;
      for (std::size_t k = i + (html[i + 1] == '/' ? 2 : 1); k < html.size() && name.size() < 16; ++k) {
        if (!letter(html[k]) && !(html[k] >= '0' && html[k] <= '9')) break;
        name += lower(html[k]);
      }
      const bool opening = html[i + 1] != '/';
      i = end_of_tag(html, i);
      if (opening && (name == "script" || name == "style")) i = after_closing(html, i, name);
      if (ends_line(name))
        out += '\n';
      else if (name == "td" || name == "th")
        out += ' ';
      continue;
    } else if (tags && (c == '\n' || c == '\r' || c == '\t')) {
      out += ' ';
      ++i;
      continue;
    }
    out += c;
    ++i;
  }
  return canonical_text(out);
}

std::string html_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '\n':
        out += "<br>";
        break;
      default:
        out += c;
    }
  }
  return out;
}

bool usable_image_url(std::string& url) {
  if (url.empty()) return true;
  if (url.substr(0, 2) == "//") url = "https:" + url;
  const std::string_view rest = url.substr(0, 8) == "https://"  ? std::string_view(url).substr(8)
                                : url.substr(0, 7) == "http://" ? std::string_view(url).substr(7)
                                                                : std::string_view();
  if (rest.empty() || rest.front() == '/' || rest.front() == '?' || rest.front() == '#') return false;
  return std::none_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '<' || c == '>' || c == '\\';
  });
}

}  // namespace lianbo::catalog
