#include "feed/search.hpp"

#include <algorithm>
#include <set>

#include "base/json.hpp"
#include "base/shape.hpp"
#include "catalog/catalog_events.hpp"
#include "catalog/catalog_service.hpp"
#include "catalog/search_rows.hpp"
#include "clips/clips_service.hpp"
#include "live/live_events.hpp"
#include "org/org_service.hpp"

namespace lianbo::feed {
namespace {

using net::Access;
using net::Method;
using net::Reply;
using net::Request;

constexpr int kRows = 500;
constexpr std::size_t kProductsOfMoments = 20;
constexpr int kComingRows = 500;
constexpr std::int64_t kDefaultLimit = 10;

void put_broadcast(TextIndex& index, const live::Broadcast& b) { index.put(b.id.value, {b.title}); }

template <class T>
void cut(std::vector<T>& list, std::size_t limit) {
  if (list.size() > limit) list.resize(limit);
}

}  // namespace

Search::Brand& Search::brand_at(BrandId id) {
  std::lock_guard lock(mutex_);
  auto& brand = brands_[id];
  if (!brand) brand = std::make_unique<Brand>();
  return *brand;
}
Search::Brand* Search::known(BrandId id) {
  std::lock_guard lock(mutex_);
  const auto it = brands_.find(id);
  return it == brands_.end() ? nullptr : it->second.get();
}

void Search::on_event(const db::Event& event) {
  Brand* const brand = known(event.brand);
  if (!brand) return;  // nobody has searched there yet
  if (event.topic == catalog::kProductChanged) {
    std::lock_guard lock(brand->stale_mutex);
    brand->stale.push_back(ProductId{event.key});
    return;
  }
  const bool gone = event.topic == live::kBroadcastEnded || event.topic == live::kBroadcastCancelled;
  if (!gone && event.topic != live::kBroadcastScheduled && event.topic != live::kBroadcastStarted &&
      event.topic != live::kBroadcastChanged)
    return;
  const auto value = parse_json(event.payload);
  if (!value) return;
  const auto& b = get_object(*value, "broadcast");
  if (get_text(b, "audience") == live::audience_name(live::Audience::rehearsal)) return;
  std::unique_lock lock(brand->mutex);
  if (gone)
    brand->broadcasts.remove(event.key);
  else
    brand->broadcasts.put(event.key, {get_text(b, "title")});
}

void Search::catch_up(db::Tx& tx, BrandId id, Brand& brand, Instant now) {
  std::vector<ProductId> stale;
  {
    std::lock_guard lock(brand.stale_mutex);
    stale.swap(brand.stale);
  }
  const auto put = [&](const catalog::ProductTitle& p) {
    if (p.on_sale)
      brand.products.put(p.id.value, {p.title, p.code, p.category});
    else
      brand.products.remove(p.id.value);
  };
  const bool reread = now - brand.hosts_read_at >= kRereadMs || now < brand.hosts_read_at;
  std::vector<catalog::ProductTitle> products = catalog::product_titles(tx, id, brand.newest_product, kRows);
  org::AgentFilter active;
  active.state = org::AgentState::active;
  std::vector<org::Agent> agents = org::agents_of(tx, id, active, kRows, reread ? AgentId{} : brand.newest_agent);
  if (brand.read && !reread && stale.empty() && products.empty() && agents.empty()) return;

  std::unique_lock lock(brand.mutex);
  for (; !products.empty(); products = catalog::product_titles(tx, id, brand.newest_product, kRows)) {
    for (const auto& p : products) put(p);
    brand.newest_product = products.back().id;
  }
  for (const ProductId p : stale)
    if (const auto found = catalog::find_product(tx, p))
      put({found->id, found->title, found->code, found->category, found->on_sale});
  for (; !agents.empty(); agents = org::agents_of(tx, id, active, kRows, brand.newest_agent)) {
    std::vector<StoreId> stores;
    for (const auto& a : agents) stores.push_back(a.store);
    for (const auto& [store, owner] : org::store_owners(tx, stores))
      brand.hosts.put(store.value, {owner.agent.name, owner.store.name});
    brand.newest_agent = agents.back().id;
  }
  if (reread) brand.hosts_read_at = now;
  if (brand.read) return;
  for (BroadcastId after;;) {
    const auto page = live::rooms_on_air(tx, id, after, kRows);
    for (const auto& b : page) put_broadcast(brand.broadcasts, b);
    if (page.size() < static_cast<std::size_t>(kRows)) break;
    after = page.back().id;
  }
  for (const auto& b : live::coming_between(tx, id, now, now + kComingMs, kComingRows))
    put_broadcast(brand.broadcasts, b);
  brand.read = true;
}

Result<Found> Search::find(db::Tx& tx, const Call& call, BrandId id, std::string_view query, std::size_t limit) {
  TRY_OK(org::find_brand(tx, id));
  if (!valid_utf8(query) || utf8_length(query) > TextIndex::kMaxQuery || TextIndex::words_of(query).empty())
    return fail(Code::invalid_field,
                "1 to " + std::to_string(TextIndex::kMaxQuery) + " characters, a letter among them", "q");
  Brand& brand = brand_at(id);
  catch_up(tx, id, brand, call.now);
  std::vector<TextIndex::Hit> products, hosts, broadcasts;
  {
    std::shared_lock lock(brand.mutex);
    products = brand.products.find(query, std::max(limit, kProductsOfMoments));
    hosts = brand.hosts.find(query, limit);
    broadcasts = brand.broadcasts.find(query, limit);
  }
  Found out;
  std::vector<PinId> pins;
  for (const auto& hit : products) {
    const ProductId product{hit.id};
    const auto found = catalog::find_product(tx, product);
    if (!found || !found->on_sale) continue;
    if (out.products.size() < limit) out.products.push_back(product);
    if (pins.size() < kMaxHits)
      for (const PinId pin : feed_.pins_of_product(id, product, kMaxHits - pins.size())) pins.push_back(pin);
  }
  std::map<PinId, live::PinAt> moments;
  for (const auto& p : live::pins_to_show(tx, pins)) moments[p.pin.id] = p;
  out.recordings = clips::clips_of_pins(tx, pins);
  for (const auto& [pin, clip] : out.recordings)
    if (clip.withdrawn_at != 0) moments.erase(pin);
  for (const PinId pin : pins)
    if (const auto it = moments.find(pin); it != moments.end()) out.moments.push_back(it->second);
  cut(out.moments, limit);

  std::vector<StoreId> stores;
  for (const auto& hit : hosts) stores.push_back(StoreId{hit.id});
  const auto owners = org::store_owners(tx, stores);
  for (const StoreId store : stores)
    if (const auto it = owners.find(store); it != owners.end() && it->second.agent.active())
      out.hosts.push_back(it->second);

  // By their title, by their host, and those that sell what was found.
  std::set<BroadcastId> seen;
  std::vector<live::Broadcast> coming;
  const auto add = [&](const live::Broadcast& b) {
    if (b.rehearsal() || !seen.insert(b.id).second) return;
    if (b.state == live::BroadcastState::live) out.rooms.push_back(b);
    if (b.state == live::BroadcastState::scheduled && b.scheduled_at > call.now) coming.push_back(b);
  };
  std::vector<BroadcastId> ids;
  for (const auto& hit : broadcasts) ids.push_back(BroadcastId{hit.id});
  auto titled = live::public_broadcasts(tx, ids);
  for (const BroadcastId b : ids)
    for (const auto& t : titled)
      if (t.id == b) add(t);
  for (const auto& owner : out.hosts)
    if (const auto b = live::live_broadcast_of(tx, owner.store.id)) add(*b);
  if (!out.products.empty() && out.rooms.size() < limit)
    for (const auto& b : live::rooms_selling(tx, id, out.products.front(), static_cast<int>(limit))) add(b);
  out.rooms.insert(out.rooms.end(), coming.begin(), coming.end());
  cut(out.rooms, limit);
  return out;
}

net::Route search_route(Search& search) {
  using namespace shape;
  const auto run = [&search](db::Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
    TRY(const auto id, request.id_param<BrandId>("brand_id"));
    std::size_t limit = 0;
    for (const char c : request.query_value("limit"))
      limit = c >= '0' && c <= '9' && limit <= kMaxHits ? limit * 10 + static_cast<std::size_t>(c - '0') : kMaxHits + 1;
    if (request.query_value("limit").empty()) limit = kDefaultLimit;
    if (limit < 1 || limit > kMaxHits)
      return fail(Code::invalid_field, "from 1 to " + std::to_string(kMaxHits), "limit");
    TRY(const Found found, search.find(tx, call, id, request.query_value("q"), limit));
    std::vector<StoreId> stores;
    for (const auto& b : found.rooms) stores.push_back(b.store);
    for (const auto& p : found.moments) stores.push_back(p.store);
    const auto owners = org::store_owners(tx, stores);
    const auto store_name = [&](StoreId s) { return owners.contains(s) ? owners.at(s).store.name : std::string(); };
    const auto host_name = [&](StoreId s) { return owners.contains(s) ? owners.at(s).agent.name : std::string(); };
    JsonWriter w;
    w.begin().key("products").begin_list();
    for (const ProductId product : found.products) {
      TRY(const auto view, catalog::view_product(tx, product));
      Fen lowest = 0;
      bool left = false;
      for (std::size_t i = 0; i < view.skus.size(); ++i) {
        lowest = lowest == 0 ? view.skus[i].price_fen : std::min(lowest, view.skus[i].price_fen);
        left = left || view.left[i] > 0;
      }
      w.begin().field("id", product).field("title", view.product.title).field("image_url", view.product.image_url);
      w.field("category", view.product.category).field("price_fen", lowest).field("sold_out", !left).end();
    }
    w.end_list().key("rooms").begin_list();
    for (const auto& b : found.rooms) {
      w.begin().field("id", b.id).field("store_id", b.store).field("title", b.title);
      w.field("state", live::state_name(b.state)).field_at("scheduled_at", b.scheduled_at);
      w.field_at("started_at", b.started_at).field("store_name", store_name(b.store));
      w.field("host_name", host_name(b.store)).end();
    }
    w.end_list().key("hosts").begin_list();
    for (const auto& h : found.hosts) {
      const auto room = live::live_broadcast_of(tx, h.store.id);
      w.begin().field("store_id", h.store.id).field("store_name", h.store.name).field("host_name", h.agent.name);
      w.field("broadcast_id", room && !room->rehearsal() ? room->id : BroadcastId{}).end();
    }
    w.end_list().key("moments").begin_list();
    for (const auto& p : found.moments) {
      const auto product = catalog::find_product(tx, p.pin.product);
      w.begin().field("pin_id", p.pin.id).field("broadcast_id", p.pin.broadcast).field("product_id", p.pin.product);
      w.field("title", product ? product->title : "").field("media_open_ms", p.pin.media_open_ms);
      w.field("media_close_ms", p.pin.media_close_ms).field_at("opened_at", p.pin.opened_at);
      w.field("store_id", p.store).field("store_name", store_name(p.store)).field("host_name", host_name(p.store));
      const auto clip = found.recordings.find(p.pin.id);
      w.field("clip_id",
              clip != found.recordings.end() && clip->second.state == clips::State::ready ? clip->second.id : ClipId{})
          .end();
    }
    return Reply::json(w.end_list().end().take());
  };
  const auto most = static_cast<std::int64_t>(kMaxHits);
  return net::read_route(Method::get, "/api/v1/brands/{brand_id}/search", "search",
                         "Products, rooms, hosts and moments by Chinese or Latin text, first letters or sounds; a slip "
                         "of the pen in a Latin word is forgiven",
                         Access::guest, run)
      .asking({text("q", 1, static_cast<std::int64_t>(TextIndex::kMaxQuery)),
               opt(text("limit", 1, 2, "of each kind; 1 to 50, default 10"))})
      .giving({list("products",
                    {id("id"), text("title", 0, 500), text("image_url", 0, 2000), text("category", 0, 500),
                     count("price_fen", "of the cheapest SKU"), boolean("sold_out")},
                    0, most, "on sale, the best first"),
               list("rooms",
                    {id("id"), id("store_id"), text("title", 0, 200), choice("state", {"live", "scheduled"}),
                     instant("scheduled_at"), nullable(instant("started_at")), text("store_name", 0, 200),
                     text("host_name", 0, 200)},
                    0, most, "on air first; also those of hosts and of the best product found"),
               list("hosts",
                    {id("store_id"), text("store_name", 0, 200), text("host_name", 0, 200),
                     nullable(id("broadcast_id", "on air right now"))},
                    0, most),
               list("moments",
                    {id("pin_id"), id("broadcast_id"), id("product_id"), text("title", 0, 500, "of the product"),
                     count("media_open_ms"), count("media_close_ms"), instant("opened_at"), id("store_id"),
                     text("store_name", 0, 200), text("host_name", 0, 200),
                     nullable(id("clip_id", "the moment's recording, once it is cut"))},
                    0, most, "at which the products found were explained, the newest of each first")})
      .may_fail({Code::not_found, Code::invalid_field});
}

}  // namespace lianbo::feed
