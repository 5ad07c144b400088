// A connection of libpq, its rows and its arguments: what the PostgreSQL engine and its crowd share. Private to src/db.
#pragma once

#include <fmt/core.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <forward_list>

#include "db/db.hpp"

namespace lianbo::db::pg {

// Type numbers of pg_type.
inline constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kJson = 114,
                     kByteaArray = 1001, kTextArray = 1009, kInt8Array = 1016, kVarchar = 1043, kJsonb = 3802;

struct ResultFree {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, ResultFree>;

inline bool succeeded(const PgResult& result) {
  const auto status = PQresultStatus(result.get());
  return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
}

class Crowd;

class Connection {
 public:
  // Runs the parts of this connection's bodies; made when the first comes (crowd.hpp).
  std::shared_ptr<Crowd> parts;

  static Result<std::unique_ptr<Connection>> open(const std::string& url, int lock_timeout_ms) {
    std::unique_ptr<Connection> out(new Connection);
    // What stands behind dbname can't be overruled by the URL, what stands before it can.
    const char* keys[] = {"connect_timeout", "tcp_user_timeout", "fallback_application_name",
                          "dbname",          "client_encoding",  nullptr};
    const char* values[] = {"5", "15000", "lianbo", url.c_str(), "UTF8", nullptr};
    out->raw_ = PQconnectdbParams(keys, values, 1);
    if (!out->alive()) return fail(Code::database_unavailable, trimmed(PQerrorMessage(out->raw_)));
    PQsetNoticeProcessor(out->raw_, [](void*, const char*) {}, nullptr);
    const char* encoding = PQparameterStatus(out->raw_, "server_encoding");
    if (!encoding || std::string_view(encoding) != "UTF8")
      return fail(Code::conflict, fmt::format("the database's encoding is {}; create it with encoding 'UTF8'",
                                              encoding ? encoding : "?"));
    TRY_OK(out->command(fmt::format(
        "set bytea_output = hex; set lock_timeout = {}; set idle_in_transaction_session_timeout = 60000;"
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'",
        lock_timeout_ms)));
    return out;
  }
  ~Connection() { PQfinish(raw_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  PGconn* raw() const { return raw_; }
  bool alive() const { return PQstatus(raw_) == CONNECTION_OK; }
  bool in_transaction() const { return PQtransactionStatus(raw_) != PQTRANS_IDLE; }

  Status command(const std::string& text) {
    const PgResult result(PQexec(raw_, text.c_str()));
    if (!succeeded(result)) return fail(failure(result, text.substr(0, text.find(' '))).error);
    return {};
  }
  PgResult query(const char* text) { return PgResult(PQexec(raw_, text)); }

  // Null when it is prepared; else what PostgreSQL said.
  PgResult prepare(const Sql& sql) {
    const auto index = static_cast<std::size_t>(sql.index);
    if (index >= prepared_.size()) prepared_.resize(all_statements().size());
    if (prepared_[index]) return nullptr;
    PgResult result(PQprepare(raw_, sql.name, sql.postgres_text ? sql.postgres_text : sql.text, 0, nullptr));
    if (!succeeded(result)) return result;
    prepared_[index] = true;
    return nullptr;
  }

  DbFailure failure(const PgResult& result, std::string_view what) const {
    const char* state_text = PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
    const std::string_view state = state_text ? state_text : "";
    const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
    std::string detail = fmt::format("{}: {}", what, message ? std::string(message) : trimmed(PQerrorMessage(raw_)));
    if (!state.empty()) detail += fmt::format(" (SQLSTATE {})", state);
    const bool retry = state == "40001" || state == "40P01";
    Code code = Code::internal;
    if (!alive() || (state.starts_with("08") && state != "08P01") || state.starts_with("57P")) {
      code = Code::database_unavailable;
    } else if (retry || state == "55P03" || state == "57014" || state == "53300") {
      code = Code::database_busy;
    } else if (state == "53100") {
      code = Code::disk_full;
    } else if (state == "58030") {
      code = Code::io_failed;
    } else if (state == "22021") {
      code = Code::invalid_utf8;
    }
    return DbFailure{Error{code, std::move(detail), {}, {}}, retry};
  }

  static std::string trimmed(const char* message) {
    std::string out(message);
    while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
  }

 private:
  Connection() = default;
  PGconn* raw_ = nullptr;
  std::vector<bool> prepared_;
};

// Rows that came as text or, if all of its types are known here, as bytes. first: the column that is handed out as 0.
class PgRow final : public Row {
 public:
  explicit PgRow(PGresult* result, int first = 0) : result_(result), first_(first) {}
  // Types that may come as bytes.
  static bool reads(Oid type) {
    return type == kInt8 || type == kInt4 || type == kInt2 || type == kBool || type == kText || type == kVarchar ||
           type == kBytea || type == kJson;
  }
  void go_to(int row) {
    row_ = row;
    decoded_.clear();
  }
  bool is_null(int column) const override { return PQgetisnull(result_, row_, first_ + column) != 0; }
  std::int64_t integer(int column) const override {
    const std::string_view value = raw(column);
    const Oid type = PQftype(result_, first_ + column);
    if (is_bytes(column) && !is_words(type)) return number_in(value);
    if (type == kBool) return value.starts_with('t');
    std::int64_t out = 0;
    std::from_chars(value.data(), value.data() + value.size(), out);
    return out;
  }
  std::string_view text(int column) const override {
    const std::string_view value = raw(column);
    const Oid type = PQftype(result_, first_ + column);
    if (!is_bytes(column)) return type == kBytea ? decode(value) : value;
    if (is_words(type) || value.empty()) return value;
    return decoded_.emplace_front(std::to_string(number_in(value)));
  }

 private:
  static bool is_words(Oid type) { return type == kText || type == kVarchar || type == kBytea || type == kJson; }
  bool is_bytes(int column) const { return PQfformat(result_, first_ + column) == 1; }
  std::string_view raw(int column) const {
    return {PQgetvalue(result_, row_, first_ + column),
            static_cast<std::size_t>(PQgetlength(result_, row_, first_ + column))};
  }
  // Most significant byte first; null is 0.
  static std::int64_t number_in(std::string_view bytes) {
    std::uint64_t out = !bytes.empty() && (bytes[0] & 0x80) != 0 && bytes.size() > 1 ? ~std::uint64_t{0} : 0;
    for (const char c : bytes) out = out << 8 | static_cast<unsigned char>(c);
    return static_cast<std::int64_t>(out);
  }
  // "\x00ff"
  std::string_view decode(std::string_view hex) const {
    const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    std::string& out = decoded_.emplace_front();
    for (std::size_t i = 2; i + 1 < hex.size(); i += 2)
      out += static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1]));
    return out;
  }

  PGresult* result_;
  int first_;
  int row_ = 0;
  mutable std::forward_list<std::string> decoded_;  // earlier ones stay where they are
};

// The values of one call as libpq wants them.
class Arguments {
 public:
  explicit Arguments(std::span<const Param> params) {
    std::size_t bytes = 0;
    for (const Param& param : params) bytes += param.kind() == Param::Kind::text ? param.text().size() + 1 : 24;
    texts_.resize(bytes);
    char* at = texts_.data();
    for (const Param& param : params) {
      const char* value = nullptr;
      int length = 0;
      switch (param.kind()) {
        case Param::Kind::null:
          break;
        case Param::Kind::integer:
          value = at;
          at = std::to_chars(at, at + 23, param.integer()).ptr;
          *at++ = '\0';
          break;
        case Param::Kind::text:
          value = at;
          at = std::copy(param.text().begin(), param.text().end(), at);
          *at++ = '\0';
          break;
        case Param::Kind::blob:
          value = param.text().data() ? param.text().data() : "";
          length = static_cast<int>(param.text().size());
          break;
      }
      values_.push_back(value);
      lengths_.push_back(length);
      formats_.push_back(param.kind() == Param::Kind::blob ? 1 : 0);
    }
  }
  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::string texts_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

}  // namespace lianbo::db::pg
