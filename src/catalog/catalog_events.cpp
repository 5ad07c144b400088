#include "catalog/catalog_events.hpp"

namespace lianbo::catalog {
namespace {

db::Event make(const Call& call, Bucket bucket, BrandId brand, const char* topic, ProductId key, JsonWriter& payload) {
  db::Event event;
  event.id = call.make_id<EventId>(bucket);
  event.bucket = bucket;
  event.brand = brand;
  event.topic = topic;
  event.key = key.value;
  event.payload = payload.end().take();
  event.at = call.now;
  return event;
}

}  // namespace

db::Event product_changed(const Call& call, const Product& product) {
  JsonWriter w;
  w.begin().field("product_id", product.id).field("on_sale", product.on_sale);
  return make(call, 0, product.brand, kProductChanged, product.id, w);
}

db::Event price_changed(const Call& call, const Sku& sku) {
  JsonWriter w;
  w.begin().field("product_id", sku.product).field("sku_id", sku.id).field("price_fen", sku.price_fen);
  return make(call, 0, sku.brand, kPriceChanged, sku.product, w);
}

db::Event stock_changed(const Call& call, Bucket bucket, const Sku& sku, std::int64_t left) {
  JsonWriter w;
  w.begin().field("product_id", sku.product).field("sku_id", sku.id).field("left", left);
  return make(call, bucket, sku.brand, kStockChanged, sku.product, w);
}

db::Event allotment_changed(const Call& call, Bucket bucket, const Sku& sku, StoreId store, std::int64_t left,
                            std::optional<std::int64_t> own, bool shared) {
  db::Event event = stock_changed(call, bucket, sku, left);
  JsonWriter w;
  w.begin().field("product_id", sku.product).field("sku_id", sku.id).field("left", left);
  w.field("store_id", store).field("own", own).field("shared", shared).end();
  event.payload = w.take();
  return event;
}

db::Event campaign_price_changed(const Call& call, const Sku& sku, CampaignId campaign) {
  db::Event event = price_changed(call, sku);
  JsonWriter w;
  w.begin().field("product_id", sku.product).field("sku_id", sku.id).field("price_fen", sku.price_fen);
  w.field("campaign_id", campaign).end();
  event.payload = w.take();
  return event;
}

}  // namespace lianbo::catalog
