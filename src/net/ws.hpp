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
#include <vector>

#include "net/route.hpp"

namespace lianbo::net {

struct Frame {
  std::string bytes;       // WebSocket header and payload, unmasked, ready to send
  bool droppable = false;  // counters: may be dropped for a viewer whose queue is not empty
};
using FramePtr = std::shared_ptr<const Frame>;
FramePtr text_frame(std::string_view payload, bool droppable = false);

class WsConnection;
class IoThread;

// Who is sent the same at once, in order: one short array, so that a walk over ten thousand viewers looks at nothing of
// theirs but the socket. A connection keeps its place true: `socket` is where bytes may go right now, -1 while it is
// closing or has something unsent. `told` is the owner's: up to which message the viewer is told. Lives on the home
// thread of its connections, and longer than they sit in it.
class WsRow {
 public:
  struct Place {
    int socket = -1;
    std::int64_t told = kNobody;
  };
  // Left over by a walk: sent is how much of the frame the kernel took (or -errno), kNotTried: it was not sent to.
  struct Left {
    std::size_t place;
    std::int64_t sent;
  };
  static constexpr std::int64_t kNobody = -1, kNotTried = INT64_MIN;

  Place& operator[](std::size_t place) { return places_[place]; }
  void add(WsConnection& connection);  // behind the last
  void take_out(std::size_t place);    // the last one sits there now
  // The frame goes to everybody who has been told up to `after` and can be sent to; they are told up to `now` then.
  // Nothing is called back. Gives how many got it; who did not stands in `left`.
  std::int64_t send(const Frame& frame, std::int64_t after, std::int64_t now, std::vector<Left>& left);

 private:
  friend class WsConnection;
  friend class WsSession;
  std::vector<Place> places_;
  std::vector<WsConnection*> who_;  // nullptr: has got up
  IoThread* thread_ = nullptr;      // none: nobody of a server's
};

class WsConnection {
 public:
  virtual ~WsConnection() = default;
  // Sends at once if the socket takes it, else queues the shared frame. When more than `room.queue_bytes` are unsent
  // the connection is closed with 1013 (try again later) and counted; false then and ever after.
  virtual bool send(const FramePtr& frame) = 0;
  // code: RFC 6455 7.4; 1001 going away, 1008 policy, 1012 restart, 1013 try again later.
  virtual void close(int code, std::string_view reason) = 0;
  virtual std::size_t queued_bytes() const = 0;
  // After a walk of its row: what send() would do had it sent so much itself.
  virtual bool went_out(const FramePtr&, std::int64_t /*sent*/) { return true; }
  void get_up();               // out of its row: nothing is sent to its place any more
  std::shared_ptr<void> user;  // the room's own record of this viewer

 protected:
  friend class WsRow;
  virtual void seated() {}
  void can_send_to(int socket) {
    if (row_ != nullptr) row_->places_[place_].socket = socket;
  }
  WsRow* row_ = nullptr;
  std::size_t place_ = 0;
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
