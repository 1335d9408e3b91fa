"""Who and what the demo's story needs beside its institutions and people: licences, devices, patients.

All of it is invented. Card numbers begin with DEMO, so that none can be a real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from signaling.auth.demo_people import HOSPITAL, QINGXI, SHIQIAO, STATION

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class DemoLicence:
    """A licence; ``valid_days`` from the first day of the story."""

    login: str
    number: str
    kind: str
    valid_days: int


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A device at the institution of a code; ``offset_ms`` is how far its clock is off."""

    place: str
    name: str
    kind: str
    offset_ms: int


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """A patient and where they are known: the clinic they come to, and the hospital that was asked."""

    name: str
    card_number: str
    sex: str
    birth_year: int
    places: tuple[str, ...]


LICENCES: Final = (
    DemoLicence("zhoulan", "DEMO-110330100001", "physician", 1_460),
    DemoLicence("lijianping", "DEMO-110330100002", "physician", 1_095),
    DemoLicence("chenzhiyuan", "DEMO-110330100003", "physician", 2_190),
    DemoLicence("wangmin", "DEMO-110330100004", "physician", 1_825),
    DemoLicence("zhaoqiming", "DEMO-110330100006", "physician", 1_460),
    # Runs out within weeks: what an administrator has to see in time.
    DemoLicence("liuyang", "DEMO-110330100005", "physician", 30),
)
DEVICES: Final = (
    DemoDevice(SHIQIAO.code, "石桥门诊一体机", "kiosk", 42),
    DemoDevice(QINGXI.code, "青溪门诊一体机", "kiosk", -18),
    DemoDevice(STATION.code, "急救车 02 手机", "ambulance", -300),
)
_AT_SHIQIAO: Final = (SHIQIAO.code, HOSPITAL.code)
_AT_QINGXI: Final = (QINGXI.code, HOSPITAL.code)
_IN_AMBULANCE: Final = (STATION.code, HOSPITAL.code)
PATIENTS: Final = (
    DemoPatient("张建国", "DEMO-0001-1965", "male", 1965, _AT_SHIQIAO),
    DemoPatient("赵秀英", "DEMO-0002-1951", "female", 1951, _AT_SHIQIAO),
    DemoPatient("孙桂兰", "DEMO-0003-1947", "female", 1947, _AT_SHIQIAO),
    DemoPatient("吴晓东", "DEMO-0004-1988", "male", 1988, _AT_SHIQIAO),
    DemoPatient("郑美华", "DEMO-0005-1972", "female", 1972, _AT_QINGXI),
    DemoPatient("马德福", "DEMO-0006-1958", "male", 1958, _AT_QINGXI),
    DemoPatient("林小雨", "DEMO-0007-2016", "female", 2016, _AT_QINGXI),
    DemoPatient("高文斌", "DEMO-0008-1979", "male", 1979, _AT_QINGXI),
    DemoPatient("黄志强", "DEMO-0009-1963", "male", 1963, _IN_AMBULANCE),
    DemoPatient("徐凤琴", "DEMO-0010-1955", "female", 1955, _IN_AMBULANCE),
)
