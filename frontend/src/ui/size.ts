/** A number of octets as people read it: "12.3 KiB". */
export function sizeInWords(octets: number): string {
  if (octets < 1024) {
    return octets === 1 ? "1 byte" : `${octets} bytes`;
  }
  const kib = octets / 1024;
  return kib < 1024 ? `${kib.toFixed(1)} KiB` : `${(kib / 1024).toFixed(1)} MiB`;
}
