"""What stands on the paper of a signed ECG report, in Chinese: sections of labelled texts. A value.

It is read from the signed form, not from what the store says beside it: what is printed is what was signed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from clinical.critical_value import CriticalCall
from clinical.ecg_report import ReportSeal, SealedStrip, Step, Strip
from clinical.ecg_statements import statement_of
from media_server.ecg.descriptor import Descriptor
from signaling.consult.opinion_archive import FiledPatient, Professional, Side
from signaling.consult.opinion_paper import FACTORS, SEXES, Entry, Paper, Section, clock
from signaling.ecg.ecgs import Ecg, taken_at_us
from signaling.ecg.given_up import GivenUp
from signaling.ecg.report_rows import KeptReport

TITLE: Final = "心电图报告"
MAX_MISSING_PRINTED: Final = 10
"""Stretches; the paper has a page for them and the rest."""
_NONE: Final = "（未填写）"
_FOOT: Final = "本软件显示并保存心电数据，不作诊断；结论由签名医生选择和书写。"
_STEPS: Final[Mapping[Step, str]] = {"report": "报告", "review": "审核"}
_SOURCES: Final = {"device": "心电采集", "replay": "回放的记录", "import": "导入的文件"}


@dataclass(frozen=True, slots=True)
class ReportFile:
    """Everything that is filed of a signed report. ``seals`` are the first signature's and, where it was
    reviewed, the second's; ``critical`` None: none was marked.
    """

    ecg: Ecg
    descriptor: Descriptor
    kept: KeptReport
    seals: tuple[ReportSeal, ...]
    patient: FiledPatient
    sides: Mapping[str, Side]
    people: Mapping[str, Professional]
    critical: CriticalCall | None

    @property
    def seal(self) -> ReportSeal:
        """The newest."""
        return self.seals[-1]

    def person_name(self, person: str) -> str:
        """What somebody is called, with their title; "" for who is not known here."""
        found = self.people.get(person)
        if found is None:
            return ""
        return f"{found.name}　{found.title}" if found.title else found.name


def paper_of(file: ReportFile) -> Paper:
    """Returns the paper."""
    sections = (
        Section("一、患者与采集", tuple(_recorded(file))),
        Section("二、报告", tuple(_reported(file.seal))),
        Section("三、所依据的心电段", tuple(_strips(file))),
        Section("四、签名", tuple(_signed(file))),
        Section("五、怎样核对", tuple(_checking(file.seal))),
    )
    names = dict.fromkeys(side.name for side in file.sides.values())
    made_at_ms = file.seal.signed_at_ms
    return Paper(TITLE, file.ecg.serial, " · ".join(names), sections, _FOOT, made_at_ms, "心电编号")


def strip_words(ecg: Ecg, strip: Strip, part: tuple[int, int]) -> str:
    """Returns when a part of a strip was taken and which samples it is: what stands over its page."""
    first, end = part
    taken_us = taken_at_us(ecg, strip.epoch, first)
    seconds = (end - first) / strip.rate_hz
    at = "" if taken_us is None else f"{clock(taken_us // 1000)}　"
    return f"{at}{seconds:.1f} 秒　采样点 {first}–{end}"


def _recorded(file: ReportFile) -> Iterable[Entry]:
    ecg, patient, descriptor = file.ecg, file.patient, file.descriptor
    parts = [
        patient.name or "（已按要求删除）",
        SEXES.get(patient.sex, ""),
        "" if patient.birth_year is None else f"{patient.birth_year} 年生",
    ]
    yield Entry("患者", "　".join(part for part in parts if part))
    side = file.sides.get(ecg.institution)
    yield Entry("采集机构", "" if side is None else side.name)
    yield Entry("采集时间", f"{clock(ecg.started_at_ms)}（北京时间）" if ecg.started_at_ms else _NONE)
    yield Entry("来源", _SOURCES.get(ecg.source, ecg.source))
    yield Entry("设备", descriptor.model or _NONE)
    notch = f"，{descriptor.notch_hz} Hz 陷波" if descriptor.notch_hz else ""
    band = f"{descriptor.band_low_mhz / 1000:g}–{descriptor.band_high_hz} Hz{notch}"
    resolution = f"{descriptor.resolution_nv / 1000:g} µV"
    yield Entry("采样", f"{descriptor.rate_hz} Hz，{resolution}，设备通带 {band}")
    if ecg.given_up is not None:
        yield Entry("数据缺失", "\n".join(_missing(file, ecg.given_up)))
    if not descriptor.is_diagnostic:
        yield Entry("用途", "仅供监护：采样率或分辨率低于诊断心电图的要求")


def _missing(file: ReportFile, given_up: GivenUp) -> Iterable[str]:
    """What was declared lost, and whether it has come since."""
    ecg = file.ecg
    who = file.person_name(given_up.by) or given_up.by
    yield f"{clock(given_up.at_ms)} 由 {who} 声明不再等待。理由：{given_up.reason}"
    if ecg.is_complete:
        yield "此后网关已全部补传。"
        return
    if ecg.missing:
        yield f"已知缺 {ecg.missing_ms / 1000:.1f} 秒："
    for each in ecg.missing[:MAX_MISSING_PRINTED]:
        at_us = taken_at_us(ecg, each.epoch, each.span.start)
        seconds = each.span.length / file.descriptor.rate_hz
        at = "" if at_us is None else f"{clock(at_us // 1000)} 起 "
        yield f"{at}{seconds:.1f} 秒　采样点 {each.span.start}–{each.span.end}"
    if len(ecg.missing) > MAX_MISSING_PRINTED:
        yield "还有其他缺失，见导出的数据。"
    if ecg.declared is None:
        yield "网关没有说明采集到何时为止：最后一个采样点之后可能还有数据。"


def _reported(seal: ReportSeal) -> Iterable[Entry]:
    content = seal.content
    yield Entry("报告用语", "\n".join(_statement(code) for code in content.statements) or "（未选）")
    yield Entry("所见", content.findings or _NONE)
    yield Entry("结论", content.conclusion or _NONE)
    yield Entry("危急值", "是" if content.critical_value else "否")


def _statement(code: str) -> str:
    found = statement_of(code)
    return code if found is None else f"{found.zh}（{code}）"


def _strips(file: ReportFile) -> Iterable[Entry]:
    for number, one in enumerate(file.seal.strips, 1):
        strip = one.strip
        words = strip_words(file.ecg, strip, (strip.first_sample, strip.end_sample))
        yield Entry(f"第 {number} 段", f"{words}\n{_leads(one)}\nSHA-256：\n{one.sha256}")


def _leads(one: SealedStrip) -> str:
    return f"{len(one.leads)} 导联：{' '.join(one.leads)}" + ("" if one.is_diagnostic else "　仅供监护")


def _signed(file: ReportFile) -> Iterable[Entry]:
    for seal in file.seals:
        who = file.person_name(seal.signer)
        yield Entry(f"{_STEPS[seal.step]}医生", f"{who}　执业证号 {seal.licence or '（系统未登记）'}")
        yield Entry("签名时间", f"{clock(seal.signed_at_ms)}（北京时间）")
        yield Entry("身份验证", FACTORS[seal.factor])
        signature = file.kept.by_seal(seal)
        yield Entry("报告指纹", "" if signature is None else signature.given.form_sha256)
    if "review" not in {seal.step for seal in file.seals}:
        yield Entry("审核", "尚未审核")
    newest = file.kept.newest
    yield Entry("签名密钥", "" if newest is None else newest.key_id)
    if file.seal.version > 1:
        yield Entry("版本", f"第 {file.seal.version} 版，代替前一版。理由：{file.seals[0].reason or _NONE}")
    yield Entry("签名前的存证", "；".join(_ledgers(file)))
    if file.critical is not None:
        yield Entry("危急值通报", _critical(file, file.critical))


def _ledgers(file: ReportFile) -> Sequence[str]:
    names = {name: side.name for name, side in file.sides.items()}
    return [f"{names.get(one.institution, one.institution)} 第 {one.size} 条" for one in file.seal.ledgers]


def _critical(file: ReportFile, call: CriticalCall) -> str:
    told = f"{clock(call.marked_at_ms)} 由 {file.person_name(call.marked_by)} 标记"
    if call.heard is None:
        return f"{told}；" + ("已撤回" if call.reason else "尚无人确认知悉")
    return f"{told}；{clock(call.heard.at_ms)} {call.heard.name} 确认知悉"


def _checking(seal: ReportSeal) -> Iterable[Entry]:
    yield Entry(
        "在系统中",
        f"登录“联诊”，重新下载 {seal.serial} 的报告：系统先核对签名、心电数据和存证，有改动时不再出具。",
    )
    yield Entry("签名的范围", "第二项的全部内容、第三项各段心电数据的摘要、双方存证的末条。")
    yield Entry("图纸", "随后各页按 25 mm/s、10 mm/mV 绘制；请按实际大小打印，不要“适合页面”。")
