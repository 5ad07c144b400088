// Notices of the payment rail. What a stranger sends is refused by its signature, so the deeper parts are reached by
// signing here: '1' a signed envelope of the input's own, '2' an envelope around the input, encrypted as the rail does.
#include "base/json.hpp"
#include "fuzz/fuzz.hpp"
#include "pay/sandbox/sandbox.hpp"
#include "pay/wechat/rail.hpp"
#include "pay/wechat/wire.hpp"

namespace lianbo::fuzz {
namespace {

constexpr Instant kNow = 1'794'398'400'000;

struct NoTransport final : pay::Transport {
  Result<pay::TransportReply> send(std::string_view, std::string_view, const pay::Headers&, std::string_view) override {
    return fail(Code::payment_unreachable, "a notice asks nobody");
  }
};

struct Ends {
  pay::sandbox::Keys keys;
  std::unique_ptr<pay::WechatRail> rail;
};
const Ends& ends() {
  static const Ends both = [] {
    SecureRandom random;
    Ends e{pay::sandbox::make_keys(random), nullptr};
    e.rail = *pay::WechatRail::make({e.keys.appid,
                                     e.keys.mchid,
                                     e.keys.merchant_serial,
                                     e.keys.merchant,
                                     e.keys.apiv3_key,
                                     {{e.keys.platform_serial, e.keys.platform.public_key()}}},
                                    std::make_unique<NoTransport>());
    return e;
  }();
  return both;
}

pay::Headers signed_headers(const std::string& body) {
  const std::string at = std::to_string(kNow / 1000), nonce = "n0nce";
  return pay::signature_headers(at, nonce, ends().keys.platform.sign(pay::response_message(at, nonce, body)),
                                ends().keys.platform_serial);
}

void notice(std::string_view input) {
  const auto& [keys, rail] = ends();
  switch (choose(input, 3)) {
    case 0: {  // as it comes: headers, an empty line, the body
      pay::Headers headers;
      while (!input.empty() && input.front() != '\n') {
        const auto line = input.substr(0, input.find('\n'));
        const auto colon = line.find(": ");
        headers.emplace_back(line.substr(0, colon), colon == std::string_view::npos ? "" : line.substr(colon + 2));
        input.remove_prefix(std::min(line.size() + 1, input.size()));
      }
      const auto read = rail->read_notice(headers, input, kNow);
      FUZZ_CHECK(!read, "nobody can sign without the key");
      return;
    }
    case 1: {
      const std::string body(input);
      static_cast<void>(rail->read_notice(signed_headers(body), body, kNow));
      return;
    }
    default: {
      static constexpr const char* kTypes[] = {"TRANSACTION.SUCCESS", "REFUND.SUCCESS", "REFUND.CLOSED", "OTHER"};
      const char* type = kTypes[choose(input, 4)];
      // The merchant's own numbers, so that what follows them is reached.
      std::string plain(input);
      for (const auto& [from, to] :
           {std::pair<std::string, std::string>{"{mchid}", keys.mchid}, {"{appid}", keys.appid}})
        for (auto at = plain.find(from); at != std::string::npos; at = plain.find(from, at + to.size()))
          plain.replace(at, from.size(), to);
      JsonWriter w;
      w.begin().field("id", "e1").field("event_type", type).field("resource_type", "encrypt-resource");
      w.key("resource").begin().field("algorithm", "AEAD_AES_256_GCM").field("nonce", "twelve-bytes");
      w.field("associated_data", "transaction");
      w.field("ciphertext", *pay::aead_encrypt(keys.apiv3_key, "twelve-bytes", "transaction", plain)).end().end();
      const std::string body = w.take();
      const auto read = rail->read_notice(signed_headers(body), body, kNow);
      if (!read) return;
      if (const auto* paid = std::get_if<pay::PaymentNotice>(&*read)) {
        FUZZ_CHECK(paid->mchid == keys.mchid && paid->appid == keys.appid, "for us");
        FUZZ_CHECK(!paid->event_id.empty(), "an event has a name");
      } else {
        FUZZ_CHECK(!std::get<pay::RefundNotice>(*read).event_id.empty(), "an event has a name");
      }
    }
  }
}
const Registered kNotice{"pay_notice", notice};

}  // namespace
}  // namespace lianbo::fuzz
