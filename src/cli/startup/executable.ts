/**
 * What the single executable starts with, in the place of bin/. A link to it that is called kubectl_complete-headless
 * completes for kubectl, as bin/kubectl_complete-headless.js does. Its own name stands where Node has that of a script.
 */
if (/kubectl_complete-headless(?:\.exe)?$/.test(process.argv[1] ?? "")) process.argv.splice(2, 0, "complete", "--");

import("../main.ts")
  .then(({ main }) => main(process.argv.slice(2), process))
  .then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      // Node's own exit code for a crash, 1, would read as "findings".
      process.stderr.write(`kheadless crashed: ${error instanceof Error ? error.stack : String(error)}\n`);
      process.exitCode = 3;
    },
  );
