"""What stands in the centre.toml of a new centre, in the language of who makes it."""
from __future__ import annotations

EN = """\
# What this centre is called, in records and on its pages.
device = "centre"
name = "在堂监管中心"

# Keys marked as test keys, and what they sign, are accepted only where this says so.
accept_test_keys = {test}

# Where records are kept: nothing for SQLite in this folder, or an empty database of PostgreSQL, like
# postgresql://zaitang@db.example/zaitang. Its password stands in ~/.pgpass, never here.
database = "{database}"

# The console. It listens on this machine only, unless it has a certificate and its key (PEM, paths from this folder);
# then `host` may be "0.0.0.0", and `names` are the names or addresses by which browsers reach it.
[web]
host = "127.0.0.1"
port = 8470
certificate = ""
key = ""
names = []

# Where the collector finds the broker. With tls = true everybody shows a certificate (`zaitang-central broker`);
# without it only this machine is served.
[broker]
host = "127.0.0.1"
port = 1883
tls = false

# Where boxes introduce themselves (`zaitang-central devices`): the address to listen at, and the names and addresses
# by which boxes reach this centre and its broker.
[devices]
host = "127.0.0.1"
port = 8471
names = ["localhost", "127.0.0.1"]

[tree]
# At most one checkpoint in so many seconds, when records came, and one a day in any case.
checkpoint_s = 60
# The keys of the witnesses whose word is kept beside the checkpoints: what `zaitang-verify witness --new` prints.
witnesses = []
# A time-stamping authority (RFC 3161) that stamps one checkpoint a day; empty: none.
stamp_url = ""

# After so many minutes without a word from a box an alarm says so, and the page of all classes.
[boxes]
silent_min = 10

# So many GB of video may lie here that boxes keep themselves and sent only because it was asked for, and copies made of
# video for browsers. Beyond that the longest unplayed goes; it is asked for again when it is needed.
[replay]
cache_gb = 50

# Where video is kept that came to stay: nothing for this machine, or a bucket of an object store (S3). The store's keys
# stand in keys/bucket.toml. What is there lies here, too, as long as cache_gb has room. docs/storage.md says more.
[bucket]
name = ""
prefix = ""
endpoint = ""
region = "us-east-1"

# Video whose time is over (docs/keeping.md): with true the console removes it once a day; with false nothing goes
# unless somebody gives the command `zaitang-central keep apply`.
[keeping]
remove = false

# Numbers for Prometheus (docs/health.md) at http://127.0.0.1:PORT/metrics, for this machine only; 0: none.
[metrics]
port = 0

# Systems that are told of flags, decisions and classes that are over (`zaitang-central webhook run`), like
# [[webhook.targets]]
# name = "province"
# url = "https://system.example/events"
# Where it is in a private network: private = true. Where an authority of its own vouches for it: ca = "/etc/…/ca.pem".
# Alarms, too (docs/alarms.md): alarms = true; those of some institutions alone: alarms_of = ["smx"], as well.

# The server that takes mail of alarms (`zaitang-central alarms run`); each account says what it wants. Empty: no mail.
# The password stands in keys/mail.password, or is the credential `mail` of the unit; tls: starttls, tls or, on this
# very machine only, none.
[mail]
host = ""
port = 587
tls = "starttls"
user = ""
sender = ""
"""

ZH = """\
# 监管中心的名称，写入记录，也显示在页面上。
device = "centre"
name = "在堂监管中心"

# 只有这里写明，才接受标为测试的密钥及其签名的内容。
accept_test_keys = {test}

# 记录保存在哪里：留空即本文件夹中的 SQLite；或填一个空的 PostgreSQL 数据库，如
# postgresql://zaitang@db.example/zaitang。密码放在 ~/.pgpass，绝不写在这里。
database = "{database}"

# 控制台。没有证书和密钥（PEM，路径从本文件夹算起）时只在本机监听；
# 有证书时 host 可以是 "0.0.0.0"，names 是浏览器访问它所用的名称或地址。
[web]
host = "127.0.0.1"
port = 8470
certificate = ""
key = ""
names = []

# 采集程序在哪里连接消息代理。tls = true 时各方都须出示证书（`zaitang-central broker`）；
# 否则只为本机服务。
[broker]
host = "127.0.0.1"
port = 1883
tls = false

# 终端盒在哪里报到（`zaitang-central devices`）：监听的地址，
# 以及终端盒连接本中心及其消息代理所用的名称和地址。
[devices]
host = "127.0.0.1"
port = 8471
names = ["localhost", "127.0.0.1"]

[tree]
# 有新记录时，每隔这么多秒最多生成一个检查点；无论如何每天一个。
checkpoint_s = 60
# 见证方的公钥，其见证与检查点一同保存：即 `zaitang-verify witness --new` 打印的内容。
witnesses = []
# 每天为一个检查点加盖时间戳的机构（RFC 3161）；空：不加盖。
stamp_url = ""

# 终端盒这么多分钟没有任何消息，就发出警报，并显示在班次总览页上。
[boxes]
silent_min = 10

# 由终端盒自行保存、仅因调阅才传来的视频，以及为浏览器制作的副本，在本中心最多占用多少 GB。
# 超出时先清除最久未播放的；需要时会再向终端盒调取。
[replay]
cache_gb = 50

# 应长期保存的录像放在哪里：留空为本机，或填写对象存储（S3）的存储桶名称。存储的密钥写在 keys/bucket.toml。
# 已存入的录像在 cache_gb 容得下时也留在本机。详见 docs/storage.zh-CN.md。
[bucket]
name = ""
prefix = ""
endpoint = ""
region = "us-east-1"

# 保存期满的录像（docs/keeping.zh-CN.md）：true 表示控制台每天删除一次；false 表示除非有人执行
# `zaitang-central keep apply`，否则一概不删。
[keeping]
remove = false

# 供 Prometheus 读取的指标（docs/health.zh-CN.md），地址 http://127.0.0.1:端口/metrics，只供本机；0：不提供。
[metrics]
port = 0

# 把预警、决定和班次结束告知其他系统（`zaitang-central webhook run`），例如
# [[webhook.targets]]
# name = "province"
# url = "https://system.example/events"
# 在内网的：private = true。由其自有机构签发证书的：ca = "/etc/…/ca.pem"。
# 也要告知警报（docs/alarms.zh-CN.md）：alarms = true；只告知部分机构的，再加：alarms_of = ["smx"]。

# 发送警报邮件的服务器（`zaitang-central alarms run`）；各账号自行选择要收哪些。留空即不发邮件。
# 密码放在 keys/mail.password，或由服务单元的凭据 mail 给出；tls 为 starttls、tls，或（仅限本机）none。
[mail]
host = ""
port = 587
tls = "starttls"
user = ""
sender = ""
"""

TEMPLATES = {"en": EN, "zh": ZH}
"""By language. What a program reads in them is the same."""
