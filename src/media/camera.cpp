#include "media/camera.hpp"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/json.hpp"
#include "base/log.hpp"
#include "base/shape.hpp"

namespace lianbo::media {
namespace {

constexpr std::uint32_t kPieceBytes = 2U << 20;
constexpr std::size_t kWaitingBytes = 6U << 20;  // that FFmpeg has not taken yet
constexpr int kEnded = 1000, kPolicy = 1008, kBroke = 1011, kTryLater = 1013;

class Camera final : public net::WsHandler {
 public:
  Camera(CameraPlan plan, std::shared_ptr<std::atomic<int>> running, int most)
      : plan_(std::move(plan)), running_(std::move(running)), most_(most) {}

  std::uint32_t binary_limit() const override { return kPieceBytes; }

  void on_open(const net::WsPtr& connection) override {
    counted_ = true;
    if (++*running_ > most_) connection->close(kTryLater, "too many cameras at once");
  }

  void on_text(const net::WsPtr& connection, std::string_view text) override {
    if (child_.pid() > 0) return;
    const auto said = parse_json(text);
    if (!said || !said->is_object()) return connection->close(kPolicy, "the first message says what comes");
    auto child = Child::start(camera_command(plan_, get_text(*said, "video") == "copy"), Input::pipe, plan_.errors_to);
    if (!child) {
      log_event(LogEvent::media_failed, "a camera: {}", child.error().text());
      return connection->close(kBroke, "no encoder");
    }
    child_ = std::move(*child);
    connection->send(net::text_frame(R"({"t":"ready"})"));
  }

  void on_binary(const net::WsPtr& connection, std::string_view bytes) override {
    if (!child_.running()) return connection->close(kBroke, "the encoder ended");
    waiting_.append(bytes);
    while (!waiting_.empty()) {
      const ssize_t n = write(child_.input(), waiting_.data(), waiting_.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) break;
      if (n <= 0) return connection->close(kBroke, "the encoder ended");
      waiting_.erase(0, static_cast<std::size_t>(n));
    }
    if (waiting_.size() > kWaitingBytes) connection->close(kTryLater, "the server can't keep up with this camera");
  }

  void on_close(const net::WsPtr&) override {
    if (std::exchange(counted_, false)) --*running_;
    child_.kill_now();
  }

 private:
  CameraPlan plan_;
  std::shared_ptr<std::atomic<int>> running_;
  int most_;
  bool counted_ = false;
  Child child_;
  std::string waiting_;
};

}  // namespace

std::vector<std::string> camera_command(const CameraPlan& p, bool copy) {
  std::vector<std::string> c = {
      p.ffmpeg,     "-hide_banner", "-loglevel",        "error",   "-nostdin", "-fflags", "+genpts+nobuffer",
      "-probesize", "500000",       "-analyzeduration", "1000000", "-i",       "pipe:0"};
  if (copy)
    c.insert(c.end(), {"-c:v", "copy"});
  else
    c.insert(c.end(), {"-c:v",        "libx264",  "-preset", "veryfast", "-tune",
                       "zerolatency", "-pix_fmt", "yuv420p", "-vf",      "scale=trunc(iw/2)*2:trunc(ih/2)*2",
                       "-r",          "25",       "-g",      "25",       "-b:v",
                       "1500k",       "-maxrate", "1800k",   "-bufsize", "1800k",
                       "-threads",    "2"});
  c.insert(c.end(), {"-c:a", "aac", "-ar", "44100", "-b:a", "96k", "-f", "flv", p.publish_url});
  return c;
}

std::shared_ptr<net::WsHandler> make_camera(CameraPlan plan, std::shared_ptr<std::atomic<int>> running, int most) {
  return std::make_shared<Camera>(std::move(plan), std::move(running), most);
}

}  // namespace lianbo::media
