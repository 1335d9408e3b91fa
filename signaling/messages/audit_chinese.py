"""What checking, exporting, cosigning, backing up and restoring the ledger says in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

AUDIT_CHINESE: Final[Mapping[str, str]] = {
    # ---- the report
    "audit.institution": "机构 {institution}",
    "audit.integrity_unaltered": "完整性：未改动，事件 1 到 {events}，{checkpoints} 个检查点签名有效",
    "audit.integrity_altered": "完整性：有改动，核到事件 {events}，{checkpoints} 个检查点签名有效",
    "audit.integrity_unchecked": "完整性：未核完，事件到 {events}，{checkpoints} 个检查点签名有效",
    "audit.completeness_nothing_missing": "齐全性：无遗漏",
    "audit.completeness_something_missing": "齐全性：有遗漏",
    "audit.completeness_unchecked": "齐全性：未核",
    "audit.fault": "首处问题：{place}（{code}：{meaning}）",
    "audit.fault_at": "首处问题：{place}，序号 {sequence}（{code}：{meaning}）",
    "audit.row": "{file} 第 {row} 行",
    "audit.personal": "个人信息：{personal} 项与账本相符，{tombstones} 项已依法抹去",
    "audit.proves": "证明：事件 1 到 {size} 在 {at} 就是现在的样子（{source}，根 {root}）",
    "audit.proves_nothing": "证明：没有与事件相符的有效检查点，证明不了任何事件",
    "audit.cosigned": "联署：{names}",
    "audit.stamped": "时间戳：第三方证明在 {at} 已有这个检查点",
    "audit.cosignatures_unchecked": "有 {count} 个联署没有核，请用 --cosigner 给出联署人的公钥",
    "audit.stamps_unchecked": "有 {count} 个时间戳没有核，请用 --authority 给出根证书，并装上 rfc3161-client",
    "audit.key_given": "所用公钥：{fingerprint}（由核对人给出）",
    "audit.key_folder": "所用公钥：{fingerprint}（来自数据文件夹，请与公布的指纹对照）",
    "audit.key_package": (
        "所用公钥：{fingerprint}（来自证据包自身，不足为凭。"
        "请从别的途径取得医院公布的指纹，用 --fingerprint 再核一次）"
    ),
    "audit.nothing_here": "这里没有任何事件",
    "audit.slow": "没有装 cryptography 软件包，签名用较慢的办法核对",
    "audit.sound": "结论：可信",
    "audit.not_sound": "结论：不能证明可信",
    # ---- what each fault means
    "audit.code.event_malformed": "不是账本写的事件",
    "audit.code.event_out_of_place": "这里应是另一个事件",
    "audit.code.event_missing": "缺少这个事件",
    "audit.code.chain_broken": "与前一个事件接不上",
    "audit.code.columns_altered": "检索用的列与事件本身不符",
    "audit.code.row_unreadable": "这一行读不出来，文件损坏",
    "audit.code.contradicts_checkpoint": "到这里的事件与签过名的检查点不符，历史被改写或分叉",
    "audit.code.no_checkpoint_covers": "从这个事件起没有签名的检查点，证明不了",
    "audit.code.events_cut_off": "检查点说还有后面的事件，尾部被截去",
    "audit.code.chain_row_missing": "缺少链尾记录",
    "audit.code.chain_row_altered": "链尾记录与事件不符",
    "audit.code.checkpoint_malformed": "不是检查点",
    "audit.code.checkpoint_altered": "检查点与所在的行不符",
    "audit.code.checkpoint_unsigned": "检查点没有可信公钥的签名",
    "audit.code.checkpoint_out_of_order": "检查点重复或次序不对",
    "audit.code.checkpoint_missing": "缺少一个检查点",
    "audit.code.checkpoint_forked": "检查点分叉：不接在前一个之后",
    "audit.code.latest_checkpoint_missing": "缺少数据库之外留存的最新检查点",
    "audit.code.cosignature_malformed": "不是联署",
    "audit.code.cosignature_invalid": "联署不是所给公钥签的",
    "audit.code.cosigned_checkpoint_missing": "联署过的检查点不见了",
    "audit.code.stamp_invalid": "时间戳不是这个检查点的，或不是可信机构签的",
    "audit.code.stamped_checkpoint_missing": "盖过时间戳的检查点不见了",
    "audit.code.personal_altered": "个人信息与账本里的凭据不符",
    "audit.code.personal_added": "账本里没有这项个人信息",
    "audit.code.personal_missing": "缺少个人信息，又没有抹去的记录",
    "audit.code.personal_out_of_order": "个人信息的次序不对",
    "audit.code.erased_without_event": "个人信息被抹去，却没有抹去的事件",
    "audit.code.database_damaged": "不是联诊的数据库，或已损坏",
    "audit.code.contents_missing": "缺少文件清单",
    "audit.code.contents_malformed": "文件清单不对",
    "audit.code.contents_unsigned": "文件清单没有可信公钥的签名",
    "audit.code.file_added": "清单上没有这个文件",
    "audit.code.file_missing": "缺少清单上的文件",
    "audit.code.file_altered": "文件与清单不符",
    "audit.code.file_unreadable": "文件读不出来",
    # ---- wrong usage
    "audit.no_folder": "{folder} 不是数据文件夹，也不是证据包。",
    "audit.key_bad": "{file} 不是公钥文件（PEM，Ed25519 或 SM2）。",
    "audit.unreadable": "{file} 读不了，请检查路径和权限。",
    "audit.authority_bad": "{file} 不是证书文件（PEM）。",
    "audit.fingerprint_differs": "这里的公钥指纹是 {fingerprint}，与给出的不同：不是同一家医院的，或被换过。",
    "audit.suite_missing": "核对 {suite} 签名要装上 tongsuopy（pip install 'lianzhen[sm]'）。",
    # ---- export, cosign
    "audit.folder_taken": "{folder} 已经存在，请换一个新的文件夹名。",
    "audit.export_refused": "不能导出：{reason}",
    "audit.exported": (
        "已导出 {institutions} 个机构的 {events} 个事件和 {manifests} 份录像清单到 {folder}，并已核对。"
    ),
    "audit.exported_fingerprint": "请把公钥指纹另行告知收件人：{fingerprint}",
    "audit.institution_unknown": "没有机构 {institution}。",
    "audit.cosigner_name": "联署人的名字不能空，不能有空格或加号，最多 100 个字符。",
    "audit.cosign_refused": "不联署：账本没有通过核对。",
    "audit.cosign_key": "联署公钥 {file}，指纹 {fingerprint}。请交给医院放进数据文件夹的 keys/cosigners。",
    "audit.cosigned_note": (
        "已联署机构 {institution} 的检查点（{size} 个事件），留存于 {file}。请把这一行交给医院："
    ),
    "audit.authority_missing": (
        "没有时间戳机构的根证书。请用 --authority 给出，或放进数据文件夹的 keys/time_stamp_authorities。"
    ),
    "audit.stamp_url": "--url 要填时间戳机构的 http 或 https 地址。",
    "audit.stamp_unreachable": "时间戳机构现在连不上，没有盖成。请稍后再试。",
    "audit.stamp_refused": "时间戳机构的回答核对不上，没有采用。请检查根证书是否是它的。",
    "audit.stamp_done": "已为 {count} 个检查点盖上时间戳。",
    # ---- backup, restore
    "backup.file_taken": "{file} 已经存在，不会覆盖。请换一个文件名。",
    "backup.nothing": "没有找到要备份的数据库 {database}。",
    "backup.refused": "没有完成备份：{reason}",
    "backup.unsound": "没有完成备份：账本没有通过核对。",
    "backup.done": (
        "已备份到 {file}，账本已核对（{events} 个事件）。里面有密钥，请妥善保管。录像不在其中，请另行备份。"
    ),
    "backup.unsigned": "其中最后 {count} 个事件还没有检查点，恢复后由服务补签。",
    "restore.file_bad": "{file} 不是联诊的备份，或已损坏。",
    "restore.database_taken": "{database} 里已有数据，不会覆盖。请恢复到空的数据库和数据文件夹。",
    "restore.keys_taken": "数据文件夹 {folder} 里已有密钥或检查点，不会覆盖。请恢复到空的数据文件夹。",
    "restore.refused": "没有完成恢复：{reason}",
    "restore.unsound": "没有恢复：备份里的账本没有通过核对。",
    "restore.done": "已恢复到 {database}，账本已核对（{events} 个事件）。录像请另行放回。",
}
