/** A number of octets as people read it: "12.3 KiB". */
export function sizeInWords(octets: number): string {
  if (octets < 1024) {
    return octets === 1 ? "1 byte" : `${octets} bytes`;
  }
  const kib = octets / 1024;
  return kib < 1024 ? `${rounded(kib)} KiB` : `${rounded(kib / 1024)} MiB`;
}

function rounded(number: number): string {
  return number.toFixed(1).replace(/\.0$/, "");
}
