"""The consultations of the demo's five days: who asks whom about what, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clinical.adoption import ItemAnswer
from clinical.consent import ConsentPurpose
from clinical.consultation import ConsultationKind, Request, Urgency
from clinical.opinion import Content
from signaling.demo.cast import DEVICES, PATIENTS, DemoDevice, DemoPatient


@dataclass(frozen=True, slots=True)
class Consultation:
    """One consultation; ``hour`` is of the day, in China. ``refused``: which pieces of advice the clinic does
    not follow, by their place, and why.
    """

    hour: float
    doctor: str
    kiosk: DemoDevice
    expert: str
    patient: DemoPatient
    reason: str
    summary: str
    findings: str
    advice: tuple[str, ...]
    purpose: str = "明确诊断，指导用药"
    urgency: Urgency = Urgency.URGENT
    declined: tuple[ConsentPurpose, ...] = (ConsentPurpose.TEACHING,)
    link_falls: bool = False
    refused: tuple[tuple[int, str], ...] = ()

    @property
    def request(self) -> Request:
        """What was asked for."""
        specialty, title = _ASKED[self.expert]
        return Request(
            ConsultationKind.LIVE, self.urgency, specialty, title, self.reason, self.purpose, self.summary
        )

    @property
    def opinion(self) -> Content:
        """What the expert signed."""
        return Content(self.findings, self.advice, critical_value=False)

    @property
    def answers(self) -> tuple[ItemAnswer, ...]:
        """What the clinic decided about each advice."""
        reasons = dict(self.refused)
        return tuple(
            ItemAnswer(place not in reasons, reasons.get(place, "")) for place in range(len(self.advice))
        )


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A request without an opinion: sent for reading and not taken yet, or taken back by who asked."""

    hour: float
    doctor: str
    kiosk: DemoDevice
    patient: DemoPatient
    request: Request
    cancelled: str = ""
    """Why, in the words of a note; "" while it waits."""


_ASKED: Final = {"wangmin": ("cardiology", "associate_chief"), "chenzhiyuan": ("respiratory", "chief")}
_HEART: Final = "wangmin"
_LUNG: Final = "chenzhiyuan"
_SHIQIAO: Final = ("zhoulan", DEVICES[0])
_QINGXI: Final = ("lijianping", DEVICES[1])
_ZHANG, _ZHAO, _SUN, _WU, _ZHENG, _MA, _LIN, _GAO = PATIENTS[:8]
_NO_RECORDING: Final = (ConsentPurpose.RECORDING, ConsentPurpose.TEACHING)
_NO_SHARING: Final = (ConsentPurpose.SHARING, ConsentPurpose.TEACHING)

CONSULTATIONS: Final[Sequence[Sequence[Consultation]]] = (
    (
        Consultation(
            9.2,
            *_SHIQIAO,
            _HEART,
            _ZHANG,
            "胸闷 2 小时",
            "男，61 岁。高血压 10 年，服氨氯地平 5 mg 每日一次。今晨劳动后胸闷，休息未缓解。"
            "血压 152/94 mmHg，脉搏 88 次/分。",
            "胸闷 2 小时，疼痛不放射。疑似下壁缺血，目前生命体征平稳。",
            ("阿司匹林 300 mg 嚼服", "30 分钟后复查心电图", "转县医院行冠脉评估"),
            link_falls=True,
            refused=((2, "家属要求先在本院观察，已告知风险"),),
        ),
        Consultation(
            10.5,
            *_QINGXI,
            _LUNG,
            _ZHENG,
            "咳嗽两周",
            "女，54 岁。咳嗽、少痰两周，无发热。口服头孢三天无好转。血氧 97 %。",
            "双肺呼吸音粗，无湿啰音。考虑支气管炎。",
            ("停用头孢，改用止咳对症治疗", "一周后仍咳嗽复查胸片"),
            urgency=Urgency.ROUTINE,
        ),
    ),
    (
        Consultation(
            9.6,
            *_SHIQIAO,
            _LUNG,
            _ZHAO,
            "慢阻肺随访",
            "女，75 岁。慢阻肺 8 年，近一月无急性加重，长期吸入噻托溴铵。",
            "病情稳定，吸入方法正确。",
            ("吸入方案不变", "一个月后复诊"),
            purpose="随访，调整方案",
            urgency=Urgency.ROUTINE,
        ),
        Consultation(
            15.1,
            *_QINGXI,
            _HEART,
            _MA,
            "心悸一周",
            "男，68 岁。阵发心悸一周，每次数秒。糖尿病 5 年。血压 136/82 mmHg。",
            "听诊可及早搏，考虑频发房性早搏。",
            ("行 24 小时动态心电图", "复查血钾、甲状腺功能"),
            declined=_NO_RECORDING,
        ),
    ),
    (
        Consultation(
            8.9,
            *_QINGXI,
            _LUNG,
            _LIN,
            "发热伴喘息",
            "女，10 岁。发热两天，今晨喘息。体温 38.6 ℃，呼吸 32 次/分，血氧 94 %。",
            "两肺可闻哮鸣音，考虑喘息性支气管炎。",
            ("雾化吸入沙丁胺醇", "转县医院住院观察"),
            purpose="明确诊断，决定是否转诊",
        ),
        Consultation(
            11.0,
            *_SHIQIAO,
            _HEART,
            _SUN,
            "血压波动",
            "女，79 岁。高血压 20 年，近一周晨起血压 170/90 mmHg 左右，午后 120/70 mmHg。",
            "血压晨峰明显，现用药半衰期短。",
            ("降压药改为长效制剂，晨起服用", "每日早晚记录血压，两周后复诊"),
            urgency=Urgency.ROUTINE,
        ),
    ),
    (
        Consultation(
            9.4,
            *_SHIQIAO,
            _HEART,
            _ZHANG,
            "复诊：胸闷好转",
            "男，61 岁。三天前胸闷会诊，已口服阿司匹林，症状未再发。血压 138/84 mmHg。",
            "症状缓解，心率、血压平稳。",
            ("继续目前用药", "一个月后复查"),
            purpose="复诊，评估疗效",
            urgency=Urgency.ROUTINE,
        ),
        Consultation(
            10.2,
            *_QINGXI,
            _LUNG,
            _GAO,
            "体检胸片结节",
            "男，47 岁。体检胸片示右上肺小结节。吸烟 20 年，无咳嗽、咯血。",
            "胸片所见结节约 8 mm，性质不能由胸片判断。",
            ("行薄层 CT", "戒烟"),
            declined=_NO_SHARING,
        ),
    ),
    (
        Consultation(
            10.8,
            *_SHIQIAO,
            _LUNG,
            _WU,
            "夜间打鼾",
            "男，38 岁。打鼾五年，白天困倦。体重指数 31。血压 142/90 mmHg。",
            "口咽部狭窄，需排除睡眠呼吸暂停。",
            ("到县医院做睡眠监测", "减重"),
            urgency=Urgency.ROUTINE,
            declined=(),
        ),
        Consultation(
            14.3,
            *_QINGXI,
            _HEART,
            _ZHENG,
            "心电图异常",
            "女，54 岁。体检心电图报室性早搏，无心悸、晕厥，心脏超声正常。",
            "偶发室性早搏，无器质性心脏病依据。",
            ("暂不用药", "少饮浓茶、咖啡", "半年后复查"),
            link_falls=True,
        ),
    ),
)
"""By day."""

UNANSWERED: Final[Sequence[Sequence[Unanswered]]] = (
    (),
    (),
    (
        Unanswered(
            15.5,
            *_SHIQIAO,
            _WU,
            Request(
                ConsultationKind.LIVE,
                Urgency.ROUTINE,
                "respiratory",
                "any",
                "鼻塞伴头痛",
                "指导用药",
                "男，38 岁。鼻塞三天，无发热。",
            ),
            cancelled="患者已好转，改为门诊随访",
        ),
    ),
    (),
    (
        Unanswered(
            16.6,
            *_QINGXI,
            _GAO,
            Request(
                ConsultationKind.OFFLINE,
                Urgency.ROUTINE,
                "respiratory",
                "chief",
                "薄层 CT 报告解读",
                "复核报告，决定随访间隔",
                "男，47 岁。右上肺结节 8 mm，薄层 CT 已做，报告：磨玻璃结节，建议随访。",
            ),
        ),
    ),
)
"""By day; the last waits in the hospital's work list."""
