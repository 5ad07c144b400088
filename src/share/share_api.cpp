#include "share/share_api.hpp"

#include <algorithm>

#include "catalog/campaign.hpp"
#include "catalog/catalog_service.hpp"
#include "db/gather.hpp"
#include "live/live.hpp"
#include "live/live_service.hpp"
#include "org/org_service.hpp"
#include "share/poster.hpp"
#include "share/share_service.hpp"

namespace lianbo::share {
namespace {

using db::Tx;
using net::Access;
using net::Method;
using net::Reply;
using net::Request;
using net::Route;

Shape share_shape() {
  using namespace shape;
  return {id("id"),
          text("token", kTokenLength, kTokenLength),
          text("url", 1, 2048, "what is handed on"),
          choice("kind", {"moment", "broadcast", "clip", "product", "store", "recruit", "receipt"}),
          choice("channel", {"dm", "group", "moments", "article", "poster", "other"}),
          id("brand_id"),
          id("sharer_id", "a person"),
          nullable(id("agent_id", "the sharer as agent of the brand")),
          id("store_id"),
          nullable(id("broadcast_id")),
          nullable(id("product_id")),
          nullable(id("pin_id", "the pin that covers the moment")),
          nullable(count("media_ms", "media time of the moment")),
          nullable(id("clip_id")),
          nullable(id("order_id")),
          nullable(id("parent_id", "the share its sharer came through")),
          id("root_id"),
          count("depth", "0 for a root"),
          instant("created_at")};
}

Shape lock_shape() {
  using namespace shape;
  return {nullable(
              object("lock",
                     {id("agent_id"), text("agent_name", 0, 300), id("store_id", "theirs"), instant("opened_at"),
                      instant("protect_until"), instant("expires_at"), count("rules_version"), boolean("valid", "now")},
                     "none was ever opened: null")),
          opt(any("explain", "with ?explain: every touch and order, its inputs, rules and outcome, and who lost"))};
}

void write_share_fields(JsonWriter& w, const Call& call, const Share& s) {
  w.field("id", s.id)
      .field("token", s.token)
      .field("url", share_url(*call.settings, s.token))
      .field("kind", kind_text(s.kind))
      .field("channel", channel_text(s.channel))
      .field("brand_id", s.brand)
      .field("sharer_id", s.sharer)
      .field("agent_id", s.agent)
      .field("store_id", s.store)
      .field("broadcast_id", s.broadcast)
      .field("product_id", s.product)
      .field("pin_id", s.pin);
  w.key("media_ms");
  if (s.media_ms)
    w.value(*s.media_ms);
  else
    w.null();
  w.field("clip_id", s.clip)
      .field("order_id", s.order)
      .field("parent_id", s.parent)
      .field("root_id", s.root)
      .field("depth", s.depth)
      .field_at("created_at", s.created_at);
}

std::string share_json(const Call& call, const Share& share) {
  JsonWriter w;
  w.begin();
  write_share_fields(w, call, share);
  w.end();
  return w.take();
}

Result<Share> own_share(Tx& tx, const Call& call, const Request& request) {
  TRY(const ShareId id, request.id_param<ShareId>("share_id"));
  TRY(Share share, find_share(tx, id));
  TRY_OK(require_own_share(tx, call, share));
  return share;
}

NewShare wish_of(const json::value& body) {
  NewShare wish;
  wish.kind = parse_kind(get_text(body, "kind")).value_or(Kind::store);
  wish.channel = parse_channel(get_text(body, "channel")).value_or(Channel::other);
  wish.store = get_id<StoreId>(body, "store_id");
  wish.broadcast = get_id<BroadcastId>(body, "broadcast_id");
  wish.product = get_id<ProductId>(body, "product_id");
  if (has(body, "media_ms")) wish.media_ms = get_int(body, "media_ms");
  wish.clip = get_id<ClipId>(body, "clip_id");
  wish.order = get_id<OrderId>(body, "order_id");
  return wish;
}

bool asks(const Request& request, std::string_view name) {
  return std::any_of(request.query.begin(), request.query.end(), [&](const auto& pair) { return pair.first == name; });
}

Result<Reply> lock_reply(Tx& tx, const Call& call, const Request& request, BrandId brand, PersonId buyer) {
  const std::optional<Lock> lock = lock_of(tx, call.bucket(buyer), brand, buyer);
  JsonWriter w;
  w.begin().key("lock");
  if (lock) {
    // What the agent's store says to everybody, and no more.
    TRY(const org::Agent agent, org::find_agent(tx, lock->agent));
    w.begin()
        .field("agent_id", lock->agent)
        .field("agent_name", agent.name)
        .field("store_id", agent.store)
        .field_at("opened_at", lock->opened_at)
        .field_at("protect_until", lock->protect_until)
        .field_at("expires_at", lock->expires_at)
        .field("rules_version", lock->rules_version)
        .field("valid", valid_at(*lock, call.now))
        .end();
  } else {
    w.null();
  }
  if (asks(request, "explain")) {
    TRY(const std::string why, explain_lock(tx, call.bucket(buyer), brand, buyer, call.now));
    w.key("explain").raw(why);
  }
  w.end();
  return Reply::json(w.take());
}

// ---- the landing

constexpr std::string_view kLostPage =
    "<!doctype html><html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>链接已失效</title></head>"
    "<body style=\"font-family:sans-serif;max-width:28em;margin:15vh auto;padding:0 1em;text-align:center\">"
    "<h1>这个链接没有指向任何内容</h1><p>可能复制时少了几个字符，请让分享的人再发一次。</p>"
    "<p lang=\"en\">This link leads nowhere. A few characters may have been lost; ask for it again.</p>"
    "</body></html>";

bool is_page(const Request& request) { return request.header("accept").find("text/html") != std::string_view::npos; }

Result<Reply> lost(Error error, bool page) {
  if (error.code != Code::not_found || !page) return fail(std::move(error));
  return Reply{404, std::string(kLostPage), "text/html; charset=utf-8", {{"Cache-Control", "no-store"}}};
}

Opening opening_of(const Call& call, const Request& request) {
  return {call, std::string(request.param("token")), !is_preview(request)};
}

Result<Reply> landing_reply(Result<Landing> landing, bool page) {
  if (!landing) return lost(std::move(landing).error(), page);
  Reply reply{302, {}, "text/plain; charset=utf-8", {}};
  reply.headers = {{"Location", std::move(landing->path)},
                   {"Cache-Control", "no-store"},
                   {"Referrer-Policy", "same-origin"},
                   {"X-Robots-Tag", "noindex"}};
  return reply;
}

Result<Reply> open_share(Tx& tx, const Call& call, const Request& request) {
  const Opening opening = opening_of(call, request);
  TRY(auto landings, open_shares(tx, {&opening, 1}));
  return landing_reply(std::move(landings.front()), is_page(request));
}

// ---- the poster

Result<PosterText> poster_text(Tx& tx, const Call& call, const Share& share) {
  PosterText text;
  text.url = share_url(*call.settings, share.token);
  TRY(const org::StoreOwner owner, org::store_owner(tx, share.store));
  text.host = owner.agent.name;
  text.title = owner.store.name;
  if (share.product) {
    TRY(const catalog::Product product, catalog::find_product(tx, share.product));
    TRY(const org::Brand brand, org::find_brand(tx, share.brand));
    text.title = product.title;
    // What it costs in this store now: a campaign's price beats the list's.
    const auto campaign = catalog::campaign_prices(tx, share.store, call.now);
    std::vector<Fen> prices;
    for (const catalog::Sku& sku : catalog::skus_of(tx, product.id)) {
      const auto found = campaign.find(sku.id);
      prices.push_back(found == campaign.end() ? sku.price_fen : found->second.price_fen);
    }
    const auto [low, high] = std::minmax_element(prices.begin(), prices.end());
    if (low != prices.end()) {
      text.price = price_text(brand.currency, *low);
      if (*low < *high) text.price = call.chinese ? text.price + " 起" : "from " + text.price;
    }
  } else if (share.broadcast) {
    TRY(const live::Broadcast broadcast, live::find_broadcast(tx, share.broadcast));
    text.title = broadcast.title;
  }
  return text;
}

// ---- routes

Route create_route(const OrderFactsFn& order_facts) {
  using namespace shape;
  return net::write_route(Method::post, "/api/v1/shares", "createShare",
                          "Make a link to a moment, a broadcast, a product, a store, a paid order, or to recruit",
                          Access::guest,
                          [order_facts](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const Share share, create_share(tx, call, wish_of(request.value), order_facts));
                            return Reply::json(share_json(call, share), 201);
                          })
      .taking(
          {choice("kind", {"moment", "broadcast", "clip", "product", "store", "recruit", "receipt"}),
           choice("channel", {"dm", "group", "moments", "article", "poster", "other"}),
           opt(nullable(id("store_id", "product, store; recruit: the sharer's own"))),
           opt(nullable(id("broadcast_id", "moment, broadcast"))), opt(nullable(id("product_id", "moment, product"))),
           opt(nullable(
               integer("media_ms", 0, 9'007'199'254'740'991, "moment: media time; left out: now, or the pin's start"))),
           opt(nullable(id("clip_id", "clip"))), opt(nullable(id("order_id", "receipt: a paid order of one's own")))})
      .giving(share_shape())
      .answers(201)
      .may_fail({Code::not_on_shelf, Code::agent_not_active, Code::order_state_conflict, Code::forbidden});
}

Route list_route() {
  using namespace shape;
  Shape item = share_shape();
  item.push_back(count("touches", "openings"));
  item.push_back(count("locks", "buyers it won: locks opened or taken over"));
  return net::read_route(Method::get, "/api/v1/shares", "listShares", "The caller's own shares, newest first",
                         Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const net::Page page, net::page_of(request));
                           const std::vector<ShareTally> rows = shares_of(tx, call.caller.person, page);
                           JsonWriter w;
                           w.begin_list();
                           for (const ShareTally& row : rows) {
                             w.begin();
                             write_share_fields(w, call, row.share);
                             w.field("touches", row.touches).field("locks", row.locks).end();
                           }
                           w.end_list();
                           const bool more = rows.size() == static_cast<std::size_t>(page.limit);
                           return Reply::json(net::page_json(w.text(), more ? rows.back().share.id.value : 0));
                         })
      .giving({list("items", std::move(item), 0, 200), nullable(id("next"))})
      .asking({opt(text("mine", 0, 8, "said for clarity: these are always the caller's own")), opt(text("limit", 1, 3)),
               opt(text("after", 13, 13))});
}

Route get_route() {
  return net::read_route(Method::get, "/api/v1/shares/{share_id}", "getShare", "One share, for its sharer and staff",
                         Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const Share share, own_share(tx, call, request));
                           return Reply::json(share_json(call, share));
                         })
      .giving(share_shape())
      .may_fail({Code::not_found, Code::forbidden});
}

Route cascade_route() {
  using namespace shape;
  return net::read_route(Method::get, "/api/v1/shares/{share_id}/cascade", "getCascade",
                         "How far the tree of shares went that this one belongs to", Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const Share share, own_share(tx, call, request));
                           const Cascade c = cascade_of(tx, share.root);
                           JsonWriter w;
                           w.begin()
                               .field("root_id", share.root)
                               .field("depth", c.depth)
                               .field("size", c.size)
                               .field("reach", c.reach)
                               .field("visitors", c.visitors)
                               .field("touches", c.touches)
                               .end();
                           return Reply::json(w.take());
                         })
      .giving({id("root_id"), count("depth", "steps from the root to the deepest link"),
               count("size", "links in the tree, the root included"), count("reach", "people who opened or shared"),
               count("visitors", "people who opened any of its links"), count("touches", "openings")})
      .may_fail({Code::not_found, Code::forbidden});
}

Route below_route() {
  using namespace shape;
  return net::read_route(Method::get, "/api/v1/shares/{share_id}/children", "listSharesBelow",
                         "The links made by who came through this one, for who made it or one above it", Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const ShareId id, request.id_param<ShareId>("share_id"));
                           TRY(const Share share, find_share(tx, id));
                           TRY_OK(require_share_above(tx, call, share));
                           TRY(const net::Page page, net::page_of(request));
                           const std::vector<ShareTally> rows = shares_below(tx, id, page);
                           JsonWriter w;
                           w.begin_list();
                           for (const ShareTally& row : rows) {
                             const bool mine = row.share.sharer == call.caller.person;
                             w.begin().field("id", row.share.id).field("kind", kind_text(row.share.kind));
                             w.field("channel", channel_text(row.share.channel)).field("mine", mine);
                             w.field("sharer", live::mask_name(org::person_name(tx, row.share.sharer)));
                             w.field_at("created_at", row.share.created_at);
                             w.field("touches", row.touches).field("locks", row.locks).end();
                           }
                           w.end_list();
                           const bool more = rows.size() == static_cast<std::size_t>(page.limit);
                           return Reply::json(net::page_json(w.text(), more ? rows.back().share.id.value : 0));
                         })
      .giving(
          {list("items",
                {id("id"), choice("kind", {"moment", "broadcast", "clip", "product", "store", "recruit", "receipt"}),
                 choice("channel", {"dm", "group", "moments", "article", "poster", "other"}),
                 boolean("mine", "the caller's own"), text("sharer", 0, 200, "masked; empty: somebody not logged in"),
                 instant("created_at"), count("touches", "openings"), count("locks", "buyers it won")},
                0, 200),
           nullable(id("next"))})
      .asking({opt(text("limit", 1, 3)), opt(text("after", 13, 13))})
      .may_fail({Code::not_found, Code::forbidden});
}

Route poster_route(db::Database* database) {
  return net::plain_route(Method::get, "/api/v1/shares/{share_id}/poster.png", "getPoster",
                          "A picture to hand on: product, price, host and QR code (PNG, 750 × 1334)", Access::guest,
                          [database](const Call& call, const Request& request) -> Result<Reply> {
                            TRY(const PosterText text, database->read([&](Tx& tx) -> Result<PosterText> {
                              TRY(const Share share, own_share(tx, call, request));
                              return poster_text(tx, call, share);
                            }));
                            TRY(std::string png, draw_poster(text));
                            Reply reply{200, std::move(png), "image/png", {}};
                            reply.headers.emplace_back("Cache-Control", "private, max-age=60");
                            return reply;
                          })
      .may_fail({Code::not_found, Code::forbidden});
}

Route open_route() {
  Route route = net::write_route(Method::get, "/s/{token}", "openShare",
                                 "Open a share: one redirect to where it leads now; the visit is recorded",
                                 Access::guest, open_share)
                    .answers(302)
                    .may_fail({Code::not_found});
  route.idempotent = false;
  return route;
}

Route own_lock_route() {
  return net::read_route(Method::get, "/api/v1/brands/{brand_id}/lock", "getOwnLock",
                         "The agent the caller is locked to at this brand", Access::guest,
                         [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                           TRY(const BrandId brand, request.id_param<BrandId>("brand_id"));
                           TRY_OK(org::find_brand(tx, brand));
                           return lock_reply(tx, call, request, brand, call.caller.person);
                         })
      .giving(lock_shape())
      .asking({shape::opt(shape::text("explain", 0, 8))})
      .may_fail({Code::not_found});
}

Route buyer_lock_route() {
  Route route = net::write_route(Method::get, "/api/v1/brands/{brand_id}/buyers/{person_id}/lock", "getBuyerLock",
                                 "A buyer's lock, and why; for staff, audited", Access::staff,
                                 [](Tx& tx, const Call& call, const Request& request) -> Result<Reply> {
                                   TRY(const BrandId brand, request.id_param<BrandId>("brand_id"));
                                   TRY(const PersonId buyer, request.id_param<PersonId>("person_id"));
                                   TRY_OK(require_staff(call, brand, kAnyStaff));
                                   org::audit(tx, call, brand, "lock.read", "person", buyer.value);
                                   return lock_reply(tx, call, request, brand, buyer);
                                 })
                    .giving(lock_shape())
                    .asking({shape::opt(shape::text("explain", 0, 8))})
                    .may_fail({Code::not_found, Code::forbidden});
  route.idempotent = false;
  return route;
}

}  // namespace

std::function<void(const Call&, const Request&, std::function<void(Result<Reply>)>)> gather_landings(db::Database& db) {
  constexpr std::size_t kTogether = 256;  // landings of one body: some 4 ms of the writer
  const auto gather = std::make_shared<db::Gather<Opening, Result<Landing>>>(
      db, kTogether, [](Tx& tx, std::span<const Opening> openings) { return open_shares(tx, openings); });
  return [gather](const Call& call, const Request& request, std::function<void(Result<Reply>)> answer) {
    gather->add(opening_of(call, request), 1,
                [page = is_page(request), answer = std::move(answer)](Result<Result<Landing>> landing) {
                  if (!landing) return answer(fail(landing.error()));
                  answer(landing_reply(*std::move(landing), page));
                });
  };
}

net::Routes share_routes(const ShareDeps& deps) {
  net::Routes routes;
  routes.push_back(create_route(deps.order_facts));
  routes.push_back(list_route());
  routes.push_back(get_route());
  routes.push_back(cascade_route());
  routes.push_back(below_route());
  routes.push_back(poster_route(deps.db));
  routes.push_back(open_route());
  routes.push_back(own_lock_route());
  routes.push_back(buyer_lock_route());
  return routes;
}

}  // namespace lianbo::share
