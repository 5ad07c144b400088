// A browser's camera: what its MediaRecorder sends (WebM or MP4 pieces, binary messages) goes into an FFmpeg of its
// own, which publishes it by RTMP to this machine's nginx like any encoder. A picture that is H.264 already is copied;
// sound becomes AAC.
//
// The WebSocket's first message is text, {"video":"copy"|"encode"}; then pieces. The server says {"t":"ready"} and,
// when it is over, closes: 1000 ended in order, 1013 FFmpeg can't keep up or there are too many, 1011 it broke.
// Threads: one I/O thread for each connection; FFmpeg dies with that thread, or with its connection.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "media/process.hpp"
#include "net/ws.hpp"

namespace lianbo::media {

struct CameraPlan {
  std::string ffmpeg, errors_to;
  std::string publish_url;
};
std::vector<std::string> camera_command(const CameraPlan& plan, bool copy);

// running: how many there are, counted up and down.
std::shared_ptr<net::WsHandler> make_camera(CameraPlan plan, std::shared_ptr<std::atomic<int>> running, int most);

}  // namespace lianbo::media
