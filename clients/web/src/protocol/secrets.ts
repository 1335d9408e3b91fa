// What people type from a slip or a phone: codes in groups, six digits, new passwords.

/** The shortest password the server takes (signaling/auth/passwords.py). */
export const MIN_PASSWORD_CHARACTERS = 10;

/** The digits of an authenticator code as far as they are typed: other signs are dropped, never more than six. */
export function sixDigits(typed: string): string {
  return typed.replace(/\D/g, "").slice(0, 6);
}

export type PasswordFault = "empty" | "short" | "repeat";

/** What is wrong with a new password and its repetition; null when nothing is that the page can know. */
export function passwordFault(password: string, repeated: string): PasswordFault | null {
  if (password.trim() === "") return "empty";
  if (Array.from(password.trim()).length < MIN_PASSWORD_CHARACTERS) return "short";
  return password === repeated ? null : "repeat";
}
