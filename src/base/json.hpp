// JSON in and out. Reading is Boost.JSON with our limits; writing is by hand, straight into a string, because an
// answer is built once and never looked at again.
#pragma once

#include <boost/json/value.hpp>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.hpp"
#include "base/result.hpp"

namespace lianbo {

namespace json = boost::json;

// Strict: valid UTF-8, one value, at most 32 levels deep, no duplicate keys, no NUL in a text. The error's place is
// the byte offset.
Result<json::value> parse_json(std::string_view text);

// Writes one JSON value. Commas are its business; keys are literals of ours and are not escaped.
//   JsonWriter w;
//   w.begin().field("id", order.id).field("paid_fen", 1200).key("lines").begin_list(); … w.end_list().end();
class JsonWriter {
 public:
  JsonWriter() { out_.reserve(256); }

  JsonWriter& begin() { return open('{'); }
  JsonWriter& end() { return close('}'); }
  JsonWriter& begin_list() { return open('['); }
  JsonWriter& end_list() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(bool b);
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  JsonWriter& value(T number) {
    return raw(std::to_string(number));
  }
  JsonWriter& value(double number);  // never money
  JsonWriter& null() { return raw("null"); }
  template <class Tag>
  JsonWriter& value(Id<Tag> id) {
    return id ? value(id.text()) : null();
  }
  template <class T>
  JsonWriter& value(const std::optional<T>& v) {
    return v ? value(*v) : null();
  }
  JsonWriter& instant(Instant at);              // RFC 3339; 0 is null
  JsonWriter& raw(std::string_view json_text);  // already encoded

  template <class T>
  JsonWriter& field(std::string_view name, const T& v) {
    return key(name).value(v);
  }
  JsonWriter& field_at(std::string_view name, Instant at) { return key(name).instant(at); }

  std::string take() { return std::move(out_); }
  const std::string& text() const { return out_; }

 private:
  JsonWriter& open(char c);
  JsonWriter& close(char c);
  void separate();

  std::string out_;
  bool comma_ = false;
};

void append_json_text(std::string& out, std::string_view text);  // quoted and escaped

bool valid_utf8(std::string_view text);
std::size_t utf8_length(std::string_view text);  // code points of valid UTF-8

}  // namespace lianbo
