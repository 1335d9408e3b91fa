"""The coded statements that a reader may choose for an ECG's report, in Chinese and English.

The codes and the English names are those of SCP-ECG (EN 1064, statement codes D.3, as DICOM PS3.16 carries
them under SCPECG 1.3), which the list of AHA/ACC/HRS 2007 follows in substance; that list's own numbers are
not given here. It is a choice of what county reading centres report often, no more: what is not in it is
written as text.

A person chooses; nothing here, and nothing that uses it, finds, suggests or orders a statement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, NewType

Language = Literal["zh", "en"]
StatementCode = NewType("StatementCode", str)
"""As SCP-ECG spells it: AFIB."""

CODING_SYSTEM: Final = "SCPECG"
CODING_VERSION: Final = "1.3"
"""The scheme under which DICOM and FHIR exports name the codes; DICOM puts ``D.3-`` before each."""


class StatementGroup(StrEnum):
    """Under which heading a page offers a statement, in the order of a report."""

    OVERALL = "overall"
    TECHNICAL = "technical"
    RHYTHM = "rhythm"
    ECTOPIC = "ectopic"
    TACHYARRHYTHMIA = "tachyarrhythmia"
    CONDUCTION = "conduction"
    AXIS_AND_VOLTAGE = "axis_and_voltage"
    CHAMBERS = "chambers"
    REPOLARIZATION = "repolarization"
    INFARCTION = "infarction"
    PACEMAKER = "pacemaker"


@dataclass(frozen=True, slots=True)
class Statement:
    """One that can be chosen."""

    code: StatementCode
    group: StatementGroup
    zh: str
    en: str

    def text(self, language: Language) -> str:
        """As it stands in the report."""
        return self.zh if language == "zh" else self.en


def statement_of(code: str) -> Statement | None:
    """Returns the statement of a code, None where the catalogue has none."""
    return _BY_CODE.get(code)


def unknown_codes(codes: Iterable[str]) -> tuple[str, ...]:
    """Returns those of the codes that the catalogue does not have, in their order."""
    return tuple(code for code in codes if code not in _BY_CODE)


def _group(group: StatementGroup, *rows: tuple[str, str, str]) -> tuple[Statement, ...]:
    return tuple(Statement(StatementCode(code), group, zh, en) for code, zh, en in rows)


STATEMENTS: Final = (
    *_group(
        StatementGroup.OVERALL,
        ("NORM", "正常心电图", "normal ECG"),
        ("BOECG", "临界心电图", "borderline ECG"),
        ("ABECG", "异常心电图", "abnormal ECG"),
        ("CLIN", "请结合临床", "interpret with clinical data"),
    ),
    *_group(
        StatementGroup.TECHNICAL,
        ("ARTEF", "伪差", "artifacts"),
        ("WANDR", "基线漂移", "baseline wander"),
        ("NOISE", "记录干扰大", "noisy recording"),
        ("QCERR", "图形质量差，可能影响判读", "poor data quality, interpretation may be adversely affected"),
        ("LMISP", "导联位置错误", "lead misplacement"),
        ("ARMRE", "疑左右手导联反接", "suspect arm leads reversed"),
        ("FAULT", "导联故障", "faulty lead"),
        ("NODAT", "数据缺失或无数据", "missing or no data"),
    ),
    *_group(
        StatementGroup.RHYTHM,
        ("SR", "窦性心律", "sinus rhythm"),
        ("NSR", "正常窦性心律", "normal sinus rhythm"),
        ("STACH", "窦性心动过速", "sinus tachycardia"),
        ("SBRAD", "窦性心动过缓", "sinus bradycardia"),
        ("SARRH", "窦性心律不齐", "sinus arrhythmia"),
        ("SPAUS", "窦性停搏（间歇）", "sinus pause"),
        ("SAR", "窦性静止", "sinus arrest"),
        ("SABLK", "窦房传导阻滞", "sino-atrial block"),
        ("EAR", "异位房性心律", "ectopic atrial rhythm"),
        ("WANDP", "游走性起搏点", "wandering pacemaker"),
        ("JRHYT", "交界性心律", "junctional rhythm"),
        ("JESCR", "交界性逸搏心律", "junctional escape rhythm"),
        ("ACJR", "加速性交界性心律", "accelerated junctional rhythm"),
        ("IDIOR", "室性自主心律", "idioventricular rhythm"),
        ("ACVR", "加速性室性自主心律", "accelerated ventricular rhythm"),
        ("VESCR", "室性逸搏心律", "ventricular escape rhythm"),
        ("ASYST", "心室停搏", "asystole"),
        ("UNRHY", "心律不能确定", "undetermined rhythm"),
    ),
    *_group(
        StatementGroup.ECTOPIC,
        ("PAC", "房性早搏", "atrial premature complex"),
        ("BPAC", "房性早搏未下传", "blocked premature atrial contraction"),
        ("PAPCS", "成对房性早搏", "paired atrial premature complexes"),
        ("JPC", "交界性早搏", "junctional premature complex(es)"),
        ("SVPC", "室上性早搏", "supraventricular premature complex"),
        ("PVC", "室性早搏", "ventricular premature complex"),
        ("MVPCS", "多发室性早搏", "multiple premature ventricular complexes"),
        ("PVPCS", "成对室性早搏", "paired ventricular premature complexes"),
        ("VBIG", "室性早搏二联律", "ventricular bigeminy"),
        ("VTRIG", "室性早搏三联律", "ventricular trigeminy"),
        ("FUSC", "融合波", "fusion complex(es)"),
        ("JEC", "交界性逸搏", "junctional escape complex(es)"),
        ("VEC", "室性逸搏", "ventricular escape complex(es)"),
    ),
    *_group(
        StatementGroup.TACHYARRHYTHMIA,
        ("AFIB", "心房颤动", "atrial fibrillation"),
        ("AFLT", "心房扑动", "atrial flutter"),
        ("ATACH", "房性心动过速", "atrial tachycardia"),
        ("MFAT", "多源性房性心动过速", "multifocal atrial tachycardia"),
        ("JTACH", "交界性心动过速", "junctional tachycardia"),
        ("SVTAC", "室上性心动过速", "supraventricular tachycardia"),
        ("PSVT", "阵发性室上性心动过速", "paroxysmal supraventricular tachycardia"),
        ("NQTAC", "窄QRS波心动过速", "narrow QRS tachycardia"),
        ("WQTAC", "宽QRS波心动过速", "wide QRS tachycardia"),
        ("NSVT", "非持续性室性心动过速", "non-sustained ventricular tachycardia"),
        ("VTACH", "室性心动过速", "ventricular tachycardia"),
        ("SVT", "持续性室性心动过速", "sustained ventricular tachycardia"),
        ("TORSA", "尖端扭转型室性心动过速", "torsade des pointes ventricular tachycardia"),
        ("VFLT", "心室扑动", "ventricular flutter"),
        ("VFIB", "心室颤动", "ventricular fibrillation"),
        ("RVR", "快速心室率", "rapid ventricular response"),
        ("SVR", "缓慢心室率", "slow ventricular response"),
    ),
    *_group(
        StatementGroup.CONDUCTION,
        ("1AVB", "一度房室传导阻滞", "first degree AV block"),
        ("2AVB", "二度房室传导阻滞", "second degree AV block"),
        ("WENCK", "文氏现象", "Wenckebach phenomenon"),
        ("MOBI2", "二度Ⅱ型房室传导阻滞", "Mobitz type 2 second degree AV block"),
        ("B2T1", "2:1阻滞", "(predominant) 2:1 block"),
        ("3AVB", "三度房室传导阻滞", "third degree AV block"),
        ("AVDIS", "房室分离", "AV-dissociation"),
        ("SHTPR", "PR间期缩短", "short PR-interval"),
        ("WPW", "预激综合征（WPW）", "Wolff-Parkinson-White syndrome"),
        ("PREEX", "心室预激", "pre-excitation"),
        ("IRBBB", "不完全性右束支传导阻滞", "incomplete right bundle branch block"),
        ("CRBBB", "完全性右束支传导阻滞", "complete right bundle branch block"),
        ("ILBBB", "不完全性左束支传导阻滞", "incomplete left bundle branch block"),
        ("CLBBB", "完全性左束支传导阻滞", "complete left bundle branch block"),
        ("LAFB", "左前分支传导阻滞", "left anterior fascicular block"),
        ("LPFB", "左后分支传导阻滞", "left posterior fascicular block"),
        ("BIFAS", "双分支传导阻滞", "bifascicular block"),
        ("TRFAS", "三分支传导阻滞", "trifascicular block"),
        ("IVCD", "非特异性室内传导障碍", "non-specific intraventricular conduction disturbance"),
        ("ABBCO", "差异性传导", "aberrant conduction"),
    ),
    *_group(
        StatementGroup.AXIS_AND_VOLTAGE,
        ("LAD", "电轴左偏", "left axis deviation of QRS in frontal plane"),
        ("RAD", "电轴右偏", "right axis deviation of QRS in frontal plane"),
        ("AXIND", "电轴不确定", "QRS axis indeterminate"),
        ("CWRT", "顺钟向转位", "clockwise rotation"),
        ("CCWRT", "逆钟向转位", "counterclockwise rotation"),
        ("LVOLT", "QRS低电压", "low QRS voltages in the frontal and horizontal leads"),
        ("LVOLF", "肢体导联低电压", "low voltage in frontal leads"),
        ("HVOLT", "QRS高电压", "high QRS voltage"),
        ("POORR", "胸导联R波递增不良", "poor R-wave progression in precordial leads"),
        ("DXTRO", "右位心", "dextrocardia"),
    ),
    *_group(
        StatementGroup.CHAMBERS,
        ("LAE", "左心房扩大", "left atrial enlargement"),
        ("RAE", "右心房扩大", "right atrial enlargement"),
        ("BAE", "双心房扩大", "bi-atrial enlargement"),
        ("VCLVH", "左心室高电压", "voltage criteria (QRS) for left ventricular hypertrophy"),
        ("LVH", "左心室肥厚", "left ventricular hypertrophy"),
        ("RVH", "右心室肥厚", "right ventricular hypertrophy"),
        ("BVH", "双心室肥厚", "biventricular hypertrophy"),
    ),
    *_group(
        StatementGroup.REPOLARIZATION,
        ("STE", "ST段抬高", "non-specific ST elevation"),
        ("STD", "ST段压低", "non-specific ST depression"),
        ("NST", "非特异性ST段改变", "non-specific ST changes"),
        ("STT", "ST-T改变", "ST-T change"),
        ("RST", "对应性ST-T改变", "reciprocal ST-T changes"),
        ("NT", "非特异性T波改变", "non-specific T-wave changes"),
        ("INVT", "T波倒置", "inverted T-waves"),
        ("LOWT", "T波低平", "low amplitude T-waves"),
        ("HIGHT", "T波高尖", "high amplitude T-waves"),
        ("LNGQT", "QT间期延长", "long QT-interval"),
        ("SHTQT", "QT间期缩短", "short QT-interval"),
        ("REPOL", "符合早期复极的ST-T改变", "ST-T changes compatible with early repolarization"),
        ("PERIC", "符合心包炎的ST-T改变", "ST-T changes compatible with pericarditis"),
        ("HPRK", "考虑高钾血症", "consider hyperkalemia"),
        ("HPOK", "考虑低钾血症", "consider hypokalemia"),
        ("DIG", "洋地黄作用", "digitalis-effect"),
        ("PULM", "符合肺栓塞", "compatible with pulmonary embolism"),
    ),
    *_group(
        StatementGroup.INFARCTION,
        ("ISC", "心肌缺血", "ischemic"),
        ("INJ", "心内膜下损伤", "subendocardial injury"),
        ("EPI", "心外膜下损伤", "epicardial injury"),
        ("QWAVE", "异常Q波", "Q waves present"),
        ("MI", "心肌梗死", "myocardial infarction"),
        ("AMI", "前壁心肌梗死", "anterior myocardial infarction"),
        ("ASMI", "前间壁心肌梗死", "anteroseptal myocardial infarction"),
        ("ALMI", "前侧壁心肌梗死", "anterolateral myocardial infarction"),
        ("LMI", "侧壁心肌梗死", "lateral myocardial infarction"),
        ("HLMI", "高侧壁心肌梗死", "high-lateral myocardial infarction"),
        ("IMI", "下壁心肌梗死", "inferior myocardial infarction"),
        ("ILMI", "下侧壁心肌梗死", "inferolateral myocardial infarction"),
        ("IPMI", "下后壁心肌梗死", "inferoposterior myocardial infarction"),
        ("PMI", "后壁心肌梗死", "posterior myocardial infarction"),
        ("ANEUR", "符合室壁瘤的ST-T改变", "ST-T changes compatible with ventricular aneurysm"),
    ),
    *_group(
        StatementGroup.PACEMAKER,
        ("PACE", "起搏器功能正常", "normal functioning artificial pacemaker"),
        ("PACEM", "起搏器功能异常", "malfunctioning artificial pacemaker"),
        ("PAA", "心房起搏", "electronic atrial pacing"),
        ("EPVC", "心室起搏，夺获", "electronic pacemaker, ventricular capture"),
        ("PAD", "双腔起搏", "dual chamber electronic pacing"),
        ("EPFC", "起搏失夺获", "electronic pacemaker, failure to capture"),
        ("EPFS", "起搏感知不良", "electronic pacemaker, failure to sense"),
    ),
)
"""In the order in which a page lists them."""

_BY_CODE: Final[dict[str, Statement]] = {statement.code: statement for statement in STATEMENTS}
