"""The states of a consultation as people read them: docs/CONSULTATION.md, made from the tables themselves.

python -m clinical.consultation_document      writes docs/CONSULTATION.md
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from clinical.consultation import (
    ENDS,
    MANDATED,
    TRANSITIONS,
    ConsultationAct,
    ConsultationState,
    DeclineReason,
)
from clinical.escalation import DUTY_PHONE_AFTER_MS, SECOND_LINE_AFTER_MS, TIME_OUT_AFTER_MS
from clinical.opinion import Gate
from clinical.specialties import Words

DOCUMENT: Final = Path(__file__).resolve().parents[1] / "docs" / "CONSULTATION.md"
T = TypeVar("T", bound=str)
_START: Final = ConsultationState.DRAFTED

_S, _A = ConsultationState, ConsultationAct
STATE_NAMES: Final[Mapping[ConsultationState, Words]] = {
    _S.DRAFTED: Words("起草", "drafted"),
    _S.INVITED: Words("已发出", "invited"),
    _S.RINGING: Words("正在响铃", "ringing"),
    _S.DECLINED: Words("都不能接", "declined"),
    _S.TIMED_OUT: Words("无人接听", "timed out"),
    _S.ACCEPTED: Words("已接受", "accepted"),
    _S.ACTIVE: Words("会诊中", "active"),
    _S.SIGNED: Words("意见已签发", "opinion signed"),
    _S.ACKNOWLEDGED: Words("已阅", "acknowledged"),
    _S.CLOSED: Words("已结束", "closed"),
    _S.CANCELLED: Words("已取消", "cancelled"),
}
_STATE_MEANINGS: Final[Mapping[ConsultationState, Words]] = {
    _S.DRAFTED: Words("邀请方正在写申请", "the inviting side is writing the request"),
    _S.INVITED: Words(
        "已发出，还没有响铃：预约、离线或排队", "sent, and nobody rings yet: booked, offline or in line"
    ),
    _S.RINGING: Words("正在按值班次序呼叫", "people are being called, line after line"),
    _S.DECLINED: Words(
        "叫到的人都说不能接，每人有理由；不是终点",
        "everybody called said no, each with a reason; this is no end",
    ),
    _S.TIMED_OUT: Words(
        "整条线没有人接，请按急救流程；不是终点",
        "nobody answered along the whole chain: follow the emergency procedure; this is no end",
    ),
    _S.ACCEPTED: Words("有专家接下，还没见面", "a specialist has taken it and is not there yet"),
    _S.ACTIVE: Words(
        "双方都在；离线会诊：专家已打开", "both sides are there; offline: the specialist opened it"
    ),
    _S.SIGNED: Words("意见已签名，不能再改", "the opinion is signed and cannot be changed"),
    _S.ACKNOWLEDGED: Words(
        "邀请方已阅，写明采纳、部分采纳或不采纳",
        "the treating side has read it and said what it adopts",
    ),
    _S.CLOSED: Words("终点；双方各存一份", "an end; both sides keep their copy"),
    _S.CANCELLED: Words("终点；没有意见，有理由", "an end without an opinion, with a reason"),
}
ACT_NAMES: Final[Mapping[ConsultationAct, Words]] = {
    _A.AMEND: Words("修改申请", "amend"),
    _A.INVITE: Words("发出", "invite"),
    _A.RING: Words("呼叫", "ring"),
    _A.RING_ON: Words("叫下一线", "ring on"),
    _A.DECLINE: Words("最后一人说不能接", "the last one declines"),
    _A.TIME_OUT: Words("超时", "time out"),
    _A.ACCEPT: Words("接受", "accept"),
    _A.MEET: Words("见面", "meet"),
    _A.TRANSFER: Words("转给别的专家", "transfer"),
    _A.SIGN: Words("签发", "sign"),
    _A.ACKNOWLEDGE: Words("已阅", "acknowledge"),
    _A.CLOSE: Words("结束", "close"),
    _A.CANCEL: Words("取消", "cancel"),
}
_DECLINE_NAMES: Final[Mapping[DeclineReason, Words]] = {
    DeclineReason.IN_SURGERY: Words("手术中", "in surgery"),
    DeclineReason.WITH_PATIENT: Words("正在看病人", "with a patient"),
    DeclineReason.NOT_MY_FIELD: Words("不是本专业", "not my field"),
    DeclineReason.EQUIPMENT: Words("设备问题", "equipment"),
    DeclineReason.OTHER: Words("其他，须写明", "other, with a note"),
}
_FIELD_NAMES: Final[Mapping[str, Words]] = {
    "reason": Words("会诊事由", "reason"),
    "purpose": Words("会诊目的", "purpose"),
    "summary": Words("病历摘要", "record summary"),
    "specialty": Words("所需专科", "wanted specialty"),
    "wanted_title": Words("所需职称", "wanted title"),
}
_GATE_NAMES: Final[Mapping[Gate, Words]] = {
    Gate.IDENTITY: Words(
        "签发人接下了本例，执业证有效", "who signs has taken the case and has a valid licence"
    ),
    Gate.PATIENT: Words("患者身份已知", "it is known who the patient is"),
    Gate.FINDINGS: Words("写了所见", "findings are written"),
    Gate.ADVICE: Words("至少写了一条建议", "at least one advice is written"),
    Gate.BLANKS: Words("模板没有留空", "no blank of a template is left"),
    Gate.CRITICAL_VALUE: Words("答了是否危急值", "it was answered whether this is a critical value"),
    Gate.ATTACHMENTS: Words("附件都已到齐", "every file has arrived"),
    Gate.ECG: Words(
        "没有心电图，或已补齐，或缺的部分已声明不再等",
        "there is no ECG, or it is complete, or the rest was declared lost",
    ),
}


def consultation_document() -> str:
    """Returns the document, Markdown, Chinese before English."""
    return "\n".join([*_part(is_chinese=True), *_part(is_chinese=False)]) + "\n"


def diagram(*, is_chinese: bool) -> list[str]:
    """Returns the lines of the Mermaid state diagram. Two acts between the same states share an arrow."""
    lines = ["```mermaid", "stateDiagram-v2"]
    lines += [f"    {state} : {_word(STATE_NAMES[state], is_chinese)}" for state in ConsultationState]
    arrows: dict[tuple[ConsultationState, ConsultationState], list[str]] = {}
    for (before, act), after in TRANSITIONS.items():
        arrows.setdefault((before, after), []).append(_word(ACT_NAMES[act], is_chinese))
    comma = "、" if is_chinese else ", "
    lines.append(f"    [*] --> {_START}")
    lines += [f"    {before} --> {after} : {comma.join(acts)}" for (before, after), acts in arrows.items()]
    lines += [f"    {end} --> [*]" for end in ConsultationState if end in ENDS]
    return [*lines, "```"]


def _part(*, is_chinese: bool) -> list[str]:
    def say(chinese: str, english: str) -> str:
        return chinese if is_chinese else english

    def bullets(names: Mapping[T, Words]) -> list[str]:
        return [f"- {_word(words, is_chinese)} `{each}`" for each, words in names.items()] + [""]

    lines = [say("# 会诊的状态", "# The states of a consultation"), ""]
    lines += [
        say(
            "本页由 `python -m clinical.consultation_document` 从 clinical/ 中的表生成，不要手改。",
            "Made by `python -m clinical.consultation_document` from the tables in clinical/; do not edit.",
        ),
        "",
        say(
            "图中没有的箭头一律拒绝，拒绝后什么都不变。关掉页面、断线、主持人离开都不改变状态，人回来就接着做；"
            "每个不是终点的状态都有人能往下走或结束它。",
            "An arrow that is not in the diagram is refused, and a refusal changes nothing. A closed page, a "
            "lost link or a host who leaves changes no state: people come back. From every state that is no "
            "end somebody can lead the case on or end it.",
        ),
        "",
        *diagram(is_chinese=is_chinese),
        "",
    ]
    lines += [_row((say("状态", "State"), "", say("含义", "What is true"))), _row(("---", "---", "---"))]
    lines += [
        _row((_word(STATE_NAMES[each], is_chinese), f"`{each}`", _word(_STATE_MEANINGS[each], is_chinese)))
        for each in ConsultationState
    ]
    lines += ["", say("## 响铃", "## The ring"), ""]
    lines += _ring(is_chinese=is_chinese)
    lines += [say("不能接的理由：", "Reasons for a no:"), "", *bullets(_DECLINE_NAMES)]
    lines += [say("## 申请必须写明", "## What a request must say"), ""]
    lines += bullets({name: _FIELD_NAMES[name] for name in MANDATED})
    lines += [say("## 签发前必须齐备", "## What must be there before an opinion is signed"), ""]
    return lines + bullets(_GATE_NAMES)


def _ring(*, is_chinese: bool) -> list[str]:
    steps = (
        (0, Words("呼叫一线", "the first line is called")),
        (SECOND_LINE_AFTER_MS, Words("备班同时响铃", "the second line is called as well")),
        (DUTY_PHONE_AFTER_MS, Words("显示值班电话", "the duty phone is shown")),
        (TIME_OUT_AFTER_MS, Words("无人接听，请按急救流程", "timed out: follow the emergency procedure")),
    )
    lines = [f"- {after_ms // 1000} s: {_word(words, is_chinese)}" for after_ms, words in steps]
    rule = Words(
        "时间从呼叫开始算起。叫到的人都说不能接，立刻叫下一线；没有下一线，就是都不能接。没有人的一线直接跳过。",
        "The times count from the start. When everybody called has said no, the next line is called at once; "
        "where none is left, the request is declined. A line without people is skipped.",
    )
    return [*lines, "", _word(rule, is_chinese), ""]


def _word(words: Words, is_chinese: bool) -> str:
    return words.zh if is_chinese else words.en


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    DOCUMENT.write_text(consultation_document(), encoding="utf-8")
