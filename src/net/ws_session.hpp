// Private to net/: one WebSocket after its handshake. Lives on the I/O thread of its home key.
//
// A viewer at rest holds this object and nothing else: no buffer, no queue, no waiting operation. The queue exists only
// while something is unsent. Nothing is called back from inside send or close: a connection that
// breaks there is taken down by a post of its own, so a room may walk its viewers and send without minding.
#pragma once

#include "net/io_thread.hpp"
#include "net/websocket.hpp"

namespace lianbo::net {

class WsSession final : public WsConnection,
                        public std::enable_shared_from_this<WsSession>,
                        private WsSink,
                        private Watched {
 public:
  // On the thread: sends the handshake's answer, tells the handler, and starts to read (early_bytes came in already).
  static void open(IoThread& thread, Fd fd, std::shared_ptr<WsHandler> handler, std::string_view head,
                   std::string_view early_bytes);

  WsSession(IoThread& thread, Fd fd, std::shared_ptr<WsHandler> handler);

  bool send(const FramePtr& frame) override;
  void close(int code, std::string_view reason) override;
  std::size_t queued_bytes() const override { return queued_; }
  bool went_out(const FramePtr& frame, std::int64_t sent) override;

  void sweep(std::int64_t now_ms, int& pings_left);
  void tear_down();

 private:
  friend class SelfList<WsSession>;
  enum class State : std::uint8_t { open, closing, dead, gone };  // dead: tear_down is on its way
  struct Queue {
    std::vector<FramePtr> frames;
    std::size_t head = 0;
    std::size_t offset = 0;  // sent of frames[head]
  };

  bool on_text(std::string_view text) override;
  bool on_binary(std::string_view bytes) override;
  bool on_ping(std::string_view payload) override;
  bool on_pong(std::string_view payload) override;
  void on_close(int code, std::string_view reason) override;

  template <class F>
  void call(F&& f);
  void seated() override;
  bool push(const FramePtr& frame, bool bounded);
  bool keep_rest(const FramePtr& frame, std::size_t sent, bool bounded);
  bool push_control(WsOpcode opcode, std::string_view payload);
  void start_closing(int code, std::string_view reason);
  void flush();
  void flushed();
  void cut_off();
  void die();
  void on_ready(std::uint32_t events) override;
  void read(bool ended = true);
  void take(std::string_view bytes);

  IoThread* thread_;
  Fd fd_;
  State state_ = State::open;
  std::unique_ptr<Queue> queue_;
  std::size_t queued_ = 0;
  std::shared_ptr<WsHandler> handler_;
  WsParser parser_;
  std::int64_t heard_ms_;
  std::int64_t deadline_ms_ = 0;
  bool pinged_ = false;
  bool peer_closed_ = false;
  bool broken_protocol_ = false;
  WsSession* prev_ = nullptr;
  WsSession* next_ = nullptr;
  std::shared_ptr<WsSession> self_;
};

}  // namespace lianbo::net
