"""Headings to fill in for an opinion, by specialty and by what the request gave as its reason.

A template is a form on paper: headings, and blanks (``____``) that the doctor fills. It holds no finding, no
diagnosis and no choice of a treatment, whatever the reason: the reason only chooses which headings are
offered. An opinion with a blank left cannot be signed (opinion.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from clinical.opinion import BLANK, Content

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Template:
    """One form. ``specialty`` "": offered to every specialty; ``reason_words``: offered first where the
    request's reason has one of them, whichever the language.
    """

    code: str
    specialty: str
    reason_words: tuple[str, ...]
    title_zh: str
    title_en: str
    findings_zh: str
    findings_en: str
    advice_zh: tuple[str, ...]
    advice_en: tuple[str, ...]

    def title(self, language: Language) -> str:
        """Its name in a list."""
        return self.title_zh if language == "zh" else self.title_en

    def content(self, language: Language) -> Content:
        """Returns a draft to write on."""
        if language == "zh":
            return Content(self.findings_zh, self.advice_zh, template=self.code)
        return Content(self.findings_en, self.advice_en, template=self.code)


def template_of(code: str) -> Template | None:
    """Returns the template of a code, None where there is none."""
    return _BY_CODE.get(code)


def templates_for(specialty: str, reason: str) -> tuple[Template, ...]:
    """Returns the templates offered for a request: those whose words its reason has, then the others of the
    specialty, then those for everybody. Never empty.
    """
    told = reason.casefold()

    def rank(template: Template) -> int:
        if template.specialty == "":
            return 2
        return 0 if any(word in told for word in template.reason_words) else 1

    offered = [template for template in TEMPLATES if template.specialty in ("", specialty)]
    return tuple(sorted(offered, key=rank))


_HISTORY_ZH: Final = f"病史要点：{BLANK}\n"
_HISTORY_EN: Final = f"History in short: {BLANK}\n"
_JUDGEMENT_ZH: Final = f"会诊医生判断：{BLANK}"
_JUDGEMENT_EN: Final = f"The consultant's judgement: {BLANK}"
_CHECKS_ZH: Final = f"完善检查：{BLANK}"
_CHECKS_EN: Final = f"Further examinations: {BLANK}"
_TREATMENT_ZH: Final = f"处理：{BLANK}"
_TREATMENT_EN: Final = f"Treatment: {BLANK}"
_WATCH_ZH: Final = f"观察要点，出现何种情况时再次联系或转诊：{BLANK}"
_WATCH_EN: Final = f"What to watch, and when to call again or refer: {BLANK}"
_RETURN_ZH: Final = f"复诊时间与内容：{BLANK}"
_RETURN_EN: Final = f"When to come back, and for what: {BLANK}"

TEMPLATES: Final = (
    Template(
        "chest_pain",
        "cardiology",
        ("胸痛", "胸闷", "chest"),
        "胸痛、胸闷",
        "Chest pain",
        f"{_HISTORY_ZH}起病时间、性质、持续时间、放射：{BLANK}\n生命体征：{BLANK}\n心电图所见："
        f"{BLANK}\n心肌标志物：{BLANK}\n{_JUDGEMENT_ZH}",
        f"{_HISTORY_EN}Onset, character, duration, radiation: {BLANK}\nVital signs: {BLANK}\nWhat the ECG "
        f"shows: {BLANK}\nCardiac markers: {BLANK}\n{_JUDGEMENT_EN}",
        (_TREATMENT_ZH, f"复查心电图和标志物的时间：{BLANK}", f"是否转诊，去向：{BLANK}", _WATCH_ZH),
        (_TREATMENT_EN, f"ECG and markers again at: {BLANK}", f"Referral, where to: {BLANK}", _WATCH_EN),
    ),
    Template(
        "palpitations",
        "cardiology",
        ("心悸", "心慌", "早搏", "心律", "palpitation", "rhythm"),
        "心悸、心律",
        "Palpitations and rhythm",
        f"{_HISTORY_ZH}发作频率、持续时间、伴随症状：{BLANK}\n心率、血压：{BLANK}\n心电图所见："
        f"{BLANK}\n{_JUDGEMENT_ZH}",
        f"{_HISTORY_EN}How often, how long, with what else: {BLANK}\nHeart rate, blood pressure: {BLANK}\n"
        f"What the ECG shows: {BLANK}\n{_JUDGEMENT_EN}",
        (_CHECKS_ZH, _TREATMENT_ZH, _RETURN_ZH),
        (_CHECKS_EN, _TREATMENT_EN, _RETURN_EN),
    ),
    Template(
        "blood_pressure",
        "cardiology",
        ("血压", "blood pressure", "hypertension"),
        "血压",
        "Blood pressure",
        f"{_HISTORY_ZH}血压记录：{BLANK}\n现用药及依从性：{BLANK}\n靶器官检查：{BLANK}\n{_JUDGEMENT_ZH}",
        f"{_HISTORY_EN}Readings: {BLANK}\nMedicines, and how they are taken: {BLANK}\n"
        f"Target organs: {BLANK}\n{_JUDGEMENT_EN}",
        (_TREATMENT_ZH, f"血压目标与自测方法：{BLANK}", _RETURN_ZH),
        (_TREATMENT_EN, f"Target, and how to measure at home: {BLANK}", _RETURN_EN),
    ),
    Template(
        "cough_breath",
        "respiratory",
        ("咳", "喘", "气促", "呼吸", "肺", "cough", "breath", "wheez"),
        "咳嗽、气促",
        "Cough and breathlessness",
        f"{_HISTORY_ZH}呼吸频率、血氧（吸氧条件）：{BLANK}\n听诊：{BLANK}\n影像所见：{BLANK}\n"
        f"{_JUDGEMENT_ZH}",
        f"{_HISTORY_EN}Respiratory rate, saturation (on what oxygen): {BLANK}\nAuscultation: {BLANK}\n"
        f"What the images show: {BLANK}\n{_JUDGEMENT_EN}",
        (_CHECKS_ZH, _TREATMENT_ZH, _WATCH_ZH),
        (_CHECKS_EN, _TREATMENT_EN, _WATCH_EN),
    ),
    Template(
        "stroke",
        "neurology",
        ("偏瘫", "无力", "言语", "口角", "卒中", "麻木", "stroke", "weakness", "speech"),
        "肢体无力、言语不清",
        "Weakness or speech",
        f"{_HISTORY_ZH}最后正常时间：{BLANK}\n神经系统查体与评分（由检查者填写）：{BLANK}\n血糖、血压："
        f"{BLANK}\n影像所见：{BLANK}\n{_JUDGEMENT_ZH}",
        f"{_HISTORY_EN}Last seen well: {BLANK}\nNeurological examination and score (by the examiner): {BLANK}"
        f"\nGlucose, blood pressure: {BLANK}\nWhat the images show: {BLANK}\n{_JUDGEMENT_EN}",
        (f"是否转诊，去向与时限：{BLANK}", _TREATMENT_ZH, _WATCH_ZH),
        (f"Referral, where to and by when: {BLANK}", _TREATMENT_EN, _WATCH_EN),
    ),
    Template(
        "fever_child",
        "pediatrics",
        ("发热", "咳", "腹泻", "fever", "cough"),
        "儿童发热",
        "A child with fever",
        f"年龄、体重：{BLANK}\n{_HISTORY_ZH}精神、饮食、尿量：{BLANK}\n体温、呼吸、循环：{BLANK}\n"
        f"{_JUDGEMENT_ZH}",
        f"Age, weight: {BLANK}\n{_HISTORY_EN}Alertness, feeding, urine: {BLANK}\nTemperature, breathing, "
        f"circulation: {BLANK}\n{_JUDGEMENT_EN}",
        (_CHECKS_ZH, f"处理（剂量按体重由医生填写）：{BLANK}", _WATCH_ZH),
        (_CHECKS_EN, f"Treatment (doses by weight, by the doctor): {BLANK}", _WATCH_EN),
    ),
    Template(
        "wound_fracture",
        "orthopedics",
        ("外伤", "骨折", "疼痛", "injur", "fracture", "pain"),
        "外伤",
        "Injury",
        f"受伤经过与时间：{BLANK}\n局部与远端血运、感觉：{BLANK}\n影像所见：{BLANK}\n{_JUDGEMENT_ZH}",
        f"How and when: {BLANK}\nThe part, and circulation and feeling beyond it: {BLANK}\nWhat the images "
        f"show: {BLANK}\n{_JUDGEMENT_EN}",
        (f"固定与处理：{BLANK}", f"是否转诊，途中注意：{BLANK}", _RETURN_ZH),
        (f"Splinting and treatment: {BLANK}", f"Referral, and care on the way: {BLANK}", _RETURN_EN),
    ),
    Template(
        "general",
        "",
        (),
        "通用会诊意见",
        "General opinion",
        f"{_HISTORY_ZH}查体与检查所见：{BLANK}\n{_JUDGEMENT_ZH}",
        f"{_HISTORY_EN}Examination and results: {BLANK}\n{_JUDGEMENT_EN}",
        (_CHECKS_ZH, _TREATMENT_ZH, _WATCH_ZH),
        (_CHECKS_EN, _TREATMENT_EN, _WATCH_EN),
    ),
    Template(
        "follow_up",
        "",
        (),
        "随访",
        "Follow-up",
        f"上次意见执行情况：{BLANK}\n目前情况：{BLANK}\n{_JUDGEMENT_ZH}",
        f"What was done since: {BLANK}\nHow it is now: {BLANK}\n{_JUDGEMENT_EN}",
        (_TREATMENT_ZH, _RETURN_ZH),
        (_TREATMENT_EN, _RETURN_EN),
    ),
)
"""In the order in which a page lists them."""

_BY_CODE: Final = {template.code: template for template in TEMPLATES}
