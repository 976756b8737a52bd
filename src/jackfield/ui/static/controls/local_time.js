const KINDS = {
  "": { dateStyle: "medium", timeStyle: "short" },
  minute: { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  precise: {
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
    hourCycle: "h23",
  },
};

/** A moment, in the reader's language and time zone. */
export class LocalTime {
  constructor(time) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) return;
    const kind = KINDS[time.dataset.local];
    time.title = kind === KINDS[""] ? time.textContent : time.dateTime;
    time.textContent = new Intl.DateTimeFormat(document.documentElement.lang, kind).format(at);
  }
}
