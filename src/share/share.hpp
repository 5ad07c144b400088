// Share: a link made by one person, (sharer, kind, target, channel, parent share), and a touch: one person opening one
// share (SPEC 6). Values.
//
// The token is 16 characters of base62 from a secure source: opaque, unguessable, short enough for a QR code. A share's
// parent is the share its sharer last came through; it exists before its child and never changes, so the cascade is a
// tree: root is the first ancestor (itself, for a root) and depth the number of steps from there.
// Shares are never changed, except that a guest's become the person's who logs in. Touches are only appended.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "db/db.hpp"
#include "share/lock.hpp"

namespace lianbo::share {

enum class Kind { moment, broadcast, clip, product, store, recruit, receipt };
enum class Channel { dm, group, moments, article, poster, other };
std::string_view kind_text(Kind kind);
std::string_view channel_text(Channel channel);
std::optional<Kind> parse_kind(std::string_view text);
std::optional<Channel> parse_channel(std::string_view text);

inline constexpr int kTokenLength = 16;

struct Share {
  ShareId id;
  std::string token;
  BrandId brand;
  PersonId sharer;
  AgentId agent;  // the sharer as agent of the brand, when it was made
  Kind kind = Kind::store;
  Channel channel = Channel::other;
  StoreId store;
  BroadcastId broadcast;
  ProductId product;
  PinId pin;                             // the pin that covers the moment
  std::optional<std::int64_t> media_ms;  // the moment's media time
  ClipId clip;
  OrderId order;  // receipt: the paid order
  ShareId parent;
  ShareId root;
  std::int32_t depth = 0;
  Instant created_at = 0;
};

struct Touch {
  TouchId id;
  BrandId brand;
  PersonId buyer;
  ShareId share;  // none: an ad
  AgentId agent;  // whom it speaks for
  Outcome outcome = Outcome::nobody;
  TouchInput input;
  std::int32_t rules_version = 0;
  Instant at = 0;
  PersonId merged_from;
  std::optional<Lock> lock;  // after it
};

// What the order side knows of an order somebody wants to share. Order stands above share, so app hands the function
// in.
struct ReceiptFacts {
  BrandId brand;
  StoreId store;
  BroadcastId broadcast;
  PinId pin;
  ProductId product;
  PersonId buyer;
  bool paid = false;
};
using OrderFactsFn = std::function<Result<ReceiptFacts>(db::Tx&, OrderId)>;

}  // namespace lianbo::share
