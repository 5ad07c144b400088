#include "media/recording.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "media/nginx.hpp"

namespace lianbo::media {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr Instant kFirst = 1'800'000'000'000;

Segment listed(std::int64_t came_at, std::int64_t length_ms, bool after_cut = false) {
  Segment s;
  s.came_at = came_at;
  s.length_ms = length_ms;
  s.after_cut = after_cut;
  return s;
}

TEST(Recording, ReadsWhatNginxLists) {
  const auto all = parse_listed(
      "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-DISCONTINUITY\n#EXTINF:1.000,\n1795436193234.ts\n#EXTINF:0.992,\n"
      "1795436194196.ts\nnonsense.ts\n#EXTINF:1.0,\n../../x.ts\n#EXTINF:2.000,\n17954361951");
  ASSERT_EQ(all.size(), 2U) << "a line that is not whole, or names no file of nginx's, is left out";
  EXPECT_TRUE(all[0].after_cut);
  EXPECT_EQ(all[0].came_at, 1795436193234);
  EXPECT_EQ(all[1].length_ms, 992);
}

TEST(Recording, MediaTimeIsTheSumOfLengthsAndTheWallsAfterACut) {
  Recording r;
  r.begin(kFirst);
  r.take({listed(1000, 1000), listed(2040, 1000), listed(3030, 1000)});
  EXPECT_EQ(r.segments()[2].media_ms, 2000);
  EXPECT_EQ(r.lag_ms(), 30) << "the third came 30 ms later than its media time says";
  r.take({listed(9500, 1000, true)});
  EXPECT_EQ(r.segments()[3].media_ms, 8500) << "after a cut it is what the wall says";
  EXPECT_EQ(r.lag_ms(), 0);
  EXPECT_EQ(r.take({listed(9500, 1000, true)}), "") << "what is known already adds nothing";
}

TEST(Recording, PlaylistsSayWhenEachFirstFrameWas) {
  Recording r;
  r.begin(kFirst);
  const std::string head = r.take({listed(1000, 1000)});
  EXPECT_THAT(head, HasSubstr("#EXT-X-PLAYLIST-TYPE:EVENT"));
  EXPECT_THAT(head, HasSubstr("#EXT-X-PROGRAM-DATE-TIME:" + format_rfc3339(kFirst) + "\n#EXTINF:1.000,\n1000.ts\n"));
  const std::string more = r.take({listed(2000, 1500), listed(5000, 500, true)});
  EXPECT_THAT(more, Not(HasSubstr("#EXTM3U"))) << "all.m3u8 is only appended to";
  EXPECT_THAT(more, HasSubstr("#EXT-X-DISCONTINUITY\n#EXT-X-PROGRAM-DATE-TIME:" + format_rfc3339(kFirst + 4000)));
  EXPECT_THAT(r.live_text(), HasSubstr("#EXT-X-TARGETDURATION:2\n"));
  EXPECT_THAT(r.live_text(), Not(HasSubstr("ENDLIST")));
  EXPECT_EQ(r.close(), "#EXT-X-ENDLIST\n");
  EXPECT_EQ(r.close(), "") << "closed once";
  EXPECT_EQ(r.take({listed(9000, 1000)}), "") << "nothing comes after the end";
}

TEST(Recording, OnePicturesTimeMayBeginInTheMiddle) {
  Recording r;
  r.begin(kFirst, 5000);  // the room carried another's picture before
  const std::string text = r.take({listed(1000, 1000), listed(2000, 1000)});
  EXPECT_THAT(text,
              HasSubstr("#EXT-X-PROGRAM-DATE-TIME:" + format_rfc3339(kFirst + 5000) + "\n#EXTINF:1.000,\n1000.ts\n"));
  EXPECT_EQ(r.segments()[1].media_ms, 6000);
  EXPECT_EQ(r.lag_ms(), 0);
  EXPECT_TRUE(r.covering(0, 5000).empty()) << "what was carried is not in its own recording";
  Recording again;
  ASSERT_TRUE(again.read(text));
  EXPECT_EQ(again.first_frame_at(), kFirst) << "media time 0 is known after a restart, too";
  EXPECT_EQ(again.segments()[1].media_ms, 6000);
  again.take({listed(9000, 1000, true)});
  EXPECT_EQ(again.segments()[2].media_ms, 13'000) << "after a cut it is what the wall says";
}

TEST(Recording, CoversAPinWithWholeSegments) {
  Recording r;
  r.begin(kFirst);
  r.take({listed(1000, 1000), listed(2000, 1000), listed(3000, 1000), listed(4000, 1000)});
  const auto names = [&](std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> out;
    for (const Segment& s : r.covering(from, to)) out.push_back(s.media_ms);
    return out;
  };
  using V = std::vector<std::int64_t>;
  EXPECT_EQ(names(1500, 2500), (V{1000, 2000}));
  EXPECT_EQ(names(1000, 2000), (V{1000})) << "ends that meet a segment's take no other";
  EXPECT_EQ(names(999, 2001), (V{0, 1000, 2000}));
  EXPECT_EQ(names(4000, 9000), V{}) << "nothing was recorded there";
}

RC_GTEST_PROP(RecordingProperty, ReadAgainAfterAnyStopItGoesOnAsIfThereWereNone, ()) {
  const auto count = *rc::gen::inRange(1, 40);
  std::vector<Segment> all;
  std::int64_t at = 1'000'000;
  for (int i = 0; i < count; ++i) {
    Segment s = listed(at, *rc::gen::inRange(200, 3000), i > 0 && *rc::gen::inRange(0, 8) == 0);
    all.push_back(s);
    at += s.length_ms + *rc::gen::inRange(-100, 100) + (*rc::gen::inRange(0, 8) == 0 ? 5000 : 0);
  }
  Recording whole;
  whole.begin(kFirst);
  const std::string text = whole.take(all);
  const auto stop = static_cast<std::size_t>(*rc::gen::inRange(1, count + 1));
  Recording before, after;
  before.begin(kFirst);
  std::string written = before.take({all.begin(), all.begin() + static_cast<std::ptrdiff_t>(stop)});
  // Killed in the middle of a line: that line is written again.
  RC_ASSERT(after.read(written + "#EXT-X-PROGRAM-DATE-TIME:2026"));
  RC_ASSERT(after.first_frame_at() == kFirst);
  written += after.take(all);
  RC_ASSERT(written == text);
  RC_ASSERT(after.live_text().substr(after.live_text().find("#EXTINF")) ==
            whole.live_text().substr(whole.live_text().find("#EXTINF")));
  for (std::size_t i = 1; i < whole.segments().size(); ++i)
    RC_ASSERT(whole.segments()[i].media_ms >= whole.segments()[i - 1].end_ms());
}

TEST(Nginx, ItsSettingsNameTheHooksAndOneProcess) {
  NginxPlan plan;
  plan.folder = "/srv/media";
  plan.hooks_url = "http://127.0.0.1:8480/media/hooks/s";
  plan.control_secret = "c";
  const std::string text = nginx_text(plan);
  EXPECT_THAT(text, HasSubstr("master_process off;")) << "no worker may outlive a killed master";
  EXPECT_THAT(text, HasSubstr("on_publish http://127.0.0.1:8480/media/hooks/s;"));
  EXPECT_THAT(text, HasSubstr("deny play all;")) << "viewers take files, not RTMP";
  EXPECT_THAT(text, HasSubstr("hls_path /srv/media/streams;"));
}

}  // namespace
}  // namespace lianbo::media
