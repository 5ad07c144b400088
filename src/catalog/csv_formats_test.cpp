#include "catalog/csv_formats.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json.hpp"
#include "catalog/catalog_test_support.hpp"

namespace lianbo::catalog {
namespace {

CatalogFile parsed(std::string_view text, const CatalogOptions& options = {}) {
  auto file = parse_catalog(text, options);
  EXPECT_TRUE(file) << file.error().text();
  return file ? *std::move(file) : CatalogFile{};
}

const std::string kOwn =
    "product_code,title,category,description,image_url,on_sale,no_return,sku_code,sku_title,price,stock\n";
const std::string kShopify =
    "Handle,Title,Body (HTML),Type,Tags,Published,Option1 Name,Option1 Value,Option2 Value,Variant SKU,Variant "
    "Inventory "
    "Qty,Variant Price,Image Src,Status\n";
const std::string kWoo =
    "ID,Type,SKU,Name,Published,Short description,Description,Date sale price ends,In stock?,Stock,Sale price,Regular "
    "price,Categories,Tags,Images,Parent,Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)\n";

TEST(CatalogFormats, lianbo_rows_of_one_code_are_one_product) {
  const auto file =
      parsed(kOwn +
                 "tea,\"Green, tea\",food,\"two\nlines\",https://a.example/t.jpg,true,false,tea-50,50 g,12.5,7\n"
                 "tea,,,,,,,tea-100,100 g,20,\n"
                 "cup,杯子,,,,否,是,,,3.00,1\n",
             {.default_stock = 9});
  ASSERT_EQ(file.products.size(), 2u);
  EXPECT_EQ(file.format, CatalogFormat::lianbo);
  const CatalogProduct tea{"tea",
                           "Green, tea",
                           "food",
                           "two\nlines",
                           "https://a.example/t.jpg",
                           true,
                           false,
                           {{"tea-50", "50 g", 1250, 7, 0}, {"tea-100", "100 g", 2000, 9, 0}},
                           0,
                           false};
  EXPECT_EQ(file.products[0], tea);
  const CatalogProduct cup{"cup", "杯子", "", "", "", false, true, {{"cup", "", 300, 1, 0}}, 0, false};
  EXPECT_EQ(file.products[1], cup);
}

TEST(CatalogFormats, shopify_classic_groups_variants_and_skips_image_rows) {
  const auto file = parsed(
      kShopify +
      "shirt,Shirt,<p>Soft</p>,Clothes,\"new, no-return\",true,Color,Red,L,,3,50,https://a.example/1.jpg,active\n"
      "shirt,,,,,,,Blue,L,S-BL,-2,55.5,https://a.example/2.jpg,\n"
      "shirt,,,,,,,,,,,,https://a.example/3.jpg,\n"
      "belt,Belt,,,,true,Title,Default Title,,,,9.99,,draft\n");
  ASSERT_EQ(file.products.size(), 2u);
  const CatalogProduct shirt{"shirt",
                             "Shirt",
                             "Clothes",
                             "Soft",
                             "https://a.example/1.jpg",
                             true,
                             true,
                             {{"shirt/Red / L", "Red / L", 5000, 3, 0}, {"S-BL", "Blue / L", 5550, 0, 0}},
                             0,
                             false};
  EXPECT_EQ(file.products[0], shirt);
  const CatalogProduct belt{"belt", "Belt", "", "", "", false, false, {{"belt", "", 999, 0, 0}}, 0, false};
  EXPECT_EQ(file.products[1], belt);
  ASSERT_EQ(file.notes.size(), 1u);
  EXPECT_EQ(file.notes[0], "line 3: a stock of \"-2\" is read as 0");
}

TEST(CatalogFormats, shopify_new_headers_need_only_a_title) {
  const auto file = parsed(
      "Title,URL handle,Description,SKU,Price,Compare-at price,Inventory quantity,Published on online store,Option1 "
      "name,Option1 value\n"
      "Mug,mug,<b>big</b>,M-1,12.00,15,4,TRUE,Color,White\n"
      ",mug,,M-2,13,,5,,,Black\n"
      "Red Shirt (L),,,,20,,,,,\n"
      "茶杯,,,,20,,,,,\n"
      "Unpriced,,,,,,,,,\n");
  ASSERT_EQ(file.products.size(), 4u);
  EXPECT_EQ(file.format, CatalogFormat::shopify);
  const CatalogProduct mug{
      "mug", "Mug", "", "big", "", true, false, {{"M-1", "White", 1200, 4, 0}, {"M-2", "Black", 1300, 5, 0}}, 0, false};
  EXPECT_EQ(file.products[0], mug);
  EXPECT_EQ(file.products[1].code, "red-shirt-l");
  EXPECT_EQ(file.products[2].code.substr(0, 2), "p-");
  EXPECT_EQ(file.products[2].code, parsed("Title,URL handle,Price\n茶杯,,1\n").products[0].code);
  EXPECT_FALSE(file.products[3].on_sale);
}

TEST(CatalogFormats, woocommerce_variations_find_their_parent_by_sku_or_id) {
  const auto file =
      parsed(kWoo +
                 "9,variation,tee-r,Tee - Red,1,,,,1,3,,25,,,,id:7,Color,Red,Size,\n"
                 "7,variable,,Tee,1,short,,,1,,,,\"Clothes > Tees, New\",no-return,\"https://a.example/1.jpg, "
                 "https://a.example/2.jpg\",,Color,\"Red, Blue\",Size,\n"
                 "8,variation,tee-b,Tee - Blue,1,,,,0,,20,25,,,,id:7,Color,\"Sky\\, Blue\",Size,L\n"
                 "1,\"simple, virtual\",song,Song,-1,,a\\nb,,1,,2,3,,,,,,,,\n"
                 "2,grouped,set,Set,1,,,,1,,,,,,,,,,,\n"
                 "3,simple,sale,Sale,1,,,2020-01-01,1,,2,3,,,,,,,,\n",
             {.default_stock = 5});
  ASSERT_EQ(file.products.size(), 3u);
  const CatalogProduct tee{"woo-7",
                           "Tee",
                           "Clothes > Tees",
                           "short",
                           "https://a.example/1.jpg",
                           true,
                           true,
                           {{"tee-r", "Red", 2500, 3, 0}, {"tee-b", "Sky, Blue / L", 2000, 0, 0}},
                           0,
                           false};
  EXPECT_EQ(file.products[0], tee);
  const CatalogProduct song{"song", "Song", "", "a\nb", "", false, false, {{"song", "", 200, 5, 0}}, 0, false};
  EXPECT_EQ(file.products[1], song);
  EXPECT_EQ(file.products[2].skus[0].price_fen, 300);
  EXPECT_EQ(file.notes.size(), 3u);  // several categories, the group, the dated sale price
}

TEST(CatalogFormats, price_list_is_known_by_code_title_and_price) {
  const auto file =
      parsed("stock_code,description,median_price_gbp,units_sold\n10002,GLOBE,0.85,860\n10002a,globe,1,1\n",
             {.default_stock = 40});
  ASSERT_EQ(file.products.size(), 2u);
  EXPECT_EQ(file.format, CatalogFormat::price_list);
  const CatalogProduct globe{"10002", "GLOBE", "", "", "", true, false, {{"10002", "", 85, 40, 0}}, 0, false};
  EXPECT_EQ(file.products[0], globe);
}

TEST(CatalogFormats, incomplete_products_come_in_off_sale_only_when_asked) {
  const std::string list = "sku,title,price\nA,,1\nB,bell,\nC,pads,0.001\nD,good,2.50\n";
  const auto strict = parse_catalog(list);
  ASSERT_FALSE(strict);
  EXPECT_EQ(strict.error().code, Code::csv_invalid);
  EXPECT_EQ(strict.error().more.size(), 3u);
  const auto file = parsed(list, {.incomplete_off_sale = true});
  ASSERT_EQ(file.products.size(), 4u);
  EXPECT_EQ(file.products[0].title, "A");
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(file.products[static_cast<std::size_t>(i)].on_sale) << i;
  EXPECT_TRUE(file.products[3].on_sale);
  EXPECT_EQ(file.notes.size(), 3u);
  EXPECT_FALSE(parse_catalog("sku,title,price\nA,x,-1\n", {.incomplete_off_sale = true}));
}

struct Wrong {
  std::string name, text;
  Code code;
  std::string where, word;
};
TEST(CatalogFormats, each_wrong_cell_is_named_by_line_and_column) {
  const std::string row = "tea,Tea,,,,,,";
  const Wrong cases[] = {
      {"duplicate SKU", kOwn + row + "A,,1,1\n" + row + "A,,2,1\n", Code::csv_invalid, "line 3, column sku_code",
       "line 2"},
      {"duplicate SKU over products", kOwn + row + "A,,1,1\ncup,Cup,,,,,,A,,2,1\n", Code::csv_invalid,
       "line 3, column sku_code", "line 2"},
      {"negative price", kOwn + row + "A,,-1,1\n", Code::csv_invalid, "line 2, column price", "negative"},
      {"three decimals", kOwn + row + "A,,1.005,1\n", Code::csv_invalid, "line 2, column price", "two decimals"},
      {"no price", kOwn + row + "A,,,1\n", Code::csv_invalid, "line 2, column price", "12.50"},
      {"price in words", kOwn + row + "A,,¥12,1\n", Code::csv_invalid, "line 2, column price", "12.50"},
      {"too large a price", kOwn + row + "A,,99999999999999999999,1\n", Code::csv_invalid, "line 2, column price",
       "large"},
      {"missing title", kOwn + "tea,,,,,,,A,,1,1\n", Code::csv_invalid, "line 2, column title", "missing"},
      {"missing code", kOwn + ",Tea,,,,,,A,,1,1\n", Code::csv_invalid, "line 2, column product_code", "missing"},
      {"negative stock", kOwn + row + "A,,1,-1\n", Code::csv_invalid, "line 2, column stock", "units"},
      {"half a unit", kOwn + row + "A,,1,1.5\n", Code::csv_invalid, "line 2, column stock", "units"},
      {"too much stock", kOwn + row + "A,,1,1000000001\n", Code::csv_invalid, "line 2, column stock", "1000000000"},
      {"neither true nor false", kOwn + "tea,Tea,,,,maybe,,A,,1,1\n", Code::csv_invalid, "line 2, column on_sale",
       "true"},
      {"another title", kOwn + row + "A,,1,1\ntea,Coffee,,,,,,B,,1,1\n", Code::csv_invalid, "line 3, column title",
       "line 2"},
      {"bad image", kOwn + "tea,Tea,,,javascript:x,,,A,,1,1\n", Code::csv_invalid, "line 2, column image_url", "https"},
      {"long title", kOwn + "tea," + std::string(256, 'x') + ",,,,,,A,,1,1\n", Code::csv_invalid,
       "line 2, column title", "255"},
      {"unknown column", "product_code,title,price,colour\nA,a,1,red\n", Code::csv_invalid, "line 1, column colour",
       "sku_title"},
      {"column twice", "product_code,title,price,price\nA,a,1,2\n", Code::csv_invalid, "line 1, column price", "once"},
      {"no price column", "product_code,title\nA,a\n", Code::csv_invalid, "line 1", "price"},
      {"header only", kOwn, Code::csv_invalid, "line 1", "nothing below"},
      {"a cell too many", kOwn + row + "A,,1,1,x\n", Code::csv_invalid, "line 2", "12 cells"},
      {"a cell too few", kOwn + row + "A,,1\n", Code::csv_invalid, "line 2", "10 cells"},
      {"unknown format", "a,b,c\n1,2,3\n", Code::csv_unknown_format, "line 1", "WooCommerce"},
      {"line after a quoted line end", kOwn + "tea,Tea,,\"a\nb\",,,,A,,1,1\ncup,,,,,,,B,,1,1\n", Code::csv_invalid,
       "line 4, column title", "missing"},
      {"shopify without handle", "Handle,Title,Variant Price\n,Tea,1\n", Code::csv_invalid, "line 2, column Handle",
       "missing"},
      {"shopify without price", "Handle,Title,Variant Price\ntea,Tea,\n", Code::csv_invalid,
       "line 2, column Variant Price", "12.50"},
      {"shopify duplicate SKU", "Handle,Title,Variant SKU,Variant Price\ntea,Tea,A,1\ntea,,A,2\n", Code::csv_invalid,
       "line 3, column Variant SKU", "line 2"},
      {"woocommerce orphan", "Type,SKU,Name,Regular price,Parent\nvariation,a,A,1,b\n", Code::csv_invalid,
       "line 2, column Parent", "\"b\""},
      {"price list twice", "sku,title,price\nA,a,1\nA,b,2\n", Code::csv_invalid, "line 3, column sku", "line 2"},
      {"empty file", "", Code::csv_invalid, "line 1", "empty"},
      {"not UTF-8", "sku,title,price\nA,\xff,1\n", Code::invalid_utf8, "line 2, column 3", "UTF-8"},
  };
  for (const auto& c : cases) {
    const auto file = parse_catalog(c.text);
    ASSERT_FALSE(file) << c.name;
    EXPECT_EQ(file.error().code, c.code) << c.name << ": " << file.error().text();
    EXPECT_EQ(file.error().where, c.where) << c.name << ": " << file.error().text();
    EXPECT_NE(file.error().text().find(c.word), std::string::npos) << c.name << ": " << file.error().text();
  }
}

TEST(CatalogFormats, all_errors_of_a_file_come_at_once) {
  std::string text = "sku,title,price\n";
  for (int i = 0; i < 250; ++i) text += "S" + std::to_string(i) + ",t,free\n";
  const auto file = parse_catalog(text);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().detail.find("250 errors"), std::string::npos) << file.error().detail;
  EXPECT_EQ(file.error().more.size(), CsvErrors::kMax + 1);
}

TEST(CatalogFormats, a_product_has_at_most_250_skus) {
  std::string text = kOwn;
  for (std::size_t i = 0; i <= kMaxSkusOfProduct; ++i) text += "tea,Tea,,,,,,S" + std::to_string(i) + ",,1,1\n";
  const auto file = parse_catalog(text);
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().where, "line 252");
}

// Texts that files are broken by.
rc::Gen<std::string> texts(std::size_t max) {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
                          "a", "B", "7", " ", "\n", ",", "\"", "'", "=", "+", "-", "@", "\\n", "\\", "\\,", "<", ">",
                          "&", "&amp;", "<p>", "红", "é", " / ", "/", ";", "\t", " > ")),
                      [max](const std::vector<std::string>& parts) {
                        std::string out;
                        for (const auto& p : parts)
                          if (utf8_length(out) + p.size() < max) out += p;
                        return out;
                      });
}
rc::Gen<std::vector<CatalogProduct>> catalogs() {
  return rc::gen::map(
      rc::gen::container<std::vector<CatalogProduct>>(rc::gen::build<CatalogProduct>(
          rc::gen::set(&CatalogProduct::title, texts(40)), rc::gen::set(&CatalogProduct::category, texts(20)),
          rc::gen::set(&CatalogProduct::description, texts(80)),
          rc::gen::set(&CatalogProduct::image_url,
                       rc::gen::element<std::string>("", "https://a.example/x.jpg?b=1,2", "http://b.example/")),
          rc::gen::set(&CatalogProduct::on_sale), rc::gen::set(&CatalogProduct::no_return),
          rc::gen::set(&CatalogProduct::code, texts(20)),
          rc::gen::set(
              &CatalogProduct::skus,
              rc::gen::nonEmpty(rc::gen::container<std::vector<CatalogSku>>(rc::gen::build<CatalogSku>(
                  rc::gen::set(&CatalogSku::code, texts(20)), rc::gen::set(&CatalogSku::title, texts(30)),
                  rc::gen::set(&CatalogSku::price_fen,
                               rc::gen::resize(rc::kNominalSize, rc::gen::inRange<Fen>(0, 10'000'000))),
                  rc::gen::set(&CatalogSku::stock,
                               rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::int64_t>(0, kMaxStock))))))))),
      [](std::vector<CatalogProduct> products) {
        std::set<std::string> product_codes, sku_codes;
        std::vector<CatalogProduct> out;
        int n = 0;
        for (auto& p : products) {
          if (canonical_line(p.title).empty()) p.title = "t";
          if (canonical_line(p.code).empty() || !product_codes.insert(canonical_line(p.code)).second) {
            p.code = "p" + std::to_string(++n);
            product_codes.insert(p.code);
          }
          for (auto& s : p.skus) {
            // A SKU of its product's own code is a case of its own in WooCommerce.
            if (s.price_fen % 3 == 0) s.code = p.code;
            if (canonical_line(s.code).empty() || !sku_codes.insert(canonical_line(s.code)).second) {
              s.code = "s" + std::to_string(++n);
              sku_codes.insert(s.code);
            }
          }
          if (check_product(p, "")) out.push_back(p);
        }
        return out;
      });
}

TEST(CatalogFormats, export_read_again_gives_the_same) {
  int seen = 0;
  EXPECT_TRUE(rc::check("parse(write(x)) == x", [&seen] {
    const auto products = *rc::gen::resize(12, catalogs());
    if (products.empty()) return;
    seen += static_cast<int>(products.size());
    for (const auto format : {CatalogFormat::lianbo, CatalogFormat::shopify, CatalogFormat::woocommerce}) {
      const auto text = write_catalog(products, format);
      RC_ASSERT(text.has_value());
      const auto file = parse_catalog(*text);
      if (!file) RC_FAIL(std::string(format_text(format)) + ": " + file.error().text() + "\n" + *text);
      RC_ASSERT(file->format == format);
      if (!(file->products == products)) RC_FAIL(std::string(format_text(format)) + ":\n" + *text);
    }
  }));
  EXPECT_GT(seen, 100);
}

TEST(CatalogFormats, any_bytes_give_products_or_an_error) {
  EXPECT_TRUE(rc::check("no crash; what comes out is right", [] {
    const auto cells = *rc::gen::container<std::vector<std::string>>(
        rc::gen::element<std::string>("a", ",", ",", "\n", "\n", "\"", "1.00", "simple", "variation", "variable",
                                      "id:1", "-1", "Default Title", "红"));
    std::string text = *rc::gen::element(kOwn, kShopify, kWoo, std::string("sku,title,price\n"));
    for (const auto& c : cells) text += c;
    if (const auto file = parse_catalog(text)) {
      RC_ASSERT(!file->products.empty());
      for (auto p : file->products) RC_ASSERT(check_product(p, "").has_value());
    }
  }));
}

TEST(CatalogFormats, formulas_are_guarded_on_the_way_out) {
  const CatalogProduct p{"=cmd", "+sum", "@x", "-1", "", true, false, {{"=2", "", 100, 1, 0}}, 0, false};
  for (const auto format : {CatalogFormat::lianbo, CatalogFormat::shopify, CatalogFormat::woocommerce}) {
    const std::string text = *write_catalog(std::span(&p, 1), format);
    for (const char* cell : {",=", ",+", ",@", ",-1", "\n="}) EXPECT_EQ(text.find(cell), std::string::npos) << text;
  }
}

TEST(RealFiles, shopify) {
  NEEDS_DATA(apparel, "local/shopify_apparel.csv");
  NEEDS_DATA(jewelery, "local/shopify_jewelery.csv");
  const auto file = parsed(apparel);
  ASSERT_EQ(file.products.size(), 20u);
  EXPECT_EQ(file.products[1].code, "classic-varsity-top");
  ASSERT_EQ(file.products[1].skus.size(), 3u);
  EXPECT_EQ(file.products[1].skus[2], (CatalogSku{"classic-varsity-top/Large", "Large", 6000, 1, 0}));
  const auto more = parsed(jewelery);
  EXPECT_EQ(more.products.size(), 20u);
  EXPECT_EQ(more.products[0].skus[1], (CatalogSku{"chain-bracelet/Black", "Black", 4299, 0, 0}));
  for (const auto& p : more.products) EXPECT_EQ(p.description.find('<'), std::string::npos) << p.description;
}

TEST(RealFiles, woocommerce) {
  NEEDS_DATA(text, "local/woocommerce_sample_products.csv");
  const auto file = parsed(text);
  EXPECT_EQ(file.products.size(), 13u);
  const auto hoodie =
      std::find_if(file.products.begin(), file.products.end(), [](auto& p) { return p.code == "cc-hoodie"; });
  ASSERT_NE(hoodie, file.products.end());
  ASSERT_EQ(hoodie->skus.size(), 6u);
  EXPECT_EQ(hoodie->skus[0], (CatalogSku{"cc-hoodie-red", "Red / No", 4200, 0, 0}));
  int left_out = 0;
  for (const auto& note : file.notes) left_out += note.find("left out") != std::string::npos;
  EXPECT_EQ(left_out, 2);
}

TEST(RealFiles, uci_price_list) {
  NEEDS_DATA(text, "open/uci_online_retail_catalog.csv.gz");
  const auto strict = parse_catalog(text);
  ASSERT_FALSE(strict);
  EXPECT_NE(strict.error().detail.find("261 errors"), std::string::npos) << strict.error().text();
  const auto file = parsed(text, {.default_stock = 100, .incomplete_off_sale = true});
  EXPECT_EQ(file.format, CatalogFormat::price_list);
  ASSERT_EQ(file.products.size(), 4070u);
  EXPECT_EQ(std::count_if(file.products.begin(), file.products.end(), [](auto& p) { return p.on_sale; }), 3921);
  EXPECT_EQ(file.products[0].skus[0], (CatalogSku{"10002", "", 85, 100, 0}));
}

TEST(RealFiles, taobao_assistant) {
  NEEDS_DATA(text, "local/SYNTHETIC_taobao_assistant_utf16le.csv");
  const auto file = parsed(text);
  EXPECT_EQ(file.format, CatalogFormat::taobao);
  ASSERT_EQ(file.products.size(), 3u);
  const auto& tee = file.products[0];
  EXPECT_EQ(tee.code, "TEE-001");
  EXPECT_EQ(tee.description, "100%棉，洗后不变形。");
  ASSERT_EQ(tee.skus.size(), 3u);
  EXPECT_EQ(tee.skus[0], (CatalogSku{"TEE-001-R-S", "1627207:28326 / S", 9900, 20, 0}));
  EXPECT_EQ(tee.skus[2], (CatalogSku{"TEE-001-F-L", "雾霾蓝 / L", 10900, 20, 0}));
  EXPECT_EQ(file.products[1].image_url, "https://img.example.invalid/sesame.jpg");
  EXPECT_EQ(file.products[1].skus[0], (CatalogSku{"FOOD-108", "", 3990, 500, 0}));
  EXPECT_FALSE(file.products[2].on_sale);
}

}  // namespace
}  // namespace lianbo::catalog
