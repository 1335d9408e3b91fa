"""The Chinese texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from signaling.messages.rights_chinese import RIGHTS_CHINESE

CHINESE: Final[Mapping[str, str]] = {
    # ---- settings ----
    "setting.port": "{variable} 要填 0 到 65535 的整数。",
    "setting.media_threads": "{variable} 要填 1 到 64 的整数，或填 0：取处理器数量的一半。",
    "setting.address": (
        "{variable} 要填本机的 IP 地址，多个用逗号分开，可带端口，如 192.168.1.10 或 192.168.1.10:7882。"
    ),
    "setting.secret_missing": (
        "{variable} 没有设置。请设一个至少 32 个字符的随机密钥，例如用 openssl rand -base64 32 生成。"
    ),
    "setting.secret_short": (
        "{variable} 只有 {length} 个字符，至少要 32 个。可用 openssl rand -base64 32 生成。"
    ),
    "setting.secret_weak": "{variable} 太容易猜。请换一个随机密钥，可用 openssl rand -base64 32 生成。",
    "setting.key_missing": "{variable} 没有设置。请给这把密钥起个名字，例如 county-hospital。",
    "setting.file_missing": "{variable} 指的文件读不了，请检查路径和权限。",
    "setting.tls_pair": "{variable} 要和另一个 TLS 文件一起设置：证书和私钥两个都要。",
    "setting.tls_bad": "{variable} 里的证书和私钥对不上，或不是 PEM 格式。",
    "setting.oidc_issuer": "{variable} 要填医院统一登录的 issuer 地址，以 https 开头，一字不差。",
    "setting.oidc_client_id": "{variable} 没有设置。请填医院统一登录给本服务的 client id。",
    "setting.oidc_client_secret": "{variable} 没有设置或太短。请填医院统一登录给本服务的 client secret。",
    "setting.language": "{variable} 只能是 zh 或 en。",
    "setting.database_url": (
        "{variable} 只能是 sqlite:///文件路径，或 postgresql://用户:密码@主机:端口/数据库；不设就用数据文件夹里的文件。"
    ),
    "setting.log_level": "{variable} 只能是 debug、info、warning 或 error。",
    "setting.log_format": "{variable} 只能是 auto、json 或 console。",
    "setting.networks": "{variable} 要填网段，用逗号分开，例如 10.1.0.0/16。",
    "setting.bad": "{variable} 的值不能用，请改正后再启动。",
    "setting.unknown": "没有 {variable} 这项设置，请检查拼写。",
    # ---- start ----
    "start.http_port_taken": "HTTP 端口 {port} 被别的程序占用。请停掉那个程序，或用 {variable} 换一个端口。",
    "start.http_refused": "HTTP 端口 {port} 打不开（{reason}）。请用 {variable} 换一个端口或地址。",
    "start.ecg_port_taken": (
        "心电用的 UDP 端口 {port} 被别的程序占用。"
        "请停掉那个程序，或用 LIANZHEN_ECG_PORT 换一个端口（填 0 则不用）。"
    ),
    "start.ecg_port_refused": (
        "心电用的 UDP 端口 {port} 打不开（{reason}）。请检查 LIANZHEN_MEDIA_BIND 和 LIANZHEN_ECG_PORT。"
    ),
    "start.media_port_taken": (
        "UDP 端口 {port} 被别的程序占用。请停掉那个程序，或用 LIANZHEN_MEDIA_PORT 换一个端口。"
    ),
    "start.media_refused": (
        "UDP 端口 {port} 打不开（{reason}）。请检查 LIANZHEN_MEDIA_BIND 和 LIANZHEN_MEDIA_PORT。"
    ),
    "start.data_unwritable": "数据文件夹 {folder} 写不进去。请改权限，或用 LIANZHEN_DATA_DIR 换一个文件夹。",
    "start.data_in_use": (
        "数据文件夹 {folder} 正被另一个联诊服务使用。请停掉那一个，或用 LIANZHEN_DATA_DIR 换一个文件夹。"
    ),
    "start.store_unavailable": (
        "数据库现在用不了。请检查 LIANZHEN_DATABASE_URL 指的数据库"
        "是否在运行、账号密码是否正确、磁盘是否已满。"
    ),
    "start.store_too_new": "数据库已由更新版本的联诊使用过，本版本不能再用。请启动新版本，或恢复旧备份。",
    "start.key_unusable": "数据文件夹里的密钥文件 {file} 用不了。请从备份恢复，或移走它让服务另做一个。",
    "start.core_missing": "媒体核心 lianzhen_core 没有装上。请运行 make setup。",
    "start.failed": "服务启动不了（{reason}）。",
    "start.first_administrator": "还没有管理员。请打开这个一次性链接（24 小时内有效）：{url}",
    "start.demo_data": (
        "数据文件夹 {folder} 里是演示资料，演示密码是公开的。请用 LIANZHEN_DATA_DIR 换一个文件夹。"
    ),
    # ---- running ----
    "demo.title": "联诊演示：账号 {accounts}，密码 {password}",
    "demo.open": "本机打开 {url}",
    "demo.phone": "同一网络的手机打开 {url}",
    "demo.trust": (
        "手机第一次打开会提示证书不受信任：点“高级”再“继续前往”。想不再提示，把 {file} 装为受信任的证书。"
    ),
    "demo.warning": "演示密码公开，只可用于试用，不可放真实患者资料。",
    "pages.missing_title": "网页还没有构建",
    "pages.missing": (
        "服务已在运行，但没有找到网页文件。"
        "请在源码目录运行 make run，或用 LIANZHEN_WEB_DIR 指出网页所在的文件夹。"
    ),
    # ---- verify, export ----
    "verify.integrity": "完整性",
    "verify.completeness": "齐全性",
    "verify.unaltered": "未改动",
    "verify.altered": "有改动",
    "verify.unchecked": "未核",
    "verify.nothing_missing": "无遗漏",
    "verify.something_missing": "有遗漏",
    "verify.segments": "{count} 段已核",
    "verify.signature_valid": "签名有效",
    "verify.signature_invalid": "签名无效",
    "verify.signature_unknown_key": "签名不是这把密钥的",
    "verify.fault": "首处问题：{file} 第 {offset} 字节（{code}）",
    "verify.fault_file": "首处问题：{file}（{code}）",
    "verify.events": "事件 {first} 到 {last}",
    "verify.gaps": "缺口 {count} 处，已说明",
    "verify.no_gaps": "没有缺口",
    "verify.gap": "{who}　{from_s} 到 {to_s} 秒：{cause}",
    "verify.no_key": (
        "没有找到核对用的公钥。"
        "请用 --key 指出公钥文件（数据文件夹里的 keys/signing.pub），不要用录像里带来的。"
    ),
    "verify.key_bad": "{file} 不是 Ed25519 公钥文件（PEM）。",
    "verify.no_folder": "{folder} 不是文件夹，请给出一份录像的文件夹。",
    "export.done": "已导出 {file}",
    "export.refused": "不能导出：{reason}",
    "export.nothing": "这份录像里没有可导出的声音或画面。",
    "token.identity": "身份和房间名都不能空，最多 256 个字符。",
    # ---- answers of the API ----
    "api.signed_out": "还没有登录",
    "api.password_wrong": "密码不对，还可试 {tries_left} 次",
    "api.account_locked": "试错太多，请过 {minutes} 分钟再试",
    "api.account_suspended": "这个账号已停用，请找本单位的管理员",
    "api.sign_in_busy": "现在登录的人太多，请过 {retry_after_s} 秒再试；正在进行的通话不受影响",
    "api.already_signed_in": "已经登录，不用再验证",
    "api.code_wrong": "验证码不对或已用过，请等下一个 6 位数字",
    "api.passkey_wrong": "安全密钥没有验证通过，请再试一次",
    "api.passkey_needs_name": "用 IP 地址打开时不能用安全密钥，请用域名打开，或改用验证器",
    "api.passkey_known": "这把安全密钥已经登记过",
    "api.too_many_passkeys": "最多登记 {limit} 把安全密钥，请先删掉不用的",
    "api.challenge_gone": "时间太久了，请从头再来一次",
    "api.second_factor_unknown": "这个账号没有登记这种第二步验证",
    "api.last_second_factor": "这是最后一种第二步验证，请先登记另一种再删",
    "api.totp_enrolled": "验证器已经登记过；换手机请找管理员重置账号",
    "api.password_short": "密码至少要 10 个字符",
    "api.password_is_login": "密码不能和登录名一样",
    "api.password_common": "这个密码太常见，容易被猜到，请换一个",
    "api.password_unchanged": "新密码要和原来的不一样",
    "api.code_spent": "这个一次性代码不对、已用过或已过期，请找管理员要新的",
    "api.oidc_not_offered": "本服务没有接医院的统一登录",
    "api.oidc_refused": "医院的统一登录没有成功，请再试一次",
    "api.oidc_unlinked": "这个统一登录账号还没有和本服务的账号关联，请找管理员",
    "api.oidc_taken": "这个统一登录账号已关联到另一个人",
    "api.oidc_unreachable": "现在连不上医院的统一登录，请用登录名和密码登录",
    "api.institution_taken": "这个机构代码已经登记过，请核对",
    "api.institution_missing": "请填写机构的代码、名称和类别",
    "api.institution_known": "这个一次性代码是给已有机构的，不用再填机构",
    "api.login_form": "登录名要以小写字母开头，只用小写字母、数字、点和横线，2 到 32 个字符",
    "api.login_taken": "这个登录名有人用了，请换一个",
    "api.account_exists": "这个人已经有账号",
    "api.account_missing": "这个人还没有账号",
    "api.role_not_for_people": "这个角色不能给人，只给设备或来宾",
    "api.roles_conflict": "管理员和审计员不能是同一个人",
    "api.last_administrator": "这是最后一位能登录的管理员，请先另设一位",
    "api.licence_over": "执业证的有效期已经过了，请核对日期",
    "api.licence_taken": "这个执业证号已经登记过，请核对",
    "api.licence_ended": "这张执业证已经注销",
    "api.too_many_licences": "每人最多登记 {limit} 张执业证",
    "api.bad_request": "请求的内容不对",
    "api.too_long": "太长了，最多 {limit} 个字",
    "api.origin_refused": "请求不是从本站页面来的",
    "api.not_found": "没有这一项",
    "api.not_permitted": "你没有这个权限",
    "api.room_not_open": "房间里现在没有人",
    "api.already_recording": "已经在录制",
    "api.not_recording": "现在没有录制",
    "api.recording_unavailable": "现在录不了，通话不受影响。请看磁盘空间和权限",
    "api.recording_missing": "没有这份录像，或你没有参加",
    "api.media_missing": "这里没有录到",
    "api.media_unready": "还在录制，录完再看",
    "api.too_many": "请求太多，请稍后再试",
    "api.token_refused": "凭证无效或已过期，请重新登录",
    "api.room_full": "房间满了",
    "api.connections_full": "同时连着的页面或设备已满，请稍后再试；已连上的和正在进行的通话不受影响",
    "api.unavailable": "服务正在停止，请稍后再试",
    "api.method_unknown": "这个地址不能这样用",
    "api.state_refused": "它现在的状态不允许这样做",
    "api.second_factor_needed": "请先完成第二步验证（验证器里的 6 位数字或安全密钥）",
    "api.body_too_large": "内容太大，最多 {limit_kilobytes} KB",
    "api.content_type_wrong": "内容要按 JSON 格式发送",
    "api.store_unavailable": "资料现在读不出也存不进，正在进行的通话不受影响；请稍后再试",
    "api.internal": "服务出了错，没有做任何改动；请再试一次，还不行就告诉管理员",
    # ---- what is wrong with one field; {field} is one of field.name.* or the name in the JSON ----
    "field.missing": "{field}没有填",
    "field.unknown": "没有 {field} 这一项，请检查拼写",
    "field.too_long": "{field}太长，最多 {limit} 个字",
    "field.too_short": "{field}太短，至少 {limit} 个字",
    "field.too_many_items": "{field}太多，最多 {limit} 项",
    "field.too_few_items": "{field}太少，至少 {limit} 项",
    "field.not_text": "{field}要填文字",
    "field.not_whole": "{field}要填整数",
    "field.not_yes_or_no": "{field}只能是“是”或“否”",
    "field.too_small": "{field}太小，不能小于 {limit}",
    "field.too_large": "{field}太大，不能大于 {limit}",
    "field.not_one_of": "{field}不是可选的值，只能是 {expected}",
    "field.wrong_form": "{field}的格式不对",
    "field.not_a_list": "{field}要填一个列表",
    "field.not_an_object": "{field}的内容不完整",
    "field.twice": "{field}只能给一次",
    "field.control_character": "{field}里有看不见的控制字符，请删掉后再试",
    "field.together": "填写的几项不能这样搭配",
    "field.wrong": "{field}的值不能用",
    # ---- devices, invitations, break-glass ----
    "api.device_state": "这台设备现在的状态不能这样做",
    "api.device_code_wrong": "登记码不对、已用过或已过期。请核对后重输，或请管理员重发一个",
    "api.device_key_unusable": "设备的公钥读不出来，请用 Ed25519 或 P-256 密钥重新注册",
    "api.device_key_known": "这把密钥已属于另一台设备，请在本机重新生成密钥",
    "api.device_proof_wrong": "设备的签名验证不通过，请重试；仍不行请联系管理员",
    "api.device_clock_off": (
        "这台设备的时钟与服务器相差 {hours} 小时 {minutes} 分钟。"
        "请校准日期、时间和时区后再输入登记码，登记码仍有效"
    ),
    "device.clock_off": (
        "这台设备的时钟与服务器相差 {hours} 小时 {minutes} 分钟，请校准；其间的记录已按服务器时间换算"
    ),
    "api.room_no_place": "你的角色不能进入这个房间",
    "api.licence_missing": "系统里没有你的有效执业证，不能接受会诊，也不能签发。请联系管理员登记",
    "api.licence_expired": "你的执业证已过有效期，不能进入诊室。请联系管理员更新",
    "api.invitation_unknown": "这个邀请链接无效，请向邀请人重新要一个",
    "api.invitation_used": "这个邀请链接已经用过。每个链接只能用一次，请向邀请人重新要一个",
    "api.invitation_expired": "这个邀请链接已过期，请向邀请人重新要一个",
    "api.invitation_revoked": "这个邀请已被撤回，请与邀请人联系",
    "api.breakglass_reason_short": "请写清紧急原因：至少六个汉字或三个词",
    "api.breakglass_unneeded": "你本来就可以打开，不需要紧急开启",
    "api.breakglass_own": "自己的紧急开启不能由自己复核",
    "api.breakglass_reviewed": "这次紧急开启已经复核过",
    # ---- settings, webhooks, the ledger's proof ----
    "api.upgrade_needed": "这个地址是 WebSocket，不能当网页打开",
    "api.setting_value_wrong": "这项设置只能是 {expected}",
    "api.webhook_address_refused": (
        "这个地址不能用：要用 https；本机和内网的地址要先由运维在 LIANZHEN_WEBHOOK_NETWORKS 里放行"
    ),
    "api.webhooks_too_many": "最多 {limit} 个推送，请先停用一个",
    "api.cosignature_wrong": "这行签名不是受信任的见证密钥对这个检查点签的",
    "api.checkpoint_missing": "没有大小为 {size} 的检查点",
    "api.ledger_check_busy": "正在核对账本，请等这一次核完",
    "api.cosigned_already": "这把密钥已经为这个检查点签过",
    **RIGHTS_CHINESE,
    # ---- the API's page; the sentences of its routes stand in route_sentences.py ----
    "docs.title": "联诊接口说明",
    "docs.about": "由服务自己的代码生成。机器可读的版本：",
    "docs.language": "中文",
    "docs.right": "所需权限：",
    "docs.parameters": "参数",
    "docs.body": "请求内容（JSON）",
    "docs.answer": "回答",
    "docs.refusals": "可能的拒绝",
    "docs.required": "必填",
    "docs.nothing": "没有内容",
    "docs.problems": "拒绝代码",
    "docs.problems_about": (
        "拒绝时回答 application/problem+json（RFC 9457）：代码不变，句子随 Accept-Language 用中文或英文。"
    ),
}
