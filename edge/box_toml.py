"""What stands in the box.toml of a new box: every key, with what it means, in the language of who makes the box."""
from __future__ import annotations

import json

from edge.config import BUILTIN

EN = '''\
# What this box is told. Lines that begin with # are examples or what holds anyway: take the # away and change them.
# `zaitang-edge cameras --box .` tries the cameras; a mistake is told with its key at the start.
device = {device}
room = {room}
policy = {policy}
# The language of the terminal: zh or en.
lang = {lang}

# --- cameras. One for the room, which is recorded, and one at the terminal, which checks people in.
# A source is rtsp://ADDRESS, v4l2:/dev/video0, picamera2:0 or gst:PIPELINE, as for gst-launch-1.0, up to its H.264 or
# H.265: "gst:v4l2src ! video/x-raw,width=1280,height=720 ! videoconvert ! x264enc tune=zerolatency key-int-max=30".
# This file may hold passwords: nobody but the box's own user may read it (chmod 600).
#[[cameras]]
#id = "room"
#role = "room"
#source = "rtsp://192.168.1.20/stream1"
# A small stream of the same camera, by which a black picture is told before the start press.
#sub = "rtsp://192.168.1.20/stream2"

#[[cameras]]
#id = "terminal"
#role = "terminal"
#source = "v4l2:/dev/video0"

# --- the centre: without this section nothing leaves the box, and no class comes to it.
# `zaitang-edge join` writes it. On another machine the broker is reached by TLS only.
#[sync]
#broker = "127.0.0.1"
#port = 1883
#tls = false
# The name in the centre's certificate.
#centre = "centre"
# Where the certificate of the connection is renewed.
#devices = "https://127.0.0.1:8471"
# The address that takes video; without it video stays here.
#segments = "http://127.0.0.1:8470"
# Whose certificates may vouch for an https:// address, if not the site's root (`join`) or those of the system.
#ca = "/etc/zaitang/centre-ca.pem"
# How much of the line video may take, in thousand bits a second; without it all.
#upload_kbit = 4000
# "asked": only the video that the centre asks for (`zaitang-central order upload`).
#upload = "all"
# The address of the console that trainees' telephones open; without it the terminal offers no own record.
#console = "https://centre.example:8470"
# Seconds between two words that the box lives.
#heartbeat_s = 60

# --- faces
{vision}[vision]
# builtin comes with the packages, to try things out: it sees no small faces, scores no life and names few. Under a real
# policy check-in and roll call take it only where the enrolled people of a class show that few strangers pass.
{vision}pack = {pack}
# Where its files are, if not in their usual place (`zaitang-edge models fetch opencv`).
#folder = "/srv/models"

#[checkin]
#every_ms = 200

#[enrol]
# Who answers for the faces: stands in the text of consent.
#institution = ""
#contact = ""
# 6 to 12 digits of whoever maintains the box: opens the enrolment before an instructor has a PIN. Choose your own.
#code = "000000"
# The centre's key for ID numbers, as `zaitang-central sealing-key` prints it.
#centre_key = "0000000000000000000000000000000000000000000000000000000000000000"
# The file into which the program of an ID-card reader writes.
#card = "/run/card.json"

# --- the screen
#[terminal]
#host = "127.0.0.1"
#port = 8080
#voice = true

# Numbers for Prometheus (docs/health.md), in the open: not beyond a network that only those reach who look after boxes.
# 0: none.
#[metrics]
#host = "127.0.0.1"
#port = 0

# A button, a lamp and a buzzer on GPIO pins, by their BCM numbers.
#[panel]
#button = 17
#led = 27
#buzzer = 22

# --- recording and looking at it
#[recorder]
#segment_s = 60
#max_gap_ms = 2000
#gap_floor_ms = 100
#step_tolerance_ms = 5000
#reserve_mb = 1024

#[storage]
# A second volume, to which finished video is moved; `zaitang-edge storage add` prepares it.
#second = "/mnt/video2"
#keep_free_mb = 20000
# Whether the box removes by itself what need not be kept any more.
#remove = false

#[rollcall]
#every_s = 2

#[picture]
#every_s = 5
'''

ZH = '''\
# 本终端盒的配置。以 # 开头的行是示例或默认值：去掉 # 再改即可。
# `zaitang-edge cameras --box .` 试用摄像头；写错了，启动时会指出是哪一项。
device = {device}
room = {room}
policy = {policy}
# 终端页面的语言：zh 或 en。
lang = {lang}

# --- 摄像头。一个拍摄教室，用于录像；一个在终端，用于签到。
# 来源可以是 rtsp://地址、v4l2:/dev/video0、picamera2:0，或 gst:管道。管道的写法与
# gst-launch-1.0 相同，写到输出 H.264 或 H.265 为止：
# "gst:v4l2src ! video/x-raw,width=1280,height=720 ! videoconvert ! x264enc tune=zerolatency key-int-max=30"
# 本文件可能含有密码：只允许终端盒自己的用户读取（chmod 600）。
#[[cameras]]
#id = "room"
#role = "room"
#source = "rtsp://192.168.1.20/stream1"
# 同一摄像头的小码流：按“开始上课”之前，就能发现画面全黑或被遮挡。
#sub = "rtsp://192.168.1.20/stream2"

#[[cameras]]
#id = "terminal"
#role = "terminal"
#source = "v4l2:/dev/video0"

# --- 监管中心：没有这一节，任何内容都不会离开本终端盒，也收不到班次。
# 由 `zaitang-edge join` 写入。另一台机器上的消息代理只能通过 TLS 连接。
#[sync]
#broker = "127.0.0.1"
#port = 1883
#tls = false
# 中心证书中的名称。
#centre = "centre"
# 在哪里更新连接用的证书。
#devices = "https://127.0.0.1:8471"
# 接收录像的地址；不写，录像就留在本机。
#segments = "http://127.0.0.1:8470"
# 除本机构的根证书（`join`）和系统自带的证书外，由谁的证书为 https:// 地址作保。
#ca = "/etc/zaitang/centre-ca.pem"
# 录像最多占用多少带宽，单位为千比特每秒；不写则不限。
#upload_kbit = 4000
# "asked"：只发送中心索取的录像（`zaitang-central order upload`）。
#upload = "all"
# 学员手机打开的控制台地址；不写，终端就不提供“我的记录”。
#console = "https://centre.example:8470"
# 每隔多少秒报告一次本终端盒在运行。
#heartbeat_s = 60

# --- 人脸
{vision}[vision]
# builtin 随软件包自带，供试用：看不到小脸，不能给活体打分，认出的人少。
# 按正式政策，只有本班登记的人能证明误认的陌生人很少时，签到和点名才用它。
{vision}pack = {pack}
# 模型文件不在通常位置时，写明所在文件夹（`zaitang-edge models fetch opencv`）。
#folder = "/srv/models"

#[checkin]
#every_ms = 200

#[enrol]
# 对人脸负责的单位和联系方式：写入同意书。
#institution = ""
#contact = ""
# 维护人员的 6 至 12 位数字：教师还没有密码时，用它打开登记页面。请自行设定。
#code = "000000"
# 中心用于封装证件号码的公钥，由 `zaitang-central sealing-key` 打印。
#centre_key = "0000000000000000000000000000000000000000000000000000000000000000"
# 身份证读卡程序写入结果的文件。
#card = "/run/card.json"

# --- 屏幕
#[terminal]
#host = "127.0.0.1"
#port = 8080
#voice = true

# 供 Prometheus 读取的指标（docs/health.zh-CN.md），不加密：只可在仅维护人员能访问的网络中开放。0：不提供。
#[metrics]
#host = "127.0.0.1"
#port = 0

# GPIO 引脚上的按钮、指示灯和蜂鸣器，按 BCM 编号。
#[panel]
#button = 17
#led = 27
#buzzer = 22

# --- 录像，以及对录像的查看
#[recorder]
#segment_s = 60
#max_gap_ms = 2000
#gap_floor_ms = 100
#step_tolerance_ms = 5000
#reserve_mb = 1024

#[storage]
# 第二存储卷，录完的片段移到那里；先用 `zaitang-edge storage add` 准备。
#second = "/mnt/video2"
#keep_free_mb = 20000
# 不必再留存的录像，是否由本终端盒自行删除。
#remove = false

#[rollcall]
#every_s = 2

#[picture]
#every_s = 5
'''

TEMPLATES = {"en": EN, "zh": ZH}
"""By language. What a program reads in them is the same."""


def new_box_toml(device: str, room: str, policy: str, lang: str, pack: str = BUILTIN) -> str:
    """The file, in the language of the terminal. A pack that is not `builtin` is named, so that another one that comes
    to the machine later does not change who is known."""
    said = {name: json.dumps(value, ensure_ascii=False) for name, value in (
        ("device", device), ("room", room), ("policy", policy), ("lang", lang),
        ("pack", "opencv" if pack == BUILTIN else pack))}
    return TEMPLATES[lang].format(vision="#" if pack == BUILTIN else "", **said)
