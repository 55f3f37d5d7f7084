#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { main } from "./main.ts";

// Left alone, V8 lets the heap grow to a multiple of what lives in it, the more the longer a command runs.
setFlagsFromString("--heap-growing-percent=20");
process.exitCode = await main(process.argv.slice(2));
