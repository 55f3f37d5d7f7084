import { type Browser, chromium } from "playwright-core";
import { BROWSER } from "./headless-browser.ts";

/** WebGPU and WebGL without a graphics card, in software: what a page computes is the same, but slow. */
const SOFTWARE_GRAPHICS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-unsafe-swiftshader"];

/** Starts this machine's browser without a screen; whoever asked for it closes it. */
export function launchChromium({ hasWebGpu = true } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: BROWSER as string,
    args: ["--no-sandbox", "--disable-background-networking", ...(hasWebGpu ? SOFTWARE_GRAPHICS : [])],
  });
}
