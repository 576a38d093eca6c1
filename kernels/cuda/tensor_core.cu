// Matrix products on tensor cores (sm_80 and up), straight from the published layout. See common.cuh for layouts.
//
// mma.m16n8k16 multiplies A [16, 16] (16 rows of weight) with B [16, 8] (8 rows of x, transposed) in fp32. Lane l,
// with g = l / 4 and t = l % 4, supplies four columns of weight rows g and g + 8, and the same four of x row g. Which
// columns of k those are is free, as long as A and B agree: so a lane takes consecutive ones, which is how the weights
// lie in memory, and nothing has to be repacked.

#include "common.cuh"

enum { WARPS = 8, THREADS = WARPS * 32 };

DEVICE u32 half2_subtract(u32 a, u32 b) {
    u32 d;
    asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(d) : "r"(a), "r"(b));
    return d;
}

// a * 1 + c; sm_80 has a fused multiply-add of bfloat16 pairs, but no addition.
DEVICE u32 bfloat162_add(u32 a, u32 c) {
    u32 d;
    asm("fma.rn.bf16x2 %0, %1, %2, %3;" : "=r"(d) : "r"(a), "r"(0x3f803f80u), "r"(c));
    return d;
}

template <bool IS_BF16> DEVICE void mma(float* c, u32 a0, u32 a1, u32 a2, u32 a3, u32 b0, u32 b1) {
    if (IS_BF16)
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
    else
        asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                     "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                     : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                     : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

// 8 columns of weight, in one word (int4) or two (int8), to four pairs of exact 16-bit floats, and 8 columns of x to
// pairs of the same columns: (0,4) (1,5) (2,6) (3,7) for int4, whose nibbles 16 bits apart unpack together, and
// (0,1) (2,3) (4,5) (6,7) for int8.
template <int BITS, bool IS_BF16> struct Operands;

template <bool IS_BF16> struct Operands<4, IS_BF16> {
    enum { WORDS = 1 };
    DEVICE void weight(u32 w, u32, u32* pair) {
        // A half with bits 0x6400 | u is 1024 + u, a bfloat16 with bits 0x4300 | u is 128 + u; XOR 8 makes u = q + 8.
        const u32 shifted[4] = { w >> 4, w, w >> 12, w >> 8 };
        #pragma unroll
        for (int i = 0; i < 4; i++)
            pair[i] = IS_BF16 ? bfloat162_add(and_xor(shifted[i], 0x000f000fu, 0x43084308u), 0xc308c308u)    // - 136
                              : half2_subtract(and_xor(shifted[i], 0x000f000fu, 0x64086408u), 0x64086408u);  // - 1032
    }
    DEVICE void activation(Vec4 x, u32* pair) {
        pair[0] = pick_bytes(x.x, x.z, 0x5410);
        pair[1] = pick_bytes(x.x, x.z, 0x7632);
        pair[2] = pick_bytes(x.y, x.w, 0x5410);
        pair[3] = pick_bytes(x.y, x.w, 0x7632);
    }
};

template <bool IS_BF16> struct Operands<8, IS_BF16> {
    enum { WORDS = 2 };
    DEVICE void weight(u32 w0, u32 w1, u32* pair) {
        #pragma unroll
        for (int i = 0; i < 4; i++) {
            const u32 biased = (i < 2 ? w0 : w1) ^ 0x80808080u;  // q + 128
            const int byte = 2 * (i & 1);
            if (IS_BF16) {
                // 8 bits do not fit beside a bfloat16's leading one: by way of fp32, whose upper half is exact here.
                const float a = pick_bytes_float(biased, 0x4b000000u, 0x7540u + byte) - (8388608.f + 128);
                const float b = pick_bytes_float(biased, 0x4b000000u, 0x7541u + byte) - (8388608.f + 128);
                pair[i] = pick_bytes(__float_as_uint(a), __float_as_uint(b), 0x7632);
            } else {
                const u32 bits = pick_bytes(biased, 0x64646464u, i & 1 ? 0x4342u : 0x4140u);
                pair[i] = half2_subtract(bits, 0x64806480u);  // - 1152
            }
        }
    }
    DEVICE void activation(Vec4 x, u32* pair) {
        pair[0] = x.x;
        pair[1] = x.y;
        pair[2] = x.z;
        pair[3] = x.w;
    }
};

DEVICE u32 word(Vec4 v, int i) { return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w; }

// Adds up in shared memory what the block's warps have summed, and writes y. (`partial` is declared in the kernel: as
// a variable of this function it would be one for several kernels, and stand outside of them in the PTX.)
template <int TOKEN_TILES, int ROW_TILES, int TOKENS, int ROWS>
DEVICE void store_sums(const float (&sum)[TOKEN_TILES][ROW_TILES][4], float (&partial)[WARPS][TOKENS][ROWS],
                       int token0, int row0, const void* scale, const void* bias, void* y, int m, int n, int dtypes) {
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3;
    #pragma unroll
    for (int j = 0; j < TOKEN_TILES; j++)
        #pragma unroll
        for (int r = 0; r < ROW_TILES; r++)
            #pragma unroll
            for (int i = 0; i < 4; i++)
                partial[warp][8 * j + 2 * t + (i & 1)][16 * r + g + 8 * (i >> 1)] = sum[j][r][i];
    __syncthreads();
    #pragma unroll 1
    for (int i = threadIdx.x; i < TOKENS * ROWS; i += THREADS) {
        const int token = i / ROWS, row = i % ROWS;
        float total = 0.f;
        #pragma unroll
        for (int w = 0; w < WARPS; w++) total += partial[w][token][row];
        if (token0 + token < m && row0 + row < n)
            store_output(y, token0 + token, row0 + row, n, total, scale, bias, dtypes);
    }
}

// Grid (ceil(m / TOKENS) * ceil(n / ROWS)), block 256; k a multiple of 32 (int4) or 16 (int8), pointers aligned to 16
// bytes. The block's warps split k and add up in shared memory. Blocks with the same weights are neighbours, so that
// only the first reads them from DRAM.
template <int BITS, bool IS_BF16, int TOKEN_TILES, int ROW_TILES>
DEVICE void matmul(const Vec4* weight, const Vec4* x, const void* scale, const void* bias, void* y,
                   int m, int n, int k, int dtypes) {
    typedef Operands<BITS, IS_BF16> Op;
    constexpr int COLUMNS = 128 / BITS;  // in the 16 bytes that a lane loads of a weight row; COLUMNS / 8 loads of x
    constexpr int TOKENS = 8 * TOKEN_TILES, ROWS = 16 * ROW_TILES;
    __shared__ float partial[WARPS][TOKENS][ROWS];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, g = lane >> 2, t = lane & 3;
    const int token_tiles = (m + TOKENS - 1) / TOKENS;
    const int row0 = blockIdx.x / token_tiles * ROWS, token0 = blockIdx.x % token_tiles * TOKENS;
    const int chunks = k / COLUMNS, steps = (chunks + 3) / 4;

    const Vec4* rows[2 * ROW_TILES];  // weight rows g, g + 8, g + 16, ...; past the end the last row, not stored
    #pragma unroll
    for (int r = 0; r < 2 * ROW_TILES; r++) rows[r] = weight + (i64)min(row0 + g + 8 * r, n - 1) * chunks;
    const Vec4* tokens[TOKEN_TILES];
    #pragma unroll
    for (int j = 0; j < TOKEN_TILES; j++)
        tokens[j] = x + (i64)min(token0 + g + 8 * j, m - 1) * (k / 8);

    float sum[TOKEN_TILES][ROW_TILES][4] = {};
    Vec4 next[2 * ROW_TILES];  // the weights of the coming step: their loads run while this step computes
    #pragma unroll
    for (int r = 0; r < 2 * ROW_TILES; r++)
        next[r] = load_stream_if(rows[r] + 4 * warp + t, 4 * warp + t < chunks);
    #pragma unroll 1
    for (int step = warp; step < steps; step += WARPS) {
        const int chunk = 4 * step + t, chunk_ahead = chunk + 4 * WARPS;
        Vec4 packed[2 * ROW_TILES];
        #pragma unroll
        for (int r = 0; r < 2 * ROW_TILES; r++) {
            packed[r] = next[r];
            next[r] = load_stream_if(rows[r] + chunk_ahead, chunk_ahead < chunks);
        }
        // Unrolled, `word` costs nothing. Many tokens a block leave instructions to spare, and the PTX stays short.
        #pragma unroll (TOKEN_TILES < 4 ? COLUMNS / 8 : 1)
        for (int p = 0; p < COLUMNS / 8; p++) {
            u32 a[2 * ROW_TILES][4];
            #pragma unroll
            for (int r = 0; r < 2 * ROW_TILES; r++)
                Op::weight(word(packed[r], p * Op::WORDS), word(packed[r], (p + 1) * Op::WORDS - 1), a[r]);
            #pragma unroll
            for (int j = 0; j < TOKEN_TILES; j++) {
                // Lanes past the end of k and tokens past the end of m bring zeros and load nothing.
                const bool wanted = chunk < chunks && token0 + g + 8 * j < m;
                u32 b[4];
                Op::activation(load_cached_if(tokens[j] + chunk * (COLUMNS / 8) + p, wanted), b);
                #pragma unroll
                for (int r = 0; r < ROW_TILES; r++) {
                    const u32 *upper = a[2 * r], *lower = a[2 * r + 1];
                    mma<IS_BF16>(sum[j][r], upper[0], lower[0], upper[1], lower[1], b[0], b[1]);
                    mma<IS_BF16>(sum[j][r], upper[2], lower[2], upper[3], lower[3], b[2], b[3]);
                }
            }
        }
    }
    store_sums(sum, partial, token0, row0, scale, bias, y, m, n, dtypes);
}

#define MATMUL(BITS, NAME, IS_BF16, TOKENS, ROWS)                                                                    \
    /* The second bound is how many blocks shall fit on an SM: it leaves just enough registers to spill none. */     \
    extern "C" __global__ void __launch_bounds__(THREADS, TOKENS == 8 ? 4 : TOKENS == 16 ? 3 : 2)                    \
    int##BITS##_##NAME##_matmul_##TOKENS(                                                                            \
        const Vec4* weight, const Vec4* x, const void* scale, const void* bias, void* y,                             \
        int m, int n, int k, int dtypes) {                                                                           \
        matmul<BITS, IS_BF16, TOKENS / 8, ROWS / 16>(weight, x, scale, bias, y, m, n, k, dtypes);                    \
    }
#define MATMULS(BITS, NAME, IS_BF16)                                                                                 \
    MATMUL(BITS, NAME, IS_BF16, 8, 16)                                                                               \
    MATMUL(BITS, NAME, IS_BF16, 16, 16)                                                                              \
    MATMUL(BITS, NAME, IS_BF16, 32, 32)
MATMULS(4, half, false)
MATMULS(4, bfloat16, true)
MATMULS(8, half, false)
MATMULS(8, bfloat16, true)
