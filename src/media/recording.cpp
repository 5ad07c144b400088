#include "media/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace lianbo::media {
namespace {

constexpr std::string_view kHead =
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-INDEPENDENT-SEGMENTS\n";
constexpr std::string_view kLength = "#EXTINF:", kTime = "#EXT-X-PROGRAM-DATE-TIME:", kCut = "#EXT-X-DISCONTINUITY",
                           kZero = "#LIANBO-MEDIA-TIME-ZERO:";

// Whole lines only: what is behind the last newline is not written to its end.
template <class F>
void each_line(std::string_view text, F&& f) {
  for (std::size_t end; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) f(line);
  }
}

// "1.024," → 1024
std::optional<std::int64_t> milliseconds(std::string_view text) {
  double seconds = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (ec != std::errc{} || !(seconds >= 0 && seconds < 3600)) return std::nullopt;
  return std::llround(seconds * 1000);
}

std::optional<std::int64_t> name_of_file(std::string_view line) {
  if (!line.ends_with(".ts")) return std::nullopt;
  line.remove_suffix(3);
  std::int64_t n = 0;
  const auto [end, ec] = std::from_chars(line.data(), line.data() + line.size(), n);
  if (ec != std::errc{} || end != line.data() + line.size() || n <= 0) return std::nullopt;
  return n;
}

std::string seconds_text(std::int64_t ms) { return fmt::format("{}.{:03}", ms / 1000, ms % 1000); }

}  // namespace

std::vector<Segment> parse_listed(std::string_view text) {
  std::vector<Segment> out;
  Segment next;
  bool has_length = false;
  each_line(text, [&](std::string_view line) {
    if (line == kCut) {
      next.after_cut = true;
    } else if (line.starts_with(kLength)) {
      if (const auto ms = milliseconds(line.substr(kLength.size()))) {
        next.length_ms = *ms;
        has_length = true;
      }
    } else if (!line.starts_with('#')) {
      const auto came_at = name_of_file(line);
      if (came_at && has_length && next.length_ms > 0) {
        next.came_at = *came_at;
        out.push_back(next);
      }
      next = {};
      has_length = false;
    }
  });
  return out;
}

bool Recording::read(std::string_view text) {
  Segment next;
  Instant time = 0;
  each_line(text, [&](std::string_view line) {
    if (line == kCut) {
      next.after_cut = true;
    } else if (line.starts_with(kZero)) {
      first_frame_at_ = parse_rfc3339(line.substr(kZero.size())).value_or(0);
    } else if (line.starts_with(kTime)) {
      time = parse_rfc3339(line.substr(kTime.size())).value_or(0);
    } else if (line.starts_with(kLength)) {
      next.length_ms = milliseconds(line.substr(kLength.size())).value_or(0);
    } else if (line == "#EXT-X-ENDLIST") {
      closed_ = true;
    } else if (!line.starts_with('#')) {
      if (const auto came_at = name_of_file(line); came_at && next.length_ms > 0 && time != 0) {
        if (segments_.empty()) {
          if (first_frame_at_ == 0) first_frame_at_ = time;
          zero_came_at_ = *came_at - (time - first_frame_at_);
        }
        next.came_at = *came_at;
        next.media_ms = time - first_frame_at_;
        lag_ms_ = next.came_at - zero_came_at_ - next.media_ms;
        segments_.push_back(next);
      }
      next = {};
      time = 0;
    }
  });
  return !segments_.empty();
}

std::string Recording::entry(const Segment& s) const {
  return fmt::format("{}{}{}\n{}{},\n{}\n", s.after_cut ? "#EXT-X-DISCONTINUITY\n" : "", kTime,
                     format_rfc3339(first_frame_at_ + s.media_ms), kLength, seconds_text(s.length_ms), s.file());
}

std::string Recording::take(const std::vector<Segment>& listed) {
  std::string out;
  if (closed_) return out;
  for (Segment s : listed) {
    if (!segments_.empty() && s.came_at <= segments_.back().came_at) continue;
    if (segments_.empty()) {
      s.media_ms = first_media_ms_;
      zero_came_at_ = s.came_at - s.media_ms;
      s.after_cut = false;
      out += kHead;
      out += fmt::format("#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:0\n", kLongestSegmentS);
      if (s.media_ms != 0) out += fmt::format("{}{}\n", kZero, format_rfc3339(first_frame_at_));
    } else if (s.after_cut) {
      s.media_ms = std::max(segments_.back().end_ms(), s.came_at - zero_came_at_);
    } else {
      s.media_ms = segments_.back().end_ms();
    }
    lag_ms_ = s.came_at - zero_came_at_ - s.media_ms;
    segments_.push_back(s);
    out += entry(s);
    if (segments_.size() > kLiveSegments && segments_[segments_.size() - kLiveSegments - 1].after_cut)
      ++cuts_before_live_;
  }
  return out;
}

std::string Recording::close() {
  if (closed_) return {};
  closed_ = true;
  return empty() ? std::string() : "#EXT-X-ENDLIST\n";
}

std::string Recording::live_text() const {
  const std::size_t from = segments_.size() > kLiveSegments ? segments_.size() - kLiveSegments : 0;
  std::int64_t longest = 1000;
  for (std::size_t i = from; i < segments_.size(); ++i) longest = std::max(longest, segments_[i].length_ms);
  std::string out = fmt::format(
      "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:{}\n#EXT-X-MEDIA-SEQUENCE:{}\n"
      "#EXT-X-DISCONTINUITY-SEQUENCE:{}\n",
      (longest + 500) / 1000, from, cuts_before_live_);
  for (std::size_t i = from; i < segments_.size(); ++i) out += entry(segments_[i]);
  if (closed_) out += "#EXT-X-ENDLIST\n";
  return out;
}

std::vector<Segment> Recording::covering(std::int64_t from_ms, std::int64_t to_ms) const {
  std::vector<Segment> out;
  auto it =
      std::partition_point(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.end_ms() <= from_ms; });
  for (; it != segments_.end() && it->media_ms < to_ms; ++it) out.push_back(*it);
  return out;
}

}  // namespace lianbo::media
