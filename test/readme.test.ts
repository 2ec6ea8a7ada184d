import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { BIN, shell } from "./cli/run.ts";

/** A console block of the README: commands, each with what it is said to print. */
interface Shown {
  readonly command: string;
  readonly output: string;
}

/** Printed between the commands. */
const MARK = "-- next command --";

const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
const blocks = [...readme.matchAll(/^```console\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => shownIn(block));

function shownIn(block: string): readonly Shown[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), output: part.slice(end + 1) };
    });
}

test("the README shows each command on examples", () => {
  const commands = blocks.flat().map(({ command }) => command);
  for (const name of ["doctor", "scan", "resolve", "lint", "explain"]) {
    expect(commands.some((command) => command.startsWith(`npx kheadless ${name} `))).toBe(true);
  }
});

test.each(blocks.map((block) => [block[0]?.command ?? "", block] as const))(
  "%s prints what the README shows",
  (_, block) => {
    // One shell for the block, so that `echo $?` tells of the command before it.
    const script = block.flatMap(({ command }) => [
      `code=$?; echo '${MARK}'`,
      command.replace("npx kheadless", `'${process.execPath}' '${BIN}'`).replace("$?", "$code"),
    ]);
    const { stdout, stderr } = shell(script.join("\n"));
    expect(stderr).toBe("");
    const printed = stdout.split(`${MARK}\n`).slice(1);
    expect(printed).toEqual(block.map(({ output }) => output));
  },
);

test("the first two commands are those that a fresh machine needs", () => {
  expect(readme).toContain(
    "\n    npm ci && npx kheadless doctor mysql -f examples/mysql-selector-typo.yaml\n    npm test\n",
  );
});
