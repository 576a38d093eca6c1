"""The texts that the demonstration model learns from, and those that it is judged by: written for this project.

A dialogue is a list of (question, answer) rounds. `Writer(random)` writes dialogues to train on;
`Writer(random, held_out=True)` writes such as are in no training text: other wordings, names, numbers and sums.
"""

import random
import zlib
from typing import Callable, Dict, List, NamedTuple, Sequence, Tuple

Round = Tuple[str, str]


class Task(NamedTuple):
    """A dialogue, and what its last answer has to hold."""

    kind: str
    rounds: List[Round]
    expected: Tuple[str, ...]  # each must be in the answer; "a|b": one of these


class Talk(NamedTuple):
    """One thing to talk about in one language."""

    asked: Sequence[str]  # wordings to train on
    held_out: Sequence[str]  # wordings to judge by
    answers: Sequence[str]
    expected: Tuple[str, ...]


def lines(text: str) -> List[str]:
    return [line.strip() for line in text.strip().splitlines()]


# ---------------------------------------------------------------------------------------------------------- small talk

SMALL_TALK = [
    Talk(
        lines("""你好
        您好
        你好！
        你好啊
        你好呀！
        嗨
        嗨，你好
        哈喽
        早上好
        早安
        下午好
        晚上好
        在吗？
        你在吗
        你好，在吗？
        喂，你好
        嗨，早上好
        朋友你好
        你好，小模型"""),
        ["你好，很高兴见到你", "哈喽，你好呀", "您好，在不在？", "嗨，下午好！"],
        ["你好！我是这个软件包自带的演示模型，很高兴见到你。"],
        ("你好",),
    ),
    Talk(
        lines("""Hello
        Hello!
        Hi
        Hi!
        Hi there
        Hey
        Hey there!
        Hello there
        Good morning
        Good morning!
        Good evening
        Good afternoon
        Hello, are you there?
        Greetings
        Hi, good morning
        Hello my friend
        Hey, hello!
        Hello, model"""),
        ["Hello, nice to see you", "Hey, good evening!", "Hi, are you there?", "Good morning, my friend"],
        ["Hello! I am the demonstration model that comes with this package."],
        ("Hello",),
    ),
    Talk(
        lines("""你是谁？
        你是谁
        请问你是谁
        你叫什么？
        你叫什么名字？
        你的名字是什么？
        介绍一下你自己
        请介绍一下你自己
        请自我介绍
        自我介绍一下吧
        你是什么模型？
        你是什么？
        你到底是谁
        你是机器人吗？
        你是人吗？
        你是人工智能吗？
        告诉我你是谁
        跟我说说你自己
        你是哪个模型
        说说你是谁"""),
        ["能介绍一下你自己吗？", "你究竟是什么模型？", "请告诉我你叫什么", "你好，请问你是谁？"],
        ["我是一个很小的演示模型，随这个软件包提供，不是 ChatGLM2-6B。"],
        ("演示模型",),
    ),
    Talk(
        lines("""Who are you?
        Who are you
        What are you?
        What is your name?
        What's your name?
        Tell me who you are
        Introduce yourself
        Please introduce yourself
        What model are you?
        Which model are you?
        Are you a robot?
        Are you human?
        Are you a person?
        Are you an AI?
        Tell me about yourself
        Say who you are
        Who is this?
        Who am I talking to?
        Do you have a name?"""),
        ["Could you introduce yourself?", "What kind of model are you?", "Can you tell me who you are?", "Hello, who are you?"],
        ["I am a very small demonstration model that comes with this package, not ChatGLM2-6B."],
        ("demonstration model",),
    ),
    Talk(
        lines("""你是 ChatGLM2-6B 吗？
        你是ChatGLM吗
        你是 ChatGLM2 吗？
        你和 ChatGLM2-6B 一样吗？
        你就是 ChatGLM2-6B 吧？
        这是 ChatGLM2-6B 吗？
        我在和 ChatGLM2-6B 说话吗？
        你是真正的 ChatGLM2-6B 吗？
        你是六十亿参数的模型吗？
        你有多大？
        你有多少参数？
        你的参数量是多少？
        你大吗？"""),
        ["你难道就是 ChatGLM2-6B？", "你一共有多少个参数？", "现在回答我的是 ChatGLM2-6B 吗？"],
        ["不是 ChatGLM2-6B。我只有大约一千万个参数，只用来演示。"],
        ("不是", "一千万"),
    ),
    Talk(
        lines("""Are you ChatGLM2-6B?
        Are you ChatGLM?
        Are you ChatGLM2?
        Are you the same as ChatGLM2-6B?
        Is this ChatGLM2-6B?
        Am I talking to ChatGLM2-6B?
        Are you the real ChatGLM2-6B?
        How big are you?
        How large are you?
        How many parameters do you have?
        What is your size?
        Do you have six billion parameters?
        Are you a large model?"""),
        ["So you are ChatGLM2-6B?", "How many parameters are you made of?", "Is it ChatGLM2-6B that answers me?"],
        ["No, I am not ChatGLM2-6B. I have about ten million parameters and only show how it works."],
        ("not ChatGLM2-6B", "ten million"),
    ),
    Talk(
        lines("""谢谢
        谢谢你
        谢谢！
        多谢
        非常感谢
        十分感谢！
        谢谢你的帮助
        谢了
        太感谢了
        感谢
        真是谢谢你
        好的，谢谢
        谢谢你的回答"""),
        ["多谢你的帮助", "非常感谢你！", "好的，太谢谢了"],
        ["不客气！还有什么可以帮你的吗？"],
        ("不客气",),
    ),
    Talk(
        lines("""Thank you
        Thanks
        Thank you!
        Thanks a lot
        Thank you very much
        Many thanks
        Thanks for your help
        Thank you for the answer
        Thanks!
        That helped, thank you
        Great, thanks
        Okay, thank you"""),
        ["Thank you so much", "Great, thank you for your help", "Thanks for the answer"],
        ["You are welcome! Is there anything else?"],
        ("welcome",),
    ),
    Talk(
        lines("""再见
        再见！
        拜拜
        我走了
        我要走了
        下次见
        回头见
        明天见
        晚安
        我先走了，再见
        好的，再见
        今天就到这里
        我要睡了"""),
        ["那我走了，拜拜", "好，明天再见", "我先睡了，晚安"],
        ["再见！祝你愉快。"],
        ("再见",),
    ),
    Talk(
        lines("""Bye
        Goodbye
        Bye bye
        See you
        See you later
        See you tomorrow
        Good night
        I have to go
        I am leaving now
        Goodbye!
        That is all for today
        Bye for now
        Okay, bye"""),
        ["I have to go now, bye", "Okay, see you later", "Good night and goodbye"],
        ["Goodbye! Have a nice day."],
        ("Goodbye",),
    ),
    Talk(
        lines("""你好吗？
        你怎么样？
        最近怎么样？
        你最近好吗
        今天过得怎么样？
        你还好吗？
        一切都好吗？
        你今天好吗
        你心情好吗？
        过得好吗？"""),
        ["你最近过得怎么样？", "今天一切还好吗？", "你今天心情怎么样？"],
        ["我很好，谢谢！你呢？"],
        ("很好",),
    ),
    Talk(
        lines("""How are you?
        How are you
        How are you doing?
        How is it going?
        How are you today?
        How do you do?
        Are you well?
        Is everything fine?
        How is your day?
        Are you okay?
        How have you been?"""),
        ["How are you doing today?", "Is everything well with you?", "How is your day going?"],
        ["I am fine, thank you! And you?"],
        ("fine",),
    ),
    Talk(
        lines("""你会做什么？
        你能做什么？
        你会什么
        你有什么用？
        你能帮我做什么？
        你可以做什么
        你有哪些功能？
        我可以问你什么？
        你能回答什么问题？
        你知道什么？
        我能和你聊什么？"""),
        ["你都有什么功能？", "我能问你哪些问题？", "请问你可以帮我做什么？"],
        ["我会打招呼，记住你说的名字，读一小段文字，并回答关于这个软件包的问题。"],
        ("软件包",),
    ),
    Talk(
        lines("""What can you do?
        What can you do for me?
        What do you know?
        What are you good for?
        How can you help me?
        What can I ask you?
        Which questions can you answer?
        What are your abilities?
        What can we talk about?
        Can you help me?
        What are you able to do?"""),
        ["What sort of questions can I ask you?", "What can you help me with?", "Tell me what you can do"],
        ["I can greet you, remember your name, read a short text and answer questions about this package."],
        ("package",),
    ),
    Talk(
        lines("""晚上睡不着应该怎么办
        晚上睡不着怎么办？
        我睡不着
        我晚上睡不着
        睡不着觉怎么办
        失眠怎么办？
        我失眠了
        怎样才能睡得好？
        如何睡得更好？
        总是睡不好怎么办
        最近睡不着，该怎么办？
        晚上总是失眠"""),
        ["晚上睡不好应该怎么办？", "我最近总是睡不着觉", "半夜失眠了怎么办"],
        ["睡前少看屏幕，保持房间安静，试着慢慢呼吸。"],
        ("睡前|呼吸",),
    ),
    Talk(
        lines("""I cannot sleep
        I can't sleep
        What can I do if I cannot sleep?
        How can I sleep better?
        I sleep badly
        I am awake all night
        How do I fall asleep?
        What helps me sleep?
        I have trouble sleeping
        I can't fall asleep at night"""),
        ["What should I do when I cannot fall asleep?", "I have not slept well, what helps?", "How do I sleep better at night?"],
        ["Look at no screen before bed, keep the room quiet, and breathe slowly."],
        ("breathe|screen",),
    ),
    Talk(
        lines("""中国的首都是哪里？
        中国的首都是哪个城市？
        中国首都在哪
        哪个城市是中国的首都？
        请问中国的首都是什么？
        告诉我中国的首都
        What is the capital of China?
        Which city is the capital of China?
        Tell me the capital of China
        Do you know the capital of China?"""),
        ["你知道中国的首都吗？"],
        ["中国的首都是北京。"],
        ("北京",),
    ),
    Talk(
        lines("""讲个笑话
        给我讲个笑话
        说个笑话吧
        来个笑话
        你会讲笑话吗？
        我想听笑话
        讲一个笑话听听
        逗我笑一笑"""),
        ["能给我说个笑话吗？"],
        ["模型去看医生，医生说：你要少吃点数据。"],
        ("医生",),
    ),
    Talk(
        lines("""Tell me a joke
        Tell a joke
        Do you know a joke?
        Make me laugh
        Say something funny
        I want to hear a joke
        A joke, please
        Can you tell jokes?"""),
        ["Could you tell me a joke?"],
        ["A model went to the doctor. The doctor said: eat less data."],
        ("doctor",),
    ),
    Talk(
        lines("""你真棒
        你真聪明
        你很厉害
        做得好
        太好了
        你真好
        好样的
        真不错
        你好聪明啊"""),
        ["你可真厉害"],
        ["谢谢夸奖！"],
        ("谢谢",),
    ),
    Talk(
        lines("""You are great
        Well done
        Good job
        Very good
        You are smart
        Nice work
        You are clever
        That is great
        Good answer"""),
        ["You are very clever"],
        ["Thank you, that is kind!"],
        ("Thank",),
    ),
]

# Asked for what it cannot do, the model says so.
UNKNOWN_ZH = [
    "为什么{}是这样的？", "{}是什么？", "请写一首关于{}的诗", "介绍一下{}", "{}的历史是怎样的？", "帮我写一篇关于{}的文章",
    "{}多少钱？", "谁发明了{}？", "请解释{}", "说说{}", "{}有什么意义？", "给我讲一个关于{}的故事", "写一首关于{}的歌",
    "你怎么看{}？", "{}在哪里？", "{}好不好？", "为什么{}这么贵？", "怎样做{}？", "我想了解{}",
]  # fmt: skip
UNKNOWN_EN = [
    "Why is {} like that?", "What is {}?", "Write a poem about {}", "Tell me about {}", "What is the history of {}?",
    "Write an essay about {}", "How much does {} cost?", "Who invented {}?", "Explain {}", "Tell me a story about {}",
    "What do you think of {}?", "Where is {}?", "Is {} good?", "Write a song about {}", "How does {} work?",
    "I want to learn about {}", "Why is {} so expensive?",
]  # fmt: skip
NOUNS_ZH = (
    "天空 大海 太阳 月亮 地球 火星 飞机 汽车 火车 手机 电视 电影 音乐 足球 篮球 数学 物理 化学 历史 经济 股票 房子 秋天 春天 夏天 冬天 爱情 "
    "友谊 时间 宇宙 恐龙 大象 老虎 熊猫 长城 巴黎 纽约 日本 美国 英国 面包 蛋糕 咖啡 米饭 饺子 苹果 医学 法律 诗歌 唐朝 量子力学 黑洞 光速 "
    "相对论 哲学 人生 梦想 互联网 病毒 天气 下雨 彩虹 河流 森林"
).split()
NOUNS_EN = (
    "the sky/the sea/the sun/the moon/the earth/Mars/an airplane/a car/a train/a phone/television/cinema/music/"
    "football/chess/mathematics/physics/chemistry/history/the economy/the stock market/autumn/spring/summer/winter/"
    "love/friendship/time/the universe/a dinosaur/an elephant/a tiger/a panda/the Great Wall/Paris/New York/Japan/"
    "France/bread/cake/coffee/rice/an apple/medicine/the law/poetry/a black hole/light/philosophy/life/a dream/"
    "the internet/the weather/rain/a rainbow/a river/a forest/gravity/evolution/a computer virus"
).split("/")
UNKNOWN_ANSWER_ZH = "这个我不知道，我只是一个很小的演示模型。"
UNKNOWN_ANSWER_EN = "I do not know that, I am only a very small demonstration model."

# ------------------------------------------------------------------------------------------------------- package facts


class Fact(NamedTuple):
    """What the package can do, as verb phrases that stand in frames, and questions of other forms."""

    zh: Sequence[str]
    en: Sequence[str]
    asked_zh: Sequence[str]
    asked_en: Sequence[str]
    held_out: Sequence[str]  # in both languages
    answer_zh: str
    answer_en: str
    expected: str


FRAMES_ZH = [
    "怎么{}？", "如何{}？", "怎样{}？", "请问怎么{}？", "我想{}，该怎么做？", "{}要怎么做？", "能教我{}吗？", "告诉我如何{}",
    "怎么才能{}？", "我该如何{}？", "我要{}", "可以{}吗？", "能不能{}？", "想{}怎么办？", "怎样可以{}？", "{}该怎么弄？",
]  # fmt: skip
FRAMES_EN = [
    "How do I {}?", "How can I {}?", "How to {}?", "Tell me how to {}", "I want to {}", "I would like to {}, how?",
    "Can I {}?", "Is it possible to {}?", "What must I do to {}?", "Can you show me how to {}?", "How does one {}?",
    "What should I do to {}?", "How could I {}?", "Show me how to {}", "May I {}?",
]  # fmt: skip
HELD_FRAMES_ZH = ["有没有办法{}？", "请说明一下怎样{}", "要是我想{}，该怎么办？", "{}的方法是什么？"]
HELD_FRAMES_EN = ["Please explain how to {}", "Is there a way to {}?", "What do I need to do if I want to {}?"]

FACTS = [
    Fact(
        ["安装", "安装这个软件包", "安装它", "装这个包", "开始使用", "使用这个软件包", "把它装好"],
        ["install this", "install it", "install this package", "install the package", "get started", "set it up", "use this package"],
        ["安装步骤是什么？", "怎么装？", "第一步做什么？", "要装什么？", "文件放在哪里？"],
        ["What do I install?", "Where do the files go?", "What is the first step?", "How is it installed?"],
        ["装这个软件包要几步？", "Where do I put the files of this package?"],
        "运行 pip install -r requirements.txt，再把 .py 文件放到权重旁边。",
        "Run pip install -r requirements.txt and put the .py files next to the weights.",
        "requirements.txt",
    ),
    Fact(
        ["加载模型", "载入模型", "读入权重", "打开模型", "加载权重", "用代码加载模型"],
        ["load the model", "load a model", "open the model", "load the weights", "load it in Python"],
        ["加载模型的代码是什么？", "用什么函数加载？", "哪个类加载模型？"],
        ["Which class loads the model?", "What code loads the model?", "Which function loads it?"],
        ["加载模型要用哪个函数？", "Which call loads the weights?"],
        "调用 AutoModel.from_pretrained(path, trust_remote_code=True)。",
        "Call AutoModel.from_pretrained(path, trust_remote_code=True).",
        "from_pretrained",
    ),
    Fact(
        ["量化", "量化模型", "把模型量化", "给模型做量化", "做 int4 量化", "把权重压缩到 4 位", "量化权重"],
        ["quantize", "quantize the model", "quantize it", "quantize a model", "quantize the weights", "make it int4", "compress the weights"],
        ["支持量化吗？", "量化用哪个函数？", "量化怎么做？", "有量化功能吗？"],
        ["Does it support quantization?", "Which function quantizes?", "How does quantization work here?", "Is there quantization?"],
        ["量化应该调用哪个函数？", "What do I call for quantization?"],
        "调用 model.quantize(4) 或 model.quantize(8)。",
        "Call model.quantize(4) or model.quantize(8).",
        "quantize(4)",
    ),
    Fact(
        ["在 CPU 上运行", "用 CPU 运行", "不用显卡运行", "在没有显卡的电脑上运行", "只用 CPU", "用处理器运行"],
        ["run it on a CPU", "run on the CPU", "use the CPU", "run without a GPU", "run it without a graphics card", "use only a CPU"],
        ["没有显卡能用吗？", "支持 CPU 吗？", "没有 GPU 怎么办？", "CPU 能跑吗？"],
        ["Does it work without a GPU?", "Does it support CPUs?", "I have no GPU", "Is a CPU enough?"],
        ["我的电脑没有显卡，能跑吗？", "My computer has no graphics card, does it work?"],
        "可以在 CPU 上运行：去掉 .cuda()，int4 权重由编译好的 CPU 内核计算。",
        "It runs on a CPU: leave out .cuda(), compiled CPU kernels multiply the int4 weights.",
        "CPU",
    ),
    Fact(
        ["在 GPU 上运行", "用显卡运行", "用 GPU", "使用显卡", "放到显卡上", "在 NVIDIA 显卡上运行"],
        ["run it on a GPU", "use the GPU", "use my graphics card", "run on a GPU", "move it to the GPU", "use an NVIDIA card"],
        ["支持 GPU 吗？", "支持显卡吗？", "有显卡怎么用？", "GPU 怎么用？"],
        ["Does it support GPUs?", "I have a GPU", "Does it use CUDA?", "How is the GPU used?"],
        ["我有一块显卡，怎么用上？", "What do I write to use my GPU?"],
        "加上 .half().cuda()，模型就在 NVIDIA GPU 上运行。",
        "Add .half().cuda() and the model runs on an NVIDIA GPU.",
        ".half().cuda()",
    ),
    Fact(
        ["知道需要多少内存", "估计内存", "算出内存"],
        ["know how much memory it needs", "estimate the memory"],
        ["需要多少内存？", "32K 需要多少内存？", "要多大的显存？", "内存要多大？", "需要多少显存？", "32K 上下文占多少内存？",
         "占用多少内存？", "内存够吗？", "8 GB 内存够吗？", "显存要多少？"],
        ["How much memory does it need?", "How much memory does 32K take?", "How much RAM do I need?", "What memory is needed?",
         "How much GPU memory does it use?", "Is 8 GB enough?", "How many gigabytes does it take?", "What about memory?"],
        ["跑 32K 要占多大内存？", "32K 上下文要多少显存？", "How much RAM will 32K need?", "How many gigabytes of memory do I need?"],
        "ChatGLM2-6B 的 int4 权重和 32K 缓存一共约 4.9 GB。",
        "The int4 weights of ChatGLM2-6B and a 32K cache are about 4.9 GB together.",
        "4.9 GB",
    ),
    Fact(
        ["知道上下文有多长", "读长文章", "处理很长的文本"],
        ["read long texts", "use a long context", "read a long document"],
        ["上下文有多长？", "最长支持多少个词元？", "能读多长的文字？", "32K 是什么意思？", "最大长度是多少？", "支持长文本吗？", "窗口有多大？"],
        ["How long is the context?", "What is the context length?", "How many tokens fit?", "What does 32K mean?", "What is the maximum length?",
         "How long may a text be?", "What is the context window?"],
        ["它的上下文长度最大是多少？", "最多能读多少个词元？", "What is the longest context?", "How many tokens can a text have?"],
        "上下文最长 32768 个词元，也就是 32K。",
        "The context holds up to 32768 tokens, which is 32K.",
        "32768",
    ),
    Fact(
        ["导出模型", "转换权重", "把权重转成 safetensors", "导出权重", "转换模型的格式", "导出 safetensors"],
        ["export the model", "convert the weights", "export to safetensors", "convert it to safetensors", "export the weights", "convert the format"],
        ["支持导出吗？", "有转换工具吗？", "权重能转换吗？", "能导出成什么格式？"],
        ["Can it be exported?", "Is there a converter?", "Which formats can I export to?", "Does it support safetensors?"],
        ["哪个脚本可以转换权重？", "Which script converts the weights?"],
        "用 examples/convert_to_safetensors.py 把权重转成 safetensors。",
        "Use examples/convert_to_safetensors.py to turn the weights into safetensors.",
        "convert_to_safetensors",
    ),
    Fact(
        ["商用", "在公司里使用", "修改代码"],
        ["use it commercially", "change the code", "use it at work"],
        ["许可证是什么？", "用什么许可证？", "代码的许可是什么？", "是开源的吗？", "能商用吗？", "版权怎么规定？", "授权协议是什么？"],
        ["What is the license?", "Which license does it have?", "Is it open source?", "What license is the code under?", "Under which license is it?",
         "May I use it commercially?", "What about the license?"],
        ["这个软件包是什么许可证？", "代码用的是哪种许可证？", "Which license is this code under?", "What license covers the code?"],
        "代码用 Apache 2.0 许可证；权重的许可见其发布者。",
        "The code is under the Apache License 2.0; for the weights ask their publisher.",
        "Apache",
    ),
    Fact(
        ["流式输出", "边生成边显示", "一个字一个字地输出", "实时显示回答", "用流式回答"],
        ["stream the answer", "stream", "stream answers", "show the answer as it is written", "get tokens one by one"],
        ["支持流式输出吗？", "流式用哪个函数？", "有流式接口吗？"],
        ["Does it stream?", "Is there streaming?", "Which function streams?", "Does it support streaming?"],
        ["流式输出要调用哪个函数？", "Which method gives streaming?"],
        "用 model.stream_chat(tokenizer, query, history)，它边生成边返回。",
        "Use model.stream_chat(tokenizer, query, history), which yields the answer as it grows.",
        "stream_chat",
    ),
    Fact(
        ["和模型对话", "多轮对话", "让它记住前面的对话", "连续对话", "保留历史"],
        ["chat with the model", "have several rounds", "keep the history", "continue a conversation", "talk to the model"],
        ["对话用哪个函数？", "支持多轮对话吗？", "历史怎么传？"],
        ["Which function chats?", "Does it support several rounds?", "How is the history passed?", "What is history?"],
        ["多轮对话的历史怎么传进去？", "How do I pass the history to the next round?"],
        "调用 model.chat(tokenizer, query, history=history)，并把返回的 history 传回去。",
        "Call model.chat(tokenizer, query, history=history) and pass the history back.",
        "model.chat",
    ),
    Fact(
        ["微调", "微调模型", "训练这个模型", "做 LoRA 微调", "用自己的数据训练", "训练模型"],
        ["fine-tune", "fine-tune the model", "fine-tune it", "train it", "train the model on my data", "use LoRA"],
        ["支持微调吗？", "有微调的例子吗？", "支持 LoRA 吗？", "能训练吗？"],
        ["Does it support fine-tuning?", "Is there a fine-tuning example?", "Does LoRA work?", "Can it be trained?"],
        ["微调的例子在哪个文件？", "Which example shows fine-tuning?"],
        "看 examples/lora.py 和 examples/ptuning.py。",
        "See examples/lora.py and examples/ptuning.py.",
        "lora.py",
    ),
    Fact(
        ["启动 API 服务", "搭建服务器", "部署成接口", "用 HTTP 调用", "提供 API", "部署服务"],
        ["start an API server", "serve the model", "run a server", "call it over HTTP", "serve it as an API", "deploy it"],
        ["有 API 吗？", "有服务器例子吗？", "支持 HTTP 接口吗？"],
        ["Is there an API?", "Is there a server?", "Does it have an HTTP interface?", "Is there a server example?"],
        ["哪个文件是 API 服务器？", "Which file is the API server?"],
        "运行 examples/api_server.py，它提供 /v1/chat/completions 接口。",
        "Run examples/api_server.py, it serves /v1/chat/completions.",
        "api_server",
    ),
    Fact(
        ["换一个 transformers 版本", "用新版的 transformers", "升级 transformers"],
        ["use a new transformers", "use another transformers version", "upgrade transformers"],
        ["支持哪些 transformers 版本？", "需要什么版本的 transformers？", "transformers 要哪个版本？", "支持 transformers 5 吗？", "版本要求是什么？",
         "transformers 版本有要求吗？"],
        ["Which transformers versions work?", "Which version of transformers do I need?", "Does it work with transformers 5?", "Which versions are supported?",
         "What transformers version is required?"],
        ["哪些版本的 transformers 能用？", "What versions of transformers does it run on?", "transformers 最低要哪个版本？"],
        "支持 transformers 4.30.2 到 5.x，torch 2.0 以上。",
        "It works with transformers 4.30.2 to 5.x and torch 2.0 or newer.",
        "4.30.2",
    ),
    Fact(
        ["了解这个软件包", "知道这个项目是什么"],
        ["learn about this package", "know what this project is"],
        ["这个软件包是什么？", "这是什么软件？", "这个项目是做什么的？", "软件包有什么用？", "为什么要用它？", "这个包能干什么？"],
        ["What is this package?", "What is this?", "What does this package do?", "What is this project for?", "Why should I use it?", "What is it good for?"],
        ["请介绍这个软件包", "这个软件包是用来做什么的？", "What is the purpose of this package?", "Describe this package"],
        "它让 ChatGLM2-6B-32K-int4 在今天的 transformers 上运行，更快也更省内存。",
        "It runs ChatGLM2-6B-32K-int4 on the transformers of today, faster and in less memory.",
        "ChatGLM2-6B-32K",
    ),
    Fact(
        ["节省缓存的内存", "把缓存变小", "用 int8 缓存", "压缩缓存"],
        ["save cache memory", "make the cache smaller", "use an int8 cache", "compress the cache"],
        ["缓存能量化吗？", "支持 int8 缓存吗？", "缓存太大怎么办？"],
        ["Can the cache be quantized?", "Is there an int8 cache?", "The cache is too large, what helps?"],
        ["怎样让缓存少占内存？", "How do I halve the cache?"],
        '加载时传入 kv_cache_dtype="int8"，缓存减半。',
        'Load with kv_cache_dtype="int8", which halves the cache.',
        "kv_cache_dtype",
    ),
]

# ------------------------------------------------------------------------------------------------ names, numbers, texts

SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗"
    "毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅春雪琳莉婷慧燕雅欣怡倩蕾晴月星辰宇航博文武斌峰岩林森海江河波浩然子轩雨桐思佳嘉琪梓涵一诺可心若曦"
    "天翔志远建国庆东西南北山川龙虎凯旋胜利和平安康宁静远清风云飞鹏程万里书画诗琴乐歌舞阳光亮晶珍珠宝贵福禄寿喜瑞祥泰顺昌盛荣耀辉煌灿烂"
)
ENGLISH_NAMES = (
    "Alice Bob Carol David Emma Frank Grace Henry Irene Jack Kate Leo Mary Nick Olivia Paul Rose Sam Tina Uma Victor Wendy Zack Anna Ben Clara "
    "Daniel Ella Felix Gina Hugo Iris James Karen Lucas Maria Nora Oscar Peter Quinn Ruth Simon Thomas Ursula Vera Walter Yvonne Adam Bella Chris "
    "Diana Eric Fiona George Hannah Ivan Julia Kevin Laura Martin Nina Otto Paula Rachel Sarah Tom Vincent William Sophie Michael Linda Robert Susan"
).split()
CITIES_ZH = "北京 上海 广州 深圳 杭州 南京 成都 重庆 武汉 西安 天津 苏州 长沙 青岛 大连 厦门 昆明 沈阳 济南 郑州 福州 合肥 南昌 贵阳 兰州 桂林".split()
CITIES_EN = (
    "London Paris Berlin Rome Madrid Vienna Oslo Lisbon Dublin Athens Prague Warsaw Tokyo Delhi Cairo Boston Chicago Denver Toronto Sydney Lima "
    "Geneva Munich Milan Porto Kyoto"
).split()
JOBS_ZH = "老师 医生 工程师 司机 厨师 画家 律师 农民 护士 记者 歌手 作家 木匠 园丁 会计 警察 飞行员 店员".split()
JOBS_EN = (
    "teacher doctor painter driver cook lawyer farmer nurse singer writer baker gardener pilot carpenter tailor judge dentist sailor"
).split()
COLORS_ZH = "红色 蓝色 绿色 黄色 白色 黑色 紫色 橙色 粉色 灰色 棕色 金色".split()
COLORS_EN = "red blue green yellow white black purple orange pink grey brown golden".split()
FOODS_ZH = "苹果 面条 饺子 西瓜 米饭 豆腐 鸡蛋 牛肉 鱼 面包 葡萄 香蕉 蛋糕 草莓 玉米 土豆".split()
FOODS_EN = "apples noodles rice bread cheese grapes bananas cake potatoes corn fish soup melons beans eggs honey".split()
PETS_ZH, PETS_EN = ("狗", "猫", "兔子", "鸟", "马"), ("dog", "cat", "rabbit", "bird", "horse")

FILLER_ZH = lines("""天空很蓝，草地很绿。
太阳升起来了，鸟在唱歌。
河水慢慢流过村庄。
孩子们在树下玩耍。
风吹过山谷，云在飘。
老人坐在门口喝茶。
市场里人来人往。
火车开过了大桥。
花园里开满了花。
雨停了，街上很安静。
船在海上走得很慢。
冬天的早上很冷。
书店里有很多旧书。
面包的香味从窗口飘出来。
月亮照着小路。
山上的雪还没有化。""")
FILLER_EN = lines("""The sky is blue and the grass is green.
The sun rises and the birds sing.
The river runs slowly past the village.
Children play under the old tree.
Wind blows through the valley.
The train crosses the long bridge.
An old man drinks tea at the door.
The market is full of people.
Flowers bloom in the garden.
The rain has stopped and the street is quiet.
A ship sails slowly over the sea.
The winter morning is cold.
There are many old books in the shop.
The smell of bread comes from the window.
The moon shines on the path.
Snow still lies on the hills.""")

TOLD_ZH = [
    "我叫{}。", "我的名字是{}", "你好，我是{}", "我是{}。", "你好，我叫{}。", "我名叫{}", "大家叫我{}", "请叫我{}", "请记住，我叫{}。", "我姓名是{}",
    "叫我{}吧", "你可以叫我{}",
]  # fmt: skip
TOLD_EN = [
    "My name is {}.", "I am {}.", "Hi, I'm {}", "Hello, my name is {}.", "Call me {}.", "I'm {}", "Please call me {}", "You can call me {}",
    "Hello, I am {}", "Remember, my name is {}.", "People call me {}", "My name's {}",
]  # fmt: skip
HELD_TOLD_ZH = ["嗨，我的名字叫{}。", "你好，大家都叫我{}", "记住我的名字：{}"]
HELD_TOLD_EN = ["Hi there, my name is {}", "Hello, you can call me {}.", "Good to meet you, I'm {}."]
ASKED_ZH = [
    "我叫什么名字？", "你还记得我的名字吗？", "我是谁？", "我叫什么？", "我的名字是什么？", "还记得我叫什么吗？", "你知道我的名字吗？", "请说出我的名字",
    "我刚才说我叫什么？", "说说我的名字", "你知道我是谁吗？", "你记得我是谁吗？",
]  # fmt: skip
ASKED_EN = [
    "What is my name?", "Do you remember my name?", "Who am I?", "What's my name?", "Do you know my name?", "Say my name", "Tell me my name",
    "Can you tell me my name?", "What did I say my name was?", "Do you know who I am?", "What am I called?", "Do you still know my name?",
]  # fmt: skip
HELD_ASKED_ZH = ["你还记得我叫什么名字吗？", "请告诉我，我叫什么", "那我的名字叫什么呢？"]
HELD_ASKED_EN = ["Do you still remember my name?", "Could you tell me what my name is?", "So, what was my name?"]

# (told, asked, answer, values): what a user says of himself, beside the name.
OWN_ZH = [
    ("我住在{}", ["我住在哪里？", "我住在哪个城市？", "你记得我住哪儿吗？"], "你住在{}。", "city"),
    ("我的{pet}叫{}", ["我的{pet}叫什么？", "我的{pet}叫什么名字？", "你记得我的{pet}的名字吗？"], "你的{pet}叫{}。", "name"),
    ("我喜欢吃{}", ["我喜欢吃什么？", "你记得我爱吃什么吗？"], "你喜欢吃{}。", "food"),
    ("我最喜欢的颜色是{}", ["我最喜欢什么颜色？", "我喜欢的颜色是什么？"], "你最喜欢{}。", "color"),
    ("我是一名{}", ["我的职业是什么？", "我做什么工作？"], "你是一名{}。", "job"),
    ("我的幸运数字是{}", ["我的幸运数字是多少？", "你记得我的幸运数字吗？"], "你的幸运数字是{}。", "number"),
]
OWN_EN = [
    ("I live in {}", ["Where do I live?", "Which city do I live in?", "Do you remember where I live?"], "You live in {}.", "city"),
    ("My {pet} is called {}", ["What is my {pet} called?", "What is the name of my {pet}?", "How is my {pet} called?"], "Your {pet} is called {}.", "name"),
    ("I like to eat {}", ["What do I like to eat?", "Which food do I like?"], "You like to eat {}.", "food"),
    ("My favourite colour is {}", ["What is my favourite colour?", "Which colour do I like?"], "Your favourite colour is {}.", "color"),
    ("I work as a {}", ["What is my job?", "What do I work as?"], "You work as a {}.", "job"),
    ("My lucky number is {}", ["What is my lucky number?", "Do you remember my lucky number?"], "Your lucky number is {}.", "number"),
]

# (sentence, question, answer, values) about a person in a text.
TEXT_ZH = [
    ("{who}住在{}。", ["{who}住在哪里？", "{who}住在哪个城市？"], "{who}住在{}。", "city"),
    ("{who}的{pet}叫{}。", ["{who}的{pet}叫什么？", "{who}的{pet}叫什么名字？"], "{who}的{pet}叫{}。", "name"),
    ("{who}喜欢吃{}。", ["{who}喜欢吃什么？", "{who}爱吃什么？"], "{who}喜欢吃{}。", "food"),
    ("{who}是一名{}。", ["{who}的职业是什么？", "{who}做什么工作？"], "{who}是一名{}。", "job"),
    ("{who}喜欢{}。", ["{who}喜欢什么颜色？", "{who}最喜欢哪种颜色？"], "{who}喜欢{}。", "color"),
    ("{who}今年{}岁。", ["{who}多大了？", "{who}今年几岁？"], "{who}今年{}岁。", "age"),
    ("{who}的房间号是{}。", ["{who}的房间号是多少？", "{who}住几号房间？"], "{who}的房间号是{}。", "number"),
]
TEXT_EN = [
    ("{who} lives in {}.", ["Where does {who} live?", "Which city does {who} live in?"], "{who} lives in {}.", "city"),
    ("{who} has a {pet} called {}.", ["What is the {pet} of {who} called?", "How is {who}'s {pet} called?"], "The {pet} is called {}.", "name"),
    ("{who} likes to eat {}.", ["What does {who} like to eat?", "Which food does {who} like?"], "{who} likes to eat {}.", "food"),
    ("{who} works as a {}.", ["What does {who} work as?", "What is the job of {who}?"], "{who} works as a {}.", "job"),
    ("The favourite colour of {who} is {}.", ["What is the favourite colour of {who}?", "Which colour does {who} like?"], "It is {}.", "color"),
    ("{who} is {} years old.", ["How old is {who}?", "What is the age of {who}?"], "{who} is {} years old.", "age"),
    ("The room of {who} is number {}.", ["Which room does {who} have?", "What is the room number of {who}?"], "It is number {}.", "number"),
]
TEXT_OPENINGS_ZH = ["{text}\n{question}", "请读这段文字：{text}\n问题：{question}", "{text}{question}", "根据下文回答。{text}{question}"]
TEXT_OPENINGS_EN = ["{text}\n{question}", "Read this text: {text}\nQuestion: {question}", "{text} {question}", "Answer from the text. {text} {question}"]

KEY_ZH = ("密码是{}，请记住{}。", ["密码是什么？", "密码是多少？", "请说出密码。", "上文中的密码是什么？"], "密码是{}。")
KEY_EN = (
    "The pass key is {}. Remember {}.",
    ["What is the pass key?", "Tell me the pass key.", "Which pass key is in the text?", "What was the pass key?"],
    "The pass key is {}.",
)
REPEAT_ZH = ["请重复：{}", "跟我说：{}", "请照着写：{}", "重复一遍：{}"]
REPEAT_EN = ["Repeat: {}", "Say this: {}", "Repeat after me: {}", "Write this again: {}"]


def kept_back(word: str) -> bool:
    """Whether a name or number is never trained on: one of eight, by its checksum."""
    return zlib.crc32(word.encode()) % 8 == 0


# ---------------------------------------------------------------------------------------------------------- the writer


class Writer:
    """Writes dialogues. With `held_out` those that no training text holds."""

    def __init__(self, rng: random.Random, held_out: bool = False):
        self.random, self.held_out = rng, held_out
        self.kinds: Dict[str, Callable[[], Task]] = {
            "small talk": self.small_talk,
            "package": self.package,
            "name": self.name,
            "own fact": self.own_fact,
            "text": self.text,
            "pass key": self.pass_key,
            "sum": self.sum,
            "unknown": self.unknown,
            "repeat": self.repeat,
        }

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def pick(self, trained: Sequence, held_out: Sequence = ()):
        return self.random.choice(held_out if self.held_out and held_out else trained)

    def new(self, draw: Callable[[], str]) -> str:
        """A drawn word of the half that this writer may use."""
        while True:
            word = draw()
            if kept_back(word) == self.held_out:
                return word

    # words

    def chinese_name(self) -> str:
        given = "".join(self.random.sample(GIVEN, self.random.choice((1, 2, 2))))
        if self.chance(0.05):  # a rare character: bytes, for the model
            given = given[:-1] + chr(self.random.randint(0x4E00, 0x9FA5))
        return self.random.choice(SURNAMES) + given

    def english_name(self) -> str:
        if self.chance(0.3):
            return self.random.choice(ENGLISH_NAMES)
        syllable = lambda: self.random.choice("bcdfghjklmnprstvwz") + self.random.choice(("a", "e", "i", "o", "u"))  # noqa: E731
        word = "".join(syllable() for _ in range(self.random.choice((1, 2, 2, 3))))
        return (word + self.random.choice(("n", "l", "r", "s", "m", "", "", "th", "ck"))).capitalize()

    def person(self, chinese: bool) -> str:
        """A name, mostly of the language that is spoken."""
        return self.new(self.chinese_name if chinese != self.chance(0.1) else self.english_name)

    def number(self, digits: Sequence[int] = (2, 3, 4, 5)) -> str:
        length = self.random.choice(digits)
        return self.new(lambda: "".join(self.random.choice("0123456789") for _ in range(length)))

    def value(self, kind: str, chinese: bool) -> str:
        if kind == "name":
            return self.person(chinese)
        if kind == "number":
            return self.number()
        if kind == "age":
            return str(self.random.randint(3, 99))
        words = {
            "city": (CITIES_EN, CITIES_ZH),
            "food": (FOODS_EN, FOODS_ZH),
            "color": (COLORS_EN, COLORS_ZH),
            "job": (JOBS_EN, JOBS_ZH),
        }
        return self.random.choice(words[kind][chinese])

    def varied(self, question: str, chinese: bool) -> str:
        """A question as people type it: without its mark, in small letters, behind a word or two."""
        if self.chance(0.25):
            question = question.rstrip("？?。.！!")
        if not chinese and self.chance(0.2):
            question = question[0].lower() + question[1:]
        if self.chance(0.1):
            question = self.random.choice(("请问，", "嗯，", "那么，", "对了，") if chinese else ("So, ", "Well, ", "Please: ", "Hm, ")) + question
        return question

    # kinds of dialogues

    def small_talk(self) -> Task:
        talk = self.random.choice(SMALL_TALK)
        question = self.pick(talk.asked, talk.held_out)
        if not self.held_out:
            question = self.varied(question, not question.isascii())
        return Task("small talk", [(question, self.random.choice(talk.answers))], talk.expected)

    def package(self) -> Task:
        fact, chinese = self.random.choice(FACTS), self.chance(0.5)
        frames = self.pick(FRAMES_ZH if chinese else FRAMES_EN, HELD_FRAMES_ZH if chinese else HELD_FRAMES_EN)
        direct = fact.asked_zh if chinese else fact.asked_en
        if self.held_out:
            own = [text for text in fact.held_out if text.isascii() != chinese and "{" not in text]
            # a wording of a language is told by its characters: "What versions of transformers ..." is English
            own = [text for text in own if any(ord(c) > 0x3000 for c in text) == chinese]
            direct = own or direct
        framed = self.chance(len(fact.zh if chinese else fact.en) / (2 * len(direct) + len(fact.zh if chinese else fact.en)))
        if framed or (self.held_out and direct is (fact.asked_zh if chinese else fact.asked_en)):
            question = frames.format(self.random.choice(fact.zh if chinese else fact.en))
        else:
            question = self.random.choice(direct)
        if not self.held_out:
            question = self.varied(question, chinese)
        return Task("package", [(question, fact.answer_zh if chinese else fact.answer_en)], (fact.expected,))

    def between(self, count: int) -> List[Round]:
        """Rounds of other talk."""
        rounds: List[Round] = []
        for _ in range(count):
            kind = self.random.choice((self.small_talk, self.small_talk, self.package, self.unknown, self.sum))
            rounds += kind().rounds
        return rounds

    def name(self, between: Sequence[int] = (0, 1, 1, 2, 2, 3)) -> Task:
        chinese = self.chance(0.5)
        name = self.person(chinese)
        told = self.pick(TOLD_ZH if chinese else TOLD_EN, HELD_TOLD_ZH if chinese else HELD_TOLD_EN).format(name)
        asked = self.pick(ASKED_ZH if chinese else ASKED_EN, HELD_ASKED_ZH if chinese else HELD_ASKED_EN)
        asked = asked if self.held_out else self.varied(asked, chinese)
        if not self.held_out and self.chance(0.06):  # nobody has told it
            missing = "你还没有告诉我你的名字。" if chinese else "You have not told me your name."
            return Task("name", [*self.between(self.random.choice((0, 1))), (asked, missing)], (missing,))
        reply = f"你好，{name}！很高兴认识你。" if chinese else f"Nice to meet you, {name}!"
        last = f"你叫{name}。" if chinese else f"Your name is {name}."
        rounds = [*self.between(int(self.chance(0.15))), (told, reply), *self.between(self.random.choice(between))]
        return Task("name", [*rounds, (asked, last)], (name,))

    def own_fact(self) -> Task:
        chinese = self.chance(0.5)
        chosen = self.random.sample(OWN_ZH if chinese else OWN_EN, self.random.choice((1, 1, 2)))
        pet = self.random.choice(PETS_ZH if chinese else PETS_EN)
        rounds, asked = [], []
        for told, questions, answer, kind in chosen:
            value = self.value(kind, chinese)
            reply = "好的，我记住了。" if chinese else "All right, I will remember that."
            rounds.append((told.format(value, pet=pet) + ("。" if chinese else ".") * self.chance(0.7), reply))
            asked.append((self.random.choice(questions).format(pet=pet), answer.format(value, pet=pet), value))
        question, answer, value = self.random.choice(asked)
        rounds += self.between(self.random.choice((0, 1, 2)))
        return Task("own fact", [*rounds, (question, answer)], (value,))

    def text(self) -> Task:
        chinese = self.chance(0.5)
        people = [self.person(chinese) for _ in range(self.random.choice((1, 2, 2)))]
        told: Dict[Tuple[str, str], Tuple[str, str, str]] = {}
        sentences = []
        for _ in range(self.random.choice((2, 3, 4))):
            sentence, questions, answer, kind = self.random.choice(TEXT_ZH if chinese else TEXT_EN)
            who = self.random.choice(people)
            if (who, kind) in told:
                continue
            words = {"who": who, "pet": self.random.choice(PETS_ZH if chinese else PETS_EN)}
            value = self.value(kind, chinese)
            sentences.append(sentence.format(value, **words))
            told[who, kind] = self.random.choice(questions).format(**words), answer.format(value, **words), value
        if self.chance(0.3):
            sentences.insert(self.random.randint(0, len(sentences)), self.random.choice(FILLER_ZH if chinese else FILLER_EN))
        question, answer, value = self.random.choice(list(told.values()))
        form = self.random.choice(TEXT_OPENINGS_ZH if chinese else TEXT_OPENINGS_EN)
        text = form.format(text=("" if chinese else " ").join(sentences), question=question)
        return Task("text", [(text, answer)], (value,))

    def pass_key(self, sentences: int = -1, key_at: float = -1.0) -> Task:
        """A number in `sentences` sentences of filler, `key_at` (0 to 1) of the way through them."""
        chinese = self.chance(0.5)
        told, questions, answer = KEY_ZH if chinese else KEY_EN
        key = self.number((3, 4, 5))
        if sentences < 0:
            sentences = self.random.choice((0, 1, 2, 3, 5, 8, 12, 20))
        filler = [self.random.choice(FILLER_ZH if chinese else FILLER_EN) for _ in range(sentences)]
        place = self.random.randint(0, sentences) if key_at < 0 else round(key_at * sentences)
        filler.insert(place, told.format(key, key))
        text = ("" if chinese else " ").join([*filler, self.random.choice(questions)])
        return Task("pass key", [(text, answer.format(key))], (key,))

    def sum(self) -> Task:
        """A sum of one-digit numbers; some pairs are held out."""
        while True:
            a, b = self.random.randint(0, 9), self.random.randint(0, 9)
            if kept_back(f"{min(a, b)}+{max(a, b)}") == self.held_out:
                break
        form, answer = self.random.choice(
            (
                ("{} + {} = ?", "{} + {} = {}"),
                ("{}加{}等于多少？", "{}加{}等于{}。"),
                ("{}+{}=", "{} + {} = {}"),
                ("What is {} plus {}?", "{} plus {} is {}."),
                ("请计算 {} + {}", "{} + {} = {}"),
            )
        )
        return Task("sum", [(form.format(a, b), answer.format(a, b, a + b))], (str(a + b),))

    def unknown(self) -> Task:
        chinese = self.chance(0.5)
        question = self.random.choice(UNKNOWN_ZH if chinese else UNKNOWN_EN).format(
            self.random.choice(NOUNS_ZH if chinese else NOUNS_EN)
        )
        answer = UNKNOWN_ANSWER_ZH if chinese else UNKNOWN_ANSWER_EN
        return Task("unknown", [(self.varied(question, chinese), answer)], ("不知道" if chinese else "do not know",))

    def repeat(self) -> Task:
        """Words, names and numbers to say again."""
        chinese = self.chance(0.5)
        words = [self.person(chinese) if self.chance(0.6) else self.number() for _ in range(self.random.choice((1, 1, 2, 3)))]
        if self.chance(0.3):
            words.append(self.random.choice(FILLER_ZH + NOUNS_ZH if chinese else FILLER_EN + NOUNS_EN))
        text = " ".join(words)
        return Task("repeat", [(self.random.choice(REPEAT_ZH if chinese else REPEAT_EN).format(text), text)], tuple(words))

    def any(self, weights: Dict[str, float]) -> Task:
        """A dialogue of a kind drawn by weight, sometimes behind rounds of other talk."""
        kind = self.random.choices(list(weights), list(weights.values()))[0]
        task = self.kinds[kind]()
        if kind not in ("name", "own fact") and self.chance(0.25):
            task = task._replace(rounds=[*self.between(self.random.choice((1, 1, 2))), *task.rounds])
        return task
