/** Whether a version (`1.12.1`) is a certain one or a later one. One that is not known is taken for the newest. */
export function isAtLeast(version: string | null, wanted: string): boolean {
  if (version === null) return true;
  const [have, want] = [version, wanted].map((text) => text.split(".").map(Number));
  for (const place of [0, 1, 2]) {
    const difference = (have?.[place] || 0) - (want?.[place] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
