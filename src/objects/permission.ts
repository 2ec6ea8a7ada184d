/** Something that a user was not allowed to read. */
export interface MissingPermission {
  readonly verb: "list" | "get";
  /** As `kubectl auth can-i` names them: `pods`, `statefulsets.apps`, `configmaps/coredns`. */
  readonly what: readonly string[];
  /** ` in shop`, "" where it lies in no namespace or all are meant. */
  readonly where: string;
  readonly user: string;
}

/**
 * What one user lacks, each permission once, as every source words it: `no permission to list pods, services in shop; get configmaps/coredns in
 * kube-system (user jane)`.
 */
export function permissionsText(missing: readonly MissingPermission[]): string {
  const groups = Map.groupBy(missing, ({ verb, where }) => JSON.stringify([where, verb]));
  const texts = [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [`${first.verb} ${[...new Set(group.flatMap(({ what }) => what))].join(", ")}${first.where}`];
  });
  return `no permission to ${texts.join("; ")} (user ${missing[0]?.user ?? ""})`;
}

const TEXT = /^no permission to (list|get) ([^ ]+(?:, [^ ]+)*)((?: in [^ ]+)?) \(user (.+)\)$/;

/** Reads back what permissionsText wrote of one place each, with `; ` between them; null for any other text. */
export function readPermissions(text: string): readonly MissingPermission[] | null {
  const found: MissingPermission[] = [];
  for (const part of text.split("; ")) {
    const [, verb, what, where, user] = TEXT.exec(part) ?? [];
    if ((verb !== "list" && verb !== "get") || what === undefined || where === undefined || user === undefined)
      return null;
    found.push({ verb, what: what.split(", "), where, user });
  }
  return found;
}
