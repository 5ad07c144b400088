#include "app/site.hpp"

#include "base/json.hpp"
#include "live/stream_service.hpp"
#include "org/org_service.hpp"
#include "share/share_service.hpp"

namespace lianbo::app {
namespace {

constexpr int kMaxBrands = 100;

}  // namespace

net::Route site_route(SiteDeps deps) {
  using namespace shape;
  using net::Reply;
  return net::read_route(
             net::Method::get, "/api/v1/site", "getSite", "The brands of this server, its time, and what a share is of",
             net::Access::open,
             [deps](db::Tx& tx, const Call& call, const net::Request& request) -> Result<Reply> {
               JsonWriter w;
               w.begin().key("brands").begin_list();
               for (const org::Brand& b : org::all_brands(tx, kMaxBrands))
                 w.begin()
                     .field("id", b.id)
                     .field("name", b.name)
                     .field("currency", b.currency)
                     .field("time_zone", b.time_zone)
                     .field("verified_as", b.verified_as)
                     .end();
               w.end_list();
               w.field_at("now", call.now).field("simulated", deps.simulated).field("sandbox", deps.sandbox);
               w.field("store_discount_max_bp", call.settings->store_discount_max_bp);
               const live::PictureAddresses at = live::picture_addresses(*call.settings);
               w.key("media").begin().field("live_url", at.live).field("all_url", at.all);
               w.field("clips_url", at.clips).field("ingest_url", at.ingest);
               w.field("camera", call.settings->media_on != 0 && call.settings->media_cameras > 0).end();
               w.key("share");
               const std::string_view token = request.query_value("share");
               const auto share =
                   token.empty() ? Result<share::Share>(fail(Code::not_found)) : share::find_share_by_token(tx, token);
               if (!share) {
                 if (share.error().code != Code::not_found) return fail(share.error());
                 w.null();
               } else {
                 w.begin()
                     .field("id", share->id)
                     .field("kind", share::kind_text(share->kind))
                     .field("brand_id", share->brand)
                     .field("store_id", share->store)
                     .field("broadcast_id", share->broadcast)
                     .field("product_id", share->product)
                     .end();
               }
               w.end();
               return Reply::json(w.take());
             })
      .asking({opt(text("share", 0, 64, "the token of a share"))})
      .giving({list("brands",
                    {id("id"), text("name", 1, 200), text("currency", 3, 3), text("time_zone", 1, 64),
                     text("verified_as", 0, 200, "the company it belongs to; empty: not verified")},
                    0, kMaxBrands),
               instant("now"), boolean("simulated", "the clock stands still"),
               boolean("sandbox", "payment is confirmed on a page of ours"),
               bp("store_discount_max_bp", "what a store may take off by an offer of its own"),
               object("media",
                      {text("live_url", 0, 2000,
                            "playlist of who watches live, with {stream} in it; one that begins "
                            "with : is on the page's host; empty: there are no pictures"),
                       text("all_url", 0, 2000, "the playlist back to the broadcast's start"),
                       text("clips_url", 0, 2000, "folder of clips: {name}/clip.mp4, {name}/poster.jpg"),
                       text("ingest_url", 0, 2000, "RTMP server for encoders; the key is {stream}?key={stream_key}"),
                       boolean("camera", "a browser may send its camera")}),
               nullable(object(
                   "share",
                   {id("id"), choice("kind", {"moment", "broadcast", "clip", "product", "store", "recruit", "receipt"}),
                    id("brand_id"), id("store_id"), nullable(id("broadcast_id")), nullable(id("product_id"))},
                   "null: none was asked for, or there is none of this token"))});
}

}  // namespace lianbo::app
