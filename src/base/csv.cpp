#include "base/csv.hpp"

#include <zlib.h>

#include <algorithm>
#include <cstdio>

#include "base/json.hpp"
#include "base/money.hpp"

namespace lianbo {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool starts_with(std::string_view s, std::string_view with) { return s.substr(0, with.size()) == with; }

// Line and column (in characters) of a byte of text whose bytes before it are valid UTF-8.
std::string place_of_byte(std::string_view text, std::size_t at) {
  std::int64_t line = 1, column = 1;
  for (const char c : text.substr(0, at)) {
    if (c == '\n') {
      ++line;
      column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++column;
    }
  }
  return csv_place(line, std::to_string(column));
}

// Length of the character at text[i], or 0 when it is not valid UTF-8.
std::size_t character_at(std::string_view text, std::size_t i) {
  const auto c = static_cast<unsigned char>(text[i]);
  if (c < 0x80) return 1;
  for (std::size_t n = 2; n <= 4 && i + n <= text.size(); ++n)
    if (valid_utf8(text.substr(i, n))) return n;
  return 0;
}

std::size_t first_invalid(std::string_view text) {
  if (valid_utf8(text)) return text.size();
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t n = character_at(text, i);
    if (n == 0) return i;
    i += n;
  }
  return i;
}

// Could the bytes be GBK? Every byte ≥ 0x80 must begin a pair of its ranges. Only for the words of an error.
bool looks_like_gbk(std::string_view text) {
  std::size_t pairs = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]);
    if (a < 0x80) continue;
    if (a == 0x80 || a == 0xff || i + 1 >= text.size()) return false;
    const auto b = static_cast<unsigned char>(text[++i]);
    if (b < 0x40 || b == 0x7f || b == 0xff) return false;
    ++pairs;
  }
  return pairs > 0;
}

std::string limit_text(std::size_t bytes) {
  if (bytes % (1u << 20) == 0) return std::to_string(bytes >> 20) + " MiB";
  if (bytes % 1024 == 0) return std::to_string(bytes >> 10) + " KiB";
  return std::to_string(bytes) + " bytes";
}

std::unexpected<Error> too_large(std::size_t limit, const char* what) {
  return fail(Code::body_too_large, std::string(what) + " is larger than " + limit_text(limit) + "; split the file");
}

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t b) { out.push_back(static_cast<char>(b)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

Result<std::string> from_utf16(std::string_view bytes, bool little, std::size_t limit) {
  const char* name = little ? "UTF-16LE" : "UTF-16BE";
  std::string out;
  out.reserve(bytes.size());
  const auto unit = [&](std::size_t i) {
    const auto a = static_cast<unsigned char>(bytes[i]), b = static_cast<unsigned char>(bytes[i + 1]);
    return static_cast<std::uint32_t>(little ? a | b << 8 : b | a << 8);
  };
  std::size_t i = 0;
  for (; i + 1 < bytes.size(); i += 2) {
    std::uint32_t c = unit(i);
    if (c >= 0xd800 && c <= 0xdfff) {
      const std::uint32_t d = c <= 0xdbff && i + 3 < bytes.size() ? unit(i + 2) : 0;
      if (d < 0xdc00 || d > 0xdfff)
        return fail(Code::invalid_utf8,
                    std::string("half of a surrogate pair in a ") + name + " file; save it as UTF-8",
                    place_of_byte(out, out.size()));
      c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
      i += 2;
    }
    append_utf8(out, c);
    if (out.size() > limit) return too_large(limit, "the file, as UTF-8,");
  }
  if (i != bytes.size())
    return fail(Code::invalid_utf8, std::string("a ") + name + " file with an odd number of bytes: its end is cut off",
                place_of_byte(out, out.size()));
  return out;
}

bool formula_start(char c) { return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r'; }

// Apostrophes, then a formula's first character: what the guard acts on.
bool guardable(std::string_view cell) {
  const std::size_t at = cell.find_first_not_of('\'');
  return at != std::string_view::npos && formula_start(cell[at]);
}

// One pass over the text. Keeps the place of the cell it is in for its errors.
class Parser {
 public:
  Parser(std::string_view text, const CsvLimits& limits, char delimiter)
      : text_(text), limits_(limits), delimiter_(delimiter) {}

  Result<std::vector<CsvRow>> run() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row;
      row.line = line_;
      bool quoted = false;
      TRY_OK(read_row(row, quoted));
      if (row.cells.size() == 1 && row.cells[0].empty() && !quoted) continue;  // a blank line
      if (rows.size() == limits_.rows)
        return fail(Code::csv_invalid, "more than " + std::to_string(limits_.rows) + " rows; split the file",
                    csv_place(row.line));
      rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  Status read_row(CsvRow& row, bool& quoted) {
    for (;;) {
      if (row.cells.size() == limits_.columns)
        return fail(Code::csv_invalid, "more than " + std::to_string(limits_.columns) + " columns", csv_place(line_));
      cell_line_ = line_;
      column_ = row.cells.size() + 1;
      std::string cell;
      const bool in_quotes = at_ < text_.size() && text_[at_] == '"';
      if (in_quotes) {
        quoted = true;
        TRY_OK(read_quoted(cell));
      } else {
        const std::size_t from = at_;
        while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n' && text_[at_] != '\r') {
          if (text_[at_] == '"')
            return bad(
                "a quote inside a cell that does not begin with one; put the whole cell in quotes and write each "
                "quote in it twice");
          ++at_;
        }
        TRY_OK(check_length(at_ - from));
        cell.assign(text_.substr(from, at_ - from));
      }
      row.cells.emplace_back(csv_unguard(cell));
      if (at_ == text_.size()) return {};
      const char c = text_[at_];
      if (c == delimiter_) {
        ++at_;
        continue;
      }
      if (c == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n') ++at_;
      if (text_[at_] == '\n') {
        ++at_;
        ++line_;
        return {};
      }
      if (c == '\r') {
        if (at_ + 1 == text_.size()) {
          ++at_;
          return {};
        }
        return bad("a carriage return without a line feed; end lines with CRLF or LF");
      }
      return bad("text after the closing quote; write a quote inside a quoted cell twice");
    }
  }

  Status read_quoted(std::string& cell) {
    ++at_;
    for (;;) {
      const std::size_t end = text_.find('"', at_);
      if (end == std::string_view::npos) return bad("the quote that opens this cell is never closed");
      const std::string_view part = text_.substr(at_, end - at_);
      TRY_OK(check_length(cell.size() + part.size()));
      cell += part;
      line_ += std::count(part.begin(), part.end(), '\n');
      at_ = end + 1;
      if (at_ == text_.size() || text_[at_] != '"') return {};
      cell += '"';
      ++at_;
    }
  }

  Status check_length(std::size_t bytes) {
    if (bytes > limits_.cell_bytes) return bad("a cell of more than " + limit_text(limits_.cell_bytes));
    return {};
  }

  Status bad(std::string what) const {
    return fail(Code::csv_invalid, std::move(what), csv_place(cell_line_, std::to_string(column_)));
  }

  std::string_view text_;
  const CsvLimits& limits_;
  char delimiter_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1, cell_line_ = 1;
  std::size_t column_ = 1;
};

// The delimiter that stands more often outside quotes in the first line that has one.
Result<char> find_delimiter(std::string_view text) {
  std::size_t commas = 0, tabs = 0, semicolons = 0, others = 0;
  bool in_quotes = false, header = true;  // header: the first line that is not blank is not over yet
  std::int64_t line = 1;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : '\n';
    if (c == '"') in_quotes = !in_quotes;
    if (c == '\n' && !in_quotes) {
      if (commas + tabs > 0) break;
      if (header && semicolons > 0)
        return fail(Code::csv_invalid, "the cells are separated by semicolons; separate them by commas or tabs",
                    csv_place(line));
      if (others > 0) header = false;
    }
    line += c == '\n';
    if (in_quotes) continue;
    commas += c == ',';
    tabs += c == '\t';
    semicolons += c == ';';
    others += c != '\n' && c != '\r';
  }
  return tabs > commas ? '\t' : ',';
}

}  // namespace

bool is_gzip(std::string_view bytes) { return starts_with(bytes, "\x1f\x8b"); }

Result<std::string> gunzip(std::string_view bytes, std::size_t limit_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(Code::internal, "zlib could not start");
  struct End {
    z_stream* s;
    ~End() { inflateEnd(s); }
  } end{&stream};
  std::string out;
  char chunk[1 << 16];
  std::size_t given = 0;
  int state = Z_OK;
  for (;;) {
    if (stream.avail_in == 0 && given < bytes.size()) {
      const std::size_t n = std::min<std::size_t>(bytes.size() - given, 1u << 20);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data() + given));
      stream.avail_in = static_cast<uInt>(n);
      given += n;
    }
    stream.next_out = reinterpret_cast<Bytef*>(chunk);
    stream.avail_out = sizeof chunk;
    state = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = sizeof chunk - stream.avail_out;
    if (out.size() + made > limit_bytes) return too_large(limit_bytes, "the file, unpacked,");
    out.append(chunk, made);
    if (state == Z_STREAM_END) {
      if (stream.avail_in == 0 && given == bytes.size()) return out;
      // Another member follows (RFC 1952 2.2).
      if (inflateReset(&stream) != Z_OK) break;
      continue;
    }
    if (state == Z_BUF_ERROR && stream.avail_in == 0 && given == bytes.size())
      return fail(Code::csv_invalid, "the gzip file is cut off: its end is missing");
    if (state != Z_OK && state != Z_BUF_ERROR) break;
  }
  return fail(Code::csv_invalid, "the gzip file is damaged");
}

Result<PlainText> read_text(std::string_view bytes, std::size_t limit_bytes) {
  PlainText out;
  if (bytes.size() > limit_bytes) return too_large(limit_bytes, "the file");
  std::string unpacked;
  if (is_gzip(bytes)) {
    TRY(unpacked, gunzip(bytes, limit_bytes));
    bytes = unpacked;
    out.gzipped = true;
  }
  if (starts_with(bytes, "PK\x03\x04"))
    return fail(Code::unsupported_media_type, "this is a ZIP archive or an Excel workbook; save it as CSV (UTF-8)");
  if (starts_with(bytes, "\xd0\xcf\x11\xe0"))
    return fail(Code::unsupported_media_type, "this is an old Excel workbook; save it as CSV (UTF-8)");
  using namespace std::string_view_literals;
  if (starts_with(bytes, "\xff\xfe\0\0"sv) || starts_with(bytes, "\0\0\xfe\xff"sv))
    return fail(Code::invalid_utf8, "the file is UTF-32; save it as UTF-8 (or UTF-16 with BOM)", csv_place(1, "1"));
  if (starts_with(bytes, "\xff\xfe") || starts_with(bytes, "\xfe\xff")) {
    const bool little = bytes[0] == '\xff';
    TRY(out.text, from_utf16(bytes.substr(2), little, limit_bytes));
    out.encoding = little ? "UTF-16LE" : "UTF-16BE";
  } else {
    if (starts_with(bytes, "\xef\xbb\xbf")) bytes.remove_prefix(3);
    const std::size_t bad = first_invalid(bytes);
    const std::size_t nul = bytes.substr(0, bad).find('\0');
    if (nul != std::string_view::npos)
      return fail(Code::invalid_utf8, "a NUL byte: the file is binary, or UTF-16 without a BOM; save it as UTF-8",
                  place_of_byte(bytes, nul));
    if (bad < bytes.size()) {
      char byte[8];
      std::snprintf(byte, sizeof byte, "0x%02x", static_cast<unsigned>(static_cast<unsigned char>(bytes[bad])));
      return fail(Code::invalid_utf8,
                  std::string("byte ") + byte + " is not UTF-8" +
                      (looks_like_gbk(bytes) ? "; the file looks like GBK (GB18030)" : "") +
                      "; save it as UTF-8 (or UTF-16 with BOM)",
                  place_of_byte(bytes, bad));
    }
    out.encoding = "UTF-8";
    if (out.gzipped && bytes.size() == unpacked.size())
      out.text = std::move(unpacked);
    else
      out.text.assign(bytes);
  }
  if (const std::size_t nul = out.text.find('\0'); nul != std::string::npos)
    return fail(Code::invalid_utf8, "the character U+0000", place_of_byte(out.text, nul));
  return out;
}

Result<Csv> read_csv(std::string_view bytes, const CsvLimits& limits) {
  TRY(const PlainText plain, read_text(bytes, limits.file_bytes));
  Csv csv;
  csv.encoding = plain.encoding;
  csv.gzipped = plain.gzipped;
  TRY(csv.delimiter, find_delimiter(plain.text));
  TRY(csv.rows, Parser(plain.text, limits, csv.delimiter).run());
  if (csv.rows.empty())
    return fail(Code::csv_invalid, "the file is empty; its first line must name the columns", csv_place(1));
  csv.header = std::move(csv.rows.front());
  csv.rows.erase(csv.rows.begin());
  for (auto& name : csv.header.cells) name = std::string(csv_trim(name));
  return csv;
}

int Csv::column(std::initializer_list<std::string_view> names) const {
  for (std::size_t i = 0; i < header.cells.size(); ++i)
    for (const auto name : names)
      if (same_name(header.cells[i], name)) return static_cast<int>(i);
  return -1;
}

int Csv::columns_named(std::initializer_list<std::string_view> names) const {
  return static_cast<int>(std::count_if(header.cells.begin(), header.cells.end(), [&](const std::string& cell) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view name) { return same_name(cell, name); });
  }));
}

std::string_view Csv::cell(const CsvRow& row, int column) {
  if (column < 0 || static_cast<std::size_t>(column) >= row.cells.size()) return {};
  return row.cells[static_cast<std::size_t>(column)];
}

std::string Csv::column_name(int column) const {
  const std::string_view name = cell(header, column);
  return name.empty() ? std::to_string(column + 1) : std::string(name);
}

std::string csv_place(std::int64_t line, std::string_view column) {
  std::string out = "line " + std::to_string(line);
  if (!column.empty()) out.append(", column ").append(column);
  return out;
}

void CsvErrors::add(std::int64_t line, std::string_view column, std::string_view what) {
  if (total_++ >= kMax) return;
  std::string where = csv_place(line, column);
  kept_.push_back(where + ": " + std::string(what));
  if (total_ == 1) {
    first_where_ = std::move(where);
    first_what_ = what;
  }
}

void CsvErrors::add_ragged(const Csv& csv) {
  const std::size_t width = csv.header.cells.size();
  for (const auto& row : csv.rows)
    if (row.cells.size() != width)
      add(row.line,
          "the row has " + std::to_string(row.cells.size()) + " cells, the header has " + std::to_string(width));
}

Status CsvErrors::status() const {
  if (total_ == 0) return {};
  Error error{Code::csv_invalid, first_what_, first_where_, {}};
  if (total_ == 1) return fail(std::move(error));
  error.more = kept_;
  error.detail = std::to_string(total_) + " errors; the first: " + first_what_;
  if (total_ > kMax)
    error.more.push_back("and " + std::to_string(total_ - kMax) + " more; correct these " + std::to_string(kMax) +
                         " first");
  return fail(std::move(error));
}

void CsvWriter::separate() {
  if (row_open_)
    out_.push_back(delimiter_);
  else
    row_from_ = out_.size();
  row_open_ = true;
}

CsvWriter& CsvWriter::cell(std::string_view text) {
  separate();
  const std::string guarded = csv_guard(text);
  // Control characters, either delimiter and ";" are quoted wherever they stand, and a BOM at the front, so that
  // nothing in a cell can change how the file is told apart.
  const bool quote = starts_with(guarded, "\xef\xbb\xbf") || std::any_of(guarded.begin(), guarded.end(), [](char c) {
                       return c == '"' || c == ',' || c == ';' || static_cast<unsigned char>(c) < 0x20;
                     });
  if (!quote) {
    out_ += guarded;
    return *this;
  }
  out_.push_back('"');
  for (const char c : guarded) {
    if (c == '"') out_.push_back('"');
    out_.push_back(c);
  }
  out_.push_back('"');
  return *this;
}

CsvWriter& CsvWriter::cell(std::int64_t number) {
  separate();
  out_ += std::to_string(number);
  return *this;
}

CsvWriter& CsvWriter::decimal(std::int64_t fen) {
  separate();
  out_ += format_fen(fen);
  return *this;
}

CsvWriter& CsvWriter::end_row() {
  if (!row_open_ || out_.size() == row_from_) out_ += "\"\"";  // one empty cell is not a blank line
  out_ += "\r\n";
  row_open_ = false;
  return *this;
}

CsvWriter& CsvWriter::row(std::initializer_list<std::string_view> cells) {
  for (const auto text : cells) cell(text);
  return end_row();
}

CsvWriter& CsvWriter::row(std::span<const std::string> cells) {
  for (const auto& text : cells) cell(text);
  return end_row();
}

std::string csv_guard(std::string_view cell) { return guardable(cell) ? "'" + std::string(cell) : std::string(cell); }

std::string_view csv_unguard(std::string_view cell) {
  return !cell.empty() && cell[0] == '\'' && guardable(cell) ? cell.substr(1) : cell;
}

std::string_view csv_trim(std::string_view cell) {
  static constexpr std::string_view kSpaces[] = {" ", "\t", "\r", "\n", "\xc2\xa0", "\xe3\x80\x80"};
  for (bool again = true; again;) {
    again = false;
    for (const auto space : kSpaces) {
      if (starts_with(cell, space)) {
        cell.remove_prefix(space.size());
        again = true;
      }
      if (cell.size() >= space.size() && cell.substr(cell.size() - space.size()) == space) {
        cell.remove_suffix(space.size());
        again = true;
      }
    }
  }
  return cell;
}

}  // namespace lianbo
