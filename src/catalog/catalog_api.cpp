#include "catalog/catalog_api.hpp"

#include <charconv>

#include "base/crypto.hpp"
#include "org/org_service.hpp"

namespace lianbo::catalog {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;

// "12-3f…", "12", W/"12" or 12. "*": any version.
Result<std::optional<std::int64_t>> if_match(const Request& request) {
  std::string_view text = request.header("if-match");
  if (text.empty() || text == "*") return std::nullopt;
  if (text.substr(0, 2) == "W/") text.remove_prefix(2);
  if (!text.empty() && text.front() == '"') text.remove_prefix(1);
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || version < 0 || !(rest.empty() || rest.front() == '"' || rest.front() == '-'))
    return fail(Code::bad_request, "If-Match is the ETag of the last answer, or a version: \"12\"", "If-Match");
  return version;
}

// The answer with its ETag, or 304 when the caller has it.
Reply tagged(const Request& request, std::string body, std::int64_t version) {
  const std::string tag = "\"" + std::to_string(version) + "-" + to_hex(sha256(body)).substr(0, 16) + "\"";
  std::string_view have = request.header("if-none-match");
  bool same = have == "*";
  while (!have.empty() && !same) {
    const std::size_t comma = have.find(',');
    std::string_view one = have.substr(0, comma);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one.substr(0, 2) == "W/") one.remove_prefix(2);
    same = one == tag;
    have = comma == std::string_view::npos ? std::string_view() : have.substr(comma + 1);
  }
  Reply reply = same ? Reply{304, {}, {}, {}} : Reply::json(std::move(body));
  return std::move(reply).with("ETag", tag).with("Cache-Control", "private, no-cache");
}

bool sees_all(const Call& call, BrandId brand) { return call.caller.system || call.caller.roles_at(brand) != 0; }

Shape sku_shape() {
  return {shape::id("id"),
          shape::text("code", 1, kMaxSkuCode),
          shape::text("title", 0, kMaxTitle, "its options; empty when the product has none"),
          shape::fen("price_fen"),
          shape::count("version"),
          shape::boolean("sold_out"),
          shape::nullable(shape::count("left", "units left; null while there are many")),
          shape::nullable(shape::fen("store_price_fen", "in the store asked for, while a campaign of it counts")),
          shape::nullable(shape::id("campaign_id"))};
}

void write_sku(JsonWriter& w, const Sku& s, std::int64_t left, bool all_stock,
               const std::optional<CampaignPrice>& price = {}) {
  w.begin()
      .field("id", s.id)
      .field("code", s.code)
      .field("title", s.title)
      .field("price_fen", s.price_fen)
      .field("version", s.version)
      .field("sold_out", left == 0);
  w.key("left");
  if (all_stock || left <= kTellBelow)
    w.value(left);
  else
    w.null();
  w.field("store_price_fen", price ? std::optional(price->price_fen) : std::nullopt);
  w.field("campaign_id", price ? price->id : CampaignId{}).end();
}

Shape stock_shape() {
  return {shape::id("sku_id"),
          shape::count("received"),
          shape::count("pool"),
          shape::count("leased", "to buckets of buyers"),
          shape::count("allotted", "to stores"),
          shape::count("reserved"),
          shape::count("sold"),
          shape::count("left", "pool and leased: what a store without an allotment can sell")};
}
std::string stock_json(SkuId sku, const StockCount& c) {
  return JsonWriter()
      .begin()
      .field("sku_id", sku)
      .field("received", c.received)
      .field("pool", c.pool)
      .field("leased", c.leased)
      .field("allotted", c.allotted)
      .field("reserved", c.reserved)
      .field("sold", c.sold)
      .field("left", c.left())
      .end()
      .take();
}

Shape plan_shape() {
  return {shape::id("id"),
          shape::choice("scope", {"brand", "campaign", "agent"}),
          shape::nullable(shape::id("scope_id", "the agent or campaign; null for the brand's own")),
          shape::nullable(shape::id("sku_id", "null: every SKU without a plan of its own")),
          shape::count("version"),
          shape::boolean("withdrawn"),
          shape::bp("host_bp"),
          shape::bp("promoter_bp"),
          shape::bp("recruiter_bp"),
          shape::bp("clipper_bp"),
          shape::nullable(shape::count("freeze_days", "days after receipt; null: the server's setting")),
          shape::nullable(shape::id("by_person_id")),
          shape::instant("at")};
}
void write_plan(JsonWriter& w, const PlanRow& p) {
  w.begin().field("id", p.id).field("scope", plan_scope_text(p.scope));
  w.field("scope_id", AgentId{p.scope_id}).field("sku_id", p.sku).field("version", p.version);
  w.field("withdrawn", p.withdrawn).field("host_bp", p.host_bp).field("promoter_bp", p.promoter_bp);
  w.field("recruiter_bp", p.recruiter_bp).field("clipper_bp", p.clipper_bp).field("freeze_days", p.freeze_days);
  w.field("by_person_id", p.by).field_at("at", p.at).end();
}

Shape page_of_items(Shape item) {
  return {shape::list("items", std::move(item), 0, 200), shape::nullable(shape::id("next"))};
}
Shape page_query() {
  return {shape::opt(shape::text("limit", 1, 3, "1 to 200, default 50")),
          shape::opt(shape::text("after", 13, 13, "the `next` of the page before"))};
}
Shape with_page(Shape fields) {
  for (auto& f : page_query()) fields.push_back(std::move(f));
  return fields;
}

Result<std::optional<bool>> bool_query(const Request& request, std::string_view name) {
  const std::string_view text = request.query_value(name);
  if (text.empty()) return std::nullopt;
  if (text == "true") return true;
  if (text == "false") return false;
  return fail(Code::invalid_field, std::string(name) + " is true or false", "query " + std::string(name));
}

// ?store_id: as that store of the brand shows it.
Result<StoreId> store_query(Tx& tx, const Request& request, BrandId brand) {
  const std::string_view text = request.query_value("store_id");
  if (text.empty()) return StoreId{};
  const auto id = StoreId::parse(text);
  const auto store = id ? org::find_store(tx, *id) : fail(Code::not_found);
  if (!store || store->brand != brand) return fail(Code::not_found, "the brand has no such store", "query store_id");
  return *id;
}

Result<Reply> list(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto page, net::page_of(request));
  TRY([[maybe_unused]] const auto found, org::find_brand(tx, brand));
  TRY(const auto on_sale, bool_query(request, "on_sale"));
  ProductQuery query;
  query.brand = brand;
  query.category = std::string(request.query_value("category"));
  query.text = std::string(request.query_value("q"));
  query.after = page.after;
  query.limit = page.limit + 1;
  TRY(query.store, store_query(tx, request, brand));
  query.now = call.now;
  const bool all = sees_all(call, brand);
  query.on_sale = all ? on_sale : std::optional(true);
  if (utf8_length(query.text) > 64)
    return fail(Code::invalid_field, "at most 64 characters are searched for", "query q");
  if (utf8_length(query.category) > kMaxCategory)
    return fail(Code::invalid_field, "a category has at most " + std::to_string(kMaxCategory) + " characters",
                "query category");
  auto views = list_products(tx, query);
  const bool more = views.size() > static_cast<std::size_t>(page.limit);
  if (more) views.resize(static_cast<std::size_t>(page.limit));
  JsonWriter w;
  w.begin_list();
  for (const auto& v : views) write_product(w, v, false, all);
  w.end_list();
  return tagged(request, net::page_json(w.text(), more ? views.back().product.id.value : 0), 0);
}

Result<Reply> create(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  const auto& body = request.value;
  CatalogProduct wish;
  wish.code = get_text(body, "code");
  wish.title = get_text(body, "title");
  wish.category = get_text(body, "category");
  wish.description = get_text(body, "description");
  wish.image_url = get_text(body, "image_url");
  wish.on_sale = get_bool(body, "on_sale", true);
  wish.no_return = get_bool(body, "no_return", false);
  for (const auto& s : get_list(body, "skus"))
    wish.skus.push_back({get_text(s, "code"), get_text(s, "title"), get_int(s, "price_fen"), get_int(s, "stock"), 0});
  TRY(const auto view, create_product(tx, call, brand, std::move(wish)));
  JsonWriter w;
  write_product(w, view, true, true);
  return Reply::json(w.take(), 201).with("Location", "/api/v1/products/" + view.product.id.text());
}

Result<Reply> show(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<ProductId>("product_id"));
  TRY(const Product product, find_product(tx, id));
  TRY(const StoreId store, store_query(tx, request, product.brand));
  TRY(const auto view, view_product(tx, id, store, call.now));
  JsonWriter w;
  write_product(w, view, true, sees_all(call, view.product.brand));
  return tagged(request, w.take(), view.product.version);
}

Result<Reply> change(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<ProductId>("product_id"));
  const auto& body = request.value;
  ProductPatch patch;
  TRY(patch.if_version, if_match(request));
  if (has(body, "title")) patch.title = get_text(body, "title");
  if (has(body, "category")) patch.category = get_text(body, "category");
  if (has(body, "description")) patch.description = get_text(body, "description");
  if (has(body, "image_url")) patch.image_url = get_text(body, "image_url");
  if (has(body, "on_sale")) patch.on_sale = get_bool(body, "on_sale");
  if (has(body, "no_return")) patch.no_return = get_bool(body, "no_return");
  TRY(const auto view, patch_product(tx, call, id, patch));
  JsonWriter w;
  write_product(w, view, true, true);
  return tagged({}, w.take(), view.product.version);
}

Result<Reply> change_sku(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<SkuId>("sku_id"));
  SkuPatch patch;
  patch.price_fen = get_int(request.value, "price_fen");
  TRY(patch.if_version, if_match(request));
  TRY(const auto sku, patch_sku(tx, call, id, patch));
  JsonWriter w;
  write_sku(w, sku, stock_left(tx, id), true);
  return tagged({}, w.take(), sku.version);
}

Result<Reply> receive(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<SkuId>("sku_id"));
  TRY(const auto count, receive_stock(tx, call, id, get_int(request.value, "qty")));
  return Reply::json(stock_json(id, count));
}

Result<Reply> show_stock(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto id, request.id_param<SkuId>("sku_id"));
  TRY(const auto sku, find_sku(tx, id));
  TRY_OK(require_staff(call, sku.brand, kAnyStaff));
  return Reply::json(stock_json(id, stock_count(tx, id)));
}

Result<Reply> plans(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  TRY(const auto page, net::page_of(request));
  TRY_OK(require_staff(call, brand, kAnyStaff));
  auto rows = current_plans(tx, brand, page.after, page.limit + 1);
  const bool more = rows.size() > static_cast<std::size_t>(page.limit);
  if (more) rows.resize(static_cast<std::size_t>(page.limit));
  JsonWriter w;
  w.begin_list();
  for (const auto& row : rows) write_plan(w, row);
  w.end_list();
  return Reply::json(net::page_json(w.text(), more ? rows.back().id.value : 0));
}

Result<Reply> put_plan(Tx& tx, const Call& call, const Request& request) {
  const auto& body = request.value;
  PlanRow wish;
  TRY(wish.brand, request.id_param<BrandId>("brand_id"));
  TRY_OK(require_staff(call, wish.brand, kPays));
  wish.scope = parse_plan_scope(get_text(body, "scope")).value_or(PlanScope::brand);
  wish.scope_id = get_id<AgentId>(body, "scope_id").value;
  wish.sku = get_id<SkuId>(body, "sku_id");
  wish.withdrawn = get_bool(body, "withdrawn", false);
  for (const auto* name : {"host_bp", "promoter_bp", "recruiter_bp", "clipper_bp"}) {
    if (wish.withdrawn && get_int(body, name) != 0)
      return fail(Code::invalid_field, "a plan that is withdrawn has no rates", std::string("/") + name);
  }
  if (!wish.withdrawn)
    for (const auto* name : {"host_bp", "promoter_bp"})
      if (!has(body, name))
        return fail(Code::missing_field, "a rate in basis points, 0 to 10000", std::string("/") + name);
  wish.host_bp = static_cast<BasisPoints>(get_int(body, "host_bp"));
  wish.promoter_bp = static_cast<BasisPoints>(get_int(body, "promoter_bp"));
  wish.recruiter_bp = static_cast<BasisPoints>(get_int(body, "recruiter_bp"));
  wish.clipper_bp = static_cast<BasisPoints>(get_int(body, "clipper_bp"));
  if (has(body, "freeze_days")) wish.freeze_days = static_cast<std::int32_t>(get_int(body, "freeze_days"));
  TRY(const auto row, save_plan(tx, call, wish));
  JsonWriter w;
  write_plan(w, row);
  return Reply::json(w.take());
}

Result<Reply> import_file(db::Database& database, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  CatalogOptions options;
  if (const auto text = request.query_value("default_stock"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.default_stock);
    if (error != std::errc{} || end != text.data() + text.size() || options.default_stock < 0 ||
        options.default_stock > kMaxStock)
      return fail(Code::invalid_field, "default_stock is a number of units, 0 to " + std::to_string(kMaxStock),
                  "query default_stock");
  }
  TRY(const auto incomplete, bool_query(request, "incomplete_off_sale"));
  options.incomplete_off_sale = incomplete.value_or(false);
  TRY(const auto report, import_catalog(database, call, brand, request.body, options));
  JsonWriter w;
  w.begin()
      .field("format", format_text(report.format))
      .field("products", report.products)
      .field("skus", report.skus)
      .field("created", report.created)
      .field("updated", report.updated)
      .field("unchanged", report.unchanged)
      .field("stock_taken", report.stock_taken)
      .field("stock_ignored_skus", report.stock_ignored);
  w.key("notes").begin_list();
  for (const auto& note : report.notes) w.value(note);
  w.end_list().end();
  return Reply::json(w.take());
}

Result<Reply> export_file(Tx& tx, const Call& call, const Request& request) {
  TRY(const auto brand, request.id_param<BrandId>("brand_id"));
  const std::string_view name = request.query_value("format");
  const auto format = name.empty() ? CatalogFormat::lianbo : parse_format(name);
  if (!format) return fail(Code::invalid_field, "format is lianbo, shopify or woocommerce", "query format");
  TRY(std::string file, export_catalog(tx, call, brand, *format));
  Reply reply{200, std::move(file), "text/csv; charset=utf-8", {}};
  return std::move(reply).with("Content-Disposition",
                               "attachment; filename=\"products-" + std::string(format_text(*format)) + ".csv\"");
}

}  // namespace

void write_product(JsonWriter& w, const ProductView& view, bool with_text, bool all_stock) {
  const Product& p = view.product;
  w.begin().field("id", p.id).field("brand_id", p.brand).field("code", p.code).field("title", p.title);
  w.field("category", p.category);
  if (with_text) w.field("description", p.description);
  w.field("image_url", p.image_url).field("on_sale", p.on_sale).field("no_return", p.no_return);
  w.field_at("created_at", p.created_at).field_at("updated_at", p.updated_at).field("version", p.version);
  w.key("skus").begin_list();
  for (std::size_t i = 0; i < view.skus.size(); ++i)
    write_sku(w, view.skus[i], view.left[i], all_stock, view.prices[i]);
  w.end_list().end();
}

Shape product_shape(bool with_text) {
  Shape out{shape::id("id"), shape::id("brand_id"), shape::text("code", 1, kMaxProductCode),
            shape::text("title", 1, kMaxTitle), shape::text("category", 0, kMaxCategory)};
  if (with_text) out.push_back(shape::text("description", 0, kMaxDescription));
  out.push_back(shape::text("image_url", 0, kMaxImageUrl));
  out.push_back(shape::boolean("on_sale"));
  out.push_back(shape::boolean("no_return", "exempt from the seven-day return"));
  out.push_back(shape::instant("created_at"));
  out.push_back(shape::instant("updated_at"));
  out.push_back(shape::count("version"));
  out.push_back(shape::list("skus", sku_shape(), 0, 1000));
  return out;
}

net::Routes catalog_routes(const CatalogDeps& deps) {
  using net::read_route;
  using net::write_route;
  db::Database* const database = deps.db;
  const Field in_store = shape::opt(shape::id("store_id", "prices and stock as this store has them"));
  const Shape new_sku{
      shape::opt(shape::text("code", 1, kMaxSkuCode, "default: made from the product's code and title")),
      shape::opt(shape::text("title", 0, kMaxTitle)), shape::price("price_fen"),
      shape::opt(shape::integer("stock", 0, kMaxStock, "first stock"))};
  const Shape new_product{shape::text("code", 1, kMaxProductCode),
                          shape::text("title", 1, kMaxTitle),
                          shape::opt(shape::text("category", 0, kMaxCategory)),
                          shape::opt(shape::text("description", 0, kMaxDescription)),
                          shape::opt(shape::text("image_url", 0, kMaxImageUrl)),
                          shape::opt(shape::boolean("on_sale", "default true")),
                          shape::opt(shape::boolean("no_return", "default false")),
                          shape::list("skus", new_sku, 1, kMaxSkusOfProduct)};
  const Shape product_patch{shape::opt(shape::text("title", 1, kMaxTitle)),
                            shape::opt(shape::text("category", 0, kMaxCategory)),
                            shape::opt(shape::text("description", 0, kMaxDescription)),
                            shape::opt(shape::text("image_url", 0, kMaxImageUrl)),
                            shape::opt(shape::boolean("on_sale")),
                            shape::opt(shape::boolean("no_return"))};
  const Shape plan_wish{shape::choice("scope", {"brand", "agent"}),
                        shape::opt(shape::id("scope_id", "the agent, for scope agent")),
                        shape::opt(shape::id("sku_id", "absent: every SKU without a plan of its own")),
                        shape::opt(shape::bp("host_bp")),
                        shape::opt(shape::bp("promoter_bp")),
                        shape::opt(shape::bp("recruiter_bp", "default 0")),
                        shape::opt(shape::bp("clipper_bp", "default 0")),
                        shape::opt(shape::integer("freeze_days", 0, 365, "default: the server's setting")),
                        shape::opt(shape::boolean("withdrawn", "true: the plan no longer counts"))};
  const Shape report{shape::choice("format", {"lianbo", "shopify", "woocommerce", "taobao", "price_list"}),
                     shape::count("products", "in the file"),
                     shape::count("skus", "in the file"),
                     shape::count("created", "products"),
                     shape::count("updated", "products"),
                     shape::count("unchanged", "products"),
                     shape::count("stock_taken", "units: the first stock of SKUs that were new"),
                     shape::count("stock_ignored_skus", "SKUs that were known: an import does not touch their stock"),
                     shape::list_of("notes", shape::text("", 0, 2000), 0, 300)};

  net::Routes routes;
  net::Route import_route =
      net::plain_route(
          Method::post, "/api/v1/brands/{brand_id}/products:import", "importProducts",
          "Products from a Shopify, WooCommerce, Lianbo, Taobao assistant or price-list file (CSV, gz too), "
          "all or nothing; the same file again changes nothing",
          Access::staff, [database](const Call& call, const Request& r) { return import_file(*database, call, r); })
          .giving(report)
          .asking({shape::opt(shape::text("default_stock", 1, 10, "first stock where the file gives none; default 0")),
                   shape::opt(shape::text("incomplete_off_sale", 4, 5,
                                          "true: products without title or usable price come in off sale"))})
          .may_fail({Code::csv_invalid, Code::csv_unknown_format, Code::conflict});
  import_route.raw_body = true;
  routes.push_back(std::move(import_route));
  routes.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/products:export", "exportProducts",
                              "Every product of the brand as a file (CSV)", Access::staff, export_file)
                       .asking({shape::opt(shape::text("format", 1, 20, "lianbo (default), shopify or woocommerce"))}));
  routes.push_back(write_route(Method::post, "/api/v1/brands/{brand_id}/products", "createProduct",
                               "A new product with its SKUs and first stock", Access::staff, create)
                       .taking(new_product)
                       .giving(product_shape(true))
                       .answers(201)
                       .may_fail({Code::conflict}));
  routes.push_back(
      read_route(Method::get, "/api/v1/brands/{brand_id}/products", "listProducts",
                 "Products of a brand, oldest first; who is not its staff sees those on sale", Access::guest, list)
          .giving(page_of_items(product_shape(false)))
          .asking(with_page({shape::opt(shape::text("category", 0, kMaxCategory)),
                             shape::opt(shape::text("q", 0, 64, "part of the title or code")),
                             shape::opt(shape::text("on_sale", 4, 5, "staff: true or false")), in_store})));
  routes.push_back(read_route(Method::get, "/api/v1/products/{product_id}", "getProduct", "One product, on sale or not",
                              Access::guest, show)
                       .asking({in_store})
                       .giving(product_shape(true)));
  routes.push_back(write_route(Method::patch, "/api/v1/products/{product_id}", "changeProduct",
                               "Change a product; If-Match guards against overwriting others' changes", Access::staff,
                               change)
                       .taking(product_patch)
                       .giving(product_shape(true))
                       .may_fail({Code::precondition_failed, Code::conflict}));
  routes.push_back(write_route(Method::patch, "/api/v1/skus/{sku_id}", "changeSku",
                               "Change a SKU's price; orders placed keep theirs", Access::staff, change_sku)
                       .taking({shape::price("price_fen")})
                       .giving(sku_shape())
                       .may_fail({Code::precondition_failed}));
  routes.push_back(write_route(Method::post, "/api/v1/skus/{sku_id}/stock", "receiveStock", "More units have come",
                               Access::staff, receive)
                       .taking({shape::integer("qty", 1, kMaxStock)})
                       .giving(stock_shape()));
  routes.push_back(read_route(Method::get, "/api/v1/skus/{sku_id}/stock", "getStock",
                              "Where the units are: pool + leased + reserved + sold = received", Access::staff,
                              show_stock)
                       .giving(stock_shape()));
  routes.push_back(read_route(Method::get, "/api/v1/brands/{brand_id}/plans", "listPlans",
                              "The commission plans that count now", Access::staff, plans)
                       .giving(page_of_items(plan_shape()))
                       .asking(page_query()));
  routes.push_back(write_route(Method::put, "/api/v1/brands/{brand_id}/plans", "putPlan",
                               "Save a commission plan (a new version): an agent's own beats the brand's, a SKU's row "
                               "beats the row for all SKUs",
                               Access::staff, put_plan)
                       .taking(plan_wish)
                       .giving(plan_shape())
                       .may_fail({Code::plan_over_cap, Code::conflict}));
  add_offer_routes(routes);
  return routes;
}

}  // namespace lianbo::catalog
