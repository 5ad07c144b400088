// All SQL of the clips. Private to src/clips.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "clips/clips.hpp"
#include "clips/clips_service.hpp"
#include "db/db.hpp"

namespace lianbo::clips::store {

std::vector<PinToClip> pins_to_clip(db::Tx& tx, PinId after, int limit);
bool set_clipped(db::Tx& tx, PinId pin);  // false: it was
void insert(db::Tx& tx, const Clip& clip);
std::optional<Clip> find(db::Tx& tx, ClipId id);
std::vector<ClipId> shown(db::Tx& tx, std::span<const ClipId> ids);  // ready, not withdrawn, of products on sale
std::optional<Clip> find_by_name(db::Tx& tx, std::string_view name);
std::vector<Clip> waiting(db::Tx& tx, ClipId after, int limit);
void set_cut(db::Tx& tx, const Clip& clip);  // state, from, to, bytes, sha256, signature, tries, ready_at
bool set_title(db::Tx& tx, ClipId id, std::string_view title);
bool set_withdrawn(db::Tx& tx, ClipId id, Instant at);                                  // 0: not any more
std::vector<Clip> of_product(db::Tx& tx, ProductId product, ClipId before, int limit);  // shown ones, newest first
std::vector<Clip> every_of_product(db::Tx& tx, ProductId product, ClipId before, int limit);
std::vector<Clip> of_brand(db::Tx& tx, BrandId brand, ClipId before, int limit);
std::vector<Clip> of_store(db::Tx& tx, StoreId store, ClipId before, int limit);  // and what is posted there
std::vector<Clip> of_pins(db::Tx& tx, std::span<const PinId> pins);
std::vector<Clip> of_broadcast(db::Tx& tx, BroadcastId broadcast, ProductId product, int limit);  // ready
void put_post(db::Tx& tx, ClipId clip, StoreId store, AgentId agent, Instant at);
bool remove_post(db::Tx& tx, ClipId clip, StoreId store);
std::optional<AgentId> poster(db::Tx& tx, ClipId clip, StoreId store);

}  // namespace lianbo::clips::store
