#include "base/json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/stream_parser.hpp>
#include <cmath>
#include <cstdio>

namespace lianbo {
namespace {

// Boost.JSON keeps the last of two equal keys; a request that says a thing twice is refused instead. Walking the text
// a second time costs less than a microsecond for a body of ours.
class DuplicateKeys {
 public:
  explicit DuplicateKeys(std::string_view text) : text_(text) {}
  // Count of members written in the text; compared with the members that were kept.
  std::size_t members() const {
    std::size_t colons = 0;
    bool in_text = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const char c = text_[i];
      if (in_text) {
        if (c == '\\')
          ++i;
        else if (c == '"')
          in_text = false;
      } else if (c == '"') {
        in_text = true;
      } else if (c == ':') {
        ++colons;
      }
    }
    return colons;
  }

 private:
  std::string_view text_;
};

struct Kept {
  std::size_t members = 0;
  bool nul = false;      // a text with U+0000
  bool endless = false;  // a number too large for a double, which the parser makes an infinity
};
void look_through(const json::value& v, Kept& kept) {
  if (const auto* o = v.if_object()) {
    kept.members += o->size();
    for (const auto& member : *o) {
      kept.nul = kept.nul || member.key().find('\0') != json::string_view::npos;
      look_through(member.value(), kept);
    }
  } else if (const auto* a = v.if_array()) {
    for (const auto& item : *a) look_through(item, kept);
  } else if (const auto* s = v.if_string()) {
    kept.nul = kept.nul || s->find('\0') != json::string::npos;
  } else if (const auto* d = v.if_double()) {
    kept.endless = kept.endless || !std::isfinite(*d);
  }
}

}  // namespace

Result<json::value> parse_json(std::string_view text) {
  if (!valid_utf8(text)) return fail(Code::invalid_utf8, "the body has bytes that are not UTF-8");
  json::parse_options options;
  options.max_depth = 32;
  json::stream_parser parser({}, options);
  boost::system::error_code ec;
  const std::size_t used = parser.write_some(text.data(), text.size(), ec);
  if (!ec && used < text.size()) {
    std::size_t rest = used;
    while (rest < text.size() && (text[rest] == ' ' || text[rest] == '\n' || text[rest] == '\r' || text[rest] == '\t'))
      ++rest;
    if (rest < text.size())
      return fail(Code::malformed_json, "text after the end of the JSON value", "byte " + std::to_string(rest));
  }
  if (!ec) parser.finish(ec);
  if (ec) return fail(Code::malformed_json, ec.message(), "byte " + std::to_string(used));
  json::value value = parser.release();
  Kept kept;
  look_through(value, kept);
  if (kept.nul) return fail(Code::invalid_field, "a text holds the character U+0000");
  if (kept.endless) return fail(Code::invalid_field, "a number is beyond 1.8e308");
  if (kept.members != DuplicateKeys(text).members())
    return fail(Code::malformed_json, "an object has the same key twice");
  return value;
}

void append_json_text(std::string& out, std::string_view text) {
  out.push_back('"');
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(text.data() + from, i - from);
    from = i + 1;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\u%04x", c);
        out += escape;
      }
    }
  }
  out.append(text.data() + from, text.size() - from);
  out.push_back('"');
}

void JsonWriter::separate() {
  if (comma_) out_.push_back(',');
  comma_ = true;
}

JsonWriter& JsonWriter::open(char c) {
  separate();
  out_.push_back(c);
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char c) {
  out_.push_back(c);
  comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_.push_back('"');
  out_ += name;
  out_ += "\":";
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  append_json_text(out_, text);
  return *this;
}

JsonWriter& JsonWriter::value(bool b) { return raw(b ? "true" : "false"); }

JsonWriter& JsonWriter::value(double number) {
  char text[32];
  std::snprintf(text, sizeof text, "%.10g", number);
  return raw(text);
}

JsonWriter& JsonWriter::instant(Instant at) { return at == 0 ? null() : value(format_rfc3339(at)); }

JsonWriter& JsonWriter::raw(std::string_view json_text) {
  separate();
  out_ += json_text;
  return *this;
}

bool valid_utf8(std::string_view s) {
  std::size_t i = 0;
  while (i < s.size()) {
    const auto c = static_cast<unsigned char>(s[i]);
    if (c < 0x80) {
      ++i;
      continue;
    }
    int more;
    std::uint32_t code;
    if (c >= 0xc2 && c <= 0xdf) {
      more = 1;
      code = c & 0x1fu;
    } else if (c >= 0xe0 && c <= 0xef) {
      more = 2;
      code = c & 0x0fu;
    } else if (c >= 0xf0 && c <= 0xf4) {
      more = 3;
      code = c & 0x07u;
    } else {
      return false;
    }
    if (s.size() - i <= static_cast<std::size_t>(more)) return false;
    for (int k = 1; k <= more; ++k) {
      const auto d = static_cast<unsigned char>(s[i + static_cast<std::size_t>(k)]);
      if ((d & 0xc0) != 0x80) return false;
      code = code << 6 | (d & 0x3fu);
    }
    if ((more == 2 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) ||
        (more == 3 && (code < 0x10000 || code > 0x10ffff)))
      return false;
    i += static_cast<std::size_t>(more) + 1;
  }
  return true;
}

std::size_t utf8_length(std::string_view text) {
  std::size_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  return n;
}

}  // namespace lianbo
