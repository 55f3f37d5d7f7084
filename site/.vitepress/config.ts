import { type DefaultTheme, defineConfig } from "vitepress";

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link });

const ROOMS = [
  "layers",
  "models",
  "data",
  "formats",
  "metrics",
  "training",
  "tagging",
  "paddle",
  "keras",
  "kernels",
  "onnx",
  "node",
  "runs",
  "project",
];

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: "Begin",
    items: [
      page("What it is", "/"),
      page("Start here", "/docs/start"),
      page("Concepts", "/docs/concepts"),
      page("Examples", "/examples/"),
      page("Notebooks", "/examples/notebooks/"),
    ],
  },
  {
    text: "Guides",
    items: [
      page("Your own features", "/docs/guides/features"),
      page("From a Paddle checkpoint", "/docs/guides/paddle"),
      page("Training", "/docs/guides/training"),
      page("Modalities", "/docs/guides/modalities"),
      page("Missing modalities", "/docs/guides/missing-modalities"),
      page("Thresholds and calibration", "/docs/guides/thresholds"),
      page("In Node", "/docs/guides/node"),
      page("In a browser", "/docs/guides/browser"),
      page("In a Keras model", "/docs/guides/keras"),
      page("Speed", "/docs/guides/speed"),
      page("ONNX", "/docs/onnx"),
    ],
  },
  {
    text: "To look up",
    items: [
      page("Troubleshooting", "/docs/troubleshooting"),
      page("File formats", "/docs/formats"),
      page("What differs from Paddle", "/docs/differences"),
      page("The original's layers", "/docs/original"),
    ],
  },
  {
    text: "Findings",
    items: [
      page("Speed and memory", "/docs/performance"),
      page("Reliability", "/docs/reliability"),
      page("What each part earns", "/docs/ablation"),
      page("Model card", "/docs/model-card"),
    ],
  },
  {
    text: "Taking part",
    items: [
      page("Contributing", "/CONTRIBUTING"),
      page("Architecture", "/docs/architecture"),
      page("Security", "/SECURITY"),
      page("Changes", "/CHANGELOG"),
    ],
  },
];

const reference: DefaultTheme.SidebarItem[] = [
  {
    text: "Reference",
    link: "/reference/",
    items: [
      page("multimodal-video-tag", "/reference/multimodal-video-tag"),
      ...ROOMS.map((room) => page(`/${room}`, `/reference/multimodal-video-tag/${room}`)),
      page("ernie-tokenizer-wasm", "/reference/ernie-tokenizer-wasm"),
    ],
  },
];

export default defineConfig({
  title: "multimodal-video-tag",
  description: "Tags short videos from frames, sound and title, on TensorFlow.js.",
  srcDir: "pages",
  outDir: "dist",
  head: [["link", { rel: "icon", href: "data:," }]],
  vite: { build: { chunkSizeWarningLimit: 2000 } }, // the index of the search
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      page("Guide", "/") as DefaultTheme.NavItemWithLink,
      page("Reference", "/reference/") as DefaultTheme.NavItemWithLink,
    ],
    sidebar: { "/reference/": reference, "/": guide },
  },
});
