const UNITS = ["KiB", "MiB", "GiB", "TiB"];

/** A number of octets as people read it: "12.3 KiB". */
export function sizeInWords(octets: number): string {
  if (octets < 1024) {
    return octets === 1 ? "1 byte" : `${octets} bytes`;
  }
  const power = Math.min(UNITS.length, Math.floor(Math.log2(octets) / 10));
  return `${rounded(octets / 1024 ** power)} ${UNITS[power - 1]}`;
}

function rounded(number: number): string {
  return number.toFixed(1).replace(/\.0$/, "");
}
