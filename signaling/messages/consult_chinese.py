"""What the pages of consultations say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CONSULT_CHINESE: Final[Mapping[str, str]] = {
    "api.consultation_state": "会诊现在的状态不能这样做，请刷新后再看",
    "api.consultation_incomplete": "会诊申请还没有填全：理由、目的、病历摘要、专科和希望的职称都要填写",
    "api.consultation_consent_missing": "患者还没有同意会诊；请先征得同意，紧急时按紧急情况登记",
    "api.consultation_reason_missing": "请写明理由",
    "api.consultation_taken": "已有专家接受了这次会诊",
    "api.consultation_not_called": "这次会诊没有呼叫您，或您已经答复过",
    "api.consultation_no_backup": "没有备班可以接；不能接时，请说明理由谢绝",
    "api.consultation_offline": "这是离线会诊，没有房间，也不呼叫",
    "api.specialty_unknown": "没有这个专科，请从列表中选择",
    "api.title_unknown": "没有这个职称，请从列表中选择",
    "api.slot_unknown": "这个预约时段与所请的医院、专科或时间不符",
    "api.slot_taken": "这个时段已被预约或已过，请另选一个",
    "api.transfer_person_unfit": "不能转给这个人：须是受邀医院在岗的专家，执业证有效，且不是现在的专家",
    "api.room_waiting": "已通知主持人，请在门外等候放行",
    "api.room_full": "会诊房间最多 {limit} 人，已经满了",
    "api.party_unfit": "只能邀请在岗的医生、急救人员或质控监管员",
    "api.party_known": "这个人已经可以进入会诊",
    "api.party_unknown": "会诊里没有这个人",
    "api.party_not_waiting": "这个人没有在门外等候",
    "api.party_is_host": "先移交主持，再请出这个人",
    "api.host_unfit": "只有医生和急救人员能主持",
    "api.consultation_full": "这次会诊的消息已满，不能再写",
    "api.attachment_unreadable": "附件内容读不出来，或超过 8 MiB",
    "api.attachment_type_wrong": "附件内容与所写的类型不符；可用 JPEG、PNG、PDF 和纯文本",
    "api.attachment_kind_wrong": "截图和签名须是图片；批注的截图须写明批注的是哪一张",
    "api.attachment_missing": "会诊里没有这张截图",
    "api.attachment_altered": "附件的文件缺失或已被改动，请联系管理员",
    "api.attachments_full": "这次会诊的附件已满",
}
