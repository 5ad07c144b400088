#include "base/json.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lianbo {
namespace {

using namespace std::string_literals;

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(Json, reads_what_is_right) {
  for (const std::string& text :
       std::vector<std::string>{"{}", "[]", "null", "0", " {\"a\": [1, -2, 3.5e2, \"\\u4f60好\", true, null]} \r\n\t",
                                nested(32), R"({"a":1,"b":{"a":1}})", R"({"a":"x:y","b":"\":","c":"\\"})"}) {
    const auto value = parse_json(text);
    EXPECT_TRUE(value) << text << " " << (value ? "" : value.error().text());
  }
}

TEST(Json, refuses_what_is_wrong_and_says_where) {
  struct Row {
    std::string text;
    Code code;
  };
  for (const Row& row : std::vector<Row>{
           {"", Code::malformed_json},
           {"   ", Code::malformed_json},
           {"{", Code::malformed_json},
           {"[1e400]", Code::invalid_field},
           {"{\"a\":1,}", Code::malformed_json},
           {"{a:1}", Code::malformed_json},
           {"'a'", Code::malformed_json},
           {"[1] 2", Code::malformed_json},
           {"{}x", Code::malformed_json},
           {"{}{}", Code::malformed_json},
           {"01", Code::malformed_json},
           {"NaN", Code::malformed_json},
           {"\"tab\tinside\"", Code::malformed_json},
           {"\"\\ud800\"", Code::malformed_json},
           {"// no\n1", Code::malformed_json},
           {nested(33), Code::malformed_json},
           {nested(100000), Code::malformed_json},
           {"{\"a\":1,\"a\":2}", Code::malformed_json},
           {"{\"a\":1,\"\\u0061\":2}", Code::malformed_json},  // the same key, written in another way
           {"{\"x\":{\"a\":1,\"b\":2,\"a\":3}}", Code::malformed_json},
           {"[{\"a\":1},{\"b\":1,\"b\":1}]", Code::malformed_json},
           {"\"a\\u0000b\"", Code::invalid_field},
           {"{\"a\\u0000\":1}", Code::invalid_field},
           {"\"\xff\"", Code::invalid_utf8},
           {"\"\xc3\"", Code::invalid_utf8},
           {"\"\xc0\xaf\"", Code::invalid_utf8},
           {"\"\xed\xa0\x80\"", Code::invalid_utf8},
           {"\"\xf4\x90\x80\x80\"", Code::invalid_utf8},
           {"\xef\xbb\xbf{}", Code::malformed_json},  // a byte order mark is not JSON
           {"{}\0"s, Code::malformed_json},
       }) {
    const auto value = parse_json(row.text);
    ASSERT_FALSE(value) << row.text.substr(0, 40);
    EXPECT_EQ(value.error().code, row.code) << row.text.substr(0, 40) << ": " << value.error().text();
    EXPECT_FALSE(value.error().detail.empty());
  }
  EXPECT_EQ(parse_json("[1] 2").error().where, "byte 4");
}

TEST(Json, the_writer_escapes_texts_and_minds_the_commas) {
  JsonWriter w;
  w.begin().field("text", "a\"b\\c\nd\re\tf\x01g\x1f 好/").field("n", -5).field("yes", true).field("no", false);
  w.field("none", std::optional<int>()).field("some", std::optional<int>(3)).field("id", OrderId{}).key("list");
  w.begin_list().value(1).value("x").begin().end().begin_list().end_list().null().end_list();
  w.field_at("never", 0).field_at("at", 1).end();
  EXPECT_EQ(
      w.take(),
      R"({"text":"a\"b\\c\nd\re\tf\u0001g\u001f 好/","n":-5,"yes":true,"no":false,"none":null,"some":3,"id":null,)"
      R"("list":[1,"x",{},[],null],"never":null,"at":"1970-01-01T00:00:00.001Z"})");
}

TEST(Json, every_text_that_was_written_reads_back) {
  EXPECT_TRUE(rc::check("texts", [] {
    std::string text;
    for (const auto c : *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::oneOf(
             rc::gen::inRange<std::uint32_t>(1, 128), rc::gen::inRange<std::uint32_t>(0x4e00, 0x9fff)))) {
      if (c < 128) {
        text += static_cast<char>(c);
      } else {
        text += static_cast<char>(0xe0 | c >> 12);
        text += static_cast<char>(0x80 | (c >> 6 & 0x3f));
        text += static_cast<char>(0x80 | (c & 0x3f));
      }
    }
    JsonWriter w;
    w.begin_list().value(text).end_list();
    const auto back = parse_json(w.text());
    RC_ASSERT(back.has_value());
    RC_ASSERT(std::string(back->as_array().at(0).as_string()) == text);
  }));
}

TEST(Json, no_bytes_at_all_break_the_reader) {
  EXPECT_TRUE(rc::check("any bytes", [] {
    const auto pieces = *rc::gen::container<std::vector<std::string>>(rc::gen::element(
        "{"s, "}"s, "["s, "]"s, "\""s, ":"s, ","s, "\\"s, "a"s, "1"s, "-"s, "e"s, "\\u0000"s, "\xff"s, "你"s, "\0"s));
    std::string text;
    for (const auto& piece : pieces) text += piece;
    const auto value = parse_json(text);
    if (!value) RC_ASSERT(!value.error().detail.empty());
  }));
}

TEST(Json, code_points_are_counted_not_bytes) {
  EXPECT_EQ(utf8_length(""), 0u);
  EXPECT_EQ(utf8_length("abc"), 3u);
  EXPECT_EQ(utf8_length("面膜"), 2u);
  EXPECT_EQ(utf8_length("a😀"), 2u);
}

}  // namespace
}  // namespace lianbo
