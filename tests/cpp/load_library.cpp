// A built library of the kernels as a process meets it: loaded from a folder with a blank, in Chinese, asked for every
// entry point that is named as an argument, and called. Exits with 1 and says what is wrong. Run by tests/native.py.

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

namespace {

#if defined(_WIN32)
void* open_library() { return (void*)LoadLibraryW(L"张 三\\kernels.dll"); }
void* find(void* library, const char* name) { return (void*)GetProcAddress((HMODULE)library, name); }
#else
void* open_library() { return dlopen("./张 三/kernels.so", RTLD_NOW | RTLD_LOCAL); }
void* find(void* library, const char* name) { return dlsym(library, name); }
#endif

typedef const char* (*Instructions)();
typedef int (*FloatLinear)(int64_t, int64_t, int64_t, const void*, int, int64_t, const void*, int, int64_t,
                           const void*, int, void*, int);

// Products of small integers, which are exact, over several threads; and a size for which no machine has the memory.
int call(FloatLinear linear, int threads) {
  const int64_t m = 3, n = 1000, k = 515, huge = (int64_t)1 << 46;
  std::vector<float> x(m * k), weight(n * k), y(m * n);
  for (int64_t i = 0; i < m * k; i++) x[i] = (float)(i % 7 - 3);
  for (int64_t i = 0; i < n * k; i++) weight[i] = (float)(i % 5 - 2);
  if (linear(m, n, k, x.data(), 0, k, weight.data(), 0, k, nullptr, 0, y.data(), threads)) return 1;
  for (int64_t t = 0; t < m; t++)
    for (int64_t r = 0; r < n; r++) {
      double sum = 0;
      for (int64_t j = 0; j < k; j++) sum += x[t * k + j] * weight[r * k + j];
      if (sum != y[t * n + r]) return 1;
    }
  return linear(1, 1, huge, x.data(), 0, 0, weight.data(), 0, 0, nullptr, 0, y.data(), threads) == 1 ? 0 : 1;
}

}  // namespace

int main(int count, char** names) {
  void* library = open_library();
  if (!library) return printf("the library does not load\n"), 1;
  for (int i = 1; i < count; i++)
    if (!find(library, names[i])) return printf("%s is not there\n", names[i]), 1;
  FloatLinear linear = (FloatLinear)find(library, "chatglm_float_linear");
  int wrong = 0;
  std::thread other([&] { wrong = call(linear, 4); });  // ends, and gives back what the kernels kept in it
  other.join();
  if (wrong || call(linear, 1) || call(linear, 4)) return printf("a wrong product\n"), 1;
  printf("loaded: %s\n", ((Instructions)find(library, "chatglm_instructions"))());
  return 0;
}
