#include "net/http_session.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

#include "base/log.hpp"
#include "net/problem.hpp"
#include "net/target.hpp"
#include "net/websocket.hpp"
#include "net/ws_session.hpp"

namespace lianbo::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t kMaxFields = 100;
constexpr int kReadsInOneGo = 16;
constexpr std::size_t kMaxChunkLine = 4096;
constexpr std::size_t kBodyBesideHead = 2048;  // copied behind its head, so that one piece is sent and not two

// A header value of ours never breaks its line, whatever it was made of.
void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  const std::size_t from = out.size();
  out += value;
  for (std::size_t i = from; i < out.size(); ++i)
    if (out[i] == '\r' || out[i] == '\n' || out[i] == '\0') out[i] = ' ';
  out += "\r\n";
}

}  // namespace

template <class V>
void Once<V>::call(V value) {
  if (used.exchange(true)) return;
  if (mailbox->on_own_thread()) {
    if (const auto target = session.lock()) ((*target).*deliver)(std::move(value));
    return;
  }
  mailbox->post([weak = session, how = deliver, v = std::move(value)]() mutable {
    if (const auto target = weak.lock()) ((*target).*how)(std::move(v));
  });
}

void ReplySink::operator()(Reply reply) const { state_->call(std::move(reply)); }

ReplySink::State::~State() {
  if (!used) call(problem_reply(Error{Code::internal, {}, {}, {}}, false, {}));
}
UpgradeState::~UpgradeState() {
  if (!used) call(fail(Code::internal));
}

RequestParser::RequestParser(const ServerConfig& config) : config_(config) {
  basic_parser::body_limit(boost::none);
  request.headers.reserve(8);
  header_limit(static_cast<std::uint32_t>(std::max(config.header_bytes, config.uri_bytes) + 64));
}

void RequestParser::refuse(Code code, std::string detail, std::string where, ErrorCode& ec) {
  refusal = Error{code, std::move(detail), std::move(where), {}};
  has_refusal = true;
  ec = http::error::bad_value;
}

void RequestParser::on_request_impl(Verb verb, Text, Text target, int version_number, ErrorCode& ec) {
  got_request_line = true;
  this->version = version_number;
  switch (verb) {
    case Verb::get:
      request.method = Method::get;
      break;
    case Verb::head:
      request.method = Method::get;
      head = true;
      request.head = true;
      break;
    case Verb::post:
      request.method = Method::post;
      break;
    case Verb::put:
      request.method = Method::put;
      break;
    case Verb::patch:
      request.method = Method::patch;
      break;
    case Verb::delete_:
      request.method = Method::del;
      break;
    default:
      known_method = false;
  }
  if (target.size() > config_.uri_bytes)
    return refuse(Code::uri_too_long, "an address has at most " + std::to_string(config_.uri_bytes) + " bytes",
                  "request line", ec);
  request.target.assign(target.data(), target.size());
}

void RequestParser::on_field_impl(Field field, Text name, Text value, ErrorCode& ec) {
  header_bytes_ += name.size() + value.size() + 4;
  if (header_bytes_ > config_.header_bytes || request.headers.size() >= kMaxFields)
    return refuse(Code::headers_too_large,
                  "headers have at most " + std::to_string(config_.header_bytes) + " bytes and " +
                      std::to_string(kMaxFields) + " lines",
                  "headers", ec);
  if (header_done_) return;  // trailers say nothing we ask for
  if (field == Field::host) ++hosts_;
  const std::string_view text(value.data(), value.size());
  if (field == Field::expect && equal_ignoring_case(text, "100-continue")) expects_continue = true;
  request.headers.emplace_back(lower(std::string_view(name.data(), name.size())), text);
}

void RequestParser::on_header_impl(ErrorCode& ec) {
  header_done_ = true;
  if (hosts_ > 1 || (hosts_ == 0 && version == 11))
    refuse(Code::bad_request, "a request must have one Host header", "header Host", ec);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode&) {
  // What the peer announces is believed up to a point only.
  if (length) request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 1U << 20)));
}

std::size_t RequestParser::on_body_impl(Text body, ErrorCode&) {
  request.body.append(body.data(), body.size());
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t size, Text, ErrorCode& ec) {
  if (size > body_limit || request.body.size() + size > body_limit)
    refuse(Code::body_too_large, "a body here has at most " + std::to_string(body_limit) + " bytes", "body", ec);
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, Text body, ErrorCode&) {
  request.body.append(body.data(), body.size());
  return body.size();
}

HttpSession::HttpSession(IoThread& thread, Fd fd, std::string remote)
    : thread_(thread),
      fd_(std::move(fd)),
      remote_(std::move(remote)),
      deadline_ms_(monotonic_ms() + thread.core.config.header_ms) {}

bool HttpSession::start() {
  if (!thread_.loop.watch(fd_.get(), *this)) return false;
  thread_.http.link(shared_from_this());
  thread_.add(kHttpOpen);
  return true;
}

void HttpSession::on_ready(std::uint32_t events) {
  const std::shared_ptr<HttpSession> self = self_;
  if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) readable_ = true;
  if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) ended_ = true;
  if (phase_ == Phase::writing && (events & EPOLLOUT) != 0) {
    flush();
    resume();
  }
  read();
}

// Reads while there may be something and somebody wants it. A recv that does not fill the buffer has emptied the
// socket; what comes later is told anew. But a peer that has ended was told once, so then it is read to the end.
void HttpSession::read() {
  if (in_read_) return;
  in_read_ = true;
  auto& scratch = thread_.scratch;
  int rounds = 0;
  while (readable_ && wants_input()) {
    if (++rounds > kReadsInOneGo) {  // the others' turn
      thread_.loop.soon([self = shared_from_this()] { self->read(); });
      break;
    }
    const ssize_t n = ::recv(fd_.get(), scratch.data(), scratch.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      readable_ = false;
      break;
    }
    if (n <= 0) {
      close();
      break;
    }
    if (static_cast<std::size_t>(n) < scratch.size() && !ended_) readable_ = false;
    if (phase_ == Phase::lingering) continue;
    const std::string_view fresh(scratch.data(), static_cast<std::size_t>(n));
    if (pending_.empty()) {
      advance(fresh);
    } else {
      const std::string joined = std::exchange(pending_, {}) + std::string(fresh);
      advance(joined);
    }
  }
  in_read_ = false;
}

// Deals with what was read, request after request, until more is needed or an answer is awaited.
void HttpSession::advance(std::string_view bytes) {
  while (phase_ == Phase::idle || phase_ == Phase::header || phase_ == Phase::body) {
    if (bytes.empty()) break;
    if (!parse(bytes)) {
      pending_.assign(bytes);
      break;
    }
    // The handler may have answered already; if not, the rest waits.
    if (phase_ == Phase::handling || phase_ == Phase::writing) {
      pending_.assign(bytes);
      return;
    }
  }
}

void HttpSession::resume() {
  if (phase_ == Phase::idle && !pending_.empty()) {
    const std::string rest = std::exchange(pending_, {});
    advance(rest);
  }
  read();
}

bool HttpSession::parse(std::string_view& bytes) {
  if (phase_ == Phase::idle) {
    // Empty lines before a request are to be ignored (RFC 9112 2.2).
    while (!bytes.empty() && (bytes.front() == '\r' || bytes.front() == '\n')) bytes.remove_prefix(1);
    if (bytes.empty()) return false;
    phase_ = Phase::header;
    deadline_ms_ = thread_.loop.woke_ms() + thread_.core.config.header_ms;
    parser_.emplace(thread_.core.config);
    chinese_ = is_head_ = http10_ = false;
  }
  while (!parser_->is_done()) {
    if (bytes.empty()) return false;
    boost::beast::error_code ec;
    const std::size_t used = parser_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
    bytes.remove_prefix(used);
    if (ec == http::error::need_more) {
      if (phase_ == Phase::body && bytes.size() > kMaxChunkLine) {
        refuse(Error{Code::bad_request, "a chunk's first line is too long", "body", {}});
        return true;
      }
      return false;
    }
    if (ec) {
      refuse_parse(ec);
      return true;
    }
    if (phase_ == Phase::header && parser_->is_header_done() && !on_header()) return true;
  }
  dispatch();
  return true;
}

bool HttpSession::on_header() {
  const ServerConfig& config = thread_.core.config;
  Request& request = parser_->request;
  chinese_ = prefers_chinese(request.header("accept-language"));
  is_head_ = parser_->head;
  http10_ = parser_->version == 10;
  keep_alive_ = parser_->keep_alive();
  if (!parser_->known_method) {
    Reply reply = problem_reply(Error{Code::method_not_allowed,
                                      "the methods here are GET, HEAD, POST, PUT, PATCH and DELETE",
                                      "request line",
                                      {}},
                                chinese_, config.request_id ? config.request_id() : std::string());
    reply.headers.emplace_back("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE");
    thread_.add(kBadRequests);
    unread_input_ = true;
    keep_alive_ = false;
    parser_.reset();
    write(std::move(reply));
    return false;
  }
  // Beast ignores codings it does not know, and would take what follows for another request.
  for (const auto& [name, value] : request.headers) {
    if (name != "transfer-encoding" || equal_ignoring_case(value, "chunked")) continue;
    refuse(Error{Code::bad_request, "the only transfer coding here is chunked", "headers", {}});
    return false;
  }
  if (const Status status = parse_target(request); !status) {
    refuse(status.error());
    return false;
  }
  const auto length = parser_->content_length();
  if (!length && !parser_->chunked()) {
    phase_ = Phase::body;  // there is none
    return true;
  }
  const std::size_t limit = config.body_limit ? config.body_limit(request.method, request.path) : std::size_t{1} << 20;
  parser_->body_limit = limit;
  if (length && *length > limit) {
    refuse(Error{Code::body_too_large,
                 "a body here has at most " + std::to_string(limit) + " bytes, this one " + std::to_string(*length),
                 "body",
                 {}});
    return false;
  }
  phase_ = Phase::body;
  body_since_ms_ = monotonic_ms();
  deadline_ms_ = body_since_ms_ + config.body_ms;
  if (parser_->expects_continue && !http10_ && !parser_->is_done()) {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    // Nothing else is under way on this socket, so it takes 25 bytes, or is dead, which the next read will tell.
    [[maybe_unused]] const ssize_t n =
        ::send(fd_.get(), kContinue.data(), kContinue.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  }
  return true;
}

void HttpSession::dispatch() {
  ServerCore& core = thread_.core;
  Request request = std::move(parser_->request);
  parser_.reset();
  request.remote = remote_;
  phase_ = Phase::handling;
  deadline_ms_ = 0;
  ++requests_;
  if (requests_ >= core.config.max_requests) keep_alive_ = false;
  thread_.add(kRequests);
  thread_.add(kInFlight);
  const bool upgrade = core.on_upgrade && wants_websocket(request);
  in_dispatch_ = true;
  try {
    if (upgrade) {
      upgrade_key_ = request.header("sec-websocket-key");
      auto state = std::make_shared<UpgradeState>();
      state->session = weak_from_this();
      state->mailbox = thread_.mailbox;
      state->deliver = &HttpSession::deliver_upgrade;
      if (const Status status = check_handshake(request); !status)
        state->call(fail(status.error()));
      else if (core.stopping.load(std::memory_order_relaxed))
        state->call(fail(Code::shutting_down));
      else
        core.on_upgrade(std::move(request), [state](Result<WsAccept> accept) { state->call(std::move(accept)); });
    } else {
      auto state = std::make_shared<ReplySink::State>();
      state->session = weak_from_this();
      state->mailbox = thread_.mailbox;
      state->deliver = &HttpSession::deliver_reply;
      core.on_request(std::move(request), ReplySink(std::move(state)));
    }
  } catch (const std::exception& e) {
    log_event(LogEvent::handler_threw, "a request handler threw: {}",
              e.what());  // the sink it dropped has answered for it
  }
  in_dispatch_ = false;
  if (early_reply_) {
    Reply reply = *std::move(early_reply_);
    early_reply_.reset();
    thread_.add(kInFlight, -1);
    write(std::move(reply));
  } else if (early_upgrade_) {
    Result<WsAccept> accept = *std::move(early_upgrade_);
    early_upgrade_.reset();
    // What was read after the handshake is still in the caller's hands; take the answer once it is in pending_.
    thread_.mailbox->post([weak = weak_from_this(), a = std::move(accept)]() mutable {
      if (const auto self = weak.lock()) self->deliver_upgrade(std::move(a));
    });
  }
}

void HttpSession::deliver_reply(Reply&& reply) {
  if (phase_ != Phase::handling) return;
  if (in_dispatch_) {
    early_reply_ = std::move(reply);
    return;
  }
  thread_.add(kInFlight, -1);
  write(std::move(reply));
  resume();
}

void HttpSession::deliver_upgrade(Result<WsAccept>&& accept) {
  if (phase_ != Phase::handling) return;
  if (in_dispatch_) {
    early_upgrade_ = std::move(accept);
    return;
  }
  if (accept && thread_.core.stopping.load(std::memory_order_relaxed)) accept = fail(Code::shutting_down);
  thread_.add(kInFlight, -1);
  if (accept) return become_websocket(*std::move(accept));
  const auto& make_id = thread_.core.config.request_id;
  Reply reply = problem_reply(accept.error(), chinese_, make_id ? make_id() : std::string());
  if (accept.error().code == Code::bad_request) reply.headers.emplace_back("Sec-WebSocket-Version", "13");
  write(std::move(reply));
  resume();
}

void HttpSession::refuse(const Error& error) {
  const auto& make_id = thread_.core.config.request_id;
  thread_.add(kBadRequests);
  unread_input_ = true;
  keep_alive_ = false;
  parser_.reset();
  write(problem_reply(error, chinese_, make_id ? make_id() : std::string()));
}

void HttpSession::refuse_parse(const boost::beast::error_code& ec) {
  is_head_ = parser_->head;
  if (parser_->has_refusal) {
    chinese_ = prefers_chinese(parser_->request.header("accept-language"));
    return refuse(Error(parser_->refusal));
  }
  if (ec == http::error::header_limit) {
    if (parser_->got_request_line)
      return refuse(Error{Code::headers_too_large,
                          "headers have at most " + std::to_string(thread_.core.config.header_bytes) + " bytes",
                          "headers",
                          {}});
    return refuse(Error{Code::uri_too_long,
                        "an address has at most " + std::to_string(thread_.core.config.uri_bytes) + " bytes",
                        "request line",
                        {}});
  }
  refuse(Error{Code::bad_request,
               "this is not HTTP/1.1: " + ec.message(),
               phase_ == Phase::body       ? "body"
               : parser_->got_request_line ? "headers"
                                           : "request line",
               {}});
}

void HttpSession::write(Reply&& reply) {
  if (thread_.core.stopping.load(std::memory_order_relaxed)) keep_alive_ = false;
  const bool bodiless = reply.status == 204 || reply.status == 304 || reply.status < 200;
  head_.clear();
  head_.reserve(256);
  head_ += "HTTP/1.1 ";
  head_ += std::to_string(reply.status);
  head_ += ' ';
  const auto reason = http::obsolete_reason(static_cast<http::status>(reply.status));
  head_.append(reason.data(), reason.size());
  head_ += "\r\n";
  append_header(head_, "Date", thread_.date());
  if (!bodiless) {
    if (!reply.content_type.empty()) append_header(head_, "Content-Type", reply.content_type);
    append_header(head_, "Content-Length", std::to_string(reply.body.size()));
  }
  for (const auto& [name, value] : reply.headers) append_header(head_, name, value);
  if (!keep_alive_)
    head_ += "Connection: close\r\n";
  else if (http10_)
    head_ += "Connection: keep-alive\r\n";
  head_ += "\r\n";
  body_.clear();
  if (!bodiless && !is_head_) {
    if (reply.body.size() <= kBodyBesideHead)
      head_ += reply.body;
    else
      body_ = std::move(reply.body);
  }
  sent_ = 0;
  phase_ = Phase::writing;
  flush();
}

ssize_t HttpSession::send_both() const {
  iovec parts[2];
  std::size_t count = 0;
  if (sent_ < head_.size()) parts[count++] = {const_cast<char*>(head_.data()) + sent_, head_.size() - sent_};
  const std::size_t in_body = sent_ > head_.size() ? sent_ - head_.size() : 0;
  parts[count++] = {const_cast<char*>(body_.data()) + in_body, body_.size() - in_body};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = count;
  return ::sendmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void HttpSession::flush() {
  while (sent_ < head_.size() + body_.size()) {
    const ssize_t n = body_.empty()
                          ? ::send(fd_.get(), head_.data() + sent_, head_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL)
                          : send_both();
    if (n < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN) {
        deadline_ms_ = monotonic_ms() + thread_.core.config.write_ms;
        return;  // the loop tells when there is room again
      }
      return close();
    }
    sent_ += static_cast<std::size_t>(n);
  }
  written();
}

// The reply is out. Whoever called write goes on with the next request, if the phase is idle then.
void HttpSession::written() {
  if (thread_.core.stopping.load(std::memory_order_relaxed)) keep_alive_ = false;
  const bool large = head_.capacity() + body_.capacity() > 4096;
  if (large) head_ = body_ = std::string();
  if (!keep_alive_) return unread_input_ ? linger() : close();
  phase_ = Phase::idle;
  deadline_ms_ = thread_.loop.woke_ms() + thread_.core.config.idle_ms;
}

// A socket closed with unread input resets the connection, and the peer may lose the reply that tells it why. So we
// stop sending, and read on for a while.
void HttpSession::linger() {
  phase_ = Phase::lingering;
  deadline_ms_ = monotonic_ms() + thread_.core.config.linger_ms;
  ::shutdown(fd_.get(), SHUT_WR);
  readable_ = true;  // what came before is still to be read
  read();
}

void HttpSession::become_websocket(WsAccept&& accept) {
  std::string head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  append_header(head, "Sec-WebSocket-Accept", accept_key(upgrade_key_));
  for (const auto& [name, value] : accept.headers) append_header(head, name, value);
  head += "\r\n";
  thread_.loop.forget(fd_.get(), *this);
  Fd fd = std::move(fd_);
  phase_ = Phase::closed;
  thread_.add(kHttpOpen, -1);
  const auto self = shared_from_this();
  thread_.http.unlink(*this);
  IoThread& home = *thread_.core.threads[static_cast<std::size_t>(thread_.core.home(accept.home_key))];
  ServerCore& core = thread_.core;
  const bool posted = home.mailbox->post(
      [&home, fd = std::move(fd), handler = std::move(accept.handler), head = std::move(head),
       rest = std::move(pending_)]() mutable { WsSession::open(home, std::move(fd), std::move(handler), head, rest); });
  if (!posted) core.connection_closed();
}

void HttpSession::sweep(std::int64_t now_ms) {
  if (deadline_ms_ == 0 || now_ms < deadline_ms_) return;
  switch (phase_) {
    case Phase::body: {
      const auto earned =
          static_cast<std::int64_t>(parser_->request.body.size()) * 1000 / thread_.core.config.body_rate;
      const std::int64_t deadline = body_since_ms_ + thread_.core.config.body_ms + earned;
      if (now_ms < deadline) {
        deadline_ms_ = deadline;
        return;
      }
      [[fallthrough]];
    }
    case Phase::header:
      thread_.add(kTimeouts);
      refuse(Error{Code::request_timeout, "the request must come in one go", {}, {}});
      return;
    case Phase::idle:
    case Phase::writing:
      thread_.add(kTimeouts);
      return close();
    case Phase::lingering:
      return close();
    case Phase::handling:
    case Phase::closed:
      return;
  }
}

void HttpSession::begin_stop() {
  if (phase_ == Phase::idle || phase_ == Phase::lingering) close();
}

void HttpSession::close() {
  if (phase_ == Phase::closed) return;
  if (phase_ == Phase::handling) thread_.add(kInFlight, -1);
  phase_ = Phase::closed;
  thread_.loop.forget(fd_.get(), *this);
  fd_.close();
  parser_.reset();
  thread_.add(kHttpOpen, -1);
  const auto self = shared_from_this();
  thread_.http.unlink(*this);
  thread_.core.connection_closed();
}

}  // namespace lianbo::net
