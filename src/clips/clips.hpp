// Clips: the recording of one pin (SPEC 12). Types, and the rules as pure functions.
//
// - A clip is whole segments, copied: from the one the pin's beginning lies in to the one its end lies in.
// - It belongs to its origin store. Another agent may post it in theirs; who comes through that post is the poster's,
// as
//   clipper; the host is the origin store's agent.
// - It is shown as long as its product is on sale and its store has not withdrawn it. What is not shown has no address:
//   its files are put aside.
// - Provenance is signed by a key of the brand: broadcast, pin, interval, host and the SHA-256 of the file. A changed
//   title changes none of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id.hpp"
#include "base/result.hpp"
#include "live/live.hpp"

namespace lianbo::clips {

inline constexpr std::size_t kMaxTitle = live::kMaxTitle;
inline constexpr std::int64_t kShortestMs = 1000;         // of a pin that gets a clip
inline constexpr DurationMs kWaitForSegmentsMs = 20'000;  // after the pin closed; then what there is is cut
inline constexpr int kTries = 3;

enum class State { waiting, ready, failed, removed };
std::string_view state_name(State state);
std::optional<State> parse_state(std::string_view text);

struct Clip {
  ClipId id;
  BrandId brand;
  StoreId store;
  AgentId agent;
  BroadcastId broadcast;
  PinId pin;
  ProductId product;
  std::string stream, title;
  State state = State::waiting;
  Instant opened_at = 0;
  std::int64_t media_open_ms = 0, media_close_ms = 0;  // of the pin
  std::int64_t from_ms = 0, to_ms = 0;                 // of the file
  std::string name;
  std::int64_t bytes = 0;
  std::string sha256, signature;  // raw
  int tries = 0;
  Instant created_at = 0, ready_at = 0;
  Instant withdrawn_at = 0;   // by its own store; 0: it is not
  bool ai_presenter = false;  // its broadcast's: to be labelled
};

// "<host>同款 · <product>", cut at kMaxTitle.
std::string clip_title(std::string_view host, std::string_view product);

// What is signed.
std::string provenance_text(const Clip& clip);
struct Provenance {
  Clip clip;  // what is signed of it
  std::string public_key;
};
std::string provenance_json(const Clip& clip, std::string_view public_key);
Result<Provenance> read_provenance(std::string_view json);
// The first thing that is wrong; "": nothing. known_key: the brand's, if it is known from elsewhere.
std::string check_provenance(const Provenance& provenance, std::string_view file_sha256, std::string_view known_key);

// Disk budget: what has to go so that the rest fits, the oldest first; what is locked stays.
struct Kept {
  std::string folder;
  std::int64_t bytes = 0;
  Instant at = 0;  // its newest file
};
std::vector<std::size_t> to_remove(const std::vector<Kept>& all, std::int64_t budget_bytes,
                                   const std::vector<bool>& locked);

}  // namespace lianbo::clips
