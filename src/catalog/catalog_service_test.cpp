#include "catalog/catalog_service.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "base/shape.hpp"
#include "catalog/catalog_api.hpp"
#include "catalog/catalog_test_support.hpp"

namespace lianbo::catalog {
namespace {

using db::Tx;
using net::Request;

constexpr const char* kHeader =
    "product_code,title,category,description,image_url,on_sale,no_return,sku_code,sku_title,price,stock\n";

class CatalogTest : public test::StoreTest {
 protected:
  CatalogTest() {
    db().on_commit([this](std::vector<db::Event>&& events) {
      const std::scoped_lock lock(mutex_);
      for (auto& e : events) topics_.push_back(e.topic);
    });
    brand_ = make_brand(db(), caller_);
  }
  std::vector<std::string> topics() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(topics_, {});
  }
  Result<ImportReport> import(std::string_view file, const CatalogOptions& options = {}) {
    return import_catalog(db(), caller_.staff(brand_, kOperator), brand_, file, options);
  }
  ImportReport imported(std::string_view file, const CatalogOptions& options = {}) {
    auto report = import(file, options);
    EXPECT_TRUE(report) << report.error().text();
    return report.value_or(ImportReport{});
  }
  std::string exported(CatalogFormat format = CatalogFormat::lianbo) {
    const Call call = caller_.system();
    return *db().read([&](Tx& tx) { return export_catalog(tx, call, brand_, format); });
  }
  std::vector<ProductView> listed(ProductQuery query = {}) {
    query.brand = brand_;
    return *db().read([&](Tx& tx) -> Result<std::vector<ProductView>> { return list_products(tx, query); });
  }

  // ---- routes, as the dispatcher runs them
  const net::Route& route(std::string_view id) {
    if (routes_.empty()) routes_ = catalog_routes({&db()});
    for (const auto& r : routes_)
      if (r.id == id) return r;
    ADD_FAILURE() << "no route " << id;
    return routes_.front();
  }
  Result<net::Reply> ask(std::string_view id, const Call& call, Request request, const std::string& body = {}) {
    const auto& r = route(id);
    if (r.takes) {
      TRY(request.value, parse_json(body));
      TRY_OK(check_shape(request.value, *r.takes));
    } else {
      request.body = body;
    }
    auto reply = r.run == net::Run::plain   ? r.plain_handler(call, request)
                 : r.run == net::Run::write ? db().write([&](Tx& tx) { return r.tx_handler(tx, call, request); })
                                            : db().read([&](Tx& tx) { return r.tx_handler(tx, call, request); });
    if (reply && r.gives && reply->status != 304) {
      const auto value = parse_json(reply->body);
      EXPECT_TRUE(value) << reply->body;
      const auto fits = value ? check_shape(*value, *r.gives) : Status{};
      EXPECT_TRUE(fits) << id << ": " << fits.error().text();
    }
    return reply;
  }
  static Request at(const std::string& name, const std::string& value) {
    Request request;
    request.params.emplace_back(name, value);
    return request;
  }
  static std::string header(const net::Reply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.headers)
      if (key == name) return value;
    return {};
  }

  Caller caller_;
  BrandId brand_;
  std::mutex mutex_;
  std::vector<std::string> topics_;
  net::Routes routes_;
};

TEST_P(CatalogTest, import_takes_first_stock_only_for_new_skus_and_the_same_file_again_changes_nothing) {
  const std::string file = std::string(kHeader) +
                           "tea,Tea,food,,,true,false,tea-50,50 g,12.5,7\n"
                           "tea,,,,,,,tea-100,100 g,20,3\n"
                           "cup,Cup,,,,true,true,cup,,3,1\n";
  const auto first = imported(file);
  EXPECT_EQ(first.created, 2);
  EXPECT_EQ(first.skus, 3);
  EXPECT_EQ(first.stock_taken, 11);
  EXPECT_EQ(first.stock_ignored, 0);
  EXPECT_TRUE(topics().empty());
  const std::string before = exported();
  const auto again = imported(file);
  EXPECT_EQ(again.unchanged, 2);
  EXPECT_EQ(again.created + again.updated, 0);
  EXPECT_EQ(again.stock_taken, 0);
  EXPECT_EQ(again.stock_ignored, 3);
  ASSERT_EQ(again.notes.size(), 1u);
  EXPECT_NE(again.notes[0].find("stock"), std::string::npos);
  EXPECT_EQ(exported(), before);
  EXPECT_TRUE(topics().empty());
}

TEST_P(CatalogTest, import_changes_what_the_file_says_and_leaves_the_rest) {
  imported(std::string(kHeader) +
           "tea,Tea,food,nice,https://a.example/t.jpg,true,true,tea-50,50 g,12.5,7\n"
           "cup,Cup,,,,true,false,cup,,3,1\n");
  const auto report = imported("sku,title,price\ntea-x,X,1\n");  // a price list: another product
  EXPECT_EQ(report.created, 1);
  const auto changed = imported(
      "product_code,title,price,sku_code,stock\n"
      "tea,Green tea,13,tea-50,99\n"
      "tea,Green tea,30,tea-200,4\n");
  EXPECT_EQ(changed.updated, 1);
  EXPECT_EQ(changed.stock_taken, 4);
  EXPECT_EQ(topics(), (std::vector<std::string>{"price.changed", "product.changed"}));
  const auto all = listed();
  ASSERT_EQ(all.size(), 3u);
  const auto& tea = all[0];
  EXPECT_EQ(tea.product.title, "Green tea");
  EXPECT_EQ(tea.product.category, "food");  // the file has no such column
  EXPECT_EQ(tea.product.description, "nice");
  EXPECT_TRUE(tea.product.no_return);
  EXPECT_EQ(tea.product.version, 2);
  ASSERT_EQ(tea.skus.size(), 2u);
  EXPECT_EQ(tea.skus[0].price_fen, 1300);
  EXPECT_EQ(tea.skus[0].title, "50 g");
  EXPECT_EQ(tea.left, (std::vector<std::int64_t>{7, 4}));
}

TEST_P(CatalogTest, a_file_with_an_error_imports_nothing) {
  imported(std::string(kHeader) + "tea,Tea,,,,,,tea-50,,12.5,7\n");
  const std::string before = exported();
  const auto bad_cell = import(std::string(kHeader) + "a,A,,,,,,a,,1,1\nb,B,,,,,,b,,-1,1\n");
  ASSERT_FALSE(bad_cell);
  EXPECT_EQ(bad_cell.error().where, "line 3, column price");
  // Seen only in the light of what the brand has.
  const auto taken = import(std::string(kHeader) + "a,A,,,,,,a,,1,1\nb,B,,,,,,tea-50,,1,1\n");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::csv_invalid);
  EXPECT_EQ(taken.error().where, "line 3, column sku_code");
  EXPECT_NE(taken.error().detail.find("\"tea\""), std::string::npos) << taken.error().detail;
  EXPECT_EQ(exported(), before);
}

TEST_P(CatalogTest, import_needs_a_brand_and_a_role_there) {
  const std::string file = std::string(kHeader) + "tea,Tea,,,,,,tea-50,,12.5,7\n";
  EXPECT_EQ(import_catalog(db(), caller_.staff(brand_, kAuditor), brand_, file).error().code, Code::forbidden);
  EXPECT_EQ(import_catalog(db(), caller_.guest(), brand_, file).error().code, Code::unauthenticated);
  EXPECT_EQ(import_catalog(db(), caller_.system(), BrandId{5}, file).error().code, Code::not_found);
  EXPECT_TRUE(listed().empty());
}

TEST_P(CatalogTest, two_brands_may_use_the_same_codes) {
  const BrandId other = make_brand(db(), caller_, "other");
  const std::string file = std::string(kHeader) + "tea,Tea,,,,,,tea-50,,12.5,7\n";
  EXPECT_EQ(imported(file).created, 1);
  EXPECT_EQ(import_catalog(db(), caller_.system(), other, file)->created, 1);
}

TEST_P(CatalogTest, two_imports_at_once_never_mix) {
  const std::string file = std::string(kHeader) + "tea,Tea,,,,,,tea-50,,12.5,7\ncup,Cup,,,,,,cup,,3,1\n";
  std::atomic<int> done{0}, created{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      const auto report = import(file);
      done += report.has_value();
      created += report ? report->created : 0;
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(done, 6) << "imports at once follow each other";
  EXPECT_EQ(created, 2) << "one creates the products, the others change nothing";
  ASSERT_EQ(listed().size(), 2u);
  EXPECT_EQ(listed()[0].left, std::vector<std::int64_t>{7});
}

TEST_P(CatalogTest, export_in_each_format_read_by_another_brand_gives_the_same) {
  imported(std::string(kHeader) +
           "tea,\"Tea, green\",food > tea,\"<b> & \"\"two\"\"\nlines\",https://a.example/t.jpg,true,true,tea-50,50 g / "
           "tin,12.5,7\n"
           "tea,,,,,,,tea-100,100 g / tin,20,0\n"
           "=cup,-Cup,,,,false,false,=cup,,0.01,1\n"
           "solo,Solo,,,,true,false,solo-sku,,5,2\n");
  const std::string whole = exported();
  int n = 0;
  for (const auto format : {CatalogFormat::lianbo, CatalogFormat::shopify, CatalogFormat::woocommerce}) {
    const BrandId other = make_brand(db(), caller_, "other" + std::to_string(++n));
    const auto report = import_catalog(db(), caller_.system(), other, exported(format));
    ASSERT_TRUE(report) << report.error().text();
    EXPECT_EQ(report->format, format);
    const Call call = caller_.system();
    EXPECT_EQ(*db().read([&](Tx& tx) { return export_catalog(tx, call, other, CatalogFormat::lianbo); }), whole);
  }
}

TEST_P(CatalogTest, a_real_shops_4070_products_come_in_within_seconds) {
  NEEDS_DATA(file, "open/uci_online_retail_catalog.csv.gz");
  const auto from = monotonic_ms();
  const auto report = imported(file, {50, true});
  const auto took_ms = monotonic_ms() - from;
  EXPECT_EQ(report.created, 4070);
  EXPECT_EQ(report.stock_taken, 4070 * 50);
  RecordProperty("import_ms", std::to_string(took_ms));
  const auto again = imported(file, {50, true});
  EXPECT_EQ(again.unchanged, 4070);
}

TEST_P(CatalogTest, list_searches_title_and_code_and_pages) {
  imported(std::string(kHeader) +
           "tea,Green Tea,food,,,true,false,tea,,1,1\ncup,Tea Cup 100%,ware,,,true,false,cup,,1,1\n"
           "x_y,红茶,food,,,false,false,x_y,,1,1\n");
  const auto codes = [&](std::string text, std::string category = {}, std::optional<bool> on_sale = {}, int limit = 50,
                         std::int64_t after = 0) {
    ProductQuery q;
    q.text = std::move(text);
    q.category = std::move(category);
    q.on_sale = on_sale;
    q.limit = limit;
    q.after = after;
    std::string out;
    for (const auto& v : listed(std::move(q))) out += v.product.code + " ";
    return out;
  };
  EXPECT_EQ(codes(""), "tea cup x_y ");
  EXPECT_EQ(codes("TEA"), "tea cup ");
  EXPECT_EQ(codes("红"), "x_y ");
  EXPECT_EQ(codes("%"), "cup ");
  EXPECT_EQ(codes("_"), "x_y ");
  EXPECT_EQ(codes("\\"), "");
  EXPECT_EQ(codes("", "food"), "tea x_y ");
  EXPECT_EQ(codes("", "food", true), "tea ");
  EXPECT_EQ(codes("", "", false), "x_y ");
  EXPECT_EQ(codes("", "", {}, 1), "tea ");
  EXPECT_EQ(codes("", "", {}, 1, listed()[0].product.id.value), "cup ");
}

TEST_P(CatalogTest, can_be_sold_means_on_sale_and_stock_left_somewhere) {
  imported(
      std::string(kHeader) +
      "a,A,food,,,true,false,a,,1,0\na,,,,,,,a2,,1,2\nb,B,food,,,false,false,b,,1,2\nc,C,food,,,true,false,c,,1,0\n"
      "d,D,food,,,true,false,d,,1,1\ne,E,,,,true,false,e,,1,1\nf,F,,,,true,false,f,,1,1\n");
  const auto all = listed();
  const Call call = caller_.system();
  // The units of d are all in a lease.
  const StockLine lines[] = {{all[3].skus[0].id, 1}};
  ASSERT_TRUE(db().write([&](Tx& tx) -> Status {
    TRY_OK(reserve_stock(tx, call, 4, lines, 32));
    release_stock(tx, call, 4, lines);
    return {};
  }));
  EXPECT_TRUE(db().read([&](Tx& tx) -> Status {
    std::string can;
    for (const auto& v : all)
      if (product_can_be_sold(tx, v.product.id)) can += v.product.code;
    EXPECT_EQ(can, "adef");
    EXPECT_EQ(alternatives(tx, all[2].product, 6), (std::vector<ProductId>{all[3].product.id, all[0].product.id}));
    EXPECT_EQ(alternatives(tx, all[2].product, 1), std::vector<ProductId>{all[3].product.id});
    EXPECT_EQ(alternatives(tx, all[0].product, 6), std::vector<ProductId>{all[3].product.id});
    EXPECT_TRUE(alternatives(tx, all[4].product, 6).empty());  // no category: nothing is of the same
    EXPECT_FALSE(product_can_be_sold(tx, ProductId{9}));
    return {};
  }));
}

TEST_P(CatalogTest, routes_create_show_and_change_a_product) {
  const Call staff = caller_.staff(brand_, kOwner), guest = caller_.guest();
  const std::string body = R"({"code":"tea","title":" Green  tea ","skus":[{"code":"t1","price_fen":100,"stock":30},)"
                           R"({"title":"big","price_fen":200}]})";
  const auto made = ask("createProduct", staff, at("brand_id", brand_.text()), body);
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->status, 201);
  const auto product = *parse_json(made->body);
  const std::string id = get_text(product, "id");
  EXPECT_EQ(get_text(product, "title"), "Green tea");
  EXPECT_EQ(get_text(get_list(product, "skus")[1], "code"), "tea/big");
  EXPECT_EQ(ask("createProduct", staff, at("brand_id", brand_.text()), body).error().where, "/code");
  EXPECT_EQ(ask("createProduct", guest, at("brand_id", brand_.text()), body).error().code, Code::unauthenticated);

  const auto shown = ask("getProduct", guest, at("product_id", id));
  ASSERT_TRUE(shown);
  const auto skus = get_list(*parse_json(shown->body), "skus");
  EXPECT_FALSE(has(skus[0], "left"));  // 30: many
  EXPECT_FALSE(get_bool(skus[0], "sold_out"));
  EXPECT_EQ(get_int(skus[1], "left", -1), 0);
  EXPECT_TRUE(get_bool(skus[1], "sold_out"));
  Request again = at("product_id", id);
  again.headers.emplace_back("if-none-match", header(*shown, "ETag"));
  EXPECT_EQ(ask("getProduct", guest, again)->status, 304);

  Request guarded = at("product_id", id);
  guarded.headers.emplace_back("if-match", header(*shown, "ETag"));
  ASSERT_TRUE(ask("changeProduct", staff, guarded, R"({"on_sale":false})"));
  EXPECT_EQ(topics(), std::vector<std::string>{"product.changed"});
  EXPECT_EQ(ask("changeProduct", staff, guarded, R"({"title":"x"})").error().code, Code::precondition_failed);
  EXPECT_EQ(ask("getProduct", guest, again)->status, 200);
  EXPECT_EQ(ask("changeProduct", guest, at("product_id", id), R"({"title":"x"})").error().code, Code::unauthenticated);
  EXPECT_EQ(ask("changeProduct", staff, at("product_id", id), R"({"title":" "})").error().where, "/title");
  EXPECT_EQ(ask("changeProduct", staff, at("product_id", id), R"({"image_url":"ftp://x"})").error().where,
            "/image_url");
  EXPECT_EQ(ask("changeProduct", staff, at("product_id", id), R"({"colour":"x"})").error().code, Code::unknown_field);
  Request nonsense = at("product_id", id);
  nonsense.headers.emplace_back("if-match", "abc");
  EXPECT_EQ(ask("changeProduct", staff, nonsense, R"({"title":"x"})").error().code, Code::bad_request);
  EXPECT_TRUE(topics().empty());
  EXPECT_EQ(ask("getProduct", guest, at("product_id", "zzz")).error().code, Code::not_found);
}

TEST_P(CatalogTest, routes_change_prices_and_receive_stock) {
  imported(std::string(kHeader) + "tea,Tea,,,,,,tea-50,,12.5,0\n");
  const Call staff = caller_.staff(brand_, kOperator);
  const auto before = listed()[0];
  const std::string id = before.skus[0].id.text();
  Request guarded = at("sku_id", id);
  guarded.headers.emplace_back("if-match", "\"1\"");
  ASSERT_TRUE(ask("changeSku", staff, guarded, R"({"price_fen":1300})"));
  EXPECT_EQ(topics(), std::vector<std::string>{"price.changed"});
  EXPECT_EQ(ask("changeSku", staff, guarded, R"({"price_fen":1400})").error().code, Code::precondition_failed);
  ASSERT_TRUE(ask("changeSku", staff, at("sku_id", id), R"({"price_fen":1300})"));
  EXPECT_TRUE(topics().empty());
  EXPECT_EQ(listed()[0].skus[0].price_fen, 1300);
  EXPECT_EQ(listed()[0].product.version, before.product.version + 1);
  EXPECT_EQ(ask("changeSku", staff, at("sku_id", id), R"({"price_fen":-1})").error().code, Code::invalid_field);
  EXPECT_EQ(ask("changeSku", caller_.staff(brand_, kFinance), at("sku_id", id), R"({"price_fen":1})").error().code,
            Code::forbidden);
  EXPECT_EQ(ask("changeSku", staff, at("sku_id", SkuId{9}.text()), R"({"price_fen":1})").error().code, Code::not_found);

  const auto count = ask("receiveStock", staff, at("sku_id", id), R"({"qty":5})");
  ASSERT_TRUE(count) << count.error().text();
  EXPECT_EQ(get_int(*parse_json(count->body), "left"), 5);
  EXPECT_EQ(topics(), std::vector<std::string>{"stock.changed"});
  EXPECT_EQ(ask("receiveStock", staff, at("sku_id", id), R"({"qty":0})").error().code, Code::invalid_field);
  EXPECT_EQ(ask("receiveStock", staff, at("sku_id", id), R"({"qty":1.5})").error().code, Code::invalid_field);
  EXPECT_TRUE(ask("getStock", caller_.staff(brand_, kAuditor), at("sku_id", id)));
  EXPECT_EQ(ask("getStock", caller_.guest(), at("sku_id", id)).error().code, Code::unauthenticated);
}

TEST_P(CatalogTest, routes_list_for_guests_what_is_on_sale) {
  imported(std::string(kHeader) +
           "a,A,,,,true,false,a,,1,100\nb,B,,,,false,false,b,,1,100\nc,C,,,,true,false,c,,1,5\n");
  const auto codes = [&](const Call& call, std::vector<std::pair<std::string, std::string>> query) {
    Request request = at("brand_id", brand_.text());
    request.query = std::move(query);
    const auto reply = ask("listProducts", call, request);
    if (!reply) return reply.error().where;
    const auto page = *parse_json(reply->body);
    std::string out;
    for (const auto& item : get_list(page, "items")) out += get_text(item, "code");
    return out + (has(page, "next") ? "+" : "");
  };
  const Call staff = caller_.staff(brand_, kAuditor), guest = caller_.guest();
  EXPECT_EQ(codes(guest, {}), "ac");
  EXPECT_EQ(codes(guest, {{"on_sale", "false"}}), "ac");
  EXPECT_EQ(codes(caller_.staff(BrandId{4}, kOwner), {}), "ac");
  EXPECT_EQ(codes(staff, {}), "abc");
  EXPECT_EQ(codes(staff, {{"on_sale", "false"}}), "b");
  EXPECT_EQ(codes(staff, {{"limit", "2"}}), "ab+");
  EXPECT_EQ(codes(staff, {{"limit", "3"}}), "abc");
  EXPECT_EQ(codes(staff, {{"q", std::string(65, 'x')}}), "query q");
  EXPECT_EQ(codes(staff, {{"on_sale", "maybe"}}), "query on_sale");
  Request request = at("brand_id", brand_.text());
  const auto reply = ask("listProducts", guest, request);
  const auto items = get_list(*parse_json(reply->body), "items");
  EXPECT_FALSE(has(get_list(items[0], "skus")[0], "left"));
  EXPECT_EQ(get_int(get_list(items[1], "skus")[0], "left"), 5);
  request.headers.emplace_back("if-none-match", "W/\"x\", " + header(*reply, "ETag"));
  EXPECT_EQ(ask("listProducts", guest, request)->status, 304);
  EXPECT_EQ(ask("listProducts", guest, at("brand_id", BrandId{4}.text())).error().code, Code::not_found);
}

TEST_P(CatalogTest, routes_import_and_export_files) {
  const Call staff = caller_.staff(brand_, kOperator);
  Request request = at("brand_id", brand_.text());
  request.query = {{"default_stock", "8"}, {"incomplete_off_sale", "true"}};
  const auto reply = ask("importProducts", staff, request, "sku,title,price\nA,a,1\nB,,\n");
  ASSERT_TRUE(reply) << reply.error().text();
  const auto report = *parse_json(reply->body);
  EXPECT_EQ(get_text(report, "format"), "price_list");
  EXPECT_EQ(get_int(report, "created"), 2);
  EXPECT_EQ(get_int(report, "stock_taken"), 16);
  EXPECT_EQ(get_list(report, "notes").size(), 2u);
  request.query = {{"default_stock", "-1"}};
  EXPECT_EQ(ask("importProducts", staff, request, "sku,title,price\nA,a,1\n").error().where, "query default_stock");
  EXPECT_EQ(ask("importProducts", staff, at("brand_id", brand_.text()), "x\n1\n").error().code,
            Code::csv_unknown_format);
  Request out = at("brand_id", brand_.text());
  out.query = {{"format", "shopify"}};
  const auto file = ask("exportProducts", staff, out);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(parse_catalog(file->body)->format, CatalogFormat::shopify);
  out.query = {{"format", "taobao"}};
  EXPECT_FALSE(ask("exportProducts", staff, out));
  EXPECT_EQ(ask("exportProducts", caller_.guest(), at("brand_id", brand_.text())).error().code, Code::unauthenticated);
}

TEST_P(CatalogTest, routes_save_and_list_plans) {
  const Call owner = caller_.staff(brand_, kOwner);
  const auto saved = ask("putPlan", owner, at("brand_id", brand_.text()),
                         R"({"scope":"brand","host_bp":1000,"promoter_bp":500,"freeze_days":10})");
  ASSERT_TRUE(saved) << saved.error().text();
  EXPECT_EQ(get_int(*parse_json(saved->body), "recruiter_bp", -1), 0);
  const auto put = [&](const std::string& body) {
    const auto reply = ask("putPlan", owner, at("brand_id", brand_.text()), body);
    return reply ? std::string("ok") : std::string(info(reply.error().code).name) + " " + reply.error().where;
  };
  EXPECT_EQ(put(R"({"scope":"brand","host_bp":3000,"promoter_bp":1})"), "plan_over_cap ");
  EXPECT_EQ(put(R"({"scope":"brand","host_bp":1})"), "missing_field /promoter_bp");
  EXPECT_EQ(put(R"({"scope":"brand","host_bp":-1,"promoter_bp":1})"), "invalid_field /host_bp");
  EXPECT_EQ(put(R"({"scope":"brand","host_bp":1,"promoter_bp":1,"level3_bp":1})"), "unknown_field /level3_bp");
  EXPECT_EQ(put(R"({"scope":"world","host_bp":1,"promoter_bp":1})"), "invalid_field /scope");
  EXPECT_EQ(put(R"({"scope":"brand","withdrawn":true,"host_bp":1})"), "invalid_field /host_bp");
  const auto page = ask("listPlans", caller_.staff(brand_, kAuditor), at("brand_id", brand_.text()));
  ASSERT_TRUE(page) << page.error().text();
  ASSERT_EQ(get_list(*parse_json(page->body), "items").size(), 1u);
  EXPECT_EQ(get_int(get_list(*parse_json(page->body), "items")[0], "host_bp"), 1000);
  EXPECT_EQ(put(R"({"scope":"brand","withdrawn":true})"), "ok");
  EXPECT_EQ(ask("listPlans", caller_.guest(), at("brand_id", brand_.text())).error().code, Code::unauthenticated);
}

ON_BOTH_ENGINES(CatalogTest);

}  // namespace
}  // namespace lianbo::catalog
