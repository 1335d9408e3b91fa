"""The consultations of the demo's five days: who asks whom about what, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clinical.consent import ConsentPurpose
from signaling.demo.cast import DEVICES, PATIENTS, DemoDevice, DemoPatient


@dataclass(frozen=True, slots=True)
class Consultation:
    """One consultation; ``hour`` is of the day, in China."""

    hour: float
    doctor: str
    kiosk: DemoDevice
    expert: str
    patient: DemoPatient
    reason: str
    opinion: str
    declined: tuple[ConsentPurpose, ...] = (ConsentPurpose.TEACHING,)
    link_falls: bool = False
    adopted: str = "full"

    @property
    def specialty(self) -> str:
        """What was asked for."""
        return _SPECIALTIES[self.expert]


_SPECIALTIES: Final = {"wangmin": "cardiology", "chenzhiyuan": "respiratory"}
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
            "疑似下壁缺血，建议转诊行冠脉评估。",
            link_falls=True,
            adopted="part",
        ),
        Consultation(10.5, *_QINGXI, _LUNG, _ZHENG, "咳嗽两周", "考虑支气管炎，建议复查胸片。"),
    ),
    (
        Consultation(9.6, *_SHIQIAO, _LUNG, _ZHAO, "慢阻肺随访", "吸入方案不变，一个月后复诊。"),
        Consultation(15.1, *_QINGXI, _HEART, _MA, "心悸一周", "频发房早，建议动态心电图。", _NO_RECORDING),
    ),
    (
        Consultation(8.9, *_QINGXI, _LUNG, _LIN, "发热伴喘息", "考虑毛细支气管炎，建议住院观察。"),
        Consultation(11.0, *_SHIQIAO, _HEART, _SUN, "血压波动", "调整降压药，两周后复诊。"),
    ),
    (
        Consultation(9.4, *_SHIQIAO, _HEART, _ZHANG, "复诊：胸闷好转", "继续用药，一个月后复查。"),
        Consultation(10.2, *_QINGXI, _LUNG, _GAO, "体检胸片结节", "建议薄层 CT。", _NO_SHARING),
    ),
    (
        Consultation(10.8, *_SHIQIAO, _LUNG, _WU, "夜间打鼾", "建议睡眠监测。", ()),
        Consultation(14.3, *_QINGXI, _HEART, _ZHENG, "心电图异常", "良性早搏，暂不用药。", link_falls=True),
    ),
)
"""By day."""
