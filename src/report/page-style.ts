/** How the page looks: light or dark as the reader's system is, from 390 pixels of width. */
export const PAGE_STYLE = `:root {
  color-scheme: light dark;
  --back: #ffffff; --panel: #f5f7f9; --text: #1b2329; --muted: #57656f; --grid: #dce2e6; --accent: #0b62a4;
  --good: #17693c; --good-back: #e0f3e7; --warn-back: #fdf1d3;
  --line-1: #0b62a4; --line-2: #c2410c; --line-3: #6b7780; --line-4: #7a3e9d; --line-5: #17793f; --line-6: #a21747;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14191d; --panel: #1d2429; --text: #e7ecef; --muted: #a3b0b9; --grid: #36414a; --accent: #74b9ef;
    --good: #8fdcae; --good-back: #173626; --warn-back: #41350f;
    --line-1: #74b9ef; --line-2: #ff9b66; --line-3: #98a5ae; --line-4: #cf9bea; --line-5: #7fd3a2; --line-6: #ff8fb1;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 76rem; padding: 1.25rem 1rem 4rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere;
}
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--grid); }
h3 { font-size: 1.05rem; margin: 1.25rem 0 .5rem; }
h4 { font-size: 1rem; line-height: 1.35; margin: 0; }
p { margin: .5rem 0; max-width: 46rem; }
nav { margin: .75rem 0 1.25rem; display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
a { color: var(--accent); }
.muted, .name, figcaption, .attention p { color: var(--muted); font-size: .875rem; }
.headline { display: grid; grid-template-columns: repeat(auto-fill, minmax(max(9.5rem, 18%), 1fr)); gap: .75rem; margin: 0; }
.headline div { background: var(--panel); border-radius: .5rem; padding: .6rem .8rem; }
.headline dt { color: var(--muted); font-size: .875rem; }
.headline dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.warnings { background: var(--warn-back); border-radius: .5rem; padding: .75rem 1rem .75rem 2rem; margin: 1rem 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(21rem, 100%), 1fr)); gap: 1rem 1.5rem; }
.plots > *, .side-by-side > *, .tables > *, .cards > * { min-width: 0; }
.plot { margin: 0; }
.plot h3 { margin: .5rem 0; }
.canvas { position: relative; height: 17rem; }
.side-by-side { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1.5rem; align-items: start; }
.tables { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; align-items: start; }
.scroll { overflow: auto; max-height: 46rem; border: 1px solid var(--grid); border-radius: .5rem; margin: .5rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .9375rem; overflow-wrap: normal; }
caption { text-align: start; font-weight: 600; padding: .5rem .75rem; }
th, td { padding: .3rem .75rem; text-align: start; vertical-align: top; border-top: 1px solid var(--grid); }
td.text { min-width: 11rem; overflow-wrap: anywhere; }
td { max-width: 24rem; overflow-wrap: break-word; }
thead th { position: sticky; top: 0; background: var(--panel); border-top: 0; white-space: nowrap; vertical-align: bottom; }
.number { text-align: end; font-variant-numeric: tabular-nums; white-space: nowrap; }
.keys th { font-weight: 500; white-space: nowrap; }
.keys td { overflow-wrap: anywhere; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: .1rem 0; cursor: pointer; text-decoration: underline; text-decoration-style: dotted; text-underline-offset: .25em; }
th button::after { content: "\\2195"; margin-inline-start: .35em; opacity: .55; }
th[aria-sort="ascending"] button::after { content: "\\2191"; opacity: 1; }
th[aria-sort="descending"] button::after { content: "\\2193"; opacity: 1; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
article { background: var(--panel); border-radius: .5rem; padding: .8rem 1rem; }
.name { margin: .1rem 0 .5rem; }
dl { margin: 0; }
article dt { font-size: .8125rem; color: var(--muted); }
article dd { margin: 0 0 .4rem; }
.tag { display: inline-block; border: 1px solid var(--grid); border-radius: 1rem; padding: 0 .55rem; margin: .1rem 0; font-size: .875rem; }
.tag.true { color: var(--good); background: var(--good-back); border-color: transparent; }
.attention { margin-top: .6rem; }
.attention svg { display: block; width: 100%; height: 2.5rem; border-bottom: 1px solid var(--grid); }
.attention path { fill: var(--accent); }
.attention p { margin: .15rem 0 0; font-size: .8125rem; }
.attention .ends { display: flex; justify-content: space-between; font-size: .75rem; margin: 0; }
.contributions { margin-top: .6rem; font-size: .875rem; }
.contributions svg { display: block; width: 100%; height: .8rem; }
.contributions p { margin: .35rem 0 .1rem; }
.contributions .numbers { margin: .1rem 0 0; font-size: .8125rem; color: var(--muted); font-variant-numeric: tabular-nums; }
.numbers span { display: inline-block; margin-inline-end: .6rem; }
.numbers i { display: inline-block; width: .65rem; height: .65rem; margin-inline-end: .3rem; background: currentColor; }
i.m0 { color: var(--line-1); } i.m1 { color: var(--line-2); } i.m2 { color: var(--line-5); } i.m3 { color: var(--line-4); } i.m4 { color: var(--line-6); } i.bias { color: var(--line-3); }
path.m0 { fill: var(--line-1); } path.m1 { fill: var(--line-2); } path.m2 { fill: var(--line-5); } path.m3 { fill: var(--line-4); } path.m4 { fill: var(--line-6); } path.bias { fill: var(--line-3); }
path.zero, path.sum { stroke: var(--text); vector-effect: non-scaling-stroke; }
path.sum { stroke-width: 3px; }
summary { cursor: pointer; color: var(--accent); }
@media print { .scroll { max-height: none; overflow: visible; } article { break-inside: avoid; } }
`;
