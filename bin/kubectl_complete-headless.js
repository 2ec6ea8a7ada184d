#!/usr/bin/env node
// What kubectl starts to complete the arguments of `kubectl headless`: they come as they were typed.
process.argv.splice(2, 0, "complete", "--");
import("./kheadless.js");
