#include "share/poster.hpp"

#include <cairo.h>
#include <pango/pangocairo.h>
#include <qrencode.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <numbers>

namespace lianbo::share {
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
using QrPtr = std::unique_ptr<QRcode, Freed<QRcode_free>>;

struct Colour {
  double r, g, b;
};
constexpr Colour kPaper{1.0, 1.0, 1.0}, kBand{0.89, 0.17, 0.21}, kInk{0.13, 0.13, 0.15}, kQuiet{0.45, 0.45, 0.48};

constexpr const char* kFonts = "Noto Sans CJK SC, Noto Sans, sans-serif";
constexpr int kMargin = 60, kBandHeight = 150, kQrBox = 520, kQrTop = 680, kQuietModules = 4;
constexpr int kStillGap = 30, kLeastStill = 120;

void fill(cairo_t* cr, Colour c, double x, double y, double w, double h) {
  cairo_set_source_rgb(cr, c.r, c.g, c.b);
  cairo_rectangle(cr, x, y, w, h);
  cairo_fill(cr);
}

struct TextStyle {
  int size_px;
  bool bold;
  Colour colour;
  int max_lines = 1;
  PangoAlignment align = PANGO_ALIGN_LEFT;
};

// Draws the text at y, as wide as the paper allows, and returns its height.
int draw_text(cairo_t* cr, const std::string& text, int y, const TextStyle& style) {
  const LayoutPtr layout(pango_cairo_create_layout(cr));
  const FontPtr font(pango_font_description_from_string(kFonts));
  pango_font_description_set_absolute_size(font.get(), style.size_px * PANGO_SCALE);
  pango_font_description_set_weight(font.get(), style.bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_width(layout.get(), (kPosterWidth - 2 * kMargin) * PANGO_SCALE);
  pango_layout_set_height(layout.get(), -style.max_lines);
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_alignment(layout.get(), style.align);
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  cairo_set_source_rgb(cr, style.colour.r, style.colour.g, style.colour.b);
  cairo_move_to(cr, kMargin, y);
  pango_cairo_show_layout(cr, layout.get());
  int width = 0, height = 0;
  pango_layout_get_pixel_size(layout.get(), &width, &height);
  return height;
}

// A still life of the thing's first letter, where a picture would be: of the same colours for the same title.
struct Plate {
  Colour ground, shape, letter;
};
constexpr std::array<Plate, 4> kPlates{{{{0.95, 0.85, 0.79}, {0.71, 0.33, 0.23}, {1, 1, 1}},
                                        {{0.84, 0.89, 0.83}, {0.31, 0.48, 0.36}, {1, 1, 1}},
                                        {{0.91, 0.86, 0.75}, {0.65, 0.48, 0.17}, {1, 1, 1}},
                                        {{0.84, 0.88, 0.90}, {0.28, 0.45, 0.54}, {1, 1, 1}}}};
void draw_still(cairo_t* cr, const std::string& title, int top, int bottom) {
  unsigned hash = 2166136261U;
  for (const unsigned char c : title) hash = (hash ^ c) * 16777619U;
  const Plate& plate = kPlates.at(hash % kPlates.size());
  const double width = kPosterWidth - 2 * kMargin, height = bottom - top, middle = top + height / 2;
  fill(cr, plate.ground, kMargin, top, width, height);
  cairo_save(cr);
  cairo_rectangle(cr, kMargin, top, width, height);
  cairo_clip(cr);
  cairo_set_source_rgba(cr, 1, 1, 1, 0.45);
  cairo_arc(cr, kPosterWidth * 0.66, top + height * 0.3, height * 0.6, 0, 2 * std::numbers::pi);
  cairo_fill(cr);
  cairo_set_source_rgb(cr, plate.shape.r, plate.shape.g, plate.shape.b);
  cairo_arc(cr, kPosterWidth / 2.0, middle, height * 0.36, 0, 2 * std::numbers::pi);
  cairo_fill(cr);
  cairo_restore(cr);
  std::size_t bytes = 1;
  while (bytes < title.size() && (static_cast<unsigned char>(title[bytes]) & 0xC0U) == 0x80U) ++bytes;
  const int size = static_cast<int>(height * 0.34);
  draw_text(cr, title.substr(0, bytes), static_cast<int>(middle - size * 0.72),
            {.size_px = size, .bold = true, .colour = plate.letter, .align = PANGO_ALIGN_CENTER});
}

void draw_qr(cairo_t* cr, const QrMatrix& matrix) {
  const QrPlace place = qr_place(matrix.width);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_NONE);
  for (int y = 0; y < matrix.width; ++y)
    for (int x = 0; x < matrix.width; ++x)
      if (matrix.at(x, y))
        cairo_rectangle(cr, place.x + x * place.module_px, place.y + y * place.module_px, place.module_px,
                        place.module_px);
  cairo_set_source_rgb(cr, 0, 0, 0);
  cairo_fill(cr);
  cairo_set_antialias(cr, CAIRO_ANTIALIAS_DEFAULT);
}

cairo_status_t append(void* out, const unsigned char* data, unsigned int length) {
  static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), length);
  return CAIRO_STATUS_SUCCESS;
}

}  // namespace

Result<QrMatrix> qr_matrix(std::string_view text) {
  const QrPtr code(QRcode_encodeData(static_cast<int>(text.size()), reinterpret_cast<const unsigned char*>(text.data()),
                                     0, QR_ECLEVEL_M));
  if (!code) {
    return fail(Code::internal, errno == ERANGE ? "the address is too long for a QR code; a shorter public_url helps"
                                                : "the QR code could not be made");
  }
  QrMatrix matrix{code->width, {}};
  const auto count = static_cast<std::size_t>(code->width) * static_cast<std::size_t>(code->width);
  matrix.dark.resize(count);
  for (std::size_t i = 0; i < count; ++i) matrix.dark[i] = (code->data[i] & 1) != 0;
  return matrix;
}

QrPlace qr_place(int width) {
  const int module_px = std::max(1, kQrBox / (width + 2 * kQuietModules));
  return {(kPosterWidth - width * module_px) / 2, kQrTop + (kQrBox - width * module_px) / 2, module_px};
}

bool can_draw(const std::string& text) {
  const SurfacePtr surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, 1, 1));
  const CairoPtr cr(cairo_create(surface.get()));
  const LayoutPtr layout(pango_cairo_create_layout(cr.get()));
  const FontPtr font(pango_font_description_from_string(kFonts));
  pango_layout_set_font_description(layout.get(), font.get());
  pango_layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  return pango_layout_get_unknown_glyphs_count(layout.get()) == 0;
}

Result<std::string> draw_poster(const PosterText& text) {
  TRY(const QrMatrix matrix, qr_matrix(text.url));
  const SurfacePtr surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, kPosterWidth, kPosterHeight));
  const CairoPtr cairo(cairo_create(surface.get()));
  cairo_t* cr = cairo.get();

  fill(cr, kPaper, 0, 0, kPosterWidth, kPosterHeight);
  fill(cr, kBand, 0, 0, kPosterWidth, kBandHeight);
  draw_text(cr, text.host, (kBandHeight - 62) / 2, {.size_px = 42, .bold = true, .colour = kPaper});
  int y = kBandHeight + 50;
  y += draw_text(cr, text.title, y, {.size_px = 56, .bold = true, .colour = kInk, .max_lines = 3});
  if (!text.price.empty()) y += 36 + draw_text(cr, text.price, y + 36, {.size_px = 72, .bold = true, .colour = kBand});
  if (kQrTop - kStillGap - (y + kStillGap) >= kLeastStill)
    draw_still(cr, text.title, y + kStillGap, kQrTop - kStillGap);
  draw_qr(cr, matrix);
  draw_text(cr, "长按或扫描二维码\nPress or scan the code", kQrTop + kQrBox + 14,
            {.size_px = 28, .bold = false, .colour = kQuiet, .max_lines = 2, .align = PANGO_ALIGN_CENTER});

  std::string png;
  const cairo_status_t status = cairo_status(cr) != CAIRO_STATUS_SUCCESS
                                    ? cairo_status(cr)
                                    : cairo_surface_write_to_png_stream(surface.get(), append, &png);
  if (status != CAIRO_STATUS_SUCCESS)
    return fail(Code::internal, std::string("the poster could not be drawn: ") + cairo_status_to_string(status));
  return png;
}

}  // namespace lianbo::share
