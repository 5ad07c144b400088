#include "net/client.hpp"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "net/http_test_support.hpp"
#include "net/server.hpp"

namespace lianbo::net {
namespace {

HttpClientOptions options_for(int port) {
  HttpClientOptions options;
  options.url = "http://127.0.0.1:" + std::to_string(port);
  return options;
}

HttpRequest request_of(std::string method, std::string target, std::string body = {}) {
  HttpRequest request;
  request.method = std::move(method);
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

void echo(Request&& request, ReplySink sink) {
  Reply reply = Reply::json(std::string(method_name(request.method)) + " " + request.target + " " + request.body);
  reply.headers.emplace_back("X-Seen", request.header("x-mine"));
  sink(std::move(reply));
}

// Plays a script: for each connection, reads one request for each answer and says it, then closes.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::vector<std::string>> connections) : script_(std::move(connections)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~ScriptedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  int port = 0;
  std::atomic<int> requests{0};

 private:
  void run() {
    for (const auto& answers : script_) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      for (const std::string& answer : answers) {
        std::string in;
        char c;
        while (in.find("\r\n\r\n") == std::string::npos && ::recv(fd, &c, 1, 0) == 1) in += c;
        if (in.empty()) break;
        ++requests;
        [[maybe_unused]] const ssize_t n = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
      ::close(fd);
    }
  }
  std::vector<std::vector<std::string>> script_;
  int listener_;
  std::thread thread_;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(HttpClient, SpeaksWithOurServerOnOneConnection) {
  Server server({}, echo);
  ASSERT_TRUE(server.start());
  HttpClient client(options_for(server.port()));
  for (int i = 0; i < 5; ++i) {
    HttpRequest request =
        request_of("POST", "/a?b=" + std::to_string(i), std::string(static_cast<std::size_t>(i) * 30000, 'x'));
    request.headers.emplace_back("X-Mine", "yes");
    const auto response = client.send(request);
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "POST /a?b=" + std::to_string(i) + " " + request.body);
    EXPECT_EQ(response->header("x-seen"), "yes");
  }
  const auto head = client.send(request_of("HEAD", "/h"));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(client.send(request_of("GET", "/after"))->body, "GET /after ");
  EXPECT_EQ(client.connects(), 1);
}

TEST(HttpClient, TakesEveryKindOfBody) {
  ScriptedServer server(
      {{"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nto the end"}});
  HttpClient client(options_for(server.port));
  EXPECT_EQ(client.send(request_of("GET", "/1"))->body, "abc");
  EXPECT_EQ(client.send(request_of("GET", "/2"))->status, 204);
  EXPECT_EQ(client.send(request_of("GET", "/3"))->body, "to the end");
  EXPECT_EQ(client.connects(), 1);
}

TEST(HttpClient, AStaleConnectionIsMadeAnewOnlyWhereThatIsSafe) {
  // The first connection ends at the second request, without an answer.
  for (const bool safe : {true, false}) {
    ScriptedServer server({{kOk, ""}, {kOk}});
    HttpClient client(options_for(server.port));
    ASSERT_TRUE(client.send(request_of("GET", "/1")));
    HttpRequest second = request_of("POST", "/2");
    second.retry_safe = safe;
    const auto response = client.send(second);
    EXPECT_EQ(response.has_value(), safe);
    if (!safe) {
      EXPECT_EQ(response.error().code, Code::io_failed);
    }
    EXPECT_EQ(server.requests, safe ? 3 : 2);
  }
}

TEST(HttpClient, AHalfAnswerIsNeverAskedForAgain) {
  ScriptedServer server({{kOk, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"}, {kOk}});
  HttpClient client(options_for(server.port));
  ASSERT_TRUE(client.send(request_of("GET", "/1")));
  HttpRequest second = request_of("GET", "/2");
  second.retry_safe = true;
  EXPECT_EQ(client.send(second).error().code, Code::io_failed);
  EXPECT_EQ(server.requests, 2);
}

TEST(HttpClient, LimitsHold) {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world"}, {"nonsense\r\n\r\n"}});
  HttpClientOptions options = options_for(server.port);
  options.max_body = 10;
  HttpClient client(options);
  EXPECT_EQ(client.send(request_of("GET", "/")).error().code, Code::body_too_large);
  EXPECT_EQ(client.send(request_of("GET", "/")).error().code, Code::bad_request);
}

TEST(HttpClient, CallsPublicAddressesAloneWhereItIsToldTo) {
  ScriptedServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
  // A name that lies at a private address is refused like the address itself.
  for (const std::string host : {"127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254"}) {
    HttpClientOptions options;
    options.url = "http://" + host + ":" + std::to_string(server.port);
    options.public_only = true;
    HttpClient client(options);
    const auto answer = client.send(request_of("POST", "/hook", "{}"));
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, Code::address_refused) << host << ": " << answer.error().text();
  }
  EXPECT_EQ(server.requests, 0);
  HttpClient allowed(options_for(server.port));
  EXPECT_TRUE(allowed.send(request_of("POST", "/hook", "{}")));
}

TEST(HttpClient, WaitsNoLongerThanItsTimeout) {
  std::mutex mutex;
  std::vector<ReplySink> sinks;
  Server server({}, [&](Request&&, ReplySink sink) {
    const std::lock_guard lock(mutex);
    sinks.push_back(std::move(sink));
  });
  ASSERT_TRUE(server.start());
  HttpClientOptions options = options_for(server.port());
  options.timeout_ms = 50;
  HttpClient client(options);
  EXPECT_EQ(client.send(request_of("GET", "/")).error().code, Code::deadline_exceeded);
}

TEST(HttpClient, SaysWhatIsWrongWithAnAddressOrARequest) {
  for (const char* url : {"", "shop.example", "ftp://x", "http://", "http://x/path", "http://x:0", "http://x:99999",
                          "http://a b", "http://u@x", "http://[::1"}) {
    HttpClientOptions options;
    options.url = url;
    EXPECT_EQ(HttpClient(options).send({}).error().code, Code::bad_request) << url;
  }
  HttpClient client(options_for(1));
  EXPECT_EQ(client.send(request_of("GET", "/")).error().code, Code::io_failed);
  EXPECT_EQ(client.send(request_of("GET", "x")).error().code, Code::bad_request);
  EXPECT_EQ(client.send(request_of("GET", "/a\r\nX: y")).error().code, Code::bad_request);
  HttpRequest request;
  request.headers.emplace_back("A", "b\r\nc: d");
  EXPECT_EQ(client.send(request).error().code, Code::bad_request);
}

// A TLS server with a certificate of its own making for 127.0.0.1.
class TlsServer {
 public:
  explicit TlsServer(const std::string& certified_address) {
    key_ = EVP_RSA_gen(2048);
    cert_ = X509_new();
    X509_set_version(cert_, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert_), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert_), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert_), 3600);
    X509_set_pubkey(cert_, key_);
    X509_NAME* name = X509_get_subject_name(cert_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(cert_, name);
    X509V3_CTX ctx;
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert_, cert_, nullptr, nullptr, 0);
    for (const auto& [nid, value] : {std::pair<int, std::string>{NID_subject_alt_name, "IP:" + certified_address},
                                     {NID_basic_constraints, "critical,CA:TRUE"}}) {
      X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value.c_str());
      X509_add_ext(cert_, extension, -1);
      X509_EXTENSION_free(extension);
    }
    X509_sign(cert_, key_, EVP_sha256());
    ca_file =
        (std::filesystem::temp_directory_path() / ("net_test_ca_" + std::to_string(::getpid()) + ".pem")).string();
    FILE* file = std::fopen(ca_file.c_str(), "w");
    PEM_write_X509(file, cert_);
    std::fclose(file);
    context_ = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(context_, cert_);
    SSL_CTX_use_PrivateKey(context_, key_);

    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    thread_ = std::thread([this] { run(); });
  }
  ~TlsServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    SSL_CTX_free(context_);
    X509_free(cert_);
    EVP_PKEY_free(key_);
    std::filesystem::remove(ca_file);
  }
  int port = 0;
  std::string ca_file;

 private:
  void run() {
    while (true) {
      const int fd = ::accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      SSL* ssl = SSL_new(context_);
      SSL_set_fd(ssl, fd);
      if (SSL_accept(ssl) == 1) {
        char buffer[65536];
        std::string in;
        int n;
        while ((n = SSL_read(ssl, buffer, sizeof buffer)) > 0) {
          in.append(buffer, static_cast<std::size_t>(n));
          const std::size_t end = in.find("\r\n\r\n");
          if (end == std::string::npos) continue;
          const std::size_t length = std::stoul(in.substr(in.find("Content-Length: ") + 16));
          if (in.size() < end + 4 + length) continue;
          const std::string body = in.substr(end + 4);
          const std::string answer =
              "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
          SSL_write(ssl, answer.data(), static_cast<int>(answer.size()));
          in.clear();
        }
        SSL_shutdown(ssl);
      }
      SSL_free(ssl);
      ::close(fd);
    }
  }
  EVP_PKEY* key_;
  X509* cert_;
  SSL_CTX* context_;
  int listener_;
  std::thread thread_;
};

HttpClientOptions tls_options(const TlsServer& server) {
  HttpClientOptions options;
  options.url = "https://127.0.0.1:" + std::to_string(server.port);
  options.ca_file = server.ca_file;
  return options;
}

TEST(HttpClient, SpeaksTlsWithWhomItCanTrust) {
  TlsServer server("127.0.0.1");
  HttpClient client(tls_options(server));
  for (const std::size_t size : {std::size_t{5}, std::size_t{300000}, std::size_t{1}}) {
    const std::string body(size, 's');
    const auto response = client.send(request_of("POST", "/", body));
    ASSERT_TRUE(response) << response.error().text();
    EXPECT_TRUE(response->body == body);
  }
  EXPECT_EQ(client.connects(), 1);
}

TEST(HttpClient, RefusesACertificateItCantTrust) {
  TlsServer server("127.0.0.1");
  HttpClientOptions options = tls_options(server);
  options.ca_file.clear();
  const auto response = HttpClient(options).send(request_of("POST", "/", "x"));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::io_failed);
  EXPECT_NE(response.error().detail.find("certificate"), std::string::npos) << response.error().detail;
}

TEST(HttpClient, RefusesACertificateOfAnotherHost) {
  TlsServer server("127.0.0.2");
  const auto response = HttpClient(tls_options(server)).send(request_of("POST", "/", "x"));
  ASSERT_FALSE(response);
  EXPECT_NE(response.error().detail.find("IP address mismatch"), std::string::npos) << response.error().detail;
}

}  // namespace
}  // namespace lianbo::net
