"""What the page says, in its two languages."""

from pathlib import Path
from typing import Any, Dict

from examples.conversation import REFUSALS, Refused

LANGUAGES = {"en": "English", "zh": "中文"}

WORDS: Dict[str, Dict[str, str]] = {
    "en": {
        "title": "ChatGLM2-6B-32K",
        "demo": "This is a demonstration model of this package, with about 10 million parameters. It is not "
        "ChatGLM2-6B: it knows small talk and a little about this package. For the real one: "
        "`make web MODEL=THUDM/chatglm2-6b-32k-int4`",
        "model": "Model: `{name}`, {bits}, up to {limit:,} tokens",
        "label": "Question",
        "box": "Ask something. Enter sends, Shift+Enter starts a line",
        "upload": "+ File",
        "retry": "↻ Retry",
        "undo": "↶ Undo",
        "clear": "✕ Clear",
        "settings": "Settings",
        "max_length": "Maximum length",
        "about max_length": "tokens of the whole conversation",
        "temperature": "Temperature",
        "about temperature": "lower is more sober",
        "top_p": "Top-p",
        "about top_p": "how much of the probability is drawn from",
        "greedy": "Greedy",
        "about greedy": "always the likeliest token",
        "file": "Text file `{file}`: {tokens:,} tokens",
        "waiting": "Waiting for a turn: {others} other answers are being written",
        "starting": "One moment …",
        "reading": "Reading: {percent} % of {total:,} tokens",
        "writing": "Writing: {written:,} tokens, {rate:.1f} a second",
        "answered": "Read {read:,} tokens (of {prompt:,}, the others were in the cache), wrote {written:,}, "
        "{rate:.1f} a second",
        "file read": "The file is read: ask about it",
        "stopped": "Stopped. The conversation goes on behind this part of the answer",
        "stopped reading": "Stopped. What was read so far is kept: asking again goes on from there",
        "forgotten": "A new conversation",
        "undone": "Taken back",
    },
    "zh": {
        "title": "ChatGLM2-6B-32K",
        "demo": "这是本软件包的演示模型，约一千万参数，不是 ChatGLM2-6B：它只会闲聊，并略知本软件包。"
        "使用真正的模型：`make web MODEL=THUDM/chatglm2-6b-32k-int4`",
        "model": "模型：`{name}`，{bits}，最多 {limit:,} 个 token",
        "label": "问题",
        "box": "请提问。Shift+回车换行",
        "upload": "+ 文件",
        "retry": "↻ 重试",
        "undo": "↶ 撤回",
        "clear": "✕ 清空",
        "settings": "参数",
        "max_length": "最大长度",
        "about max_length": "整个对话的 token 数",
        "temperature": "温度",
        "about temperature": "越低越稳重",
        "top_p": "Top-p",
        "about top_p": "从多大的概率范围内抽取",
        "greedy": "贪心",
        "about greedy": "总是取最可能的 token",
        "file": "文本文件 `{file}`：{tokens:,} 个 token",
        "waiting": "排队中：另有 {others} 个回答正在生成",
        "starting": "请稍候……",
        "reading": "阅读中：{total:,} 个 token 的 {percent} %",
        "writing": "回答中：{written:,} 个 token，每秒 {rate:.1f} 个",
        "answered": "阅读 {read:,} 个 token（共 {prompt:,} 个，其余在缓存中），生成 {written:,} 个，"
        "每秒 {rate:.1f} 个",
        "file read": "文件已读完，可以提问了",
        "stopped": "已停止。对话将从这部分回答继续",
        "stopped reading": "已停止。已读的部分会保留，再次提问时接着读",
        "forgotten": "新的对话",
        "undone": "已撤回",
    },
}

# Sentences of refusals, by the names that they have in conversation.REFUSALS.
REFUSED: Dict[str, Dict[str, str]] = {
    "en": {
        **REFUSALS,
        "no room": "Not sent: with this question the conversation has {tokens:,} tokens, which leaves no room for an "
        "answer within {limit:,}. Clear begins a new one",
        "far too long": "Not sent: {size:,} characters are far more than a conversation of {limit:,} tokens holds",
        "no question": "Write a question first",
        "no answer": "There is no answer to try again",
        "busy": "An answer is being written: wait for it, or stop it",
        "full": "The queue is full: {places} answers are being written. Ask again in a moment",
    },
    "zh": {
        "no room": "未发送：加上这个问题，对话共有 {tokens:,} 个 token，"
        "在 {limit:,} 个之内没有回答的余地。“清空”可开始新的对话",
        "far too long": "未发送：{size:,} 个字符，远远超出 {limit:,} 个 token 的对话所能容纳的长度",
        "no question": "请先输入问题",
        "no answer": "没有可以重试的回答",
        "busy": "正在生成回答：请等待，或先停止",
        "full": "队列已满：正在生成 {places} 个回答，请稍后再问",
        "no file": "{file} 不是文件",
        "missing": "{file} 不存在",
        "too large": "{file} 有 {size:,} 字节，远远超出 {limit:,} 个 token 的对话所能容纳的长度",
        "not UTF-8": "{file} 不是 UTF-8 编码（第 {byte} 字节）：请先另存为 UTF-8 文本",
        "no text": "{file} 含有零字节，不是 UTF-8 文本",
        "empty": "{file} 是空的",
        "too long": "{file} 有 {tokens:,} 个 token；对话已有 {before:,} 个，合计超过 {limit:,} 个的上限",
    },
}


def say(language: str, name: str, **values: Any) -> str:
    return WORDS[language][name].format(**values)


def refusal(language: str, error: BaseException) -> str:
    """What a user is told of an error; of a file its own name only, not the folder where the server has it."""
    if not isinstance(error, Refused):
        return str(error) or type(error).__name__
    values = {key: Path(value).name if key == "file" else value for key, value in error.values.items()}
    return REFUSED[language][error.reason].format(**values)


def language_of(accepted: str) -> str:
    """The language of a browser's Accept-Language: the first that the page speaks."""
    for part in accepted.lower().split(","):
        if part.strip()[:2] in LANGUAGES:
            return part.strip()[:2]
    return "en"
