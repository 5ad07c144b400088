// Private to net/: one HTTP/1.1 connection. Lives on its I/O thread; see server.hpp for what it promises.
//
// Reads only when it has nothing to do (so a peer that pipelines without end fills its own socket, not our memory),
// into the thread's scratch buffer; between requests it holds neither parser nor buffer. Beast's parser calls back
// straight into the Request, so that nothing is copied twice.
#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include "net/io_thread.hpp"

namespace lianbo::net {

// One answer on its way to a session, from any thread; "internal" if everybody forgets about it.
template <class V>
struct Once {
  using Deliver = void (HttpSession::*)(V&&);
  std::weak_ptr<HttpSession> session;
  std::shared_ptr<Mailbox> mailbox;
  Deliver deliver = nullptr;
  std::atomic<bool> used{false};

  void call(V value);
};

struct ReplySink::State : Once<Reply> {
  ~State();
};
struct UpgradeState : Once<Result<WsAccept>> {
  ~UpgradeState();
};

class RequestParser final : public boost::beast::http::basic_parser<true> {
 public:
  using ErrorCode = boost::beast::error_code;

  explicit RequestParser(const ServerConfig& config);

  Request request;
  Error refusal;  // set together with a parse error of ours
  bool has_refusal = false;
  bool head = false;
  bool known_method = true;
  bool expects_continue = false;
  bool got_request_line = false;
  int version = 11;
  std::size_t body_limit = 0;  // to be set once the header is there

 private:
  using Text = boost::beast::string_view;
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;
  void refuse(Code code, std::string detail, std::string where, ErrorCode& ec);
  void on_request_impl(Verb, Text, Text, int, ErrorCode&) override;
  void on_response_impl(int, Text, int, ErrorCode&) override {}
  void on_field_impl(Field, Text, Text, ErrorCode&) override;
  void on_header_impl(ErrorCode&) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) override;
  std::size_t on_body_impl(Text, ErrorCode&) override;
  void on_chunk_header_impl(std::uint64_t, Text, ErrorCode&) override;
  std::size_t on_chunk_body_impl(std::uint64_t, Text, ErrorCode&) override;
  void on_finish_impl(ErrorCode&) override {}

  const ServerConfig& config_;
  std::size_t header_bytes_ = 0;
  int hosts_ = 0;
  bool header_done_ = false;
};

class HttpSession final : public std::enable_shared_from_this<HttpSession>, private Watched {
 public:
  HttpSession(IoThread& thread, Fd fd, std::string remote);

  bool start();
  void deliver_reply(Reply&& reply);
  void deliver_upgrade(Result<WsAccept>&& accept);
  void sweep(std::int64_t now_ms);
  void begin_stop();
  void close();

 private:
  friend class SelfList<HttpSession>;
  enum class Phase : std::uint8_t { idle, header, body, handling, writing, lingering, closed };

  void on_ready(std::uint32_t events) override;
  void read();
  bool wants_input() const { return phase_ != Phase::closed && phase_ != Phase::handling && phase_ != Phase::writing; }
  void advance(std::string_view bytes);
  void resume();
  bool parse(std::string_view& bytes);  // true: a whole request, or a refusal, has been dealt with
  bool on_header();
  void dispatch();
  void refuse(const Error& error);
  void refuse_parse(const boost::beast::error_code& ec);
  void write(Reply&& reply);
  ssize_t send_both() const;
  void flush();
  void written();
  void linger();
  void become_websocket(WsAccept&& accept);

  IoThread& thread_;
  Fd fd_;
  std::string remote_;
  std::optional<RequestParser> parser_;
  std::string pending_;  // read and not yet parsed
  std::string head_;     // being sent
  std::string body_;
  std::size_t sent_ = 0;
  std::optional<Reply> early_reply_;  // given while the handler was still running
  std::optional<Result<WsAccept>> early_upgrade_;
  std::string upgrade_key_;
  std::int64_t deadline_ms_;  // 0: none
  std::int64_t body_since_ms_ = 0;
  std::int64_t requests_ = 0;
  Phase phase_ = Phase::idle;
  bool is_head_ = false;
  bool http10_ = false;
  bool keep_alive_ = true;
  bool chinese_ = false;
  bool in_dispatch_ = false;
  bool readable_ = false;  // there may be something to read
  bool ended_ = false;     // the peer sends no more after it
  bool in_read_ = false;
  bool unread_input_ = false;  // a refusal: the peer may still be sending
  HttpSession* prev_ = nullptr;
  HttpSession* next_ = nullptr;
  std::shared_ptr<HttpSession> self_;
};

}  // namespace lianbo::net
