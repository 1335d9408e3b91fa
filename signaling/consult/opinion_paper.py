"""What stands on the paper of a signed opinion, in Chinese: sections of labelled texts. A value, no drawing.

The signed part is read from the signed form itself and not from what the store says beside it: what is
printed is what was signed. Times are told in China's time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from clinical.adoption import Adoption
from clinical.consent import ConsentPurpose, ConsentState, standing_of
from clinical.consultation import ConsultationKind, Urgency
from clinical.opinion import Factor, Seal, read_signed_form
from clinical.specialties import specialty_words, title_words
from signaling.consult.opinion_archive import Archive, FiledLoss, FiledOpinion, FiledSignature, Side
from signaling.roster.hospital_time import HOSPITAL_ZONE, moment_of

TITLE: Final = "远程会诊意见书"
_NONE: Final = "（未填写）"
_URGENCIES: Final[Mapping[Urgency, str]] = {
    Urgency.EMERGENCY: "急救",
    Urgency.URGENT: "加急",
    Urgency.ROUTINE: "普通",
}
_KINDS: Final[Mapping[ConsultationKind, str]] = {
    ConsultationKind.LIVE: "在线会诊",
    ConsultationKind.OFFLINE: "离线会诊",
}
SEXES: Final[Mapping[str, str]] = {"male": "男", "female": "女", "other": "其他"}
_PURPOSES: Final[Mapping[ConsentPurpose, str]] = {
    ConsentPurpose.CONSULTATION: "会诊",
    ConsentPurpose.RECORDING: "录音录像",
    ConsentPurpose.SHARING: "向第三方提供",
    ConsentPurpose.TEACHING: "教学",
}
_CONSENTS: Final[Mapping[ConsentState, str]] = {
    ConsentState.NONE: "未询问",
    ConsentState.EMERGENCY: "紧急情况先行",
    ConsentState.GRANTED: "同意",
    ConsentState.DECLINED: "不同意",
    ConsentState.WITHDRAWN: "已收回",
}
FACTORS: Final[Mapping[Factor, str]] = {
    "totp": "登录之外，签名时另验证一次性验证码",
    "passkey": "登录之外，签名时另验证安全密钥",
    "password": "登录之外，签名时再次验证密码",
}
_ADOPTIONS: Final[Mapping[Adoption, str]] = {
    Adoption.FULL: "全部采纳",
    Adoption.PART: "部分采纳",
    Adoption.NONE: "不采纳",
}
_FOOT: Final = "本软件显示并保存资料，不作诊断；意见由签名医生书写，诊疗由邀请方决定。"


@dataclass(frozen=True, slots=True)
class Entry:
    """One labelled text."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """Entries under a heading."""

    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything on it. ``made_at_ms``: of the last act that it tells of, since the Unix epoch."""

    title: str
    serial: str
    institutions: str
    sections: tuple[Section, ...]
    foot: str
    made_at_ms: int
    serial_label: str = "会诊编号"


def paper_of(archive: Archive) -> Paper:
    """Returns the paper. Raises ValueError for an opinion that is not signed, or whose form is none."""
    opinion = archive.opinion
    if opinion is None or opinion.signature is None:
        raise ValueError("not signed")
    signature = opinion.signature
    seal = read_signed_form(signature.form)
    sections = (
        Section("一、会诊邀请", tuple(_invitation(archive))),
        Section("二、会诊意见", tuple(_opinion(archive, seal))),
        Section("三、签名", tuple(_signature(archive, seal, signature))),
        Section("四、邀请方的决定", tuple(_adoption(archive, opinion))),
        Section("五、怎样核对", tuple(_checking(seal))),
    )
    sides = dict.fromkeys((archive.invited.name, archive.inviting.name))
    made_at_ms = signature.at_ms if opinion.adoption is None else opinion.adoption.at_ms
    return Paper(TITLE, archive.case.serial, " · ".join(sides), sections, _FOOT, made_at_ms)


def clock(at_ms: int | None) -> str:
    """Returns a time as it is told here, to the second; "" for none."""
    if at_ms is None:
        return ""
    return moment_of(at_ms).astimezone(HOSPITAL_ZONE).strftime("%Y-%m-%d %H:%M:%S")


def _invitation(archive: Archive) -> Iterable[Entry]:
    case, request = archive.case, archive.case.request
    yield Entry("患者", _patient(archive))
    yield Entry("邀请方", f"{_side(archive.inviting)}　{_person(archive, case.inviter)}")
    yield Entry("受邀方", f"{_side(archive.invited)}　{_person(archive, case.expert)}")
    wanted = f"{specialty_words(request.specialty).zh}　{title_words(request.wanted_title).zh}"
    yield Entry("所需专科和职称", wanted)
    yield Entry("方式", f"{_KINDS[request.kind]}　{_URGENCIES[request.urgency]}")
    yield Entry("会诊时间", clock(request.wanted_at_ms) or "随时（发出后立即）")
    yield Entry("会诊理由", request.reason or _NONE)
    yield Entry("会诊目的", request.purpose or _NONE)
    yield Entry("病历摘要", request.summary or _NONE)
    standing = standing_of(archive.consents, case.id)
    yield Entry(
        "知情同意",
        "；".join(
            f"{words}：{_CONSENTS[standing[purpose].state if purpose in standing else ConsentState.NONE]}"
            for purpose, words in _PURPOSES.items()
        ),
    )
    if archive.losses:
        yield Entry("心电数据缺失", "\n".join(loss_lines(archive)))
    moments = (("发出", case.invited_at_ms), ("接受", case.accepted_at_ms), ("开始", case.active_at_ms))
    told = "；".join(f"{name} {clock(at_ms)}" for name, at_ms in moments if at_ms is not None)
    if told:
        yield Entry("经过", told)


def loss_lines(archive: Archive) -> list[str]:
    """Returns what is told of each ECG whose rest was declared lost."""
    return [_loss(archive, loss) for loss in archive.losses]


def _loss(archive: Archive, loss: FiledLoss) -> str:
    who = archive.person_name(loss.by) or loss.by
    told = f"{loss.serial}：{clock(loss.at_ms)} 由 {who} 声明不再等待其余数据。理由：{loss.reason}。"
    if loss.is_come:
        return f"{told}此后网关已全部补传。"
    known = f"已知缺 {loss.missing_ms / 1000:.1f} 秒" if loss.missing_ms else "已收到的部分之间没有缺失"
    return f"{told}{known}" + ("。" if loss.is_end_known else "；最后一个采样点之后可能还有数据。")


def _opinion(archive: Archive, seal: Seal) -> Iterable[Entry]:
    yield Entry("所见与判断", seal.content.findings)
    yield Entry("建议", "\n".join(f"{number}. {text}" for number, text in enumerate(seal.content.advice, 1)))
    yield Entry("危急值", "是" if seal.content.critical_value else "否")
    names = {one.id: one.name for one in archive.attachments}
    files = [f"{names.get(one.id, one.id)}，SHA-256：\n{one.sha256}" for one in seal.attachments]
    yield Entry("所依据的附件", "\n".join(files) or "无")


def _signature(archive: Archive, seal: Seal, signature: FiledSignature) -> Iterable[Entry]:
    yield Entry("签名医生", f"{_side(archive.side(seal.invited))}　{_person(archive, seal.author)}")
    yield Entry("执业证号", seal.licence or "（系统未登记）")
    yield Entry("签名时间", f"{clock(seal.signed_at_ms)}（北京时间）")
    yield Entry("身份验证", FACTORS[seal.factor])
    yield Entry("意见指纹", signature.fingerprint)
    yield Entry("签名密钥", signature.key_id)
    ledgers = [f"{archive.side(one.institution).name} 第 {one.size} 条" for one in seal.ledgers]
    yield Entry("签名前的存证", "；".join(ledgers))


def _adoption(archive: Archive, opinion: FiledOpinion) -> Iterable[Entry]:
    adoption = opinion.adoption
    if adoption is None:
        yield Entry("决定", "邀请方尚未答复")
        return
    adopted = sum(item.adopted for item in adoption.items)
    yield Entry("决定", f"{_ADOPTIONS[adoption.adoption]}（{adopted} / {len(adoption.items)}）")
    lines = [
        f"{number}. 采纳" if item.adopted else f"{number}. 不采纳：{item.reason}"
        for number, item in enumerate(adoption.items, 1)
    ]
    yield Entry("逐条答复", "\n".join(lines))
    yield Entry("决定人", _person(archive, adoption.by))
    yield Entry("决定时间", f"{clock(adoption.at_ms)}（北京时间）")


def _checking(seal: Seal) -> Iterable[Entry]:
    yield Entry(
        "在系统中",
        f"登录“联诊”，重新下载会诊 {seal.serial} 的意见书：系统先核对签名和双方存证，有改动时不再出具。",
    )
    yield Entry(
        "离开系统",
        "下载本会诊的 FHIR 文件，用服务的公钥文件核对：\n"
        "lianzhen opinion verify 文件 --key signing.pub\n"
        "结论为“未改动”，且所示指纹与上面的意见指纹逐字相同，即为原意见。",
    )
    yield Entry(
        "签名的范围", "第二项的全部内容、附件的摘要、邀请的摘要、双方存证的末条。第四项由邀请方另行存证。"
    )


def _patient(archive: Archive) -> str:
    patient = archive.patient
    parts = [patient.name or "（已按要求删除）", SEXES.get(patient.sex, "")]
    parts.append("" if patient.birth_year is None else f"{patient.birth_year} 年生")
    parts.append(f"卡号 {patient.card_number}" if patient.card_number else "")
    return "　".join(part for part in parts if part)


def _side(side: Side) -> str:
    return f"{side.name}（机构代码 {side.code}）"


def _person(archive: Archive, person: str) -> str:
    found = archive.people.get(person)
    if found is None:
        return ""
    return f"{found.name}　{found.title}" if found.title else found.name
