#include "net/client.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <charconv>
#include <cstring>
#include <optional>

#include "base/clock.hpp"
#include "net/address.hpp"
#include "net/target.hpp"

namespace lianbo::net {
namespace {

namespace http = boost::beast::http;

struct Origin {
  bool tls = false;
  std::string host;  // without brackets
  int port = 0;
  std::string host_header;
};

Result<Origin> parse_origin(const std::string& url) {
  const auto wrong = [&] {
    return fail(Code::bad_request, "an address must look like https://host or http://host:8480, not \"" + url + "\"",
                "url");
  };
  Origin origin;
  std::string_view rest = url;
  if (rest.starts_with("https://")) {
    origin.tls = true;
    origin.port = 443;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    origin.port = 80;
    rest.remove_prefix(7);
  } else {
    return wrong();
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.empty() || rest.find_first_of("/?#@ \r\n") != std::string_view::npos) return wrong();
  origin.host_header = rest;
  std::string_view port;
  if (rest.front() == '[') {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return wrong();
    origin.host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    if (!rest.empty() && rest.front() != ':') return wrong();
    if (!rest.empty()) port = rest.substr(1);
  } else {
    const std::size_t colon = rest.find(':');
    origin.host = rest.substr(0, colon);
    if (colon != std::string_view::npos) port = rest.substr(colon + 1);
  }
  if (origin.host.empty()) return wrong();
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), origin.port);
    if (error != std::errc{} || end != port.data() + port.size() || origin.port < 1 || origin.port > 65535)
      return wrong();
  }
  return origin;
}

bool has_line_break(std::string_view text) { return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos; }

std::string tls_error_text() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown error";
  char text[256];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

constexpr std::uint32_t kHeaderLimit = 256 * 1024;

using SslContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
using SslPtr = std::unique_ptr<SSL, decltype(&SSL_free)>;

}  // namespace

std::string_view HttpResponse::header(std::string_view lower_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_name) return value;
  return {};
}

// The socket does not block; every wait is a poll bounded by the deadline. TLS runs over memory, so that every byte
// goes through one send and one recv (and no write can raise SIGPIPE).
struct HttpClient::Impl {
  explicit Impl(HttpClientOptions o) : options(std::move(o)) {}
  ~Impl() { close(); }

  HttpClientOptions options;
  std::optional<Origin> origin;
  int fd = -1;
  SslContext context{nullptr, SSL_CTX_free};
  SslPtr ssl{nullptr, SSL_free};
  std::string in;  // received and not yet parsed
  std::int64_t connect_count = 0;
  bool stale = false;  // the connection ended before the first byte of an answer

  void close() {
    ssl.reset();
    if (fd >= 0) ::close(std::exchange(fd, -1));
    in.clear();
  }

  std::string at() const { return origin->host_header; }

  Status wait(short events, std::int64_t deadline_ms, const char* what) {
    while (true) {
      const std::int64_t left = deadline_ms - monotonic_ms();
      if (left <= 0) return fail(Code::deadline_exceeded, at() + " took too long " + what);
      pollfd p{fd, events, 0};
      const int n = ::poll(&p, 1, static_cast<int>(std::min<std::int64_t>(left, 1 << 30)));
      if (n > 0) return {};
      if (n < 0 && errno != EINTR) return fail(Code::io_failed, at() + ": " + std::strerror(errno));
    }
  }

  Status connect_tcp(std::int64_t deadline_ms) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(origin->host.c_str(), std::to_string(origin->port).c_str(), &hints, &found);
        error != 0)
      return fail(Code::io_failed, "can't find " + origin->host + ": " + ::gai_strerror(error));
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
    std::string why = "no address";
    bool refused = false;
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
      if (options.public_only && !is_public_address(a->ai_addr)) {
        refused = true;
        continue;
      }
      fd = ::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0) {
        why = std::strerror(errno);
        continue;
      }
      int error = 0;
      if (::connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
        error = errno;
        if (error == EINPROGRESS) {
          if (Status status = wait(POLLOUT, deadline_ms, "to connect"); !status) {
            close();
            return status;
          }
          socklen_t size = sizeof error;
          ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
        }
      }
      if (error == 0) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return {};
      }
      why = std::strerror(error);
      close();
    }
    if (refused && why == "no address")
      return fail(Code::address_refused, at() + " lies at an address that is not public");
    return fail(Code::io_failed, "can't connect to " + at() + ": " + why);
  }

  Status connect_tls(std::int64_t deadline_ms) {
    if (!context) {
      context.reset(SSL_CTX_new(TLS_client_method()));
      SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
      const int loaded = options.ca_file.empty()
                             ? SSL_CTX_set_default_verify_paths(context.get())
                             : SSL_CTX_load_verify_locations(context.get(), options.ca_file.c_str(), nullptr);
      if (loaded != 1) {
        context.reset();
        return fail(Code::io_failed, "can't load the certificate authorities: " + tls_error_text());
      }
    }
    ssl.reset(SSL_new(context.get()));
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_tlsext_host_name(ssl.get(), origin->host.c_str());
    SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    // A certificate names a host or an address; OpenSSL checks the one that is meant.
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), origin->host.c_str()) != 1)
      SSL_set1_host(ssl.get(), origin->host.c_str());
    SSL_set_connect_state(ssl.get());
    while (true) {
      ERR_clear_error();
      const int n = SSL_do_handshake(ssl.get());
      const int error = SSL_get_error(ssl.get(), n);
      TRY_OK(send_cipher(deadline_ms));
      if (n == 1) return {};
      if (error != SSL_ERROR_WANT_READ) {
        const long verified = SSL_get_verify_result(ssl.get());
        return fail(Code::io_failed,
                    "no secure connection to " + at() + ": " +
                        (verified != X509_V_OK ? X509_verify_cert_error_string(verified) : tls_error_text()));
      }
      TRY(const bool more, receive_cipher(deadline_ms));
      if (!more) return fail(Code::io_failed, at() + " broke the secure connection off");
    }
  }

  Status send_raw(std::string_view bytes, std::int64_t deadline_ms) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n >= 0) {
        bytes.remove_prefix(static_cast<std::size_t>(n));
      } else if (errno == EAGAIN) {
        TRY_OK(wait(POLLOUT, deadline_ms, "to take the request"));
      } else if (errno != EINTR) {
        return fail(Code::io_failed, at() + " broke the connection off: " + std::strerror(errno));
      }
    }
    return {};
  }

  // Appends what there is; false at the end of the stream.
  Result<bool> receive_raw(std::string& out, std::int64_t deadline_ms) {
    char buffer[16384];
    while (true) {
      const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
      if (n > 0) {
        out.append(buffer, static_cast<std::size_t>(n));
        return true;
      }
      if (n == 0) return false;
      if (errno == EAGAIN) {
        TRY_OK(wait(POLLIN, deadline_ms, "to answer"));
      } else if (errno != EINTR) {
        return fail(Code::io_failed, at() + " broke the connection off: " + std::strerror(errno));
      }
    }
  }

  Status send_cipher(std::int64_t deadline_ms) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl.get()), &data);
    if (size <= 0) return {};
    const std::string bytes(data, static_cast<std::size_t>(size));
    [[maybe_unused]] const int reset = BIO_reset(SSL_get_wbio(ssl.get()));
    return send_raw(bytes, deadline_ms);
  }

  Result<bool> receive_cipher(std::int64_t deadline_ms) {
    std::string bytes;
    TRY(const bool more, receive_raw(bytes, deadline_ms));
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size()));
    return more;
  }

  Status send_bytes(std::string_view bytes, std::int64_t deadline_ms) {
    if (!ssl) return send_raw(bytes, deadline_ms);
    while (!bytes.empty()) {
      ERR_clear_error();
      const int n = SSL_write(ssl.get(), bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 16)));
      if (n <= 0) return fail(Code::io_failed, "the secure connection to " + at() + " failed: " + tls_error_text());
      bytes.remove_prefix(static_cast<std::size_t>(n));
      TRY_OK(send_cipher(deadline_ms));
    }
    return {};
  }

  Result<bool> receive(std::int64_t deadline_ms) {
    if (!ssl) return receive_raw(in, deadline_ms);
    while (true) {
      char buffer[16384];
      ERR_clear_error();
      const int n = SSL_read(ssl.get(), buffer, sizeof buffer);
      if (n > 0) {
        in.append(buffer, static_cast<std::size_t>(n));
        return true;
      }
      const int error = SSL_get_error(ssl.get(), n);
      TRY_OK(send_cipher(deadline_ms));  // an answer to a key update
      if (error == SSL_ERROR_ZERO_RETURN) return false;
      if (error != SSL_ERROR_WANT_READ)
        return fail(Code::io_failed, "the secure connection to " + at() + " failed: " + tls_error_text());
      TRY(const bool more, receive_cipher(deadline_ms));
      // An end without the closing alert could be somebody cutting the answer short.
      if (!more) return fail(Code::io_failed, at() + " cut the secure connection off");
    }
  }

  // A kept connection on which something has come, or which has ended, is of no use any more.
  bool kept_is_good() const {
    if (fd < 0) return false;
    char byte;
    const ssize_t n = ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EINTR);
  }

  Result<std::string> encode(const HttpRequest& request) {
    std::string out = request.method + " " + request.target + " HTTP/1.1\r\nHost: " + origin->host_header + "\r\n";
    if (has_line_break(request.method) || has_line_break(request.target) ||
        request.target.find(' ') != std::string::npos || !request.target.starts_with('/'))
      return fail(Code::bad_request, "a request target must start with / and hold no space or line break", "target");
    for (const auto& [name, value] : request.headers) {
      if (has_line_break(name) || has_line_break(value))
        return fail(Code::bad_request, "a header must not hold a line break", "header " + name);
      out += name;
      out += ": ";
      out += value;
      out += "\r\n";
    }
    if (!request.body.empty() || (request.method != "GET" && request.method != "HEAD"))
      out += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    out += "\r\n";
    out += request.body;
    return out;
  }

  Result<HttpResponse> exchange(const HttpRequest& request, std::string_view bytes, std::int64_t deadline_ms) {
    stale = false;
    Status sent = send_bytes(bytes, deadline_ms);
    // A server that refuses early may have answered before it took everything.
    if (!sent && sent.error().code == Code::deadline_exceeded) return fail(sent.error());
    std::optional<http::response_parser<http::string_body>> parser;
    const auto begin_answer = [&] {
      parser.emplace();
      parser->body_limit(options.max_body);
      parser->header_limit(kHeaderLimit);
      if (request.method == "HEAD") parser->skip(true);
    };
    begin_answer();
    bool any = false;
    while (!parser->is_done()) {
      boost::beast::error_code ec;
      if (in.empty()) ec = http::error::need_more;
      while (!in.empty() && !ec && !parser->is_done()) {
        const std::size_t used = parser->put(boost::asio::const_buffer(in.data(), in.size()), ec);
        in.erase(0, used);
        // 100 Continue: the answer follows.
        if (!ec && parser->is_done() && parser->get().result_int() / 100 == 1) begin_answer();
      }
      if (ec == http::error::body_limit)
        return fail(Code::body_too_large,
                    "the answer of " + at() + " is larger than " + std::to_string(options.max_body) + " bytes");
      if (ec && ec != http::error::need_more)
        return fail(Code::bad_request, "the answer of " + at() + " is not HTTP/1.1: " + ec.message());
      if (parser->is_done()) break;
      auto more = receive(deadline_ms);
      if (!more) {
        stale = !any && more.error().code == Code::io_failed;
        return fail(more.error());
      }
      if (*more) {
        any = true;
        continue;
      }
      if (!any) {
        stale = true;
        return fail(Code::io_failed, at() + " closed the connection without an answer");
      }
      parser->put_eof(ec);
      if (ec) return fail(Code::io_failed, at() + " broke off in the middle of its answer");
    }
    HttpResponse response;
    response.status = static_cast<int>(parser->get().result_int());
    for (const auto& field : parser->get())
      response.headers.emplace_back(lower(std::string_view(field.name_string().data(), field.name_string().size())),
                                    std::string(field.value().data(), field.value().size()));
    const bool keep = parser->keep_alive() && sent;
    response.body = std::move(parser->get().body());
    if (!keep) close();
    return response;
  }

  Result<HttpResponse> send(const HttpRequest& request) {
    if (!origin) {
      TRY(origin, parse_origin(options.url));
    }
    TRY(const std::string bytes, encode(request));
    const std::int64_t deadline_ms = monotonic_ms() + options.timeout_ms;
    if (!kept_is_good()) close();
    for (int attempt = 0;; ++attempt) {
      const bool kept = fd >= 0;
      if (!kept) {
        const std::int64_t until = std::min(deadline_ms, monotonic_ms() + options.connect_ms);
        if (Status status = connect_tcp(until); !status) return fail(status.error());
        ++connect_count;
        if (origin->tls) {
          if (Status status = connect_tls(until); !status) {
            close();
            return fail(status.error());
          }
        }
      }
      auto response = exchange(request, bytes, deadline_ms);
      if (response) return response;
      close();
      if (!(kept && stale && request.retry_safe && attempt == 0)) return response;
    }
  }
};

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Result<HttpResponse> HttpClient::send(const HttpRequest& request) { return impl_->send(request); }
void HttpClient::close() { impl_->close(); }
std::int64_t HttpClient::connects() const { return impl_->connect_count; }

}  // namespace lianbo::net
