"""Templates of what `import-facts` and the console take: one TOML text for each rule, to be filled in (docs/rules.md).
As they are they are refused: who fills one in says where it stands."""
from __future__ import annotations

from collections.abc import Mapping

TEMPLATES: Mapping[str, str] = {
    "R8": """\
# 补课：人社部门同意补课的记录 / make-up lessons to which the authority agreed
rule = "R8"
source = ""                       # 来源 / where it stands: “补课批复”
# file = "批复.pdf"                # 依据文件，一并上传 / the paper itself, uploaded beside this file
[r8]
hours = ["h9"]                    # 补课课时编号 / ids of make-up class-hours
approver = "张科长"
""",
    "O5": """\
# 线上教学：平台与学员学时 / online platform, class-hours of trainees
rule = "O5"
source = ""                       # 来源 / where it stands: “线上平台导出”
# file = "export.xlsx"
[o5]
platforms = [{ name = "平台名称", listed = true }]          # listed：在目录内 / in the catalogue
people = [
  # { person = "张伟", hours = 4, minutes = 190 },          # 姓名、学时、分钟 / name, class-hours, minutes
]
""",
    "O6": """\
# 合格证书课程 / course for a certificate of completion
rule = "O6"
source = ""                       # 来源 / where it stands: “开班备案表”
# file = "备案表.pdf"
[o6]
certificate = true
# hours = 56                      # 仅在其他文件明确规定时填写 / only if another document states them
""",
    "O8": """\
# 重复培训比对 / comparison with earlier subsidised trainings
rule = "O8"
source = ""                       # 来源 / where it stands: “省技能人才管理服务信息系统”
# file = "export.xlsx"
[o8]
# people = ["张伟"]               # 比对了哪些人；不填为全体 / who was compared; left out: everybody
earlier = [
  # { person = "王芳", training = "面点师 2026-01", assessed = 2026-02-20 },
  # { person = "李娜", training = "电工 2025-12" },          # 未考核 / not assessed
]
""",
    "O10": """\
# 参训资格 / who may attend
rule = "O10"
source = ""                       # 来源 / where it stands: “资格比对结果”
# file = "比对结果.pdf"
[o10]
surveyed = true                   # 开班前已摸底 / people were surveyed before the opening
compared = true                   # 开班前已比对 / people were compared with other data before it
students = 0                      # 其中在校学生人数 / of them in-school students
mismatched = 0                    # 其中与岗位不符人数 / of them people whose job does not match
# apprentices = { year = 2026, count = 180, cap = 200 }
""",
    "O11": """\
# 线上平台的控制措施 / controls of the online platform
rule = "O11"
source = ""                       # 来源 / where it stands: “平台说明”
# file = "说明.pdf"
[o11]                             # 不清楚的不填 / what nobody knows is left out
fast_forward = false              # 可快进 / can be wound forward
windows = false                   # 可多开 / several windows at once
popup_min = 5                     # 无弹窗最长分钟数 / longest minutes without a prompt
live_face = true                  # 活体人脸 / live face
in_order = true                   # 按顺序学习 / lessons in order
photos = true                     # 抓拍 / pictures are taken
""",
}
