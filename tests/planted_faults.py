"""Faults for the Python side of the package, each of which the suite must tell from a right model.

    python -m tests.planted_faults              plants all of them, prints a table in Markdown
    python -m tests.planted_faults NAME ...     these alone

A fault is one replacement in one file. It counts as caught only if, in a copy of the repository without `../shared`,
the faulty package imports and gives finite logits, and an ordinary test of the suite fails in a comparison of numbers,
ids or texts; any other exception does not count. The unchanged package passes all selected tests in the same run.
"""

import sys
from typing import Tuple

from tests.fault_runner import Fault, main
from tests.planted_controls import CONTROLS

# Selections. Both sides of a width are covered: narrow models run in torch, wide ones in compiled kernels.
GOLDEN = "test_golden_model.py::test_single_sequence[{}]"
A, B, C, D = (GOLDEN.format(name) for name in ("A_fp32", "B_mha", "C_ln_bias_postln", "D_prefix"))
Q4 = GOLDEN.format("Q_int4")
ONE_PASS = "test_reference.py::test_one_pass_agrees_with_the_reference"
STEPS = "test_reference.py::test_slices_and_steps_agree_with_the_reference"
CACHES = "test_reference.py::test_static_and_int8_caches_agree_with_the_reference"
GRADIENTS = "test_reference.py::test_gradients_agree_with_the_reference"
EVERY_LAYER = "test_reference.py::test_kernels_serve_every_layer_of_a_large_model[{}-1]"
WIDE, WIDE_4 = (EVERY_LAYER.format(bits) for bits in (0, 4))
NATIVE = "test_cpu_steps.py::test_bits_are_those_of_the_modules"
PADDED = "test_cpu_steps.py::test_bits_of_padded_rows"
TRAINED = "test_reference.py::test_what_is_trained_over_wide_layers_gets_its_gradients"
CACHE_OPERATIONS = "test_cache.py::test_any_sequence_of_operations"
BRANCHES = "test_cache_reuse.py::test_branches_of_a_tree_do_not_disturb_each_other"
KEPT = "test_cache_reuse.py::test_the_cache_that_chat_keeps_holds_the_tokens_that_it_names"
SECOND_ROUND = "test_cache_reuse.py::test_a_second_round_may_be_padded_where_the_first_was_not"
TOOLS = "test_chatglm3.py::test_tools_are_written_in_letters_of_their_own_language"

MODEL, ATTENTION, CACHE = "modeling_chatglm.py", "attention_chatglm.py", "cache_chatglm.py"
LAYERS, CPU_STEPS = "layers_chatglm.py", "cpu_steps.py"
GENERATION, SAMPLING, FILES = "generation_chatglm.py", "sampling_chatglm.py", "cache_files.py"
QUANTIZATION, LOADING = "quantization.py", "pretrained_chatglm.py"
CONFIGURATION, TOKENIZER = "configuration_chatglm.py", "tokenization_chatglm.py"
CPU, CPU_LIBRARY = "cpu_kernels.py", "cpu_library.py"

FAULTS: Tuple[Fault, ...] = (
    # ------------------------------------------------------------------------------------------ positions and norms
    Fault(
        "interpolation removed",
        LAYERS,
        "angles = (positions / ratio)[..., None]",
        "angles = positions[..., None]",
        "a 32K model sees every token 16 times too far away and answers nonsense",
        (A,),
    ),
    Fault(
        "rotary base halved",
        LAYERS,
        "base, ratio = 10000.0, config.rope_ratio",
        "base, ratio = 5000.0, config.rope_ratio",
        "distances between tokens are misjudged: worse answers, more so in long texts",
        (C,),
    ),
    Fault(
        "halves of the channels paired",
        LAYERS,
        "x[..., :width].float().unflatten(-1, (-1, 2))",
        "x[..., :width].float().unflatten(-1, (2, -1)).transpose(-1, -2).contiguous()",
        "the pairs that rotate are LLaMA's: nonsense",
        (B,),
    ),
    Fault(
        "epsilon of the RMS norm fixed",
        LAYERS,
        "wide.square().mean(-1, keepdim=True) + self.eps",
        "wide.square().mean(-1, keepdim=True) + 1e-6",
        "layernorm_epsilon of the configuration is ignored: all logits are slightly off",
        (ONE_PASS,),
    ),
    Fault(
        "epsilon of the layer norm fixed",
        LAYERS,
        "weight, bias, self.eps).to(x.dtype)",
        "weight, bias, 1e-6).to(x.dtype)",
        "the same for models with rmsnorm false",
        (ONE_PASS,),
    ),
    Fault(
        "final norm left out",
        MODEL,
        "if config.fp32_residual_connection else norm(hidden)",
        "if config.fp32_residual_connection else hidden",
        "logits of another size: sampling is far too wild or too tame",
        (A,),
    ),
    # ------------------------------------------------------------------------------------------------------- blocks
    Fault(
        "gate and up swapped",
        LAYERS,
        "gate, up = gate_and_up.chunk(2, dim=-1)",
        "up, gate = gate_and_up.chunk(2, dim=-1)",
        "nonsense on every machine without a compiler",
        (A,),
    ),
    Fault(
        "residual taken after the norm",
        LAYERS,
        "x = self.add_residual(normed if self.residual_after_norm else x, out)",
        "x = self.add_residual(normed, out)",
        "nonsense from all published models",
        (A,),
    ),
    Fault(
        "heads of models without multi-query read as three blocks",
        LAYERS,
        "query, key, value = qkv.view(b, s, self.num_heads, 3 * self.head_dim).split(self.head_dim, -1)",
        "query, key, value = qkv.view(b, s, 3, self.num_heads, self.head_dim).unbind(2)",
        "nonsense from models without multi-query attention",
        (B,),
    ),
    Fault(
        "fp32 residual lost",
        MODEL,
        "return x.float() if self.config.fp32_residual_connection else x",
        "return x",
        "fp32_residual_connection does nothing: 16-bit sums lose digits, layer after layer",
        ("test_reference.py::test_a_residual_stream_in_fp32_keeps_what_16_bits_would_lose",),
    ),
    Fault(
        "embeddings rounded",
        MODEL,
        "x = tokens if tokens.is_floating_point() else self.embedding.word_embeddings(tokens)",
        "x = tokens if tokens.is_floating_point() else self.embedding.word_embeddings(tokens).bfloat16().float()",
        "a float32 model computes with 8 bits of each embedding",
        (ONE_PASS,),
    ),
    Fault(
        "slices not continued",
        MODEL,
        "rotary_cos_sin(call.position_ids[:, start : start + size], self.config)",
        "rotary_cos_sin(call.position_ids[:, : x.shape[1]], self.config)",
        "every 1,024 tokens of a long prompt start at position 0 again",
        (STEPS,),
    ),
    Fault(
        "first position handed out for the last",
        MODEL,
        "hidden = call.last_hidden[:, -1:] if call.last_token_only",
        "hidden = call.last_hidden[:, :1] if call.last_token_only",
        "an answer follows the first token of the prompt",
        (A,),
    ),
    # ----------------------------------------------------------------------------------------------- prefix and heads
    Fault(
        "prefix dropped",
        MODEL,
        "prompt = self.prefix_encoder(ids.expand(batch_size, -1))",
        "prompt = torch.zeros_like(self.prefix_encoder(ids.expand(batch_size, -1)))",
        "P-Tuning has no effect",
        (D,),
    ),
    Fault(
        "keys and values of the prefix swapped",
        MODEL,
        "return list(zip(layers[0::2], layers[1::2]))",
        "return list(zip(layers[1::2], layers[0::2]))",
        "a prefix that was trained elsewhere steers to somewhere else",
        (D,),
    ),
    Fault(
        "positions counted from the prefix",
        MODEL,
        "next_positions(call.attention_mask, past, b, s, device)",
        "next_positions(call.attention_mask, past + (self.config.pre_seq_len or 0), b, s, device)",
        "with a prefix, every token stands pre_seq_len positions too far",
        (D,),
    ),
    Fault(
        "one layer's prefix for all while training",
        LAYERS,
        "for part in context.prefix[self.layer]]",
        "for part in context.prefix[0]]",
        "P-Tuning trains the first layer's prefix alone",
        (GRADIENTS,),
    ),
    Fault(
        "labels not shifted",
        MODEL,
        "shift_labels = F.pad(labels[:, 1:], (0, 1), value=-100)",
        "shift_labels = labels",
        "fine-tuning teaches to repeat the token that was just read",
        ("test_golden_model.py::test_loss_and_gradients[A_fp32]",),
    ),
    Fault(
        "ignored labels trained",
        MODEL,
        "labels.to(scores.device).flatten()",
        "labels.clamp(min=0).to(scores.device).flatten()",
        "fine-tuning learns to answer with padding",
        (GRADIENTS,),
    ),
    Fault(
        "classifier reads the last position",
        MODEL,
        "return torch.where(last < 0, length - 1, last).to(hidden.device)",
        "return torch.full_like(last, length - 1).to(hidden.device)",
        "texts padded on the right are classified by their padding",
        ("test_model.py::test_classification_pools_the_last_real_token",),
    ),
    # ---------------------------------------------------------------------------------------------------- attention
    Fault(
        "query heads dealt out to groups one by one, in a step",
        ATTENTION,
        "query = query.view(b, g, h // g, d)",
        "query = query.view(b, h // g, g, d).transpose(1, 2)",
        "the first token of an answer is right, the others are nonsense",
        (STEPS,),
    ),
    Fault(
        "query heads dealt out to groups one by one, in a prompt",
        ATTENTION,
        "zip(query.split(h // g, 2), key.split(1, 2), value.split(1, 2))",
        "zip([query[:, :, i::g] for i in range(g)], key.split(1, 2), value.split(1, 2))",
        "nonsense on every machine without a compiler",
        (ONE_PASS,),
    ),
    Fault(
        "query heads dealt out to groups one by one, with weights",
        ATTENTION,
        "x.repeat_interleave(h // g, dim=2) for x in (key, value)",
        "x.repeat(1, 1, h // g, 1) for x in (key, value)",
        "output_attentions=True changes the answer and shows other weights",
        ("test_model.py::test_attention_weights_are_those_of_the_fused_path",),
    ),
    Fault(
        "attention not scaled",
        ATTENTION,
        "            causal,\n        )",
        "            causal,\n            scale=1.0,\n        )",
        "attention picks single tokens: nonsense on every machine without a compiler",
        (ONE_PASS,),
    ),
    Fault(
        "causal from the first key",
        ATTENTION,
        "causal = True if mask is None and s == t else False",
        "causal = True if mask is None else False",
        "several tokens behind a cache, as in assisted generation, see only its beginning",
        (STEPS,),
    ),
    Fault(
        "scale of the queries in the compiled kernel",
        CPU,
        "channels**-0.5",
        "1.0 / channels",
        "attention is nearly even over all tokens: nonsense",
        (ONE_PASS,),
        native=True,
    ),
    # ------------------------------------------------------------------------------------------------------- systems
    Fault(
        "a folder whose name begins like that of the profile",
        CPU_LIBRARY,
        "PureWindowsPath(profile) in (place, *place.parents)",
        "folder.startswith(profile)",
        "on Windows, code is loaded that another user may have put there",
        ("test_systems.py::test_code_is_kept_in_the_profile_of_the_user_alone",),
    ),
    # -------------------------------------------------------------------------------------------- masks and positions
    Fault(
        "mask off by one",
        CACHE,
        "causal = keys <= keys[total - new_tokens :, None]",
        "causal = keys <= keys[total - new_tokens :, None] + 1",
        "tokens of a padded batch see the one that they should predict",
        (ONE_PASS,),
    ),
    Fault(
        "padding seen",
        CACHE,
        "visible = causal & attention_mask[:, None, :].bool()",
        "visible = causal.expand(len(attention_mask), -1, -1)",
        "a text answers otherwise in a batch than alone",
        (ONE_PASS,),
    ),
    Fault(
        "padding counted in positions",
        CACHE,
        "return (attention_mask.long().cumsum(-1) - 1)",
        "return (torch.ones_like(attention_mask).long().cumsum(-1) - 1)",
        "positions of a padded text start somewhere: with a 16-bit table or P-Tuning it answers otherwise",
        ("test_golden_model.py::test_last_hidden_states_of_a_left_padded_batch[D_prefix]",),
    ),
    Fault(
        "position off by one after the cache",
        CACHE,
        "return torch.arange(past, past + new_tokens, device=device)",
        "return torch.arange(past + (past > 0), past + (past > 0) + new_tokens, device=device)",
        "a gap between prompt and answer",
        ("test_golden_model.py::test_steps_on_a_cache[A_fp32]",),
    ),
    Fault(
        "static step one position further",
        CACHE,
        "return self.position - first, visible",
        "return self.position - first + 1, visible",
        "static_decode answers otherwise than the growing cache",
        (CACHES,),
    ),
    Fault(
        "static step does not see itself",
        CACHE,
        "& (keys <= self.position)",
        "& (keys < self.position)",
        "static_decode overlooks the token that it has just chosen",
        (CACHES,),
    ),
    Fault(
        "first real token hidden in the compiled kernel",
        CPU,
        "starts = None if starts is None else starts.to(torch.int64).contiguous()",
        "starts = None if starts is None else starts.to(torch.int64) + 1",
        "answers of a padded batch do not see the beginning of their prompts",
        ("test_golden_model.py::test_steps_of_a_padded_batch[A_fp32]",),
        native=True,
    ),
    # -------------------------------------------------------------------------------------------------------- caches
    Fault(
        "rows of the cache mixed up",
        CACHE,
        "filled.index_select(0, beam_idx.to(filled.device))",
        "filled.index_select(0, beam_idx.sort().values.to(filled.device))",
        "beams continue each other's texts",
        ("test_golden_model.py::test_reordered_cache[A_fp32]", CACHE_OPERATIONS),
    ),
    Fault(
        "rows repeated in turns",
        CACHE,
        "filled.repeat_interleave(repeats, dim=0)",
        "filled.repeat(repeats, *[1] * (filled.dim() - 1))",
        "several answers to a batch mix up the prompts",
        (CACHE_OPERATIONS,),
    ),
    Fault(
        "crop off by one",
        CACHE,
        "max_length = max(0, self.length + max_length)",
        "max_length = max(0, self.length + max_length + 1)",
        "one rejected token of assisted generation stays in the cache",
        (BRANCHES,),
    ),
    Fault(
        "snapshot written over",
        CACHE,
        "taken = self._written[0] != self.length",
        "taken = False",
        "an answer that is generated anew reads what the first one left",
        (CACHE_OPERATIONS,),
    ),
    Fault(
        "chat keeps one token too many",
        CACHE,
        "self.truncate(self.prefix_length + shared if shared else 0)",
        "self.truncate(self.prefix_length + shared + 1 if shared else 0)",
        "a cache kept between chats keeps the first token in which the prompts differ",
        (KEPT,),
    ),
    Fault(
        "values of an int8 cache scaled as keys",
        CACHE,
        "value * value_scale[..., None].to(dtype)",
        "value * key_scale[..., None].to(dtype)",
        "kv_cache_dtype int8 gives nonsense on every machine without a compiler",
        (CACHES,),
    ),
    Fault(
        "int8 cache cut to 7 bits",
        CACHE,
        "quotient.round().clamp(-127, 127)",
        "quotient.round().clamp(-63, 63)",
        "the largest channels of every head are halved in an int8 cache",
        (CACHES,),
    ),
    Fault(
        "scales of an int8 cache swapped for the compiled kernel",
        CPU,
        "TYPES[key_scale.dtype], key_scale.data_ptr(), value_scale.data_ptr()",
        "TYPES[key_scale.dtype], value_scale.data_ptr(), key_scale.data_ptr()",
        "kv_cache_dtype int8 gives nonsense",
        (CACHES,),
        native=True,
    ),
    # -------------------------------------------------------------------------------------------- streams and chats
    Fault(
        "a stream's own generator",
        SAMPLING,
        "return torch.multinomial(scores.softmax(-1), 1, generator=generator)",
        "return torch.multinomial(scores.softmax(-1), 1)",
        "a stream with a seed of its own draws what others' draws leave it",
        ("test_streams.py::test_a_generator_of_its_own_gives_a_stream_its_seed",),
    ),
    Fault(
        "log-probabilities after settings",
        GENERATION,
        "else scores.log_softmax(-1)  # by",
        "else process(ids[:, :length], scores).log_softmax(-1)  # by",
        "log-probabilities of a stream are those that temperature and top_p leave",
        ("test_streams.py::test_logprobs_are_those_of_the_models_scores_whatever_is_made_of_them",),
    ),
    Fault(
        "stop token ignored",
        GENERATION,
        "finished |= torch.isin(next_ids[:, 0], eos)",
        "finished |= torch.zeros_like(finished)",
        "a streamed answer goes on behind its end until the limit",
        ("test_streams.py::test_a_generation_config_is_completed_as_generate_completes_it",),
    ),
    Fault(
        "own tokens masked",
        SAMPLING,
        "mask = F.pad(mask, (0, total - mask.shape[1]), value=1)",
        "mask = F.pad(mask, (0, total - mask.shape[1]), value=0)",
        "a streamed padded batch does not see what it has said",
        ("test_golden_generation.py::test_streams",),
    ),
    Fault(
        "stream stays at one position",
        SAMPLING,
        "positions = positions[:, -1:] + steps",
        "positions = positions[:, -1:] + 0 * steps",
        "every token of a streamed answer stands at the prompt's last position",
        ("test_golden_generation.py::test_streams",),
    ),
    Fault(
        "wrong guesses stay in the cache",
        SAMPLING,
        "self.cache.take_back(self.guessed.shape[1])",
        "pass",
        "with prompt lookup, an answer is read with tokens in it that were never said",
        ("test_prompt_lookup.py::test_every_cache_that_a_stream_gives_is_that_of_a_stream_without",),
    ),
    Fault(
        "guesses handed out with a cache",
        SAMPLING,
        "held.truncate(held.prefix_length + self.cached + self.read)",
        "pass",
        "the next round of a stream with prompt lookup reads on behind tokens that nobody said yet",
        ("test_prompt_lookup.py::test_every_cache_that_a_stream_gives_is_that_of_a_stream_without",),
    ),
    Fault(
        "top_k of old releases forgotten",
        GENERATION,
        "DEFAULT_TOP_K = 50",
        "DEFAULT_TOP_K = 5",
        "a stream samples from other tokens than generate()",
        ("test_golden_generation.py::test_streams", "test_chat.py::test_a_stream_ends_in_the_answer_of_chat"),
    ),
    Fault(
        "warpers in front of custom processors",
        SAMPLING,
        "    add(PROCESSORS)\n",
        '    add(PROCESSORS)\n    if settings.get("do_sample"):\n        add(WARPERS)\n',
        "in streams alone, a caller's processor gets scores that top_k and top_p have already cut",
        ("test_sampling.py::test_a_callers_processor_comes_before_tokens_are_cut",),
    ),
    Fault(
        "warpers in the other order",
        SAMPLING,
        "        add(WARPERS)\n",
        "        add(WARPERS[::-1])\n",
        "a stream samples from other tokens than generate(): top_p counts before the temperature",
        ("test_streams.py::test_a_stream_makes_the_processors_of_generate_in_its_order",),
    ),
    Fault(
        "history cut to its last round",
        GENERATION,
        "tokenizer.build_prompt(query, history or [])",
        "tokenizer.build_prompt(query, (history or [])[-1:])",
        "a chat forgets all but the last round",
        ("test_chat.py::test_inputs_of_a_conversation_hold_every_round",),
    ),
    Fault(
        "rounds on a cache numbered from zero",
        GENERATION,
        'prompt = f"\\n\\n[Round {len(history) + 1}]',
        'prompt = f"\\n\\n[Round {len(history)}]',
        "the model reads the number of the last round twice",
        ("test_chat.py::test_inputs_behind_a_cache_hold_the_next_round_alone",),
    ),
    Fault(
        "history returned without its past",
        GENERATION,
        "return response, [*(history or []), (query, response)]",
        "return response, [(query, response)]",
        "a chat that hands the history on forgets everything",
        ("test_chat.py::test_rounds_may_be_tuples_or_lists_and_stay_the_callers",),
    ),
    Fault(
        "temperature of a chat dropped",
        GENERATION,
        "settings.update(top_p=top_p, temperature=temperature)",
        "settings.update(top_p=top_p)",
        "chat() samples as if temperature had not been given",
        ("test_sampling.py::test_temperature_and_top_p_of_a_chat_count",),
    ),
    Fault(
        "half a character shown",
        GENERATION,
        'if response and not response.endswith("\\ufffd"):',
        "if response:",
        "replacement characters flicker in a streamed answer",
        ("test_chat.py::test_a_stream_yields_nothing_while_a_character_is_incomplete",),
    ),
    Fault(
        "another token when scores break",
        SAMPLING,
        "scores[..., 5] = 5e4",
        "scores[..., 0] = 5e4",
        "after an overflow an answer goes on with padding",
        ("test_golden_numerics.py::test_score_guard",),
    ),
    # -------------------------------------------------------------------------------------------------- quantization
    Fault(
        "nibbles swapped",
        QUANTIZATION,
        "torch.stack((packed >> 4, (packed << 4) >> 4), dim=-1)",
        "torch.stack(((packed << 4) >> 4, packed >> 4), dim=-1)",
        "nonsense from INT4 checkpoints",
        (Q4,),
    ),
    Fault(
        "nibbles packed in the other order",
        QUANTIZATION,
        "(values[..., 0::2] << 4) | (values[..., 1::2] & 0x0F)",
        "(values[..., 1::2] << 4) | (values[..., 0::2] & 0x0F)",
        "quantize(4) writes checkpoints that the published package reads as nonsense",
        ("test_golden_numerics.py::test_quantize_is_bit_exact[float32-4]",),
    ),
    Fault(
        "halves rounded away from zero",
        QUANTIZATION,
        "return (wide / divisor).to(rows.dtype).to(wide.dtype).round()",
        "quotient = (wide / divisor).to(rows.dtype).to(wide.dtype)\n"
        "        return quotient.sign() * (quotient.abs() + 0.5).floor()",
        "quantize() gives other integers than the published checkpoints hold",
        ("test_reference.py::test_quantizing_gives_the_integers_and_values_of_the_reference",),
    ),
    Fault(
        "scale of the first rows for all rows",
        QUANTIZATION,
        "block = dequantize_weight(weight[rows], scale[rows], bits, compute_dtype)",
        "block = dequantize_weight(weight[rows], scale[: len(weight[rows])], bits, compute_dtype)",
        "rows beyond the 512th of a quantized layer are scaled wrongly on every machine without a compiler",
        (TRAINED,),
    ),
    Fault(
        "bias of quantized layers dropped",
        QUANTIZATION,
        "out[:, rows] = product if bias is None else product.add_(bias[rows].to(compute_dtype))",
        "out[:, rows] = product",
        "nonsense from quantized models on every machine without a compiler",
        (Q4,),
    ),
    Fault(
        "gradient without the scale",
        QUANTIZATION,
        "dequantize_weight(weight[block], scale[block], ctx.bits, dtype)",
        "dequantize_weight(weight[block], torch.ones_like(scale[block]), ctx.bits, dtype)",
        "LoRA over quantized layers follows exploding gradients",
        ("test_golden_numerics.py::test_quantized_linear_and_its_gradient",),
    ),
    Fault(
        "trained bias of a float layer overlooked",
        QUANTIZATION,
        "any(tensor.requires_grad for tensor in tensors)",
        "(x.requires_grad or weight.requires_grad)",
        "LoRA with bias='all': the bias of the first layer is never trained",
        (TRAINED,),
        native=True,
    ),
    Fault(
        "scales always searched",
        LOADING,
        "quantize_children(parent, bits, empty_init, device, search_scale)",
        "quantize_children(parent, bits, empty_init, device, True)",
        "quantize(4) gives other weights than the published checkpoint",
        ("test_golden_numerics.py::test_quantizing_a_model_gives_the_published_tensors",),
    ),
    # ------------------------------------------------------------------------------------- calls of compiled kernels
    Fault(
        "epsilon not handed to the compiled norm",
        CPU,
        "*at, eps, y.data_ptr()",
        "*at, 0.0, y.data_ptr()",
        "all logits of a model of usual width are slightly off",
        (TRAINED,),
        native=True,
    ),
    Fault(
        "gate and up swapped for the compiled kernel",
        CPU,
        "x, k = x.contiguous(), x.shape[-1] // 2",
        "x, k = torch.cat(x.chunk(2, dim=-1)[::-1], dim=-1), x.shape[-1] // 2",
        "nonsense from every model of usual width",
        (WIDE,),
        native=True,
    ),
    Fault(
        "cosine and sine swapped for the compiled kernel",
        CPU,
        "cos, sin = cos.float().contiguous(), sin.float().contiguous()",
        "sin, cos = cos.float().contiguous(), sin.float().contiguous()",
        "nonsense from every model of usual width",
        (WIDE,),
        native=True,
    ),
    Fault(
        "bias of compiled quantized layers dropped",
        CPU,
        "factors = (scale_at, scale_type, bias_at, bias_type)",
        "factors = (scale_at, scale_type, 0, 0)",
        "nonsense from every published model",
        (WIDE_4,),
        native=True,
    ),
    Fault(
        "bias of compiled float layers dropped",
        CPU,
        "*at, bias_at, bias_type, y.data_ptr()",
        "*at, 0, 0, y.data_ptr()",
        "the first token of an answer is right, the others are nonsense",
        (WIDE,),
        native=True,
    ),
    Fault(
        "cosine and sine swapped in native steps",
        CPU_STEPS,
        "angles = (cos.data_ptr(), sin.data_ptr(), ",
        "angles = (sin.data_ptr(), cos.data_ptr(), ",
        "the first token of an answer is right, the others are nonsense",
        (NATIVE,),
        native=True,
    ),
    Fault(
        "padding seen by native steps",
        CPU_STEPS,
        "0 if starts is None else starts.data_ptr())",
        "0)",
        "in a batch, the shorter prompts are answered wrong",
        (PADDED,),
        native=True,
    ),
    Fault(
        "bias dropped by native steps",
        CPU_STEPS,
        "vectors = [layer.weight_scale] + ([] if layer.bias is None else [layer.bias])",
        "vectors = [layer.weight_scale]",
        "the first token of an answer is right, the others are nonsense",
        (NATIVE,),
        native=True,
    ),
    # ---------------------------------------------------------------------------------- configuration and tokenizer
    Fault(
        "default epsilon changed",
        CONFIGURATION,
        "layernorm_epsilon: float = 1e-5,",
        "layernorm_epsilon: float = 1e-6,",
        "a configuration without the key gets LLaMA's epsilon",
        ("test_golden_numerics.py::test_configuration_defaults",),
    ),
    Fault(
        "switch of the residual ignored",
        CONFIGURATION,
        "self.apply_residual_connection_post_layernorm = apply_residual_connection_post_layernorm",
        "self.apply_residual_connection_post_layernorm = False",
        "nonsense from models that set it",
        (C,),
    ),
    Fault(
        "padding on the right",
        TOKENIZER,
        'padding + real if side == "left" else real + padding',
        'padding + real if side == "right" else real + padding',
        "the shorter prompts of a batch are continued behind their padding",
        ("test_chat.py::test_a_batch_of_prompts_gives_each_ones_answer",),
    ),
    Fault(
        "positions of a batch counted from one",
        TOKENIZER,
        "[(count - 1) * real for count, real in zip(accumulate(mask), mask)]",
        "[count * real for count, real in zip(accumulate(mask), mask)]",
        "every token of a tokenized text stands one position too far",
        ("test_chat.py::test_inputs_of_a_conversation_hold_every_round",),
    ),
    Fault(
        "[MASK] for [gMASK]",
        TOKENIZER,
        'return [self.get_command("[gMASK]"), self.get_command("sop")]',
        'return [self.get_command("[MASK]"), self.get_command("sop")]',
        "every prompt starts with the wrong token: worse answers",
        ("test_chat.py::test_prompts_as_a_hand_would_write_them",),
    ),
    Fault(
        "rounds numbered from zero",
        TOKENIZER,
        "enumerate(history or (), start=1)",
        "enumerate(history or (), start=0)",
        "a prompt that the model was not trained on: worse answers",
        ("test_chat.py::test_prompts_as_a_hand_would_write_them",),
    ),
    # ----------------------------------------------------------------- chosen by somebody who had not read the tests
    Fault(
        "float-2d-mask-hides-trained-prefix",
        MODEL,
        "            visible = 0.0 if attention_mask.is_floating_point() and attention_mask.dim() == 4 else 1\n",
        "            visible = 0.0 if attention_mask.is_floating_point() else 1\n",
        "Model with pre_seq_len (P-Tuning v2) called with a 2-D mask of floats, e.g. torch.ones(ids.shape): "
        "the columns of the trained prefix are padded with 0 = padding instead of 1 = real, so no token "
        "attends to the prefix and the tuned model answers as if it were not tuned (training with such a mask"
        " does not train the prefix either). Integer and bool masks, no mask, 4-D additive masks and models "
        "without prefix are all right.",
        (ONE_PASS,),
        blind=True,
    ),
    Fault(
        "copied-snapshot-keeps-shared-write-counter",
        CACHE,
        "        self._written, self._shared = [self.length], False\n",
        "        self._written[0], self._shared = self.length, False\n",
        "A snapshot that had to copy itself (copy on write) goes on counting its tokens in the list that the "
        "others still share. A branch whose own length happens to equal that count then believes it is the "
        "last writer and writes in place over a longer sibling's tokens. Tree search / regeneration with "
        "steps of a fixed number of tokens: base -> a -> a2, then base -> b (copies), then a -> a3 overwrites"
        " the end of a2; a2 afterwards gives wrong logits.",
        (BRANCHES,),
        blind=True,
    ),
    Fault(
        "cache-stays-flagged-unpadded-after-generate",
        GENERATION,
        # As chosen, it took the whole `try ... finally` away; the same in today's text.
        "            finally:\n                past.unpadded = False\n",
        "            finally:\n                pass\n",
        "The cache that generate(return_dict_in_generate=True) made for an unpadded batch keeps the promise "
        "'mask is all ones'. When the caller goes on with it and a mask that has zeros (second round of a "
        "batch, the new questions padded to one length; or a masked-out passage), the mask is ignored "
        "silently: padding is attended to and counted as positions. First rounds, unpadded second rounds and "
        "caches made by the caller are right.",
        (SECOND_ROUND,),
        blind=True,
    ),
    Fault(
        "trained-bias-of-first-quantized-layer-gets-no-gradient",
        QUANTIZATION,
        "    if torch.is_grad_enabled() and (x.requires_grad or (bias is not None and bias.requires_grad)):\n",
        "    if torch.is_grad_enabled() and x.requires_grad:\n",
        "LoRA with bias='all' or 'lora_only' over a quantized model (or any trained bias whose input asks for"
        " no gradient): query_key_value of layer 0 sits behind a frozen embedding, so from SMALL_WEIGHT bytes"
        " on the native CPU kernel (or the CUDA one) is called outside autograd and that layer's bias "
        "silently gets no gradient (None): never trained, all later layers are, the loss still falls. Below "
        "SMALL_WEIGHT the torch path lets autograd follow the bias, so small models show nothing. (Training "
        "nothing but those biases raises in backward instead.)",
        (TRAINED,),
        blind=True,
    ),
    Fault(
        "tools-of-system-message-ascii-escaped",
        TOKENIZER,
        'json.dumps(item["tools"], indent=4, ensure_ascii=False)',
        'json.dumps(item["tools"], indent=4)',
        "ChatGLM3 build_chat_input() with tools whose descriptions are Chinese: each character becomes "
        "\\uXXXX, so the model reads other (and many more) ids than it was trained on; tool choice gets worse "
        "with nothing raised. Tools in ASCII give the same ids as before.",
        (TOOLS,),
        blind=True,
    ),
    # ----------------------------------------------------------------------------------------------- caches in files
    Fault(
        "padding of a saved static cache lost",
        FILES,
        'cache.starts = torch.tensor(about["starts"], dtype=torch.long, device=devices[-1])',
        "pass",
        "shorter rows of a batch see the padding before them, and stand at the wrong positions",
        ("test_cache_files.py::test_a_padded_batch_goes_on[None-True]",),
    ),
    Fault(
        "ids of a saved cache lost",
        FILES,
        'cache.prefix_length, cache.token_ids = about["prefix_length"], about["token_ids"]',
        'cache.prefix_length = about["prefix_length"]',
        "chat() reads the whole document again",
        ("test_cache_files.py::test_the_cache_that_chat_keeps_goes_on",),
    ),
)

if __name__ == "__main__":
    sys.exit(main(FAULTS, CONTROLS, __doc__))
