#include "net/websocket.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace lianbo::net {
namespace {

struct Log final : WsSink {
  std::vector<std::string> seen;
  bool go_on = true;
  bool on_text(std::string_view text) override {
    seen.push_back("text " + std::string(text));
    return go_on;
  }
  bool on_ping(std::string_view p) override {
    seen.push_back("ping " + std::string(p));
    return go_on;
  }
  bool on_pong(std::string_view p) override {
    seen.push_back("pong " + std::string(p));
    return go_on;
  }
  void on_close(int code, std::string_view reason) override {
    seen.push_back("close " + std::to_string(code) + " " + std::string(reason));
  }
};

constexpr std::uint32_t kMask = 0xa1b2c3d4;

std::string frame(WsOpcode opcode, std::string_view payload, bool fin = true, bool masked = true) {
  std::string out;
  append_frame(out, opcode, payload, masked ? &kMask : nullptr);
  if (!fin) out[0] = static_cast<char>(out[0] & 0x7f);
  return out;
}

// {events…, "=code"}
std::vector<std::string> parse(const std::vector<std::string>& parts, std::uint32_t limit = 200,
                               WsParser::Role role = WsParser::Role::server) {
  WsParser parser(role, limit);
  Log log;
  int code = 0;
  for (const std::string& part : parts) {
    const int c = parser.feed(part, log);
    if (code == 0) code = c;
  }
  if (code != 0) log.seen.push_back("=" + std::to_string(code));
  return log.seen;
}

using Events = std::vector<std::string>;

TEST(WsParser, WhatIsRightIsTold) {
  const std::string long_text(200, 'x');
  EXPECT_EQ(parse({frame(WsOpcode::text, "你好")}), Events{"text 你好"});
  EXPECT_EQ(parse({frame(WsOpcode::text, "")}), Events{"text "});
  EXPECT_EQ(parse({frame(WsOpcode::text, long_text)}), Events{"text " + long_text});
  EXPECT_EQ(parse({frame(WsOpcode::text, std::string(70000, 'y'))}, 70000), Events{"text " + std::string(70000, 'y')});
  EXPECT_EQ(parse({frame(WsOpcode::ping, std::string(125, 'p'))}), Events{"ping " + std::string(125, 'p')});
  EXPECT_EQ(parse({frame(WsOpcode::pong, "")}), Events{"pong "});
  EXPECT_EQ(parse({frame(WsOpcode::close, "")}), Events{"close 1005 "});
  EXPECT_EQ(parse({frame(WsOpcode::close, close_payload(1000, "bye"))}), Events{"close 1000 bye"});
  EXPECT_EQ(parse({frame(WsOpcode::close, close_payload(4999, ""))}), Events{"close 4999 "});
}

TEST(WsParser, FragmentsAreJoinedAndControlFramesMayComeBetween) {
  const std::string text = "直播间";  // split inside a character
  EXPECT_EQ(parse({frame(WsOpcode::text, text.substr(0, 4), false) + frame(WsOpcode::ping, "p") +
                   frame(WsOpcode::continuation, "", false) + frame(WsOpcode::continuation, text.substr(4)) +
                   frame(WsOpcode::text, "next")}),
            (Events{"ping p", "text " + text, "text next"}));
}

TEST(WsParser, AnySplitGivesTheSame) {
  const std::string all = frame(WsOpcode::text, "直播", false) + frame(WsOpcode::ping, "p") +
                          frame(WsOpcode::continuation, std::string(150, 'c')) + frame(WsOpcode::text, "b") +
                          frame(WsOpcode::close, close_payload(1001, "off"));
  const Events whole = parse({all});
  ASSERT_EQ(whole.size(), 4u);
  for (std::size_t i = 0; i <= all.size(); ++i) EXPECT_EQ(parse({all.substr(0, i), all.substr(i)}), whole) << i;
  Events bytes;
  for (const char c : all) bytes.emplace_back(1, c);
  EXPECT_EQ(parse(bytes), whole);
}

TEST(WsParser, WhatIsWrongIsRefusedWithItsCode) {
  const auto with_first_byte = [](std::string f, int byte) {
    f[0] = static_cast<char>(byte);
    return f;
  };
  const std::string text = frame(WsOpcode::text, "a");
  const std::string raw_mask(4, '\0');
  struct Row {
    const char* what;
    std::string bytes;
    int code;
  };
  const Row rows[] = {
      {"not masked", frame(WsOpcode::text, "a", true, false), 1002},
      {"reserved bit 1", with_first_byte(text, 0xc1), 1002},
      {"reserved bit 3", with_first_byte(text, 0x91), 1002},
      {"opcode 3", with_first_byte(text, 0x83), 1002},
      {"opcode 11", with_first_byte(text, 0x8b), 1002},
      {"binary", frame(WsOpcode::binary, "a"), 1003},
      {"continuation of nothing", frame(WsOpcode::continuation, "a"), 1002},
      {"a text inside a text", frame(WsOpcode::text, "a", false) + text, 1002},
      {"a ping in fragments", frame(WsOpcode::ping, "a", false), 1002},
      {"a ping of 126 bytes", frame(WsOpcode::ping, std::string(126, 'a')), 1002},
      {"16-bit length for 5 bytes", std::string("\x81\xfe\x00\x05", 4) + raw_mask + "abcde", 1002},
      {"64-bit length for 300 bytes", std::string("\x81\xff\0\0\0\0\0\0\x01\x2c", 10) + raw_mask, 1002},
      {"64-bit length with its top bit", std::string("\x81\xff\xff\0\0\0\0\0\0\0", 10) + raw_mask, 1002},
      {"too large", frame(WsOpcode::text, std::string(201, 'a')), 1009},
      {"too large, said but not sent", std::string("\x81\xff\0\0\0\0\x7f\xff\xff\xff", 10), 1009},
      {"too large in fragments",
       frame(WsOpcode::text, std::string(150, 'a'), false) + frame(WsOpcode::continuation, std::string(51, 'a')), 1009},
      {"not UTF-8", frame(WsOpcode::text, "\xff"), 1007},
      {"half a character", frame(WsOpcode::text, "\xe4\xb8"), 1007},
      {"a surrogate", frame(WsOpcode::text, "\xed\xa0\x80"), 1007},
      {"not UTF-8 in fragments", frame(WsOpcode::text, "\xe4", false) + frame(WsOpcode::continuation, "a"), 1007},
      {"a close of one byte", frame(WsOpcode::close, "a"), 1002},
      {"a close with 1005", frame(WsOpcode::close, close_payload(1005, "")), 1002},
      {"a close with 999", frame(WsOpcode::close, close_payload(999, "")), 1002},
      {"a close with 2000", frame(WsOpcode::close, close_payload(2000, "")), 1002},
      {"a close whose reason is not UTF-8", frame(WsOpcode::close, close_payload(1000, "\xff")), 1007},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(parse({row.bytes + text}), Events{"=" + std::to_string(row.code)}) << row.what;
    Events bytes;
    for (const char c : row.bytes + text) bytes.emplace_back(1, c);
    EXPECT_EQ(parse(bytes), Events{"=" + std::to_string(row.code)}) << row.what << ", byte by byte";
  }
}

TEST(WsParser, NothingIsReadAfterACloseOrAStop) {
  EXPECT_EQ(parse({frame(WsOpcode::close, "") + frame(WsOpcode::text, "a"), frame(WsOpcode::text, "b")}),
            Events{"close 1005 "});
  WsParser parser(WsParser::Role::server, 100);
  Log log;
  log.go_on = false;
  EXPECT_EQ(parser.feed(frame(WsOpcode::text, "a") + frame(WsOpcode::text, "b"), log), 0);
  EXPECT_EQ(log.seen, Events{"text a"});
}

TEST(WsParser, AClientTakesWhatAServerSendsAndNothingMasked) {
  EXPECT_EQ(parse({text_frame("hello")->bytes}, 100, WsParser::Role::client), Events{"text hello"});
  EXPECT_EQ(parse({frame(WsOpcode::text, "a")}, 100, WsParser::Role::client), Events{"=1002"});
}

TEST(WsParser, NothingIsHeldAtRest) {
  WsParser parser(WsParser::Role::server, 70000);
  Log log;
  const std::string big = frame(WsOpcode::text, std::string(60000, 'x'), false);
  parser.feed(big.substr(0, 100), log);
  EXPECT_FALSE(parser.at_rest());
  parser.feed(big.substr(100), log);
  EXPECT_FALSE(parser.at_rest());
  parser.feed(frame(WsOpcode::continuation, "y"), log);
  EXPECT_TRUE(parser.at_rest());
  EXPECT_LT(parser.held_bytes(), 64u);
}

TEST(WsParser, AnyTextsInAnyFragmentsAndSplitsComeOutAsTheyWere) {
  EXPECT_TRUE(rc::check("parse(split(frames(texts))) == texts", [] {
    Events expected;
    std::string all;
    const int count = *rc::gen::inRange(0, 5);
    for (int i = 0; i < count; ++i) {
      std::string text;
      for (const char c : *rc::gen::arbitrary<std::string>()) text += static_cast<char>(c & 0x7f);
      expected.push_back("text " + text);
      auto opcode = WsOpcode::text;
      while (!text.empty() && *rc::gen::arbitrary<bool>()) {
        const auto cut = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
        all += frame(opcode, text.substr(0, cut), false);
        text.erase(0, cut);
        opcode = WsOpcode::continuation;
      }
      all += frame(opcode, text);
    }
    Events parts;
    while (!all.empty()) {
      const auto cut = *rc::gen::inRange<std::size_t>(1, all.size() + 1);
      parts.push_back(all.substr(0, cut));
      all.erase(0, cut);
    }
    return parse(parts, 100000) == expected;
  }));
}

TEST(WsParser, NoiseNeverBreaksIt) {
  EXPECT_TRUE(rc::check("noise", [](const std::vector<std::string>& parts) {
    WsParser parser(WsParser::Role::server, 64);
    Log log;
    for (const std::string& part : parts) parser.feed(part, log);
    return parser.held_bytes() <= 4096;
  }));
}

TEST(WsFrames, AServerFrameIsMadeOnce) {
  EXPECT_EQ(text_frame("hi")->bytes, std::string("\x81\x02hi"));
  EXPECT_EQ(text_frame(std::string(126, 'a'))->bytes.substr(0, 4), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(text_frame(std::string(65536, 'a'))->bytes.substr(0, 10), std::string("\x81\x7f\0\0\0\0\0\1\0\0", 10));
  EXPECT_TRUE(text_frame("hi", true)->droppable);
}

TEST(WsFrames, ALongReasonIsCutBetweenCharacters) {
  std::string reason;
  for (int i = 0; i < 50; ++i) reason += "播";
  const std::string payload = close_payload(1012, reason);
  EXPECT_EQ(payload.size(), 2u + 123u);
  EXPECT_TRUE(valid_utf8(payload.substr(2)));
  EXPECT_EQ(close_payload(1012, "a" + reason).size(), 2u + 121u);
}

TEST(WsHandshake, TheKeyIsAnsweredAsInTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsHandshake, WhatIsAskedForIsChecked) {
  Request request;
  request.headers = {{"upgrade", "WebSocket"},
                     {"connection", "keep-alive, Upgrade"},
                     {"sec-websocket-version", "13"},
                     {"sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="}};
  EXPECT_TRUE(wants_websocket(request));
  EXPECT_TRUE(check_handshake(request));
  Request wrong = request;
  wrong.method = Method::post;
  EXPECT_FALSE(check_handshake(wrong));
  wrong = request;
  wrong.headers[2].second = "8";
  EXPECT_FALSE(check_handshake(wrong));
  wrong = request;
  wrong.headers[3].second = "c2hvcnQ=";
  EXPECT_FALSE(check_handshake(wrong));
  wrong = request;
  wrong.headers[1].second = "close";
  EXPECT_FALSE(wants_websocket(wrong));
}

}  // namespace
}  // namespace lianbo::net
