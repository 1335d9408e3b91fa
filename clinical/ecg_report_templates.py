"""Forms to fill in for an ECG's report: headings, blanks (``____``), and the statements that go with them.

A person chooses the form as they choose a statement; nothing here looks at an ECG. A report with a blank left
cannot be signed (ecg_report.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clinical.ecg_statements import Language
from clinical.opinion import BLANK


@dataclass(frozen=True, slots=True)
class ReportTemplate:
    """One form. ``statements``: codes that it begins with; the reader takes away and adds."""

    code: str
    title_zh: str
    title_en: str
    statements: tuple[str, ...]
    findings_zh: str
    findings_en: str
    conclusion_zh: str = ""
    conclusion_en: str = ""

    def title(self, language: Language) -> str:
        """Its name in a list."""
        return self.title_zh if language == "zh" else self.title_en


def template_of(code: str) -> ReportTemplate | None:
    """Returns the template of a code, None where there is none."""
    return _BY_CODE.get(code)


_MEASURED_ZH: Final = f"心率 {BLANK} 次/分，PR {BLANK} ms，QRS {BLANK} ms，QT/QTc {BLANK} ms，电轴 {BLANK}°"
_MEASURED_EN: Final = f"Rate {BLANK}/min, PR {BLANK} ms, QRS {BLANK} ms, QT/QTc {BLANK} ms, axis {BLANK}°"

TEMPLATES: Final = (
    ReportTemplate("free", "只列测量值", "Measurements only", (), f"{_MEASURED_ZH}。", f"{_MEASURED_EN}."),
    ReportTemplate(
        "normal",
        "窦性心律，未见异常",
        "Sinus rhythm, nothing abnormal",
        ("SR", "NORM"),
        f"{_MEASURED_ZH}。各波形态：{BLANK}。ST-T：{BLANK}。",
        f"{_MEASURED_EN}. Waves: {BLANK}. ST-T: {BLANK}.",
    ),
    ReportTemplate(
        "st_change",
        "ST 段改变",
        "ST change",
        ("ABECG", "CLIN"),
        f"{_MEASURED_ZH}。ST 段：导联 {BLANK}，方向 {BLANK}，幅度 {BLANK} mV；对应导联：{BLANK}。"
        f"与以前的心电图比较：{BLANK}。",
        f"{_MEASURED_EN}. ST: leads {BLANK}, direction {BLANK}, {BLANK} mV; reciprocal leads: {BLANK}. "
        f"Compared with earlier ECGs: {BLANK}.",
    ),
    ReportTemplate(
        "arrhythmia",
        "心律失常",
        "Arrhythmia",
        ("ABECG",),
        f"基本心律：{BLANK}，心室率 {BLANK} 次/分。P 波：{BLANK}。QRS：{BLANK} ms。异位搏动：{BLANK}。"
        f"最长 RR：{BLANK} s。",
        f"Basic rhythm: {BLANK}, ventricular rate {BLANK}/min. P waves: {BLANK}. QRS: {BLANK} ms. "
        f"Ectopic beats: {BLANK}. Longest RR: {BLANK} s.",
    ),
    ReportTemplate(
        "conduction",
        "传导阻滞",
        "Conduction block",
        ("ABECG",),
        f"{_MEASURED_ZH}。P 与 QRS 的关系：{BLANK}。QRS 形态：V1 {BLANK}，V6 {BLANK}。",
        f"{_MEASURED_EN}. P to QRS: {BLANK}. QRS shape: V1 {BLANK}, V6 {BLANK}.",
    ),
    ReportTemplate(
        "pacemaker",
        "起搏心电图",
        "Paced ECG",
        ("ABECG",),
        f"起搏方式：{BLANK}，起搏频率 {BLANK} 次/分。起搏：{BLANK}。感知：{BLANK}。自主心律：{BLANK}。",
        f"Mode: {BLANK}, paced rate {BLANK}/min. Capture: {BLANK}. Sensing: {BLANK}. Own rhythm: {BLANK}.",
    ),
    ReportTemplate(
        "technical",
        "图形质量不足，建议复查",
        "Poor quality, repeat",
        ("QCERR",),
        f"影响判读的原因：{BLANK}，导联：{BLANK}。仍可判读的：{BLANK}。",
        f"What disturbs: {BLANK}, leads: {BLANK}. What can be read all the same: {BLANK}.",
        "请复查心电图。",
        "Please repeat the ECG.",
    ),
)
"""In the order in which a page lists them."""

_BY_CODE: Final = {template.code: template for template in TEMPLATES}
