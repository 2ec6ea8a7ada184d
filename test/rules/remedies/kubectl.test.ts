import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { kubectl, kubectlApply, kubectlPatch, note, shellWord } from "../../../src/rules/remedies/kubectl.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** Texts such as nobody should write, with what shells take apart. */
const foreign = fc.string({
  unit: fc.oneof(fc.constantFrom(..."'\"$`\\;&|<>(){}!*?~#\n\r\t \u001b\u0085-"), fc.string({ maxLength: 3 })),
});

test("plain words stay as they are", () => {
  expect(kubectl("shop", "get", "pods", "-l", "app=mysql")).toBe("kubectl -n shop get pods -l app=mysql");
  expect(kubectl("", "get", "nodes")).toBe("kubectl get nodes");
});

test("a patch is one quoted word", () => {
  expect(kubectlPatch("shop", "service", "web", { spec: { selector: { app: "it's" } } })).toBe(
    `kubectl -n shop patch service web -p '{"spec":{"selector":{"app":"it'\\''s"}}}'`,
  );
  expect(kubectlPatch("shop", "service", "web", [], "json")).toBe(
    "kubectl -n shop patch service web --type json -p '[]'",
  );
});

test("what a shell makes of a word is the text, without control characters", () => {
  fc.assert(
    fc.property(fc.array(foreign, { minLength: 1, maxLength: 40 }), (texts) => {
      const script = `printf '%s\\0' ${texts.map(shellWord).join(" ")}`;
      const words = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\0").slice(0, -1);
      expect(words).toEqual(texts.map((text) => text.toWellFormed().replace(CONTROL, " ")));
    }),
    { numRuns: 60 },
  );
});

test("prose is one comment, whatever it names", () => {
  fc.assert(
    fc.property(foreign, (text) => {
      const line = note(text);
      expect(line.startsWith("# ")).toBe(true);
      expect(line.match(CONTROL)).toBeNull();
    }),
  );
});

test("an object goes through the shell unchanged", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), foreign, { maxKeys: 4 }), (labels) => {
      const command = kubectlApply("shop", { labels });
      const [print = "", apply] = command.split(/ \| (?=kubectl -n shop apply -f -$)/);
      expect(apply).toBe("kubectl -n shop apply -f -");
      const sent = execFileSync("/bin/sh", ["-c", print], { encoding: "utf8" });
      // JSON escapes the control characters of ASCII itself; the others become spaces on their way.
      expect(JSON.stringify(JSON.parse(sent))).toBe(JSON.stringify({ labels }).toWellFormed().replace(CONTROL, " "));
    }),
    { numRuns: 40 },
  );
});
