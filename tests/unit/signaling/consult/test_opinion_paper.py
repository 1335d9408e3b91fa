"""What stands on the paper, and that it can be drawn, read again and looked at."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pypdfium2
import pytest
from pylopdf_fonts_zh_cn import sans_path

from clinical.consultation import ConsultationKind, Urgency
from clinical.opinion import Content, signed_form
from signaling.consult.opinion_archive import Archive, FiledLoss
from signaling.consult.opinion_paper import Paper, clock, paper_of
from signaling.consult.opinion_pdf import pdf_of
from tests.support.filed_cases import CASE, CONTENT, full_archive, opinion, seal_of, signature_over


def words(paper: Paper) -> dict[str, str]:
    return {entry.label: entry.text for section in paper.sections for entry in section.entries}


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def test_it_holds_invitation_opinion_signature_decision_and_how_to_check() -> None:
    paper = paper_of(full_archive())
    assert [section.heading for section in paper.sections] == [
        "一、会诊邀请",
        "二、会诊意见",
        "三、签名",
        "四、邀请方的决定",
        "五、怎样核对",
    ]
    said = words(paper)
    assert said["患者"] == "张建国　男　1965 年生　卡号 8001"
    assert said["邀请方"] == "柳河镇卫生院（机构代码 Q-17）　李明　主治医师"
    assert said["所需专科和职称"] == "心内科　副主任医师"
    assert (said["会诊理由"], said["会诊目的"]) == ("胸闷 2 小时", "明确诊断，决定是否转诊")
    assert said["知情同意"] == "会诊：同意；录音录像：已收回；向第三方提供：紧急情况先行；教学：不同意"
    assert said["建议"].splitlines()[0] == "1. 立即口服阿司匹林 300 mg"
    assert said["所依据的附件"] == f"心电图.pdf，SHA-256：\n{'ab' * 32}"
    assert said["签名时间"] == "2025-11-21 12:45:00（北京时间）"
    assert said["决定"] == "部分采纳（2 / 3）"
    assert said["逐条答复"].splitlines()[2] == "3. 不采纳：患者不愿转诊"
    assert "lianzhen opinion verify" in said["离开系统"]


def test_what_is_printed_is_what_was_signed_whatever_the_store_says_now() -> None:
    forged = replace(opinion(), content=Content("一切正常", ("回家",), critical_value=True))
    said = words(paper_of(full_archive(opinion=forged)))
    assert (said["所见与判断"], said["危急值"]) == (CONTENT.findings, "否")


LOSS = FiledLoss("E-20251121-0007", 1_763_700_000_000, "pe_wang", "网关损坏", 3_000, False, False)


def test_the_lost_rest_of_an_ecg_is_told() -> None:
    assert "心电数据缺失" not in words(paper_of(full_archive()))
    losses = (
        LOSS,
        replace(LOSS, by="pe_gone", missing_ms=0, is_end_known=True),
        replace(LOSS, is_come=True),
    )
    first, second, third = words(paper_of(full_archive(losses=losses)))["心电数据缺失"].splitlines()
    assert first.startswith(
        "E-20251121-0007：2025-11-21 12:40:00 由 王敏 声明不再等待其余数据。理由：网关损坏。"
    )
    assert first.endswith("已知缺 3.0 秒；最后一个采样点之后可能还有数据。")
    assert "由 pe_gone 声明" in second and second.endswith("已收到的部分之间没有缺失。")
    assert third.endswith("此后网关已全部补传。")


def test_before_the_decision_it_says_so_and_is_of_the_time_of_signing() -> None:
    paper = paper_of(full_archive(opinion=opinion(is_adopted=False)))
    assert words(paper)["决定"] == "邀请方尚未答复"
    assert clock(paper.made_at_ms) == "2025-11-21 12:45:00"
    assert clock(paper_of(full_archive()).made_at_ms) == "2025-11-21 12:45:20"


def test_what_is_not_there_is_said_in_words() -> None:
    seal = replace(seal_of(), attachments=(), licence="", content=replace(CONTENT, critical_value=True))
    signed = replace(opinion(), signature=signature_over(signed_form(seal)))
    archive = full_archive(opinion=signed)
    request = replace(
        CASE.request,
        kind=ConsultationKind.OFFLINE,
        urgency=Urgency.EMERGENCY,
        reason="",
        purpose="",
        summary="",
        wanted_at_ms=CASE.created_at_ms,
    )
    case = replace(CASE, request=request, invited_at_ms=None, accepted_at_ms=None, active_at_ms=None)
    patient = replace(archive.patient, name="", card_number="", sex="unknown", birth_year=None)
    said = words(paper_of(replace(archive, case=case, patient=patient, consents=(), people={})))
    assert said["患者"] == "（已按要求删除）"
    assert (said["会诊理由"], said["方式"]) == ("（未填写）", "离线会诊　急救")
    assert said["会诊时间"] == "2025-11-21 12:39:00"
    assert said["知情同意"] == "会诊：未询问；录音录像：未询问；向第三方提供：未询问；教学：未询问"
    assert (said["危急值"], said["所依据的附件"], said["执业证号"]) == ("是", "无", "（系统未登记）")
    assert "经过" not in said
    assert said["决定人"] == ""
    assert clock(None) == ""


@pytest.mark.parametrize(
    "archive", [full_archive(opinion=None), full_archive(opinion=opinion(is_signed=False))]
)
def test_there_is_no_paper_of_what_is_not_signed(archive: Archive) -> None:
    with pytest.raises(ValueError, match="not signed"):
        paper_of(archive)


def test_the_file_can_be_read_again_and_holds_its_font() -> None:
    content = pdf_of(paper_of(full_archive()))
    read = text_of(content)
    for phrase in (
        "远程会诊意见书",
        "S-20251121-0031",
        "会诊医生判断：疑似下壁缺血",
        "转县医院胸痛中心",
        "110-WANG",
    ):
        assert phrase in read
    signature = opinion().signature
    assert signature is not None and signature.fingerprint in read
    assert b"/FontFile3" in content and b"NotoSansSC" in content
    assert len(content) < 200_000
    document = pypdfium2.PdfDocument(content)
    assert document.get_metadata_dict()["Title"] == "远程会诊意见书 S-20251121-0031"
    document.close()


def test_equal_papers_give_equal_bytes() -> None:
    paper = paper_of(full_archive())
    assert pdf_of(paper) == pdf_of(paper)
    later = replace(paper, made_at_ms=paper.made_at_ms + 1000)
    assert pdf_of(later) != pdf_of(paper)
    made = datetime.fromtimestamp(paper.made_at_ms // 1000, UTC)
    assert made.strftime("D:%Y%m%d%H%M%S").encode() in pdf_of(paper)


def test_a_long_opinion_takes_pages_that_all_carry_number_and_foot() -> None:
    content = Content(
        "。".join(f"第 {n} 行所见很长很长" for n in range(700)), ("建议" * 300,) * 8, critical_value=False
    )
    seal = replace(seal_of(), content=content)
    archive = full_archive(opinion=replace(opinion(), signature=signature_over(signed_form(seal))))
    document = pypdfium2.PdfDocument(pdf_of(paper_of(archive)))
    pages = len(document)
    assert pages > 3
    for number, page in enumerate(document, 1):
        read = page.get_textpage().get_text_bounded()
        assert f"第 {number} 页，共 {pages} 页" in read
        assert "不作诊断" in read
    document.close()


def test_a_page_shows_ink_where_text_is_and_none_in_its_margins() -> None:
    document = pypdfium2.PdfDocument(pdf_of(paper_of(full_archive())))
    picture = document[0].render(scale=1).to_pil().convert("L")
    width, height = picture.size
    assert min(picture.crop((0, 0, 50, height)).tobytes()) > 250
    assert min(picture.crop((width - 50, 0, width, height)).tobytes()) > 250
    title = picture.crop((width // 3, 50, 2 * width // 3, 90))
    assert 0.02 < sum(pixel < 128 for pixel in title.tobytes()) / (title.width * title.height) < 0.4
    document.close()


def test_the_font_is_the_one_that_noto_publishes() -> None:
    """notofonts/noto-cjk f8d1575, Sans/SubsetOTF/SC, as its package says."""
    digest = hashlib.sha256(sans_path().read_bytes()).hexdigest()
    assert digest == "faa6c9df652116dde789d351359f3d7e5d2285a2b2a1f04a2d7244df706d5ea9"
