// The front of a store, as its own agent sets it up: name, a few words, a picture; and where their commission goes.
//
// - A picture is a PNG, JPEG or WebP of at most kMaxPicture bytes, kept as it came and served under an address that
//   changes with its content. Pages make it small before they send it.
// - A payout note says where the agent wants their commission. Whole for the agent and, audited, for staff that pays;
//   masked for everybody else who may see the agent.
// Functions join a transaction; who may is checked in the routes. Errors: not_found, invalid_field,
// unsupported_media_type, body_too_large.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "db/db.hpp"
#include "net/route.hpp"
#include "org/org.hpp"

namespace lianbo::org {

inline constexpr std::size_t kMaxIntro = 300;  // characters
inline constexpr std::size_t kMaxPicture = 512 * 1024;

struct Storefront {
  std::string name, intro;
  std::string picture_url;  // "": none; a path of this server
};
Result<Storefront> storefront(db::Tx&, StoreId);
struct StorefrontPatch {
  std::optional<std::string> name, intro;
};
Result<Storefront> change_storefront(db::Tx&, const Call&, StoreId, const StorefrontPatch&);
struct Picture {
  std::string type, bytes;
};
// What these bytes are, by their beginning; nothing: no picture we serve.
std::optional<std::string_view> picture_type(std::string_view bytes);
Result<Storefront> set_picture(db::Tx&, const Call&, StoreId, std::string_view bytes);  // "" takes it away
Result<Picture> picture_of(db::Tx&, StoreId);

enum class PayoutMethod { wechat, alipay, bank };
std::string_view method_text(PayoutMethod method);
struct PayoutNote {
  PayoutMethod method = PayoutMethod::wechat;
  std::string holder, account;
  Instant at = 0;
};
std::optional<PayoutNote> payout_note(db::Tx&, AgentId);
Status set_payout_note(db::Tx&, const Call&, AgentId, const PayoutNote&);
std::string mask_account(std::string_view account);  // "••••3456"

net::Routes storefront_routes(db::Database* db);

}  // namespace lianbo::org
