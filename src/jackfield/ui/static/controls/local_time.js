/** A moment, in the reader's language and time zone. */
export class LocalTime {
  constructor(time) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const options = { dateStyle: "medium", timeStyle: "short" };
    time.title = time.textContent;
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, options).format(at);
  }
}
