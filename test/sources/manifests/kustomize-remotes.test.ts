import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { placeOfRepository } from "../../../src/sources/manifests/kustomize-remotes.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-remotes-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Where the overlay, or its base, names the repository. */
function place(files: Readonly<Record<string, string>>, repository: string): string | null {
  rmSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const found = placeOfRepository(join(folder, "overlay"), repository);
  return found === null ? null : `${relative(folder, found.file)}:${found.line}:${found.column}`;
}

const naming = (url: string): Record<string, string> => ({
  "overlay/kustomization.yaml": `resources:\n  - a.yaml\n  - ${url}\n  - https://github.com/acme/other//x\n`,
});
const REPOSITORY = "https://github.com/acme/deploy";

test.each([
  ["https://github.com/acme/deploy"],
  ["https://github.com/acme/deploy//base/mysql?ref=v1"],
  ["https://github.com/acme/deploy/base?timeout=120&ref=v1"],
  ["https://github.com/acme/deploy.git//base"],
  ["github.com/acme/deploy?ref=v1"],
  ["git::https://github.com/acme/deploy//base"],
  ["git@github.com:acme/deploy.git"],
  ["ssh://git@github.com/acme/deploy"],
])("%s is of the repository", (url) => {
  expect(place(naming(url), REPOSITORY)).toBe("overlay/kustomization.yaml:3:5");
  expect(place(naming(url), "git@github.com:acme/deploy.git")).toBe("overlay/kustomization.yaml:3:5");
});

test.each([["https://github.com/acme/deploy-old"], ["https://gitlab.com/acme/deploy"], ["./github.com/acme/deploy"]])(
  "%s is not",
  (url) => {
    expect(place(naming(url), REPOSITORY)).toBeNull();
  },
);

test("what a base names counts, by whatever file and list", () => {
  const files = {
    "overlay/kustomization.yml": "resources: [../base]\n",
    "base/Kustomization": `resources: [../overlay]\ncomponents:\n- ${REPOSITORY}//c\n`,
  };
  expect(place(files, REPOSITORY)).toBe("base/Kustomization:3:3");
});

test("named twice, either may be meant; nowhere, or in what cannot be read, none is", () => {
  const twice = `resources: ["${REPOSITORY}//a", "${REPOSITORY}//b"]\n`;
  expect(place({ "overlay/kustomization.yaml": twice }, REPOSITORY)).toBeNull();
  expect(place({ "overlay/kustomization.yaml": "resources: [" }, REPOSITORY)).toBeNull();
  expect(place({ "overlay/a.yaml": "" }, REPOSITORY)).toBeNull();
});
