// CSV in and out (RFC 4180): what merchants and networks are brought in from and taken home in.
//
// Reading takes the bytes of a file as they come: gzip is inflated (bounded), UTF-8 with or without BOM and UTF-16 with
// BOM are accepted, everything else is refused with what was found and what would be right. Delimiter "," or TAB, told
// by the first line that has one; line ends CRLF or LF; cells may be quoted and hold line ends. Blank lines are
// skipped. Lines are lines of the file, counted from 1, so that an error can be found in an editor. Every size has a
// limit.
//
// Writing quotes where needed, and guards against formulas: a text beginning with = + - @ TAB CR gets a leading
// apostrophe, because spreadsheets run such cells. csv_unguard is its exact inverse and reading applies it, so reading
// what was written gives back the same cells. Pure functions and values; no threads.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace lianbo {

struct CsvLimits {
  std::size_t file_bytes = 64u << 20;  // as sent, after inflation, and as UTF-8
  std::size_t rows = 500'000;          // with the header
  std::size_t columns = 1024;
  std::size_t cell_bytes = 256u << 10;  // as UTF-8
};

struct CsvRow {
  std::int64_t line = 0;  // where it begins
  std::vector<std::string> cells;
};

struct Csv {
  CsvRow header;             // the first row that is not blank; names trimmed
  std::vector<CsvRow> rows;  // the rest, as they are: a row may have more or fewer cells than the header
  char delimiter = ',';
  std::string encoding;  // "UTF-8", "UTF-16LE", "UTF-16BE"
  bool gzipped = false;

  // The first column with one of these names, from 0; −1 when there is none. ASCII letters match in either case.
  int column(std::string_view name) const { return column({name}); }
  int column(std::initializer_list<std::string_view> names) const;
  // How many columns have one of these names.
  int columns_named(std::initializer_list<std::string_view> names) const;
  // The cell as it is; "" where the row has none (or column is −1).
  static std::string_view cell(const CsvRow& row, int column);
  // The name of a column for an error: "price", or its number from 1 where the header has no name for it.
  std::string column_name(int column) const;
};

// Codes: body_too_large, invalid_utf8, unsupported_media_type (a workbook, an archive), csv_invalid (quotes, limits, no
// header).
Result<Csv> read_csv(std::string_view bytes, const CsvLimits& limits = {});

// The text alone: inflated, converted, without BOM. For readers of other line formats too.
struct PlainText {
  std::string text;
  std::string encoding;
  bool gzipped = false;
};
Result<PlainText> read_text(std::string_view bytes, std::size_t limit_bytes);

bool is_gzip(std::string_view bytes);
// All members of a gzip file. body_too_large when more than limit_bytes come out.
Result<std::string> gunzip(std::string_view bytes, std::size_t limit_bytes);

// Collects the errors of a file: the first kMax with their places, and how many there were.
class CsvErrors {
 public:
  static constexpr std::size_t kMax = 100;

  void add(std::int64_t line, std::string_view column, std::string_view what);
  void add(std::int64_t line, std::string_view what) { add(line, {}, what); }
  // One for each row whose number of cells differs from the header's.
  void add_ragged(const Csv& csv);

  std::size_t total() const { return total_; }
  bool empty() const { return total_ == 0; }
  // Ok when there was none; else csv_invalid: detail has the total and the first, `more` all that were kept
  // (nothing when there is only one).
  Status status() const;

 private:
  std::size_t total_ = 0;
  std::string first_where_, first_what_;
  std::vector<std::string> kept_;
};

// "line 12, column price"
std::string csv_place(std::int64_t line, std::string_view column = {});

class CsvWriter {
 public:
  explicit CsvWriter(char delimiter = ',') : delimiter_(delimiter) {}

  CsvWriter& cell(std::string_view text);  // guarded, quoted where needed
  CsvWriter& cell(std::int64_t number);    // never guarded
  CsvWriter& decimal(std::int64_t fen);    // "-12.05"; never guarded
  CsvWriter& end_row();                    // CRLF
  CsvWriter& row(std::initializer_list<std::string_view> cells);
  CsvWriter& row(std::span<const std::string> cells);

  std::string take() { return std::move(out_); }
  const std::string& text() const { return out_; }

 private:
  void separate();

  std::string out_;
  char delimiter_;
  bool row_open_ = false;
  std::size_t row_from_ = 0;
};

std::string csv_guard(std::string_view cell);
std::string_view csv_unguard(std::string_view cell);

// Without leading and trailing spaces, tabs, line ends, no-break and ideographic spaces.
std::string_view csv_trim(std::string_view cell);

}  // namespace lianbo
