// Transport: how bytes reach a payment rail and come back. The rail builds and signs the same request whether it goes
// to WeChat Pay's host (HttpTransport) or to the sandbox in this process (sandbox::SandboxTransport).
//
// An Error means that nothing is known of the outcome (no connection, timeout); any HTTP status is a reply. Header
// names keep the case they were written in; read them with find_header. Implementations are safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace lianbo::pay {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name, whatever its case; "" when absent.
std::string_view find_header(const Headers& headers, std::string_view name);

struct TransportReply {
  int status = 0;
  Headers headers;
  std::string body;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<TransportReply> send(std::string_view method, std::string_view path_and_query, const Headers& headers,
                                      std::string_view body) = 0;
};

}  // namespace lianbo::pay
