// Pictures of the demo's evening: for each show an FFmpeg of its own that draws one (product, host, media time) and
// publishes it by RTMP, as a host's encoder would. One that ends is started again; who is off the air has none.
// Nothing is left behind: each dies with the thread that called follow(), whatever ends that. One thread.
// Errors: io_failed says which program is missing.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "media/process.hpp"
#include "sim/evening.hpp"

namespace lianbo::app {

class DemoPictures {
 public:
  // folder: of the server's recordings and clips.
  static Result<std::unique_ptr<DemoPictures>> open(const std::string& folder);
  ~DemoPictures() { stop(); }

  // What the server is started with, so that it takes pictures in.
  std::vector<std::pair<std::string, std::string>> settings() const;
  void follow(const std::vector<sim::Show>& shows);
  void stop();

 private:
  struct Film {
    media::Child child;
    std::string product;  // as written into its file
    std::int64_t begun_ms = 0, started_ms = 0;
    bool wanted = false;
  };
  DemoPictures() = default;
  std::string text_file(const std::string& stream, const char* what) const;
  Status start(const sim::Show& show, Film& film, std::size_t colour);

  std::string folder_, nginx_, module_, ffmpeg_;
  int rtmp_port_ = 0, http_port_ = 0;
  std::map<std::string, Film> films_;  // by stream
  std::size_t colours_ = 0;
};

// Breaks a text into lines of so many wide characters (two narrow ones count as one).
std::string wrapped(std::string_view text, std::size_t wide);

}  // namespace lianbo::app
