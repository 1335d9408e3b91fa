// Notifications of the desktop, where the browser has them and the person allows them.

export type NoticeState = NotificationPermission | "missing";

/** Whether notifications are allowed here. */
export function noticeState(): NoticeState {
  return "Notification" in window ? Notification.permission : "missing";
}

/** Asks the person; resolves to what they said. Must be called from a click. */
export async function askForNotices(): Promise<NoticeState> {
  return noticeState() === "missing" ? "missing" : await Notification.requestPermission();
}

/** Shows a notification until the returned function is called. A press on it brings the page to the front. */
export function showNotice(title: string, body: string): () => void {
  if (noticeState() !== "granted") return () => undefined;
  try {
    const notice = new Notification(title, { body, tag: "lianzhen.call", requireInteraction: true });
    notice.onclick = () => {
      window.focus();
      notice.close();
    };
    return () => notice.close();
  } catch {
    // Some browsers on phones only let a service worker do it.
    return () => undefined;
  }
}
