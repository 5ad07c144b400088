// HttpTransport: the rail's requests to a real host over HTTPS.
//
// Any thread may send; each sending takes a kept connection or opens one, so as many run side by side as there are
// callers, and up to kIdleConnections are kept for the next. A connection that failed is dropped. Sending twice does no
// harm (every request carries its own key of repetition), so a connection that turns out to be stale is replaced
// without a word.
#pragma once

#include <mutex>
#include <vector>

#include "net/client.hpp"
#include "pay/transport.hpp"

namespace lianbo::pay {

class HttpTransport final : public Transport {
 public:
  static constexpr std::size_t kIdleConnections = 8;

  explicit HttpTransport(net::HttpClientOptions options) : options_(std::move(options)) {}
  Result<TransportReply> send(std::string_view method, std::string_view path_and_query, const Headers& headers,
                              std::string_view body) override;

 private:
  const net::HttpClientOptions options_;
  std::mutex mutex_;
  std::vector<net::HttpClient> idle_;
};

}  // namespace lianbo::pay
