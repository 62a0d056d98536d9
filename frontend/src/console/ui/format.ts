// Figures in words: pure, so that each rule has its test.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 2 });

/** "12,345". */
export function numberInWords(number: number): string {
  return whole.format(number);
}

const compact = new Intl.NumberFormat("en", { notation: "compact" });

/** "12K", where there is little room. */
export function shortNumber(number: number): string {
  return number < 10_000 ? whole.format(number) : compact.format(number);
}

/** A rate: "1,234", "12.3" and "0.25" are all as exact as one can use them. */
export function rateInWords(number: number): string {
  if (number >= 100) return whole.format(number);
  return number >= 10 ? number.toFixed(1).replace(/\.0$/, "") : short.format(number);
}

/** "3 %"; what is more than nothing is never "0 %", and what is less than all never "100 %". */
export function percentInWords(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 1) return "< 1 %";
  if (percent > 99 && percent < 100) return "> 99 %";
  return `${whole.format(percent)} %`;
}

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
] as const;

/** A duration as people say it: "1.2 ms", "0.4 s", "12 s", "2 min 5 s", "3 d 4 h". */
export function durationInWords(seconds: number): string {
  if (!(seconds > 0)) return "0 s";
  if (seconds < 0.1) return `${short.format(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1).replace(/\.0$/, "")} s`;
  const rounded = Math.floor(seconds);
  const at = UNITS.findIndex(([, size]) => rounded >= size);
  const [unit, size] = UNITS[at] ?? UNITS[3];
  const smaller = UNITS[at + 1];
  const rest = smaller ? Math.floor((rounded % size) / smaller[1]) : 0;
  const first = `${whole.format(Math.floor(rounded / size))} ${unit}`;
  return smaller && rest > 0 ? `${first} ${rest} ${smaller[0]}` : first;
}

/** How long ago something was: "3 s ago". A clock that runs a little behind the server's makes it "now". */
export function agoInWords(time: number | string, now: number): string {
  const seconds = (now - new Date(time).getTime()) / 1000;
  if (Number.isNaN(seconds)) return "";
  return seconds < 1 ? "now" : `${durationInWords(Math.floor(seconds))} ago`;
}

/** "1 worker", "1,200 workers". */
export function counted(count: number, noun: string): string {
  return `${whole.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** "18:20:05", in the time zone of who reads it. */
export function clockTime(time: number): string {
  return new Date(time).toLocaleTimeString("en-GB");
}

/** Characters that are not seen, or make others seem to stand elsewhere: those of control, of direction, of no width. */
const UNSEEN = /[\0-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** A foreign text with what cannot be seen in it written out, as "\u202e". */
export function seeable(text: string): string {
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
