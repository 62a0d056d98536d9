/** A name with one letter that has many marks: it cannot be broken, and may be wider than the window. */
export const UNBREAKABLE = "combining marks";

/** Names that people may have, and those that only attackers have. */
export const NAMES = {
  markup: `<script>document.title="owned"</script><img src=x onerror="document.title='owned'">`,
  "right to left": "مطعم الميناء القديم",
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈 Family 🍕",
  "200 characters without a space": "Donaudampfschiffahrt".repeat(10),
  "200 wide characters": "漢字".repeat(100),
  [UNBREAKABLE]: `Z${"\u0335".repeat(60)}algo`,
  "quotes and braces": `"'\`{{constructor}}\${7*7}%00`,
};
