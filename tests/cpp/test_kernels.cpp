// Every entry point of the CPU kernels over edge shapes, against plain loops in double. No test framework: prints what
// differs and exits with 1. Built by tests/test_cpp.py with AddressSanitizer and UBSan; every array is a heap block of
// exactly its size, so that a read or write past an end is an error.

#if !defined(_WIN32)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "kernels.cpp"

extern "C" const char* __asan_default_options() { return "allocator_may_return_null=1"; }  // as without a sanitizer

namespace test {

// ---------------------------------------------------------------------------------------------------------- ceilings
// All are relative to the size of a result's terms (the sum of their magnitudes), not to the result, which may cancel.

constexpr double ACTIVATION_ROUNDING = 0.51 / 32639;  // half a step of the largest activation of 512, and float32
constexpr double BYTE_ROUNDING = 0.501 / 127;         // as that, of 8 bits
constexpr double SUM_ROUNDING = 1.0 / (1 << 20);      // float32 sums of some thousand terms
constexpr double FEW_ROUNDINGS = 1.0 / (1 << 22);     // two or three operations in float32
constexpr double EXPONENTIAL = 1.0 / (1 << 20);       // e^x to 2 units in the last place, and its neighbours
constexpr double DROPPED = 1.7e-38;                   // e^-87: smaller exponentials are zero
constexpr double OUTPUT_ROUNDING[] = {0x1p-24, 0x1p-11, 0x1p-8};  // half a unit in the last place, by type
constexpr double SMALLEST[] = {0x1p-149, 0x1p-24, 0x1p-133};      // the step of numbers near zero, by type

// ------------------------------------------------------------------------------------------------------------ arrays

uint64_t random_state = 1;

uint32_t random_bits() {
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;  // Knuth's multiplier, MMIX
  return (uint32_t)(random_state >> 33) ^ (uint32_t)(random_state >> 20);
}

// The value of 16 bits with `exponent_bits` bits of exponent, by the definition of such formats.
double decode16(uint16_t word, int exponent_bits) {
  int fraction_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  int exponent = word >> fraction_bits & ((1 << exponent_bits) - 1), fraction = word & ((1 << fraction_bits) - 1);
  double magnitude;
  if (exponent == (1 << exponent_bits) - 1) magnitude = fraction ? NAN : INFINITY;
  else if (exponent == 0) magnitude = std::ldexp(fraction, 1 - bias - fraction_bits);
  else magnitude = std::ldexp(fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  return word & 0x8000 ? -magnitude : magnitude;
}

// `count` numbers of a type, in a heap block of exactly that size.
struct Array {
  int type;
  std::vector<char> bytes;

  Array(int type, int64_t count)
      : type(type), bytes((size_t)count * (type == 0 ? 4 : type == 3 ? 1 : 2), (char)0xCD) {}

  double get(int64_t i) const {
    if (type == 3) return (signed char)bytes.at((size_t)i);
    float number;
    uint16_t word;
    if (type == 0) return memcpy(&number, &bytes.at((size_t)i * 4), 4), number;
    memcpy(&word, &bytes.at((size_t)i * 2), 2);
    return decode16(word, type == 1 ? 5 : 8);
  }

  // A power of two times a few bits, which every type holds: set(i, 1.5) and the like.
  void set(int64_t i, double value) {
    float number = (float)value;
    uint32_t word;
    memcpy(&word, &number, 4);
    uint32_t half = std::isnan(value) ? 0x7E00 : std::isinf(value) ? 0x7C00 : (word >> 13) - (112 << 10);
    uint16_t narrow = (uint16_t)(type == 2 ? word >> 16 : (word >> 16 & 0x8000) | (value == 0 ? 0 : half & 0x7FFF));
    if (type == 0) memcpy(&bytes.at((size_t)i * 4), &number, 4);
    else memcpy(&bytes.at((size_t)i * 2), &narrow, 2);
  }

  // Magnitudes from 2^-4 to 2, both signs, all bits of the fraction; int8 from -128 to 127.
  Array& fill() {
    for (size_t i = 0; i < bytes.size(); i++) bytes[i] = (char)random_bits();
    for (size_t i = 0; type != 3 && i < bytes.size() / (type == 0 ? 4 : 2); i++) {
      uint32_t sign = random_bits() & 1, fraction = random_bits(), step = random_bits() % 5;
      if (type == 0) {
        uint32_t word = sign << 31 | (123 + step) << 23 | (fraction & 0x7FFFFF);
        memcpy(&bytes[i * 4], &word, 4);
      } else {
        uint32_t word = type == 1 ? (11 + step) << 10 | (fraction & 0x3FF) : (123 + step) << 7 | (fraction & 0x7F);
        uint16_t half = (uint16_t)(sign << 15 | word);
        memcpy(&bytes[i * 2], &half, 2);
      }
    }
    return *this;
  }

  char* data() { return bytes.data(); }
};

int failures = 0, comparisons = 0;

void expect(bool good, const char* what) {
  comparisons++;
  if (!good && ++failures <= 20) printf("FAILED: %s\n", what);
}

// A result of a type against its exact value, `allowed` apart before it is rounded to that type.
void expect_near(const Array& results, int64_t i, double exact, double allowed, const std::string& what) {
  double found = results.get(i), unit = OUTPUT_ROUNDING[results.type];
  allowed += (std::fabs(exact) + allowed) * unit + SMALLEST[results.type];
  comparisons++;
  bool good = std::isnan(exact) ? std::isnan(found) : std::fabs(found - exact) <= allowed;
  if (!good && ++failures <= 20)
    printf("FAILED: %s, element %lld: %.9g instead of %.9g, allowed %.3g\n", what.c_str(), (long long)i, found, exact,
           allowed);
}

template <class... Numbers> std::string name(const char* format, Numbers... numbers) {
  char text[200];
  snprintf(text, sizeof text, format, (long long)numbers...);
  return text;
}

// One of `count` choices, so that types, strides and threads meet in all pairs over the many shapes.
int pick(int count) { return (int)(random_bits() >> 8) % count; }

// ------------------------------------------------------------------------------------------------- quantized linear

struct Quantized {
  int bits;
  int64_t m, n, k, x_stride, weight_stride;
  Array x, weight, scale, bias, y;
  bool has_bias;
  int activation_bits = 16;

  Quantized(int bits, int64_t m, int64_t n, int64_t k, int x_type, int scale_type, int bias_type, int64_t gap)
      : bits(bits), m(m), n(n), k(k), x_stride(k + gap), weight_stride(k * bits / 8 + gap),
        x(x_type, m ? (m - 1) * x_stride + k : 0), weight(3, n ? (n - 1) * weight_stride + k * bits / 8 : 0),
        scale(scale_type, n), bias(bias_type, n), y(x_type, m * n), has_bias(gap != 0) {
    x.fill(), weight.fill(), scale.fill(), bias.fill();
  }

  int run(int threads) {
    return chatglm_quantized_linear(bits, activation_bits, m, n, k, x.data(), x.type, x_stride, weight.data(),
                                    weight_stride, scale.data(), scale.type, has_bias ? bias.data() : nullptr,
                                    bias.type, y.data(), threads);
  }

  double integer(int64_t row, int64_t column) const {
    if (bits == 8) return weight.get(row * weight_stride + column);
    int byte = (int)weight.get(row * weight_stride + column / 2) & 255;
    int nibble = column % 2 ? byte & 15 : byte >> 4;
    return nibble < 8 ? nibble : nibble - 16;
  }

  void check(const std::string& what) const {
    bool bytes = activation_bits == 8 && bits == 4 && m > MOST_FEW_TOKENS && chatglm_least_activation_bits() == 8;
    int64_t length = bytes ? ACTIVATION_BLOCK : 512, blocks = k / length + 1;
    double rounding = bytes ? BYTE_ROUNDING : ACTIVATION_ROUNDING;
    std::vector<double> largest((size_t)(m * blocks));
    for (int64_t t = 0; t < m; t++)
      for (int64_t j = 0; j < k; j++) {
        double& block = largest[(size_t)(t * blocks + j / length)];
        block = std::fmax(block, std::fabs(x.get(t * x_stride + j)));
      }
    std::vector<double> integers((size_t)k);
    for (int64_t row = 0; row < n; row++) {
      for (int64_t j = 0; j < k; j++) integers[(size_t)j] = integer(row, j);
      for (int64_t t = 0; t < m; t++) {
        double sum = 0, allowed = 0, factor = scale.get(row), extra = has_bias ? bias.get(row) : 0;
        for (int64_t j = 0; j < k; j++) {
          double term = integers[(size_t)j] * x.get(t * x_stride + j);
          double step = largest[(size_t)(t * blocks + j / length)] * rounding;
          sum += term, allowed += std::fabs(term) * SUM_ROUNDING + std::fabs(integers[(size_t)j]) * step;
        }
        allowed = allowed * std::fabs(factor) + std::fabs(extra) * FEW_ROUNDINGS;
        expect_near(y, t * n + row, sum * factor + extra, allowed, what);
      }
    }
  }
};

void quantized_linear() {
  for (int bits : {4, 8})
    for (int64_t m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130})
      for (int64_t n : {1, 17, 67})
        for (int64_t k : {0, 2, 34, 130, 512, 514, 1030}) {
          if (m == 130 && n == 67 && k > 514) continue;  // 17 rows show the same in less time
          int x_type = pick(3), scale_type = pick(3), bias_type = pick(3);
          Quantized job(bits, m, n, k, x_type, scale_type, bias_type, pick(2) * 3);
          const char* format = "quantized_linear bits %lld m %lld n %lld k %lld types %lld %lld %lld";
          std::string what = name(format, bits, m, n, k, x_type, scale_type, bias_type);
          for (int activation_bits : {16, 8}) {
            job.activation_bits = activation_bits;
            expect(job.run(1 + pick(3)) == 0, what.c_str());
            job.check(name("%lld-bit activations, ", activation_bits) + what);
          }
        }
  for (int64_t m : {1, 4, 11})
    for (int64_t k : {1, 35, 513}) {
      Quantized job(8, m, 5, k, 0, 0, 0, 1);
      expect(job.run(2) == 0, "status");
      job.check(name("quantized_linear of an odd number of columns, m %lld k %lld", m, k));
    }
}

// Infinity and NaN in one token; numbers so small that 1 / x overflows; zeros; sums at the ends of 32 bits.
void quantized_special_values() {
  for (int64_t m : {3, 12}) {
    Quantized job(4, m, 19, 1030, 0, 0, 0, 0);  // no bias, beside which small numbers would vanish
    job.x.set(5, INFINITY);
    job.x.set(job.x_stride + 600, NAN);
    for (int64_t j = 0; j < job.k; j++) job.x.set(2 * job.x_stride + j, (double)(j % 7 - 3) * 0x1p-115);
    expect(job.run(2) == 0, "status");
    for (int64_t row = 0; row < job.n; row++)
      expect(std::isnan(job.y.get(row)) && std::isnan(job.y.get(job.n + row)), "NaN and infinity make results NaN");
    for (int64_t t : {0, 1})
      for (int64_t j = 0; j < job.k; j++) job.x.set(t * job.x_stride + j, t ? 0 : 1);
    for (int64_t i = 0; i < job.n; i++)
      memset(job.weight.data() + i * job.weight_stride, i % 2 ? 0x88 : 0x77, (size_t)job.k / 2);
    for (int activation_bits : {8, 16}) {
      job.activation_bits = activation_bits;
      expect(job.run(2) == 0, "status");
      job.check(name("quantized_linear of extreme values, m %lld", m));
    }
  }
}

// ---------------------------------------------------------------------------------------------------- float linear

void check_float_linear(int64_t m, int64_t n, int64_t k, int x_type, int weight_type, int bias_type, int64_t gap,
                        int threads) {
  int64_t x_stride = k + gap, weight_stride = k + 2 * gap;
  Array x(x_type, m ? (m - 1) * x_stride + k : 0), weight(weight_type, (n - 1) * weight_stride + k);
  Array bias(bias_type, n), y(x_type, m * n);
  x.fill(), weight.fill(), bias.fill();
  std::string what = name("float_linear m %lld n %lld k %lld types %lld %lld %lld", m, n, k, x_type, weight_type,
                          bias_type);
  expect(chatglm_float_linear(m, n, k, x.data(), x_type, x_stride, weight.data(), weight_type, weight_stride,
                              gap ? bias.data() : nullptr, bias_type, y.data(), threads) == 0, what.c_str());
  for (int64_t t = 0; t < m; t++)
    for (int64_t row = 0; row < n; row++) {
      double sum = gap ? bias.get(row) : 0, size = std::fabs(sum);
      for (int64_t j = 0; j < k; j++) {
        double term = x.get(t * x_stride + j) * weight.get(row * weight_stride + j);
        sum += term, size += std::fabs(term);
      }
      expect_near(y, t * n + row, sum, size * SUM_ROUNDING, what);
    }
}

void float_linear() {
  for (int64_t m : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130})
    for (int64_t n : {1, 7, 18})
      for (int64_t k : {0, 1, 2, 15, 16, 33, 64, 131, 1030}) {
        int x_type = pick(3), weight_type = pick(3), bias_type = pick(3);
        int gap = pick(2) * 5, threads = 1 + pick(3);
        check_float_linear(m, n, k, x_type, weight_type, bias_type, gap, threads);
      }
}

// ------------------------------------------------------------------------------------------------------- attention

struct Cached {
  int64_t batch, queries, heads, groups, channels, length;
  int query_type, cache_type, scale_type;
  std::vector<int64_t> starts;
  int64_t gap;  // elements between tokens: the cache is a slice of something wider
  Array query, key, value, key_scale, value_scale, out;
  int64_t strides[15];
  float scale = cache_type == 3 ? 1.0f / 512 : 1.0f / 4;  // so that several keys have a weight

  Cached(int64_t batch, int64_t queries, int64_t heads, int64_t groups, int64_t channels, int64_t length,
         int query_type, int cache_type, int scale_type, std::vector<int64_t> starts, int64_t gap)
      : batch(batch), queries(queries), heads(heads), groups(groups), channels(channels), length(length),
        query_type(query_type), cache_type(cache_type), scale_type(scale_type), starts(starts), gap(gap),
        query(query_type, batch * queries * heads * channels), key(cache_type, cache_size(channels)),
        value(cache_type, cache_size(channels)), key_scale(scale_type, batch * length * groups),
        value_scale(scale_type, batch * length * groups), out(query_type, batch * queries * heads * channels) {
    query.fill(), key.fill(), value.fill(), key_scale.fill(), value_scale.fill();
    int64_t token = groups * channels + gap;
    int64_t all[] = {queries * heads * channels, heads * channels, channels,            // query
                     length * token,             token,            channels,            // key
                     length * token,             token,            channels,            // value
                     length * groups,            groups,           1,                   // key_scale
                     groups * length,            1,                length};             // value_scale: [b, g, t]
    memcpy(strides, all, sizeof strides);
  }

  int64_t cache_size(int64_t width) const { return batch * length * (groups * width + gap) - gap; }

  int run(int threads) {
    bool scaled = cache_type == 3;
    return chatglm_attention(batch, queries, heads, groups, channels, length, query.data(), query_type, key.data(),
                             value.data(), cache_type, scaled ? key_scale.data() : nullptr,
                             scaled ? value_scale.data() : nullptr, scale_type, strides,
                             starts.empty() ? nullptr : starts.data(), scale, out.data(), threads);
  }

  double cached(const Array& from, const Array& scales, int which, int64_t b, int64_t j, int64_t g, int64_t c) const {
    const int64_t *at = strides + 3 * which, *scale_at = at + 6;
    double factor = cache_type == 3 ? scales.get(b * scale_at[0] + j * scale_at[1] + g * scale_at[2]) : 1;
    return factor * from.get(b * at[0] + j * at[1] + g * at[2] + c);
  }

  double dot(int64_t query_row, int64_t b, int64_t j, int64_t g, double* size) const {
    double sum = 0;
    for (int64_t c = 0; c < channels; c++) {
      double term = scale * query.get(query_row * channels + c) * cached(key, key_scale, 1, b, j, g, c);
      sum += term, *size += std::fabs(term);
    }
    return sum;
  }

  void check_head(int64_t b, int64_t i, int64_t h, const std::string& what) const {
    int64_t g = h / (heads / groups), first = starts.empty() ? 0 : starts[(size_t)b], last = length - queries + i;
    int64_t row = (b * queries + i) * heads + h;
    std::vector<double> scores, results((size_t)channels), allowed((size_t)channels);
    double largest = -INFINITY, total = 0, score_size = 0;
    for (int64_t j = first; j <= last; j++) {
      double size = 0;
      scores.push_back(dot(row, b, j, g, &size));
      largest = std::fmax(largest, scores.back()), score_size = std::fmax(score_size, size);
    }
    // An error in a score changes its weight by that factor.
    double error = EXPONENTIAL + 2 * FEW_ROUNDINGS * score_size;
    for (int64_t j = first; j <= last; j++) {
      double weight = std::exp(scores[(size_t)(j - first)] - largest);
      total += weight;
      for (int64_t c = 0; c < channels; c++) {
        double number = cached(value, value_scale, 2, b, j, g, c);
        results[(size_t)c] += weight * number, allowed[(size_t)c] += std::fabs(number) * (weight * error + DROPPED);
      }
    }
    if (last < first) total = INFINITY;  // no key: zeros
    for (int64_t c = 0; c < channels; c++)
      expect_near(out, row * channels + c, results[(size_t)c] / total, allowed[(size_t)c] / total, what);
  }

  void check(const std::string& what) const {
    for (int64_t b = 0; b < batch; b++)
      for (int64_t i = 0; i < queries; i++)
        for (int64_t h = 0; h < heads; h++) check_head(b, i, h, what);
  }
};

void attention() {
  struct Shape { int64_t batch, queries, heads, groups, channels, length; };
  const Shape shapes[] = {
      {1, 1, 1, 1, 2, 1},      {1, 1, 4, 2, 8, 1},    {2, 1, 4, 2, 16, 97},  {1, 1, 32, 2, 128, 700},
      {2, 3, 6, 3, 10, 40},    {1, 17, 4, 2, 8, 17},  {2, 33, 4, 4, 6, 130}, {1, 130, 8, 2, 4, 130},
      {1, 5, 3, 1, 33, 300},   {1, 130, 2, 1, 3, 131}, {3, 2, 40, 2, 7, 193},
  };
  for (const Shape& s : shapes)
    for (int cache_type : {0, 1, 2, 3})
      for (int padded : {0, 1}) {
        std::vector<int64_t> starts;
        // The last row is all padding but for its last key, or, with one query, sees none at all.
        for (int64_t b = 0; padded && b < s.batch; b++)
          starts.push_back(b == s.batch - 1 ? s.length - (s.queries > 1 ? 1 : 0) : s.length / 3);
        int query_type = pick(3), scale_type = pick(3), threads = 1 + pick(3);
        Cached job(s.batch, s.queries, s.heads, s.groups, s.channels, s.length, query_type, cache_type, scale_type,
                   starts, pick(2) * 9);
        auto format = "attention of %lld x %lld queries, %lld keys, %lld channels, cache type %lld, padding %lld";
        std::string what = name(format, s.batch, s.queries, s.length, s.channels, cache_type, padded);
        expect(job.run(threads) == 0, what.c_str());
        job.check(what);
      }
}

// ----------------------------------------------------------------------------------------- norm, gate and rotation

void rms_norm() {
  for (int type : {0, 1, 2})
    for (int weight_type : {0, 1, 2})
      for (int64_t m : {0, 1, 5, 130})
        for (int64_t k : {1, 2, 31, 512, 515}) {
          Array x(type, m * k), weight(weight_type, k), y(type, m * k);
          x.fill(), weight.fill();
          chatglm_rms_norm(m, k, x.data(), type, weight.data(), weight_type, 1e-5f, y.data(), 3);
          std::string what = name("rms_norm m %lld k %lld types %lld %lld", m, k, type, weight_type);
          for (int64_t t = 0; t < m; t++) {
            double squares = 0;
            for (int64_t j = 0; j < k; j++) squares += x.get(t * k + j) * x.get(t * k + j);
            double factor = 1 / std::sqrt(squares / (double)k + (double)1e-5f);
            for (int64_t j = 0; j < k; j++) {
              double exact = x.get(t * k + j) * factor * weight.get(j);
              expect_near(y, t * k + j, exact, std::fabs(exact) * SUM_ROUNDING, what);
            }
          }
        }
}

void swiglu() {
  for (int type : {0, 1, 2})
    for (int64_t m : {0, 1, 3, 9})
      for (int64_t k : {1, 7, 512, 519, 8200}) {
        if (m == 9 && k == 8200) continue;
        Array x(type, 2 * m * k), y(type, m * k);
        x.fill();
        const double awkward[] = {0, -0.0, 96, -96, 1024, -1024, INFINITY, NAN};
        for (int64_t i = 0; i < 8 && k > 8 && m; i++) x.set(i, awkward[i]);
        chatglm_swiglu(m, k, x.data(), type, y.data(), 3);
        std::string what = name("swiglu m %lld k %lld type %lld", m, k, type);
        for (int64_t t = 0; t < m; t++)
          for (int64_t j = 0; j < k; j++) {
            double gate = x.get(2 * t * k + j), up = x.get(2 * t * k + k + j);
            double exact = gate / (1 + std::exp(-gate)) * up;
            if (std::isinf(exact)) expect(y.get(t * k + j) == exact, what.c_str());
            // e^x is zero below -87, where the exact result is less than 1e-35.
            else expect_near(y, t * k + j, exact, std::fabs(exact) * EXPONENTIAL + 1e-35, what);
          }
      }
}

void rotate() {
  for (int type : {0, 1, 2})
    for (int64_t m : {0, 1, 4, 130})
      for (int64_t pairs : {0, 1, 3, 32, 257}) {
        const int64_t heads = 3, head_stride = 2 * pairs + 5, token_stride = heads * head_stride + 2;
        Array x(type, m ? (m - 1) * token_stride + (heads - 1) * head_stride + 2 * pairs : 0);
        Array cos(0, m * pairs), sin(0, m * pairs);
        x.fill(), cos.fill(), sin.fill();
        Array before = x;
        chatglm_rotate(m, heads, pairs, x.data(), type, token_stride, head_stride, (const float*)cos.data(),
                       (const float*)sin.data(), 2);
        std::string what = name("rotate m %lld pairs %lld type %lld", m, pairs, type);
        for (int64_t t = 0; t < m; t++)
          for (int64_t h = 0; h < heads; h++)
            for (int64_t j = 0; j < pairs; j++) {
              int64_t at = t * token_stride + h * head_stride + 2 * j;
              double a = before.get(at), b = before.get(at + 1);
              double c = cos.get(t * pairs + j), s = sin.get(t * pairs + j);
              double allowed = (std::fabs(a) + std::fabs(b)) * (std::fabs(c) + std::fabs(s)) * FEW_ROUNDINGS;
              expect_near(x, at, a * c - b * s, allowed, what), expect_near(x, at + 1, a * s + b * c, allowed, what);
              before.set(at, 0), x.set(at, 0), before.set(at + 1, 0), x.set(at + 1, 0);
            }
        expect(x.bytes == before.bytes, "rotate leaves the other channels as they were");
      }
}

// Results are rounded to nearest, ties to even, at both places where kernels round: one number and a row.
// A whole block: the very bits of its parts, one call each, and room for nothing more than they write.
void check_block(int type, int bits, int64_t batch, int64_t tokens) {
  const int64_t hidden = 24, heads = 3, groups = 1, channels = 10, pairs = 2, ffn = 34, cached = 2;
  const int64_t width = heads * channels, all = width + 2 * groups * channels;
  int64_t m = batch * tokens, room = cached + tokens + 1;
  int other = pick(3);
  auto make = [&](int64_t n, int64_t k, int64_t gap = 0) {
    return Quantized(bits, m, n, k, type, other, other, gap);
  };
  Quantized qkv = make(all, hidden, 3), dense = make(hidden, width);
  Quantized up = make(2 * ffn, hidden), down = make(hidden, ffn);
  Array x(type, m * hidden), first(other, hidden), second(other, hidden), cos(0, m * pairs), sin(0, m * pairs);
  Array keys(type, batch * room * groups * channels), values = keys;
  for (Array* array : {&x, &first, &second, &cos, &sin, &keys, &values}) array->fill();
  Array own_keys = keys, own_values = values, own_x = x, normed(type, m * hidden), gated(type, m * ffn);
  Array output(type, m * width), residual = x, projected(type, m * all), branch = x, gates(type, 2 * m * ffn);

  auto multiply = [&](Quantized& layer, Array& from, Array& to) {
    layer.x = from, layer.x_stride = layer.k;
    expect(layer.run(2) == 0, "status");
    to = layer.y;
  };
  auto sum = [&](Array& a, Array& b, Array& to) { add(type, a.data(), b.data(), m * hidden, to.data()); };
  chatglm_rms_norm(m, hidden, x.data(), type, first.data(), other, 1e-5f, normed.data(), 2);
  multiply(qkv, normed, projected);
  chatglm_rotate(m, heads + groups, pairs, projected.data(), type, all, channels, (const float*)cos.data(),
                 (const float*)sin.data(), 2);
  int64_t size = size_of(type), token_bytes = groups * channels * size, at = cached * token_bytes;
  for (int64_t b = 0; b < batch; b++)
    for (int64_t t = 0; t < tokens; t++) {
      const char* from = projected.data() + ((b * tokens + t) * all + width) * size;
      memcpy(keys.data() + (b * room + cached + t) * token_bytes, from, token_bytes);
      memcpy(values.data() + (b * room + cached + t) * token_bytes, from + token_bytes, token_bytes);
    }
  int64_t token = groups * channels, starts[] = {1, 0};
  const int64_t strides[15] = {tokens * all, all, channels, room * token, token, channels,
                               room * token, token, channels};
  expect(chatglm_attention(batch, tokens, heads, groups, channels, cached + tokens, projected.data(), type,
                           keys.data(), values.data(), type, nullptr, nullptr, 0, strides, starts, 0.3f,
                           output.data(), 2) == 0, "status");
  multiply(dense, output, branch);
  sum(x, branch, residual);
  chatglm_rms_norm(m, hidden, residual.data(), type, second.data(), other, 1e-3f, normed.data(), 2);
  multiply(up, normed, gates);
  chatglm_swiglu(m, ffn, gates.data(), type, gated.data(), 2);
  multiply(down, gated, branch);
  sum(residual, branch, x);

  auto layer = [&](Quantized& of) {
    return QuantizedLayer{of.bits, of.n, of.k, (int64_t)of.weight.data(), of.weight_stride,
                          (int64_t)of.scale.data(), of.scale.type,
                          of.has_bias ? (int64_t)of.bias.data() : 0, of.bias.type};
  };
  Step step{batch, tokens, cached, hidden, heads, groups, channels, pairs, type, (int64_t)cos.data(),
            (int64_t)sin.data(), (int64_t)starts, 2};
  Block whole{(int64_t)first.data(), other, (int64_t)second.data(), other, layer(qkv), layer(dense), layer(up),
              layer(down), (int64_t)own_keys.data() + at, (int64_t)own_values.data() + at,
              {room * token, token, channels}, {room * token, token, channels}};
  expect(chatglm_block(&step, &whole, 1e-5f, 1e-3f, 0.3f, own_x.data()) == 0, "status");
  std::string what = name("block type %lld bits %lld batch %lld tokens %lld", type, bits, batch, tokens);
  expect(own_x.bytes == x.bytes, what.c_str());
  expect(own_keys.bytes == keys.bytes && own_values.bytes == values.bytes, (what + ", cache").c_str());
}

void block() {
  for (int type : {0, 1, 2})
    for (int bits : {4, 8})
      for (int64_t batch : {1, 2})
        for (int64_t tokens : {1, 3}) check_block(type, bits, batch, tokens);
}

void residuals() {
  for (int type : {0, 1, 2})
    for (int64_t count : {0, 1, 511, 1025}) {
      Array a(type, count), b(type, count), y(type, count);
      a.fill(), b.fill();
      add(type, a.data(), b.data(), count, y.data());
      for (int64_t i = 0; i < count; i++) {
        double exact = a.get(i) + b.get(i);
        expect_near(y, i, exact, std::fabs(exact) * FEW_ROUNDINGS, name("add %lld type %lld", count, type));
      }
    }
}

void rounding() {
  struct Case { int type; float value, rounded; };
  const Case cases[] = {
      {1, 1 + 0x1p-11f, 1},           {1, 1 + 3 * 0x1p-11f, 1 + 0x1p-9f},  {1, 1 + 0x1.2p-11f, 1 + 0x1p-10f},
      {1, 65519, 65504},              {1, -65520, -INFINITY},              {1, 0x1p-25f, 0},
      {1, 3 * 0x1p-25f, 0x1p-23f},    {1, -5 * 0x1p-25f, -0x1p-23f},       {1, 0x1p-14f - 0x1p-25f, 0x1p-14f},
      {1, INFINITY, INFINITY},        {2, 1 + 0x1p-8f, 1},                 {2, 1 + 3 * 0x1p-8f, 1 + 0x1p-6f},
      {2, -1 - 0x1.2p-8f, -1.0078125f}, {2, 0x1.ffp127f, INFINITY},        {2, -INFINITY, -INFINITY},
      {2, 0x1p-134f, 0},              {2, NAN, NAN},                       {1, NAN, NAN},
  };
  for (const Case& c : cases) {
    const int64_t n = 33;
    Array one(c.type, 1), products(c.type, n), turned(c.type, 2 * n);
    std::vector<float> values((size_t)n, c.value), zeros((size_t)n, 0.0f);
    one.set(0, 1);
    for (int64_t i = 0; i < 2 * n; i++) turned.set(i, i % 2 ? 0 : 1);
    const void* weight = values.data();
    expect(chatglm_float_linear(1, n, 1, one.data(), c.type, 1, weight, 0, 1, nullptr, 0, products.data(), 1) == 0,
           "status");
    chatglm_rotate(1, 1, n, turned.data(), c.type, 2 * n, 2 * n, values.data(), zeros.data(), 1);
    for (int64_t i = 0; i < n; i++)
      for (double found : {products.get(i), turned.get(2 * i)}) {
        bool good = std::isnan(c.rounded) ? std::isnan(found) : found == c.rounded;
        if (!good) printf("%.9g became %.9g\n", c.value, found);
        expect(good, "rounding to nearest, ties to even");
      }
  }
}

// --------------------------------------------------------------------------------------- threads, memory, processes

std::atomic<int> openmp_calls{0};

// In the place of GOMP_parallel.
void stand_in_openmp(void (*body)(void*), void* data, unsigned threads, unsigned) {
  openmp_calls++;
  std::vector<std::thread> others;
  for (unsigned i = 1; i < threads; i++) others.emplace_back(body, data);
  body(data);
  for (std::thread& other : others) other.join();
}

// The results do not depend on who computes them, bit for bit.
void same_bits_with_any_threads() {
  for (int64_t m : {1, 5, 130}) {
    Quantized job(4, m, 2100, 514, 0, 0, 0, 1);  // several tasks
    Cached cached(1, m, 8, 2, 8, 600, 0, 3, 0, {}, 0);
    expect(job.run(1) == 0 && cached.run(1) == 0, "status");
    std::vector<char> linear = job.y.bytes, attended = cached.out.bytes;
    for (int openmp = 0; openmp < 2; openmp++) {
      chatglm_use_openmp(openmp ? (void*)stand_in_openmp : nullptr);
      for (int threads : {2, 5, 64}) {
        int before = openmp_calls;
        expect(job.run(threads) == 0 && cached.run(threads) == 0, "status");
        expect(job.y.bytes == linear && cached.out.bytes == attended, "threads change no bit");
        expect((openmp_calls > before) == openmp, "OpenMP's threads work if it is there");
      }
    }
  }
}

// A process that answers several people: each gets what it gets alone, whoever has the pool of threads.
void calls_at_once() {
  chatglm_use_openmp(nullptr);
  const Quantized job(4, 3, 700, 1030, 0, 0, 0, 1);
  Quantized alone = job;
  expect(alone.run(1) == 0, "status");
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; caller++)
    callers.emplace_back([&] {
      Quantized own = job;
      for (int i = 0; i < 200; i++)
        if (own.run(2 + i % 3) || own.y.bytes != alone.y.bytes) wrong++;
    });
  for (std::thread& caller : callers) caller.join();
  expect(wrong == 0, "calls at once change no bit");
}

// Called with threads of OpenMP and of the pool, which do not exist in the child. Windows has no fork.
void forked_child_starts_its_own_threads() {
#if !defined(_WIN32)
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    int before = openmp_calls;
    Quantized job(8, 2, 700, 1030, 1, 0, 0, 1);
    failures = 0;
    bool good = job.run(3) == 0 && openmp_calls == before;
    job.check("quantized_linear in a forked child");
    fflush(stdout);
    _exit(good && !failures ? 0 : 1);
  }
  int status = 1;
  expect(waitpid(child, &status, 0) == child && status == 0, "a forked child computes without OpenMP");
#endif
}

// A size that no machine has: the call says so, whichever thread found out, and the process goes on.
void no_memory_is_a_status() {
  for (int openmp = 0; openmp < 2; openmp++) {
    chatglm_use_openmp(openmp ? (void*)stand_in_openmp : nullptr);
    for (int threads : {1, 4}) {
      const int64_t huge = (int64_t)1 << 46, strides[15] = {};
      float x = 0;  // never read
      expect(chatglm_attention(40, 1, 1, 1, huge, 1, &x, 0, &x, &x, 0, nullptr, nullptr, 0, strides, nullptr, 1, &x,
                               threads) == 1, "attention without memory");
      expect(chatglm_float_linear(1, 1, huge, &x, 0, 0, &x, 0, 0, nullptr, 0, &x, threads) == 1,
             "float_linear without memory");
      expect(chatglm_quantized_linear(8, 16, 1, 1, huge, &x, 0, 0, &x, 0, &x, 0, nullptr, 0, &x, threads) == 1,
             "quantized_linear without memory");
      Quantized job(4, 3, 33, 514, 0, 0, 0, 1);
      expect(job.run(threads) == 0, "status");
      job.check("quantized_linear after a call without memory");
    }
  }
}

}  // namespace test

// An argument, whatever it is, leaves out the fork: qemu 7.2 fails in a child of a process that has threads.
int main(int count, char**) {
  using namespace test;
  quantized_linear();
  quantized_special_values();
  float_linear();
  attention();
  rms_norm();
  swiglu();
  rotate();
  residuals();
  block();
  rounding();
  same_bits_with_any_threads();
  calls_at_once();
  chatglm_use_openmp((void*)stand_in_openmp);
  if (count == 1) forked_child_starts_its_own_threads();
  no_memory_is_a_status();
  printf("%s: %d comparisons, %d failed\n", chatglm_instructions(), comparisons, failures);
  return failures ? 1 : 0;
}
