import { note } from "./kubectl.ts";

/** `$APP`, `${APP}`, `{{ .app }}`: what a program is to fill in. */
const PLACEHOLDER = /\$\{?\w|\{\{/;

/** The remedy for a text that a program has not filled in yet; null where it holds no such place. */
export function unfilledRemedy(text: string): string | null {
  if (!PLACEHOLDER.test(text)) return null;
  return note("it looks like a template: lint what envsubst, helm or kustomize makes of it");
}
