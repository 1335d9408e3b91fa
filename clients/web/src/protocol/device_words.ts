// What a device signs (signaling/auth/device_keys.py): text lines that begin with what the proof is for.

/** The letters and digits of a device's code as they are typed, in capitals. */
export function deviceCode(typed: string): string {
  return typed.toUpperCase().replace(/[^0-9A-Z]/g, "");
}

export function enrolmentText(code: string, publicKey: string, device_time_ms: number): string {
  return ["lianzhen device enrolment v1", deviceCode(code), publicKey, device_time_ms].join("\n");
}

export function sessionText(device: string, challenge: string, received_at_ms: number, sent_at_ms: number): string {
  return ["lianzhen device session v1", device, challenge, received_at_ms, sent_at_ms].join("\n");
}
