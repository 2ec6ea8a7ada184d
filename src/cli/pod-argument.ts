import { UsageError } from "./errors.ts";

/** A Pod as the user names it; `namespace` undefined where the name leaves it out. */
export interface PodArgument {
  readonly name: string;
  readonly namespace: string | undefined;
}

/** Reads `pod/web-0`, `web-0`, or either with a dot and a namespace behind it. Throws UsageError. */
export function podArgument(option: string, text: string): PodArgument {
  const found = /^(?:(?:pod|pods|po)\/)?([a-z0-9<>-]+)(?:\.([a-z0-9-]+))?$/i.exec(text);
  if (found?.[1] === undefined) throw new UsageError(`${option} ${text}: write pod/NAME, or pod/NAME.NAMESPACE`);
  return { name: found[1], namespace: found[2] };
}
