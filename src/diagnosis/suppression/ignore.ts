import type { Location } from "../../objects/origin.ts";
import type { Finding } from "../engine.ts";

/** An ignore that was given for the whole run: an option, or an entry of the configuration file. */
export interface Ignore {
  readonly rule: string;
  /** `KIND/NAME` or `KIND/NAMESPACE/NAME`, `*` for any run of characters; null: every object. */
  readonly object: string | null;
  readonly reason: string | null;
  /** As a reader finds it: `--ignore`, `.kheadless.yaml`. */
  readonly from: string;
  readonly location: Location | null;
}

/** In what form an ignore was given. */
export type SuppressionKind = "annotation" | "comment" | "option" | "config" | "baseline";

/** A finding that an ignore silenced. */
export interface Suppressed {
  readonly finding: Finding;
  readonly reason: string | null;
  readonly kind: SuppressionKind;
  /** Where the ignore stands: `annotation on Service shop/mysql`, `comment at a.yaml:3`, `--ignore`, `.kheadless.yaml`. */
  readonly by: string;
}
