#include "pay/http_transport.hpp"

#include <fstream>
#include <iterator>
#include <optional>

#include "pay/wechat/rail.hpp"

namespace lianbo::pay {
namespace {

constexpr std::int64_t kConnectMs = 3000;
constexpr std::int64_t kTimeoutMs = 10000;
constexpr std::size_t kMaxAnswerBytes = 1U << 20;
constexpr std::size_t kMaxKeyFileBytes = 65536;

Result<std::string> read_key_file(const std::string& path, const char* setting) {
  if (path.empty()) return fail(Code::missing_field, std::string(setting) + " must name a file", setting);
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Code::io_failed, "the file " + path + " can't be read", setting);
  std::string text{std::istreambuf_iterator<char>(in), {}};
  if (text.size() > kMaxKeyFileBytes)
    return fail(Code::io_failed, "the file " + path + " is too large for a key", setting);
  return text;
}

std::string without_line_end(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' ')) text.pop_back();
  return text;
}

// The key's error, with the setting as its place.
template <class T>
Result<T> at_setting(Result<T> result, const char* setting) {
  if (!result) return fail(result.error().code, result.error().detail, setting);
  return result;
}

}  // namespace

Result<TransportReply> HttpTransport::send(std::string_view method, std::string_view path_and_query,
                                           const Headers& headers, std::string_view body) {
  std::optional<net::HttpClient> client;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      client.emplace(std::move(idle_.back()));
      idle_.pop_back();
    }
  }
  if (!client) client.emplace(options_);

  net::HttpRequest request;
  request.method = method;
  request.target = path_and_query;
  request.headers = headers;
  request.body = body;
  request.retry_safe = true;
  TRY(auto response, client->send(request));
  {
    const std::lock_guard lock(mutex_);
    if (idle_.size() < kIdleConnections) idle_.push_back(*std::move(client));
  }
  return TransportReply{response.status, std::move(response.headers), std::move(response.body)};
}

Result<std::unique_ptr<PayRail>> make_wechat_rail(const Settings& settings) {
  TRY(const auto private_pem, read_key_file(settings.wechat_key_file, "wechat.key_file"));
  TRY(auto merchant_key, at_setting(PrivateKey::from_pem(private_pem), "wechat.key_file"));
  TRY(const auto apiv3_key, read_key_file(settings.wechat_apiv3_key_file, "wechat.apiv3_key_file"));
  TRY(const auto public_pem, read_key_file(settings.wechat_public_key_file, "wechat.public_key_file"));

  std::map<std::string, PublicKey> platform_keys;
  if (public_pem.find("BEGIN CERTIFICATE") != std::string::npos) {
    // A merchant of the older kind has a platform certificate, which names itself.
    TRY(auto certificate, at_setting(Certificate::from_pem(public_pem), "wechat.public_key_file"));
    platform_keys.emplace(certificate.serial, certificate.key);
  } else {
    TRY(auto key, at_setting(PublicKey::from_pem(public_pem), "wechat.public_key_file"));
    if (settings.wechat_public_key_id.empty())
      return fail(Code::missing_field, "the PUB_KEY_ID_… that belongs to wechat.public_key_file is needed",
                  "wechat.public_key_id");
    platform_keys.emplace(settings.wechat_public_key_id, std::move(key));
  }

  net::HttpClientOptions options;
  options.url = settings.wechat_api;
  options.connect_ms = kConnectMs;
  options.timeout_ms = kTimeoutMs;
  options.max_body = kMaxAnswerBytes;
  TRY(auto rail, WechatRail::make(WechatConfig{settings.wechat_appid, settings.wechat_mchid, settings.wechat_serial,
                                               std::move(merchant_key), without_line_end(apiv3_key),
                                               std::move(platform_keys), settings.wechat_transfer_scene},
                                  std::make_unique<HttpTransport>(std::move(options))));
  return std::unique_ptr<PayRail>(std::move(rail));
}

}  // namespace lianbo::pay
