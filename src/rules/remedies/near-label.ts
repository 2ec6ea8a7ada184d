/** The DNS label that a name was meant as: `DB_one` is `db-one`; "" where letters of other scripts would be lost. */
export function nearLabel(text: string): string {
  if (/[^\u0020-\u007e]/.test(text)) return "";
  return text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "");
}
