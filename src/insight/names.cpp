#include "insight/names.hpp"

#include "base/json.hpp"
#include "base/shape.hpp"
#include "org/org_service.hpp"

namespace lianbo::insight {
namespace {

using db::Row;
using db::Sql;

constexpr std::size_t kMaxNames = 200;

struct Kind {
  const char* name;
  const Sql& sql;
};
const Sql kAgent{"names.agent", "select name, code from agents where id = $1 and brand_id = $2"};
const Sql kStore{"names.store", "select name, '' from stores where id = $1 and brand_id = $2"};
const Sql kBroadcast{"names.broadcast", "select title, '' from broadcasts where id = $1 and brand_id = $2"};
const Sql kProduct{"names.product", "select title, code from products where id = $1 and brand_id = $2"};
const Sql kSku{
    "names.sku",
    "select case when k.title = '' then p.title else p.title || ' · ' || k.title end, k.code from skus k join "
    "products p on p.id = k.product_id where k.id = $1 and k.brand_id = $2"};
const Sql kStaff{"names.staff", "select '', '' from staff where person_id = $1 and brand_id = $2"};
const Sql kCampaign{"names.campaign", "select name, '' from campaigns where id = $1 and brand_id = $2"};
const Sql kCoupon{"names.coupon", "select name, '' from coupons where id = $1 and brand_id = $2"};
const Sql kTask{"names.task", "select title, '' from training_tasks where id = $1 and brand_id = $2"};
const Kind kKinds[] = {{"agent", kAgent},       {"store", kStore},   {"broadcast", kBroadcast},
                       {"product", kProduct},   {"sku", kSku},       {"staff", kStaff},
                       {"campaign", kCampaign}, {"coupon", kCoupon}, {"task", kTask}};

}  // namespace

net::Route names_route() {
  using namespace shape;
  return net::read_route(
             net::Method::get, "/api/v1/brands/{brand_id}/names", "listNames",
             "What ids of agents, stores, broadcasts, products, SKUs, staff, campaigns, coupons and tasks stand for",
             net::Access::staff,
             [](db::Tx& tx, const Call& call, const net::Request& request) -> Result<net::Reply> {
               TRY(const auto brand, request.id_param<BrandId>("brand_id"));
               TRY_OK(require_any_staff(call, brand, kAnyStaff));
               std::string_view ids = request.query_value("ids");
               JsonWriter w;
               w.begin().key("items").begin_list();
               for (std::size_t n = 0; !ids.empty() && n < kMaxNames; ++n) {
                 const auto comma = ids.find(',');
                 const auto text = ids.substr(0, comma);
                 ids = comma == std::string_view::npos ? std::string_view() : ids.substr(comma + 1);
                 const auto id = parse_id_text(text);
                 if (!id) return fail(Code::invalid_field, "must be ids with commas between", "query ids");
                 for (const Kind& kind : kKinds) {
                   const auto found =
                       tx.one(kind.sql, {*id, brand}, [](const Row& r) { return std::pair(r.str(0), r.str(1)); });
                   if (!found) continue;
                   // People's names are sealed.
                   const auto name = &kind.sql == &kStaff ? org::person_name(tx, PersonId{*id}) : found->first;
                   w.begin().field("id", text).field("kind", kind.name).field("name", name);
                   w.field("note", found->second).end();
                   break;
                 }
               }
               w.end_list().end();
               return net::Reply::json(w.take());
             })
      .asking({opt(text("ids", 0, 2800, "up to 200, with commas between"))})
      .giving({list(
          "items",
          {id("id"),
           choice("kind", {"agent", "store", "broadcast", "product", "sku", "staff", "campaign", "coupon", "task"}),
           text("name", 0, 600), text("note", 0, 200, "its code")},
          0, kMaxNames)});
}

}  // namespace lianbo::insight
