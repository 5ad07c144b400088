// WebSocket as rooms see it (RFC 6455). A Frame is one message encoded once, header included, and shared by every
// viewer; sending it is one write of the same bytes.
//
// Threads: every connection of one room lives on one I/O thread ("home"), chosen by the key that accept() returns, so a
// room needs no lock: WsHandler's functions and WsConnection's are called on that thread only. `post` is for all
// others.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "net/route.hpp"

namespace lianbo::net {

struct Frame {
  std::string bytes;       // WebSocket header and payload, unmasked, ready to send
  bool droppable = false;  // counters: may be dropped for a viewer whose queue is not empty
};
using FramePtr = std::shared_ptr<const Frame>;
FramePtr text_frame(std::string_view payload, bool droppable = false);

class WsConnection {
 public:
  virtual ~WsConnection() = default;
  // Sends at once if the socket takes it, else queues the shared frame. When more than `room.queue_bytes` are unsent
  // the connection is closed with 1013 (try again later) and counted; false then and ever after.
  virtual bool send(const FramePtr& frame) = 0;
  // code: RFC 6455 7.4; 1001 going away, 1008 policy, 1012 restart, 1013 try again later.
  virtual void close(int code, std::string_view reason) = 0;
  virtual std::size_t queued_bytes() const = 0;
  std::shared_ptr<void> user;  // the room's own record of this viewer
};
using WsPtr = std::shared_ptr<WsConnection>;

class WsHandler {
 public:
  virtual ~WsHandler() = default;
  virtual void on_open(const WsPtr& connection) = 0;
  virtual void on_text(const WsPtr& connection, std::string_view text) = 0;
  // Who takes binary messages says up to how many bytes; 0: none.
  virtual std::uint32_t binary_limit() const { return 0; }
  virtual void on_binary(const WsPtr&, std::string_view) {}
  virtual void on_close(const WsPtr& connection) = 0;  // once, whatever the reason; the last call for this connection
};

struct WsAccept {
  std::int64_t home_key = 0;  // connections with one key live on one thread
  std::shared_ptr<WsHandler> handler;
  std::vector<std::pair<std::string, std::string>> headers;  // extra headers of the 101 (a guest cookie)
};

}  // namespace lianbo::net
