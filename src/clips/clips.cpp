#include "clips/clips.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/shape.hpp"

namespace lianbo::clips {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"waiting", "ready", "failed", "removed"};

}  // namespace

std::string_view state_name(State state) { return kStates[static_cast<std::size_t>(state)]; }
std::optional<State> parse_state(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == text) return static_cast<State>(i);
  return std::nullopt;
}

std::string clip_title(std::string_view host, std::string_view product) {
  std::string all = std::string(host) + "同款 · " + std::string(product);
  std::size_t end = 0, points = 0;
  while (end < all.size()) {
    std::size_t next = end + 1;
    while (next < all.size() && (static_cast<unsigned char>(all[next]) & 0xc0) == 0x80) ++next;
    if (++points > kMaxTitle) break;
    end = next;
  }
  all.resize(end);
  return all;
}

std::string provenance_text(const Clip& c) {
  return fmt::format("lianbo clip\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n{}\n", c.id.text(), c.brand.text(),
                     c.broadcast.text(), c.pin.text(), c.product.text(), c.agent.text(), format_rfc3339(c.opened_at),
                     c.from_ms, c.to_ms, to_hex(c.sha256));
}

std::string provenance_json(const Clip& c, std::string_view public_key) {
  JsonWriter w;
  w.begin().field("clip_id", c.id).field("brand_id", c.brand).field("broadcast_id", c.broadcast);
  w.field("pin_id", c.pin).field("product_id", c.product).field("host_agent_id", c.agent);
  w.field_at("opened_at", c.opened_at).field("from_ms", c.from_ms).field("to_ms", c.to_ms);
  w.field("sha256", to_hex(c.sha256)).field("signature", to_hex(c.signature));
  w.field("public_key", to_hex(public_key)).end();
  return w.take();
}

Result<Provenance> read_provenance(std::string_view text) {
  const auto said = parse_json(text);
  if (!said || !said->is_object()) return fail(Code::malformed_json, "a provenance is a JSON object");
  Provenance p;
  Clip& c = p.clip;
  c.id = get_id<ClipId>(*said, "clip_id");
  c.brand = get_id<BrandId>(*said, "brand_id");
  c.broadcast = get_id<BroadcastId>(*said, "broadcast_id");
  c.pin = get_id<PinId>(*said, "pin_id");
  c.product = get_id<ProductId>(*said, "product_id");
  c.agent = get_id<AgentId>(*said, "host_agent_id");
  c.opened_at = get_instant(*said, "opened_at");
  c.from_ms = get_int(*said, "from_ms");
  c.to_ms = get_int(*said, "to_ms");
  if (!from_hex(get_text(*said, "sha256"), c.sha256) || !from_hex(get_text(*said, "signature"), c.signature) ||
      !from_hex(get_text(*said, "public_key"), p.public_key) || c.sha256.size() != 32 || c.signature.size() != 64 ||
      p.public_key.size() != 32)
    return fail(Code::invalid_field, "sha256, signature and public_key are hex digits of 32, 64 and 32 bytes");
  return p;
}

std::string check_provenance(const Provenance& p, std::string_view file_sha256, std::string_view known_key) {
  if (!known_key.empty() && known_key != p.public_key) return "it is signed with another key than the brand's";
  if (!verify_bytes(p.public_key, provenance_text(p.clip), p.clip.signature))
    return "the signature does not fit what it says";
  if (file_sha256 != p.clip.sha256) return "the file is not the one that was signed";
  return {};
}

std::vector<std::size_t> to_remove(const std::vector<Kept>& all, std::int64_t budget_bytes,
                                   const std::vector<bool>& locked) {
  std::int64_t bytes = 0;
  for (const Kept& k : all) bytes += k.bytes;
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return all[a].at < all[b].at; });
  std::vector<std::size_t> out;
  for (const std::size_t i : order) {
    if (bytes <= budget_bytes) break;
    if (locked[i]) continue;
    out.push_back(i);
    bytes -= all[i].bytes;
  }
  return out;
}

}  // namespace lianbo::clips
