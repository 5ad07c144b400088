#include "base/csv.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/json.hpp"
#include "support/source_dir.hpp"

namespace lianbo {
namespace {

using namespace std::string_literals;

std::string gzip(std::string_view text) {
  z_stream s{};
  EXPECT_EQ(deflateInit2(&s, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&s, text.size()) + 64, '\0');
  s.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  s.avail_in = static_cast<uInt>(text.size());
  s.next_out = reinterpret_cast<Bytef*>(out.data());
  s.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&s, Z_FINISH), Z_STREAM_END);
  out.resize(s.total_out);
  deflateEnd(&s);
  return out;
}

std::string utf16(std::u16string_view text, bool little) {
  std::string out = little ? "\xff\xfe"s : "\xfe\xff"s;
  for (const char16_t c : text) {
    const char low = static_cast<char>(c & 0xff), high = static_cast<char>(c >> 8);
    out += little ? std::string{low, high} : std::string{high, low};
  }
  return out;
}

using Cells = std::vector<std::string>;

TEST(Csv, reads_quotes_line_ends_and_blank_lines_and_keeps_the_lines_of_the_file) {
  const auto csv = read_csv("\xef\xbb\xbf name ,price\r\n\r\n\"a \"\"b\"\",\r\nc\",12\n\n,\n\"\",x\nlast,");
  ASSERT_TRUE(csv) << csv.error().text();
  EXPECT_EQ(csv->header.line, 1);
  EXPECT_EQ(csv->header.cells, (Cells{"name", "price"}));
  ASSERT_EQ(csv->rows.size(), 4u);
  EXPECT_EQ(csv->rows[0].cells, (Cells{"a \"b\",\r\nc", "12"}));
  EXPECT_EQ(csv->rows[0].line, 3);
  EXPECT_EQ(csv->rows[1].cells, (Cells{"", ""}));
  EXPECT_EQ(csv->rows[1].line, 6);
  EXPECT_EQ(csv->rows[2].cells, (Cells{"", "x"}));
  EXPECT_EQ(csv->rows[3].cells, (Cells{"last", ""}));
  EXPECT_EQ(csv->rows[3].line, 8);
}

TEST(Csv, tells_comma_from_tab_by_the_first_line_that_has_one) {
  EXPECT_EQ(read_csv("a\tb,c\td\n1\t2\t3\n")->header.cells, (Cells{"a", "b,c", "d"}));
  EXPECT_EQ(read_csv("a,b\tc,d\n")->header.cells, (Cells{"a", "b\tc", "d"}));
  EXPECT_EQ(read_csv("\"a\tb\tc\",d\n")->delimiter, ',');
  EXPECT_EQ(read_csv("one\n1\n")->delimiter, ',');
  EXPECT_EQ(read_csv("\n\na\tb\n")->delimiter, '\t');
  EXPECT_EQ(read_csv("version 1.00\na\tb\n")->delimiter, '\t');
  EXPECT_EQ(read_csv("tags\na;b\n")->rows[0].cells, (Cells{"a;b"}));
}

TEST(Csv, finds_columns_by_any_of_their_names) {
  const auto csv = read_csv("Code,姓名,code\n1,2,3\n");
  EXPECT_EQ(csv->column("CODE"), 0);
  EXPECT_EQ(csv->column({"name", "姓名"}), 1);
  EXPECT_EQ(csv->column("phone"), -1);
  EXPECT_EQ(csv->columns_named({"code"}), 2);
  EXPECT_EQ(Csv::cell(csv->rows[0], 1), "2");
  EXPECT_EQ(Csv::cell(csv->rows[0], 7), "");
  EXPECT_EQ(Csv::cell(csv->rows[0], -1), "");
}

TEST(Csv, reads_gzip_of_one_and_of_several_members) {
  const auto one = read_csv(gzip("a,b\n1,2\n"));
  ASSERT_TRUE(one) << one.error().text();
  EXPECT_TRUE(one->gzipped);
  EXPECT_EQ(one->rows[0].cells, (Cells{"1", "2"}));
  const auto two = read_csv(gzip("a,b\n1,2\n") + gzip("3,4\n"));
  ASSERT_TRUE(two) << two.error().text();
  EXPECT_EQ(two->rows.size(), 2u);
}

TEST(Csv, reads_utf16_of_both_orders) {
  for (const bool little : {true, false}) {
    const auto csv = read_csv(utf16(u"编号\t姓名\r\nA1\t张😀\r\n", little));
    ASSERT_TRUE(csv) << csv.error().text();
    EXPECT_EQ(csv->encoding, little ? "UTF-16LE" : "UTF-16BE");
    EXPECT_EQ(csv->header.cells, (Cells{"编号", "姓名"}));
    EXPECT_EQ(csv->rows[0].cells, (Cells{"A1", "张😀"}));
  }
}

struct Bad {
  const char* name;
  std::string bytes;
  Code code;
  std::string where;
  std::string says;
};

TEST(Csv, refuses_each_kind_of_bad_file_with_its_place_and_what_would_be_right) {
  const std::string gz = gzip("a,b\n1,2\n");
  std::string damaged = gz;
  damaged[damaged.size() - 6] ^= 0x55;  // of the checksum
  const Bad cases[] = {
      {"empty", "", Code::csv_invalid, "line 1", "empty"},
      {"blank lines only", "\n\r\n", Code::csv_invalid, "line 1", "empty"},
      {"BOM only", "\xef\xbb\xbf", Code::csv_invalid, "line 1", "empty"},
      {"semicolons", "a;b\n1;2\n", Code::csv_invalid, "line 1", "commas or tabs"},
      {"never closed", "a,b\n1,\"2\n3,4\n", Code::csv_invalid, "line 2, column 2", "never closed"},
      {"after the quote", "a,b\n\"x\ny\"z,2\n", Code::csv_invalid, "line 2, column 1", "twice"},
      {"quote inside", "a,b\n1,5\" pipe\n", Code::csv_invalid, "line 2, column 2", "twice"},
      {"lone CR", "a,b\r1,2\r", Code::csv_invalid, "line 1, column 2", "CRLF or LF"},
      {"bad byte", "a,b\n张,x\xffy\n", Code::invalid_utf8, "line 2, column 4", "0xff"},
      {"overlong", "a\n\xc0\xaf\n", Code::invalid_utf8, "line 2, column 1", "0xc0"},
      {"surrogate in UTF-8", "a\n\xed\xa0\x80\n", Code::invalid_utf8, "line 2, column 1", "0xed"},
      {"cut character", "a\nx\xe5\xbc", Code::invalid_utf8, "line 2, column 2", "UTF-8"},
      {"GBK", "a,b\n\xd5\xc5\xc8\xfd,1\n", Code::invalid_utf8, "line 2, column 1", "GBK"},
      {"NUL", "a,b\n1,\0\n"s, Code::invalid_utf8, "line 2, column 3", "NUL"},
      {"UTF-16 without BOM", "a\0,\0b\0"s, Code::invalid_utf8, "line 1, column 2", "UTF-16 without a BOM"},
      {"UTF-32", "\xff\xfe\0\0a\0\0\0"s, Code::invalid_utf8, "line 1, column 1", "UTF-32"},
      {"odd UTF-16", utf16(u"a,b\n1,2", true) + "x", Code::invalid_utf8, "line 2, column 4", "odd number"},
      {"lone surrogate", utf16(u"a\n1", true) + "\x00\xd8"s + "x\0"s, Code::invalid_utf8, "line 2, column 2",
       "surrogate"},
      {"NUL in UTF-16", utf16(u"a\n", true) + "\0\0"s, Code::invalid_utf8, "line 2, column 1", "U+0000"},
      {"workbook", "PK\x03\x04 etc", Code::unsupported_media_type, "", "Excel"},
      {"old workbook", "\xd0\xcf\x11\xe0\xa1\xb1", Code::unsupported_media_type, "", "Excel"},
      {"gzip cut off", gz.substr(0, gz.size() - 3), Code::csv_invalid, "", "cut off"},
      {"gzip cut off early", gz.substr(0, 5), Code::csv_invalid, "", "cut off"},
      {"gzip damaged", damaged, Code::csv_invalid, "", "damaged"},
      {"gzip and rubbish", gz + "rubbish", Code::csv_invalid, "", "damaged"},
  };
  for (const auto& c : cases) {
    const auto csv = read_csv(c.bytes);
    ASSERT_FALSE(csv) << c.name;
    EXPECT_EQ(csv.error().code, c.code) << c.name << ": " << csv.error().text();
    EXPECT_EQ(csv.error().where, c.where) << c.name << ": " << csv.error().text();
    EXPECT_NE(csv.error().detail.find(c.says), std::string::npos) << c.name << ": " << csv.error().text();
  }
}

TEST(Csv, every_limit_has_its_error_and_what_fits_exactly_is_taken) {
  const std::string text = "a,b\n12345,2\n3,4\n";
  const CsvLimits fits{.file_bytes = text.size(), .rows = 3, .columns = 2, .cell_bytes = 5};
  EXPECT_TRUE(read_csv(text, fits));
  const auto with = [&](auto change) {
    CsvLimits limits = fits;
    change(limits);
    const auto csv = read_csv(text, limits);
    return csv ? "taken" : csv.error().text();
  };
  EXPECT_EQ(with([](CsvLimits& l) { --l.file_bytes; }),
            "body_too_large: the file is larger than 15 bytes; split the file");
  EXPECT_EQ(with([](CsvLimits& l) { --l.rows; }), "csv_invalid: more than 2 rows; split the file (at line 3)");
  EXPECT_EQ(with([](CsvLimits& l) { --l.columns; }), "csv_invalid: more than 1 columns (at line 1)");
  EXPECT_EQ(with([](CsvLimits& l) { --l.cell_bytes; }),
            "csv_invalid: a cell of more than 4 bytes (at line 2, column 1)");
}

TEST(Csv, a_gzip_bomb_ends_at_the_limit) {
  const std::string bomb = gzip(std::string(20u << 20, 'x'));
  EXPECT_LT(bomb.size(), 1u << 16);
  const auto csv = read_csv(bomb, {.file_bytes = 1u << 20});
  ASSERT_FALSE(csv);
  EXPECT_EQ(csv.error().code, Code::body_too_large);
  EXPECT_EQ(gunzip(bomb, 20u << 20)->size(), 20u << 20);
}

TEST(Csv, writing_guards_texts_that_a_spreadsheet_would_run) {
  CsvWriter w;
  w.row({"=1+1", "+86 138", "-5", "@x", "\tx", "'=x", "it's", "plain, with \"quotes\""});
  w.cell(std::int64_t{-5}).cell("").end_row();
  EXPECT_EQ(w.text(),
            "'=1+1,'+86 138,'-5,'@x,\"'\tx\",''=x,it's,\"plain, with \"\"quotes\"\"\"\r\n"
            "-5,\r\n");
}

TEST(Csv, errors_of_a_file_are_counted_and_kept_up_to_a_bound) {
  CsvErrors none;
  EXPECT_TRUE(none.status());
  CsvErrors one;
  one.add(3, "price", "is negative");
  EXPECT_EQ(one.status().error().text(), "csv_invalid: is negative (at line 3, column price)");
  CsvErrors many;
  for (int i = 1; i <= 250; ++i) many.add(i, "c", "bad");
  const Error e = many.status().error();
  EXPECT_EQ(e.detail, "250 errors; the first: bad");
  ASSERT_EQ(e.more.size(), CsvErrors::kMax + 1);
  EXPECT_EQ(e.more[99], "line 100, column c: bad");
  EXPECT_NE(e.more.back().find("150 more"), std::string::npos);
  CsvErrors ragged;
  ragged.add_ragged(*read_csv("a,b\n1\n1,2\n1,2,3\n"));
  EXPECT_EQ(ragged.total(), 2u);
}

rc::Gen<std::string> any_cell() {
  return rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
      {{5, rc::gen::inRange<char>('a', 'z')}, {5, rc::gen::elementOf(std::string("\",;\t\r\n'=+-@ \x01\x1f"))}}));
}

TEST(CsvProperty, reading_what_was_written_gives_the_same_cells) {
  EXPECT_TRUE(rc::check("round trip", [] {
    const char delimiter = *rc::gen::element(',', '\t');
    const auto width = *rc::gen::inRange<std::size_t>(1, 5);
    auto rows = *rc::gen::container<std::vector<Cells>>(rc::gen::container<Cells>(
        width, rc::gen::oneOf(any_cell(), rc::gen::element<std::string>("", "张三😀", "\xef\xbb\xbfx"))));
    CsvWriter w(delimiter);
    Cells header(width, "column");
    w.row(header);
    for (const auto& row : rows) w.row(row);
    std::string file = w.take();
    if (*rc::gen::arbitrary<bool>()) file = gzip(file);
    const auto csv = read_csv(file);
    RC_ASSERT(csv.has_value());
    RC_ASSERT(csv->header.cells == header);
    RC_ASSERT(csv->rows.size() == rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) RC_ASSERT(csv->rows[i].cells == rows[i]);
  }));
}

TEST(CsvProperty, unguard_is_the_inverse_of_guard_and_nothing_guarded_starts_a_formula) {
  EXPECT_TRUE(rc::check("guard", [] {
    const std::string cell = *any_cell();
    const std::string guarded = csv_guard(cell);
    RC_ASSERT(csv_unguard(guarded) == cell);
    RC_ASSERT(guarded.empty() || std::string("=+-@\t\r").find(guarded[0]) == std::string::npos);
  }));
}

TEST(CsvProperty, any_bytes_are_read_or_refused_and_what_is_read_is_valid_utf8) {
  EXPECT_TRUE(rc::check("any bytes", [] {
    const auto bytes = *rc::gen::oneOf(rc::gen::container<std::string>(rc::gen::arbitrary<char>()), any_cell());
    const auto csv = read_csv(bytes);
    if (!csv) {
      RC_ASSERT(!csv.error().detail.empty());
      return;
    }
    for (const auto& row : csv->rows)
      for (const auto& cell : row.cells) RC_ASSERT(valid_utf8(cell));
  }));
}

TEST(CsvFiles, real_exports_are_read) {
  const std::filesystem::path data = test::source_dir().parent_path() / "shared/data";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << "no shared/data beside the project";
  const auto load = [&](const char* name) {
    std::ifstream in(data / name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  const auto uci = read_csv(load("open/uci_online_retail_catalog.csv.gz"));
  ASSERT_TRUE(uci) << uci.error().text();
  EXPECT_EQ(uci->rows.size(), 4070u);
  const auto taobao = read_csv(load("local/SYNTHETIC_taobao_assistant_utf16le.csv"));
  ASSERT_TRUE(taobao) << taobao.error().text();
  EXPECT_EQ(taobao->encoding, "UTF-16LE");
  EXPECT_EQ(taobao->delimiter, '\t');
  for (const char* name :
       {"local/shopify_apparel.csv", "local/shopify_jewelery.csv", "local/woocommerce_sample_products.csv"}) {
    const auto csv = read_csv(load(name));
    ASSERT_TRUE(csv) << name << ": " << csv.error().text();
    CsvErrors ragged;
    ragged.add_ragged(*csv);
    EXPECT_TRUE(ragged.empty()) << name << ": " << ragged.status().error().text();
  }
}

}  // namespace
}  // namespace lianbo
