import { build } from "../scripts/build.mjs";

/** Tests that start the real bin run what stands in src now, not what was built last. */
export async function setup(): Promise<void> {
  await build({ clean: false });
}
