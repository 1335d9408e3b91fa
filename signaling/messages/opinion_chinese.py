"""What the pages of opinions say in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPINION_CHINESE: Final[Mapping[str, str]] = {
    "api.opinion_missing": "这次会诊还没有已签名的意见",
    "api.opinion_changed": "意见在别处已有更新（第 {version} 版），请刷新后再保存或签名",
    "api.opinion_altered": "核对发现：保存的意见与签名时不一致，不再出具意见书；请联系质控人员",
    "api.opinion_incomplete": "还不能签名：请补全所见、建议、空格和是否危急值，核对签名人和患者，等心电补齐",
    "api.opinion_too_long": "意见太长：所见最多 8000 字，建议最多 20 条，每条最多 1000 字",
    "api.adoption_items_wrong": "请对每一条建议分别答复",
    "api.adoption_contradicts": "总的决定与逐条答复不一致，请核对",
    "api.adoption_reason_missing": "不采纳的建议请写明理由",
    "api.sign_factor_needed": "签名前请再验证一次：有验证器的输入 6 位数字，没有的输入密码",
    "opinion.no_file": "{file} 不是含有已签名意见的 FHIR 文件。",
    "opinion.about": "会诊 {serial}，签名人 {author}（执业证号 {licence}），{at} 签名（北京时间）",
    "opinion.fingerprint": "意见指纹 {fingerprint}",
    "opinion.fault_key": "签名不是这把密钥的",
    "opinion.fault_signature": "签名无效，或不是这把密钥的",
    "opinion.fault_form": "签名的内容已损坏，读不出来",
    "opinion.fault_case": "会诊、患者、签名人或时间与签名时不同",
    "opinion.fault_request": "会诊邀请与签名时不同",
    "opinion.fault_text": "意见文字与签名时不同",
    "opinion.fault_attachments": "附件与签名时不同",
    "opinion.fault_ledger": "存证中的记录与签名不符",
    "api.sign_factor_missing": "这个账号没有可用于签名的验证方式，请先在“密码和第二验证”里设置",
}
