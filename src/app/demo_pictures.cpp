#include "app/demo_pictures.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/clock.hpp"
#include "media/plane.hpp"

namespace lianbo::app {
namespace {

namespace fs = std::filesystem;

constexpr const char* kModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so";
constexpr std::int64_t kAgainMs = 2000;  // between two starts of the same film
constexpr std::int64_t kEndMs = 500;
constexpr const char* kWords =
    "drawtext=font='Noto Sans CJK SC':x=52:fontcolor=white:shadowx=1:shadowy=1:shadowcolor=black@0.6";
// What a phone's page leaves free of a portrait film: its sides are cut, its middle has the card of what is explained.
constexpr std::size_t kLineWide = 10, kTitleWide = 14;
// Two each: what the background moves between.
constexpr std::array<std::pair<const char*, const char*>, 6> kColours{{{"0x16324f", "0xb5651d"},
                                                                       {"0x3b1f4a", "0x1d7a6c"},
                                                                       {"0x4a1f2e", "0x23527a"},
                                                                       {"0x1f4a33", "0x8a6a1a"},
                                                                       {"0x2a2a5a", "0x9a3b3b"},
                                                                       {"0x0f4550", "0x6b4a8a"}}};

// As the shell finds it, and where a plain user's PATH does not reach.
std::string program(const char* name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path != nullptr ? path : "";
  const std::string all = std::string(rest) + ":/usr/local/sbin:/usr/sbin:/sbin";
  for (std::size_t at = 0; at < all.size();) {
    const std::size_t end = std::min(all.find(':', at), all.size());
    const std::string file = all.substr(at, end - at) + "/" + name;
    if (end > at && access(file.c_str(), X_OK) == 0) return file;
    at = end + 1;
  }
  return {};
}

std::string escaped(std::string_view text, std::string_view what) {
  std::string out;
  for (const char c : text) {
    if (what.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}
// A file's name as an option inside a graph of filters: escaped once for each.
std::string in_graph(const std::string& file) { return escaped(escaped(file, "\\':"), "\\'[],;"); }

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// Whole or not at all: FFmpeg reads it again for each frame.
void write_text(const std::string& file, std::string_view text) {
  std::ofstream(file + ".new", std::ios::binary | std::ios::trunc) << text;
  std::error_code ec;
  fs::rename(file + ".new", file, ec);
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t wide) {
  std::string out;
  std::size_t halves = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const std::size_t width = bytes > 2 ? 2 : 1;
    if (halves + width > 2 * wide) {
      out += '\n';
      halves = 0;
    }
    out += text.substr(at, bytes);
    halves += width;
    at += bytes;
  }
  return out;
}

Result<std::unique_ptr<DemoPictures>> DemoPictures::open(const std::string& folder) {
  std::unique_ptr<DemoPictures> out(new DemoPictures);
  std::error_code ec;
  out->folder_ = fs::absolute(folder, ec).lexically_normal().string();
  out->nginx_ = program("nginx");
  out->ffmpeg_ = program("ffmpeg");
  out->module_ = access(kModule, R_OK) == 0 ? kModule : "";
  const char* missing = out->nginx_.empty()    ? "nginx (package nginx)"
                        : out->module_.empty() ? "nginx's RTMP module (package libnginx-mod-rtmp)"
                        : out->ffmpeg_.empty() ? "FFmpeg (package ffmpeg)"
                                               : nullptr;
  if (missing != nullptr) return fail(Code::io_failed, std::string(missing) + " is not here");
  TRY(out->rtmp_port_, media::free_port());
  TRY(out->http_port_, media::free_port());
  fs::create_directories(out->folder_ + "/drawn", ec);
  if (ec) return fail(Code::io_failed, ec.message(), out->folder_);
  return out;
}

std::vector<std::pair<std::string, std::string>> DemoPictures::settings() const {
  return {{"media.on", "1"},
          {"media.dir", folder_},
          {"media.nginx", nginx_},
          {"media.nginx_module", module_},
          {"media.ffmpeg", ffmpeg_},
          {"media.rtmp_port", std::to_string(rtmp_port_)},
          {"media.http_port", std::to_string(http_port_)}};
}

std::string DemoPictures::text_file(const std::string& stream, const char* what) const {
  return folder_ + "/drawn/" + stream + "." + what;
}

Status DemoPictures::start(const sim::Show& show, Film& film, std::size_t colour) {
  const std::int64_t now = monotonic_ms();
  film.started_ms = now;
  if (film.begun_ms == 0) film.begun_ms = now;
  write_text(text_file(show.stream, "host"), show.host);
  write_text(text_file(show.stream, "title"), wrapped(show.title, kTitleWide));
  const auto& [from, to] = kColours[colour % kColours.size()];
  const auto text = [&](const char* what, int y, int size, const char* more) {
    return fmt::format("{}:textfile={}:expansion=none:y={}:fontsize={}{}", kWords,
                       in_graph(text_file(show.stream, what)), y, size, more);
  };
  const std::string graph = fmt::format(
      "{},{},{},{}:text='%{{pts\\:hms\\:{}}}':y=384:fontsize=20", text("host", 88, 22, ""), text("title", 120, 16, ""),
      text("product", 290, 24, ":line_spacing=6:reload=1:box=1:boxcolor=black@0.35:boxborderw=10"), kWords,
      (now - film.begun_ms) / 1000);
  const std::string background =
      fmt::format("gradients=s=360x640:r=15:c0={}:c1={}:speed=0.01:seed={}", from, to, colour + 1);
  const std::string to_nginx = fmt::format("rtmp://127.0.0.1:{}/live/{}?key={}", rtmp_port_, show.stream, show.key);
  std::vector<std::string> command = {ffmpeg_, "-v", "error", "-nostdin", "-re", "-f", "lavfi", "-i", background};
  for (const std::string_view more : words_of(
           "-f lavfi -i sine=frequency=196:sample_rate=44100,volume=0.02 -c:v libx264 -preset ultrafast -tune "
           "zerolatency -g 15 -keyint_min 15 -sc_threshold 0 -b:v 500k -maxrate 700k -bufsize 700k -pix_fmt yuv420p "
           "-threads 1 -c:a aac -b:a 32k -ac 1"))
    command.emplace_back(more);
  command.insert(command.end(), {"-vf", graph, "-f", "flv", to_nginx});
  TRY(film.child, media::Child::start(command, media::Input::none, folder_ + "/drawn/ffmpeg.log"));
  return {};
}

void DemoPictures::follow(const std::vector<sim::Show>& shows) {
  for (auto& [stream, film] : films_) film.wanted = false;
  for (const sim::Show& show : shows) {
    Film& film = films_[show.stream];
    film.wanted = true;
    if (film.product != show.product || film.started_ms == 0) {
      film.product = show.product;
      write_text(text_file(show.stream, "product"), wrapped(show.product, kLineWide));
    }
    if (film.child.running() || (film.started_ms != 0 && monotonic_ms() < film.started_ms + kAgainMs)) continue;
    // It could not be started: tried again at a later step, and its words are in the log beside the texts.
    [[maybe_unused]] const auto started = start(show, film, colours_++);
  }
  std::erase_if(films_, [](const auto& one) { return !one.second.wanted; });
}

void DemoPictures::stop() {
  for (auto& [stream, film] : films_) film.child.end(kEndMs);
  films_.clear();
}

}  // namespace lianbo::app
