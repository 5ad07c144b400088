#include "base/shape.hpp"

#include <gtest/gtest.h>

namespace lianbo {
namespace {

using namespace shape;

Shape order_like() {
  return {id("store_id"),
          list("lines", {id("sku_id"), integer("qty", 1, 9999), opt(price("price_fen"))}, 1, 3),
          opt(text("note", 1, 5)),
          nullable(instant("at")),
          opt(choice("kind", {"dm", "group"})),
          opt(boolean("flag")),
          opt(number("rate")),
          opt(bp("host_bp")),
          opt(list_of("tags", text("", 1, 4), 0, 2)),
          opt(object("address", {opt(text("name", 0, 10))})),
          opt(any("extra"))};
}

constexpr const char* kId = "0000000000001";

Status check(std::string text) {
  for (std::size_t at; (at = text.find("ID")) != std::string::npos;)
    text.replace(at, 2, "\"" + std::string(kId) + "\"");
  return check_shape(parse_json(text).value(), order_like());
}

TEST(Shape, a_right_body_passes) {
  for (const char* text : {
           R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}]})",
           R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":9999,"price_fen":0}],"note":"一二三四五","at":null})",
           R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"at":"2026-11-11T12:00:00Z","kind":"dm","flag":false,
               "rate":1.5,"host_bp":10000,"tags":["a","面膜面膜"],"address":{},"extra":[{"x":null}]})",
       })
    EXPECT_TRUE(check(text)) << text << "\n" << check(text).error().text();
}

TEST(Shape, what_is_wrong_is_told_with_its_pointer) {
  struct Row {
    const char* text;
    Code code;
    const char* where;
  };
  for (const Row& row : std::vector<Row>{
           {R"([])", Code::invalid_field, ""},
           {R"({})", Code::missing_field, "/store_id"},
           {R"({"store_id":ID})", Code::missing_field, "/lines"},
           {R"({"store_id":"x","lines":[]})", Code::invalid_field, "/store_id"},
           {R"({"store_id":7,"lines":[]})", Code::invalid_field, "/store_id"},
           {R"({"store_id":null,"lines":[]})", Code::invalid_field, "/store_id"},
           {R"({"store_id":ID,"lines":[]})", Code::invalid_field, "/lines"},
           {R"({"store_id":ID,"lines":{}})", Code::invalid_field, "/lines"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":0}]})", Code::invalid_field, "/lines/0/qty"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1},{"sku_id":ID,"qty":10000}]})", Code::invalid_field,
            "/lines/1/qty"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1.0}]})", Code::invalid_field, "/lines/0/qty"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":"1"}]})", Code::invalid_field, "/lines/0/qty"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":18446744073709551615}]})", Code::invalid_field,
            "/lines/0/qty"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1,"price_fen":-1}]})", Code::invalid_field,
            "/lines/0/price_fen"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1,"price":1}]})", Code::unknown_field, "/lines/0/price"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"a/b~c":1})", Code::unknown_field, "/a~1b~0c"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"note":""})", Code::invalid_field, "/note"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"note":"一二三四五六"})", Code::invalid_field, "/note"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"note":null})", Code::invalid_field, "/note"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"at":"today"})", Code::invalid_field, "/at"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"kind":"fax"})", Code::invalid_field, "/kind"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"flag":1})", Code::invalid_field, "/flag"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"rate":"1"})", Code::invalid_field, "/rate"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"host_bp":10001})", Code::invalid_field, "/host_bp"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"tags":["a","b","c"]})", Code::invalid_field, "/tags"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"tags":["a",1]})", Code::invalid_field, "/tags/1"},
           {R"({"store_id":ID,"lines":[{"sku_id":ID,"qty":1}],"address":{"city":""}})", Code::unknown_field,
            "/address/city"},
       }) {
    const auto status = check(row.text);
    ASSERT_FALSE(status) << row.text;
    EXPECT_EQ(status.error().code, row.code) << row.text;
    EXPECT_EQ(status.error().where, row.where) << row.text;
    EXPECT_FALSE(status.error().detail.empty());
  }
}

TEST(Shape, the_place_of_a_long_unknown_field_is_cut_between_characters) {
  std::string name = "x";
  for (int i = 0; i < 40; ++i) name += "面";
  const auto status = check_shape(parse_json("{\"" + name + "\":1}").value(), {});
  ASSERT_FALSE(status);
  EXPECT_TRUE(valid_utf8(status.error().where)) << status.error().where;
}

TEST(Shape, the_schema_is_json_and_names_what_must_be_there) {
  const auto schema = parse_json(json_schema(order_like()));
  ASSERT_TRUE(schema) << schema.error().text();
  const auto& object = schema->as_object();
  EXPECT_EQ(object.at("additionalProperties"), json::value(false));
  EXPECT_EQ(object.at("required"), (json::value{"store_id", "lines"}));
  const auto& fields = object.at("properties").as_object();
  EXPECT_EQ(fields.size(), order_like().size());
  const auto& line = fields.at("lines").as_object().at("items").as_object();
  EXPECT_EQ(line.at("required"), (json::value{"sku_id", "qty"}));
  EXPECT_EQ(fields.at("at").as_object().at("type"), (json::value{"string", "null"}));
}

TEST(Shape, reading_falls_back_when_a_member_is_absent_or_null) {
  const auto body =
      parse_json(R"({"a":"x","n":5,"yes":true,"none":null,"list":[1],"o":{"k":1},"id":")" + std::string(kId) + R"("})")
          .value();
  EXPECT_EQ(get_text(body, "a"), "x");
  EXPECT_EQ(get_text(body, "none", "d"), "d");
  EXPECT_EQ(get_text(body, "absent", "d"), "d");
  EXPECT_EQ(get_int(body, "n"), 5);
  EXPECT_EQ(get_int(body, "absent", 9), 9);
  EXPECT_TRUE(get_bool(body, "yes"));
  EXPECT_TRUE(has(body, "a"));
  EXPECT_FALSE(has(body, "none"));
  EXPECT_EQ(get_list(body, "list").size(), 1u);
  EXPECT_TRUE(get_list(body, "absent").empty());
  EXPECT_TRUE(get_object(body, "absent").as_object().empty());
  EXPECT_EQ(get_id<SkuId>(body, "id"), SkuId{1});
  EXPECT_EQ(get_id<SkuId>(body, "absent"), SkuId{});
}

}  // namespace
}  // namespace lianbo
