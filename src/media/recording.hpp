// Recording: what a stream has shown so far, as the list of its segments, which is the playlist itself.
//
// - nginx cuts the stream at key frames into files named by the wall's millisecond at which their first frame came
//   (1795436193234.ts) and lists the newest of them. From there they are taken over into all.m3u8, which is only ever
//   appended to (an EVENT playlist back to the broadcast's start; the replay once it is closed) and is all there is to
//   know: read again after a restart, it goes on where it stood. live.m3u8 has its newest few, for who watches live.
// - Media time of a segment is that of the one before plus its length; after a cut it is what the wall says. So
//   EXT-X-PROGRAM-DATE-TIME = instant of the first frame + media time, in live, replay and clip.
// - Lag is how much later a segment's first frame came than its media time says: the drift of the encoder's clock and
// of
//   the way here. media time at an instant = instant − first frame − lag.
// Values and texts; files are written by the plane. Threads: none of its own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace lianbo::media {

inline constexpr std::size_t kLiveSegments = 8;
inline constexpr int kLongestSegmentS = 10;  // nginx cuts even without a key frame

struct Segment {
  std::int64_t came_at = 0;  // the wall's; its name
  std::int64_t media_ms = 0;
  std::int64_t length_ms = 0;
  bool after_cut = false;
  std::int64_t end_ms() const { return media_ms + length_ms; }
  std::string file() const { return std::to_string(came_at) + ".ts"; }
};

// What nginx lists: finished files, the oldest first. Lines that are not understood are left out.
std::vector<Segment> parse_listed(std::string_view text);

class Recording {
 public:
  // all.m3u8 as it was left, its last line perhaps torn. False: it holds no segment.
  bool read(std::string_view text);
  bool empty() const { return segments_.empty(); }
  bool closed() const { return closed_; }
  Instant first_frame_at() const { return first_frame_at_; }  // the server's clock
  const std::vector<Segment>& segments() const { return segments_; }
  std::int64_t end_ms() const { return empty() ? 0 : segments_.back().end_ms(); }
  std::int64_t lag_ms() const { return lag_ms_; }

  // Takes over what is new of nginx's list; what all.m3u8 gets appended (its head first). begin() was called before.
  std::string take(const std::vector<Segment>& listed);
  // first_media_ms: of its first segment; not 0 for who carried another's picture before (the list then says the zero).
  void begin(Instant first_frame_at, std::int64_t first_media_ms = 0) {
    first_frame_at_ = first_frame_at;
    first_media_ms_ = first_media_ms;
  }
  std::string close();  // what is appended at the end; "" when it was

  std::string live_text() const;

  // The segments that cover [from_ms, to_ms), whole.
  std::vector<Segment> covering(std::int64_t from_ms, std::int64_t to_ms) const;

 private:
  std::string entry(const Segment& s) const;
  std::vector<Segment> segments_;
  std::int64_t cuts_before_live_ = 0;
  Instant first_frame_at_ = 0;
  std::int64_t first_media_ms_ = 0;
  std::int64_t zero_came_at_ = 0;  // the wall's, of media time 0
  std::int64_t lag_ms_ = 0;
  bool closed_ = false;
};

}  // namespace lianbo::media
