/* A stand-in for libcuda, libcudart and libcublasLt, for machines without a GPU: the entry points that cpm_kernels 1.0.11
   calls at import, when it loads a module and when it launches. It keeps the rules of the driver that our loader has to
   respect: a thread needs a context before it loads or launches, modules and functions belong to one device, launches
   have limits. Loading and launching are handed to callbacks; device memory is host memory.

   gcc -shared -fPIC -O1 stand_in_driver.c -o libcuda.so, and the other two names are links to it. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { INVALID_VALUE = 1, INVALID_CONTEXT = 201, INVALID_HANDLE = 400, NO_DEVICE = 100, INVALID_DEVICE = 101 };

typedef int (*load_callback)(int device, const char *image, int *module);
typedef int (*function_callback)(int module, const char *name, int *function);
typedef int (*launch_callback)(int function, int device, const unsigned *dimensions, unsigned shared, void *stream,
                               void **parameters);

struct module { int device, id; };
struct function { int device, id; };

static load_callback on_load;
static function_callback on_function;
static launch_callback on_launch; /* NULL: launches succeed and do nothing, to time the caller */
static int device_count, capability, driver_version, runtime_version;
static __thread int current_device, bound_mask; /* contexts are bound to threads */

void stand_in_setup(load_callback load, function_callback function, launch_callback launch, int devices, int cc, int driver,
                    int runtime) {
    on_load = load; on_function = function; on_launch = launch;
    device_count = devices; capability = cc; driver_version = driver; runtime_version = runtime;
    current_device = bound_mask = 0;
}

static int bound(void) { return bound_mask >> current_device & 1; }

/* ---- driver ---- */

int cuGetErrorString(int status, const char **text) {
    switch (status) {
        case 0: *text = "no error"; break;
        case INVALID_VALUE: *text = "invalid argument"; break;
        case NO_DEVICE: *text = "no CUDA-capable device is detected"; break;
        case INVALID_CONTEXT: *text = "invalid device context"; break;
        case 209: *text = "no kernel image is available for execution on the device"; break;
        case 218: *text = "a PTX JIT compilation failed"; break;
        case 222: *text = "the provided PTX was compiled with an unsupported toolchain."; break;
        case 700: *text = "an illegal memory access was encountered"; break;
        case 719: *text = "unspecified launch failure"; break;
        default: *text = "unknown error";
    }
    return 0;
}

int cuGetErrorName(int status, const char **text) { return cuGetErrorString(status, text); }
int cuDriverGetVersion(int *version) { *version = driver_version; return 0; }
int cuCtxGetCurrent(void **context) { *context = bound() ? (void *)(intptr_t)(current_device + 1) : NULL; return 0; }
int cuModuleUnload(void *module) { (void)module; return 0; }

int cuModuleLoadData(void **out, const void *image) {
    if (!bound()) return INVALID_CONTEXT;
    struct module *module = calloc(1, sizeof *module);
    module->device = current_device;
    int status = on_load(current_device, image, &module->id);
    if (status) { free(module); return status; }
    *out = module;
    return 0;
}

int cuModuleGetFunction(void **out, void *module_, const char *name) {
    struct module *module = module_;
    if (!bound()) return INVALID_CONTEXT;
    struct function *function = calloc(1, sizeof *function);
    function->device = module->device;
    int status = on_function(module->id, name, &function->id);
    if (status) { free(function); return status; }
    *out = function;
    return 0;
}

int cuLaunchKernel(void *function_, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                   unsigned block_z, unsigned shared, void *stream, void **parameters, void **extra) {
    struct function *function = function_;
    if (!bound()) return INVALID_CONTEXT;
    if (!function || function->device != current_device) return INVALID_HANDLE;
    if (!grid_x || !grid_y || !grid_z || grid_x > 0x7fffffffu || grid_y > 65535 || grid_z > 65535) return INVALID_VALUE;
    if (!block_x || !block_y || !block_z || (uint64_t)block_x * block_y * block_z > 1024 || block_z > 64 || extra)
        return INVALID_VALUE;
    const unsigned dimensions[6] = { grid_x, grid_y, grid_z, block_x, block_y, block_z };
    return on_launch ? on_launch(function->id, current_device, dimensions, shared, stream, parameters) : 0;
}

/* ---- runtime ---- */

const char *cudaGetErrorString(int status) {
    const char *text;
    if (status == INVALID_DEVICE) return "invalid device ordinal";
    cuGetErrorString(status, &text);
    return text;
}

const char *cudaGetErrorName(int status) { return cudaGetErrorString(status); }
int cudaGetLastError(void) { return 0; }
int cudaPeekAtLastError(void) { return 0; }
int cudaRuntimeGetVersion(int *version) { *version = runtime_version; return 0; }
int cudaDriverGetVersion(int *version) { *version = driver_version; return 0; }
int cudaGetDeviceCount(int *count) { *count = device_count; return device_count ? 0 : NO_DEVICE; }
int cudaGetDevice(int *device) { *device = current_device; return 0; }

int cudaSetDevice(int device) {
    if (device < 0 || device >= device_count) return INVALID_DEVICE;
    current_device = device;
    if (runtime_version >= 12000) bound_mask |= 1 << device; /* before CUDA 12 it is left to the next call */
    return 0;
}

int cudaDeviceGetAttribute(int *value, int attribute, int device) {
    if (device < 0 || device >= device_count) return INVALID_DEVICE;
    *value = attribute == 75 ? capability / 10 : attribute == 76 ? capability % 10 : 0;
    return 0;
}

int cudaFree(void *pointer) { bound_mask |= 1 << current_device; free(pointer); return 0; }

/* ---- cublasLt ---- */

size_t cublasLtGetVersion(void) { return 120400; }
int cublasLtCreate(void **handle) { if (!bound()) return 1; *handle = malloc(8); return 0; }
int cublasLtDestroy(void *handle) { free(handle); return 0; }
