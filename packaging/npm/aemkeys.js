#!/usr/bin/env node
// Starts the program from the package of this platform, and ends as it ends.
"use strict";

const { spawn } = require("node:child_process");
const { isatty } = require("node:tty");

const platform = `${process.platform}-${process.arch}`;
const file = process.platform === "win32" ? "aemkeys.exe" : "aemkeys";

let program;
try {
  program = require.resolve(`@aemkeys/${platform}/${file}`);
} catch {
  console.error(`error: the package @aemkeys/${platform} is not installed`);
  console.error("  cause: npm ran with --omit=optional, or aemkeys has no program for this platform");
  console.error("  next: run npm install again without --omit=optional");
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });

// Node stays until the program has cleaned up. A terminal sends the signals of its keys to both, so they aren't sent again.
// Not `process.stdin.isTTY`: that would make the input non-blocking, for the program too.
const onTerminal = [0, 1, 2].some(isatty);
for (const signal of ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"]) {
  const fromKey = signal === "SIGINT" || signal === "SIGQUIT";
  process.on(signal, () => {
    if (!(fromKey && onTerminal)) child.kill(signal);
  });
}

child.on("error", (error) => {
  console.error(`error: could not start ${program}`);
  console.error(`  cause: ${error.message}`);
  process.exit(1);
});

child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
