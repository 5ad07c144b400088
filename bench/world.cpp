// Makes a database to measure on: one brand, its stores on the air, its goods, and buyers who are logged in and locked.
//
//   bench_world URL OUT [stores=100] [buyers=1000] [skus=20] [stock=100000000] [promoters=STORES] [live=1]
//
// URL as in db.url. OUT gets a JSON object that load generators read: brand, owner (a token of the owner), stores with
// their broadcasts, SKUs with prices, share tokens, and a token for each buyer. Everything is made by the services'
// own functions, so the rows are what the server would have written.
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include "app/app.hpp"
#include "base/crypto.hpp"
#include "base/json.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/plan.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"

namespace {

using namespace lianbo;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

constexpr std::size_t kPart = 500;  // writes handed over together

// body(tx, i) for all i, in parts that share commits.
void each(db::Database& db, std::size_t n, const std::function<Status(db::Tx&, std::size_t)>& body) {
  for (std::size_t from = 0; from < n; from += kPart)
    for (const auto& done :
         db::write_all(db, std::min(kPart, n - from), [&](db::Tx& tx, std::size_t i) { return body(tx, from + i); }))
      must(done);
}

int make(const std::string& url, const std::string& out, std::map<std::string, std::int64_t> size) {
  Settings settings;
  settings.db_url = url;
  if (const char* key = std::getenv("LIANBO_PRIVACY_KEY_FILE")) settings.privacy_key_file = key;
  const auto bench = must(app::Workbench::open(settings, "bench"));
  db::Database& db = *bench->db;
  const auto system = [&] { return bench->system_call(); };
  const auto brand = must(db.write([&](db::Tx& tx) {
    org::NewBrand wish;
    wish.name = "Bench";
    wish.owner_login = "owner";
    wish.owner_name = "Owner";
    wish.owner_password_hash = "x";
    return org::create_brand(tx, system(), wish);
  }));
  const auto owner =
      must(db.read([&](db::Tx& tx) -> Result<PersonId> { return org::find_login(tx, "owner")->person; }));
  const auto owner_token =
      must(db.write([&](db::Tx& tx) { return org::issue_session(tx, system(), owner, org::TokenKind::api, "bench"); }));
  must(db.write([&](db::Tx& tx) {
    catalog::PlanRow row;
    row.brand = brand;
    row.scope = catalog::PlanScope::brand;
    row.host_bp = 1000;
    row.promoter_bp = 500;
    row.recruiter_bp = 100;
    return catalog::save_plan(tx, system(), row);
  }));

  std::vector<catalog::CatalogProduct> wishes(static_cast<std::size_t>(size["skus"]));
  std::vector<ProductId> products(wishes.size());
  std::vector<std::pair<SkuId, Fen>> skus(wishes.size());
  each(db, wishes.size(), [&](db::Tx& tx, std::size_t i) -> Status {
    catalog::CatalogProduct wish;
    wish.code = "P" + std::to_string(i);
    wish.title = "Product " + std::to_string(i);
    wish.category = "all";
    const Fen price = 1000 + 10 * static_cast<Fen>(i);
    wish.skus.push_back({wish.code + "-1", "", price, size["stock"], 0});
    TRY(const auto view, catalog::create_product(tx, system(), brand, wish));
    products[i] = view.product.id;
    skus[i] = {view.skus.front().id, price};
    return {};
  });

  const auto stores = static_cast<std::size_t>(size["stores"]);
  std::vector<org::Agent> agents(stores);
  std::vector<StoreId> store_ids(stores);
  // Whoever recruited somebody is there first.
  for (const auto& [from, to] : {std::pair(std::size_t{0}, stores / 2), {stores / 2, stores}})
    each(db, to - from, [&, from = from](db::Tx& tx, std::size_t k) -> Status {
      const std::size_t i = from + k;
      org::NewAgent wish;
      wish.code = "A" + std::to_string(i);
      wish.name = "Agent " + std::to_string(i);
      if (from > 0 && k < from) wish.parent = agents[k].id;
      TRY(agents[i], org::create_agent(tx, system(), brand, wish));
      store_ids[i] = org::caller_of_person(tx, agents[i].person).agents.front().store;
      return {};
    });
  std::vector<BroadcastId> broadcasts(stores);
  std::vector<share::Share> shares(stores);
  each(db, stores, [&](db::Tx& tx, std::size_t i) -> Status {
    const Call call = system();
    if (size["live"] != 0) {
      live::NewBroadcast wish;
      wish.title = "Broadcast " + std::to_string(i);
      wish.scheduled_at = call.now;
      for (std::size_t k = 0; k < std::min<std::size_t>(products.size(), 20); ++k) wish.products.push_back(products[k]);
      TRY(const auto made, live::schedule_broadcast(tx, call, store_ids[i], wish));
      broadcasts[i] = made.broadcast.id;
      TRY_OK(live::start_broadcast(tx, call, broadcasts[i]));
      TRY_OK(live::pin_product(tx, call, broadcasts[i], products.front()));
    }
    Call own = call;
    own.caller = org::caller_of_person(tx, agents[i].person);
    own.caller.person = agents[i].person;
    own.caller.guest = false;
    share::NewShare wish;
    wish.kind = share::Kind::store;
    wish.channel = share::Channel::dm;
    wish.store = store_ids[(i + 1) % stores];
    TRY(shares[i], share::create_share(tx, own, wish, {}));
    return {};
  });

  const auto buyers = static_cast<std::size_t>(size["buyers"]);
  std::vector<std::string> tokens(buyers);
  each(db, buyers, [&](db::Tx& tx, std::size_t i) -> Status {
    Call call = system();
    TRY(const PersonId person,
        org::register_person(tx, call, "buyer-" + std::to_string(i), "Buyer " + std::to_string(i), "x"));
    TRY(tokens[i], org::issue_session(tx, call, person, org::TokenKind::login, ""));
    call.caller = {};
    call.caller.person = person;
    call.caller.guest = false;
    TRY_OK(share::touch_share(tx, call, shares[i % stores]));
    return {};
  });

  JsonWriter w;
  w.begin().field("brand", brand).field("owner", owner_token);
  w.key("stores").begin_list();
  for (std::size_t i = 0; i < stores; ++i)
    w.begin().field("store", store_ids[i]).field("broadcast", broadcasts[i]).field("share", shares[i].token).end();
  w.end_list().key("skus").begin_list();
  for (std::size_t i = 0; i < skus.size(); ++i)
    w.begin().field("sku", skus[i].first).field("product", products[i]).field("price_fen", skus[i].second).end();
  w.end_list().key("buyers").begin_list();
  for (const auto& token : tokens) w.begin().field("token", token).end();
  w.end_list().end();
  std::ofstream file(out, std::ios::binary);
  file << w.take() << '\n';
  file.close();
  return file ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "bench_world URL OUT [stores=100] [buyers=1000] [skus=20] [stock=100000000] [live=1]\n");
    return 2;
  }
  std::map<std::string, std::int64_t> size{
      {"stores", 100}, {"buyers", 1000}, {"skus", 20}, {"stock", 100'000'000}, {"live", 1}};
  for (int i = 3; i < argc; ++i) {
    const std::string arg = argv[i];
    const auto at = arg.find('=');
    if (at == std::string::npos || !size.contains(arg.substr(0, at))) {
      fmt::print(stderr, "bench_world: {} is unknown\n", arg);
      return 2;
    }
    size[arg.substr(0, at)] = std::atoll(arg.c_str() + at + 1);
  }
  lianbo::crypto_init();
  try {
    return make(argv[1], argv[2], size);
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_world: {}\n", e.what());
    return 1;
  }
}
