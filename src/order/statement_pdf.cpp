#include <cairo-pdf.h>
#include <cairo.h>
#include <pango/pangocairo.h>

#include <algorithm>
#include <memory>

#include "order/statement.hpp"

namespace lianbo::order {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using SurfacePtr = std::unique_ptr<cairo_surface_t, Freed<cairo_surface_destroy>>;
using CairoPtr = std::unique_ptr<cairo_t, Freed<cairo_destroy>>;
using FontPtr = std::unique_ptr<PangoFontDescription, Freed<pango_font_description_free>>;
using LayoutPtr = std::unique_ptr<PangoLayout, Freed<g_object_unref>>;

// A4 across, in points.
constexpr double kWidth = 842, kHeight = 595, kMargin = 36;
constexpr double kTimeWidth = 92, kAmountWidth = 62, kGap = 6;
constexpr double kTextWidth = kWidth - 2 * kMargin - kTimeWidth - 5 * kAmountWidth - kGap;
constexpr double kBottom = kHeight - kMargin - 16;

cairo_status_t append(void* out, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

class Paper {
 public:
  explicit Paper(std::string& out)
      : surface_(cairo_pdf_surface_create_for_stream(append, &out, kWidth, kHeight)),
        cairo_(cairo_create(surface_.get())),
        layout_(pango_cairo_create_layout(cairo_.get())) {}

  // Draws the text and gives its height.
  double text(const std::string& what, double x, double y, double width, double size, bool bold, PangoAlignment align) {
    const FontPtr font(pango_font_description_from_string("Noto Sans CJK SC, Noto Sans, sans-serif"));
    pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
    pango_font_description_set_weight(font.get(), bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout_.get(), font.get());
    pango_layout_set_width(layout_.get(), static_cast<int>(width * PANGO_SCALE));
    pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
    pango_layout_set_alignment(layout_.get(), align);
    pango_layout_set_text(layout_.get(), what.data(), static_cast<int>(what.size()));
    cairo_set_source_rgb(cairo_.get(), 0.1, 0.1, 0.12);
    cairo_move_to(cairo_.get(), x, y);
    pango_cairo_show_layout(cairo_.get(), layout_.get());
    int w = 0, h = 0;
    pango_layout_get_size(layout_.get(), &w, &h);
    return static_cast<double>(h) / PANGO_SCALE;
  }
  void rule(double y) {
    cairo_set_source_rgb(cairo_.get(), 0.75, 0.75, 0.78);
    cairo_set_line_width(cairo_.get(), 0.5);
    cairo_move_to(cairo_.get(), kMargin, y);
    cairo_line_to(cairo_.get(), kWidth - kMargin, y);
    cairo_stroke(cairo_.get());
  }
  void next_page() { cairo_show_page(cairo_.get()); }
  cairo_status_t finish() {
    cairo_show_page(cairo_.get());
    cairo_surface_finish(surface_.get());
    const auto status = cairo_status(cairo_.get());
    return status != CAIRO_STATUS_SUCCESS ? status : cairo_surface_status(surface_.get());
  }

 private:
  SurfacePtr surface_;
  CairoPtr cairo_;
  LayoutPtr layout_;
};

}  // namespace

Result<std::string> statement_pdf(const Statement& s, const TimeZone& zone, bool zh) {
  if (static_cast<int>(s.lines.size()) > kMaxPrintedLines)
    return fail(Code::body_too_large,
                "more than " + std::to_string(kMaxPrintedLines) + " lines are not printed; take the CSV");
  std::string out;
  Paper paper(out);
  double y = kMargin;
  int page = 0;
  const auto cells = [&](const std::string& time, const std::string& what, const std::array<std::string, 5>& amounts,
                         bool bold) {
    paper.text(time, kMargin, y, kTimeWidth, 8, bold, PANGO_ALIGN_LEFT);
    const double height = paper.text(what, kMargin + kTimeWidth, y, kTextWidth, 8, bold, PANGO_ALIGN_LEFT);
    for (std::size_t k = 0; k < amounts.size(); ++k)
      paper.text(amounts[k], kMargin + kTimeWidth + kTextWidth + kGap + static_cast<double>(k) * kAmountWidth, y,
                 kAmountWidth, 8, bold, PANGO_ALIGN_RIGHT);
    y += std::max(height, 11.0) + 2;
  };
  const auto head = [&] {
    ++page;
    y = kMargin;
    y += paper.text(s.brand + (zh ? " 佣金对账单 " : " Commission statement ") + s.month, kMargin, y, 560, 15, true,
                    PANGO_ALIGN_LEFT) +
         2;
    y += paper.text(s.agent + " (" + s.code + ")  " + s.currency + "  " + s.zone, kMargin, y, 560, 9, false,
                    PANGO_ALIGN_LEFT) +
         6;
    paper.text(std::to_string(page), kMargin, kHeight - kMargin, kWidth - 2 * kMargin, 8, false, PANGO_ALIGN_RIGHT);
    cells(zh ? "时间" : "Time", zh ? "说明" : "What",
          zh ? std::array<std::string, 5>{"冻结", "可结算", "已结算", "已付", "欠款"}
             : std::array<std::string, 5>{"Frozen", "Available", "Settled", "Paid", "Owed"},
          true);
    paper.rule(y - 1);
  };
  const auto row = [&](Instant at, const std::string& what, const Columns& columns, bool moves) {
    if (y > kBottom - 24) {
      paper.next_page();
      head();
    }
    std::array<std::string, 5> amounts;
    for (std::size_t k = 0; k < amounts.size(); ++k)
      if (columns[k] != 0 || !moves) amounts[k] = (moves && columns[k] > 0 ? "+" : "") + format_fen(columns[k]);
    cells(format_date_time(zone.civil(at)), what, amounts, !moves);
  };
  head();
  row(s.from, zh ? "期初余额" : "Opening balance", s.opening, false);
  for (const auto& l : s.lines)
    row(l.at, l.order ? l.what + (zh ? "（订单 " : " (order ") + l.order.text() + (zh ? "）" : ")") : l.what, l.moves,
        true);
  paper.rule(y);
  row(s.to - 1, zh ? "期末余额" : "Closing balance", s.closing, false);
  if (const auto status = paper.finish(); status != CAIRO_STATUS_SUCCESS)
    return fail(Code::internal, std::string("the statement could not be drawn: ") + cairo_status_to_string(status));
  return out;
}

}  // namespace lianbo::order
