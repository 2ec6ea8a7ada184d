/**
 * Building remedies that can be pasted. Names, labels and values are foreign text: whatever is not plainly safe is
 * quoted for a POSIX shell, and control characters never enter a command.
 */

/** One shell word. Control characters become spaces: no name that Kubernetes accepts holds any. */
export function shellWord(text: string): string {
  const clean = onOneLine(text);
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(clean) ? clean : `'${clean.replaceAll("'", "'\\''")}'`;
}

/** A line of prose in a remedy. What it names may be foreign text, so it is kept from ending the line. */
export function note(text: string): string {
  return `# ${onOneLine(text)}`;
}

/** Where only the author knows what was meant. */
export function tryOnServer(): string {
  return note("kubectl apply --dry-run=server -f FILE says what the API server makes of it");
}

function onOneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be kept out.
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, " ");
}

/** `kubectl -n shop get pods`; the words are quoted where they need it. */
export function kubectl(namespace: string, ...words: readonly string[]): string {
  const scope = namespace === "" ? [] : ["-n", namespace];
  return ["kubectl", ...scope, ...words].map(shellWord).join(" ");
}

/** A `kubectl patch`; strategic merge by default, which merges maps and named lists; JSON merge where lists must be replaced. */
export function kubectlPatch(
  namespace: string,
  kind: string,
  name: string,
  patch: unknown,
  type: "strategic" | "merge" | "json" = "strategic",
): string {
  const typed = type === "strategic" ? [] : ["--type", type];
  return kubectl(namespace, "patch", kind, name, ...typed, "-p", JSON.stringify(patch));
}

/** Applies an object that is written out in the command itself; one line, so that it survives being indented. */
export function kubectlApply(namespace: string, object: unknown): string {
  return `printf %s ${shellWord(JSON.stringify(object))} | ${kubectl(namespace, "apply", "-f", "-")}`;
}
