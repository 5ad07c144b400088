// The media plane of this machine: nginx as a child that is started again when it dies, and the recordings that grow
// out of what it writes. One thread of its own looks after both; it starts nginx, so nginx dies with it, whatever
// happens.
//
// Folder: streams/{name}/ holds a stream's segments, nginx's own list (index.m3u8, served to nobody), live.m3u8 and
// all.m3u8 (recording.hpp); clips/, and withdrawn/ for those that are not served; nginx/ with its settings and words;
// open/ with a mark for each recording that is not closed, so that a restart finds them without looking through years
// of folders. What a stream is (which broadcast, on air or not) the plane does not know: it asks through PlaneHooks, on
// its thread. Files that come before the broadcast is on air are thrown away.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "media/nginx.hpp"
#include "media/process.hpp"
#include "media/recording.hpp"

namespace lianbo::media {

struct PlaneHooks {
  // A stream's first frame came at the wall's `came_at`; none: it is not on air yet.
  struct Begun {
    Instant zero = 0;           // of its media time
    std::int64_t media_ms = 0;  // of this frame
  };
  std::function<std::optional<Begun>(const std::string& stream, Instant came_at)> begin;
  // The stream's lag has changed by more than kLagStepMs, or it is back after a cut.
  std::function<void(const std::string& stream, std::int64_t lag_ms)> lag;
  std::function<bool(const std::string& stream)> over;  // nothing more will come of it
  std::function<void()> publishers_gone;                // nginx is down: so is every publisher
};
inline constexpr std::int64_t kLagStepMs = 150;

struct PlaneStats {
  std::int64_t streams = 0;   // recordings that are not closed
  std::int64_t segments = 0;  // taken over since the start
  std::int64_t restarts = 0;  // of nginx
};

class Plane {
 public:
  // io_failed: nginx did not come up, with its own words.
  static Result<std::unique_ptr<Plane>> start(NginxPlan plan, std::string nginx, PlaneHooks hooks);
  ~Plane() { stop(); }

  // Nothing more belongs to the stream: its publisher is cut off, what came is taken over, the recording is closed.
  void finish(const std::string& stream);
  // Cuts its publisher off; it may come again.
  void drop(const std::string& stream);
  void stop();

  PlaneStats stats() const { return {streams_, segments_, restarts_}; }
  const NginxPlan& plan() const { return plan_; }

 private:
  struct Stream {
    Recording recording;
    int watch = -1;
    std::int64_t thrown_upto = 0;
    std::int64_t told_lag_ms = 0;
    std::int64_t finish_at_ms = 0;  // monotonic; 0: goes on
    bool marked = false;
  };
  Plane(NginxPlan plan, std::string nginx, PlaneHooks hooks);
  Status prepare();
  Status start_nginx();
  void run(std::function<void(Status)> started);
  void look_after_nginx();
  void read_watches();
  void open_stream(const std::string& name);
  void look(const std::string& name, Stream& stream);
  void close_stream(const std::string& name, Stream& stream);
  void do_wishes();
  std::string path(const std::string& rest) const { return plan_.folder + "/" + rest; }

  NginxPlan plan_;
  std::string nginx_;
  PlaneHooks hooks_;
  Child child_;
  std::int64_t start_again_at_ms_ = 0, pause_ms_ = 0, up_since_ms_ = 0;
  int inotify_ = -1, wake_ = -1, root_watch_ = -1;
  std::map<std::string, Stream> open_;
  std::map<int, std::string> watched_;
  std::mutex mutex_;
  std::vector<std::pair<std::string, bool>> wishes_;  // stream; true: finish, false: drop
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> streams_{0}, segments_{0}, restarts_{0};
  std::thread thread_;
};

// A port that is free now, for settings that say 0.
Result<int> free_port();

}  // namespace lianbo::media
