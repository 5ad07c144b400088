#include "net/ws_session.hpp"
#include "base/log.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace lianbo::net {
namespace {

constexpr int kFramesInOneSend = 64;
constexpr int kReadsInOneGo = 16;

FramePtr control_frame(WsOpcode opcode, std::string_view payload) {
  auto frame = std::make_shared<Frame>();
  append_frame(frame->bytes, opcode, payload);
  return frame;
}

}  // namespace

WsSession::WsSession(IoThread& thread, Fd fd, std::shared_ptr<WsHandler> handler)
    : thread_(&thread),
      fd_(std::move(fd)),
      handler_(std::move(handler)),
      parser_(WsParser::Role::server, std::max(thread.core.config.ws_message_bytes, handler_->binary_limit()),
              handler_->binary_limit() > 0),
      heard_ms_(monotonic_ms()) {}

void WsSession::open(IoThread& thread, Fd fd, std::shared_ptr<WsHandler> handler, std::string_view head,
                     std::string_view early_bytes) {
  if (thread.ended()) return thread.core.connection_closed();
  if (const int bytes = thread.core.config.ws_send_buffer; bytes > 0)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  const auto session = std::make_shared<WsSession>(thread, std::move(fd), std::move(handler));
  if (!thread.loop.watch(session->fd_.get(), *session)) return thread.core.connection_closed();
  thread.ws.link(session);
  thread.add(kWsOpen);
  thread.add(kWsAccepted);
  auto first = std::make_shared<Frame>();
  first->bytes = head;
  session->push(first, false);
  if (session->state_ != State::open) {
    session->handler_.reset();  // gone before it was there
    return;
  }
  session->call([&](WsHandler& to) { to.on_open(session); });
  if (!early_bytes.empty()) session->take(early_bytes);
}

template <class F>
void WsSession::call(F&& f) {
  const std::shared_ptr<WsHandler> to = handler_;
  if (!to) return;
  try {
    f(*to);
  } catch (const std::exception& e) {
    log_event(LogEvent::handler_threw, "a WebSocket handler threw: {}", e.what());
    if (state_ == State::open) start_closing(ws_code::kInternal, {});
  }
}

bool WsSession::send(const FramePtr& frame) { return state_ == State::open && push(frame, true); }

void WsSession::seated() {
  row_->thread_ = thread_;
  can_send_to(state_ == State::open && !queue_ ? fd_.get() : -1);
}

// The row has counted the bytes, and the frame if all of it went out.
bool WsSession::went_out(const FramePtr& frame, std::int64_t sent) {
  if (state_ != State::open) return false;
  if (sent < 0 && sent != -EAGAIN) {
    die();
    return false;
  }
  return keep_rest(frame, static_cast<std::size_t>(std::max<std::int64_t>(sent, 0)), true);
}

bool WsSession::push(const FramePtr& frame, bool bounded) {
  const std::string& bytes = frame->bytes;
  std::size_t sent = 0;
  if (!queue_) {
    ssize_t n;
    do {
      n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0 && errno != EAGAIN) {
      die();
      return false;
    }
    if (n > 0) sent = static_cast<std::size_t>(n);
    thread_->add(kWsBytesSent, static_cast<std::int64_t>(sent));
  }
  if (sent == bytes.size()) {
    thread_->add(kWsFramesSent);
    return true;
  }
  return keep_rest(frame, sent, bounded);
}

// Queues what the kernel did not take of a frame.
bool WsSession::keep_rest(const FramePtr& frame, std::size_t sent, bool bounded) {
  if (frame->droppable && sent == 0) {
    thread_->add(kWsDropped);
    return true;
  }
  const bool first = !queue_;
  if (first) queue_ = std::make_unique<Queue>();
  queue_->frames.push_back(frame);
  if (first) {
    queue_->offset = sent;
    can_send_to(-1);
  }
  queued_ += frame->bytes.size() - sent;
  if (bounded && queued_ > thread_->core.config.ws_queue_bytes) {
    cut_off();
    return false;
  }
  thread_->add(kWsFramesSent);
  return true;
}

// A ping, pong or close is never dropped; a peer that makes us queue pongs without end is cut off like any slow one.
bool WsSession::push_control(WsOpcode opcode, std::string_view payload) {
  return push(control_frame(opcode, payload), opcode != WsOpcode::close);
}

void WsSession::cut_off() {
  thread_->add(kWsCutOff);
  if (queue_->offset == 0) {  // between two frames, so a close frame would be understood
    const FramePtr frame = control_frame(WsOpcode::close, close_payload(ws_code::kTryLater, "too slow"));
    [[maybe_unused]] const ssize_t n =
        ::send(fd_.get(), frame->bytes.data(), frame->bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  die();
}

void WsSession::die() {
  if (state_ == State::dead || state_ == State::gone) return;
  state_ = State::dead;
  can_send_to(-1);
  queue_.reset();
  queued_ = 0;
  ::shutdown(fd_.get(), SHUT_RDWR);
  thread_->loop.soon([self = shared_from_this()] { self->tear_down(); });
}

void WsSession::close(int code, std::string_view reason) {
  if (state_ == State::open) start_closing(code, reason);
}

void WsSession::start_closing(int code, std::string_view reason) {
  state_ = State::closing;
  can_send_to(-1);
  deadline_ms_ = monotonic_ms() + thread_->core.config.ws_close_ms;
  if (push_control(WsOpcode::close, code == ws_code::kNoCode ? std::string() : close_payload(code, reason)) && !queue_)
    flushed();
}

void WsSession::flush() {
  while (queue_) {
    iovec parts[kFramesInOneSend];
    int count = 0;
    std::size_t offset = queue_->offset;
    for (std::size_t i = queue_->head; i < queue_->frames.size() && count < kFramesInOneSend; ++i) {
      const std::string& bytes = queue_->frames[i]->bytes;
      parts[count++] = {const_cast<char*>(bytes.data()) + offset, bytes.size() - offset};
      offset = 0;
    }
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = static_cast<std::size_t>(count);
    const ssize_t n = ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) return;  // the loop tells when there is room again
      return die();
    }
    thread_->add(kWsBytesSent, n);
    queued_ -= static_cast<std::size_t>(n);
    auto left = static_cast<std::size_t>(n);
    while (left > 0) {
      const std::size_t rest = queue_->frames[queue_->head]->bytes.size() - queue_->offset;
      if (left < rest) {
        queue_->offset += left;
        break;
      }
      left -= rest;
      queue_->offset = 0;
      queue_->frames[queue_->head++].reset();
    }
    if (queue_->head == queue_->frames.size()) {
      queue_.reset();
      if (state_ == State::open) can_send_to(fd_.get());
    } else if (queue_->head >= 64 && queue_->head * 2 >= queue_->frames.size()) {
      queue_->frames.erase(queue_->frames.begin(), queue_->frames.begin() + static_cast<std::ptrdiff_t>(queue_->head));
      queue_->head = 0;
    }
  }
  flushed();
}

// Everything is out. After the close frames of both sides (or of one that broke the protocol) we end the stream.
void WsSession::flushed() {
  if (state_ != State::closing) return;
  if (peer_closed_) return die();
  if (broken_protocol_) ::shutdown(fd_.get(), SHUT_WR);
}

void WsSession::on_ready(std::uint32_t events) {
  const std::shared_ptr<WsSession> self = shared_from_this();
  if (queue_ && (events & EPOLLOUT) != 0) flush();
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
    read((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
}

// Until there is no more, or the peer's end of the stream. As long as that has not come (ended), less than was room for
// is all there is: the loop tells when more comes.
void WsSession::read(bool ended) {
  auto& scratch = thread_->scratch;
  int rounds = 0;
  while (state_ != State::dead && state_ != State::gone) {
    if (++rounds > kReadsInOneGo)  // the others' turn
      return thread_->loop.soon([self = shared_from_this()] { self->read(); });
    const ssize_t n = ::recv(fd_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EAGAIN) return;
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return tear_down();
    take(std::string_view(scratch.data(), static_cast<std::size_t>(n)));
    if (!ended && static_cast<std::size_t>(n) < scratch.size()) return;
  }
}

void WsSession::take(std::string_view bytes) {
  heard_ms_ = monotonic_ms();
  pinged_ = false;
  const int code = parser_.feed(bytes, *this);
  if (code == 0 || state_ == State::dead || state_ == State::gone) return;
  thread_->add(kWsProtocolErrors);
  broken_protocol_ = true;
  if (state_ == State::open)
    start_closing(code, {});
  else if (!queue_)
    flushed();
}

bool WsSession::on_text(std::string_view text) {
  if (state_ == State::open) {
    thread_->add(kWsReceived);
    call([&](WsHandler& to) { to.on_text(shared_from_this(), text); });
  }
  return state_ == State::open || state_ == State::closing;
}

bool WsSession::on_binary(std::string_view bytes) {
  if (state_ == State::open) {
    thread_->add(kWsReceived);
    call([&](WsHandler& to) { to.on_binary(shared_from_this(), bytes); });
  }
  return state_ == State::open || state_ == State::closing;
}

bool WsSession::on_ping(std::string_view payload) {
  if (state_ == State::open) push_control(WsOpcode::pong, payload);
  return state_ == State::open || state_ == State::closing;
}

bool WsSession::on_pong(std::string_view) { return true; }

void WsSession::on_close(int code, std::string_view) {
  peer_closed_ = true;
  if (state_ == State::open)
    start_closing(code, {});
  else if (state_ == State::closing && !queue_)
    flushed();
}

void WsSession::sweep(std::int64_t now_ms, int& pings_left) {
  const std::int64_t ping_ms = thread_->core.config.ws_ping_ms;
  if (state_ == State::closing) {
    if (now_ms >= deadline_ms_) tear_down();
    return;
  }
  if (state_ != State::open || now_ms - heard_ms_ < ping_ms) return;
  if (pinged_) {
    if (now_ms - heard_ms_ >= 2 * ping_ms) {
      thread_->add(kTimeouts);
      tear_down();
    }
  } else if (pings_left > 0) {  // the rest is pinged at the next sweep: a whole room at once would hold up the thread
    --pings_left;
    pinged_ = true;
    if (now_ms - heard_ms_ > ping_ms) heard_ms_ = now_ms - ping_ms;  // it still gets its full time to answer
    push_control(WsOpcode::ping, {});
  }
}

void WsSession::tear_down() {
  if (state_ == State::gone) return;
  state_ = State::gone;
  can_send_to(-1);
  const auto self = shared_from_this();
  thread_->ws.unlink(*this);
  thread_->loop.forget(fd_.get(), *this);
  fd_.close();
  queue_.reset();
  queued_ = 0;
  thread_->add(kWsOpen, -1);
  thread_->core.connection_closed();
  call([&](WsHandler& to) { to.on_close(self); });
  handler_.reset();
  user.reset();
}

}  // namespace lianbo::net
