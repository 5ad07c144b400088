// RFC 6455 without a socket: the handshake check, frames out, and a parser of frames in. Pure, one thread each, so that
// the parser can be fuzzed. Why not Beast's stream: docs/decisions/0002-websocket-frames.md.
//
// WsParser takes bytes as they come and calls a WsSink for each whole message or control frame. It keeps nothing but a
// frame that is not whole yet and the fragments of a message that is not whole yet, both bounded by the limit, and
// frees them once they are whole: a connection at rest holds two empty strings.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/ws.hpp"

namespace lianbo::net {

namespace ws_code {  // RFC 6455 7.4.1
inline constexpr int kNormal = 1000;
inline constexpr int kGoingAway = 1001;
inline constexpr int kProtocolError = 1002;
inline constexpr int kUnsupportedData = 1003;
inline constexpr int kNoCode = 1005;    // never sent: the peer gave none
inline constexpr int kAbnormal = 1006;  // never sent: the connection broke without a close frame
inline constexpr int kBadText = 1007;
inline constexpr int kPolicy = 1008;
inline constexpr int kTooBig = 1009;
inline constexpr int kInternal = 1011;
inline constexpr int kRestart = 1012;
inline constexpr int kTryLater = 1013;
}  // namespace ws_code

enum class WsOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// One frame (FIN set). mask: clients must, servers must not (RFC 6455 5.1).
void append_frame(std::string& out, WsOpcode opcode, std::string_view payload, const std::uint32_t* mask = nullptr);
std::string close_payload(int code, std::string_view reason);  // the reason is cut at 123 bytes, between characters

// Is this request a WebSocket upgrade at all?
bool wants_websocket(const Request& request);
// Is it a right one (GET, version 13, a key of 16 bytes)?
Status check_handshake(const Request& request);
std::string accept_key(std::string_view client_key);

class WsSink {
 public:
  virtual ~WsSink() = default;
  // false: stop parsing (the connection is being closed); what is left of the bytes is dropped. Views end with the
  // call.
  virtual bool on_text(std::string_view text) = 0;
  // Only of a parser that takes binary messages.
  virtual bool on_binary(std::string_view) { return false; }
  virtual bool on_ping(std::string_view payload) = 0;
  virtual bool on_pong(std::string_view payload) = 0;
  virtual void on_close(int code, std::string_view reason) = 0;  // kNoCode when the frame had none; parsing ends
};

class WsParser {
 public:
  enum class Role : std::uint8_t { server, client };  // a server takes masked frames only, a client unmasked ones only

  explicit WsParser(Role role, std::uint32_t message_limit, bool takes_binary = false)
      : message_limit_(message_limit), role_(role), takes_binary_(takes_binary) {}

  // 0, or the code to close with. After a code, or a close frame, everything else is ignored.
  int feed(std::string_view bytes, WsSink& sink);
  bool at_rest() const { return partial_.empty() && !in_message_; }
  std::size_t held_bytes() const { return partial_.capacity() + message_.capacity(); }

 private:
  // Bytes used of a whole frame; 0 when it is not whole; negative: the code to close with.
  std::int64_t take_frame(std::string_view bytes, WsSink& sink);
  int take_payload(bool fin, WsOpcode opcode, std::string_view payload, WsSink& sink);

  std::string partial_;  // of a frame, header included
  std::string message_;  // fragments so far
  std::uint32_t message_limit_;
  Role role_;
  bool takes_binary_;
  bool in_message_ = false;
  bool binary_ = false;  // what is in message_
  bool done_ = false;
};

}  // namespace lianbo::net
