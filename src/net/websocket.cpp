#include "net/websocket.hpp"

#include <openssl/evp.h>

#include <cstring>

#include "base/crypto.hpp"
#include "net/target.hpp"

namespace lianbo::net {
namespace {

constexpr std::size_t kControlLimit = 125;

// payload ^= mask, eight bytes at a time.
void apply_mask(char* data, std::size_t size, const unsigned char mask[4]) {
  std::uint64_t wide = 0;
  for (int i = 0; i < 8; ++i) std::memcpy(reinterpret_cast<char*>(&wide) + i, &mask[i & 3], 1);
  std::size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, data + i, 8);
    word ^= wide;
    std::memcpy(data + i, &word, 8);
  }
  for (; i < size; ++i) data[i] = static_cast<char>(data[i] ^ static_cast<char>(mask[i & 3]));
}

bool code_may_be_sent(int code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace

void append_frame(std::string& out, WsOpcode opcode, std::string_view payload, const std::uint32_t* mask) {
  const auto masked = static_cast<unsigned char>(mask != nullptr ? 0x80 : 0);
  const std::size_t size = payload.size();
  out.push_back(static_cast<char>(0x80 | static_cast<unsigned char>(opcode)));
  if (size < 126) {
    out.push_back(static_cast<char>(masked | size));
  } else if (size < 65536) {
    out.push_back(static_cast<char>(masked | 126));
    out.push_back(static_cast<char>(size >> 8));
    out.push_back(static_cast<char>(size & 0xff));
  } else {
    out.push_back(static_cast<char>(masked | 127));
    for (int shift = 56; shift >= 0; shift -= 8)
      out.push_back(static_cast<char>((static_cast<std::uint64_t>(size) >> shift) & 0xff));
  }
  if (mask == nullptr) {
    out += payload;
    return;
  }
  unsigned char key[4];
  std::memcpy(key, mask, 4);
  out.append(reinterpret_cast<const char*>(key), 4);
  const std::size_t from = out.size();
  out += payload;
  apply_mask(out.data() + from, size, key);
}

std::string close_payload(int code, std::string_view reason) {
  if (reason.size() > kControlLimit - 2) {
    std::size_t end = kControlLimit - 2;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) --end;
    reason = reason.substr(0, end);
  }
  std::string out;
  out.push_back(static_cast<char>(code >> 8));
  out.push_back(static_cast<char>(code & 0xff));
  out += reason;
  return out;
}

FramePtr text_frame(std::string_view payload, bool droppable) {
  auto frame = std::make_shared<Frame>();
  frame->bytes.reserve(payload.size() + 10);
  append_frame(frame->bytes, WsOpcode::text, payload);
  frame->droppable = droppable;
  return frame;
}

bool wants_websocket(const Request& request) {
  return has_token(request.header("upgrade"), "websocket") && has_token(request.header("connection"), "upgrade");
}

Status check_handshake(const Request& request) {
  if (request.method != Method::get) return fail(Code::bad_request, "a WebSocket handshake must be a GET", "method");
  if (request.header("sec-websocket-version") != "13")
    return fail(Code::bad_request, "only version 13 of the WebSocket protocol is spoken here",
                "header Sec-WebSocket-Version");
  std::string key;
  if (!from_base64(request.header("sec-websocket-key"), key) || key.size() != 16)
    return fail(Code::bad_request, "the key must be 16 bytes in base64", "header Sec-WebSocket-Key");
  return {};
}

std::string accept_key(std::string_view client_key) {
  const std::string text = std::string(client_key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  return to_base64(std::string_view(reinterpret_cast<const char*>(digest), size));
}

int WsParser::feed(std::string_view bytes, WsSink& sink) {
  if (done_) return 0;
  std::string joined;
  if (!partial_.empty()) {
    partial_ += bytes;
    joined = std::move(partial_);
    partial_ = std::string();
    bytes = joined;
  }
  while (!bytes.empty() && !done_) {
    const std::int64_t used = take_frame(bytes, sink);
    if (used < 0) {
      done_ = true;
      return static_cast<int>(-used);
    }
    if (used == 0) {
      if (bytes.data() == joined.data()) {
        partial_ = std::move(joined);
      } else {
        partial_.assign(bytes);
      }
      return 0;
    }
    bytes.remove_prefix(static_cast<std::size_t>(used));
  }
  return 0;
}

std::int64_t WsParser::take_frame(std::string_view bytes, WsSink& sink) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const bool fin = (at(0) & 0x80) != 0;
  const auto opcode = static_cast<WsOpcode>(at(0) & 0x0f);
  if ((at(0) & 0x70) != 0) return -ws_code::kProtocolError;
  const bool control = (at(0) & 0x08) != 0;
  switch (opcode) {
    case WsOpcode::continuation:
      if (!in_message_) return -ws_code::kProtocolError;
      break;
    case WsOpcode::text:
      if (in_message_) return -ws_code::kProtocolError;
      break;
    case WsOpcode::binary:
      if (in_message_) return -ws_code::kProtocolError;
      if (!takes_binary_) return -ws_code::kUnsupportedData;
      break;
    case WsOpcode::close:
    case WsOpcode::ping:
    case WsOpcode::pong:
      break;
    default:
      return -ws_code::kProtocolError;
  }
  if (control && !fin) return -ws_code::kProtocolError;
  if (bytes.size() < 2) return 0;
  const bool masked = (at(1) & 0x80) != 0;
  if (masked != (role_ == Role::server)) return -ws_code::kProtocolError;
  std::uint64_t size = at(1) & 0x7f;
  std::size_t head = 2;
  if (control && size > kControlLimit) return -ws_code::kProtocolError;
  if (size == 126) {
    if (bytes.size() < 4) return 0;
    size = static_cast<std::uint64_t>(at(2)) << 8 | at(3);
    if (size < 126) return -ws_code::kProtocolError;
    head = 4;
  } else if (size == 127) {
    if (bytes.size() < 10) return 0;
    size = 0;
    for (std::size_t i = 2; i < 10; ++i) size = size << 8 | at(i);
    if (size < 65536 || size >> 63 != 0) return -ws_code::kProtocolError;
    head = 10;
  }
  if (!control && size + message_.size() > message_limit_) return -ws_code::kTooBig;
  if (masked) head += 4;
  if (bytes.size() < head + size) return 0;

  std::string_view payload = bytes.substr(head, size);
  std::string clear;
  if (masked) {
    clear.assign(payload);
    apply_mask(clear.data(), clear.size(), reinterpret_cast<const unsigned char*>(bytes.data() + head - 4));
    payload = clear;
  }
  if (const int code = take_payload(fin, opcode, payload, sink); code != 0) return -code;
  return static_cast<std::int64_t>(head + size);
}

int WsParser::take_payload(bool fin, WsOpcode opcode, std::string_view payload, WsSink& sink) {
  switch (opcode) {
    case WsOpcode::ping:
      done_ = !sink.on_ping(payload);
      return 0;
    case WsOpcode::pong:
      done_ = !sink.on_pong(payload);
      return 0;
    case WsOpcode::close: {
      if (payload.size() == 1) return ws_code::kProtocolError;
      int code = ws_code::kNoCode;
      if (!payload.empty()) {
        code = static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
        if (!code_may_be_sent(code)) return ws_code::kProtocolError;
        payload.remove_prefix(2);
        if (!valid_utf8(payload)) return ws_code::kBadText;
      }
      done_ = true;
      sink.on_close(code, payload);
      return 0;
    }
    default:
      break;
  }
  if (!in_message_) binary_ = opcode == WsOpcode::binary;
  if (!fin) {
    message_ += payload;
    in_message_ = true;
    return 0;
  }
  std::string whole;
  if (in_message_) {
    message_ += payload;
    in_message_ = false;
    whole = std::move(message_);
    message_ = std::string();
    payload = whole;
  }
  if (binary_) {
    done_ = !sink.on_binary(payload);
    return 0;
  }
  if (!valid_utf8(payload)) return ws_code::kBadText;
  done_ = !sink.on_text(payload);
  return 0;
}

}  // namespace lianbo::net
